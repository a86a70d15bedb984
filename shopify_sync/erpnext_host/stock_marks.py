"""Which stock levels in Shopify a change in ERPNext bears on: by the links of inventory items and the stores' locations.

This runs at the end of every transaction that moves stock. Where nothing of it is linked, it is one query.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import frappe

from shopify_sync.core import keys
from shopify_sync.core.outbound.marks import Mark, stock_mark
from shopify_sync.core.policy import Direction, LocationRule, StorePolicy

from . import policies

#: Links of inventory items to the Items that changed, and to the Product Bundles that these are part of.
_LINKED = """SELECT link.store, link.shopify_id, link.document_name AS item, link.document_name AS changed, store.modified
	FROM `tabShopify Link` link JOIN `tabShopify Store` store ON store.name = link.store AND store.enabled = 1
	WHERE link.document_name IN %(codes)s AND link.document_type = 'Item' AND link.resource_type = 'inventory_item'
	UNION ALL
	SELECT link.store, link.shopify_id, link.document_name, part.item_code, store.modified
	FROM `tabProduct Bundle Item` part JOIN `tabProduct Bundle` bundle ON bundle.name = part.parent
	JOIN `tabShopify Link` link ON link.document_name = bundle.new_item_code
	AND link.document_type = 'Item' AND link.resource_type = 'inventory_item'
	JOIN `tabShopify Store` store ON store.name = link.store AND store.enabled = 1
	WHERE part.item_code IN %(codes)s AND part.parenttype = 'Product Bundle'"""


@dataclass(frozen=True)
class Change:
	"""The stock of an Item changed in a warehouse (None: anywhere).

	:ivar store: only in this store; None: in all.
	"""

	item: str
	warehouse: str | None = None
	store: str | None = None


def marks_of(changes: Iterable[Change]) -> set[Mark]:
	"""Return the marks of every level that *changes* bear on. Plain reads, in the caller's transaction."""
	by_item: dict[str, set[Change]] = {}
	for change in changes:
		by_item.setdefault(change.item.casefold(), set()).add(change)
	codes = tuple({change.item for found in by_item.values() for change in found})
	if not codes:
		return set()
	rows = frappe.db.sql(_LINKED, {"codes": codes}, as_dict=True)
	rules = {(row.store, row.modified): outbound(policies.of(row.store, row.modified)) for row in rows}
	rows = [row for row in rows if rules[(row.store, row.modified)]]
	if not rows:
		return set()
	above = _above({change.warehouse for found in by_item.values() for change in found if change.warehouse})
	marks = set()
	for row in rows:
		for change in by_item[row.changed.casefold()]:
			if change.store in (None, row.store):
				marks |= _at(row, change, rules[(row.store, row.modified)], above)
	return marks


def _at(row: Any, change: Change, rules: Iterable[LocationRule], above: Mapping[str, frozenset[str]]) -> set[Mark]:
	return {
		stock_mark(row.store, row.shopify_id, rule.location_id, row.item)
		for rule in rules
		if change.warehouse is None or above.get(change.warehouse, frozenset()) & set(rule.warehouses)
	}


def outbound(policy: StorePolicy) -> tuple[LocationRule, ...]:
	"""Return the locations whose stock goes from ERPNext to Shopify; none where the store does not sync stock."""
	if not policy.sync_inventory:
		return ()
	return tuple(rule for rule in policy.locations if rule.direction is Direction.OUTBOUND)


def marks_of_link(store: str, inventory_item: str, item: str, *, look: bool = False) -> set[Mark]:
	"""Return the marks of an inventory item at all locations of its store. *item*: the code of its Item; *look*: see `Mark`."""
	rules = outbound(policies.policy(store))
	return {stock_mark(store, inventory_item, rule.location_id, item, look=look) for rule in rules}


def marks_of_store(
	store: str, locations: Iterable[str] | None = None, items: Iterable[str] | None = None, *, look: bool = False
) -> set[Mark]:
	"""Return the marks of everything that a store links to an Item.

	:param locations: only these, by Shopify's id; *items*: only these. What takes no stock from ERPNext is left out.
	:param look: have read what Shopify has, even where that is taken for known.
	"""
	wanted = None if locations is None else set(locations)
	rules = [rule for rule in outbound(policies.policy(store)) if wanted is None or rule.location_id in wanted]
	if not rules:
		return set()
	query = """SELECT shopify_id, document_name FROM `tabShopify Link`
		WHERE store = %(store)s AND resource_type = %(resource)s AND document_type = 'Item' AND document_name != ''"""
	values: dict[str, Any] = {"store": store, "resource": keys.INVENTORY_ITEM}
	if items is not None:
		query += " AND document_name IN %(items)s"
		values["items"] = tuple(items) or ("",)
	return {
		stock_mark(store, inventory_item, rule.location_id, item, look=look)
		for inventory_item, item in frappe.db.sql(query, values)
		for rule in rules
	}


def _above(warehouses: set[str]) -> dict[str, frozenset[str]]:
	"""Return of each warehouse itself and the groups above it."""
	if not warehouses:
		return {}
	rows = frappe.db.sql(
		"""SELECT leaf.name, above.name FROM tabWarehouse leaf JOIN tabWarehouse above
		ON above.lft <= leaf.lft AND above.rgt >= leaf.rgt WHERE leaf.name IN %s""",
		(tuple(warehouses),),
	)
	found: dict[str, set[str]] = {}
	for leaf, above in rows:
		found.setdefault(leaf, set()).add(above)
	return {leaf: frozenset(names) for leaf, names in found.items()}
