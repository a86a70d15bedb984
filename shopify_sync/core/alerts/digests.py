"""When a digest is due, and the period that it is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from ..enums import StrEnum


class Every(StrEnum):
	"""How often a digest goes out."""

	NEVER = "Never"
	DAILY = "Daily"
	WEEKLY = "Weekly"


@dataclass(frozen=True)
class Schedule:
	"""When a digest goes out. :ivar hour: 0 to 23, local to *zone*. :ivar weekday: of a weekly one, 0 is Monday."""

	every: Every
	hour: int
	zone: str
	weekday: int = 0


@dataclass(frozen=True)
class Period:
	"""What a digest is about: from *begin* until *end* (UTC). :ivar day: the local day on which it goes out."""

	begin: datetime
	end: datetime
	day: date


def due(now: datetime, schedule: Schedule, last_day: date | None) -> Period | None:
	"""Return the period of the digest that should go out now, or None.

	One that could not go out at its hour goes out later on the same day, with the period that it would have had; a day that went by without
	is not made up for.

	:param last_day: the local day on which the last one went out.
	"""
	if schedule.every is Every.NEVER:
		return None
	local = now.astimezone(ZoneInfo(schedule.zone))
	today = local.date()
	if schedule.every is Every.WEEKLY and today.weekday() != schedule.weekday:
		return None
	if local.hour < schedule.hour or (last_day is not None and last_day >= today):
		return None
	return period(schedule, today)


def period(schedule: Schedule, day: date) -> Period:
	"""Return the period of the digest of a local day: a day or a week up to its hour."""
	length = timedelta(days=7 if schedule.every is Every.WEEKLY else 1)
	zone, hour = ZoneInfo(schedule.zone), time(schedule.hour)
	begin, end = (datetime.combine(one, hour, zone).astimezone(timezone.utc) for one in (day - length, day))
	return Period(begin, end, day)
