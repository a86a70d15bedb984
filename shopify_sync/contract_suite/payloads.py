"""Payloads and signed deliveries as Shopify sends them. Everybody in them is made up."""

from __future__ import annotations

import itertools
import json
import random
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from shopify_sync.core.receiving import Answer, sign

from .bench import INBOUND_LOCATION, MUG, SHIPPING_TITLE, TAX_TITLE, TEE, Bench
from .checks import same

_START = datetime(2026, 11, 20, 10, 0, tzinfo=timezone.utc)
#: Ids of one run never meet those of another on the same site.
_IDS = itertools.count(random.SystemRandom().randrange(10**15, 10**16) * 100)


def new_id() -> str:
	"""Return a Shopify id that was not used before."""
	return str(next(_IDS))


def moment(minute: int) -> str:
	"""Return the time *minute* minutes into the story, as payloads write it."""
	return (_START + timedelta(minutes=minute)).isoformat()


def address(last_name: str = "Example", city: str = "Springfield") -> dict[str, Any]:
	"""Return a postal address."""
	return {
		"first_name": "Ada",
		"last_name": last_name,
		"name": f"Ada {last_name}",
		"address1": "1 Sample Street",
		"city": city,
		"zip": "12345",
		"province": None,
		"country": "United States",
		"country_code": "US",
		"phone": None,
	}


def line(sku: str | None, quantity: int, price: str, *, variant: str | None = None, discount: str = "0.00") -> dict[str, Any]:
	"""Return a line item with 10 % tax on top."""
	net = Decimal(price) * quantity - Decimal(discount)
	return {
		"id": int(new_id()),
		"sku": sku,
		"variant_id": int(variant) if variant else None,
		"product_id": int(new_id()),
		"product_exists": True,
		"title": sku or "Something",
		"name": sku or "Something",
		"quantity": quantity,
		"price": price,
		"discount_allocations": [{"amount": discount}] if Decimal(discount) else [],
		"tax_lines": [{"title": TAX_TITLE, "rate": 0.1, "price": str((net / 10).quantize(Decimal("0.01")))}],
	}


def order(bench: Bench, order_id: str, minute: int = 0, **changes: Any) -> dict[str, Any]:
	"""Return an order whose figures agree; *changes* replace what stands in it afterwards, and nothing is added up again."""
	lines = changes.pop("line_items", None) or [line(TEE, 2, "19.90", discount="5.00"), line(MUG, 1, "7.50")]
	shipping = "4.90"
	gross = sum((Decimal(row["price"]) * row["quantity"] for row in lines), Decimal(0))
	discounts = sum((Decimal(share["amount"]) for row in lines for share in row["discount_allocations"]), Decimal(0))
	tax = sum((Decimal(entry["price"]) for row in lines for entry in row["tax_lines"]), Decimal(0))
	total = gross - discounts + tax + Decimal(shipping)
	person = new_id()
	return {
		"id": int(order_id),
		"admin_graphql_api_id": f"gid://shopify/Order/{order_id}",
		"name": f"#{order_id[-9:]}",
		"created_at": moment(0),
		"processed_at": moment(0),
		"updated_at": moment(minute),
		"cancelled_at": None,
		"currency": bench.currency,
		"taxes_included": False,
		"total_line_items_price": str(gross),
		"total_discounts": str(discounts),
		"subtotal_price": str(gross - discounts),
		"total_tax": str(tax),
		"total_price": str(total),
		"financial_status": "pending",
		"fulfillment_status": None,
		"email": f"ada.{person}@example.com",
		"phone": None,
		"customer": {"id": int(person), "first_name": "Ada", "last_name": "Example", "email": f"ada.{person}@example.com"},
		"billing_address": address(),
		"shipping_address": address(),
		"line_items": lines,
		"shipping_lines": [{"title": SHIPPING_TITLE, "code": "std", "price": shipping, "tax_lines": []}],
		"refunds": [],
		"fulfillments": [],
		**changes,
	}


def guest_order(bench: Bench, order_id: str, email: str, minute: int = 0) -> dict[str, Any]:
	"""Return an order of somebody without an account."""
	return order(bench, order_id, minute, customer=None, email=email, contact_email=email)


def customer(customer_id: str, minute: int = 0, **changes: Any) -> dict[str, Any]:
	"""Return a customer."""
	return {
		"id": int(customer_id),
		"admin_graphql_api_id": f"gid://shopify/Customer/{customer_id}",
		"created_at": moment(0),
		"updated_at": moment(minute),
		"first_name": "Grace",
		"last_name": "Example",
		"email": f"grace.{customer_id}@example.com",
		"verified_email": True,
		"phone": "+15550100001",
		"default_address": address("Grace"),
		**changes,
	}


def level(inventory_item: str, available: int | None, minute: int = 0, location: str = INBOUND_LOCATION) -> dict[str, Any]:
	"""Return a stock level."""
	return {
		"inventory_item_id": int(inventory_item),
		"location_id": int(location),
		"available": available,
		"updated_at": moment(minute),
		"admin_graphql_api_id": f"gid://shopify/InventoryLevel/1?inventory_item_id={inventory_item}",
	}


def signed(
	bench: Bench, topic: str, payload: Any, webhook_id: str | None = None, triggered_at: str = ""
) -> tuple[Mapping[str, str], bytes]:
	"""Return headers and body of a delivery."""
	body = json.dumps(payload).encode()
	headers = {
		"Content-Type": "application/json",
		"X-Shopify-Topic": topic,
		"X-Shopify-Shop-Domain": bench.shop_domain,
		"X-Shopify-API-Version": "2026-07",
		"X-Shopify-Webhook-Id": webhook_id or str(uuid.uuid4()),
		"X-Shopify-Hmac-Sha256": sign(bench.secret, body),
	}
	return {**headers, **({"X-Shopify-Triggered-At": triggered_at} if triggered_at else {})}, body


def send(
	bench: Bench, topic: str, payload: Any, *, webhook_id: str | None = None, triggered_at: str = "", answer: int = 200
) -> str:
	"""Deliver a payload and check the answer. Return the event's name."""
	headers, body = signed(bench, topic, payload, webhook_id, triggered_at)
	given: Answer = bench.deliver(headers, body)
	same(given.status, answer, f"answer to {topic}")
	return headers["X-Shopify-Webhook-Id"]
