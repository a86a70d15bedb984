"""Several workers, lost wake-ups, lost leases and busy databases."""

from __future__ import annotations

from collections.abc import Callable

from shopify_sync.core.engine import LEASE_SECONDS

from .bench import Bench
from .checks import APPLY, DIED, actions, live, only, same, status
from .group import Group
from .payloads import moment, new_id, order, send

CASES = Group()


def once(step: str, act: Callable[[], None]) -> Callable[[str], None]:
	"""Return a probe that acts when *step* is reached for the first time."""
	done: list[str] = []

	def probe(reached: str) -> None:
		if reached == step and not done:
			done.append(step)
			act()

	return probe


@CASES.case
def four_workers_at_once_carry_out_each_event_once(bench: Bench) -> None:
	bench.set_up()
	names = [send(bench, "orders/create", order(bench, new_id())) for _number in range(24)]
	claimed = bench.run_concurrently([bench.drain] * 4, threads=4)
	same(sum(claimed), 24, "events claimed")
	same([len(bench.attempts(name)) for name in names], [1] * 24, "attempts of each")
	same(len(live(bench)), 24, "Sales Orders")


@CASES.case
def an_event_whose_wake_up_was_lost_is_carried_out_all_the_same(bench: Bench) -> None:
	bench.set_up()
	with bench.losing_wakes():
		name = send(bench, "orders/create", order(bench, new_id()))
	status(bench, name, "Received")
	bench.sweep()
	status(bench, name, "Applied")
	only(bench)


@CASES.case
def a_worker_that_froze_past_its_lease_rolls_back(bench: Bench) -> None:
	# So that the retry does not fall due while the frozen worker still drains, however slow the machine is.
	bench.set_up(retry_base_seconds=3600, retry_cap_seconds=3600)
	name = send(bench, "orders/create", order(bench, new_id()))

	def fail(step: str) -> None:
		if step == "decided":
			raise RuntimeError("the other worker meets an error")

	def another_worker_takes_over() -> None:
		bench.let_pass(LEASE_SECONDS + 1)
		bench.drain(fail)
		status(bench, name, "Retrying")

	bench.drain(once("claimed", another_worker_takes_over))
	# The frozen worker went on to create the order, and had to take it back: the event is no longer its own.
	status(bench, name, "Retrying")
	same(bench.documents("Sales Order") + bench.documents("Customer"), [], "documents of the frozen worker")
	bench.let_pass(7200)
	bench.drain()
	status(bench, name, "Applied")
	only(bench)


@CASES.case
def a_worker_that_froze_past_its_lease_rolls_back_while_another_holds_the_event(bench: Bench) -> None:
	bench.set_up()
	name = send(bench, "orders/create", order(bench, new_id()))

	def another_worker_claims_it_and_dies() -> None:
		bench.let_pass(LEASE_SECONDS + 1)
		bench.crash_at("claimed")

	bench.drain(once("claimed", another_worker_claims_it_and_dies))
	same(status(bench, name, "Processing").attempts, 2, "attempts")
	same(bench.documents("Sales Order") + bench.documents("Customer"), [], "documents of the frozen worker")
	bench.let_pass(LEASE_SECONDS + 1)
	bench.sweep()
	status(bench, name, "Applied")
	same(actions(bench, name), [DIED, DIED, APPLY], "evidence")
	only(bench)


@CASES.case
def a_worker_whose_event_was_finished_by_another_changes_nothing(bench: Bench) -> None:
	bench.set_up()
	name = send(bench, "orders/create", order(bench, new_id()))

	def another_worker_finishes() -> None:
		bench.let_pass(LEASE_SECONDS + 1)
		bench.drain()
		status(bench, name, "Applied")

	bench.drain(once("claimed", another_worker_finishes))
	event = status(bench, name, "Applied")
	same(event.attempts, 2, "attempts")
	same(actions(bench, name), [DIED, APPLY], "evidence")
	only(bench)


@CASES.case
def a_newer_state_that_arrives_while_the_older_is_carried_out_wins(bench: Bench) -> None:
	bench.set_up()
	order_id = new_id()
	payload = order(bench, order_id)
	cancelled = {**payload, "updated_at": moment(9), "cancelled_at": moment(9)}

	def the_newer_one_comes_and_is_carried_out() -> None:
		send(bench, "orders/cancelled", cancelled)
		bench.drain()

	old = send(bench, "orders/create", payload)
	bench.drain(once("claimed", the_newer_one_comes_and_is_carried_out))
	status(bench, old, "Superseded")
	same(live(bench), [], "live Sales Orders")


@CASES.case
def contention_starts_the_transaction_again_and_costs_no_attempt(bench: Bench) -> None:
	bench.set_up()
	name = send(bench, "orders/create", order(bench, new_id()))
	left = [3]

	def busy(step: str) -> None:
		if step == "before_commit" and left[0]:
			left[0] -= 1
			raise bench.contention()

	bench.drain(busy)
	event = status(bench, name, "Applied")
	same(event.attempts, 1, "attempts")
	same([attempt.restarts for attempt in bench.attempts(name)], [3], "restarts in the evidence")
	only(bench)


@CASES.case
def contention_without_end_becomes_a_retry(bench: Bench) -> None:
	bench.set_up()
	name = send(bench, "orders/create", order(bench, new_id()))

	def busy(step: str) -> None:
		if step == "decided":
			raise bench.contention()

	bench.drain(busy)
	same(status(bench, name, "Retrying").category, "Database contention", "category")
	bench.let_pass(7200)
	bench.drain()
	status(bench, name, "Applied")
	only(bench)
