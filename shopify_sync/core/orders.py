"""decide() for orders: which Sales Order should exist for an order as it is now, and what has to change for it.

The states after the Sales Order (invoice, payment, delivery, refund, edit of a booked order) have their place in
:func:`_not_applied`: what the payload says of them is recorded, not carried over.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from . import keys
from .contracts.address import Address
from .contracts.order import PRESENTMENT_MONEY, SHOP_MONEY, Order, in_money_of
from .failures import Category, Failure
from .order_lines import item_queries, plan_items
from .order_pricing import Pricing, price_order
from .order_taxes import plan_taxes
from .parties import BILLING, SHIPPING, PartyPlan, Person, person_of_customer, person_of_guest, plan_party
from .plan import CancelDocument, CreateDocument, Decision, DocRef, LinkUpdate, Plan
from .policy import BookedMoney, GuestPolicy, StorePolicy
from .signals import Signal
from .snapshots import DocumentState, OrderNeeds, OrderSnapshot


def parse(payload: Mapping[str, Any], policy: StorePolicy) -> Order:
	"""Return the contract, in the money that the store books.

	:raises pydantic.ValidationError: when the payload is not an order.
	"""
	money = PRESENTMENT_MONEY if policy.booked_money is BookedMoney.PRESENTMENT else SHOP_MONEY
	return Order.model_validate(in_money_of(payload, money))


def locks(order: Order, policy: StorePolicy) -> tuple[str, ...]:
	"""Return the keys of the links to lock: the order's first, then the customer's, so that no two workers wait in a circle."""
	person = _person(order, policy)
	return (keys.key(policy.store, keys.ORDER, order.id), *((person.key,) if person else ()))


def needs(order: Order, policy: StorePolicy) -> OrderNeeds:
	"""Return what has to be read before deciding."""
	person = _person(order, policy)
	is_special = order.total_tip_received or any(line.is_custom or line.gift_card for line in order.line_items)
	special = (policy.custom_line_item, policy.tip_item, policy.gift_card_item) if is_special else ()
	return OrderNeeds(
		key=keys.key(policy.store, keys.ORDER, order.id),
		name=_wanted_name(order, policy),
		items=item_queries(order),
		special_items=tuple(code for code in special if code),
		customer=person.needs(policy) if person else None,
		currency=order.currency,
		on=_day(order, policy),
	)


def decide(order: Order, snapshot: OrderSnapshot, policy: StorePolicy, signal: Signal) -> Decision:
	"""Return the plan for an order as it stands in Shopify."""
	existing = snapshot.sales_order
	if existing is None:
		return _without_document(order, snapshot, policy, signal)
	if not existing.exists:
		return Failure(
			Category.CONFLICT,
			f"Sales Order {existing.name} of order {order.label} has been deleted in ERPNext. Delete the Shopify Link "
			f"{signal.key} and press Retry to have it made again, or Discard the event.",
		)
	if existing.docstatus == 2:
		return _with_cancelled_document(order, existing, signal)
	if order.cancelled_at:
		return _cancel(order, existing, signal)
	return _with_live_document(order, existing, snapshot, signal)


def _addresses(order: Order) -> tuple[tuple[str, Address], ...]:
	uses = ((BILLING, order.billing_address or order.shipping_address), (SHIPPING, order.shipping_address))
	return tuple((use, address) for use, address in uses if address)


def _person(order: Order, policy: StorePolicy) -> Person | None:
	"""Return who the order is booked under, or None when the store's guest Customer is, or nobody can be."""
	if order.customer:
		return person_of_customer(policy.store, order.customer, _addresses(order))
	if policy.guest_policy is GuestPolicy.PER_EMAIL and order.guest_email:
		return person_of_guest(policy.store, order.guest_email, order.phone, _addresses(order))
	return None


def _wanted_name(order: Order, policy: StorePolicy) -> str:
	return f"{policy.order_prefix}{order.label.lstrip('#')}"


def _day(order: Order, policy: StorePolicy) -> date:
	placed: date = order.placed_at.astimezone(ZoneInfo(policy.time_zone)).date()
	return placed


def _without_document(order: Order, snapshot: OrderSnapshot, policy: StorePolicy, signal: Signal) -> Decision:
	if order.cancelled_at:
		return Plan(
			links=(LinkUpdate(signal.key, version=signal.version),),
			reason="The order is cancelled and was never booked, so no Sales Order is made.",
		)
	pricing = price_order(order)
	if isinstance(pricing, Failure):
		return pricing
	party = _party(order, snapshot, policy)
	if isinstance(party, Failure):
		return party
	values = _sales_order_values(order, pricing, party, snapshot, policy)
	if isinstance(values, Failure):
		return values
	name = _wanted_name(order, policy)
	create = CreateDocument(
		"Sales Order",
		signal.key,
		values,
		# Two stores with one prefix, or a hand-made document: the id makes the name unique.
		name=f"{name}-{order.id}" if snapshot.name_taken else name,
		submit=True,
		expect_total=pricing.total,
		tolerance=policy.rounding_tolerance,
	)
	document = DocRef("Sales Order", signal.key)
	return Plan(
		changes=(*party.changes, create),
		links=(
			*party.links,
			LinkUpdate(signal.key, document=document, agreed=_agreed(order, pricing), version=signal.version),
		),
		document=document,
		not_applied=(*party.not_applied, *_not_applied(order)),
		reads={"basis": pricing.basis, "exchange_rate": str(snapshot.exchange_rate)},
	)


def _party(order: Order, snapshot: OrderSnapshot, policy: StorePolicy) -> PartyPlan | Failure:
	person = _person(order, policy)
	if person and snapshot.customer:
		return plan_party(person, snapshot.customer, policy)
	if policy.guest_policy is not GuestPolicy.HOLD and policy.guest_customer:
		# No Addresses: they would pile up on one Customer, a stranger's among them.
		return PartyPlan((), (), policy.guest_customer, None)
	why = "the store holds guest orders" if policy.guest_policy is GuestPolicy.HOLD else "the store names no guest Customer"
	return Failure(
		Category.MISSING_CUSTOMER,
		f"Order {order.label} has no customer{'' if order.guest_email else ' and no e-mail'}, and {why}.",
		missing="setting:guest_customer",
	)


def _sales_order_values(
	order: Order, pricing: Pricing, party: PartyPlan, snapshot: OrderSnapshot, policy: StorePolicy
) -> dict[str, Any] | Failure:
	rate = Decimal(1) if order.currency == policy.company_currency else snapshot.exchange_rate
	if rate is None:
		return Failure(
			Category.MISSING_EXCHANGE_RATE,
			f"Order {order.label} is in {order.currency}; "
			f"ERPNext has no rate to {policy.company_currency} for {_day(order, policy)}.",
			missing=f"exchange_rate:{order.currency}-{policy.company_currency}",
		)
	delivery = _day(order, policy) + timedelta(days=max(policy.delivery_days, 0))
	items = plan_items(order, pricing, snapshot, policy, delivery)
	if isinstance(items, Failure):
		return items
	taxes = plan_taxes(order, pricing, policy)
	if isinstance(taxes, Failure):
		return taxes
	discount = {"apply_discount_on": "Net Total", "discount_amount": pricing.discount} if pricing.discount else {}
	return {
		"customer": party.customer,
		"company": policy.company,
		"order_type": "Sales",
		"transaction_date": _day(order, policy),
		"delivery_date": delivery,
		"currency": order.currency,
		"conversion_rate": rate,
		"selling_price_list": policy.price_list,
		# Shopify has priced and taxed the order: ERPNext must neither reprice it nor add taxes of its own.
		"ignore_pricing_rule": 1,
		"disable_rounded_total": 1,
		"tax_category": policy.tax_category,
		"customer_address": party.billing,
		"shipping_address_name": party.shipping,
		"contact_person": party.contact,
		"cost_center": policy.cost_center,
		"shopify_order_name": order.name,
		**discount,
		"items": items,
		"taxes": taxes,
	}


def _agreed(order: Order, pricing: Pricing) -> dict[str, Any]:
	"""Return the facts that the Sales Order was made from, so that a later state can be told apart from them."""
	return {
		"currency": order.currency,
		"total": str(pricing.total.normalize()),
		"lines": {row.line.id: [row.quantity, str(row.net.normalize())] for row in pricing.lines},
		"shipping": str(sum((row.net for row in pricing.shipping), Decimal(0)).normalize()),
		"taxes": {f"{tax.title}@{tax.rate.normalize()}": str(tax.price.normalize()) for tax in pricing.taxes},
	}


def _with_cancelled_document(order: Order, existing: DocumentState, signal: Signal) -> Decision:
	if order.cancelled_at:
		return Plan(
			links=(LinkUpdate(signal.key, version=signal.version),),
			document=(existing.doctype, existing.name),
			reason=f"Sales Order {existing.name} is cancelled, as the order is.",
		)
	return Failure(
		Category.CONFLICT,
		f"Sales Order {existing.name} was cancelled in ERPNext, but order {order.label} is live in Shopify. Amend the "
		"Sales Order or cancel the order in Shopify, then press Retry; or Discard the event.",
	)


def _cancel(order: Order, existing: DocumentState, signal: Signal) -> Decision:
	if existing.docstatus == 0:
		return Failure(
			Category.CONFLICT,
			f"Order {order.label} is cancelled in Shopify, but {existing.name} is a draft that somebody works on. Delete "
			"the draft or submit it, then press Retry.",
		)
	document = (existing.doctype, existing.name)
	return Plan(
		changes=(CancelDocument(existing.doctype, existing.name),),
		links=(LinkUpdate(signal.key, document=document, version=signal.version),),
		document=document,
		not_applied=_not_applied(order),
	)


def _with_live_document(order: Order, existing: DocumentState, snapshot: OrderSnapshot, signal: Signal) -> Decision:
	pricing = price_order(order)
	if isinstance(pricing, Failure):
		return pricing
	agreed, now = snapshot.link.agreed, _agreed(order, pricing)
	changed = sorted(name for name in now if name in agreed and agreed[name] != now[name])
	if changed:
		return Failure(
			Category.UNSUPPORTED,
			f"Order {order.label} was edited after Sales Order {existing.name} was submitted: {', '.join(changed)} changed "
			f"(total {agreed.get('total')} → {now['total']} {order.currency}). The Sales Order was left as it is.",
		)
	document = (existing.doctype, existing.name)
	return Plan(
		# A link made by hand has no agreed values yet: from now on it has.
		links=(LinkUpdate(signal.key, document=document, agreed=now, version=signal.version),),
		document=document,
		not_applied=_not_applied(order),
		reason=f"Sales Order {existing.name} already agrees with this state of the order.",
	)


def _not_applied(order: Order) -> tuple[str, ...]:
	"""Return what the payload says beyond the Sales Order, in an operator's words."""
	notes = []
	if order.financial_status not in ("", "pending", "authorized"):
		notes.append(f"Financial status {order.financial_status}: no Sales Invoice or Payment Entry was made.")
	if order.fulfillments or order.fulfillment_status:
		notes.append(f"Fulfilment status {order.fulfillment_status or 'none'}: no Delivery Note was made.")
	if order.refunds:
		notes.append(f"{len(order.refunds)} refund(s): no credit note was made.")
	return tuple(notes)
