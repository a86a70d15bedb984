"""The table's payloads have the shapes of the simulator's, which are checked against Shopify's schemas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from shopify_sync.contract_suite.lifecycle import payload
from shopify_sync.contract_suite.lifecycle.order import MAIN
from shopify_sync.contract_suite.lifecycle.steps import placed, play, refunds, ships, vat
from shopify_sync.contract_suite.lifecycle.wares import mug, tee, tip
from shopify_sync.simulator.rest.topics import PAYLOADS

from ..simulator.shops import HOME, cart, stocked_shop

#: What the simulated shop does not have, with where Shopify documents it.
MORE = (
	# https://shopify.dev/docs/api/admin-graphql/latest/objects/OrderTransaction#field-fees
	"transaction.fees",
)


def test_orders_have_the_fields_of_the_simulators() -> None:
	order, _told = play(
		(
			placed(tee(2, off="1.00"), mug(1), tip("2.00"), freight="5.00", taxes=vat(), pays="sale", fee="0.90"),
			ships("f1", {"l1": 2}, company="UPS", number="1Z1"),
			refunds("r1", {"l1": 1}, restock="return", location=MAIN, shipping="1.00", adjustment="0.50"),
		)
	)
	ours = {*_paths(payload.order(order), ""), *_paths(payload.transaction(order, order.transactions[0]), "transaction")}
	unknown = sorted(path for path in ours - _simulated() if not path.startswith(MORE))
	assert unknown == []


def _simulated() -> set[str]:
	shop = stocked_shop(api_version="2026-01")
	buyer = shop.customers.create("Ada", "Example", "ada@example.com", "+4412", HOME)
	lines = [{**line, "discount": "1.00"} for line in cart(shop, 2, 1)]
	order = shop.orders.place(
		lines,
		customer_id=buyer.id,
		billing_address=HOME,
		shipping_address=HOME,
		shipping={"title": "Standard", "code": "STD", "price": "5", "discount": "1"},
		tip="2.00",
		financial="paid",
		gateway="shopify_payments",
	)
	shop.fulfillments.create(order.id, tracking_company="UPS", tracking_numbers=["1Z1"])
	shop.refunds.create(order.id, [(order.line_items[0].id, 1, "return")], shipping="1.00", adjustment="0.50")
	found = set(_paths(PAYLOADS["orders/updated"](shop, order), ""))
	return found | set(_paths(PAYLOADS["order_transactions/create"](shop, (order, order.transactions[0])), "transaction"))


def _paths(value: Any, path: str) -> Iterator[str]:
	"""Yield the path of every field: `line_items.price_set.shop_money`."""
	if isinstance(value, Mapping):
		for name, inner in value.items():
			here = f"{path}.{name}" if path else name
			yield here
			yield from _paths(inner, here)
	elif isinstance(value, list):
		for inner in value:
			yield from _paths(inner, path)
