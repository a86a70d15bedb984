"""One backfill: page after page is read from Shopify, and each record becomes an event that workers carry out like a webhook.

How far it is, is kept after every page: a run whose process died goes on there. Reading a page twice makes no second event, because
the run is in their names. Records of a page are put before the workers one by one, as there is room: what is live goes first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from .. import fetched, keys
from ..events import NewEvent, Source
from ..failures import Category, Failure
from ..keys import short_hash
from ..statuses import Status
from . import pace
from .pace import Pace
from .ports import BackfillHost, Shop
from .rehearsal import Rehearsal
from .wanted import TOPICS, Wanted


@dataclass
class Run:
	"""A backfill, as far as it is.

	:ivar name: what its events are named after. *step*, *cursor*: where it goes on.
	:ivar read, totals: resource → how many records were read, and how many there are, about; totals None: not counted yet.
	:ivar marked: stock levels that were marked for the way out. *mark_after*: the last one; None: there are no more.
	:ivar pace: how fast it went lately. *ended*: UTC.
	"""

	name: str
	store: str
	wanted: Wanted
	step: int = 0
	cursor: str | None = None
	read: dict[str, int] = field(default_factory=dict)
	totals: dict[str, int] | None = None
	pace: Pace = field(default_factory=Pace)
	marked: int = 0
	mark_after: str | None = ""
	rehearsal: Rehearsal = field(default_factory=Rehearsal)
	started_at: datetime | None = None
	ended: datetime | None = None

	@property
	def resource(self) -> str:
		"""What is read now."""
		return self.wanted.steps[self.step]

	@property
	def percent(self) -> float:
		"""How much was read, in percent."""
		return 100.0 if self.ended else round(min(100 * pace.share_done(self.read, self.totals or {}), 99.9), 1)

	@property
	def time_left(self) -> timedelta | None:
		"""How long the rest will take; None while nothing can be said."""
		return None if self.ended else pace.time_left(self.read, self.totals or {}, self.pace)

	def dump(self) -> dict[str, Any]:
		"""Return how far the run is, as plain data. The rehearsal is kept by itself."""
		return {
			"step": self.step,
			"cursor": self.cursor,
			"read": self.read,
			"totals": self.totals,
			"pace": [self.pace.units, self.pace.seconds],
			"marked": self.marked,
			"mark_after": self.mark_after,
			"started_at": self.started_at.isoformat() if self.started_at else None,
		}

	def resume(self, data: Mapping[str, Any]) -> None:
		"""Go on where :meth:`dump` was taken."""
		self.step, self.cursor = int(data.get("step") or 0), data.get("cursor")
		self.read = dict(data.get("read") or {})
		self.totals = dict(data["totals"]) if data.get("totals") is not None else None
		self.pace = Pace(*data.get("pace") or ())
		self.marked, self.mark_after = int(data.get("marked") or 0), data.get("mark_after", "")
		self.started_at = datetime.fromisoformat(data["started_at"]) if data.get("started_at") else None


class Backfiller:
	"""Carries runs out. Each call of :meth:`step` is one page, and ends with a commit.

	:param probe: called with the name of each step as it is reached; for tests that stop the process there.
	"""

	def __init__(self, host: BackfillHost, shop: Shop, probe: Callable[[str], None] | None = None) -> None:
		self.host = host
		self.shop = shop
		self._probe = probe or (lambda _step: None)

	def run(
		self, run: Run, keep_on: Callable[[], bool] = lambda: True, progress: Callable[[Run], None] = lambda _run: None
	) -> Run:
		"""Go on until everything is read, or *keep_on* says no. *progress* is called after every page.

		:raises CallFailed: when Shopify does not answer. :raises RunIsOver: when a person stopped it. How far it is, is kept.
		"""
		while run.ended is None and keep_on() and self.step(run, keep_on):
			progress(run)
		return run

	def step(self, run: Run, keep_on: Callable[[], bool] = lambda: True) -> bool:
		"""Read one page and put its records before the workers. Return False when *keep_on* says no before all of them are."""
		began = self.host.now()
		run.started_at = run.started_at or began
		if run.totals is None:
			run.totals = self._totals(run)
		resource = run.resource
		if run.step and run.cursor is None and not self._is_settled(run, keep_on):
			return False
		if resource == keys.INVENTORY_LEVEL and not self._stock_out(run, keep_on):
			return False
		page = self.shop.page(resource, run.wanted.window(resource), run.cursor)
		read_at = self.host.now()
		version = self.host.api_version(run.store)
		self._probe("read")
		for payload in page.payloads:
			if not self._comes_to_its_turn(run, keep_on):
				return False
			self._take(run, event_of(resource, payload, run, read_at, version), payload)
			self._probe("recorded")
		run.read[resource] = (0 if page.anew else run.read.get(resource, 0)) + len(page.payloads)
		run.pace = run.pace.after(pace.WEIGHTS[resource] * len(page.payloads), (self.host.now() - began).total_seconds())
		self._go_on(run, page.cursor)
		self.host.keep(run)
		self._probe("kept")
		return True

	def _totals(self, run: Run) -> dict[str, int]:
		counts = {resource: self.shop.count(resource, run.wanted.window(resource)) for resource in run.wanted.steps}
		return {resource: count for resource, count in counts.items() if count is not None}

	def _stock_out(self, run: Run, keep_on: Callable[[], bool]) -> bool:
		"""Have pushed what goes to Shopify, a batch at a time; the rest of the stock is read. Return False when *keep_on* says no."""
		if run.wanted.rehearse and run.mark_after is not None:
			run.marked = run.rehearsal.pushes = self.host.stock_to_mark(run.store)
			run.mark_after = None
		while run.mark_after is not None:
			if not keep_on():
				return False
			if run.mark_after and not self.host.has_pushed(run.store):
				self.host.wait(run)
				continue
			marked, run.mark_after = self.host.mark_stock(run.store, run.mark_after, pace.MARKS)
			run.marked += marked
			self.host.keep(run)
			self._probe("marked")
		return True

	def _is_settled(self, run: Run, keep_on: Callable[[], bool]) -> bool:
		"""Wait until what the next step builds on is carried out: stock that is told must not be moved by an older order afterwards."""
		while keep_on():
			if run.wanted.rehearse or self.host.is_settled(run.store):
				return True
			self.host.wait(run)
		return False

	def _comes_to_its_turn(self, run: Run, keep_on: Callable[[], bool]) -> bool:
		most = self.host.most_waiting()
		while keep_on():
			if pace.has_room(self.host.load(most), most):
				return True
			self.host.wait(run)
		return False

	def _take(self, run: Run, event: NewEvent, payload: Mapping[str, Any]) -> None:
		if not run.wanted.rehearse:
			# It queues up now, not when its page was read: it would go before what came in since.
			self.host.record(replace(event, received_at=self.host.now()))
			return
		if event.status is Status.DEAD_LETTER:
			decided: Any = Failure(event.category or Category.INVALID_PAYLOAD, event.message)
		else:
			decided = self.host.decide(event, payload)
		run.rehearsal.add(run.resource, event.label or event.shopify_id or "", decided)

	def _go_on(self, run: Run, cursor: str | None) -> None:
		run.cursor = cursor
		if cursor is None:
			# The count was a guess for stock, and old for everything else.
			assert run.totals is not None
			run.totals[run.resource] = run.read[run.resource]
			run.step += 1
			if run.step >= len(run.wanted.steps):
				run.ended = self.host.now()


def event_of(resource: str, payload: Mapping[str, Any], run: Run, read_at: datetime, version: str) -> NewEvent:
	"""Return the row for a record that a run has read: the same record twice in one run is one event, a new run makes a new one.

	:param read_at: UTC.
	"""
	record = (
		f"{payload.get('inventory_item_id')}-{payload.get('location_id')}"
		if resource == keys.INVENTORY_LEVEL
		else payload.get("id")
	)
	name = f"backfill-{short_hash(run.store, run.name, resource, str(record))}"
	return fetched.event_of(TOPICS[resource], payload, run.store, name, read_at, version, Source.BACKFILL)
