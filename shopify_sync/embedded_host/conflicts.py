"""Sync Conflicts: the fields that both sides changed and that wait for a person."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

from shopify_sync.core import keys
from shopify_sync.core.customers.conflicts import Resolution, base_for, is_address, with_base
from shopify_sync.core.operations import Refused
from shopify_sync.core.plan import Conflicts, LinkUpdate, UpdateDocument
from shopify_sync.core.products.item_conflicts import is_sku, links_of, settled, variant_of
from shopify_sync.core.snapshots import ItemState

from . import documents, links
from .database import Database
from .event_log import EventLog

#: Connection, store, SKU → the Items that it stands for.
ItemsOfSku = Callable[[sqlite3.Connection, str, str], Sequence[ItemState]]

_SAVE = """
INSERT INTO sync_conflict (link, field, event, status, document_type, document_name, base, erpnext, shopify, erpnext_by, erpnext_at, shopify_at)
VALUES (?, ?, ?, 'Open', ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (link, field) DO UPDATE SET event = excluded.event, status = excluded.status, document_type = excluded.document_type,
document_name = excluded.document_name, base = excluded.base, erpnext = excluded.erpnext, shopify = excluded.shopify,
erpnext_by = excluded.erpnext_by, erpnext_at = excluded.erpnext_at, shopify_at = excluded.shopify_at, resolution = NULL, resolved_by = NULL
"""


def save(connection: sqlite3.Connection, found: Conflicts, event: str) -> None:
	"""Keep the conflicts of a link: those of *found* are open, any other that was is obsolete."""
	rows = connection.execute("SELECT field FROM sync_conflict WHERE link = ? AND status = 'Open'", (found.link,)).fetchall()
	gone = [row["field"] for row in rows if found.compared is None or row["field"] in found.compared]
	connection.executemany(
		"UPDATE sync_conflict SET status = 'Obsolete' WHERE link = ? AND field = ?", [(found.link, field) for field in gone]
	)
	for row in found.rows:
		values = (row.doctype, row.document, row.base, row.erpnext, row.shopify, row.erpnext_by, row.erpnext_at, row.shopify_at)
		connection.execute(_SAVE, (found.link, row.field, event, *values))


def resolve(
	database: Database,
	events: EventLog,
	link: str,
	field: str,
	resolution: Resolution,
	user: str,
	value: str | None = None,
	items_of_sku: ItemsOfSku = lambda _connection, _store, _sku: (),
) -> None:
	"""Carry out a person's decision: the base on the link, the row, and the event's return to the queue, in one transaction.

	:param value: what to write to the document's field, for *Edit*.
	:param items_of_sku: tells which Items an SKU stands for in a store (:meth:`.host.Instance.items_of_sku`).
	:raises Refused: when there is nothing to decide any more, or somebody decided otherwise.
	"""
	with database.write() as connection:
		row = connection.execute("SELECT * FROM sync_conflict WHERE link = ? AND field = ?", (link, field)).fetchone()
		if row is None or row["status"] == "Obsolete":
			raise Refused("There is nothing to decide any more: both sides agree, or the question is no longer asked.")
		if row["status"] == "Resolved":
			if row["resolution"] != resolution:
				raise Refused(f"{row['resolved_by']} has decided already: {row['resolution']}.")
			return
		if resolution is Resolution.EDIT and not is_sku(field):
			_edit(connection, row, value)
		for update in _settled(connection, resolution, row, items_of_sku):
			links.save(connection, update, {}, row["event"])
		connection.execute(
			"UPDATE sync_conflict SET status = 'Resolved', resolution = ?, resolved_by = ? WHERE link = ? AND field = ?",
			(str(resolution), user, link, field),
		)
		events.resolved(connection, row["event"], user, f"{row['document_type']}.{field}: {resolution}.")


def _settled(
	connection: sqlite3.Connection, resolution: Resolution, row: sqlite3.Row, items_of_sku: ItemsOfSku
) -> tuple[LinkUpdate, ...]:
	"""Return what to write on links so that the event ends as was decided."""
	if not is_sku(row["field"]):
		base = base_for(resolution, row["erpnext"], row["shopify"])
		return (LinkUpdate(row["link"], agreed=with_base(links.read(connection, row["link"]).agreed, row["field"], base)),)
	store, sku = row["link"].partition("/")[0], row["shopify"] or ""
	variant = links.read(connection, keys.key(store, keys.VARIANT, variant_of(row["field"])))
	stock = [links.read(connection, key) for key in links_of(store, variant)]
	return settled(resolution, sku, variant, stock, items_of_sku(connection, store, sku))


def _edit(connection: sqlite3.Connection, row: sqlite3.Row, value: str | None) -> None:
	if is_address(row["field"]) or value is None:
		raise Refused("Say which value to write; an Address is edited itself.")
	change = UpdateDocument(row["document_type"], row["document_name"], {row["field"]: row["erpnext"]}, {row["field"]: value})
	documents.apply(connection, change, {})


def of_store(connection: sqlite3.Connection, store: str) -> list[dict[str, Any]]:
	"""Return the conflicts of a store, settled ones too."""
	rows = connection.execute("SELECT * FROM sync_conflict WHERE link LIKE ? ORDER BY link, field", (f"{store}/%",))
	return [dict(row) for row in rows]


def clear(connection: sqlite3.Connection, links: Sequence[str]) -> None:
	"""Take the values out of the conflicts of *links*; open ones are obsolete."""
	connection.executemany(
		"""UPDATE sync_conflict SET base = NULL, erpnext = NULL, shopify = NULL,
		status = CASE status WHEN 'Open' THEN 'Obsolete' ELSE status END WHERE link = ?""",
		[(link,) for link in links],
	)
