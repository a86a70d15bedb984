"""Returns (https://shopify.dev/docs/apps/build/orders-fulfillment/returns-apps/build-return-management).

A return is made of pieces that were sent; each is then received, restocked or not. Money is another matter: a refund may be made
of the return. Not imitated: requests that wait for approval, exchanges, fees, reverse deliveries, returnProcess.
"""

from __future__ import annotations

from collections.abc import Sequence

from . import routing
from .desk import Desk, operation
from .errors import NotFound, UserError
from .records import Disposal, Order, Refund, Return, ReturnLine

#: https://shopify.dev/docs/api/admin-graphql/latest/enums/ReverseFulfillmentOrderDispositionType, in lower case.
KINDS = ("restocked", "not_restocked", "missing", "processing_required")
#: (fulfillment, line item, pieces).
Wanted = tuple[str, str, int]


class Returns(Desk[Return]):
	"""The returns of a shop."""

	kind = "Return"

	def returnable(self, order: Order) -> dict[tuple[str, str], int]:
		"""Return (fulfillment, line item) → pieces that can still be returned: sent, in no return, and not refunded."""
		found = {
			(parcel.id, line): pieces
			for parcel in order.fulfillments
			if parcel.status == "success"
			for line, pieces in parcel.lines.items()
		}
		for line in (line for known in order.returns if known.status != "canceled" for line in known.lines):
			found[(line.fulfillment_id, line.line_item_id)] -= line.quantity
		for refund in order.refunds:
			for taken in refund.lines if not refund.return_id else ():
				left = taken.quantity if taken.restock_type == "return" else 0
				for key in (key for key in found if key[1] == taken.line_item_id):
					part = min(left, max(found[key], 0))
					found[key] -= part
					left -= part
		return {key: pieces for key, pieces in found.items() if pieces > 0}

	@operation
	def create(self, order_id: str, lines: Sequence[Wanted], reason: str = "unknown", note: str = "") -> Return:
		"""Make a return. :raises UserError: for pieces that were not sent, or that are returned or refunded already."""
		order = self.shop.orders.get(order_id)
		free = self.returnable(order)
		if not lines:
			raise UserError(("returnInput", "returnLineItems"), "Return line items can't be blank", "BLANK")
		for place, (parcel, line, pieces) in enumerate(lines):
			key = (str(parcel), str(line))
			if pieces < 1 or pieces > free.get(key, 0):
				message = "Return line item has an invalid quantity."
				raise UserError(("returnInput", "returnLineItems", str(place), "quantity"), message, "INVALID")
			free[key] -= pieces
		made = Return(
			self.shop.new_id("Return"),
			order.id,
			f"{order.name}-R{len(order.returns) + 1}",
			[self._line(entry, reason, note) for entry in lines],
			self.shop.new_id("ReverseFulfillmentOrder"),
			created_at=self.shop.now(),
		)
		order.returns.append(made)
		self.all[made.id] = made
		self.shop.orders.changed(order)
		return made

	def _line(self, wanted: Wanted, reason: str, note: str) -> ReturnLine:
		parcel, line, pieces = wanted
		ids = self.shop.new_id("ReturnLineItem"), self.shop.new_id("ReverseFulfillmentOrderLineItem")
		return ReturnLine(*ids, str(parcel), str(line), pieces, reason, note)

	@operation
	def dispose(self, reverse_line_id: str, pieces: int, kind: str = "restocked", location_id: str | None = None) -> ReturnLine:
		"""Receive pieces of a return. :raises UserError: for more than wait, or a location that is missing or closed."""
		order, found, line = self._waiting(reverse_line_id)
		path = ("dispositionInputs", "quantity")
		if found.status != "open":
			raise UserError(("dispositionInputs",), "Return is not open", "INVALID_STATE")
		if kind not in KINDS:
			raise UserError(("dispositionInputs", "dispositionType"), f"Disposition type {kind!r} is not valid", "INVALID")
		if pieces < 1 or pieces > line.waiting:
			raise UserError(path, "Quantity is more than what is left to be disposed", "INVALID")
		if kind == "restocked":
			self._restock(order, line, pieces, location_id)
		line.disposals.append(Disposal(kind, pieces, location_id if kind == "restocked" else None))
		self.shop.orders.changed(order)
		return line

	def _waiting(self, reverse_line_id: str) -> tuple[Order, Return, ReturnLine]:
		for found in self.all.values():
			for line in found.lines:
				if line.reverse_id == str(reverse_line_id):
					return self.shop.orders.get(found.order_id), found, line
		raise NotFound(("dispositionInputs",), "Reverse fulfillment order line item does not exist", "NOT_FOUND")

	def _restock(self, order: Order, line: ReturnLine, pieces: int, location_id: str | None) -> None:
		place = self.shop.locations.all.get(str(location_id or ""))
		if place is None or not place.is_active:
			message = "Location must be specified for the disposition type RESTOCKED"
			raise UserError(("dispositionInputs", "locationId"), message, "INVALID")
		item = next(found for found in order.line_items if found.id == line.line_item_id)
		routing.restock(self.shop, item, place.id, pieces)

	@operation
	def cancel(self, id: str) -> Return:
		"""Cancel a return. :raises UserError: once something of it was received or refunded, or when it is not open."""
		found = self.get(id)
		if found.status != "open" or found.refund_ids or any(line.disposals for line in found.lines):
			raise UserError(("id",), "Return can't be canceled", "INVALID_STATE")
		found.status = "canceled"
		self.shop.orders.changed(self.shop.orders.get(found.order_id))
		return found

	@operation
	def close(self, id: str) -> Return:
		"""Close a return. :raises UserError: when it is not open."""
		found = self.get(id)
		if found.status != "open":
			raise UserError(("id",), "Return can't be closed", "INVALID_STATE")
		found.status, found.closed_at = "closed", self.shop.now()
		self.shop.orders.changed(self.shop.orders.get(found.order_id))
		return found

	@operation
	def refund(self, id: str) -> Refund:
		"""Refund what a return takes back and no refund of it did: its pieces, and what they cost.

		Goods that were restocked are `return` in the refund, others `no_restock`; no stock moves again.
		:raises UserError: when nothing is left, or the return was canceled.
		"""
		found = self.get(id)
		left = [line for line in found.lines if line.quantity > line.refunded]
		if found.status == "canceled" or not left:
			raise UserError(("returnId",), "Return has nothing to refund", "INVALID_STATE")
		taken = []
		for line in left:
			back = min(sum(done.pieces for done in line.disposals if done.kind == "restocked"), line.quantity)
			parts = ((back, "return"), (line.quantity - back, "no_restock"))
			taken += [(line.line_item_id, pieces, kind) for pieces, kind in parts if pieces]
			line.refunded = line.quantity
		places = [done.location_id for line in left for done in line.disposals if done.location_id]
		refund = self.shop.refunds.create(found.order_id, taken, location_id=places[0] if places else None, return_id=found.id)
		found.refund_ids.append(refund.id)
		return refund
