"""Which location fulfils what, and the stock that is committed for it.

Shopify's routing rules are the merchant's to order; this is the default of a new shop: as few parcels as possible, then the
location that was opened first (https://help.shopify.com/en/manual/fulfillment/setup/order-routing).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .errors import UserError
from .records import FulfillmentOrder, FulfillmentOrderLine, LineItem, Order

if TYPE_CHECKING:
	from .shop import Shop

#: Statuses in which a fulfillment order still waits for something.
WAITING = ("open", "in_progress", "on_hold", "scheduled")


def inventory_item(shop: Shop, line: LineItem) -> str | None:
	"""Return the inventory item of a line, or None for a custom line, a tip or a deleted variant."""
	variant = shop.products.variants.get(line.variant_id) if line.variant_id else None
	return variant.inventory_item_id if variant else None


def route(
	shop: Shop, lines: Sequence[tuple[LineItem, int]], location_id: str | None = None
) -> dict[str, list[tuple[LineItem, int]]]:
	"""Return location id → lines and pieces. :raises UserError: when there is no location to fulfil at."""
	if location_id:
		return {location_id: list(lines)}
	places = [place.id for place in shop.locations.all.values() if place.is_active and place.fulfills_online_orders]
	if not places:
		raise UserError(("locationId",), "The shop has no active location that fulfills online orders", "INVALID")
	for place in places:
		if all(_has(shop, line, pieces, place) for line, pieces in lines):
			return {place: list(lines)}
	routed: dict[str, list[tuple[LineItem, int]]] = {}
	for line, pieces in lines:
		routed.setdefault(_best(shop, line, pieces, places), []).append((line, pieces))
	return routed


def _has(shop: Shop, line: LineItem, pieces: int, place: str) -> bool:
	item = inventory_item(shop, line)
	if item is None or not shop.inventory.items[item].tracked:
		return True
	level = shop.inventory.levels.get((item, place))
	return level is not None and level.quantity("available") >= pieces


def _best(shop: Shop, line: LineItem, pieces: int, places: list[str]) -> str:
	for place in places:
		if _has(shop, line, pieces, place):
			return place
	# Sold out everywhere: where it is stocked at all, its available quantity goes below zero.
	item = inventory_item(shop, line)
	return next((place for place in places if (item, place) in shop.inventory.levels), places[0])


def open_fulfillment_orders(
	shop: Shop, order: Order, lines: Sequence[tuple[LineItem, int]], location_id: str | None = None
) -> list[FulfillmentOrder]:
	"""Make the fulfillment orders for pieces that are to be sent, one per location, and commit the stock."""
	made = []
	for place, routed in (route(shop, lines, location_id) if lines else {}).items():
		now = shop.now()
		fulfillment_order = FulfillmentOrder(shop.new_id("FulfillmentOrder"), order.id, place, [], created_at=now, updated_at=now)
		for line, pieces in routed:
			entry = FulfillmentOrderLine(shop.new_id("FulfillmentOrderLineItem"), line.id, pieces, pieces)
			fulfillment_order.lines.append(entry)
			commit(shop, line, place, pieces)
		order.fulfillment_orders.append(fulfillment_order)
		made.append(fulfillment_order)
		shop.emitter.note("fulfillment_orders/order_routing_complete", fulfillment_order.id, fulfillment_order)
	return made


def commit(shop: Shop, line: LineItem, location_id: str, pieces: int) -> None:
	"""Reserve pieces of a line at a location (negative: release them)."""
	if (item := inventory_item(shop, line)) is not None:
		shop.inventory.commit(item, location_id, pieces)


def take(shop: Shop, line: LineItem, location_id: str, pieces: int) -> None:
	"""Take reserved pieces of a line out of stock (negative: bring them back, reserved)."""
	if (item := inventory_item(shop, line)) is not None:
		shop.inventory.take(item, location_id, pieces)


def restock(shop: Shop, line: LineItem, location_id: str, pieces: int) -> None:
	"""Bring pieces of a line back into stock as available."""
	if (item := inventory_item(shop, line)) is not None:
		shop.inventory.restock(item, location_id, pieces)


def release(shop: Shop, order: Order, line: LineItem, pieces: int, *, restocked: bool = True) -> str | None:
	"""Take unfulfilled pieces of a line out of the order's fulfillment orders, and free their stock.

	:param restocked: whether they are available again; otherwise they are written off.
	:returns: the location of the first of them, None when nothing was waiting.
	"""
	first = None
	for fulfillment_order in order.fulfillment_orders:
		if not pieces or fulfillment_order.status not in WAITING:
			continue
		gone = _withdraw(fulfillment_order, line, pieces)
		if gone:
			pieces -= gone
			first = first or fulfillment_order.location_id
			(commit if restocked else take)(shop, line, fulfillment_order.location_id, -gone if restocked else gone)
			settle(shop, fulfillment_order)
	return first


def _withdraw(fulfillment_order: FulfillmentOrder, line: LineItem, pieces: int) -> int:
	"""Take at most *pieces* waiting pieces of a line out of a fulfillment order, and return how many."""
	gone = 0
	for entry in fulfillment_order.lines:
		part = min(pieces - gone, entry.remaining_quantity) if entry.line_item_id == line.id else 0
		entry.remaining_quantity -= part
		entry.total_quantity -= part
		gone += part
	return gone


def settle(shop: Shop, fulfillment_order: FulfillmentOrder) -> None:
	"""Give a fulfillment order the status that its lines imply; a hold stays until it is released."""
	remaining = sum(entry.remaining_quantity for entry in fulfillment_order.lines)
	total = sum(entry.total_quantity for entry in fulfillment_order.lines)
	if not remaining:
		fulfillment_order.status = "closed"
		fulfillment_order.holds = []
	elif fulfillment_order.holds:
		fulfillment_order.status = "on_hold"
	elif fulfillment_order.status != "scheduled":
		fulfillment_order.status = "open" if remaining == total else "in_progress"
	fulfillment_order.updated_at = shop.now()
