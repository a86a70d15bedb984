"""Pages of connections.

A cursor holds the value that the list is sorted by and the id of the record, so that records which are inserted while somebody
pages neither repeat nor hide one that was there before (https://shopify.dev/docs/api/usage/pagination-graphql).
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from .errors import ApiError, bad_request

#: Shopify refuses more in one page.
LARGEST_PAGE = 250
#: How far into a list one can page (https://shopify.dev/docs/api/usage/limits); further on are filters or a bulk operation.
FURTHEST = 25_000
Key = tuple[Any, int]


@dataclass(frozen=True)
class Page:
	"""A page of a connection."""

	nodes: list[Any]
	cursors: list[str]
	has_next: bool
	has_previous: bool


@dataclass(frozen=True)
class Edge:
	"""One record of a page."""

	cursor: str
	node: Any


@dataclass(frozen=True)
class Window:
	"""Which part of a list is asked for: the four arguments of every connection, and `reverse`."""

	first: int | None = None
	last: int | None = None
	after: str | None = None
	before: str | None = None
	reverse: bool = False

	def check(self) -> None:
		"""Check the arguments. :raises ApiError: in Shopify's words."""
		if self.first is None and self.last is None:
			raise bad_request("you must provide one of first or last")
		if self.first is not None and self.last is not None:
			raise bad_request("providing both first and last is not supported")
		for name, size in (("first", self.first), ("last", self.last)):
			if size is not None and not 0 <= size <= LARGEST_PAGE:
				raise bad_request(
					f"{name} must be between 0 and {LARGEST_PAGE}" if size < 0 else f"{name} cannot exceed {LARGEST_PAGE}"
				)


def encode(key: Key) -> str:
	"""Return the opaque cursor of a record."""
	return base64.urlsafe_b64encode(json.dumps(_plain(key), separators=(",", ":")).encode()).decode()


def decode(cursor: str) -> list[Any]:
	"""Return what a cursor holds. :raises ApiError: when it is none of ours."""
	try:
		found = json.loads(base64.urlsafe_b64decode(cursor.encode()))
	except (binascii.Error, ValueError):
		found = None
	if not isinstance(found, list) or len(found) != 2 or not isinstance(found[1], int):
		raise ApiError("Invalid cursor for current pagination sort.", "BAD_REQUEST", value=cursor)
	return found


def _plain(key: Key) -> list[Any]:
	value, number = key
	if isinstance(value, datetime):
		value = value.isoformat()
	elif isinstance(value, Decimal):
		value = f"{value:+030.6f}"  # amounts of one sign sort as text
	return [value, number]


def page(records: Sequence[Any], key: Callable[[Any], Key], window: Window) -> Page:
	"""Return the page of *records* that *window* asks for.

	:param key: what the list is sorted by, and the number of the record, which makes every key unique.
	:raises ApiError: for arguments or cursors that Shopify refuses.
	"""
	window.check()
	keyed = sorted(((_plain(key(record)), record) for record in records), key=lambda pair: pair[0], reverse=window.reverse)
	start, stop = _bounds([pair[0] for pair in keyed], window)
	inside = keyed[start:stop]
	if start >= FURTHEST:
		raise bad_request(f"Pagination beyond {FURTHEST:,} objects is not supported.")
	if window.first is not None:
		taken = inside[: window.first]
		has_previous, has_next = start > 0, start + len(taken) < len(keyed)
	else:
		taken = inside[len(inside) - min(window.last or 0, len(inside)) :]
		has_previous, has_next = stop - len(taken) > 0, stop < len(keyed)
	cursors = [encode((found[0], found[1])) for found, _record in taken]
	return Page([record for _key, record in taken], cursors, has_next, has_previous)


def _bounds(keys: list[list[Any]], window: Window) -> tuple[int, int]:
	"""Return the first and the last position between the cursors."""
	start, stop = 0, len(keys)
	try:
		if window.after is not None:
			start = _behind(keys, decode(window.after), window.reverse, including=True)
		if window.before is not None:
			stop = _behind(keys, decode(window.before), window.reverse, including=False)
	except TypeError:  # a cursor of another sort
		raise ApiError("Invalid cursor for current pagination sort.", "BAD_REQUEST") from None
	return start, max(start, stop)


def _behind(keys: list[list[Any]], cursor: list[Any], reverse: bool, *, including: bool) -> int:
	"""Return how many keys stand before the cursor, *including* the one at it."""
	low, high = 0, len(keys)
	while low < high:
		middle = (low + high) // 2
		smaller = keys[middle] > cursor if reverse else keys[middle] < cursor
		if smaller or (including and keys[middle] == cursor):
			low = middle + 1
		else:
			high = middle
	return low
