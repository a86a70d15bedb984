"""Failure Summary: what failed and is not settled, one row for each cause: how many, since when, and whether trying again helps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import frappe
from frappe import _
from frappe.query_builder.functions import Concat, Count, Max, Min
from frappe.utils import date_diff, now_datetime

from shopify_sync.core.failures import INFO, Category, Retry
from shopify_sync.core.statuses import NEEDS_ATTENTION, Status
from shopify_sync.erpnext_host.reporting import layout
from shopify_sync.erpnext_host.reporting.filters import Period, chosen, one_of, stores_of
from shopify_sync.erpnext_host.reporting.layout import card, column

MOST = 2000
DRAWN = 12
#: What is looked at without a filter: what waits for a person, what is tried again, and what is held back.
STATUSES = tuple(str(status) for status in (*NEEDS_ATTENTION, Status.RETRYING, Status.HELD))
_CATEGORIES = {str(category): category for category in Category}


def execute(filters: Mapping[str, Any] | None = None) -> layout.Answer:
	"""Return the report.

	:param filters: store, status, direction, category; from_date, to_date, days: when the event was received, else however long ago.
	"""
	filters = filters or {}
	stores = stores_of(filters)
	found = [_row(group) for group in _groups(stores, filters)]
	columns = _columns()
	received = _received(stores)
	said = [{"store": store, "title": _said(*received.get(store, (0, None))), "bold": 1} for store in stores]
	message = " ".join(f"{one['store']}: {one['title']}" for one in said)
	return columns, layout.rows(columns, [*found, *said]), layout.plain(message), _chart(found), _cards(found)


def _columns() -> list[layout.Column]:
	return [
		column("store", _("Store"), "Link", 120, "Shopify Store"),
		column("title", _("What Failed"), width=210),
		column("missing", _("Missing"), width=180),
		column("status", _("Status"), width=100),
		column("events", _("Events"), "Int", 90),
		column("oldest", _("Oldest"), width=165),
		column("newest", _("Newest"), width=165),
		column("days", _("Days"), "Int", 70),
		column("retry", _("Try Again?"), width=230),
		column("fix", _("What to Do"), width=360),
		column("direction", _("Direction"), width=90),
		column("example", _("Newest Event"), "Link", 170, "Sync Event"),
	]


def _groups(stores: Sequence[str], filters: Mapping[str, Any]) -> list[Any]:
	event = frappe.qb.DocType("Sync Event")
	query = (
		frappe.qb.from_(event)
		.select(
			event.store,
			event.direction,
			event.status,
			event.category,
			event.missing,
			Count("*").as_("events"),
			Min(event.received_at).as_("oldest"),
			Max(event.received_at).as_("newest"),
			Max(Concat(event.received_at, "|", event.name)).as_("example"),
		)
		.where(event.status.isin([status for status in chosen(filters, "status", STATUSES) if status in STATUSES] or [""]))
		.where(one_of(event.store, stores))
		.groupby(event.store, event.direction, event.status, event.category, event.missing)
		.orderby(Count("*"), order=frappe.qb.desc)
		.limit(MOST)
	)
	for name in ("direction", "category"):
		if filters.get(name):
			query = query.where(event[name] == str(filters[name]))
	if any(filters.get(name) for name in ("from_date", "to_date", "days")):
		period = Period.of(filters, 30)
		query = query.where(event.received_at >= period.start).where(event.received_at < period.end)
	return query.run(as_dict=True)


def _received(stores: Sequence[str]) -> dict[str, tuple[int, datetime]]:
	"""Return store → how many of its events came in the last day, and when the last one did."""
	event = frappe.qb.DocType("Sync Event")
	query = frappe.qb.from_(event).select(event.store, Count("*"), Max(event.received_at)).where(one_of(event.store, stores))
	rows = query.where(event.received_at >= now_datetime() - timedelta(days=1)).groupby(event.store).run()
	return {store: (count, last) for store, count, last in rows}


def _said(count: int, last: datetime | None) -> str:
	if not count:
		return _("No event was received in the last 24 hours.")
	return _("{0} events were received in the last 24 hours, the last one at {1}.").format(f"{count:,}", layout.moment(last))


def _row(group: Any) -> dict[str, Any]:
	info = INFO[_CATEGORIES[group.category]] if group.category in _CATEGORIES else None
	return {
		**{name: group[name] for name in ("store", "direction", "status", "missing", "events")},
		"title": _(info.title) if info else _(group.category or "No category"),
		"category": group.category or "",
		"oldest": layout.moment(group.oldest),
		"newest": layout.moment(group.newest),
		"days": date_diff(now_datetime(), group.oldest),
		"retry": _may_retry(group.status, info.retry if info else None),
		"fix": _(info.fix) if info else "",
		"example": str(group.example or "").partition("|")[2],
	}


def _may_retry(status: str, retry: Retry | None) -> str:
	"""Return whether trying again helps. It never does harm: what was applied is not applied twice."""
	by_itself = {
		str(Status.RETRYING): _("By itself, no need to."),
		str(Status.HELD): _("By itself, when the store goes on."),
		str(Status.BLOCKED): _("By itself, once it is there."),
		str(Status.CONFLICT): _("After you decided."),
	}
	if retry is Retry.NEVER:
		return _("No: it cannot help. Discard it.")
	if status in by_itself:
		return by_itself[status]
	return _("Mend it first, then Retry.") if retry is Retry.AFTER_FIX else _("Yes.")


def _cards(found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
	by_status: Counter[str] = Counter()
	for row in found:
		by_status[row["status"]] += row["events"]
	waiting = sum(by_status[str(status)] for status in NEEDS_ATTENTION)
	causes = sum(row["status"] in {str(status) for status in NEEDS_ATTENTION} for row in found)
	return [
		card(_("Events that Need Attention"), waiting, layout.BAD if waiting else layout.GOOD),
		card(_("Causes"), causes, layout.BAD if causes else layout.GOOD),
		card(_("Tried Again by Itself"), by_status[str(Status.RETRYING)], layout.NEUTRAL),
		card(_("Held Back"), by_status[str(Status.HELD)], layout.BAD if by_status[str(Status.HELD)] else layout.NEUTRAL),
	]


def _chart(found: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
	counts: Counter[str] = Counter()
	for row in found:
		counts[row["title"]] += row["events"]
	most = counts.most_common(DRAWN)
	return layout.chart(
		[title for title, _number in most], {_("Events"): [number for _title, number in most]}, colors=("#E03636",)
	)
