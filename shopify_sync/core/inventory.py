"""decide() for inventory levels, inbound: the Bin of (Item, mapped warehouse) ends at the quantity that Shopify states."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from . import keys
from .contracts.inventory_level import InventoryLevel
from .failures import Category, Failure
from .plan import CreateDocument, Decision, DocRef, LinkUpdate, Plan, Skip
from .policy import Direction, LocationRule, StorePolicy, ValuationRule
from .signals import Signal
from .snapshots import ItemState, LinkOnlyNeeds, LinkState, StockNeeds, StockSnapshot
from .statuses import Status


def parse(payload: Mapping[str, Any], policy: StorePolicy) -> InventoryLevel:
	"""Return the contract. :raises pydantic.ValidationError: when the payload is not an inventory level."""
	return InventoryLevel.model_validate(payload)


def locks(level: InventoryLevel, policy: StorePolicy) -> tuple[str, ...]:
	"""Return the keys of the links to lock."""
	return (keys.key(policy.store, keys.INVENTORY_LEVEL, level.id),)


def needs(level: InventoryLevel, policy: StorePolicy) -> StockNeeds | LinkOnlyNeeds:
	"""Return what has to be read before deciding: nothing but the link when the location is not ours to write."""
	rule = policy.location(level.location_id)
	key = keys.key(policy.store, keys.INVENTORY_LEVEL, level.id)
	if _skip(level, rule) or rule is None:
		return LinkOnlyNeeds(key)
	return StockNeeds(
		key=key,
		item_key=keys.key(policy.store, keys.INVENTORY_ITEM, level.inventory_item_id),
		warehouse=rule.warehouse,
		price_list=rule.price_list if rule.valuation_rule is ValuationRule.PRICE_LIST else None,
	)


def decide(level: InventoryLevel, snapshot: StockSnapshot | LinkState, policy: StorePolicy, signal: Signal) -> Decision:
	"""Return the plan for a stock level: a Stock Reconciliation where the Bin differs from what Shopify states."""
	rule = policy.location(level.location_id)
	if skip := _skip(level, rule):
		return skip
	if rule is None or isinstance(snapshot, LinkState):
		return Failure(
			Category.MISSING_WAREHOUSE,
			f"Location {level.location_id} is not in the Location Mapping of store {policy.store}.",
			missing=f"location:{level.location_id}",
		)
	if snapshot.link.version == signal.version:
		return Skip(Status.NO_CHANGE, "This state of the stock level was applied before; later stock moves stand.")
	if failure := _unusable(level, snapshot.item, policy):
		return failure
	assert snapshot.item is not None and level.available is not None
	return _plan(level, snapshot, snapshot.item, Decimal(level.available), rule, policy, signal)


def _skip(level: InventoryLevel, rule: LocationRule | None) -> Skip | None:
	if level.available is None:
		return Skip(Status.IGNORED, "Shopify does not state a quantity (available is null): the item is not tracked there.")
	if rule and rule.direction is not Direction.INBOUND:
		return Skip(
			Status.IGNORED,
			f"The direction of location {rule.location_id} is {rule.direction}: its stock is not taken from Shopify.",
		)
	return None


def _unusable(level: InventoryLevel, item: ItemState | None, policy: StorePolicy) -> Failure | None:
	if item is None:
		return Failure(
			Category.MISSING_ITEM,
			f"Inventory item {level.inventory_item_id} belongs to no Item in ERPNext. Create a Shopify Link of the type "
			"inventory_item to the Item.",
			missing=f"inventory_item:{level.inventory_item_id}",
		)
	if not item.is_stock_item:
		return Failure(Category.ERPNEXT_VALIDATION, f"Item {item.code} is not a stock item, so it can hold no quantity.")
	if item.has_batch_or_serial:
		return Failure(Category.UNSUPPORTED, f"Item {item.code} has batches or serial numbers, which Shopify does not state.")
	if level.available is not None and level.available < 0:
		return Failure(
			Category.STOCK_UNAVAILABLE,
			f"Shopify states {level.available} of Item {item.code} (oversold). A Stock Reconciliation cannot go below zero.",
		)
	return None


def _plan(
	level: InventoryLevel,
	snapshot: StockSnapshot,
	item: ItemState,
	quantity: Decimal,
	rule: LocationRule,
	policy: StorePolicy,
	signal: Signal,
) -> Decision:
	link_key = keys.key(policy.store, keys.INVENTORY_LEVEL, level.id)
	reads = {"item": item.code, "warehouse": rule.warehouse, "quantity_before": str(snapshot.quantity)}
	agreed = {"quantity": str(quantity)}
	if snapshot.quantity == quantity:
		link = LinkUpdate(link_key, agreed=agreed, version=signal.version)
		return Plan(links=(link,), reason=f"The Bin already holds {quantity}.", reads=reads)
	rate = _valuation(snapshot, rule, quantity)
	if rate is None:
		return Failure(
			Category.VALUATION_REQUIRED,
			f"Item {item.code} has no valuation rate in {rule.warehouse}, and the rule {rule.valuation_rule!s} finds none.",
			missing=f"valuation:{item.code}",
		)
	key = f"{link_key}@{keys.short_hash(signal.version)}"
	document = DocRef("Stock Reconciliation", key)
	values = {
		"company": policy.company,
		"purpose": "Stock Reconciliation",
		"cost_center": policy.cost_center,
		"items": [
			{
				"item_code": item.code,
				"warehouse": rule.warehouse,
				"qty": quantity,
				**({"valuation_rate": rate} if rate else {}),
			}
		],
	}
	# The name carries the key's hash: without a naming series two workers do not wait for each other.
	name = f"SHOP-STOCK-{keys.short_hash(key)[:16]}"
	return Plan(
		changes=(CreateDocument("Stock Reconciliation", key, values, name=name, submit=True),),
		links=(LinkUpdate(link_key, document=document, agreed=agreed, version=signal.version),),
		document=document,
		reads=reads,
	)


def _valuation(snapshot: StockSnapshot, rule: LocationRule, quantity: Decimal) -> Decimal | None:
	"""Return the valuation rate in the company's currency; zero where none is needed, None where the rule finds none.

	Stock that is there keeps its rate: a count must not revalue it.
	"""
	if not quantity:
		return snapshot.bin_rate or Decimal(0)
	if snapshot.bin_rate:
		return snapshot.bin_rate
	found = {
		ValuationRule.ITEM: snapshot.item_rate,
		ValuationRule.LAST_PURCHASE: snapshot.last_purchase_rate,
		ValuationRule.PRICE_LIST: snapshot.price_list_rate,
		ValuationRule.FIXED: rule.fixed_rate,
		ValuationRule.FAIL: None,
	}[rule.valuation_rule]
	return found if found and found > 0 else None
