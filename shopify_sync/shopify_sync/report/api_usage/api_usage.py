"""API Usage: how many calls were made to Shopify, what they cost in points, and how much of what the plan gives that was."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import frappe
from frappe import _
from frappe.query_builder import CustomFunction
from frappe.query_builder.functions import Avg, Count, Max, Min, Sum

from shopify_sync.erpnext_host.reporting import layout
from shopify_sync.erpnext_host.reporting.filters import Period, one_of, stores_of
from shopify_sync.erpnext_host.reporting.layout import card, column

DAYS = 2
HOURLY_UP_TO = 3
HOUR, DAY = "%Y-%m-%d %H:00", "%Y-%m-%d"
_SPAN = {HOUR: "%Y-%m-%d %H:00:00", DAY: "%Y-%m-%d 00:00:00"}
_SECONDS = {HOUR: 3600, DAY: 86400}
#: The smallest plan's, where Shopify has not said yet: https://shopify.dev/docs/api/usage/limits
DEFAULT_RATE = 100.0
#: Shopify said something of use; what is under way is no failure either.
ANSWERED = ("Answered", "User Errors")
UNDER_WAY = "In Flight"
#: Of so many percent in an hour there is not much left for what comes next.
MUCH = 80


@dataclass
class Usage:
	"""Calls of a span. :ivar points: what they cost; :ivar least: the fewest points that were left after one of them, or None."""

	calls: int = 0
	failed: int = 0
	points: float = 0.0
	ms: float = 0.0
	slowest: int = 0
	least: float | None = None

	def add(self, other: Usage) -> None:
		"""Add another span, or another outcome of the same."""
		self.ms = (self.ms * self.calls + other.ms * other.calls) / max(self.calls + other.calls, 1)
		self.calls += other.calls
		self.failed += other.failed
		self.points += other.points
		self.slowest = max(self.slowest, other.slowest)
		known = [least for least in (self.least, other.least) if least is not None]
		self.least = min(known) if known else None


def execute(filters: Mapping[str, Any] | None = None) -> layout.Answer:
	"""Return the report.

	:param filters: store, per (Hour, Day; by the length of the period without), days or from_date and to_date: when the call began.
	"""
	filters = filters or {}
	stores, period = stores_of(filters), Period.of(filters, DAYS)
	per = str(filters.get("per") or ("Hour" if len(period.days) <= HOURLY_UP_TO else "Day"))
	pattern = HOUR if per == "Hour" else DAY
	spans, rates = _spans(stores, period, pattern), _rates(stores)
	columns = _columns()
	every = _joined(spans.values())
	found = [
		_row(start.strftime(pattern), store, spans[start, store], rates[store] * _SECONDS[pattern])
		for start, store in sorted(spans, reverse=True)
	]
	found += [{**_row(str(period), store, _joined(_of(spans, store)), 0), "bold": 1} for store in stores]
	return columns, layout.rows(columns, found), _message(period, every), _chart(spans, rates, pattern), list(_cards(every))


def _columns() -> list[layout.Column]:
	return [
		column("at", _("Begun"), width=180),
		column("store", _("Store"), "Link", 130, "Shopify Store"),
		column("calls", _("Calls"), "Int", 80),
		column("failed", _("Failed"), "Int", 115),
		column("points", _("Points"), "Float", 100),
		column("share", _("Used (%)"), "Float", 100),
		column("least", _("Fewest Points Left"), "Float", 150),
		column("ms", _("Mean (ms)"), "Int", 100),
		column("slowest", _("Slowest (ms)"), "Int", 115),
	]


def _spans(stores: Sequence[str], period: Period, pattern: str) -> dict[tuple[datetime, str], Usage]:
	"""Return (beginning of an hour or a day, store) → its calls; read by (store, started_at)."""
	call = frappe.qb.DocType("Shopify API Call")
	span = CustomFunction("DATE_FORMAT", ["moment", "pattern"])(call.started_at, _SPAN[pattern])
	rows = (
		frappe.qb.from_(call)
		.select(
			span.as_("span"), call.store, call.outcome, Count("*"), Sum(call.actual_cost), Avg(call.duration_ms),
			Max(call.duration_ms), Min(call.points_left),
		)
		.where(one_of(call.store, stores))
		.where(call.started_at >= period.start)
		.where(call.started_at < period.end)
		.groupby(span, call.store, call.outcome)
		.run()
	)  # fmt: skip
	found: dict[tuple[datetime, str], Usage] = defaultdict(Usage)
	for start, store, outcome, calls, points, ms, slowest, least in rows:
		failed = 0 if outcome in (*ANSWERED, UNDER_WAY) else calls
		# What was not answered says nothing of the points: an empty figure is 0 in the row.
		left = float(least) if outcome in ANSWERED and least is not None else None
		one = Usage(calls, failed, float(points or 0), float(ms or 0), int(slowest or 0), left)
		found[datetime.fromisoformat(str(start)), store].add(one)
	return dict(found)


def _rates(stores: Sequence[str]) -> dict[str, float]:
	"""Return store → points that Shopify gives it in a second."""
	rows = frappe.get_all("Shopify Connection", filters={"name": ("in", list(stores))}, fields=["name", "restore_rate"])
	known = {row.name: float(row.restore_rate or 0) for row in rows}
	return {store: known.get(store) or DEFAULT_RATE for store in stores}


def _of(spans: Mapping[tuple[datetime, str], Usage], store: str) -> Iterator[Usage]:
	return (usage for (_start, its), usage in spans.items() if its == store)


def _joined(usages: Any) -> Usage:
	every = Usage()
	for usage in usages:
		every.add(usage)
	return every


def _row(label: str, store: str, usage: Usage, given: float) -> dict[str, Any]:
	return {
		"at": label,
		"store": store,
		"calls": usage.calls,
		"failed": usage.failed,
		"points": round(usage.points, 1),
		"share": round(100 * usage.points / given, 2) if given else None,
		"least": usage.least,
		"ms": round(usage.ms),
		"slowest": usage.slowest,
	}


def _message(period: Period, every: Usage) -> str:
	counts = _("{0}: {1} calls to Shopify, which cost {2} points.").format(
		str(period), f"{every.calls:,}", f"{every.points:,.0f}"
	)
	return " ".join([counts, _("Used is the share of the points that Shopify restored in that time.")])


def _cards(every: Usage) -> Iterator[dict[str, Any]]:
	yield card(_("Calls"), every.calls)
	yield card(_("Failed"), every.failed, layout.BAD if every.failed else layout.GOOD)
	yield card(_("Points"), round(every.points), datatype="Float")


def _chart(spans: Mapping[tuple[datetime, str], Usage], rates: Mapping[str, float], pattern: str) -> dict[str, Any] | None:
	"""Return the share of the points that was used: a line for each store."""
	starts = sorted({start for start, _store in spans})
	series = {
		store: [
			round(100 * spans.get((start, store), Usage()).points / (rates[store] * _SECONDS[pattern]), 2) for start in starts
		]
		for store in sorted({store for _start, store in spans})
	}
	labels = layout.ticks(starts, pattern, "%H" if pattern == HOUR else "%d")
	return layout.chart(labels, series, "line", ("#449CF0", "#46B37E", "#E8A33F", "#8E5BD8", "#E03636"))
