"""Reads a window of time page by page. Each page comes with the position behind it: kept, it lets a reader go on after a crash.

A record that changes while it is read leaves the window (its `updated_at` is behind the end) and is in the next one. Cursors name the
place of a record, so nothing that is before it is left out or comes twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from shopify_sync.core.reading import Position
from shopify_sync.core.topics import from_enum

from ..products import all_variants, as_webhook
from .customer_payload import consent_payload, customer_payload
from .parts import read_order
from .ports import Client, ask
from .stock_payload import LevelRead, item_payload, level_read
from .values import Node, number, word

Record = TypeVar("Record")


@dataclass(frozen=True)
class Batch(Generic[Record]):
	"""Some records, and the position behind them, to keep when they are dealt with."""

	records: tuple[Record, ...]
	position: Position


@dataclass(frozen=True)
class CustomerRead:
	"""A customer as `customers/update` tells, and their consent as `customers_email_marketing_consent/update` does (None: no e-mail)."""

	payload: dict[str, Any]
	consent: dict[str, Any] | None


@dataclass(frozen=True)
class VariantRead:
	"""What a variant is linked by. *inventory_item* is the item as `inventory_items/update` tells."""

	id: str
	product_id: str
	product_status: str
	sku: str
	barcode: str
	title: str
	updated_at: datetime
	inventory_item: dict[str, Any]


@dataclass(frozen=True)
class SubscriptionRead:
	"""A webhook subscription of the app. *topic* as in headers: `orders/create`; *api_version*: of its payloads, the app's own."""

	id: str
	topic: str
	uri: str
	include_fields: tuple[str, ...]
	filter: str
	format: str
	api_version: str = ""


def orders(client: Client, position: Position) -> Iterator[Batch[dict[str, Any]]]:
	"""Yield the orders that changed in the window as `orders/updated` tells of them, with their transactions: a call for each.

	One that was deleted meanwhile is left out. :raises CallFailed:
	"""
	query = position.window.query()
	for batch in _pages(
		client, position, "OrderIds", {"query": query or None}, lambda data: data["orders"], lambda node: number(node["id"])
	):
		found = (read_order(client, str(id)) for id in batch.records)
		yield Batch(tuple(order for order in found if order is not None), batch.position)


def customers(client: Client, position: Position) -> Iterator[Batch[CustomerRead]]:
	"""Yield the customers that changed in the window, the newest change first. :raises CallFailed:

	Shopify's filter `updated_at` of customers matches whole days only, so none is used: pages end where the window begins.
	"""
	window = position.window

	def made(node: Node) -> CustomerRead:
		whole = node
		if node["addressesV2"]["pageInfo"]["hasNextPage"]:
			# Deleted meanwhile: its own message tells.
			whole = ask(client, "Customer", {"id": node["id"]})["customer"] or node
		return CustomerRead(customer_payload(whole), consent_payload(whole))

	def at(node: Node) -> datetime:
		return moment(node["updatedAt"])

	while not position.done:
		variables = {"query": None, "reverse": True, "after": position.cursor}
		found = ask(client, "CustomersPage", variables)["customers"]
		records = tuple(made(node) for node in found["nodes"] if window.holds(at(node)))
		is_behind = any(window.start is not None and at(node) < window.start for node in found["nodes"])
		has_more = found["pageInfo"]["hasNextPage"] and not is_behind
		position = position.after_page(found["pageInfo"]["endCursor"] if has_more else None, len(records))
		yield Batch(records, position)


def products(client: Client, position: Position) -> Iterator[Batch[dict[str, Any]]]:
	"""Yield the products that changed in the window as `products/update` tells of them, with all their variants. :raises CallFailed:"""

	def made(node: Node) -> dict[str, Any]:
		return as_webhook(node, all_variants(client, node))

	variables = {"query": position.window.query() or None}
	return _pages(client, position, "ProductsPage", variables, lambda data: data["products"], made)


def variants(client: Client, position: Position) -> Iterator[Batch[VariantRead]]:
	"""Yield the variants that changed in the window, each with its inventory item: what links are made of. :raises CallFailed:"""
	variables = {"query": position.window.query() or None}
	return _pages(client, position, "ProductVariantsPage", variables, lambda data: data["productVariants"], _variant)


def levels(client: Client, position: Position, location: str) -> Iterator[Batch[LevelRead]]:
	"""Yield what lies at a location, of what changed in the window. :param location: its id. :raises CallFailed:"""
	gid = f"gid://shopify/Location/{location}"
	variables = {"locationId": gid, "query": position.window.query() or None}

	def found(data: Mapping[str, Any]) -> Node:
		# A location that was deleted has no stock.
		return data["location"]["inventoryLevels"] if data["location"] else _EMPTY

	return _pages(client, position, "InventoryLevelsOfLocation", variables, found, lambda node: level_read(node, gid))


def subscriptions(client: Client) -> tuple[SubscriptionRead, ...]:
	"""Return the app's webhook subscriptions, those in its configuration file left out: Shopify does not list them. :raises CallFailed:"""
	batches = _pages(
		client, Position("subscriptions"), "WebhookSubscriptions", {}, lambda data: data["webhookSubscriptions"], _subscription
	)
	return tuple(record for batch in batches for record in batch.records)


def moment(text: str) -> datetime:
	"""Return a time of Shopify's, with its zone. Python 3.10 does not know the Z."""
	return datetime.fromisoformat(text.replace("Z", "+00:00"))


_EMPTY: Node = {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}


def _pages(
	client: Client,
	position: Position,
	operation: str,
	variables: Mapping[str, Any],
	connection: Callable[[Mapping[str, Any]], Node],
	made: Callable[[Node], Record],
) -> Iterator[Batch[Record]]:
	"""Yield page after page, from *position* on. A reader that is done yields nothing."""
	while not position.done:
		found = connection(ask(client, operation, {**variables, "after": position.cursor}))
		records = tuple(made(node) for node in found["nodes"])
		page = found["pageInfo"]
		position = position.after_page(page["endCursor"] if page["hasNextPage"] else None, len(records))
		yield Batch(records, position)


def _variant(node: Node) -> VariantRead:
	return VariantRead(
		id=str(number(node["id"])),
		product_id=str(number(node["product"]["id"])),
		product_status=word(node["product"]["status"]) or "",
		sku=node["sku"] or "",
		barcode=node["barcode"] or "",
		title=node["title"],
		updated_at=moment(node["updatedAt"]),
		inventory_item=item_payload(node["inventoryItem"]),
	)


def _subscription(node: Node) -> SubscriptionRead:
	return SubscriptionRead(
		id=str(number(node["id"])),
		topic=from_enum(node["topic"]),
		uri=node["uri"],
		include_fields=tuple(node["includeFields"]),
		filter=node["filter"] or "",
		format=word(node["format"]) or "",
		api_version=node["apiVersion"]["handle"],
	)
