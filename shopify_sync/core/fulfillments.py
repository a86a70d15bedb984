"""decide() for fulfillments that come in messages of their own: each is remembered with its order, and the order decided about.

A fulfillment is a part of its order, as a transaction is (order_transactions.py). What our own push brought about is echo.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from . import keys, orders, pushed_fulfillments
from .contracts.fulfillment import FulfillmentMessage
from .contracts.order import Order
from .failures import Category, Failure
from .masking import REDACTED
from .order_facts import with_fulfillment
from .outbound.fulfillments import cancelled_in_shopify
from .outbound.parcels import ParcelMemory, Sent
from .plan import Decision, LinkUpdate, Plan, Skip
from .policy import StorePolicy
from .signals import Signal
from .snapshots import LinkOnlyNeeds, LinkState, OrderNeeds, OrderSnapshot
from .statuses import Status


@dataclass(frozen=True)
class FulfillmentOfOrder:
	"""A fulfillment, and its order as it was last applied.

	:ivar order: None when none was applied yet, or its payload is gone.
	:ivar event: the event that carried that state of the order.
	"""

	fulfillment: FulfillmentMessage
	order: Order | None = None
	event: str | None = None


def parse(payload: Mapping[str, Any], policy: StorePolicy) -> FulfillmentOfOrder:
	"""Return the contract. :raises pydantic.ValidationError: when the payload is not a fulfillment."""
	return FulfillmentOfOrder(FulfillmentMessage.model_validate(payload))


def whole(found: FulfillmentOfOrder, policy: StorePolicy) -> str:
	"""Return the key of the order's link; that of the fulfillment itself when it names no order."""
	if not found.fulfillment.order_id:
		return _own_key(found, policy)
	return keys.key(policy.store, keys.ORDER, found.fulfillment.order_id)


def complete(
	found: FulfillmentOfOrder, whole: tuple[str, Mapping[str, Any] | None] | None, policy: StorePolicy
) -> FulfillmentOfOrder:
	"""Return the fulfillment with its order."""
	if whole is None or not found.fulfillment.order_id:
		return found
	event, payload = whole
	if payload is None or payload.get(REDACTED):
		return replace(found, event=event)
	return replace(found, order=orders.parse(payload, policy), event=event)


def is_current(found: FulfillmentOfOrder, links: Mapping[str, LinkState], policy: StorePolicy) -> bool:
	"""Tell whether no other state of the order was applied since it was read; the first one counts too."""
	return (links[whole(found, policy)].last_event or None) == found.event


def locks(found: FulfillmentOfOrder, policy: StorePolicy) -> tuple[str, ...]:
	"""Return the keys of the links to lock: as for the order, then the fulfillment's own."""
	first = orders.locks(found.order, policy) if found.order else (whole(found, policy),)
	return tuple(dict.fromkeys((*first, _own_key(found, policy))))


def needs(found: FulfillmentOfOrder, policy: StorePolicy) -> OrderNeeds | LinkOnlyNeeds:
	"""Return what has to be read before deciding."""
	return orders.needs(found.order, policy) if found.order else LinkOnlyNeeds(whole(found, policy))


def decide(found: FulfillmentOfOrder, snapshot: OrderSnapshot | LinkState, policy: StorePolicy, signal: Signal) -> Decision:
	"""Return the plan: the fact on the order's link, and what the order as it stands then asks for."""
	fulfillment = found.fulfillment
	if not fulfillment.order_id:
		return Failure(Category.INVALID_PAYLOAD, f"Fulfillment {fulfillment.id} names no order.")
	link = snapshot if isinstance(snapshot, LinkState) else snapshot.link
	facts = with_fulfillment(link.facts, fulfillment)
	own = LinkUpdate(signal.key, version=signal.version)
	if found.order is None or isinstance(snapshot, LinkState):
		return Plan(
			links=(LinkUpdate(link.key, facts=facts), own),
			reason=f"Kept for order {fulfillment.order_id}, of which no state that was applied is at hand.",
		)
	if ours := _of_our_own(fulfillment, snapshot, signal):
		return ours
	of_order = replace(signal, resource=keys.ORDER, shopify_id=fulfillment.order_id, version=link.version or "")
	known = replace(snapshot, link=replace(link, facts=facts))
	decision = orders.decide(found.order, known, policy, of_order)
	return _of_fulfillment(decision, link.key, facts, own) if isinstance(decision, Plan) else decision


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


def _of_fulfillment(plan: Plan, order_key: str, facts: Mapping[str, Any], own: LinkUpdate) -> Plan:
	"""Return the order's plan as this event's: the order's version stays, it is the one that was applied before."""
	links = [replace(link, version=None, facts=facts) if link.key == order_key else link for link in plan.links]
	if not any(link.key == order_key for link in links):
		links.append(LinkUpdate(order_key, facts=facts))
	return replace(plan, links=(*links, own), reason=plan.reason and "The order already agrees with this fulfillment.")


def _own_key(found: FulfillmentOfOrder, policy: StorePolicy) -> str:
	return keys.key(policy.store, keys.FULFILLMENT, found.fulfillment.id)
