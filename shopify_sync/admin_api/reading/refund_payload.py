"""A refund read from the Admin API, in the shape in which `refunds/create`, and orders, tell of it.

https://shopify.dev/docs/api/admin-graphql/latest/objects/Refund
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .values import Node, amount, money_set, nodes, number, number_of, priced, word

#: REST has no words of its own for why a refund is not what its lines come to; shipping has a list of its own since 2024-10.
_KIND = "refund_discrepancy"


def refund_payload(node: Node, order: str, transactions: Mapping[str, Node]) -> dict[str, Any]:
	"""Return a refund.

	:param order: the global id of its order.
	:param transactions: those of the order as payloads, by global id: a refund's are among them.
	"""
	rows = nodes(node["refundLineItems"])
	return {
		"id": number(node["id"]),
		"admin_graphql_api_id": node["id"],
		"order_id": number(order),
		"note": node["note"],
		"created_at": node["createdAt"],
		"processed_at": node["processedAt"],
		"restock": any(word(row["restockType"]) != "no_restock" for row in rows),
		"duties": [{"amount_set": money_set(duty["amountSet"])} for duty in node["duties"] or ()],
		"refund_line_items": [_line(row) for row in rows],
		"refund_shipping_lines": [_shipping(row) for row in nodes(node["refundShippingLines"])],
		"order_adjustments": [_adjustment(row, node["id"], order) for row in nodes(node["orderAdjustments"])],
		# A transaction that is not among the order's was made while they were read: the order changed, and is read again.
		"transactions": [transactions[row["id"]] for row in nodes(node["transactions"]) if row["id"] in transactions],
	}


def _line(row: Node) -> dict[str, Any]:
	return {
		"id": number(row["id"]) if row["id"] else None,
		"line_item_id": number(row["lineItem"]["id"]),
		"quantity": row["quantity"],
		"restock_type": word(row["restockType"]),
		"location_id": number_of(row["location"]),
		**priced("subtotal", row["subtotalSet"]),
		**priced("total_tax", row["totalTaxSet"]),
	}


def _shipping(row: Node) -> dict[str, Any]:
	taken = (("subtotal_amount_set", "subtotalAmountSet"), ("tax_amount_set", "taxAmountSet"))
	return {"id": number(row["id"]), **{name: money_set(row[field]) for name, field in taken}}


def _adjustment(row: Node, refund: str, order: str) -> dict[str, Any]:
	return {
		"id": number(row["id"]),
		"order_id": number(order),
		"refund_id": number(refund),
		"kind": _KIND,
		"reason": word(row["reason"]),
		"amount": amount(row["amountSet"]),
		"amount_set": money_set(row["amountSet"]),
		"tax_amount": amount(row["taxAmountSet"]),
		"tax_amount_set": money_set(row["taxAmountSet"]),
	}
