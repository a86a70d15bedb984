"""`node` and `nodes`: any record by its global id."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..call import Call, register
from ..errors import ApiError, NotImplementedHere
from ..gids import number, split
from .fulfillments import find_fulfillment_order
from .inventory import find_level
from .orders import find, visible
from .views import FulfillmentView, LineView, RefundView, TransactionView

_LARGEST = 250


def _line(call: Call, id: str) -> Any:
	wanted = number(id, "LineItem")
	return next((LineView(order, line) for order in visible(call) for line in order.line_items if line.id == wanted), None)


def _transaction(call: Call, id: str) -> Any:
	wanted = number(id, "OrderTransaction")
	return next((TransactionView(order, t) for order in visible(call) for t in order.transactions if t.id == wanted), None)


def _refund(call: Call, id: str) -> Any:
	wanted = number(id, "Refund")
	return next((RefundView(order, refund) for order in visible(call) for refund in order.refunds if refund.id == wanted), None)


def _fulfillment(call: Call, id: str) -> Any:
	wanted = number(id, "Fulfillment")
	return next((FulfillmentView(order, f) for order in visible(call) for f in order.fulfillments if f.id == wanted), None)


_FINDERS: dict[str, Callable[[Call, str], Any]] = {
	"Order": find,
	"LineItem": _line,
	"OrderTransaction": _transaction,
	"Refund": _refund,
	"Fulfillment": _fulfillment,
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


register("QueryRoot", {"node": _node, "nodes": _nodes})
