"""The ledger that documents come to, computed from their own rows: for a host that stores documents and keeps no ledger.

Debit above zero, credit below. Written for the tests: ERPNext's own General Ledger is looked at on a site.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from shopify_sync.core.money import ZERO

from ..bench import DocumentView
from .wares import COSTS, TIP

_CENT = Decimal("0.01")
_SUBMITTED = 1


def books_of(documents: Iterable[DocumentView], role_of: Callable[[str], str]) -> dict[str, Decimal]:
	"""Return the sums of submitted documents by role, in the company's currency, without those that are zero.

	:param role_of: account → what it is for.
	"""
	sums: dict[str, Decimal] = {}
	for document in documents:
		post = _POSTINGS.get(document.doctype)
		if post and document.docstatus == _SUBMITTED:
			for account, amount in post(document.values):
				role = role_of(account) if account not in _OWN_ROLES else account
				sums[role] = sums.get(role, ZERO) + amount
	return {role: amount for role, amount in sums.items() if amount}


#: Accounts that documents do not name: ERPNext takes them from the company or the Item.
_OWN_ROLES = ("receivable", "income", "tips", "cogs", "stock")
_Postings = Iterable[tuple[str, Decimal]]


def _invoice(values: Mapping[str, Any]) -> _Postings:
	rate = Decimal(str(values.get("conversion_rate") or 1))
	total = ZERO
	for row in values["items"]:
		amount = _cents(Decimal(str(row["qty"])) * Decimal(str(row["rate"])) * rate)
		total += amount
		yield row.get("income_account") or ("tips" if row.get("item_code") == TIP else "income"), -amount
	discount = _cents(Decimal(str(values.get("discount_amount") or 0)) * rate)
	yield "income", discount
	total -= discount
	for row in values.get("taxes") or ():
		amount = _cents(Decimal(str(row["tax_amount"])) * rate)
		total += amount
		yield row["account_head"], -amount
	yield "receivable", total
	if values.get("update_stock"):
		yield from _stock(values)


def _payment(values: Mapping[str, Any]) -> _Postings:
	amount = Decimal(str(values["paid_amount"]))
	kept = [(row["account"], Decimal(str(row["amount"]))) for row in values.get("deductions") or ()]
	yield from kept
	total = sum((deducted for _account, deducted in kept), ZERO)
	if values["payment_type"] == "Receive":
		yield values["paid_to"], amount
		yield "receivable", -amount - total
	else:
		yield values["paid_from"], -amount
		yield "receivable", amount - total


def _stock(values: Mapping[str, Any]) -> _Postings:
	for row in values["items"]:
		if row.get("item_code") in COSTS:
			cost = stock_units(row) * Decimal(COSTS[row["item_code"]])
			yield "cogs", cost
			yield "stock", -cost


def stock_units(row: Mapping[str, Any]) -> Decimal:
	"""Return the quantity of a row in the Item's own unit."""
	return Decimal(str(row["qty"])) * Decimal(str(row.get("conversion_factor") or 1))


_POSTINGS: Mapping[str, Callable[[Mapping[str, Any]], _Postings]] = {
	"Sales Invoice": _invoice,
	"Payment Entry": _payment,
	"Delivery Note": _stock,
}


def _cents(amount: Decimal) -> Decimal:
	return amount.quantize(_CENT, ROUND_HALF_UP)
