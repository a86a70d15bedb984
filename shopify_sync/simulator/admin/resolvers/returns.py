"""Returns, what they wait for, and what can be returned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...rest.values import gid
from ...shop.records import Disposal, Fulfillment, Order
from ..call import Call, mutation, refuse, register, time_text
from ..cursors import Page, Window
from ..gids import number
from .common import connection, inner, only
from .orders import find
from .views import FulfillmentLineView, FulfillmentView, RefundView, ReturnLineView, ReturnView, parcel_line


@dataclass(frozen=True)
class Returnable:
	"""A parcel with the pieces of it that can be returned."""

	order: Order
	parcel: Fulfillment
	lines: Mapping[str, int]


@dataclass(frozen=True)
class ReverseOrder:
	"""What has to be received of a return."""

	view: ReturnView


@dataclass(frozen=True)
class ReverseLine:
	"""A line of it."""

	view: ReturnLineView


@dataclass(frozen=True)
class ReturnableLine:
	"""Pieces of a parcel's line that can be returned."""

	view: FulfillmentLineView
	pieces: int


def _returnables(call: Call, _root: Any, window: Window, orderId: str) -> Page:
	order = find(call, orderId)
	free = call.shop.returns.returnable(order) if order else {}
	found = []
	for parcel in order.fulfillments if order else ():
		lines = {line: pieces for (id, line), pieces in free.items() if id == parcel.id}
		if order and lines:
			found.append(Returnable(order, parcel, lines))
	return inner(call, found, window)


def _lines(_call: Call, found: Returnable) -> list[ReturnableLine]:
	return [
		ReturnableLine(FulfillmentLineView(found.order, found.parcel, line, found.parcel.lines[line]), pieces)
		for line, pieces in found.lines.items()
	]


def _view(call: Call, id: str) -> ReturnView | None:
	found = call.shop.returns.all.get(number(id, "Return"))
	return ReturnView(call.shop.orders.all[found.order_id], found) if found else None


def _refunds(_call: Call, view: ReturnView) -> list[RefundView]:
	return [RefundView(view.order, refund) for refund in view.order.refunds if refund.id in view.found.refund_ids]


def _return_lines(_call: Call, view: ReturnView) -> list[ReturnLineView]:
	return [ReturnLineView(view.order, line) for line in view.found.lines]


register("QueryRoot", {"returnableFulfillments": _returnables, "return": lambda call, _root, id: _view(call, id)})
register(
	"ReturnableFulfillment",
	{
		"id": lambda _c, found: gid("ReturnableFulfillment", found.parcel.id),
		"fulfillment": lambda _c, found: FulfillmentView(found.order, found.parcel),
		"returnableFulfillmentLineItems": connection(_lines),
	},
	value=Returnable,
)
register(
	"ReturnableFulfillmentLineItem",
	{"quantity": lambda _c, line: line.pieces, "fulfillmentLineItem": lambda _c, line: line.view},
	value=ReturnableLine,
)
register(
	"Return",
	{
		"id": lambda _c, view: gid("Return", view.found.id),
		"name": lambda _c, view: view.found.name,
		"status": lambda _c, view: view.found.status.upper(),
		"createdAt": lambda _c, view: time_text(view.found.created_at),
		"closedAt": lambda _c, view: time_text(view.found.closed_at),
		"order": lambda _c, view: view.order,
		"totalQuantity": lambda _c, view: sum(line.quantity for line in view.found.lines),
		"refunds": connection(_refunds),
		"returnLineItems": connection(_return_lines),
		"reverseFulfillmentOrders": connection(lambda _c, view: [ReverseOrder(view)]),
	},
	value=ReturnView,
)


def _line(read: Any) -> Any:
	return lambda call, view: read(call, view.line)


register(
	"ReturnLineItem",
	{
		"id": _line(lambda _c, line: gid("ReturnLineItem", line.id)),
		"quantity": _line(lambda _c, line: line.quantity),
		"returnReason": _line(lambda _c, line: line.reason.upper()),
		"returnReasonNote": _line(lambda _c, line: line.note),
		"refundableQuantity": _line(lambda _c, line: line.quantity - line.refunded),
		"refundedQuantity": _line(lambda _c, line: line.refunded),
		"fulfillmentLineItem": lambda _c, view: parcel_line(view),
	},
	value=ReturnLineView,
)
register(
	"ReverseFulfillmentOrder",
	{
		"id": lambda _c, found: gid("ReverseFulfillmentOrder", found.view.found.reverse_order_id),
		"status": lambda _c, found: _reverse_status(found.view),
		"order": lambda _c, found: found.view.order,
		"lineItems": connection(lambda call, found: [ReverseLine(line) for line in _return_lines(call, found.view)]),
	},
	value=ReverseOrder,
)


def _reverse_status(view: ReturnView) -> str:
	if view.found.status == "canceled":
		return "CANCELED"
	return "OPEN" if any(line.waiting for line in view.found.lines) else "CLOSED"


register(
	"ReverseFulfillmentOrderLineItem",
	{
		"id": lambda _c, found: gid("ReverseFulfillmentOrderLineItem", found.view.line.reverse_id),
		"totalQuantity": lambda _c, found: found.view.line.quantity,
		"dispositions": lambda _c, found: found.view.line.disposals,
		"fulfillmentLineItem": lambda _c, found: parcel_line(found.view),
	},
	value=ReverseLine,
)
register(
	"ReverseFulfillmentOrderDisposition",
	{
		"type": lambda _c, found: found.kind.upper(),
		"quantity": lambda _c, found: found.pieces,
		"location": lambda call, found: call.shop.locations.all.get(found.location_id or ""),
	},
	value=Disposal,
)


def _create(call: Call, _root: Any, returnInput: dict[str, Any]) -> dict[str, Any]:
	"""https://shopify.dev/docs/api/admin-graphql/latest/mutations/returnCreate"""
	only(returnInput, "ReturnInput", "orderId", "returnLineItems", "requestedAt", "notifyCustomer", "unprocessed")
	order = find(call, returnInput["orderId"])
	if order is None:
		raise refuse("Order not found.", "returnInput", "orderId", code="NOT_FOUND")
	entries = {parcel.line_id(line): (parcel.id, line) for parcel in order.fulfillments for line in parcel.lines}
	lines, reason, note = [], "unknown", ""
	for given in returnInput["returnLineItems"]:
		known = ("fulfillmentLineItemId", "quantity", "returnReason", "returnReasonNote")
		only(given, "ReturnLineItemInput", *known)
		entry = entries.get(number(given["fulfillmentLineItemId"], "FulfillmentLineItem"))
		if entry is None:
			raise refuse("Fulfillment line item not found.", "returnInput", "returnLineItems", code="NOT_FOUND")
		lines.append((*entry, given["quantity"]))
		reason, note = (given.get("returnReason") or "UNKNOWN").lower(), given.get("returnReasonNote") or ""
	made = call.shop.returns.create(order.id, lines, reason, note)
	return {"return": ReturnView(order, made)}


def _dispose(call: Call, _root: Any, dispositionInputs: Sequence[dict[str, Any]]) -> dict[str, Any]:
	"""https://shopify.dev/docs/api/admin-graphql/latest/mutations/reverseFulfillmentOrderDispose: all of it, or nothing."""
	wanted: dict[str, int] = {}
	for given in dispositionInputs:
		id = number(given["reverseFulfillmentOrderLineItemId"], "ReverseFulfillmentOrderLineItem")
		wanted[id] = wanted.get(id, 0) + given["quantity"]
	waiting = {line.reverse_id: line.waiting for found in call.shop.returns.all.values() for line in found.lines}
	for id, pieces in wanted.items():
		if pieces > waiting.get(id, 0):
			raise refuse("Quantity is more than what is left to be disposed", "dispositionInputs", "quantity")
	lines = []
	for given in dispositionInputs:
		id = number(given["reverseFulfillmentOrderLineItemId"], "ReverseFulfillmentOrderLineItem")
		place = number(given["locationId"], "Location") if given.get("locationId") else None
		line = call.shop.returns.dispose(id, given["quantity"], given["dispositionType"].lower(), place)
		order = next(call.shop.orders.all[found.order_id] for found in call.shop.returns.all.values() if line in found.lines)
		lines.append(ReverseLine(ReturnLineView(order, line)))
	return {"reverseFulfillmentOrderLineItems": lines}


def _changed(call: Call, id: str) -> dict[str, Any]:
	return {"return": _view(call, id)}


def _cancel(call: Call, _root: Any, id: str, notifyCustomer: bool | None = None) -> dict[str, Any]:
	call.shop.returns.cancel(number(id, "Return"))
	return _changed(call, id)


def _close(call: Call, _root: Any, id: str) -> dict[str, Any]:
	call.shop.returns.close(number(id, "Return"))
	return _changed(call, id)


mutation("returnCreate", _create, "return")
mutation("returnCancel", _cancel, "return")
mutation("returnClose", _close, "return")
mutation("reverseFulfillmentOrderDispose", _dispose, "reverseFulfillmentOrderLineItems")
