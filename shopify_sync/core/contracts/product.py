"""A product with its variants (`products/create`, `products/update`), and the inventory item behind a variant.

https://shopify.dev/docs/api/admin-rest/latest/resources/product, …/inventoryitem
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, Field

from .base import AmountOrZero, OptionalId, ShopifyModel, Text, UtcTime, WithExactId, id_from_gid, nullable_list

#: What Shopify calls the only variant of a product without options.
DEFAULT_TITLE = "Default Title"


class Variant(WithExactId):
	"""What is sold: one variant of a product."""

	#: Null in some of Shopify's samples: then nothing is known of its stock.
	inventory_item_id: OptionalId = None
	sku: Text = ""
	barcode: Text = ""
	title: Text = ""
	#: In the shop's currency, with or without taxes, as the shop's prices are.
	price: AmountOrZero = Decimal(0)
	option1: Text = ""
	option2: Text = ""
	option3: Text = ""
	#: What one piece weighs; payloads of newer versions do not say.
	weight: AmountOrZero = Decimal(0)
	weight_unit: Text = ""
	#: Whether Shopify counts the stock, where the payload says so: newer versions say it of the inventory item only.
	tracked: Annotated[bool | None, Field(validation_alias="inventory_management"), BeforeValidator(bool)] = None

	@property
	def options(self) -> tuple[str, ...]:
		"""The values of the product's options that make this variant, in the order of the options."""
		return tuple(value for value in (self.option1, self.option2, self.option3) if value)


class Option(ShopifyModel):
	"""What variants of a product differ in: Size, Color."""

	name: Text = ""


class VariantGid(ShopifyModel):
	"""A variant of which the payload may say no more: it holds the first 100 in full."""

	#: Tells that the variant is still there.
	admin_graphql_api_id: Text = ""


class Product(WithExactId):
	"""A product as it stood at that moment."""

	title: Text = ""
	#: What the product is called in the shop's addresses; no two products share one.
	handle: Text = ""
	body_html: Text = ""
	#: None: the payload does not speak of variants (a subscription with `includeFields`).
	variants: tuple[Variant, ...] | None = None
	variant_gids: Annotated[tuple[VariantGid, ...], nullable_list] = ()
	options: Annotated[tuple[Option, ...], nullable_list] = ()
	#: Which of two states is the newer one.
	updated_at: UtcTime

	@property
	def has_only_default(self) -> bool:
		"""Whether the product has no options: then its one variant is the product itself."""
		variants = self.variants or ()
		return len(variants) == 1 and variants[0].title in ("", DEFAULT_TITLE)

	@property
	def variant_ids(self) -> frozenset[str]:
		"""The ids of all variants that there are, those beyond the first 100 too."""
		beyond = (id_from_gid(entry.admin_graphql_api_id) for entry in self.variant_gids)
		return frozenset((*(variant.id for variant in self.variants or ()), *(found for found in beyond if found)))


class InventoryItem(WithExactId):
	"""`inventory_items/create` and `update`: what stands behind a variant in the stock."""

	sku: Text = ""
	#: Whether Shopify counts its stock; where not, no stock is told to Shopify.
	tracked: bool = True
	#: Which of two states is the newer one.
	updated_at: UtcTime


class Deleted(WithExactId):
	"""`products/delete` and `inventory_items/delete`: the id, and nothing of what it was."""
