"""Orders of a bulk operation as their webhooks would tell of them: what the operation could not read is read order by order."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from .order_payload import order_payload
from .parts import OrderChanged, read_order, with_parts
from .ports import Client
from .values import Node, number


def is_whole(node: Node) -> bool:
	"""Tell whether a bulk operation has read everything of an order: no refunds, no parcels, and no more shipping lines than one."""
	if node["refunds"] or node["fulfillments"]:
		return False
	line = node["shippingLine"]
	shipping = Decimal(str(node["totalShippingPriceSet"]["shopMoney"]["amount"]))
	return (Decimal(str(line["originalPriceSet"]["shopMoney"]["amount"])) if line else Decimal(0)) == shipping


def order_of_bulk(client: Client, node: Node) -> dict[str, Any] | None:
	"""Return an order of a bulk operation as `orders/updated` would tell of it; None when it was deleted meanwhile.

	One that changed since the operation read it comes as it is now. :raises CallFailed: when Shopify does not answer.
	"""
	if is_whole(node):
		line = node["shippingLine"]
		return order_payload({**node, "shippingLines": {"nodes": [line] if line else []}})
	try:
		return order_payload(with_parts(client, node))
	except OrderChanged:
		return read_order(client, str(number(node["id"])))
