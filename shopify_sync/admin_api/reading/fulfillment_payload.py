"""A fulfillment read from the Admin API, in the shape in which `fulfillments/update`, and orders, tell of it.

https://shopify.dev/docs/api/admin-graphql/latest/objects/Fulfillment
"""

from __future__ import annotations

from typing import Any

from .values import Node, nodes, number, number_of, word


def fulfillment_payload(node: Node, order: str) -> dict[str, Any]:
	"""Return a fulfillment. Its lines are those of the order, with the pieces that are in the parcel.

	:param order: the global id of its order.
	"""
	tracking = node["trackingInfo"]
	numbers = [row["number"] for row in tracking if row["number"]]
	urls = [row["url"] for row in tracking if row["url"]]
	return {
		"id": number(node["id"]),
		"admin_graphql_api_id": node["id"],
		"order_id": number(order),
		"name": node["name"],
		"status": word(node["status"]),
		"created_at": node["createdAt"],
		"updated_at": node["updatedAt"],
		"location_id": number_of(node["location"]),
		"tracking_company": tracking[0]["company"] if tracking else None,
		"tracking_number": numbers[0] if numbers else None,
		"tracking_numbers": numbers,
		"tracking_url": urls[0] if urls else None,
		"tracking_urls": urls,
		"line_items": [_line(row) for row in nodes(node["fulfillmentLineItems"])],
	}


def _line(row: Node) -> dict[str, Any]:
	gid = row["lineItem"]["id"]
	return {"id": number(gid), "admin_graphql_api_id": gid, "quantity": row["quantity"] or 0}
