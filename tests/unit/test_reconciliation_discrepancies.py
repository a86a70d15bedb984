"""The life of a discrepancy, and whether it grows or comes back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopify_sync.core.reconciliation.discrepancy import (
	LIVE,
	Discrepancy,
	State,
	gone,
	is_accepted,
	judged,
	samples_of,
	samples_text,
	seen,
)
from shopify_sync.core.reconciliation.findings import Cause, Difference, Explanation, Finding, Kind, Proposal
from shopify_sync.core.reconciliation.trend import REMEMBERED, Sample, Trend, added, trend_of

BEGIN = datetime(2026, 11, 1, 2, 0, tzinfo=timezone.utc)
DAY = timedelta(days=1)


def finding(erpnext: str = "25", *, healed: bool = False, amount: object = "3") -> Finding:
	difference = Difference(Kind.TOTAL, "", "22", erpnext, Decimal(str(amount)), "USD")
	return Finding("shop", "order", "1", "#1", difference, Explanation(Cause.MAPPING), Proposal.REVIEW, healed)


def dismissed(one: Discrepancy) -> Discrepancy:
	return Discrepancy(
		one.finding,
		State.DISMISSED,
		one.first_seen,
		one.last_seen,
		one.times_seen,
		one.first_run,
		one.last_run,
		samples=one.samples,
	)


def test_seen_healed_and_gone() -> None:
	one = seen(None, finding(healed=True), BEGIN, "run-1")
	assert (one.state, one.healed_by, one.times_seen) == (State.HEALING, "run-1", 1)
	over = gone(one)
	assert over.state is State.HEALED
	again = seen(over, finding(), BEGIN + DAY, "run-2")
	assert (again.state, again.first_seen, again.times_seen, again.first_run) == (State.OPEN, BEGIN + DAY, 2, "run-1")
	assert [sample.healed for sample in again.samples] == [True, False], "that it was healed before is known"


def test_what_goes_by_itself_is_resolved_and_not_healed() -> None:
	assert gone(seen(None, finding(), BEGIN, "run-1")).state is State.RESOLVED


def test_a_run_counts_once_however_often_it_sees_it() -> None:
	one = seen(seen(None, finding(healed=True), BEGIN, "run-1"), finding(healed=True), BEGIN, "run-1")
	assert one.times_seen == 1


def test_what_a_person_accepted_stays_so_until_a_side_changes() -> None:
	accepted = dismissed(seen(None, finding(), BEGIN, "run-1"))
	same = seen(accepted, finding(), BEGIN + DAY, "run-2")
	assert (same.state, same.first_seen, same.times_seen) == (State.DISMISSED, BEGIN, 2)
	other = seen(same, finding("26", amount=4), BEGIN + 2 * DAY, "run-3")
	assert (other.state, other.first_seen) == (State.OPEN, BEGIN)
	assert gone(same).state is State.RESOLVED


STEPS = st.lists(st.sampled_from(("seen", "healed", "gone", "dismissed")), max_size=40)


@given(STEPS)
def test_every_life_makes_sense(steps: list[str]) -> None:
	one: Discrepancy | None = None
	for number, step in enumerate(steps):
		now, run = BEGIN + number * DAY, f"run-{number}"
		if step in ("seen", "healed"):
			before, one = one, seen(one, finding(healed=step == "healed"), now, run)
			assert one.times_seen == (before.times_seen if before else 0) + 1
			assert (one.last_seen, one.last_run) == (now, run)
			if step == "healed":
				assert one.healed_by == run
			if before is None or before.state in (State.HEALED, State.RESOLVED):
				assert one.first_seen == now, "what comes back is open since then"
			else:
				assert one.first_seen == before.first_seen
		elif one is not None and step == "gone" and one.state in (*LIVE, State.DISMISSED):
			expected = State.HEALED if one.state is State.HEALING else State.RESOLVED
			one = gone(one)
			assert one.state is expected
		elif one is not None and step == "dismissed" and one.state in LIVE:
			one = dismissed(one)
		if one is not None:
			assert one.first_seen <= one.last_seen
			assert samples_of(samples_text(one.samples)) == one.samples


SAMPLES = st.lists(
	st.builds(
		Sample,
		st.dates(date(2026, 1, 1), date(2026, 12, 31)),
		st.decimals("-99", "99", places=2, allow_nan=False, allow_infinity=False),
		st.booleans(),
	),
	max_size=90,
)


@given(SAMPLES)
def test_of_each_day_the_last_sample_is_remembered_and_no_more_than_that(samples: list[Sample]) -> None:
	kept: tuple[Sample, ...] = ()
	for sample in samples:
		kept = added(kept, sample)
	days = [sample.day for sample in kept]
	assert days == sorted(set(days))
	assert len(kept) <= REMEMBERED
	last = {sample.day: sample for sample in samples}
	assert all(last[sample.day] == sample for sample in kept)


def days(*amounts: object, every: int = 1, healed: tuple[int, ...] = ()) -> list[Sample]:
	first = date(2026, 11, 1)
	return [
		Sample(first + timedelta(days=number * every), Decimal(str(amount)), number in healed)
		for number, amount in enumerate(amounts)
	]


@pytest.mark.parametrize(
	("samples", "trend"),
	[
		([], Trend.NONE),
		(days(1, 1, 2, 2, 3, 3, 3, 4), Trend.GROWING),
		(days(-1, -2, -3, -4, every=7), Trend.GROWING),
		(days(1, 2, 3), Trend.NONE),  # not for a week yet
		(days(1, 5, every=7), Trend.NONE),  # two days say nothing
		(days(3, 3, 3, 3, every=3), Trend.NONE),
		(days(1, 3, 2, 4, every=3), Trend.NONE),
		(days(-1, 2, 3, 4, every=3), Trend.NONE),  # not in one direction
		(days(1, 1, 1, 1, healed=(0, 1, 2, 3)), Trend.RECURRING),
		(days(1, 1, 1, 1, healed=(0, 1, 2)), Trend.NONE),
		(days(1, 1, 1, 1, every=7, healed=(0, 1, 2, 3)), Trend.NONE),  # too seldom
	],
)
def test_trends(samples: list[Sample], trend: Trend) -> None:
	assert trend_of(samples) is trend


def test_a_small_difference_that_grows_over_weeks_is_flagged() -> None:
	one: Discrepancy | None = None
	for week in range(5):
		one = seen(one, finding(amount=Decimal("0.01") * (week + 1)), BEGIN + week * 7 * DAY, f"run-{week}")
		assert one.trend is (Trend.GROWING if week >= 2 else Trend.NONE)


def lost(erpnext: str = "25", cause: Cause = Cause.LOST_WEBHOOK, *, healed: bool = False) -> Finding:
	return replace(finding(erpnext, healed=healed), explanation=Explanation(cause), proposal=Proposal.APPLY)


def test_what_was_healed_and_stands_as_it_stood_is_put_to_a_person() -> None:
	one = seen(None, lost(healed=True), BEGIN, "run-1")
	assert judged(one, lost(), "run-1").proposal is Proposal.APPLY, "the same run, that goes on after its worker died"
	again = judged(one, lost(), "run-2")
	assert again.proposal is Proposal.REVIEW
	with_a_person = seen(one, again, BEGIN + DAY, "run-2")
	assert judged(with_a_person, lost(), "run-3").proposal is Proposal.REVIEW
	assert judged(with_a_person, lost("26"), "run-3").proposal is Proposal.APPLY, "it says something else now"


def test_what_was_healed_while_the_store_only_watched_is_healed_again() -> None:
	one = seen(None, lost(cause=Cause.PUT_AWAY, healed=True), BEGIN, "run-1")
	assert judged(one, lost(cause=Cause.PUT_AWAY), "run-2").proposal is Proposal.APPLY


def test_what_was_healed_in_one_way_may_be_healed_in_another() -> None:
	"""Shopify's later state was applied, and what it does not know of yet is still to be pushed."""
	one = seen(None, lost(healed=True), BEGIN, "run-1")
	pushed = replace(lost(), proposal=Proposal.PUSH)
	assert judged(one, pushed, "run-2").proposal is Proposal.PUSH
	again = seen(one, replace(pushed, healed=True), BEGIN + DAY, "run-2")
	assert judged(again, pushed, "run-3").proposal is Proposal.REVIEW


def test_what_agreed_in_between_is_healed_again() -> None:
	one = gone(seen(None, lost(healed=True), BEGIN, "run-1"))
	assert judged(one, lost(), "run-3").proposal is Proposal.APPLY


def test_what_a_person_accepted_is_not_healed() -> None:
	one = dismissed(seen(None, lost(), BEGIN, "run-1"))
	assert is_accepted(one, lost())
	assert not is_accepted(one, lost("26"))
	assert not is_accepted(None, lost())
