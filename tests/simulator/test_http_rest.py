"""The legacy REST API over real sockets."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from shopify_sync.core.receiving import is_signed
from shopify_sync.simulator.clock import ManualClock
from shopify_sync.simulator.http.app import CLIENT_SECRET
from shopify_sync.simulator.http.bucket import Bucket

from .http_client import START, Answer, Caller, Hook, consent, stocked


def test_an_order_reads_as_its_webhook_says(shop: Caller, hook: Hook) -> None:
	variants = stocked(shop)
	shop.operate("subscriptions", "create", topic="orders/create", uri=hook.url)
	placed = shop.operate("orders", "place", lines=[{"variant_id": variants[0], "quantity": 2}], email="ada@example.com")
	assert shop.store.settle()
	((headers, body),) = hook.deliveries
	assert is_signed(body, headers.get("hmac-sha256"), [CLIENT_SECRET])
	assert json.loads(body) == shop.admin("GET", f"orders/{placed['id']}.json").json()["order"]
	assert shop.admin("GET", "orders/1.json").status == 404
	trimmed = shop.admin("GET", f"orders/{placed['id']}.json", fields="id,name").json()
	assert trimmed == {"order": {"id": int(placed["id"]), "name": "#1001"}}


def placed_over_time(shop: Caller, clock: ManualClock, count: int) -> list[str]:
	"""Place orders a minute apart. Return their ids, oldest first."""
	variants = stocked(shop)
	ids = []
	for _number in range(count):
		ids.append(shop.operate("orders", "place", lines=[{"variant_id": variants[0], "quantity": 1}])["id"])
		clock.advance(60)
	return ids


def ids_of(answer: Answer) -> list[str]:
	assert answer.status == 200, answer.body
	(rows,) = answer.json().values()
	return [str(row["id"]) for row in rows]


def links(answer: Answer) -> dict[str, str]:
	found = {}
	for part in filter(None, answer.headers.get("link", "").split(", ")):
		address, rel = part.split("; ")
		found[rel.split('"')[1]] = address[1:-1]
	return found


def follow(shop: Caller, address: str) -> Answer:
	assert address.startswith(shop.store.address("dev"))
	return shop.call("GET", address.removeprefix(shop.store.address("dev")), X_Shopify_Access_Token=shop.site.token)


def test_pages_walk_through_all_forwards_and_back(shop: Caller, clock: ManualClock) -> None:
	newest_first = placed_over_time(shop, clock, 7)[::-1]
	page = shop.admin("GET", "orders.json", status="any", limit=3)
	assert ids_of(page) == newest_first[:3]
	assert set(links(page)) == {"next"}
	# A new order while somebody pages moves nothing.
	shop.operate("orders", "place", lines=[{"title": "Gift wrap", "price": "1.00", "quantity": 1}])
	page = follow(shop, links(page)["next"])
	assert ids_of(page) == newest_first[3:6]
	assert set(links(page)) == {"next", "previous"}
	back = links(page)["previous"]
	page = follow(shop, links(page)["next"])
	assert ids_of(page) == newest_first[6:]
	assert set(links(page)) == {"previous"}
	assert ids_of(follow(shop, back)) == newest_first[:3]


def test_orders_are_filtered(shop: Caller, clock: ManualClock) -> None:
	first, second, third, fourth = placed_over_time(shop, clock, 4)
	shop.operate("orders", "cancel", id=second)
	shop.operate("orders", "mark_as_paid", id=third)
	shop.operate("orders", "close", id=fourth)

	def found(**query: Any) -> list[str]:
		rows = ids_of(shop.admin("GET", "orders.json", **query))
		assert shop.admin("GET", "orders/count.json", **query).json() == {"count": len(rows)}
		return rows

	assert found() == [third, first]
	assert found(status="any") == [fourth, third, second, first]
	assert found(status="cancelled") == [second]
	assert found(status="any", financial_status="paid") == [third]
	assert found(status="any", ids=f"{first},{third}") == [third, first]
	assert ids_of(shop.admin("GET", "orders.json", status="any", since_id=second)) == [third, fourth]
	changed = (START + timedelta(minutes=4)).isoformat()
	assert found(status="any", updated_at_min=changed) == [fourth, third, second]
	assert found(status="any", created_at_min=(START + timedelta(minutes=1)).isoformat(), created_at_max=changed) == [
		fourth,
		third,
		second,
	]
	assert found(status="any", updated_at_max=(START + timedelta(minutes=1)).isoformat().replace("+00:00", "Z")) == [first]


@pytest.mark.parametrize(
	"query",
	[
		{"limit": "0"},
		{"limit": "251"},
		{"limit": "x"},
		{"status": "everything"},
		{"updated_at_min": "yesterday"},
		{"page_info": "invented"},
		{"page_info": "e30=", "status": "any"},
		{"since_id": "-1"},
	],
)
def test_a_parameter_that_cannot_be_used_is_400(shop: Caller, query: dict[str, str]) -> None:
	answer = shop.admin("GET", "orders.json", **query)
	assert answer.status == 400
	assert answer.json()["errors"]


def test_old_orders_need_a_scope_of_their_own(shop: Caller, clock: ManualClock) -> None:
	(id,) = placed_over_time(shop, clock, 1)
	token = shop.token(code=consent(shop, scope="read_orders")["code"]).json()["access_token"]
	clock.advance(59 * 86_400)
	assert ids_of(shop.admin("GET", "orders.json", token=token)) == [id]
	clock.advance(86_400)
	assert ids_of(shop.admin("GET", "orders.json", token=token)) == []
	assert shop.admin("GET", f"orders/{id}.json", token=token).status == 404
	assert ids_of(shop.admin("GET", "orders.json")) == [id]


def test_the_other_reads(shop: Caller) -> None:
	variants = stocked(shop)
	customer = shop.operate("customers", "create", first_name="Ada", email="ada@example.com")
	(location,) = shop.admin("GET", "locations.json").json()["locations"]
	assert shop.admin("GET", f"customers/{customer['id']}.json").json()["customer"]["email"] == "ada@example.com"
	products = shop.admin("GET", "products.json").json()["products"]
	assert sorted(row["variants"][0]["sku"] for row in products) == ["MUG", "TEE"]
	assert sorted(str(row["variants"][0]["id"]) for row in products) == sorted(variants)
	assert shop.admin("GET", "inventory_levels.json").status == 422
	levels = shop.admin("GET", "inventory_levels.json", location_ids=location["id"]).json()["inventory_levels"]
	assert [level["available"] for level in levels] == [1000, 1000]
	one = shop.admin("GET", "inventory_levels.json", inventory_item_ids=levels[0]["inventory_item_id"])
	assert one.json()["inventory_levels"] == levels[:1]
	about = shop.admin("GET", "shop.json").json()["shop"]
	assert (about["myshopify_domain"], about["currency"]) == ("dev.myshopify.com", "USD")


def test_webhook_subscriptions_over_rest(shop: Caller, hook: Hook) -> None:
	wanted = {"webhook": {"topic": "customers/create", "address": hook.url, "format": "json"}}
	made = shop.admin("POST", "webhooks.json", wanted)
	assert made.status == 201
	again = shop.admin("POST", "webhooks.json", wanted)
	assert again.status == 422
	assert again.json() == {"errors": {"address": ["for this topic has already been taken"]}}
	assert shop.admin("POST", "webhooks.json", {"webhook": {"topic": "carts/invented", "address": hook.url}}).status == 422
	(listed,) = shop.admin("GET", "webhooks.json", topic="customers/create").json()["webhooks"]
	assert listed == made.json()["webhook"]
	assert shop.admin("GET", "webhooks.json", topic="orders/create").json() == {"webhooks": []}
	shop.operate("customers", "create", first_name="Ada")
	assert shop.store.settle()
	assert hook.topics() == ["customers/create"]
	assert shop.admin("DELETE", f"webhooks/{listed['id']}.json").status == 200
	assert shop.admin("DELETE", f"webhooks/{listed['id']}.json").status == 404
	assert shop.admin("GET", "webhooks.json").json() == {"webhooks": []}


def test_the_bucket_refuses_the_forty_first_call_and_leaks_two_a_second(shop: Caller, clock: ManualClock) -> None:
	answers = [shop.admin("GET", "shop.json") for _number in range(41)]
	assert [answer.status for answer in answers] == [200] * 40 + [429]
	assert [answer.headers["x-shopify-shop-api-call-limit"] for answer in answers] == [
		*(f"{number}/40" for number in range(1, 41)),
		"40/40",
	]
	assert answers[-1].headers["retry-after"] == "2.0"
	clock.advance(1)
	assert [shop.admin("GET", "shop.json").status for _number in range(3)] == [200, 200, 429]


def test_a_bigger_plan_has_a_bigger_bucket() -> None:
	bucket = Bucket("plus")
	assert sum(bucket.take(START) for _number in range(500)) == 400
	assert sum(bucket.take(START + timedelta(seconds=1)) for _number in range(500)) == 20


@pytest.mark.parametrize(
	("asked", "served"), [("2026-10", "2026-10"), ("2026-07", "2026-07"), ("2020-01", "2025-10"), ("2025-07", "2025-10")]
)
def test_a_closed_version_falls_forward(shop: Caller, asked: str, served: str) -> None:
	assert shop.admin("GET", "shop.json", version=asked).headers["x-shopify-api-version"] == served


@pytest.mark.parametrize("version", ["2099-01", "2026-02", "latest", "26-10"])
def test_a_version_that_is_none_is_404(shop: Caller, version: str) -> None:
	assert shop.admin("GET", "shop.json", version=version).status == 404


@pytest.mark.parametrize(
	"path", ["/shops/nobody/admin/api/2026-10/shop.json", "/", "/shops/dev", "/shops/dev/admin/api/2026-10/nothing.json"]
)
def test_other_addresses_are_404(shop: Caller, path: str) -> None:
	shop.base = ""
	answer = shop.call("GET", path, X_Shopify_Access_Token=shop.site.token)
	assert (answer.status, answer.json()) == (404, {"errors": "Not Found"})
	assert answer.headers["x-request-id"]
