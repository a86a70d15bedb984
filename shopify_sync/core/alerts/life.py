"""The life of an alert: it is there for a while, fires, is told, escalates, and recovers. A pure state machine.

Levels, not edges: :func:`step` looks at how things are and says how the alert should stand. Looked at twice in the same moment, or by two
schedulers, it says the same. Who tells (:func:`taken`) says so first, so that nothing is told twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ..enums import StrEnum
from .conditions import Condition, Rule, Rules, Severity
from .quiet import QuietHours


class Kind(StrEnum):
	"""What is announced."""

	FIRING = "Firing"
	REMINDER = "Reminder"
	ESCALATED = "Escalated"
	RECOVERED = "Recovered"
	TEST = "Test"


class Status(StrEnum):
	"""How an alert stands, for people."""

	PENDING = "Pending"
	FIRING = "Firing"
	ACKNOWLEDGED = "Acknowledged"
	ESCALATED = "Escalated"
	RECOVERED = "Recovered"


@dataclass(frozen=True)
class Settings:
	"""How a store tells. :ivar remind_after, escalate_after: None: never. :ivar is_on: without it nothing is looked for."""

	rules: Rules = field(default_factory=Rules)
	remind_after: timedelta | None = timedelta(hours=4)
	escalate_after: timedelta | None = timedelta(hours=1)
	quiet: QuietHours | None = None
	is_on: bool = True


@dataclass(frozen=True)
class Alert:
	"""One alert of a store and a condition; at most one of them is not closed. Times are UTC.

	:ivar since: when the condition was first seen; *fired_at*: when it had lasted long enough.
	:ivar clear_since: since when it is away; *recovered_at*: when it had stayed away long enough; *closed*: nothing more will come of it.
	:ivar due: what has to be told and nobody has taken yet; *told_at*: when the last was taken, *first_told_at*: the first.
	:ivar muted_until: nothing is told before, but for the recovery of what was told.
	"""

	condition: Condition
	severity: Severity
	since: datetime
	fired_at: datetime | None = None
	clear_since: datetime | None = None
	recovered_at: datetime | None = None
	closed: bool = False
	due: Kind | None = None
	first_told_at: datetime | None = None
	told_at: datetime | None = None
	escalated_at: datetime | None = None
	acknowledged_at: datetime | None = None
	muted_until: datetime | None = None

	@property
	def status(self) -> Status:
		"""How it stands, in one word."""
		if self.recovered_at:
			return Status.RECOVERED
		if self.fired_at is None:
			return Status.PENDING
		if self.acknowledged_at:
			return Status.ACKNOWLEDGED
		return Status.ESCALATED if self.escalated_at else Status.FIRING


def step(
	alert: Alert | None,
	*,
	is_there: bool | None,
	rule: Rule,
	settings: Settings,
	now: datetime,
	muted_until: datetime | None = None,
) -> Alert | None:
	"""Return how the alert of a condition should stand now; None: there is none.

	:param alert: how it stood; one that is closed counts as none.
	:param is_there: whether the condition is there; None: nobody can tell, and nothing changes but the time.
	:param muted_until: of a new alert: the last one of the same condition was muted so long.
	"""
	if alert is None or alert.closed:
		if not is_there:
			return None
		alert = Alert(rule.condition, rule.severity, since=now, muted_until=muted_until)
	moved = alert if is_there is None else _moved(alert, is_there, rule, now)
	return _with_due(moved, settings, now) if moved else None


def taken(alert: Alert, now: datetime) -> Alert:
	"""Return the alert after somebody took what was due, to tell it. Nothing is due: it stays as it is."""
	if alert.due is None:
		return alert
	escalated = now if alert.due is Kind.ESCALATED else alert.escalated_at
	first = alert.first_told_at or now
	return replace(alert, due=None, told_at=now, first_told_at=first, escalated_at=escalated)


def acknowledged(alert: Alert, now: datetime) -> Alert:
	"""Return the alert after a person said that they are on it: no reminder and no escalation comes any more."""
	due = alert.due if alert.due in (Kind.FIRING, Kind.RECOVERED, Kind.TEST) else None
	return replace(alert, acknowledged_at=now, due=due)


def muted(alert: Alert, until: datetime | None) -> Alert:
	"""Return the alert after a person muted it until a time, or not any more (None)."""
	return replace(alert, muted_until=until, due=alert.due if alert.due is Kind.RECOVERED or until is None else None)


def _moved(alert: Alert, is_there: bool, rule: Rule, now: datetime) -> Alert | None:
	if is_there:
		# Where the notice of its recovery still waits, it was never over for anybody.
		back = replace(alert, clear_since=None, recovered_at=None, severity=rule.severity)
		if back.fired_at is None and now - back.since >= rule.holds_after:
			return replace(back, fired_at=now)
		return back
	if alert.fired_at is None:
		return None
	clear_since = alert.clear_since or now
	recovered = alert.recovered_at or (now if now - clear_since >= rule.calm else None)
	return replace(alert, clear_since=clear_since, recovered_at=recovered)


def _with_due(alert: Alert, settings: Settings, now: datetime) -> Alert:
	if alert.fired_at is None:
		return alert
	is_quiet = alert.severity is Severity.WARNING and settings.quiet is not None and settings.quiet.contain(now)
	if alert.recovered_at:
		if alert.first_told_at is None:
			return replace(alert, due=None, closed=True)
		# What was about to be told of it before is not true any more.
		return replace(alert, due=None) if is_quiet else replace(alert, due=Kind.RECOVERED, closed=True)
	if is_quiet or (alert.muted_until and now < alert.muted_until):
		return replace(alert, due=None)
	return replace(alert, due=alert.due or _wanted(alert, settings, now))


def _wanted(alert: Alert, settings: Settings, now: datetime) -> Kind | None:
	if alert.first_told_at is None or alert.told_at is None:
		return Kind.TEST if alert.condition is Condition.TEST else Kind.FIRING
	if alert.acknowledged_at or alert.clear_since:
		return None
	if settings.escalate_after and not alert.escalated_at and now - alert.first_told_at >= settings.escalate_after:
		return Kind.ESCALATED
	if settings.remind_after and now - alert.told_at >= settings.remind_after:
		return Kind.REMINDER
	return None
