"""The flows of a store as people name them, and which resources belong to each: what is held, filtered and counted together."""

from __future__ import annotations

from collections.abc import Mapping

from . import keys
from .enums import StrEnum


class Flow(StrEnum):
	"""What a person calls a part of the sync. The value is what the Desk shows."""

	ORDERS = "Orders"
	CUSTOMERS = "Customers"
	INVENTORY = "Inventory"
	PRODUCTS = "Products"
	FULFILLMENTS = "Fulfillments"


#: Every resource that an event can be about is in exactly one flow; both ways are in the same one.
RESOURCES_OF_FLOW: Mapping[Flow, tuple[str, ...]] = {
	Flow.ORDERS: (keys.ORDER, keys.ORDER_TRANSACTION),
	Flow.CUSTOMERS: (
		keys.CUSTOMER,
		keys.CUSTOMER_MERGE,
		keys.CUSTOMER_DELETION,
		keys.CUSTOMER_REDACTION,
		keys.CUSTOMER_CONSENT,
	),
	Flow.INVENTORY: (keys.INVENTORY_LEVEL, keys.INVENTORY_PUSH),
	Flow.PRODUCTS: (keys.PRODUCT, keys.PRODUCT_DELETION, keys.INVENTORY_ITEM, keys.INVENTORY_ITEM_DELETION),
	Flow.FULFILLMENTS: (keys.FULFILLMENT, keys.FULFILLMENT_PUSH),
}


def flow_of(resource: str) -> Flow | None:
	"""Return the flow that a resource of an event belongs to, or None for one that no event is about."""
	return next((flow for flow, resources in RESOURCES_OF_FLOW.items() if resource in resources), None)
