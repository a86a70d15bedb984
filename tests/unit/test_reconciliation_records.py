"""Customers, stock, item links and webhook subscriptions: what differs, what is left alone, and what is never told."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from shopify_sync.core import topics
from shopify_sync.core.contracts.customer import Customer
from shopify_sync.core.contracts.inventory_level import InventoryLevel
from shopify_sync.core.outbound.memory import Memory
from shopify_sync.core.policy import Authority, Direction, FieldAuthority, LocationRule, StorePolicy
from shopify_sync.core.reconciliation import customers, item_links, stock, subscriptions
from shopify_sync.core.reconciliation.findings import Cause, Explanation, Kind
from shopify_sync.core.reconciliation.found import FoundCustomer, FoundLevel, FoundVariant
from shopify_sync.core.reconciliation.subscriptions import Subscription
from shopify_sync.core.snapshots import ItemState, LinkState, StockPushState

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 20, 8, 0, tzinfo=timezone.utc)
IN, OUT, NONE = (LocationRule(id, "W", direction) for id, direction in zip("123", Direction, strict=True))
POLICY = StorePolicy("shop", "Example", "USD", locations=(IN, OUT, NONE))

# --- customers -------------------------------------------------------------------------------------------------------------

ADA = Customer.model_validate(
	{"id": 1, "first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.com", "phone": "+1555"}
)
VALUES = {"first_name": "Ada", "last_name": "Lovelace", "email_id": "ada@example.com", "mobile_no": "+1555"}


def customer(agreed: dict[str, Any] | None = None, conflicts: frozenset[str] = frozenset(), **values: str) -> FoundCustomer:
	agreed = VALUES if agreed is None else agreed
	link = LinkState("shop/customer/1", "Customer", "Ada", "v", agreed=agreed)
	return FoundCustomer(link=link, values={**VALUES, **values}, documents={"Contact": "Ada-1"}, conflicts=conflicts)


def differing(found: FoundCustomer, stated: Customer = ADA, policy: StorePolicy = POLICY) -> list[tuple[str, bool]]:
	return [(one.field, one.is_news) for one in customers.differences(stated, found, policy)]


def test_a_customer_that_agrees() -> None:
	assert differing(customer()) == []
	assert (
		differing(customer(first_name=" Ada ", email_id="Ada@Example.com")) == []
	), "spaces and the case of an address do not count"


def test_a_customer_that_is_not_there() -> None:
	(one,) = customers.differences(ADA, FoundCustomer(), POLICY)
	assert one.kind is Kind.MISSING


def test_what_shopify_changed_is_a_difference_and_news() -> None:
	changed = ADA.model_copy(update={"first_name": "Augusta"})
	assert differing(customer(), changed) == [("first_name", True)]


def test_the_name_of_a_customer_is_compared_where_the_sync_keeps_it() -> None:
	kept = {**VALUES, "customer_name": "Ada Lovelace"}
	changed = ADA.model_copy(update={"last_name": "King"})
	stale = customer(kept, customer_name="Ada Lovelace", last_name="King")
	assert ("customer_name", True) in differing(stale, changed)
	assert "customer_name" not in dict(differing(customer(customer_name="Countess"), changed)), "people's own Customer"


def test_what_erpnext_changed_stands_until_shopify_changes_it_too() -> None:
	mine = customer(mobile_no="+1777")
	assert differing(mine) == []
	assert differing(mine, ADA.model_copy(update={"phone": "+1888"})) == [("mobile_no", True)]


def test_where_nothing_was_agreed_the_difference_is_news() -> None:
	assert differing(customer(agreed={}, first_name="Eve")) == [("first_name", True)]


def test_a_field_that_is_erpnext_s_is_never_a_difference() -> None:
	policy = replace(POLICY, field_authority=(FieldAuthority("mobile_no", Authority.ERPNEXT),))
	assert differing(customer(), ADA.model_copy(update={"phone": "+1888"}), policy) == []


def test_a_field_in_an_open_conflict_waits_for_its_person() -> None:
	changed = ADA.model_copy(update={"phone": "+1888"})
	assert differing(customer(conflicts=frozenset({"mobile_no"})), changed) == []


def test_personal_values_are_never_told() -> None:
	changed = ADA.model_copy(update={"first_name": "Augusta", "email": "secret@example.com", "phone": ""})
	for one in customers.differences(changed, customer(), POLICY):
		told = f"{one.shopify} {one.erpnext}"
		assert not any(value.casefold() in told.casefold() for value in ("Augusta", "Ada", "secret", "example", "1555"))
		assert re.fullmatch(r"([0-9a-f]{8}|empty) ([0-9a-f]{8}|empty)", told)


# --- stock -----------------------------------------------------------------------------------------------------------------


def level(location: str = "1", available: int | None = 5) -> InventoryLevel:
	return InventoryLevel(inventory_item_id="7", location_id=location, available=available, updated_at=NOW)


def inbound(quantity: object = 5, **more: Any) -> FoundLevel:
	return FoundLevel(item="TEE", quantity=Decimal(str(quantity)), **more)


def outbound(quantity: object = 5, on_hand: int | None = 5) -> FoundLevel:
	facts = Memory(on_hand=on_hand).facts() if on_hand is not None else {}
	return FoundLevel(
		item="TEE", push=StockPushState(LinkState("push", facts=facts), ItemState("TEE"), quantity=Decimal(str(quantity)))
	)


@pytest.mark.parametrize(
	("of", "found", "reason"),
	[
		(level("3"), inbound(), stock.NO_DIRECTION),
		(level("9"), inbound(), stock.NO_DIRECTION),
		(level("1"), FoundLevel(), stock.NOT_LINKED),
		(level("1", None), inbound(), stock.NOT_COUNTED),
		(level("1"), inbound(is_stock_item=False), stock.NOT_COUNTED),
		(level("1"), inbound(), ""),
		(level("2"), outbound(), ""),
	],
)
def test_which_levels_are_left_out(of: InventoryLevel, found: FoundLevel, reason: str) -> None:
	assert stock.left_out(of, found, POLICY) == reason


def stock_differences(of: InventoryLevel, on_hand: int | None, found: FoundLevel) -> list[tuple[str, str, str, Decimal | None]]:
	return [(one.field, one.shopify, one.erpnext, one.amount) for one in stock.differences(of, on_hand, found, POLICY, NOW)]


def test_stock_that_comes_in_is_what_is_available() -> None:
	assert stock_differences(level(), 8, inbound()) == []
	assert stock_differences(level(), 8, inbound(3)) == [("available", "5", "3", Decimal(-2))]
	assert stock_differences(level(), 8, inbound(30, factor=6)) == [], "six of the stock unit are one piece"
	assert stock_differences(level(), 8, inbound("5.5")) == [("available", "5", "5.5", Decimal("0.5"))]


def test_stock_that_goes_out_is_what_is_on_hand() -> None:
	assert stock_differences(level("2", 3), 5, outbound(5)) == []
	assert stock_differences(level("2", 3), 5, outbound(9)) == [("on_hand", "5", "9", Decimal(4))]
	assert stock_differences(level("2", 3), None, outbound(9)) == [], "not tracked"


def test_stock_that_goes_out_differs_because_a_push_was_lost_or_shopify_moved() -> None:
	otherwise = Explanation(Cause.MAPPING)
	assert stock.explain(level("2"), 5, outbound(9, on_hand=5), otherwise).cause is Cause.LOST_WEBHOOK
	assert stock.explain(level("2"), 4, outbound(9, on_hand=5), otherwise).cause is Cause.DRIFT
	assert stock.explain(level("2"), 4, outbound(9, on_hand=None), otherwise).cause is Cause.LOST_WEBHOOK
	failed = Explanation(Cause.FAILED_EVENT, event="E")
	assert stock.explain(level("2"), 4, outbound(9), failed) == failed


def test_stock_that_comes_in_differs_because_a_webhook_was_lost_or_erpnext_moved() -> None:
	def known(quantity: object) -> FoundLevel:
		return inbound(3, link=LinkState("level", agreed={"quantity": quantity}))

	otherwise = Explanation(Cause.MAPPING)
	assert stock.explain_inbound(level(), known("5"), otherwise).cause is Cause.CHANGED_BY_HAND
	assert stock.explain_inbound(level(), known("4"), otherwise).cause is Cause.LOST_WEBHOOK
	assert stock.explain_inbound(level(), inbound(3), otherwise).cause is Cause.LOST_WEBHOOK
	put_away = Explanation(Cause.PUT_AWAY, event="E")
	assert stock.explain_inbound(level(), known("5"), put_away) == put_away


# --- item links ------------------------------------------------------------------------------------------------------------

LINKED = FoundVariant(item="TEE", item_exists=True, stock_item="TEE", by_sku="TEE")


@pytest.mark.parametrize(
	("found", "fields"),
	[
		(LINKED, []),
		(FoundVariant(), []),
		(replace(LINKED, by_sku=None), []),
		(replace(LINKED, item_exists=False), ["variant"]),
		(replace(LINKED, item=None, item_exists=False), ["variant"]),
		(replace(LINKED, stock_item=None), ["inventory_item"]),
		(replace(LINKED, stock_item="MUG"), ["inventory_item"]),
		(replace(LINKED, by_sku="MUG"), ["sku"]),
		(replace(LINKED, by_sku="MUG", stock_item="MUG"), ["inventory_item", "sku"]),
	],
)
def test_item_links(found: FoundVariant, fields: list[str]) -> None:
	assert [one.field for one in item_links.differences("TEE", "70", found)] == fields


def test_a_variant_without_an_inventory_item_needs_no_link_of_one() -> None:
	assert list(item_links.differences("TEE", None, replace(LINKED, stock_item=None))) == []


# --- webhook subscriptions -------------------------------------------------------------------------------------------------

ADDRESS = "https://erp.example.com/webhooks"
THERE = Subscription("1", "orders/create", ADDRESS, "2026-10")


@pytest.mark.parametrize(
	("there", "differs"),
	[
		([THERE], []),
		([replace(THERE, address=f"{ADDRESS}/")], []),
		([replace(THERE, api_version="")], []),
		([THERE, replace(THERE, id="2", address="https://other.example.com")], []),
		([], [("address", "none")]),
		([replace(THERE, address="https://other.example.com")], [("address", "https://other.example.com")]),
		([replace(THERE, topic="orders/updated")], [("address", "none")]),
		([replace(THERE, api_version="2026-01")], [("version", "2026-01")]),
		([replace(THERE, fields=("id", "updated_at"))], [("fields", "only id, updated_at")]),
		([replace(THERE, filter="total_price:>10")], [("fields", "only total_price:>10")]),
	],
)
def test_subscriptions(there: list[Subscription], differs: list[tuple[str, str]]) -> None:
	found = list(subscriptions.differences(("orders/create",), there, ADDRESS, "2026-10"))
	assert [(one.field, one.shopify) for _topic, one in found] == differs
	assert {topic for topic, _one in found} <= {"orders/create"}


def test_the_form_lists_the_topics_that_are_asked_for() -> None:
	form = (ROOT / "shopify_sync/shopify_sync/doctype/shopify_store/shopify_store.js").read_text()
	block = re.search(r"^const TOPICS = \{\n(.*?)^\};", form, re.DOTALL | re.MULTILINE)
	assert block
	listed = {
		flow: tuple(re.findall(r'"([^"]+)"', names)) for flow, names in re.findall(r"(\w+): \[(.*?)\]", block[1], re.DOTALL)
	}
	assert listed == topics.TOPICS_OF_FLOW


def test_every_topic_that_is_asked_for_is_handled() -> None:
	assert all(topics.resource_of(topic) for names in topics.TOPICS_OF_FLOW.values() for topic in names)
