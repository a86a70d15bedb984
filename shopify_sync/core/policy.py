"""A store's settings as the rules see them: a plain value, read from Shopify Store or the embedded host's file."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from .enums import StrEnum
from .holds import Hold


class Mode(StrEnum):
	"""Live applies; Shadow records and decides but changes nothing; Paused holds everything."""

	LIVE = "Live"
	SHADOW = "Shadow"
	PAUSED = "Paused"


class ItemMatching(StrEnum):
	"""How a line finds its Item when no Shopify Link names it."""

	SKU_IS_ITEM_CODE = "SKU is Item Code"
	SKU_IS_BARCODE = "SKU is Barcode"
	LINK_ONLY = "Shopify Link only"


class MatchBy(StrEnum):
	"""By what a customer finds an existing Customer when no Shopify Link names it. Never by name alone."""

	VERIFIED_EMAIL = "Verified e-mail"
	PHONE = "Phone"
	TAX_ID = "Tax ID"


class Authority(StrEnum):
	"""Whose value of a field counts when Shopify and ERPNext differ."""

	SHOPIFY = "Shopify"
	ERPNEXT = "ERPNext"
	NEWEST = "Newest"
	REVIEW = "Review"


class CustomerMerge(StrEnum):
	"""What becomes of two Customers when Shopify merges the two customers they stand for."""

	REVIEW = "Review"
	MERGE = "Merge"


class GuestPolicy(StrEnum):
	"""Which Customer an order without one is booked under."""

	PER_EMAIL = "One Customer per e-mail"
	ONE_FOR_ALL = "One Customer for all guests"
	HOLD = "Hold"


class Direction(StrEnum):
	"""Which side is right about the stock of a location."""

	INBOUND = "Shopify → ERPNext"
	OUTBOUND = "ERPNext → Shopify"
	NONE = "None"


class OrderOutcome(StrEnum):
	"""What a state rule says of the Sales Order."""

	NONE = "No document"
	DRAFT = "Draft"
	SUBMITTED = "Submitted"
	CLOSED = "Closed"
	CANCELLED = "Cancelled"
	HOLD = "Hold for review"


class InvoiceNaming(StrEnum):
	"""How Sales Invoices and credit notes are called."""

	ORDER_NAME = "Order name"
	SERIES = "Naming Series"


class BookedMoney(StrEnum):
	"""Which of the two amounts that Shopify states is booked, where the customer saw another currency than the shop's."""

	SHOP = "Shop money"
	PRESENTMENT = "Presentment money"


class FulfillmentSide(StrEnum):
	"""Which side sends the goods and says so to the other."""

	SHOPIFY = "Shopify"
	ERPNEXT = "ERPNext"
	BOTH = "Both"


class FulfillmentLocation(StrEnum):
	"""What happens where goods leave ERPNext from another location than the one that Shopify assigned them to."""

	AS_ASSIGNED = "As assigned in Shopify"
	MOVE = "Move it"


class ReturnPush(StrEnum):
	"""What is said to Shopify about a return that somebody makes in ERPNext."""

	NOTHING = "Nothing"
	RETURN = "Return in Shopify"


class BundleStock(StrEnum):
	"""What is said to Shopify of the stock of a Product Bundle."""

	COMPONENTS = "From its components"
	NONE = "Not pushed"


class NotStocked(StrEnum):
	"""What happens where Shopify does not stock an item at the location that its stock should go to."""

	ACTIVATE = "Stock it there"
	FAIL = "Fail"


class Drift(StrEnum):
	"""What happens when Shopify's stock is not what it was last known to be."""

	ERPNEXT = "ERPNext's figure counts"
	CONFLICT = "Conflict"


class ValuationRule(StrEnum):
	"""Where the valuation rate of stock comes from when the warehouse has none yet."""

	ITEM = "Item's rate"
	LAST_PURCHASE = "Last purchase"
	PRICE_LIST = "Price list"
	FIXED = "Fixed rate"
	FAIL = "Fail"


class BatchRule(StrEnum):
	"""How stock of an Item with batches comes in, of which Shopify states one quantity."""

	REFUSE = "Refuse"
	ONE = "One batch per location"


class PostingDate(StrEnum):
	"""On which day stock that comes from Shopify is booked."""

	RECEIVED = "When received"
	HAPPENED = "When it happened in Shopify"
	NEXT_OPEN = "When it happened, or the next open day"


class VariantsAs(StrEnum):
	"""What a product with several variants becomes when Items are made of it."""

	TEMPLATE = "Template and variants"
	SEPARATE = "Separate Items"


@dataclass(frozen=True)
class TaxRule:
	"""Tax title (case ignored) and rate in percent (None: any) → account."""

	title: str
	rate: Decimal | None
	account: str


@dataclass(frozen=True)
class LocationRule:
	"""A Shopify location and its warehouse.

	:ivar warehouse: orders are sent from it, and stock that comes from Shopify goes to it.
	:ivar also: further warehouses, or groups of them, whose stock goes to the location too.
	:ivar safety_stock: pieces that are kept back from Shopify.
	"""

	location_id: str
	warehouse: str
	direction: Direction
	valuation_rule: ValuationRule = ValuationRule.ITEM
	fixed_rate: Decimal | None = None
	price_list: str | None = None
	batch_rule: BatchRule = BatchRule.REFUSE
	also: tuple[str, ...] = ()
	safety_stock: int = 0

	@property
	def warehouses(self) -> tuple[str, ...]:
		"""Every warehouse, or group of them, whose stock goes to the location."""
		return (self.warehouse, *self.also)


@dataclass(frozen=True)
class StockExclusion:
	"""Stock that does not go to Shopify: of an Item or of an Item Group with all below it; at one location, or (None) at all."""

	item: str | None = None
	item_group: str | None = None
	location_id: str | None = None


@dataclass(frozen=True)
class StateRule:
	"""What should exist for an order in this combination of statuses.

	:ivar financial_status: as Shopify writes it (`paid`); None: any that Shopify has.
	:ivar fulfillment_status: `unfulfilled`, `partial`, `fulfilled`, …; None: any that Shopify has.
	:ivar cancelled: None: either.
	:ivar invoice: a Sales Invoice; *payment*: a Payment Entry per successful transaction; *delivery*: a Delivery Note per fulfillment.
	:ivar priority: of several rules that fit the highest counts, then the first.
	"""

	outcome: OrderOutcome
	financial_status: str | None = None
	fulfillment_status: str | None = None
	cancelled: bool | None = None
	invoice: bool = False
	payment: bool = False
	delivery: bool = False
	priority: int = 0


@dataclass(frozen=True)
class GatewayRule:
	"""Where the money of a payment gateway goes.

	:ivar clearing_account: where it waits for the payout; without one it goes to *account* at once.
	:ivar fee_account: for fees that a transaction states.
	"""

	gateway: str
	mode_of_payment: str | None = None
	account: str | None = None
	clearing_account: str | None = None
	fee_account: str | None = None

	@property
	def money_account(self) -> str | None:
		"""The account that the payment is booked on."""
		return self.clearing_account or self.account


@dataclass(frozen=True)
class MatchingRule:
	"""One step of the search for an existing Customer; the first step that finds any ends it."""

	match_by: MatchBy


@dataclass(frozen=True)
class FieldAuthority:
	"""Whose value of *field* counts; the fields are declared in core/customers/fields.py."""

	field: str
	authority: Authority


@dataclass(frozen=True)
class StorePolicy:
	"""Everything a decision may depend on besides the payload and ERPNext's own state.

	:ivar company_currency: ISO code. Amounts in orders are in the order's currency, valuation rates in this one.
	:ivar time_zone: IANA name of the site's zone; a Sales Order's date is the day in this zone.
	:ivar rounding_tolerance: in the order's currency; the largest difference that may be posted.
	"""

	store: str
	company: str
	company_currency: str
	time_zone: str = "UTC"
	mode: Mode = Mode.LIVE
	sync_orders: bool = True
	sync_customers: bool = True
	sync_inventory: bool = True
	#: Keep which Item a variant is, by the products and inventory items that Shopify tells of.
	sync_products: bool = True
	#: Give an Item the barcode of its variant.
	sync_barcodes: bool = False
	#: Make Items of variants that belong to none.
	create_items: bool = False
	item_group: str | None = None
	stock_uom: str = "Nos"
	variants_as: VariantsAs = VariantsAs.TEMPLATE
	#: Keep the prices of variants in a price list.
	sync_prices: bool = False
	item_price_list: str | None = None
	#: ISO code of what the shop's prices are in; empty: the company's currency.
	shop_currency: str = ""
	stock_posting_date: PostingDate = PostingDate.RECEIVED
	order_prefix: str = "SO-"
	price_list: str | None = None
	default_warehouse: str | None = None
	cost_center: str | None = None
	delivery_days: int = 0
	tax_category: str | None = None
	item_matching: ItemMatching = ItemMatching.SKU_IS_ITEM_CODE
	custom_line_item: str | None = None
	tip_item: str | None = None
	gift_card_item: str | None = None
	rounding_tolerance: Decimal = Decimal(0)
	#: Empty: a customer that no link names becomes a new Customer.
	matching_rules: tuple[MatchingRule, ...] = ()
	#: A field without a row: the side that changed it counts; where both did, a person decides.
	field_authority: tuple[FieldAuthority, ...] = ()
	customer_merge: CustomerMerge = CustomerMerge.REVIEW
	#: On Shopify's request the personal fields of Customer, Contact and Address are blanked too.
	redact_documents: bool = False
	guest_policy: GuestPolicy = GuestPolicy.PER_EMAIL
	guest_customer: str | None = None
	customer_group: str | None = None
	territory: str | None = None
	default_tax_account: str | None = None
	tax_rules: tuple[TaxRule, ...] = ()
	shipping_account: str | None = None
	shipping_rules: tuple[tuple[str, str], ...] = ()
	locations: tuple[LocationRule, ...] = field(default=())
	stock_exclusions: tuple[StockExclusion, ...] = ()
	bundle_stock: BundleStock = BundleStock.COMPONENTS
	not_stocked: NotStocked = NotStocked.ACTIVATE
	on_drift: Drift = Drift.ERPNEXT
	#: Empty: the default set of core/orders/states.py.
	state_rules: tuple[StateRule, ...] = ()
	gateway_rules: tuple[GatewayRule, ...] = ()
	#: Sales Order field ← what Shopify says: (`tags`, `custom_tags`). See core/orders/fields.py.
	field_rules: tuple[tuple[str, str], ...] = ()
	booked_money: BookedMoney = BookedMoney.SHOP
	fulfillment_by: FulfillmentSide = FulfillmentSide.SHOPIFY
	fulfillment_location: FulfillmentLocation = FulfillmentLocation.AS_ASSIGNED
	#: Shopify writes to the customer about what is sent from ERPNext.
	notify_customer: bool = False
	push_returns: ReturnPush = ReturnPush.NOTHING
	invoice_updates_stock: bool = False
	invoice_naming: InvoiceNaming = InvoiceNaming.ORDER_NAME
	invoice_prefix: str = "SINV-"
	credit_note_prefix: str = "CN-"
	payment_prefix: str = "PAY-"
	delivery_prefix: str = "DN-"
	duty_account: str | None = None
	#: Takes what a refund gives beyond, or keeps of, the price of its lines.
	adjustment_account: str | None = None
	#: Takes the difference of cash rounding.
	rounding_account: str | None = None
	#: Gift cards that are sold are owed, not earned.
	gift_card_account: str | None = None
	#: Compare what Shopify Payments paid out with the Payment Entries on the gateway's account.
	reconcile_payouts: bool = False
	#: What people hold, for the time being.
	holds: tuple[Hold, ...] = ()
	#: Orders placed before this day (in the site's zone) that ERPNext does not have are not missed. None: all are.
	orders_from: date | None = None
	max_attempts: int = 8
	retry_base_seconds: float = 30.0
	retry_cap_seconds: float = 3600.0

	def tax_account(self, title: str, rate: Decimal) -> str | None:
		"""Return the account for a tax: the row with this title and rate, else the title with any rate, else the default.

		:param rate: as Shopify states it, a fraction (0.2 for 20 %).
		"""
		rows = [row for row in self.tax_rules if row.title.strip().casefold() == title.strip().casefold()]
		exact = [row.account for row in rows if row.rate is not None and row.rate == rate * 100]
		open_rows = [row.account for row in rows if row.rate is None]
		return next(iter(exact + open_rows), self.default_tax_account)

	def shipping_account_for(self, title: str, code: str) -> str | None:
		"""Return the account for a shipping line by its title or code (case ignored), else the default."""
		wanted = {title.strip().casefold(), code.strip().casefold()} - {""}
		return next(
			(account for name, account in self.shipping_rules if name.strip().casefold() in wanted),
			self.shipping_account,
		)

	def authority(self, field: str) -> Authority | None:
		"""Return whose value of a customer's field counts, or None when the store does not say."""
		return next((rule.authority for rule in self.field_authority if rule.field == field), None)

	def gateway(self, name: str) -> GatewayRule | None:
		"""Return the rule of a payment gateway by its name (case ignored), or None."""
		wanted = name.strip().casefold()
		return next((rule for rule in self.gateway_rules if rule.gateway.strip().casefold() == wanted), None)

	def location(self, location_id: str) -> LocationRule | None:
		"""Return the rule of a Shopify location, or None."""
		return next((rule for rule in self.locations if rule.location_id == location_id), None)

	def location_of(self, warehouses: tuple[str, ...]) -> str | None:
		"""Return the location that a warehouse stands for, or None.

		:param warehouses: the warehouse, then the groups that it stands in, the nearest first; the first that is mapped counts.
		"""
		for warehouse in warehouses:
			found = next((rule.location_id for rule in self.locations if warehouse in rule.warehouses), None)
			if found:
				return found
		return None

	@property
	def sends(self) -> bool:
		"""Whether what ERPNext delivers is said to Shopify."""
		return self.fulfillment_by is not FulfillmentSide.SHOPIFY

	@property
	def tells_returns(self) -> bool:
		"""Whether the goods that people take back in ERPNext become returns in Shopify."""
		return self.sends and self.push_returns is ReturnPush.RETURN

	def excludes(self, item: str, item_groups: tuple[str, ...], location_id: str) -> bool:
		"""Tell whether the stock of an Item is kept from a location. *item_groups*: its own and all above."""
		return any(
			(row.item == item or (row.item is None and row.item_group in item_groups)) and row.location_id in (None, location_id)
			for row in self.stock_exclusions
		)
