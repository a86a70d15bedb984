"""Sales Invoices in one step: what ERPNext makes up for when a draft is validated again to be submitted."""

from __future__ import annotations

from typing import Any

import frappe


def set_income_accounts(doc: Any) -> None:
	"""Give rows without an Item (the cents of a credit note) the company's income account: ERPNext looks it up by the Item."""
	for row in doc.get("items"):
		if not row.item_code and not row.income_account:
			row.income_account = frappe.get_cached_value("Company", doc.company, "default_income_account")


def after_validate(doc: Any, method: str | None = None) -> None:
	"""Doc event `validate` of a Sales Invoice: count the advances that ERPNext has just found into total and payment schedule.

	It looks for advances after it has calculated the totals, so that of a draft they count when it is validated for the second time.
	"""
	if doc.flags.shopify_sync_one_step and doc.get("advances"):
		doc.calculate_taxes_and_totals()
		doc.set_payment_schedule()


def set_status(doc: Any) -> None:
	"""Set the status of an invoice that has no entry of its own in the Payment Ledger; any other gets it with that entry."""
	if not doc.base_grand_total or doc.is_return:
		doc.set_status(update=True, update_modified=False)
