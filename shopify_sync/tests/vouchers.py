"""ERPNext's own vouchers that move stock, made as people make them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import frappe
from frappe.utils import add_days, nowdate

from . import site


def stock_entry(kind: str, rows: Sequence[Mapping[str, Any]], **values: Any) -> Any:
	"""Submit a Stock Entry of this type."""
	made = [{"conversion_factor": 1, "basic_rate": 5, **row} for row in rows]
	entry = {"doctype": "Stock Entry", "stock_entry_type": kind, "company": site.company(), "items": made, **values}
	doc = frappe.get_doc(entry).insert(ignore_permissions=True)
	doc.submit()
	return doc


def receive(item: str, warehouse: str, qty: float, **values: Any) -> Any:
	"""Submit a Material Receipt."""
	return stock_entry("Material Receipt", [{"item_code": item, "t_warehouse": warehouse, "qty": qty}], **values)


def issue(item: str, warehouse: str, qty: float) -> Any:
	"""Submit a Material Issue."""
	return stock_entry("Material Issue", [{"item_code": item, "s_warehouse": warehouse, "qty": qty}])


def transfer(item: str, source: str, target: str, qty: float) -> Any:
	"""Submit a Material Transfer."""
	return stock_entry("Material Transfer", [{"item_code": item, "s_warehouse": source, "t_warehouse": target, "qty": qty}])


def repack(item: str, into: str, warehouse: str, qty: float) -> Any:
	"""Submit a Repack: so much of one Item becomes as much of another."""
	rows = [
		{"item_code": item, "s_warehouse": warehouse, "qty": qty},
		{"item_code": into, "t_warehouse": warehouse, "qty": qty, "is_finished_item": 1},
	]
	return stock_entry("Repack", rows)


def manufacture(item: str, into: str, warehouse: str, qty: float) -> Any:
	"""Submit a Manufacture Stock Entry from a BOM of one part."""
	bom = frappe.get_doc(
		{
			"doctype": "BOM", "item": into, "quantity": 1, "company": site.company(), "is_active": 1, "is_default": 1,
			"currency": frappe.db.get_value("Company", site.company(), "default_currency"), "conversion_rate": 1,
			"items": [{"item_code": item, "qty": 1, "uom": "Nos", "stock_uom": "Nos", "rate": 5}],
		}
	).insert(ignore_permissions=True)  # fmt: skip
	bom.submit()
	rows = [
		{"item_code": item, "s_warehouse": warehouse, "qty": qty},
		{"item_code": into, "t_warehouse": warehouse, "qty": qty, "is_finished_item": 1, "bom_no": bom.name},
	]
	return stock_entry("Manufacture", rows, bom_no=bom.name, from_bom=1, fg_completed_qty=qty)


def reconcile(rows: Sequence[tuple[str, str, float]], **values: Any) -> Any:
	"""Submit a Stock Reconciliation: (Item, warehouse, quantity)."""
	made = [{"item_code": item, "warehouse": place, "qty": qty, "valuation_rate": 5} for item, place, qty in rows]
	doc = {
		"doctype": "Stock Reconciliation",
		"purpose": "Stock Reconciliation",
		"company": site.company(),
		"expense_account": site.difference_account(),
		"items": made,
		**values,
	}
	reconciliation = frappe.get_doc(doc).insert(ignore_permissions=True)
	reconciliation.submit()
	return reconciliation


def deliver(item: str, warehouse: str, qty: float, **values: Any) -> Any:
	"""Submit a Delivery Note without an order; *is_return* with a negative quantity takes goods back."""
	from .documents import make_customer

	row = {"item_code": item, "qty": qty, "rate": 10, "warehouse": warehouse}
	doc = {"doctype": "Delivery Note", "customer": make_customer(), "company": site.company(), "items": [row], **values}
	note = frappe.get_doc(doc).insert(ignore_permissions=True)
	note.submit()
	return note


def buy(item: str, warehouse: str, qty: float) -> Any:
	"""Submit a Purchase Receipt."""
	row = {"item_code": item, "qty": qty, "rate": 5, "warehouse": warehouse}
	doc = {"doctype": "Purchase Receipt", "supplier": _supplier(), "company": site.company(), "items": [row]}
	receipt = frappe.get_doc(doc).insert(ignore_permissions=True)
	receipt.submit()
	return receipt


def land(receipt: Any, amount: float) -> Any:
	"""Submit a Landed Cost Voucher on a Purchase Receipt: ERPNext cancels its entries and makes them anew."""
	account = frappe.db.get_value("Account", {"company": site.company(), "root_type": "Expense", "is_group": 0})
	row = {"receipt_document_type": "Purchase Receipt", "receipt_document": receipt.name, "supplier": receipt.supplier}
	row |= {"posting_date": receipt.posting_date, "grand_total": receipt.grand_total}
	voucher = frappe.get_doc(
		{
			"doctype": "Landed Cost Voucher", "company": site.company(), "distribute_charges_based_on": "Amount",
			"purchase_receipts": [row], "taxes": [{"expense_account": account, "description": "Freight", "amount": amount}],
		}
	)  # fmt: skip
	voucher.get_items_from_purchase_receipts()
	voucher.insert(ignore_permissions=True)
	voucher.submit()
	return voucher


def days_ago(days: int) -> dict[str, Any]:
	"""Return the values of a voucher that is posted in the past."""
	return {"set_posting_time": 1, "posting_date": add_days(nowdate(), -days), "posting_time": "10:00:00"}


def bundle(item: str, parts: Mapping[str, float]) -> Any:
	"""Make a Product Bundle; commits."""
	rows = [{"item_code": part, "qty": qty} for part, qty in parts.items()]
	doc = frappe.get_doc({"doctype": "Product Bundle", "new_item_code": item, "items": rows}).insert(ignore_permissions=True)
	frappe.db.commit()
	return doc


def _supplier() -> str:
	name = "Example Supplier"
	if not frappe.db.exists("Supplier", name):
		group = frappe.db.get_value("Supplier Group", {"is_group": 0})
		frappe.get_doc({"doctype": "Supplier", "supplier_name": name, "supplier_group": group}).insert(ignore_permissions=True)
		frappe.db.commit()
	return name
