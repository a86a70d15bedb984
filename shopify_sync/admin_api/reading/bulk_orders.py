"""Orders of a bulk operation as their webhooks would tell of them: what the operation could not read is read order by order.

It cannot read what is in refunds and in parcels. What is in a parcel follows where one parcel has all pieces of an order, as most have.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from .order_payload import order_payload
from .parts import OrderChanged, read_order, with_parts
from .ports import Client
from .values import Node, number


def is_whole(node: Node) -> bool:
	"""Tell whether a bulk operation has read everything of an order, or what it has not read follows from what it has."""
	if node["refunds"] or not _is_known(node):
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
		shipping = {"nodes": [line] if line else []}
		return order_payload({**node, "shippingLines": shipping, "fulfillments": _filled(node)})
	try:
		return order_payload(with_parts(client, node))
	except OrderChanged:
		return read_order(client, str(number(node["id"])))


def _is_known(node: Node) -> bool:
	"""Tell whether it is known what is in the parcels: there is none, or one with as many pieces as the order has.

	No parcel holds more of a line than was ordered, so one with all pieces in sum has all pieces of each line.
	"""
	parcels = node["fulfillments"]
	if not parcels:
		return True
	ordered = sum(int(line["quantity"]) for line in node["lineItems"]["nodes"])
	return len(parcels) == 1 and int(parcels[0]["totalQuantity"]) == ordered


def _filled(node: Node) -> list[Node]:
	"""Return the parcels with what is in them."""
	lines = [{"quantity": line["quantity"], "lineItem": {"id": line["id"]}} for line in node["lineItems"]["nodes"]]
	return [{**parcel, "fulfillmentLineItems": {"nodes": lines}} for parcel in node["fulfillments"]]
