"""Sales Orders and what follows them: rows that refer to rows, submit, revise, close; and where a document stands.

No accounting: a row must exist to be referred to, no more may be sent than was ordered, and totals are checked. That is all.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

from shopify_sync.core.failures import Category, Failure, SyncFailure
from shopify_sync.core.plan import AppliedChange, CloseDocument, DocRef, ReopenDocument, ReviseDocument, RowRef, SubmitDocument
from shopify_sync.core.snapshots import DocumentState

from . import documents, stock, totals

#: Documents whose total is checked, and that read it back.
TOTALLED = ("Sales Order", "Sales Invoice")


def row_name(connection: sqlite3.Connection, ref: RowRef) -> str:
	"""Return how the row is called here: document, line, place. :raises SyncFailure: when the document has no such row."""
	found = documents.get(connection, ref.doctype, ref.name) if ref.name else documents.by_key(connection, ref.doctype, ref.key)
	rows = [row for row in (found.values.get("items", ()) if found else ()) if row.get("shopify_line_item_id") == ref.line]
	if found is None or ref.index >= len(rows):
		raise SyncFailure(
			Failure(Category.CONFLICT, f"{ref.doctype} {ref.name or ref.key} has no row {ref.index + 1} of line {ref.line}.")
		)
	return f"{found.name}|{ref.line}|{ref.index}"


def derived(doctype: str, values: Mapping[str, Any]) -> dict[str, Any]:
	"""Return the sums of a selling document, as ERPNext would compute them."""
	if doctype not in TOTALLED:
		return {}
	sums = totals.totals_of(values)
	return {"net_total": sums.net, "total_taxes_and_charges": sums.taxes, "grand_total": sums.grand}


def refuse_closed(connection: sqlite3.Connection, doctype: str, values: Mapping[str, Any]) -> None:
	"""Refuse to bill or deliver a closed Sales Order, as ERPNext does. :raises SyncFailure: naming it."""
	field = {"Sales Invoice": "sales_order", "Delivery Note": "against_sales_order"}.get(doctype)
	if field is None or values.get("is_return"):
		return
	for name in {str(row[field]) for row in values["items"] if row.get(field)}:
		if documents.get(connection, "Sales Order", name).values.get("status") == "Closed":
			raise SyncFailure(Failure(Category.ERPNEXT_VALIDATION, f"Sales Order {name} is Closed"))


def free_key(connection: sqlite3.Connection, key: str) -> None:
	"""Take the key off a cancelled document, so that its amendment can have it."""
	connection.execute("UPDATE document SET shopify_key = NULL WHERE shopify_key = ? AND docstatus = 2", (key,))


def under(connection: sqlite3.Connection, key: str) -> dict[str, DocumentState]:
	"""Return the documents whose keys begin with `<key>/`."""
	rows = connection.execute(
		"SELECT * FROM document WHERE shopify_key > ? AND shopify_key < ?", (f"{key}/", f"{key}0")
	).fetchall()
	return {row["shopify_key"]: documents.state(row) for row in rows}


def submit(connection: sqlite3.Connection, change: SubmitDocument) -> AppliedChange:
	"""Submit a draft."""
	found = documents.must_be(connection, change.doctype, change.name, 0)
	totals.check_total(change, totals.totals_of(found.values))
	documents.write(connection, found, found.values, documents.SUBMITTED)
	stock.book(connection, change.doctype, found.values)
	return AppliedChange("submit", change.doctype, change.name, fields=(("docstatus", 0, documents.SUBMITTED),))


def revise(connection: sqlite3.Connection, change: ReviseDocument) -> AppliedChange:
	"""Put the rows of a submitted document in the place of those that it has."""
	found = documents.must_be(connection, change.doctype, change.name, documents.SUBMITTED)
	values = {**found.values, "items": list(change.items), "taxes": list(change.taxes)}
	sums = totals.totals_of(values)
	totals.check_total(change, sums)
	documents.write(connection, found, {**values, **derived(change.doctype, values)}, documents.SUBMITTED)
	fields = tuple((name, change.before.get(name), value) for name, value in change.after.items())
	return AppliedChange("revise", change.doctype, change.name, fields=fields)


def set_closed(
	connection: sqlite3.Connection, change: CloseDocument | ReopenDocument, created: Mapping[str, str]
) -> AppliedChange:
	"""Close a document, or open it again."""
	name = created[change.name.key] if isinstance(change.name, DocRef) else change.name
	closing = isinstance(change, CloseDocument)
	found = documents.must_be(connection, change.doctype, name, documents.SUBMITTED)
	before, after = found.values.get("status"), "Closed" if closing else "To Deliver and Bill"
	documents.write(connection, found, {**found.values, "status": after}, documents.SUBMITTED)
	return AppliedChange("close" if closing else "reopen", change.doctype, name, fields=(("status", before, after),))
