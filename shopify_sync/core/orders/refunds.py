"""What the refunds of an order come to, and which of them reduce the order and which become credit notes.

A refund that gives money back becomes a credit note. One without money (an edit that removed pieces, a refund before anything
was paid) reduces the order as long as it is not invoiced; after that it becomes a credit note too.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal

from ..contracts.order import LineItem, Order, Refund, RefundLineItem
from ..money import ZERO, quantum, split_by, total
from .tax_sums import TaxKey


@dataclass(frozen=True)
class Settlement:
	"""How the refunds of an order are booked. :ivar reducing: taken off the order itself; *credited*: a credit note each."""

	reducing: tuple[Refund, ...] = ()
	credited: tuple[Refund, ...] = ()


def settle(order: Order, *, is_invoiced: bool, reduced: Collection[str] = (), credit_all: bool = False) -> Settlement:
	"""Return which refunds reduce the order and which are credited.

	What was sent is delivered and billed, whatever was agreed about it later: a refund of pieces that have left is credited.

	:param is_invoiced: whether a Sales Invoice exists.
	:param reduced: ids of the refunds that have reduced the order before it was invoiced; that stands.
	:param credit_all: nothing reduces the order any more (it is cancelled, and money is involved).
	"""
	reducing: list[Refund] = []
	credited: list[Refund] = []
	unsent = {line.id: line.quantity - removed_by_edit(order, line) - _sent(order, line) for line in order.line_items}
	late = is_invoiced or credit_all
	for refund in order.refunds:
		may_reduce = not refund.has_money and (not late or (refund.id or "") in reduced)
		if may_reduce and _is_unsent(refund, unsent):
			reducing.append(refund)
			for row in refund.refund_line_items:
				unsent[row.line_item_id or ""] = unsent.get(row.line_item_id or "", 0) - row.quantity
		else:
			credited.append(refund)
	return Settlement(tuple(reducing), tuple(refund for refund in credited if is_worth_anything(refund)))


def _sent(order: Order, line: LineItem) -> int:
	sent = (row.quantity for found in order.fulfillments if found.is_sent for row in found.line_items if row.id == line.id)
	return sum(sent)


def _is_unsent(refund: Refund, unsent: Mapping[str, int]) -> bool:
	"""Whether everything that a refund takes back is still here, and will not be sent any more.

	`no_restock` leaves the number of fulfillable pieces as it is (https://shopify.dev/docs/api/admin-rest/latest/resources/refund).
	"""
	wanted: dict[str, int] = {}
	for row in refund.refund_line_items:
		wanted[row.line_item_id or ""] = wanted.get(row.line_item_id or "", 0) + row.quantity
	released = all(row.restock_type in ("", "cancel") for row in refund.refund_line_items)
	return released and all(unsent.get(line, 0) >= pieces for line, pieces in wanted.items())


def is_restocked(row: RefundLineItem) -> bool:
	"""Whether a refunded line's goods were sent and go back into stock (`cancel` releases goods that never left)."""
	return row.restock_type in ("return", "legacy_restock")


def removed_by_edit(order: Order, line: LineItem) -> int:
	"""Return the pieces that are gone and that no refund accounts for: an edit took them off."""
	refunded = sum(row.quantity for refund in order.refunds for row in refund.refund_line_items if row.line_item_id == line.id)
	return max(line.quantity - order.current_quantity(line) - refunded, 0)


def is_worth_anything(refund: Refund) -> bool:
	"""Whether a refund takes anything off what is owed, or gives money back."""
	return bool(refund.refund_line_items or refund.shipping[0] or refund.adjustment or refund.duty or refund.has_money)


def stated_total(order: Order, refund: Refund) -> Decimal:
	"""Return what a refund takes off the order in all, tax included, in the order's currency."""
	shipping, shipping_tax = refund.shipping
	lines = total(row.subtotal + (ZERO if order.taxes_included else row.total_tax) for row in refund.refund_line_items)
	return lines + shipping + (ZERO if order.taxes_included else shipping_tax) + refund.duty + refund.adjustment


def stated_tax(refund: Refund) -> Decimal:
	"""Return the tax in a refund: of its lines and of shipping."""
	return total(row.total_tax for row in refund.refund_line_items) + refund.shipping[1]


def exact(amount: Decimal, currency: str) -> Decimal:
	"""Return an amount of a refund in whole minor units: they come as JSON numbers."""
	return amount.quantize(quantum(currency))


def taxes_of(line: LineItem, row: RefundLineItem, currency: str) -> dict[TaxKey, Decimal]:
	"""Return the tax of a refunded line, split over the taxes of the line in proportion; the shares add up exactly."""
	keys = [(tax.title, tax.rate) for tax in line.tax_lines]
	shares = split_by(exact(row.total_tax, currency), [tax.price for tax in line.tax_lines], currency)
	found: dict[TaxKey, Decimal] = {}
	for key, share in zip(keys, shares, strict=True):
		found[key] = found.get(key, ZERO) + share
	return found
