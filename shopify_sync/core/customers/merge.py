"""decide() for `customers/merge`: two customers of Shopify are one from now on, so their links point to one Customer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import keys
from ..contracts.customer_events import MergeOfCustomers
from ..failures import Category, Failure
from ..plan import Change, Decision, LinkUpdate, MergeDocument, Plan, Skip, UpdateDocument
from ..policy import CustomerMerge, StorePolicy
from ..signals import Signal
from ..snapshots import CustomerMergeNeeds, CustomerMergeSnapshot, CustomerNeeds, CustomerSnapshot
from ..statuses import Status
from .addresses import AGREED_ADDRESSES
from .fields import CONTACT, CUSTOMER
from .marks import MERGED


def parse(payload: Mapping[str, Any], policy: StorePolicy) -> MergeOfCustomers:
	"""Return the contract. :raises pydantic.ValidationError: when the payload is not a merge."""
	return MergeOfCustomers.model_validate(payload)


def locks(merge: MergeOfCustomers, policy: StorePolicy) -> tuple[str, ...]:
	"""Return the keys of the links to lock: the two customers in one order for all merges, so that no two wait in a circle."""
	return (_own_key(merge, policy), *sorted(_customer_key(policy, one) for one in {merge.kept_id, merge.deleted_id}))


def needs(merge: MergeOfCustomers, policy: StorePolicy) -> CustomerMergeNeeds:
	"""Return what has to be read before deciding."""
	return CustomerMergeNeeds(_own_key(merge, policy), _needs_of(policy, merge.kept_id), _needs_of(policy, merge.deleted_id))


def decide(merge: MergeOfCustomers, snapshot: CustomerMergeSnapshot, policy: StorePolicy, signal: Signal) -> Decision:
	"""Return the plan for a merge: one Customer stays, and both links point to it."""
	if merge.status.lower() != "success":
		return Skip(Status.IGNORED, f"Shopify says that the merge is {merge.status or 'not done'}; it counts once it succeeded.")
	if merge.kept_id == merge.deleted_id:
		return Skip(Status.IGNORED, "The customer was merged with itself.")
	kept, deleted = _customer_of(snapshot.kept), _customer_of(snapshot.deleted)
	if kept and deleted and kept != deleted and policy.customer_merge is CustomerMerge.REVIEW:
		return Failure(
			Category.CONFLICT,
			f"Shopify has merged {snapshot.deleted.link.key} into {snapshot.kept.link.key}, and each has a Customer of its own in "
			"ERPNext. Merge the first into the second there (Rename, Merge with existing), or point its Shopify Link at the "
			"second; then press Retry.",
		)
	changes: list[Change] = []
	if kept and deleted and kept != deleted:
		changes.append(MergeDocument(CUSTOMER, deleted, kept))
	moved, agreed = _moved(snapshot)
	return _plan(merge, snapshot, signal, kept or deleted, (*changes, *moved), agreed)


def _plan(
	merge: MergeOfCustomers,
	snapshot: CustomerMergeSnapshot,
	signal: Signal,
	name: str | None,
	changes: tuple[Change, ...],
	agreed: Mapping[str, Any],
) -> Plan:
	document = (CUSTOMER, name) if name else None
	return Plan(
		changes=changes,
		links=(
			LinkUpdate(snapshot.kept.link.key, document=document, agreed=agreed),
			LinkUpdate(snapshot.deleted.link.key, document=document, agreed={MERGED: merge.kept_id}),
			LinkUpdate(signal.key, document=document, version=signal.version),
		),
		document=document,
		reason="Both customers of Shopify belong to one Customer, or to none yet; from now on the links say so.",
	)


def _moved(snapshot: CustomerMergeSnapshot) -> tuple[tuple[UpdateDocument, ...], dict[str, Any]]:
	"""Return the changes that give the Contact and the Addresses of the one to the other, and what is agreed about the other then."""
	kept, deleted = snapshot.kept, snapshot.deleted
	updates: list[UpdateDocument] = []
	agreed = dict(kept.link.agreed if kept.customer else deleted.link.agreed)
	agreed.pop(MERGED, None)
	if deleted.contact and not kept.contact:
		new_key = keys.key(*_store_and(kept.link.key, keys.CONTACT))
		updates.append(_under(CONTACT, deleted.contact.name, _contact_key(deleted.link.key), new_key))
	entries = {**_entries(deleted), **_entries(kept)}
	for key, document in deleted.addresses.items():
		moved = key.replace(deleted.link.key, kept.link.key, 1)
		if moved == key or moved in kept.addresses:
			continue
		updates.append(_under("Address", document.name, key, moved))
		entries = {one: {**entry, "key": moved} if entry.get("key") == key else entry for one, entry in entries.items()}
	if entries:
		agreed[AGREED_ADDRESSES] = entries
	return tuple(updates), agreed


def _entries(side: CustomerSnapshot) -> dict[str, Mapping[str, Any]]:
	return dict(side.link.agreed.get(AGREED_ADDRESSES) or {})


def _under(doctype: str, name: str, old: str, new: str) -> UpdateDocument:
	return UpdateDocument(doctype, name, {"shopify_key": old}, {"shopify_key": new})


def _customer_of(side: CustomerSnapshot) -> str | None:
	return side.customer.name if side.customer and side.customer.exists else None


def _customer_key(policy: StorePolicy, customer_id: str) -> str:
	return keys.key(policy.store, keys.CUSTOMER, customer_id)


def _own_key(merge: MergeOfCustomers, policy: StorePolicy) -> str:
	return keys.key(policy.store, keys.CUSTOMER_MERGE, merge.deleted_id)


def _store_and(link_key: str, resource: str) -> tuple[str, str, str]:
	store, _customer, customer_id = link_key.split("/", 2)
	return store, resource, customer_id


def _contact_key(link_key: str) -> str:
	return keys.key(*_store_and(link_key, keys.CONTACT))


def _needs_of(policy: StorePolicy, customer_id: str) -> CustomerNeeds:
	key = _customer_key(policy, customer_id)
	return CustomerNeeds(key, _contact_key(key))
