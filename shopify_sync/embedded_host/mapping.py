"""Mapping by hand: a variant, a SKU or an inventory item of Shopify's becomes an Item, and what waited for it goes on."""

from __future__ import annotations

import sqlite3

from shopify_sync.core import keys

from . import documents, links, outbox
from .database import Database
from .event_log import EventLog

#: What can be mapped, and how a Blocked event spells that it is missing.
MISSING = {keys.SKU: "item", keys.INVENTORY_ITEM: "inventory_item", keys.VARIANT: "variant"}


class UnknownItem(Exception):
	"""Raised when an Item is not in the config that the database was last used with; the message says what to do."""


def map_item(database: Database, events: EventLog, store: str, resource: str, shopify_id: str, item: str, user: str) -> int:
	"""Point the link at an Item and put the Blocked events that waited for it back into the queue. Return how many.

	:param resource: one of :data:`MISSING`.
	:raises UnknownItem: when there is no such Item.
	"""
	with database.write() as connection:
		if not (documents.get(connection, "Item", item).exists or _accepts_any(connection)):
			raise UnknownItem(
				f'There is no Item {item}. Add it to "items" in the config, then start `serve` or `replay` with it.'
			)
		links.point(connection, keys.key(store, resource, shopify_id), "Item", item)
		if resource == keys.INVENTORY_ITEM:
			outbox.linked_by_hand(connection, events, store, shopify_id, item)
		reason = f"{resource} {shopify_id} was mapped to Item {item}."
		if resource == keys.VARIANT:
			# A line with a SKU names the SKU as missing, whichever variant it is.
			return events.requeue_blocked_mentioning(connection, store, shopify_id, user, reason)
		return events.requeue_blocked(connection, store, f"{MISSING[resource]}:{shopify_id}", user, reason)


def stores(database: Database) -> list[str]:
	"""Return the stores that the database was used with."""
	rows = database.connection().execute("SELECT name FROM setting WHERE name LIKE 'config of %' ORDER BY name")
	return [str(row["name"]).removeprefix("config of ") for row in rows]


def _accepts_any(connection: sqlite3.Connection) -> bool:
	row = connection.execute("SELECT value FROM setting WHERE name = 'accept_any_sku'").fetchone()
	return row is not None and row["value"] == "1"
