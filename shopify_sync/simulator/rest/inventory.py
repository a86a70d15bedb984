"""Inventory items and levels (https://shopify.dev/docs/api/admin-rest/latest/resources/inventorylevel)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..shop.records import InventoryItem, Level
from .values import gid, level_gid, stamp

if TYPE_CHECKING:
	from ..shop.shop import Shop


def level(shop: Shop, found: Level) -> dict[str, Any]:
	"""Return a level; `available` is null when the item is not tracked."""
	item = shop.inventory.items.get(found.inventory_item_id)
	return {
		"inventory_item_id": int(found.inventory_item_id),
		"location_id": int(found.location_id),
		"available": found.quantity("available") if item is not None and item.tracked else None,
		"updated_at": stamp(shop, found.updated_at),
		"admin_graphql_api_id": level_gid(found.id, found.inventory_item_id),
	}


def disconnected(shop: Shop, found: Level) -> dict[str, Any]:
	"""Return what inventory_levels/disconnect tells."""
	return {"inventory_item_id": int(found.inventory_item_id), "location_id": int(found.location_id)}


def item(shop: Shop, found: InventoryItem) -> dict[str, Any]:
	"""Return an inventory item."""
	return {
		"id": int(found.id),
		"sku": found.sku,
		"created_at": stamp(shop, found.created_at),
		"updated_at": stamp(shop, found.updated_at),
		"requires_shipping": found.requires_shipping,
		"cost": None if found.cost is None else str(found.cost),
		"country_code_of_origin": None,
		"province_code_of_origin": None,
		"harmonized_system_code": None,
		"tracked": found.tracked,
		"country_harmonized_system_codes": [],
		"weight_value": 0,
		"weight_unit": "kg",
		"admin_graphql_api_id": gid("InventoryItem", found.id),
	}


def item_deleted(shop: Shop, found: InventoryItem) -> dict[str, Any]:
	"""Return what inventory_items/delete tells."""
	return {
		"id": int(found.id),
		"country_code_of_origin": None,
		"province_code_of_origin": None,
		"harmonized_system_code": None,
		"country_harmonized_system_codes": [],
		"admin_graphql_api_id": gid("InventoryItem", found.id),
	}
