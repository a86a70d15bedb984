"""Inventory items, their levels, and locations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ...rest.values import gid, level_gid
from ...shop.records import QUANTITY_NAMES, InventoryItem, Level, Location
from ..call import Call, plain, register, time_text
from ..cursors import Page, Window
from ..errors import bad_request
from ..gids import number, split
from .common import Money, identified, inner, listed, own, root_list
from .shop import count_of

_ITEM_SORTS = {"ID": lambda _record: 0}
_ITEM_FILTERS = {
	"id": lambda r: int(r.id), "sku": lambda r: r.sku, "created_at": lambda r: r.created_at, "updated_at": lambda r: r.updated_at,
}  # fmt: skip
_LEVEL_FILTERS = {
	"id": lambda r: int(r.id), "inventory_item_id": lambda r: int(r.inventory_item_id), "created_at": lambda r: r.created_at,
	"updated_at": lambda r: r.updated_at,
}  # fmt: skip
_LOCATION_SORTS = {"ID": lambda _record: 0, "NAME": lambda record: record.name}
_LOCATION_FILTERS = {"location_id": lambda r: int(r.id), "name": lambda r: r.name, "active": lambda r: str(r.is_active)}


@dataclass(frozen=True)
class Quantity:
	"""One named quantity of a level."""

	level: Level
	name: str
	quantity: int
	updated_at: datetime | None


def _locations(
	call: Call, _root: Any, window: Window, query: str | None = None, sortKey: str = "NAME", includeInactive: bool = False,
) -> Page:  # fmt: skip
	found = [location for location in call.shop.locations.all.values() if location.is_active or includeInactive]
	return listed(
		call, found,
		name="locations", sorts=_LOCATION_SORTS, sort_key=sortKey, window=window, query=query, readers=_LOCATION_FILTERS,
	)  # fmt: skip


def _location(call: Call, _root: Any, id: str | None = None) -> Location | None:
	if id is None:  # the primary location: the oldest that is active
		return next((location for location in call.shop.locations.all.values() if location.is_active), None)
	return call.shop.locations.all.get(number(id, "Location"))


def find_level(call: Call, value: str) -> Level | None:
	"""Return the level of a global id. The number alone is not enough: the inventory item stands behind the question mark."""
	kind, level_id, query = split(value)
	if kind != "InventoryLevel":
		number(value, "InventoryLevel")
	item = query.removeprefix("inventory_item_id=")
	return next((level for level in call.shop.inventory.levels_of(item) if level.id == level_id), None)


def _levels_of_item(
	call: Call, item: InventoryItem, window: Window, includeInactive: bool = False,
) -> Page:  # fmt: skip
	levels = [level for level in call.shop.inventory.levels_of(item.id) if level.is_active or includeInactive]
	return inner(call, levels, window)


def _levels_of_location(
	call: Call, location: Location, window: Window, includeInactive: bool = False, query: str | None = None,
) -> Page:  # fmt: skip
	levels = [
		level for level in call.shop.inventory.levels.values()
		if level.location_id == location.id and (level.is_active or includeInactive)
	]  # fmt: skip
	return listed(
		call, levels, name="inventoryLevels", sorts={"ID": lambda _level: 0}, sort_key="ID", window=window, query=query,
		readers=_LEVEL_FILTERS,
	)  # fmt: skip


def _quantities(_call: Call, level: Level, names: list[str]) -> list[Quantity]:
	unknown = [name for name in names if name not in QUANTITY_NAMES]
	if unknown:
		raise bad_request(f"The specified quantity name is invalid: {', '.join(unknown)}.")
	return [Quantity(level, name, level.quantity(name), level.updated_at) for name in names]


def _unit_cost(call: Call, item: InventoryItem) -> Money | None:
	return None if item.cost is None else Money(item.cost, call.shop.currency)


register(
	"QueryRoot",
	{
		"inventoryItem": lambda call, _root, id: call.shop.inventory.items.get(number(id, "InventoryItem")),
		"inventoryItems": root_list(
			"inventoryItems", lambda call: call.shop.inventory.items.values(), _ITEM_SORTS, _ITEM_FILTERS
		),
		"inventoryLevel": lambda call, _root, id: find_level(call, id),
		"location": _location,
		"locations": _locations,
		"locationsCount": lambda call, _root, limit=10_000: count_of(len(call.shop.locations.all), limit),
	},
)
register(
	"InventoryItem",
	{
		**identified("InventoryItem"),
		**plain("tracked", "requiresShipping", "createdAt", "updatedAt"),
		"sku": own("sku"),
		"unitCost": _unit_cost,
		"variant": lambda call, item: call.shop.products.variants[item.variant_id],
		"inventoryLevel": lambda call, item, locationId: call.shop.inventory.level(item.id, number(locationId, "Location")),
		"inventoryLevels": _levels_of_item,
		"locationsCount": lambda call, item: count_of(len(call.shop.inventory.levels_of(item.id)), None),
	},
	value=InventoryItem,
)
register(
	"InventoryLevel",
	{
		**plain("isActive", "createdAt", "updatedAt"),
		"id": lambda _c, level: level_gid(level.id, level.inventory_item_id),
		"item": lambda call, level: call.shop.inventory.items[level.inventory_item_id],
		"location": lambda call, level: call.shop.locations.all[level.location_id],
		"quantities": _quantities,
		"canDeactivate": lambda call, level: (
			not level.quantity("committed") and len(call.shop.inventory.levels_of(level.inventory_item_id)) > 1
		),
	},
	value=Level,
)


def _quantity_id(_call: Call, quantity: Quantity) -> str:
	level = quantity.level
	return f"{gid('InventoryQuantity', level.id)}?inventory_item_id={level.inventory_item_id}&name={quantity.name}"


register(
	"InventoryQuantity",
	{"id": _quantity_id, **plain("name", "quantity"), "updatedAt": lambda _c, quantity: time_text(quantity.updated_at)},
	value=Quantity,
)


def _address_part(attribute: str) -> Any:
	return lambda _call, location: (getattr(location.address, attribute) or None) if location.address else None


register(
	"Location",
	{
		**identified("Location"),
		**plain("name", "isActive", "fulfillsOnlineOrders", "createdAt", "updatedAt"),
		"address": lambda _c, location: location,
		"inventoryLevels": _levels_of_location,
		"inventoryLevel": lambda call, place, inventoryItemId: call.shop.inventory.level(
			number(inventoryItemId, "InventoryItem"), place.id
		),
		"isFulfillmentService": lambda _c, _location: False,
		"shipsInventory": lambda _c, location: location.fulfills_online_orders,
	},
	value=Location,
)
_ADDRESS = {
	"address1": "address1", "address2": "address2", "city": "city", "country": "country", "countryCode": "country_code",
	"phone": "phone", "province": "province", "provinceCode": "province_code", "zip": "zip",
}  # fmt: skip
register("LocationAddress", {name: _address_part(attribute) for name, attribute in _ADDRESS.items()})
