"""Products and their variants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...rest.product import OPTION, handle_of
from ...shop.errors import UserError
from ...shop.records import Product, Variant
from ..call import Call, Refusals, mutation, plain, refuse, register
from ..errors import NotImplementedHere
from ..gids import number
from .common import amount, connection, identified, money_text, only, own, root_list
from .shop import count_of, root_count


@dataclass(frozen=True)
class OptionView:
	"""The one option of a product here: its title, with those of its variants as values."""

	name: str
	values: tuple[str, ...]
	position: int = 1


@dataclass(frozen=True)
class SelectedOption:
	"""Which value of an option a variant has."""

	name: str
	value: str


_PRODUCT_SORTS = {
	"ID": lambda _record: 0, "CREATED_AT": lambda r: r.created_at, "UPDATED_AT": lambda r: r.updated_at,
	"TITLE": lambda r: r.title, "VENDOR": lambda r: r.vendor, "PRODUCT_TYPE": lambda r: r.product_type,
}  # fmt: skip
_PRODUCT_FILTERS = {
	"id": lambda r: int(r.id), "title": lambda r: r.title, "status": lambda r: r.status, "vendor": lambda r: r.vendor,
	"tag": lambda r: r.tags, "sku": lambda r: [v.sku for v in r.variants], "barcode": lambda r: [v.barcode for v in r.variants],
	"created_at": lambda r: r.created_at, "updated_at": lambda r: r.updated_at,
}  # fmt: skip
_VARIANT_SORTS = {"ID": lambda _record: 0, "SKU": lambda r: r.sku, "TITLE": lambda r: r.title, "POSITION": lambda r: r.position}
_VARIANT_FILTERS = {
	"id": lambda r: int(r.id), "sku": lambda r: r.sku, "barcode": lambda r: r.barcode, "title": lambda r: r.title,
	"product_id": lambda r: int(r.product_id), "updated_at": lambda r: r.updated_at,
}  # fmt: skip


def _display_name(call: Call, variant: Variant) -> str:
	title = call.shop.products.all[variant.product_id].title
	return title if variant.title == "Default Title" else f"{title} - {variant.title}"


register(
	"QueryRoot",
	{
		"product": lambda call, _root, id: call.shop.products.all.get(number(id, "Product")),
		"products": root_list("products", lambda call: call.shop.products.all.values(), _PRODUCT_SORTS, _PRODUCT_FILTERS),
		"productVariant": lambda call, _root, id: call.shop.products.variants.get(number(id, "ProductVariant")),
		"productVariants": root_list(
			"productVariants", lambda call: call.shop.products.variants.values(), _VARIANT_SORTS, _VARIANT_FILTERS
		),
		"productsCount": root_count(lambda call: call.shop.products.all.values(), _PRODUCT_FILTERS),
		"productVariantsCount": root_count(lambda call: call.shop.products.variants.values(), _VARIANT_FILTERS),
	},
)
register(
	"Product",
	{
		**identified("Product"),
		**plain("title", "vendor", "productType", "tags", "createdAt", "updatedAt"),
		"status": lambda _c, product: product.status.upper(),
		"handle": lambda _c, product: handle_of(product),
		"descriptionHtml": lambda _c, _product: "",
		"options": lambda _c, product, first=None: [OptionView(OPTION, tuple(v.title for v in product.variants))],
		"isGiftCard": lambda _c, product: product.gift_card,
		"hasOnlyDefaultVariant": lambda _c, p: len(p.variants) == 1 and p.variants[0].title == "Default Title",
		"totalInventory": lambda call, product: sum(call.shop.inventory.available(v.inventory_item_id) for v in product.variants),
		"variants": connection(lambda _c, product: product.variants),
		"variantsCount": lambda _c, product: count_of(len(product.variants), None),
	},
	value=Product,
)
register(
	"ProductVariant",
	{
		**identified("ProductVariant"),
		**plain("title", "position", "taxable", "createdAt", "updatedAt"),
		"displayName": _display_name,
		"selectedOptions": lambda _c, variant: [SelectedOption(OPTION, variant.title)],
		"sku": own("sku"),
		"barcode": own("barcode"),
		"price": lambda call, variant: money_text(call, variant.price),
		"product": lambda call, variant: call.shop.products.all[variant.product_id],
		"inventoryItem": lambda call, variant: call.shop.inventory.items[variant.inventory_item_id],
		"inventoryQuantity": lambda call, variant: call.shop.inventory.available(variant.inventory_item_id),
		# Shops here sell below zero, as orders.place does.
		"inventoryPolicy": lambda _c, _variant: "CONTINUE",
		"availableForSale": lambda _c, _variant: True,
	},
	value=Variant,
)
register("ProductOption", plain("name", "values", "position"), value=OptionView)
register("SelectedOption", plain("name", "value"), value=SelectedOption)
_FIELDS = ("id", "price", "barcode", "taxable", "inventoryItem")


def _bulk_update(
	call: Call, _root: Any, productId: str, variants: list[dict[str, Any]], allowPartialUpdates: bool = False
) -> dict[str, Any]:
	"""https://shopify.dev/docs/api/admin-graphql/latest/mutations/productVariantsBulkUpdate"""
	if allowPartialUpdates:
		raise NotImplementedHere("productVariantsBulkUpdate(allowPartialUpdates: true)")
	product = call.shop.products.all.get(number(productId, "Product"))
	if product is None:
		raise refuse("Product does not exist", "productId", code="PRODUCT_DOES_NOT_EXIST")
	changes = [_change(call, product, place, given) for place, given in enumerate(variants)]
	changed = [call.shop.products.update_variant(id, **fields) for id, fields in changes]
	return {"product": product, "productVariants": changed}


def _change(call: Call, product: Product, place: int, given: dict[str, Any]) -> tuple[str, dict[str, Any]]:
	"""Return which variant changes how. :raises Refusals: for what cannot be."""
	only(given, "ProductVariantsBulkInput", *_FIELDS)
	path = ("variants", str(place))
	if not given.get("id"):
		raise refuse("Product variant is missing ID attribute", *path, code="PRODUCT_VARIANT_ID_MISSING")
	id = number(given["id"], "ProductVariant")
	if not any(variant.id == id for variant in product.variants):
		raise refuse("Product variant does not exist", *path, "id", code="PRODUCT_VARIANT_DOES_NOT_EXIST")
	fields: dict[str, Any] = {}
	if given.get("price") is not None:
		price = amount(given["price"], *path, "price")
		if price < 0:
			raise refuse("Price must be greater than or equal to 0", *path, "price", code="NEGATIVE_PRICE_VALUE")
		try:
			fields["price"] = call.shop.amount(price, "price")
		except UserError as error:
			raise Refusals(UserError((*path, "price"), error.message, "INVALID_VALUE")) from None
	item = given.get("inventoryItem") or {}
	only(item, "InventoryItemInput", "sku")
	if item.get("sku") is not None:
		fields["sku"] = item["sku"]
	for name in ("barcode", "taxable"):
		if given.get(name) is not None:
			fields[name] = given[name]
	return id, fields


mutation("productVariantsBulkUpdate", _bulk_update, "product", "productVariants")
