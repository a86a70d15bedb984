"""When a run is due: at night in the site's zone, every so often, after an outage, after a silence. And what it may heal."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopify_sync.core.reconciliation.findings import SAFE, Kind, Proposal
from shopify_sync.core.reconciliation.schedule import GRACE, OVERLAP, Depth, Due, History, Reason, due, silence
from shopify_sync.core.reconciliation.settings import Healing, HealingRule, Settings

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=timezone.utc)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
#: Nights are looked at on their own.
BY_DAY = Settings(nightly_hour=None)
DONE = History(light_until=NOON - 10 * MINUTE, full_at=NOON - 10 * HOUR)


def test_a_store_that_was_never_compared_looks_at_the_last_day() -> None:
	assert due(NOON, History(), BY_DAY, "UTC") == Due(Depth.LIGHT, Reason.SCHEDULE, NOON - timedelta(days=1), NOON - GRACE)


def test_a_light_run_goes_on_where_the_last_one_ended_with_overlap() -> None:
	until = NOON - HOUR - GRACE
	found = due(NOON, replace(DONE, light_until=until), BY_DAY, "UTC")
	assert found == Due(Depth.LIGHT, Reason.SCHEDULE, until - OVERLAP, NOON - GRACE)
	assert due(NOON - MINUTE, replace(DONE, light_until=until), BY_DAY, "UTC") is None


@given(st.lists(st.floats(0, 86_400), min_size=1, max_size=30), st.floats(0, 864_000))
def test_light_runs_leave_no_moment_out(pauses: list[float], ago: float) -> None:
	"""Whenever they begin: what changed before the last one ended, and after the first one began, lies in one of them."""
	now, history, spans = NOON, History(), []
	for pause in pauses:
		now += timedelta(seconds=pause)
		if found := due(now, history, BY_DAY, "UTC"):
			assert found.since is not None and found.since < found.until == now - GRACE
			spans.append((found.since, found.until))
			history = History(light_until=found.until)
	changed = spans[-1][1] - timedelta(seconds=ago)
	if spans[0][0] <= changed < spans[-1][1]:
		assert any(since <= changed < until for since, until in spans)


def test_nothing_runs_by_itself_where_that_is_switched_off() -> None:
	assert due(NOON, History(), Settings(every_minutes=0, nightly_hour=None), "UTC") is None


def test_after_an_outage() -> None:
	found = due(NOON, replace(DONE, outage_ended=NOON - 5 * MINUTE), BY_DAY, "UTC")
	assert found is not None and (found.depth, found.reason) == (Depth.LIGHT, Reason.OUTAGE)
	assert due(NOON, replace(DONE, outage_ended=NOON - 15 * MINUTE), BY_DAY, "UTC") is None, "looked at already"


def heard(until: datetime, pause: timedelta = MINUTE, count: int = 60) -> list[datetime]:
	return [until - pause * number for number in reversed(range(count))]


def test_a_silence_that_is_longer_than_usual() -> None:
	assert silence(NOON, heard(NOON - 29 * MINUTE)) is None, "never less than half an hour"
	assert silence(NOON, heard(NOON - 31 * MINUTE)) == NOON - MINUTE
	assert silence(NOON, heard(NOON - 2 * HOUR, pause=HOUR)) is None, "a store in which little happens"
	assert silence(NOON, heard(NOON - 4 * HOUR, pause=HOUR)) == NOON - HOUR
	assert silence(NOON, heard(NOON - 9 * HOUR, count=19)) is None, "too few to know what is usual"
	assert silence(NOON, ()) is None


def test_a_silence_makes_one_run_and_not_one_each_minute() -> None:
	history = replace(DONE, light_until=NOON - 20 * MINUTE, heard=heard(NOON - 45 * MINUTE))
	found = due(NOON, history, BY_DAY, "UTC")
	assert found is not None and found.reason is Reason.SILENCE
	assert due(NOON + MINUTE, replace(history, light_until=found.until), BY_DAY, "UTC") is None


NIGHTS = Settings(every_minutes=0, nightly_hour=2)


@pytest.mark.parametrize("zone", ["UTC", "America/Los_Angeles", "Asia/Kolkata", "Pacific/Auckland"])
def test_once_a_night_in_the_hour_of_the_site_s_zone(zone: str) -> None:
	begin = datetime(2026, 11, 20, 0, 0, tzinfo=ZoneInfo(zone))
	full_at, begun = begin - timedelta(days=1), []
	for number in range(24 * 60 * 3 // 5):
		now = (begin + timedelta(minutes=5 * number)).astimezone(timezone.utc)
		found = due(now, History(light_until=now, full_at=full_at), NIGHTS, zone)
		if found:
			assert (found.depth, found.since, found.until) == (Depth.FULL, None, now - GRACE)
			full_at = now
			begun.append(now.astimezone(ZoneInfo(zone)))
	assert [(one.hour, one.minute) for one in begun] == [(2, 0)] * 3


@pytest.mark.parametrize("day", [date(2026, 3, 28), date(2026, 10, 24)], ids=["clocks go forward", "clocks go back"])
@pytest.mark.parametrize("hour", [1, 2, 3])
def test_once_a_night_when_the_clocks_change(day: date, hour: int) -> None:
	"""In Berlin the hour from 2 is missing on the one night and there twice on the other."""
	zone = ZoneInfo("Europe/Berlin")
	begin = datetime.combine(day, time(12), zone).astimezone(timezone.utc)
	full_at, begun = begin, []
	for number in range(24 * 4 * 2):
		now = begin + timedelta(minutes=15 * number)
		if due(now, History(light_until=now, full_at=full_at), replace(NIGHTS, nightly_hour=hour), "Europe/Berlin"):
			full_at = now
			begun.append(now.astimezone(zone).date())
	assert len(begun) == len(set(begun)) == 2


def test_a_night_that_was_missed_is_made_up_for_within_hours_and_not_at_noon() -> None:
	history = History(light_until=NOON, full_at=NOON - timedelta(days=1))
	midnight = NOON.replace(hour=0)
	assert due(midnight + 1 * HOUR, history, NIGHTS, "UTC") is None
	assert due(midnight + 5 * HOUR, history, NIGHTS, "UTC") is not None
	assert due(midnight + 6 * HOUR, history, NIGHTS, "UTC") is None


def test_a_night_that_begins_late_in_the_evening_is_made_up_for_after_midnight() -> None:
	"""Shopify could not be reached from 23:00 to 00:30."""
	evening = datetime(2026, 11, 20, 23, 0, tzinfo=timezone.utc)
	history = History(light_until=evening, full_at=evening - timedelta(days=1))
	late = replace(NIGHTS, nightly_hour=23)
	found = due(evening + 90 * MINUTE, history, late, "UTC")
	assert found is not None and found.depth is Depth.FULL
	begun = replace(history, full_at=evening + 90 * MINUTE)
	assert due(evening + 2 * HOUR, begun, late, "UTC") is None, "once a night"
	assert due(evening + 4 * HOUR, history, late, "UTC") is None, "not in the morning"


# --- what may be healed ----------------------------------------------------------------------------------------------------


def test_nothing_is_healed_in_a_dry_run() -> None:
	assert not any(Healing(Settings()).may(kind, proposal) for kind in Kind for proposal in Proposal)


def test_only_what_is_safe_is_healed() -> None:
	healing = Healing(Settings(dry_run=False))
	assert [proposal for proposal in Proposal if healing.may(Kind.TOTAL, proposal)] == list(SAFE)


def test_a_kind_may_be_left_to_a_person() -> None:
	healing = Healing(Settings(dry_run=False, rules=(HealingRule(Kind.TOTAL, heals=False),)))
	assert not healing.may(Kind.TOTAL, Proposal.APPLY)
	assert healing.may(Kind.PAID, Proposal.APPLY)
	assert healing.stopped == ""


@given(st.lists(st.sampled_from((Kind.TOTAL, Kind.PAID, Kind.STOCK)), max_size=40), st.integers(0, 20), st.integers(0, 5))
def test_a_limit_that_is_hit_stops_everything(kinds: list[Kind], limit: int, of_kind: int) -> None:
	settings = Settings(dry_run=False, limit=limit, rules=(HealingRule(Kind.STOCK, limit=of_kind),))
	done: dict[str, int] = {}
	stopped, healed = "", []
	for kind in kinds:
		# As a run goes on in another process.
		healing = Healing.going_on(settings, done, stopped)
		may = healing.may(kind, Proposal.APPLY)
		if stopped:
			assert not may, "once stopped, for good"
		if may:
			healing.count(kind)
			healed.append(kind)
		done, stopped = healing.done, healing.stopped
	assert len(healed) <= limit
	assert not of_kind or healed.count(Kind.STOCK) <= of_kind
	assert bool(stopped) == (len(healed) < len(kinds))
