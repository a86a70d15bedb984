"""One order with all that hangs on it, however many calls that takes: lists with pages, and lists that have none.

An order that changes while its parts are read is begun again, so that what is returned was true at one moment.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shopify_sync.core.failures import Category, Failure
from shopify_sync.core.outbound.calls import CallFailed

from .order_payload import order_payload
from .ports import Client, ask
from .values import Node

#: How many parcels, refunds and transactions of an order are read at most; nobody has seen more.
MOST_PARTS = 200
MOST_TRANSACTIONS = 120
#: Refunds that the operations Order and OrderParts bring along.
_REFUNDS = 3
#: How often an order is begun again that keeps changing.
_TRIES = 4


class OrderChanged(Exception):
	"""The order is another one than when its first part was read."""


def read_order(client: Client, order: str, *, terms: bool = False) -> dict[str, Any] | None:
	"""Return an order as `orders/updated` would tell of it, with its transactions; None when Shopify shows none.

	:param order: its id (digits).
	:param terms: read the payment terms too; the app needs the scope read_payment_terms.
	:raises CallFailed: when Shopify does not answer, or the order changes faster than it can be read.
	"""
	for _try in range(_TRIES):
		gid = f"gid://shopify/Order/{order}"
		node = ask(client, "Order", {"id": gid, "refunds": _REFUNDS})["order"]
		if node is None:
			return None
		try:
			return order_payload(completed(client, _with_terms(client, node) if terms else node))
		except OrderChanged:
			continue
	raise _too_fast(order)


def completed(client: Client, node: Node) -> Node:
	"""Return an order with those of its parts that its first answer had no room for.

	:raises OrderChanged: when it changed meanwhile.
	"""
	found = dict(node)
	found["lineItems"] = _connection(client, "OrderLines", node, "lineItems")
	found["shippingLines"] = _connection(client, "OrderShippingLines", node, "shippingLines")
	if len(node["transactions"]) < node["transactionsCount"]["count"]:
		found["transactions"] = _list(client, "OrderTransactions", node, "transactions", MOST_TRANSACTIONS)
	found["fulfillments"] = _fulfillments(client, node)
	found["refunds"] = _refunds(client, node)
	return found


def with_parts(client: Client, node: Node) -> Node:
	"""Return an order of a bulk operation with its refunds, parcels and shipping lines, which bulk operations cannot read.

	:raises CallFailed: when Shopify does not answer. :raises OrderChanged: when it changed since the operation read it.
	"""
	parts = _same(ask(client, "OrderParts", {"id": node["id"], "refunds": _REFUNDS})["order"], node)
	return completed(client, {**node, **{field: parts[field] for field in ("fulfillments", "refunds", "shippingLines")}})


def _with_terms(client: Client, node: Node) -> Node:
	terms = _same(ask(client, "OrderPaymentTerms", {"id": node["id"]})["order"], node)["paymentTerms"]
	return {**node, "paymentTerms": terms}


def _connection(client: Client, operation: str, node: Node, field: str) -> Node:
	"""Return a connection of an order with all its pages as one."""
	found, page = list(node[field]["nodes"]), node[field]["pageInfo"]
	while page["hasNextPage"]:
		variables = {"id": node["id"], "after": page["endCursor"]}
		order = _same(ask(client, operation, variables)["order"], node)
		found += order[field]["nodes"]
		page = order[field]["pageInfo"]
	return {"nodes": found}


def _list(client: Client, operation: str, node: Node, field: str, most: int) -> list[Node]:
	"""Return a list of an order that has no pages. :raises CallFailed: when there is more in it than can be read."""
	order = _same(ask(client, operation, {"id": node["id"], "first": most})["order"], node)
	found: list[Node] = order[field]
	if len(found) >= most:
		raise _too_many(node, field)
	return found


def _fulfillments(client: Client, node: Node) -> list[Node]:
	first = {row["id"]: row for row in node["fulfillments"]}
	rows = list(node["fulfillments"])
	if len(rows) < node["fulfillmentsCount"]["count"]:
		rows = ask(client, "OrderFulfillments", {"orderId": node["id"], "first": MOST_PARTS})["order"]["fulfillments"]
		if len(rows) >= MOST_PARTS:
			raise _too_many(node, "fulfillments")
	return [_fulfillment(client, first.get(row["id"], row)) for row in rows]


def _fulfillment(client: Client, row: Node) -> Node:
	lines: Mapping[str, Any] | None = row.get("fulfillmentLineItems")
	found = list(lines["nodes"]) if lines else []
	page: Mapping[str, Any] = lines["pageInfo"] if lines else {"hasNextPage": True, "endCursor": None}
	while page["hasNextPage"]:
		variables = {"id": row["id"], "after": page["endCursor"]}
		fulfillment = ask(client, "FulfillmentLinesPage", variables)["fulfillment"]
		if fulfillment is None:
			raise OrderChanged
		found += fulfillment["fulfillmentLineItems"]["nodes"]
		page = fulfillment["fulfillmentLineItems"]["pageInfo"]
	return {**row, "fulfillmentLineItems": {"nodes": found}}


def _refunds(client: Client, node: Node) -> list[Node]:
	"""Return the refunds. Nothing says how many there are: a list that may have been cut is asked for again."""
	first = {row["id"]: row for row in node["refunds"]}
	ids = [row["id"] for row in node["refunds"]]
	if len(ids) >= _REFUNDS:
		ids = [row["id"] for row in _list(client, "OrderRefunds", node, "refunds", MOST_PARTS)]
	return [_refund(client, id, first.get(id)) for id in ids]


def _refund(client: Client, id: str, row: Node | None) -> Node:
	"""Return a refund with everything in it."""
	if row is not None and not any(row[field]["pageInfo"]["hasNextPage"] for field in _REFUND_LISTS):
		return row
	whole: dict[str, Any] = {}
	after = None
	while True:
		refund = ask(client, "Refund", {"id": id, "after": after})["refund"]
		if refund is None:
			raise OrderChanged
		lines = [*(whole["refundLineItems"]["nodes"] if whole else ()), *refund["refundLineItems"]["nodes"]]
		page = refund["refundLineItems"]["pageInfo"]
		whole = {**refund, "refundLineItems": {"nodes": lines}}
		after = page["endCursor"]
		if not page["hasNextPage"]:
			return whole


_REFUND_LISTS = ("refundLineItems", "refundShippingLines", "orderAdjustments", "transactions")


def _same(order: Node | None, node: Node) -> Node:
	"""Return a later answer about an order. :raises OrderChanged: when it is another state of it."""
	if order is None or order["updatedAt"] != node["updatedAt"]:
		raise OrderChanged
	return order


def _too_fast(order: str) -> CallFailed:
	message = f"The order {order} changes faster than it can be read."
	return CallFailed(Failure(Category.SHOPIFY_UNAVAILABLE, message, retry_after=5.0), may_have_arrived=False)


def _too_many(node: Node, field: str) -> CallFailed:
	message = f"The order {node['name']} has more {field} than can be read of it."
	return CallFailed(Failure(Category.UNSUPPORTED, message), may_have_arrived=False)
