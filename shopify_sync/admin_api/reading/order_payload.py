"""An order read from the Admin API, in the shape in which `orders/updated` tells of it: what is decided about it is decided once.

https://shopify.dev/docs/api/admin-graphql/latest/objects/Order

What webhooks leave out is there too: `transactions`, with what the gateway kept of each.
"""

from __future__ import annotations

from typing import Any

from .customer_payload import address, customer_in_order
from .fulfillment_payload import fulfillment_payload
from .refund_payload import refund_payload
from .transaction_payload import transaction_payload
from .values import Node, amount, money_set, nodes, number, number_of, priced, word

#: Where REST says `fulfilled`, `partial` and `restocked`. Every other state of the display says that nothing was sent yet, or does not
#: say: then the lines do.
_FULFILLMENT = {"FULFILLED": "fulfilled", "PARTIALLY_FULFILLED": "partial", "RESTOCKED": "restocked"}
#: plain field → field of GraphQL's.
_FIGURES = {
	"current_total_price": "currentTotalPriceSet", "current_total_tax": "currentTotalTaxSet", "subtotal_price": "subtotalPriceSet",
	"total_discounts": "totalDiscountsSet", "total_price": "totalPriceSet", "total_tax": "totalTaxSet",
}  # fmt: skip


def order_payload(node: Node) -> dict[str, Any]:
	"""Return an order of the operation Order (or one that :mod:`.parts` has completed) as its webhooks would tell of it."""
	order = node["id"]
	transactions = {row["id"]: transaction_payload(row, order) for row in node["transactions"]}
	return {
		**_head(node),
		**_money(node),
		**_people(node),
		"line_items": [line_payload(row) for row in nodes(node["lineItems"])],
		"shipping_lines": [shipping_payload(row) for row in nodes(node["shippingLines"])],
		"tax_lines": [tax_payload(row) for row in node["taxLines"]],
		"transactions": list(transactions.values()),
		"fulfillments": [fulfillment_payload(row, order) for row in node["fulfillments"]],
		"refunds": [refund_payload(row, order, transactions) for row in node["refunds"]],
		"payment_terms": _terms(node.get("paymentTerms")),
	}


def fulfillment_status(display: str, *, sent: bool, waiting: bool) -> str | None:
	"""Return REST's `fulfillment_status` of an order: fulfilled, partial, restocked, None.

	:param display: `displayFulfillmentStatus`, which also tells of holds and schedules of what is left.
	:param sent: whether a fulfillment stands; :param waiting: whether pieces wait to be sent.
	"""
	if display in _FULFILLMENT:
		return _FULFILLMENT[display]
	if not sent:
		return None
	return "partial" if waiting else "fulfilled"


def _head(node: Node) -> dict[str, Any]:
	sent = any(row["status"] == "SUCCESS" for row in node["fulfillments"])
	waiting = any(row["unfulfilledQuantity"] for row in nodes(node["lineItems"]))
	return {
		"id": number(node["id"]),
		"admin_graphql_api_id": node["id"],
		"name": node["name"],
		"created_at": node["createdAt"],
		"processed_at": node["processedAt"],
		"updated_at": node["updatedAt"],
		"cancelled_at": node["cancelledAt"],
		"cancel_reason": word(node["cancelReason"]),
		"closed_at": node["closedAt"],
		"test": node["test"],
		"order_number": node["number"],
		"currency": node["currencyCode"],
		"presentment_currency": node["presentmentCurrencyCode"],
		"taxes_included": node["taxesIncluded"],
		"financial_status": word(node["displayFinancialStatus"]),
		"fulfillment_status": fulfillment_status(node["displayFulfillmentStatus"], sent=sent, waiting=waiting),
		"note": node["note"],
		"tags": ", ".join(node["tags"]),
		"po_number": node["poNumber"],
		"source_name": node["sourceName"],
		"payment_gateway_names": list(node["paymentGatewayNames"]),
		"location_id": number_of(node["retailLocation"]),
		"note_attributes": [{"name": row["key"], "value": row["value"]} for row in node["customAttributes"]],
	}


def _money(node: Node) -> dict[str, Any]:
	found: dict[str, Any] = {}
	for name, field in _FIGURES.items():
		found.update(priced(name, node[field]))
	rounding = node["totalCashRoundingAdjustment"]
	return {
		**found,
		"total_outstanding": amount(node["totalOutstandingSet"]),
		"total_tip_received": amount(node["totalTipReceivedSet"]),
		"total_cash_rounding_payment_adjustment_set": money_set(rounding["paymentSet"]),
	}


def _people(node: Node) -> dict[str, Any]:
	company = node["purchasingEntity"] or {}
	return {
		"email": node["email"] or "",
		"contact_email": node["email"],
		"phone": node["phone"],
		"customer_locale": node["customerLocale"],
		"customer": customer_in_order(node["customer"]) if node["customer"] else None,
		"billing_address": address(node["billingAddress"]) if node["billingAddress"] else None,
		"shipping_address": address(node["shippingAddress"]) if node["shippingAddress"] else None,
		"company": _company(company) if company.get("company") else None,
	}


def _company(node: Node) -> dict[str, Any]:
	return {"id": number(node["company"]["id"]), "location_id": number_of(node["location"])}


def _terms(node: Node | None) -> dict[str, Any] | None:
	"""Return payment terms; None where there are none, and where the app may not read them (`read_payment_terms`)."""
	if node is None:
		return None
	schedules = nodes(node["paymentSchedules"])
	return {
		"payment_terms_name": node["paymentTermsName"],
		"due_in_days": node["dueInDays"],
		"payment_schedules": [{"amount": str(row["totalBalance"]["amount"]), "due_at": row["dueAt"]} for row in schedules],
	}


def line_payload(node: Node) -> dict[str, Any]:
	"""Return a line of an order."""
	return {
		"id": number(node["id"]),
		"admin_graphql_api_id": node["id"],
		"title": node["title"],
		"name": node["name"],
		"variant_title": node["variantTitle"],
		"sku": node["sku"],
		"vendor": node["vendor"],
		"product_id": number_of(node["product"]),
		"product_exists": node["product"] is not None,
		"variant_id": number_of(node["variant"]),
		"gift_card": node["isGiftCard"],
		"taxable": node["taxable"],
		"requires_shipping": node["requiresShipping"],
		"quantity": node["quantity"],
		"current_quantity": node["currentQuantity"],
		"fulfillable_quantity": node["unfulfilledQuantity"],
		**priced("price", node["originalUnitPriceSet"]),
		"discount_allocations": _allocations(node),
		"tax_lines": [tax_payload(row) for row in node["taxLines"]],
		"duties": [_duty(row) for row in node["duties"]],
	}


def shipping_payload(node: Node) -> dict[str, Any]:
	"""Return a shipping line of an order."""
	return {
		"id": number_of(node) if node["id"] else None,
		"title": node["title"],
		"code": node["code"],
		"is_removed": node["isRemoved"],
		**priced("price", node["originalPriceSet"]),
		**priced("discounted_price", node["discountedPriceSet"]),
		"discount_allocations": _allocations(node),
		"tax_lines": [tax_payload(row) for row in node["taxLines"]],
	}


def tax_payload(node: Node) -> dict[str, Any]:
	"""Return a tax line; `rate` is a JSON number, a fraction."""
	return {"title": node["title"], "rate": node["rate"], **priced("price", node["priceSet"])}


def _allocations(node: Node) -> list[dict[str, Any]]:
	return [priced("amount", row["allocatedAmountSet"]) for row in node["discountAllocations"]]


def _duty(node: Node) -> dict[str, Any]:
	sides = money_set(node["price"]) or {}
	return {"id": number_of(node), **sides, "tax_lines": [tax_payload(row) for row in node["taxLines"]]}
