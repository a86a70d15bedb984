"""Bins: what documents move, what a Stock Reconciliation sets, and the marks that a change of stock leaves in the outbox.

No ledger and no valuation beyond the rate that stands in the Bin; quantities may fall below zero, as ERPNext allows on request.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from shopify_sync.core import keys
from shopify_sync.core.inventory.stock_rules import batch_name
from shopify_sync.core.outbound.marks import Mark, stock_mark
from shopify_sync.core.policy import Direction, StorePolicy
from shopify_sync.core.snapshots import Booked, ItemState, StockNeeds

from . import documents
from .config import Config

RECONCILIATION = "Stock Reconciliation"
#: What a batch holds in a warehouse; ERPNext adds it up from its ledger.
BATCH_BIN = "Batch Bin"
#: Documents that move stock.
DOCTYPES = (RECONCILIATION, "Delivery Note", "Stock Entry", "Sales Invoice")


def book(connection: sqlite3.Connection, doctype: str, values: Mapping[str, Any], sign: int = 1) -> None:
	"""Change the Bins as submitting the document does; with a *sign* of -1, as cancelling it does."""
	if doctype == RECONCILIATION:
		for row in values["items"] if sign > 0 else ():
			quantity = _with_other_batches(connection, row)
			set_quantity(connection, row["item_code"], row["warehouse"], quantity, row.get("valuation_rate"))
		return
	for item, warehouse, quantity in _moves(doctype, values):
		found = documents.get(connection, "Bin", documents.bin_name(item, warehouse)).values
		set_quantity(connection, item, warehouse, Decimal(found.get("actual_qty") or 0) + sign * quantity)


def set_quantity(connection: sqlite3.Connection, item: str, warehouse: str, quantity: Decimal, rate: Any = None) -> None:
	"""Write a Bin. *rate*: its valuation rate; None leaves the one that it has."""
	name = documents.bin_name(item, warehouse)
	known = documents.get(connection, "Bin", name).values
	stock = {"actual_qty": quantity, "valuation_rate": known.get("valuation_rate") if rate is None else rate}
	documents.put(connection, "Bin", name, {"item_code": item, "warehouse": warehouse, **stock})


def _with_other_batches(connection: sqlite3.Connection, row: Mapping[str, Any]) -> Decimal:
	"""Return what the Bin holds after a row of a Stock Reconciliation; one of a batch leaves what is in no batch, or in others."""
	stated, batch = Decimal(row["qty"]), row.get("batch_no")
	if not batch:
		return stated
	name = f"{documents.bin_name(row['item_code'], row['warehouse'])}|{batch}"
	before = Decimal(documents.get(connection, BATCH_BIN, name).values.get("qty") or 0)
	documents.put(connection, BATCH_BIN, name, {"qty": stated})
	return quantity_of(connection, row["item_code"], (row["warehouse"],)) - before + stated


def booked(connection: sqlite3.Connection, needs: StockNeeds, item: ItemState) -> Booked | None:
	"""Return what the location's batch holds of an Item with batches. There is no ledger here, so all is booked now."""
	if not needs.batch_of or not item.has_batch_or_serial or item.has_serial:
		return None
	batch = batch_name(item.code, needs.batch_of)
	held = documents.get(connection, BATCH_BIN, f"{documents.bin_name(item.code, needs.warehouse)}|{batch}").values
	exists = documents.get(connection, "Batch", batch).exists
	return Booked(Decimal(held.get("qty") or 0), batch_exists=exists)


def quantity_of(connection: sqlite3.Connection, item: str, warehouses: Iterable[str]) -> Decimal:
	"""Return what the warehouses hold of an Item together."""
	found = (documents.get(connection, "Bin", documents.bin_name(item, warehouse)).values for warehouse in warehouses)
	return sum((Decimal(values.get("actual_qty") or 0) for values in found), Decimal(0))


def touched(doctype: str, values: Mapping[str, Any]) -> set[tuple[str, str]]:
	"""Return (Item, warehouse) of every Bin that the document changes."""
	if doctype == RECONCILIATION:
		return {(row["item_code"], row["warehouse"]) for row in values["items"]}
	return {(item, warehouse) for item, warehouse, _quantity in _moves(doctype, values)}


def _moves(doctype: str, values: Mapping[str, Any]) -> Iterator[tuple[str, str, Decimal]]:
	"""Yield Item, warehouse and what comes in (negative: goes out), in stock units."""
	if doctype not in DOCTYPES or (doctype == "Sales Invoice" and not values.get("update_stock")):
		return
	for row in values.get("items") or ():
		quantity = Decimal(row["qty"]) * Decimal(row.get("conversion_factor") or 1)
		if doctype == "Stock Entry":
			if row.get("s_warehouse"):
				yield row["item_code"], row["s_warehouse"], -quantity
			if row.get("t_warehouse"):
				yield row["item_code"], row["t_warehouse"], quantity
		elif row.get("warehouse"):
			# A return has negative quantities, so it brings back.
			yield row["item_code"], row["warehouse"], -quantity


def marks(connection: sqlite3.Connection, config: Config, changed: Iterable[tuple[str, str]]) -> Iterator[Mark]:
	"""Yield the inventory levels that have to hear of changed Bins: of the Item itself, and of the bundles it is part of."""
	pairs = [(affected, warehouse) for item, warehouse in changed for affected in (item, *config.bundles_with(item))]
	for policy in (store.policy for store in config.stores):
		for rule in policy.locations if policy.sync_inventory else ():
			if rule.direction is Direction.OUTBOUND:
				for item in sorted({item for item, warehouse in pairs if warehouse in rule.warehouses}):
					for inventory_item in inventory_items(connection, policy.store, item):
						yield stock_mark(policy.store, inventory_item, rule.location_id, item)


def marks_of_item(policy: StorePolicy, inventory_item: str, item: str, *, look: bool = False) -> Iterator[Mark]:
	"""Yield every inventory level of one inventory item that takes its stock from ERPNext. *look*: see `Mark`."""
	for rule in policy.locations if policy.sync_inventory else ():
		if rule.direction is Direction.OUTBOUND:
			yield stock_mark(policy.store, inventory_item, rule.location_id, item, look=look)


def marks_at(connection: sqlite3.Connection, policy: StorePolicy, location: str, items: Iterable[str]) -> Iterator[Mark]:
	"""Yield the inventory levels of Items at one location, to be read in Shopify, where it takes its stock from ERPNext."""
	rule = policy.location(location)
	if policy.sync_inventory and rule is not None and rule.direction is Direction.OUTBOUND:
		for item in sorted(items):
			for inventory_item in inventory_items(connection, policy.store, item):
				yield stock_mark(policy.store, inventory_item, location, item, look=True)


def all_marks(connection: sqlite3.Connection, policy: StorePolicy, *, look: bool = False) -> Iterator[Mark]:
	"""Yield every inventory level of a store that takes its stock from ERPNext. *look*: see `Mark`."""
	prefix = keys.key(policy.store, keys.INVENTORY_ITEM, "")
	rows = connection.execute(
		"SELECT key, document_name FROM shopify_link WHERE key >= ? AND key < ? AND document_name IS NOT NULL",
		(prefix, prefix[:-1] + "0"),
	).fetchall()
	for row in rows:
		yield from marks_of_item(policy, str(row["key"]).removeprefix(prefix), str(row["document_name"]), look=look)


def inventory_items(connection: sqlite3.Connection, store: str, item: str) -> list[str]:
	"""Return the ids of the inventory items of a store that are linked to an Item."""
	prefix = keys.key(store, keys.INVENTORY_ITEM, "")
	rows = connection.execute(
		"SELECT key FROM shopify_link WHERE document_type = 'Item' AND document_name = ? AND key >= ? AND key < ? ORDER BY key",
		(item, prefix, prefix[:-1] + "0"),
	)
	return [str(row["key"]).removeprefix(prefix) for row in rows]
