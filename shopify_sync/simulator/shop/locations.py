"""Places where stock lies (https://shopify.dev/docs/api/admin-graphql/latest/objects/Location)."""

from __future__ import annotations

from .desk import Desk, operation
from .errors import UserError
from .records import Address, Location


class Locations(Desk[Location]):
	"""The locations of a shop."""

	kind = "Location"

	@operation
	def create(self, name: str, *, address: Address | None = None, fulfills_online_orders: bool = True) -> Location:
		"""Open a location. :raises UserError: for a blank name or one that is taken."""
		if not name.strip():
			raise UserError(("input", "name"), "Add a location name", "BLANK")
		if any(location.name == name for location in self.all.values()):
			raise UserError(("input", "name"), "You already have a location with this name", "TAKEN")
		now = self.shop.now()
		made = Location(
			self.shop.new_id("Location"),
			name,
			fulfills_online_orders=fulfills_online_orders,
			address=address,
			created_at=now,
			updated_at=now,
		)
		self.all[made.id] = made
		self.shop.emitter.note("locations/create", made.id, made)
		return made

	@operation
	def update(self, id: str, *, name: str) -> Location:
		"""Rename a location."""
		location = self.get(id)
		if any(other.name == name for other in self.all.values() if other is not location):
			raise UserError(("input", "name"), "You already have a location with this name", "TAKEN")
		location.name = name
		return self._changed(location, "locations/update")

	@operation
	def activate(self, id: str) -> Location:
		"""Open a deactivated location again."""
		location = self.get(id)
		if location.is_active:
			return location
		location.is_active = True
		return self._changed(location, "locations/activate")

	@operation
	def deactivate(self, id: str) -> Location:
		"""Close a location. :raises UserError: for the last open one, or while orders wait for it or stock lies there."""
		location = self.get(id)
		if sum(other.is_active for other in self.all.values()) == 1 and location.is_active:
			message = "Location could not be deactivated because it is the only one"
			raise UserError(("locationId",), message, "PERMANENTLY_BLOCKED_FROM_DEACTIVATION_ERROR")
		if self._has_orders(location):
			message = "Location could not be deactivated because it has pending orders"
			raise UserError(("locationId",), message, "HAS_FULFILLMENT_ORDERS_ERROR")
		if self._has_stock(location):
			message = "Location could not be deactivated without specifying where to relocate inventory stocked at the location"
			raise UserError(("locationId",), message, "HAS_ACTIVE_INVENTORY_ERROR")
		if location.is_active:
			location.is_active = False
			self._changed(location, "locations/deactivate")
		return location

	@operation
	def delete(self, id: str) -> None:
		"""Remove a location. :raises UserError: while it is active, stocked or awaited."""
		location = self.get(id)
		if location.is_active:
			raise UserError(("locationId",), "The location cannot be deleted while it is active.", "LOCATION_IS_ACTIVE")
		if self._has_stock(location):
			raise UserError(("locationId",), "The location cannot be deleted while it has inventory.", "LOCATION_HAS_INVENTORY")
		del self.all[location.id]
		for level in [level for level in self.shop.inventory.levels.values() if level.location_id == location.id]:
			del self.shop.inventory.levels[(level.inventory_item_id, level.location_id)]
		self.shop.emitter.note("locations/delete", location.id, location)

	def _changed(self, location: Location, topic: str) -> Location:
		location.updated_at = self.shop.now()
		self.shop.emitter.note(topic, location.id, location)
		if topic != "locations/update":
			self.shop.emitter.note("locations/update", location.id, location)
		return location

	def _has_orders(self, location: Location) -> bool:
		return any(
			fulfillment_order.location_id == location.id and fulfillment_order.status in ("open", "in_progress", "on_hold")
			for order in self.shop.orders.all.values()
			for fulfillment_order in order.fulfillment_orders
		)

	def _has_stock(self, location: Location) -> bool:
		return any(
			level.location_id == location.id and any(level.quantities.values()) for level in self.shop.inventory.levels.values()
		)
