"""Alerts: what is there, what is told and when, whatever happens in between; quiet hours; when a digest is due."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopify_sync.core.alerts import digests, life
from shopify_sync.core.alerts.conditions import (
	CALM,
	DEFAULT_RULES,
	EXPLANATIONS,
	TEST_RULE,
	Condition,
	Rule,
	Rules,
	Severity,
	Unit,
)
from shopify_sync.core.alerts.life import Alert, Kind, Settings, Status, step, taken
from shopify_sync.core.alerts.quiet import QuietHours
from shopify_sync.core.alerts.readings import Facts, reading_of, readings
from shopify_sync.core.health import CircuitHealth, StoreHealth

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=timezone.utc)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
WARNING = Rule(Condition.DEAD_LETTERS, 1, Unit.COUNT, lasting=2 * MINUTE)
CRITICAL = replace(WARNING, condition=Condition.WORKERS, severity=Severity.CRITICAL)
NIGHT = QuietHours(time(22), time(7), "UTC")


@dataclass
class Watched:
	"""One condition of a store, looked at each minute, and what was told of it."""

	rule: Rule = WARNING
	settings: Settings = field(default_factory=Settings)
	now: datetime = NOON
	alert: Alert | None = None
	told: list[tuple[datetime, Kind]] = field(default_factory=list)

	def look(self, is_there: bool | None, times: int = 1, every: timedelta = MINUTE) -> Watched:
		for _number in range(times):
			self.alert = step(self.alert, is_there=is_there, rule=self.rule, settings=self.settings, now=self.now)
			self.tell()
			self.now += every
		return self

	def tell(self) -> None:
		if self.alert and self.alert.due:
			self.told.append((self.now, self.alert.due))
			self.alert = taken(self.alert, self.now)

	@property
	def kinds(self) -> list[Kind]:
		return [kind for _at, kind in self.told]


def test_it_is_told_once_it_has_lasted_and_once_more_when_it_has_stayed_away() -> None:
	watched = Watched().look(True, 2)
	assert watched.told == [] and watched.alert is not None and watched.alert.status is Status.PENDING
	watched.look(True)
	assert watched.told == [(NOON + 2 * MINUTE, Kind.FIRING)]
	watched.look(True, 30).look(False, 5)
	assert watched.kinds == [Kind.FIRING] and watched.alert is not None and watched.alert.status is Status.FIRING
	watched.look(False)
	assert watched.kinds == [Kind.FIRING, Kind.RECOVERED]
	assert watched.alert is not None and watched.alert.closed and watched.alert.status is Status.RECOVERED
	assert watched.look(False, 600).kinds == [Kind.FIRING, Kind.RECOVERED]


def test_what_was_there_for_a_moment_leaves_nothing_behind() -> None:
	assert Watched().look(True, 2).look(False).alert is None


def test_what_flickers_is_one_alert() -> None:
	watched = Watched(settings=Settings(remind_after=None, escalate_after=None)).look(True, 3)
	for _number in range(20):
		watched.look(False, 4).look(True, 1)
	assert watched.kinds == [Kind.FIRING]


def test_it_escalates_and_reminds_until_a_person_says_that_they_are_on_it() -> None:
	watched = Watched(settings=Settings(remind_after=2 * HOUR, escalate_after=HOUR)).look(True, 3 * 60)
	assert watched.told == [
		(NOON + 2 * MINUTE, Kind.FIRING),
		(NOON + 62 * MINUTE, Kind.ESCALATED),
	]
	watched.look(True, 60)
	assert watched.kinds[2:] == [Kind.REMINDER]
	assert watched.alert is not None and watched.alert.status is Status.ESCALATED
	watched.alert = life.acknowledged(watched.alert, watched.now)
	assert watched.look(True, 600).kinds[3:] == []
	assert watched.alert is not None and watched.alert.status is Status.ACKNOWLEDGED
	assert watched.look(False, 7).kinds[3:] == [Kind.RECOVERED]


def test_acknowledged_before_it_was_told_it_is_still_told_once() -> None:
	alert = step(None, is_there=True, rule=replace(WARNING, lasting=0 * MINUTE), settings=Settings(), now=NOON)
	assert alert is not None and alert.due is Kind.FIRING
	assert life.acknowledged(alert, NOON).due is Kind.FIRING


def test_an_escalation_that_was_not_taken_yet_goes_when_somebody_acknowledges() -> None:
	watched = Watched(settings=Settings(escalate_after=HOUR)).look(True, 3)
	alert = step(watched.alert, is_there=True, rule=WARNING, settings=watched.settings, now=NOON + 2 * HOUR)
	assert alert is not None and alert.due is Kind.ESCALATED and alert.status is Status.FIRING
	assert life.acknowledged(alert, NOON).due is None


def test_a_warning_waits_until_the_quiet_hours_end_and_what_is_critical_does_not() -> None:
	settings = Settings(quiet=NIGHT, remind_after=None, escalate_after=None)
	evening = datetime(2026, 11, 20, 23, 0, tzinfo=timezone.utc)
	warning = Watched(settings=settings, now=evening).look(True, 9 * 60)
	assert warning.told == [(datetime(2026, 11, 21, 7, 0, tzinfo=timezone.utc), Kind.FIRING)]
	critical = Watched(CRITICAL, settings, evening).look(True, 9 * 60)
	assert critical.told == [(evening + 2 * MINUTE, Kind.FIRING)]


def test_what_came_and_went_in_the_quiet_hours_is_told_to_nobody() -> None:
	settings = Settings(quiet=NIGHT)
	evening = datetime(2026, 11, 20, 23, 0, tzinfo=timezone.utc)
	watched = Watched(settings=settings, now=evening).look(True, 60).look(False, 6)
	assert watched.told == []
	assert watched.alert is not None and watched.alert.closed and watched.alert.recovered_at, "but it stands in the record"


def test_a_recovery_in_the_quiet_hours_is_told_in_the_morning_unless_it_came_back() -> None:
	settings = Settings(quiet=NIGHT, remind_after=None, escalate_after=None)
	evening = datetime(2026, 11, 20, 21, 0, tzinfo=timezone.utc)
	morning = datetime(2026, 11, 21, 7, 0, tzinfo=timezone.utc)
	watched = Watched(settings=settings, now=evening).look(True, 120).look(False, 10)
	assert watched.alert is not None and watched.alert.status is Status.RECOVERED and not watched.alert.closed
	back = Watched(settings=settings, now=watched.now, alert=watched.alert, told=list(watched.told)).look(True, 12 * 60)
	assert back.kinds == [Kind.FIRING], "it was never over for anybody"
	assert watched.look(False, 12 * 60).told[1:] == [(morning, Kind.RECOVERED)]


def test_what_nobody_took_to_tell_is_not_told_of_what_is_over_by_then() -> None:
	settings = Settings(quiet=NIGHT, remind_after=HOUR, escalate_after=None)
	evening = datetime(2026, 11, 20, 20, 55, tzinfo=timezone.utc)
	alert = Watched(settings=settings, now=evening).look(True, 3).alert
	late = {"rule": WARNING, "settings": settings}
	alert = step(alert, is_there=True, now=evening + 64 * MINUTE, **late)
	assert alert is not None and alert.due is Kind.REMINDER, "no worker takes it"
	alert = step(alert, is_there=False, now=evening + 64.5 * MINUTE, **late)
	alert = step(alert, is_there=False, now=evening + 70 * MINUTE, **late)
	assert alert is not None and alert.status is Status.RECOVERED and alert.due is None, "it is night, and it is over"


def test_what_is_muted_is_not_told_but_the_recovery_of_what_was_told_is() -> None:
	watched = Watched(settings=Settings(remind_after=HOUR, escalate_after=HOUR)).look(True, 3)
	assert watched.alert is not None
	watched.alert = life.muted(watched.alert, watched.now + 5 * HOUR)
	assert watched.look(True, 4 * 60).kinds == [Kind.FIRING]
	assert watched.look(False, 10).kinds == [Kind.FIRING, Kind.RECOVERED]


def test_a_new_alert_is_muted_as_long_as_the_last_one_of_its_condition_was() -> None:
	rule = replace(WARNING, lasting=0 * MINUTE)
	until = NOON + HOUR
	alert = step(None, is_there=True, rule=rule, settings=Settings(), now=NOON, muted_until=until)
	assert alert is not None and alert.due is None and alert.muted_until == until
	later = step(alert, is_there=True, rule=rule, settings=Settings(), now=until)
	assert later is not None and later.due is Kind.FIRING


def test_what_nobody_can_tell_changes_nothing() -> None:
	watched = Watched().look(True, 3)
	before = watched.alert
	assert watched.look(None, 30).alert == before
	assert step(None, is_there=None, rule=WARNING, settings=Settings(), now=NOON) is None


def test_a_test_is_told_at_once_and_is_over_at_the_next_look() -> None:
	watched = Watched(TEST_RULE).look(True).look(False)
	assert watched.kinds == [Kind.TEST, Kind.RECOVERED]


@dataclass(frozen=True)
class Minute:
	"""What happens in one: is the condition there, and what a person does. *tellers*: how many try to tell."""

	is_there: bool | None
	person: str
	tellers: int


MINUTES = st.lists(
	st.builds(
		Minute,
		is_there=st.sampled_from([True, True, False, None]),
		person=st.sampled_from(["", "", "", "", "acknowledge", "mute", "unmute"]),
		tellers=st.integers(0, 2),
	),
	max_size=60,
)
SETTINGS = st.builds(
	Settings,
	remind_after=st.sampled_from([None, 5 * MINUTE, 20 * MINUTE]),
	escalate_after=st.sampled_from([None, 10 * MINUTE]),
	quiet=st.sampled_from([None, QuietHours(time(12, 10), time(12, 40), "UTC")]),
)


@given(MINUTES, SETTINGS, st.sampled_from([WARNING, CRITICAL, replace(WARNING, lasting=0 * MINUTE)]), st.integers(1, 3))
def test_whatever_happens_every_alert_is_told_in_order_and_never_twice(
	minutes: list[Minute], settings: Settings, rule: Rule, evaluators: int
) -> None:
	"""However many evaluators look in a minute, and whether or not anybody tells: the same rules hold of every alert."""
	now, alert, told, silent_until = NOON, None, [], None
	for minute in minutes:
		for _number in range(evaluators):
			again = step(alert, is_there=minute.is_there, rule=rule, settings=settings, now=now, muted_until=silent_until)
			twice = step(again, is_there=minute.is_there, rule=rule, settings=settings, now=now)
			assert twice == (None if again is None or again.closed else again)
			if alert is not None and not alert.closed:
				if again is None:
					assert alert.fired_at is None and alert.first_told_at is None, "only what was never told may vanish"
				else:
					assert again.since == alert.since, "an open alert was replaced"
			if alert is None or alert.closed:
				_check(told, rule, settings)
				told = []
			alert = again
			for _teller in range(minute.tellers):
				if alert and alert.due:
					told.append((now, alert.due, alert.muted_until, alert.acknowledged_at))
					alert = taken(alert, now)
		if alert and not alert.closed and minute.person:
			alert = _person(alert, minute.person, now)
			silent_until = alert.muted_until
		now += MINUTE
	_check(told, rule, settings)


def _person(alert: Alert, does: str, now: datetime) -> Alert:
	if does == "acknowledge":
		return life.acknowledged(alert, now)
	return life.muted(alert, now + 15 * MINUTE if does == "mute" else None)


def _check(told: list, rule: Rule, settings: Settings) -> None:
	kinds = [kind for _at, kind, _muted, _known in told]
	assert kinds.count(Kind.FIRING) == (1 if kinds else 0) and kinds[:1] in ([], [Kind.FIRING])
	assert kinds.count(Kind.ESCALATED) <= 1 and kinds.count(Kind.RECOVERED) <= 1
	assert Kind.RECOVERED not in kinds[:-1]
	for at, kind, muted_until, known in told:
		if rule.severity is Severity.WARNING and settings.quiet and kind is not Kind.RECOVERED:
			assert not settings.quiet.contain(at)
		if kind is not Kind.RECOVERED:
			assert muted_until is None or muted_until <= at
		if kind in (Kind.REMINDER, Kind.ESCALATED):
			assert known is None
	if settings.remind_after is None:
		assert Kind.REMINDER not in kinds


GOOD = StoreHealth(
	store="my-store", at=NOON, has_secret=True, signs_in=True, token_state="Signed in", last_event_at=NOON, last_webhook_at=NOON
)


def there(facts: Facts, rules: Rules | None = None) -> set[Condition]:
	return {one.condition for one in readings(facts, rules or Rules()) if one.is_there}


def test_of_a_store_that_is_well_nothing_is_there() -> None:
	assert there(Facts(GOOD)) == set()
	assert there(Facts(StoreHealth(store="new", at=NOON))) == set(), "nor of one that is not set up yet"


WRONG = [
	(Condition.WORKERS, Facts(replace(GOOD, oldest_due_seconds=600))),
	(Condition.CIRCUIT, Facts(replace(GOOD, circuit=CircuitHealth("Open", NOON, NOON, "503")))),
	(Condition.CIRCUIT, Facts(replace(GOOD, circuit=CircuitHealth("Half Open", NOON)))),
	(Condition.CIRCUIT, Facts(replace(GOOD, circuit=CircuitHealth("Open", NOON, None, "Ada Example: maintenance")))),
	(Condition.SIGN_IN, Facts(replace(GOOD, token_state="Rejected", token_reason="401"))),
	(Condition.SIGN_IN, Facts(replace(GOOD, token_state="Not signed in"))),
	(Condition.SIGN_IN, Facts(replace(GOOD, token_expires_at=NOON - HOUR))),
	(Condition.SIGN_IN_ENDS, Facts(GOOD, sign_in_until=NOON + 6 * DAY)),
	(Condition.API_VERSION, Facts(replace(GOOD, api_version="2026-01", api_version_ends=date(2027, 1, 16)))),
	(Condition.API_VERSION, Facts(replace(GOOD, api_version="2025-01", api_version_ends=date(2026, 1, 16)))),
	(Condition.SUBSCRIPTIONS, Facts(replace(GOOD, subscriptions_missing=["orders/create"]))),
	(Condition.SILENCE, Facts(replace(GOOD, last_webhook_at=NOON - HOUR), silence=(3, 9, 4))),
	(Condition.OLDEST, Facts(replace(GOOD, oldest_unprocessed_at=NOON - HOUR))),
	(Condition.ERRORS, Facts(replace(GOOD, finished_last_hour=8, failed_last_hour=2))),
	(Condition.DEAD_LETTERS, Facts(replace(GOOD, dead_letters=1))),
	(Condition.NEEDS_A_PERSON, Facts(replace(GOOD, failures_open=10))),
	(Condition.HELD, Facts(replace(GOOD, held=1), held_since=NOON - DAY)),
	(Condition.DRIFT, Facts(replace(GOOD, drift_open=5))),
	(Condition.DRIFT_GROWS, Facts(GOOD, drift_growing=1)),
	(Condition.RECONCILIATION, Facts(GOOD, failed_run="RUN-1")),
	(Condition.RECONCILIATION, Facts(GOOD, resting_run="RUN-1")),
	(Condition.BACKFILL, Facts(GOOD, failed_backfill="BF-1")),
]


@pytest.mark.parametrize(("condition", "facts"), WRONG, ids=lambda value: str(value) if isinstance(value, Condition) else "")
def test_each_condition_is_seen_alone_and_says_what_is_wrong_and_what_to_do(condition: Condition, facts: Facts) -> None:
	assert there(facts) == {condition}
	reading = reading_of(Rules().of(condition), facts)
	assert str(reading.says) and str(reading.to_do) and reading.place.route
	assert there(replace(facts, health=replace(facts.health, enabled=False))) == set(), "a store that is off on purpose"
	off = Rules([replace(rule, threshold=0) for rule in DEFAULT_RULES if rule.condition is condition])
	assert there(facts, off) == set(), "a condition that is switched off"


def test_every_condition_has_a_test_an_explanation_and_a_default() -> None:
	assert (
		{condition for condition, _facts in WRONG}
		== set(Condition) - {Condition.TEST}
		== {one.condition for one in DEFAULT_RULES}
	)
	assert set(EXPLANATIONS) == set(Condition)


NOT_YET = [
	Facts(replace(GOOD, oldest_due_seconds=599)),
	Facts(GOOD, sign_in_until=NOON + 8 * DAY),
	Facts(replace(GOOD, api_version="2026-01", api_version_ends=date(2027, 1, 20))),
	Facts(replace(GOOD, last_webhook_at=NOON - 59 * MINUTE), silence=(3, 9, 4)),
	Facts(replace(GOOD, last_webhook_at=NOON - DAY), silence=(3, 2, 4)),
	Facts(replace(GOOD, last_webhook_at=NOON - DAY)),
	Facts(replace(GOOD, finished_last_hour=7, failed_last_hour=2)),
	Facts(replace(GOOD, finished_last_hour=9, failed_last_hour=1)),
	Facts(GOOD, held_since=NOON - 23 * HOUR),
	Facts(replace(GOOD, failures_open=9)),
	Facts(replace(GOOD, drift_open=4)),
	Facts(replace(GOOD, signs_in=False, token_state="Not signed in", circuit=CircuitHealth("Open", NOON))),
	Facts(replace(GOOD, last_event_at=None, last_webhook_at=None, token_state="Not signed in")),
]


@pytest.mark.parametrize("facts", NOT_YET)
def test_below_its_threshold_nothing_is_there(facts: Facts) -> None:
	assert there(facts) == set()


def test_a_circuit_that_each_probe_opens_anew_is_told_after_the_minutes_of_its_threshold() -> None:
	watched = Watched(Rules().of(Condition.CIRCUIT), Settings(remind_after=None, escalate_after=None)).look(True, 10)
	assert watched.told == []
	assert watched.look(True).told == [(NOON + 10 * MINUTE, Kind.FIRING)]


def test_every_text_can_be_shown_for_any_figures() -> None:
	for rule in DEFAULT_RULES:
		reading = reading_of(rule, Facts(GOOD))
		assert "{" not in f"{reading.says}{reading.to_do}"


@pytest.mark.parametrize(
	("begin", "end", "hour", "inside"),
	[
		(22, 7, 23, True),
		(22, 7, 3, True),
		(22, 7, 7, False),
		(22, 7, 12, False),
		(12, 14, 13, True),
		(12, 14, 14, False),
		(0, 0, 0, False),
	],
)
def test_quiet_hours(begin: int, end: int, hour: int, inside: bool) -> None:
	hours = QuietHours(time(begin), time(end), "UTC")
	assert hours.contain(NOON.replace(hour=hour)) is inside


def test_quiet_hours_are_those_of_the_site_s_zone() -> None:
	hours = QuietHours(time(22), time(7), "Asia/Kolkata")
	assert hours.contain(datetime(2026, 11, 20, 17, 0, tzinfo=timezone.utc))
	assert not hours.contain(datetime(2026, 11, 20, 2, 0, tzinfo=timezone.utc))


def test_calm_is_long_enough_for_a_scheduler_that_misses_a_minute() -> None:
	assert CALM >= 3 * MINUTE


DAILY = digests.Schedule(digests.Every.DAILY, 7, "Europe/Berlin")
WEEKLY = digests.Schedule(digests.Every.WEEKLY, 7, "Europe/Berlin", weekday=0)


def test_a_daily_digest_goes_out_once_a_day_from_its_hour_on() -> None:
	sent, last = [], None
	now = datetime(2026, 10, 23, 0, 0, tzinfo=timezone.utc)
	while now < datetime(2026, 10, 27, 0, 0, tzinfo=timezone.utc):
		found = digests.due(now, DAILY, last)
		if found:
			last = found.day
			sent.append((found.day.isoformat(), now.hour, (found.end - found.begin) / HOUR))
		now += HOUR
	assert sent == [
		("2026-10-23", 5, 24),
		("2026-10-24", 5, 24),
		("2026-10-25", 6, 25),
		("2026-10-26", 6, 24),
	], "the clocks go back"


def test_a_weekly_digest_goes_out_on_its_day() -> None:
	days = [digests.due(datetime(2026, 11, day, 12, tzinfo=timezone.utc), WEEKLY, None) for day in range(15, 24)]
	found = [one for one in days if one]
	assert [one.day for one in found] == [date(2026, 11, 16), date(2026, 11, 23)]
	assert all(one.end - one.begin == 7 * DAY for one in found)
	assert digests.due(NOON, digests.Schedule(digests.Every.NEVER, 7, "UTC"), None) is None


def test_a_digest_that_was_late_has_the_period_that_it_would_have_had() -> None:
	late = digests.due(datetime(2026, 11, 20, 21, 30, tzinfo=timezone.utc), DAILY, date(2026, 11, 19))
	assert late == digests.due(datetime(2026, 11, 20, 6, 0, tzinfo=timezone.utc), DAILY, date(2026, 11, 19))
	assert late is not None and late.end == datetime(2026, 11, 20, 6, 0, tzinfo=timezone.utc)
