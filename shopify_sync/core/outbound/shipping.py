"""Which pieces of which fulfillment orders a delivery takes: one parcel, from one location.

Shopify wants the fulfillment orders of one call to be of one order and assigned to one location
(https://shopify.dev/docs/api/admin-graphql/latest/mutations/fulfillmentCreate).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .parcels import FulfillmentOrder, OrderLine
from .returned import Pieces


@dataclass(frozen=True)
class Shipment:
	"""A parcel to be: *groups* is fulfillment order → its line → pieces, *lines* the same by the order's lines."""

	place: str
	location: str
	groups: Mapping[str, Pieces]
	lines: Pieces


@dataclass(frozen=True)
class Move:
	"""Assign pieces of a fulfillment order to another location first. *lines*: the fulfillment order's line → pieces."""

	fulfillment_order: str
	location: str
	lines: Pieces


@dataclass(frozen=True)
class NotThere:
	"""Shopify does not have as much of a line to be fulfilled as is needed."""

	line: str
	needed: int


@dataclass
class _Parcel:
	groups: dict[str, dict[str, int]] = field(default_factory=dict)
	lines: dict[str, int] = field(default_factory=dict)

	def add(self, order: FulfillmentOrder, line: OrderLine, pieces: int) -> None:
		self.groups.setdefault(order.id, {})[line.id] = pieces
		self.lines[line.line] = self.lines.get(line.line, 0) + pieces


def allocate(
	needed: Mapping[str, Pieces], orders: Sequence[FulfillmentOrder], optional: frozenset[str] = frozenset(), *, move: bool
) -> Shipment | Move | NotThere | None:
	"""Return the first parcel of what a delivery sends, once all of it can be sent; None when nothing of it is Shopify's to send.

	:param needed: location (empty: any) → line → pieces. Pieces are taken where they are assigned to that location, then elsewhere.
	:param optional: lines that may be in no fulfillment order.
	:param move: whether pieces that are assigned elsewhere are moved first; else they are fulfilled where they are assigned.
	"""
	free = {line.id: line.remaining for order in orders for line in order.lines if not order.why_not}
	known = {line.line for order in orders for line in order.lines}
	parcels: dict[tuple[str, str], _Parcel] = {}
	for place in sorted(needed):
		for line, pieces in sorted(needed[place].items()):
			if line in optional and line not in known:
				continue
			taken = _take(orders, free, place, line, pieces)
			for order, entry, part in taken:
				parcels.setdefault((place, order.location), _Parcel()).add(order, entry, part)
			if sum(part for _order, _entry, part in taken) < pieces:
				return NotThere(line, sum(lines.get(line, 0) for lines in needed.values()))
	for (place, location), parcel in parcels.items():
		if move and place and location != place:
			fulfillment_order, lines = next(iter(parcel.groups.items()))
			return Move(fulfillment_order, place, lines)
	for (place, location), parcel in parcels.items():
		return Shipment(place, location, parcel.groups, parcel.lines)
	return None


def _take(
	orders: Sequence[FulfillmentOrder], free: dict[str, int], place: str, line: str, pieces: int
) -> list[tuple[FulfillmentOrder, OrderLine, int]]:
	"""Take *pieces* of a line out of *free*: where they are assigned to *place* first. Less comes out where less is there."""
	found = []
	for order in sorted(orders, key=lambda order: order.location != place):
		for entry in order.lines:
			part = min(pieces, free.get(entry.id, 0)) if entry.line == line else 0
			if part > 0:
				found.append((order, entry, part))
				free[entry.id] -= part
				pieces -= part
	return found
