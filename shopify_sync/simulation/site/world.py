"""One world on a real site: the story's clock is turned as fast as its people can act, and real workers work meanwhile.

A simulated day takes seconds. What people do and what the network does is settled by the seed, as everywhere; how far a worker
has come when something happens is not, so a failure may need several runs to be seen again.
"""

from __future__ import annotations

import heapq
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import frappe
from erpnext.accounts.utils import get_fiscal_year
from frappe.utils import nowdate

from shopify_sync.jobs import sweep
from shopify_sync.simulator.clock import ManualClock
from shopify_sync.simulator.dice import Dice
from shopify_sync.simulator.shop.records import Webhook
from shopify_sync.simulator.webhooks.courier import Courier

from .. import reconciling, shops
from ..actors import act, operator
from ..invariants import Moment, Violation, World, check
from ..opening import TOPICS, open_stores, subscribe
from ..profiles import Profile, ReceiverFaults
from ..result import Result
from ..stage import Stage
from ..story import DAY, Story
from . import ledger
from .ground import Ground
from .logs import Logs
from .network import Network
from .target import SiteTarget
from .workers import Blow, Crew, is_called

#: Real seconds after which a world that is left alone must have come to rest.
REST_SECONDS = 120.0
#: How often the rules that hold at every moment are looked at, in the story's time.
_GLANCE = 4 * 3600.0
#: Real time: how often the sweeper looks (on a site of the real world, every minute), and how often retries come forward.
_SWEEP_SECONDS, _LAPSE_SECONDS = 1.5, 0.3
#: After a pause in the story as long as this, people act later in real time too: often at once, often when the workers have
#: got through everything, or after as many real seconds as this.
_PAUSE = timedelta(seconds=5)
_LET_THEM_WORK, _REAL_PAUSE = 0.5, 1.0
#: How long is waited for a worker to be in the middle of an event before it is killed, and how long it then goes on.
_WAIT_FOR_WORK, _INTO_THE_WORK = 1.5, (0.0, 0.3)
#: The story's seconds that pass at a stroke when nothing happens any more: longer than any lease and any pause before a retry.
_LONG = 2 * 3600


class NoRest(Exception):
	"""Raised when the site does not come to rest."""


class SiteWorld:
	"""Puts everything together for one story on the connected site, and runs it.

	:param story: its stores are named for this run. :param crew: the workers; they outlive the world.
	"""

	def __init__(self, seed: int, story: Story, profile: Profile, crew: Crew, logs: Logs) -> None:
		self.result = Result(seed)
		self._story = story
		self._profile = profile
		self._crew = crew
		self._logs = logs
		self._start = _first_morning()
		self.clock = ManualClock(self._start)
		self._dice = Dice(f"world/{profile.name}/{seed}")
		self.shops = [
			shops.open_shop(store, self.clock, Dice(f"shop/{profile.name}/{seed}/{store.index}")) for store in story.stores
		]
		set_ups = [shops.set_up(store, shop) for store, shop in zip(story.stores, self.shops, strict=True)]
		ground = Ground(story.stores, (self._start - timedelta(days=1)).date())
		self.target = SiteTarget(ground, set_ups, crew, self._begin_outage)
		self.emitted: list[Webhook] = []
		for shop in self.shops:
			shop.listeners.append(self.emitted.append)
		self._faults = replace(profile.network)
		couriers = [Courier(shop, self._faults, self._dice) for shop in self.shops]
		self.network = Network(self.clock, couriers, self.target, self._dice, profile.receiver, self._tell)
		self.stage = Stage(story, self.shops, self.target, self._dice, self._tell)
		self._agenda: list[tuple[datetime, int, Callable[[], None]]] = []
		self._number = 0
		self._down_until = self._start
		self._swept, self._lapsed = 0.0, 0.0
		self._lapsed_at = self._start
		self._ended: set[str] = set()

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
			self._violated(Violation("comes to rest", "the site", str(error)))
		except Exception as error:
			# Whatever people do may be refused; nothing that they do may break the host.
			frappe.db.rollback()
			self._violated(Violation("nothing breaks", type(error).__name__, traceback.format_exc(limit=-4)))
		self.result.simulated_seconds = (self.clock.now() - self._start).total_seconds()
		self._count()
		return self.result

	def _tell(self, line: str) -> None:
		days, seconds = divmod((self.clock.now() - self._start).total_seconds(), DAY)
		minutes, rest = divmod(seconds, 60)
		self.result.trace.append(f"{days:.0f}d {minutes // 60:02.0f}:{minutes % 60:02.0f}:{rest:06.3f}  {line}")

	# --- the days --------------------------------------------------------------------------------------------------

	def _begin(self) -> None:
		open_stores(self.stage)
		self._crew.start(self._story.workers)
		self._crew.wait_until_up()
		for intent in self._story.intents:
			self._at(self._start + timedelta(seconds=intent.at), lambda intent=intent: act(self.stage, intent))  # type: ignore[misc]
		self._plan_kills()
		for number in range(1, int(self._story.days * DAY / _GLANCE) + 1):
			self._at(self._start + timedelta(seconds=number * _GLANCE), lambda: self._look(Moment.RUNNING))

	def _plan_kills(self) -> None:
		"""Have workers killed just after something happened in a shop: then they are busy."""
		few, many = self._profile.kills
		busy = [intent.at for intent in self._story.intents if intent.actor == "shop"] or [0.0]
		for number in range(round(self._dice.between(few, many, "kills") * max(self._story.days, 1e-9))):
			at = self._dice.pick(busy, "kill", number) + self._dice.uniform(0.5, 3.0, "kill", number, "after")
			self._at(self._start + timedelta(seconds=at), lambda number=number: self._kill(number))  # type: ignore[misc]

	def _kill(self, number: int) -> None:
		deadline = time.monotonic() + _WAIT_FOR_WORK
		while not (busy := self._crew.alive_among(ledger.busy_workers(self.target.stores))) and time.monotonic() < deadline:
			time.sleep(0.02)
		time.sleep(self._dice.uniform(*_INTO_THE_WORK, "kill", number, "into"))
		seconds = self._dice.uniform(0.0, 1.5, "kill", number, "seconds")
		how = self._dice.weighted(((Blow.WORKER, 4), (Blow.WORK_HORSE, 3), (Blow.FREEZE, 3)), "kill", number, "how")
		done = self._crew.strike(how, seconds, busy)
		self.result.counts["worker.freeze" if how is Blow.FREEZE else "worker.crash"] += done is not None
		self._tell(f"{how.value}: {done or 'nobody is there'}")

	def _begin_outage(self, seconds: float) -> None:
		self._down_until = max(self._down_until, self.clock.now() + timedelta(seconds=seconds))
		self._at(self._down_until, self._end_outage)

	def _end_outage(self) -> None:
		if self._crew.is_down and self.clock.now() >= self._down_until:
			self._crew.start(self._story.workers)
			self._tell("the server is back")

	def _at(self, moment: datetime, act: Callable[[], None]) -> None:
		self._number += 1
		heapq.heappush(self._agenda, (moment, self._number, act))

	def _run_the_days(self) -> None:
		"""Carry out what comes next, until nothing comes any more. Turning the clock costs nothing; what people do takes real time."""
		while not self.result.violations:
			arrival = self.network.next_at()
			planned = self._agenda[0][0] if self._agenda else None
			if arrival is None and planned is None:
				return
			if planned is None or (arrival is not None and arrival <= planned):
				self._turn_to(arrival or self.clock.now())
				self.network.step()
			else:
				self._turn_to(planned)
				heapq.heappop(self._agenda)[2]()

	def _turn_to(self, moment: datetime) -> None:
		waited = moment - self.clock.now()
		self.clock.turn_to(moment)
		self._tick()
		self._number += 1
		if waited >= _PAUSE and self._dice.chance(_LET_THEM_WORK, "pause", self._number):
			self._let_them_work(time.monotonic() + _REAL_PAUSE)

	def _let_them_work(self, until: float) -> None:
		while not self._crew.is_down and time.monotonic() < until and ledger.under_way(self.target.stores):
			time.sleep(0.05)
			self._tick()

	def _tick(self) -> None:
		"""Do what must be done every so often in real time."""
		self._crew.look_after()
		now = time.monotonic()
		if now - self._lapsed >= _LAPSE_SECONDS:
			self._lapsed = now
			self._let_pass()
		if now - self._swept >= _SWEEP_SECONDS and not self._crew.is_down:
			self._swept = now
			if not is_called():
				sweep.run()

	def _let_pass(self) -> None:
		"""Let the ledger live through the time that the story's clock was turned by."""
		seconds = int((self.clock.now() - self._lapsed_at).total_seconds())
		self._lapsed_at += timedelta(seconds=seconds)
		if seconds:
			ledger.let_pass(self.target.stores, seconds)

	# --- afterwards ------------------------------------------------------------------------------------------------

	def _come_to_rest(self) -> None:
		"""Nothing goes wrong any more, nobody does anything; what is under way comes to its end."""
		self._tell("quiet")
		self._faults.set(**{name: 0.0 for name in vars(self._faults)})
		self.network.faults = ReceiverFaults(0, 0, 0, 0)
		self._crew.start(self._story.workers)
		for store in self._story.stores:
			if self.target.settings(store.name).get("mode", "Live") != "Live":
				self.target.save_settings(store.name, mode="Live")
		operator.release_all(self.stage)
		self._rest()

	def _rest(self) -> None:
		deadline = time.monotonic() + REST_SECONDS
		while left := ledger.under_way(self.target.stores):
			if time.monotonic() > deadline:
				raise NoRest(f"{left} event(s) are still under way after {REST_SECONDS:.0f} s")
			self._tick()
			ledger.let_pass(self.target.stores, _LONG)
			time.sleep(0.05)
		self._tell_what_ended()

	def _reconcile(self) -> None:
		self.clock.advance(_LONG)
		self._tell("reconciliation")
		for store, shop in zip(self._story.stores, self.shops, strict=True):
			subscribe(shop)
			for event in reconciling.signals(shop, store.name, "1"):
				self.target.record(event)
		self._swept = 0.0
		self._rest()

	def _look(self, moment: Moment) -> None:
		world = World(
			moment=moment,
			facts=self.target.facts(),
			stage=self.stage,
			shops=self.shops,
			emitted=self.emitted,
			acknowledged=self.network.acknowledged,
			journal=None,
			log=self._logs.lines() if moment is not Moment.RUNNING else (),
			subscriptions=len(TOPICS),
		)
		for violation in check(world):
			self._violated(violation)

	def _violated(self, violation: Violation) -> None:
		self._tell(f"VIOLATED: {violation}")
		self.result.violations.append(violation)

	def _tell_what_ended(self) -> None:
		facts = self.target.facts()
		for event in facts.events.values():
			if event.name not in self._ended:
				self._ended.add(event.name)
				self._tell(
					f"{event.name} ({event.topic}) ends as {event.status} after {event.attempts} attempt(s) {event.message[:100]}"
				)

	def _count(self) -> None:
		counts = self.result.counts
		facts = self.target.facts()
		counts.update(self.network.suffered)
		counts.update({f"answer.{status}": number for status, number in self.network.answers.items()})
		for courier in self.network.couriers:
			counts.update({f"network.{name}": number for name, number in courier.counters.items()})
		counts.update(f"status.{event.status}" for event in facts.events.values())
		counts["attempts"] += len(facts.attempts)
		counts["webhooks"] += len(self.emitted)
		counts["intents"] += len(self._story.intents)
		counts["orders"] += sum(len(shop.orders.all) for shop in self.shops)


def _first_morning() -> datetime:
	"""Return when the stories of this fiscal year begin: the same moment at every run, for which the site has books."""
	_name, first, _last = get_fiscal_year(nowdate())
	return datetime.combine(first + timedelta(days=1), datetime.min.time(), timezone.utc) + timedelta(hours=6)
