"""Simulated time: one thread at a time, in an order that only the times decide."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta, timezone

import pytest

from shopify_sync.simulation.scheduler import Killed, NoRest, Scheduler

START = datetime(2026, 11, 20, tzinfo=timezone.utc)


def test_calls_come_in_the_order_of_their_times_and_then_of_their_asking() -> None:
	scheduler, seen = Scheduler(START), []
	for name, at in (("late", 9.0), ("first", 1.0), ("second", 1.0)):
		scheduler.at(at, lambda name=name: seen.append((name, scheduler.now())))
	scheduler.run(5.0)
	assert seen == [("first", START + timedelta(seconds=1)), ("second", START + timedelta(seconds=1))]
	assert scheduler.seconds == 5.0
	scheduler.close()


def test_tasks_interleave_by_what_they_sleep() -> None:
	scheduler, seen = Scheduler(START), []

	def work(name: str, pause: float) -> None:
		for step in range(3):
			seen.append(f"{name}{step}")
			scheduler.sleep(pause)

	scheduler.spawn("a", lambda: work("a", 2.0))
	scheduler.spawn("b", lambda: work("b", 3.0))
	scheduler.run(60.0)
	assert seen == ["a0", "b0", "a1", "b1", "a2", "b2"]
	scheduler.close()


def test_a_task_that_dozes_goes_on_when_it_is_woken_and_not_before() -> None:
	scheduler, seen = Scheduler(START), []

	def work() -> None:
		scheduler.doze()
		seen.append(scheduler.seconds)

	task = scheduler.spawn("sleeper", work)
	scheduler.at(7.0, lambda: scheduler.wake(task))
	scheduler.run(60.0)
	assert seen == [7.0]
	assert not scheduler.wake(task), "a task that ended cannot be woken"
	scheduler.close()


def test_a_killed_task_cleans_up_and_nothing_catches_it() -> None:
	scheduler, seen = Scheduler(START), []

	def work() -> None:
		try:
			try:
				scheduler.sleep(100.0)
			except Exception:
				seen.append("caught")
		finally:
			seen.append("rolled back")

	task = scheduler.spawn("victim", work)
	scheduler.at(50.0, lambda: None)
	scheduler.run(10.0)
	task.kill()
	assert seen == ["rolled back"] and task.ended
	scheduler.run(200.0)
	assert seen == ["rolled back"], "its alarm wakes nobody"


def test_what_a_task_raises_comes_out() -> None:
	scheduler = Scheduler(START)

	def work() -> None:
		raise ValueError("a bug of the simulation itself")

	scheduler.spawn("broken", work)
	with pytest.raises(ValueError, match="a bug of the simulation"):
		scheduler.run(1.0)


def test_closing_leaves_no_thread() -> None:
	before = threading.active_count()
	scheduler = Scheduler(START)
	for number in range(5):
		scheduler.spawn(f"task {number}", lambda: scheduler.sleep(10.0) or scheduler.doze())
	scheduler.run(5.0)
	scheduler.close()
	assert threading.active_count() == before


def test_a_world_that_never_rests_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
	monkeypatch.setattr("shopify_sync.simulation.scheduler.MAX_STEPS", 100)
	scheduler = Scheduler(START)

	def again() -> None:
		scheduler.after(0.0, again)

	again()
	with pytest.raises(NoRest):
		scheduler.run(1.0)


def test_killed_is_no_exception() -> None:
	assert not issubclass(Killed, Exception), "the engine catches Exception; a kill must go through it"
