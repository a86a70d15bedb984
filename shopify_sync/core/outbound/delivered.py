"""What people's Delivery Notes deliver, or take back, in pieces as Shopify counts them, and how much of it Shopify was told."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from ..failures import Category, Failure
from ..orders.memory import items_before
from ..policy import StorePolicy
from ..snapshots import DeliveryPushSnapshot, NoteState
from .parcels import ParcelMemory, Sent
from .returned import Pieces, Returned

CANCELLED = 2


def delivered_by(note: NoteState, snapshot: DeliveryPushSnapshot, policy: StorePolicy) -> dict[str, dict[str, int]] | Failure:
	"""Return what a note delivers: location (empty: the warehouse stands for none) → line → pieces as Shopify counts them.

	Rows that belong to no line of Shopify's (a tip that stands in none, goods that were added) are not among them.
	"""
	items = items_before(snapshot.order.agreed)
	totals: dict[tuple[str, str], Decimal] = {}
	found: dict[str, dict[str, int]] = {}
	for row in note.rows:
		if row.line.isdigit():
			place = policy.location_of(row.warehouses) or ""
			totals[(place, row.line)] = totals.get((place, row.line), Decimal(0)) + row.quantity
	for (place, line), quantity in totals.items():
		factor = items[line].factor if line in items else 1
		pieces, rest = divmod(quantity, factor)
		if rest:
			return Failure(
				Category.FULFILLMENT_REFUSED,
				f"Delivery Note {note.name} {'returns' if note.against else 'delivers'} {quantity} of line {line}, of which {factor} are one piece in Shopify: Shopify "
				"counts whole pieces. Correct the quantity, or Discard the event and do it by hand in Shopify.",
			)
		if pieces:
			found.setdefault(place, {})[line] = int(pieces)
	return found


def needs_of(
	note: NoteState, snapshot: DeliveryPushSnapshot, policy: StorePolicy, memory: ParcelMemory
) -> dict[str, dict[str, int]] | Failure:
	"""Return what of a note is not fulfilled yet, or of a return not returned: location → line → pieces; empty: nothing."""
	delivered = delivered_by(note, snapshot, policy)
	if isinstance(delivered, Failure):
		return delivered
	told = memory.back(note.name) if note.against else memory.live(note.name)
	for place, pieces in ((place, pieces) for found in told for place, pieces in _places(found)):
		_subtract(delivered, place, dict(pieces))
	short = {place: {line: pieces for line, pieces in lines.items() if pieces} for place, lines in delivered.items()}
	return {place: lines for place, lines in short.items() if lines}


def _places(told: Sent | Returned) -> Iterable[tuple[str, Pieces]]:
	return told.places.items() if isinstance(told, Returned) else ((told.place, told.lines),)


def _subtract(delivered: dict[str, dict[str, int]], at: str, lines: dict[str, int]) -> None:
	"""Take what was told out of what is to be told: first at its place; then anywhere, for a location may be mapped anew."""
	for place in sorted(delivered, key=lambda found: found != at):
		for line in tuple(lines):
			part = min(lines[line], delivered[place].get(line, 0))
			lines[line] -= part
			if part:
				delivered[place][line] -= part
