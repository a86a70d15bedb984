"""What has to be said to Shopify about goods that people took back in ERPNext: a return is made there, and received.

A return says what comes back; that it did, and where it went, is said of its reverse fulfillment order. Money is left alone:
returnProcess would change what the order comes to and can pay back, and that is the merchant's to decide in Shopify
(https://shopify.dev/docs/apps/build/orders-fulfillment/returns-apps/build-return-management).

No mutation here takes an idempotency key. None needs one: Shopify's returns are read before each call, and one that is open,
takes back exactly these pieces and stands for nothing else *is* the return, whoever made it. What was received is seen there too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..failures import Category, Failure
from ..orders.memory import items_before
from ..policy import StorePolicy
from ..snapshots import DeliveryPushSnapshot, NoteState
from .delivered import CANCELLED, needs_of
from .parcels import ParcelMemory, Pending
from .returned import OPEN, Pieces, Returned, ShopifyReturn, ShopifyReturns, added_up


@dataclass(frozen=True)
class ReadReturns:
	"""What Shopify has of the order's returns must be read first."""


@dataclass(frozen=True)
class OpenReturn:
	"""Make a return of an order.

	:ivar groups: line item of a fulfillment → pieces. *places*: the same by location and the order's lines.
	"""

	note: str
	order: str
	groups: Pieces
	places: Mapping[str, Pieces]

	@property
	def lines(self) -> dict[str, int]:
		"""The pieces by the order's lines."""
		return added_up(self.places.values())


@dataclass(frozen=True)
class Disposal:
	"""Pieces of a reverse fulfillment order's line that were received: restocked at *location*; empty: not restocked."""

	line: str
	location: str
	pieces: int


@dataclass(frozen=True)
class ReceiveReturn:
	"""Say that the pieces of a return have come back."""

	returned: Returned
	disposals: tuple[Disposal, ...]


@dataclass(frozen=True)
class CancelReturn:
	"""Cancel a return."""

	returned: Returned


Step = Failure | ReadReturns | OpenReturn | ReceiveReturn | CancelReturn


# --- what Shopify says of the memory -------------------------------------------------------------------------------


def brought_up_to_date(
	memory: ParcelMemory, seen: ShopifyReturns | None, snapshot: DeliveryPushSnapshot, policy: StorePolicy
) -> ParcelMemory:
	"""Return the memory with what Shopify has: what was received or cancelled there, and what stands for a note already.

	:param seen: None: not read.
	"""
	memory = _handed_over(memory, snapshot, policy)
	standing = {note.name for note in snapshot.returns if note.docstatus != CANCELLED}
	for returned in tuple(memory.returned.values()):
		memory = memory.having_back(_as_seen(returned, seen, stands=returned.note in standing))
	for note in snapshot.returns if seen else ():
		if seen and note.name in standing:
			memory = _found(memory, note, seen, snapshot, policy)
	return memory


def settled(memory: ParcelMemory, pending: Pending, seen: ShopifyReturns) -> ParcelMemory:
	"""Return the memory after a returnCreate whose end nobody knows: what it made is the note's, whatever became of that meanwhile.

	A note that was cancelled before the answer was found would leave its return open in Shopify otherwise.
	"""
	for there in seen.returns:
		is_new = there.id not in memory.returned and there.id not in pending.known
		if is_new and there.status == OPEN and dict(there.lines) == dict(pending.lines):
			return memory.having_back(Returned(there.id, pending.note, pending.places, received=not there.waiting))
	return memory


def _handed_over(memory: ParcelMemory, snapshot: DeliveryPushSnapshot, policy: StorePolicy) -> ParcelMemory:
	"""Give the return of an amended note to its amendment where that takes back just the same."""
	cancelled = {note.name for note in snapshot.returns if note.docstatus == CANCELLED}
	for note in snapshot.returns:
		if note.docstatus == CANCELLED or note.amended_from not in cancelled:
			continue
		for returned in memory.back(note.amended_from):
			needed = needs_of(note, snapshot, policy, memory)
			if not isinstance(needed, Failure) and _is_within(returned.lines, added_up(needed.values())):
				memory = memory.having_back(replace(returned, note=note.name))
	return memory


def _is_within(lines: Pieces, needed: Pieces) -> bool:
	return all(needed.get(line, 0) >= pieces for line, pieces in lines.items())


def _as_seen(returned: Returned, seen: ShopifyReturns | None, *, stands: bool) -> Returned:
	if returned.refund:
		# Nothing has to be taken back in Shopify: the refund stands whatever becomes of the note.
		return returned if stands else replace(returned, cancelled=True)
	there = seen.find(returned.id) if seen else None
	if there is None or returned.cancelled:
		return returned
	if there.is_undone:
		return returned if stands else replace(returned, cancelled=True)
	return replace(returned, received=returned.received or there.status != OPEN or not there.waiting)


def _found(
	memory: ParcelMemory, note: NoteState, seen: ShopifyReturns, snapshot: DeliveryPushSnapshot, policy: StorePolicy
) -> ParcelMemory:
	"""Take what Shopify has already for what a note takes back: an open return of just these pieces, then refunds."""
	before = memory
	for returned in memory.back(note.name):
		there = seen.find(returned.id)
		if there is not None and there.is_undone:
			memory = memory.having_back(replace(returned, cancelled=True))
	needed = needs_of(note, snapshot, policy, memory)
	if isinstance(needed, Failure) or not needed:
		return before
	for there in seen.returns:
		if there.id not in memory.returned and there.status == OPEN and dict(there.lines) == added_up(needed.values()):
			return memory.having_back(Returned(there.id, note.name, needed, received=not there.waiting))
	return before if memory is not before else _refunded(memory, note, needed, seen, snapshot)


def _refunded(
	memory: ParcelMemory, note: NoteState, needed: Mapping[str, Pieces], seen: ShopifyReturns, snapshot: DeliveryPushSnapshot
) -> ParcelMemory:
	"""Take pieces that refunds have restocked for returned: no return can be made of them any more."""
	wanted = added_up(needed.values())
	budget = _restocked(memory, seen, snapshot)
	for refund, lines in seen.refunded.items():
		if refund in snapshot.refunds:
			continue
		part = {line: min(wanted.get(line, 0), pieces, budget.get(line, 0)) for line, pieces in lines.items()}
		part = {line: pieces for line, pieces in part.items() if pieces > 0}
		id = f"{refund}/{note.name}"
		if not part or id in memory.returned:
			continue
		memory = memory.having_back(Returned(id, note.name, {"": part}, received=True, refund=refund))
		wanted, budget = _less(wanted, part), _less(budget, part)
	return memory


def _restocked(memory: ParcelMemory, seen: ShopifyReturns, snapshot: DeliveryPushSnapshot) -> dict[str, int]:
	"""Return the pieces of refunds that stand for no return yet. One made beside an open return is taken for that return's."""
	budget = added_up(lines for refund, lines in seen.refunded.items() if refund not in snapshot.refunds)
	for returned in memory.returned.values():
		there = seen.find(returned.id)
		if not returned.cancelled and not (there and there.refunded):
			budget = _less(budget, returned.lines)
	return budget


def _less(lines: Pieces, part: Pieces) -> dict[str, int]:
	return {line: pieces - part.get(line, 0) for line, pieces in lines.items()}


def fulfillments_of(note: NoteState, memory: ParcelMemory) -> frozenset[str]:
	"""Return the fulfillments of the Delivery Note that a return takes goods back of."""
	theirs = {note.fulfillment} if note.fulfillment else set()
	return frozenset(theirs | {sent.id for sent in memory.live(note.against)})


# --- the next step -------------------------------------------------------------------------------------------------


@dataclass
class Work:
	"""One decision about the returns of an order. A return that is refused holds up no other."""

	snapshot: DeliveryPushSnapshot
	policy: StorePolicy
	memory: ParcelMemory
	seen: ShopifyReturns | None

	def cancel(self, note: NoteState) -> Step | None:
		"""Return the step that cancels what stands for a note which is cancelled, or None."""
		returned = next(iter(self.memory.back(note.name)), None)
		if note.docstatus != CANCELLED or returned is None:
			return None
		if self.seen is None:
			return ReadReturns()
		return _received(returned) if returned.received else CancelReturn(returned)

	def take_back(self, note: NoteState) -> Step | None:
		"""Return the step that makes, or receives, the return of a note, or None."""
		if note.docstatus == CANCELLED:
			return None
		if failure := self._undone(note):
			return failure
		needed = needs_of(note, self.snapshot, self.policy, self.memory)
		if isinstance(needed, Failure):
			return needed
		if left := self._returnable(note, needed):
			return ReadReturns() if self.seen is None else self._open(note, left, self.seen)
		waiting = next((returned for returned in self.memory.back(note.name) if not returned.received), None)
		if waiting is None:
			return None
		return ReadReturns() if self.seen is None else self._receive(waiting, self.seen)

	def _undone(self, note: NoteState) -> Failure | None:
		for returned in self.memory.back(note.name):
			there = self.seen.find(returned.id) if self.seen else None
			if there is not None and there.is_undone:
				return Failure(
					Category.CONFLICT,
					f"Return {there.name} of Delivery Note {note.name} was cancelled in Shopify. Cancel the Delivery Note, or make the "
					"same return again in Shopify; then press Retry.",
				)
		return None

	def _returnable(self, note: NoteState, needed: Mapping[str, Pieces]) -> dict[str, Pieces]:
		"""Leave out what Shopify never fulfils: a line of an Item that is not stocked, and that no parcel has in it."""
		items = items_before(self.snapshot.order.agreed)
		sent = {
			line for id in fulfillments_of(note, self.memory) if id in self.memory.sent for line in self.memory.sent[id].lines
		}
		never = {line for line, item in items.items() if not item.is_stock_item} - sent
		found = {place: {line: pieces for line, pieces in lines.items() if line not in never} for place, lines in needed.items()}
		return {place: lines for place, lines in found.items() if lines}

	def _open(self, note: NoteState, needed: Mapping[str, Pieces], seen: ShopifyReturns) -> Step:
		allowed = fulfillments_of(note, self.memory)
		if not allowed:
			message = (
				f"Delivery Note {note.name} takes goods back of {note.against or 'no Delivery Note'}, for which no fulfillment stands in Shopify. Have that "
				"fulfilled first, or Discard the event."
			)
			return Failure(Category.FULFILLMENT_REFUSED, message)
		groups: dict[str, int] = {}
		for line, pieces in added_up(needed.values()).items():
			left = pieces
			for entry in seen.returnable:
				part = min(left, entry.pieces) if entry.line == line and entry.fulfillment in allowed else 0
				if part > 0:
					groups[entry.id] = part
					left -= part
			if left:
				return _refused(note, seen, line, pieces, pieces - left)
		order = self.snapshot.link.key.rpartition("/")[2]
		return OpenReturn(note.name, order, groups, needed)

	def _receive(self, returned: Returned, seen: ShopifyReturns) -> Step:
		there = seen.find(returned.id)
		disposals = _disposals(returned, there) if there else ()
		if not disposals:
			message = f"Shopify does not show return {returned.id} any more as it was made for Delivery Note {returned.note}. Discard the event."
			return Failure(Category.FULFILLMENT_REFUSED, message)
		return ReceiveReturn(returned, disposals)


def _disposals(returned: Returned, there: ShopifyReturn) -> tuple[Disposal, ...]:
	"""Return where each piece goes that waits to be received: to the location of the row's warehouse, if it stands for one."""
	wanted = {place: dict(lines) for place, lines in returned.places.items()}
	found = []
	for entry in there.waiting:
		left = entry.pieces
		for place in sorted(wanted, reverse=True):
			part = min(left, wanted[place].get(entry.line, 0))
			if part:
				found.append(Disposal(entry.id, place, part))
				wanted[place][entry.line] -= part
				left -= part
	return tuple(found)


def _received(returned: Returned) -> Failure:
	return Failure(
		Category.FULFILLMENT_REFUSED,
		f"Delivery Note {returned.note} was cancelled, but its return {returned.id} was received in Shopify, and can't be cancelled "
		"there any more. Correct the order in Shopify by hand, then Discard the event.",
	)


def _refused(note: NoteState, seen: ShopifyReturns, line: str, needed: int, free: int) -> Failure:
	"""Return why a return cannot be made: what it needs of a line, what is left of it, and which returns have it already."""
	others = [
		f"return {found.name} takes back {_count(found.lines[line])}"
		for found in seen.returns
		if found.lines.get(line) and not found.is_undone
	]
	why = f" ({'; '.join(others)})" if others else ""
	return Failure(
		Category.FULFILLMENT_REFUSED,
		f"Delivery Note {note.name} returns {_count(needed)} of line {line} of order {seen.label}, sent with {note.against}; Shopify "
		f"lets {free} be returned{why}. Nothing more of this note was returned.",
		missing=f"return:{line}",
	)


def _count(pieces: int) -> str:
	return f"{pieces} piece" if pieces == 1 else f"{pieces} pieces"
