"""What was delivered in ERPNext and is not fulfilled in Shopify yet: a push of stock adds it back.

ERPNext takes goods out of the Bin when a Delivery Note is submitted, Shopify out of `on_hand` when the fulfillment is made.
Between the two a figure taken from the Bin alone would have them subtracted twice. Goods that people take back are the same the
other way round: they are in the Bin when the return is submitted, and in `on_hand` when the return in Shopify was received.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from ..orders.memory import items_before
from .parcels import ParcelMemory
from .returned import Pieces

#: (Item, warehouse).
Place = tuple[str, str]


def fulfilled_anew(before: Mapping[str, Any], facts: Mapping[str, Any]) -> bool:
	"""Tell whether another fulfillment stands than before, or one less: stock that was added back no longer is.

	:param before: facts of the link of an order's deliveries; *facts*: as they are written, also while another call is under way.
	"""
	return _standing(before) != _standing(facts)


def _standing(facts: Mapping[str, Any]) -> dict[str, Any]:
	sent = {id: (row["note"], row["lines"]) for id, row in (facts.get("sent") or {}).items() if not row["cancelled"]}
	back = facts.get("returned") or {}
	return sent | {f"return {id}": row["note"] for id, row in back.items() if row["received"] and not row["cancelled"]}


def changed_in_shopify(before: Mapping[str, Any], facts: Mapping[str, Any]) -> dict[str, set[str]]:
	"""Return where Shopify's own figures are others now, because a fulfillment of ours stands or was cancelled: location → lines.

	What is remembered of these levels is wrong now. Often they are not those of the Delivery Note's Bins: Shopify sends goods from
	where it assigned them, and a note may be deleted once it is cancelled.

	:param before: facts of the link of an order's deliveries; *facts*: as they are written.
	"""
	then, now = _standing(before), _standing(facts)
	found: dict[str, set[str]] = {}
	for id, row in (facts.get("sent") or {}).items():
		if row["location"] and then.get(id) != now.get(id):
			found.setdefault(row["location"], set()).update(row["lines"])
	return found


def open_quantities(
	note: str, docstatus: int, rows: Iterable[tuple[Place, str, Decimal]], memory: ParcelMemory, agreed: Mapping[str, Any]
) -> dict[Place, Decimal]:
	"""Return what a note took out of each Bin and Shopify did not; below zero: what a cancelled one brought back.

	:param docstatus: of the note: 1 submitted, 2 cancelled.
	:param rows: all of it: (Item, warehouse), line, quantity in stock units. *agreed*: of the order's link.
	"""
	return _open(docstatus, rows, [parcel.lines for parcel in memory.live(note)], agreed)


def open_returns(
	note: str, docstatus: int, rows: Iterable[tuple[Place, str, Decimal]], memory: ParcelMemory, agreed: Mapping[str, Any]
) -> dict[Place, Decimal]:
	"""Return the same for a return, whose *rows* are above zero: below zero what it brought into each Bin and Shopify did not yet."""
	received = [returned.lines for returned in memory.back(note) if returned.received]
	return {place: -quantity for place, quantity in _open(docstatus, rows, received, agreed).items()}


def _open(
	docstatus: int, rows: Iterable[tuple[Place, str, Decimal]], told: Iterable[Pieces], agreed: Mapping[str, Any]
) -> dict[Place, Decimal]:
	items = items_before(agreed)
	sent: dict[str, Decimal] = {}
	for lines in told:
		for line, pieces in lines.items():
			sent[line] = sent.get(line, Decimal(0)) + pieces * (items[line].factor if line in items else 1)
	found: dict[Place, Decimal] = {}
	for place, line, quantity in rows:
		fulfilled = min(sent.get(line, Decimal(0)), quantity)
		sent[line] = sent.get(line, Decimal(0)) - fulfilled
		found[place] = found.get(place, Decimal(0)) + (quantity if docstatus == 1 else 0) - fulfilled
	return {place: quantity for place, quantity in found.items() if quantity}
