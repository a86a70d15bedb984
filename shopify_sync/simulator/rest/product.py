"""A product (https://shopify.dev/docs/api/admin-rest/latest/resources/product)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ..shop.records import Product, Variant
from .values import gid, money_writer, stamp

if TYPE_CHECKING:
	from ..shop.shop import Shop


#: What the only option of a product is called here.
OPTION = "Title"


def handle_of(product: Product) -> str:
	"""Return what a product is called in addresses. Shopify's are unique; here two products of one title share theirs."""
	return re.sub(r"[^a-z0-9]+", "-", product.title.lower()).strip("-")


def payload(shop: Shop, product: Product) -> dict[str, Any]:
	"""Return a product. It has one option, `Title`, whose values are its variants' titles."""
	return {
		"admin_graphql_api_id": gid("Product", product.id),
		"body_html": "",
		"created_at": stamp(shop, product.created_at),
		"handle": handle_of(product),
		"id": int(product.id),
		"product_type": product.product_type,
		"published_at": stamp(shop, product.created_at) if product.status == "active" else None,
		"template_suffix": None,
		"title": product.title,
		"updated_at": stamp(shop, product.updated_at),
		"vendor": product.vendor,
		"status": product.status,
		"published_scope": "web",
		"tags": ", ".join(product.tags),
		"variants": [_variant(shop, variant) for variant in product.variants],
		"options": [
			{
				"name": OPTION,
				"id": int(product.id) + 1,
				"product_id": int(product.id),
				"position": 1,
				"values": [variant.title for variant in product.variants],
			}
		],
		"images": [],
		"image": None,
		"media": [],
		"variant_gids": [
			{"admin_graphql_api_id": gid("ProductVariant", variant.id), "updated_at": stamp(shop, variant.updated_at)}
			for variant in product.variants
		],
		"has_variants_that_requires_components": False,
		"category": None,
	}


def deleted(shop: Shop, product: Product) -> dict[str, Any]:
	"""Return what products/delete tells."""
	return {"id": int(product.id)}


def _variant(shop: Shop, variant: Variant) -> dict[str, Any]:
	available = shop.inventory.available(variant.inventory_item_id)
	return {
		"admin_graphql_api_id": gid("ProductVariant", variant.id),
		"barcode": variant.barcode or None,
		"compare_at_price": None,
		"created_at": stamp(shop, variant.created_at),
		"id": int(variant.id),
		"inventory_policy": "continue",
		"position": variant.position,
		"price": money_writer(shop)(variant.price),
		"product_id": int(variant.product_id),
		"sku": variant.sku or None,
		"taxable": variant.taxable,
		"title": variant.title,
		"updated_at": stamp(shop, variant.updated_at),
		"option1": variant.title,
		"option2": None,
		"option3": None,
		"image_id": None,
		"inventory_item_id": int(variant.inventory_item_id),
		"inventory_quantity": available,
		"old_inventory_quantity": available,
	}
