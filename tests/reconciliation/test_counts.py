"""Orders counted day by day in a light run: a day that does not come out even is read whole, once."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopify_sync.admin_api.reading.store import ReadingStore
from shopify_sync.core import keys
from shopify_sync.core.contracts.base import dump_json, parse_json
from shopify_sync.core.reconciliation import counts
from shopify_sync.core.reconciliation.counts import DayCounts, Reading, days_of, span
from shopify_sync.core.reconciliation.findings import ORDER_DAYS
from shopify_sync.core.reconciliation.ports import Window
from shopify_sync.core.reconciliation.schedule import Depth
from shopify_sync.simulation.shop_reader import ShopReader
from shopify_sync.simulator.history import make_history
from tests.admin_api.world import world
from tests.outbound.ground import Stopped
from tests.reconciliation.ground import DRY, HEAL, Agreeing

DAY = timedelta(days=1)


@pytest.fixture
def store(tmp_path: Path) -> Agreeing:
	"""Return a store whose light runs have read up to now; orders of three days agree."""
	store = Agreeing(tmp_path)
	for _day in range(3):
		store.sold()
		store.pass_time(DAY.total_seconds())
	store.reconcile(DRY, store.begin(Depth.LIGHT))
	return store


def light(store: Agreeing, heal: bool = False) -> tuple[int, dict[str, int]]:
	"""Return how many orders a light run read whole because of their day, and what it found."""
	run = store.reconcile(HEAL if heal else DRY, store.begin(Depth.LIGHT))
	return run.tallies[ORDER_DAYS].compared, run.found


def test_days_that_come_out_even_are_counted_and_not_read(store: Agreeing) -> None:
	run = store.reconcile(DRY, store.begin(Depth.LIGHT))
	tally = run.tallies[ORDER_DAYS]
	assert (tally.compared, run.found) == (0, {})
	assert len(tally.sums) == counts.DAYS
	assert [(day, one.shopify, one.erpnext) for (day, _all), one in sorted(tally.sums.items()) if one.shopify] == [
		("2026-11-20", 1, 1), ("2026-11-21", 1, 1), ("2026-11-22", 1, 1),
	]  # fmt: skip


def test_an_order_that_was_missed_is_found_without_waiting_for_the_night(store: Agreeing) -> None:
	order = store.sold(told=False)
	store.pass_time(3 * DAY.total_seconds())
	store.read_until = store.clock.now()
	assert light(store, heal=True) == (1, {"Missing in ERPNext": 1})
	assert store.names(order, "Sales Order")
	assert light(store) == (1, {}), "the day is looked at once more, since it comes out otherwise"
	assert light(store) == (0, {})


def test_a_sales_order_that_was_deleted(store: Agreeing) -> None:
	order = store.sold()
	store.pass_time(3 * DAY.total_seconds())
	assert light(store)[1] == {}
	store.remove("Sales Order", store.names(order, "Sales Order")[0])
	assert light(store)[1] == {"Missing in ERPNext": 1}


def test_a_cancelled_order_is_there(store: Agreeing) -> None:
	order = store.sold(financial="pending")
	store.later(lambda: store.shop.orders.cancel(order.id))
	store.tell_all(order)
	store.pass_time(3 * DAY.total_seconds())
	assert light(store) == (0, {})


def test_what_the_rules_book_nothing_for_is_read_once(tmp_path: Path) -> None:
	store = Agreeing(tmp_path, state_rules=[{"outcome": "No document", "financial_status": "paid"}])
	store.sold()
	store.pass_time(3 * DAY.total_seconds())
	store.read_until = store.clock.now()
	run = store.reconcile(DRY, store.begin(Depth.LIGHT))
	assert sum(run.tallies[ORDER_DAYS].left_out.values()) == 1
	assert run.accepted == {date(2026, 11, 20): 1}
	run = store.reconcile(DRY, store.begin(Depth.LIGHT))
	assert run.tallies[ORDER_DAYS].left_out == {}


def test_only_so_many_days_are_read_in_a_run(store: Agreeing) -> None:
	for _day in range(counts.MOST + 2):
		store.sold(told=False)
		store.pass_time(DAY.total_seconds())
	store.read_until = store.clock.now()
	assert light(store) == (counts.MOST, {"Missing in ERPNext": counts.MOST})
	assert light(store) == (2, {"Missing in ERPNext": 2})
	assert light(store) == (0, {})


def test_days_are_gone_on_with_after_a_crash(store: Agreeing, monkeypatch: pytest.MonkeyPatch) -> None:
	monkeypatch.setattr(Agreeing, "reader", lambda self: ShopReader(self.shop, page=2))
	for _order in range(5):
		store.sold(told=False)
	store.pass_time(3 * DAY.total_seconds())
	store.read_until = store.clock.now()

	def die(step: str) -> None:
		if step == "kept":
			raise Stopped

	run, pages = store.begin(Depth.LIGHT), 0
	while run.ended is None:
		pages += 1
		try:
			run = store.reconcile(DRY, run, die)
		except Stopped:
			run = store.resumed(run)
	assert run.tallies[ORDER_DAYS].compared == 5
	assert run.accepted == {date(2026, 11, 23): 5}
	assert pages > 3


# --- rules -----------------------------------------------------------------------------------------------------------------

DAYS = st.dictionaries(st.dates(date(2026, 11, 1), date(2026, 11, 9)), st.integers(0, 3))


@given(DAYS, DAYS, DAYS)
def test_what_was_read_whole_is_not_read_again_until_it_changes(
	shopify: dict[date, int], erpnext: dict[date, int], accepted: dict[date, int]
) -> None:
	found = DayCounts(shopify, erpnext, accepted)
	read = {**accepted, **{day: found.more(day) for day in found.to_read}}
	assert DayCounts(shopify, erpnext, read).to_read == ()
	for day in found.to_read:
		assert DayCounts({**shopify, day: shopify.get(day, 0) + 1}, erpnext, read).to_read == (day,)
	assert DayCounts(shopify, shopify).to_read == ()
	assert counts.accepted_of(parse_json(dump_json(counts.text_of(read)))) == {day: more for day, more in read.items() if more}


@given(st.lists(st.tuples(st.dates(), st.integers(-9, 9)), min_size=1), st.one_of(st.none(), st.text()))
def test_a_cursor_survives_its_spelling_out(days: list[tuple[date, int]], page: str | None) -> None:
	assert Reading.from_text(Reading(days, page).as_text()) == Reading(days, page)


def test_days_are_the_site_s_and_never_today() -> None:
	until = datetime(2026, 11, 20, 23, 30, tzinfo=timezone.utc)
	assert days_of(until, "UTC")[-1] == date(2026, 11, 19)
	assert days_of(until, "Asia/Kolkata")[-1] == date(2026, 11, 20)
	assert len(days_of(until, "UTC")) == len(set(days_of(until, "UTC"))) == counts.DAYS
	begin, end = span(date(2026, 10, 25), "Europe/Berlin")
	assert end - begin == timedelta(hours=25), "the day on which the clocks go back"


def test_days_are_counted_and_read_over_http_as_the_shop_has_them(tmp_path: Path) -> None:
	with world(tmp_path) as shop:
		with shop.site.lock:
			make_history(shop.site.shop, orders=30, customers=5, products=5, days=6)
		reader, direct = ReadingStore(shop.client, now=shop.clock.now), ShopReader(shop.site.shop, page=50)
		found = 0
		for day in days_of(shop.clock.now(), "America/New_York"):
			window = Window(*span(day, "America/New_York"), placed=True)
			count = reader.count(keys.ORDER, window)
			assert count == direct.count(keys.ORDER, window)
			if count and not found:
				told = {str(one["id"]) for one in direct.page(keys.ORDER, window, None).payloads}
				assert {str(one["id"]) for one in reader.page(keys.ORDER, window, None).payloads} == told
				assert len(told) == count
			found += count or 0
	assert found > 15
