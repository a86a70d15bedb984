"""Sync Latency: how long it took from the occasion at Shopify to the document in ERPNext, and from the change in ERPNext to Shopify."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import frappe
from frappe import _

from shopify_sync.core.percentiles import spread_of
from shopify_sync.core.statuses import Status
from shopify_sync.erpnext_host.reporting import layout
from shopify_sync.erpnext_host.reporting.filters import Period, chosen, one_of, stores_of
from shopify_sync.erpnext_host.reporting.layout import card, column

DAYS = 7
#: How a span of time is written.
HOUR, DAY = "%Y-%m-%d %H:00", "%Y-%m-%d"
#: Longer than this, hours are not drawn but days.
HOURLY_UP_TO = 2
#: Seconds: what took longer is counted.
LATE = 300
INBOUND, OUTBOUND = "Inbound", "Outbound"
#: What was carried out; of what was superseded or ignored nobody waited for the end.
DONE = tuple(str(status) for status in (Status.APPLIED, Status.NO_CHANGE, Status.SHADOWED))
#: What a person, a backfill or a reconciliation asked for was not sent by Shopify, and says nothing about the way from it.
SOURCES = ("Webhook", "ERPNext")


@dataclass
class Bucket:
	"""Durations in seconds of one span of time and way. :ivar delivered: until it was received; *done*: from then; *whole*: both."""

	delivered: list[float] = field(default_factory=list)
	done: list[float] = field(default_factory=list)
	whole: list[float] = field(default_factory=list)


def execute(filters: Mapping[str, Any] | None = None) -> layout.Answer:
	"""Return the report.

	:param filters: store, direction (Inbound, Outbound; both without), per (Hour, Day; by the length of the period without), days or
		from_date and to_date: when the event was received.
	"""
	filters = filters or {}
	stores, period = stores_of(filters), Period.of(filters, DAYS)
	per = str(filters.get("per") or ("Hour" if len(period.days) <= HOURLY_UP_TO else "Day"))
	ways = [way for way in chosen(filters, "direction", (INBOUND, OUTBOUND)) if way in (INBOUND, OUTBOUND)]
	pattern = HOUR if per == "Hour" else DAY
	buckets = _buckets(_events(stores, period, ways), hourly=per == "Hour")
	columns = _columns()
	every = {way: _joined(bucket for (_start, its), bucket in buckets.items() if its == way) for way in ways}
	found = [_row(start.strftime(pattern), way, buckets[start, way]) for start, way in sorted(buckets, reverse=True)]
	found += [{**_row(str(period), way, bucket), "bold": 1} for way, bucket in every.items()]
	return columns, layout.rows(columns, found), _message(every, period), _chart(buckets, ways, pattern), list(_cards(every))


def _columns() -> list[layout.Column]:
	return [
		column("at", _("Received"), width=180),
		column("direction", _("Direction"), width=100),
		column("events", _("Events"), "Int", 80),
		*_spread_columns("delivered", _("Delivery")),
		*_spread_columns("done", _("Processing")),
		*_spread_columns("whole", _("Whole Way")),
		column("late", _("Later than {0} min").format(LATE // 60), "Int", 140),
	]


def _spread_columns(name: str, label: str) -> list[layout.Column]:
	titles = {"p50": _("{0} p50 (s)"), "p95": _("{0} p95 (s)"), "largest": _("{0} max (s)")}
	return [column(f"{name}_{figure}", title.format(label), "Float", 150) for figure, title in titles.items()]


def _events(stores: Sequence[str], period: Period, ways: Sequence[str]) -> Iterable[Sequence[Any]]:
	"""Return (direction, triggered, received, finished) of what was carried out; read by (status, received_at), three statuses of it."""
	event = frappe.qb.DocType("Sync Event")
	return (
		frappe.qb.from_(event)
		.select(event.direction, event.triggered_at, event.received_at, event.finished_at)
		.where(event.status.isin(DONE))
		.where(event.received_at >= period.start)
		.where(event.received_at < period.end)
		.where(one_of(event.store, stores))
		.where(one_of(event.direction, ways))
		.where(event.source.isin(SOURCES))
		.where(event.finished_at.isnotnull())
		.run()
	)


def _buckets(events: Iterable[Sequence[Any]], hourly: bool) -> dict[tuple[datetime, str], Bucket]:
	"""Return (beginning of an hour or a day, way) → its durations."""
	found: dict[tuple[datetime, str], Bucket] = defaultdict(Bucket)
	for way, triggered, received, finished in events:
		start = received.replace(minute=0, second=0, microsecond=0)
		bucket = found[start if hourly else start.replace(hour=0), way]
		bucket.done.append(_seconds(received, finished))
		# What goes out has no earlier beginning: it was marked in the transaction that changed it.
		if triggered and way == INBOUND:
			bucket.delivered.append(_seconds(triggered, received))
		bucket.whole.append(_seconds(triggered or received if way == INBOUND else received, finished))
	return dict(found)


def _seconds(start: datetime, end: datetime) -> float:
	return max((end - start).total_seconds(), 0.0)


def _joined(buckets: Iterable[Bucket]) -> Bucket:
	every = Bucket()
	for bucket in buckets:
		every.delivered += bucket.delivered
		every.done += bucket.done
		every.whole += bucket.whole
	return every


def _row(label: str, way: str, bucket: Bucket) -> dict[str, Any]:
	row: dict[str, Any] = {"at": label, "direction": _(way), "events": len(bucket.done)}
	row["late"] = sum(seconds > LATE for seconds in bucket.whole)
	for name, durations in (("delivered", bucket.delivered), ("done", bucket.done), ("whole", bucket.whole)):
		if spread := spread_of(durations):
			for figure in ("p50", "p95", "largest"):
				row[f"{name}_{figure}"] = round(getattr(spread, figure), 2)
	return row


def _message(every: Mapping[str, Bucket], period: Period) -> str:
	counts = _("{0}: {1} events that came in and {2} that went out were carried out.").format(
		str(period),
		*(f"{len(every[way].done) if way in every else 0:,}" for way in (INBOUND, OUTBOUND)),
	)
	return " ".join([counts, _("One that waited for a mapping or for a person counts with the time that it waited.")])


def _cards(every: Mapping[str, Bucket]) -> Iterator[dict[str, Any]]:
	titles = {INBOUND: _("From Shopify to ERPNext"), OUTBOUND: _("From ERPNext to Shopify")}
	for way, bucket in every.items():
		spread = spread_of(bucket.whole)
		yield card(_("{0}: Events").format(titles[way]), len(bucket.whole))
		if spread:
			slow = layout.BAD if spread.p95 > LATE else layout.GOOD
			yield card(_("{0}: p50 (s)").format(titles[way]), round(spread.p50, 2), datatype="Float")
			yield card(_("{0}: p95 (s)").format(titles[way]), round(spread.p95, 2), slow, "Float")


def _chart(buckets: Mapping[tuple[datetime, str], Bucket], ways: Sequence[str], pattern: str) -> dict[str, Any] | None:
	"""Return the whole way, p50 and p95, as lines over the time."""
	starts = sorted({start for start, _way in buckets})
	series = {}
	for way in ways:
		spreads = [spread_of(buckets[start, way].whole) if (start, way) in buckets else None for start in starts]
		for figure in ("p50", "p95"):
			series[f"{_(way)} {figure}"] = [round(getattr(one, figure), 2) if one else 0 for one in spreads]
	labels = layout.ticks(starts, pattern, "%H" if pattern == HOUR else "%d")
	return layout.chart(labels, series, "line", ("#46B37E", "#1F7A4D", "#449CF0", "#2A5FA8"))
