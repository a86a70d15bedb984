"""What a made-up order comes to, as placed and as it is now, and its statuses. Written once more, beside the simulator's."""

from __future__ import annotations

from decimal import Decimal

from shopify_sync.core.money import ZERO

from .order import Order


def duties(order: Order) -> Decimal:
	"""Return the duties on all lines."""
	return sum((Decimal(line.ware.duty) for line in order.lines), ZERO)


def tip(order: Order) -> Decimal:
	"""Return the tip, whether it stands in a line or not."""
	return order.loose_tip + sum((line.subtotal for line in order.lines if line.is_tip), ZERO)


def subtotal(order: Order) -> Decimal:
	"""Return the lines after discounts, without tips."""
	return sum((line.subtotal for line in order.lines if not line.is_tip), ZERO) - order.loose_discount


def shipping(order: Order) -> Decimal:
	"""Return the shipping after discounts."""
	return sum((line.net for line in order.shipping if not line.is_removed), ZERO)


def tax(order: Order) -> Decimal:
	"""Return all taxes as placed."""
	kept = [line.tax for line in order.shipping if not line.is_removed]
	return sum((line.tax for line in order.lines), ZERO) + sum(kept, ZERO)


def total(order: Order) -> Decimal:
	"""Return `total_price`: every piece that was ever ordered."""
	added = ZERO if order.taxes_included else tax(order)
	return subtotal(order) + shipping(order) + tip(order) + added + duties(order)


def current_tax(order: Order) -> Decimal:
	"""Return the taxes on what is left."""
	taken = sum((line.taken_tax for line in order.lines), ZERO)
	return tax(order) - taken - sum((refund.shipping_tax for refund in order.refunds), ZERO)


def current_subtotal(order: Order) -> Decimal:
	"""Return the lines that are left, without tips."""
	return subtotal(order) - sum((line.taken for line in order.lines if not line.is_tip), ZERO)


def current_total(order: Order) -> Decimal:
	"""Return `current_total_price`: what is left after edits and refunds."""
	taken = sum((line.taken for line in order.lines), ZERO)
	back = sum((refund.shipping + refund.duties + refund.adjustment for refund in order.refunds), ZERO)
	if not order.taxes_included:
		back += tax(order) - current_tax(order)
	return total(order) - taken - back


def received(order: Order) -> Decimal:
	"""Return what was paid."""
	return _moved(order, ("sale", "capture"))


def refunded(order: Order) -> Decimal:
	"""Return what was paid back."""
	return _moved(order, ("refund", "change"))


def outstanding(order: Order) -> Decimal:
	"""Return what is still to be paid; below zero when the merchant owes."""
	return current_total(order) - received(order) + refunded(order)


def financial_status(order: Order) -> str:
	"""Return REST's `financial_status`."""
	if refunded(order) > 0:
		return "refunded" if refunded(order) >= received(order) else "partially_refunded"
	if received(order) > 0:
		return "paid" if outstanding(order) <= 0 else "partially_paid"
	return _unpaid_status(order)


def _unpaid_status(order: Order) -> str:
	kinds = [t.kind for t in order.transactions if t.status == "success"]
	if order.expired:
		return "expired"
	if "void" in kinds:
		return "voided"
	if "authorization" in kinds:
		return "authorized"
	if order.cancelled_at and total(order) > 0:
		return "voided"
	return "pending" if outstanding(order) > 0 else "paid"


def fulfillment_status(order: Order) -> str | None:
	"""Return REST's `fulfillment_status`."""
	if not any(line.fulfilled for line in order.lines):
		return None
	return "partial" if any(line.fulfillable for line in order.lines) else "fulfilled"


def _moved(order: Order, kinds: tuple[str, ...]) -> Decimal:
	return sum((t.amount for t in order.transactions if t.kind in kinds and t.status == "success"), ZERO)
