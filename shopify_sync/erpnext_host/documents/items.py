"""Items: which one a variant, an SKU or an inventory item is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

import frappe

from shopify_sync.core import keys
from shopify_sync.core.policy import ItemMatching
from shopify_sync.core.snapshots import ItemQuery, ItemState


class _Linked(NamedTuple):
	"""What a Shopify Link says of an Item."""

	code: str
	factor: int = 1


def read_items(codes: Iterable[str]) -> dict[str, ItemState]:
	"""Return the Items with these codes, one query. Codes that do not exist are left out."""
	wanted = tuple({code for code in codes if code})
	if not wanted:
		return {}
	# Plain SQL: this runs for every order, and get_all() costs more than the query itself.
	rows = frappe.db.sql(
		"""SELECT name, stock_uom, is_stock_item, disabled, has_variants, has_batch_no OR has_serial_no AS tracked, has_serial_no
		FROM tabItem WHERE name IN %s""",
		(wanted,),
		as_dict=True,
	)
	return {
		row.name: ItemState(
			code=row.name,
			stock_uom=row.stock_uom,
			is_stock_item=bool(row.is_stock_item),
			disabled=bool(row.disabled),
			has_variants=bool(row.has_variants),
			has_batch_or_serial=bool(row.tracked),
			has_serial=bool(row.has_serial_no),
		)
		for row in rows
	}


def resolve(store: str, queries: tuple[ItemQuery, ...], matching: ItemMatching) -> dict[ItemQuery, ItemState]:
	"""Return the Item of each query that has one: by the variant's link, the SKU's link, then by the store's rule."""
	linked = _linked_items(_link_keys(store, queries))
	by_rule = _codes_by_rule({query.sku for query in queries if query.sku}, matching)
	items = read_items((*(link.code for link in linked.values()), *by_rule.values()))
	# The database compares without case; the code that exists is what counts.
	by_fold = {code.casefold(): item for code, item in items.items()}
	found = {}
	for query in queries:
		by_variant = linked.get(keys.key(store, keys.VARIANT, query.variant_id)) if query.variant_id else None
		by_sku = (linked.get(keys.key(store, keys.SKU, query.sku)) or _ruled(query.sku, by_rule)) if query.sku else None
		match = by_variant or by_sku
		item = by_fold.get(match.code.casefold()) if match else None
		if match and item:
			found[query] = replace(item, factor=match.factor) if match.factor != 1 else item
	return found


def _ruled(sku: str, by_rule: Mapping[str, str]) -> _Linked | None:
	code = by_rule.get(sku)
	return _Linked(code) if code else None


def linked_item(link_key: str) -> ItemState | None:
	"""Return the Item that a Shopify Link points to, or None."""
	link = _linked_items((link_key,)).get(link_key)
	item = read_items((link.code,)).get(link.code) if link else None
	return replace(item, factor=link.factor) if link and item else item


def _link_keys(store: str, queries: tuple[ItemQuery, ...]) -> tuple[str, ...]:
	variants = (keys.key(store, keys.VARIANT, query.variant_id) for query in queries if query.variant_id)
	skus = (keys.key(store, keys.SKU, query.sku) for query in queries if query.sku)
	return (*variants, *skus)


def _linked_items(link_keys: tuple[str, ...]) -> Mapping[str, _Linked]:
	if not link_keys:
		return {}
	query = (
		"SELECT name, document_name, uom_factor FROM `tabShopify Link` "
		"WHERE name IN %s AND document_type = 'Item' AND document_name != ''"
	)
	# Rows from before there was a factor have 0.
	return {name: _Linked(code, factor or 1) for name, code, factor in frappe.db.sql(query, (link_keys,))}


def codes_of_skus(skus: set[str], matching: ItemMatching) -> dict[str, tuple[str, ...]]:
	"""Return SKU → the codes that it stands for by the store's rule: more than one where Items share a barcode."""
	if not skus or matching is ItemMatching.LINK_ONLY:
		return {}
	if matching is ItemMatching.SKU_IS_ITEM_CODE:
		return {sku: (sku,) for sku in skus}
	rows = frappe.db.sql("SELECT DISTINCT barcode, parent FROM `tabItem Barcode` WHERE barcode IN %s", (tuple(skus),))
	found: dict[str, tuple[str, ...]] = {}
	for barcode, code in rows:
		found[barcode.casefold()] = (*found.get(barcode.casefold(), ()), code)
	return {sku: found[sku.casefold()] for sku in skus if sku.casefold() in found}


def _codes_by_rule(skus: set[str], matching: ItemMatching) -> dict[str, str]:
	"""Return the item code that each SKU stands for by the store's rule, whether that Item exists or not."""
	if not skus or matching is ItemMatching.LINK_ONLY:
		return {}
	if matching is ItemMatching.SKU_IS_ITEM_CODE:
		return {sku: sku for sku in skus}
	rows = frappe.db.sql("SELECT barcode, parent FROM `tabItem Barcode` WHERE barcode IN %s", (tuple(skus),))
	return dict(rows)
