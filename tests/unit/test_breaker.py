"""The circuit breaker: when it opens, how long it stays open, who may try."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from shopify_sync.core.calls.breaker import (
	Circuit,
	CircuitState,
	Rules,
	allow,
	as_json,
	closed_by_hand,
	from_json,
	next_call,
	opened_by_hand,
	record,
)

START = datetime(2026, 11, 21, 10, tzinfo=timezone.utc)
RULES = Rules()

#: What happens next: seconds that pass, a good or a bad call, and chance.
STEPS = st.lists(st.tuples(st.floats(0, 120), st.booleans(), st.floats(0, 0.999)), max_size=80)


def after(seconds: float) -> datetime:
	return START + timedelta(seconds=seconds)


def opened(failures: int = 4, at: datetime = START) -> Circuit:
	circuit = Circuit()
	for _failure in range(failures):
		circuit = record(circuit, at, failed=1, reason="503")
	return circuit


def walk(steps: list[tuple[float, bool, float]]):
	"""Yield (before, now, was it allowed, after) for calls that are made when they may be."""
	circuit, now = Circuit(), START
	for seconds, ok, jitter in steps:
		now += timedelta(seconds=seconds)
		before = circuit
		asked, allowed = allow(circuit, now)
		circuit = record(asked, now, ok=int(ok), failed=int(not ok), jitter=jitter, reason="x") if allowed else asked
		yield before, now, allowed, circuit


def test_a_few_failures_in_a_row_open_it() -> None:
	assert opened(RULES.in_a_row - 1).state is CircuitState.CLOSED
	circuit = opened()
	assert (circuit.state, circuit.reason, circuit.openings) == (CircuitState.OPEN, "503", 1)


def test_a_share_of_failures_opens_it_once_there_were_enough_calls() -> None:
	circuit = Circuit()
	for number in range(1, RULES.minimum + 1):
		circuit = record(circuit, START, ok=number % 2, failed=(number + 1) % 2, reason="x")
		assert (circuit.state is CircuitState.OPEN) == (number == RULES.minimum)


def test_a_smaller_share_does_not() -> None:
	circuit = Circuit()
	for number in range(300):
		circuit = record(circuit, after(number / 10), ok=int(number % 3 != 0), failed=int(number % 3 == 0))
		assert circuit.state is CircuitState.CLOSED


def test_an_outage_after_a_busy_minute_opens_it_at_once() -> None:
	circuit = record(Circuit(), START, ok=1000)
	for _failure in range(RULES.in_a_row):
		circuit = record(circuit, after(1), failed=1)
	assert circuit.state is CircuitState.OPEN


def test_what_is_long_ago_does_not_count() -> None:
	circuit = Circuit()
	for number in range(40):
		# One failure in each window and a half, with a good call after it.
		circuit = record(circuit, after(number * 90), failed=1)
		circuit = record(circuit, after(number * 90 + 1), ok=1)
		assert circuit.state is CircuitState.CLOSED
		assert sum(part.failed for part in circuit.slices) == 1


def test_one_probe_decides() -> None:
	circuit = opened()
	assert allow(circuit, START)[1] is False
	assert circuit.until is not None
	probing, allowed = allow(circuit, circuit.until)
	assert (allowed, probing.state) == (True, CircuitState.HALF_OPEN)
	assert allow(probing, circuit.until) == (probing, False)
	assert record(probing, circuit.until, ok=1).state is CircuitState.CLOSED
	again = record(probing, circuit.until, failed=1, jitter=0.999, reason="still")
	assert (again.state, again.openings) == (CircuitState.OPEN, 2)


def test_a_probe_that_nobody_reports_on_is_given_up() -> None:
	circuit = opened()
	probing, _allowed = allow(circuit, after(60))
	assert allow(probing, after(60 + RULES.probe_for - 1))[1] is False
	assert allow(probing, after(60 + RULES.probe_for))[1] is True


def test_it_stays_open_longer_each_time_up_to_a_cap() -> None:
	circuit, now, waits = opened(), START, []
	for _probe in range(9):
		assert circuit.until is not None
		waits.append((circuit.until - now).total_seconds())
		now = circuit.until
		probing, _allowed = allow(circuit, now)
		circuit = record(probing, now, failed=1, jitter=0.0)
	half = RULES.open_for / 2
	assert waits == [min(half * 2**number, RULES.cap / 2) for number in range(9)]


def test_a_person_may_close_it() -> None:
	assert allow(closed_by_hand(START), START)[1] is True


def test_late_answers_change_nothing_while_it_is_open() -> None:
	circuit = opened()
	assert record(circuit, after(1), failed=5) == circuit
	assert record(circuit, after(1), ok=5) == circuit


@given(STEPS)
def test_nothing_goes_out_before_its_time(steps: list[tuple[float, bool, float]]) -> None:
	for before, now, allowed, circuit in walk(steps):
		due = next_call(before, now)
		assert allowed == (due is None)
		if not allowed:
			assert due is not None
			assert now < due <= now + timedelta(seconds=RULES.cap)
			assert circuit == before


@given(STEPS)
def test_it_always_lets_a_call_out_again_and_a_good_one_closes_it(steps: list[tuple[float, bool, float]]) -> None:
	circuit, now = Circuit(), START
	for _before, at, _allowed, current in walk(steps):
		circuit, now = current, at
	now += timedelta(seconds=RULES.cap + RULES.probe_for)
	asked, allowed = allow(circuit, now)
	assert allowed
	assert record(asked, now, ok=1).state is CircuitState.CLOSED


@given(STEPS)
def test_good_calls_alone_never_open_it(steps: list[tuple[float, bool, float]]) -> None:
	assert all(circuit.state is CircuitState.CLOSED for *_rest, circuit in walk([(s, True, j) for s, _ok, j in steps]))


@given(STEPS)
def test_it_survives_being_written_down(steps: list[tuple[float, bool, float]]) -> None:
	for *_rest, circuit in walk(steps):
		assert from_json(as_json(circuit)) == circuit
	assert from_json({}) == Circuit()


@given(STEPS)
def test_the_window_stays_small(steps: list[tuple[float, bool, float]]) -> None:
	assert all(len(circuit.slices) <= RULES.slices + 1 for *_rest, circuit in walk(steps))


@given(STEPS)
def test_one_that_was_opened_by_hand_stays_open_whatever_happens_until_a_person_closes_it(
	steps: list[tuple[float, bool, float]],
) -> None:
	circuit, now = opened_by_hand(START, "opened by somebody"), START
	for seconds, good, chance in steps:
		now += timedelta(seconds=seconds)
		circuit = record(circuit, now, ok=int(good), failed=int(not good), jitter=chance, rules=RULES)
		circuit, allowed = allow(from_json(as_json(circuit)), now, RULES)
		assert not allowed
		later = next_call(circuit, now)
		assert later is not None
		assert later > now
	assert (circuit.state, circuit.reason) == (CircuitState.OPEN, "opened by somebody")
	assert allow(closed_by_hand(now), now, RULES)[1]
