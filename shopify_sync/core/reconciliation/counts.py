"""Orders counted day by day: which of the last days are worth reading whole, besides what changed.

A run of what changed trusts that everything was looked at when it changed. Counting costs a call a day, and finds the order that was
missed then, and the Sales Order that somebody deleted, without waiting for the night.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

#: So many days are counted, the last one the day before the run: of today, orders are still under way.
DAYS = 30
#: So many of them are read whole in one run, the newest first; the others in the next runs.
MOST = 5


#: The status under which a day's figures are kept.
ALL = "all"


@dataclass(frozen=True)
class DayCounts:
	"""How many orders each day has, by the day in the site's zone on which they were placed.

	:ivar shopify, erpnext: day → orders; a day without any may be missing.
	:ivar accepted: day → by how many Shopify had more when the day was read whole last.
	"""

	shopify: Mapping[date, int] = field(default_factory=dict)
	erpnext: Mapping[date, int] = field(default_factory=dict)
	accepted: Mapping[date, int] = field(default_factory=dict)

	def more(self, day: date) -> int:
		"""Return by how many orders Shopify has more."""
		return self.shopify.get(day, 0) - self.erpnext.get(day, 0)

	@property
	def to_read(self) -> tuple[date, ...]:
		"""The days that have to be read whole, the newest first.

		Orders that the store's rules book nothing for make a day differ for good: read once, it is taken as it was.
		"""
		days = {*self.shopify, *self.erpnext}
		return tuple(sorted((day for day in days if self.more(day) != self.accepted.get(day, 0)), reverse=True))


def days_of(until: datetime, zone: str) -> tuple[date, ...]:
	"""Return the days that a run counts. *until*: UTC, of the run; *zone*: the site's."""
	today = until.astimezone(ZoneInfo(zone)).date()
	return tuple(today - timedelta(days=number) for number in range(DAYS, 0, -1))


def span(day: date, zone: str) -> tuple[datetime, datetime]:
	"""Return when a day begins and ends, UTC."""
	begin, end = (datetime.combine(one, time(), ZoneInfo(zone)) for one in (day, day + timedelta(days=1)))
	return begin.astimezone(timezone.utc), end.astimezone(timezone.utc)


@dataclass
class Reading:
	"""How far the days that are read whole are: what a cursor says.

	:ivar days: (day, by how many orders Shopify has more). *page*: the cursor within the first of them.
	"""

	days: list[tuple[date, int]]
	page: str | None = None

	def after(self, page: str | None) -> Reading | None:
		"""Return where it goes on after a page with this cursor, None: nothing is left."""
		if page is not None:
			return Reading(self.days, page)
		return Reading(self.days[1:]) if self.days[1:] else None

	def as_text(self) -> str:
		"""Return it as a cursor."""
		return json.dumps([[(day.isoformat(), more) for day, more in self.days], self.page], separators=(",", ":"))

	@classmethod
	def from_text(cls, text: str) -> Reading:
		"""Return what :meth:`as_text` wrote."""
		days, page = json.loads(text)
		return cls([(date.fromisoformat(day), more) for day, more in days], page)


def text_of(accepted: Mapping[date, int]) -> dict[str, int]:
	"""Return what was accepted as plain data."""
	return {day.isoformat(): more for day, more in sorted(accepted.items()) if more}


def accepted_of(data: Mapping[str, int] | None) -> dict[date, int]:
	"""Return what :func:`text_of` wrote."""
	return {date.fromisoformat(day): more for day, more in (data or {}).items()}
