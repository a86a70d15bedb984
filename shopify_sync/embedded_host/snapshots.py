"""Fills the needs of a decision: what the documents, links and Items of this host say."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from shopify_sync.core import keys
from shopify_sync.core.policy import ItemMatching, StorePolicy
from shopify_sync.core.snapshots import (
	Component,
	CustomerMergeNeeds,
	CustomerMergeSnapshot,
	CustomerNeeds,
	DeliveryPushNeeds,
	DocumentState,
	ItemQuery,
	ItemState,
	LevelNeeds,
	LevelSnapshot,
	LinkOnlyNeeds,
	LinkState,
	Needs,
	OrderNeeds,
	OrderSnapshot,
	ProductNeeds,
	Snapshot,
	StockNeeds,
	StockPushNeeds,
	StockPushSnapshot,
	StockPushState,
	StockSnapshot,
)

from . import delivery_notes, documents, links, products, selling, stock
from .config import Config
from .customers import read_customer
from .products import ProductReader


class Reader:
	"""Reads within one transaction, for one store."""

	def __init__(self, connection: sqlite3.Connection, config: Config, policy: StorePolicy) -> None:
		self._connection = connection
		self._config = config
		self._policy = policy

	def read(self, needs: Needs) -> Snapshot:
		"""Return what *needs* ask for."""
		if isinstance(needs, OrderNeeds):
			return self._order(needs)
		if isinstance(needs, CustomerNeeds):
			return read_customer(self._connection, needs, self._policy)
		if isinstance(needs, CustomerMergeNeeds):
			sides = (read_customer(self._connection, one, self._policy) for one in (needs.kept, needs.deleted))
			return CustomerMergeSnapshot(*sides)
		if isinstance(needs, StockNeeds):
			return self._stock(needs)
		if isinstance(needs, ProductNeeds):
			return ProductReader(self._connection, self._policy, self._item, self.items_of_sku).read(needs)
		if isinstance(needs, LevelNeeds):
			found = self._stock(needs.stock) if needs.stock else None
			return LevelSnapshot(links.read(self._connection, needs.key), links.read(self._connection, needs.push_key), found)
		if isinstance(needs, StockPushNeeds):
			return self._stock_push(needs)
		if isinstance(needs, DeliveryPushNeeds):
			return delivery_notes.read(self._connection, needs)
		assert isinstance(needs, LinkOnlyNeeds)
		return links.read(self._connection, needs.key)

	def _order(self, needs: OrderNeeds) -> OrderSnapshot:
		link = links.read(self._connection, needs.key)
		special = {code: self._item(code) for code in needs.special_items}
		found = {query: self._item_of(query) for query in needs.items}
		namesake = self._connection.execute(
			"SELECT 1 FROM document WHERE doctype = 'Sales Order' AND name = ? AND shopify_key IS NOT ?", (needs.name, needs.key)
		).fetchone()
		sales_order = self._linked(link, "Sales Order")
		return OrderSnapshot(
			link=link,
			sales_order=sales_order,
			items={query: item for query, item in found.items() if item},
			special_items={code: item for code, item in special.items() if item},
			customer=read_customer(self._connection, needs.customer, self._policy) if needs.customer else None,
			exchange_rate=self._config.rate(needs.currency, self._policy.company_currency),
			name_taken=namesake is not None,
			documents=selling.under(self._connection, needs.key),
			own_returns=delivery_notes.own_returns(self._connection, sales_order.name) if sales_order else (),
			**self._pushed_deliveries(needs.key),
		)

	def _pushed_deliveries(self, order_key: str) -> dict[str, Any]:
		push = links.read(self._connection, keys.push_of_order(order_key))
		return {"push": push, "pushed_notes": delivery_notes.pushed(self._connection, push)}

	def _stock(self, needs: StockNeeds) -> StockSnapshot:
		link = links.read(self._connection, needs.key)
		document = self._linked(links.read(self._connection, needs.item_key), "Item")
		if document is None or not document.exists:
			return StockSnapshot(link, None)
		item = document.values
		there = documents.get(self._connection, "Bin", documents.bin_name(document.name, needs.warehouse)).values
		return StockSnapshot(
			link=link,
			item=_item_state(document),
			quantity=Decimal(there.get("actual_qty") or 0),
			bin_rate=_rate(there.get("valuation_rate")),
			item_rate=_rate(item.get("valuation_rate")),
			last_purchase_rate=_rate(item.get("last_purchase_rate")),
			price_list_rate=_rate((item.get("prices") or {}).get(needs.price_list)),
			booked=stock.booked(self._connection, needs, _item_state(document)),
		)

	def _stock_push(self, needs: StockPushNeeds) -> StockPushSnapshot:
		return StockPushSnapshot({pair: self.pushed(*pair) for pair in needs.pairs})

	def pushed(self, inventory_item: str, location: str) -> StockPushState:
		"""Return what bears on the stock that is pushed to an inventory level."""
		store = self._policy.store
		link = links.read(self._connection, keys.key(store, keys.INVENTORY_PUSH, f"{inventory_item}-{location}"))
		about = links.read(self._connection, keys.key(store, keys.INVENTORY_ITEM, inventory_item))
		document = self._linked(about, "Item")
		rule = self._policy.location(location)
		if document is None or not document.exists or rule is None:
			return StockPushState(link, item_facts=about.facts)
		item = document.values
		parts = [
			Component(Decimal(per_bundle), stock.quantity_of(self._connection, part, rule.warehouses))
			for part, per_bundle in (item.get("components") or {}).items()
		]
		return StockPushState(
			link=link,
			item=_item_state(document),
			item_facts=about.facts,
			item_groups=(item["item_group"],) if item.get("item_group") else (),
			quantity=stock.quantity_of(self._connection, document.name, rule.warehouses),
			unfulfilled=delivery_notes.unfulfilled(self._connection, self._policy, document.name, rule.warehouses),
			components=tuple(parts) or None,
		)

	def _linked(self, link: LinkState, doctype: str) -> DocumentState | None:
		"""Return the document of a link; where somebody deleted the link, the one that carries its key."""
		return documents.linked(self._connection, link, doctype)

	def _item_of(self, query: ItemQuery) -> ItemState | None:
		"""Return the Item of a line: by its variant's link, by its SKU's link, then by the store's rule."""
		for resource, shopify_id in ((keys.VARIANT, query.variant_id), (keys.SKU, query.sku)):
			if shopify_id:
				link = links.read(self._connection, keys.key(self._policy.store, resource, shopify_id))
				if link.document_name:
					return self._item(link.document_name)
		if not query.sku:
			return None
		if self._policy.item_matching is ItemMatching.SKU_IS_ITEM_CODE:
			return self._item(query.sku)
		if self._policy.item_matching is ItemMatching.SKU_IS_BARCODE:
			return self._item_with_barcode(query.sku)
		return None

	def items_of_sku(self, sku: str) -> tuple[ItemState, ...]:
		"""Return the Items that an SKU stands for, by its link or by the store's rule."""
		linked = links.read(self._connection, keys.key(self._policy.store, keys.SKU, sku)).document_name if sku else None
		found: list[ItemState | None] = []
		if linked:
			found = [self._item(linked)]
		elif sku and self._policy.item_matching is ItemMatching.SKU_IS_ITEM_CODE:
			found = [self._item(sku)]
		elif sku and self._policy.item_matching is ItemMatching.SKU_IS_BARCODE:
			found = [self._item(name) for name in products.items_with_barcode(self._connection, sku)]
		return tuple(item for item in found if item)

	def _item(self, code: str) -> ItemState | None:
		document = documents.get(self._connection, "Item", code)
		if document.exists:
			return _item_state(document)
		return ItemState(code) if self._config.accept_any_sku else None

	def _item_with_barcode(self, barcode: str) -> ItemState | None:
		names = products.items_with_barcode(self._connection, barcode)
		# Two Items with one barcode: taking either would be a guess.
		return self._item(names[0]) if len(names) == 1 else None


def _item_state(document: DocumentState) -> ItemState:
	item: Mapping[str, Any] = document.values
	return ItemState(
		code=document.name,
		stock_uom=item.get("stock_uom") or "Nos",
		is_stock_item=bool(item.get("is_stock_item", True)),
		disabled=bool(item.get("disabled")),
		has_variants=bool(item.get("has_variants")),
		has_batch_or_serial=bool(item.get("has_batch_or_serial")),
		has_serial=bool(item.get("has_serial")),
	)


def _rate(value: Any) -> Decimal | None:
	return Decimal(value) if value not in (None, "") else None
