"""Products, their variants, and the inventory items behind them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from .desk import Desk, operation
from .errors import NotFound, UserError
from .inventory import check_quantity
from .records import InventoryItem, Product, Variant

if TYPE_CHECKING:
	from .shop import Shop

_PRODUCT_FIELDS = ("title", "status", "tags", "vendor", "product_type")
_VARIANT_FIELDS = ("title", "sku", "price", "barcode", "taxable", "grams")


class Products(Desk[Product]):
	"""The products of a shop; `variants` by id."""

	kind = "Product"

	def __init__(self, shop: Shop) -> None:
		super().__init__(shop)
		self.variants: dict[str, Variant] = {}

	@operation
	def create(
		self,
		title: str,
		variants: Iterable[Mapping[str, Any]] = ({},),
		gift_card: bool = False,
		*,
		status: str = "active",
		vendor: str = "",
		product_type: str = "",
		tags: Iterable[str] = (),
	) -> Product:
		"""Create a product.

		:param variants: each with `sku`, `price` (shop's currency), and optionally `title`, `barcode`, `taxable`, `tracked`,
			`requires_shipping`, `cost`, `grams`, `quantities` ({location id: available}; default: none of it at every location).
		:raises UserError: for a blank title, a price that is none, a location that does not exist.
		"""
		if not title.strip():
			raise UserError(("input", "title"), "Title can't be blank", "BLANK")
		given = [self._checked(variant) for variant in variants]
		now = self.shop.now()
		product = Product(self.shop.new_id("Product"), title, [], status, gift_card, list(tags), vendor, product_type, now, now)
		self.all[product.id] = product
		for variant in given:
			self._add(product, variant)
		self.shop.emitter.note("products/create", product.id, product)
		return product

	@operation
	def update(self, id: str, **fields: Any) -> Product:
		"""Change `title`, `status`, `tags`, `vendor` or `product_type`."""
		product = self.get(id)
		_set(product, fields, _PRODUCT_FIELDS)
		return self._changed(product)

	@operation
	def delete(self, id: str) -> None:
		"""Delete a product with its variants and their stock. Lines of orders keep their titles and SKUs."""
		product = self.get(id)
		del self.all[product.id]
		for variant in product.variants:
			del self.variants[variant.id]
			for level in self.shop.inventory.levels_of(variant.inventory_item_id):
				del self.shop.inventory.levels[(level.inventory_item_id, level.location_id)]
			item = self.shop.inventory.items.pop(variant.inventory_item_id)
			self.shop.emitter.note("inventory_items/delete", item.id, item)
		self.shop.emitter.note("products/delete", product.id, product)

	def variant(self, id: str) -> Variant:
		"""Return a variant. :raises NotFound: when there is none."""
		found = self.variants.get(str(id))
		if found is None:
			raise NotFound(("id",), "Product variant does not exist", "PRODUCT_VARIANT_DOES_NOT_EXIST")
		return found

	@operation
	def update_variant(self, id: str, **fields: Any) -> Variant:
		"""Change `title`, `sku`, `price` (shop's currency), `barcode`, `taxable` or `grams` of a variant."""
		variant = self.variant(id)
		if "price" in fields:
			fields["price"] = self.shop.amount(fields["price"], "price")
		_set(variant, fields, _VARIANT_FIELDS)
		variant.updated_at = self.shop.now()
		item = self.shop.inventory.get(variant.inventory_item_id)
		if item.sku != variant.sku:
			self.shop.inventory.update_item(item.id, sku=variant.sku)
		self._changed(self.all[variant.product_id])
		return variant

	def _checked(self, given: Mapping[str, Any]) -> dict[str, Any]:
		"""Return a variant's fields, complete."""
		quantities = given.get("quantities")
		if quantities is None:
			quantities = {location.id: 0 for location in self.shop.locations.all.values() if location.is_active}
		for location, available in quantities.items():
			if not self.shop.locations.get(location).is_active:
				raise UserError(("variants", "inventoryQuantities"), "Location is not active", "INVALID")
			check_quantity(available, ("variants", "inventoryQuantities"))
		return {**given, "price": self.shop.amount(given.get("price", 0), "price"), "quantities": quantities}

	def _add(self, product: Product, given: Mapping[str, Any]) -> None:
		now, shop = self.shop.now(), self.shop
		sku = str(given.get("sku") or "")
		variant = Variant(
			id=shop.new_id("ProductVariant"),
			product_id=product.id,
			inventory_item_id=shop.new_id("InventoryItem"),
			title=str(given.get("title") or "Default Title"),
			sku=sku,
			price=given["price"],
			barcode=str(given.get("barcode") or ""),
			position=len(product.variants) + 1,
			grams=int(given.get("grams") or 0),
			taxable=bool(given.get("taxable", not product.gift_card)),
			created_at=now,
			updated_at=now,
		)
		item = InventoryItem(
			id=variant.inventory_item_id,
			variant_id=variant.id,
			sku=sku,
			tracked=bool(given.get("tracked", True)),
			requires_shipping=bool(given.get("requires_shipping", not product.gift_card)),
			cost=given.get("cost"),
			created_at=now,
			updated_at=now,
		)
		product.variants.append(variant)
		self.variants[variant.id] = variant
		shop.inventory.items[item.id] = item
		shop.emitter.note("inventory_items/create", item.id, item)
		for location, available in given["quantities"].items():
			shop.inventory.connect(item.id, location, available)

	def _changed(self, product: Product) -> Product:
		product.updated_at = self.shop.now()
		self.shop.emitter.note("products/update", product.id, product)
		return product


def _set(record: Product | Variant, fields: Mapping[str, Any], allowed: tuple[str, ...]) -> None:
	for name in fields:
		if name not in allowed:
			raise UserError(("input", name), f"{name} cannot be changed", "INVALID")
	for name, value in fields.items():
		setattr(record, name, list(value) if name == "tags" else value)
