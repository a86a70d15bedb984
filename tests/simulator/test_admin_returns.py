"""Returns: what can be returned, what is received where, and the refund that follows."""

from __future__ import annotations

from typing import Any

import pytest

from shopify_sync.simulator.admin import schema
from shopify_sync.simulator.rest import refund as rest_refund
from shopify_sync.simulator.shop.records import Order, Return

from .admin_client import Client, gid
from .shops import cart, payload, stocked_shop

_ALL = """query All($id: ID!) { node(id: $id) { ... on Return {
	id name status totalQuantity createdAt closedAt order { id returnStatus }
	refunds(first: 2) { nodes { id return { id } } }
	returnLineItems(first: 5) { nodes { id quantity refundableQuantity refundedQuantity returnReason returnReasonNote
		... on ReturnLineItem { fulfillmentLineItem { id lineItem { id } } } } }
	reverseFulfillmentOrders(first: 2) { nodes { id status lineItems(first: 5) { nodes {
		id totalQuantity dispositions { type quantity location { id } } fulfillmentLineItem { id } } } } } } } }"""


@pytest.fixture
def client() -> Client:
	return Client(stocked_shop())


@pytest.fixture
def order(client: Client) -> Order:
	made = client.shop.orders.place(cart(client.shop, 3, 2), financial="paid")
	client.shop.fulfillments.create(made.id)
	return made


def returnable(client: Client, order: Order) -> dict[str, int]:
	"""Return line item of the fulfillment → pieces."""
	found = client.run("OrderReturnable", orderId=gid("Order", order.id))["returnableFulfillments"]["nodes"]
	rows = [row for node in found for row in node["returnableFulfillmentLineItems"]["nodes"]]
	return {row["fulfillmentLineItem"]["id"]: row["quantity"] for row in rows}


def create(client: Client, order: Order, lines: dict[str, int]) -> dict[str, Any]:
	given = [{"fulfillmentLineItemId": id, "quantity": count, "returnReason": "UNKNOWN"} for id, count in lines.items()]
	found: dict[str, Any] = client.run("ReturnCreate", returnInput={"orderId": gid("Order", order.id), "returnLineItems": given})
	return found["returnCreate"]


def dispose(client: Client, found: Return, pieces: int, kind: str = "RESTOCKED", place: str | None = None) -> list[str]:
	given = {
		"reverseFulfillmentOrderLineItemId": gid("ReverseFulfillmentOrderLineItem", found.lines[0].reverse_id),
		"quantity": pieces,
		"dispositionType": kind,
		"locationId": gid("Location", place) if place else None,
	}
	answer = client.run("ReverseFulfillmentOrderDispose", dispositionInputs=[given])["reverseFulfillmentOrderDispose"]
	return [error["message"] for error in answer["userErrors"]]


def place_of(client: Client) -> str:
	return next(iter(client.shop.locations.all))


def available(client: Client, order: Order) -> int:
	variant = client.shop.products.variant(order.line_items[0].variant_id or "")
	level = client.shop.inventory.level(variant.inventory_item_id, place_of(client))
	assert level is not None
	return level.quantity("available")


def test_what_was_sent_can_be_returned_once(client: Client, order: Order) -> None:
	free = returnable(client, order)
	assert sorted(free.values()) == [2, 3]
	first = next(iter(free))
	assert create(client, order, {first: 2})["return"]["name"] == f"{order.name}-R1"
	assert returnable(client, order)[first] == free[first] - 2
	refused = create(client, order, {first: 2})
	assert (refused["return"], [error["field"][-1] for error in refused["userErrors"]]) == (None, ["quantity"])
	assert len(order.returns) == 1


def test_pieces_are_received_where_it_is_said_and_no_more_of_them_than_wait(client: Client, order: Order) -> None:
	create(client, order, {next(iter(returnable(client, order))): 2})
	found, before = order.returns[0], available(client, order)
	assert dispose(client, found, 1) == ["Location must be specified for the disposition type RESTOCKED"]
	assert dispose(client, found, 1, place=place_of(client)) == []
	assert dispose(client, found, 2, place=place_of(client)) == ["Quantity is more than what is left to be disposed"]
	assert dispose(client, found, 1, "NOT_RESTOCKED") == []
	assert available(client, order) == before + 1


def test_the_refund_of_a_return_moves_no_stock_again(client: Client, order: Order) -> None:
	create(client, order, {next(iter(returnable(client, order))): 2})
	found = order.returns[0]
	dispose(client, found, 1, place=place_of(client))
	dispose(client, found, 1, "MISSING")
	before = available(client, order)
	refund = client.shop.returns.refund(found.id)
	assert available(client, order) == before
	assert [(line.restock_type, line.quantity) for line in refund.lines] == [("return", 1), ("no_restock", 1)]
	told = rest_refund.payload(client.shop, (order, refund))
	assert told["return"] == {"id": int(found.id), "admin_graphql_api_id": gid("Return", found.id)}
	assert payload(client.shop, order)["refunds"][0]["return"] == told["return"]
	assert sorted(returnable(client, order).values()) in ([1, 2], [2, 1])


def test_a_return_is_cancelled_only_before_anything_was_done(client: Client, order: Order) -> None:
	first = next(iter(returnable(client, order)))
	create(client, order, {first: 1})
	found = order.returns[0]
	assert client.run("ReturnCancel", id=gid("Return", found.id))["returnCancel"]["return"]["status"] == "CANCELED"
	assert returnable(client, order)[first] >= 2
	create(client, order, {first: 1})
	dispose(client, order.returns[1], 1, "NOT_RESTOCKED")
	answer = client.run("ReturnCancel", id=gid("Return", order.returns[1].id))["returnCancel"]
	assert [error["message"] for error in answer["userErrors"]] == ["Return can't be canceled"]


def test_a_parcel_with_a_return_cannot_be_cancelled(client: Client, order: Order) -> None:
	create(client, order, {next(iter(returnable(client, order))): 1})
	answer = client.run("FulfillmentCancel", id=gid("Fulfillment", order.fulfillments[0].id))["fulfillmentCancel"]
	assert [error["message"] for error in answer["userErrors"]] == ["Fulfillment has returned items and can't be canceled"]


def test_the_order_says_how_far_its_returns_are(client: Client, order: Order) -> None:
	def status() -> str:
		return str(
			client.ask("query S($id: ID!) { order(id: $id) { returnStatus } }", id=gid("Order", order.id))["order"][
				"returnStatus"
			]
		)

	assert status() == "NO_RETURN"
	create(client, order, {next(iter(returnable(client, order))): 1})
	assert status() == "IN_PROGRESS"
	dispose(client, order.returns[0], 1, "NOT_RESTOCKED")
	assert status() == "INSPECTION_COMPLETE"
	client.shop.returns.close(order.returns[0].id)
	assert status() == "RETURNED"


@pytest.mark.parametrize("version", schema.versions())
def test_every_field_answers_in_every_version(version: str) -> None:
	client = Client(stocked_shop(), version=version)
	order = client.shop.orders.place(cart(client.shop, 3), financial="paid")
	client.shop.fulfillments.create(order.id)
	create(client, order, {next(iter(returnable(client, order))): 2})
	found = order.returns[0]
	dispose(client, found, 1, place=place_of(client))
	client.shop.returns.refund(found.id)
	answer = client.ask(_ALL, id=gid("Return", found.id))["node"]
	assert (answer["name"], answer["totalQuantity"], len(answer["refunds"]["nodes"])) == (f"{order.name}-R1", 2, 1)
	[line] = answer["reverseFulfillmentOrders"]["nodes"][0]["lineItems"]["nodes"]
	assert (line["totalQuantity"], line["dispositions"][0]["type"]) == (2, "RESTOCKED")
	assert client.run("OrderReturns", orderId=gid("Order", order.id))["order"]["returns"]["nodes"][0]["name"] == answer["name"]
