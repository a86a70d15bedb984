"""Backfills: what is read in which order, that nothing is read twice or left out whenever the process dies, and who goes first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopify_sync.core import keys
from shopify_sync.core.backfill import pace
from shopify_sync.core.backfill.pace import LIVE_PATIENCE, Load, Pace, has_room, share_done, time_left
from shopify_sync.core.backfill.ports import RunIsOver
from shopify_sync.core.backfill.rehearsal import Rehearsal
from shopify_sync.core.backfill.run import Backfiller, Run
from shopify_sync.core.backfill.wanted import Orders, Wanted, problems
from shopify_sync.core.events import NewEvent, Source
from shopify_sync.core.failures import Category, Failure
from shopify_sync.core.outbound.calls import CallFailed
from shopify_sync.core.plan import Decision, Plan, Skip
from shopify_sync.core.policy import StorePolicy
from shopify_sync.core.statuses import Status
from shopify_sync.simulation.shop_reader import ShopReader
from shopify_sync.simulator.history import make_history
from shopify_sync.simulator.shop.shop import Shop
from tests.simulator.shops import make_shop

from .deciding import POLICY

NOW = datetime(2026, 11, 22, 8, tzinfo=timezone.utc)
EVERYTHING = Wanted(products=True, customers=True, orders=Orders.FROM_DATE, since=NOW - timedelta(days=400), stock=True)


LEVELS = [f"{number:04}-1" for number in range(2 * pace.MARKS + 3)]


class Died(Exception):
	pass


class Host:
	"""A site in memory: what was recorded and kept counts, as if it was committed."""

	def __init__(self, decide: Any = None) -> None:
		self.clock = NOW
		self.recorded: dict[str, NewEvent] = {}
		self.kept: dict[str, Any] = {}
		self.pages = 0
		self.marked: list[str] = []
		self.pushing = False
		self.waits = 0
		self.waiting: list[str] = []
		self.live = 0.0
		self.stopped = False
		self._decide = decide

	def now(self) -> datetime:
		self.clock += timedelta(seconds=1)
		return self.clock

	def policy(self, store: str) -> StorePolicy:
		raise AssertionError("what is switched off is told before a run begins")

	def api_version(self, store: str) -> str:
		return "2026-10"

	def load(self, most: int) -> Load:
		return Load(min(len(self.waiting), most), self.live)

	def most_waiting(self) -> int:
		return 3

	def is_settled(self, store: str) -> bool:
		return not self.waiting

	def wait(self, run: Run) -> None:
		self.waits += 1
		assert self.waits < 10_000, "it waits for ever"
		self.live = 0.0
		self.pushing = False
		self.waiting.clear()
		if self.stopped:
			raise RunIsOver

	def record(self, event: NewEvent) -> None:
		assert len(self.waiting) < 3, "more wait than may"
		if event.name not in self.recorded:
			self.waiting.append(event.name)
			self.recorded[event.name] = event

	def mark_stock(self, store: str, after: str, most: int) -> tuple[int, str | None]:
		assert not self.pushing, "what was marked before is pushed first"
		found = [level for level in LEVELS if level > after]
		self.marked += found[:most]
		self.pushing = True
		return len(found[:most]), found[most - 1] if len(found) > most else None

	def has_pushed(self, store: str) -> bool:
		return not self.pushing

	def stock_to_mark(self, store: str) -> int:
		return 7

	def decide(self, event: NewEvent, payload: Mapping[str, Any]) -> Decision:
		return self._decide(event)

	def keep(self, run: Run) -> None:
		if self.stopped:
			raise RunIsOver
		self.pages += 1
		self.kept = {"state": run.dump(), "report": run.rehearsal.as_json(), "ended": run.ended}

	def load_run(self, wanted: Wanted) -> Run:
		"""Return the run as another process finds it."""
		run = Run("B-1", "shop", wanted, rehearsal=Rehearsal.from_json(self.kept.get("report") or {}))
		run.resume(self.kept.get("state") or {})
		run.ended = self.kept.get("ended")
		return run


@pytest.fixture(scope="module")
def shop() -> Shop:
	made = make_shop()
	with made.silently():
		make_history(made, orders=30, customers=12, products=8, days=20)
	return made


def reader(shop: Shop, page: int = 7) -> ShopReader:
	return ShopReader(shop, page)


def records(host: Host) -> dict[str, list[str]]:
	found: dict[str, list[str]] = {}
	for event in host.recorded.values():
		found.setdefault(event.resource or "", []).append(event.shopify_id or "")
	return found


def test_everything_is_read_in_the_order_in_which_it_builds_on_one_another(shop: Shop) -> None:
	host = Host()
	run = Backfiller(host, reader(shop)).run(Run("B-1", "shop", EVERYTHING))
	assert run.ended and run.percent == 100
	assert list(records(host)) == [keys.PRODUCT, keys.CUSTOMER, keys.ORDER, keys.INVENTORY_LEVEL]
	found = records(host)
	assert sorted(found[keys.PRODUCT]) == sorted(shop.products.all)
	assert sorted(found[keys.ORDER]) == sorted(shop.orders.all)
	assert sorted(found[keys.CUSTOMER]) == sorted(id for id, one in shop.customers.all.items() if one.merged_into is None)
	assert len(found[keys.INVENTORY_LEVEL]) == len(set(found[keys.INVENTORY_LEVEL])) > 0
	assert {(event.source, event.status) for event in host.recorded.values()} == {(Source.BACKFILL, Status.RECEIVED)}
	assert host.marked == LEVELS and run.marked == len(LEVELS)
	assert run.read == run.totals


def test_only_open_orders_are_asked_for(shop: Shop) -> None:
	host = Host()
	Backfiller(host, reader(shop)).run(Run("B-1", "shop", Wanted(orders=Orders.OPEN)))
	open_ = [id for id, order in shop.orders.all.items() if not order.cancelled_at and not order.closed_at]
	assert sorted(records(host)[keys.ORDER]) == sorted(open_) and 0 < len(open_) < len(shop.orders.all)


@pytest.mark.parametrize("step", ["read", "recorded", "marked", "kept"])
def test_a_process_that_dies_at_any_step_leaves_nothing_out_and_makes_nothing_twice(step: str, shop: Shop) -> None:
	whole = Host()
	Backfiller(whole, reader(shop)).run(Run("B-1", "shop", EVERYTHING))
	host, deaths = Host(), 0
	for life in range(500):
		seen = 0

		def probe(reached: str, life: int = life) -> None:
			nonlocal seen
			seen += reached == step
			if reached == step and seen > life % (1 if step == "marked" else 5):
				raise Died

		try:
			if Backfiller(host, reader(shop, 3), probe).run(host.load_run(EVERYTHING)).ended:
				break
		except Died:
			deaths += 1
	assert host.kept["ended"] and deaths > (2 if step == "marked" else 5)
	assert sorted(host.recorded) == sorted(whole.recorded)
	assert sorted(set(host.marked)) == LEVELS
	assert host.load_run(EVERYTHING).read == Run("", "", EVERYTHING, read=whole.kept["state"]["read"]).read


def test_a_new_run_makes_new_events(shop: Shop) -> None:
	host = Host()
	for name in ("B-1", "B-2"):
		Backfiller(host, reader(shop)).run(Run(name, "shop", Wanted(products=True)))
	assert len(host.recorded) == 2 * len(shop.products.all)


def test_a_shop_that_does_not_answer_costs_no_page(shop: Shop) -> None:
	class Away(ShopReader):
		fails = 0

		def page(self, *args: Any) -> Any:
			self.fails += 1
			if self.fails % 2:
				raise CallFailed(Failure(Category.NETWORK, "away"), may_have_arrived=False)
			return super().page(*args)

	host, away, failed = Host(), Away(shop, page=7), 0
	while not host.kept.get("ended"):
		try:
			Backfiller(host, away).run(host.load_run(EVERYTHING))
		except CallFailed:
			failed += 1
	assert failed > 5
	assert sorted(records(host)[keys.ORDER]) == sorted(shop.orders.all)


def test_what_is_asked_to_pause_ends_between_two_records_and_goes_on(shop: Shop) -> None:
	host, asked = Host(), 0

	def once() -> bool:
		nonlocal asked
		asked += 1
		return asked % 7 != 0

	for _piece in range(200):
		run = Backfiller(host, reader(shop, 3)).run(host.load_run(EVERYTHING), once)
		if run.ended:
			break
	assert run.ended is not None
	assert sorted(records(host)[keys.ORDER]) == sorted(shop.orders.all)


def test_a_person_stops_it_even_while_it_waits(shop: Shop) -> None:
	host = Host()
	host.stopped, host.live = True, 60.0
	with pytest.raises(RunIsOver):
		Backfiller(host, reader(shop)).run(Run("B-1", "shop", EVERYTHING))
	assert host.recorded == {}


def test_live_events_go_first(shop: Shop) -> None:
	host = Host()
	host.live = LIVE_PATIENCE + 1
	run = Run("B-1", "shop", Wanted(products=True))
	Backfiller(host, reader(shop)).step(run)
	assert host.waits >= 1, "nothing was put before the workers while a live event waited"


def test_a_step_begins_when_what_it_builds_on_is_carried_out(shop: Shop) -> None:
	host = Host()
	run = Run("B-1", "shop", Wanted(products=True, orders=Orders.OPEN))
	backfiller = Backfiller(host, reader(shop, 100))
	backfiller.step(run)
	assert run.resource == keys.ORDER and host.waiting
	assert not backfiller.step(run, lambda: False), "nothing is read while products wait"
	assert list(records(host)) == [keys.PRODUCT]
	waits = host.waits
	backfiller.step(run)
	assert host.waits > waits and list(records(host)) == [keys.PRODUCT, keys.ORDER]


def test_a_record_queues_up_when_it_is_its_turn_and_not_when_its_page_was_read(shop: Shop) -> None:
	host = Host()
	Backfiller(host, reader(shop, 100)).step(Run("B-1", "shop", Wanted(customers=True)))
	queued = [event.received_at for event in host.recorded.values()]
	assert queued == sorted(set(queued)), "or it would go before live events that came in since"


def test_room() -> None:
	assert has_room(Load(0, 0.0), 3) and has_room(Load(2, LIVE_PATIENCE), 3)
	assert not has_room(Load(3, 0.0), 3)
	assert not has_room(Load(0, LIVE_PATIENCE + 0.1), 3)


def test_a_rehearsal_writes_nothing_and_says_what_would_fail(shop: Shop) -> None:
	def decide(event: NewEvent) -> Decision:
		if event.resource == keys.ORDER:
			sku = "TEE-M" if int(event.shopify_id or 0) % 2 else "MUG-1"
			return Failure(Category.MISSING_ITEM, f"SKU {sku} has no Item.", missing=f"item:{sku}")
		if event.resource == keys.PRODUCT:
			return Plan((), "", found=("item:MUG-1",))
		return Skip(Status.SUPERSEDED, "newer")

	host = Host(decide)
	wanted = replace(EVERYTHING, rehearse=True)
	while not host.kept.get("ended"):  # every page in another process
		Backfiller(host, reader(shop)).step(host.load_run(wanted))
	run = host.load_run(wanted)
	assert host.recorded == {} and host.marked == []
	orders = len(shop.orders.all)
	assert run.rehearsal.outcomes[keys.ORDER] == {"Would fail": orders}
	assert run.rehearsal.outcomes[keys.CUSTOMER] == {"Superseded": run.read[keys.CUSTOMER]}
	assert run.rehearsal.pushes == 7
	rows = run.rehearsal.failures
	assert sum(row.count for row in rows) == orders
	assert [(row.missing, row.solved) for row in rows] == [("item:TEE-M", False), ("item:MUG-1", True)]
	assert all(len(row.examples) == 5 and row.examples[0].startswith("#") for row in rows)
	assert all("Item" in row.fix for row in rows)


def test_a_rehearsal_of_very_many_causes_stays_small() -> None:
	told = Rehearsal()
	for number in range(5_000):
		told.add(keys.ORDER, f"#{number}", Failure(Category.MISSING_ITEM, "no Item", missing=f"item:{number}"))
	assert len(told.failures) <= 2_001
	assert sum(row.count for row in told.failures) == 5_000
	assert Rehearsal.from_json(told.as_json()) == told


def test_what_a_store_does_not_sync_is_refused() -> None:
	policy = StorePolicy(**{**_settings(), "sync_customers": False})
	assert list(problems(replace(EVERYTHING, customers=False), policy)) == []
	assert "Sync Customers" in next(problems(EVERYTHING, policy))
	assert "Say what" in next(problems(Wanted(), policy))
	assert "date" in next(problems(Wanted(orders=Orders.FROM_DATE), policy))


def _settings() -> dict[str, Any]:
	return {**vars(POLICY), "sync_products": True, "sync_orders": True, "sync_inventory": True}


@given(
	st.builds(
		Wanted, st.booleans(), st.booleans(), st.sampled_from(Orders), st.none() | st.just(NOW), st.booleans(), st.booleans()
	)
)
def test_what_was_asked_for_survives_being_kept(wanted: Wanted) -> None:
	assert Wanted.from_json(wanted.as_json()) == wanted
	assert set(wanted.steps) == set(replace(wanted, rehearse=not wanted.rehearse).steps)


counts = st.dictionaries(st.sampled_from(sorted(pace.WEIGHTS)), st.integers(0, 10_000))


@given(counts, counts)
def test_how_much_is_done_is_a_share(read: dict[str, int], totals: dict[str, int]) -> None:
	assert 0 <= share_done(read, totals) <= 1
	assert share_done(totals, totals) in (0.0, 1.0)


def test_how_long_it_takes_follows_the_pace_of_the_last_minutes() -> None:
	found = Pace()
	assert time_left({}, {keys.ORDER: 100}, found) is None
	for _page in range(10):
		found = found.after(pace.WEIGHTS[keys.ORDER] * 10, 10)  # one order a second
	left = time_left({keys.ORDER: 100}, {keys.ORDER: 700}, found)
	assert left is not None and left.total_seconds() == pytest.approx(600)
	for _page in range(100):
		found = found.after(pace.WEIGHTS[keys.ORDER] * 50, 10)  # five a second, for a quarter of an hour
	left = time_left({keys.ORDER: 100}, {keys.ORDER: 700}, found)
	assert left is not None and left.total_seconds() == pytest.approx(120, rel=0.05)
	assert time_left({keys.ORDER: 700}, {keys.ORDER: 700}, found) == timedelta(0)
