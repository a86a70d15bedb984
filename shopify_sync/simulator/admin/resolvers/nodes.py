"""`node` and `nodes`: any record by its global id."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ...shop.records import Order
from ..call import Call, register
from ..errors import ApiError, NotImplementedHere
from ..gids import number, split
from .fulfillments import find_fulfillment_order
from .inventory import find_level
from .orders import find, visible
from .views import FulfillmentView, LineView, RefundView, ReturnView, TransactionView

_LARGEST = 250
Finder = Callable[[Call, str], Any]


def _of_an_order(kind: str, view: Callable[[Order, Any], Any], parts: Callable[[Order], Iterable[Any]]) -> Finder:
	"""Return what finds a part of an order that the token may see."""

	def find(call: Call, id: str) -> Any:
		wanted = number(id, kind)
		return next((view(order, part) for order in visible(call) for part in parts(order) if part.id == wanted), None)

	return find


_FINDERS: dict[str, Finder] = {
	"Order": find,
	"LineItem": _of_an_order("LineItem", LineView, lambda order: order.line_items),
	"OrderTransaction": _of_an_order("OrderTransaction", TransactionView, lambda order: order.transactions),
	"Refund": _of_an_order("Refund", RefundView, lambda order: order.refunds),
	"Return": _of_an_order("Return", ReturnView, lambda order: order.returns),
	"Fulfillment": _of_an_order("Fulfillment", FulfillmentView, lambda order: order.fulfillments),
	"FulfillmentOrder": find_fulfillment_order,
	"InventoryLevel": find_level,
	"Customer": lambda call, id: call.shop.customers.all.get(number(id, "Customer")),
	"Product": lambda call, id: call.shop.products.all.get(number(id, "Product")),
	"ProductVariant": lambda call, id: call.shop.products.variants.get(number(id, "ProductVariant")),
	"InventoryItem": lambda call, id: call.shop.inventory.items.get(number(id, "InventoryItem")),
	"Location": lambda call, id: call.shop.locations.all.get(number(id, "Location")),
	"WebhookSubscription": lambda call, id: call.shop.subscriptions.all.get(number(id, "WebhookSubscription")),
	"BulkOperation": lambda call, id: call.bulk.all.get(number(id, "BulkOperation")),
	"InventoryAdjustmentGroup": lambda call, id: call.memory.get("groups", {}).get(number(id, "InventoryAdjustmentGroup")),
	"Shop": lambda call, id: call.shop if number(id, "Shop") == call.shop.id else None,
}


def _node(call: Call, _root: Any, id: str) -> Any:
	kind, _number, _query = split(id)
	if kind not in _FINDERS:
		if kind in call.schema.graphql.type_map:
			raise NotImplementedHere(f"node(id:) for {kind}")
		raise ApiError(f"Invalid id: {id}", "RESOURCE_NOT_FOUND")
	call.access.demand_type(kind, "node")
	return _FINDERS[kind](call, id)


def _nodes(call: Call, _root: Any, ids: list[str]) -> list[Any]:
	if len(ids) > _LARGEST:
		message = f"The input array size of {len(ids)} is greater than the maximum allowed of {_LARGEST}."
		raise ApiError(message, "MAX_INPUT_SIZE_EXCEEDED")
	return [_node(call, None, id) for id in ids]


register("QueryRoot", {"node": _node, "nodes": _nodes, "refund": lambda call, _root, id: _FINDERS["Refund"](call, id)})
