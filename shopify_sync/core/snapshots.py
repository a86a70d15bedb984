"""What a decision needs to know of ERPNext: first stated as needs (what to read), then filled by a host as a snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from .policy import MatchBy


@dataclass(frozen=True)
class LinkState:
	"""A Shopify Link as it stood when it was locked."""

	key: str
	document_type: str | None = None
	document_name: str | None = None
	version: str | None = None
	last_event: str | None = None
	agreed: Mapping[str, Any] = field(default_factory=dict)
	facts: Mapping[str, Any] = field(default_factory=dict)
	#: How many stock units of the Item one piece in Shopify is.
	factor: int = 1


@dataclass(frozen=True)
class DocumentState:
	"""A document that a link points to, or its latest amendment. `exists` is false when somebody deleted it."""

	doctype: str
	name: str
	exists: bool
	docstatus: int = 0
	values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ItemState:
	"""An Item that a line or a stock level resolves to."""

	code: str
	stock_uom: str = "Nos"
	is_stock_item: bool = True
	disabled: bool = False
	has_variants: bool = False
	has_batch_or_serial: bool = False
	#: Of *has_batch_or_serial*: serial numbers, with or without batches.
	has_serial: bool = False
	#: How many stock units of the Item one piece sold in Shopify is (a box of six: 6).
	factor: int = 1


@dataclass(frozen=True)
class Match:
	"""Look for Customers by one rule. *value* is already in the spelling of the rule: lower case, digits, capitals."""

	by: MatchBy
	value: str


@dataclass(frozen=True)
class CustomerNeeds:
	"""Read the Customer of a link, its Contact and Addresses; when there is none, the Customers that a rule finds.

	:ivar matches: in order; the first that finds any ends the search.
	:ivar address_keys: Addresses to read besides the customer's own, see core/customers/addresses.py.
	:ivar language: as Shopify writes it (`pt-BR`), or empty. *currency*: ISO code, or empty.
	"""

	key: str
	contact_key: str
	matches: tuple[Match, ...] = ()
	address_keys: tuple[str, ...] = ()
	countries: tuple[str, ...] = ()
	language: str = ""
	currency: str = ""


@dataclass(frozen=True)
class CustomerSnapshot:
	"""What ERPNext knows of a customer.

	:ivar customer: its *values* hold the fields of core/customers/fields.py, `modified` (UTC, ISO) and `modified_by`; so do those of
		*contact*, with `email_ids` and `phone_nos` as lists of text, and those of each of *addresses*.
	:ivar candidates: names of the Customers that the rule *matched_by* found. *matched*: the Customer, when it is only one.
	:ivar addresses: key → Address.
	:ivar countries: ISO code or name as Shopify sent it → name of ERPNext's Country.
	:ivar language: name of ERPNext's Language for the one that was asked for, or None.
	:ivar currency_is_booked: whether the company has an account that customers can owe this currency on.
	"""

	link: LinkState
	customer: DocumentState | None = None
	contact: DocumentState | None = None
	candidates: tuple[str, ...] = ()
	matched_by: str = ""
	matched: DocumentState | None = None
	addresses: Mapping[str, DocumentState] = field(default_factory=dict)
	countries: Mapping[str, str] = field(default_factory=dict)
	language: str | None = None
	currency_is_booked: bool = False


@dataclass(frozen=True)
class ItemQuery:
	"""How to find the Item of one line: by variant, then by SKU, as the store's rule says."""

	variant_id: str | None
	sku: str


#: What a decision reads of a Sales Order. Money as text or number, in the document's currency.
SALES_ORDER_FIELDS = (
	"status", "currency", "conversion_rate", "grand_total", "discount_amount", "customer", "customer_address",
	"shipping_address_name", "contact_person", "per_billed", "per_delivered",
)  # fmt: skip
#: What a decision reads of the documents that follow a Sales Order.
DOCUMENT_FIELDS = ("is_return",)
#: What a decision reads of a Delivery Note that people made.
NOTE_FIELDS = ("shopify_tracking_number", "shopify_tracking_company", "shopify_tracking_url")


@dataclass(frozen=True)
class OrderNeeds:
	"""Read the Sales Order of the link, the documents whose keys begin with the order's (`<key>/…`), the Items of the lines, the customer, and the rate between two currencies."""

	key: str
	name: str
	items: tuple[ItemQuery, ...]
	special_items: tuple[str, ...]
	customer: CustomerNeeds | None
	currency: str
	on: date


@dataclass(frozen=True)
class OwnReturn:
	"""What people's own returns, which are submitted, took back of one Delivery Note.

	:ivar note: its name. *lines*: line → quantity in stock units, above zero.
	"""

	note: str
	lines: Mapping[str, Decimal]


@dataclass(frozen=True)
class OrderSnapshot:
	"""What ERPNext knows that bears on an order.

	:ivar sales_order: its *values* hold :data:`SALES_ORDER_FIELDS`.
	:ivar documents: `shopify_key` → the Sales Invoice, Payment Entry or Delivery Note that has it, cancelled ones too;
		*values* hold :data:`DOCUMENT_FIELDS`.
	:ivar name_taken: a document of another key already has the name that the Sales Order would get.
	:ivar exchange_rate: order's currency → company's; None when ERPNext has none.
	:ivar push: the link of the order's deliveries on their way out: its facts tell which fulfillments are our own. None: none are.
	:ivar pushed_notes: name → the Delivery Note of people's own that a fulfillment of ours was made of, or its amendment;
		*values* hold :data:`NOTE_FIELDS`, and `lines`: line → quantity in stock units.
	:ivar own_returns: what people took back themselves; it counts for refunds that bring the same goods back.
	"""

	link: LinkState
	sales_order: DocumentState | None
	items: Mapping[ItemQuery, ItemState]
	special_items: Mapping[str, ItemState]
	customer: CustomerSnapshot | None
	exchange_rate: Decimal | None
	name_taken: bool = False
	documents: Mapping[str, DocumentState] = field(default_factory=dict)
	push: LinkState | None = None
	pushed_notes: Mapping[str, DocumentState] = field(default_factory=dict)
	own_returns: tuple[OwnReturn, ...] = ()


@dataclass(frozen=True)
class StockNeeds:
	"""Read the Item of an inventory item, and its Bin in a warehouse.

	:ivar batch_of: the location whose one batch takes the stock of Items with batches (core/inventory/stock_rules.py `batch_name`).
	:ivar at: the moment (UTC) as of which stock is booked; None: now. *next_open*: on the next open day where that one is closed.
	"""

	key: str
	item_key: str
	warehouse: str
	price_list: str | None = None
	batch_of: str | None = None
	at: datetime | None = None
	next_open: bool = False


@dataclass(frozen=True)
class Booked:
	"""What a Stock Reconciliation finds that is booked at an earlier moment, or on a batch.

	:ivar at: the moment in the site's zone, without one; None: now. Never later than now, nor earlier than another count.
	:ivar quantity: what the warehouse, or the batch in it, holds at that moment. *rate*: at which.
	"""

	quantity: Decimal
	rate: Decimal | None = None
	at: datetime | None = None
	batch_exists: bool = False


@dataclass(frozen=True)
class StockSnapshot:
	"""What ERPNext knows of a stock level. Rates are in the company's currency; None when there is none."""

	link: LinkState
	item: ItemState | None
	quantity: Decimal = Decimal(0)
	bin_rate: Decimal | None = None
	item_rate: Decimal | None = None
	last_purchase_rate: Decimal | None = None
	price_list_rate: Decimal | None = None
	#: None: the Bin as it is now is all that counts.
	booked: Booked | None = None


@dataclass(frozen=True)
class VariantQuery:
	"""Look for the Item of a variant: its link's, its inventory item's, then those that the store's rule finds by SKU.

	:ivar code: the Item that would be made of it; empty where none would be.
	"""

	variant_id: str
	inventory_item_id: str | None
	sku: str
	barcode: str = ""
	code: str = ""


@dataclass(frozen=True)
class ProductNeeds:
	"""Read what ERPNext knows of a product and of its variants.

	The links of variants that the product's link remembers, and that are not among *variants*, are locked and read too.

	:ivar barcodes: look which Items have them.
	:ivar codes: look which of these Items exist: templates that might be made.
	:ivar attributes: Item Attributes that a template would have.
	:ivar price_list: read the prices of the Items in it.
	"""

	key: str
	variants: tuple[VariantQuery, ...] = ()
	barcodes: tuple[str, ...] = ()
	codes: tuple[str, ...] = ()
	attributes: tuple[str, ...] = ()
	price_list: str | None = None


@dataclass(frozen=True)
class VariantState:
	"""What ERPNext knows of a variant.

	:ivar link: of the variant; *stock_link*: of its inventory item, None where that is not known.
	:ivar item: the Item that one of the two leads to. None: neither does, or somebody deleted the Item.
	:ivar found: the Items that its SKU stands for, by its link or by the store's rule.
	"""

	link: LinkState
	stock_link: LinkState | None = None
	item: ItemState | None = None
	found: tuple[ItemState, ...] = ()


@dataclass(frozen=True)
class AttributeState:
	"""An Item Attribute: its values with their abbreviations. *is_numeric*: it has a range instead, to which nothing is added."""

	values: tuple[tuple[str, str], ...] = ()
	is_numeric: bool = False


@dataclass(frozen=True)
class PriceState:
	"""An Item Price: its name and its rate, in the price list's currency."""

	name: str
	rate: Decimal


@dataclass(frozen=True)
class ProductSnapshot:
	"""What ERPNext knows that bears on a product.

	:ivar variants: by the variant's id.
	:ivar others: variants that the product's link remembers, and that the payload does not hold.
	:ivar barcodes: barcode → Item that has it.
	:ivar items: code → Item, of the codes that were asked for and of those of the variants; codes in any case.
	:ivar attributes: name → Item Attribute; those that do not exist are left out.
	:ivar prices: Item → its price in the price list. *price_currency*: of that list; None: there is no such list.
	"""

	link: LinkState
	variants: Mapping[str, VariantState] = field(default_factory=dict)
	others: Mapping[str, VariantState] = field(default_factory=dict)
	barcodes: Mapping[str, str] = field(default_factory=dict)
	items: Mapping[str, ItemState] = field(default_factory=dict)
	attributes: Mapping[str, AttributeState] = field(default_factory=dict)
	prices: Mapping[str, PriceState] = field(default_factory=dict)
	price_currency: str | None = None


@dataclass(frozen=True)
class LevelNeeds:
	"""Read the links of an inventory level and of what was pushed to it, and, where the level is ours to write, its stock."""

	key: str
	push_key: str
	stock: StockNeeds | None = None


@dataclass(frozen=True)
class LevelSnapshot:
	"""What is known of an inventory level. :ivar push: its facts are the memory of core/outbound/memory.py."""

	link: LinkState
	push: LinkState
	stock: StockSnapshot | None = None


@dataclass(frozen=True)
class LinkOnlyNeeds:
	"""Read nothing but the link: the payload and the policy already decide."""

	key: str


@dataclass(frozen=True)
class CustomerMergeNeeds:
	"""Read what there is of two customers that Shopify made one."""

	key: str
	kept: CustomerNeeds
	deleted: CustomerNeeds


@dataclass(frozen=True)
class CustomerMergeSnapshot:
	"""What ERPNext knows of two customers that Shopify made one."""

	kept: CustomerSnapshot
	deleted: CustomerSnapshot


@dataclass(frozen=True)
class Component:
	"""A part of a Product Bundle: how much of it one bundle takes, and what the location's warehouses hold of it."""

	per_bundle: Decimal
	quantity: Decimal


@dataclass(frozen=True)
class StockPushNeeds:
	"""Read what bears on the stock that is pushed to Shopify, of *pairs* (inventory item, location); their links are locked.

	:ivar key: of the link of any of them, which tells the store.
	"""

	key: str
	pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class StockPushState:
	"""What ERPNext and the links say of a level.

	:ivar link: the link of the push; its facts are the memory of core/outbound/memory.py.
	:ivar item: the Item that the inventory item is linked to; *item_facts*: what Shopify said of it (`deleted`, `tracked`).
	:ivar item_groups: of the Item: its own group and all above.
	:ivar quantity: what the location's warehouses hold of the Item, in its stock unit.
	:ivar unfulfilled: what Delivery Notes took from there whose fulfillment Shopify does not have yet, in its stock unit.
	:ivar components: of a Product Bundle; None for any other Item.
	"""

	link: LinkState
	item: ItemState | None = None
	item_facts: Mapping[str, Any] = field(default_factory=dict)
	item_groups: tuple[str, ...] = ()
	quantity: Decimal = Decimal(0)
	unfulfilled: Decimal = Decimal(0)
	components: tuple[Component, ...] | None = None


@dataclass(frozen=True)
class StockPushSnapshot:
	"""The state of every pair that was asked for."""

	states: Mapping[tuple[str, str], StockPushState]


@dataclass(frozen=True)
class DeliveryPushNeeds:
	"""Read the Delivery Notes of an order that people made in ERPNext.

	:ivar key: of the link of the push; *order_key*: of the order's, which is read and not locked.
	"""

	key: str
	order_key: str


@dataclass(frozen=True)
class NoteRow:
	"""An item row of a Delivery Note that belongs to a line of the order.

	:ivar line: Shopify's line item. *quantity*: in the Item's stock unit.
	:ivar warehouses: the row's warehouse, then the groups that it stands in, the nearest first.
	"""

	line: str
	quantity: Decimal
	warehouses: tuple[str, ...] = ()


@dataclass(frozen=True)
class NoteState:
	"""A Delivery Note, submitted or cancelled. *tracking_number*: several are separated by commas.

	:ivar against: of a return: the Delivery Note that it takes goods back of; its rows' quantities are above zero here.
	:ivar fulfillment: of a return: the id of the fulfillment that the app made that Delivery Note of; empty: people made it.
	"""

	name: str
	docstatus: int
	rows: tuple[NoteRow, ...]
	tracking_number: str = ""
	tracking_company: str = ""
	tracking_url: str = ""
	amended_from: str | None = None
	against: str = ""
	fulfillment: str = ""


@dataclass(frozen=True)
class DeliveryPushSnapshot:
	"""What ERPNext knows of the deliveries of an order.

	:ivar link: of the push; its facts are the memory of core/outbound/parcels.py. *order*: the link of the order.
	:ivar notes: oldest first; returns and notes that the app made of fulfillments are not among them.
	:ivar booked: ids of the fulfillments that such notes were made of.
	:ivar returns: people's own returns, oldest first; read where the store tells Shopify of them.
	:ivar refunds: ids of the refunds whose goods the app brought back into stock.
	"""

	link: LinkState
	order: LinkState
	notes: tuple[NoteState, ...] = ()
	booked: frozenset[str] = frozenset()
	returns: tuple[NoteState, ...] = ()
	refunds: frozenset[str] = frozenset()


Needs = (
	CustomerNeeds
	| CustomerMergeNeeds
	| OrderNeeds
	| StockNeeds
	| ProductNeeds
	| StockPushNeeds
	| DeliveryPushNeeds
	| LevelNeeds
	| LinkOnlyNeeds
)
Snapshot = (
	CustomerSnapshot
	| CustomerMergeSnapshot
	| OrderSnapshot
	| StockSnapshot
	| ProductSnapshot
	| StockPushSnapshot
	| DeliveryPushSnapshot
	| LevelSnapshot
	| LinkState
)
