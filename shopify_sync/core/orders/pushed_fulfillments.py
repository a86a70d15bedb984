"""Fulfillments that we made of Delivery Notes, as Shopify tells of them again: echo, or a change that somebody made there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from ..contracts.order import Fulfillment
from ..failures import Category, Failure
from ..outbound.echo import SAME_CHANGE
from ..outbound.parcels import Act, ParcelMemory, Pending, Sent, Told
from ..snapshots import OrderSnapshot

#: Seconds until a fulfillment that may be our own is looked at again: a push is recorded sooner as a rule.
LOOK_AGAIN = 60.0
#: A pusher that died is succeeded when its lease is over.
LEASE = timedelta(seconds=300)


def memory_of(snapshot: OrderSnapshot) -> ParcelMemory:
	"""Return what is remembered of the order's deliveries on their way out."""
	return ParcelMemory.of(snapshot.push.facts) if snapshot.push else ParcelMemory()


def told_by(sent: Sent, found: Fulfillment) -> Told | None:
	"""Return the push that brought a fulfillment to this state, or None: somebody else did.

	Shopify's answer and its webhook carry one time, by one clock. What is older than our last push is no news either.
	"""
	if not sent.told or found.updated_at is None:
		return None
	at = found.updated_at
	for told in sent.told:
		if abs(at - told.at) <= SAME_CHANGE and _is_same(told, found):
			return told
	newest = sent.told[0]
	return newest if at < newest.at - SAME_CHANGE or (_is_same(newest, found) and not newest.cancelled) else None


def _is_same(told: Told, found: Fulfillment) -> bool:
	if told.cancelled or found.status == "cancelled":
		return told.cancelled and found.status == "cancelled"
	return (told.tracking.numbers, told.tracking.company) == (found.numbers, found.tracking_company)


def unrecorded(memory: ParcelMemory, found: Fulfillment) -> Failure | None:
	"""Return the failure for a state that a call of ours may have brought about whose answer is not recorded yet: look again.

	It must neither become a second Delivery Note nor be taken for somebody else's change.
	"""
	pending = memory.pending
	if pending is None or not _may_be(pending, memory, found):
		return None
	return Failure(
		Category.CONTENTION,
		f"Fulfillment {found.id} may be our own: the answer to the call that made or changed it is not recorded yet.",
		retry_after=LOOK_AGAIN,
		waits_until=pending.until + LEASE,
	)


def _may_be(pending: Pending, memory: ParcelMemory, found: Fulfillment) -> bool:
	if pending.act is not Act.CREATE:
		return pending.fulfillment == found.id
	if found.id in memory.sent or found.id in pending.known:
		return False
	return found.location_id == pending.location and found.pieces == dict(pending.lines)


def changed_there(memory: ParcelMemory, found: Fulfillment, note: Mapping[str, Any]) -> bool:
	"""Tell whether somebody changed the tracking of a fulfillment of ours in Shopify, while the Delivery Note was left alone.

	:param note: its fields. Where people changed both, ERPNext's is on its way to Shopify, and counts.
	"""
	sent = memory.sent.get(found.id or "")
	if sent is None or not found.is_sent or memory.pending is not None or told_by(sent, found) or found.updated_at is None:
		return False
	entered = str(note.get("shopify_tracking_number") or "")
	numbers = tuple(number.strip() for number in entered.split(",") if number.strip())
	return not numbers or numbers == sent.tracking.numbers
