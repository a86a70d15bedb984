"""The core of backfills on the embedded host: the same engine, from what a shop has to documents, and what a rehearsal says of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from shopify_sync.core import keys
from shopify_sync.core.backfill.pace import Load
from shopify_sync.core.backfill.run import Backfiller, Run
from shopify_sync.core.backfill.wanted import Orders, Wanted
from shopify_sync.core.events import NewEvent
from shopify_sync.core.plan import Decision
from shopify_sync.core.signals import Signal
from shopify_sync.embedded_host.reconciliation import ReconcileHost
from tests.outbound.ground import STORE
from tests.reconciliation.ground import Agreeing


class Host(ReconcileHost):
	"""Workers carry out what waits whenever there is no room."""

	def __init__(self, ground: Agreeing) -> None:
		super().__init__(ground.instance)
		self.ground = ground
		self.engine = ground.instance.engine("backfill")
		self.most = 0

	def most_waiting(self) -> int:
		return 4

	def _waiting(self) -> int:
		return int(
			self._connection.execute(
				"SELECT COUNT(*) FROM sync_event WHERE source = 'Backfill' AND status IN ('Received', 'Processing')"
			).fetchone()[0]
		)

	def load(self, most: int) -> Load:
		self.most = max(self.most, self._waiting())
		return Load(self._waiting(), 0.0)

	def is_settled(self, store: str) -> bool:
		return not self._waiting()

	def wait(self, run: Run) -> None:
		self.engine.drain()

	def record(self, event: NewEvent) -> None:
		self.signal(event)

	def mark_stock(self, store: str, after: str, most: int) -> tuple[int, str | None]:
		return 0, None

	def has_pushed(self, store: str) -> bool:
		return True

	def stock_to_mark(self, store: str) -> int:
		return 0

	def decide(self, event: NewEvent, payload: Mapping[str, Any]) -> Decision:
		assert event.resource and event.shopify_id and event.version
		signal = Signal(event.name, event.store, event.resource, event.shopify_id, event.version, event.topic)
		return self.engine.preview(signal, payload)

	def keep(self, run: Run) -> None:  # type: ignore[override]
		pass


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Agreeing]:
	made = Agreeing(tmp_path)
	yield made
	made.instance.close()


def backfilled(ground: Agreeing, **wanted: Any) -> tuple[Run, Host]:
	host = Host(ground)
	run = Backfiller(host, ground.reader()).run(Run(f"B-{wanted}", STORE, Wanted(**wanted)))
	host.engine.drain()
	return run, host


def test_orders_that_nobody_told_of_become_documents_and_then_nothing_is_found(ground: Agreeing) -> None:
	orders = [ground.sold(told=False) for _order in range(9)]
	run, host = backfilled(ground, products=True, customers=True, orders=Orders.OPEN)
	assert run.ended and run.read[keys.ORDER] == 9
	assert 0 < host.most <= 4
	assert all(len(ground.names(order, "Sales Order")) == 1 for order in orders)
	before = {doctype: sum(len(ground.names(order, doctype)) for order in orders) for doctype in ("Sales Order", "Payment Entry")}
	backfilled(ground, orders=Orders.FROM_DATE, since=ground.clock.now().replace(year=2020))
	assert before == {
		doctype: sum(len(ground.names(order, doctype)) for order in orders) for doctype in ("Sales Order", "Payment Entry")
	}, "a second one changes nothing"


def test_a_rehearsal_says_what_the_real_one_comes_to(ground: Agreeing) -> None:
	ground.shop.products.create("Unknown", [{"sku": "NO-ITEM", "price": "5.00"}])
	good, bad = ground.sold(told=False), [ground.sold(told=False, sku="NO-ITEM") for _order in range(3)]
	told, _host = backfilled(ground, orders=Orders.OPEN, rehearse=True)
	assert ground.names(good, "Sales Order") == [], "nothing was written"
	(cause,) = told.rehearsal.failures
	assert (cause.category, cause.missing, cause.count) == ("Missing item", "item:NO-ITEM", 3)
	assert cause.examples == [order.name for order in bad]
	assert told.rehearsal.outcomes[keys.ORDER] == {"Would be applied": 1, "Would fail": 3}
	_run, host = backfilled(ground, orders=Orders.OPEN)
	rows = host._connection.execute(
		"SELECT status, COUNT(*) FROM sync_event WHERE source = 'Backfill' GROUP BY status"
	).fetchall()
	assert {row[0]: row[1] for row in rows} == {"Applied": 1, "Blocked": 3}
