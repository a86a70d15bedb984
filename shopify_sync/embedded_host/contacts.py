"""A Contact's e-mails and telephone numbers: rows of child tables, of which the main ones show as fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

#: Field of a Contact → the table that keeps it, the column, and the flag of the main row.
_TABLES = {
	"email_id": ("email_ids", "email_id", "is_primary"),
	"mobile_no": ("phone_nos", "phone", "is_primary_mobile_no"),
}


def main_values(values: Mapping[str, Any]) -> dict[str, str]:
	"""Return the fields that a Contact's rows make up."""
	return {
		field: next((row[column] for row in values.get(table) or () if row.get(flag)), "")
		for field, (table, column, flag) in _TABLES.items()
	}


def updated(values: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
	"""Return a Contact's values after an update: its main values are rows, and further ones are added."""
	found = {**values, **{name: value for name, value in after.items() if not _is_in_tables(name)}}
	for field, (table, column, flag) in _TABLES.items():
		rows = [dict(row) for row in values.get(table) or ()]
		if field in after:
			others = [row for row in rows if not row.get(flag) and row[column] != after[field]]
			rows = [*([{column: after[field], flag: 1}] if after[field] else []), *others]
		rows += _new_rows(rows, column, after.get(table) or ())
		found[table] = [] if table in after and after[table] is None else rows
	return {**found, **{field: main for field, main in main_values(found).items() if field in after}}


def texts(values: Mapping[str, Any]) -> dict[str, list[str]]:
	"""Return the rows of a Contact as lists of text."""
	return {table: [row[column] for row in values.get(table) or ()] for table, column, _flag in _TABLES.values()}


def _is_in_tables(name: str) -> bool:
	return name in _TABLES or any(name == table for table, _column, _flag in _TABLES.values())


def _new_rows(rows: Sequence[Mapping[str, Any]], column: str, wanted: Sequence[str]) -> list[dict[str, Any]]:
	known = {row[column] for row in rows}
	return [{column: text} for text in wanted if text not in known]
