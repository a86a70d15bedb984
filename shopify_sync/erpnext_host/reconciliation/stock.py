"""What ERPNext has of a page of inventory levels and of variants, in a constant number of queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import frappe

from shopify_sync.core import keys
from shopify_sync.core.contracts.inventory_level import InventoryLevel
from shopify_sync.core.policy import Direction, StorePolicy
from shopify_sync.core.reconciliation.found import FoundLevel, FoundVariant
from shopify_sync.core.snapshots import LinkState, StockPushNeeds, StockPushState

from ..documents.items import read_items
from ..documents.products import candidates
from ..documents.stock_push import read_stock_push
from . import ledger
from .documents import decimal
from .ledger import LinkRow


def read_levels(policy: StorePolicy, levels: Sequence[InventoryLevel]) -> dict[str, FoundLevel]:
	"""Return what ERPNext has of each level, by its id: of one that ERPNext pushes, what a push would read."""
	level_keys = {level.id: keys.key(policy.store, keys.INVENTORY_LEVEL, level.id) for level in levels}
	push_keys = {level.id: keys.key(policy.store, keys.INVENTORY_PUSH, level.id) for level in levels}
	item_keys = {level.id: keys.key(policy.store, keys.INVENTORY_ITEM, level.inventory_item_id) for level in levels}
	links = ledger.read_links({*level_keys.values(), *push_keys.values(), *item_keys.values()})
	events = ledger.events_of(tuple(level_keys.values()))
	pushing = ledger.events_of(tuple(push_keys.values()), put_away=False)
	items = read_items(_item_of(links.get(key)) for key in set(item_keys.values()))
	by_fold = {code.casefold(): item for code, item in items.items()}
	pushed = _pushed(policy, levels, links)
	bins = _bins(policy, levels, {id: _item_of(links.get(key)) for id, key in item_keys.items()})
	found = {}
	for level in levels:
		about = links.get(item_keys[level.id])
		item = by_fold.get(_item_of(about).casefold())
		found[level.id] = FoundLevel(
			link=ledger.state_of(links, level_keys[level.id]),
			events=events.get(level_keys[level.id], ()),
			pushing=pushing.get(push_keys[level.id], ()),
			item=item.code if item else None,
			is_stock_item=bool(item and item.is_stock_item),
			factor=about.state.factor if about else 1,
			quantity=bins.get(level.id, Decimal(0)),
			push=pushed.get((level.inventory_item_id, level.location_id)),
		)
	return found


def _item_of(row: LinkRow | None) -> str:
	return (row.state.document_name or "") if row and row.state.document_type == "Item" else ""


def _goes(policy: StorePolicy, level: InventoryLevel, direction: Direction) -> bool:
	rule = policy.location(level.location_id)
	return rule is not None and rule.direction is direction


def _pushed(
	policy: StorePolicy, levels: Sequence[InventoryLevel], links: Mapping[str, LinkRow]
) -> Mapping[tuple[str, str], StockPushState]:
	"""Return what a push would read; nothing is locked, for nothing is decided for good."""
	pairs = tuple((level.inventory_item_id, level.location_id) for level in levels if _goes(policy, level, Direction.OUTBOUND))
	if not pairs:
		return {}
	names = {pair: keys.key(policy.store, keys.INVENTORY_PUSH, "-".join(pair)) for pair in pairs}
	states = {name: ledger.state_of(links, name) or LinkState(name) for name in names.values()}
	return read_stock_push(StockPushNeeds(next(iter(states)), pairs), states).states


def _bins(policy: StorePolicy, levels: Sequence[InventoryLevel], items: Mapping[str, str]) -> dict[str, Decimal]:
	"""Return what the warehouse of each level whose stock comes in holds."""
	wanted = {}
	for level in levels:
		rule = policy.location(level.location_id)
		if rule and rule.direction is Direction.INBOUND and items[level.id]:
			wanted[level.id] = (items[level.id].casefold(), rule.warehouse.casefold())
	if not wanted:
		return {}
	rows = frappe.db.sql(
		"SELECT item_code, warehouse, actual_qty FROM tabBin WHERE item_code IN %s AND warehouse IN %s",
		(tuple({item for item, _warehouse in wanted.values()}), tuple({warehouse for _item, warehouse in wanted.values()})),
	)
	there = {(item.casefold(), warehouse.casefold()): decimal(quantity) for item, warehouse, quantity in rows}
	return {id: there.get(pair, Decimal(0)) for id, pair in wanted.items()}


def read_variants(policy: StorePolicy, variants: Sequence[Mapping[str, Any]]) -> dict[str, FoundVariant]:
	"""Return what the links say of each variant, by its id."""
	variant_keys = {str(one["id"]): keys.key(policy.store, keys.VARIANT, str(one["id"])) for one in variants}
	stock_ids = {str(one["id"]): str(one["inventory_item_id"]) for one in variants if one.get("inventory_item_id")}
	stock_keys = {id: keys.key(policy.store, keys.INVENTORY_ITEM, stock) for id, stock in stock_ids.items()}
	links = ledger.read_links({*variant_keys.values(), *stock_keys.values()})
	by_sku = candidates(policy.store, {str(one.get("sku") or "") for one in variants}, policy.item_matching)
	codes = {_item_of(row) for row in links.values()} | {one.code for several in by_sku.values() for one in several}
	there = {code.casefold(): code for code in read_items(codes)}
	found = {}
	for one in variants:
		id = str(one["id"])
		own, stock = links.get(variant_keys[id]), links.get(stock_keys.get(id, ""))
		item = _item_of(own)
		standing = [
			there[code.code.casefold()] for code in by_sku.get(str(one.get("sku") or ""), ()) if code.code.casefold() in there
		]
		found[id] = FoundVariant(
			link=own.state if own else None,
			item=there.get(item.casefold(), item) or None,
			item_exists=item.casefold() in there,
			stock_link=stock.state if stock else None,
			stock_item=(there.get(_item_of(stock).casefold(), _item_of(stock)) or None) if stock else None,
			by_sku=standing[0] if len(standing) == 1 else None,
		)
	return found
