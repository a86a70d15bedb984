"""decide() for stock on its way out: what `on_hand` of an inventory level should be, and what has to be said to Shopify.

`on_hand` is set rather than `available`: what Shopify has committed to orders stays Shopify's, so that an order which ERPNext
has not seen yet is not sold again. It is set by compare-and-set on what Shopify was last known to have
(https://shopify.dev/docs/api/admin-graphql/latest/mutations/inventorySetQuantities).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_FLOOR, Decimal

from ..failures import Category, Failure
from ..plan import Skip
from ..policy import BundleStock, Direction, Drift, LocationRule, NotStocked, StorePolicy
from ..snapshots import ItemState, StockPushState
from ..statuses import Status
from .calls import look_again_at
from .memory import Memory

#: (inventory item, location): what a level is keyed on; its gid's number is not the location's.
Pair = tuple[str, str]


@dataclass(frozen=True)
class Level:
	"""What Shopify has. *exists*: the inventory item is there; *stocked*: it is stocked at the location."""

	exists: bool
	stocked: bool = False
	tracked: bool = True
	on_hand: int = 0
	available: int | None = None


@dataclass(frozen=True)
class Line:
	"""One quantity to set. *change_from*: what must be there now."""

	pair: Pair
	quantity: int
	change_from: int


@dataclass(frozen=True)
class Refusal:
	"""Why Shopify refused a line. *pair* is None when it does not say which."""

	code: str
	message: str
	pair: Pair | None = None


@dataclass(frozen=True)
class SetResult:
	"""What became of a mutation: carried out as a whole (no *refusals*), or not at all.

	:ivar at: when, by Shopify's own clock (UTC). *available*: what is available now, where the answer says so.
	"""

	at: datetime | None
	available: Mapping[Pair, int]
	refusals: tuple[Refusal, ...] = ()


@dataclass(frozen=True)
class Wait:
	"""Another push of this level may still arrive: look again at *until* (UTC)."""

	until: datetime


@dataclass(frozen=True)
class Read:
	"""What Shopify has must be read first."""


@dataclass(frozen=True)
class Activate:
	"""The item must be stocked at the location first."""


@dataclass(frozen=True)
class Send:
	"""Set *quantity* where *change_from* is.

	:ivar drift: by how much Shopify's figure was not what it was last known to be, None where it was not read.
	:ivar reads: what the figure was made of, for the evidence.
	"""

	quantity: int
	change_from: int
	drift: int | None
	reads: Mapping[str, object]


@dataclass(frozen=True)
class Same:
	"""Shopify has this quantity. *on_hand* was read if *was_read*."""

	on_hand: int
	drift: int | None
	reads: Mapping[str, object]


Step = Skip | Failure | Wait | Read | Activate | Send | Same


def decide(
	pair: Pair,
	state: StockPushState,
	policy: StorePolicy,
	now: datetime,
	seen: Level | None = None,
	owner: str = "",
	event: str = "",
	look: bool = False,
) -> Step:
	"""Return what is to be done next about a level.

	:param now: UTC. *seen*: what Shopify has, read after the last call that may have changed it; None: not read.
	:param owner: the lease of the event at hand: a call that another worker may have under way is waited for.
	:param look: read what Shopify has even where that is taken for known.
	:param event: its name: retried by a person after a conflict, it lets ERPNext's figure count.
	"""
	rule = policy.location(pair[1])
	memory = Memory.of(state.link.facts)
	if skip := _not_ours(pair, state, rule, policy):
		return skip
	assert rule is not None and state.item is not None
	if memory.pending and memory.pending.owner != owner:
		if now < memory.pending.until:
			return Wait(look_again_at(memory.pending.owner, memory.pending.sent_at, memory.pending.until, now))
		if seen is None:
			return Read()
	# While there is a conflict, what was last agreed is known to be wrong: even where ERPNext has come back to it.
	if seen is None and (look or memory.on_hand is None or memory.disputed_by):
		return Read()
	target, reads = _target(state, state.item, rule)
	if seen is None:
		assert memory.on_hand is not None
		if memory.on_hand == target:
			return Same(target, None, reads)
		return Send(target, memory.on_hand, None, reads)
	settled = bool(event) and memory.disputed_by == event
	return _after_reading(pair, seen, target, memory, policy, reads, settled=settled)


def _not_ours(pair: Pair, state: StockPushState, rule: LocationRule | None, policy: StorePolicy) -> Skip | None:
	item = state.item
	if rule is None or rule.direction is not Direction.OUTBOUND:
		return _ignored(f"Location {pair[1]} takes no stock from ERPNext: its direction says otherwise.")
	if item is None:
		return _ignored(f"Inventory item {pair[0]} is linked to no Item.")
	if state.item_facts.get("deleted"):
		return _ignored(f"Inventory item {pair[0]} was deleted in Shopify.")
	if state.item_facts.get("tracked") is False:
		return _ignored(f"Shopify does not track inventory item {pair[0]}.")
	if item.has_variants:
		return _ignored(f"Item {item.code} is a template, which holds no stock; its variants are pushed.")
	if state.components is not None and policy.bundle_stock is BundleStock.NONE:
		return _ignored(f"Item {item.code} is a Product Bundle; the store does not push the stock of bundles.")
	if not item.is_stock_item and state.components is None:
		return _ignored(f"Item {item.code} is not a stock item.")
	if policy.excludes(item.code, state.item_groups, pair[1]):
		return _ignored(f"Item {item.code} is excluded from the stock that goes to location {pair[1]}.")
	return None


def _ignored(reason: str) -> Skip:
	return Skip(Status.IGNORED, reason)


def _target(state: StockPushState, item: ItemState, rule: LocationRule) -> tuple[int, Mapping[str, object]]:
	"""Return the pieces that Shopify should have on hand, and what the figure was made of.

	Parts of a piece cannot be sold, and what is below zero is not there: both are rounded down, to zero at the least.
	"""
	if state.components is not None:
		whole = min((part.quantity // part.per_bundle for part in state.components if part.per_bundle > 0), default=Decimal(0))
		stock = whole + state.unfulfilled
	else:
		stock = (state.quantity + state.unfulfilled) / item.factor
	pieces = int((stock - rule.safety_stock).to_integral_value(ROUND_FLOOR))
	reads: dict[str, object] = {"item": item.code, "warehouses": list(rule.warehouses), "quantity": str(state.quantity)}
	if state.components is not None:
		reads["components"] = [f"{part.quantity} / {part.per_bundle}" for part in state.components]
	for name, value in (("unfulfilled", state.unfulfilled), ("safety_stock", rule.safety_stock)):
		if value:
			reads[name] = str(value)
	return max(pieces, 0), reads


def _after_reading(
	pair: Pair,
	seen: Level,
	target: int,
	memory: Memory,
	policy: StorePolicy,
	reads: Mapping[str, object],
	*,
	settled: bool,
) -> Step:
	if not seen.exists:
		return _ignored(f"Shopify knows no inventory item {pair[0]} any more.")
	if not seen.tracked:
		return _ignored(f"Shopify does not track inventory item {pair[0]}.")
	if not seen.stocked:
		if policy.not_stocked is NotStocked.ACTIVATE:
			return Activate()
		return Failure(
			Category.NOT_STOCKED,
			f"Inventory item {pair[0]} is not stocked at location {pair[1]} in Shopify. Stock it there, or let the store do it.",
			missing=f"level:{pair[0]}-{pair[1]}",
		)
	drift = None if memory.on_hand is None else seen.on_hand - memory.on_hand
	if seen.on_hand == target:
		return Same(target, drift, reads)
	# What a call of our own may have set is no drift: only what nobody here asked for.
	by_us = memory.pending is not None and memory.pending.on_hand == seen.on_hand
	if drift and not by_us and not settled and policy.on_drift is Drift.CONFLICT:
		return Failure(
			Category.CONFLICT,
			f"Shopify has {seen.on_hand} on hand at location {pair[1]}, not the {memory.on_hand} that was last agreed; ERPNext has "
			f"{target}. Retry to let ERPNext's figure count; Discard to leave Shopify's.",
		)
	return Send(target, seen.on_hand, drift, reads)
