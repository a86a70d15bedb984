"""A transaction read from the Admin API, in the shape in which `order_transactions/create` tells of it.

https://shopify.dev/docs/api/admin-graphql/latest/objects/OrderTransaction
"""

from __future__ import annotations

from typing import Any

from .values import Node, number, number_of, word


def transaction_payload(node: Node, order: str) -> dict[str, Any]:
	"""Return a transaction. Its amount is what the customer paid, in their currency, as webhooks state it.

	Webhooks do not say what the gateway keeps; `fees` are GraphQL's.

	:param order: the global id of its order.
	"""
	paid = node["amountSet"]["presentmentMoney"]
	return {
		"id": number(node["id"]),
		"admin_graphql_api_id": node["id"],
		"order_id": number(order),
		"parent_id": number_of(node["parentTransaction"]),
		"kind": word(node["kind"]),
		"status": word(node["status"]),
		"gateway": node["gateway"],
		"amount": str(paid["amount"]),
		"currency": paid["currencyCode"],
		"created_at": node["createdAt"],
		"processed_at": node["processedAt"],
		"test": node["test"],
		"fees": [{"amount": {"amount": str(fee["amount"]["amount"])}} for fee in node["fees"]],
	}
