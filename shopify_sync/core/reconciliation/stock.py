"""Stock: what Shopify has at a location, beside what ERPNext's warehouses hold, in the direction that the location's rule says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from ..contracts.inventory_level import InventoryLevel
from ..money import plain
from ..outbound.memory import Memory
from ..outbound.stock import Level, Send, decide
from ..policy import Direction, StorePolicy
from .findings import Cause, Difference, Explanation, Kind
from .found import FoundLevel

PIECES = "pieces"
#: Why a level is not compared.
NO_DIRECTION, NOT_LINKED = "The location takes no stock either way", "No Item is linked"
NOT_COUNTED, NOT_OURS = "Not a stock item, or not tracked in Shopify", "Kept back by the store's rules"
#: Pushing ERPNext's figure would put pieces back on sale that have left.
UNBOOKED = "A parcel or a return of an order is not in ERPNext yet"


def left_out(level: InventoryLevel, found: FoundLevel, policy: StorePolicy) -> str:
	"""Return why a level is not compared, or an empty text."""
	rule = policy.location(level.location_id)
	if rule is None or rule.direction is Direction.NONE:
		return NO_DIRECTION
	if found.item is None:
		return NOT_LINKED
	if level.available is None or (rule.direction is Direction.INBOUND and not found.is_stock_item):
		return NOT_COUNTED
	return ""


def differences(
	level: InventoryLevel, on_hand: int | None, found: FoundLevel, policy: StorePolicy, now: datetime
) -> Iterator[Difference]:
	"""Yield the difference of a level that is compared.

	:param on_hand: what Shopify has on hand there; a push sets that and not what is available.
	"""
	rule = policy.location(level.location_id)
	document = ("Item", found.item) if found.item else None
	if rule is None:
		return
	if rule.direction is Direction.INBOUND:
		assert level.available is not None
		stated = Decimal(level.available)
		there = found.quantity / found.factor
		if stated != there:
			yield Difference(Kind.STOCK, "available", plain(stated), plain(there), there - stated, PIECES, document)
	elif on_hand is not None and found.push is not None:
		pair = (level.inventory_item_id, level.location_id)
		step = decide(pair, found.push, policy, now, seen=Level(exists=True, stocked=True, on_hand=on_hand), event="")
		if isinstance(step, Send):
			amount = Decimal(step.quantity - on_hand)
			yield Difference(Kind.STOCK, "on_hand", str(on_hand), str(step.quantity), amount, PIECES, document)


def explain(level: InventoryLevel, on_hand: int | None, found: FoundLevel, otherwise: Explanation) -> Explanation:
	"""Return where a difference of stock that ERPNext is right about comes from: Shopify's figure moved, or a push was lost."""
	if otherwise.cause in (Cause.FAILED_EVENT, Cause.PUT_AWAY) or found.push is None or on_hand is None:
		return otherwise
	known = Memory.of(found.push.link.facts).on_hand
	return Explanation(Cause.LOST_WEBHOOK if known is None or known == on_hand else Cause.DRIFT)


def explain_inbound(level: InventoryLevel, found: FoundLevel, otherwise: Explanation) -> Explanation:
	"""Return where a difference of stock that Shopify is right about comes from: its webhook was lost, or stock moved in ERPNext.

	The link remembers the quantity that both sides agreed on; it leads to no document where nothing had to be booked.
	"""
	if otherwise.cause not in (Cause.BROKEN_LINK, Cause.MAPPING) or level.available is None:
		return otherwise
	agreed = (found.link.agreed if found.link else {}).get("quantity")
	is_known = agreed is not None and Decimal(str(agreed)) == level.available * found.factor
	return Explanation(Cause.CHANGED_BY_HAND if is_known else Cause.LOST_WEBHOOK)
