"""Sync Activity: how many events came, and what became of them, hour by hour or day by day."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import frappe
from frappe import _
from frappe.query_builder import CustomFunction
from frappe.query_builder.functions import Count
from pypika.terms import LiteralValue

from shopify_sync.core.events import Source
from shopify_sync.core.statuses import NEEDS_ATTENTION, Status
from shopify_sync.erpnext_host.reporting import layout
from shopify_sync.erpnext_host.reporting.filters import Period, one_of, stores_of
from shopify_sync.erpnext_host.reporting.layout import card, column

DAYS = 7
#: Longer than this, hours are not shown but days.
HOURLY_UP_TO = 2
HOUR, DAY = "%Y-%m-%d %H:00", "%Y-%m-%d"
#: Statuses that a reader takes together, and what they are called; in the order of the chart, from the bottom.
APPLIED, AGREED, MOOT, WAITING, HELD, FAILED, PUT_AWAY = "applied", "agreed", "moot", "waiting", "held", "failed", "put_away"
_GROUPS: Mapping[str, tuple[Status, ...]] = {
	APPLIED: (Status.APPLIED,),
	AGREED: (Status.NO_CHANGE, Status.ECHO, Status.SHADOWED),
	MOOT: (Status.SUPERSEDED, Status.IGNORED),
	WAITING: (Status.RECEIVED, Status.PROCESSING, Status.RETRYING),
	HELD: (Status.HELD,),
	FAILED: NEEDS_ATTENTION,
	PUT_AWAY: (Status.DISCARDED,),
}
_GROUP_OF = {str(status): group for group, statuses in _GROUPS.items() for status in statuses}
_COLORS = ("#46B37E", "#A8D8C0", "#C7CED6", "#449CF0", "#E8A33F", "#E03636", "#6B7785")
_UNIT = {HOUR: ("HOUR", timedelta(hours=1)), DAY: ("DAY", timedelta(days=1))}


def execute(filters: Mapping[str, Any] | None = None) -> layout.Answer:
	"""Return the report.

	:param filters: store, direction (Inbound, Outbound; both without), per (Hour, Day; by the length of the period without), days or
		from_date and to_date: when the event was received.
	"""
	filters = filters or {}
	stores, period = stores_of(filters), Period.of(filters, DAYS)
	per = str(filters.get("per") or ("Hour" if len(period.days) <= HOURLY_UP_TO else "Day"))
	pattern = HOUR if per == "Hour" else DAY
	spans = _counts(stores, period, str(filters.get("direction") or ""), pattern)
	columns = _columns()
	every: Counter[str] = Counter()
	for counts in spans.values():
		every.update(counts)
	found = [_row(start.strftime(pattern), spans[start]) for start in sorted(spans, reverse=True)]
	found.append({**_row(str(period), every), "bold": 1})
	message = _("{0}: {1} events were received.").format(str(period), f"{every.total():,}")
	return columns, layout.rows(columns, found), message, _chart(spans, pattern), list(_cards(every))


def _titles() -> dict[str, str]:
	return {
		APPLIED: _("Applied"),
		AGREED: _("Agreed Already"),
		MOOT: _("Superseded or Ignored"),
		WAITING: _("Waiting"),
		HELD: _("Held"),
		FAILED: _("Failed"),
		PUT_AWAY: _("Discarded"),
	}


def _columns() -> list[layout.Column]:
	columns = [column("at", _("Received"), width=180), column("events", _("Events"), "Int", 90)]
	return columns + [column(group, title, "Int", 150) for group, title in _titles().items()]


def _counts(stores: Sequence[str], period: Period, direction: str, pattern: str) -> dict[datetime, Counter[str]]:
	"""Return beginning of a span → group → events. Without a direction it is read from an index alone."""
	event = frappe.qb.DocType("Sync Event")
	unit, length = _UNIT[pattern]
	# A number of hours or days since the beginning: half the work of a text.
	span = CustomFunction("TIMESTAMPDIFF", ["unit", "start", "end"])(LiteralValue(unit), period.start, event.received_at)
	query = (
		frappe.qb.from_(event)
		.select(span.as_("span"), event.status, Count("*"))
		.where(one_of(event.store, stores))
		# Every one there is: with them the index has all that is asked for.
		.where(event.source.isin([str(source) for source in Source]))
		.where(event.received_at >= period.start)
		.where(event.received_at < period.end)
		.groupby(span, event.status)
	)
	if direction:
		query = query.where(event.direction == direction)
	found: dict[datetime, Counter[str]] = defaultdict(Counter)
	for spans, status, number in query.run():
		found[period.start + spans * length][_GROUP_OF.get(status, PUT_AWAY)] += number
	return dict(found)


def _row(label: str, counts: Counter[str]) -> dict[str, Any]:
	return {"at": label, "events": counts.total(), **{group: counts[group] for group in _GROUPS}}


def _cards(every: Counter[str]) -> Iterator[dict[str, Any]]:
	titles = _titles()
	yield card(_("Events"), every.total())
	yield card(titles[APPLIED], every[APPLIED], layout.GOOD)
	yield card(titles[WAITING], every[WAITING])
	yield card(titles[FAILED], every[FAILED], layout.BAD if every[FAILED] else layout.GOOD)


def _chart(spans: Mapping[datetime, Counter[str]], pattern: str) -> dict[str, Any] | None:
	starts = sorted(spans)
	# All of them, also without a number: a dashboard's chart has the colors from its own record, by their order.
	series = {title: [spans[start][group] for start in starts] for group, title in _titles().items()}
	labels = layout.ticks(starts, pattern, "%H" if pattern == HOUR else "%d")
	return layout.chart(labels, series, "bar", _COLORS, barOptions={"stacked": 1})
