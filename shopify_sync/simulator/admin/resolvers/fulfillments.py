"""Fulfillment orders and parcels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ...shop.records import Fulfillment, FulfillmentHold, FulfillmentOrder, Order
from ..call import Call, mutation, refuse, register, time_text
from ..cursors import Page, Window
from ..errors import NotImplementedHere
from ..gids import gid, number
from .common import bag, inner, listed, only
from .views import FulfillmentLineView, FulfillmentOrderLineView, FulfillmentOrderView, FulfillmentView, line_of

_CLOSED = ("closed", "cancelled", "incomplete")
_FILTERS = {"id": lambda r: int(r.id), "status": lambda r: r.fulfillment_order.status, "updated_at": lambda r: r.updated_at}


@dataclass(frozen=True)
class Listed:
	"""A fulfillment order in the list of all of them; named so that it can be sorted."""

	order: Order
	fulfillment_order: FulfillmentOrder

	@property
	def id(self) -> str:
		return self.fulfillment_order.id

	@property
	def updated_at(self) -> Any:
		return self.fulfillment_order.updated_at


@dataclass(frozen=True)
class Tracking:
	"""One tracking number of a parcel."""

	company: str
	number: str


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
	call: Call, _root: Any, first: Any = None, last: Any = None, after: Any = None, before: Any = None,
	reverse: bool = False, query: str | None = None, sortKey: str = "ID", includeClosed: bool = False,
) -> Page:  # fmt: skip
	found = [
		Listed(view.order, view.fulfillment_order) for view in all_fulfillment_orders(call)
		if includeClosed or view.fulfillment_order.status not in _CLOSED
	]  # fmt: skip
	window = Window(first, last, after, before, reverse)
	sorts = {"ID": lambda _record: 0, "UPDATED_AT": lambda record: record.updated_at}
	listing = listed(
		call, found, name="fulfillmentOrders", sorts=sorts, sort_key=sortKey, window=window, query=query, readers=_FILTERS
	)  # fmt: skip
	views = [FulfillmentOrderView(record.order, record.fulfillment_order) for record in listing.nodes]
	return Page(views, listing.cursors, listing.has_next, listing.has_previous)


def _lines(
	call: Call, view: FulfillmentOrderView, first: Any = None, last: Any = None, after: Any = None, before: Any = None,
	reverse: bool = False,
) -> Page:  # fmt: skip
	found = [FulfillmentOrderLineView(view.order, view.fulfillment_order, entry) for entry in view.fulfillment_order.lines]
	return inner(call, found, first, last, after, before, reverse)


def _fulfillments_of(
	call: Call, view: FulfillmentOrderView, first: Any = None, last: Any = None, after: Any = None, before: Any = None,
	reverse: bool = False,
) -> Page:  # fmt: skip
	found = [
		FulfillmentView(view.order, parcel) for parcel in view.order.fulfillments
		if view.fulfillment_order.id in parcel.fulfillment_order_ids
	]  # fmt: skip
	return inner(call, found, first, last, after, before, reverse)


def _own(read: Any) -> Any:
	return lambda call, view: read(call, view.fulfillment_order)


register(
	"QueryRoot",
	{"fulfillmentOrder": lambda call, _root, id: find_fulfillment_order(call, id), "fulfillmentOrders": _fulfillment_orders},
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
		"order": lambda _c, view: view.order,
		"orderId": lambda _c, view: gid("Order", view.order.id),
		"orderName": lambda _c, view: view.order.name,
		"orderProcessedAt": lambda _c, view: time_text(view.order.created_at),
		"lineItems": _lines,
		"fulfillments": _fulfillments_of,
	},
	value=FulfillmentOrderView,
)
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


def _parcel_lines(
	call: Call, view: FulfillmentView, first: Any = None, last: Any = None, after: Any = None, before: Any = None,
	reverse: bool = False,
) -> Page:  # fmt: skip
	found = [FulfillmentLineView(view.order, view.fulfillment, line, pieces) for line, pieces in view.fulfillment.lines.items()]
	return inner(call, found, first, last, after, before, reverse)


def _tracking(_call: Call, view: FulfillmentView, first: int | None = None) -> list[Tracking]:
	parcel = view.fulfillment
	found = [Tracking(parcel.tracking_company, each) for each in parcel.tracking_numbers]
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
		"fulfillmentLineItems": _parcel_lines,
		"order": lambda _c, view: view.order,
	},
	value=FulfillmentView,
)
register(
	"FulfillmentTrackingInfo",
	{"company": lambda _c, found: found.company or None, "number": lambda _c, found: found.number or None},
)
register(
	"FulfillmentLineItem",
	{
		"id": lambda _c, view: gid("FulfillmentLineItem", f"{view.fulfillment.id}-{view.line_item_id}"),
		"quantity": lambda _c, view: view.quantity,
		"lineItem": lambda _c, view: line_of(view.order, view.line_item_id),
		"originalTotalSet": lambda call, view: bag(call, line_of(view.order, view.line_item_id).line.price * view.quantity),
	},
	value=FulfillmentLineView,
)


def _numbers(tracking: dict[str, Any]) -> list[str]:
	only(tracking, "FulfillmentTrackingInput", "company", "number", "numbers")
	if tracking.get("numbers"):
		return list(tracking["numbers"])
	return [tracking["number"]] if tracking.get("number") else []


def _wanted(call: Call, given: dict[str, Any], place: int) -> tuple[FulfillmentOrderView, dict[str, int]]:
	"""Return a fulfillment order and the pieces asked for by line item. No line at all means everything that is left."""
	path = ("fulfillment", "lineItemsByFulfillmentOrder", str(place))
	view = find_fulfillment_order(call, given["fulfillmentOrderId"])
	if view is None:
		raise refuse("Fulfillment order does not exist.", "fulfillment")
	if view.fulfillment_order.status not in ("open", "in_progress"):
		status = view.fulfillment_order.status
		raise refuse(f"Fulfillment order {view.fulfillment_order.id} has an unfulfillable status= {status}.", "fulfillment")
	entries = {entry.id: entry for entry in view.fulfillment_order.lines}
	asked = given.get("fulfillmentOrderLineItems")
	if not asked:
		return view, {entry.line_item_id: entry.remaining_quantity for entry in entries.values() if entry.remaining_quantity}
	found: dict[str, int] = {}
	for part in asked:
		entry = entries.get(number(part["id"], "FulfillmentOrderLineItem"))
		if entry is None:
			raise refuse("Fulfillment order line item does not exist.", *path)
		total = found.get(entry.line_item_id, 0) + part["quantity"]
		if part["quantity"] < 1 or total > entry.remaining_quantity:
			raise refuse("Invalid fulfillment order line item quantity requested.", "fulfillment")
		found[entry.line_item_id] = total
	return view, found


def _create(call: Call, _root: Any, fulfillment: dict[str, Any], message: str | None = None) -> dict[str, Any]:
	"""https://shopify.dev/docs/api/admin-graphql/latest/mutations/fulfillmentCreate"""
	only(fulfillment, "FulfillmentInput", "lineItemsByFulfillmentOrder", "notifyCustomer", "trackingInfo")
	groups = fulfillment["lineItemsByFulfillmentOrder"]
	if not groups:
		raise refuse("Line items by fulfillment order can't be blank", "fulfillment", "lineItemsByFulfillmentOrder")
	wanted = [_wanted(call, given, place) for place, given in enumerate(groups)]
	orders = list(dict.fromkeys(view.order.id for view, _lines in wanted))
	places = list(dict.fromkeys(view.fulfillment_order.location_id for view, _lines in wanted))
	if len(orders) > 1 or len(places) > 1:
		message = "All fulfillment orders must belong to the same order and be assigned to the same location."
		raise refuse(message, "fulfillment")
	lines: dict[str, int] = {}
	for _found, pieces in wanted:
		for line, quantity in pieces.items():
			lines[line] = lines.get(line, 0) + quantity
	tracking = fulfillment.get("trackingInfo") or {}
	numbers = _numbers(tracking)
	parcel = call.shop.fulfillments.create(orders[0], lines, places[0], tracking.get("company") or "", numbers)
	return {"fulfillment": _view(call, parcel)}


def _view(call: Call, parcel: Fulfillment) -> FulfillmentView:
	return FulfillmentView(call.shop.orders.all[parcel.order_id], parcel)


def _track(
	call: Call, _root: Any, fulfillmentId: str, trackingInfoInput: dict[str, Any], notifyCustomer: bool | None = None
) -> dict[str, Any]:
	numbers = _numbers(trackingInfoInput)
	company = trackingInfoInput.get("company") or ""
	parcel = call.shop.fulfillments.update_tracking(number(fulfillmentId, "Fulfillment"), company, numbers)
	return {"fulfillment": _view(call, parcel)}


def _cancel(call: Call, _root: Any, id: str) -> dict[str, Any]:
	return {"fulfillment": _view(call, call.shop.fulfillments.cancel(number(id, "Fulfillment")))}


def _hold(call: Call, _root: Any, id: str, fulfillmentHold: dict[str, Any]) -> dict[str, Any]:
	only(fulfillmentHold, "FulfillmentOrderHoldInput", "reason", "reasonNotes", "handle", "notifyMerchant")
	hold = call.shop.fulfillments.hold(
		number(id, "FulfillmentOrder"),
		fulfillmentHold["reason"].lower(),
		fulfillmentHold.get("reasonNotes") or "",
		fulfillmentHold.get("handle") or "",
	)
	return {"fulfillmentHold": hold, "fulfillmentOrder": find_fulfillment_order(call, id), "remainingFulfillmentOrder": None}


def _release(call: Call, _root: Any, id: str, holdIds: list[str] | None = None) -> dict[str, Any]:
	if holdIds:
		raise NotImplementedHere("fulfillmentOrderReleaseHold(holdIds:)")
	call.shop.fulfillments.release(number(id, "FulfillmentOrder"))
	return {"fulfillmentOrder": find_fulfillment_order(call, id)}


def _move(call: Call, _root: Any, id: str, newLocationId: str) -> dict[str, Any]:
	moved = call.shop.fulfillments.move(number(id, "FulfillmentOrder"), number(newLocationId, "Location"))
	return {
		"movedFulfillmentOrder": find_fulfillment_order(call, gid("FulfillmentOrder", moved.id)),
		"originalFulfillmentOrder": find_fulfillment_order(call, id),
		"remainingFulfillmentOrder": None,
	}


mutation("fulfillmentCreate", _create, "fulfillment")
mutation("fulfillmentTrackingInfoUpdate", _track, "fulfillment")
mutation("fulfillmentCancel", _cancel, "fulfillment")
mutation("fulfillmentOrderHold", _hold, "fulfillmentHold", "fulfillmentOrder", "remainingFulfillmentOrder")
mutation("fulfillmentOrderReleaseHold", _release, "fulfillmentOrder")
mutation("fulfillmentOrderMove", _move, "movedFulfillmentOrder", "originalFulfillmentOrder", "remainingFulfillmentOrder")
