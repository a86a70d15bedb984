"""Locks on Bins: two orders that share an Item must not write its reserved quantity from sums that miss each other.

ERPNext adds up what is reserved, then writes the whole Bin. Between the two another worker's order may be committed, and its
quantity would be lost. So the Bins are locked before ERPNext adds up, as late as possible: just before `on_submit`.
"""

from __future__ import annotations

from typing import Any

import frappe


def before_on_submit(doc: Any, method: str | None = None) -> None:
	"""Doc event `on_update`, which Frappe runs right before `on_submit`: lock the Bins of a document that we submit."""
	if doc.flags.shopify_sync_locks_bins:
		lock_bins(doc)


def lock_bins(doc: Any) -> None:
	"""Lock the Bins of the document's rows, in one order for all workers, so that nobody waits in a circle."""
	pairs = sorted({(row.item_code, row.warehouse) for row in doc.get("items") if row.warehouse})
	for pair in pairs:
		frappe.db.sql("SELECT name FROM tabBin WHERE item_code = %s AND warehouse = %s FOR UPDATE", pair)
