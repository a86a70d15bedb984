"""Fulfillment orders and parcels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ...rest.fulfillment import tracking_urls
from ...rest.values import gid
from ...shop.records import FulfillmentHold, FulfillmentOrder
from ..call import Call, register, time_text
from ..cursors import Page, Window
from ..gids import number
from .common import bag, connection, listed
from .views import FulfillmentLineView, FulfillmentOrderLineView, FulfillmentOrderView, FulfillmentView, line_of

_CLOSED = ("closed", "cancelled", "incomplete")
_SORTS = {"ID": lambda _view: 0, "UPDATED_AT": lambda view: view.fulfillment_order.updated_at}
_FILTERS = {
	"id": lambda v: int(v.id), "status": lambda v: v.fulfillment_order.status,
	"updated_at": lambda v: v.fulfillment_order.updated_at,
}  # fmt: skip


@dataclass(frozen=True)
class Tracking:
	"""One tracking number of a parcel."""

	company: str
	number: str
	url: str = ""


def all_fulfillment_orders(call: Call) -> Iterator[FulfillmentOrderView]:
	"""Yield every fulfillment order of the shop."""
	for order in call.shop.orders.all.values():
		for found in order.fulfillment_orders:
			yield FulfillmentOrderView(order, found)


def find_fulfillment_order(call: Call, id: str) -> FulfillmentOrderView | None:
	"""Return the fulfillment order of a global id."""
	wanted = number(id, "FulfillmentOrder")
	return next((view for view in all_fulfillment_orders(call) if view.fulfillment_order.id == wanted), None)


def _fulfillment_orders(
	call: Call, _root: Any, window: Window, query: str | None = None, sortKey: str = "ID", includeClosed: bool = False,
) -> Page:  # fmt: skip
	found = [
		view for view in all_fulfillment_orders(call)
		if includeClosed or view.fulfillment_order.status not in _CLOSED
	]  # fmt: skip
	return listed(
		call, found, name="fulfillmentOrders", sorts=_SORTS, sort_key=sortKey, window=window, query=query, readers=_FILTERS
	)  # fmt: skip


def _lines(_call: Call, view: FulfillmentOrderView) -> list[FulfillmentOrderLineView]:
	return [FulfillmentOrderLineView(view.order, view.fulfillment_order, entry) for entry in view.fulfillment_order.lines]


def _parcels(_call: Call, view: FulfillmentOrderView) -> list[FulfillmentView]:
	own = view.fulfillment_order.id
	return [FulfillmentView(view.order, parcel) for parcel in view.order.fulfillments if own in parcel.fulfillment_order_ids]


#: https://shopify.dev/docs/api/admin-graphql/latest/enums/FulfillmentOrderAction, by status, for what the merchant sends.
_ACTIONS = {
	"open": ("CREATE_FULFILLMENT", "MOVE", "HOLD", "SPLIT"), "in_progress": ("CREATE_FULFILLMENT", "MOVE", "HOLD"),
	"on_hold": ("RELEASE_HOLD",), "scheduled": ("MARK_AS_OPEN",),
}  # fmt: skip


def _supported(_call: Call, found: FulfillmentOrder) -> tuple[str, ...]:
	return ("REQUEST_CANCELLATION",) if found.by_service else _ACTIONS.get(found.status, ())


def _find_parcel(call: Call, id: str) -> FulfillmentView | None:
	found = call.shop.fulfillments.all.get(number(id, "Fulfillment"))
	return FulfillmentView(call.shop.orders.all[found.order_id], found) if found else None


def _own(read: Any) -> Any:
	return lambda call, view: read(call, view.fulfillment_order)


register(
	"QueryRoot",
	{
		"fulfillment": lambda call, _root, id: _find_parcel(call, id),
		"fulfillmentOrder": lambda call, _root, id: find_fulfillment_order(call, id),
		"fulfillmentOrders": _fulfillment_orders,
	},
)
register(
	"FulfillmentOrder",
	{
		"id": _own(lambda _c, found: gid("FulfillmentOrder", found.id)),
		"status": _own(lambda _c, found: found.status.upper()),
		"requestStatus": _own(lambda _c, found: found.request_status.upper()),
		"createdAt": _own(lambda _c, found: time_text(found.created_at)),
		"updatedAt": _own(lambda _c, found: time_text(found.updated_at)),
		"assignedLocation": _own(lambda call, found: call.shop.locations.all[found.location_id]),
		"fulfillmentHolds": _own(lambda _c, found: found.holds),
		"supportedActions": _own(_supported),
		"order": lambda _c, view: view.order,
		"orderId": lambda _c, view: gid("Order", view.order.id),
		"orderName": lambda _c, view: view.order.name,
		"orderProcessedAt": lambda _c, view: time_text(view.order.created_at),
		"lineItems": connection(_lines),
		"fulfillments": connection(_parcels),
	},
	value=FulfillmentOrderView,
)
register("FulfillmentOrderSupportedAction", {"action": lambda _c, action: action, "externalUrl": lambda _c, _action: None})
register(
	"FulfillmentOrderAssignedLocation",
	{
		"name": lambda _c, location: location.name,
		"location": lambda _c, location: location,
	},
)
register(
	"FulfillmentHold",
	{
		"id": lambda _c, hold: gid("FulfillmentHold", hold.id),
		"reason": lambda _c, hold: hold.reason.upper(),
		"reasonNotes": lambda _c, hold: hold.notes or None,
		"handle": lambda _c, hold: hold.handle or None,
		"displayReason": lambda _c, hold: hold.reason.replace("_", " ").capitalize(),
	},
	value=FulfillmentHold,
)


def _entry(read: Any) -> Any:
	return lambda call, view: read(call, line_of(view.order, view.entry.line_item_id).line)


def _inventory_item(call: Call, view: FulfillmentOrderLineView) -> str | None:
	variant = call.shop.products.variants.get(line_of(view.order, view.entry.line_item_id).line.variant_id or "")
	return gid("InventoryItem", variant.inventory_item_id) if variant else None


register(
	"FulfillmentOrderLineItem",
	{
		"id": lambda _c, view: gid("FulfillmentOrderLineItem", view.entry.id),
		"totalQuantity": lambda _c, view: view.entry.total_quantity,
		"remainingQuantity": lambda _c, view: view.entry.remaining_quantity,
		"lineItem": lambda _c, view: line_of(view.order, view.entry.line_item_id),
		"inventoryItemId": _inventory_item,
		"sku": _entry(lambda _c, line: line.sku or None),
		"productTitle": _entry(lambda _c, line: line.title),
		"requiresShipping": _entry(lambda _c, line: line.requires_shipping),
	},
	value=FulfillmentOrderLineView,
)


def _parcel(read: Any) -> Any:
	return lambda call, view: read(call, view.fulfillment)


def _parcel_lines(_call: Call, view: FulfillmentView) -> list[FulfillmentLineView]:
	return [FulfillmentLineView(view.order, view.fulfillment, line, pieces) for line, pieces in view.fulfillment.lines.items()]


def _tracking(_call: Call, view: FulfillmentView, first: int | None = None) -> list[Tracking]:
	parcel = view.fulfillment
	urls = tracking_urls(parcel)
	found = [
		Tracking(parcel.tracking_company, each, urls[place] if place < len(urls) else "")
		for place, each in enumerate(parcel.tracking_numbers)
	]
	if not found and parcel.tracking_company:
		found = [Tracking(parcel.tracking_company, "")]
	return found if first is None else found[:first]


_DISPLAY = {"success": "FULFILLED", "cancelled": "CANCELED", "failure": "FAILURE"}
register(
	"Fulfillment",
	{
		"id": _parcel(lambda _c, parcel: gid("Fulfillment", parcel.id)),
		"legacyResourceId": _parcel(lambda _c, parcel: parcel.id),
		"name": _parcel(lambda _c, parcel: parcel.name),
		"status": _parcel(lambda _c, parcel: parcel.status.upper()),
		"displayStatus": _parcel(lambda _c, parcel: _DISPLAY.get(parcel.status)),
		"createdAt": _parcel(lambda _c, parcel: time_text(parcel.created_at)),
		"updatedAt": _parcel(lambda _c, parcel: time_text(parcel.updated_at)),
		"location": _parcel(lambda call, parcel: call.shop.locations.all.get(parcel.location_id)),
		"totalQuantity": _parcel(lambda _c, parcel: sum(parcel.lines.values())),
		"trackingInfo": _tracking,
		"fulfillmentLineItems": connection(_parcel_lines),
		"order": lambda _c, view: view.order,
	},
	value=FulfillmentView,
)
register(
	"FulfillmentTrackingInfo",
	{
		"company": lambda _c, found: found.company or None,
		"number": lambda _c, found: found.number or None,
		"url": lambda _c, found: found.url or None,
	},
)
register(
	"FulfillmentLineItem",
	{
		"id": lambda _c, view: gid("FulfillmentLineItem", view.fulfillment.line_id(view.line_item_id)),
		"quantity": lambda _c, view: view.quantity,
		"lineItem": lambda _c, view: line_of(view.order, view.line_item_id),
		"originalTotalSet": lambda call, view: bag(call, line_of(view.order, view.line_item_id).line.price * view.quantity),
	},
	value=FulfillmentLineView,
)
