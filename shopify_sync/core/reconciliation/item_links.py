"""Item links: which Item each variant, and its inventory item, stands for."""

from __future__ import annotations

from collections.abc import Iterator

from .findings import Difference, Kind
from .found import FoundVariant

#: Why a variant is not compared.
NOT_CARRIED = "No Item, and none is made of it"
#: What ERPNext has where a link is missing.
NO_LINK = "no link"


def differences(sku: str, inventory_item: str | None, found: FoundVariant) -> Iterator[Difference]:
	"""Yield what is wrong with the links of a variant.

	:param sku: as Shopify has it now.
	"""
	if found.item is not None and not found.item_exists:
		yield Difference(Kind.LINK, "variant", sku, f"Item {found.item} is not there", document=None)
		return
	document = ("Item", found.item) if found.item else None
	if found.item is None and found.by_sku:
		yield Difference(Kind.LINK, "variant", sku, NO_LINK, document=("Item", found.by_sku))
	if found.item and inventory_item and found.stock_item != found.item:
		there = f"Item {found.stock_item}" if found.stock_item else NO_LINK
		yield Difference(Kind.LINK, "inventory_item", sku, there, document=document)
	if found.item and found.by_sku and found.by_sku != found.item:
		yield Difference(Kind.LINK, "sku", sku, f"Item {found.item}", document=document)
