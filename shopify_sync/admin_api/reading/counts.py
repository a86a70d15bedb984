"""How many there are: per day and status, without reading a single one (one point a count).

https://shopify.dev/docs/api/admin-graphql/latest/queries/ordersCount
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo

from shopify_sync.core.reading import EVERYTHING, Window, days

from .ports import Client, ask

#: Filters of `orders`: `financial_status` takes no `any`.
FINANCIAL_STATUSES = (
	"authorized", "expired", "paid", "partially_paid", "partially_refunded", "pending", "refunded", "voided",
)  # fmt: skip
_FIELDS = {
	"OrdersCount": "ordersCount",
	"CustomersCount": "customersCount",
	"ProductsCount": "productsCount",
	"ProductVariantsCount": "productVariantsCount",
}


@dataclass(frozen=True)
class Count:
	"""How many records a search finds. :ivar exact: otherwise there are at least so many."""

	count: int
	exact: bool


@dataclass(frozen=True)
class DayCount:
	"""How many orders were placed on a day of the merchant's, in all or in one financial status (empty: in all)."""

	day: date
	status: str
	count: Count


def orders(client: Client, window: Window = EVERYTHING, *, field: str = "", more: str = "") -> Count:
	"""Return how many orders there are. :param field, more: instead of the window's own. :raises CallFailed:"""
	return _count(client, "OrdersCount", window.query(field, more))


def customers(client: Client, window: Window = EVERYTHING) -> Count:
	"""Return how many customers changed on the days of the window, and the day before: the filter matches whole days. :raises CallFailed:"""
	return _count(client, "CustomersCount", window.whole_days().query())


def products(client: Client, window: Window = EVERYTHING) -> Count:
	"""Return how many products changed in the window. :raises CallFailed:"""
	return _count(client, "ProductsCount", window.query())


def variants(client: Client) -> Count:
	"""Return how many variants there are. :raises CallFailed:"""
	return _count(client, "ProductVariantsCount", "")


def orders_by_day(
	client: Client, first: date, last: date, zone: tzinfo, statuses: Sequence[str] = ("",), *, field: str = "created_at"
) -> Iterator[DayCount]:
	"""Yield how many orders each day from *first* to *last* has, in each status.

	:param zone: the shop's; :param statuses: of :data:`FINANCIAL_STATUSES`; empty: all together.
	:raises CallFailed: when Shopify does not answer.
	"""
	for day, window in days(first, last, zone):
		for status in statuses:
			more = f"financial_status:{status}" if status else ""
			yield DayCount(day, status, orders(client, window, field=field, more=more))


def _count(client: Client, operation: str, query: str) -> Count:
	found = ask(client, operation, {"query": query or None})[_FIELDS[operation]]
	return Count(int(found["count"]), found["precision"] == "EXACT")
