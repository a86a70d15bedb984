"""The queries behind a store's health: each reads an index, and no more of it than is needed (docs/queries.md).

A ledger of a million events is mostly finished ones. What is open is counted; what is finished is only looked at for the last
hour, by the time at which it ended.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import frappe
from frappe.query_builder.functions import Count, Min

from shopify_sync.core.events import Source
from shopify_sync.core.percentiles import spread_of
from shopify_sync.core.statuses import NEEDS_ATTENTION, OPEN, Status
from shopify_sync.erpnext_host import times

#: Not finished, and waiting for no person.
UNPROCESSED = (Status.RECEIVED, Status.PROCESSING, Status.RETRYING)
#: Of what was superseded or ignored nobody waited for the end; what a person or a comparison asked for came at its own time.
_DONE = (Status.APPLIED, Status.NO_CHANGE, Status.SHADOWED)
_SOURCES = ("Webhook", "ERPNext")
HOUR = timedelta(hours=1)
#: Of an hour with more events than this, the newest ones tell how long they take.
_MOST_LAGS = 2000
#: Of what is due so many are looked at: the oldest, which workers take first whatever store they are of.
_MOST_DUE = 1000


@dataclass
class OpenEvents:
	"""What of a store is not finished. :ivar oldest: when the oldest that waits for no person was received (UTC)."""

	by_status: dict[str, int] = field(default_factory=dict)
	failures: dict[str, int] = field(default_factory=dict)
	oldest: datetime | None = None


def open_events(stores: Sequence[str]) -> dict[str, OpenEvents]:
	"""Return store → what is not finished, by status and by category. Read from `cause_index` alone, once."""
	event = frappe.qb.DocType("Sync Event")
	rows = (
		frappe.qb.from_(event)
		.select(event.store, event.status, event.category, Count("*"), Min(event.received_at))
		.where(event.store.isin(list(stores)))
		.where(event.status.isin(_names((*OPEN, Status.PROCESSING))))
		.groupby(event.store, event.status, event.category)
		.run()
	)
	found: dict[str, OpenEvents] = defaultdict(OpenEvents)
	for store, status, category, number, oldest in rows:
		_add(found[store], Status(status), category or "", number, oldest)
	return found


def _add(found: OpenEvents, status: Status, category: str, number: int, oldest: datetime | None) -> None:
	found.by_status[str(status)] = found.by_status.get(str(status), 0) + number
	if status in NEEDS_ATTENTION:
		found.failures[category] = found.failures.get(category, 0) + number
	if status in UNPROCESSED and oldest:
		came = times.from_site(oldest)
		found.oldest = min(found.oldest or came, came)


def failed_since(stores: Sequence[str], since: datetime) -> dict[str, int]:
	"""Return store → events that were received since then (site's time) and wait for a person."""
	event = frappe.qb.DocType("Sync Event")
	return dict(
		frappe.qb.from_(event)
		.select(event.store, Count("*"))
		.where(event.status.isin(_names(NEEDS_ATTENTION)))
		.where(event.received_at >= since)
		.where(event.store.isin(list(stores)))
		.groupby(event.store)
		.run()
	)


def oldest_due(now: datetime, closed: Sequence[str]) -> dict[str, float]:
	"""Return store → for how many seconds the oldest event that a worker could have taken has been due.

	:param closed: stores to which nothing may be sent now: what goes out to them waits for that and not for a worker.
	"""
	found: dict[str, float] = {}
	for direction, left_out in (("Inbound", ()), ("Outbound", closed)):
		for store, due_at in _oldest_due(direction, times.to_naive_utc(now), left_out):
			waited = (times.to_naive_utc(now) - due_at).total_seconds()
			found[store] = max(found.get(store, 0.0), waited)
	return found


def _oldest_due(direction: str, now: datetime | None, left_out: Sequence[str]) -> Sequence[tuple[str, Any]]:
	event = frappe.qb.DocType("Sync Event")
	oldest = (
		frappe.qb.from_(event)
		.select(event.store, event.due_at)
		.where(event.direction == direction)
		.where(event.due_at <= now)
		.orderby(event.due_at)
		.limit(_MOST_DUE)
	)
	if left_out:
		oldest = oldest.where(event.store.notin(list(left_out)))
	return frappe.qb.from_(oldest).select(oldest.store, Min(oldest.due_at)).groupby(oldest.store).run()


def last_by_source(store: str) -> dict[str, datetime]:
	"""Return source → when the last event of a store came from there (UTC). Each is the end of a part of one index."""
	one = "SELECT %s AS source, MAX(received_at) AS moment FROM `tabSync Event` WHERE store = %s AND source = %s"
	values = [value for source in Source for value in (str(source), store, str(source))]
	rows = frappe.db.sql(" UNION ALL ".join([one] * len(Source)), values)
	return {source: times.from_site(moment) for source, moment in rows if moment}


def lags(store: str, since: datetime) -> tuple[list[float], int]:
	"""Return how long events took from receipt to the end (seconds), and how many ended since then (site's time)."""
	event = frappe.qb.DocType("Sync Event")
	ended = frappe.qb.from_(event).where(event.store == store).where(event.finished_at >= since)
	newest = (
		ended.select(event.received_at, event.finished_at, event.status, event.source)
		.orderby(event.finished_at, order=frappe.qb.desc)
		.limit(_MOST_LAGS)
		.run()
	)
	count = len(newest) if len(newest) < _MOST_LAGS else int(ended.select(Count("*")).run()[0][0])
	done = _names(_DONE)
	return [
		(end - start).total_seconds() for start, end, status, source in newest if status in done and source in _SOURCES
	], count


def p95(durations: Sequence[float]) -> float | None:
	"""Return what 95 of 100 durations do not exceed; None without any."""
	spread = spread_of(durations)
	return spread.p95 if spread else None


def counts_of(doctype: str, stores: Sequence[str], filters: Mapping[str, Any]) -> dict[str, int]:
	"""Return store → rows of a small doctype of ours that *filters* find; none while the site does not have it yet."""
	if not frappe.db.table_exists(doctype):
		return {}
	table = frappe.qb.DocType(doctype)
	query = frappe.qb.from_(table).select(table.store, Count("*")).where(table.store.isin(list(stores))).groupby(table.store)
	for name, value in filters.items():
		column = table[name]
		query = query.where(column.isnull() if value is None else column.isin([value] if isinstance(value, str) else list(value)))
	return dict(query.run())


def _names(statuses: Sequence[Status]) -> list[str]:
	return [str(status) for status in statuses]
