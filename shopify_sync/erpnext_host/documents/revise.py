"""ReviseDocument → the rows and taxes of a submitted Sales Order change, by ERPNext's own "Update Items"."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import frappe
from erpnext.controllers.accounts_controller import set_order_defaults, update_child_qty_rate

from shopify_sync.core.plan import AppliedChange, ReviseDocument

from .bins import lock_bins
from .totals import check_total

#: What "Update Items" is told of a row that stays.
_UPDATE_ITEMS_FIELDS = ("item_code", "qty", "rate", "uom", "conversion_factor", "delivery_date", "description")


def revise(change: ReviseDocument, values: Mapping[str, Any]) -> AppliedChange:
	"""Bring a Sales Order to the rows and taxes that *values* hold (`items`, `taxes`), and check its total."""
	doc = frappe.get_doc(change.doctype, change.name)
	pairs = _matched(doc, values["items"])
	lock_bins(doc, [wanted for wanted, _row in pairs])
	_set_taxes(doc, values["taxes"])
	# New rows come first: "Update Items" then finds them there, in the warehouse that is wanted, and adds up what is reserved.
	rows = [(wanted, row or _insert_row(doc, wanted, len(doc.items) + place)) for place, (wanted, row) in enumerate(pairs, 1)]
	told = [_told(wanted, row) for wanted, row in rows]
	update_child_qty_rate(change.doctype, json.dumps(told, default=str), change.name)
	doc = frappe.get_doc(change.doctype, change.name)
	check_total(doc, change)
	fields = tuple((name, change.before.get(name), value) for name, value in change.after.items())
	return AppliedChange("revise", change.doctype, doc.name, None, fields)


def _matched(doc: Any, items: Sequence[Mapping[str, Any]]) -> list[tuple[Mapping[str, Any], Any]]:
	"""Return each wanted row with the row that is there: the next one of the same line and Item, or None."""
	there: dict[tuple[str, str], list[Any]] = {}
	for row in doc.items:
		there.setdefault((str(row.shopify_line_item_id or ""), row.item_code), []).append(row)
	matched = []
	for wanted in items:
		rows = there.get((str(wanted.get("shopify_line_item_id") or ""), wanted["item_code"]), [])
		matched.append((wanted, rows.pop(0) if rows else None))
	return matched


def _set_taxes(doc: Any, wanted: Sequence[Mapping[str, Any]]) -> None:
	"""Bring the tax rows to *wanted*. The totals follow when "Update Items" calculates them."""
	rows = list(doc.taxes)
	for row, values in zip(rows, wanted, strict=False):
		row.update(values)
	for row in rows[len(wanted) :]:
		doc.remove(row)
	for values in wanted[len(rows) :]:
		doc.append("taxes", dict(values))
	doc.flags.ignore_permissions = True
	doc.flags.ignore_validate_update_after_submit = True
	doc.save()


def _insert_row(doc: Any, wanted: Mapping[str, Any], idx: int) -> Any:
	"""Add a row to the submitted Sales Order, with ERPNext's defaults for what *wanted* leaves open."""
	row = set_order_defaults(doc.doctype, doc.name, "Sales Order Item", "items", wanted)
	row.update({name: value for name, value in wanted.items() if value is not None})
	row.idx = idx
	row.flags.ignore_validate_update_after_submit = True
	row.insert(ignore_permissions=True)
	return row


def _told(wanted: Mapping[str, Any], row: Any) -> dict[str, Any]:
	"""Return a row as "Update Items" takes it; what the plan leaves open stays as it is."""
	told = {name: row.get(name) if wanted.get(name) is None else wanted[name] for name in _UPDATE_ITEMS_FIELDS}
	return {"docname": row.name, "idx": row.idx, **told}
