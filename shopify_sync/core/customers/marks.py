"""Marks on the link of a customer that is no more in Shopify: kept in its agreed values, so that late news of it make nothing."""

from __future__ import annotations

from .. import keys
from ..snapshots import LinkState

DELETED, REDACTED, MERGED = "deleted", "redacted", "merged_into"


def is_gone(link: LinkState) -> bool:
	"""Tell whether Shopify said that this customer is no more: deleted, redacted, or merged into another."""
	return any(link.agreed.get(mark) for mark in (DELETED, REDACTED, MERGED))


def owner_of_addresses(link: LinkState) -> str:
	"""Return the key of the customer whose Addresses count: of one that was merged into another those are the other's."""
	kept = link.agreed.get(MERGED)
	return keys.key(link.key.partition("/")[0], keys.CUSTOMER, str(kept)) if kept else link.key
