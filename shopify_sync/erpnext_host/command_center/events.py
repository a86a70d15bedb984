"""Single events of the ledger, page by page. Pages follow each other by what was last shown, never by counting rows."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from pypika.terms import Criterion

from . import asking, filters
from .asking import Values

MOST = 200
#: Beyond so many the page says "more than".
COUNTED = 10_000
_FIELDS = (
	"name", "store", "topic", "status", "category", "cause", "message", "missing", "order_name", "received_at", "next_try_at",
	"attempts", "direction", "document_type", "document_name", "link", "resource_type", "shopify_id",
)  # fmt: skip
#: order → (column, comparison that finds what follows, direction). Nothing of it comes from a browser.
_ORDERS = {
	"received_at desc": ("received_at", "<", "DESC"),
	"received_at asc": ("received_at", ">", "ASC"),
	"next_try_at": ("next_try_at", ">", "ASC"),
}


def events(given: Any, after: str | None = None, limit: int = 50, order: str = "received_at desc") -> dict[str, Any]:
	"""Return a page of events; the contract of `api.command_center.events`.

	:param after: the `after` of the page before; None: the first page.
	:param order: `received_at desc`, `received_at asc`, or `next_try_at`: what is tried again next, and only that.
	:raises BadFilter: for a bad filter, order or `after`. :raises TooMuch: when it takes too long.
	"""
	if order not in _ORDERS:
		raise filters.BadFilter(f"Events are sorted by {', '.join(_ORDERS)}.")
	condition = filters.condition(filters.parse(given), looking=True)
	limit = min(max(limit, 1), MOST)
	rows = _page(condition.where, _cursor(after), limit + 1, order)
	shown, column = rows[:limit], _ORDERS[order][0]
	count = _count(condition.where, column)
	return {
		"events": shown,
		"after": json.dumps([str(shown[-1][column]), shown[-1].name]) if len(rows) > limit else None,
		"count": min(count, COUNTED),
		"count_is_exact": count <= COUNTED,
		"notes": list(condition.notes),
	}


def _page(condition: Criterion, after: tuple[str, str] | None, limit: int, order: str) -> list[Any]:
	"""Return the rows of a page. The names are found in an index first: rows are wide, for their payloads."""
	column, follows, direction = _ORDERS[order]
	values = Values()
	where = f"{values.text(condition)} AND {column} IS NOT NULL"
	if after:
		moment, name = (values.add(value) for value in after)
		where += f" AND ({column} {follows} {moment} OR ({column} = {moment} AND name {follows} {name}))"
	fields = ", ".join(f"event.{field}" for field in _FIELDS)
	return asking.ask(
		f"""SELECT {fields} FROM (SELECT name, {column} FROM `tabSync Event` WHERE {where}
		ORDER BY {column} {direction}, name {direction} LIMIT {int(limit)}) AS found
		JOIN `tabSync Event` AS event ON event.name = found.name ORDER BY found.{column} {direction}, found.name {direction}""",  # noqa: S608 - values are parameters
		values,
	)


def _count(condition: Criterion, column: str) -> int:
	"""Return how many there are, counted up to one more than is told exactly."""
	values = Values()
	where = f"{values.text(condition)} AND {column} IS NOT NULL"
	rows = asking.ask(
		f"""SELECT COUNT(*) AS `count` FROM (SELECT 1 FROM `tabSync Event` WHERE {where} LIMIT {COUNTED + 1}) AS found""",  # noqa: S608
		values,
	)
	return int(rows[0]["count"])


def _cursor(after: str | None) -> tuple[str, str] | None:
	if not after:
		return None
	try:
		moment, name = json.loads(after)
		return str(datetime.fromisoformat(moment)), _name(name)
	except (TypeError, ValueError):
		raise filters.BadFilter("The page that should follow is not known. Begin with the first one.") from None


def _name(value: Any) -> str:
	if not isinstance(value, str) or len(value) > filters.LONGEST_NAME:
		raise ValueError("no name")
	return value
