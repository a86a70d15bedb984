"""A store as reconciliation reads it, over HTTP: everything once, whichever way, in whichever process, and nothing said to be gone
that cannot be seen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shopify_sync.admin_api.client import CallFailed
from shopify_sync.admin_api.reading.store import ReadingStore
from shopify_sync.admin_api.transport import RequestsTransport
from shopify_sync.core import keys
from shopify_sync.core.contracts.base import dump_json, parse_json
from shopify_sync.core.contracts.customer import Customer
from shopify_sync.core.contracts.inventory_level import InventoryLevel
from shopify_sync.core.contracts.order import SHOP_MONEY, Order, in_booked_money
from shopify_sync.core.contracts.product import Product
from shopify_sync.core.reconciliation.ports import Window
from shopify_sync.core.reconciliation.subscriptions import differences
from shopify_sync.simulation.shop_reader import ShopReader
from shopify_sync.simulator.admin.bulk import LONGEST
from shopify_sync.simulator.history import make_history
from shopify_sync.simulator.http.site import SCOPES

from .world import World, world

CONTRACTS = {
	keys.ORDER: lambda payload: Order.model_validate(in_booked_money(payload, SHOP_MONEY)),
	keys.CUSTOMER: Customer.model_validate,
	keys.PRODUCT: Product.model_validate,
	keys.INVENTORY_LEVEL: InventoryLevel.model_validate,
}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[World]:
	with world(tmp_path, transport=RequestsTransport(), plan="plus") as found:
		yield found


def reading(shop: World, **more: Any) -> ReadingStore:
	return ReadingStore(shop.client, now=shop.clock.now, sleep=shop._turn, **more)


def filled(shop: World, orders: int = 60) -> None:
	with shop.site.lock:
		make_history(shop.site.shop, orders=orders, customers=10, products=20, days=20)
		shop.site.shop.locations.create("Empty")


def whole(shop: World) -> Window:
	return Window(None, shop.clock.now() + timedelta(days=1), full=True)


def all_pages(shop: World, resource: str, window: Window, share: float = 1.0) -> tuple[list[dict[str, Any]], int | None, int]:
	"""Return every payload, the total that was told, and how many pages there were; each page is read by a process of its own."""
	payloads: list[dict[str, Any]] = []
	cursor, total, pages = None, None, 0
	while pages == 0 or cursor is not None:
		page = reading(shop, share=share).page(resource, window, cursor)
		payloads += parse_json(dump_json(list(page.payloads)))
		cursor, total, pages = page.cursor, total if page.total is None else page.total, pages + 1
		assert pages < 200
	return payloads, total, pages


def _id(resource: str, payload: Any) -> str:
	if resource == keys.INVENTORY_LEVEL:
		return f"{payload['inventory_item_id']}-{payload['location_id']}"
	return str(payload["id"])


def without(contract: Any) -> Any:
	"""Return a contract without what webhooks do not say: fees, and of a variant whether it is tracked."""
	if isinstance(contract, Order):
		paid = tuple(entry.model_copy(update={"fees": ()}) for entry in contract.transactions)
		refunds = tuple(
			refund.model_copy(
				update={"transactions": tuple(entry.model_copy(update={"fees": ()}) for entry in refund.transactions)}
			)
			for refund in contract.refunds
		)
		return contract.model_copy(update={"transactions": paid, "refunds": refunds})
	if isinstance(contract, Product):
		variants = tuple(variant.model_copy(update={"tracked": None}) for variant in contract.variants or ())
		return contract.model_copy(update={"variants": variants})
	return contract


@pytest.mark.parametrize("share", [1.0, 0.0001], ids=["pages", "bulk"])
@pytest.mark.parametrize("resource", CONTRACTS)
def test_everything_comes_once_and_as_its_webhook_tells(resource: str, share: float, shop: World) -> None:
	filled(shop)
	found, total, _pages = all_pages(shop, resource, whole(shop), share)
	bulk = [call for call in shop.calls() if call["operation"] == "BulkOperationRunQuery"]
	assert len(bulk) == (share < 1), "read as it was meant to be"
	with shop.site.lock:
		told = {}
		cursor = None
		while not told or cursor:
			page = ShopReader(shop.site.shop).page(resource, whole(shop), cursor)
			told |= {_id(resource, payload): parse_json(dump_json(payload)) for payload in page.payloads}
			cursor = page.cursor
	assert sorted(_id(resource, payload) for payload in found) == sorted(told)
	assert total is not None and total >= len(told)
	for payload in found:
		theirs = told[_id(resource, payload)]
		assert without(CONTRACTS[resource](payload)) == without(CONTRACTS[resource](theirs))
		if resource == keys.INVENTORY_LEVEL:
			assert payload["on_hand"] == theirs["on_hand"]


def test_a_window_reads_what_changed_in_it(shop: World) -> None:
	filled(shop, orders=20)
	shop.pass_(days=1)
	since = shop.clock.now()
	shop.pass_(minutes=1)
	with shop.site.lock:
		site = shop.site.shop
		order = next(order for order in site.orders.all.values() if not order.cancelled_at)
		site.orders.update(order.id, note="changed")
		(item, place), _level = next(iter(site.inventory.levels.items()))
		site.inventory.adjust("available", item, place, 3, "correction")
		customer = site.customers.create("New", "Person", "new@example.com")
	shop.pass_(minutes=1)
	window = Window(since, shop.clock.now())
	shop.pass_(minutes=1)
	with shop.site.lock:
		site.orders.update(list(site.orders.all)[-1], note="later")
	assert [payload["note"] for payload in all_pages(shop, keys.ORDER, window)[0]] == ["changed"]
	for share in (1.0, 0.0001):
		assert [payload["id"] for payload in all_pages(shop, keys.CUSTOMER, window, share)[0]] == [int(customer.id)]
	assert [_id(keys.INVENTORY_LEVEL, one) for one in all_pages(shop, keys.INVENTORY_LEVEL, window)[0]] == [f"{item}-{place}"]
	assert all_pages(shop, keys.PRODUCT, window)[0] == []


def test_what_is_asked_for_by_id(shop: World) -> None:
	filled(shop, orders=30)
	with shop.site.lock:
		site = shop.site.shop
		ids = {
			keys.ORDER: (*site.orders.all, "1"),
			keys.CUSTOMER: (*list(site.customers.all)[:3], "1"),
			keys.PRODUCT: (*site.products.all, "1"),
			keys.INVENTORY_LEVEL: (*("-".join(key) for key in site.inventory.levels), f"1-{next(iter(site.locations.all))}"),
		}
	for resource, wanted in ids.items():
		found, total, pages = all_pages(shop, resource, Window(None, shop.clock.now(), ids=wanted))
		assert {_id(resource, payload) for payload in found} == set(wanted[:-1]) and total == len(wanted)
		assert pages == -(-len(wanted) // 25)


def test_a_bulk_operation_that_fails_is_made_up_for_page_by_page(shop: World) -> None:
	filled(shop, orders=40)
	window, store = whole(shop), reading(shop, share=0.001)
	first = store.page(keys.ORDER, window, None)
	assert first.payloads == () and json.loads(first.cursor or "")["position"]["started_at"]
	second = store.page(keys.ORDER, window, first.cursor)
	shop.faults(server_error_after=1.0)
	shop.pass_(seconds=LONGEST)
	with shop.site.lock:
		shop.site.api.bulk.settle()
	shop.faults(server_error_after=0.0)
	cursor, names = second.cursor, []
	while cursor:
		page = reading(shop).page(keys.ORDER, window, cursor)
		names += [payload["name"] for payload in page.payloads]
		cursor = page.cursor
	assert sorted(names) == sorted(order.name for order in shop.site.shop.orders.all.values())


def test_more_than_comes_by_pages_is_read_at_once_again(shop: World, monkeypatch: pytest.MonkeyPatch) -> None:
	monkeypatch.setattr("shopify_sync.admin_api.reading.store.FURTHEST", 20)
	filled(shop, orders=40)
	window, store = whole(shop), reading(shop, share=0.001)
	started = store.page(keys.ORDER, window, store.page(keys.ORDER, window, None).cursor)
	shop.faults(server_error_after=1.0)
	shop.pass_(seconds=LONGEST)
	with shop.site.lock:
		shop.site.api.bulk.settle()
	shop.faults(server_error_after=0.0)
	shop.waits.clear()
	failed = store.page(keys.ORDER, window, started.cursor)
	position = json.loads(failed.cursor or "")["position"]
	assert (failed.anew, position["way"], position["operation"], position["offset"]) == (True, "Bulk", "", 0)
	assert position["started_at"] and sum(shop.waits) == 20.0, "not at once: it may fail again"
	cursor, names = failed.cursor, []
	while cursor:
		shop.pass_(seconds=LONGEST)
		page = store.page(keys.ORDER, window, cursor)
		names += [payload["name"] for payload in page.payloads]
		cursor = page.cursor
	assert sorted(names) == sorted(order.name for order in shop.site.shop.orders.all.values())


def test_a_result_that_is_gone_half_way_is_read_from_the_beginning_and_says_so(
	shop: World, monkeypatch: pytest.MonkeyPatch
) -> None:
	monkeypatch.setattr("shopify_sync.admin_api.reading.store._BATCH", 10)
	filled(shop, orders=30)
	window = whole(shop)
	cursor, read = None, 0
	while read == 0:
		page = reading(shop, share=0.001).page(keys.ORDER, window, cursor)
		assert not page.anew
		cursor, read = page.cursor, len(page.payloads)
	shop.pass_(days=8)
	expired = reading(shop, share=0.001).page(keys.ORDER, window, cursor)
	assert (expired.anew, list(expired.payloads)) == (True, [])
	assert json.loads(expired.cursor or "")["position"]["way"] == "Pages"


def test_a_page_does_not_wait_for_ever_for_a_bulk_operation(shop: World) -> None:
	filled(shop, orders=10)
	store, window = reading(shop, share=0.0001, patience=1.0), whole(shop)
	started = store.page(keys.ORDER, window, store.page(keys.ORDER, window, None).cursor)
	shop.waits.clear()
	waiting = store.page(keys.ORDER, window, started.cursor)
	assert waiting.payloads == () and waiting.cursor == started.cursor and sum(shop.waits) <= 1.0
	shop.pass_(seconds=LONGEST)
	assert len(store.page(keys.ORDER, window, waiting.cursor).payloads) == 10


def test_what_cannot_be_seen_is_not_said_to_be_gone(tmp_path: Path) -> None:
	for scopes, blind in ((SCOPES, False), (tuple(scope for scope in SCOPES if scope != "read_all_orders"), True)):
		folder = tmp_path / str(blind)
		folder.mkdir()
		with world(folder, transport=RequestsTransport(), scopes=scopes) as shop:
			with shop.site.lock:
				make_history(shop.site.shop, orders=4, products=2, days=100)
				ids = [*shop.site.shop.orders.all, "1"]
			store = reading(shop)
			assert set(store.existing(keys.ORDER, ids)) == set(ids if blind else ids[:-1])
			assert store.existing(keys.ORDER, []) == set()
			with pytest.raises(ValueError, match="nobody asks"):
				store.existing(keys.CUSTOMER, ["1"])


def test_subscriptions_are_seen_made_and_mended(shop: World) -> None:
	ours, other = "http://127.0.0.1:9/ours", "http://127.0.0.1:9/other"
	with shop.site.lock:
		shop.site.shop.subscriptions.create("orders/updated", ours, ["id"])
		shop.site.shop.subscriptions.create("orders/create", other)
	store, wanted = reading(shop), ("orders/create", "orders/updated", "inventory_levels/update")
	found = {topic: difference.field for topic, difference in differences(wanted, store.subscriptions(), ours, "2026-10")}
	assert found == {"orders/create": "address", "orders/updated": "fields", "inventory_levels/update": "address"}
	for topic in found:
		store.subscribe(topic, ours)
	assert list(differences(wanted, store.subscriptions(), ours, "2026-10")) == []
	assert len(shop.site.shop.subscriptions.all) == 4, "the one of somebody else is left alone"
	store.subscribe("orders/create", ours)
	assert len(shop.site.shop.subscriptions.all) == 4, "twice is as good as once"
	with pytest.raises(CallFailed, match="does not send"):
		store.subscribe("orders/create", "nowhere")


@pytest.mark.parametrize("share", [1.0, 0.0001], ids=["pages", "bulk"])
def test_whatever_goes_wrong_everything_is_read(share: float, shop: World) -> None:
	"""Calls are refused, cut short and lost, the reader dies at any page, and the shop goes on selling."""
	filled(shop, orders=40)
	window, store = Window(None, shop.clock.now() + timedelta(days=1)), reading(shop, share=share)
	with shop.site.lock:
		before = {order.name for order in shop.site.shop.orders.all.values()}
	shop.client.execute("Shop", {})
	shop.faults(throttle=0.1, server_error_before=0.25, server_error_after=0.15, reset_after=0.1, garble_answer=0.1)
	seen: list[str] = []
	cursor, first, failed = None, True, 0
	while first or cursor:
		try:
			page = store.page(keys.ORDER, window, cursor)
		except CallFailed as error:
			failed += 1
			assert failed < 60, error
			shop.pass_(minutes=6)  # the job is tried again, when the circuit may have closed
			continue
		seen += [payload["name"] for payload in page.payloads]
		cursor, first = page.cursor, False
		store = reading(shop, share=share)
		with shop.site.lock:
			site = shop.site.shop
			site.orders.update(list(site.orders.all)[len(seen) % 40], note=f"changed after {len(seen)}")
	print(f"{failed} pages failed, {len(seen)} orders read of {len(before)}")
	assert before <= set(seen) and failed
