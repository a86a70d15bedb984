"""What happens to an order of the demo after it was placed: paid, sent, refunded, cancelled, each as Shopify would tell it."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from shopify_sync.core.money import ZERO, total

GATEWAY = "shopify_payments"
Told = list[tuple[str, dict[str, Any]]]


@dataclass(frozen=True)
class Figures:
	"""What Shopify says of an order in the end, in the order's currency.

	:ivar billed: what the order comes to after refunds, once money was asked for; before that nothing.
	:ivar delivered: pieces that were sent and not returned.
	"""

	billed: Decimal = ZERO
	received: Decimal = ZERO
	refunded: Decimal = ZERO
	delivered: int = 0
	cancelled: bool = False


class Life:
	"""One order while its day goes by. :ivar order: its payload as it is now."""

	def __init__(self, order: dict[str, Any], randomness: random.Random, unit: Decimal) -> None:
		self.order = order
		self.figures = Figures()
		self._random = randomness
		self._unit = unit
		self._next_id = int(order["id"]) * 100

	def note(self, at: str) -> Told:
		"""Somebody writes a note."""
		return [self._tell("orders/updated", at, note="Please ring twice", tags="checked")]

	def pay(self, at: str) -> Told:
		"""The customer pays everything, by card."""
		amount = Decimal(self.order["total_price"])
		self.figures = replace(self.figures, billed=amount, received=amount)
		paid = self._transaction("sale", amount, at)
		told = self._tell("orders/paid", at, financial_status="paid", total_outstanding=self._text(ZERO))
		return [("order_transactions/create", paid), told]

	def send(self, at: str) -> Told:
		"""A parcel leaves with everything, or with the first line of several."""
		lines = self.order["line_items"]
		sent = lines[:1] if len(lines) > 1 and self._random.random() < 0.3 else lines
		self.figures = replace(self.figures, delivered=sum(line["quantity"] for line in sent))
		parcel = {
			"id": self._id(),
			"status": "success",
			"created_at": at,
			"tracking_number": str(self._random.randrange(10**9, 10**10)),
			"line_items": [{"id": line["id"], "quantity": line["quantity"]} for line in sent],
		}
		complete = len(sent) == len(lines)
		topic, status = ("orders/fulfilled", "fulfilled") if complete else ("orders/partially_fulfilled", "partial")
		return [self._tell(topic, at, fulfillments=[parcel], fulfillment_status=status)]

	def refund(self, at: str) -> Told:
		"""One piece of the first line is paid back; if it was sent, it comes back."""
		line, returned = self.order["line_items"][0], self.figures.delivered > 0
		row = self._taken(line, 1, "return" if returned else "no_restock")
		self.figures = replace(self.figures, delivered=self.figures.delivered - returned)
		worth = Decimal(row["subtotal"]) + (ZERO if self.order["taxes_included"] else Decimal(row["total_tax"]))
		return self._give_back(at, [row], worth, "partially_refunded", "orders/updated")

	def cancel(self, at: str) -> Told:
		"""The order is cancelled; what was paid is paid back."""
		self.figures = replace(self.figures, cancelled=True)
		gone: dict[str, Any] = {"cancelled_at": at, "cancel_reason": "customer"}
		if not self.figures.received:
			return [self._tell("orders/cancelled", at, financial_status="voided", **gone)]
		rows = [self._taken(line, line["quantity"], "cancel") for line in self.order["line_items"]]
		return self._give_back(at, rows, self.figures.received, "refunded", "orders/cancelled", **gone)

	def _give_back(self, at: str, rows: list[dict[str, Any]], worth: Decimal, status: str, topic: str, **more: Any) -> Told:
		paid_back = self._transaction("refund", worth, at)
		left = Decimal(self.order["current_total_price"]) - worth
		shipping = self._shipping() if topic == "orders/cancelled" else []
		refund = {
			"id": self._id(),
			"created_at": at,
			"processed_at": at,
			"refund_line_items": rows,
			"refund_shipping_lines": shipping,
			"order_adjustments": [],
			"transactions": [paid_back],
		}
		self.figures = replace(self.figures, billed=left, refunded=worth)
		told = self._tell(topic, at, refunds=[refund], financial_status=status, current_total_price=self._text(left), **more)
		return [("order_transactions/create", paid_back), told]

	def _taken(self, line: dict[str, Any], pieces: int, restock: str) -> dict[str, Any]:
		"""Return what a refund says of pieces of a line, and take them off."""
		off = total(Decimal(share["amount"]) for share in line["discount_allocations"])
		subtotal, tax = Decimal(line["price"]) * line["quantity"] - off, total(Decimal(one["price"]) for one in line["tax_lines"])
		now = {**line, "current_quantity": line["quantity"] - pieces}
		self.order = {**self.order, "line_items": [now if row is line else row for row in self.order["line_items"]]}
		share = Decimal(pieces) / line["quantity"]
		return {
			"id": self._id(),
			"line_item_id": line["id"],
			"quantity": pieces,
			"restock_type": restock,
			"location_id": None,
			"subtotal": self._text(subtotal * share),
			"total_tax": self._text(tax * share),
		}

	def _shipping(self) -> list[dict[str, Any]]:
		rows = [
			(Decimal(line["price"]), total(Decimal(tax["price"]) for tax in line["tax_lines"]))
			for line in self.order["shipping_lines"]
		]
		return [
			{"id": self._id(), "subtotal_amount": self._text(price), "tax_amount": self._text(tax)}
			for price, tax in rows
			if price
		]

	def _transaction(self, kind: str, amount: Decimal, at: str) -> dict[str, Any]:
		return {
			"id": self._id(),
			"order_id": self.order["id"],
			"kind": kind,
			"status": "success",
			"gateway": GATEWAY,
			"amount": self._text(amount),
			"currency": self.order["currency"],
			"processed_at": at,
			"created_at": at,
		}

	def _tell(self, topic: str, at: str, **changes: Any) -> tuple[str, dict[str, Any]]:
		self.order = {**self.order, **changes, "updated_at": at}
		return topic, self.order

	def _id(self) -> int:
		self._next_id += 1
		return self._next_id

	def _text(self, amount: Decimal) -> str:
		return format(amount.quantize(self._unit, ROUND_HALF_UP), "f")
