"""One way to read, whichever way it is: a position says what, of which time, by pages or in bulk, and how far.

position = Position("orders", way, window, started_at=now)     # keep it
position = start(client, position)                             # bulk: Shopify begins; keep it
for batch in records(client, position):                        # bulk: once the operation is over
	…deal with batch.records…
	keep(batch.position)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from shopify_sync.core.reading import Position, Way

from ..products import as_webhook
from . import bulk, windows
from .bulk import Downloading
from .bulk_orders import order_of_bulk
from .customer_payload import consent_payload, customer_payload
from .stock_payload import LevelRead, level_read
from .values import Node
from .windows import Batch, CustomerRead

#: What a source yields → pages of it. Levels are read of one location by pages (:func:`.windows.levels`), in bulk of all.
_PAGES: Mapping[str, Callable[[Downloading, Position], Iterator[Batch[Any]]]] = {
	"orders": windows.orders,
	"customers": windows.customers,
	"products": windows.products,
}


def start(client: Downloading, position: Position) -> Position:
	"""Begin; return the position to keep. By pages there is nothing to begin. :raises BulkError, CallFailed:"""
	return position if position.way is Way.PAGES else bulk.start(client, position)


def records(client: Downloading, position: Position, *, batch: int = 100) -> Iterator[Batch[Any]]:
	"""Yield what is read, batch by batch, from the position on; nothing when it is done.

	`orders`: payloads as `orders/updated` tells, with transactions; `customers`: CustomerRead; `products`: payloads as `products/update`
	tells; `levels` (bulk only): LevelRead.

	:param batch: of a bulk operation, so many at a time; pages have sizes of their own.
	:raises BulkError: when a bulk operation is not over, or has no result. :raises CallFailed: when Shopify does not answer.
	"""
	if position.way is Way.PAGES:
		yield from _PAGES[position.what](client, position)
		return
	if position.done:
		return
	for found in bulk.read(client, position, batch=batch):
		yield Batch(tuple(made for node in found.records for made in _made(client, position, node)), found.position)


def _made(client: Downloading, position: Position, node: Node) -> list[Any]:
	"""Return what a record of a bulk operation is; nothing when it was deleted meanwhile, or lies outside the window."""
	if bulk.SOURCES[position.what].whole_days and not position.window.holds(windows.moment(node["updatedAt"])):
		return []
	if position.what == "orders":
		order = order_of_bulk(client, node)
		return [] if order is None else [order]
	return _OF_BULK[position.what](node)


def _levels(node: Node) -> list[LevelRead]:
	return [level_read({**level, "item": node}, level["location"]["id"]) for level in node["inventoryLevels"]["nodes"]]


_OF_BULK: Mapping[str, Callable[[Node], list[Any]]] = {
	"customers": lambda node: [CustomerRead(customer_payload(node), consent_payload(node))],
	"products": lambda node: [as_webhook(node, node["variants"]["nodes"])],
	"levels": _levels,
}
