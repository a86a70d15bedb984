"""A stock level of one inventory item at one location (`inventory_levels/update` and `connect`)."""

from __future__ import annotations

from typing import Any

from pydantic import model_validator

from .base import ShopifyId, ShopifyModel, UtcTime, as_id, inventory_item_from_gid


class InventoryLevel(ShopifyModel):
	"""What is available of an item at a location. The key is (inventory item, location): the level's own gid is not."""

	inventory_item_id: ShopifyId
	location_id: ShopifyId
	#: Null: the item is not tracked there. Below zero: *Stock unavailable*.
	available: int | None = None
	#: Which of two states is the newer one: one that was applied is not applied again.
	updated_at: UtcTime

	@model_validator(mode="before")
	@classmethod
	def _take_exact_id(cls, data: Any) -> Any:
		if isinstance(data, dict) and (found := inventory_item_from_gid(data.get("admin_graphql_api_id"))):
			return {**data, "inventory_item_id": found}
		return data

	@property
	def id(self) -> str:
		"""`<inventory item>-<location>`: how links and keys call this level."""
		return f"{self.inventory_item_id}-{self.location_id}"


def level_id(payload: dict[str, Any]) -> str | None:
	"""Return the id of the level that *payload* speaks of, or None when a part is missing; no full validation."""
	item = inventory_item_from_gid(payload.get("admin_graphql_api_id")) or as_id(payload.get("inventory_item_id"))
	location = as_id(payload.get("location_id"))
	return f"{item}-{location}" if item and location else None
