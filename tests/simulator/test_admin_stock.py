"""Mutations of stock, and keys that make them safe to repeat."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopify_sync.admin_api import operations
from shopify_sync.simulator.shop.shop import Shop

from .admin_client import Client, gid, level_input
from .shops import cart, stocked_shop, watch

SET = operations.load("InventorySetQuantities")


def given_input(
	shop: Shop, quantity: int, *, expected: int | None = None, name: str = "available", **more: Any
) -> dict[str, Any]:
	"""Return the input that sets the first level."""
	entry = {**level_input(shop), "quantity": quantity, "changeFromQuantity": expected}
	return {"name": name, "reason": "correction", "quantities": [entry], **more}


def first(shop: Shop) -> Any:
	return next(iter(shop.inventory.levels.values()))


def set_(client: Client, key: str, input: dict[str, Any]) -> dict[str, Any]:
	found: dict[str, Any] = client.ask(SET, input=input, key=key)["inventorySetQuantities"]
	return found


def codes(payload: dict[str, Any]) -> list[str]:
	return [error["code"] for error in payload["userErrors"]]


@pytest.fixture
def client() -> Client:
	return Client(stocked_shop())


def test_a_quantity_is_set_and_the_webhook_tells(client: Client) -> None:
	told = watch(client.shop)
	found = set_(client, "a", given_input(client.shop, 7, expected=10, referenceDocumentUri="gid://erpnext/StockLedgerEntry/1"))
	group = found["inventoryAdjustmentGroup"]
	assert found["userErrors"] == []
	assert (group["reason"], group["referenceDocumentUri"]) == ("correction", "gid://erpnext/StockLedgerEntry/1")
	assert [(c["name"], c["delta"], c["quantityAfterChange"]) for c in group["changes"]] == [
		("available", -3, 7),
		("on_hand", -3, 7),
	]
	assert [webhook.topic for webhook in told] == ["inventory_levels/update"]
	assert first(client.shop).quantity("available") == 7


def test_setting_what_is_on_hand_leaves_what_is_committed(client: Client) -> None:
	shop = client.shop
	shop.orders.place(cart(shop, 4))
	level = next(level for level in shop.inventory.levels.values() if level.quantity("committed"))
	entry = {
		"inventoryItemId": gid("InventoryItem", level.inventory_item_id), "locationId": gid("Location", level.location_id),
		"quantity": 9, "changeFromQuantity": 10,
	}  # fmt: skip
	set_(client, "a", {"name": "on_hand", "reason": "cycle_count_available", "quantities": [entry]})
	assert (level.on_hand, level.quantity("committed"), level.quantity("available")) == (9, 4, 5)


def test_a_quantity_that_changed_meanwhile_is_stale_and_nothing_is_set(client: Client) -> None:
	shop = client.shop
	entries = [
		{**level_input(shop), "quantity": 1, "changeFromQuantity": 10},
		{**level_input(shop, 1), "quantity": 1, "changeFromQuantity": 9},
	]
	found = set_(client, "a", {"name": "available", "reason": "correction", "quantities": entries})
	assert found["inventoryAdjustmentGroup"] is None
	[error] = found["userErrors"]
	assert (error["code"], error["field"]) == ("CHANGE_FROM_QUANTITY_STALE", ["input", "quantities", "1", "changeFromQuantity"])
	assert first(shop).quantity("available") == 10


@pytest.mark.parametrize(
	("change", "code"),
	[
		({"reason": "because"}, "INVALID_REASON"),
		({"name": "committed"}, "INVALID_NAME"),
		({"referenceDocumentUri": "nonsense"}, "INVALID_REFERENCE_DOCUMENT"),
	],
)
def test_inputs_that_are_refused(client: Client, change: dict[str, Any], code: str) -> None:
	assert codes(set_(client, "a", {**given_input(client.shop, 1), **change})) == [code]
	assert first(client.shop).quantity("available") == 10


@pytest.mark.parametrize(
	("entry", "code"),
	[
		({"inventoryItemId": gid("InventoryItem", "1")}, "INVALID_INVENTORY_ITEM"),
		({"locationId": gid("Location", "1")}, "INVALID_LOCATION"),
		({"quantity": 1_000_000_001}, "INVALID_QUANTITY_TOO_HIGH"),
		({"quantity": -1_000_000_001}, "INVALID_QUANTITY_TOO_LOW"),
	],
)
def test_entries_that_are_refused(client: Client, entry: dict[str, Any], code: str) -> None:
	input = given_input(client.shop, 1)
	input["quantities"][0] |= entry
	assert codes(set_(client, "a", input)) == [code]


@pytest.mark.parametrize(("version", "code"), [("2026-07", "ITEM_NOT_STOCKED_AT_LOCATION"), ("2026-10", None)])
def test_an_item_that_is_not_stocked_there_is_refused(version: str, code: str | None) -> None:
	# 2026-10 took the code out of the enum: the error is there, without one.
	client = Client(stocked_shop(), version=version)
	place = client.shop.locations.create("New")
	input = given_input(client.shop, 1)
	input["quantities"][0]["locationId"] = gid("Location", place.id)
	client.shop.inventory.levels.pop((input["quantities"][0]["inventoryItemId"].rsplit("/", 1)[1], place.id), None)
	found = set_(client, "a", input)
	assert codes(found) == [code]
	assert "not stocked" in found["userErrors"][0]["message"]


def test_more_than_250_quantities_are_refused(client: Client) -> None:
	input = given_input(client.shop, 1)
	input["quantities"] *= 251
	assert client.errors(SET, input=input, key="a")[0]["extensions"]["code"] == "MAX_INPUT_SIZE_EXCEEDED"


def test_what_is_expected_must_be_said(client: Client) -> None:
	input = given_input(client.shop, 1)
	del input["quantities"][0]["changeFromQuantity"]
	answer = client.send(SET, {"input": input, "key": "a"}).json()
	assert answer["data"] == {"inventorySetQuantities": None}
	assert answer["errors"][0]["message"] == "InventoryQuantityInput must include the following argument: changeFromQuantity."
	assert answer["errors"][0]["extensions"]["code"] == "INVALID_FIELD_ARGUMENTS"


def test_before_2026_01_the_comparison_had_another_name() -> None:
	client = Client(stocked_shop(), version="2025-10")
	query = SET.replace("@idempotent(key: $key)", "").replace(", $key: String!", "")
	entry = {**level_input(client.shop), "quantity": 5}
	input = {"name": "available", "reason": "correction", "quantities": [entry]}
	assert codes(client.ask(query, input=input)["inventorySetQuantities"]) == ["COMPARE_QUANTITY_REQUIRED"]
	entry["compareQuantity"] = 9
	assert codes(client.ask(query, input=input)["inventorySetQuantities"]) == ["COMPARE_QUANTITY_STALE"]
	entry["compareQuantity"] = 10
	assert codes(client.ask(query, input=input)["inventorySetQuantities"]) == []
	del entry["compareQuantity"]
	assert codes(client.ask(query, input={**input, "ignoreCompareQuantity": True})["inventorySetQuantities"]) == []


# Keys


@pytest.mark.parametrize("version", ["2026-01", "2026-04", "2026-07", "2026-10"])
def test_a_key_is_demanded_since_2026_04(version: str) -> None:
	client = Client(stocked_shop(), version=version)
	query = SET.replace("@idempotent(key: $key)", "").replace(", $key: String!", "")
	answer = client.send(query, {"input": given_input(client.shop, 1)}).json()
	if version == "2026-01":
		assert answer["data"]["inventorySetQuantities"]["userErrors"] == []
		return
	[error] = answer["errors"]
	assert error["message"] == "The @idempotent directive is required for this mutation but was not provided."
	assert (error["path"], error["extensions"]) == (["inventorySetQuantities"], {"code": "BAD_REQUEST"})
	assert first(client.shop).quantity("available") == 10


def test_a_key_has_no_meaning_elsewhere(client: Client) -> None:
	order = client.shop.orders.place(cart(client.shop, 1))
	query = 'mutation Pay($id: ID!) { orderMarkAsPaid(input: {id: $id}) @idempotent(key: "a") { order { id } } }'
	assert "not supported" in client.errors(query, id=gid("Order", order.id))[0]["message"]
	assert order.transactions[-1].status == "pending"


def test_a_repeated_call_changes_nothing_and_shows_what_the_first_one_made(client: Client) -> None:
	input = given_input(client.shop, 7)
	one = set_(client, "a", input)
	client.shop.inventory.adjust("available", *_pair(client.shop), 5, "received")
	two = set_(client, "a", dict(reversed(list(input.items()))))
	assert two["inventoryAdjustmentGroup"]["id"] == one["inventoryAdjustmentGroup"]["id"]
	assert first(client.shop).quantity("available") == 12


def _pair(shop: Shop) -> tuple[str, str]:
	level = first(shop)
	return level.inventory_item_id, level.location_id


def test_a_key_is_for_one_set_of_parameters(client: Client) -> None:
	set_(client, "a", given_input(client.shop, 7))
	assert codes(set_(client, "a", given_input(client.shop, 8))) == ["IDEMPOTENCY_KEY_PARAMETER_MISMATCH"]
	assert first(client.shop).quantity("available") == 7


def test_a_key_whose_first_call_failed_is_used_up(client: Client) -> None:
	stale = given_input(client.shop, 7, expected=3)
	assert codes(set_(client, "a", stale)) == ["CHANGE_FROM_QUANTITY_STALE"]
	set_(client, "b", given_input(client.shop, 3))
	assert codes(set_(client, "a", stale)) == ["IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"]
	assert codes(set_(client, "c", stale)) == []


def test_a_repetition_can_be_told_that_the_first_call_still_runs(client: Client) -> None:
	input = given_input(client.shop, 7)
	client.faults.set(still_running=1)
	assert codes(set_(client, "a", input)) == []
	client.shop.inventory.adjust("available", *_pair(client.shop), 5, "received")
	assert codes(set_(client, "a", input)) == ["IDEMPOTENCY_CONCURRENT_REQUEST"]
	assert codes(set_(client, "a", given_input(client.shop, 8))) == ["IDEMPOTENCY_KEY_PARAMETER_MISMATCH"]
	client.faults.set(still_running=0)
	assert codes(set_(client, "a", input)) == []
	assert first(client.shop).quantity("available") == 12


def test_a_key_is_forgotten_after_a_day(client: Client) -> None:
	set_(client, "a", given_input(client.shop, 7))
	client.shop.inventory.adjust("available", *_pair(client.shop), 5, "received")
	client.shop.clock.advance(24 * 3600)  # type: ignore[attr-defined]
	set_(client, "a", given_input(client.shop, 7))
	assert first(client.shop).quantity("available") == 7


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(-3, 3), st.floats(0, 3600)), min_size=1, max_size=15))
def test_replays_never_change_the_state_twice(calls: list[tuple[str, int, float]]) -> None:
	client = Client(stocked_shop())
	query = operations.load("InventoryAdjustQuantities")
	used: dict[str, int] = {}
	for key, delta, seconds in calls:
		change = {**level_input(client.shop), "delta": delta, "changeFromQuantity": None}
		input = {"name": "available", "reason": "correction", "changes": [change]}
		found = client.ask(query, input=input, key=key)["inventoryAdjustQuantities"]
		expected = [] if used.setdefault(key, delta) == delta else ["IDEMPOTENCY_KEY_PARAMETER_MISMATCH"]
		assert codes(found) == expected
		client.shop.clock.advance(seconds)  # type: ignore[attr-defined]
	assert first(client.shop).quantity("available") == 10 + sum(used.values())


# The other mutations


def test_adjustments_are_one_action_or_none(client: Client) -> None:
	told = watch(client.shop)
	query = operations.load("InventoryAdjustQuantities")
	changes = [{**level_input(client.shop, place), "delta": 2, "changeFromQuantity": 10} for place in (0, 1)]
	client.ask(query, input={"name": "available", "reason": "received", "changes": changes}, key="a")
	assert [level.quantity("available") for level in list(client.shop.inventory.levels.values())[:3:2]] == [12, 12]
	assert len({webhook.event_id for webhook in told}) == 1
	assert len(told) == 2
	changes = [{**change, "changeFromQuantity": expected} for change, expected in zip(changes, (12, 10), strict=True)]
	found = client.ask(query, input={"name": "available", "reason": "received", "changes": changes}, key="b")
	assert codes(found["inventoryAdjustQuantities"]) == ["CHANGE_FROM_QUANTITY_STALE"]
	assert first(client.shop).quantity("available") == 12


def test_only_available_is_adjusted_without_a_ledger_document(client: Client) -> None:
	query = operations.load("InventoryAdjustQuantities")
	change = {**level_input(client.shop), "delta": 2, "changeFromQuantity": None}
	input = {"name": "damaged", "reason": "damaged", "changes": [change]}
	assert codes(client.ask(query, input=input, key="a")["inventoryAdjustQuantities"]) == ["INVALID_QUANTITY_DOCUMENT"]
	change["ledgerDocumentUri"] = "gid://erpnext/StockEntry/1"
	assert codes(client.ask(query, input=input, key="b")["inventoryAdjustQuantities"]) == []
	assert first(client.shop).quantity("damaged") == 2


def test_pieces_are_moved_between_quantities(client: Client) -> None:
	query = """mutation Move($input: InventoryMoveQuantitiesInput!) {
		inventoryMoveQuantities(input: $input) @idempotent(key: "a") { inventoryAdjustmentGroup { id } userErrors { code } }
	}"""
	ids = level_input(client.shop)
	source = {"locationId": ids["locationId"], "name": "available", "changeFromQuantity": 10}
	target = {**source, "name": "damaged", "changeFromQuantity": 0, "ledgerDocumentUri": "gid://erpnext/StockEntry/1"}
	change = {"inventoryItemId": ids["inventoryItemId"], "quantity": 3, "from": source, "to": target}
	document = "gid://erpnext/StockEntry/1"
	found = client.ask(query, input={"reason": "damaged", "referenceDocumentUri": document, "changes": [change]})
	assert codes(found["inventoryMoveQuantities"]) == []
	level = first(client.shop)
	assert (level.quantity("available"), level.quantity("damaged"), level.on_hand) == (7, 3, 10)


def test_an_item_is_stocked_at_a_location_and_no_longer(client: Client) -> None:
	shop = client.shop
	place = shop.locations.create("New")
	ids = level_input(shop)
	variables = {"itemId": ids["inventoryItemId"], "locationId": gid("Location", place.id)}
	level = client.run("InventoryActivate", **variables, available=4, key="a")["inventoryActivate"]["inventoryLevel"]
	item = ids["inventoryItemId"].rsplit("/", 1)[1]
	assert shop.inventory.level(item, place.id).quantity("available") == 4  # type: ignore[union-attr]
	again = client.run("InventoryActivate", **variables, key="b")["inventoryActivate"]
	assert (again["inventoryLevel"]["id"], again["userErrors"]) == (level["id"], [])
	query = "mutation Stop($id: ID!) { inventoryDeactivate(inventoryLevelId: $id) { userErrors { message } } }"
	assert client.ask(query, id=level["id"])["inventoryDeactivate"]["userErrors"] == []
	assert shop.inventory.level(item, place.id) is None
