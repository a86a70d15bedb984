"""decide() for orders: which documents should exist for an order as it is now, and what has to change for that.

What should exist says the store's Order State Rule (orders/states.py); the documents themselves are planned by orders/documents.py.
Never a script per topic: whichever message an order came with, the difference to what exists is what is done.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from .. import keys
from ..contracts.order import PRESENTMENT_MONEY, SHOP_MONEY, Order, in_booked_money
from ..customers.parties import person_of_order
from ..failures import Category, Failure
from ..plan import CancelDocument, Decision, LinkUpdate, Plan
from ..policy import BookedMoney, OrderOutcome, StateRule, StorePolicy
from ..signals import Signal
from ..snapshots import DocumentState, OrderNeeds, OrderSnapshot
from .documents import book
from .facts import known_transactions, with_known_fulfillments
from .lines import item_queries
from .states import rule_for, state_of


def parse(payload: Mapping[str, Any], policy: StorePolicy) -> Order:
	"""Return the contract, in the money that the store books.

	:raises pydantic.ValidationError: when the payload is not an order.
	"""
	money = PRESENTMENT_MONEY if policy.booked_money is BookedMoney.PRESENTMENT else SHOP_MONEY
	return Order.model_validate(in_booked_money(payload, money))


def locks(order: Order, policy: StorePolicy) -> tuple[str, ...]:
	"""Return the keys of the links to lock: the order's first, then the customer's, so that no two workers wait in a circle."""
	person = person_of_order(order, policy)
	return (keys.key(policy.store, keys.ORDER, order.id), *((person.key,) if person else ()))


def needs(order: Order, policy: StorePolicy) -> OrderNeeds:
	"""Return what has to be read before deciding."""
	person = person_of_order(order, policy)
	is_special = order.total_tip_received or any(line.is_custom or line.gift_card for line in order.line_items)
	special = (policy.custom_line_item, policy.tip_item, policy.gift_card_item) if is_special else ()
	return OrderNeeds(
		key=keys.key(policy.store, keys.ORDER, order.id),
		name=f"{policy.order_prefix}{order.label.lstrip('#')}",
		items=item_queries(order),
		special_items=tuple(code for code in special if code),
		customer=person.needs(policy) if person else None,
		currency=order.currency,
		on=_day(order, policy),
	)


def _day(order: Order, policy: StorePolicy) -> date:
	placed: date = order.placed_at.astimezone(ZoneInfo(policy.time_zone)).date()
	return placed


def decide(order: Order, snapshot: OrderSnapshot, policy: StorePolicy, signal: Signal) -> Decision:
	"""Return the plan for an order as it stands in Shopify."""
	order = with_known_fulfillments(order, snapshot.link.facts)
	existing = snapshot.sales_order
	rule = rule_for(order, policy.state_rules)
	if isinstance(rule, Failure):
		return rule
	if existing and not existing.exists:
		return Failure(
			Category.CONFLICT,
			f"Sales Order {existing.name} of order {order.label} has been deleted in ERPNext. Delete the Shopify Link "
			f"{signal.key} and press Retry to have it made again, or Discard the event.",
		)
	if existing and existing.docstatus == 2:
		return _with_cancelled_document(order, existing, rule, signal)
	if rule.outcome is OrderOutcome.CANCELLED:
		return _cancel(order, snapshot, policy, signal, rule)
	if rule.outcome is OrderOutcome.HOLD:
		return Failure(
			Category.REVIEW,
			f"The store holds orders in this state for review: {state_of(order)}. Order {order.label} was left as it is.",
			missing=state_of(order).missing,
		)
	if rule.outcome is OrderOutcome.NONE:
		return _leave(existing, signal, f"By the store's rule nothing is booked in this state: {state_of(order)}.")
	return book(order, snapshot, policy, signal, rule)


def _leave(existing: DocumentState | None, signal: Signal, reason: str) -> Plan:
	document = (existing.doctype, existing.name) if existing else None
	return Plan(links=(LinkUpdate(signal.key, version=signal.version),), document=document, reason=reason)


def _with_cancelled_document(order: Order, existing: DocumentState, rule: StateRule, signal: Signal) -> Decision:
	if rule.outcome in (OrderOutcome.CANCELLED, OrderOutcome.NONE):
		return _leave(existing, signal, f"Sales Order {existing.name} is cancelled, as the order is.")
	return Failure(
		Category.CONFLICT,
		f"Sales Order {existing.name} was cancelled in ERPNext, but order {order.label} is live in Shopify. Amend the "
		"Sales Order or cancel the order in Shopify, then press Retry; or Discard the event.",
	)


def _cancel(order: Order, snapshot: OrderSnapshot, policy: StorePolicy, signal: Signal, rule: StateRule) -> Decision:
	"""Take the order back as far as it went: nothing, its Sales Order, or everything that followed by credit notes."""
	existing = snapshot.sales_order
	money = sum(t.amount * (1 if t.is_payment else -1) for t in known_transactions(order, snapshot.link.facts) if _moves(t))
	# Below zero: the payment is not known yet, or not any more; there is nothing to keep for the customer.
	if existing is None and money <= 0:
		return _leave(None, signal, "The order is cancelled and was never booked, so no Sales Order is made.")
	if existing and existing.docstatus == 0:
		return Failure(
			Category.CONFLICT,
			f"Order {order.label} is cancelled in Shopify, but {existing.name} is a draft that somebody works on. Delete "
			"the draft or submit it, then press Retry.",
		)
	followed = any(document.docstatus == 1 for document in snapshot.documents.values())
	if existing and not followed and money <= 0:
		document = (existing.doctype, existing.name)
		return Plan(
			changes=(CancelDocument(existing.doctype, existing.name),),
			links=(LinkUpdate(signal.key, document=document, version=signal.version),),
			document=document,
		)
	return book(order, snapshot, policy, signal, rule)


def _moves(transaction: Any) -> bool:
	return bool(transaction.is_payment or transaction.is_repayment)
