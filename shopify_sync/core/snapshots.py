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


@dataclass(frozen=True)
class DocumentState:
	"""A document that a link points to. `exists` is false when somebody deleted it."""

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


@dataclass(frozen=True)
class OrderNeeds:
	"""Read the Sales Order of the link, the Items of the lines, the customer, and the rate between two currencies."""

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
