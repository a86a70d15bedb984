"""Bulk operations: their rules, their result, and that nobody may count on being told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shopify_sync.simulator.admin.bulk import AT_A_TIME, LONGEST
from shopify_sync.simulator.shop.records import Webhook

from .admin_client import Client, gid
from .shops import cart, stocked_shop

ORDERS = """{ orders { edges { node { id name customer { firstName } lineItems { edges { node { id quantity } } } } } } }"""


@pytest.fixture
def client() -> Client:
	shop = stocked_shop()
	for _number in range(3):
		shop.orders.place(cart(shop, 1, 2))
	return Client(shop)


def start(client: Client, query: str = ORDERS) -> dict[str, Any]:
	found: dict[str, Any] = client.run("BulkOperationRunQuery", query=query)["bulkOperationRunQuery"]
	return found


def poll(client: Client, id: str) -> dict[str, Any]:
	found: dict[str, Any] = client.run("BulkOperation", id=id)["bulkOperation"]
	return found


def finish(client: Client) -> None:
	client.shop.clock.advance(LONGEST)  # type: ignore[attr-defined]


def lines(client: Client, operation: dict[str, Any], key: str = "url") -> list[dict[str, Any]]:
	number = operation["id"].rsplit("/", 1)[1]
	assert operation[key] == f"{client.api.base_url}/bulk/{number}.jsonl"
	return [json.loads(line) for line in client.api.bulk_file(number).splitlines()]


def test_a_result_has_a_line_for_every_record_and_says_whose_it_is(client: Client) -> None:
	made = start(client)
	assert (made["userErrors"], made["bulkOperation"]["status"]) == ([], "CREATED")
	client.shop.clock.advance(1)  # type: ignore[attr-defined]
	running = poll(client, made["bulkOperation"]["id"])
	assert (running["status"], running["url"]) == ("RUNNING", None)
	finish(client)
	done = poll(client, made["bulkOperation"]["id"])
	found = lines(client, done)
	assert (done["status"], done["objectCount"], done["completedAt"] is not None) == ("COMPLETED", "9", True)
	orders = [line for line in found if "__parentId" not in line]
	assert orders == [
		{"id": gid("Order", order.id), "name": order.name, "customer": None} for order in client.shop.orders.all.values()
	]
	for order in client.shop.orders.all.values():
		below = [line for line in found if line.get("__parentId") == gid("Order", order.id)]
		assert [(line["id"], line["quantity"]) for line in below] == [
			(gid("LineItem", line.id), line.quantity) for line in order.line_items
		]
	assert int(done["fileSize"]) == len(client.api.bulk_file(done["id"].rsplit("/", 1)[1]))


def test_it_reads_more_than_a_page(client: Client) -> None:
	for _number in range(300):
		client.shop.orders.place([{"title": "Thing", "price": "1", "quantity": 1}])
	made = start(client, "{ orders(first: 5) { nodes { id } } }")["bulkOperation"]
	finish(client)
	assert len(lines(client, poll(client, made["id"]))) == 303


def test_a_large_operation_is_read_a_part_at_a_time(client: Client) -> None:
	for _number in range(2 * AT_A_TIME):
		client.shop.orders.place([{"title": "Thing", "price": "1", "quantity": 1}])
	made = start(client, "{ orders { nodes { id lineItems { nodes { id } } } } }")["bulkOperation"]
	finish(client)
	seen = [poll(client, made["id"]) for _number in range(2)]
	assert [state["status"] for state in seen] == ["RUNNING", "RUNNING"]
	late = client.shop.orders.place([{"title": "Late", "price": "1", "quantity": 1}])
	done = poll(client, made["id"])
	assert (done["status"], done["rootObjectCount"]) == ("COMPLETED", str(2 * AT_A_TIME + 3))
	assert gid("Order", late.id) not in {line["id"] for line in lines(client, done)}, "what there was when it began"


def test_nothing_found_is_no_file(client: Client) -> None:
	made = start(client, '{ orders(query: "id:1") { nodes { id } } }')["bulkOperation"]
	finish(client)
	done = poll(client, made["id"])
	assert (done["status"], done["url"], done["objectCount"]) == ("COMPLETED", None, "0")


def test_a_result_is_gone_after_a_week(client: Client) -> None:
	made = start(client)["bulkOperation"]
	finish(client)
	assert poll(client, made["id"])["url"]
	client.shop.clock.advance(8 * 86_400)  # type: ignore[attr-defined]
	assert poll(client, made["id"])["url"] is None
	with pytest.raises(KeyError):
		client.api.bulk_file(made["id"].rsplit("/", 1)[1])


DEEP = "{ products { nodes { id variants { nodes { id inventoryItem { inventoryLevels { nodes { id %s } } } } } } } }"


@pytest.mark.parametrize(
	("query", "message"),
	[
		("{ shop { name } }", "at least one connection"),
		("{ orders { nodes { id } } products { nodes { id } } }", "exactly one top level field"),
		('mutation { orderClose(input: {id: "x"}) { order { id } } }', "exactly one query operation"),
		("{ orders { nodes { nothing } } }", "Field 'nothing' doesn't exist on type 'Order'"),
		("{ orders { nodes { name lineItems { nodes { id } } } } }", "must select the 'id' field"),
		(DEEP % "location { inventoryLevels { nodes { id } } }", "nesting depth greater than 2"),
		(
			"{ orders { nodes { id fulfillments { id fulfillmentLineItems { nodes { id } } } } } }",
			"connection field within a list field",
		),
		(
			"{ orders { nodes { id shippingLines { nodes { id } } } } }",
			"must implement the Node interface; ShippingLine does not",
		),
		(
			"{ orders { nodes { id a: lineItems { nodes { id } } b: lineItems { nodes { id } } c: lineItems { nodes { id } } "
			"d: lineItems { nodes { id } } e: lineItems { nodes { id } } } } }",
			"more than 5 connections",
		),
	],
)
def test_what_cannot_be_run_in_bulk(client: Client, query: str, message: str) -> None:
	found = start(client, query)
	assert found["bulkOperation"] is None
	[error] = found["userErrors"]
	assert (error["code"], message in error["message"]) == ("INVALID", True), error


def test_two_levels_below_the_top(client: Client) -> None:
	made = start(client, DEEP % "")
	finish(client)
	found = lines(client, poll(client, made["bulkOperation"]["id"]))
	assert len(found) == 3 + 3 + 6
	assert {line["__parentId"].split("/")[3] for line in found if "__parentId" in line} == {"Product", "ProductVariant"}


@pytest.mark.parametrize(
	("version", "at_once", "code"), [("2025-10", 1, "OPERATION_IN_PROGRESS"), ("2026-01", 5, "LIMIT_REACHED")]
)
def test_so_many_run_at_once(version: str, at_once: int, code: str) -> None:
	client = Client(stocked_shop(), version=version)
	for _number in range(at_once):
		assert start(client)["userErrors"] == []
	assert [error["code"] for error in start(client)["userErrors"]] == [code]
	finish(client)
	assert start(client)["userErrors"] == []


def test_an_operation_is_cancelled(client: Client) -> None:
	made = start(client)["bulkOperation"]
	assert client.run("BulkOperationCancel", id=made["id"])["bulkOperationCancel"]["bulkOperation"]["status"] == "CANCELING"
	finish(client)
	assert poll(client, made["id"])["status"] == "CANCELED"
	assert client.run("BulkOperationCancel", id=made["id"])["bulkOperationCancel"]["userErrors"]
	assert client.run("CurrentBulkOperation")["currentBulkOperation"]["id"] == made["id"]
	assert client.run("BulkOperations")["bulkOperations"]["nodes"] == []


def test_the_webhook_tells_of_the_end(client: Client) -> None:
	told: list[Webhook] = []
	client.shop.listeners.append(told.append)
	given = {"uri": "https://hooks.example.com/bulk"}
	made = client.run("WebhookSubscriptionCreate", topic="BULK_OPERATIONS_FINISH", subscription=given)
	assert made["webhookSubscriptionCreate"]["userErrors"] == []
	operation = start(client)["bulkOperation"]
	assert told == []
	finish(client)
	client.api.bulk.settle()
	[webhook] = told
	assert webhook.topic == "bulk_operations/finish"
	body = json.loads(webhook.body)
	assert (body["admin_graphql_api_id"], body["status"], body["type"]) == (operation["id"], "completed", "query")


def test_an_operation_that_fails_has_a_part_of_its_result() -> None:
	shop = stocked_shop()
	for _number in range(4):
		shop.orders.place(cart(shop, 1))
	client = Client(shop)
	made = start(client, "{ orders { nodes { id } } }")["bulkOperation"]
	client.faults.set(server_error_after=1.0)
	finish(client)
	client.api.bulk.settle()
	client.faults.set(server_error_after=0.0)
	failed = poll(client, made["id"])
	assert (failed["status"], failed["errorCode"], failed["url"]) == ("FAILED", "INTERNAL_SERVER_ERROR", None)
	assert len(lines(client, failed, "partialDataUrl")) == 2


def test_an_operation_without_the_scope_is_denied(client: Client) -> None:
	client.scopes = frozenset({"read_products"})
	made = start(client)["bulkOperation"]
	finish(client)
	denied = poll(client, made["id"])
	assert (denied["status"], denied["errorCode"]) == ("FAILED", "ACCESS_DENIED")
