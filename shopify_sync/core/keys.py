"""Keys: the one spelling of "resource R of store S" in links, locks and the unique `shopify_key` of documents."""

from __future__ import annotations

import hashlib

ORDER = "order"
ORDER_TRANSACTION = "order_transaction"
FULFILLMENT = "fulfillment"
CUSTOMER = "customer"
GUEST = "guest"
COMPANY = "company"
COMPANY_LOCATION = "company_location"
CUSTOMER_MERGE = "customer_merge"
CUSTOMER_DELETION = "customer_deletion"
CUSTOMER_REDACTION = "customer_redaction"
CUSTOMER_CONSENT = "customer_consent"
INVENTORY_LEVEL = "inventory_level"
VARIANT = "variant"
SKU = "sku"
INVENTORY_ITEM = "inventory_item"
INVENTORY_ITEM_DELETION = "inventory_item_deletion"
PRODUCT = "product"
PRODUCT_DELETION = "product_deletion"
CONTACT = "contact"
ADDRESS = "address"

#: What is pushed to Shopify: the quantity of an inventory level (`<inventory item>-<location>`), the deliveries of an order.
INVENTORY_PUSH = "inventory_push"
FULFILLMENT_PUSH = "fulfillment_push"
OUTBOUND = (FULFILLMENT_PUSH, INVENTORY_PUSH)

#: Resources whose payload still says all it has to when what was personal in it has been taken out.
SURVIVES_REDACTION = (CUSTOMER_MERGE, CUSTOMER_DELETION, CUSTOMER_REDACTION, CUSTOMER_CONSENT)


def key(store: str, resource: str, shopify_id: str) -> str:
	"""Return `<store>/<resource>/<id>`, e.g. `my-store/order/820982911946154508`."""
	return f"{store}/{resource}/{shopify_id}"


def push_of_order(order_key: str) -> str:
	"""Return the key of the deliveries of an order on their way out, by the order's."""
	store, _resource, shopify_id = order_key.split("/", 2)
	return key(store, FULFILLMENT_PUSH, shopify_id)


def short_hash(*parts: str) -> str:
	"""Return 32 hex digits that stand for *parts*; used where a key must not spell out personal data."""
	return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


def guest_key(store: str, email: str) -> str:
	"""Return the key of a guest known by e-mail only; the address itself is hashed, case ignored."""
	return key(store, GUEST, short_hash(email.strip().casefold()))
