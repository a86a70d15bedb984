"""How many there are, without reading a single one (one point a count).

https://shopify.dev/docs/api/admin-graphql/latest/queries/ordersCount
"""

from __future__ import annotations

from dataclasses import dataclass

from shopify_sync.core.reading import EVERYTHING, Window

from .ports import Client, ask

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


def _count(client: Client, operation: str, query: str) -> Count:
	found = ask(client, operation, {"query": query or None})[_FIELDS[operation]]
	return Count(int(found["count"]), found["precision"] == "EXACT")
