"""What the API says of an order is what the webhook says of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopify_sync.simulator.admin import schema
from shopify_sync.simulator.admin.call import REGISTRY
from shopify_sync.simulator.shop.errors import UserError
from shopify_sync.simulator.shop.records import Order
from shopify_sync.simulator.shop.shop import Shop

from .admin_client import Client, gid
from .shops import HOME, cart, make_shop, payload, play, stocked_shop

SIZES = {"lines": 12, "refunds": 4, "refundLines": 5, "fulfillments": 4, "fulfillmentLines": 5, "transactions": 12}


def amount(bag: dict[str, Any]) -> Decimal:
	return Decimal(bag["shopMoney"]["amount"])


def number(value: str) -> int:
	return int(value.rsplit("/", 1)[1].split("?")[0])


def assert_agrees(shop: Shop, order: Order, client: Client) -> None:
	"""Compare both views of an order, field by field."""
	client.api.throttle.give_back(10_000)
	found, rest = client.run("Order", id=gid("Order", order.id), **SIZES)["order"], payload(shop, order)
	assert found["id"] == rest["admin_graphql_api_id"]
	assert (found["name"], found["number"]) == (rest["name"], rest["order_number"])
	assert found["displayFinancialStatus"].lower() == rest["financial_status"]
	fulfilled = {None: {"UNFULFILLED", "ON_HOLD"}, "partial": {"PARTIALLY_FULFILLED"}, "fulfilled": {"FULFILLED"}}
	assert found["displayFulfillmentStatus"] in fulfilled[rest["fulfillment_status"]]
	for ours, theirs in {
		"totalPriceSet": "total_price", "currentTotalPriceSet": "current_total_price", "subtotalPriceSet": "subtotal_price",
		"totalTaxSet": "total_tax", "totalDiscountsSet": "total_discounts", "totalOutstandingSet": "total_outstanding",
		"totalTipReceivedSet": "total_tip_received",
	}.items():  # fmt: skip
		assert amount(found[ours]) == Decimal(rest[theirs]), (ours, found[ours], rest[theirs])
	assert (found["cancelledAt"] is None) == (rest["cancelled_at"] is None)
	assert found["tags"] == [tag for tag in rest["tags"].split(", ") if tag]
	_lines_agree(found["lineItems"]["nodes"], rest["line_items"])
	_parts_agree(found, rest)


def _lines_agree(found: list[dict[str, Any]], rest: list[dict[str, Any]]) -> None:
	for ours, theirs in zip(found, rest, strict=True):
		assert ours["id"] == theirs["admin_graphql_api_id"]
		assert (ours["quantity"], ours["currentQuantity"]) == (theirs["quantity"], theirs["current_quantity"])
		assert ours["unfulfilledQuantity"] == theirs["fulfillable_quantity"]
		assert amount(ours["originalUnitPriceSet"]) == Decimal(theirs["price"])
		assert (number(ours["variant"]["id"]) if ours["variant"] else None) == theirs["variant_id"]
		assert (ours["sku"] or "") == (theirs["sku"] or "")
		shares = [Decimal(share["amount"]) for share in theirs["discount_allocations"]]
		assert [amount(share["allocatedAmountSet"]) for share in ours["discountAllocations"]] == shares
		taxes = [(tax["title"], Decimal(tax["price"])) for tax in theirs["tax_lines"]]
		assert [(tax["title"], amount(tax["priceSet"])) for tax in ours["taxLines"]] == taxes


def _parts_agree(found: dict[str, Any], rest: dict[str, Any]) -> None:
	assert [number(line["id"]) for line in found["shippingLines"]["nodes"]] == [line["id"] for line in rest["shipping_lines"]]
	assert [number(parcel["id"]) for parcel in found["fulfillments"]] == [parcel["id"] for parcel in rest["fulfillments"]]
	for ours, theirs in zip(found["fulfillments"], rest["fulfillments"], strict=True):
		assert ours["status"].lower() == theirs["status"]
		assert [info["number"] for info in ours["trackingInfo"]] == theirs["tracking_numbers"]
	for ours, theirs in zip(found["refunds"], rest["refunds"], strict=True):
		assert number(ours["id"]) == theirs["id"]
		for line, other in zip(ours["refundLineItems"]["nodes"], theirs["refund_line_items"], strict=True):
			assert (number(line["id"]), line["quantity"], line["restockType"].lower()) == (
				other["id"], other["quantity"], other["restock_type"],
			)  # fmt: skip
			assert amount(line["subtotalSet"]) == Decimal(str(other["subtotal"]))
			assert amount(line["totalTaxSet"]) == Decimal(str(other["total_tax"]))
	customer = rest.get("customer")
	assert (number(found["customer"]["id"]) if found["customer"] else None) == (customer["id"] if customer else None)


STEPS = st.lists(st.sampled_from(["pay", "fulfil one", "fulfil", "refund", "refund sent", "cancel", "edit", "hold"]), max_size=4)


def _step(shop: Shop, order: Order, step: str) -> None:
	line = order.line_items[0]
	try:
		if step == "pay":
			shop.orders.mark_as_paid(order.id)
		elif step == "fulfil one":
			shop.fulfillments.create(order.id, {line.id: 1}, tracking_company="UPS", tracking_numbers=["1Z"])
		elif step == "fulfil":
			shop.fulfillments.create(order.id)
		elif step == "refund":
			shop.refunds.create(order.id, [(line.id, 1, "cancel")])
		elif step == "refund sent":
			shop.refunds.create(order.id, [(line.id, 1, "return")])
		elif step == "cancel":
			shop.orders.cancel(order.id)
		elif step == "edit":
			edit = shop.edits.begin(order.id)
			shop.edits.set_quantity(edit, line.id, line.current_quantity + 1)
			shop.edits.commit(edit)
		else:
			shop.fulfillments.hold(order.fulfillment_orders[0].id)
	except UserError:
		pass  # not every step fits every order


@settings(max_examples=60, deadline=None)
@given(
	st.lists(st.integers(1, 5), min_size=1, max_size=3),
	st.booleans(),
	st.sampled_from(["USD", "JPY", "KWD"]),
	st.sampled_from(["pending", "authorized", "paid"]),
	st.booleans(),
	st.booleans(),
	STEPS,
)
def test_the_api_and_the_webhook_show_the_same_order(
	quantities: list[int], included: bool, currency: str, financial: str, shipped: bool, known: bool, steps: list[str]
) -> None:
	shop = stocked_shop(currency=currency, taxes_included=included)
	ada = shop.customers.create("Ada", "Example", "ada@example.com")
	unit = shop.quantum * 100
	order = shop.orders.place(
		cart(shop, *quantities, discount=unit),
		customer_id=ada.id if known else None,
		shipping={"title": "Standard", "code": "STD", "price": unit * 3} if shipped else None,
		order_discount=unit + shop.quantum,
		tip=unit if shipped else None,
		financial=financial,
		tags=["a", "b"],
	)
	client = Client(shop)
	for step in steps:
		_step(shop, order, step)
	assert_agrees(shop, order, client)


def test_every_order_of_the_story_agrees() -> None:
	shop = make_shop()
	play(shop)
	client = Client(shop)
	assert len(shop.orders.all) > 8
	for order in list(shop.orders.all.values()):
		assert_agrees(shop, order, client)


# Everything that is implemented answers


def _selection(kind: str, version: str, seen: tuple[str, ...] = ()) -> str:
	"""Return all implemented fields of a type that the version has, connections three records long."""
	found = []
	known = schema.schema(version).type_map
	for name in REGISTRY[kind]:
		field = known[kind].fields.get(name)  # type: ignore[attr-defined]
		if field is None:
			continue
		text = _field(kind, name, field, version, seen)
		if text:
			found.append(text)
	return " ".join(found)


def _field(kind: str, name: str, field: Any, version: str, seen: tuple[str, ...]) -> str:
	from graphql import GraphQLObjectType, get_named_type, is_leaf_type

	required = {"quantities": '(names: ["available", "on_hand", "committed", "incoming"])', "inventoryLevel": None}
	if name in required and required[name] is None:
		return ""
	inner: Any = get_named_type(field.type)
	arguments = required.get(name) or ("(first: 3)" if "first" in field.args else "")
	if is_leaf_type(inner):
		return f"{name}{arguments}"
	if not isinstance(inner, GraphQLObjectType):
		if inner.name == "DiscountApplication":
			return f"{name} {{ index targetType targetSelection allocationMethod value {{ ... on MoneyV2 {{ amount }} }} }}"
		return ""
	target = get_named_type(inner.fields["nodes"].type).name if inner.name.endswith("Connection") else inner.name
	if target in seen or len(seen) > 3 or target not in REGISTRY:
		return ""
	below = _selection(target, version, (*seen, target))
	if not below:
		return ""
	if inner.name.endswith("Connection"):
		below = f"nodes {{ {below} }} edges {{ cursor node {{ __typename }} }} pageInfo {{ hasNextPage hasPreviousPage }}"
	return f"{name}{arguments} {{ {below} }}"


KINDS = [
	"Order",
	"Customer",
	"Product",
	"ProductVariant",
	"InventoryItem",
	"InventoryLevel",
	"Location",
	"FulfillmentOrder",
	"Refund",
]
KINDS += ["Fulfillment", "LineItem", "OrderTransaction", "WebhookSubscription", "Shop"]


def _ids(shop: Shop, kind: str) -> list[str]:
	orders = list(shop.orders.all.values())
	level = next(iter(shop.inventory.levels.values()))
	return {
		"Order": [gid(kind, order.id) for order in orders],
		"Customer": [gid(kind, id) for id in shop.customers.all],
		"Product": [gid(kind, id) for id in shop.products.all],
		"ProductVariant": [gid(kind, id) for id in shop.products.variants],
		"InventoryItem": [gid(kind, id) for id in shop.inventory.items],
		"InventoryLevel": [f"{gid(kind, level.id)}?inventory_item_id={level.inventory_item_id}"],
		"Location": [gid(kind, id) for id in shop.locations.all],
		"FulfillmentOrder": [gid(kind, entry.id) for order in orders for entry in order.fulfillment_orders],
		"Refund": [gid(kind, refund.id) for order in orders for refund in order.refunds],
		"Fulfillment": [gid(kind, parcel.id) for order in orders for parcel in order.fulfillments],
		"LineItem": [gid(kind, line.id) for order in orders for line in order.line_items],
		"OrderTransaction": [gid(kind, entry.id) for order in orders for entry in order.transactions],
		"WebhookSubscription": [gid(kind, id) for id in shop.subscriptions.all],
		"Shop": [gid(kind, shop.id)],
	}[kind]


@pytest.fixture(scope="module")
def story() -> Shop:
	shop = make_shop()
	play(shop)
	shop.subscriptions.create("orders/create", "https://hooks.example.com/x", ["id", "updated_at"])
	shop.customers.create("Eve", "Example", "eve@example.com", "+4499", HOME)
	return shop


@pytest.mark.parametrize("version", schema.versions())
@pytest.mark.parametrize("kind", KINDS)
def test_every_implemented_field_answers_in_every_version(story: Shop, version: str, kind: str, monkeypatch: Any) -> None:
	from shopify_sync.simulator.admin import api

	monkeypatch.setattr(api, "MAXIMUM_COST", 10**9)  # the query is far larger than Shopify allows
	client = Client(story, version=version)
	client.api.throttle.maximum = 10**9
	query = f"query All($id: ID!) {{ node(id: $id) {{ __typename ... on {kind} {{ {_selection(kind, version, (kind,))} }} }} }}"
	ids = _ids(story, kind)
	assert ids
	for id in ids[:12]:
		client.api.throttle.give_back(10**9)
		found = client.ask(query, id=id)["node"]
		assert found["__typename"] == kind
		assert found["id"] == id
