"""Payloads as Shopify sends them, small and consistent; every person in them is made up."""

from __future__ import annotations

from decimal import Decimal
from typing import Any


def order(order_id: int, lines: list[dict[str, Any]] | None = None, **values: Any) -> dict[str, Any]:
	"""Return an order whose totals agree with its lines, shipping and taxes.

	:param lines: from :func:`line`; one piece of the Item TEE-M at 20.00 when left out.
	:param values: fields that replace the computed ones.
	"""
	lines = [line(order_id + 1, "TEE-M", "20.00")] if lines is None else lines
	shipping = values.get("shipping_lines") or []
	included = values.get("taxes_included", False)
	gross = sum((Decimal(row["price"]) * row["quantity"] for row in lines), Decimal(0))
	off = sum((Decimal(share["amount"]) for row in lines for share in row["discount_allocations"]), Decimal(0))
	freight = sum((Decimal(row["price"]) for row in shipping), Decimal(0))
	tax = sum((Decimal(tax["price"]) for row in [*lines, *shipping] for tax in row.get("tax_lines", [])), Decimal(0))
	total = gross - off + freight + (0 if included else tax)
	return {
		"id": order_id,
		"admin_graphql_api_id": f"gid://shopify/Order/{order_id}",
		"name": f"#{order_id}",
		"created_at": "2026-10-05T10:00:00-04:00",
		"processed_at": "2026-10-05T10:00:00-04:00",
		"updated_at": "2026-10-05T10:00:00-04:00",
		"cancelled_at": None,
		"currency": "USD",
		"taxes_included": included,
		"total_price": str(total),
		"current_total_price": str(total),
		"subtotal_price": str(gross - off),
		"total_tax": str(tax),
		"total_discounts": str(off),
		"financial_status": "pending",
		"fulfillment_status": None,
		"email": f"buyer-{order_id}@example.com",
		"customer": customer(order_id + 7),
		"billing_address": address(order_id),
		"shipping_address": address(order_id),
		"line_items": lines,
		"shipping_lines": shipping,
		"refunds": [],
		"fulfillments": [],
		**values,
	}


def line(
	line_id: int, sku: str, price: str, quantity: int = 1, *, discount: str | None = None, tax: str | None = None
) -> dict[str, Any]:
	"""Return a line of an order."""
	return {
		"id": line_id,
		"admin_graphql_api_id": f"gid://shopify/LineItem/{line_id}",
		"title": sku,
		"name": sku,
		"sku": sku,
		"product_id": 11,
		"variant_id": line_id + 5,
		"product_exists": True,
		"gift_card": False,
		"quantity": quantity,
		"current_quantity": quantity,
		"price": price,
		"tax_lines": [{"title": "VAT", "rate": 0.2, "price": tax}] if tax else [],
		"discount_allocations": [{"amount": discount}] if discount else [],
	}


def shipping(price: str, tax: str | None = None) -> dict[str, Any]:
	"""Return a shipping line."""
	return {
		"id": 1,
		"title": "Standard",
		"price": price,
		"tax_lines": [{"title": "VAT", "rate": 0.2, "price": tax}] if tax else [],
	}


def customer(customer_id: int, **values: Any) -> dict[str, Any]:
	"""Return a customer."""
	return {
		"id": customer_id,
		"admin_graphql_api_id": f"gid://shopify/Customer/{customer_id}",
		"updated_at": "2026-10-05T10:00:00-04:00",
		"first_name": "Ada",
		"last_name": f"Example {customer_id}",
		"email": f"ada-{customer_id}@example.com",
		"phone": None,
		**values,
	}


def address(number: int, **values: Any) -> dict[str, Any]:
	"""Return an address in a country that ERPNext knows."""
	return {
		"first_name": "Ada",
		"last_name": "Example",
		"address1": f"{number} Example Street",
		"city": "Springfield",
		"zip": "12345",
		"province": "Kentucky",
		"province_code": "KY",
		"country": "United States",
		"country_code": "US",
		"phone": "555-0100",
		**values,
	}


def level(item_id: int, location_id: str, available: int | None, updated_at: str = "2026-10-05T10:00:00-04:00") -> dict[str, Any]:
	"""Return an inventory level."""
	return {
		"inventory_item_id": item_id,
		"location_id": int(location_id),
		"available": available,
		"updated_at": updated_at,
		"admin_graphql_api_id": f"gid://shopify/InventoryLevel/9?inventory_item_id={item_id}",
	}
