"""Values of a Customer and its Contact → ERPNext's documents: where these keep a value somewhere else than in a field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from frappe.contacts.doctype.address.address import get_address_display

#: Field of a Contact → the table that keeps it, the column, and the flag of the main row.
_TABLES = {
	"email_id": ("email_ids", "email_id", "is_primary"),
	"mobile_no": ("phone_nos", "phone", "is_primary_mobile_no"),
}


def set_values(doc: Any, values: Mapping[str, Any]) -> None:
	"""Set the values of an update on a document that is about to be saved."""
	if doc.doctype == "Contact":
		_set_contact_values(doc, values)
		return
	doc.update(dict(values))
	if doc.doctype == "Customer" and "customer_primary_address" in values:
		# The form fills this when somebody chooses the address there.
		address = values["customer_primary_address"]
		doc.primary_address = get_address_display(address) if address else None


def _set_contact_values(doc: Any, values: Mapping[str, Any]) -> None:
	for field, (table, column, flag) in _TABLES.items():
		if field in values:
			_set_main(doc, table, column, flag, values[field])
		if table in values and values[table] is None:
			doc.set(table, [])
		elif table in values:
			_add(doc, table, column, values[table])
	in_tables = {*_TABLES, *(table for table, _column, _flag in _TABLES.values())}
	doc.update({name: value for name, value in values.items() if name not in in_tables})


def _set_main(doc: Any, table: str, column: str, flag: str, value: str) -> None:
	"""Bring the main row of a table to *value*; another row that says the same goes."""
	rows = doc.get(table)
	main = next((row for row in rows if row.get(flag)), None)
	if not value:
		doc.set(table, [row for row in rows if row is not main])
		return
	doc.set(table, [row for row in rows if row is main or row.get(column) != value])
	if main:
		main.set(column, value)
	else:
		doc.append(table, {column: value, flag: 1})


def _add(doc: Any, table: str, column: str, values: Sequence[str]) -> None:
	"""Add rows for what is not there yet, besides the main one."""
	known = {row.get(column) for row in doc.get(table)}
	for value in values:
		if value not in known:
			doc.append(table, {column: value})
