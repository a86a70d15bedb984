"""Payment Entries: one per successful transaction, on the account of its gateway, against the order's invoices.

Authorizations, voids, failed and pending transactions move no money: they are evidence only.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ..contracts.order import Refund
from ..contracts.transaction import Transaction
from ..failures import Category, Failure
from ..money import ZERO, plain, total
from ..plan import CreateDocument, DocRef
from ..policy import GatewayRule
from .booking import PAYMENT_ENTRY, SALES_INVOICE, SALES_ORDER, Booking
from .memory import Invoiced
from .taxes import missing_account


@dataclass(frozen=True)
class Target:
	"""A document that money is put against, and how much it asks for, in the order's currency."""

	doctype: str
	document: DocRef | str
	amount: Decimal


def plan_payments(
	booking: Booking, invoiced: Invoiced, order_total: Decimal, credit_notes: dict[str, tuple[Target, ...]]
) -> tuple[list[CreateDocument], list[CreateDocument]] | Failure:
	"""Return the payments to make, and the repayments, each as far as it is not there yet.

	:param credit_notes: refund id → its credit notes.
	"""
	receive: list[CreateDocument] = []
	pay: list[CreateDocument] = []
	targets = _targets(booking, invoiced, order_total)
	paid = ZERO
	for transaction in booking.transactions:
		if not (transaction.is_payment or transaction.is_repayment):
			continue
		before = paid
		paid += transaction.amount if transaction.is_payment else ZERO
		key = booking.under("transaction", transaction.id)
		if failure := booking.was_cancelled(key):
			return failure
		if booking.is_live(key):
			continue
		made = _payment(booking, transaction, before, targets, credit_notes)
		if isinstance(made, Failure):
			return made
		if made is not None:
			(receive if transaction.is_payment else pay).append(made)
	return receive, pay


def notes_on_money(booking: Booking) -> tuple[str, ...]:
	"""Return what Shopify says of money that no known transaction accounts for, in an operator's words."""
	order = booking.order
	if order.current_total_price is None or order.total_outstanding is None:
		return ()
	stated = order.current_total_price - order.total_outstanding
	known = net_paid(booking)
	if stated == known:
		return ()
	follows = "The rest follows with order_transactions/create." if stated > known else "The order's next state says so."
	return (
		f"Shopify states {plain(stated)} {order.currency} as paid (refunds taken off); the transactions that are known come to "
		f"{plain(known)}. {follows}",
	)


def net_paid(booking: Booking) -> Decimal:
	"""Return what was received and not given back, as far as its transactions are known."""
	return total(
		transaction.amount * (1 if transaction.is_payment else -1)
		for transaction in booking.transactions
		if transaction.is_payment or transaction.is_repayment
	)


def received(booking: Booking) -> Decimal:
	"""Return everything that was received, as far as it is known."""
	return total(transaction.amount for transaction in booking.transactions if transaction.is_payment)


def _targets(booking: Booking, invoiced: Invoiced, order_total: Decimal) -> tuple[Target, ...]:
	"""Return what payments are put against: the invoices one after the other, else the Sales Order as an advance."""
	numbers = sorted(number for number, amount in invoiced.totals.items() if amount > ZERO)
	if not numbers:
		return (Target(SALES_ORDER, booking.sales_order, order_total),)
	found = []
	for number in numbers:
		key = booking.under("invoice", str(number))
		found.append(Target(SALES_INVOICE, booking.ref(SALES_INVOICE, key), invoiced.totals[number]))
	return tuple(found)


def _payment(
	booking: Booking,
	transaction: Transaction,
	before: Decimal,
	targets: tuple[Target, ...],
	credit_notes: dict[str, tuple[Target, ...]],
) -> CreateDocument | Failure | None:
	order = booking.order
	if transaction.currency and transaction.currency != order.currency:
		return Failure(
			Category.UNSUPPORTED,
			f"Order {order.label} is booked in {order.currency}, its transaction {transaction.id} is in {transaction.currency}. "
			"Choose the money that the store books (Booked Money), or book the payment by hand and Discard the event.",
		)
	rule = booking.policy.gateway(transaction.gateway)
	if rule is None or not rule.money_account:
		return Failure(
			Category.MISSING_GATEWAY,
			f"Payment gateway {transaction.gateway or 'without a name'!r} of order {order.label} has no account in store "
			f"{booking.policy.store}.",
			missing=f"gateway:{transaction.gateway}",
		)
	if transaction.is_payment:
		return _receive(booking, transaction, rule, before, targets)
	refund = next((refund for refund in order.refunds if transaction.id in {t.id for t in refund.transactions}), None)
	if refund is None and transaction.kind == "refund":
		# Its refund comes with the order's next state: money out without a credit note would stand open.
		return None
	return _give_back(booking, transaction, rule, refund, credit_notes)


def _receive(
	booking: Booking, transaction: Transaction, rule: GatewayRule, before: Decimal, targets: tuple[Target, ...]
) -> CreateDocument | Failure:
	policy = booking.policy
	if transaction.fee and not rule.fee_account:
		return Failure(
			Category.MISSING_GATEWAY,
			f"Payment gateway {transaction.gateway!r} kept a fee, and its row in store {policy.store} names no fee account.",
			missing=f"gateway:{transaction.gateway}",
		)
	rounding = _cash_rounding(booking, transaction)
	if rounding and not policy.rounding_account:
		return missing_account(booking.order, "rounding_account", "cash rounding", policy)
	gross = transaction.amount if _rounding_is_inside(booking) else transaction.amount + rounding
	settles = gross - rounding
	deductions = [
		{"account": account, "cost_center": policy.cost_center, "amount": booking.in_company_currency(amount)}
		for account, amount in ((rule.fee_account, transaction.fee), (policy.rounding_account, -rounding))
		if amount
	]
	references = _spread(booking, before, settles, targets)
	# The difference of two rounded sums: what all payments come to in the company's currency is then exact.
	base = booking.in_company_currency(before + gross) - booking.in_company_currency(before)
	return _entry(booking, transaction, rule, "Receive", gross - transaction.fee, base, references, deductions)


def _cash_rounding(booking: Booking, transaction: Transaction) -> Decimal:
	"""Return by how much cash was rounded up (or down, below zero), on the last payment of the order."""
	last = [found for found in booking.transactions if found.is_payment][-1]
	return booking.order.total_cash_rounding_payment_adjustment if last.id == transaction.id else ZERO


def _rounding_is_inside(booking: Booking) -> bool:
	"""Whether the amounts of the transactions have the rounding in them: Shopify does not document it, the sum tells."""
	order = booking.order
	rounding = order.total_cash_rounding_payment_adjustment
	return not rounding or received(booking) == order.total_price + rounding


def _spread(booking: Booking, before: Decimal, amount: Decimal, targets: tuple[Target, ...]) -> list[dict[str, Any]]:
	"""Return the references of a payment: payments fill the documents one after the other, in the order of both.

	In the company's currency; the host takes less where less is outstanding.
	"""
	rows, begin = [], ZERO
	for target in targets:
		end = begin + target.amount
		share = min(before + amount, end) - max(before, begin)
		if share > ZERO:
			start = max(before, begin)
			base = booking.in_company_currency(start + share) - booking.in_company_currency(start)
			rows.append({"reference_doctype": target.doctype, "reference_name": target.document, "allocated_amount": base})
		begin = end
	return rows


def _give_back(
	booking: Booking,
	transaction: Transaction,
	rule: GatewayRule,
	refund: Refund | None,
	credit_notes: dict[str, tuple[Target, ...]],
) -> CreateDocument:
	rows, left = [], transaction.amount
	for target in credit_notes.get((refund.id or "") if refund else "", ()):
		share = min(left, target.amount)
		if share > ZERO:
			allocated = -booking.in_company_currency(share)
			rows.append({"reference_doctype": target.doctype, "reference_name": target.document, "allocated_amount": allocated})
			left -= share
	base = booking.in_company_currency(transaction.amount)
	return _entry(booking, transaction, rule, "Pay", transaction.amount, base, rows, [])


def _entry(
	booking: Booking,
	transaction: Transaction,
	rule: GatewayRule,
	payment_type: str,
	amount: Decimal,
	base: Decimal,
	references: list[dict[str, Any]],
	deductions: list[dict[str, Any]],
) -> CreateDocument:
	"""Return the Payment Entry.

	:param amount: what moves on the gateway's account, in the order's currency; *base*: what it settles, in the company's.
	"""
	policy = booking.policy
	moved = base - sum((row["amount"] for row in deductions if row["account"] == rule.fee_account), ZERO)
	account = "paid_to" if payment_type == "Receive" else "paid_from"
	values = {
		"payment_type": payment_type,
		"party_type": "Customer",
		"party": booking.party.customer,
		"company": policy.company,
		"posting_date": booking.day(transaction.at),
		"mode_of_payment": rule.mode_of_payment,
		"reference_no": transaction.id,
		"reference_date": booking.day(transaction.at),
		"cost_center": policy.cost_center,
		account: rule.money_account,
		"paid_amount": moved,
		"received_amount": moved,
		"order_amount": amount,
		"order_currency": booking.order.currency,
		"order_rate": booking.rate,
		"references": references,
		"deductions": deductions,
	}
	name = f"{policy.payment_prefix}{booking.label}-{transaction.id}"
	return CreateDocument(PAYMENT_ENTRY, booking.under("transaction", transaction.id), values, name, submit=True)
