"""Goods of an order that came back: which pieces a refund may still bring back, where people have made returns themselves.

A return that somebody makes in ERPNext comes before the refund, as a rule: the goods are here, and the money is decided about in
Shopify afterwards. That refund says "restocked" of the same goods. They must not come back twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from ..snapshots import ItemState, OwnReturn
from .booking import Booking
from .memory import Rows, Taken, take
from .refunds import is_restocked


class ReturnPool:
	"""What Delivery Notes sent and is not back.

	:ivar sent: fulfillment → the rows of its Delivery Note, as they are remembered: less what the app's returns took.
	"""

	def __init__(self, booking: Booking, sent: Mapping[str, Rows], items: Mapping[str, ItemState]) -> None:
		self.sent = dict(sent)
		self._free = dict(sent)
		self._own = _own_lines(booking)
		self._budget = {line: _wanted(booking, line, items) - pieces - _taken(sent, line) for line, pieces in self._own.items()}
		for found in booking.snapshot.own_returns:
			self._reserve(booking, found)

	def take(self, line: str, pieces: int) -> Iterator[tuple[str, Taken]]:
		"""Take pieces of a line (in stock units) that a refund brings back: fulfillment, and what of its rows.

		What people took back counts first: of three that refunds restocked, and one of people's own, two are taken.
		"""
		if line in self._own:
			pieces = min(pieces, max(self._budget[line], 0))
			self._budget[line] -= pieces
		for fulfillment in sorted(self._free):
			taken, self._free[fulfillment] = take(self._free[fulfillment], line, pieces)
			for found in taken:
				pieces -= found.pieces
				self._remember(fulfillment, found)
				yield fulfillment, found

	def _remember(self, fulfillment: str, taken: Taken) -> None:
		rows = list(self.sent[fulfillment][taken.line])
		rows[taken.index] = rows[taken.index].taking(taken.pieces)
		self.sent[fulfillment] = {**self.sent[fulfillment], taken.line: tuple(rows)}

	def _reserve(self, booking: Booking, own: OwnReturn) -> None:
		"""Leave out what people took back of a Delivery Note: ERPNext takes no piece back twice."""
		mine = [id for id in sorted(self._free) if _is_of(booking, id, own)]
		for line, quantity in own.lines.items():
			left = int(quantity)
			for fulfillment in mine:
				taken, self._free[fulfillment] = take(self._free[fulfillment], line, left)
				left -= sum(found.pieces for found in taken)


def _is_of(booking: Booking, fulfillment: str, own: OwnReturn) -> bool:
	"""Tell whether a fulfillment was made of the Delivery Note that people took goods back of, or that of it."""
	note = booking.delivery(fulfillment)
	return note is not None and note.name == own.note


def _own_lines(booking: Booking) -> dict[str, int]:
	found: dict[str, Decimal] = {}
	for own in booking.snapshot.own_returns:
		for line, quantity in own.lines.items():
			found[line] = found.get(line, Decimal(0)) + quantity
	return {line: int(quantity) for line, quantity in found.items()}


def _wanted(booking: Booking, line: str, items: Mapping[str, ItemState]) -> int:
	"""Return how much of a line all refunds of the order have restocked, in stock units."""
	rows = (row for refund in booking.order.refunds for row in refund.refund_line_items if row.line_item_id == line)
	return sum(row.quantity for row in rows if is_restocked(row)) * (items[line].factor if line in items else 1)


def _taken(sent: Mapping[str, Rows], line: str) -> int:
	"""Return how much of a line the app's own returns have brought back."""
	return sum(row.quantity - row.left for rows in sent.values() for row in rows.get(line, ()))
