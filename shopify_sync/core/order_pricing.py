"""What an order costs, line by line, in amounts that add up to the cent to the total that Shopify states.

Shopify states an order twice: as placed (`quantity`, `total_price`) and as it is after edits and refunds
(`current_quantity`, `current_total_price`). The order as placed is booked, because refunds become documents of their own;
when only the current figures add up (lines taken off by an edit), those are. When neither does, nothing is booked.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from .contracts.order import LineItem, Order, ShippingLine, TaxLine
from .failures import Category, Failure
from .money import ZERO, is_exact, plain, quantum, total


@dataclass(frozen=True)
class PricedLine:
	"""A line: its pieces and what they cost in all after discounts and without tax, in the order's currency."""

	line: LineItem
	quantity: int
	net: Decimal
	is_tip: bool = False


@dataclass(frozen=True)
class PricedShipping:
	"""A shipping line and its price after discounts and without tax."""

	line: ShippingLine
	net: Decimal


@dataclass(frozen=True)
class Pricing:
	"""An order's figures, which add up: lines + shipping + tip + taxes - discount = total.

	:ivar tip: a tip that stands in no line.
	:ivar discount: a discount that Shopify allocated to no line.
	:ivar taxes: one entry per title and rate.
	"""

	basis: str
	lines: tuple[PricedLine, ...]
	shipping: tuple[PricedShipping, ...]
	taxes: tuple[TaxLine, ...]
	tip: Decimal
	discount: Decimal
	total: Decimal


def price_order(order: Order) -> Pricing | Failure:
	"""Return the figures of *order*, or a *totals mismatch* that shows every component and what is left over."""
	attempts = [_price(order, "original", order.total_price)]
	if order.current_total_price is not None:
		attempts.append(_price(order, "current", order.current_total_price))
	for attempt in attempts:
		if isinstance(attempt, Pricing):
			return attempt
	first = attempts[0]
	assert isinstance(first, Failure)
	return first


def _price(order: Order, basis: str, stated: Decimal) -> Pricing | Failure:
	lines = tuple(priced for line in order.line_items if (priced := _price_line(order, line, basis)))
	shipping = tuple(
		PricedShipping(line, line.price - line.discount - (line.tax if order.taxes_included else ZERO))
		for line in order.shipping_lines
		if not (basis == "current" and line.is_removed)
	)
	taxes = _taxes(order, lines, shipping, basis)
	if isinstance(taxes, Failure):
		return taxes
	net = total(line.net for line in lines) + total(line.net for line in shipping)
	gap = stated - net - total(tax.price for tax in taxes)
	tip, discount = _explain_gap(order, lines, gap)
	pricing = Pricing(basis, lines, shipping, taxes, tip, discount, stated)
	if gap != tip - discount:
		return _mismatch(order, pricing, gap)
	inexact = [line for line in lines if not is_exact(line.net, order.currency)]
	if inexact:
		return Failure(
			Category.TOTALS_MISMATCH,
			f"Order {order.label}: line {inexact[0].line.id} comes to {plain(inexact[0].net)} {order.currency}, "
			"which has more decimals than the currency.",
		)
	return pricing


def _price_line(order: Order, line: LineItem, basis: str) -> PricedLine | None:
	quantity = line.quantity if basis == "original" else order.current_quantity(line)
	if not quantity:
		return None
	share = Decimal(quantity) / line.quantity if line.quantity else ZERO
	off = line.discount + (line.tax if order.taxes_included else ZERO)
	net = line.price * quantity - _scaled(off, share, order.currency)
	return PricedLine(line, quantity, net, _is_tip(order, line))


def _scaled(amount: Decimal, share: Decimal, currency: str) -> Decimal:
	"""Return *amount* for a part of the pieces; untouched when all of them are there."""
	return amount if share == 1 else (amount * share).quantize(quantum(currency), ROUND_HALF_UP)


def _is_tip(order: Order, line: LineItem) -> bool:
	if not (line.is_custom and order.total_tip_received > 0):
		return False
	return line.title.casefold() == "tip" or line.price * line.quantity == order.total_tip_received


def _taxes(
	order: Order, lines: tuple[PricedLine, ...], shipping: tuple[PricedShipping, ...], basis: str
) -> tuple[TaxLine, ...] | Failure:
	"""Return the taxes of the lines that are booked, per title and rate; a contradiction within the payload is a failure."""
	found = [tax for row in shipping for tax in row.line.tax_lines]
	for row in lines:
		share = Decimal(row.quantity) / row.line.quantity
		for tax in row.line.tax_lines:
			found.append(tax.model_copy(update={"price": _scaled(tax.price, share, order.currency)}))
	taxes = _summed(found)
	stated = order.total_tax
	if basis == "current" or stated is None or total(tax.price for tax in taxes) == stated:
		return taxes
	by_order = _summed(order.tax_lines)
	if not order.taxes_included and total(tax.price for tax in by_order) == stated:
		# Draft and imported orders state their taxes for the order as a whole only.
		return by_order
	return Failure(
		Category.TOTALS_MISMATCH,
		f"Order {order.label}: the tax lines add up to {plain(total(tax.price for tax in taxes))} {order.currency}, "
		f"but Shopify states total_tax {plain(stated)}. Nothing was posted.",
	)


def _summed(taxes: list[TaxLine] | tuple[TaxLine, ...]) -> tuple[TaxLine, ...]:
	sums: dict[tuple[str, Decimal], Decimal] = {}
	for tax in taxes:
		sums[(tax.title, tax.rate)] = sums.get((tax.title, tax.rate), ZERO) + tax.price
	return tuple(TaxLine(title=title, rate=rate, price=price) for (title, rate), price in sums.items() if price)


def _explain_gap(order: Order, lines: tuple[PricedLine, ...], gap: Decimal) -> tuple[Decimal, Decimal]:
	"""Return the tip and the discount that no line carries, as far as Shopify states them and they close the gap; else zeros.

	An unallocated discount counts only when `subtotal_price` confirms it: one figure alone would be a guess.
	"""
	if not gap:
		return ZERO, ZERO
	tip = ZERO if any(line.is_tip for line in lines) else order.total_tip_received
	if tip and gap == tip:
		return tip, ZERO
	allocated = total(line.discount for line in order.line_items) + total(line.discount for line in order.shipping_lines)
	loose = order.total_discounts - allocated
	before = total(line.price * line.quantity - line.discount for line in order.line_items)
	if loose > 0 and order.subtotal_price == before - loose and gap in (-loose, tip - loose):
		return gap + loose, loose
	return ZERO, ZERO


def _mismatch(order: Order, pricing: Pricing, gap: Decimal) -> Failure:
	parts = (
		("lines", total(line.net for line in pricing.lines)),
		("shipping", total(line.net for line in pricing.shipping)),
		("taxes", total(tax.price for tax in pricing.taxes)),
	)
	figures = ", ".join(f"{name} {plain(amount)}" for name, amount in parts)
	return Failure(
		Category.TOTALS_MISMATCH,
		f"Order {order.label}: {figures} come to {plain(pricing.total - gap)} {order.currency}, but Shopify states "
		f"{plain(pricing.total)}; {plain(gap)} is unexplained. Nothing was posted.",
	)
