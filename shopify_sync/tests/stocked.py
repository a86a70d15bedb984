"""What tests of stock stand on: Items of every valuation, warehouses of their own, and documents as people make them by hand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import frappe

from . import site

#: What sets Items apart in how ERPNext values them.
FIFO, MOVING_AVERAGE, BATCH = "FIFO", "Moving Average", "Batch"
KINDS = (FIFO, MOVING_AVERAGE, BATCH)


def allow_batches() -> None:
	"""Let ERPNext keep batches: a setting that version 16 has, and that is off there at first."""
	field = "enable_serial_and_batch_no_for_item"
	if frappe.get_meta("Stock Settings").has_field(field) and not frappe.db.get_single_value("Stock Settings", field):
		frappe.db.set_single_value("Stock Settings", field, 1)
		frappe.db.commit()


def make_item(kind: str, **values: Any) -> str:
	"""Make a new stock Item of a kind."""
	allow_batches()
	tracked = {"has_batch_no": 1, "create_new_batch": 0} if kind == BATCH else {"valuation_method": kind}
	return site.make_item(f"STOCK-{frappe.generate_hash(length=10).upper()}", **tracked, **values)


def make_warehouse(title: str) -> str:
	"""Make sure that a warehouse exists; return its name."""
	name = f"{title} - {frappe.db.get_value('Company', site.company(), 'abbr')}"
	if not frappe.db.exists("Warehouse", name):
		doc = {"doctype": "Warehouse", "warehouse_name": title, "company": site.company()}
		frappe.get_doc(doc).insert(ignore_permissions=True)
		frappe.db.commit()
	return name


def make_batch(item: str) -> str:
	"""Make a batch of an Item by hand."""
	name = f"HAND-{item}"
	if not frappe.db.exists("Batch", name):
		frappe.get_doc({"doctype": "Batch", "batch_id": name, "item": item}).insert(ignore_permissions=True)
	return name


def receive(item: str, warehouse: str, quantity: float, rate: float, on: Any = None, batch: str | None = None) -> Any:
	"""Book a Material Receipt as people do; *on*: a moment gone by, in the site's zone."""
	row = {"item_code": item, "t_warehouse": warehouse, "qty": quantity, "basic_rate": rate, "set_basic_rate_manually": 1}
	if batch:
		row |= {"use_serial_batch_fields": 1, "batch_no": batch}
	doc = frappe.get_doc({"doctype": "Stock Entry", "stock_entry_type": "Material Receipt", "company": site.company()})
	doc.append("items", row)
	return _submitted(doc, on)


def reconcile(
	item: str, warehouse: str, quantity: float, rate: float | None = None, batch: str | None = None, on: Any = None
) -> Any:
	"""Book a Stock Reconciliation as people do."""
	doc = frappe.get_doc({"doctype": "Stock Reconciliation", "company": site.company(), "purpose": "Stock Reconciliation"})
	row = {"item_code": item, "warehouse": warehouse, "qty": quantity}
	if rate is not None:
		row["valuation_rate"] = rate
	if batch:
		row |= {"use_serial_batch_fields": 1, "batch_no": batch}
	doc.append("items", row)
	doc.expense_account = site.difference_account()
	return _submitted(doc, on)


def _submitted(doc: Any, on: Any) -> Any:
	if on is not None:
		doc.update({"set_posting_time": 1, "posting_date": on.date(), "posting_time": f"{on:%H:%M:%S}"})
	doc.insert(ignore_permissions=True)
	doc.submit()
	frappe.db.commit()
	return doc


def held(item: str, warehouse: str) -> tuple[float, float]:
	"""Return quantity and value of an Item's Bin."""
	frappe.db.rollback()
	found = frappe.db.get_value("Bin", {"item_code": item, "warehouse": warehouse}, ["actual_qty", "stock_value"])
	return (float(found[0]), round(float(found[1]), 2)) if found else (0.0, 0.0)


def last_entry(item: str, warehouse: str) -> float:
	"""Return the quantity after the last entry of the stock ledger: the Bin must say the same."""
	rows = frappe.db.sql(
		"""SELECT qty_after_transaction FROM `tabStock Ledger Entry` WHERE item_code = %s AND warehouse = %s AND is_cancelled = 0
		ORDER BY TIMESTAMP(posting_date, posting_time) DESC, creation DESC LIMIT 1""",
		(item, warehouse),
	)
	return float(rows[0][0]) if rows else 0.0


def ledger(voucher: str) -> list[tuple[float, float]]:
	"""Return what a document did to the stock: quantity and value of each entry, in order."""
	rows = frappe.db.sql(
		"""SELECT actual_qty, qty_after_transaction, ROUND(stock_value_difference, 2), ROUND(valuation_rate, 6)
		FROM `tabStock Ledger Entry` WHERE voucher_no = %s AND is_cancelled = 0 ORDER BY creation, name""",
		(voucher,),
	)
	return [tuple(float(value) for value in row) for row in rows]


def general_ledger(voucher: str) -> list[tuple[str, float, float]]:
	"""Return what a document did to the accounts."""
	rows = frappe.db.sql(
		"""SELECT account, ROUND(debit, 2), ROUND(credit, 2) FROM `tabGL Entry` WHERE voucher_no = %s AND is_cancelled = 0
		ORDER BY account""",
		(voucher,),
	)
	return [(account, float(debit), float(credit)) for account, debit, credit in rows]


@contextmanager
def settings(doctype: str, **values: Any) -> Iterator[None]:
	"""Have these values in a settings doctype for the block."""
	# As they stand there: an empty date is read as the year 1.
	known = frappe.db.sql("SELECT field, value FROM tabSingles WHERE doctype = %s AND field IN %s", (doctype, tuple(values)))
	before = {name: dict(known).get(name) or "" for name in values}
	_set(doctype, values)
	try:
		yield
	finally:
		frappe.db.rollback()
		_set(doctype, before)


def _set(doctype: str, values: dict[str, Any]) -> None:
	for name, value in values.items():
		frappe.db.set_single_value(doctype, name, value)
	frappe.clear_document_cache(doctype, doctype)
	frappe.db.commit()
