"""decide() for `customers/delete`: ERPNext keeps the Customer and its documents; the link keeps nothing personal.

The mark on the link stays: a state of the customer that comes late is not written again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import keys
from ..contracts.customer_events import DeletedCustomer
from ..plan import Conflicts, Decision, LinkUpdate, Plan
from ..policy import StorePolicy
from ..signals import Signal
from ..snapshots import LinkOnlyNeeds, LinkState
from .marks import DELETED, REDACTED


def parse(payload: Mapping[str, Any], policy: StorePolicy) -> DeletedCustomer:
	"""Return the contract. :raises pydantic.ValidationError: when the payload has no id."""
	return DeletedCustomer.model_validate(payload)


def locks(deleted: DeletedCustomer, policy: StorePolicy) -> tuple[str, ...]:
	"""Return the keys of the links to lock: its own, then the customer's."""
	return (keys.key(policy.store, keys.CUSTOMER_DELETION, deleted.id), keys.key(policy.store, keys.CUSTOMER, deleted.id))


def needs(deleted: DeletedCustomer, policy: StorePolicy) -> LinkOnlyNeeds:
	"""Return what has to be read before deciding."""
	return LinkOnlyNeeds(keys.key(policy.store, keys.CUSTOMER, deleted.id))


def decide(deleted: DeletedCustomer, link: LinkState, policy: StorePolicy, signal: Signal) -> Decision:
	"""Return the plan: nothing but the mark on the link."""
	document = (link.document_type, link.document_name) if link.document_type and link.document_name else None
	# A request to forget says more than a deletion.
	mark = {REDACTED: True} if link.agreed.get(REDACTED) else {DELETED: True}
	return Plan(
		links=(
			LinkUpdate(link.key, agreed=mark, facts={}, version=later(link, signal.version)),
			LinkUpdate(signal.key, document=document, version=signal.version),
		),
		document=document,
		reason="The customer was deleted in Shopify. Its Customer stays in ERPNext, and late news of it are not written any more.",
		conflicts=Conflicts(link.key),
	)


def later(link: LinkState, version: str) -> str | None:
	"""Return *version* when it is later than what the link has, else None: a link never goes back."""
	return version if version > (link.version or "") else None
