"""A fulfillment (https://shopify.dev/docs/api/admin-rest/latest/resources/fulfillment)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ..shop.records import Fulfillment, Order
from .lines import sent_line_item
from .values import address, gid, stamp

if TYPE_CHECKING:
	from ..shop.shop import Shop

#: Carriers whose tracking pages Shopify links to by itself (https://help.shopify.com/en/manual/fulfillment/setup/shipping-carriers).
_TRACKING_PAGES = {
	"UPS": "https://www.ups.com/WebTracking?loc=en_US&requester=ST&trackNums={}",
	"DHL Express": "https://www.dhl.com/en/express/tracking.html?AWB={}&brand=DHL",
	"FedEx": "https://www.fedex.com/fedextrack/?trknbr={}",
	"USPS": "https://tools.usps.com/go/TrackConfirmAction?tLabels={}",
}


def payload(shop: Shop, found: tuple[Order, Fulfillment]) -> dict[str, Any]:
	"""Return a fulfillment, as fulfillments/create and update carry it."""
	order, fulfillment = found
	return {
		**inside_order(shop, order, fulfillment),
		"email": order.email,
		"destination": address(order.shipping_address),
		"origin_address": None,
	}


def inside_order(shop: Shop, order: Order, fulfillment: Fulfillment) -> dict[str, Any]:
	"""Return a fulfillment as its order carries it."""
	urls = tracking_urls(fulfillment)
	lines = {line.id: line for line in order.line_items}
	return {
		"id": int(fulfillment.id),
		"admin_graphql_api_id": gid("Fulfillment", fulfillment.id),
		"created_at": stamp(shop, fulfillment.created_at),
		"location_id": int(fulfillment.location_id),
		"name": fulfillment.name,
		"order_id": int(order.id),
		"origin_address": {},
		"receipt": {},
		"service": "manual",
		"shipment_status": None,
		"status": fulfillment.status,
		"tracking_company": fulfillment.tracking_company or None,
		"tracking_number": fulfillment.tracking_numbers[0] if fulfillment.tracking_numbers else None,
		"tracking_numbers": list(fulfillment.tracking_numbers),
		"tracking_url": urls[0] if urls else None,
		"tracking_urls": urls,
		"updated_at": stamp(shop, fulfillment.updated_at),
		"line_items": [sent_line_item(shop, lines[id], pieces) for id, pieces in fulfillment.lines.items()],
	}


def tracking_urls(fulfillment: Fulfillment) -> list[str]:
	"""Return the pages on which the parcel can be followed: those that were given, or for carriers that are known."""
	if fulfillment.tracking_urls:
		return list(fulfillment.tracking_urls)
	page = _TRACKING_PAGES.get(fulfillment.tracking_company)
	return [page.format(quote(number, safe="")) for number in fulfillment.tracking_numbers] if page else []
