"""What a shop holds, as plain values. Ids are strings of digits, money is Decimal in the shop's currency, times are UTC.

Records are changed by the operations of :class:`~shopify_sync.simulator.shop.shop.Shop` only; everybody else reads them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

ZERO = Decimal(0)
#: Every name under which Shopify states a quantity of an inventory level (Admin GraphQL `InventoryQuantity.name`).
QUANTITY_NAMES = (
	"available", "committed", "damaged", "incoming", "on_hand", "quality_control", "reserved", "safety_stock",
)  # fmt: skip
#: `on_hand` is the sum of these.
ON_HAND_PARTS = ("available", "committed", "damaged", "quality_control", "reserved", "safety_stock")


@dataclass
class Variant:
	"""A variant of a product."""

	id: str
	product_id: str
	inventory_item_id: str
	title: str
	sku: str
	price: Decimal
	barcode: str = ""
	taxable: bool = True
	position: int = 1
	grams: int = 0
	created_at: datetime | None = None
	updated_at: datetime | None = None


@dataclass
class Product:
	"""A product and its variants."""

	id: str
	title: str
	variants: list[Variant]
	status: str = "active"
	gift_card: bool = False
	tags: list[str] = field(default_factory=list)
	vendor: str = ""
	product_type: str = ""
	created_at: datetime | None = None
	updated_at: datetime | None = None


@dataclass
class InventoryItem:
	"""What is stocked of a variant."""

	id: str
	variant_id: str
	sku: str
	tracked: bool = True
	requires_shipping: bool = True
	cost: Decimal | None = None
	created_at: datetime | None = None
	updated_at: datetime | None = None


@dataclass
class Location:
	"""A place where stock lies."""

	id: str
	name: str
	is_active: bool = True
	fulfills_online_orders: bool = True
	address: Address | None = None
	created_at: datetime | None = None
	updated_at: datetime | None = None


@dataclass
class Level:
	"""The quantities of an inventory item at a location; there is at most one per pair. `on_hand` is computed."""

	id: str
	inventory_item_id: str
	location_id: str
	quantities: dict[str, int]
	is_active: bool = True
	created_at: datetime | None = None
	updated_at: datetime | None = None

	@property
	def on_hand(self) -> int:
		"""What is physically there."""
		return sum(self.quantities.get(name, 0) for name in ON_HAND_PARTS)

	def quantity(self, name: str) -> int:
		"""Return the quantity of that name."""
		return self.on_hand if name == "on_hand" else self.quantities.get(name, 0)


@dataclass(frozen=True)
class Address:
	"""A postal address."""

	first_name: str = ""
	last_name: str = ""
	address1: str = ""
	address2: str = ""
	city: str = ""
	province: str = ""
	zip: str = ""
	country: str = ""
	country_code: str = ""
	company: str = ""
	phone: str = ""
	province_code: str = ""


@dataclass
class Customer:
	"""A customer of the shop."""

	id: str
	first_name: str
	last_name: str
	email: str
	phone: str = ""
	state: str = "enabled"
	note: str = ""
	tags: list[str] = field(default_factory=list)
	default_address: Address | None = None
	tax_exempt: bool = False
	merged_into: str | None = None
	#: The id of `default_address`.
	address_id: str = ""
	created_at: datetime | None = None
	updated_at: datetime | None = None


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
class FulfillmentOrderLine:
	"""What of a line is to be fulfilled by a fulfillment order."""

	id: str
	line_item_id: str
	total_quantity: int
	remaining_quantity: int


@dataclass(frozen=True)
class FulfillmentHold:
	"""Why a fulfillment order may not be fulfilled now."""

	id: str
	reason: str
	notes: str = ""
	handle: str = ""


@dataclass
class FulfillmentOrder:
	"""Lines of an order that one location is to fulfil. *status*: open, in_progress, closed, cancelled, on_hold, scheduled, incomplete."""

	id: str
	order_id: str
	location_id: str
	lines: list[FulfillmentOrderLine]
	status: str = "open"
	request_status: str = "unsubmitted"
	holds: list[FulfillmentHold] = field(default_factory=list)
	created_at: datetime | None = None
	updated_at: datetime | None = None


@dataclass
class Fulfillment:
	"""A parcel. *status*: success, cancelled, pending, failure, error. *lines*: line item id → pieces."""

	id: str
	order_id: str
	location_id: str
	name: str
	lines: dict[str, int]
	fulfillment_order_ids: list[str] = field(default_factory=list)
	status: str = "success"
	tracking_company: str = ""
	tracking_numbers: list[str] = field(default_factory=list)
	created_at: datetime | None = None
	updated_at: datetime | None = None


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


@dataclass
class EditedLine:
	"""What an edit will do to a line: *line_item_id* is that of the order's line, or of the line to be added."""

	line_item_id: str
	quantity: int
	variant_id: str | None = None
	title: str = ""
	price: Decimal | None = None
	discount: Decimal = ZERO
	is_new: bool = False
	taxable: bool = True
	requires_shipping: bool = True


@dataclass
class OrderEdit:
	"""Changes to an order that are being collected, and were committed when *committed_at* is set."""

	id: str
	order_id: str
	lines: dict[str, EditedLine] = field(default_factory=dict)
	notify_customer: bool = False
	staff_note: str = ""
	created_at: datetime | None = None
	committed_at: datetime | None = None
	#: Line item id → pieces; filled by the commit.
	additions: dict[str, int] = field(default_factory=dict)
	removals: dict[str, int] = field(default_factory=dict)


@dataclass
class Subscription:
	"""A webhook subscription. *failures* counts deliveries in a row that were given up after all retries."""

	id: str
	topic: str
	uri: str
	include_fields: list[str] = field(default_factory=list)
	filter: str = ""
	failures: int = 0
	created_at: datetime | None = None
	updated_at: datetime | None = None
	name: str = ""


@dataclass(frozen=True)
class Webhook:
	"""A webhook as it is emitted, before any delivery: the payload is written once, so that every retry sends the same bytes.

	:ivar id: of this webhook, the same at every delivery; :ivar event_id: of the merchant's action, shared by all its webhooks.
	:ivar resource_id: of the order, customer, level (`<item>-<location>`), … that the payload shows.
	"""

	id: str
	event_id: str
	topic: str
	shop_domain: str
	api_version: str
	subscription_id: str
	uri: str
	triggered_at: str
	resource_id: str
	body: bytes
