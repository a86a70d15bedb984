"""How Shopify is read for reconciliation and backfill: which windows of time, by pages or in bulk, and where a reader goes on.

Search: https://shopify.dev/docs/api/usage/search-syntax, bulk operations: https://shopify.dev/docs/api/usage/bulk-operations/queries
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from typing import Any

from .enums import StrEnum

#: Points that a bulk operation costs: it is started, and asked for until it is done.
_BULK_POINTS = 50.0
#: Seconds that a bulk operation takes at least, whatever it reads.
_BULK_SECONDS = 30.0
#: Shopify gives out no page behind this many records of a list.
FURTHEST = 25_000


class Way(StrEnum):
	"""How many records are read."""

	PAGES = "Pages"
	BULK = "Bulk"


@dataclass(frozen=True)
class Window:
	"""A span of time, UTC, from *start* to just before *end*. No start: from the beginning; no end: everything until now.

	:ivar field: what is compared: `updated_at`, `created_at`, `issued_at`. *more*: other filters, put in front.
	"""

	start: datetime | None = None
	end: datetime | None = None
	field: str = "updated_at"
	more: str = ""

	def query(self, field: str = "", more: str = "") -> str:
		"""Return the window as Shopify's search syntax.

		:param field, more: instead of the window's own. No filter is needed for orders that are archived or cancelled: the Admin API
			lists all (`status:any` is REST's).
		"""
		field, more = field or self.field, more or self.more
		parts = [more] if more else []
		if self.start is not None:
			parts.append(f"{field}:>='{stamp(self.start)}'")
		if self.end is not None:
			parts.append(f"{field}:<'{stamp(self.end)}'")
		return " ".join(parts)

	def holds(self, moment: datetime) -> bool:
		"""Tell whether a time lies in the window."""
		return (self.start is None or self.start <= moment) and (self.end is None or moment < self.end)

	def whole_days(self) -> Window:
		"""Return a window around it for filters that match whole days, in whatever zone: it has to be looked through afterwards."""
		return Window(None if self.start is None else _midnight(self.start.date() - timedelta(days=1), timezone.utc))


#: No start, no end.
EVERYTHING = Window()


def stamp(moment: datetime) -> str:
	"""Return a time as searches take it: UTC, to the second."""
	return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _midnight(day: date, zone: tzinfo) -> datetime:
	return datetime.combine(day, time(), zone).astimezone(timezone.utc)


def choose(
	records: int, points_each: float, *, restore_rate: float, share: float, patience: timedelta = timedelta(minutes=2)
) -> Way:
	"""Return how to read so many records.

	Pages are at hand at once and show the latest state; a bulk operation takes its time, and costs next to nothing.

	:param records: how many there are; :param points_each: what one costs on a page.
	:param restore_rate: points a second that the plan gives; :param share: of them that may be used.
	:param patience: how long reading by pages may take.
	"""
	if records > FURTHEST:
		return Way.BULK
	points = records * points_each
	seconds = points / max(restore_rate * share, 0.001)
	if points <= _BULK_POINTS or seconds <= _BULK_SECONDS:
		return Way.PAGES
	return Way.BULK if seconds > patience.total_seconds() else Way.PAGES


@dataclass(frozen=True)
class Position:
	"""Where a reader is. Kept after each batch, so that a reader that died goes on there: a batch may come twice, none is left out.

	:ivar what: what is read (`orders`, …); :ivar way: how; :ivar window: of which time.
	:ivar cursor: of pages: behind the last page that was dealt with. None: at the beginning.
	:ivar operation: of bulk: the global id of the operation; empty: not started.
	:ivar started_at: when it was about to be started, UTC: an operation whose start was not answered is found again by it.
	:ivar offset: of bulk: the bytes of the result that were dealt with.
	:ivar records: how many were dealt with; :ivar expected: how many there are, as far as that is known.
	:ivar done: nothing is left.
	"""

	what: str
	way: Way = Way.PAGES
	window: Window = EVERYTHING
	cursor: str | None = None
	operation: str = ""
	started_at: datetime | None = None
	offset: int = 0
	records: int = 0
	expected: int | None = None
	done: bool = False

	def as_json(self) -> dict[str, Any]:
		"""Return it as plain JSON values; times as ISO 8601."""
		window = {**asdict(self.window), "start": _text(self.window.start), "end": _text(self.window.end)}
		return {**asdict(self), "window": window, "way": self.way.value, "started_at": _text(self.started_at)}

	@classmethod
	def from_json(cls, kept: Mapping[str, Any]) -> Position:
		"""Return what :meth:`as_json` wrote. :raises KeyError, ValueError, TypeError: when it is something else."""
		span = kept["window"]
		window = Window(
			_moment(span["start"]),
			_moment(span["end"]),
			span.get("field") or EVERYTHING.field,
			span.get("more") or EVERYTHING.more,
		)
		return cls(**{**kept, "window": window, "way": Way(kept["way"]), "started_at": _moment(kept["started_at"])})

	def after_page(self, cursor: str | None, records: int) -> Position:
		"""Return the position behind a page. :param cursor: of its last record, None when it was the last page."""
		return replace(self, cursor=cursor, records=self.records + records, done=cursor is None)

	def after_line(self, offset: int, records: int = 1) -> Position:
		"""Return the position behind so many records of a bulk result that end at *offset* bytes."""
		return replace(self, offset=offset, records=self.records + records)


def _text(moment: datetime | None) -> str | None:
	return None if moment is None else moment.isoformat()


def _moment(text: str | None) -> datetime | None:
	return None if text is None else datetime.fromisoformat(text)
