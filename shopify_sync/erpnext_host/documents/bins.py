"""Locks on Bins: two documents that share an Item must not write its quantities from sums that miss each other.

ERPNext adds up what is reserved, then writes the whole Bin. Between the two another worker's order may be committed, and its
quantity would be lost. So the Bins are locked before ERPNext adds up, as late as possible: just before `on_submit`.
A document that moves stock also changes what its Sales Order has reserved: those Bins are locked with its own, in one order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import frappe


def before_on_submit(doc: Any, method: str | None = None) -> None:
	"""Doc event `on_update`, which Frappe runs right before `on_submit`: lock the Bins of a document that we submit."""
	if doc.flags.shopify_sync_locks_bins:
		lock_bins(doc)


def lock_bins(doc: Any, more: Iterable[Mapping[str, Any]] = ()) -> None:
	"""Lock the Bins that a document changes, in one order for all workers, so that nobody waits in a circle.

	:param more: rows besides the document's own.
	"""
	if doc.doctype == "Payment Entry" or (doc.doctype == "Sales Invoice" and not doc.update_stock):
		return
	rows = (*doc.get("items"), *(doc.get("packed_items") or ()), *more)
	places = ("warehouse", "s_warehouse", "t_warehouse")
	pairs = {(row.get("item_code"), row.get(place)) for row in rows for place in places} | set(_reserved(doc))
	for pair in sorted(pair for pair in pairs if all(pair)):
		frappe.db.sql("SELECT name FROM tabBin WHERE item_code = %s AND warehouse = %s FOR UPDATE", pair)


def _reserved(doc: Any) -> Iterator[tuple[str, str]]:
	"""Yield Item and warehouse of the Sales Order rows that the document's rows belong to."""
	rows = tuple(row.so_detail for row in doc.get("items") if row.get("so_detail"))
	if rows:
		yield from frappe.db.sql("SELECT item_code, warehouse FROM `tabSales Order Item` WHERE name IN %s", (rows,))
