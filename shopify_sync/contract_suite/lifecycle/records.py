"""A made-up order as the shop keeps it: lines, shipping, transactions, refunds, fulfillments. Amounts in the shop's currency.

The shop does the adding up (order.py); what stands here is what somebody entered, and what was computed from it once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from shopify_sync.core.money import ZERO


@dataclass(frozen=True)
class TaxRate:
	"""A tax that the shop charges. *rate* is a fraction; a *compound* one is charged on the price with the taxes before it."""

	title: str
	rate: Decimal
	compound: bool = False


@dataclass(frozen=True)
class TaxAmount:
	"""A tax on one line."""

	title: str
	rate: Decimal
	price: Decimal


@dataclass(frozen=True)
class Ware:
	"""What can be ordered.

	:ivar label: what the case calls the line.
	:ivar price: of one piece. *off*: taken off the whole line.
	:ivar kind: product, custom, tip, gift card or deleted (a product that is gone from the shop; the SKU is left).
	:ivar tax: what is charged instead of the shop's taxes: nothing, or amounts by title.
	"""

	label: str
	sku: str
	quantity: int
	price: str
	off: str = "0"
	kind: str = "product"
	taxable: bool = True
	tax: tuple[tuple[str, str, str], ...] | None = None
	duty: str = "0"
	ships: bool = True


@dataclass(frozen=True)
class Freight:
	"""How an order is sent, and what that costs. *off* is taken off the price."""

	price: str
	title: str = "Standard"
	off: str = "0"
	taxable: bool = True
	label: str = "s1"


@dataclass
class Line:
	"""A line as the shop keeps it. `quantity` counts removed and refunded pieces, `current` does not.

	:ivar taken: what the removed and refunded pieces cost after discounts; *taken_tax*: the taxes on them.
	"""

	ware: Ware
	id: int
	quantity: int
	current: int
	price: Decimal
	discounts: list[Decimal] = field(default_factory=list)
	taxes: list[TaxAmount] = field(default_factory=list)
	fulfilled: int = 0
	uncancelled: int = 0
	taken: Decimal = ZERO
	taken_tax: Decimal = ZERO

	@property
	def is_tip(self) -> bool:
		"""Whether the line is a tip."""
		return self.ware.kind == "tip"

	@property
	def discount(self) -> Decimal:
		"""All shares of discounts on the line."""
		return sum(self.discounts, ZERO)

	@property
	def subtotal(self) -> Decimal:
		"""What the line costs as ordered, after discounts."""
		return self.price * self.quantity - self.discount

	@property
	def tax(self) -> Decimal:
		"""All taxes on the line as ordered."""
		return sum((tax.price for tax in self.taxes), ZERO)

	@property
	def fulfillable(self) -> int:
		"""Pieces that are still to be sent."""
		return 0 if self.is_tip else max(self.current + self.uncancelled - self.fulfilled, 0)

	def take(self, pieces: int, quantum: Decimal) -> tuple[Decimal, Decimal]:
		"""Take pieces off the current ones; the last piece takes what is left. Return what they cost, and the taxes on them."""
		cost, tax = (
			(amount * pieces / self.current).quantize(quantum, ROUND_HALF_UP)
			for amount in (self.subtotal - self.taken, self.tax - self.taken_tax)
		)
		self.current -= pieces
		self.taken += cost
		self.taken_tax += tax
		return cost, tax


@dataclass
class ShippingLine:
	"""A shipping line as the shop keeps it."""

	freight: Freight
	id: int
	price: Decimal
	discounts: list[Decimal]
	taxes: list[TaxAmount]
	is_removed: bool = False

	@property
	def net(self) -> Decimal:
		"""The price after discounts."""
		return self.price - sum(self.discounts, ZERO)

	@property
	def tax(self) -> Decimal:
		"""All taxes on it."""
		return sum((tax.price for tax in self.taxes), ZERO)


@dataclass
class Transaction:
	"""Money that moved, or was reserved. *is_foreign*: shown in the customer's currency."""

	id: int
	kind: str
	amount: Decimal
	gateway: str
	status: str
	at: str
	parent: int | None = None
	fee: Decimal = ZERO
	rounding: Decimal = ZERO
	is_foreign: bool = False


@dataclass
class RefundLine:
	"""Pieces that were taken back."""

	id: int
	line: Line
	quantity: int
	restock: str
	location: str | None
	subtotal: Decimal
	tax: Decimal


@dataclass
class Refund:
	"""A refund. *adjustment*: what was given back beyond the pieces; below zero: kept. *old_shipping*: written as an adjustment."""

	id: int
	at: str
	lines: list[RefundLine]
	transactions: list[Transaction]
	shipping: Decimal = ZERO
	shipping_tax: Decimal = ZERO
	duties: Decimal = ZERO
	adjustment: Decimal = ZERO
	old_shipping: bool = False
	note: str = ""


@dataclass
class Fulfillment:
	"""A parcel: pieces by line."""

	id: int
	at: str
	location: str
	pieces: dict[int, int]
	status: str = "success"
	company: str = ""
	number: str = ""
