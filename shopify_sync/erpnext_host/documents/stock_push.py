"""What bears on stock that is pushed to Shopify, read for a whole batch: a handful of queries, however many levels there are."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import frappe

from shopify_sync.core import keys
from shopify_sync.core.policy import StorePolicy
from shopify_sync.core.snapshots import Component, ItemState, LinkState, StockPushNeeds, StockPushSnapshot, StockPushState

from .. import policies
from .deliveries import unfulfilled
from .items import read_items


@dataclass(frozen=True)
class _Linked:
	"""What the link of an inventory item says."""

	item: ItemState | None
	facts: Mapping[str, Any]


@dataclass(frozen=True)
class _Stock:
	"""What there is: *places*: leaf warehouses by location; quantities by (Item, warehouse), in the Item's stock unit."""

	places: Mapping[str, frozenset[str]]
	bins: Mapping[tuple[str, str], Decimal]
	unfulfilled: Mapping[tuple[str, str], Decimal]

	def at(self, item: str, location: str) -> Decimal:
		"""Return what the warehouses of a location hold of an Item."""
		return sum((self.bins.get((item, place), Decimal(0)) for place in self.places.get(location, ())), Decimal(0))

	def unfulfilled_at(self, item: str, location: str) -> Decimal:
		"""Return what left the warehouses of a location without a fulfillment in Shopify yet."""
		return sum((self.unfulfilled.get((item, place), Decimal(0)) for place in self.places.get(location, ())), Decimal(0))


def read_stock_push(needs: StockPushNeeds, locked: Mapping[str, LinkState]) -> StockPushSnapshot:
	"""Return the state of every level that is about to be pushed. The links of the pushes are locked; all else are plain reads."""
	store = needs.key.split("/", 1)[0]
	policy = policies.as_of_attempt(store)
	linked = _linked(store, {item for item, _location in needs.pairs})
	codes = {found.item.code for found in linked.values() if found.item}
	bundles = _bundles(codes)
	groups = _item_groups(codes) if any(row.item_group for row in policy.stock_exclusions) else {}
	stock = _read_stock(policy, {location for _item, location in needs.pairs}, codes, bundles)
	return StockPushSnapshot(
		{
			pair: _state(pair, locked[keys.key(store, keys.INVENTORY_PUSH, "-".join(pair))], linked, bundles, groups, stock)
			for pair in needs.pairs
		}
	)


def _state(
	pair: tuple[str, str],
	link: LinkState,
	linked: Mapping[str, _Linked],
	bundles: Mapping[str, list[tuple[str, Decimal]]],
	groups: Mapping[str, tuple[str, ...]],
	stock: _Stock,
) -> StockPushState:
	inventory_item, location = pair
	found = linked.get(inventory_item)
	if found is None or found.item is None:
		return StockPushState(link, item_facts=found.facts if found else {})
	code = found.item.code
	parts = bundles.get(code)
	# What was sent of a part by itself is still in Shopify's figure of the part, and so in that of what it is part of.
	components = (
		tuple(
			Component(per_bundle, stock.at(part, location) + stock.unfulfilled_at(part, location)) for part, per_bundle in parts
		)
		if parts
		else None
	)
	return StockPushState(
		link,
		found.item,
		found.facts,
		groups.get(code, ()),
		stock.at(code, location),
		stock.unfulfilled_at(code, location),
		components,
	)


def _linked(store: str, inventory_items: Iterable[str]) -> dict[str, _Linked]:
	"""Return what the links of inventory items say, by the inventory item."""
	names = {keys.key(store, keys.INVENTORY_ITEM, item): item for item in inventory_items}
	rows = frappe.db.sql(
		"SELECT name, document_type, document_name, uom_factor, facts FROM `tabShopify Link` WHERE name IN %s",
		(tuple(names) or ("",),),
		as_dict=True,
	)
	items = read_items(row.document_name for row in rows if row.document_type == "Item")
	# The database compares without case; the code that exists is what counts.
	by_fold = {code.casefold(): item for code, item in items.items()}
	found = {}
	for row in rows:
		item = by_fold.get((row.document_name or "").casefold()) if row.document_type == "Item" else None
		facts = json.loads(row.facts) if row.facts else {}
		# Rows from before there was a factor have 0.
		found[names[row.name]] = _Linked(replace(item, factor=row.uom_factor or 1) if item else None, facts)
	return found


def _bundles(codes: Iterable[str]) -> dict[str, list[tuple[str, Decimal]]]:
	"""Return the parts of the Items that are Product Bundles: (Item, how much of it one bundle takes, in its stock unit)."""
	rows = frappe.db.sql(
		"""SELECT bundle.new_item_code, part.item_code, SUM(part.qty) FROM `tabProduct Bundle` bundle
		JOIN `tabProduct Bundle Item` part ON part.parent = bundle.name AND part.parenttype = 'Product Bundle'
		JOIN tabItem item ON item.name = part.item_code AND item.is_stock_item = 1
		WHERE bundle.new_item_code IN %s AND bundle.disabled = 0 GROUP BY bundle.new_item_code, part.item_code""",
		(tuple(codes) or ("",),),
	)
	found: dict[str, list[tuple[str, Decimal]]] = {}
	for bundle, part, quantity in rows:
		found.setdefault(bundle, []).append((part, _decimal(quantity)))
	return found


def _item_groups(codes: Iterable[str]) -> dict[str, tuple[str, ...]]:
	"""Return of each Item its group and all above."""
	rows = frappe.db.sql(
		"""SELECT item.name, above.name FROM tabItem item JOIN `tabItem Group` own ON own.name = item.item_group
		JOIN `tabItem Group` above ON above.lft <= own.lft AND above.rgt >= own.rgt WHERE item.name IN %s""",
		(tuple(codes) or ("",),),
	)
	found: dict[str, tuple[str, ...]] = {}
	for code, group in rows:
		found[code] = (*found.get(code, ()), group)
	return found


def _read_stock(
	policy: StorePolicy, locations: Iterable[str], codes: set[str], bundles: Mapping[str, list[tuple[str, Decimal]]]
) -> _Stock:
	places = _places(policy, locations)
	wanted = codes | {part for parts in bundles.values() for part, _quantity in parts}
	warehouses = frozenset().union(*places.values()) if places else frozenset()
	if not (wanted and warehouses):
		return _Stock(places, {}, {})
	rows = frappe.db.sql(
		"SELECT item_code, warehouse, actual_qty FROM tabBin WHERE item_code IN %s AND warehouse IN %s",
		(tuple(wanted), tuple(warehouses)),
	)
	bins = {(item, warehouse): _decimal(quantity) for item, warehouse, quantity in rows}
	return _Stock(places, bins, unfulfilled(policy.store, wanted))


def _places(policy: StorePolicy, locations: Iterable[str]) -> dict[str, frozenset[str]]:
	"""Return the leaf warehouses of each location: groups with everything below them, without what is disabled."""
	rules = {location: rule for location in locations if (rule := policy.location(location))}
	mapped = {warehouse for rule in rules.values() for warehouse in rule.warehouses}
	rows = frappe.db.sql(
		"""SELECT top.name, leaf.name FROM tabWarehouse top JOIN tabWarehouse leaf ON leaf.lft >= top.lft AND leaf.rgt <= top.rgt
		WHERE top.name IN %s AND leaf.is_group = 0 AND leaf.disabled = 0""",
		(tuple(mapped) or ("",),),
	)
	below: dict[str, set[str]] = {}
	for top, leaf in rows:
		below.setdefault(top, set()).add(leaf)
	return {
		location: frozenset().union(*(below.get(warehouse, set()) for warehouse in rule.warehouses))
		for location, rule in rules.items()
	}


def _decimal(value: Any) -> Decimal:
	return Decimal(str(value or 0)).normalize()
