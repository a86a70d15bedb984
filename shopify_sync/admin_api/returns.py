"""Returns in the Admin API: what Shopify has of an order's returns, and making, receiving and cancelling them.

Sources: https://shopify.dev/docs/api/admin-graphql/latest/mutations/returnCreate,
https://shopify.dev/docs/api/admin-graphql/latest/mutations/reverseFulfillmentOrderDispose,
https://shopify.dev/docs/api/admin-graphql/latest/mutations/returnCancel,
https://shopify.dev/docs/api/admin-graphql/latest/queries/returnableFulfillments
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shopify_sync.core.failures import Category, Failure, SyncFailure
from shopify_sync.core.outbound.ports import FulfillmentRefused
from shopify_sync.core.outbound.returned import (
	OPEN,
	ReturnableLine,
	ShopifyReturn,
	ShopifyReturns,
	WaitingLine,
	added_up,
)
from shopify_sync.core.outbound.returns import Disposal, OpenReturn

from .answers import user_errors
from .client import AdminClient
from .gids import gid, next_page, number, unknown_order

#: So many refunds OrderReturnable answers with: the list has no pages, so when there are as many, there may be more.
_REFUNDS = 10
#: https://shopify.dev/docs/api/admin-graphql/latest/enums/RefundLineItemRestockType: goods that were sent and are back in stock.
_RESTOCKED = ("RETURN", "LEGACY_RESTOCK")
#: https://shopify.dev/docs/api/admin-graphql/latest/enums/ReturnReason: ERPNext asks for none.
_REASON = "UNKNOWN"


class OrderReturns:
	"""`core.outbound.ports.ReturnApi` of one shop."""

	def __init__(self, client: AdminClient) -> None:
		self._client = client

	def of_order(self, order: str, events: Sequence[str]) -> ShopifyReturns:
		"""See the port. Two queries as a rule; more for orders with many returns or parcels."""
		returns: list[ShopifyReturn] = []
		label = ""
		for page in self._pages("OrderReturns", order, ("order", "returns"), events):
			if page["order"] is None:
				raise SyncFailure(unknown_order(order))
			label = str(page["order"]["name"])
			returns += [_return(node, label) for node in page["order"]["returns"]["nodes"]]
		returnable: list[ReturnableLine] = []
		refunded: dict[str, dict[str, int]] = {}
		for page in self._pages("OrderReturnable", order, ("returnableFulfillments",), events):
			for node in page["returnableFulfillments"]["nodes"]:
				returnable += _returnable(node, label)
			refunded = dict(_refunded(page["order"]["refunds"], label))
		return ShopifyReturns(label, tuple(returnable), tuple(returns), refunded)

	def _pages(self, operation: str, order: str, path: Sequence[str], events: Sequence[str]) -> Iterator[Mapping[str, Any]]:
		after: str | None = None
		while True:
			data = self._client.execute(operation, {"orderId": gid("Order", order), "after": after}, events=events).data
			yield data
			connection: Any = data
			for name in path:
				connection = connection and connection[name]
			after = next_page(connection) if connection else None
			if after is None:
				return

	def open(self, wanted: OpenReturn, events: Sequence[str]) -> str:
		"""See the port. Shopify writes to nobody about it."""
		lines = [
			{
				"fulfillmentLineItemId": gid("FulfillmentLineItem", id),
				"quantity": pieces,
				"returnReason": _REASON,
				"returnReasonNote": wanted.note[:255],
			}
			for id, pieces in wanted.groups.items()
		]
		given = {"orderId": gid("Order", wanted.order), "returnLineItems": lines}
		return number(self._change("ReturnCreate", {"returnInput": given}, events)["returnCreate"]["return"]["id"])

	def receive(self, disposals: Sequence[Disposal], events: Sequence[str]) -> None:
		"""See the port."""
		inputs = [
			{
				"reverseFulfillmentOrderLineItemId": gid("ReverseFulfillmentOrderLineItem", disposal.line),
				"quantity": disposal.pieces,
				"dispositionType": "RESTOCKED" if disposal.location else "NOT_RESTOCKED",
				**({"locationId": gid("Location", disposal.location)} if disposal.location else {}),
			}
			for disposal in disposals
		]
		self._change("ReverseFulfillmentOrderDispose", {"dispositionInputs": inputs}, events)

	def cancel(self, id: str, events: Sequence[str]) -> None:
		"""See the port."""
		self._change("ReturnCancel", {"id": gid("Return", id)}, events)

	def _change(self, operation: str, variables: Mapping[str, Any], events: Sequence[str]) -> Mapping[str, Any]:
		data = self._client.execute(operation, variables, events=events).data
		errors = [str(error.get("message") or "") for error in user_errors(data)]
		if errors:
			raise FulfillmentRefused(" ".join(errors)[:500])
		return data


def _whole(connection: Mapping[str, Any], label: str) -> Sequence[Mapping[str, Any]]:
	"""Return the nodes of a list that is read at once. :raises SyncFailure: when there are more."""
	if connection["pageInfo"]["hasNextPage"]:
		raise _too_many(label)
	nodes: Sequence[Mapping[str, Any]] = connection["nodes"]
	return nodes


def _too_many(label: str) -> SyncFailure:
	message = (
		f"Order {label} has more returns, refunds or returned lines in Shopify than are read at once. Make the return there by hand, "
		"then Discard the event."
	)
	return SyncFailure(Failure(Category.FULFILLMENT_REFUSED, message))


def _line(node: Mapping[str, Any]) -> str:
	"""Return the order's line item of a line of a return; empty where it is of no fulfillment that Shopify knows."""
	entry = node.get("fulfillmentLineItem")
	return number(entry["lineItem"]["id"]) if entry else ""


def _return(node: Mapping[str, Any], label: str) -> ShopifyReturn:
	lines = added_up({_line(row): int(row["quantity"])} for row in _whole(node["returnLineItems"], label))
	waiting = []
	for order in _whole(node["reverseFulfillmentOrders"], label):
		for row in _whole(order["lineItems"], label) if order["status"] == OPEN else ():
			left = int(row["totalQuantity"]) - sum(int(done["quantity"]) for done in row["dispositions"])
			if left > 0:
				waiting.append(WaitingLine(number(row["id"]), _line(row), left))
	refunded = bool(node["refunds"]["nodes"])
	return ShopifyReturn(number(node["id"]), str(node["name"]), str(node["status"]), lines, tuple(waiting), refunded)


def _returnable(node: Mapping[str, Any], label: str) -> Iterator[ReturnableLine]:
	fulfillment = number(node["fulfillment"]["id"])
	for row in _whole(node["returnableFulfillmentLineItems"], label):
		entry = row["fulfillmentLineItem"]
		yield ReturnableLine(number(entry["id"]), fulfillment, number(entry["lineItem"]["id"]), int(row["quantity"]))


def _refunded(nodes: Sequence[Mapping[str, Any]], label: str) -> Iterator[tuple[str, dict[str, int]]]:
	if len(nodes) >= _REFUNDS:
		raise _too_many(label)
	for node in nodes:
		if node["return"] is None:
			rows = [row for row in _whole(node["refundLineItems"], label) if row["restockType"] in _RESTOCKED]
			yield number(node["id"]), added_up({number(row["lineItem"]["id"]): int(row["quantity"])} for row in rows)
