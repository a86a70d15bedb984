"""The workers in a simulated world: processes that take time at every step, stop there, are killed there, and come back."""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from collections.abc import Callable, Sequence

from shopify_sync.core import ports
from shopify_sync.core.events import ClaimedEvent, NewEvent, Receipt
from shopify_sync.core.outbound.ports import Outbox
from shopify_sync.core.outbound.pusher import Pusher
from shopify_sync.core.policy import StorePolicy
from shopify_sync.embedded_host.config import Config
from shopify_sync.embedded_host.host import EmbeddedHost, Instance
from shopify_sync.embedded_host.push_host import ToShops
from shopify_sync.simulator.dice import Dice

from ..profiles import WorkerFaults
from ..scheduler import Killed, Scheduler, Task
from .database import SimulatedDatabase
from .wire import WiredShops

#: A step takes this long: usually, and now and then.
_STEP_SECONDS = (0.001, 0.06)
_SLOW_STEP_SECONDS = (0.5, 12.0)
_SLOW = 0.01
#: A frozen process stands still so long; a lease lasts 300 s.
_FREEZE_SECONDS = (5.0, 900.0)
_RESTART_SECONDS = (1.0, 90.0)
#: At these steps the database may ask for another try: those inside a transaction.
_IN_TRANSACTION = frozenset(("begun", "locked", "read", "decided", "linked", "recorded", "before_commit", "commit"))


class SimulatedFault(RuntimeError):
	"""What code raises that nobody expected."""


class SimulatedHost(EmbeddedHost):
	"""The embedded host with the time, chance and sleep of the simulation."""

	def __init__(self, instance: Instance, worker: Worker) -> None:
		super().__init__(instance.database, instance.config, instance.events, worker.name, instance.clock)
		self.events: ports.EventLog = _Watched(instance.events, worker.has_claimed)
		self._worker = worker

	def policy(self, store: str) -> StorePolicy:
		"""Return the store's settings as they stand when the attempt begins, as on a site: not as they were before the claim."""
		self._config = self._worker.settings()
		return super().policy(store)

	def jitter(self) -> float:
		"""Return the worker's own chance."""
		return self._worker.throw()

	def sleep(self, seconds: float) -> None:
		"""Wait, in simulated time."""
		self._worker.scheduler.sleep(seconds)


class SimulatedPushHost(ToShops, SimulatedHost):
	"""The host of a pusher in the time of the simulation."""

	def __init__(self, instance: Instance, worker: Worker, shops: WiredShops) -> None:
		super().__init__(instance, worker)
		self.outbox: Outbox = _WatchedOutbox(instance.events, worker.has_claimed)
		self._shops = shops


class _WatchedOutbox:
	"""The outbox, and a word to the worker when it has claimed something."""

	def __init__(self, events: Outbox, on_claim: Callable[[ClaimedEvent], None]) -> None:
		self._events = events
		self._on_claim = on_claim

	def due_stores(self) -> Sequence[tuple[str, str]]:
		return self._events.due_stores()

	def claim_batch(self, worker: str, lease_seconds: float, store: str, resource: str, limit: int) -> Sequence[ClaimedEvent]:
		claimed = self._events.claim_batch(worker, lease_seconds, store, resource, limit)
		for event in claimed[:1]:
			self._on_claim(event)
		return claimed


class _Watched:
	"""The ledger, and a word to the worker when it has claimed something."""

	def __init__(self, events: ports.EventLog, on_claim: Callable[[ClaimedEvent], None]) -> None:
		self._events = events
		self._on_claim = on_claim

	def record(self, event: NewEvent) -> Receipt:
		return self._events.record(event)

	def due(self) -> bool:
		return self._events.due()

	def claim(self, worker: str, lease_seconds: float) -> ClaimedEvent | None:
		event = self._events.claim(worker, lease_seconds)
		if event is not None:
			self._on_claim(event)
		return event


class Worker:
	"""One process that drains, dozes until it is woken, and may die at any step."""

	def __init__(self, crew: Crew, name: str) -> None:
		self.name = name
		self.scheduler = crew.scheduler
		self._crew = crew
		self._rests = 0
		# Named after the event at hand, so that what happens to it does not depend on what else happens.
		self._throws = self._thrower(f"idle/{name}")
		self.task: Task = crew.scheduler.spawn(name, self._run)

	def settings(self) -> Config:
		"""Return the host's settings as they are now."""
		return self._crew.instance().config

	def throw(self) -> float:
		"""Return this worker's next random number."""
		return self._throws.random()

	def _thrower(self, about: str) -> random.Random:
		# Seeded by name, then one after the other: a name for each of the forty throws of an attempt would cost a tenth of all.
		return random.Random(self._crew.dice.bits("worker", about))  # noqa: S311 -- repeatable, guards nothing

	def has_claimed(self, event: ClaimedEvent) -> None:
		"""Take note of the event at hand."""
		self._throws = self._thrower(f"{event.name}/{event.attempts}")
		self._crew.tell(f"{self.name} claims {event.name} ({event.topic}), attempt {event.attempts}")

	def step(self, step: str) -> None:
		"""Reach a step: it takes time, and something may happen."""
		faults = self._crew.faults
		# One throw for how long it takes, one for what happens.
		share = self.throw()
		(low, high), share = (_SLOW_STEP_SECONDS, share / _SLOW) if share < _SLOW else (_STEP_SECONDS, share)
		self.scheduler.sleep(low + (high - low) * share)
		happens = self.throw()
		for fault, probability in (
			("crash", faults.crash),
			# A process that stands still between its last look at the clock and the socket may send what is old, whatever it does.
			("freeze", 0.0 if step == "calling" else faults.freeze),
			("deadlock", faults.deadlock),
			("error", faults.error),
		):
			if happens < probability:
				self._suffer(fault, step)
				return
			happens -= probability

	def _suffer(self, fault: str, step: str) -> None:
		if fault in ("deadlock", "error") and step not in _IN_TRANSACTION:
			return
		self._crew.suffered[f"worker.{fault}"] += 1
		self._crew.tell(f"{self.name} at {step}: {fault}")
		if fault == "crash":
			raise Killed(self.name)
		if fault == "freeze":
			low, high = _FREEZE_SECONDS
			self.scheduler.sleep(low + (high - low) * self.throw())
		elif fault == "deadlock":
			raise sqlite3.OperationalError("database is locked")
		else:
			raise SimulatedFault(f"nobody expected this at {step}")

	def _run(self) -> None:
		try:
			while True:
				self._drain()
				self._rests += 1
				self._throws = self._thrower(f"idle/{self.name}/{self._rests}")
				self._crew.idle(self)
				self.scheduler.doze()
		except Killed:
			self._crew.died(self)
			raise

	def _drain(self) -> None:
		try:
			while result := self._crew.instance().engine(self.name, self.step).run_one():
				self._crew.ended(result.event, result.status)
		except (sqlite3.Error, SimulatedFault) as error:
			# As a real worker: the ledger could not be read or written. The events are still there.
			self._crew.tell(f"{self.name} could not go on: {error}")


class PushWorker(Worker):
	"""One process that pushes what ERPNext changed, dozes until it is woken, and may die at any step."""

	def _drain(self) -> None:
		try:
			crew = self._crew
			Pusher(SimulatedPushHost(crew.instance(), self, crew.shops()), self.step).drain()
		except (sqlite3.Error, SimulatedFault) as error:
			self._crew.tell(f"{self.name} could not go on: {error}")


class Crew:
	"""All workers, and who replaces them when they die.

	:param instance: returns the host's instance as it is configured now; *shops*: the way to the shops' Admin API.
	:param ended: told of every attempt that came to an end.
	"""

	def __init__(
		self,
		scheduler: Scheduler,
		database: SimulatedDatabase,
		dice: Dice,
		faults: WorkerFaults,
		instance: Callable[[], Instance],
		shops: Callable[[], WiredShops],
		tell: Callable[[str], None],
		ended: Callable[[str, object], None],
	) -> None:
		self.scheduler = scheduler
		self.dice = dice
		self.faults = faults
		self.instance = instance
		self.shops = shops
		self.tell = tell
		self.ended = ended
		self.suffered: Counter[str] = Counter()
		self._database = database
		self._workers: list[Worker] = []
		self._lives = 0
		self._down_until = 0.0
		self._sweep_at: float | None = None

	def start(self, count: int, pushers: int = 0) -> None:
		"""Start so many workers, and so many that push."""
		for _number in range(count):
			self._hire(Worker)
		for _number in range(pushers):
			self._hire(PushWorker)

	def worker(self, name: str) -> Worker | None:
		"""Return the worker of that name."""
		return next((worker for worker in self._workers if worker.name == name), None)

	def on_point(self, point: str) -> None:
		"""Tell the worker that runs, if one does, how far its transaction is."""
		for worker in self._workers:
			if worker.task is self.scheduler.current:
				worker.step(point)

	def wake(self) -> bool:
		"""Wake one worker that dozes, if one does; the others look by themselves when they are done. Return whether one did."""
		return any(self.scheduler.wake(worker.task) for worker in self._workers if not isinstance(worker, PushWorker))

	def wake_pusher(self) -> bool:
		"""Wake one worker that pushes, if one dozes. Return whether one did."""
		return any(self.scheduler.wake(worker.task) for worker in self._workers if isinstance(worker, PushWorker))

	def idle(self, worker: Worker) -> None:
		"""Take note that a worker found nothing more; what becomes due later is the sweeper's."""
		self._database.close()
		self.arm_sweeper()

	def arm_sweeper(self) -> None:
		"""Have the sweeper, which runs every minute, look at the first full minute at which something is due."""
		if self._sweep_at is not None and self._sweep_at <= (self.scheduler.seconds // 60 + 1) * 60:
			return  # it cannot look any earlier
		due = self.instance().events.next_due_at()
		if due is None:
			return
		seconds = max((due - self.scheduler.start).total_seconds(), self.scheduler.seconds)
		at = (seconds // 60 + 1) * 60
		if self._sweep_at is None or at < self._sweep_at:
			self._sweep_at = at
			self.scheduler.at(at, lambda: self._sweep(at))

	def died(self, worker: Worker) -> None:
		"""Take a worker off the list, and hire another after a while."""
		self._workers.remove(worker)
		self._database.close()
		self._lives += 1
		pause = self.dice.uniform(*_RESTART_SECONDS, "restart", self._lives)
		self.scheduler.at(max(self.scheduler.seconds + pause, self._down_until), lambda: self._hire(type(worker)))

	def kill_all(self, seconds: float) -> None:
		"""Kill every worker; they are back after *seconds* at the earliest."""
		self._down_until = max(self._down_until, self.scheduler.seconds + seconds)
		for worker in list(self._workers):
			worker.task.kill()

	@property
	def is_down(self) -> bool:
		"""Whether the server is gone."""
		return self.scheduler.seconds < self._down_until

	def _hire(self, kind: type[Worker]) -> None:
		self._lives += 1
		# A worker that starts looks at once.
		name = "pusher" if kind is PushWorker else "worker"
		self._workers.append(kind(self, f"{name}-{self._lives}"))

	def _sweep(self, at: float) -> None:
		if self._sweep_at != at:
			return
		self._sweep_at = None
		if self.instance().events.due():
			self.wake()
		if self.instance().events.due_stores():
			self.wake_pusher()
		self.arm_sweeper()
