"""Payment Entries: the accounts, currencies and references that only ERPNext knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import frappe
from erpnext.accounts.party import get_party_account
from frappe.utils import flt

from shopify_sync.core.failures import Category, Failure, SyncFailure


def prepare(values: dict[str, Any]) -> dict[str, Any]:
	"""Return the values of a Payment Entry with party account, currencies and rates, and no more allocated than is outstanding.

	:param values: in ERPNext's words. `paid_amount`, `received_amount` and `allocated_amount` are in the company's currency;
		`order_amount` (net of fees), `order_currency` and `order_rate` say the same in the order's, and are taken out.
	"""
	order = _OrderMoney(values)
	references = [(row, _referenced(row)) for row in values.get("references") or ()]
	party_account = _party_account(values, references)
	party, money = ("paid_from", "paid_to") if values["payment_type"] == "Receive" else ("paid_to", "paid_from")
	values[party] = party_account
	party_is_foreign = order.is_in(party_account)
	_set_amounts(values, order, {party: party_is_foreign, money: order.is_in(values[money])})
	for row in values.get("deductions") or ():
		# Mandatory there; everywhere else ERPNext takes the company's own by itself.
		row["cost_center"] = row.get("cost_center") or frappe.get_cached_value("Company", values["company"], "cost_center")
	values["references"] = _allocated(references, order.gross_ratio if party_is_foreign else 1.0, party_is_foreign)
	return values


class _OrderMoney:
	"""What was paid, in the order's currency, and which accounts are kept in it."""

	def __init__(self, values: dict[str, Any]) -> None:
		self.company_currency = frappe.get_cached_value("Company", values["company"], "default_currency")
		base = flt(values["paid_amount"])
		self.amount = flt(values.pop("order_amount", None) or base)
		self.currency = values.pop("order_currency", None) or self.company_currency
		self.rate = flt(values.pop("order_rate", None) or 1)
		self.base = base
		sign = 1 if values["payment_type"] == "Receive" else -1
		deductions = sign * sum(flt(row["amount"]) for row in values.get("deductions") or ())
		#: What one unit of the company's currency, fees included, is in the order's.
		gross = base + deductions
		self.gross_ratio = (self.amount + deductions / self.rate) / gross if gross else 1 / self.rate

	def is_in(self, account: str) -> bool:
		"""Tell whether *account* is kept in the order's currency, that is not the company's."""
		currency = frappe.get_cached_value("Account", account, "account_currency") or self.company_currency
		if currency not in (self.company_currency, self.currency):
			raise SyncFailure(
				Failure(
					Category.ERPNEXT_VALIDATION,
					f"Account {account} is kept in {currency}; the payment is in {self.currency}, the company's currency is "
					f"{self.company_currency}. Map the gateway to an account in one of these.",
				)
			)
		return bool(currency != self.company_currency)


def _set_amounts(values: dict[str, Any], order: _OrderMoney, foreign: Mapping[str, bool]) -> None:
	"""Set both amounts and rates; what ERPNext calculates from the order's currency must be what stands on the other side."""
	precision = frappe.get_precision("Payment Entry", "base_paid_amount")
	base = flt(order.amount * order.rate, precision) if any(foreign.values()) else order.base
	for account, amount, rate in (
		("paid_from", "paid_amount", "source_exchange_rate"),
		("paid_to", "received_amount", "target_exchange_rate"),
	):
		values[amount] = order.amount if foreign[account] else base
		values[rate] = order.rate if foreign[account] else 1


def _referenced(row: Mapping[str, Any]) -> Any:
	"""Return the document of a reference: its accounts and what is outstanding on it."""
	columns = (
		"debit_to, outstanding_amount, payment_terms_template"
		if row["reference_doctype"] == "Sales Invoice"
		else "status, per_billed, advance_paid, base_rounded_total, base_grand_total, rounded_total, grand_total, payment_terms_template"
	)
	query = f"SELECT docstatus, {columns} FROM `tab{row['reference_doctype']}` WHERE name = %s"  # noqa: S608
	found = frappe.db.sql(query, (row["reference_name"],), as_dict=True)
	return found[0] if found else frappe._dict(docstatus=0)


def _party_account(values: Mapping[str, Any], references: list[tuple[dict[str, Any], Any]]) -> str:
	"""Return the account that the invoice is owed on, else the customer's: ERPNext refuses to mix them."""
	of_invoice = next((found.debit_to for _row, found in references if found.get("debit_to")), None)
	return str(of_invoice or get_party_account(values["party_type"], values["party"], values["company"]))


def _allocated(references: list[tuple[dict[str, Any], Any]], ratio: float, foreign: bool) -> list[dict[str, Any]]:
	"""Return the references with something outstanding, none of them allocated more than that. The rest stays unallocated."""
	rows, left = [], dict[str, float]()
	for row, found in references:
		name = row["reference_name"]
		outstanding = left.get(name, _outstanding(row["reference_doctype"], found, foreign))
		wanted = flt(flt(row["allocated_amount"]) * ratio, frappe.get_precision("Payment Entry Reference", "allocated_amount"))
		# A credit note is outstanding below zero, and so is what is allocated to it.
		amount = max(wanted, outstanding) if wanted < 0 else min(wanted, outstanding)
		if amount and amount * wanted > 0:
			rows += _by_terms({**row, "allocated_amount": amount}, found.payment_terms_template, foreign)
			left[name] = outstanding - amount
	return rows


def _by_terms(row: dict[str, Any], template: str | None, foreign: bool) -> list[dict[str, Any]]:
	"""Return a reference as one row for each payment term, where the document's template asks ERPNext for that."""
	flag = "allocate_payment_based_on_payment_terms"
	if not template or row["allocated_amount"] < 0 or not frappe.get_cached_value("Payment Terms Template", template, flag):
		return [row]
	column = "outstanding" if foreign else "IFNULL(NULLIF(base_outstanding, 0), outstanding)"
	query = f"SELECT payment_term, {column} FROM `tabPayment Schedule` WHERE parent = %s AND outstanding > 0 ORDER BY idx"  # noqa: S608
	rows, left = [], row["allocated_amount"]
	for term, outstanding in frappe.db.sql(query, (row["reference_name"],)):
		share = min(left, flt(outstanding))
		if share > 0 and term:
			rows.append({**row, "payment_term": term, "allocated_amount": share})
			left = flt(left - share, 9)
	return rows or [row]


def _outstanding(doctype: str, found: Any, foreign: bool) -> float:
	"""Return what ERPNext would let a Payment Entry allocate to the document, in the currency of the party account."""
	if found.docstatus != 1:
		return 0.0
	if doctype == "Sales Invoice":
		return flt(found.outstanding_amount)
	if found.status == "Closed" or abs(100 - flt(found.per_billed)) <= 0.01:
		return 0.0
	total = (found.rounded_total or found.grand_total) if foreign else (found.base_rounded_total or found.base_grand_total)
	return max(flt(total) - flt(found.advance_paid), 0.0)


def set_advance_account(doc: Any) -> None:
	"""Book an advance on the company's account for advances, where it has one: ERPNext looks at drafts only."""
	if frappe.get_cached_value("Company", doc.company, "book_advance_payments_in_separate_party_account"):
		doc.setup_party_account_field()
		doc.set_liability_account()
