"""What an order costs, line by line, in amounts that add up to the cent to the total that Shopify states.

Shopify states an order twice: as placed (`quantity`, `total_price`) and as it is after edits and refunds
(`current_quantity`, `current_total_price`). What is booked lies between the two: the order as placed, less what was taken off it
before it was invoiced; the rest of the refunds become credit notes. So nothing taken off: it must come to `total_price`;
else to `current_total_price` and what the credit notes come to. When it does not, nothing is booked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from ..contracts.order import LineItem, Order, Refund, ShippingLine, TaxLine
from ..failures import Category, Failure
from ..money import ZERO, is_exact, part, plain, quantum, split_by, total
from .refunds import Settlement, exact, removed_by_edit, stated_tax, stated_total, taxes_of
from .tax_sums import TaxKey, added


@dataclass(frozen=True)
class PricedLine:
	"""A line as it is booked.

	:ivar quantity: pieces as Shopify counts them.
	:ivar net: what they cost in all after discounts and without tax, in the order's currency; *taxes*: the taxes on them.
	:ivar reduced: whether pieces were taken off, so that Shopify states its amounts only as a part of the order's.
	"""

	line: LineItem
	quantity: int
	net: Decimal
	taxes: Mapping[TaxKey, Decimal]
	is_tip: bool = False
	reduced: bool = False


@dataclass(frozen=True)
class PricedShipping:
	"""A shipping line and its price after discounts and without tax."""

	line: ShippingLine
	net: Decimal
	taxes: Mapping[TaxKey, Decimal]


@dataclass(frozen=True)
class Pricing:
	"""An order's figures, which add up: lines + shipping + duties + tip + taxes - discount - adjustment = total.

	:ivar basis: `original` (as placed) or `reduced`.
	:ivar tip: a tip that stands in no line.
	:ivar discount: a discount that Shopify allocated to no line.
	:ivar taxes: one entry per title and rate.
	:ivar adjustment: what refunds without money took off beyond lines and shipping.
	"""

	basis: str
	lines: tuple[PricedLine, ...]
	shipping: tuple[PricedShipping, ...]
	taxes: tuple[TaxLine, ...]
	tip: Decimal
	discount: Decimal
	total: Decimal
	duties: Decimal = ZERO
	adjustment: Decimal = ZERO


@dataclass(frozen=True)
class Pinned:
	"""What an invoice says of a line: as long as its pieces stay the same, so do its amounts."""

	quantity: int
	net: Decimal
	taxes: Mapping[TaxKey, Decimal] = field(default_factory=dict)


def price_order(
	order: Order, settlement: Settlement | None = None, pinned: Mapping[str, Pinned] | None = None
) -> Pricing | Failure:
	"""Return the figures of *order*, or a *totals mismatch* that shows every component and what is left over.

	:param settlement: how its refunds are booked; left out: none reduces it.
	:param pinned: line id → what was invoiced.
	"""
	settlement = settlement or Settlement(credited=order.refunds)
	if _takes_off(order, settlement):
		return _reduced(order, settlement, pinned or {})
	attempts = [_original(order, order.shipping_lines)]
	if any(line.is_removed for line in order.shipping_lines):
		attempts.append(_original(order, [line for line in order.shipping_lines if not line.is_removed]))
	return next((attempt for attempt in attempts if isinstance(attempt, Pricing)), attempts[0])


def _takes_off(order: Order, settlement: Settlement) -> bool:
	if order.current_total_price is None:
		# Nothing would confirm what is left.
		return False
	lost = any(removed_by_edit(order, line) for line in order.line_items)
	return lost or any(stated_total(order, refund) or refund.refund_line_items for refund in settlement.reducing)


# --- as placed ---------------------------------------------------------------------------------------------------


def _original(order: Order, shipping_lines: Iterable[ShippingLine]) -> Pricing | Failure:
	lines = tuple(_whole_line(order, line) for line in order.line_items if line.quantity)
	shipping = tuple(_shipping(order, line) for line in shipping_lines)
	duties, duty_taxes = _duties(order)
	taxes = _checked_taxes(order, lines, shipping, duty_taxes)
	if isinstance(taxes, Failure):
		return taxes
	return _closed(order, Pricing("original", lines, shipping, taxes, ZERO, ZERO, order.total_price, duties))


def _whole_line(order: Order, line: LineItem) -> PricedLine:
	off = line.discount + (line.tax if order.taxes_included else ZERO)
	return PricedLine(line, line.quantity, line.price * line.quantity - off, _by_key(line.tax_lines), _is_tip(order, line))


def _shipping(order: Order, line: ShippingLine) -> PricedShipping:
	net = line.price - line.discount - (line.tax if order.taxes_included else ZERO)
	return PricedShipping(line, net, _by_key(line.tax_lines))


def _duties(order: Order) -> tuple[Decimal, dict[TaxKey, Decimal]]:
	duties = [duty for line in order.line_items for duty in line.duties]
	return total(duty.price for duty in duties), _by_key(tax for duty in duties for tax in duty.tax_lines)


def _is_tip(order: Order, line: LineItem) -> bool:
	if not (line.is_custom and order.total_tip_received > 0):
		return False
	return line.title.casefold() == "tip" or line.price * line.quantity == order.total_tip_received


def _checked_taxes(
	order: Order,
	lines: tuple[PricedLine, ...],
	shipping: tuple[PricedShipping, ...],
	duty_taxes: Mapping[TaxKey, Decimal],
) -> tuple[TaxLine, ...] | Failure:
	"""Return the taxes of what is booked, per title and rate; a contradiction within the payload is a failure."""
	of_lines = added(*(row.taxes for row in lines), *(row.taxes for row in shipping))
	stated = order.total_tax
	for taxes in (of_lines, added(of_lines, duty_taxes)):
		if stated is None or total(taxes.values()) == stated:
			return _tax_lines(taxes)
	by_order = _by_key(order.tax_lines)
	if not order.taxes_included and total(by_order.values()) == stated:
		# Draft and imported orders state their taxes for the order as a whole only.
		return _tax_lines(by_order)
	return Failure(
		Category.TOTALS_MISMATCH,
		f"Order {order.label}: the tax lines add up to {plain(total(of_lines.values()))} {order.currency}, "
		f"but Shopify states total_tax {plain(stated or ZERO)}. Nothing was posted.",
	)


# --- less what was taken off -------------------------------------------------------------------------------------


@dataclass
class _Left:
	"""What is left of a line while pieces are taken off it. *subtotal* is with tax where prices include it."""

	line: LineItem
	pieces: int
	subtotal: Decimal
	taxes: dict[TaxKey, Decimal]
	reduced: bool = False

	def take(self, pieces: int, subtotal: Decimal, taxes: Mapping[TaxKey, Decimal]) -> None:
		self.pieces, self.subtotal, self.reduced = self.pieces - pieces, self.subtotal - subtotal, True
		for key, amount in taxes.items():
			self.taxes[key] = self.taxes.get(key, ZERO) - amount

	def take_share(self, pieces: int, currency: str) -> None:
		"""Take pieces off whose price Shopify does not state."""
		keys, amounts = list(self.taxes), list(self.taxes.values())
		tax = part(total(amounts), pieces, self.pieces, currency)
		self.take(
			pieces,
			part(self.subtotal, pieces, self.pieces, currency),
			dict(zip(keys, split_by(tax, amounts, currency), strict=True)),
		)


def _reduced(order: Order, settlement: Settlement, pinned: Mapping[str, Pinned]) -> Pricing | Failure:
	left = [_left_of(order, line, settlement) for line in order.line_items if line.quantity]
	shipping = _shipping_left(order, settlement)
	duties, duty_taxes = _duties(order)
	duties -= total(refund.duty for refund in settlement.reducing)
	adjustment = total(refund.adjustment for refund in settlement.reducing)
	lines = tuple(_booked_line(order, row, pinned) for row in left if row.pieces)
	draft = Pricing("reduced", lines, shipping, (), ZERO, ZERO, _expected_total(order, settlement), duties, adjustment)
	# Duties' own taxes count among the order's taxes as placed or not at all; after a reduction nothing states which.
	settled = _with_stated_figures(order, settlement, draft)
	taxes = _tax_lines(added(*(row.taxes for row in settled.lines), *(row.taxes for row in settled.shipping)))
	return _closed(order, replace(settled, taxes=taxes))


def _left_of(order: Order, line: LineItem, settlement: Settlement) -> _Left:
	"""Return what is left of a line to book.

	What an edit removed is a share of what all refunds left of the line: what the credited ones take is stated, and need not be
	what a piece costs on average.
	"""
	rest = _line_after(order, line, (*settlement.reducing, *settlement.credited))
	left = _line_after(order, line, settlement.reducing)
	if removed := min(removed_by_edit(order, line), rest.pieces):
		before = replace(rest, taxes=dict(rest.taxes))
		rest.take_share(removed, order.currency)
		taxes = {key: amount - rest.taxes[key] for key, amount in before.taxes.items()}
		left.take(removed, before.subtotal - rest.subtotal, taxes)
	return left


def _line_after(order: Order, line: LineItem, refunds: Iterable[Refund]) -> _Left:
	left = _Left(line, line.quantity, line.price * line.quantity - line.discount, dict(_by_key(line.tax_lines)))
	for refund in refunds:
		for row in refund.refund_line_items:
			if row.line_item_id == line.id:
				left.take(row.quantity, exact(row.subtotal, order.currency), taxes_of(line, row, order.currency))
	return left


def _shipping_left(order: Order, settlement: Settlement) -> tuple[PricedShipping, ...]:
	"""Return the shipping lines, less what refunds without money took off them, first line first."""
	off = total(refund.shipping[0] for refund in settlement.reducing)
	tax_off = total(refund.shipping[1] for refund in settlement.reducing)
	rows = []
	for line in order.shipping_lines:
		if line.is_removed:
			continue
		gross = line.price - line.discount
		taxes = dict(_by_key(line.tax_lines))
		taken, taken_tax = min(off, gross), min(tax_off, total(taxes.values()))
		off, tax_off = off - taken, tax_off - taken_tax
		shares = split_by(taken_tax, list(taxes.values()), order.currency)
		taxes = {key: amount - share for (key, amount), share in zip(taxes.items(), shares, strict=True)}
		net = gross - taken - (total(taxes.values()) if order.taxes_included else ZERO)
		rows.append(PricedShipping(line, net, taxes))
	return tuple(rows)


def _booked_line(order: Order, left: _Left, pinned: Mapping[str, Pinned]) -> PricedLine:
	pin = pinned.get(left.line.id)
	if pin and pin.quantity == left.pieces:
		return PricedLine(left.line, left.pieces, pin.net, pin.taxes, _is_tip(order, left.line))
	net = left.subtotal - (total(left.taxes.values()) if order.taxes_included else ZERO)
	return PricedLine(left.line, left.pieces, net, left.taxes, _is_tip(order, left.line), left.reduced)


def _expected_total(order: Order, settlement: Settlement) -> Decimal:
	assert order.current_total_price is not None
	credited = total(stated_total(order, refund) for refund in settlement.credited)
	return exact(order.current_total_price + credited, order.currency)


def _with_stated_figures(order: Order, settlement: Settlement, draft: Pricing) -> Pricing:
	"""Return *draft* with the amounts, by which our shares of reduced lines may differ from Shopify's, put right on one of them.

	Shopify states the order's tax and total, never those of a part of a line. Each removal may be rounded; and a discount need not
	lie on all pieces alike (one that an edit adds has none), which of a single reduced line the stated figures tell.
	"""
	places = [index for index, row in enumerate(draft.lines) if row.reduced]
	if not places:
		return draft
	place, line = places[0], draft.lines[places[0]].line
	pieces = sum(removed_by_edit(order, draft.lines[index].line) for index in places)
	cents = quantum(order.currency) * max(pieces, len(places))
	uneven = line.discount if len(places) == 1 else ZERO
	if order.current_total_tax is not None and draft.lines[place].taxes:
		stated = order.current_total_tax + total(stated_tax(refund) for refund in settlement.credited)
		gap = exact(stated, order.currency) - total(_all_taxes(draft).values())
		if abs(gap) <= cents + uneven * total(tax.rate for tax in line.tax_lines):
			draft = _shifted(draft, place, tax=gap, net=-gap if order.taxes_included else ZERO)
	gap = draft.total - _sum(draft, _all_taxes(draft))
	tip, discount = _explain_gap(order, draft.lines, gap)
	if gap == tip - discount or abs(gap) > cents + uneven:
		return draft
	return _shifted(draft, place, tax=ZERO, net=gap)


def _all_taxes(draft: Pricing) -> dict[TaxKey, Decimal]:
	return added(*(row.taxes for row in draft.lines), *(row.taxes for row in draft.shipping))


def _shifted(draft: Pricing, place: int, *, tax: Decimal, net: Decimal) -> Pricing:
	"""Return *draft* with the line at *place* changed, unless that is more than the line can be worth."""
	row = draft.lines[place]
	taxes = dict(row.taxes)
	if tax:
		first = max(taxes, key=lambda key: taxes[key])
		taxes[first] += tax
	if not ZERO <= row.net + net <= row.line.price * row.quantity or min(taxes.values(), default=ZERO) < ZERO:
		return draft
	lines = list(draft.lines)
	lines[place] = replace(row, net=row.net + net, taxes=taxes)
	return replace(draft, lines=tuple(lines))


# --- what both have in common ------------------------------------------------------------------------------------


def _sum(pricing: Pricing, taxes: Mapping[TaxKey, Decimal]) -> Decimal:
	net = total(line.net for line in pricing.lines) + total(line.net for line in pricing.shipping)
	return net + pricing.duties - pricing.adjustment + total(taxes.values())


def _closed(order: Order, pricing: Pricing) -> Pricing | Failure:
	"""Return *pricing* with the tip and the discount that no line carries, once it adds up."""
	gap = pricing.total - _sum(pricing, {(tax.title, tax.rate): tax.price for tax in pricing.taxes})
	tip, discount = _explain_gap(order, pricing.lines, gap)
	if gap != tip - discount:
		return _mismatch(order, pricing, gap)
	inexact = [line for line in pricing.lines if not is_exact(line.net, order.currency)]
	if inexact:
		return Failure(
			Category.TOTALS_MISMATCH,
			f"Order {order.label}: line {inexact[0].line.id} comes to {plain(inexact[0].net)} {order.currency}, "
			"which has more decimals than the currency.",
		)
	return replace(pricing, tip=tip, discount=discount)


def _by_key(taxes: Iterable[TaxLine]) -> dict[TaxKey, Decimal]:
	sums: dict[TaxKey, Decimal] = {}
	for tax in taxes:
		sums[(tax.title, tax.rate)] = sums.get((tax.title, tax.rate), ZERO) + tax.price
	return sums


def _tax_lines(taxes: Mapping[TaxKey, Decimal]) -> tuple[TaxLine, ...]:
	return tuple(TaxLine(title=title, rate=rate, price=price) for (title, rate), price in taxes.items() if price)


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
		("duties", pricing.duties),
		("taxes", total(tax.price for tax in pricing.taxes)),
		("adjustments", -pricing.adjustment),
	)
	figures = ", ".join(f"{name} {plain(amount)}" for name, amount in parts if amount or name in ("lines", "shipping", "taxes"))
	return Failure(
		Category.TOTALS_MISMATCH,
		f"Order {order.label}: {figures} come to {plain(pricing.total - gap)} {order.currency}, but Shopify states "
		f"{plain(pricing.total)}; {plain(gap)} is unexplained. Nothing was posted.",
	)
