"""What of Shopify has to be read so that an event's resource is looked at as it is now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import keys
from .words import _

TOLD_ONCE = _("It tells of something that happened, which cannot be read again. Replay it instead.")
NO_MORE = _("Shopify has no such record any more.")
#: A topic whose payload has the shape of what is read.
TOPICS: Mapping[str, str] = {
	keys.ORDER: "orders/updated",
	keys.CUSTOMER: "customers/update",
	keys.INVENTORY_LEVEL: "inventory_levels/update",
	keys.PRODUCT: "products/update",
}
#: What is read of an order holds its payments and parcels.
_PARTS_OF_ORDER = (keys.ORDER_TRANSACTION, keys.FULFILLMENT)


def asked_for(resource: str | None, shopify_id: str | None, part_of: str | None) -> tuple[str, str] | None:
	"""Return (resource, id) of what has to be read for an event, or None for one that tells of something that can be told only once.

	:param part_of: the key of the order that a transaction, or a fulfillment, belongs to.
	"""
	if resource in _PARTS_OF_ORDER and part_of:
		return keys.ORDER, part_of.rpartition("/")[2]
	if resource == keys.CUSTOMER_CONSENT and shopify_id:
		return keys.CUSTOMER, shopify_id
	return (resource, shopify_id) if resource and resource in TOPICS and shopify_id else None


def can_be_read(resource: str | None, *, is_part: bool) -> bool:
	"""Tell whether events of a resource can be refetched; what goes out to Shopify is looked at again instead of read.

	:param is_part: they name the order that they belong to.
	"""
	return resource in keys.OUTBOUND or asked_for(resource, "1", "of/order/1" if is_part else None) is not None


def id_of(resource: str, payload: Mapping[str, Any]) -> str:
	"""Return the id, as events have it, of a payload that was read."""
	if resource == keys.INVENTORY_LEVEL:
		return f"{payload.get('inventory_item_id')}-{payload.get('location_id')}"
	return str(payload.get("id"))
