"""Marks what has to be pushed to Shopify, in the transaction of what changed."""

from __future__ import annotations

import json
import sqlite3

from shopify_sync.core import keys
from shopify_sync.core.outbound.marks import stock_mark
from shopify_sync.core.outbound.open_deliveries import changed_in_shopify, fulfilled_anew
from shopify_sync.core.plan import LinkUpdate
from shopify_sync.core.policy import Direction, StorePolicy
from shopify_sync.core.snapshots import LinkState

from . import delivery_notes, documents, links, stock
from .config import Config
from .event_log import EventLog


def document_changed(connection: sqlite3.Connection, config: Config, events: EventLog, doctype: str, name: str) -> None:
	"""Mark what a document that was submitted or cancelled did to stock."""
	found = documents.get(connection, doctype, name)
	if found.docstatus:
		events.mark(connection, stock.marks(connection, config, stock.touched(doctype, found.values)))


def bins_changed(connection: sqlite3.Connection, config: Config, events: EventLog, changed: set[tuple[str, str]]) -> None:
	"""Mark Bins (Item, warehouse) that were written without a document."""
	events.mark(connection, stock.marks(connection, config, changed))


def link_changed(connection: sqlite3.Connection, config: Config, events: EventLog, key: str, before: str | None) -> None:
	"""Mark the stock of an inventory item whose link points to another Item than *before*."""
	store, resource, shopify_id = key.split("/", 2)
	item = links.read(connection, key).document_name if resource == keys.INVENTORY_ITEM else None
	if item and item != before:
		events.mark(connection, stock.marks_of_item(config.store(store).policy, shopify_id, item))


def facts_changed(
	connection: sqlite3.Connection, config: Config, events: EventLog, update: LinkUpdate, before: LinkState
) -> None:
	"""Mark what was fulfilled, whose stock is no longer added back, and what something new is said of: that it is tracked again."""
	store, resource, id = update.key.split("/", 2)
	if resource == keys.INVENTORY_ITEM and before.document_name and dict(before.facts) != dict(update.facts or {}):
		events.mark(connection, stock.marks_of_item(config.store(store).policy, id, before.document_name, look=True))
	if resource != keys.FULFILLMENT_PUSH or not fulfilled_anew(before.facts, update.facts or {}):
		return
	bins_changed(connection, config, events, delivery_notes.touched(connection, update.key))
	for location, lines in changed_in_shopify(before.facts, update.facts or {}).items():
		items = delivery_notes.of_lines(connection, update.key, lines)
		events.mark(connection, stock.marks_at(connection, config.store(store).policy, location, items))


def linked_by_hand(connection: sqlite3.Connection, events: EventLog, store: str, inventory_item: str, item: str) -> None:
	"""Mark the stock of an inventory item that somebody linked to an Item, at the locations of the config last used."""
	row = connection.execute("SELECT value FROM setting WHERE name = ?", (_locations_of(store),)).fetchone()
	locations = json.loads(row["value"]) if row else ()
	events.mark(connection, [stock_mark(store, inventory_item, location, item) for location in locations])


def note_locations(connection: sqlite3.Connection, policy: StorePolicy) -> None:
	"""Remember which locations take their stock from ERPNext, for who has no config at hand."""
	outbound = [rule.location_id for rule in policy.locations if rule.direction is Direction.OUTBOUND]
	connection.execute(
		"INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
		(_locations_of(policy.store), json.dumps(outbound if policy.sync_inventory else [])),
	)


def _locations_of(store: str) -> str:
	return f"outbound locations of {store}"


def store_changed(connection: sqlite3.Connection, config: Config, events: EventLog, store: str, *, look: bool = False) -> int:
	"""Mark all stock of a store. Return how many marks are new.

	:param look: have what Shopify has read, and not only what is known of it.
	"""
	return events.mark(connection, stock.all_marks(connection, config.store(store).policy, look=look))


def discarded(connection: sqlite3.Connection, config: Config, events: EventLog, link: str) -> None:
	"""Mark the stock of deliveries whose push a person put away: from then on they count as fulfilled by hand, or never."""
	if f"/{keys.FULFILLMENT_PUSH}/" in link:
		bins_changed(connection, config, events, delivery_notes.touched(connection, link))
