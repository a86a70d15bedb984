"""Bulk operations over real HTTP: started once, read line by line, gone on with after a crash, and every end has a name."""

from __future__ import annotations

import json
import threading
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from graphql import build_client_schema, parse, validate

from shopify_sync.admin_api import operations
from shopify_sync.admin_api.client import CallFailed
from shopify_sync.admin_api.ports import TransportError
from shopify_sync.admin_api.reading import bulk, windows
from shopify_sync.admin_api.reading.reader import records, start
from shopify_sync.admin_api.transport import FileGone, RequestsTransport
from shopify_sync.contract_suite.lifecycle.random_life import Lives
from shopify_sync.core.failures import Category
from shopify_sync.core.reading import EVERYTHING, Position, Way, Window
from shopify_sync.simulator.admin import resolvers
from shopify_sync.simulator.admin.bulk import LONGEST
from shopify_sync.simulator.admin.bulk_rules import planned
from tests.samples.admin_schema import VERSIONS, full_introspection

from .executing import Executing
from .world import World, gid, world


@pytest.mark.parametrize("version", VERSIONS)
def test_every_bulk_query_is_valid_and_within_the_rules(version: str) -> None:
	resolvers.load()
	schema = build_client_schema(full_introspection(version), assume_valid=True)
	for name, source in bulk.SOURCES.items():
		text = source.text(Window(datetime(2026, 1, 1, tzinfo=timezone.utc)))
		assert f"updated_at:>='{'2025-12-31' if source.whole_days else '2026-01-01'}T00:00:00Z'" in text
		assert "..." not in text.replace("... on", "") and "$" not in text and "#" not in text, "one query, without variables"
		assert validate(schema, parse(text)) == [], name
		assert planned(version, text)
	assert {source.query for source in bulk.SOURCES.values()} == set(operations.bulk_names())


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[World]:
	"""A shop whose answers are waited for: a large query takes its time the first time."""
	with world(tmp_path, transport=RequestsTransport()) as found:
		yield found


def begun(shop: World, what: str, window: Window = EVERYTHING, **more: Any) -> Position:
	position = start(shop.client, Position(what, Way.BULK, window, started_at=shop.clock.now(), **more))
	assert position.operation
	return position


def over(shop: World, position: Position) -> bulk.BulkState:
	found = bulk.wait(shop.client, position, sleep=shop._turn, now=shop.clock.now, until=shop.clock.now() + timedelta(minutes=10))
	assert found is not None
	return found


def placed(shop: World, count: int) -> list[Any]:
	from shopify_sync.simulator.commands.stock_up import skus, stock_up

	with shop.site.lock, shop.site.shop.silently():
		variants = stock_up(shop.site.shop, skus(3))
		return [
			shop.site.shop.orders.place(
				[{"variant_id": variants[number % 3], "quantity": 2}, {"variant_id": variants[(number + 1) % 3], "quantity": 1}],
				financial="paid",
				gateway="shopify_payments",
				shipping={"title": "Standard", "price": "4.90"},
			)
			for number in range(count)
		]


def test_orders_are_read_in_bulk_as_they_are_read_one_by_one(shop: World) -> None:
	orders = placed(shop, 30)
	with shop.site.lock:
		site = shop.site.shop
		site.fulfillments.create(orders[3].id, tracking_company="UPS", tracking_numbers=["1Z"])
		site.refunds.create(orders[3].id, [(orders[3].line_items[0].id, 1, "return")], shipping="1.00", adjustment="0.50")
		site.orders.cancel(orders[4].id)
		site.fulfillments.create(orders[5].id, tracking_company="UPS", tracking_numbers=["1Z", "2Z"])
		site.fulfillments.create(orders[6].id, {orders[6].line_items[0].id: 2})
	position = begun(shop, "orders")
	state = over(shop, position)
	assert (state.status, state.records, state.objects) == ("COMPLETED", 30, 90)
	found = list(records(shop.client, position))
	payloads = [payload for batch in found for payload in batch.records]
	assert [payload["name"] for payload in payloads] == [order.name for order in orders]
	by_pages = [payload for batch in windows.orders(shop.client, Position("orders")) for payload in batch.records]
	assert sorted(map(_plain, payloads)) == sorted(map(_plain, by_pages))
	assert found[-1].position.done and not list(records(shop.client, found[-1].position))
	asked = [call["operation"] for call in shop.calls()]
	assert asked.count("OrderParts") == 3, "only what the operation could not read, and what does not follow, is read on its own"
	sent = payloads[5]["fulfillments"][0]
	assert [(line["id"], line["quantity"]) for line in sent["line_items"]] == [
		(int(line.id), line.quantity) for line in orders[5].line_items
	]


def _plain(payload: Any) -> str:
	"""Return a payload as text; a rate is a float on a page and a Decimal in a file."""
	return json.dumps(payload, sort_keys=True, default=float)


def test_a_reader_that_dies_goes_on_where_it_was(shop: World) -> None:
	orders = placed(shop, 25)
	position = begun(shop, "orders")
	over(shop, position)
	whole = [order["name"] for batch in records(shop.client, position) for order in batch.records]
	for died_after in range(4):
		kept, names = position, []
		reader = iter(bulk.read(shop.client, kept, batch=7))
		for _batch in range(died_after):
			batch = next(reader)
			names += [node["name"] for node in batch.records]
			kept = Position.from_json(json.loads(json.dumps(batch.position.as_json())))
		assert kept.records == len(names)
		names += [node["name"] for batch in bulk.read(shop.client, kept, batch=7) for node in batch.records]
		assert names == whole == [order.name for order in orders]


def test_an_operation_whose_start_was_not_answered_is_not_started_twice(shop: World) -> None:
	placed(shop, 2)
	shop.client.execute("Shop", {})
	kept = Position("orders", Way.BULK, started_at=shop.clock.now())
	shop.faults(reset_after=1.0)
	with pytest.raises(CallFailed):
		shop.client.execute("BulkOperationRunQuery", {"query": bulk.SOURCES["orders"].text(kept.window)})
	shop.faults(reset_after=0.0)
	shop.pass_(minutes=1)
	assert len(shop.site.api.bulk.all) == 1
	assert start(shop.client, kept).operation == gid("BulkOperation", next(iter(shop.site.api.bulk.all)))
	assert start(shop.client, replace(kept, what="customers")).operation, "another query is another operation"
	assert len(shop.site.api.bulk.all) == 2
	shop.pass_(hours=1)
	start(shop.client, replace(kept, started_at=shop.clock.now()))
	assert len(shop.site.api.bulk.all) == 3, "one of an hour ago is not ours"
	with pytest.raises(ValueError, match="kept before"):
		start(shop.client, Position("orders", Way.BULK))


@pytest.mark.parametrize(("version", "at_once"), [("2025-10", 1), ("2026-10", 5)])
def test_when_enough_run_the_next_waits(version: str, at_once: int, shop: World) -> None:
	shop.config["stores"][0]["admin"]["api_version"] = version
	shop.connections = shop.process()
	for number in range(at_once):
		begun(shop, "customers", Window(datetime(2026, 1, 1 + number, tzinfo=timezone.utc)))
	with pytest.raises(bulk.BulkBusy) as caught:
		begun(shop, "products")
	assert caught.value.failure.category is Category.THROTTLED and caught.value.failure.retry_after
	shop.pass_(seconds=LONGEST)
	begun(shop, "products")


def test_waiting_gives_up_in_time_and_looks_less_and_less_often(shop: World) -> None:
	placed(shop, 1)
	position = begun(shop, "orders")
	shop.waits.clear()
	clock = shop.clock
	assert bulk.wait(shop.client, position, sleep=shop._turn, now=clock.now, until=clock.now() + timedelta(seconds=1)) is None
	with pytest.raises(bulk.BulkBusy):
		list(records(shop.client, position))
	over(shop, position)
	assert shop.waits == sorted(shop.waits)


def test_every_end_without_a_result_has_a_name(shop: World) -> None:
	placed(shop, 20)
	shop.client.execute("Shop", {})

	def ended(**faults: float) -> Position:
		position = begun(shop, "orders", Window(shop.clock.now() - timedelta(days=1)))
		shop.faults(**faults)
		shop.pass_(seconds=LONGEST)
		with shop.site.lock:
			shop.site.api.bulk.settle()
		shop.faults(**dict.fromkeys(faults, 0.0))
		return position

	failed = ended(server_error_after=1.0)
	with pytest.raises(bulk.BulkFailed, match="INTERNAL_SERVER_ERROR"):
		list(records(shop.client, failed))
	got: list[Any] = []
	with pytest.raises(bulk.BulkFailed):
		for batch in bulk.read(shop.client, failed, partial=True):
			got += batch.records
	assert len(got) == 10, "what there is can be had"
	shop.pass_(hours=1)
	cancelled = begun(shop, "orders")
	bulk.cancel(shop.client, cancelled)
	shop.pass_(seconds=LONGEST)
	with pytest.raises(bulk.BulkCancelled):
		list(records(shop.client, cancelled))
	shop.pass_(hours=1)
	old = ended()
	shop.pass_(days=8)
	with pytest.raises(bulk.BulkExpired):
		list(records(shop.client, old))
	with pytest.raises(bulk.BulkExpired):
		bulk.state(shop.client, replace(old, operation=gid("BulkOperation", 1)))
	with pytest.raises(bulk.BulkRefused, match="top level"):
		bulk._refuse(shop.client.execute("BulkOperationRunQuery", {"query": "{ shop { name } }"}).data)


def test_nothing_found_is_an_end_too(shop: World) -> None:
	position = begun(shop, "orders", Window(shop.clock.now() + timedelta(days=1)))
	over(shop, position)
	(batch,) = records(shop.client, position)
	assert batch.records == () and batch.position.done


def test_the_address_of_a_result_is_told_to_nobody(shop: World) -> None:
	placed(shop, 3)
	position = begun(shop, "orders")
	state = over(shop, position)
	assert state.url and "/bulk/" in state.url
	assert "/bulk/" not in repr(state) and "/bulk/" not in json.dumps(position.as_json())
	list(records(shop.client, position))
	assert "/bulk/" not in json.dumps(shop.calls(), default=str)
	for address in ("http://example.com/x.jsonl", "https://127.0.0.1/x", "file:///etc/passwd", "http://[::1]/x"):
		if "127.0.0.1" in address or "::1" in address:
			continue  # this shop is on this machine itself
		with pytest.raises(CallFailed, match="nowhere safe") as caught:
			shop.client.lines(address)
		assert address not in str(caught.value)


class Lines(ThreadingHTTPServer):
	"""Sends a file; *cuts*: after so many bytes the connection breaks, once for each; *ranges*: whether it knows them."""

	daemon_threads = True

	def __init__(self, data: bytes, cuts: tuple[int, ...] = (), ranges: bool = True, status: int = 0) -> None:
		self.data, self.cuts, self.ranges, self.status = data, list(cuts), ranges, status
		self.asked: list[str] = []
		super().__init__(("127.0.0.1", 0), _Sender)
		threading.Thread(target=self.serve_forever, daemon=True).start()

	@property
	def url(self) -> str:
		"""Where the file lies."""
		return f"http://127.0.0.1:{self.server_port}/signed?secret=s3cret"


class _Sender(BaseHTTPRequestHandler):
	server: Lines

	def do_GET(self) -> None:
		given = self.headers.get("Range", "")
		self.server.asked.append(given)
		assert "X-Shopify-Access-Token" not in self.headers
		start = int(given.removeprefix("bytes=").rstrip("-")) if given and self.server.ranges else 0
		body = self.server.data[start:]
		self.send_response(self.server.status or (206 if start else 200))
		self.send_header("Content-Length", str(len(body)))
		self.end_headers()
		self.wfile.write(body[: self.server.cuts.pop(0)] if self.server.cuts else body)
		self.close_connection = True

	def log_message(self, *_more: Any) -> None:
		"""Nothing is told."""


@pytest.fixture
def lines() -> Iterator[Any]:
	servers: list[Lines] = []

	def serve(*args: Any, **more: Any) -> Lines:
		servers.append(Lines(*args, **more))
		return servers[-1]

	yield serve
	for server in servers:
		server.shutdown()
		server.server_close()


FILE = b"".join(json.dumps({"id": f"gid://shopify/Order/{number}", "note": "é" * 50}).encode() + b"\n" for number in range(400))


class Fetching(Executing):
	"""A client whose results lie elsewhere."""

	def lines(self, url: str, offset: int = 0) -> Iterator[tuple[bytes, int]]:
		"""Yield the lines."""
		return RequestsTransport().lines(url, offset, (1.0, 1.0))


@pytest.mark.parametrize("ranges", [True, False], ids=["ranges", "no ranges"])
def test_a_connection_that_breaks_is_made_again_behind_the_last_line(ranges: bool, lines: Any, shop: World) -> None:
	server = lines(FILE, cuts=(10_000, 9_999, 20_001), ranges=ranges)
	found = list(bulk._lines(Fetching(shop.site.shop), Position("orders"), server.url))
	assert b"".join(line + b"\n" for line, _behind in found) == FILE
	assert [behind for _line, behind in found] == [len(FILE) // 400 * 0 + end for end in _ends(FILE)]
	assert len(server.asked) >= 3 and server.asked[0] == ""


def _ends(data: bytes) -> list[int]:
	return [place + 1 for place, byte in enumerate(data) if byte == 10]


def test_a_file_that_never_comes_whole_is_given_up(lines: Any, shop: World) -> None:
	server = lines(FILE, cuts=(0,) * 50)
	with pytest.raises(CallFailed) as caught:
		list(bulk._lines(Fetching(shop.site.shop), Position("orders"), server.url))
	assert caught.value.failure.category is Category.NETWORK
	assert "s3cret" not in str(caught.value) and len(server.asked) == 4


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_file_that_is_gone_has_expired(status: int, lines: Any, shop: World) -> None:
	server = lines(b"gone", status=status)
	with pytest.raises(bulk.BulkExpired, match=str(status)) as caught:
		list(bulk._lines(Fetching(shop.site.shop), Position("orders"), server.url))
	assert "s3cret" not in str(caught.value)
	with pytest.raises(FileGone):
		list(RequestsTransport().lines(server.url, 0, (1.0, 1.0)))


def test_a_server_that_is_in_trouble_is_asked_again(lines: Any) -> None:
	server = lines(b"", status=503)
	with pytest.raises(TransportError, match="503"):
		list(RequestsTransport().lines(server.url, 0, (1.0, 1.0)))


def test_children_go_to_their_parents_and_strays_are_refused() -> None:
	def made(*nodes: dict[str, Any]) -> list[Any]:
		rows, offset = [], 0
		for node in nodes:
			line = json.dumps(node).encode()
			offset += len(line) + 1
			rows.append((line, offset))
		return list(bulk.grouped(rows, {"ProductVariant": "variants", "InventoryLevel": "levels"}))

	product, variant = (
		{"id": "gid://shopify/Product/1"},
		{"id": "gid://shopify/ProductVariant/2", "__parentId": "gid://shopify/Product/1"},
	)
	level = {"id": "gid://shopify/InventoryLevel/3?inventory_item_id=4", "__parentId": variant["id"]}
	((found, _behind),) = made(product, variant, level)
	assert found["variants"]["nodes"][0]["levels"]["nodes"] == [{"id": level["id"]}]
	assert [root["id"] for root, _behind in made(product, {"id": "gid://shopify/Product/9"})] == [
		product["id"],
		"gid://shopify/Product/9",
	]
	with pytest.raises(bulk.NotGrouped):
		made(product, {"id": "gid://shopify/Product/9"}, variant)
	with pytest.raises(bulk.NotGrouped):
		made(product, {"id": "gid://shopify/Metafield/9", "__parentId": product["id"]})
	with pytest.raises(bulk.BulkFailed, match="no JSON"):
		list(bulk.grouped([(b'{"id": ', 7)], {}))


def test_memory_does_not_grow_with_the_file(lines: Any, shop: World) -> None:
	def peak(count: int) -> int:
		data = b"".join(
			b'{"id":"gid://shopify/Order/%d","note":"%s"}\n{"id":"gid://shopify/LineItem/%d","__parentId":"gid://shopify/Order/%d"}\n'
			% (number, b"x" * 300, number, number)
			for number in range(count // 2)
		)
		server = lines(data)
		client = Fetching(shop.site.shop)
		tracemalloc.start()
		try:
			read = grouped = bulk.grouped(bulk._lines(client, Position("orders"), server.url), {"LineItem": "lineItems"})
			seen = sum(len(root["lineItems"]["nodes"]) for root, _behind in read)
			assert grouped is read and seen == count // 2
			return tracemalloc.get_traced_memory()[1]
		finally:
			tracemalloc.stop()

	peak(1_000)  # what is loaded once
	small, large = peak(1_000), peak(50_000)
	print(f"peak {small / 1024:.0f} KB of 1,000 lines, {large / 1024:.0f} KB of 50,000")
	assert large < small * 2 + 512 * 1024


@pytest.mark.parametrize("included", [True, False])
def test_random_lives_are_read_in_bulk_as_one_by_one(included: bool) -> None:
	where = Lives(f"any order/{included}", taxes_included=included)
	client = Executing(where.shop)
	for number in range(40):
		where.live(number)
	made = client.client.run("BulkOperationRunQuery", query=bulk.SOURCES["orders"].text(Window()))
	where.shop.clock.advance(LONGEST)  # type: ignore[attr-defined]
	id = made["bulkOperationRunQuery"]["bulkOperation"]["id"]
	data = client.client.api.bulk_file(id.rpartition("/")[2])
	offset, rows = 0, []
	for line in data.splitlines(keepends=True):
		offset += len(line)
		rows.append((line, offset))
	from shopify_sync.admin_api.reading.bulk_orders import order_of_bulk
	from shopify_sync.admin_api.reading.parts import read_order

	for node, _behind in bulk.grouped(rows, bulk.SOURCES["orders"].children):
		one = order_of_bulk(client, node)
		assert one is not None
		assert _plain(one) == _plain(read_order(client, str(one["id"])))
