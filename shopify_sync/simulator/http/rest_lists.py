"""Lists of the legacy REST API: filters by time and id, order, and pages behind `Link` headers.

Source: https://shopify.dev/docs/api/admin-rest/usage/pagination
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

DEFAULT_LIMIT, LARGEST_LIMIT = 50, 250
#: A request with `page_info` may carry these besides it.
_BESIDE_PAGE_INFO = frozenset(("page_info", "limit", "fields"))
T = TypeVar("T")


class BadParameter(ValueError):
	"""Raised for a parameter that cannot be used. *name* and *message* are what Shopify's 400 says."""

	def __init__(self, name: str, message: str) -> None:
		super().__init__(f"{name}: {message}")
		self.name = name
		self.message = message


@dataclass(frozen=True)
class Page(Generic[T]):
	"""What a page shows, and the addresses of its neighbours as a `Link` header (empty when there are none)."""

	rows: list[T]
	link: str


def moment(query: Mapping[str, str], name: str) -> datetime | None:
	"""Read a time. :raises BadParameter:"""
	text = query.get(name, "")
	if not text:
		return None
	# A plus sign that was not escaped arrives as a space: `2026-11-21T10:00:00 00:00`.
	for candidate in (text.replace("Z", "+00:00"), text.replace(" ", "+", 1)):
		try:
			found = datetime.fromisoformat(candidate)
		except ValueError:
			continue
		return found if found.tzinfo else found.replace(tzinfo=timezone.utc)
	raise BadParameter(name, "is not a valid date")


def in_time(rows: Iterable[T], query: Mapping[str, str]) -> list[T]:
	"""Return the rows within `created_at_min`, `created_at_max`, `updated_at_min` and `updated_at_max`, all inclusive."""
	found = list(rows)
	for name in ("created_at", "updated_at"):
		low, high = moment(query, f"{name}_min"), moment(query, f"{name}_max")
		if low is not None:
			found = [row for row in found if getattr(row, name) >= low]
		if high is not None:
			found = [row for row in found if getattr(row, name) <= high]
	return found


def with_ids(rows: Iterable[T], query: Mapping[str, str]) -> list[T]:
	"""Return the rows that `ids` names, or all."""
	wanted = [part.strip() for part in query.get("ids", "").split(",") if part.strip()]
	return [row for row in rows if not wanted or row.id in wanted]  # type: ignore[attr-defined]


def trimmed(payload: dict[str, Any], query: Mapping[str, str]) -> dict[str, Any]:
	"""Return only what `fields` names, or all."""
	wanted = [part.strip() for part in query.get("fields", "").split(",") if part.strip()]
	return {name: payload[name] for name in wanted if name in payload} if wanted else payload


def paged(query: Mapping[str, str], address: str, select: Callable[[Mapping[str, str]], Iterable[T]]) -> Page[T]:
	"""Return the page that *query* asks for, the newest first, after a `since_id` the oldest first.

	:param address: of the list, for the links.
	:param select: returns the rows for a query's filters, in any order; each has an `id` of digits.
	:raises BadParameter: for a limit or a `page_info` that cannot be used.
	"""
	limit = _limit(query)
	filters, start, backwards = _position(query)
	rising = "since_id" in filters
	rows = sorted(select(filters), key=_number, reverse=not rising)
	if rising:
		since = _whole(filters, "since_id")
		rows = [row for row in rows if _number(row) > since]
	first = _first(rows, start, limit, rising=rising, backwards=backwards)
	shown = rows[first : first + limit]
	links = []
	if shown and first > 0:
		links.append(_link(address, filters, limit, query, _number(shown[0]), "previous"))
	if shown and first + limit < len(rows):
		links.append(_link(address, filters, limit, query, _number(shown[-1]), "next"))
	return Page(shown, ", ".join(links))


def _first(rows: list[T], start: int | None, limit: int, *, rising: bool, backwards: bool) -> int:
	"""Return where the page begins. A row that has gone meanwhile moves nothing: its id still tells the place."""
	if start is None:
		return 0

	def is_before(row: T) -> bool:
		return _number(row) < start if rising else _number(row) > start

	before = sum(map(is_before, rows))
	if backwards:
		return max(before - limit, 0)
	return before + any(_number(row) == start for row in rows)


def _limit(query: Mapping[str, str]) -> int:
	limit = _whole(query, "limit") if query.get("limit") else DEFAULT_LIMIT
	if not 0 < limit <= LARGEST_LIMIT:
		raise BadParameter("limit", f"must be between 1 and {LARGEST_LIMIT}")
	return limit


def _position(query: Mapping[str, str]) -> tuple[dict[str, str], int | None, bool]:
	"""Return the filters, the id that the page begins after, and whether it lies before that id instead."""
	text = query.get("page_info")
	if not text:
		return {name: value for name, value in query.items() if name not in _BESIDE_PAGE_INFO}, None, False
	if extra := sorted(set(query) - _BESIDE_PAGE_INFO):
		raise BadParameter(
			extra[0], f"{extra[0]} cannot be passed when page_info is present. See /docs/api/usage/pagination-rest."
		)
	try:
		data = json.loads(base64.urlsafe_b64decode(text))
		return dict(data["filters"]), int(data["id"]), bool(data["backwards"])
	except (ValueError, KeyError, TypeError):
		raise BadParameter("page_info", "Invalid value.") from None


def _link(address: str, filters: Mapping[str, str], limit: int, query: Mapping[str, str], row: int, rel: str) -> str:
	data = {"filters": dict(filters), "id": row, "backwards": rel == "previous"}
	page_info = base64.urlsafe_b64encode(json.dumps(data).encode()).decode()
	fields = {"fields": query["fields"]} if query.get("fields") else {}
	return f'<{address}?{urlencode({"limit": limit, **fields, "page_info": page_info})}>; rel="{rel}"'


def _whole(query: Mapping[str, str], name: str) -> int:
	text = query.get(name, "")
	if not (text.isascii() and text.isdigit()):
		raise BadParameter(name, "must be a whole number")
	return int(text)


def _number(row: Any) -> int:
	return int(row.id)
