"""Reading by pages: everything of a window once, gone on with after a crash, and what came is what webhooks tell."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from shopify_sync.admin_api.reading import counts, payouts, windows
from shopify_sync.admin_api.reading.parts import read_order
from shopify_sync.admin_api.reading.reader import records, start
from shopify_sync.core.contracts.base import parse_json
from shopify_sync.core.contracts.customer import Customer
from shopify_sync.core.contracts.customer_events import ConsentOfCustomer
from shopify_sync.core.contracts.inventory_level import InventoryLevel
from shopify_sync.core.contracts.product import InventoryItem, Product
from shopify_sync.core.outbound.calls import CallFailed
from shopify_sync.core.reading import Position, Window
from shopify_sync.simulator.rest import customer as rest_customer
from shopify_sync.simulator.rest import inventory as rest_inventory
from shopify_sync.simulator.rest import product as rest_product
from shopify_sync.simulator.shop.shop import Shop
from shopify_sync.simulator.shop.totals import totals
from tests.simulator.shops import HOME, cart, stocked_shop

from .executing import Executing


@pytest.fixture
def shop() -> Shop:
	return stocked_shop()


def passing(shop: Shop, **time: float) -> None:
	shop.clock.advance(timedelta(**time).total_seconds())  # type: ignore[attr-defined]


def all_of(batches: Iterator[windows.Batch[Any]]) -> list[Any]:
	return [record for batch in batches for record in batch.records]


def test_a_window_holds_what_changed_in_it_and_pages_leave_nothing_out(shop: Shop) -> None:
	began = shop.now()
	names = []
	for _number in range(60):
		passing(shop, minutes=1)
		names.append(shop.orders.place(cart(shop, 1)).name)
	client = Executing(shop)
	window = Window(began + timedelta(minutes=11), began + timedelta(minutes=51))
	found = list(windows.orders(client, Position("orders", window=window)))
	expected = [order.name for order in shop.orders.all.values() if window.start <= order.updated_at < window.end]
	assert [order["name"] for batch in found for order in batch.records] == expected
	assert len(expected) == 40 and len(found) == 2
	# A reader that died after the first page goes on from what it kept; one that is done reads nothing.
	kept = Position.from_json(json.loads(json.dumps(found[0].position.as_json())))
	assert [order["name"] for order in all_of(windows.orders(client, kept))] == expected[25:]
	assert found[-1].position.done and not list(windows.orders(client, found[-1].position))


def test_an_order_that_changes_while_a_window_is_read_is_in_the_next_one(shop: Shop) -> None:
	orders = []
	for _number in range(60):
		passing(shop, minutes=1)
		orders.append(shop.orders.place(cart(shop, 1)))
	passing(shop, hours=1)
	client, end = Executing(shop), shop.clock.now()
	reader = windows.orders(client, Position("orders", window=Window(None, end)))
	seen = [order["name"] for order in next(reader).records]
	for order in (orders[3], orders[30], orders[59]):
		shop.orders.update(order.id, note="changed")
	seen += [order["name"] for batch in reader for order in batch.records]
	assert sorted(set(seen)) == sorted(seen), "none twice"
	later = all_of(windows.orders(client, Position("orders", window=Window(end, None))))
	assert {order["name"] for order in later} == {orders[3].name, orders[30].name, orders[59].name}
	assert set(seen) | {order["name"] for order in later} == {order.name for order in orders}


def test_whole_orders_come_page_by_page_too(shop: Shop) -> None:
	for _number in range(30):
		shop.orders.place(cart(shop, 1, 1))
	client = Executing(shop)
	doomed = list(shop.orders.all)[20]

	def deleting(operation: str, variables: Mapping[str, Any]) -> None:
		if operation == "Order" and variables["id"].endswith(list(shop.orders.all)[10]) and doomed in shop.orders.all:
			shop.orders.delete(doomed)

	client.before = deleting
	position = start(client, Position("orders"))  # type: ignore[arg-type]
	found = list(records(client, position))  # type: ignore[arg-type]
	assert [payload["name"] for batch in found for payload in batch.records] == [order.name for order in shop.orders.all.values()]
	assert [len(batch.records) for batch in found] == [24, 5], "one was deleted meanwhile"


def test_an_order_with_more_than_fits_is_read_whole(shop: Shop) -> None:
	variants = [next(iter(shop.products.variants))] * 70
	order = shop.orders.place([{"variant_id": variant, "quantity": 3} for variant in variants], financial="pending")
	for number in range(12):
		shop.orders.pay(order.id, f"{number + 1}.00")
	first, *rest = order.line_items
	shop.fulfillments.create(order.id, {line.id: 1 for line in order.line_items[:30]})
	for line in rest[40:48]:
		shop.fulfillments.create(order.id, {line.id: 1})
	shop.refunds.create(order.id, [(line.id, 1, "no_restock") for line in order.line_items[:60]], amount="1.00")
	for _number in range(2):
		shop.refunds.create(order.id, [(first.id, 1, "no_restock")], amount="1.00")
	client = Executing(shop)
	payload = read_order(client, order.id)
	assert payload is not None
	assert [line["id"] for line in payload["line_items"]] == [int(line.id) for line in order.line_items]
	assert [row["id"] for row in payload["transactions"]] == [int(row.id) for row in order.transactions]
	assert len(order.transactions) > 12 and len(order.fulfillments) == 9 and len(order.refunds) == 3
	assert [{row["id"]: row["quantity"] for row in parcel["line_items"]} for parcel in payload["fulfillments"]] == [
		{int(line): pieces for line, pieces in parcel.lines.items()} for parcel in order.fulfillments
	]
	for read, made in zip(payload["refunds"], order.refunds, strict=True):
		assert [row["id"] for row in read["refund_line_items"]] == [int(row.id) for row in made.lines]
		assert [row["id"] for row in read["transactions"]] == [int(row.id) for row in made.transactions]
	assert {"OrderLines", "OrderTransactions", "OrderFulfillments", "FulfillmentLinesPage", "OrderRefunds", "Refund"} <= set(
		client.asked
	)


def test_an_order_that_changes_while_its_parts_are_read_is_begun_again(shop: Shop) -> None:
	variant = next(iter(shop.products.variants))
	order = shop.orders.place([{"variant_id": variant, "quantity": 1} for _number in range(20)])
	client = Executing(shop)
	changes = iter(["first"])

	def changing(operation: str, variables: Mapping[str, Any]) -> None:
		if operation == "OrderLines" and (note := next(changes, None)):
			passing(shop, seconds=2)
			shop.orders.update(order.id, note=note)

	client.before = changing
	payload = read_order(client, order.id)
	assert payload is not None and payload["note"] == "first" and client.asked.count("Order") == 2
	changes = iter(map(str, range(100)))
	with pytest.raises(CallFailed, match="changes faster"):
		read_order(client, order.id)
	assert read_order(client, "1") is None


def test_a_customer_is_read_as_it_is_told(shop: Shop) -> None:
	for number in range(45):
		shop.customers.create(
			"Ada", f"Example {number}", f"ada.{number}@example.com" if number % 3 else "", f"+4412{number:03d}" if number % 2 else "",
			HOME if number % 4 else None, note="Likes tea" if number % 5 else "", tax_exempt=number % 7 == 0,
		)  # fmt: skip
	found = list(windows.customers(Executing(shop), Position("customers")))
	assert len(found) == 2
	by_id = {str(read.payload["id"]): read for batch in found for read in batch.records}
	assert set(by_id) == set(shop.customers.all)
	for id, customer in shop.customers.all.items():
		told = Customer.model_validate(parse_json(json.dumps(rest_customer.payload(shop, customer))))
		assert Customer.model_validate(parse_json(json.dumps(by_id[id].payload))) == told
		consent = by_id[id].consent
		assert (consent is None) == (not customer.email)
		if consent:
			assert ConsentOfCustomer.model_validate(consent).email_marketing_consent.unsubscribed is True


def test_customers_of_a_window_are_found_although_the_filter_matches_whole_days(shop: Shop) -> None:
	for number in range(130):
		passing(shop, minutes=1)
		shop.customers.create("Ada", f"Example {number}", f"ada.{number}@example.com")
	made = list(shop.customers.all.values())
	window = Window(made[60].updated_at, made[90].updated_at)
	client = Executing(shop)
	found = [batch for batch in windows.customers(client, Position("customers", window=window))]
	assert [read.payload["last_name"] for batch in found for read in batch.records] == [
		f"Example {number}" for number in reversed(range(60, 90))
	]
	assert client.asked == ["CustomersPage"] * 2, "what is older is not read"
	kept = Position.from_json(json.loads(json.dumps(found[0].position.as_json())))
	assert all_of(windows.customers(client, kept)) == list(found[1].records)
	query = "updated_at:>='2026-11-01T09:00:00Z' updated_at:<'2026-11-01T09:30:00Z'"
	assert client.client.run("CustomersCount", query=query)["customersCount"]["count"] == 0, "a day is no time of day"
	assert counts.customers(client, window).count == 130, "an estimate from above"


def test_stock_is_read_as_it_is_told(shop: Shop) -> None:
	product = shop.products.create("Gift", [{"sku": "GIFT", "tracked": False}, {"sku": "BOX"}])
	place = next(iter(shop.locations.all))
	shop.orders.place(cart(shop, 3), location_id=place)
	(batch,) = windows.levels(Executing(shop), Position("levels"), place)
	levels = {key: level for key, level in shop.inventory.levels.items() if key[1] == place and level.is_active}
	assert len(batch.records) == len(levels) > 0
	for read in batch.records:
		level = levels[(str(read.payload["inventory_item_id"]), place)]
		told = rest_inventory.level(shop, level)
		assert InventoryLevel.model_validate(read.payload) == InventoryLevel.model_validate(told)
		assert (read.available, read.on_hand, read.committed) == tuple(
			level.quantity(name) for name in ("available", "on_hand", "committed")
		)
		assert read.tracked or read.payload["available"] is None
	assert any(read.committed == 3 for read in batch.records)
	passing(shop, hours=1)
	shop.inventory.adjust("available", product.variants[1].inventory_item_id, place, 5, "correction")
	recent = Position("levels", window=Window(shop.clock.now() - timedelta(minutes=1)))
	assert [read.sku for read in all_of(windows.levels(Executing(shop), recent, place))] == ["BOX"]
	assert all_of(windows.levels(Executing(shop), Position("levels"), "1")) == [], "a location that is gone has no stock"


def test_products_and_variants_are_read_as_they_are_told(shop: Shop) -> None:
	made = shop.products.create("Many", [{"sku": f"M-{number}", "title": str(number)} for number in range(50)])
	found = all_of(windows.products(Executing(shop), Position("products")))
	assert {payload["id"] for payload in found} == {int(id) for id in shop.products.all}
	for payload in found:
		told = Product.model_validate(rest_product.payload(shop, shop.products.all[str(payload["id"])]))
		read = Product.model_validate(payload)
		assert read.variant_ids == told.variant_ids and read.updated_at == told.updated_at
	variants = {read.id: read for read in all_of(windows.variants(Executing(shop), Position("variants")))}
	assert set(variants) == set(shop.products.variants)
	for variant in made.variants:
		read = variants[variant.id]
		item = shop.inventory.items[variant.inventory_item_id]
		assert (read.sku, read.product_id, read.product_status) == (variant.sku, made.id, "active")
		assert InventoryItem.model_validate(read.inventory_item) == InventoryItem.model_validate(rest_inventory.item(shop, item))


def test_subscriptions_are_read_with_what_they_leave_out(shop: Shop) -> None:
	shop.subscriptions.create("orders/updated", "https://erp.example.com/receive")
	shop.subscriptions.create("inventory_levels/update", "https://erp.example.com/receive", ["available", "updated_at"])
	shop.subscriptions.create("locations/update", "https://other.example.com/")
	found = {read.topic: read for read in windows.subscriptions(Executing(shop))}
	assert found["orders/updated"].uri == "https://erp.example.com/receive"
	assert found["inventory_levels/update"].include_fields == ("available", "updated_at")
	assert found["orders/updated"].format == "json" and "locations_update" in found


def test_counts_by_window_and_status(shop: Shop) -> None:
	for number in range(6):
		shop.orders.place(cart(shop, 1), financial="paid" if number % 2 else "pending")
		passing(shop, hours=8)
	shop.orders.cancel(next(iter(shop.orders.all)))
	client = Executing(shop)
	assert counts.orders(client) == counts.Count(6, exact=True)
	first = list(shop.orders.all.values())[3]
	assert counts.orders(client, Window(None, first.created_at), field="created_at").count == 3
	split = {status: counts.orders(client, more=f"financial_status:{status}").count for status in ("paid", "pending", "voided")}
	assert split == {"paid": 3, "pending": 2, "voided": 1}
	assert counts.products(client).count == 3 and counts.customers(client).count == 0
	assert counts.customers(client, Window(shop.clock.now() + timedelta(days=1))).count == 0
	assert counts.products(client, Window(shop.clock.now())).count == 0


def test_payouts_are_what_was_paid_less_what_was_kept(shop: Shop) -> None:
	client = Executing(shop)
	assert all_of(payouts.payouts(client, Position("payouts"))) == [], "no account"
	assert all_of(payouts.balance(client, Position("balance"))) == []
	days = []
	for _day in range(3):
		paid = [shop.orders.place(cart(shop, 1, 1), financial="paid", gateway="shopify_payments") for _number in range(4)]
		shop.orders.place(cart(shop, 1), financial="paid", gateway="paypal")
		shop.refunds.create(paid[0].id, [(paid[0].line_items[0].id, 1, "cancel")])
		days.append(paid)
		shop.payouts.issue()
		passing(shop, days=1)
	shop.payouts.adjust("-15.00")
	last = shop.payouts.issue("in_transit")
	found = all_of(payouts.payouts(client, Position("payouts")))
	assert [read.status for read in found] == ["paid", "paid", "paid", "in_transit"]
	for read, paid in zip(found[:3], days, strict=True):
		gross = sum(totals(order).received for order in paid)
		back = sum(totals(order).refunded for order in paid)
		assert (read.charges, read.refunds) == (gross, -back) and back > 0
		assert read.net == gross - back - read.fees and read.fees > 0
		assert read.unexplained == 0 and not read.is_withdrawal and read.currency == "USD"
		rows = all_of(payouts.balance(client, Position("balance"), read.id))
		assert sum(row.net for row in rows) == read.net
		assert {row.order_id for row in rows} == {order.id for order in paid}
		assert {row.transaction_id for row in rows} == {row.id for order in paid for row in order.transactions}
		assert {row.payout_status for row in rows} == {"paid"}
	assert (found[3].id, found[3].net, found[3].is_withdrawal, found[3].unexplained) == (last.id, Decimal(-15), True, 0)
	order = days[0][0]
	payload = read_order(client, order.id)
	assert payload is not None
	fees = [Decimal(row["fees"][0]["amount"]["amount"]) if row["fees"] else Decimal(0) for row in payload["transactions"]]
	assert sum(fees) == sum(row.fee for row in all_of(payouts.balance(client, Position("balance"))) if row.order_id == order.id)
	window = Window(shop.clock.now() - timedelta(days=1, hours=1), shop.clock.now())
	assert len(all_of(payouts.payouts(client, Position("payouts", window=window)))) == 1, "issued in the window"


def test_many_payouts_have_pages(shop: Shop) -> None:
	for _number in range(60):
		shop.payouts.adjust("1.00")
		shop.payouts.issue()
	found = list(payouts.payouts(Executing(shop), Position("payouts")))
	assert [len(batch.records) for batch in found] == [50, 10]
	assert all_of(payouts.payouts(Executing(shop), found[0].position)) == list(found[1].records)
