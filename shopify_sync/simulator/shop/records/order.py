"""An order, and what hangs on it. Amounts are in its currency."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from .fulfillment import Fulfillment, FulfillmentOrder
from .people import Address
from .returned import Return

ZERO = Decimal(0)


@dataclass(frozen=True)
class TaxLine:
	"""A tax on a line: rate as a fraction, price in the shop's currency."""

	title: str
	rate: Decimal
	price: Decimal


@dataclass(frozen=True)
class DiscountApplication:
	"""A discount as it was granted; its shares lie on the lines. *type*: manual, discount_code, automatic, script."""

	title: str
	value: Decimal
	type: str = "manual"
	value_type: str = "fixed_amount"
	target_type: str = "line_item"
	target_selection: str = "explicit"
	allocation_method: str = "across"
	code: str = ""


@dataclass(frozen=True)
class Allocation:
	"""The share of a discount that falls on one line. *application*: its place in `Order.discount_applications`."""

	application: int
	amount: Decimal


@dataclass
class LineItem:
	"""A line of an order. `quantity` counts removed and refunded pieces too, `current_quantity` does not.

	:ivar discount: everything taken off the line as ordered; the sum of *allocations*.
	:ivar taken_subtotal: what the removed and refunded pieces cost after discounts; *taken_tax*: the taxes on them.
	:ivar refunded_uncancelled: refunded pieces that stay to be sent, or were sent before (restock types `no_restock`, `return`).
	:ivar returned_quantity: pieces that were sent, and came back into stock.
	"""

	id: str
	title: str
	quantity: int
	current_quantity: int
	price: Decimal
	variant_id: str | None = None
	product_id: str | None = None
	sku: str = ""
	gift_card: bool = False
	taxable: bool = True
	requires_shipping: bool = True
	discount: Decimal = ZERO
	tax_lines: list[TaxLine] = field(default_factory=list)
	fulfilled_quantity: int = 0
	refunded_quantity: int = 0
	removed_quantity: int = 0
	allocations: list[Allocation] = field(default_factory=list)
	variant_title: str = ""
	vendor: str = ""
	grams: int = 0
	tracked: bool = False
	is_tip: bool = False
	taken_subtotal: Decimal = ZERO
	taken_tax: Decimal = ZERO
	refunded_uncancelled: int = 0
	returned_quantity: int = 0

	@property
	def name(self) -> str:
		"""The product's title, and the variant's behind it."""
		return f"{self.title} - {self.variant_title}" if self.variant_title else self.title

	@property
	def fulfillable_quantity(self) -> int:
		"""Pieces that are still to be sent. A tip is no thing to send."""
		if self.is_tip:
			return 0
		return max(self.current_quantity + self.refunded_uncancelled - self.fulfilled_quantity, 0)

	@property
	def tax(self) -> Decimal:
		"""All taxes on the line as ordered."""
		return sum((tax.price for tax in self.tax_lines), ZERO)


@dataclass
class ShippingLine:
	"""How an order is sent, and what that costs."""

	id: str
	title: str
	code: str
	price: Decimal
	discount: Decimal = ZERO
	tax_lines: list[TaxLine] = field(default_factory=list)
	is_removed: bool = False
	allocations: list[Allocation] = field(default_factory=list)

	@property
	def tax(self) -> Decimal:
		"""All taxes on the shipping line."""
		return sum((tax.price for tax in self.tax_lines), ZERO)


@dataclass
class Transaction:
	"""Money that moved, or was reserved. *kind*: authorization, capture, sale, void, refund. *status*: success, failure, pending."""

	id: str
	order_id: str
	kind: str
	status: str
	gateway: str
	amount: Decimal
	parent_id: str | None = None
	created_at: datetime | None = None
	message: str = ""


@dataclass
class RefundLine:
	"""Pieces of a line that were taken back. *restock_type*: return, cancel, no_restock."""

	id: str
	line_item_id: str
	quantity: int
	restock_type: str
	subtotal: Decimal
	total_tax: Decimal
	location_id: str | None = None


@dataclass
class Refund:
	"""A refund: pieces, shipping and adjustments taken back, and the transactions that paid it."""

	id: str
	order_id: str
	lines: list[RefundLine]
	transactions: list[Transaction]
	shipping: Decimal = ZERO
	adjustment: Decimal = ZERO
	note: str = ""
	created_at: datetime | None = None
	#: The tax on *shipping*; *adjustment* is what was paid back beyond pieces and shipping (less than zero: kept).
	shipping_tax: Decimal = ZERO
	shipping_refund_id: str = ""
	#: The return that it was made of.
	return_id: str = ""
	adjustment_id: str = ""


@dataclass
class Order:
	"""An order, with everything that hangs on it."""

	id: str
	number: int
	name: str
	currency: str
	taxes_included: bool
	line_items: list[LineItem]
	shipping_lines: list[ShippingLine]
	customer_id: str | None = None
	email: str = ""
	phone: str = ""
	billing_address: Address | None = None
	shipping_address: Address | None = None
	note: str = ""
	tags: list[str] = field(default_factory=list)
	source_name: str = "web"
	gateway: str = "manual"
	test: bool = False
	tip: Decimal = ZERO
	transactions: list[Transaction] = field(default_factory=list)
	fulfillment_orders: list[FulfillmentOrder] = field(default_factory=list)
	fulfillments: list[Fulfillment] = field(default_factory=list)
	refunds: list[Refund] = field(default_factory=list)
	returns: list[Return] = field(default_factory=list)
	cancel_reason: str | None = None
	cancelled_at: datetime | None = None
	closed_at: datetime | None = None
	#: When the bank's authorization ended without a capture.
	expired_at: datetime | None = None
	location_id: str | None = None
	discount_applications: list[DiscountApplication] = field(default_factory=list)
	token: str = ""
	confirmation_number: str = ""
	created_at: datetime | None = None
	updated_at: datetime | None = None

	@property
	def gateways(self) -> list[str]:
		"""The payment gateways that were used, each once."""
		return list(dict.fromkeys(transaction.gateway for transaction in self.transactions))
