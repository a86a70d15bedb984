"""decide() for inventory levels, inbound: the Bin of (Item, mapped warehouse) ends at the quantity that Shopify states."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from .. import keys
from ..contracts.inventory_level import InventoryLevel
from ..failures import Category, Failure
from ..outbound.echo import pushed_by
from ..outbound.memory import Memory
from ..plan import CreateDocument, Decision, DocRef, LinkUpdate, Plan, Skip
from ..policy import BatchRule, Direction, LocationRule, PostingDate, StorePolicy, ValuationRule
from ..signals import Signal
from ..snapshots import ItemState, LevelNeeds, LevelSnapshot, StockNeeds, StockSnapshot
from ..statuses import Status
from .stock_rules import batch_to_make, day_of, moment_of, quantity_to_state, refuse_serial_or_batch, row_of, valuation


def parse(payload: Mapping[str, Any], policy: StorePolicy) -> InventoryLevel:
	"""Return the contract. :raises pydantic.ValidationError: when the payload is not an inventory level."""
	return InventoryLevel.model_validate(payload)


def locks(level: InventoryLevel, policy: StorePolicy) -> tuple[str, ...]:
	"""Return the keys of the links to lock: of the level, and of what was pushed to it."""
	resources = (keys.INVENTORY_LEVEL, keys.INVENTORY_PUSH)
	return tuple(keys.key(policy.store, resource, level.id) for resource in resources)


def needs(level: InventoryLevel, policy: StorePolicy) -> LevelNeeds:
	"""Return what has to be read before deciding: nothing but the links when the location is not ours to write."""
	rule = policy.location(level.location_id)
	key, push_key = locks(level, policy)
	if _skip(level, rule) or rule is None:
		return LevelNeeds(key, push_key)
	stock = StockNeeds(
		key=key,
		item_key=keys.key(policy.store, keys.INVENTORY_ITEM, level.inventory_item_id),
		warehouse=rule.warehouse,
		price_list=rule.price_list if rule.valuation_rule is ValuationRule.PRICE_LIST else None,
		batch_of=rule.location_id if rule.batch_rule is BatchRule.ONE else None,
		at=moment_of(level.updated_at, policy),
		next_open=policy.stock_posting_date is PostingDate.NEXT_OPEN,
	)
	return LevelNeeds(key, push_key, stock)


def decide(level: InventoryLevel, snapshot: LevelSnapshot, policy: StorePolicy, signal: Signal) -> Decision:
	"""Return the plan for a stock level: a Stock Reconciliation where the Bin differs from what Shopify states."""
	rule = policy.location(level.location_id)
	if echo := _echo(level, snapshot, signal):
		return echo
	if skip := _skip(level, rule):
		return skip
	if rule is None or snapshot.stock is None:
		return Failure(
			Category.MISSING_WAREHOUSE,
			f"Location {level.location_id} is not in the Location Mapping of store {policy.store}.",
			missing=f"location:{level.location_id}",
		)
	if snapshot.link.version == signal.version:
		return Skip(Status.NO_CHANGE, "This state of the stock level was applied before; later stock moves stand.")
	stock = snapshot.stock
	if failure := _unusable(level, stock.item, rule):
		return failure
	assert stock.item is not None and level.available is not None
	# One piece in Shopify may be several stock units of the Item.
	quantity = Decimal(level.available * stock.item.factor)
	return _plan(level, stock, stock.item, quantity, rule, policy, signal)


def _echo(level: InventoryLevel, snapshot: LevelSnapshot, signal: Signal) -> Skip | None:
	"""Return how a state ends that our own push brought about: it came from ERPNext, so there is nothing to take from it.

	It is a state that was reached all the same: what Shopify sent before it is older, whenever it comes.
	"""
	if level.available is None:
		return None
	event = pushed_by(Memory.of(snapshot.push.facts), level.available, level.updated_at)
	if event is None:
		return None
	reason = "Our own push brought the level to this quantity."
	return Skip(Status.ECHO, reason, echo_of=event, link=LinkUpdate(snapshot.link.key, version=signal.version))


def _skip(level: InventoryLevel, rule: LocationRule | None) -> Skip | None:
	if level.available is None:
		return Skip(Status.IGNORED, "Shopify does not state a quantity (available is null): the item is not tracked there.")
	if rule and rule.direction is not Direction.INBOUND:
		return Skip(
			Status.IGNORED,
			f"The direction of location {rule.location_id} is {rule.direction}: its stock is not taken from Shopify.",
		)
	return None


def _unusable(level: InventoryLevel, item: ItemState | None, rule: LocationRule) -> Failure | None:
	if item is None:
		return Failure(
			Category.MISSING_ITEM,
			f"Inventory item {level.inventory_item_id} belongs to no Item in ERPNext. Create a Shopify Link of the type "
			"inventory_item to the Item.",
			missing=f"inventory_item:{level.inventory_item_id}",
		)
	if not item.is_stock_item:
		return Failure(Category.ERPNEXT_VALIDATION, f"Item {item.code} is not a stock item, so it can hold no quantity.")
	if failure := refuse_serial_or_batch(item, rule):
		return failure
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
	stated = quantity_to_state(snapshot, item, quantity)
	if isinstance(stated, Failure):
		return stated
	rate = valuation(snapshot, rule, stated)
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
		**day_of(snapshot),
		"items": [row_of(item, rule, stated, rate)],
	}
	# The name carries the key's hash: without a naming series two workers do not wait for each other.
	name = f"SHOP-STOCK-{keys.short_hash(key)[:16]}"
	return Plan(
		changes=(
			*batch_to_make(snapshot, item, rule),
			CreateDocument("Stock Reconciliation", key, values, name=name, submit=True),
		),
		links=(LinkUpdate(link_key, document=document, agreed=agreed, version=signal.version),),
		document=document,
		reads=reads,
	)
