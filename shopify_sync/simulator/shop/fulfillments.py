"""Fulfillments and fulfillment orders (https://shopify.dev/docs/apps/build/orders-fulfillment/order-management-apps)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from . import routing
from .desk import Desk, operation
from .errors import NotFound, UserError
from .records import Fulfillment, FulfillmentHold, FulfillmentOrder, FulfillmentOrderLine, LineItem, Order
from .totals import fulfillment_status

#: https://shopify.dev/docs/api/admin-graphql/latest/enums/FulfillmentHoldReason, in lower case.
HOLD_REASONS = (
	"awaiting_payment", "awaiting_return_items", "high_risk_of_fraud", "incorrect_address", "inventory_out_of_stock",
	"online_store_post_purchase_cross_sell", "other", "unknown_delivery_date",
)  # fmt: skip
_FULFILLABLE = ("open", "in_progress")


class Fulfillments(Desk[Fulfillment]):
	"""The parcels of a shop, and what its fulfillment orders wait for."""

	kind = "Fulfillment"

	@operation
	def create(
		self,
		order_id: str,
		lines: Mapping[str, int] | None = None,
		location_id: str | None = None,
		tracking_company: str = "",
		tracking_numbers: Iterable[str] = (),
		tracking_urls: Iterable[str] = (),
		notify: bool = False,
	) -> Fulfillment:
		"""Send pieces of an order, all from one location.

		:param lines: line item id → pieces; None: everything that the location's fulfillment orders still wait for.
		:param location_id: default: that of the first fulfillment order that waits for one of the lines.
		:raises UserError: for a cancelled order, for pieces that nothing waits for, or what is on hold.
		"""
		order = self.shop.orders.get(order_id)
		if order.cancelled_at:
			raise UserError(("fulfillment",), "Order is canceled", "INVALID")
		wanted = None if lines is None else {str(id): int(pieces) for id, pieces in lines.items()}
		place = str(location_id) if location_id else self._place(order, wanted)
		plan = self._planned(order, wanted, place)
		parcel = self._send(order, place, plan, tracking_company, list(tracking_numbers), list(tracking_urls))
		parcel.notified += notify
		return parcel

	@operation
	def cancel(self, id: str) -> Fulfillment:
		"""Take a parcel back before it left: its pieces wait again, where they were. :raises UserError: when it is cancelled."""
		fulfillment = self.get(id)
		order = self.shop.orders.get(fulfillment.order_id)
		if fulfillment.status == "cancelled":
			raise UserError(("id",), "Fulfillment is already canceled", "INVALID")
		lines = {line.id: line for line in order.line_items}
		for line_id, pieces in fulfillment.lines.items():
			if lines[line_id].fulfilled_quantity - pieces < lines[line_id].returned_quantity:
				raise UserError(("id",), "Fulfillment has returned items and can't be canceled", "INVALID")
		if any(line.fulfillment_id == id for known in order.returns if known.status != "canceled" for line in known.lines):
			raise UserError(("id",), "Fulfillment has returned items and can't be canceled", "INVALID")
		fulfillment.status = "cancelled"
		fulfillment.updated_at = self.shop.now()
		for line_id, pieces in fulfillment.lines.items():
			lines[line_id].fulfilled_quantity -= pieces
			routing.take(self.shop, lines[line_id], fulfillment.location_id, -pieces)
		self._wait_again(order, fulfillment, lines)
		self.shop.emitter.note("fulfillments/update", fulfillment.id, (order, fulfillment))
		self.shop.orders.changed(order)
		return fulfillment

	@operation
	def update_tracking(
		self,
		id: str,
		tracking_company: str = "",
		tracking_numbers: Iterable[str] = (),
		tracking_urls: Iterable[str] = (),
		notify: bool = False,
	) -> Fulfillment:
		"""Change the carrier and the tracking numbers of a parcel. :raises UserError: when it is cancelled."""
		fulfillment = self.get(id)
		if fulfillment.status == "cancelled":
			raise UserError(("fulfillmentId",), "Fulfillment is canceled", "INVALID")
		fulfillment.tracking_company, fulfillment.tracking_numbers = tracking_company, list(tracking_numbers)
		fulfillment.tracking_urls = list(tracking_urls)
		fulfillment.notified += notify
		fulfillment.updated_at = self.shop.now()
		order = self.shop.orders.get(fulfillment.order_id)
		self.shop.emitter.note("fulfillments/update", fulfillment.id, (order, fulfillment))
		self.shop.orders.changed(order)
		return fulfillment

	def fulfillment_order(self, id: str) -> FulfillmentOrder:
		"""Return a fulfillment order. :raises NotFound: when there is none."""
		for order in self.shop.orders.all.values():
			for fulfillment_order in order.fulfillment_orders:
				if fulfillment_order.id == str(id):
					return fulfillment_order
		raise NotFound(("id",), "Fulfillment order not found", "FULFILLMENT_ORDER_NOT_FOUND")

	@operation
	def hold(self, fulfillment_order_id: str, reason: str = "other", notes: str = "", handle: str = "") -> FulfillmentHold:
		"""Put a fulfillment order on hold: nothing of it can be sent. :raises UserError: unless it waits or is held already."""
		fulfillment_order = self.fulfillment_order(fulfillment_order_id)
		if fulfillment_order.status not in (*_FULFILLABLE, "on_hold"):
			raise UserError(("id",), "Fulfillment order can't be put on hold", "INVALID")
		if reason not in HOLD_REASONS:
			raise UserError(("fulfillmentHold", "reason"), f"Reason {reason!r} is not valid", "INVALID")
		if any(hold.handle == handle for hold in fulfillment_order.holds):
			message = "The handle provided for the fulfillment hold is already in use."
			raise UserError(("fulfillmentHold", "handle"), message, "DUPLICATE_FULFILLMENT_HOLD_HANDLE")
		hold = FulfillmentHold(self.shop.new_id("FulfillmentHold"), reason, notes, handle)
		fulfillment_order.holds.append(hold)
		routing.settle(self.shop, fulfillment_order)
		self.shop.emitter.note("fulfillment_orders/placed_on_hold", fulfillment_order.id, (fulfillment_order, hold))
		self.shop.emitter.note("fulfillment_holds/added", hold.id, (fulfillment_order, hold))
		return hold

	@operation
	def release(self, fulfillment_order_id: str) -> FulfillmentOrder:
		"""Release every hold. :raises UserError: when there is none."""
		fulfillment_order = self.fulfillment_order(fulfillment_order_id)
		if not fulfillment_order.holds:
			raise UserError(("id",), "Fulfillment order is not on hold", "INVALID")
		for hold in fulfillment_order.holds:
			self.shop.emitter.note("fulfillment_holds/released", hold.id, (fulfillment_order, hold))
		fulfillment_order.holds = []
		routing.settle(self.shop, fulfillment_order)
		self.shop.emitter.note("fulfillment_orders/hold_released", fulfillment_order.id, fulfillment_order)
		return fulfillment_order

	@operation
	def schedule(self, fulfillment_order_id: str) -> FulfillmentOrder:
		"""Let a fulfillment order wait for its day, as that of a subscription does. :raises UserError: unless it is open."""
		fulfillment_order = self.fulfillment_order(fulfillment_order_id)
		if fulfillment_order.status != "open":
			raise UserError(("id",), "Fulfillment order can't be scheduled", "INVALID")
		fulfillment_order.status, fulfillment_order.updated_at = "scheduled", self.shop.now()
		return fulfillment_order

	@operation
	def open(self, fulfillment_order_id: str) -> FulfillmentOrder:
		"""Let what is scheduled be sent now. :raises UserError: unless it is scheduled."""
		fulfillment_order = self.fulfillment_order(fulfillment_order_id)
		if fulfillment_order.status != "scheduled":
			raise UserError(("id",), "Fulfillment order is not scheduled", "INVALID")
		fulfillment_order.status = "open"
		routing.settle(self.shop, fulfillment_order)
		return fulfillment_order

	@operation
	def request(self, fulfillment_order_id: str) -> FulfillmentOrder:
		"""Let a fulfillment service send a fulfillment order, and ask it to. :raises UserError: unless it waits and was not asked."""
		fulfillment_order = self.fulfillment_order(fulfillment_order_id)
		if fulfillment_order.status not in _FULFILLABLE or fulfillment_order.request_status != "unsubmitted":
			raise UserError(("id",), "Fulfillment order can't be requested", "INVALID")
		fulfillment_order.by_service, fulfillment_order.request_status = True, "submitted"
		fulfillment_order.updated_at = self.shop.now()
		return fulfillment_order

	@operation
	def move(self, fulfillment_order_id: str, location_id: str, pieces: Mapping[str, int] | None = None) -> FulfillmentOrder:
		"""Let another location send what is left; the stock is committed there instead.

		:param pieces: line of the fulfillment order → pieces; None: everything that is left.
		:returns: the fulfillment order at the new location.
		:raises UserError: when nothing is left, progress was reported, or the location is closed, the same, or does not stock it.
		"""
		source = self.fulfillment_order(fulfillment_order_id)
		target = self.shop.locations.get(location_id)
		order = self.shop.orders.get(source.order_id)
		if source.status not in _FULFILLABLE:
			raise UserError(("id",), "Fulfillment order is not in a state that can be moved", "INVALID")
		if not target.is_active or target.id == source.location_id:
			raise UserError(("newLocationId",), "Location is not a valid destination", "INVALID")
		lines = {line.id: line for line in order.line_items}
		for entry in source.lines:
			item = routing.inventory_item(self.shop, lines[entry.line_item_id])
			if item and entry.remaining_quantity and not self.shop.inventory.level(item, target.id):
				raise UserError(
					("newLocationId",), "The destination location doesn't stock the requested inventory item", "INVALID"
				)
		left = {entry.id: entry.remaining_quantity for entry in source.lines if entry.remaining_quantity}
		wanted = left if pieces is None else {str(id): int(count) for id, count in pieces.items()}
		if any(count < 1 or count > left.get(id, 0) for id, count in wanted.items()):
			raise UserError(("fulfillmentOrderLineItems",), "Invalid fulfillment order line item quantity requested.", "INVALID")
		return self._move(order, source, target.id, lines, wanted)

	def _move(
		self, order: Order, source: FulfillmentOrder, target: str, lines: dict[str, LineItem], wanted: Mapping[str, int]
	) -> FulfillmentOrder:
		now = self.shop.now()
		moved = FulfillmentOrder(self.shop.new_id("FulfillmentOrder"), order.id, target, [], created_at=now, updated_at=now)
		for entry in source.lines:
			pieces = wanted.get(entry.id, 0)
			if not pieces:
				continue
			moved.lines.append(
				FulfillmentOrderLine(self.shop.new_id("FulfillmentOrderLineItem"), entry.line_item_id, pieces, pieces)
			)
			entry.remaining_quantity, entry.total_quantity = entry.remaining_quantity - pieces, entry.total_quantity - pieces
			routing.commit(self.shop, lines[entry.line_item_id], source.location_id, -pieces)
			routing.commit(self.shop, lines[entry.line_item_id], target, pieces)
		order.fulfillment_orders.append(moved)
		routing.settle(self.shop, source)
		self.shop.emitter.note("fulfillment_orders/moved", moved.id, (source, moved))
		self.shop.orders.changed(order)
		return moved

	def _place(self, order: Order, wanted: Mapping[str, int] | None) -> str:
		for fulfillment_order in order.fulfillment_orders:
			for entry in fulfillment_order.lines:
				asked = wanted is None or entry.line_item_id in wanted
				if asked and entry.remaining_quantity and fulfillment_order.status in _FULFILLABLE:
					return fulfillment_order.location_id
		if any(fulfillment_order.holds for fulfillment_order in order.fulfillment_orders):
			raise UserError(("fulfillment",), "Fulfillment order is on hold", "INVALID")
		raise UserError(("fulfillment",), "All line items have already been fulfilled", "INVALID")

	def _planned(
		self, order: Order, wanted: Mapping[str, int] | None, place: str
	) -> list[tuple[FulfillmentOrder, FulfillmentOrderLine, int]]:
		"""Return which pieces of which fulfillment orders are sent. :raises UserError: when they do not wait at that location."""
		here = [fo for fo in order.fulfillment_orders if fo.location_id == place and fo.status in _FULFILLABLE]
		entries = [(fo, entry) for fo in here for entry in fo.lines if entry.remaining_quantity]
		if wanted is None:
			plan = [(fo, entry, entry.remaining_quantity) for fo, entry in entries]
		else:
			plan = []
			for line_id, pieces in wanted.items():
				plan += _portion(entries, line_id, pieces)
		if not plan:
			raise UserError(("fulfillment",), "There is nothing to fulfill at this location", "INVALID")
		return plan

	def _send(
		self,
		order: Order,
		place: str,
		plan: list[tuple[FulfillmentOrder, FulfillmentOrderLine, int]],
		tracking_company: str,
		tracking_numbers: list[str],
		tracking_urls: list[str],
	) -> Fulfillment:
		now = self.shop.now()
		fulfillment = Fulfillment(
			id=self.shop.new_id("Fulfillment"),
			order_id=order.id,
			location_id=place,
			name=f"{order.name}.{len(order.fulfillments) + 1}",
			lines={},
			tracking_company=tracking_company,
			tracking_numbers=tracking_numbers,
			tracking_urls=tracking_urls,
			created_at=now,
			updated_at=now,
		)
		lines = {line.id: line for line in order.line_items}
		for fulfillment_order, entry, pieces in plan:
			line = lines[entry.line_item_id]
			entry.remaining_quantity -= pieces
			line.fulfilled_quantity += pieces
			fulfillment.lines[line.id] = fulfillment.lines.get(line.id, 0) + pieces
			routing.take(self.shop, line, place, pieces)
			if fulfillment_order.id not in fulfillment.fulfillment_order_ids:
				fulfillment.fulfillment_order_ids.append(fulfillment_order.id)

			routing.settle(self.shop, fulfillment_order)
		order.fulfillments.append(fulfillment)
		self.all[fulfillment.id] = fulfillment
		self.shop.emitter.note("fulfillments/create", fulfillment.id, (order, fulfillment))
		topic = "orders/fulfilled" if fulfillment_status(order) == "fulfilled" else "orders/partially_fulfilled"
		self.shop.emitter.note(topic, order.id, order)
		self.shop.orders.changed(order)
		return fulfillment

	def _wait_again(self, order: Order, fulfillment: Fulfillment, lines: dict[str, LineItem]) -> None:
		"""Let the pieces of a cancelled parcel wait again, in a new fulfillment order at the same location.

		https://shopify.dev/docs/api/admin-graphql/latest/mutations/fulfillmentCancel: "the system creates new fulfillment orders
		for the cancelled items"; that a partially fulfilled one takes them back instead is not imitated.
		"""
		now = self.shop.now()
		made = FulfillmentOrder(
			self.shop.new_id("FulfillmentOrder"), order.id, fulfillment.location_id, [], created_at=now, updated_at=now
		)
		for line_id, pieces in fulfillment.lines.items():
			waiting = min(pieces, lines[line_id].fulfillable_quantity)
			made.lines.append(FulfillmentOrderLine(self.shop.new_id("FulfillmentOrderLineItem"), line_id, waiting, waiting))
		order.fulfillment_orders.append(made)
		gone = dict(fulfillment.lines)
		for old in order.fulfillment_orders:
			if old.id in fulfillment.fulfillment_order_ids:
				_forget(old, gone)
				routing.settle(self.shop, old)
		self.shop.emitter.note("fulfillment_orders/order_routing_complete", made.id, made)


def _portion(
	entries: list[tuple[FulfillmentOrder, FulfillmentOrderLine]], line_id: str, pieces: int
) -> list[tuple[FulfillmentOrder, FulfillmentOrderLine, int]]:
	if pieces < 1:
		raise UserError(("fulfillment", "quantity"), "Quantity must be greater than 0", "INVALID")
	found = []
	for fulfillment_order, entry in entries:
		part = min(pieces, entry.remaining_quantity) if entry.line_item_id == line_id else 0
		if part:
			found.append((fulfillment_order, entry, part))
			pieces -= part
	if pieces:
		message = "Invalid fulfillment order line item quantity requested."
		raise UserError(("fulfillment", "lineItemsByFulfillmentOrder"), message, "INVALID")
	return found


def _forget(fulfillment_order: FulfillmentOrder, lines: dict[str, int]) -> None:
	"""Take pieces that wait elsewhere now out of what a fulfillment order had to send, and out of *lines*."""
	for entry in fulfillment_order.lines:
		part = min(entry.total_quantity - entry.remaining_quantity, lines.get(entry.line_item_id, 0))
		if part:
			entry.total_quantity -= part
			lines[entry.line_item_id] -= part
