"""Refunds: pieces that are taken back and money that is paid back (https://shopify.dev/docs/api/admin-rest/latest/resources/refund).

`restock_type` of a line, as Shopify's REST reference words it: *no_restock*: refunding does not affect inventory, the number of
fulfillable units remains; *cancel*: not fulfilled yet, available again, fewer fulfillable units; *return*: was delivered,
available again, the number of fulfillable units remains.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from . import payments, pricing, routing
from .desk import Desk, operation
from .errors import UserError
from .records import ZERO, LineItem, Order, Refund, RefundLine
from .totals import totals

#: (line item, pieces, restock type).
Taken = tuple[str, int, str]
RESTOCK_TYPES = ("return", "cancel", "no_restock")


class Refunds(Desk[Refund]):
	"""The refunds of a shop."""

	kind = "Refund"

	@operation
	def create(
		self,
		order_id: str,
		lines: Sequence[Taken] = (),
		*,
		shipping: Decimal | int | str = ZERO,
		adjustment: Decimal | int | str = ZERO,
		amount: Decimal | int | str | None = None,
		note: str = "",
		location_id: str | None = None,
		return_id: str = "",
	) -> Refund:
		"""Take pieces back and pay back. All amounts in the shop's currency.

		:param shipping: of the shipping price; the tax on it is added by itself when prices are without tax.
		:param adjustment: paid back beyond pieces and shipping; below zero: kept back.
		:param amount: what is paid back in all; default: what pieces, shipping and adjustment come to, as far as it was paid.
			A given amount sets the adjustment (Shopify: "refund discrepancy").
		:param location_id: where returned pieces go; default: where they were sent from.
		:param return_id: of the return that it is made of: its pieces are in stock already, as far as they were restocked.
		:raises UserError: for more pieces, shipping or money than there is.
		"""
		order = self.shop.orders.get(order_id)
		taken = [self._checked(order, *entry) for entry in lines]
		self._check_pieces(taken)
		back = self._checked_shipping(order, self.shop.amount(shipping, "shipping"))
		extra = self.shop.amount(adjustment, "adjustment", negative=True)
		if not taken and not back and not extra and not amount:
			raise UserError((), "Refund must have at least one line item, shipping or transaction", "INVALID")
		paid = None if amount is None else self.shop.amount(amount, "amount")
		computed = self._worth(order, taken) + back + self._shipping_tax_added(order, back) + extra
		self._check_money(order, computed, paid)
		due, overpaid = self._due(order, computed), max(-totals(order).outstanding, ZERO)
		refund = self._book(order, taken, back, note, location_id, return_id=return_id)
		refund.adjustment = extra + (ZERO if paid is None else _discrepancy(paid, min(due, computed), computed + overpaid))
		return self._finish(order, refund, due if paid is None else paid)

	def take_all(self, order: Order, *, pay_back: bool, restock: bool) -> Refund | None:
		"""Take back everything that is left of an order, for its cancellation; None when nothing is left and nothing was paid."""
		kind = "cancel" if restock else "no_restock"
		taken = [
			(line, line.current_quantity, "no_restock" if line.is_tip else kind)
			for line in order.line_items
			if line.current_quantity
		]
		figures = totals(order)
		due = payments.refundable(order) if pay_back else ZERO
		self.release_all(order, restocked=restock)
		for line in order.line_items:
			line.refunded_uncancelled = 0
		if not taken and not due and not figures.current_total:
			return None
		refund = self._book(order, taken, figures.current_shipping, "", None, releasing=False)
		# What earlier adjustments took off is not taken off again.
		refund.adjustment = totals(order).current_total
		return self._finish(order, refund, due)

	def release_all(self, order: Order, *, restocked: bool = True) -> None:
		"""Free all stock that is committed to an order."""
		for line in order.line_items:
			routing.release(self.shop, order, line, line.quantity, restocked=restocked)

	def _due(self, order: Order, computed: Decimal) -> Decimal:
		"""Return what is paid back for something worth *computed*: less what is unpaid, and also what was paid too much."""
		return max(min(computed - totals(order).outstanding, payments.refundable(order)), ZERO)

	def _checked(self, order: Order, line_item_id: str, quantity: int, restock_type: str) -> tuple[LineItem, int, str]:
		line = next((line for line in order.line_items if line.id == str(line_item_id)), None)
		if line is None:
			raise UserError(("input", "refundLineItems"), "Line item does not belong to the order", "INVALID")
		if restock_type not in RESTOCK_TYPES:
			raise UserError(("input", "refundLineItems"), f"Restock type {restock_type!r} is not valid", "INVALID")
		if quantity < 1:
			raise UserError(("input", "refundLineItems"), "Quantity must be greater than 0", "INVALID")
		return line, quantity, restock_type

	def _check_pieces(self, taken: list[tuple[LineItem, int, str]]) -> None:
		wanted: dict[tuple[str, str], int] = {}
		for line, quantity, kind in taken:
			for key in ((line.id, "all"), (line.id, kind)):
				wanted[key] = wanted.get(key, 0) + quantity
		for line, _quantity, _kind in taken:
			limits = {
				"all": line.current_quantity,
				"cancel": line.fulfillable_quantity,
				"return": line.fulfilled_quantity - line.returned_quantity,
			}
			for kind, limit in limits.items():
				if wanted.get((line.id, kind), 0) > limit:
					message = "Quantity cannot refund more items than were purchased"
					raise UserError(("input", "refundLineItems"), message, "INVALID")

	def _checked_shipping(self, order: Order, shipping: Decimal) -> Decimal:
		if shipping > totals(order).current_shipping:
			raise UserError(("input", "shipping"), "Shipping amount is more than can be refunded", "INVALID")
		return shipping

	def _check_money(self, order: Order, computed: Decimal, paid: Decimal | None) -> None:
		if computed < 0:
			raise UserError(("input", "adjustment"), "Refund amount must not be negative", "INVALID")
		if paid is not None and paid > payments.refundable(order):
			raise UserError(("input", "transactions"), "Refund amount is more than was paid", "INVALID")

	def _worth(self, order: Order, taken: list[tuple[LineItem, int, str]]) -> Decimal:
		"""Return what the pieces come to, without taking them."""
		left: dict[str, tuple[int, Decimal, Decimal]] = {}
		worth = ZERO
		for line, quantity, _kind in taken:
			pieces, subtotal, tax = left.get(line.id) or (line.current_quantity, *pricing.remaining(line))
			off = pricing.part(subtotal, quantity, pieces, self.shop.quantum)
			tax_off = pricing.part(tax, quantity, pieces, self.shop.quantum)
			worth += off + (ZERO if order.taxes_included else tax_off)
			left[line.id] = (pieces - quantity, subtotal - off, tax - tax_off)
		return worth

	def _shipping_tax(self, order: Order, shipping: Decimal) -> Decimal:
		"""Return the tax on a part of the shipping price; the last part takes what is left."""
		figures = totals(order)
		left = sum((line.tax for line in order.shipping_lines), ZERO) - sum((r.shipping_tax for r in order.refunds), ZERO)
		if not shipping:
			return ZERO
		return (left * shipping / figures.current_shipping).quantize(self.shop.quantum, ROUND_HALF_UP)

	def _shipping_tax_added(self, order: Order, shipping: Decimal) -> Decimal:
		return ZERO if order.taxes_included else self._shipping_tax(order, shipping)

	def _book(
		self,
		order: Order,
		taken: list[tuple[LineItem, int, str]],
		shipping: Decimal,
		note: str,
		location_id: str | None,
		*,
		releasing: bool = True,
		return_id: str = "",
	) -> Refund:
		shipping_tax = self._shipping_tax(order, shipping)
		refund = Refund(self.shop.new_id("Refund"), order.id, [], [], shipping=shipping, note=note, created_at=self.shop.now())
		refund.shipping_tax, refund.return_id = shipping_tax, return_id
		order.refunds.append(refund)
		for line, quantity, kind in taken:
			place = (
				self._stock_back(order, line, quantity, kind, location_id, is_back=bool(return_id))
				if releasing
				else self._place_of(order, line)
			)
			subtotal, tax = pricing.take(line, quantity, self.shop.quantum)
			line.refunded_quantity += quantity
			if releasing and kind != "cancel":
				line.refunded_uncancelled += quantity
			refund.lines.append(
				RefundLine(
					self.shop.new_id("RefundLineItem"),
					line.id,
					quantity,
					kind,
					subtotal,
					tax,
					None if kind == "no_restock" else place,
				)
			)
		return refund

	def _stock_back(
		self, order: Order, line: LineItem, quantity: int, kind: str, location_id: str | None, *, is_back: bool = False
	) -> str | None:
		"""Bring pieces back into stock and return where. *is_back*: they are there already."""
		if kind == "cancel":
			return routing.release(self.shop, order, line, quantity)
		if kind == "no_restock":
			return None
		place = location_id or next((f.location_id for f in order.fulfillments if line.id in f.lines), None)
		line.returned_quantity += quantity
		if place and not is_back:
			routing.restock(self.shop, line, place, quantity)
		return place

	def _place_of(self, order: Order, line: LineItem) -> str | None:
		found = (fo.location_id for fo in order.fulfillment_orders for entry in fo.lines if entry.line_item_id == line.id)
		return next(found, None)

	def _finish(self, order: Order, refund: Refund, due: Decimal) -> Refund:
		refund.shipping_refund_id = self.shop.new_id("RefundShippingLine") if refund.shipping else ""
		refund.adjustment_id = self.shop.new_id("OrderAdjustment") if refund.adjustment else ""
		self.all[refund.id] = refund
		refund.transactions = payments.refund(self.shop, order, due)
		self.shop.emitter.note("refunds/create", refund.id, (order, refund))
		self.shop.orders.changed(order)
		return refund


def _discrepancy(paid: Decimal, least: Decimal, most: Decimal) -> Decimal:
	"""Return by how much a payment is more than what can be due, or (below zero) less."""
	return max(paid - most, ZERO) + min(paid - least, ZERO)
