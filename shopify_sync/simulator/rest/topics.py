"""Every topic that the simulator emits, and what writes its payload."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import (
	bulk_operation,
	customer,
	fulfillment,
	fulfillment_order,
	inventory,
	location,
	order,
	product,
	refund,
	shop,
	transaction,
)

if TYPE_CHECKING:
	from ..shop.shop import Shop

PAYLOADS: dict[str, Callable[[Shop, Any], dict[str, Any]]] = {
	"app/uninstalled": shop.payload,
	"bulk_operations/finish": bulk_operation.finished,
	"customers/create": customer.payload,
	"customers/data_request": customer.data_request,
	"customers/delete": customer.deleted,
	"customers/disable": customer.payload,
	"customers/enable": customer.payload,
	"customers/merge": customer.merged,
	"customers/redact": customer.redacted,
	"customers/update": customer.payload,
	"fulfillment_holds/added": fulfillment_order.hold_changed,
	"fulfillment_holds/released": fulfillment_order.hold_changed,
	"fulfillment_orders/hold_released": fulfillment_order.payload,
	"fulfillment_orders/moved": fulfillment_order.moved,
	"fulfillment_orders/order_routing_complete": fulfillment_order.payload,
	"fulfillment_orders/placed_on_hold": fulfillment_order.placed_on_hold,
	"fulfillments/create": fulfillment.payload,
	"fulfillments/update": fulfillment.payload,
	"inventory_items/create": inventory.item,
	"inventory_items/delete": inventory.item_deleted,
	"inventory_items/update": inventory.item,
	"inventory_levels/connect": inventory.level,
	"inventory_levels/disconnect": inventory.disconnected,
	"inventory_levels/update": inventory.level,
	"locations/activate": location.payload,
	"locations/create": location.payload,
	"locations/deactivate": location.payload,
	"locations/delete": location.deleted,
	"locations/update": location.payload,
	"order_transactions/create": transaction.payload,
	"orders/cancelled": order.payload,
	"orders/create": order.payload,
	"orders/delete": order.deleted,
	"orders/edited": order.edited,
	"orders/fulfilled": order.payload,
	"orders/paid": order.payload,
	"orders/partially_fulfilled": order.payload,
	"orders/updated": order.payload,
	"products/create": product.payload,
	"products/delete": product.deleted,
	"products/update": product.payload,
	"refunds/create": refund.payload,
	"shop/redact": shop.redacted,
}


def payload(shop: Shop, topic: str, record: Any) -> dict[str, Any]:
	"""Return the payload of a topic. :raises KeyError: for a topic that is not emitted."""
	return PAYLOADS[topic](shop, record)


#: Topics that an app may subscribe to here and that are never emitted: nothing in the simulated shop does what they tell.
SILENT = ("customers_email_marketing_consent/update",)
