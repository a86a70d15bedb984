"""Documents in ERPNext's own words: create, update, cancel, and the Bins that a Stock Reconciliation sets.

This does not imitate ERPNext's accounting: there is no ledger, no pricing rule, no validation beyond the total of a Sales
Order. What is stored is what the plan says, plus the few fields that the engine reads back.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from shopify_sync.core.contracts.base import dump_json
from shopify_sync.core.failures import Category, Failure, SyncFailure
from shopify_sync.core.keys import short_hash
from shopify_sync.core.plan import (
	AddRows,
	AppliedChange,
	CancelDocument,
	Change,
	CloseDocument,
	CreateDocument,
	DocRef,
	MergeDocument,
	ReopenDocument,
	ReviseDocument,
	RowRef,
	SubmitDocument,
	UpdateDocument,
)
from shopify_sync.core.snapshots import DocumentState, LinkState

from . import contacts, products, selling, stock, totals

SUBMITTED, CANCELLED = 1, 2
#: The field after which ERPNext names a document that the plan leaves unnamed.
_NAMED_BY = {"Customer": "customer_name", "Contact": "first_name", "Address": "address_title"}


def apply(connection: sqlite3.Connection, change: Change, created: dict[str, str]) -> AppliedChange:
	"""Carry out one change of a plan; the name of a new document is added to *created*.

	:raises SyncFailure: when the total differs or the document is not in a state for the change.
	"""
	if isinstance(change, CreateDocument):
		return _create(connection, change, created)
	if isinstance(change, CancelDocument):
		return _cancel(connection, change)
	if isinstance(change, MergeDocument):
		return _merge(connection, change)
	if isinstance(change, SubmitDocument):
		return selling.submit(connection, change)
	if isinstance(change, ReviseDocument):
		return selling.revise(connection, change)
	if isinstance(change, CloseDocument | ReopenDocument):
		return selling.set_closed(connection, change, created)
	if isinstance(change, AddRows):
		return _add_rows(connection, change, created)
	return _update(connection, change, created)


def get(connection: sqlite3.Connection, doctype: str, name: str) -> DocumentState:
	"""Return a document; `exists` is false when there is none."""
	row = connection.execute("SELECT * FROM document WHERE doctype = ? AND name = ?", (doctype, name)).fetchone()
	return state(row) if row else DocumentState(doctype, name, exists=False)


def by_key(connection: sqlite3.Connection, doctype: str, key: str) -> DocumentState | None:
	"""Return the document with this `shopify_key`, or None."""
	row = connection.execute("SELECT * FROM document WHERE shopify_key = ? AND doctype = ?", (key, doctype)).fetchone()
	return state(row) if row else None


def linked(connection: sqlite3.Connection, link: LinkState, doctype: str) -> DocumentState | None:
	"""Return the document of a link; where somebody deleted the link, the one that carries its key."""
	if link.document_name and link.document_type == doctype:
		return get(connection, doctype, link.document_name)
	return by_key(connection, doctype, link.key)


def put(connection: sqlite3.Connection, doctype: str, name: str, data: Mapping[str, Any]) -> None:
	"""Write a document that no plan makes (an Item, a Bin), or write it anew."""
	connection.execute(
		"INSERT INTO document (doctype, name, data) VALUES (?, ?, ?) ON CONFLICT (doctype, name) DO UPDATE SET data = excluded.data",
		(doctype, name, dump_json(data)),
	)


def bin_name(item: str, warehouse: str) -> str:
	"""Return how the Bin of an Item in a warehouse is called here."""
	return f"{item}|{warehouse}"


def state(row: sqlite3.Row) -> DocumentState:
	"""Return a row of the table as the core sees it."""
	return DocumentState(row["doctype"], row["name"], exists=True, docstatus=row["docstatus"], values=json.loads(row["data"]))


def _create(connection: sqlite3.Connection, change: CreateDocument, created: dict[str, str]) -> AppliedChange:
	selling.free_key(connection, change.key)
	values = _resolve(change.values, created, connection)
	selling.refuse_closed(connection, change.doctype, values)
	data = {**values, **_derived(change, values)}
	name = change.name or _free_name(connection, change, values)
	connection.execute(
		"INSERT INTO document (doctype, name, shopify_key, docstatus, data) VALUES (?, ?, ?, ?, ?)",
		(change.doctype, name, change.key, SUBMITTED if change.submit else 0, dump_json(data)),
	)
	if change.submit:
		stock.book(connection, change.doctype, values)
	created[change.key] = name
	fields = tuple((field, None, value) for field, value in values.items() if value not in (None, ""))
	return AppliedChange("create", change.doctype, name, change.key, fields)


def _derived(change: CreateDocument, values: Mapping[str, Any]) -> dict[str, Any]:
	"""Return the fields that ERPNext computes and that somebody reads here."""
	if change.doctype in selling.TOTALLED:
		totals.check(change, totals.totals_of(values))
		return selling.derived(change.doctype, values)
	if change.doctype == "Contact":
		return contacts.main_values(values)
	if change.doctype == "Item":
		return products.with_barcode(values)
	return {}


def _free_name(connection: sqlite3.Connection, change: CreateDocument, values: Mapping[str, Any]) -> str:
	"""Return the name that people know the document by; where it is taken, with the start of the key's hash."""
	name = str(values.get(_NAMED_BY.get(change.doctype, "")) or change.key)
	return f"{name} ({short_hash(change.key)[:8]})" if get(connection, change.doctype, name).exists else name


def _resolve(value: Any, created: Mapping[str, str], connection: sqlite3.Connection) -> Any:
	"""Put the names of documents and rows where the plan refers to them."""
	if isinstance(value, DocRef):
		return created[value.key]
	if isinstance(value, RowRef):
		return selling.row_name(connection, value)
	if isinstance(value, Mapping):
		return {name: _resolve(inner, created, connection) for name, inner in value.items()}
	if isinstance(value, list | tuple):
		return [_resolve(inner, created, connection) for inner in value]
	return value


def _update(connection: sqlite3.Connection, change: UpdateDocument, created: Mapping[str, str]) -> AppliedChange:
	found = get(connection, change.doctype, _resolve(change.name, created, connection))
	if not found.exists:
		raise _refused(f"{change.doctype} of this resource has been deleted, so it cannot be updated.")
	after = _resolve(change.after, created, connection)
	values = contacts.updated(found.values, after) if change.doctype == "Contact" else {**found.values, **after}
	values |= selling.derived(change.doctype, values)
	if key := values.pop("shopify_key", None):
		connection.execute("UPDATE document SET shopify_key = ? WHERE doctype = ? AND name = ?", (key, found.doctype, found.name))
	write(connection, found, values, found.docstatus)
	fields = tuple((field, change.before.get(field), value) for field, value in after.items())
	return AppliedChange("update", change.doctype, found.name, fields=fields)


def _add_rows(connection: sqlite3.Connection, change: AddRows, created: Mapping[str, str]) -> AppliedChange:
	found = get(connection, change.doctype, _resolve(change.name, created, connection))
	if not found.exists:
		raise _refused(f"{change.doctype} {found.name} has been deleted, so nothing can be added to it.")
	rows = products.new_rows(found.values.get(change.table) or (), change.rows)
	values = {**found.values, change.table: [*(found.values.get(change.table) or ()), *rows]}
	write(connection, found, {**values, **(products.with_barcode(values) if change.doctype == "Item" else {})}, found.docstatus)
	return AppliedChange("update", change.doctype, found.name, fields=((change.table, None, rows),))


def _merge(connection: sqlite3.Connection, change: MergeDocument) -> AppliedChange:
	"""Let everything that names a document name the other one, and delete it."""
	for row in connection.execute("SELECT * FROM document WHERE instr(data, ?)", (change.name,)).fetchall():
		found = state(row)
		write(connection, found, _renamed(found.values, change.name, change.into), found.docstatus)
	connection.execute("DELETE FROM document WHERE doctype = ? AND name = ?", (change.doctype, change.name))
	connection.execute(
		"UPDATE shopify_link SET document_name = ? WHERE document_type = ? AND document_name = ?",
		(change.into, change.doctype, change.name),
	)
	return AppliedChange("merge", change.doctype, change.into, fields=(("name", change.name, change.into),))


def _renamed(value: Any, old: str, new: str) -> Any:
	"""Return *value* with the fields that name a Customer pointing to the new one."""
	if isinstance(value, Mapping):
		return {
			name: new if name in ("customer", "link_name", "party") and inner == old else _renamed(inner, old, new)
			for name, inner in value.items()
		}
	return [_renamed(inner, old, new) for inner in value] if isinstance(value, list | tuple) else value


def _cancel(connection: sqlite3.Connection, change: CancelDocument) -> AppliedChange:
	found = must_be(connection, change.doctype, change.name, SUBMITTED)
	write(connection, found, found.values, CANCELLED)
	stock.book(connection, change.doctype, found.values, -1)
	return AppliedChange("cancel", change.doctype, change.name, fields=(("docstatus", SUBMITTED, CANCELLED),))


def must_be(connection: sqlite3.Connection, doctype: str, name: str, docstatus: int) -> DocumentState:
	"""Return a document that must stand in *docstatus*. :raises SyncFailure: when it does not."""
	found = get(connection, doctype, name)
	if not found.exists or found.docstatus != docstatus:
		raise _refused(f"{doctype} {name} is not {'submitted' if docstatus else 'a draft'}, so it cannot be changed like this.")
	return found


def write(connection: sqlite3.Connection, found: DocumentState, data: Mapping[str, Any], docstatus: int) -> None:
	"""Write a document anew."""
	connection.execute(
		"UPDATE document SET data = ?, docstatus = ? WHERE doctype = ? AND name = ?",
		(dump_json(data), docstatus, found.doctype, found.name),
	)


def _refused(message: str) -> SyncFailure:
	return SyncFailure(Failure(Category.ERPNEXT_VALIDATION, message))
