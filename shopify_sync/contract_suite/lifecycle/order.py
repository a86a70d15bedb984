"""The made-up shop: an order that things happen to, and that always adds up. Steps (steps.py) call it; payload.py shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from shopify_sync.core.money import ZERO, quantum

from ..payloads import new_id
from .records import (
	Freight,
	Fulfillment,
	Line,
	Refund,
	RefundLine,
	ShippingLine,
	TaxAmount,
	TaxRate,
	Transaction,
	Ware,
)

#: When every story begins; it is noon wherever a site may be, so that the day is the same in every zone that matters.
START = datetime(2026, 11, 18, 12, 0, tzinfo=timezone.utc)
#: Places that goods are sent from; the last one is in no mapping.
MAIN, SECOND, NOWHERE = "9101", "9102", "9199"


@dataclass
class Order:
	"""An order and everything that happened to it.

	:ivar ids: what the case calls things (`l1`, `t1`, `r1`, `f1`) → their Shopify ids.
	:ivar presentment: the customer's currency and how many of its units one unit of the shop's is; None: the same currency.
	:ivar pays_foreign: transactions are told in the customer's currency.
	:ivar loose_discount: a discount that Shopify states for the whole order and for no line.
	:ivar stated: fields that replace the computed ones in every payload from now on.
	"""

	currency: str = "USD"
	taxes_included: bool = False
	taxes: tuple[TaxRate, ...] = ()
	presentment: tuple[str, Decimal] | None = None
	id: int = field(default_factory=lambda: int(new_id()))
	ids: dict[str, int] = field(default_factory=dict)
	lines: list[Line] = field(default_factory=list)
	shipping: list[ShippingLine] = field(default_factory=list)
	transactions: list[Transaction] = field(default_factory=list)
	refunds: list[Refund] = field(default_factory=list)
	fulfillments: list[Fulfillment] = field(default_factory=list)
	loose_discount: Decimal = ZERO
	loose_tip: Decimal = ZERO
	cancelled_at: str | None = None
	expired: bool = False
	pays_foreign: bool = False
	minute: int = 0
	stated: dict[str, Any] = field(default_factory=dict)

	@property
	def quantum(self) -> Decimal:
		"""The smallest amount of the shop's currency."""
		return quantum(self.currency)

	@property
	def now(self) -> str:
		"""The time of the story, as payloads write it."""
		return (START + timedelta(minutes=self.minute)).isoformat()

	def new(self, label: str) -> int:
		"""Return a new id and remember it under *label*."""
		self.ids[label] = int(new_id())
		return self.ids[label]

	def add(self, ware: Ware) -> Line:
		"""Add a line with its taxes."""
		off = self._amount(ware.off)
		line = Line(ware, self.new(ware.label), ware.quantity, ware.quantity, self._amount(ware.price), [off] if off else [])
		self.lines.append(line)
		self.retax(line)
		return line

	def retax(self, line: Line) -> None:
		"""Compute the taxes of a line anew."""
		if line.ware.tax is not None:
			line.taxes = [TaxAmount(title, Decimal(rate), self._amount(price)) for title, rate, price in line.ware.tax]
		elif line.ware.taxable and line.ware.kind not in ("tip", "gift card"):
			line.taxes = self._taxes_on(line.subtotal)

	def send_by(self, freight: Freight) -> None:
		"""Add a shipping line."""
		price, off = self._amount(freight.price), self._amount(freight.off)
		taxes = self._taxes_on(price - off) if freight.taxable else []
		self.shipping.append(ShippingLine(freight, self.new(freight.label), price, [off] if off else [], taxes))

	def spread(self, discount: str) -> None:
		"""Take a discount off the whole order: each line bears its share, the last one what is left."""
		bearing = [line for line in self.lines if not line.is_tip and line.subtotal]
		left, base = self._amount(discount), sum((line.subtotal for line in bearing), ZERO)
		whole = left
		for line in bearing:
			share = left if line is bearing[-1] else (whole * line.subtotal / base).quantize(self.quantum, ROUND_HALF_UP)
			line.discounts.append(share)
			left -= share
			self.retax(line)

	def transact(
		self,
		label: str,
		kind: str,
		amount: Decimal,
		gateway: str,
		*,
		status: str = "success",
		fee: str = "0",
		rounding: str = "0",
	) -> Transaction:
		"""Write a transaction down."""
		parent = self.ids.get("auth") if kind in ("capture", "void") else None
		made = Transaction(
			self.new(label), kind, amount, gateway, status, self.now, parent, self._amount(fee), self._amount(rounding)
		)
		made.is_foreign = self.pays_foreign
		self.transactions.append(made)
		return made

	def refund(
		self,
		label: str,
		pieces: Mapping[str, int],
		*,
		restock: str = "no_restock",
		location: str | None = None,
		shipping: str = "0",
		adjustment: str = "0",
		duties: str = "0",
		money: Sequence[tuple[str, str]] | None = None,
		gateway: str = "shopify_payments",
		status: str = "success",
		old_shipping: bool = False,
	) -> Refund:
		"""Take pieces back and pay back.

		:param money: (amount, gateway) of each transaction, labelled `<label>-t1`, …; None: all that is due, in one; empty: nothing.
		"""
		made = Refund(self.new(label), self.now, [], [], old_shipping=old_shipping)
		made.shipping = self._amount(shipping)
		made.shipping_tax = self._shipping_tax(made.shipping)
		made.adjustment, made.duties = self._amount(adjustment), self._amount(duties)
		for name, number in pieces.items():
			line = self.line(name)
			cost, tax = line.take(number, self.quantum)
			line.uncancelled += number if restock != "cancel" else 0
			place = location if restock != "no_restock" else None
			made.lines.append(RefundLine(int(new_id()), line, number, restock, place, cost, tax))
		self.refunds.append(made)
		for number, (amount, by) in enumerate([(str(self.worth(made)), gateway)] if money is None else money, start=1):
			made.transactions.append(self.transact(f"{label}-t{number}", "refund", Decimal(amount), by, status=status))
		return made

	def worth(self, refund: Refund) -> Decimal:
		"""Return what a refund comes to: what the customer is owed less because of it."""
		added = ZERO if self.taxes_included else sum((line.tax for line in refund.lines), ZERO) + refund.shipping_tax
		pieces = sum((line.subtotal for line in refund.lines), ZERO)
		return pieces + added + refund.shipping + refund.duties + refund.adjustment

	def remove(self, name: str, pieces: int) -> None:
		"""Take pieces off by an edit."""
		self.line(name).take(pieces, self.quantum)

	def grow(self, name: str, pieces: int) -> None:
		"""Add pieces to a line by an edit."""
		line = self.line(name)
		line.quantity += pieces
		line.current += pieces
		self.retax(line)

	def send(self, label: str, pieces: Mapping[str, int], location: str, company: str = "", number: str = "") -> None:
		"""Send a parcel."""
		for name, count in pieces.items():
			self.line(name).fulfilled += count
		sent = {self.ids[name]: count for name, count in pieces.items()}
		self.fulfillments.append(Fulfillment(self.new(label), self.now, location, sent, company=company, number=number))

	def take_back_parcel(self, label: str) -> None:
		"""Cancel a fulfillment."""
		parcel = self.parcel(label)
		parcel.status = "cancelled"
		for line in self.lines:
			line.fulfilled -= parcel.pieces.get(line.id, 0)

	def line(self, name: str) -> Line:
		"""Return the line that the case calls *name*."""
		return next(line for line in self.lines if line.id == self.ids[name])

	def parcel(self, name: str) -> Fulfillment:
		"""Return the fulfillment that the case calls *name*."""
		return next(parcel for parcel in self.fulfillments if parcel.id == self.ids[name])

	def _amount(self, text: str) -> Decimal:
		return Decimal(text).quantize(self.quantum)

	def _taxes_on(self, amount: Decimal) -> list[TaxAmount]:
		if self.taxes_included:
			whole = 1 + sum((tax.rate for tax in self.taxes), ZERO)
			shares = [(tax, amount * tax.rate / whole) for tax in self.taxes]
		else:
			shares, base = [], amount
			for tax in self.taxes:
				shares.append((tax, (base if tax.compound else amount) * tax.rate))
				base += shares[-1][1]
		return [TaxAmount(tax.title, tax.rate, share.quantize(self.quantum, ROUND_HALF_UP)) for tax, share in shares]

	def _shipping_tax(self, shipping: Decimal) -> Decimal:
		whole = sum((line.net for line in self.shipping if not line.is_removed), ZERO)
		tax = sum((line.tax for line in self.shipping if not line.is_removed), ZERO)
		return (tax * shipping / whole).quantize(self.quantum, ROUND_HALF_UP) if shipping and whole else ZERO
