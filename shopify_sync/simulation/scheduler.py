"""Simulated time, and the order in which everything happens in it.

Plain calls run one after the other. A task (a worker) has a thread of its own, because the engine is ordinary code that
calls the database in the middle of things; but only one thread ever runs, and the scheduler says which. So the interleaving
of workers is decided by the times they sleep until, which come from the seed, and not by the machine.
"""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

#: A simulation that takes more steps than this does not come to rest.
MAX_STEPS = 400_000


class Killed(BaseException):
	"""Raised inside a task at the point where its process is killed. Not an Exception: nothing in the engine may catch it."""


class NoRest(Exception):
	"""Raised when the world goes on for ever."""


class Task:
	"""A thread that runs only while it holds the baton."""

	def __init__(self, scheduler: Scheduler, name: str, work: Callable[[], None]) -> None:
		self.name = name
		self.ended = False
		self.killed = False
		self.error: BaseException | None = None
		self.dozes = False
		self._scheduler = scheduler
		self._work = work
		self._go = threading.Lock()
		self._go.acquire()
		self._thread = threading.Thread(target=self._run, name=name, daemon=True)
		self._thread.start()

	def resume(self) -> None:
		"""Hand the baton over and wait until it comes back."""
		if self.ended:
			return
		self._scheduler.current, before = self, self._scheduler.current
		self._go.release()
		self._scheduler.baton.acquire()
		self._scheduler.current = before
		if self.ended:
			self._thread.join()
			if self.error:
				raise self.error

	def park(self) -> None:
		"""Give the baton back until :meth:`resume`. :raises Killed: when the task was killed meanwhile."""
		self._scheduler.baton.release()
		self._go.acquire()
		if self.killed:
			raise Killed(self.name)

	def kill(self) -> None:
		"""Kill the task where it is parked; what it has not committed is rolled back."""
		self.killed = True
		self.resume()

	def _run(self) -> None:
		self._go.acquire()
		try:
			if not self.killed:
				self._work()
		except Killed:
			pass
		except BaseException as error:
			self.error = error
		finally:
			self.ended = True
			self._scheduler.baton.release()


class Scheduler:
	"""A clock that jumps from one thing to the next. Implements simulator/clock.py `Clock`."""

	def __init__(self, start: datetime) -> None:
		self.start = start
		self.current: Task | None = None
		self.baton = threading.Lock()
		self.baton.acquire()
		self.steps = 0
		self._now = 0.0
		self._heap: list[tuple[float, int, Callable[[], None]]] = []
		self._numbers = itertools.count()
		self._tasks: list[Task] = []

	def now(self) -> datetime:
		"""Return the time, UTC."""
		return self.start + timedelta(seconds=self._now)

	@property
	def seconds(self) -> float:
		"""How much time has passed."""
		return self._now

	def after(self, seconds: float, call: Callable[[], None]) -> None:
		"""Make *call* in so many seconds."""
		self.at(self._now + seconds, call)

	def at(self, seconds: float, call: Callable[[], None]) -> None:
		"""Make *call* when so many seconds have passed since the start; at once when they have."""
		heapq.heappush(self._heap, (max(seconds, self._now), next(self._numbers), call))

	def spawn(self, name: str, work: Callable[[], None]) -> Task:
		"""Start a task, now."""
		task = Task(self, name, work)
		self._tasks = [other for other in self._tasks if not other.ended]
		self._tasks.append(task)
		self.at(self._now, task.resume)
		return task

	def sleep(self, seconds: float) -> None:
		"""Let *seconds* pass for the task that calls; others run meanwhile."""
		wake = self._now + seconds
		task = self._running()
		self._count()
		if self._heap and self._heap[0][0] <= wake:
			self.at(wake, task.resume)
			task.park()
		else:
			# Nothing happens before: no need to hand the baton round.
			self._now = wake

	def doze(self) -> None:
		"""Let time pass for the task that calls until somebody calls :meth:`wake`."""
		task = self._running()
		task.dozes = True
		task.park()

	def wake(self, task: Task) -> bool:
		"""Wake a task that dozes. Return whether it did."""
		if task.ended or not task.dozes:
			return False
		task.dozes = False
		self.at(self._now, task.resume)
		return True

	def _running(self) -> Task:
		if self.current is None:
			raise RuntimeError("only a task can sleep")
		return self.current

	def run(self, until: float, rest: Callable[[], bool] = lambda: False) -> None:
		"""Let everything happen that is due until so many seconds have passed, or until *rest* says that all is done.

		:raises NoRest: when it never ends.
		"""
		while self._heap and self._heap[0][0] <= until and not rest():
			moment, _number, call = heapq.heappop(self._heap)
			self._now = max(self._now, moment)
			self._count()
			call()
		if not rest():
			self._now = max(self._now, until)

	def close(self) -> None:
		"""Kill what still runs, so that no thread is left."""
		for task in self._tasks:
			if not task.ended:
				task.kill()
		self._tasks.clear()
		self._heap.clear()

	def _count(self) -> None:
		self.steps += 1
		if self.steps > MAX_STEPS:
			raise NoRest(f"more than {MAX_STEPS} steps")
