"""Products read from the Admin API, in the shape in which their webhooks come: what is decided about them is decided once.

https://shopify.dev/docs/api/admin-graphql/latest/queries/products
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from shopify_sync.core.calls.bucket import Priority
from shopify_sync.core.contracts.base import id_from_gid

from .ports import Answer


class Client(Protocol):
	"""What is needed of :class:`.client.AdminClient`."""

	def execute(self, operation: str, variables: Mapping[str, Any], *, priority: Priority = Priority.LIVE) -> Answer:
		"""Carry out an operation."""


def all_variants(client: Client, product: Mapping[str, Any]) -> list[Mapping[str, Any]]:
	"""Return all variants of a product: those beyond its first page are asked for. :raises CallFailed:"""
	found, info = list(product["variants"]["nodes"]), product["variants"]["pageInfo"]
	while info["hasNextPage"]:
		variables = {"product": product["id"], "after": info["endCursor"]}
		data = client.execute("ProductVariantsOf", variables, priority=Priority.BACKFILL).data
		if data["product"] is None:
			# Deleted meanwhile: its own message tells.
			return found
		found += data["product"]["variants"]["nodes"]
		info = data["product"]["variants"]["pageInfo"]
	return found


def as_webhook(product: Mapping[str, Any], variants: list[Mapping[str, Any]]) -> dict[str, Any]:
	"""Return a product as `products/update` would tell of it.

	What newer webhooks leave out is there under its old name: `inventory_management` says whether the stock is counted.
	"""
	number = _number(product["id"])
	return {
		"admin_graphql_api_id": product["id"],
		"id": number,
		"title": product["title"],
		"handle": product["handle"],
		"body_html": product["descriptionHtml"],
		"vendor": product["vendor"],
		"product_type": product["productType"],
		"status": product["status"].lower(),
		"tags": ", ".join(product["tags"]),
		"created_at": product["createdAt"],
		"updated_at": product["updatedAt"],
		"options": [
			{"name": option["name"], "position": option["position"], "values": option["values"], "product_id": number}
			for option in product["options"]
		],
		"variants": [_variant(variant, number) for variant in variants],
		"variant_gids": [{"admin_graphql_api_id": one["id"], "updated_at": one["updatedAt"]} for one in variants],
	}


def _variant(variant: Mapping[str, Any], product: int) -> dict[str, Any]:
	item = variant["inventoryItem"]
	values = [option["value"] for option in variant["selectedOptions"]]
	return {
		"admin_graphql_api_id": variant["id"],
		"id": _number(variant["id"]),
		"product_id": product,
		"title": variant["title"],
		"sku": variant["sku"],
		"barcode": variant["barcode"],
		"price": variant["price"],
		"position": variant["position"],
		"taxable": variant["taxable"],
		"created_at": variant["createdAt"],
		"updated_at": variant["updatedAt"],
		**{f"option{place + 1}": values[place] if place < len(values) else None for place in range(3)},
		"inventory_item_id": _number(item["id"]),
		"inventory_management": "shopify" if item["tracked"] else None,
	}


def _number(gid: str) -> int:
	found = id_from_gid(gid)
	if found is None:
		raise ValueError(f"{gid!r} is no id of Shopify's")
	return int(found)
