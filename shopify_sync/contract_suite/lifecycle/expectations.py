"""What must stand in ERPNext after a case: documents, and sums of the ledger by what an account is for. All figures are literal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from .order import MAIN

#: What the accounts of the cases are for. Where a case names none, the sum must be zero.
ROLES = (
	"receivable", "income", "tips", "tax", "city_tax", "shipping", "duty", "adjustment", "rounding", "fees", "cogs", "stock",
	"clearing", "paypal", "bank", "cash", "gift_card", "twint",
)  # fmt: skip
Rows = Mapping[str, int]


@dataclass(frozen=True)
class Document:
	"""A document that must stand.

	:ivar suffix: its key after the order's, with the case's names in braces: `/refund/{r1}`.
	:ivar total: grand total (a Payment Entry's: what moved on the money account); None: not looked at.
	:ivar rows: stock units by Item; None: not looked at.
	:ivar outstanding: on a site; None: not looked at. *status*: of a Sales Order, on a site.
	:ivar warehouse: the location whose warehouse all rows are in.
	:ivar values: further fields.
	"""

	doctype: str
	suffix: str
	total: Decimal | None = None
	rows: Rows | None = None
	docstatus: int = 1
	outstanding: Decimal | None = None
	status: str | None = None
	warehouse: str | None = None
	values: Mapping[str, Any] = field(default_factory=dict)


def so(total: str, rows: Rows | None = None, status: str | None = None, *, docstatus: int = 1, **values: Any) -> Document:
	"""The Sales Order."""
	return Document("Sales Order", "", Decimal(total), rows, docstatus, status=status, values=values)


def si(total: str, rows: Rows | None = None, *, n: int = 1, outstanding: str | None = "0", **values: Any) -> Document:
	"""The *n*-th invoice; paid, unless *outstanding* says otherwise."""
	return Document("Sales Invoice", f"/invoice/{n}", Decimal(total), rows, outstanding=_amount(outstanding), values=values)


def correction(n: int, total: str, rows: Rows | None = None, *, outstanding: str | None = None) -> Document:
	"""A credit note for what an edit took off an invoiced order; it is the *n*-th of the invoices."""
	return si(total, rows, n=n, outstanding=outstanding, is_return=1)


def cn(
	refund: str, total: str, rows: Rows | None = None, *, outstanding: str | None = "0", unstocked: bool = False, **values: Any
) -> Document:
	"""The credit note of a refund."""
	suffix = f"/refund/{{{refund}}}{'/unstocked' if unstocked else ''}"
	more = {"is_return": 1, **values}
	return Document("Sales Invoice", suffix, Decimal(total), rows, outstanding=_amount(outstanding), values=more)


def pe(transaction: str, amount: str, **values: Any) -> Document:
	"""The Payment Entry of money that came in; *amount* arrived on the money account."""
	more = {"payment_type": "Receive", **values}
	return Document("Payment Entry", f"/transaction/{{{transaction}}}", Decimal(amount), values=more)


def paid_back(transaction: str, amount: str, **values: Any) -> Document:
	"""The Payment Entry of money that went out."""
	return pe(transaction, amount, payment_type="Pay", **values)


def dn(fulfillment: str, rows: Rows, *, at: str | None = MAIN, docstatus: int = 1, **values: Any) -> Document:
	"""The Delivery Note of a fulfillment."""
	suffix = f"/fulfillment/{{{fulfillment}}}"
	return Document("Delivery Note", suffix, None, rows, docstatus, warehouse=at, values=values)


def goods_back(refund: str, fulfillment: str, rows: Rows, *, at: str | None = MAIN) -> Document:
	"""The Delivery Note of goods that came back."""
	suffix = f"/return/{{{refund}}}/{{{fulfillment}}}"
	return Document("Delivery Note", suffix, None, rows, warehouse=at, values={"is_return": 1})


def books(**sums: str) -> dict[str, Decimal]:
	"""Sums of the ledger by role, in the company's currency: debit above zero, credit below. What is not named is zero."""
	unknown = sorted(set(sums) - set(ROLES))
	if unknown:
		raise ValueError(f"no such role: {unknown}")
	found = {role: Decimal(amount) for role, amount in sums.items()}
	if sum(found.values()):
		raise ValueError(f"a ledger balances; this comes to {sum(found.values())}: {sums}")
	return found


@dataclass(frozen=True)
class Refused:
	"""How the last event must fail.

	:ivar category: the name of a member of core/failures.py `Category`.
	:ivar missing: what the event must name as missing.
	"""

	category: str
	missing: str | None = None


def _amount(text: str | None) -> Decimal | None:
	return None if text is None else Decimal(text)
