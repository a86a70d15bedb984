"""Fills a new shop: a location and products with stock."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
	from ..shop.shop import Shop

#: Pieces of each variant.
STOCK = 1000


def stock_up(shop: Shop, skus: Sequence[str], stock: int = STOCK) -> list[str]:
	"""Give *shop* a location, and a product for each SKU, without a webhook. Return the variants' ids.

	:param stock: pieces of each; prices are 10.00, 11.50, … in the shop's currency.
	"""
	with shop.silently():
		location = shop.locations.create("Main")
		variants = []
		for number, sku in enumerate(skus):
			price = (Decimal(10) + Decimal(number) * Decimal("1.5")).quantize(shop.quantum)
			made = shop.products.create(
				f"Sample {sku}", variants=[{"sku": sku, "price": price, "quantities": {location.id: stock}}]
			)
			variants += [variant.id for variant in made.variants]
	return variants


def skus(count: int) -> list[str]:
	"""Return SKUs for *count* products."""
	return [f"SKU-{number:03d}" for number in range(1, count + 1)]
