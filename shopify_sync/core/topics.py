"""Which resource a webhook topic speaks of. Topics do not select code; resources do (docs/architecture.md)."""

from __future__ import annotations

from . import keys

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
	"customers/create": keys.CUSTOMER,
	"customers/update": keys.CUSTOMER,
	"customers/enable": keys.CUSTOMER,
	"customers/disable": keys.CUSTOMER,
	"inventory_levels/update": keys.INVENTORY_LEVEL,
	"inventory_levels/connect": keys.INVENTORY_LEVEL,
}

#: Topics whose payload says that something happened without saying how the resource looks now.
NOT_A_STATE: dict[str, str] = {
	"orders/edited": "An orders/updated webhook follows with the order as it is after the edit.",
	"refunds/create": "An orders/updated webhook follows with the order and this refund in it.",
	"fulfillments/create": "An orders/updated webhook follows with the order and this fulfillment in it.",
	"fulfillments/update": "An orders/updated webhook follows with the order and this fulfillment in it.",
	"orders/delete": "A deleted order is kept in ERPNext; cancel its Sales Order by hand if it must go.",
	"inventory_levels/disconnect": "The item is no longer stocked at the location; ERPNext's stock is left as it is.",
}


def resource_of(topic: str) -> str | None:
	"""Return the resource that *topic* carries, or None when nothing handles it."""
	return RESOURCE_OF_TOPIC.get(topic.strip().lower())


def why_ignored(topic: str) -> str:
	"""Return the reason to record for a topic without a resource."""
	return NOT_A_STATE.get(topic.strip().lower(), f"Nothing handles the topic {topic!r} in this version.")
