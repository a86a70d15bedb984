"""Orders: their figures agree to the cent, whatever happens to them, and the product's own pricing accepts them."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopify_sync.core.orders.pricing import Pricing, price_order
from shopify_sync.core.orders.refunds import stated_total
from shopify_sync.core.orders.resource import parse
from shopify_sync.simulator.shop.errors import UserError
from shopify_sync.simulator.shop.pricing import spread
from shopify_sync.simulator.shop.records import Order
from shopify_sync.simulator.shop.shop import Shop
from shopify_sync.simulator.shop.totals import financial_status, fulfillment_status, totals
from tests.unit.deciding import POLICY

from .shops import cart, payload, stocked_shop

CURRENCIES = ("USD", "JPY", "KWD")


def units(shop: Shop, number: int) -> Decimal:
	"""Return so many of the currency's smallest units."""
	return shop.quantum * number


@st.composite
def orders(draw: st.DrawFn) -> tuple[Shop, Order]:
	"""A shop of any currency and tax, and an order of anything that a cart can hold."""
	currency = draw(st.sampled_from(CURRENCIES))
	rate = draw(st.sampled_from((Decimal(0), Decimal("0.1"), Decimal("0.19"), Decimal("0.0825"))))
	shop = stocked_shop(currency=currency, taxes_included=draw(st.booleans()), tax_rate=rate)
	variants = list(shop.products.variants.values())
	lines: list[dict[str, Any]] = []
	for number in range(draw(st.integers(1, 4))):
		quantity = draw(st.integers(1, 7))
		price = draw(st.integers(0, 5000))
		line: dict[str, Any] = {"quantity": quantity, "price": units(shop, price)}
		line["discount"] = units(shop, draw(st.integers(0, price * quantity)))
		if draw(st.booleans()):
			line["variant_id"] = variants[number % len(variants)].id
		else:
			line |= {"title": "Custom", "gift_card": draw(st.booleans())}
		lines.append(line)
	discountable = sum(line["price"] * line["quantity"] - line["discount"] for line in lines if not line.get("gift_card"))
	price = draw(st.integers(0, 2000))
	shipping = {"price": units(shop, price), "discount": units(shop, draw(st.integers(0, price)))}
	order = shop.orders.place(
		lines,
		order_discount=units(shop, draw(st.integers(0, int(Decimal(discountable) / shop.quantum)))),
		shipping=draw(st.sampled_from((None, shipping))),
		tip=units(shop, draw(st.sampled_from((0, 0, 300)))),
		financial=draw(st.sampled_from(("pending", "authorized", "paid"))),
		gateway="shopify_payments",
	)
	return shop, order


def check(shop: Shop, order: Order) -> None:
	"""Check that an order's payload adds up by itself, and that the product's pricing accepts it."""
	found = payload(shop, order)
	exact = {name: Decimal(text) for name, text in found.items() if isinstance(text, str) and (name.endswith(("_price", "_tax")))}
	lines = sum(Decimal(line["price"]) * line["quantity"] for line in found["line_items"])
	allocated = sum(Decimal(a["amount"]) for line in _priced(found) for a in line["discount_allocations"])
	shipping = sum(Decimal(line["price"]) for line in found["shipping_lines"])
	taxes = sum(Decimal(tax["price"]) for line in _priced(found) for tax in line["tax_lines"])
	assert taxes == exact["total_tax"] == sum(Decimal(tax["price"]) for tax in found["tax_lines"])
	assert allocated == Decimal(found["total_discounts"])
	assert lines - allocated + shipping + (0 if order.taxes_included else taxes) == exact["total_price"]
	assert exact["current_total_price"] <= exact["total_price"] or any(r.adjustment < 0 for r in order.refunds)
	contract = parse(found, POLICY)
	priced = price_order(contract)
	assert isinstance(priced, Pricing), priced
	if any(line.removed_quantity for line in order.line_items):
		# What an edit took off is not booked; what refunds take back is, and credited.
		taken_back = sum(stated_total(contract, refund) for refund in contract.refunds)
		assert (priced.total, priced.basis) == (exact["current_total_price"] + taken_back, "reduced")
	else:
		assert (priced.total, priced.basis) == (exact["total_price"], "original")


def _priced(found: dict[str, Any]) -> list[dict[str, Any]]:
	return [*found["line_items"], *found["shipping_lines"]]


@given(orders())
def test_a_placed_order_adds_up(made: tuple[Shop, Order]) -> None:
	check(*made)


@given(orders(), st.data())
def test_an_order_adds_up_whatever_happens_to_it(made: tuple[Shop, Order], data: st.DataObject) -> None:
	shop, order = made
	for _step in range(data.draw(st.integers(1, 6))):
		with suppress(UserError):
			_anything(shop, order, data)
		check(shop, order)
		figures = totals(order)
		assert figures.refunded <= figures.received
		assert all(0 <= line.current_quantity <= line.quantity for line in order.line_items)
		for line in order.line_items:
			assert line.quantity == line.current_quantity + line.removed_quantity + line.refunded_quantity
		assert all(0 <= line.taken_subtotal <= line.price * line.quantity for line in order.line_items)


def _anything(shop: Shop, order: Order, data: st.DataObject) -> None:
	what = data.draw(st.sampled_from(("pay", "mark", "capture", "fulfill", "refund", "money", "edit", "cancel", "void")))
	line = data.draw(st.sampled_from(order.line_items))
	pieces = data.draw(st.integers(1, 4))
	amount = units(shop, data.draw(st.integers(1, 3000)))
	if what == "pay":
		shop.orders.pay(order.id, amount)
	elif what == "mark":
		shop.orders.mark_as_paid(order.id)
	elif what == "capture":
		shop.orders.capture(order.id, amount)
	elif what == "void":
		shop.orders.void(order.id)
	elif what == "fulfill":
		shop.fulfillments.create(order.id, {line.id: pieces})
	elif what == "refund":
		kind = data.draw(st.sampled_from(("return", "cancel", "no_restock")))
		shop.refunds.create(order.id, [(line.id, pieces, kind)], shipping=data.draw(st.sampled_from((0, amount))))
	elif what == "money":
		shop.refunds.create(order.id, amount=amount)
	elif what == "edit":
		edit = shop.edits.begin(order.id)
		shop.edits.set_quantity(edit, line.id, data.draw(st.integers(0, 9)))
		added = shop.edits.add_variant(edit, next(iter(shop.products.variants)), pieces)
		shop.edits.add_discount(edit, added, amount)
		shop.edits.commit(edit)
	else:
		shop.orders.cancel(order.id, refund=data.draw(st.booleans()), restock=data.draw(st.booleans()))


@given(orders())
@settings(max_examples=60)
def test_nothing_is_left_of_a_cancelled_order(made: tuple[Shop, Order]) -> None:
	shop, order = made
	shop.orders.cancel(order.id)
	figures = totals(order)
	assert (figures.current_total, figures.current_tax, figures.current_subtotal, figures.net_payment) == (0, 0, 0, 0)
	assert not any(line.current_quantity or line.fulfillable_quantity for line in order.line_items)
	assert {fo.status for fo in order.fulfillment_orders} <= {"cancelled"}


@given(orders(), st.data())
@settings(max_examples=60)
def test_piece_by_piece_everything_paid_is_paid_back(made: tuple[Shop, Order], data: st.DataObject) -> None:
	shop, order = made
	if totals(order).outstanding > 0:
		shop.orders.mark_as_paid(order.id)
	if shipping := totals(order).current_shipping:
		shop.refunds.create(order.id, shipping=shipping)
	for line in order.line_items:
		while line.current_quantity:
			pieces = data.draw(st.integers(1, line.current_quantity))
			shop.refunds.create(order.id, [(line.id, pieces, "no_restock")])
	figures = totals(order)
	assert (figures.net_payment, figures.current_total, figures.outstanding) == (0, 0, 0)


@given(st.integers(0, 10**6), st.lists(st.integers(0, 10**5), min_size=1, max_size=8), st.sampled_from(("1", "0.01", "0.001")))
def test_shares_add_up_and_are_never_more_than_what_they_are_of(part: int, weights: list[int], unit: str) -> None:
	quantum = Decimal(unit)
	sizes = [quantum * weight for weight in weights]
	amount = min(quantum * part, sum(sizes, Decimal(0)))
	shares = spread(amount, sizes, quantum)
	assert sum(shares) == amount
	assert all(0 <= share <= size for share, size in zip(shares, sizes, strict=True))


def test_the_financial_status_follows_the_money() -> None:
	shop = stocked_shop(tax_rate=Decimal(0), price="10")
	order = shop.orders.place(cart(shop, 1, 1), financial="authorized", gateway="shopify_payments")
	seen = [financial_status(order)]
	for step in (
		lambda: shop.orders.capture(order.id, 5),
		lambda: shop.orders.capture(order.id),
		lambda: shop.refunds.create(order.id, [(order.line_items[0].id, 1, "cancel")]),
		lambda: shop.refunds.create(order.id, [(order.line_items[1].id, 1, "cancel")]),
	):
		step()
		seen.append(financial_status(order))
	assert seen == ["authorized", "partially_paid", "paid", "partially_refunded", "refunded"]


def test_money_that_never_came() -> None:
	shop = stocked_shop()
	held, expired, owed, free = (
		shop.orders.place(cart(shop, 1), financial=financial, **more)
		for financial, more in (
			("authorized", {}), ("authorized", {}), ("pending", {}), ("pending", {"order_discount": "19.99"})
		)
	)  # fmt: skip
	assert financial_status(shop.orders.void(held.id)) == "voided"
	assert financial_status(shop.orders.expire(expired.id)) == "expired"
	assert financial_status(owed) == "pending"
	assert financial_status(shop.orders.cancel(owed.id)) == "voided"
	assert financial_status(free) == "paid"
	assert financial_status(shop.orders.mark_as_paid(expired.id)) == "paid"


def test_a_partly_paid_order_gives_back_only_what_came_too_much() -> None:
	shop = stocked_shop(tax_rate=Decimal(0), price="10")
	order = shop.orders.place(cart(shop, 1, 1))
	shop.orders.pay(order.id, 15)
	shop.refunds.create(order.id, [(order.line_items[0].id, 1, "cancel")])
	figures = totals(order)
	assert (figures.current_total, figures.net_payment, figures.outstanding) == (10, 10, 0)


def test_pieces_removed_by_an_edit_leave_a_debt_that_a_refund_settles_without_an_adjustment() -> None:
	shop = stocked_shop(tax_rate=Decimal(0), price="10")
	order = shop.orders.place(cart(shop, 2), financial="paid")
	edit = shop.edits.begin(order.id)
	shop.edits.set_quantity(edit, order.line_items[0].id, 1)
	shop.edits.commit(edit)
	assert totals(order).outstanding == -10
	refund = shop.refunds.create(order.id, amount=10)
	assert (refund.adjustment, totals(order).outstanding, financial_status(order)) == (0, 0, "partially_refunded")


def test_an_edit_adds_to_quantity_and_takes_from_current_quantity() -> None:
	shop = stocked_shop()
	order = shop.orders.place(cart(shop, 3, 1))
	more, less = order.line_items[1], order.line_items[0]
	edit = shop.edits.begin(order.id)
	shop.edits.set_quantity(edit, more.id, 4)
	shop.edits.set_quantity(edit, less.id, 1)
	custom = shop.edits.add_custom_item(edit, "Engraving", "4", 2)
	shop.edits.commit(edit)
	assert [(line.quantity, line.current_quantity, line.fulfillable_quantity) for line in order.line_items] == [
		(3, 1, 1),
		(4, 4, 4),
		(2, 2, 2),
	]
	assert order.line_items[2].id == custom
	waiting = sum(entry.remaining_quantity for fo in order.fulfillment_orders for entry in fo.lines)
	assert waiting == 7


def test_what_is_returned_is_not_sent_again_and_what_was_cancelled_neither() -> None:
	shop = stocked_shop()
	order = shop.orders.place(cart(shop, 5), financial="paid")
	line = order.line_items[0]
	shop.fulfillments.create(order.id, {line.id: 3})
	assert fulfillment_status(order) == "partial"
	shop.refunds.create(order.id, [(line.id, 1, "return"), (line.id, 1, "cancel")])
	assert (line.current_quantity, line.fulfillable_quantity) == (3, 1)
	shop.fulfillments.create(order.id)
	assert (line.fulfillable_quantity, fulfillment_status(order)) == (0, "fulfilled")


def test_a_merged_customer_leaves_the_orders_to_the_other() -> None:
	shop = stocked_shop()
	kept, gone = shop.customers.create("Ada", email="a@example.com"), shop.customers.create("Ada", email="b@example.com")
	order = shop.orders.place(cart(shop, 1), customer_id=gone.id)
	shop.customers.merge(kept.id, gone.id)
	assert (order.customer_id, shop.customers.merged, list(shop.customers.all)) == (kept.id, {gone.id: kept.id}, [kept.id])
	assert payload(shop, order)["customer"]["id"] == int(kept.id)


def test_a_cancelled_order_waits_for_nothing_though_a_piece_was_refunded_and_kept() -> None:
	shop = stocked_shop()
	order = shop.orders.place(cart(shop, 1), financial="paid")
	shop.refunds.create(order.id, [(order.line_items[0].id, 1, "no_restock")])
	assert order.line_items[0].fulfillable_quantity == 1
	shop.orders.cancel(order.id)
	assert order.line_items[0].fulfillable_quantity == 0


def test_what_is_paid_back_for_goodwill_lowers_the_total_and_is_not_paid_back_twice() -> None:
	shop = stocked_shop(tax_rate=Decimal(0), price="10")
	order = shop.orders.place(cart(shop, 1), financial="paid")
	shop.refunds.create(order.id, adjustment=4)
	assert (totals(order).current_total, totals(order).outstanding) == (6, 0)
	shop.orders.cancel(order.id)
	figures = totals(order)
	assert (figures.current_total, figures.refunded, figures.outstanding) == (0, 10, 0)
	adjustments = [a["amount"] for refund in payload(shop, order)["refunds"] for a in refund["order_adjustments"]]
	assert adjustments == ["-4.00", "4.00"]


def test_what_is_kept_back_of_a_refund_stays_in_the_total() -> None:
	shop = stocked_shop(tax_rate=Decimal(0), price="10")
	order = shop.orders.place(cart(shop, 1), financial="paid")
	refund = shop.refunds.create(order.id, [(order.line_items[0].id, 1, "cancel")], amount=7)
	assert (refund.adjustment, totals(order).current_total, totals(order).outstanding) == (-3, 3, 0)


def test_gift_cards_get_no_share_of_a_discount() -> None:
	shop = stocked_shop(price="10")
	gift = {"title": "Gift card", "price": "10", "gift_card": True, "quantity": 1}
	order = shop.orders.place([gift, *cart(shop, 1)], order_discount="5")
	assert [(line.discount, line.tax) for line in order.line_items] == [(0, 0), (5, Decimal("0.50"))]
	with pytest.raises(UserError, match="greater than the subtotal"):
		shop.orders.place([gift, *cart(shop, 1)], order_discount="15")


def test_each_payment_gives_back_no_more_than_it_brought() -> None:
	shop = stocked_shop(tax_rate=Decimal(0), price="10")
	order = shop.orders.place(cart(shop, 3), financial="authorized", gateway="shopify_payments")
	shop.orders.capture(order.id, 12)
	shop.orders.capture(order.id)
	for _piece in range(3):
		shop.refunds.create(order.id, [(order.line_items[0].id, 1, "cancel")])
	captures = [t for t in order.transactions if t.kind == "capture"]
	back = [sum(t.amount for t in order.transactions if t.parent_id == capture.id) for capture in captures]
	assert back == [12, 18] == [capture.amount for capture in captures]


def test_what_is_still_to_be_paid_is_told() -> None:
	shop = stocked_shop(tax_rate=Decimal(0), price="10")
	order = shop.orders.place(cart(shop, 2))
	shop.orders.pay(order.id, 5)
	found = payload(shop, order)
	assert (found["total_price"], found["total_outstanding"], found["financial_status"]) == ("20.00", "15.00", "partially_paid")
