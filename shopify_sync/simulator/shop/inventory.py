"""Stock: quantities per inventory item and location (https://shopify.dev/docs/apps/build/orders-fulfillment/inventory-management-apps).

`on_hand` is the sum of its parts. An order moves pieces from `available` to `committed`, a fulfillment takes them from there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .desk import Desk, operation
from .errors import NotFound, UserError
from .records import QUANTITY_NAMES, InventoryItem, Level

if TYPE_CHECKING:
	from .shop import Shop

#: (inventory item, location, quantity or pieces to add, the quantity it must have now or None).
Setting = tuple[str, str, int, "int | None"]
#: Shopify's limit for setting; for adjusting it documents twice that, and the lower one is kept for both.
HIGHEST = 1_000_000_000
#: Quantities that a merchant sets; `committed` follows from the orders, `on_hand` is a sum.
SETTABLE = tuple(name for name in QUANTITY_NAMES if name not in ("committed", "on_hand"))
_ZEROS = {name: 0 for name in QUANTITY_NAMES if name != "on_hand"}
#: https://shopify.dev/docs/apps/build/orders-fulfillment/inventory-management-apps/manage-quantities-states#set-inventory-quantities-on-hand
REASONS = (
	"correction", "cycle_count_available", "damaged", "movement_canceled", "movement_created", "movement_received",
	"movement_updated", "other", "promotion", "quality_control", "received", "reservation_created", "reservation_deleted",
	"reservation_updated", "restock", "safety_stock", "shrinkage",
)  # fmt: skip


@dataclass(frozen=True)
class Move:
	"""Pieces that change from one quantity of a level to another, and what the two must be now (None: anything)."""

	item: str
	location: str
	from_name: str
	to_name: str
	quantity: int
	from_expected: int | None = None
	to_expected: int | None = None


class Inventory(Desk[InventoryItem]):
	"""The inventory of a shop: `items` (also `all`) by id, `levels` by (inventory item, location)."""

	kind = "Inventory item"

	def __init__(self, shop: Shop) -> None:
		super().__init__(shop)
		self.items = self.all
		self.levels: dict[tuple[str, str], Level] = {}

	def level(self, item: str, location: str) -> Level | None:
		"""Return the level of an item at a location, or None when it is not stocked there."""
		return self.levels.get((str(item), str(location)))

	def levels_of(self, item: str) -> list[Level]:
		"""Return the levels of an item, oldest first."""
		found = (self.levels.get((item, location)) for location in self.shop.locations.all)
		return [level for level in found if level is not None]

	def available(self, item: str) -> int:
		"""Return how many pieces of an item are available at all locations together."""
		return sum(level.quantity("available") for level in self.levels_of(item))

	@operation
	def set_quantities(self, name: str, quantities: Sequence[Setting], reason: str) -> list[Level]:
		"""Set `available` or `on_hand`, all of them or none; setting `on_hand` changes `available` by the difference.

		https://shopify.dev/docs/api/admin-graphql/latest/mutations/inventorySetQuantities
		:raises UserError: for the first entry that is wrong, *field* naming its place.
		"""
		if name not in ("available", "on_hand"):
			raise UserError(("input", "name"), "The quantity name must be either 'available' or 'on_hand'.", "INVALID_NAME")
		_check_reason(reason)
		found = []
		for place, (item, location, quantity, expected) in enumerate(quantities):
			path = ("input", "quantities", str(place))
			level = self._found(item, location, path, path)
			check_quantity(quantity, (*path, "quantity"))
			_check_expected(level, name, expected, path)
			found.append(level)
		if len({id(level) for level in found}) != len(found):
			message = "The combination of inventoryItemId and locationId must be unique."
			raise UserError(("input", "quantities"), message, "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR")
		for level, (_item, _location, quantity, _expected) in zip(found, quantities, strict=True):
			self.change(level, "available", quantity - level.quantity(name))
		return found

	@operation
	def adjust_quantities(self, name: str, adjustments: Sequence[Setting], reason: str) -> list[Level]:
		"""Add pieces (may be negative) to a quantity of several levels, all of them or none.

		https://shopify.dev/docs/api/admin-graphql/latest/mutations/inventoryAdjustQuantities
		:raises UserError: as set_quantities does, and for a name that cannot be adjusted.
		"""
		_check_name(name, ("input", "name"))
		_check_reason(reason)
		found: list[Level] = []
		reached: dict[str, int] = {}
		for place, (item, location, delta, expected) in enumerate(adjustments):
			path = ("input", "changes", str(place))
			level = self._found(item, location, path, path)
			_check_expected(level, name, expected, path)
			# A level that is named twice must stay within bounds with both.
			reached[level.id] = reached.get(level.id, level.quantity(name)) + delta
			check_quantity(reached[level.id], (*path, "delta"))
			found.append(level)
		for level, (_item, _location, delta, _expected) in zip(found, adjustments, strict=True):
			self.change(level, name, delta)
		return found

	@operation
	def adjust(self, name: str, item: str, location: str, delta: int, reason: str) -> Level:
		"""Add *delta* (may be negative) to one quantity. :raises UserError: as adjust_quantities does."""
		return self.adjust_quantities(name, [(item, location, delta, None)], reason)[0]

	@operation
	def move_quantities(self, moves: Sequence[Move], reason: str) -> list[Level]:
		"""Move pieces between quantities of the same level, all of them or none.

		https://shopify.dev/docs/api/admin-graphql/latest/mutations/inventoryMoveQuantities
		:raises UserError: as adjust_quantities does.
		"""
		_check_reason(reason)
		found = [self._movable(move, ("input", "changes", str(place))) for place, move in enumerate(moves)]
		for level, move in zip(found, moves, strict=True):
			self.change(level, move.from_name, -move.quantity)
			self.change(level, move.to_name, move.quantity)
		return found

	def _movable(self, move: Move, path: tuple[str, ...]) -> Level:
		if move.from_name == move.to_name:
			raise UserError(path, "The quantity names for each change can't be the same.", "SAME_QUANTITY_NAME")
		if move.quantity < 0:
			raise UserError((*path, "quantity"), "The quantity can't be negative.", "INVALID_QUANTITY_NEGATIVE")
		level = None
		for side, name, expected in (("from", move.from_name, move.from_expected), ("to", move.to_name, move.to_expected)):
			_check_name(name, (*path, side, "name"))
			level = self._found(move.item, move.location, path, (*path, side))
			_check_expected(level, name, expected, (*path, side))
		assert level is not None
		return level

	@operation
	def move(self, item: str, location: str, from_name: str, to_name: str, quantity: int) -> Level:
		"""Move pieces from one quantity to another at one location. :raises UserError: as move_quantities does."""
		return self.move_quantities([Move(item, location, from_name, to_name, quantity)], "other")[0]

	@operation
	def connect(self, item: str, location: str, available: int = 0) -> Level:
		"""Stock an item at a location. :raises UserError: when it is already stocked there, or one of the two is not."""
		if str(item) not in self.items:
			raise NotFound(("inventoryItemId",), "The product couldn't be stocked because it wasn't found.", "NOT_FOUND")
		place = self.shop.locations.all.get(str(location))
		if place is None or not place.is_active:
			raise NotFound(("locationId",), "The product couldn't be stocked because the location wasn't found.", "NOT_FOUND")
		if self.level(item, location):
			raise UserError(("inventoryItemId",), "The product is already stocked at this location.", "TAKEN")
		check_quantity(available, ("available",))
		now = self.shop.now()
		level = Level(
			self.shop.new_id("InventoryLevel"),
			str(item),
			str(location),
			{**_ZEROS, "available": available},
			created_at=now,
			updated_at=now,
		)
		self.levels[(level.inventory_item_id, level.location_id)] = level
		self.shop.emitter.note("inventory_levels/connect", f"{item}-{location}", level)
		return level

	@operation
	def disconnect(self, item: str, location: str) -> None:
		"""Stop stocking an item at a location. :raises UserError: while pieces are committed, or it is the only location."""
		level = self._found(item, location, (), ())
		if level.quantity("committed"):
			message = "The product couldn't be unstocked because it has committed inventory."
			raise UserError((), message, "COMMITTED_INVENTORY_AT_LOCATION")
		if len(self.levels_of(level.inventory_item_id)) == 1:
			message = "The product couldn't be unstocked because products need to be stocked at a minimum of 1 location."
			raise UserError((), message, "CANNOT_DEACTIVATE_FROM_ONLY_LOCATION")
		del self.levels[(level.inventory_item_id, level.location_id)]
		self.shop.emitter.note("inventory_levels/disconnect", f"{item}-{location}", level)

	@operation
	def update_item(self, id: str, **fields: object) -> InventoryItem:
		"""Change `sku`, `tracked`, `cost` or `requires_shipping` of an item."""
		item = self.get(id)
		for name, value in fields.items():
			if name not in ("sku", "tracked", "cost", "requires_shipping"):
				raise UserError(("input", name), f"{name} cannot be changed", "INVALID")
			setattr(item, name, value)
		item.updated_at = self.shop.now()
		self.shop.emitter.note("inventory_items/update", item.id, item)
		return item

	def change(self, level: Level, name: str, delta: int) -> None:
		"""Add *delta* to a quantity, within an operation; every change of stock goes through here."""
		if delta:
			self.shop.emitter.touch(level)
			level.quantities[name] = level.quantities.get(name, 0) + delta
			level.updated_at = self.shop.now()

	def commit(self, item: str, location: str, pieces: int) -> None:
		"""Move pieces from `available` to `committed` (negative: back), where the item is stocked there at all.

		What is not tracked is counted too, so that nothing is lost when tracking is switched on; it is only never shown.
		"""
		if (level := self.levels.get((item, location))) is not None:
			self.change(level, "available", -pieces)
			self.change(level, "committed", pieces)

	def take(self, item: str, location: str, pieces: int) -> None:
		"""Take committed pieces away, because they were sent or written off (negative: bring them back as committed)."""
		if (level := self.levels.get((item, location))) is not None:
			self.change(level, "committed", -pieces)

	def restock(self, item: str, location: str, pieces: int) -> None:
		"""Bring returned pieces back as available."""
		if (level := self.levels.get((item, location))) is not None:
			self.change(level, "available", pieces)

	def _found(self, item: str, location: str, item_path: tuple[str, ...], location_path: tuple[str, ...]) -> Level:
		if str(item) not in self.items:
			message = "The specified inventory item could not be found."
			raise NotFound((*item_path, "inventoryItemId"), message, "INVALID_INVENTORY_ITEM")
		if str(location) not in self.shop.locations.all:
			message = "The specified location could not be found."
			raise NotFound((*location_path, "locationId"), message, "INVALID_LOCATION")
		level = self.level(item, location)
		if level is None:
			message = "The specified inventory item is not stocked at the location."
			raise UserError((*location_path, "locationId"), message, "ITEM_NOT_STOCKED_AT_LOCATION")
		return level


def _check_name(name: str, path: tuple[str, ...]) -> None:
	if name not in SETTABLE:
		raise UserError(path, "The specified quantity name is invalid.", "INVALID_QUANTITY_NAME")


def _check_reason(reason: str) -> None:
	if reason not in REASONS:
		raise UserError(("input", "reason"), "The specified reason is invalid.", "INVALID_REASON")


def _check_expected(level: Level, name: str, expected: int | None, path: tuple[str, ...]) -> None:
	if expected is not None and level.quantity(name) != expected:
		message = "The changeFromQuantity argument no longer matches the persisted quantity."
		raise UserError((*path, "changeFromQuantity"), message, "CHANGE_FROM_QUANTITY_STALE")


def check_quantity(quantity: int, path: tuple[str, ...]) -> None:
	"""Refuse a quantity that Shopify does not keep. :raises UserError:"""
	if not isinstance(quantity, int) or isinstance(quantity, bool):
		raise UserError(path, "The quantity must be a whole number.", "INVALID")
	if quantity > HIGHEST:
		raise UserError(path, f"The quantity can't be higher than {HIGHEST:,}.", "INVALID_QUANTITY_TOO_HIGH")
	if quantity < -HIGHEST:
		raise UserError(path, f"The quantity can't be lower than -{HIGHEST:,}.", "INVALID_QUANTITY_TOO_LOW")
