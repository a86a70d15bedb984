"""What a decision needs to know of ERPNext: first stated as needs (what to read), then filled by a host as a snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any


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
	#: How many stock units of the Item one piece sold in Shopify is (a box of six: 6).
	factor: int = 1


@dataclass(frozen=True)
class CustomerNeeds:
	"""Read the Customer of a link, its Contact, candidates by e-mail, and the Addresses that already have these keys."""

	key: str
	contact_key: str
	match_email: str | None = None
	address_keys: tuple[str, ...] = ()
	countries: tuple[str, ...] = ()


@dataclass(frozen=True)
class CustomerSnapshot:
	"""What ERPNext knows of a customer.

	:ivar candidates: names of Customers with the e-mail, when the store matches by it.
	:ivar addresses: key → name of Addresses that exist.
	:ivar countries: ISO code or name as Shopify sent it → name of ERPNext's Country.
	"""

	link: LinkState
	customer: DocumentState | None = None
	contact: DocumentState | None = None
	candidates: tuple[str, ...] = ()
	addresses: Mapping[str, str] = field(default_factory=dict)
	countries: Mapping[str, str] = field(default_factory=dict)


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
class OrderSnapshot:
	"""What ERPNext knows that bears on an order.

	:ivar sales_order: its *values* hold :data:`SALES_ORDER_FIELDS`.
	:ivar documents: `shopify_key` → the Sales Invoice, Payment Entry or Delivery Note that has it, cancelled ones too;
		*values* hold :data:`DOCUMENT_FIELDS`.
	:ivar name_taken: a document of another key already has the name that the Sales Order would get.
	:ivar exchange_rate: order's currency → company's; None when ERPNext has none.
	"""

	link: LinkState
	sales_order: DocumentState | None
	items: Mapping[ItemQuery, ItemState]
	special_items: Mapping[str, ItemState]
	customer: CustomerSnapshot | None
	exchange_rate: Decimal | None
	name_taken: bool = False
	documents: Mapping[str, DocumentState] = field(default_factory=dict)


@dataclass(frozen=True)
class StockNeeds:
	"""Read the Item of an inventory item, and its Bin in a warehouse."""

	key: str
	item_key: str
	warehouse: str
	price_list: str | None = None


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


@dataclass(frozen=True)
class LinkOnlyNeeds:
	"""Read nothing but the link: the payload and the policy already decide."""

	key: str


Needs = CustomerNeeds | OrderNeeds | StockNeeds | LinkOnlyNeeds
Snapshot = CustomerSnapshot | OrderSnapshot | StockSnapshot | LinkState
