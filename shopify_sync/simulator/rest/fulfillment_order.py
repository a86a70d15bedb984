"""What fulfillment order topics tell: GIDs and statuses, and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..shop.records import FulfillmentHold, FulfillmentOrder
from .values import gid

if TYPE_CHECKING:
	from ..shop.shop import Shop


def payload(shop: Shop, found: FulfillmentOrder) -> dict[str, Any]:
	"""Return what order_routing_complete and hold_released tell."""
	return {"fulfillment_order": {"id": gid("FulfillmentOrder", found.id), "status": found.status}}


def placed_on_hold(shop: Shop, found: tuple[FulfillmentOrder, FulfillmentHold]) -> dict[str, Any]:
	"""Return what placed_on_hold tells. The whole order is held, so nothing remains."""
	order, created = found
	return {
		"fulfillment_order": {
			"id": gid("FulfillmentOrder", order.id),
			"status": order.status,
			"fulfillment_holds": [_hold(hold) for hold in order.holds],
		},
		"remaining_fulfillment_order": None,
		"held_fulfillment_order_line_items": [
			{"id": gid("FulfillmentOrderLineItem", line.id), "quantity": line.remaining_quantity}
			for line in order.lines
			if line.remaining_quantity
		],
		"created_fulfillment_hold": _hold(created),
	}


def hold_changed(shop: Shop, found: tuple[FulfillmentOrder, FulfillmentHold]) -> dict[str, Any]:
	"""Return what fulfillment_holds/added and released tell."""
	order, hold = found
	return {"fulfillment_order": {"id": gid("FulfillmentOrder", order.id)}, "fulfillment_hold": _hold(hold)}


def moved(shop: Shop, found: tuple[FulfillmentOrder, FulfillmentOrder]) -> dict[str, Any]:
	"""Return what moved tells."""
	source, target = found
	return {
		"original_fulfillment_order": _assigned(source),
		"moved_fulfillment_order": _assigned(target),
		"destination_location_id": gid("Location", target.location_id),
		"fulfillment_order_line_items_requested": [
			{"id": gid("FulfillmentOrderLineItem", line.id), "quantity": line.total_quantity} for line in target.lines
		],
		"source_location": {"id": gid("Location", source.location_id)},
	}


def _assigned(order: FulfillmentOrder) -> dict[str, Any]:
	return {
		"id": gid("FulfillmentOrder", order.id),
		"status": order.status,
		"assigned_location_id": gid("Location", order.location_id),
	}


def _hold(hold: FulfillmentHold) -> dict[str, Any]:
	return {
		"id": gid("FulfillmentHold", hold.id),
		"reason": hold.reason,
		"reason_notes": hold.notes,
		"held_by_requesting_app": False,
		"handle": hold.handle,
		"held_by_app": {"id": gid("App", "1")},
	}
