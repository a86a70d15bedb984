"""The result of a bulk operation is fetched once, however many pages it is read in, and anew where the fetching ended."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shopify_sync.admin_api.reading import store as reading_store
from shopify_sync.admin_api.reading.store import ReadingStore
from shopify_sync.admin_api.transport import FileGone, RequestsTransport
from shopify_sync.core import keys
from shopify_sync.core.reconciliation.ports import Window
from shopify_sync.simulator.history import make_history

from .world import World, world

ORDERS = 40


class Fetching(RequestsTransport):
	"""Counts what is fetched. *breaks_after*: so many lines; then the address is good no more, once."""

	def __init__(self) -> None:
		super().__init__()
		self.offsets: list[int] = []
		self.breaks_after: int | None = None

	def lines(self, url: str, offset: int, timeout: tuple[float, float]) -> Iterator[tuple[bytes, int]]:
		self.offsets.append(offset)
		for number, line in enumerate(super().lines(url, offset, timeout)):
			if number == self.breaks_after:
				self.breaks_after = None
				raise FileGone("HTTP 403")
			yield line


@pytest.fixture
def fetching(monkeypatch: pytest.MonkeyPatch) -> Fetching:
	monkeypatch.setattr(reading_store, "_BATCH", 6)
	return Fetching()


@pytest.fixture
def shop(tmp_path: Path, fetching: Fetching) -> Iterator[World]:
	with world(tmp_path, transport=fetching, plan="plus") as found:
		with found.site.lock:
			make_history(found.site.shop, orders=ORDERS, customers=10, products=20, days=20)
		yield found


def reader(shop: World) -> ReadingStore:
	return ReadingStore(shop.client, now=shop.clock.now, sleep=shop._turn, share=0.0001)


def read(shop: World, one: ReadingStore | None = None) -> tuple[list[Any], int]:
	"""Return the ids of all orders, and how many pages there were. *one*: reads all of them; None: each page has a reader of its own."""
	found: list[Any] = []
	cursor, pages = None, 0
	window = Window(None, shop.clock.now() + timedelta(days=1), full=True)
	while pages == 0 or cursor:
		page = (one or reader(shop)).page(keys.ORDER, window, cursor)
		found += [payload["id"] for payload in page.payloads]
		cursor, pages = page.cursor, pages + 1
	return found, pages


def looks(shop: World) -> int:
	return sum(call["operation"] == "BulkOperation" for call in shop.calls())


def test_one_download_serves_all_pages(shop: World, fetching: Fetching) -> None:
	found, pages = read(shop, reader(shop))
	assert len(found) == len(set(found)) == ORDERS and pages > ORDERS // 6
	assert fetching.offsets == [0]
	assert looks(shop) <= 6, "while it was waited for, and before it was fetched"


def test_a_reader_of_another_process_goes_on_behind_the_last_page(shop: World, fetching: Fetching) -> None:
	found, pages = read(shop)
	assert len(found) == len(set(found)) == ORDERS
	assert fetching.offsets == sorted(set(fetching.offsets)) and len(fetching.offsets) == pages - 2


def test_an_address_that_is_good_no_more_is_asked_for_again(shop: World, fetching: Fetching) -> None:
	fetching.breaks_after = 30
	found, _pages = read(shop, reader(shop))
	assert len(found) == len(set(found)) == ORDERS
	assert len(fetching.offsets) == 2 and fetching.offsets[1] > 0
	assert not any(call["operation"] == "OrderIds" for call in shop.calls()), "nothing was read page by page instead"


def test_a_page_that_is_asked_for_twice_comes_twice(shop: World, fetching: Fetching) -> None:
	one, window = reader(shop), Window(None, shop.clock.now() + timedelta(days=1), full=True)
	cursor: str | None = None
	page = one.page(keys.ORDER, window, cursor)
	while not page.payloads:
		cursor = page.cursor
		page = one.page(keys.ORDER, window, cursor)
	again = one.page(keys.ORDER, window, cursor)
	assert [payload["id"] for payload in again.payloads] == [payload["id"] for payload in page.payloads]
	assert len(fetching.offsets) == 2
