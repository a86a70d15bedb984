"""A variant whose SKU changed in Shopify: is it still the same Item? A person decides, and this says what that means.

The conflict stands on the product's link, one row for each variant, under the field `sku/<variant>`.
"""

from __future__ import annotations

from collections.abc import Sequence

from .. import keys
from ..contracts.product import Product, Variant
from ..customers.conflicts import Resolution
from ..operations import Refused
from ..plan import FieldConflict, LinkUpdate
from ..snapshots import ItemState, LinkState

_FIELD = "sku"


def is_sku(field: str) -> bool:
	"""Tell whether a conflict is about the SKU of a variant."""
	return field.startswith(f"{_FIELD}/")


def variant_of(field: str) -> str:
	"""Return the id of the variant that a conflict is about."""
	return field.partition("/")[2]


def conflict_of(product: Product, variant: Variant, before: str, item: str) -> FieldConflict:
	"""Return the conflict: ERPNext says Item *item*, agreed under the SKU *before*; Shopify says another SKU."""
	return FieldConflict(
		doctype="Item",
		document=item,
		field=f"{_FIELD}/{variant.id}",
		base=before,
		erpnext=item,
		shopify=variant.sku,
		shopify_at=product.updated_at.isoformat(),
		question=f"The SKU of variant {variant.id} was {before or 'empty'} and is {variant.sku or 'empty'}: is it still Item {item}?",
	)


def links_of(store: str, variant: LinkState) -> tuple[str, ...]:
	"""Return the key of the inventory item's link that goes with a variant's; none where it is not known."""
	stock = variant.agreed.get("inventory_item_id")
	return (keys.key(store, keys.INVENTORY_ITEM, str(stock)),) if stock else ()


def settled(
	resolution: Resolution, sku: str, variant: LinkState, stock: Sequence[LinkState], items: Sequence[ItemState]
) -> tuple[LinkUpdate, ...]:
	"""Return what to write on the links once a person has decided.

	*Keep ERPNext's*: the links keep their Item, and the new SKU is agreed on. *Take Shopify's*: they lead to the Item that the
	new SKU stands for.

	:param items: the Items that the new SKU stands for, by its link or by the store's rule.
	:raises Refused: when there is no such Item, or several; for *Edit*.
	"""
	if resolution is Resolution.EDIT:
		raise Refused("To choose yet another Item, point the Shopify Links of the variant at it; then choose Keep ERPNext's.")
	taken = _only(items, sku) if resolution is Resolution.TAKE else None
	document, factor = (("Item", taken.code), taken.factor) if taken else (None, None)
	return tuple(
		LinkUpdate(link.key, document=document, agreed={**link.agreed, _FIELD: sku}, factor=factor)
		for link in (variant, *(link for link in stock if document or link.agreed))
	)


def _only(items: Sequence[ItemState], sku: str) -> ItemState:
	if len(items) == 1:
		return items[0]
	name = f"SKU {sku!r}" if sku else "A variant without SKU"
	if items:
		codes = ", ".join(sorted(item.code for item in items))
		raise Refused(f"{name} stands for several Items ({codes}). Point the variant's Shopify Links at one.")
	raise Refused(
		f"{name} stands for no Item in ERPNext. Create the Item first, or point the variant's Shopify Links at one and choose "
		"Keep ERPNext's."
	)
