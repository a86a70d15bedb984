"""A location (https://shopify.dev/docs/api/admin-rest/latest/resources/location)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..shop.records import Address, Location
from .values import country_name, gid, stamp

if TYPE_CHECKING:
	from ..shop.shop import Shop


def payload(shop: Shop, location: Location) -> dict[str, Any]:
	"""Return a location; parts of the address that are not set are empty."""
	found = location.address or Address()
	return {
		"id": int(location.id),
		"name": location.name,
		"address1": found.address1,
		"address2": found.address2,
		"city": found.city,
		"zip": found.zip,
		"province": found.province,
		"country": found.country_code,
		"phone": found.phone,
		"created_at": stamp(shop, location.created_at),
		"updated_at": stamp(shop, location.updated_at),
		"country_code": found.country_code,
		"country_name": country_name(found),
		"province_code": found.province_code,
		"legacy": False,
		"active": location.is_active,
		"admin_graphql_api_id": gid("Location", location.id),
	}


def deleted(shop: Shop, location: Location) -> dict[str, Any]:
	"""Return what locations/delete tells."""
	return {"id": int(location.id)}
