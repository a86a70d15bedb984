"""Customers and staff in the shop: orders placed, paid, edited, sent, refunded, cancelled; stock moved; customers changed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from shopify_sync.simulator.shop.errors import UserError
from shopify_sync.simulator.shop.records import Fulfillment, Order
from shopify_sync.simulator.shop.shop import Shop

from .. import shops
from ..stage import Stage
from ..story import Intent


def place(stage: Stage, intent: Intent) -> str:
	"""Somebody buys: with an account, as a guest, or at the till."""
	shop, dice, name = stage.shop(intent), stage.dice, intent.number
	who = dice.weighted((("customer", 6), ("guest", 3), ("till", 1)), name, "who")
	people: dict[str, Any] = {"source_name": "pos"} if who == "till" else {"shipping_address": shops.address(dice, name)}
	if who == "customer":
		customer = _customer(shop, dice.bits(name, "customer"))
		people |= {"customer_id": customer, "email": shop.customers.get(customer).email}
	elif who == "guest":
		people |= {"email": f"{shops.CANARY}guest{dice.between(1, 3, name, 'guest')}@example.com"}
	if people.get("shipping_address"):
		people["billing_address"] = people["shipping_address"]
	express = dice.chance(0.15, name, "express")
	title, code = shops.EXPRESS if express else shops.SHIPPING
	shipping = None if who == "till" else {"title": title, "code": code, "price": shops.shipping_price(shop)}
	order = shop.orders.place(
		lines=_lines(stage, intent), shipping=shipping, financial=intent.args["financial"], gateway="shopify_payments", **people
	)
	stage.made[intent.number] = order.id
	return f"{order.name} by {who}"


def _lines(stage: Stage, intent: Intent) -> list[dict[str, Any]]:
	shop, dice, name = stage.shop(intent), stage.dice, intent.number
	variants = sorted(shop.products.variants.values(), key=lambda variant: int(variant.id))
	lines = []
	for number in range(dice.weighted(((1, 5), (2, 3), (3, 1)), name, "lines")):
		variant = dice.pick(variants, name, "variant", number)
		line: dict[str, Any] = {"variant_id": variant.id, "quantity": dice.between(1, 4, name, "quantity", number)}
		if dice.chance(0.3, name, "discount", number):
			unit = Decimal(1) if shop.currency == "JPY" else Decimal("0.01")
			line["discount"] = (variant.price * dice.between(1, 30, name, "off", number) / 100).quantize(unit)
		lines.append(line)
	return lines


def _customer(shop: Shop, number: int) -> str:
	every = list(shop.customers.all)
	return every[number % len(every)]


def _order(stage: Stage, intent: Intent) -> Order | None:
	made = stage.made.get(intent.of) if intent.of is not None else None
	return stage.shop(intent).orders.get(made) if made else None


def _about(stage: Stage, intent: Intent, act: Any) -> str:
	order = _order(stage, intent)
	if order is None:
		return "there is no such order"
	act(stage.shop(intent), order)
	return order.name


def paid(stage: Stage, intent: Intent) -> str:
	"""An order is paid."""
	return _about(stage, intent, lambda shop, order: shop.orders.mark_as_paid(order.id))


def partial_payment(stage: Stage, intent: Intent) -> str:
	"""A part of an order is paid."""
	return _about(stage, intent, lambda shop, order: shop.orders.pay(order.id, Decimal(1)))


def capture(stage: Stage, intent: Intent) -> str:
	"""An authorised payment is captured."""
	return _about(stage, intent, lambda shop, order: shop.orders.capture(order.id))


def cancel(stage: Stage, intent: Intent) -> str:
	"""An order is cancelled."""
	return _about(stage, intent, lambda shop, order: shop.orders.cancel(order.id))


def note(stage: Stage, intent: Intent) -> str:
	"""Staff write a note on an order: the order is another version, and nothing that is booked changes."""
	return _about(stage, intent, lambda shop, order: shop.orders.update(order.id, note=f"note {intent.number}"))


def _sent(stage: Stage, parcel: Fulfillment) -> None:
	stage.deeds.sent_by_shop.add(parcel.id)


def fulfill(stage: Stage, intent: Intent) -> str:
	"""Everything that is left of an order is sent."""
	return _about(stage, intent, lambda shop, order: _sent(stage, shop.fulfillments.create(order.id)))


def fulfill_part(stage: Stage, intent: Intent) -> str:
	"""One piece of an order is sent."""
	return _about(
		stage, intent, lambda shop, order: _sent(stage, shop.fulfillments.create(order.id, lines={order.line_items[0].id: 1}))
	)


def refund_part(stage: Stage, intent: Intent) -> str:
	"""One piece comes back, and its money goes back."""
	restock = stage.dice.pick(("return", "no_restock"), intent.number, "restock")
	return _about(stage, intent, lambda shop, order: shop.refunds.create(order.id, lines=[(order.line_items[0].id, 1, restock)]))


def announce_return(stage: Stage, intent: Intent) -> str:
	"""A customer wants to send a piece back: there is a return in the shop before the goods are there."""

	def announce(shop: Shop, order: Order) -> None:
		(parcel, line), _pieces = next(iter(shop.returns.returnable(order).items()), ((None, None), 0))
		if parcel is None or line is None:
			raise UserError(("returnInput", "returnLineItems"), "Nothing was sent that can be returned", "INVALID")
		stage.deeds.announced.add(shop.returns.create(order.id, [(parcel, line, 1)]).id)

	return _about(stage, intent, announce)


def refund_return(stage: Stage, intent: Intent) -> str:
	"""Staff pay back what a return takes back."""

	def refund(shop: Shop, order: Order) -> None:
		if not order.returns:
			raise UserError(("returnId",), "There is no return", "INVALID")
		shop.returns.refund(order.returns[-1].id)

	return _about(stage, intent, refund)


def edit_add(stage: Stage, intent: Intent) -> str:
	"""Staff add a piece to an order."""

	def add(shop: Shop, order: Order) -> None:
		edit = shop.edits.begin(order.id)
		variant = stage.dice.pick(sorted(shop.products.variants, key=int), intent.number, "variant")
		shop.edits.add_variant(edit, variant, 1)
		shop.edits.commit(edit)

	return _about(stage, intent, add)


def edit_remove(stage: Stage, intent: Intent) -> str:
	"""Staff take a piece off an order."""

	def remove(shop: Shop, order: Order) -> None:
		edit = shop.edits.begin(order.id)
		line = order.line_items[0]
		shop.edits.set_quantity(edit, line.id, line.current_quantity - 1)
		shop.edits.commit(edit)

	return _about(stage, intent, remove)


def change_customer(stage: Stage, intent: Intent) -> str:
	"""A customer changes a name or a phone number."""
	shop = stage.shop(intent)
	customer = _customer(shop, intent.args["customer"])
	mark = f"{shops.CANARY}{intent.number:05d}"
	field = stage.dice.pick(("first_name", "last_name", "phone"), intent.number, "field")
	value = f"+1555{stage.dice.between(1000000, 9999999, intent.number, 'phone')}" if field == "phone" else f"Renamed{mark}"
	shop.customers.update(customer, **{field: value})
	return f"{field} of customer {customer}"


def _variant_and_location(stage: Stage, intent: Intent) -> tuple[str, str]:
	shop, dice = stage.shop(intent), stage.dice
	variant = dice.pick(sorted(shop.products.variants.values(), key=lambda one: int(one.id)), intent.number, "variant")
	locations = list(shop.locations.all)
	location = dice.weighted(((locations[0], 4), (locations[1], 1)), intent.number, "location")
	return variant.inventory_item_id, location


def adjust_stock(stage: Stage, intent: Intent) -> str:
	"""Goods arrive or get lost."""
	item, location = _variant_and_location(stage, intent)
	delta = stage.dice.between(-6, 12, intent.number, "delta") or 1
	stage.shop(intent).inventory.adjust("available", item, location, delta, "correction")
	return f"{delta:+d} of {item} at {location}"


def set_stock(stage: Stage, intent: Intent) -> str:
	"""Goods are counted."""
	item, location = _variant_and_location(stage, intent)
	quantity = stage.dice.between(0, 60, intent.number, "quantity")
	stage.shop(intent).inventory.set_quantities("available", [(item, location, quantity, None)], "cycle_count_available")
	return f"{quantity} of {item} at {location}"
