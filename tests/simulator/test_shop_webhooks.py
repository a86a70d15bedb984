"""What is emitted when: the right topics, once, of one event, the same bytes every time."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopify_sync.simulator.shop.errors import UserError
from shopify_sync.simulator.shop.records import Order, Webhook
from shopify_sync.simulator.shop.shop import Shop

from .shops import HOME, START, cart, make_shop, play, stocked_shop, watch

STOCK = "inventory_levels/update"
MONEY = "order_transactions/create"
ROUTED = "fulfillment_orders/order_routing_complete"


def placed(shop: Shop, **more: Any) -> Order:
	with shop.silently():
		return shop.orders.place(cart(shop, 2, 1), **{"financial": "paid", "gateway": "shopify_payments", **more})


def topics_of(found: list[Webhook]) -> list[str]:
	return sorted(webhook.topic for webhook in found)


@pytest.mark.parametrize(
	"before, act, expected",
	[
		({}, lambda s, o: s.orders.place(cart(s, 1)), ["orders/create", ROUTED, STOCK]),
		(
			{},
			lambda s, o: s.orders.place(cart(s, 1, 1), financial="paid"),
			["orders/create", "orders/paid", MONEY, ROUTED, STOCK, STOCK],
		),
		({}, lambda s, o: s.orders.place(cart(s, 1), financial="authorized"), ["orders/create", MONEY, ROUTED, STOCK]),
		({"financial": "pending"}, lambda s, o: s.orders.mark_as_paid(o.id), ["orders/paid", "orders/updated", MONEY]),
		({"financial": "pending"}, lambda s, o: s.orders.pay(o.id, 1), ["orders/updated", MONEY]),
		({"financial": "authorized"}, lambda s, o: s.orders.capture(o.id, 1), ["orders/updated", MONEY]),
		({"financial": "authorized"}, lambda s, o: s.orders.capture(o.id), ["orders/paid", "orders/updated", MONEY]),
		({"financial": "authorized"}, lambda s, o: s.orders.void(o.id), ["orders/updated", MONEY]),
		({"financial": "authorized"}, lambda s, o: s.orders.expire(o.id), ["orders/updated"]),
		(
			{},
			lambda s, o: s.orders.cancel(o.id),
			["orders/cancelled", "orders/updated", "refunds/create", MONEY, STOCK, STOCK],
		),
		({}, lambda s, o: s.orders.cancel(o.id, restock=False), ["orders/cancelled", "orders/updated", "refunds/create", MONEY]),
		({}, lambda s, o: s.orders.close(o.id), ["orders/updated"]),
		({}, lambda s, o: s.orders.update(o.id, note="x"), ["orders/updated"]),
		({"financial": "pending"}, lambda s, o: s.orders.delete(o.id), ["orders/delete", STOCK, STOCK]),
		({}, lambda s, o: s.fulfillments.create(o.id), ["fulfillments/create", "orders/fulfilled", "orders/updated"]),
		(
			{},
			lambda s, o: s.fulfillments.create(o.id, {o.line_items[0].id: 1}),
			["fulfillments/create", "orders/partially_fulfilled", "orders/updated"],
		),
		(
			{},
			lambda s, o: s.refunds.create(o.id, [(o.line_items[0].id, 1, "cancel")]),
			["orders/updated", "refunds/create", MONEY, STOCK],
		),
		(
			{},
			lambda s, o: s.refunds.create(o.id, [(o.line_items[0].id, 1, "no_restock")]),
			["orders/updated", "refunds/create", MONEY],
		),
		({}, lambda s, o: edit(s, o, 1), ["orders/edited", "orders/updated", STOCK]),
		({}, lambda s, o: edit(s, o, 3), ["orders/edited", "orders/updated", ROUTED, STOCK]),
		(
			{},
			lambda s, o: s.fulfillments.move(o.fulfillment_orders[0].id, list(s.locations.all)[1]),
			["fulfillment_orders/moved", "orders/updated", *[STOCK] * 4],
		),
		(
			{},
			lambda s, o: s.fulfillments.hold(o.fulfillment_orders[0].id),
			["fulfillment_holds/added", "fulfillment_orders/placed_on_hold"],
		),
		({}, lambda s, o: s.customers.create("Ada"), ["customers/create"]),
		({}, lambda s, o: s.locations.create("New"), ["locations/create"]),
		(
			{},
			lambda s, o: s.products.create("New", [{"sku": "N"}]),
			["inventory_items/create", "inventory_levels/connect", "inventory_levels/connect", "products/create"],
		),
		({}, lambda s, o: s.inventory.set_quantities("on_hand", [(*next(iter(s.inventory.levels)), 10, None)], "correction"), []),
		(
			{},
			lambda s, o: s.inventory.set_quantities("on_hand", [(*next(iter(s.inventory.levels)), 9, None)], "correction"),
			[STOCK],
		),
	],
)
def test_an_operation_tells_exactly_what_shopify_tells(
	before: dict[str, Any], act: Callable[[Shop, Order], Any], expected: list[str]
) -> None:
	shop = stocked_shop()
	order = placed(shop, **before)
	found = watch(shop)
	act(shop, order)
	assert topics_of(found) == sorted(expected)
	assert len({webhook.event_id for webhook in found}) == (1 if expected else 0)


def edit(shop: Shop, order: Order, quantity: int) -> None:
	begun = shop.edits.begin(order.id)
	shop.edits.set_quantity(begun, order.line_items[0].id, quantity)
	shop.edits.commit(begun)


def story(seed: object) -> list[Webhook]:
	shop = make_shop(seed=seed)
	found = watch(shop)
	play(shop)
	return found


@given(st.integers())
@settings(max_examples=10)
def test_the_same_seed_tells_the_same_story_byte_by_byte(seed: int) -> None:
	assert story(seed) == story(seed)


def test_another_seed_has_other_ids() -> None:
	assert not {webhook.id for webhook in story(1)} & {webhook.id for webhook in story(2)}


def test_ids_of_webhooks_are_unique_and_events_are_shared_within_an_action_only() -> None:
	found = story(1)
	assert len({webhook.id for webhook in found}) == len(found)
	runs = 1 + sum(a.event_id != b.event_id for a, b in pairwise(found))
	assert runs == len({webhook.event_id for webhook in found})
	assert max(Counter(webhook.event_id for webhook in found).values()) > 3


def test_two_subscriptions_have_webhooks_of_their_own_with_one_body() -> None:
	shop = stocked_shop()
	found: list[Webhook] = []
	shop.listeners.append(found.append)
	for uri in ("https://a.example.com", "https://b.example.com"):
		shop.subscriptions.create("orders/create", uri)
	shop.orders.place(cart(shop, 1))
	first, second = found
	assert first.id != second.id
	assert first.body is second.body
	assert (first.uri, second.uri) == ("https://a.example.com", "https://b.example.com")


def test_the_fate_of_one_webhook_does_not_hang_on_who_else_is_told() -> None:
	"""Leaving a subscription out must not rename the webhooks of the others."""
	told = []
	for topics in (("orders/create",), ("orders/create", "inventory_levels/update", "orders/paid")):
		shop = stocked_shop(first_id=1)
		first = shop.subscriptions.create("orders/create", "https://a.example.com")
		for topic in topics[1:]:
			shop.subscriptions.create(topic, "https://a.example.com")
		found: list[Webhook] = []
		shop.listeners.append(found.append)
		shop.products.update(next(iter(shop.products.all)), title="Other")
		shop.inventory.set_quantities("available", [(*next(iter(shop.inventory.levels)), 9, None)], "correction")
		shop.orders.place(cart(shop, 1), financial="paid")
		told.append([webhook.event_id for webhook in found if webhook.subscription_id == first.id])
	assert told[0] == told[1]


def test_leaving_an_action_out_renames_no_other_webhook() -> None:
	told = []
	for actions in ((0, 1, 2), (0, 2)):
		shop = stocked_shop()
		found = watch(shop)
		for action in actions:
			shop.clock.turn_to(START + timedelta(hours=action))  # type: ignore[attr-defined]
			shop.orders.place(cart(shop, 1 + action), financial="paid")
		told.append([webhook.id for webhook in found if webhook.triggered_at >= "2026-11-01T10"])
	assert told[0] == told[1] != []


def test_a_refused_operation_tells_nothing_and_the_next_tells_only_of_itself() -> None:
	shop = stocked_shop()
	order = placed(shop)
	found = watch(shop)
	with pytest.raises(UserError):
		shop.orders.place(cart(shop, 1), order_discount="1000")
	with pytest.raises(UserError):
		shop.fulfillments.create(order.id, {order.line_items[0].id: 9})
	assert found == []
	shop.orders.close(order.id)
	assert topics_of(found) == ["orders/updated"]


def test_a_payload_shows_the_end_of_the_action() -> None:
	shop = stocked_shop()
	found = watch(shop)
	shop.orders.place(cart(shop, 2), financial="paid")
	created = json.loads(next(webhook for webhook in found if webhook.topic == "orders/create").body)
	assert created["financial_status"] == "paid"
	assert next(w.body for w in found if w.topic == "orders/create") is next(w.body for w in found if w.topic == "orders/paid")


def test_times_of_trigger_have_nanoseconds_and_rise() -> None:
	found = story(1)
	moments = [webhook.triggered_at for webhook in found]
	assert moments == sorted(moments)
	assert len(set(moments)) == len(moments)
	assert all(len(moment) == len("2026-11-01T08:30:15.250000000Z") for moment in moments)


def test_nothing_is_told_while_a_shop_is_set_up() -> None:
	shop = make_shop()
	found = watch(shop)
	with shop.silently():
		shop.locations.create("One")
		with shop.silently():
			shop.customers.create("Ada")
		shop.customers.create("Bob")
	assert found == []
	shop.customers.create("Cy")
	assert topics_of(found) == ["customers/create"]


def test_trimmed_payloads_that_say_the_same_are_sent_once() -> None:
	shop = stocked_shop()
	order = placed(shop)
	found: list[Webhook] = []
	shop.listeners.append(found.append)
	shop.subscriptions.create("orders/updated", "https://a.example.com", ["id", "note"])
	for note in ("x", "x", "y", "x"):
		shop.orders.update(order.id, note=note)
	assert [json.loads(webhook.body) for webhook in found] == [{"id": int(order.id), "note": note} for note in ("x", "y", "x")]


def test_subscriptions_are_checked_as_shopify_does() -> None:
	shop = make_shop()
	made = shop.subscriptions.create("orders/create", "https://a.example.com")
	other = shop.subscriptions.create("orders/create", "https://b.example.com")
	finish = shop.subscriptions.create("bulk_operations/finish", "https://b.example.com")
	for act, message in (
		(
			lambda: shop.subscriptions.create("orders/create", "https://a.example.com"),
			"Address for this topic has already been taken",
		),
		(
			lambda: shop.subscriptions.update(other.id, uri="https://a.example.com"),
			"Address for this topic has already been taken",
		),
		(lambda: shop.subscriptions.create("orders/created", "https://a.example.com"), "does not emit the topic"),
		(lambda: shop.subscriptions.create("orders/create", "nowhere"), "Address is invalid"),
	):
		with pytest.raises(UserError, match=message):
			act()
	shop.subscriptions.update(made.id, uri=made.uri, include_fields=["id"])
	shop.subscriptions.delete(made.id)
	assert list(shop.subscriptions.all) == [other.id, finish.id]


def test_an_uninstall_is_the_last_that_is_heard_but_for_the_erasure() -> None:
	shop = stocked_shop()
	found = watch(shop)
	shop.uninstall()
	shop.orders.place(cart(shop, 1))
	with pytest.raises(UserError):
		shop.uninstall()
	shop.redact()
	assert topics_of(found) == ["app/uninstalled", "shop/redact"]


def test_for_an_hour_after_a_rotation_either_secret_signs() -> None:
	shop = make_shop()
	assert {shop.signing_secret() for _ in range(20)} == {"hush"}
	shop.rotate_secret("new")
	assert {shop.signing_secret() for _ in range(50)} == {"hush", "new"}
	shop.clock.advance(3600)  # type: ignore[attr-defined]
	assert {shop.signing_secret() for _ in range(50)} == {"new"}


def test_merging_tells_who_stayed() -> None:
	shop = make_shop()
	kept, gone = (shop.customers.create(email=email, default_address=HOME) for email in ("a@example.com", "b@example.com"))
	found = watch(shop)
	shop.customers.merge(kept.id, gone.id)
	merged = json.loads(next(webhook for webhook in found if webhook.topic == "customers/merge").body)
	assert (merged["admin_graphql_api_customer_kept_id"], merged["admin_graphql_api_customer_deleted_id"], merged["status"]) == (
		f"gid://shopify/Customer/{kept.id}",
		f"gid://shopify/Customer/{gone.id}",
		"success",
	)


def test_an_order_that_nobody_can_fulfil_is_never_told_of() -> None:
	shop = make_shop()
	found = watch(shop)
	with pytest.raises(UserError, match="no active location"):
		shop.orders.place([{"title": "Repair", "price": "15", "quantity": 1}])
	shop.customers.create("Ada")
	assert topics_of(found) == ["customers/create"]
