"""Fulfillments in the Admin API: what Shopify has of an order's parcels, and making, changing and cancelling them.

Sources: https://shopify.dev/docs/api/admin-graphql/latest/mutations/fulfillmentCreate,
https://shopify.dev/docs/api/admin-graphql/latest/mutations/fulfillmentTrackingInfoUpdate,
https://shopify.dev/docs/api/admin-graphql/latest/mutations/fulfillmentCancel,
https://shopify.dev/docs/api/admin-graphql/latest/mutations/fulfillmentOrderMove,
https://shopify.dev/docs/api/admin-graphql/latest/objects/FulfillmentOrder
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from shopify_sync.core.failures import SyncFailure
from shopify_sync.core.outbound.fulfillments import Create
from shopify_sync.core.outbound.parcels import Fulfillment, FulfillmentOrder, OrderLine, ShopifyOrder, Tracking
from shopify_sync.core.outbound.ports import FulfillmentRefused, ReturnApi
from shopify_sync.core.outbound.shipping import Move

from .answers import user_errors
from .client import AdminClient
from .gids import gid, next_page, number, unknown_order
from .returns import OrderReturns

#: So many fulfillments FulfillmentOrders answers with; when there are as many, there may be more.
_FIRST = 5


class ShopifyFulfillments:
	"""`core.outbound.ports.FulfillmentApi` of one shop."""

	def __init__(self, client: AdminClient) -> None:
		self._client = client
		self.returns: ReturnApi = OrderReturns(client)

	def order(self, order: str, events: Sequence[str]) -> ShopifyOrder:
		"""See the port. One query as a rule; more for orders with many fulfillment orders, lines or fulfillments."""
		order_gid = gid("Order", order)
		found, waiting = None, []
		after = None
		while True:
			answer = self._client.execute("FulfillmentOrders", {"orderId": order_gid, "after": after}, events=events)
			page = answer.data.get("order")
			if page is None:
				raise SyncFailure(unknown_order(order))
			found = found or page
			connection = page["fulfillmentOrders"]
			waiting += [self._fulfillment_order(node, events) for node in connection["nodes"]]
			after = next_page(connection)
			if after is None:
				break
		parcels = tuple(self._parcels(order_gid, found["fulfillments"] or (), events))
		return ShopifyOrder(str(found["name"]), found["cancelledAt"] is not None, tuple(waiting), parcels)

	def create(self, shipment: Create, events: Sequence[str]) -> Fulfillment:
		"""See the port. Every line is named: Shopify takes an empty list for everything."""
		groups = [
			{
				"fulfillmentOrderId": gid("FulfillmentOrder", id),
				"fulfillmentOrderLineItems": [
					{"id": gid("FulfillmentOrderLineItem", line), "quantity": pieces} for line, pieces in lines.items()
				],
			}
			for id, lines in shipment.groups.items()
		]
		if not groups or not all(group["fulfillmentOrderLineItems"] for group in groups):
			raise ValueError("a fulfillment without lines would fulfil everything")
		given: dict[str, Any] = {"lineItemsByFulfillmentOrder": groups, "notifyCustomer": shipment.notify}
		if shipment.tracking:
			given["trackingInfo"] = _tracking_input(shipment.tracking)
		made = self._change("FulfillmentCreate", "fulfillmentCreate", {"fulfillment": given}, events)
		return _parcel(made, shipment.lines)

	def track(self, fulfillment: str, tracking: Tracking, notify: bool, events: Sequence[str]) -> Fulfillment:
		"""See the port."""
		variables = {
			"fulfillmentId": gid("Fulfillment", fulfillment),
			"tracking": _tracking_input(tracking),
			"notifyCustomer": notify,
		}
		made = self._change("FulfillmentTrackingInfoUpdate", "fulfillmentTrackingInfoUpdate", variables, events)
		return _parcel(made, {})

	def cancel(self, fulfillment: str, events: Sequence[str]) -> Fulfillment:
		"""See the port."""
		made = self._change("FulfillmentCancel", "fulfillmentCancel", {"id": gid("Fulfillment", fulfillment)}, events)
		return _parcel(made, {})

	def move(self, move: Move, events: Sequence[str]) -> None:
		"""See the port."""
		variables = {
			"id": gid("FulfillmentOrder", move.fulfillment_order),
			"newLocationId": gid("Location", move.location),
			"lines": [{"id": gid("FulfillmentOrderLineItem", line), "quantity": pieces} for line, pieces in move.lines.items()],
		}
		self._refuse(self._client.execute("FulfillmentOrderMove", variables, events=events).data)

	def _change(self, operation: str, field: str, variables: Mapping[str, Any], events: Sequence[str]) -> Mapping[str, Any]:
		"""Carry out a mutation and return its fulfillment. :raises FulfillmentRefused: for `userErrors`."""
		data = self._client.execute(operation, variables, events=events).data
		self._refuse(data)
		made: Mapping[str, Any] = data[field]["fulfillment"]
		return made

	def _refuse(self, data: Mapping[str, Any]) -> None:
		errors = [str(error.get("message") or "") for error in user_errors(data)]
		if errors:
			raise FulfillmentRefused(" ".join(errors)[:500])

	def _fulfillment_order(self, node: Mapping[str, Any], events: Sequence[str]) -> FulfillmentOrder:
		location = node["assignedLocation"]["location"]
		return FulfillmentOrder(
			id=number(node["id"]),
			status=str(node["status"]),
			location=number(location["id"]) if location else "",
			lines=tuple(self._order_lines(node, events)),
			request_status=str(node["requestStatus"]),
			actions=tuple(str(row["action"]) for row in node["supportedActions"]),
			holds=tuple(str(hold["reason"]).lower().replace("_", " ") for hold in node["fulfillmentHolds"]),
		)

	def _order_lines(self, node: Mapping[str, Any], events: Sequence[str]) -> Iterator[OrderLine]:
		connection = node["lineItems"]
		while True:
			for row in connection["nodes"]:
				yield OrderLine(number(row["id"]), number(row["lineItem"]["id"]), int(row["remainingQuantity"]))
			after = next_page(connection)
			if after is None:
				return
			variables = {"id": node["id"], "after": after}
			connection = self._client.execute("FulfillmentOrderLinesPage", variables, events=events).data["fulfillmentOrder"][
				"lineItems"
			]

	def _parcels(self, order: str, nodes: Sequence[Mapping[str, Any]], events: Sequence[str]) -> Iterator[Fulfillment]:
		for node in nodes:
			lines = _pieces(node["fulfillmentLineItems"])
			after = next_page(node["fulfillmentLineItems"])
			yield _parcel(node, self._lines(node["id"], events) if after else lines)
		if len(nodes) < _FIRST:
			return
		known = {node["id"] for node in nodes}
		answer = self._client.execute("OrderFulfillments", {"orderId": order}, events=events)
		for node in answer.data["order"]["fulfillments"]:
			if node["id"] not in known:
				yield _parcel(node, self._lines(node["id"], events))

	def _lines(self, fulfillment: str, events: Sequence[str]) -> dict[str, int]:
		found: dict[str, int] = {}
		after = None
		while True:
			variables = {"id": fulfillment, "after": after}
			node = self._client.execute("FulfillmentLinesPage", variables, events=events).data["fulfillment"]
			if node is None:
				return found
			for line, pieces in _pieces(node["fulfillmentLineItems"]).items():
				found[line] = found.get(line, 0) + pieces
			after = next_page(node["fulfillmentLineItems"])
			if after is None:
				return found


def _pieces(connection: Mapping[str, Any]) -> dict[str, int]:
	found: dict[str, int] = {}
	for row in connection["nodes"]:
		line = number(row["lineItem"]["id"])
		found[line] = found.get(line, 0) + int(row["quantity"] or 0)
	return found


def _parcel(node: Mapping[str, Any], lines: Mapping[str, int]) -> Fulfillment:
	location = node["location"]
	return Fulfillment(
		id=number(node["id"]),
		status=str(node["status"]),
		location=number(location["id"]) if location else "",
		lines=dict(lines),
		tracking=_tracking(node["trackingInfo"]),
		created_at=_time(node["createdAt"]),
		updated_at=_time(node["updatedAt"]),
	)


def _tracking(rows: Sequence[Mapping[str, Any]]) -> Tracking:
	numbers = tuple(str(row["number"]) for row in rows if row["number"])
	first: Mapping[str, Any] = rows[0] if rows else {}
	return Tracking(numbers, str(first.get("company") or ""), str(first.get("url") or ""))


def _tracking_input(tracking: Tracking) -> dict[str, Any]:
	"""Return tracking as `FulfillmentTrackingInput`: one number or several, as Shopify wants them apart."""
	given: dict[str, Any] = {"company": tracking.company or None}
	if len(tracking.numbers) > 1:
		given["numbers"] = list(tracking.numbers)
	elif tracking.numbers:
		given["number"] = tracking.numbers[0]
	if tracking.url and len(tracking.numbers) <= 1:
		given["url"] = tracking.url
	return {name: value for name, value in given.items() if value is not None}


def _time(text: object) -> datetime:
	return datetime.fromisoformat(str(text).replace("Z", "+00:00"))
