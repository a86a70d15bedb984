"""Fulfillments that come in messages of their own: each is a part of its order. What our own push brought about is echo."""

from __future__ import annotations

from .. import keys
from ..contracts.fulfillment import FulfillmentMessage
from ..failures import Failure
from ..outbound.fulfillments import cancelled_in_shopify
from ..outbound.parcels import ParcelMemory, Sent
from ..plan import LinkUpdate, Plan, Skip
from ..signals import Signal
from ..snapshots import OrderSnapshot
from ..statuses import Status
from . import pushed_fulfillments
from .facts import with_fulfillment
from .parts import OrderPart


def _of_our_own(found: FulfillmentMessage, snapshot: OrderSnapshot, signal: Signal) -> Skip | Plan | Failure | None:
	"""Return how a state ends that a push of ours is the reason of, or that contradicts one; None: it is news."""
	memory = pushed_fulfillments.memory_of(snapshot)
	sent = memory.sent.get(found.id)
	told = pushed_fulfillments.told_by(sent, found) if sent else None
	if told:
		link = LinkUpdate(signal.key, version=signal.version)
		return Skip(Status.ECHO, "Our own push brought the fulfillment to this state.", echo_of=told.event, link=link)
	if failure := pushed_fulfillments.unrecorded(memory, found):
		return failure
	return _cancelled(sent, memory, snapshot, signal) if sent and found.status == "cancelled" else None


def _cancelled(sent: Sent, memory: ParcelMemory, snapshot: OrderSnapshot, signal: Signal) -> Plan | Failure:
	"""Return what a cancellation in Shopify means: a conflict, unless the Delivery Note does not stand either."""
	note = snapshot.pushed_notes.get(sent.note)
	again = [other for other in memory.live(sent.note) if other.id != sent.id and dict(other.lines) == dict(sent.lines)]
	if not sent.cancelled and note is not None and note.docstatus == 1:
		return cancelled_in_shopify(sent)
	reason = (
		f"The same was fulfilled again as {again[0].id}."
		if again
		else f"Delivery Note {sent.note} of this fulfillment does not stand any more."
	)
	return Plan(links=(LinkUpdate(signal.key, version=signal.version),), reason=reason)


FULFILLMENTS = OrderPart(keys.FULFILLMENT, "fulfillment", FulfillmentMessage.model_validate, with_fulfillment, _of_our_own)
