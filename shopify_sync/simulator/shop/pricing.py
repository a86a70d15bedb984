"""How lines are priced: discounts spread to the cent, taxes rounded per line, and shares of both that leave nothing over."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from .records import ZERO, LineItem, TaxLine
from .totals import line_subtotal


def spread(amount: Decimal, weights: Sequence[Decimal], quantum: Decimal) -> list[Decimal]:
	"""Return shares of *amount* in proportion to *weights*, each in whole minor units, that add up to it.

	No share is larger than its weight when the amount is not larger than their sum. Shopify documents that shares add up, not
	who gets the odd cent.
	"""
	total = sum(weights, ZERO)
	shares, before, reached = [], ZERO, ZERO
	for weight in weights:
		reached += weight
		upto = (amount * reached / total).quantize(quantum, ROUND_HALF_UP) if total else ZERO
		shares.append(upto - before)
		before = upto
	return shares


def tax_on(amount: Decimal, rate: Decimal, included: bool, quantum: Decimal) -> Decimal:
	"""Return the tax on an amount after discounts; with *included* the part of it that is tax."""
	tax = amount * rate / (1 + rate) if included else amount * rate
	return tax.quantize(quantum, ROUND_HALF_UP)


def tax_lines(amount: Decimal, title: str, rate: Decimal, included: bool, quantum: Decimal) -> list[TaxLine]:
	"""Return the tax lines of something taxable: one, or none when the rate is zero."""
	return [TaxLine(title, rate, tax_on(amount, rate, included, quantum))] if rate else []


def take(line: LineItem, pieces: int, quantum: Decimal) -> tuple[Decimal, Decimal]:
	"""Take pieces off a line's current ones, with their share of discount and tax; the last piece takes what is left.

	:returns: what the pieces cost after discounts, and the taxes on them.
	"""
	left, tax_left = remaining(line)
	subtotal, tax = (part(amount, pieces, line.current_quantity, quantum) for amount in (left, tax_left))
	line.current_quantity -= pieces
	line.taken_subtotal += subtotal
	line.taken_tax += tax
	return subtotal, tax


def remaining(line: LineItem) -> tuple[Decimal, Decimal]:
	"""Return what a line's current pieces cost after discounts, and the taxes on them."""
	return line_subtotal(line) - line.taken_subtotal, line.tax - line.taken_tax


def part(amount: Decimal, pieces: int, of: int, quantum: Decimal) -> Decimal:
	"""Return the share of some pieces in what all of them cost."""
	return (amount * pieces / of).quantize(quantum, ROUND_HALF_UP)
