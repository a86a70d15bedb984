"""What an order comes to, as placed and as it is now, and its two statuses. All amounts in the order's currency.

As placed counts every piece ever ordered (`quantity`); current leaves out what was removed and refunded. With
`taxes_included` prices contain the taxes, so a total does not add them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from .records import ZERO, LineItem, Order, ShippingLine


@dataclass(frozen=True)
class Totals:
	"""All figures of an order.

	:ivar line_items: gross of the lines, tips left out; *discounts*: everything taken off, shipping's too.
	:ivar subtotal: lines after discounts, before tips, shipping and (unless included) taxes.
	:ivar shipping: before discounts; *current_shipping*: after discounts and refunds.
	:ivar outstanding: what is still to be paid; below zero when the merchant owes.
	"""

	line_items: Decimal
	discounts: Decimal
	subtotal: Decimal
	shipping: Decimal
	tax: Decimal
	tip: Decimal
	total: Decimal
	current_discounts: Decimal
	current_subtotal: Decimal
	current_shipping: Decimal
	current_tax: Decimal
	current_total: Decimal
	received: Decimal
	refunded: Decimal
	outstanding: Decimal

	@property
	def net_payment(self) -> Decimal:
		"""What was received and not given back."""
		return self.received - self.refunded


def totals(order: Order) -> Totals:
	"""Return all figures of *order*."""
	lines = [line for line in order.line_items if not line.is_tip]
	shipping_lines = [line for line in order.shipping_lines if not line.is_removed]
	gross = _sum(line.price * line.quantity for line in lines)
	line_discounts = _sum(line.discount for line in lines)
	shipping, shipping_discount = _sum(line.price for line in shipping_lines), _sum(line.discount for line in shipping_lines)
	tax = _sum(line.tax for line in order.line_items) + _sum(line.tax for line in shipping_lines)
	tip = _sum(line.price * line.quantity for line in order.line_items if line.is_tip)
	subtotal = gross - line_discounts
	total = subtotal + shipping - shipping_discount + tip + (ZERO if order.taxes_included else tax)
	back = _Back.of(order)
	current_subtotal = subtotal - _sum(line.taken_subtotal for line in lines)
	current_shipping = shipping - shipping_discount - back.shipping
	current_tax = tax - back.tax
	current_tip = tip - _sum(line.taken_subtotal for line in order.line_items if line.is_tip)
	current_total = (
		current_subtotal + current_shipping + current_tip + (ZERO if order.taxes_included else current_tax) - back.adjustment
	)
	received, refunded = amount_received(order), amount_refunded(order)
	return Totals(
		line_items=gross,
		discounts=line_discounts + shipping_discount,
		subtotal=subtotal,
		shipping=shipping,
		tax=tax,
		tip=tip,
		total=total,
		current_discounts=_sum(current_discount(line) for line in lines) + shipping_discount,
		current_subtotal=current_subtotal,
		current_shipping=current_shipping,
		current_tax=current_tax,
		current_total=current_total,
		received=received,
		refunded=refunded,
		outstanding=current_total - received + refunded,
	)


@dataclass(frozen=True)
class _Back:
	"""What removals and refunds took off shipping and taxes, and what adjustments did."""

	shipping: Decimal
	tax: Decimal
	adjustment: Decimal

	@classmethod
	def of(cls, order: Order) -> _Back:
		tax = _sum(line.taken_tax for line in order.line_items) + _sum(refund.shipping_tax for refund in order.refunds)
		return cls(_sum(r.shipping for r in order.refunds), tax, _sum(r.adjustment for r in order.refunds))


def line_subtotal(line: LineItem) -> Decimal:
	"""Return what a line costs as ordered, after discounts."""
	return line.price * line.quantity - line.discount


def current_discount(line: LineItem) -> Decimal:
	"""Return the discount on the pieces that are left."""
	return line.price * line.current_quantity - (line_subtotal(line) - line.taken_subtotal)


def shipping_price(line: ShippingLine) -> Decimal:
	"""Return what a shipping line costs after discounts."""
	return line.price - line.discount


def amount_received(order: Order) -> Decimal:
	"""Return what was paid, refunds not taken off."""
	return _sum(t.amount for t in order.transactions if t.kind in ("sale", "capture") and t.status == "success")


def amount_refunded(order: Order) -> Decimal:
	"""Return what was paid back."""
	return _sum(t.amount for t in order.transactions if t.kind == "refund" and t.status == "success")


def amount_authorized(order: Order) -> Decimal:
	"""Return what banks still hold for the merchant: authorized, neither captured nor voided nor expired."""
	if order.expired_at:
		return ZERO
	return _sum(open_amount(order, t.id) for t in order.transactions if t.kind == "authorization" and t.status == "success")


def open_amount(order: Order, authorization_id: str) -> Decimal:
	"""Return what is left of one authorization."""
	held = next(t.amount for t in order.transactions if t.id == authorization_id)
	used = (t for t in order.transactions if t.parent_id == authorization_id and t.status == "success")
	return held - _sum(t.amount for t in used if t.kind in ("capture", "void"))


def total_price(order: Order) -> Decimal:
	"""Return the total as placed, after discounts, with everything."""
	return totals(order).total


def outstanding(order: Order) -> Decimal:
	"""Return what is still to be paid; below zero when the merchant owes the customer."""
	return totals(order).outstanding


def financial_status(order: Order, figures: Totals | None = None) -> str:
	"""Return REST's `financial_status`.

	https://shopify.dev/docs/api/admin-rest/latest/resources/order: pending, authorized, partially_paid, paid,
	partially_refunded, refunded, voided; GraphQL adds expired.
	"""
	figures = figures or totals(order)
	if figures.refunded > 0:
		return "refunded" if figures.refunded >= figures.received else "partially_refunded"
	if figures.received > 0:
		return "paid" if figures.outstanding <= 0 else "partially_paid"
	if amount_authorized(order) > 0:
		return "authorized"
	if order.expired_at:
		return "expired"
	if order.cancelled_at or any(t.kind == "void" for t in order.transactions):
		return "voided" if figures.total > 0 else "paid"
	# An order without anything to pay is paid from the start.
	return "pending" if figures.outstanding > 0 else "paid"


def fulfillment_status(order: Order) -> str | None:
	"""Return REST's `fulfillment_status`: None, partial, fulfilled."""
	if not any(line.fulfilled_quantity for line in order.line_items):
		return None
	return "partial" if any(line.fulfillable_quantity for line in order.line_items) and not order.cancelled_at else "fulfilled"


def line_fulfillment_status(line: LineItem) -> str | None:
	"""Return REST's `fulfillment_status` of a line: None, partial, fulfilled."""
	if not line.fulfilled_quantity:
		return None
	return "partial" if line.fulfillable_quantity else "fulfilled"


def _sum(amounts: Iterable[Decimal]) -> Decimal:
	return sum(amounts, ZERO)
