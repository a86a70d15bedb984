"""Money of an order: authorizations, captures, sales, voids and refunds, as transactions."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from .errors import UserError
from .records import ZERO, Order, Transaction
from .totals import amount_authorized, amount_received, amount_refunded, open_amount, outstanding

if TYPE_CHECKING:
	from .shop import Shop

#: Gateways behind which no bank stands: the merchant says that the money came.
MANUAL_GATEWAYS = ("manual", "cash_on_delivery", "money_order", "bank_deposit", "cash")


def add(
	shop: Shop,
	order: Order,
	kind: str,
	amount: Decimal,
	*,
	status: str = "success",
	gateway: str | None = None,
	parent_id: str | None = None,
) -> Transaction:
	"""Write a transaction down; order_transactions/create tells of it unless it is pending."""
	made = Transaction(
		shop.new_id("OrderTransaction"), order.id, kind, status, gateway or order.gateway, amount, parent_id, shop.now()
	)
	order.transactions.append(made)
	shop.payouts.note(order, made)
	if status != "pending":
		shop.emitter.note("order_transactions/create", made.id, (order, made))
	return made


def begin(shop: Shop, order: Order, financial: str, total: Decimal) -> None:
	"""Write down how the checkout was paid. *financial*: pending, authorized, paid. Nothing is due for a total of zero."""
	if total <= 0:
		return
	if financial == "paid":
		add(shop, order, "sale", total)
	elif financial == "authorized":
		add(shop, order, "authorization", total)
	elif financial == "pending":
		add(shop, order, "sale", total, status="pending")


def receive(shop: Shop, order: Order, amount: Decimal, gateway: str | None = None) -> None:
	"""Write down a payment; one that was pending is its parent."""
	waiting = next((t for t in order.transactions if t.kind == "sale" and t.status == "pending"), None)
	add(shop, order, "sale", amount, gateway=gateway, parent_id=waiting.id if waiting else None)


def capture(shop: Shop, order: Order, amount: Decimal | None) -> Decimal:
	"""Take authorized money, the rest of it when no amount is given. :raises UserError: for more than is authorized."""
	held = amount_authorized(order)
	if held <= 0:
		raise UserError(("input", "parentTransactionId"), "No authorized payment is available to capture", "INVALID")
	wanted = held if amount is None else amount
	if wanted <= 0 or wanted > held:
		raise UserError(("input", "amount"), f"Amount must be greater than 0 and at most {held}", "INVALID")
	left = wanted
	for held_by in [t for t in order.transactions if t.kind == "authorization" and t.status == "success"]:
		part = min(left, open_amount(order, held_by.id))
		if part > 0:
			add(shop, order, "capture", part, gateway=held_by.gateway, parent_id=held_by.id)
			left -= part
	return wanted


def void(shop: Shop, order: Order) -> None:
	"""Release every authorization that is left; nothing happens when there is none."""
	for held_by in [t for t in order.transactions if t.kind == "authorization" and t.status == "success"]:
		left = ZERO if order.expired_at else open_amount(order, held_by.id)
		if left > 0:
			add(shop, order, "void", left, gateway=held_by.gateway, parent_id=held_by.id)


def check_payable(order: Order, amount: Decimal) -> None:
	"""Refuse a payment of a cancelled order, of nothing, or of more than is outstanding. :raises UserError:"""
	if order.cancelled_at:
		raise UserError(("id",), "Order is canceled", "INVALID")
	if amount <= 0 or amount > outstanding(order):
		raise UserError(("amount",), f"Amount must be greater than 0 and at most {outstanding(order)}", "INVALID")


def refundable(order: Order) -> Decimal:
	"""Return what can still be paid back."""
	return amount_received(order) - amount_refunded(order)


def refund(shop: Shop, order: Order, amount: Decimal) -> list[Transaction]:
	"""Pay back, to the payments in the order in which they came. The caller has checked the amount."""
	made = []
	for paid in [t for t in order.transactions if t.kind in ("sale", "capture") and t.status == "success"]:
		back = sum((t.amount for t in order.transactions if t.kind == "refund" and t.parent_id == paid.id), ZERO)
		part = min(amount, paid.amount - back)
		if part > 0:
			made.append(add(shop, order, "refund", part, gateway=paid.gateway, parent_id=paid.id))
			amount -= part
	return made
