"""Products: what the documents of this host say of their variants, Items, barcodes, attributes and prices.

An Item of the config has one barcode; one that was made of a product, or was given more, keeps them as rows besides.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from shopify_sync.core import keys
from shopify_sync.core.policy import StorePolicy
from shopify_sync.core.products.item_marks import VARIANTS
from shopify_sync.core.snapshots import (
	AttributeState,
	ItemState,
	LinkState,
	PriceState,
	ProductNeeds,
	ProductSnapshot,
	VariantQuery,
	VariantState,
)

from . import links

_BY_BARCODE = """SELECT name FROM document WHERE doctype = 'Item' AND json_extract(data, '$.barcode') = :barcode
UNION SELECT document.name FROM document, json_each(document.data, '$.barcodes') row
WHERE doctype = 'Item' AND json_extract(row.value, '$.barcode') = :barcode ORDER BY 1"""
_ATTRIBUTE = (
	"SELECT json_extract(data, '$.item_attribute_values') AS rows FROM document WHERE doctype = 'Item Attribute' AND name = ?"
)
_PRICE = """SELECT name, json_extract(data, '$.price_list_rate') AS rate FROM document
WHERE doctype = 'Item Price' AND json_extract(data, '$.item_code') = ? AND json_extract(data, '$.price_list') = ?"""


def items_with_barcode(connection: sqlite3.Connection, barcode: str) -> list[str]:
	"""Return the Items that have a barcode."""
	return [row["name"] for row in connection.execute(_BY_BARCODE, {"barcode": barcode})]


def with_barcode(values: Mapping[str, Any]) -> dict[str, Any]:
	"""Return the field that a config's Item keeps its barcode in, from the rows that ERPNext keeps them in."""
	rows = values.get("barcodes") or ()
	return {"barcode": values.get("barcode") or (rows[0]["barcode"] if rows else None)}


def new_rows(known: Iterable[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
	"""Return those of *rows* whose first column is not there yet, in any case."""
	column = next(iter(rows[0])) if rows else ""
	there = {str(row.get(column)).casefold() for row in known}
	return [row for row in rows if str(row[column]).casefold() not in there]


class ProductReader:
	"""Reads within one transaction, for one store.

	:param item: an Item by its code. *items_of_sku*: those that an SKU stands for.
	"""

	def __init__(
		self,
		connection: sqlite3.Connection,
		policy: StorePolicy,
		item: Callable[[str], ItemState | None],
		items_of_sku: Callable[[str], tuple[ItemState, ...]],
	) -> None:
		self._connection = connection
		self._policy = policy
		self._item = item
		self._items_of_sku = items_of_sku

	def read(self, needs: ProductNeeds) -> ProductSnapshot:
		"""Return what *needs* ask for."""
		link = links.read(self._connection, needs.key)
		named = {query.variant_id for query in needs.variants}
		remembered: Mapping[str, str] = link.facts.get(VARIANTS) or {}
		variants = {query.variant_id: self._variant(query) for query in needs.variants}
		items = self._items(needs, link, variants.values())
		return ProductSnapshot(
			link=link,
			variants=variants,
			others={id: self._links(id, stock) for id, stock in remembered.items() if id not in named},
			barcodes={
				barcode: names[0] for barcode in needs.barcodes if (names := items_with_barcode(self._connection, barcode))
			},
			items=items,
			attributes={name: found for name in needs.attributes if (found := self._attribute(name))},
			prices=self._prices(items.values(), needs.price_list),
			# Price lists are names here: they are in the shop's currency.
			price_currency=(self._policy.shop_currency or self._policy.company_currency) if needs.price_list else None,
		)

	def _links(self, variant_id: str, stock: str | None) -> VariantState:
		store = self._policy.store
		variant = links.read(self._connection, keys.key(store, keys.VARIANT, variant_id))
		return VariantState(variant, links.read(self._connection, keys.key(store, keys.INVENTORY_ITEM, stock)) if stock else None)

	def _variant(self, query: VariantQuery) -> VariantState:
		state = self._links(query.variant_id, query.inventory_item_id)
		link, stock = self._leading(state.link), self._leading(state.stock_link) if state.stock_link else None
		code = link.document_name or (stock.document_name if stock else None)
		return VariantState(link, stock, self._item(code) if code else None, self._items_of_sku(query.sku))

	def _leading(self, link: LinkState) -> LinkState:
		"""Return a link as if it led nowhere where its Item is gone."""
		gone = link.document_name and self._item(link.document_name) is None
		return replace(link, document_type=None, document_name=None) if gone else link

	def _items(self, needs: ProductNeeds, link: LinkState, variants: Iterable[VariantState]) -> dict[str, ItemState]:
		codes = {*needs.codes, *(query.code for query in needs.variants if query.code), link.document_name}
		found = [self._item(code) for code in codes if code] if needs.codes or any(q.code for q in needs.variants) else []
		of_variants = (item for state in variants for item in (state.item, *state.found))
		return {item.code.casefold(): item for item in (*found, *of_variants) if item}

	def _attribute(self, name: str) -> AttributeState | None:
		row = self._connection.execute(_ATTRIBUTE, (name,)).fetchone()
		if row is None:
			return None
		found = self._connection.execute(
			"SELECT json_extract(value, '$.attribute_value') AS value, json_extract(value, '$.abbr') AS abbr FROM json_each(?)",
			(row["rows"],),
		)
		return AttributeState(tuple((entry["value"], entry["abbr"]) for entry in found))

	def _prices(self, items: Iterable[ItemState], price_list: str | None) -> dict[str, PriceState]:
		if not price_list:
			return {}
		found = {item.code: self._connection.execute(_PRICE, (item.code, price_list)).fetchone() for item in items}
		return {code: PriceState(row["name"], Decimal(str(row["rate"]))) for code, row in found.items() if row}
