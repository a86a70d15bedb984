"""Lines of an order, as orders, fulfillments and refunds carry them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ..shop.records import Allocation, LineItem, ShippingLine
from ..shop.totals import line_fulfillment_status, shipping_price
from .values import gid, money_set, money_writer, tax_lines, whole

if TYPE_CHECKING:
	from ..shop.shop import Shop


def allocations(found: list[Allocation], currency: str, write: Callable[[Decimal], str]) -> list[dict[str, Any]]:
	"""Return the shares of discounts."""
	return [
		{
			"amount": write(share.amount),
			"amount_set": money_set(write(share.amount), currency),
			"discount_application_index": share.application,
		}
		for share in found
	]


def line_item(shop: Shop, line: LineItem) -> dict[str, Any]:
	"""Return a line as orders carry it."""
	return {
		**_common(shop, line),
		"attributed_staffs": [],
		"current_quantity": line.current_quantity,
		"sales_line_item_group_id": None,
		**({"selling_plan_id": None} if shop.api_version >= "2026-10" else {}),
	}


def sent_line_item(shop: Shop, line: LineItem, pieces: int) -> dict[str, Any]:
	"""Return a line as fulfillments carry it: `quantity` is the pieces in the parcel."""
	return {**_common(shop, line), "quantity": pieces}


def refunded_line_item(shop: Shop, line: LineItem) -> dict[str, Any]:
	"""Return a line as refunds carry it."""
	return _common(shop, line)


def _common(shop: Shop, line: LineItem) -> dict[str, Any]:
	write, currency = money_writer(shop), shop.currency
	price = write(line.price)
	# Shares of discounts stand in discount_allocations; total_discount is for what scripts took off the line directly
	# (https://shopify.dev/docs/api/admin-rest/latest/resources/order), which this shop has none of.
	zero = write(Decimal(0))
	exists = line.product_id is not None and line.product_id in shop.products.all
	return {
		"id": int(line.id),
		"admin_graphql_api_id": gid("LineItem", line.id),
		"discount_allocations": allocations(line.allocations, currency, write),
		"duties": [],
		"fulfillable_quantity": line.fulfillable_quantity,
		"fulfillment_service": "gift_card" if line.gift_card else "manual",
		"fulfillment_status": line_fulfillment_status(line),
		"gift_card": line.gift_card,
		"grams": line.grams,
		"name": line.name,
		"price": price,
		"price_set": money_set(price, currency),
		"product_exists": exists,
		"product_id": whole(line.product_id) if exists else None,
		"properties": [],
		"quantity": line.quantity,
		"requires_shipping": line.requires_shipping,
		"sku": line.sku,
		"tax_lines": tax_lines(shop, line.tax_lines),
		"taxable": line.taxable,
		"title": line.title,
		"total_discount": zero,
		"total_discount_set": money_set(zero, currency),
		"variant_id": whole(line.variant_id) if line.variant_id in shop.products.variants else None,
		"variant_inventory_management": "shopify" if line.tracked else None,
		"variant_title": line.variant_title or None,
		"vendor": line.vendor or None,
	}


def shipping_line(shop: Shop, line: ShippingLine) -> dict[str, Any]:
	"""Return a shipping line."""
	write, currency = money_writer(shop), shop.currency
	price, discounted = write(line.price), write(shipping_price(line))
	return {
		"id": int(line.id),
		"carrier_identifier": None,
		"code": line.code or None,
		"current_discounted_price_set": money_set(discounted, currency),
		"discounted_price": discounted,
		"discounted_price_set": money_set(discounted, currency),
		"is_removed": line.is_removed,
		"phone": None,
		"price": price,
		"price_set": money_set(price, currency),
		"requested_fulfillment_service_id": None,
		"source": "shopify",
		"title": line.title,
		"tax_lines": tax_lines(shop, line.tax_lines),
		"discount_allocations": allocations(line.allocations, currency, write),
	}
