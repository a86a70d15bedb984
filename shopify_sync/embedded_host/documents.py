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
from shopify_sync.core.plan import AppliedChange, CancelDocument, Change, CreateDocument, DocRef, UpdateDocument
from shopify_sync.core.snapshots import DocumentState

from . import totals

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
	return _update(connection, change)


def get(connection: sqlite3.Connection, doctype: str, name: str) -> DocumentState:
	"""Return a document; `exists` is false when there is none."""
	row = connection.execute("SELECT * FROM document WHERE doctype = ? AND name = ?", (doctype, name)).fetchone()
	return _state(row) if row else DocumentState(doctype, name, exists=False)


def by_key(connection: sqlite3.Connection, doctype: str, key: str) -> DocumentState | None:
	"""Return the document with this `shopify_key`, or None."""
	row = connection.execute("SELECT * FROM document WHERE shopify_key = ? AND doctype = ?", (key, doctype)).fetchone()
	return _state(row) if row else None


def put(connection: sqlite3.Connection, doctype: str, name: str, data: Mapping[str, Any]) -> None:
	"""Write a document that no plan makes (an Item, a Bin), or write it anew."""
	connection.execute(
		"INSERT INTO document (doctype, name, data) VALUES (?, ?, ?) ON CONFLICT (doctype, name) DO UPDATE SET data = excluded.data",
		(doctype, name, dump_json(data)),
	)


def bin_name(item: str, warehouse: str) -> str:
	"""Return how the Bin of an Item in a warehouse is called here."""
	return f"{item}|{warehouse}"


def _state(row: sqlite3.Row) -> DocumentState:
	return DocumentState(row["doctype"], row["name"], exists=True, docstatus=row["docstatus"], values=json.loads(row["data"]))


def _create(connection: sqlite3.Connection, change: CreateDocument, created: dict[str, str]) -> AppliedChange:
	values = _resolve(change.values, created)
	data = {**values, **_derived(change, values)}
	name = change.name or _free_name(connection, change, values)
	connection.execute(
		"INSERT INTO document (doctype, name, shopify_key, docstatus, data) VALUES (?, ?, ?, ?, ?)",
		(change.doctype, name, change.key, SUBMITTED if change.submit else 0, dump_json(data)),
	)
	if change.doctype == "Stock Reconciliation":
		_set_bins(connection, values)
	created[change.key] = name
	fields = tuple((field, None, value) for field, value in values.items() if value not in (None, ""))
	return AppliedChange("create", change.doctype, name, change.key, fields)


def _derived(change: CreateDocument, values: Mapping[str, Any]) -> dict[str, Any]:
	"""Return the fields that ERPNext computes and that somebody reads here."""
	if change.doctype == "Sales Order":
		sums = totals.totals_of(values)
		totals.check(change, sums)
		return {"net_total": sums.net, "total_taxes_and_charges": sums.taxes, "grand_total": sums.grand}
	if change.doctype == "Contact":
		emails, phones = values.get("email_ids") or (), values.get("phone_nos") or ()
		return {
			"email_id": next((row["email_id"] for row in emails if row.get("is_primary")), ""),
			"mobile_no": next((row["phone"] for row in phones if row.get("is_primary_mobile_no")), ""),
		}
	return {}


def _free_name(connection: sqlite3.Connection, change: CreateDocument, values: Mapping[str, Any]) -> str:
	"""Return the name that people know the document by; where it is taken, with the start of the key's hash."""
	name = str(values.get(_NAMED_BY.get(change.doctype, "")) or change.key)
	return f"{name} ({short_hash(change.key)[:8]})" if get(connection, change.doctype, name).exists else name


def _resolve(value: Any, created: Mapping[str, str]) -> Any:
	"""Put the names of documents made so far where the plan refers to them."""
	if isinstance(value, DocRef):
		return created[value.key]
	if isinstance(value, Mapping):
		return {name: _resolve(inner, created) for name, inner in value.items()}
	if isinstance(value, list | tuple):
		return [_resolve(inner, created) for inner in value]
	return value


def _set_bins(connection: sqlite3.Connection, values: Mapping[str, Any]) -> None:
	for row in values["items"]:
		name = bin_name(row["item_code"], row["warehouse"])
		before = get(connection, "Bin", name).values
		rate = row.get("valuation_rate", before.get("valuation_rate"))
		stock = {"actual_qty": row["qty"], "valuation_rate": rate}
		put(connection, "Bin", name, {"item_code": row["item_code"], "warehouse": row["warehouse"], **stock})


def _update(connection: sqlite3.Connection, change: UpdateDocument) -> AppliedChange:
	found = get(connection, change.doctype, change.name)
	if not found.exists:
		raise _refused(f"{change.doctype} of this resource has been deleted, so it cannot be updated.")
	_write(connection, found, {**found.values, **change.after}, found.docstatus)
	fields = tuple((field, change.before.get(field), value) for field, value in change.after.items())
	return AppliedChange("update", change.doctype, change.name, fields=fields)


def _cancel(connection: sqlite3.Connection, change: CancelDocument) -> AppliedChange:
	found = get(connection, change.doctype, change.name)
	if found.docstatus != SUBMITTED:
		raise _refused(f"{change.doctype} {change.name} is not submitted, so it cannot be cancelled.")
	_write(connection, found, found.values, CANCELLED)
	return AppliedChange("cancel", change.doctype, change.name, fields=(("docstatus", SUBMITTED, CANCELLED),))


def _write(connection: sqlite3.Connection, found: DocumentState, data: Mapping[str, Any], docstatus: int) -> None:
	connection.execute(
		"UPDATE document SET data = ?, docstatus = ? WHERE doctype = ? AND name = ?",
		(dump_json(data), docstatus, found.doctype, found.name),
	)


def _refused(message: str) -> SyncFailure:
	return SyncFailure(Failure(Category.ERPNEXT_VALIDATION, message))
