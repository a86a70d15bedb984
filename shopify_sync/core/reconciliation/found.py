"""What ERPNext has of a record, read in sets: a handful of queries for a page of records, never document by document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ..snapshots import LinkState
from .findings import OpenEvent, Touches


@dataclass(frozen=True)
class FoundDocument:
	"""A document of an order. Money is in *currency*, unless said otherwise.

	:ivar key: its `shopify_key`; empty: people made it, against the order's Sales Order.
	:ivar total: `grand_total`; below zero for a credit note.
	:ivar rate: the document's currency → the company's.
	:ivar lines: Shopify's line item → pieces in stock units, below zero where they come back. *items*: line → Item.
	:ivar taxes: account → amount.
	:ivar reference: of a Payment Entry: Shopify's transaction. *payment_type*: Receive or Pay.
	:ivar settled: of a Payment Entry: what moved, in the company's currency, with what was deducted, by account, in *deductions*.
	"""

	doctype: str
	name: str
	key: str
	docstatus: int
	status: str = ""
	currency: str = ""
	total: Decimal = Decimal(0)
	rate: Decimal = Decimal(1)
	is_return: bool = False
	lines: Mapping[str, Decimal] = field(default_factory=dict)
	items: Mapping[str, str] = field(default_factory=dict)
	taxes: Mapping[str, Decimal] = field(default_factory=dict)
	reference: str = ""
	payment_type: str = ""
	settled: Decimal = Decimal(0)
	deductions: Mapping[str, Decimal] = field(default_factory=dict)

	@property
	def ref(self) -> tuple[str, str]:
		"""(doctype, name)."""
		return self.doctype, self.name


@dataclass(frozen=True)
class Found:
	"""What ERPNext and the ledger have of a record.

	:ivar link: None: there is no link.
	:ivar events: what is not finished, or was put away, newest version first; of its parts too.
	:ivar touches: who changed its documents by hand. Of those that were deleted, who deleted them.
	:ivar pushing: what of it goes out is not finished.
	"""

	link: LinkState | None = None
	events: tuple[OpenEvent, ...] = ()
	touches: Touches = field(default_factory=dict)
	pushing: tuple[OpenEvent, ...] = ()


@dataclass(frozen=True)
class FoundOrder(Found):
	"""What ERPNext has of an order.

	:ivar documents: all that have a key of the order's, cancelled ones too, and people's Delivery Notes against its Sales Order.
	:ivar variants: variant → the Item that it is linked to now.
	"""

	documents: tuple[FoundDocument, ...] = ()
	variants: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class FoundCustomer(Found):
	"""What ERPNext has of a customer.

	:ivar values: the fields of core/customers/fields.py, as text; None: the document is not there.
	:ivar documents: doctype → name.
	:ivar conflicts: fields that wait in an open Sync Conflict.
	"""

	values: Mapping[str, str] | None = None
	documents: Mapping[str, str] = field(default_factory=dict)
	conflicts: frozenset[str] = frozenset()


@dataclass(frozen=True)
class FoundLevel(Found):
	"""What ERPNext has of an inventory level: where its stock is ERPNext's to say, *push* is what a push would read.

	:ivar quantity: what the location's warehouse holds of the Item, in its stock unit; *factor*: stock units of one piece.
	"""

	item: str | None = None
	is_stock_item: bool = True
	factor: int = 1
	quantity: Decimal = Decimal(0)
	push: Any = None


@dataclass(frozen=True)
class FoundVariant(Found):
	"""What the links say of a variant and of its inventory item.

	:ivar item: the Item of the variant's link; *item_exists*: it is there. *stock_item*: of the inventory item's.
	:ivar by_sku: the Item that its SKU stands for by the store's rule, None where none does.
	"""

	item: str | None = None
	item_exists: bool = False
	stock_link: LinkState | None = None
	stock_item: str | None = None
	by_sku: str | None = None
