"""What a person's decision about a conflict means: which values count as agreed from then on.

A decision writes no value of Shopify's itself. It says from where the next comparison starts; the event is carried out again and
ends as was decided, or in a new conflict, when a side has changed once more since the person looked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..enums import StrEnum
from .addresses import AGREED_ADDRESSES, from_text
from .fields import ADDRESS_AS_A_WHOLE


class Resolution(StrEnum):
	"""What a person decides."""

	TAKE = "Take Shopify's"
	KEEP = "Keep ERPNext's"
	EDIT = "Edit"


def is_address(field: str) -> bool:
	"""Tell whether a conflict is about an address as a whole."""
	return field.startswith(f"{ADDRESS_AS_A_WHOLE}/")


def base_for(resolution: Resolution, erpnext: str | None, shopify: str | None) -> str:
	"""Return the base that makes the next comparison end as decided.

	With ERPNext's value as the base only Shopify has changed, so Shopify's is taken; with Shopify's only ERPNext has.
	"""
	return (erpnext if resolution is Resolution.TAKE else shopify) or ""


def with_base(agreed: Mapping[str, Any], field: str, base: str) -> dict[str, Any]:
	"""Return a link's agreed values with *base* for a field."""
	if not is_address(field):
		return {**agreed, field: base}
	address_id = field.partition("/")[2]
	entries = dict(agreed.get(AGREED_ADDRESSES) or {})
	entries[address_id] = {**(entries.get(address_id) or {}), "content": from_text(base)}
	return {**agreed, AGREED_ADDRESSES: entries}
