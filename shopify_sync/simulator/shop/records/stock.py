"""Products, variants and their inventory items; locations, and what lies there."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from .people import Address

#: Every name under which Shopify states a quantity of an inventory level (Admin GraphQL `InventoryQuantity.name`).
QUANTITY_NAMES = (
	"available", "committed", "damaged", "incoming", "on_hand", "quality_control", "reserved", "safety_stock",
)  # fmt: skip
#: `on_hand` is the sum of these.
ON_HAND_PARTS = ("available", "committed", "damaged", "quality_control", "reserved", "safety_stock")


@dataclass
class Variant:
	"""A variant of a product."""

	id: str
	product_id: str
	inventory_item_id: str
	title: str
	sku: str
	price: Decimal
	barcode: str = ""
	taxable: bool = True
	position: int = 1
	grams: int = 0
	created_at: datetime | None = None
	updated_at: datetime | None = None


@dataclass
class Product:
	"""A product and its variants."""

	id: str
	title: str
	variants: list[Variant]
	status: str = "active"
	gift_card: bool = False
	tags: list[str] = field(default_factory=list)
	vendor: str = ""
	product_type: str = ""
	created_at: datetime | None = None
	updated_at: datetime | None = None


@dataclass
class InventoryItem:
	"""What is stocked of a variant."""

	id: str
	variant_id: str
	sku: str
	tracked: bool = True
	requires_shipping: bool = True
	cost: Decimal | None = None
	created_at: datetime | None = None
	updated_at: datetime | None = None


@dataclass
class Location:
	"""A place where stock lies."""

	id: str
	name: str
	is_active: bool = True
	fulfills_online_orders: bool = True
	address: Address | None = None
	created_at: datetime | None = None
	updated_at: datetime | None = None


@dataclass
class Level:
	"""The quantities of an inventory item at a location; there is at most one per pair. `on_hand` is computed."""

	id: str
	inventory_item_id: str
	location_id: str
	quantities: dict[str, int]
	is_active: bool = True
	created_at: datetime | None = None
	updated_at: datetime | None = None

	@property
	def on_hand(self) -> int:
		"""What is physically there."""
		return sum(self.quantities.get(name, 0) for name in ON_HAND_PARTS)

	def quantity(self, name: str) -> int:
		"""Return the quantity of that name."""
		return self.on_hand if name == "on_hand" else self.quantities.get(name, 0)
