"""Which resource a webhook topic speaks of. Topics do not select code; resources do (docs/architecture.md)."""

from __future__ import annotations

from . import keys
from .policy import StorePolicy

#: Topics whose payload is the whole resource as it stood at that moment.
RESOURCE_OF_TOPIC: dict[str, str] = {
	"orders/create": keys.ORDER,
	"orders/updated": keys.ORDER,
	"orders/paid": keys.ORDER,
	"orders/cancelled": keys.ORDER,
	"orders/fulfilled": keys.ORDER,
	"orders/partially_fulfilled": keys.ORDER,
	"orders/link_requested": keys.ORDER,
	"order_transactions/create": keys.ORDER_TRANSACTION,
	"fulfillments/create": keys.FULFILLMENT,
	"fulfillments/update": keys.FULFILLMENT,
	"customers/create": keys.CUSTOMER,
	"customers/update": keys.CUSTOMER,
	"customers/enable": keys.CUSTOMER,
	"customers/disable": keys.CUSTOMER,
	"customers/merge": keys.CUSTOMER_MERGE,
	"customers/delete": keys.CUSTOMER_DELETION,
	"customers/redact": keys.CUSTOMER_REDACTION,
	"customers_email_marketing_consent/update": keys.CUSTOMER_CONSENT,
	"inventory_levels/update": keys.INVENTORY_LEVEL,
	"inventory_levels/connect": keys.INVENTORY_LEVEL,
	"products/create": keys.PRODUCT,
	"products/update": keys.PRODUCT,
	"products/delete": keys.PRODUCT_DELETION,
	"inventory_items/create": keys.INVENTORY_ITEM,
	"inventory_items/update": keys.INVENTORY_ITEM,
	"inventory_items/delete": keys.INVENTORY_ITEM_DELETION,
}

#: Topics whose payload says that something happened without saying how the resource looks now.
NOT_A_STATE: dict[str, str] = {
	"orders/edited": "An orders/updated webhook follows with the order as it is after the edit.",
	"refunds/create": "An orders/updated webhook follows with the order and this refund in it.",
	"orders/delete": "A deleted order is kept in ERPNext; cancel its Sales Order by hand if it must go.",
	"customers_marketing_consent/update": "ERPNext's Contact knows consent to e-mails; what is said of text messages has no place there.",
	"customers/data_request": "Shopify asks for what is known of a customer: send it within 30 days. ERPNext collects it with a Personal "
	"Data Download Request for the customer's e-mail; the Shopify Link of the customer leads to its documents.",
	"shop/redact": "Shopify asks to forget the shop, 48 hours after the app was removed: disable the store, then delete its Sync Events, "
	"Sync Conflicts and Shopify Links. Orders and invoices stay as the law wants.",
	"inventory_levels/disconnect": "The item is no longer stocked at the location; ERPNext's stock is left as it is.",
}

#: The topics that a store subscribes to, by the setting that switches their flow on. The form of Shopify Store lists them too.
TOPICS_OF_FLOW: dict[str, tuple[str, ...]] = {
	"sync_orders": (
		"orders/create", "orders/updated", "orders/paid", "orders/fulfilled", "orders/cancelled", "order_transactions/create",
		"fulfillments/create", "fulfillments/update",
	),
	"sync_customers": (
		"customers/create", "customers/update", "customers/merge", "customers/delete",
		"customers_email_marketing_consent/update",
	),
	"sync_inventory": ("inventory_levels/update", "inventory_levels/connect"),
	"sync_products": (
		"products/create", "products/update", "products/delete", "inventory_items/create", "inventory_items/update",
		"inventory_items/delete",
	),
}  # fmt: skip


def topics_needed(policy: StorePolicy) -> tuple[str, ...]:
	"""Return the topics that the flows of a store need."""
	return tuple(topic for flow, topics in TOPICS_OF_FLOW.items() if getattr(policy, flow) for topic in topics)


def resource_of(topic: str) -> str | None:
	"""Return the resource that *topic* carries, or None when nothing handles it."""
	return RESOURCE_OF_TOPIC.get(topic.strip().lower())


def enum_of(topic: str) -> str:
	"""Return a topic as `WebhookSubscriptionTopic` of the Admin API writes it: `orders/create` → `ORDERS_CREATE`."""
	return topic.replace("/", "_").upper()


def from_enum(name: str) -> str:
	"""Return a topic of the Admin API as headers write it; one that nobody here knows is told apart, and no more."""
	return _BY_ENUM.get(name, name.lower())


_BY_ENUM = {enum_of(topic): topic for topic in (*RESOURCE_OF_TOPIC, *NOT_A_STATE, "app/uninstalled", "bulk_operations/finish")}


def why_ignored(topic: str) -> str:
	"""Return the reason to record for a topic without a resource."""
	return NOT_A_STATE.get(topic.strip().lower(), f"Nothing handles the topic {topic!r} in this version.")
