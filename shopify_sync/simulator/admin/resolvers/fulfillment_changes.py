"""Mutations of parcels and fulfillment orders."""

from __future__ import annotations

from typing import Any

from ...rest.values import gid
from ...shop.records import Fulfillment
from ..call import Call, mutation, refuse
from ..errors import NotImplementedHere
from ..gids import number
from .common import only
from .fulfillments import find_fulfillment_order
from .views import FulfillmentOrderView, FulfillmentView


def _tracking(given: dict[str, Any], *, notify: bool | None) -> dict[str, Any]:
	only(given, "FulfillmentTrackingInput", "company", "number", "numbers", "url", "urls")
	return {
		"tracking_company": given.get("company") or "",
		"tracking_numbers": _one_or_many(given, "number"),
		"tracking_urls": _one_or_many(given, "url"),
		"notify": bool(notify),
	}


def _one_or_many(given: dict[str, Any], name: str) -> list[str]:
	if given.get(f"{name}s"):
		return list(given[f"{name}s"])
	return [given[name]] if given.get(name) else []


def _wanted(call: Call, given: dict[str, Any], place: int) -> tuple[FulfillmentOrderView, dict[str, int]]:
	"""Return a fulfillment order and the pieces asked for by line item. No line at all means everything that is left."""
	path = ("fulfillment", "lineItemsByFulfillmentOrder", str(place))
	view = find_fulfillment_order(call, given["fulfillmentOrderId"])
	if view is None:
		raise refuse("Fulfillment order does not exist.", "fulfillment")
	if view.fulfillment_order.by_service:
		raise refuse("The app may not fulfill a fulfillment order of another fulfillment service.", "fulfillment")
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
	tracking = _tracking(fulfillment.get("trackingInfo") or {}, notify=fulfillment.get("notifyCustomer"))
	parcel = call.shop.fulfillments.create(orders[0], lines, places[0], **tracking)
	return {"fulfillment": _view(call, parcel)}


def _view(call: Call, parcel: Fulfillment) -> FulfillmentView:
	return FulfillmentView(call.shop.orders.all[parcel.order_id], parcel)


def _track(
	call: Call, _root: Any, fulfillmentId: str, trackingInfoInput: dict[str, Any], notifyCustomer: bool | None = None
) -> dict[str, Any]:
	tracking = _tracking(trackingInfoInput, notify=notifyCustomer)
	parcel = call.shop.fulfillments.update_tracking(number(fulfillmentId, "Fulfillment"), **tracking)
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


def _move(
	call: Call, _root: Any, id: str, newLocationId: str, fulfillmentOrderLineItems: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
	"""https://shopify.dev/docs/api/admin-graphql/latest/mutations/fulfillmentOrderMove: without line items everything is moved."""
	pieces = {number(part["id"], "FulfillmentOrderLineItem"): part["quantity"] for part in fulfillmentOrderLineItems or ()}
	moved = call.shop.fulfillments.move(number(id, "FulfillmentOrder"), number(newLocationId, "Location"), pieces or None)
	source = find_fulfillment_order(call, id)
	return {
		"movedFulfillmentOrder": find_fulfillment_order(call, gid("FulfillmentOrder", moved.id)),
		"originalFulfillmentOrder": source,
		"remainingFulfillmentOrder": source if source and source.fulfillment_order.status != "closed" else None,
	}


def _open(call: Call, _root: Any, id: str) -> dict[str, Any]:
	call.shop.fulfillments.open(number(id, "FulfillmentOrder"))
	return {"fulfillmentOrder": find_fulfillment_order(call, id), "remainingFulfillmentOrder": None}


mutation("fulfillmentCreate", _create, "fulfillment")
mutation("fulfillmentTrackingInfoUpdate", _track, "fulfillment")
mutation("fulfillmentCancel", _cancel, "fulfillment")
mutation("fulfillmentOrderHold", _hold, "fulfillmentHold", "fulfillmentOrder", "remainingFulfillmentOrder")
mutation("fulfillmentOrderReleaseHold", _release, "fulfillmentOrder")
mutation("fulfillmentOrderOpen", _open, "fulfillmentOrder", "remainingFulfillmentOrder")
mutation("fulfillmentOrderMove", _move, "movedFulfillmentOrder", "originalFulfillmentOrder", "remainingFulfillmentOrder")
