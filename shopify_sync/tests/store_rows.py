"""A store as it was first made, put back by its rows: every test begins with one, and Frappe needs half a second to delete and make it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import frappe
from frappe.utils import now

Rows = list[dict[str, Any]]

#: By store: what its tables held when it had just been made, in this process.
_kept: dict[str, dict[str, Rows]] = {}


def keep(store: str) -> None:
	"""Remember a store that has just been made."""
	_kept[store] = {table: frappe.db.sql(f"SELECT * FROM `{table}` {where}", as_dict=True) for table, where in _tables(store)}


def put_back(store: str) -> bool:
	"""Put a store back as it was when `keep` saw it, saved anew; the caller commits.

	:returns: False when it was not kept.
	"""
	if store not in _kept:
		return False
	for table, where in _tables(store):
		frappe.db.sql(f"DELETE FROM `{table}` {where}")
		for row in _kept[store][table]:
			# What is kept in processes is valid for one `modified`.
			fresh = {**row, "creation": now(), "modified": now()} if table == "tabShopify Store" else row
			columns = ", ".join(f"`{column}`" for column in fresh)
			marks = ", ".join(["%s"] * len(fresh))
			frappe.db.sql(f"INSERT INTO `{table}` ({columns}) VALUES ({marks})", tuple(fresh.values()))
	frappe.db.delete("Sync Alert", {"store": store})
	frappe.clear_document_cache("Shopify Store", store)
	frappe.clear_document_cache("Shopify Connection", store)
	return True


def _tables(store: str) -> Iterator[tuple[str, str]]:
	name = frappe.db.escape(store)
	yield "tabShopify Store", f"WHERE name = {name}"
	for field in frappe.get_meta("Shopify Store").get_table_fields():
		yield f"tab{field.options}", f"WHERE parenttype = 'Shopify Store' AND parent = {name}"
	yield "tabShopify Connection", f"WHERE name = {name}"
	yield "__Auth", f"WHERE doctype IN ('Shopify Store', 'Shopify Connection') AND name = {name}"
	yield "tabVersion", f"WHERE ref_doctype IN ('Shopify Store', 'Shopify Connection') AND docname = {name}"
	yield "tabComment", f"WHERE reference_doctype IN ('Shopify Store', 'Shopify Connection') AND reference_name = {name}"
