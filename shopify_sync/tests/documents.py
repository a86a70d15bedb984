"""Plans written by hand, for tests of what the host makes of them: an order, its invoice, payments, deliveries and returns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import frappe
from frappe.utils import add_days, nowdate

from shopify_sync.core.plan import AppliedChange, Change, CreateDocument, DocRef, RowRef
from shopify_sync.erpnext_host.host import FrappeHost

from . import site


def carry_out(*changes: Change, commit: bool = True) -> list[AppliedChange]:
	"""Apply *changes* in one transaction, as the engine does. Without *commit* it is rolled back by the caller's error."""
	created: dict[str, str] = {}
	with FrappeHost().transaction() as tx:
		return [tx.apply(change, created) for change in changes]


class Books:
	"""One order of one customer: makes the changes that book it, with fresh keys."""

	def __init__(self, store: str = "test-store", **order: Any) -> None:
		self.abbr, self.currency = frappe.db.get_value("Company", site.company(), ["abbr", "default_currency"])
		self.number = site.fresh_id()
		self.key = f"{store}/order/{self.number}"
		self.order_values = order
		self.customer = make_customer()
		self.warehouse = f"Stores - {self.abbr}"
		self.income = frappe.db.get_value("Company", site.company(), "default_income_account")

	def name(self, prefix: str) -> str:
		return f"{prefix}{self.number}"

	def common(self) -> dict[str, Any]:
		return {
			"customer": self.customer,
			"company": site.company(),
			"currency": self.currency,
			"conversion_rate": 1,
			"ignore_pricing_rule": 1,
			"disable_rounded_total": 1,
			"tax_category": "Shopify",
			"selling_price_list": site._price_list(self.currency),
			"shopify_order_name": f"#{self.number}",
		} | {name: value for name, value in self.order_values.items() if name in ("currency", "conversion_rate", "debit_to")}

	def row(self, line: str = "1", item: str = "TEE-M", qty: float = 2, rate: float = 10, **more: Any) -> dict[str, Any]:
		return {
			"item_code": item,
			"qty": qty,
			"uom": "Nos",
			"conversion_factor": 1,
			"rate": rate,
			"price_list_rate": rate,
			"warehouse": self.warehouse,
			"shopify_line_item_id": line,
			**more,
		}

	def tax(self, amount: float, **more: Any) -> dict[str, Any]:
		return {
			"charge_type": "Actual",
			"account_head": site.tax_account(),
			"description": "VAT",
			"rate": 0.0,
			"tax_amount": amount,
			**more,
		}

	def create(self, doctype: str, suffix: str, prefix: str, values: Mapping[str, Any], **more: Any) -> CreateDocument:
		key = f"{self.key}{suffix}"
		return CreateDocument(doctype, key, values, name=self.name(prefix), submit=True, **more)

	def sales_order(self, items: list[dict[str, Any]] | None = None, taxes: list[dict[str, Any]] | None = None) -> CreateDocument:
		values = {
			**{name: value for name, value in self.common().items() if name != "debit_to"},
			"order_type": "Sales",
			"transaction_date": nowdate(),
			"delivery_date": add_days(nowdate(), 1),
			"items": [self.row()] if items is None else items,
			"taxes": [self.tax(4)] if taxes is None else taxes,
		}
		return self.create("Sales Order", "", "T-SO-", values)

	def invoice(
		self, items: list[dict[str, Any]] | None = None, taxes: list[dict[str, Any]] | None = None, **more: Any
	) -> CreateDocument:
		rows = [self.row()] if items is None else items
		values = {
			**self.common(),
			"posting_date": nowdate(),
			"items": [
				{**self.of_order(index, row), "sales_order": DocRef("Sales Order", self.key)} for index, row in enumerate(rows)
			],
			"taxes": [self.tax(4)] if taxes is None else taxes,
			**more,
		}
		return self.create("Sales Invoice", "/invoice/1", "T-SI-", values)

	def of_order(self, _index: int, row: Mapping[str, Any]) -> dict[str, Any]:
		return {**row, "so_detail": RowRef("Sales Order", self.key, row["shopify_line_item_id"])}

	def delivery(self, number: int = 1, items: list[dict[str, Any]] | None = None, **more: Any) -> CreateDocument:
		rows = [self.row()] if items is None else items
		values = {
			**{name: value for name, value in self.common().items() if name != "debit_to"},
			"posting_date": nowdate(),
			"items": [
				{**self.of_order(index, row), "against_sales_order": DocRef("Sales Order", self.key)}
				for index, row in enumerate(rows)
			],
			**more,
		}
		return self.create("Delivery Note", f"/fulfillment/{number}", f"T-DN-{number}-", values)

	def credit_note(
		self, items: list[dict[str, Any]], taxes: list[dict[str, Any]] | None = None, number: int = 1, **more: Any
	) -> CreateDocument:
		invoice = f"{self.key}/invoice/1"
		rows = [
			{
				**row,
				"sales_order": DocRef("Sales Order", self.key),
				"so_detail": RowRef("Sales Order", self.key, row["shopify_line_item_id"]),
				"sales_invoice_item": RowRef("Sales Invoice", invoice, row["shopify_line_item_id"]),
			}
			for row in items
		]
		values = {
			**self.common(),
			"is_return": 1,
			"return_against": DocRef("Sales Invoice", invoice),
			"update_outstanding_for_self": 1,
			"posting_date": nowdate(),
			"items": rows,
			"taxes": taxes or [],
			**more,
		}
		return self.create("Sales Invoice", f"/refund/{number}", f"T-CN-{number}-", values)

	def goods_back(self, items: list[dict[str, Any]], **more: Any) -> CreateDocument:
		note = f"{self.key}/fulfillment/1"
		rows = [{**row, "dn_detail": RowRef("Delivery Note", note, row["shopify_line_item_id"])} for row in items]
		values = {
			**{name: value for name, value in self.common().items() if name != "debit_to"},
			"is_return": 1,
			"return_against": DocRef("Delivery Note", note),
			"posting_date": nowdate(),
			"items": rows,
			**more,
		}
		return self.create("Delivery Note", "/return/1/1", "T-RDN-", values)

	def payment(
		self,
		amount: float,
		*references: tuple[Any, float],
		number: int = 1,
		kind: str = "Receive",
		fee: float = 0,
		account: str | None = None,
		order: tuple[float, str, float] | None = None,
		**more: Any,
	) -> CreateDocument:
		net = amount - fee
		order_amount, order_currency, order_rate = order or (net, self.currency, 1)
		values = {
			"payment_type": kind,
			"party_type": "Customer",
			"party": self.customer,
			"company": site.company(),
			"posting_date": nowdate(),
			"mode_of_payment": "Cash",
			"reference_no": f"{self.number}-{number}",
			"reference_date": nowdate(),
			"paid_amount": net,
			"received_amount": net,
			"order_amount": order_amount,
			"order_currency": order_currency,
			"order_rate": order_rate,
			("paid_to" if kind == "Receive" else "paid_from"): account or cash_account(),
			"references": [
				{"reference_doctype": ref.doctype, "reference_name": ref, "allocated_amount": part} for ref, part in references
			],
			"deductions": [{"account": expense_account(), "cost_center": cost_center(), "amount": fee}] if fee else [],
			**more,
		}
		return self.create("Payment Entry", f"/transaction/{number}", f"T-PE-{number}-", values)

	def ref(self, doctype: str = "Sales Invoice", suffix: str = "/invoice/1") -> DocRef:
		return DocRef(doctype, f"{self.key}{suffix}")


def make_customer() -> str:
	name = f"Test Buyer {site.fresh_id()}"
	group, territory = (frappe.db.get_value(doctype, {"is_group": 0}) for doctype in ("Customer Group", "Territory"))
	values = {"customer_name": name, "customer_group": group, "territory": territory}
	doc = frappe.get_doc({"doctype": "Customer", **values}).insert(ignore_permissions=True)
	frappe.db.commit()
	return doc.name


def cash_account() -> str:
	filters = {"company": site.company(), "account_type": "Cash", "is_group": 0, "account_name": ("not like", "%EUR%")}
	return frappe.db.get_value("Account", filters)


def expense_account() -> str:
	return frappe.db.get_value("Company", site.company(), "default_expense_account")


def cost_center() -> str:
	return frappe.db.get_value("Company", site.company(), "cost_center")


def stock_up(*items: str, qty: float = 1000) -> None:
	"""Put stock into the stores' warehouse, if there is little of it."""
	abbr = frappe.db.get_value("Company", site.company(), "abbr")
	for item in items:
		have = frappe.db.get_value("Bin", {"item_code": item, "warehouse": f"Stores - {abbr}"}, "actual_qty") or 0
		if have < qty / 2:
			row = {"item_code": item, "t_warehouse": f"Stores - {abbr}", "qty": qty, "basic_rate": 7, "conversion_factor": 1}
			entry = frappe.get_doc(
				{"doctype": "Stock Entry", "stock_entry_type": "Material Receipt", "company": site.company(), "items": [row]}
			)
			entry.update({"set_posting_time": 1, "posting_date": add_days(nowdate(), -20), "posting_time": "00:00:01"})
			entry.insert().submit()
	frappe.db.commit()
