"""One simulated world from the first second to the last check: the story runs, then quiet comes, then reconciliation."""

from __future__ import annotations

import itertools
import logging
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

from shopify_sync.admin_api.ports import CallOutcome
from shopify_sync.core.events import Way
from shopify_sync.simulator.dice import Dice
from shopify_sync.simulator.http.site import Site
from shopify_sync.simulator.shop.records import Webhook
from shopify_sync.simulator.webhooks.courier import Courier

from .. import shops
from ..actors import ACTIONS, act, operator
from ..invariants import Moment, Violation, World, check
from ..opening import TOPICS, open_stores
from ..profiles import Profile, ReceiverFaults, WorkerFaults
from ..result import Result
from ..scheduler import Killed, NoRest, Scheduler
from ..shop_reader import ShopReader
from ..stage import Stage
from ..story import DAY, HOUR, Intent, Story
from . import journal
from .network import Network
from .target import EmbeddedTarget
from .wire import Late, Wire, WiredShops, shop_site

START = datetime(2026, 11, 20, 6, 0, tzinfo=timezone.utc)
#: Deliveries may be a quarter of a day late and are retried for four hours; an event is retried for as long as its attempts
#: last, at most an hour each. After this much quiet nothing may be under way any more.
QUIET = 2 * DAY
#: How often the invariants that hold at every moment are looked at.
_GLANCE = 8 * 3600.0
_NEEDS_NO_DATABASE = frozenset(("outage", *(action for actor, action in ACTIONS if actor == "shop")))


class _Log(logging.Handler):
	"""Keeps every line that is logged, so that it can be searched for what must not be there."""

	def __init__(self) -> None:
		super().__init__()
		self.lines: list[str] = []

	def emit(self, record: logging.LogRecord) -> None:
		self.lines.append(self.format(record))


#: What people did not do in the night they do after it, one thing after the other.
_MINUTE = 60.0
#: So often everything is compared and healed before nothing may be left to heal.
_NIGHTS = 2


class EmbeddedWorld:
	"""Puts everything together for one story, and runs it.

	:param look: shown the world whenever the rules are looked at.
	"""

	def __init__(
		self,
		seed: int,
		story: Story,
		profile: Profile,
		folder: Path,
		log: _Log,
		look: Callable[[World], None] = lambda world: None,
	) -> None:
		self.result = Result(seed)
		self._show = look
		self._story = story
		self._log = log
		dice = Dice(f"world/{profile.name}/{seed}")
		self.scheduler = Scheduler(START)
		self.shops = [
			shops.open_shop(store, self.scheduler, Dice(f"shop/{profile.name}/{seed}/{store.index}")) for store in story.stores
		]
		set_ups = [shops.set_up(store, shop) for store, shop in zip(story.stores, self.shops, strict=True)]
		self._faults = replace(profile.network)
		self._api_faults = replace(profile.admin_api)
		self._operator_faults = profile.operator
		self._nightly = profile.nightly
		#: Nobody does anything.
		self._is_night = False
		self._postponed: list[Intent] = []
		couriers = [Courier(shop, self._faults, dice) for shop in self.shops]
		self.late = Late(self.scheduler, dice, profile.late_calls)
		sites = {courier.shop.name: shop_site(courier, dice, self._api_faults) for courier in couriers}
		self.target = EmbeddedTarget(
			folder, set_ups, self._way_to(sites), self.scheduler, dice, profile.worker, self._tell, self._ended
		)
		self.emitted: list[Webhook] = []
		for shop in self.shops:
			shop.listeners.append(self.emitted.append)
		self.network = Network(self.scheduler, couriers, self.target, dice, profile.receiver, self._tell)
		self.stage = Stage(story, self.shops, self.target, dice, self._tell)
		self._journal_seen = 0
		self._to_come = len(story.intents)

	def run(self) -> Result:
		"""Run the story and everything after it; stop at the first moment at which an invariant does not hold."""
		try:
			self._begin()
			self._run_the_days()
			if not self.result.violations:
				self._come_to_rest()
				self._look(Moment.AT_REST)
			if not self.result.violations:
				self._reconcile()
				self._look(Moment.RECONCILED)
		except NoRest as error:
			self.result.violations.append(Violation("comes to rest", "the world", str(error)))
		finally:
			self.result.simulated_seconds = self.scheduler.seconds
			self._count()
			self.scheduler.close()
			self.target.close()
		return self.result

	def _way_to(self, sites: Mapping[str, Site]) -> Callable[[EmbeddedTarget], WiredShops]:
		"""Return what makes the way to the shops' Admin API, whose every call takes time and may be a worker's last deed."""

		def made(target: EmbeddedTarget) -> WiredShops:
			wire = Wire(sites, self.late, lambda url: target.crew.on_point("calling"), lambda url: target.crew.on_point("called"))
			names = {store.name: store.shop_name for store in self._story.stores}
			return WiredShops(sites, names, now=self.scheduler.now, sleep=self.scheduler.sleep, wire=wire)

		return made

	def _tell(self, line: str) -> None:
		days, seconds = divmod(self.scheduler.seconds, DAY)
		minutes, rest = divmod(seconds, 60)
		self.result.trace.append(f"{days:.0f}d {minutes // 60:02.0f}:{minutes % 60:02.0f}:{rest:06.3f}  {line}")

	def _ended(self, event: str, status: object) -> None:
		self._tell(f"{event} ends as {status}")
		recorded = self.network.recorded_at.pop(event, None)
		if recorded and status is not None:
			self.result.latencies.append((self.scheduler.now() - recorded).total_seconds())

	def _begin(self) -> None:
		open_stores(self.stage)
		pushing = any(store.pushes for store in self._story.stores)
		self.target.crew.start(self._story.workers, pushers=2 if pushing else 0)
		self.network.arm()
		for intent in self._story.intents:
			self.scheduler.at(intent.at, lambda intent=intent: self._act(intent))  # type: ignore[misc]

	def _act(self, intent: Intent, pause: float = 0.05) -> None:
		if self._is_night:
			self._postponed.append(intent)
			return
		if self.target.database.is_held and intent.action not in _NEEDS_NO_DATABASE:
			# Whoever works in ERPNext waits for the database too.
			self.scheduler.after(pause, lambda: self._act(intent, min(pause * 2, 2.0)))
			return
		self._to_come -= 1
		self.result.counts[f"act.{intent.actor} {intent.action}"] += 1
		if intent.actor == "operator":
			self._act_as_operator(intent)
		else:
			act(self.stage, intent)
		self.network.arm()

	def _act_as_operator(self, intent: Intent) -> None:
		"""Carry out what an operator does, in a process that may be killed at any step of it; he does not try again."""
		steps = itertools.count()

		def reach(point: str) -> None:
			if self.stage.dice.chance(self._operator_faults.crash, "operator", intent.number, next(steps)):
				raise Killed(f"at {point}")

		self.target.on_point = reach
		try:
			act(self.stage, intent)
		except Killed as killed:
			self.result.counts["operator.crash"] += 1
			self._tell(f"{intent}: killed {killed}")
			self.target.on_point = _nothing
			self.target.restart()
		finally:
			self.target.on_point = _nothing

	def _run_the_days(self) -> None:
		# What began in the last hours goes on beyond the days, and quiet comes after the last deed.
		end = self._story.days * DAY
		while (self.scheduler.seconds < end or self._to_come) and not self.result.violations:
			self.scheduler.run(self.scheduler.seconds + _GLANCE)
			if not self.target.database.is_held:
				self._look(Moment.RUNNING)
			if self._nightly and not self.result.violations and self.scheduler.seconds % DAY < _GLANCE:
				self._night()

	def _night(self) -> None:
		"""Reconcile everything while nobody does anything, and see that both sides agree then.

		Every store is set live for it, and what is held is released: what only watches, is paused or held is told of what is lost
		and takes nothing over.
		"""
		self._is_night = True
		self._set_live()
		self._rest()
		self._reconcile()
		self.result.counts["nights"] += 1
		self._look(Moment.RECONCILED)
		self._is_night = False
		for place, intent in enumerate(self._postponed):
			self.scheduler.after(place * _MINUTE, lambda intent=intent: self._act(intent))  # type: ignore[misc]
		self._postponed.clear()

	def _come_to_rest(self) -> None:
		"""Nothing goes wrong any more, nobody does anything; what is under way comes to its end."""
		self._tell("quiet")
		for faults in (self._faults, self._api_faults):
			faults.set(**{name: 0.0 for name in vars(faults)})
		self.late.share = 0.0
		self.target.shops.wire.outage = None
		self.target.crew.faults = WorkerFaults(0, 0, 0, 0)
		self.network.faults = ReceiverFaults(0, 0, 0, 0)
		self._set_live()
		self._rest()

	def _set_live(self) -> None:
		self._wait_for_the_database()
		for store in self._story.stores:
			if self.target.settings(store.name).get("mode", "Live") != "Live":
				self.target.save_settings(store.name, mode="Live")
		operator.release_all(self.stage)

	def _rest(self) -> None:
		self.scheduler.run(self.scheduler.seconds + QUIET, self._is_at_rest)
		self._wait_for_the_database()

	def _is_at_rest(self) -> bool:
		if not self.network.is_quiet or self.target.database.is_held:
			return False
		return self.target.instance.events.next_due_at() is None

	def _wait_for_the_database(self) -> None:
		self.scheduler.run(self.scheduler.seconds + QUIET, lambda: not self.target.database.is_held)

	def _reconcile(self) -> None:
		self._tell("reconciliation")
		# What the shops' clocks are wrong by is long over.
		self.scheduler.run(self.scheduler.seconds + HOUR)
		# What the first night links, the second can compare.
		before = self.result.counts["nights"]
		for night in range(_NIGHTS):
			self._reconcile_stores(f"{before + 1}.{night + 1}")
			self._rest()
		self._reconcile_stores(f"{before + 1} afterwards", dry_run=True)

	def _reconcile_stores(self, name: str, *, dry_run: bool = False) -> None:
		"""Compare all of every store, and heal what may be healed unless it is a *dry_run*."""
		for store, shop in zip(self._story.stores, self.shops, strict=True):
			self.target.reconcile(f"{name} {store.name}", store.name, ShopReader(shop), dry_run=dry_run)

	def _look(self, moment: Moment) -> None:
		connection = self.target.database.connection()
		fresh = journal.entries(connection, self._journal_seen)
		self._journal_seen = fresh[-1].id if fresh else self._journal_seen
		world = World(
			moment=moment,
			facts=self.target.facts(),
			stage=self.stage,
			shops=self.shops,
			emitted=self.emitted,
			acknowledged=self.network.acknowledged,
			journal=journal.entries(connection) if moment is not Moment.RUNNING else fresh,
			log=self._log.lines,
			subscriptions=len(TOPICS),
			calls=self.target.shops.calls,
			reconfigured=self.target.reconfigured,
		)
		self._show(world)
		for violation in check(world):
			self._tell(f"VIOLATED: {violation}")
			self.result.violations.append(violation)

	def _count(self) -> None:
		counts = self.result.counts
		counts.update(self.target.crew.suffered)
		counts.update(self.network.suffered)
		counts.update({f"answer.{status}": number for status, number in self.network.answers.items()})
		for courier in self.network.couriers:
			counts.update({f"network.{name}": number for name, number in courier.counters.items()})
		query = "SELECT direction, status, count(*) AS number FROM sync_event GROUP BY direction, status"
		for row in self.target.database.connection().execute(query):
			way = "push" if row["direction"] == Way.OUTBOUND else "status"
			counts[f"{way}.{row['status']}"] += row["number"]
		counts.update(f"call.{ended.outcome}" for ended in self.target.shops.calls.ended.values())
		counts["late calls"] += self.late.count
		for name, call in self.target.shops.calls.started.items():
			ended = self.target.shops.calls.ended.get(name)
			done = ended is not None and ended.outcome is CallOutcome.ANSWERED
			counts["set"] += done and call.operation == "InventorySetQuantities"
			counts["fulfilled"] += done and call.operation == "FulfillmentCreate"
			counts["returned"] += done and call.operation == "ReturnCreate"
		row = self.target.database.connection().execute("SELECT count(*) AS number FROM sync_attempt").fetchone()
		counts["attempts"] += row["number"]
		query = "SELECT count(*) AS number FROM sync_attempt WHERE outcome = 'Held' AND message LIKE '%is held%'"
		counts["held"] += self.target.database.connection().execute(query).fetchone()["number"]
		counts["webhooks"] += len(self.emitted)
		counts["intents"] += len(self._story.intents)
		counts["orders"] += sum(len(shop.orders.all) for shop in self.shops)


def _nothing(point: str) -> None:
	"""Stand in the place of a fault while none may strike."""


def run(seed: int, story: Story, profile: Profile, look: Callable[[World], None] = lambda world: None) -> Result:
	"""Run one world and return how it went. *look* is shown the world whenever the rules are looked at."""
	with _capturing() as log, tempfile.TemporaryDirectory(prefix="shopify-sync-", dir=_fast_folder()) as folder:
		return EmbeddedWorld(seed, story, profile, Path(folder), log, look).run()


@contextmanager
def _capturing() -> Iterator[_Log]:
	"""Keep what the product logs to ourselves: a simulated breakdown is nobody's alarm."""
	logger, log = logging.getLogger("shopify_sync"), _Log()
	propagates, level = logger.propagate, logger.level
	logger.addHandler(log)
	logger.propagate = False
	logger.setLevel(logging.DEBUG)
	try:
		yield log
	finally:
		logger.removeHandler(log)
		logger.propagate = propagates
		logger.setLevel(level)


def _fast_folder() -> str | None:
	"""Return a folder in memory where the system has one: nothing of a simulated world must survive a power cut."""
	memory = Path("/dev/shm")  # noqa: S108 -- a folder of its own is made in it
	return str(memory) if os.access(memory, os.W_OK) else None
