"""What Shopify refuses, the shop refuses, and nothing has changed then."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from shopify_sync.simulator.shop.errors import UserError
from shopify_sync.simulator.shop.records import Order
from shopify_sync.simulator.shop.shop import Shop

from .shops import cart, payload, stocked_shop, watch

Act = Callable[[Shop, Order], Any]


def nothing(shop: Shop, order: Order) -> None:
	"""Leave the order as it was placed: two pieces and one, paid."""


def sent(shop: Shop, order: Order) -> None:
	shop.fulfillments.create(order.id)


def partly_sent(shop: Shop, order: Order) -> None:
	shop.fulfillments.create(order.id, {order.line_items[0].id: 1})


def cancelled(shop: Shop, order: Order) -> None:
	shop.orders.cancel(order.id)


def held(shop: Shop, order: Order) -> None:
	shop.fulfillments.hold(order.fulfillment_orders[0].id)


def line(order: Order) -> str:
	return order.line_items[0].id


def edit(quantity: int) -> Act:
	def act(shop: Shop, order: Order) -> None:
		begun = shop.edits.begin(order.id)
		shop.edits.set_quantity(begun, line(order), quantity)
		shop.edits.commit(begun)

	return act


def commit_twice(shop: Shop, order: Order) -> None:
	begun = next(iter(shop.edits.all))
	shop.edits.commit(begun)


def edited(shop: Shop, order: Order) -> None:
	edit(1)(shop, order)


def parcel_cancelled(shop: Shop, order: Order) -> None:
	sent(shop, order)
	shop.fulfillments.cancel(order.fulfillments[0].id)


def returned(shop: Shop, order: Order) -> None:
	sent(shop, order)
	shop.refunds.create(order.id, [(line(order), 1, "return")])


REFUSED: list[tuple[str, Act, Act, str]] = [
	("fulfil more than remains", partly_sent, lambda s, o: s.fulfillments.create(o.id, {line(o): 2}), "quantity requested"),
	("fulfil no piece", nothing, lambda s, o: s.fulfillments.create(o.id, {line(o): 0}), "greater than 0"),
	("fulfil twice", sent, lambda s, o: s.fulfillments.create(o.id), "already been fulfilled"),
	("fulfil a cancelled order", cancelled, lambda s, o: s.fulfillments.create(o.id), "canceled"),
	("fulfil what is held", held, lambda s, o: s.fulfillments.create(o.id), "on hold"),
	(
		"fulfil elsewhere",
		nothing,
		lambda s, o: s.fulfillments.create(o.id, location_id=list(s.locations.all)[1]),
		"nothing to fulfill",
	),
	("cancel twice", cancelled, lambda s, o: s.orders.cancel(o.id), "already been canceled"),
	("cancel what was sent", partly_sent, lambda s, o: s.orders.cancel(o.id), "fulfilled"),
	("cancel without a reason that exists", nothing, lambda s, o: s.orders.cancel(o.id, "boredom"), "not valid"),
	("refund more than there is", nothing, lambda s, o: s.refunds.create(o.id, [(line(o), 3, "cancel")]), "more items"),
	(
		"refund more in two entries",
		nothing,
		lambda s, o: s.refunds.create(o.id, [(line(o), 2, "cancel"), (line(o), 1, "no_restock")]),
		"more items",
	),
	("cancel pieces that were sent", sent, lambda s, o: s.refunds.create(o.id, [(line(o), 1, "cancel")]), "more items"),
	("return pieces that were not sent", nothing, lambda s, o: s.refunds.create(o.id, [(line(o), 1, "return")]), "more items"),
	("refund a line of another order", nothing, lambda s, o: s.refunds.create(o.id, [("1", 1, "cancel")]), "does not belong"),
	("refund more money than came", nothing, lambda s, o: s.refunds.create(o.id, amount=1000), "more than was paid"),
	("refund shipping that was not paid", nothing, lambda s, o: s.refunds.create(o.id, shipping=1), "Shipping"),
	("refund nothing", nothing, lambda s, o: s.refunds.create(o.id), "at least one"),
	("restock in a way that is none", nothing, lambda s, o: s.refunds.create(o.id, [(line(o), 1, "maybe")]), "not valid"),
	("edit a cancelled order", cancelled, edit(1), "cannot be edited"),
	("edit below what was sent", sent, edit(1), "fulfilled quantity"),
	("edit nothing", nothing, edit(2), "no changes"),
	("commit an edit twice", edited, commit_twice, "already been committed"),
	("pay a paid order", nothing, lambda s, o: s.orders.mark_as_paid(o.id), "cannot be marked as paid"),
	("pay more than is due", nothing, lambda s, o: s.orders.pay(o.id, 1), "at most"),
	("capture without an authorization", nothing, lambda s, o: s.orders.capture(o.id), "capture"),
	("void without an authorization", nothing, lambda s, o: s.orders.void(o.id), "void"),
	("open an open order", nothing, lambda s, o: s.orders.open(o.id), "cannot be opened"),
	("open a cancelled order", cancelled, lambda s, o: s.orders.open(o.id), "cannot be opened"),
	("close a closed order", cancelled, lambda s, o: s.orders.close(o.id), "already closed"),
	("delete what a bank paid", nothing, lambda s, o: s.orders.delete(o.id), "deleted"),
	("cancel a parcel twice", parcel_cancelled, lambda s, o: s.fulfillments.cancel(o.fulfillments[0].id), "already canceled"),
	("cancel a parcel that came back", returned, lambda s, o: s.fulfillments.cancel(o.fulfillments[0].id), "returned"),
	("track a cancelled parcel", parcel_cancelled, lambda s, o: s.fulfillments.update_tracking(o.fulfillments[0].id), "canceled"),
	("hold what was sent", sent, lambda s, o: s.fulfillments.hold(o.fulfillment_orders[0].id), "hold"),
	("hold twice with one handle", held, lambda s, o: s.fulfillments.hold(o.fulfillment_orders[0].id), "already in use"),
	("release what is free", nothing, lambda s, o: s.fulfillments.release(o.fulfillment_orders[0].id), "not on hold"),
	(
		"move to where it is",
		nothing,
		lambda s, o: s.fulfillments.move(o.fulfillment_orders[0].id, o.fulfillment_orders[0].location_id),
		"valid destination",
	),
	("change what cannot be changed", nothing, lambda s, o: s.orders.update(o.id, currency="EUR"), "cannot be changed"),
	("order nothing", nothing, lambda s, o: s.orders.place([]), "at least one"),
	("order no pieces", nothing, lambda s, o: s.orders.place([*cart(s, 1), {"title": "x", "quantity": 0}]), "Quantity"),
	("order without a title", nothing, lambda s, o: s.orders.place([{"quantity": 1, "price": 1}]), "Title"),
	("order what is not there", nothing, lambda s, o: s.orders.place([{"variant_id": "1", "quantity": 1}]), "variant"),
	("discount more than it costs", nothing, lambda s, o: s.orders.place(cart(s, 1, discount="20")), "greater than the price"),
	("pay in fractions of a cent", nothing, lambda s, o: s.orders.place(cart(s, 1, price="1.001")), "more decimals"),
	("a price below zero", nothing, lambda s, o: s.orders.place(cart(s, 1, price="-1")), "greater than or equal"),
	("a price that is none", nothing, lambda s, o: s.orders.place(cart(s, 1, price="free")), "valid amount"),
	("a price that is not a number", nothing, lambda s, o: s.orders.place(cart(s, 1, price="NaN")), "decimals|valid amount"),
	("pay in a way that is none", nothing, lambda s, o: s.orders.place(cart(s, 1), financial="later"), "not valid"),
	("a customer of nobody", nothing, lambda s, o: s.orders.place(cart(s, 1), customer_id="1"), "Customer"),
]


@pytest.mark.parametrize("prepare, act, message", [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_it_is_refused_and_nothing_has_changed(prepare: Act, act: Act, message: str) -> None:
	shop = stocked_shop()
	order = shop.orders.place(cart(shop, 2, 1), financial="paid", gateway="shopify_payments")
	prepare(shop, order)
	found = watch(shop)
	before = copy.deepcopy((payload(shop, order), shop.inventory.levels, list(shop.orders.all), shop.next_order_number))
	with pytest.raises(UserError, match=message):
		act(shop, order)
	assert (payload(shop, order), shop.inventory.levels, list(shop.orders.all), shop.next_order_number) == before
	assert found == []


@pytest.mark.parametrize(
	"act, message",
	[
		(lambda c, one, two: c.create(), "name, phone number, or email"),
		(lambda c, one, two: c.create(email="ADA@example.com"), "Email has already been taken"),
		(lambda c, one, two: c.update(two, email="ada@example.com"), "Email has already been taken"),
		(lambda c, one, two: c.update(two, phone="+441"), "Phone has already been taken"),
		(lambda c, one, two: c.update(two, currency="EUR"), "cannot be changed"),
		(lambda c, one, two: c.merge(one, one), "must be different"),
		(lambda c, one, two: c.disable(one), "already disabled"),
		(lambda c, one, two: c.delete(one), "associated orders"),
		(lambda c, one, two: c.get(two + "0"), "does not exist"),
	],
)
def test_customers_are_checked_too(act: Callable[[Any, str, str], Any], message: str) -> None:
	shop = stocked_shop()
	one = shop.customers.create("Ada", email="ada@example.com", phone="+441")
	two = shop.customers.create("Bob", email="bob@example.com")
	shop.orders.place(cart(shop, 1), customer_id=one.id)
	with pytest.raises(UserError, match=message):
		act(shop.customers, one.id, two.id)


@pytest.mark.parametrize("quantity, message", [(5, "not active"), ("many", "whole number"), (10**10, "higher than")])
def test_a_product_that_cannot_be_stocked_is_not_created(quantity: Any, message: str) -> None:
	shop = stocked_shop()
	with shop.silently():
		place = shop.locations.create("Closed")
		if quantity == 5:
			shop.locations.deactivate(place.id)
	told, before = watch(shop), (list(shop.products.all), list(shop.inventory.items), list(shop.inventory.levels))
	with pytest.raises(UserError, match=message):
		shop.products.create("Hat", [{"sku": "HAT", "price": "1"}, {"sku": "HAT-2", "quantities": {place.id: quantity}}])
	assert (list(shop.products.all), list(shop.inventory.items), list(shop.inventory.levels)) == before
	assert told == []
