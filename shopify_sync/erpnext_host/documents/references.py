"""DocRef and RowRef → names: what a plan could not know yet when it was made."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import frappe

from shopify_sync.core.failures import Category, Failure, SyncFailure
from shopify_sync.core.plan import DocRef, RowRef

from .amendments import latest


class References:
	"""The names of one transaction: documents that its plan made, and the rows of documents, each read once."""

	def __init__(self) -> None:
		#: (doctype, key) → Shopify line → the names of its rows, in order.
		self._rows: dict[tuple[str, str], dict[str, list[str]]] = {}

	def resolved(self, values: Mapping[str, Any], created: Mapping[str, str]) -> dict[str, Any]:
		"""Return *values* as Frappe wants them: names for references, floats for Decimals. Money is exact until here.

		:param created: key → name of the documents that the plan has made so far.
		"""
		return {name: self._resolve(value, created) for name, value in values.items()}

	def remember(self, doctype: str, key: str, doc: Any) -> None:
		"""Take the rows of a document that was just made: nobody has to read them."""
		rows = ((row.get("shopify_line_item_id"), row.name) for row in doc.get("items") or ())
		self._rows[(doctype, key)] = _by_line(rows)

	def forget(self) -> None:
		"""Forget all rows, because those of a document changed."""
		self._rows.clear()

	def _resolve(self, value: Any, created: Mapping[str, str]) -> Any:
		if isinstance(value, DocRef):
			return created.get(value.key) or self._document(value)
		if isinstance(value, RowRef):
			return self._row(value)
		if isinstance(value, Decimal):
			return float(value)
		if isinstance(value, date):
			return str(value)
		if isinstance(value, Mapping):
			return self.resolved(value, created)
		if isinstance(value, list | tuple):
			return [self._resolve(inner, created) for inner in value]
		return value

	def _document(self, ref: DocRef) -> str:
		found = _name_of(ref.doctype, ref.key)
		if found:
			return found
		raise SyncFailure(
			Failure(
				Category.CONFLICT, f"There is no {ref.doctype} with the key {ref.key} any more: somebody deleted it in ERPNext."
			)
		)

	def _row(self, ref: RowRef) -> str:
		place = (ref.doctype, ref.name or ref.key)
		if place not in self._rows:
			self._rows[place] = _rows_of(ref.doctype, ref.name or _name_of(ref.doctype, ref.key))
		names = self._rows[place].get(ref.line, [])
		if ref.index < len(names):
			return names[ref.index]
		raise SyncFailure(
			Failure(
				Category.CONFLICT,
				f"The {ref.doctype} {ref.name or 'of ' + ref.key} has {len(names)} row(s) of Shopify's line {ref.line}, and row {ref.index + 1} is "
				"needed: somebody removed it, or its line id. Restore the row, or Discard the event and book it by hand.",
			)
		)


def _name_of(doctype: str, key: str) -> str | None:
	"""Return the document with this key, or its latest amendment."""
	found = frappe.db.sql(f"SELECT name, docstatus FROM `tab{doctype}` WHERE shopify_key = %s", (key,))  # noqa: S608
	if not found:
		return None
	name, docstatus = found[0]
	return str(name if docstatus < 2 else latest(doctype, name)[0])


def _rows_of(doctype: str, name: str | None) -> dict[str, list[str]]:
	query = f"SELECT shopify_line_item_id, name FROM `tab{doctype} Item` WHERE parent = %s ORDER BY idx"  # noqa: S608
	return _by_line(frappe.db.sql(query, (name,)))


def _by_line(rows: Any) -> dict[str, list[str]]:
	lines: dict[str, list[str]] = {}
	for line, name in rows:
		lines.setdefault(str(line or ""), []).append(name)
	return lines
