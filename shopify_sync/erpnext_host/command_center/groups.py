"""Failures by cause: one line for everything that failed of the same, with what an operator needs to decide about it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import frappe
from frappe.utils import now_datetime
from pypika.terms import Criterion

from shopify_sync.core.event_causes import UNKNOWN
from shopify_sync.core.statuses import NEEDS_ATTENTION, Status

from . import asking, filters, fixes, words
from .asking import Values

#: A page shows at most so many groups.
MOST = 200
ORDERS = 5
HOURS = 24
#: An event may be one of many of its order: so many of a group are looked at for the names of its orders.
_LOOK_AT = 12
#: What a group can be sorted by; nothing of it comes from a browser.
SORTED_BY = {
	"count": "`count` DESC, last_seen DESC",
	"last_seen": "last_seen DESC, `count` DESC",
	"first_seen": "first_seen, `count` DESC",
}

Key = tuple[str, str, str]


def groups(given: Any, start: int = 0, limit: int = 50, order: str = "count") -> dict[str, Any]:
	"""Return a page of groups; the contract of `api.command_center.groups`.

	:param given: a filter (:mod:`.filters`); without a status what needs attention is meant.
	:raises BadFilter: for a bad filter or an unknown order. :raises TooMuch: when it takes too long.
	"""
	if order not in SORTED_BY:
		raise filters.BadFilter(f"Groups are sorted by {', '.join(SORTED_BY)}.")
	wanted = filters.parse(given).with_statuses(NEEDS_ATTENTION)
	condition = filters.condition(wanted, looking=True)
	statuses = wanted.statuses or NEEDS_ATTENTION
	limit = min(max(limit, 1), MOST)
	rows = _counted(condition.where, statuses, max(start, 0), limit + 1, SORTED_BY[order])
	page = rows[:limit]
	trends, newest = _trends(condition.where, page), _newest(condition.where, page)
	return {
		"groups": [_group(row, statuses, trends, newest) for row in page],
		"total_groups": int(rows[0].total_groups) if rows else 0,
		"total_events": int(rows[0].total_events) if rows else 0,
		"more": len(rows) > limit,
		"notes": list(condition.notes),
	}


def _counted(condition: Criterion, statuses: tuple[Status, ...], start: int, limit: int, order: str) -> list[Any]:
	"""Return one row for each group: from the index alone, unless the filter asks for more than is in it.

	The inner question groups in the order of the index, as it is read; only what comes of it is put together and sorted.
	"""
	values = Values()
	by_status = ", ".join(f"SUM(IF(status = {values.add(str(status))}, n, 0)) AS status_{i}" for i, status in enumerate(statuses))
	return asking.ask(
		f"""SELECT store, COALESCE(category, '') AS category, COALESCE(cause, '') AS cause, SUM(n) AS `count`,
		MIN(first) AS first_seen, MAX(last) AS last_seen, MIN(next_try) AS next_try_at, {by_status},
		COUNT(*) OVER () AS total_groups, SUM(SUM(n)) OVER () AS total_events
		FROM (SELECT store, status, category, cause, COUNT(*) AS n, MIN(received_at) AS first, MAX(received_at) AS last,
			MIN(next_try_at) AS next_try
			FROM `tabSync Event` WHERE {values.text(condition)} GROUP BY store, status, category, cause) AS found
		GROUP BY store, COALESCE(category, ''), COALESCE(cause, '') ORDER BY {order} LIMIT {int(limit)} OFFSET {int(start)}""",
		values,
	)


def _trends(condition: Criterion, page: list[Any]) -> Mapping[Key, list[int]]:
	"""Return how many came in each of the last 24 hours, oldest first, for the groups of a page, in one question."""
	if not page:
		return {}
	values, now = Values(), now_datetime()
	where = values.text(condition)
	since = values.add(now - timedelta(hours=HOURS))
	causes = values.add(tuple({row.cause for row in page}))
	rows = asking.ask(
		f"""SELECT store, COALESCE(category, '') AS category, COALESCE(cause, '') AS cause,
		TIMESTAMPDIFF(HOUR, received_at, {values.add(now)}) AS ago, COUNT(*) AS `count`
		FROM `tabSync Event` WHERE {where} AND received_at > {since} AND COALESCE(cause, '') IN {causes}
		GROUP BY store, COALESCE(category, ''), COALESCE(cause, ''), ago""",
		values,
	)
	trends: dict[Key, list[int]] = {}
	for row in rows:
		hours = trends.setdefault(_key(row), [0] * HOURS)
		# One that came in this very moment may be a little later than now.
		hours[HOURS - 1 - min(max(int(row.ago), 0), HOURS - 1)] += int(row["count"])
	return trends


def _newest(condition: Criterion, page: list[Any]) -> Mapping[Key, list[Any]]:
	"""Return the newest events of each group of a page, for the names of its orders and a message to read; in one question."""
	if not page:
		return {}
	event, values = frappe.qb.DocType("Sync Event"), Values()
	of_each = [
		f"""(SELECT {number} AS number, name, received_at FROM `tabSync Event`
		WHERE {values.text(condition & filters.of_group(event, row.store, row.category, row.cause or UNKNOWN))} ORDER BY received_at DESC LIMIT {_LOOK_AT})"""  # noqa: S608
		for number, row in enumerate(page)
	]
	rows = asking.ask(
		f"""SELECT found.number, event.name, event.order_name, event.message, event.missing, event.document_type, event.document_name
		FROM ({" UNION ALL ".join(of_each)}) AS found JOIN `tabSync Event` AS event ON event.name = found.name
		ORDER BY found.received_at DESC""",  # noqa: S608 - values are parameters
		values,
	)
	newest: dict[Key, list[Any]] = {}
	for row in rows:
		newest.setdefault(_key(page[row.number]), []).append(row)
	return newest


def _key(row: Any) -> Key:
	# MariaDB compares without case; so does the database's grouping.
	return row.store, row.category, row.cause.casefold()


def _group(row: Any, statuses: tuple[Status, ...], trends: Mapping[Key, list[int]], newest: Mapping[Key, list[Any]]) -> dict:
	events = newest.get(_key(row)) or []
	sample = events[0] if events else frappe._dict()
	orders = list(dict.fromkeys(event.order_name for event in events if event.order_name))
	return {
		"store": row.store,
		"category": row.category,
		"cause": row.cause or UNKNOWN,
		**words.of_group(row.category, sample.missing, sample.message),
		"count": int(row["count"]),
		"by_status": {str(status): int(n) for i, status in enumerate(statuses) if (n := row[f"status_{i}"])},
		"first_seen": row.first_seen,
		"last_seen": row.last_seen,
		"next_try_at": row.next_try_at,
		"orders": orders[:ORDERS],
		"message": sample.message,
		"sample_event": sample.name,
		"missing": sample.missing,
		"trend": trends.get(_key(row)) or [0] * HOURS,
		"fix": fixes.fix_of(row.store, row.category, sample),
	}
