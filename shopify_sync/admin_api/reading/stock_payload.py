"""Inventory levels and items read from the Admin API, in the shape in which their webhooks tell of them.

https://shopify.dev/docs/api/admin-graphql/latest/objects/InventoryLevel
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .values import Node, number


@dataclass(frozen=True)
class LevelRead:
	"""What lies of an inventory item at a location.

	:ivar payload: as `inventory_levels/update` tells of it.
	:ivar on_hand: pieces, also those that orders have taken (*committed*); the webhook says only what is available.
	"""

	payload: dict[str, Any]
	sku: str
	tracked: bool
	available: int
	on_hand: int
	committed: int


def level_read(node: Node, location: str) -> LevelRead:
	"""Return a level of InventoryLevelsOfLocation. :param location: the global id of its location."""
	quantities = {row["name"]: int(row["quantity"]) for row in node["quantities"]}
	item, tracked = node["item"], bool(node["item"]["tracked"])
	payload = {
		"inventory_item_id": number(item["id"]),
		"location_id": number(location),
		"available": quantities["available"] if tracked else None,
		"updated_at": node["updatedAt"],
		"admin_graphql_api_id": node["id"],
	}
	return LevelRead(payload, item["sku"] or "", tracked, quantities["available"], quantities["on_hand"], quantities["committed"])


def item_payload(node: Node) -> dict[str, Any]:
	"""Return an inventory item as `inventory_items/update` tells of it."""
	return {
		"id": number(node["id"]),
		"admin_graphql_api_id": node["id"],
		"sku": node["sku"],
		"tracked": node["tracked"],
		"updated_at": node["updatedAt"],
	}
