"""decide() for deliveries on their way out: what has to be said to Shopify next about what ERPNext delivered of an order.

Level, not edge: the Delivery Notes as they are now are compared with the fulfillments that were made of them, and one step
follows from the difference. fulfillmentCreate is not idempotent, and with no lines it fulfils everything
(https://shopify.dev/docs/api/admin-graphql/latest/mutations/fulfillmentCreate): so every line is named, what is remembered and
what Shopify has are compared before each call, and a call whose end nobody knows is looked for before anything else is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from ..failures import Category, Failure
from ..orders.memory import items_before
from ..plan import Skip
from ..policy import FulfillmentLocation, StorePolicy
from ..snapshots import DeliveryPushSnapshot, NoteState
from ..statuses import Status
from . import returns
from .calls import look_again_at
from .delivered import CANCELLED, needs_of
from .parcels import Act, Fulfillment, FulfillmentOrder, ParcelMemory, Pending, Sent, ShopifyOrder, Told, Tracking
from .returned import Pieces, Returned, ShopifyReturns
from .returns import CancelReturn, OpenReturn, ReadReturns, ReceiveReturn
from .shipping import Move, NotThere, allocate


@dataclass(frozen=True)
class Wait:
	"""Another call about this order may still arrive: look again at *until* (UTC)."""

	until: datetime


@dataclass(frozen=True)
class Read:
	"""What Shopify has must be read first."""


@dataclass(frozen=True)
class Create:
	"""Make one fulfillment.

	:ivar groups: fulfillment order → its line → pieces: never empty, for an empty list fulfils everything.
	:ivar lines: the same by the order's lines. *place*: the location that the note's warehouse stands for, or empty.
	"""

	note: str
	place: str
	location: str
	groups: Mapping[str, Pieces]
	lines: Pieces
	tracking: Tracking
	notify: bool

	@property
	def taken(self) -> dict[str, int]:
		"""The pieces by line of the fulfillment orders."""
		return {id: pieces for group in self.groups.values() for id, pieces in group.items()}


@dataclass(frozen=True)
class Track:
	"""Tell a fulfillment how its parcel can be followed."""

	sent: Sent
	tracking: Tracking
	notify: bool


@dataclass(frozen=True)
class Cancel:
	"""Cancel a fulfillment."""

	sent: Sent


@dataclass(frozen=True)
class Done:
	"""Shopify has what ERPNext delivered."""


ParcelCall = Create | Track | Cancel | Move
ReturnCall = OpenReturn | ReceiveReturn | CancelReturn
Call = ParcelCall | ReturnCall
Step = Skip | Failure | Wait | Read | ReadReturns | Call | Done


@dataclass(frozen=True)
class Decision:
	"""One step, and the memory that goes with it.

	:ivar adopted: fulfillments that turned out to be ours: a lost call made them.
	:ivar found: what Shopify had already of returns.
	:ivar reads: what the step rests on, for the evidence.
	"""

	step: Step
	memory: ParcelMemory
	adopted: tuple[Sent, ...] = ()
	found: tuple[Returned, ...] = ()
	reads: Mapping[str, object] = field(default_factory=dict)


def decide(
	snapshot: DeliveryPushSnapshot,
	policy: StorePolicy,
	now: datetime,
	seen: ShopifyOrder | None = None,
	owner: str = "",
	returned: ShopifyReturns | None = None,
) -> Decision:
	"""Return what is to be done next about the deliveries of an order.

	:param now: UTC. *seen*: what Shopify has, read after the last change of the memory; None: not read.
	:param owner: the lease of the event at hand. Its own call is over when it asks; another's is waited for.
	:param returned: what Shopify has of the order's returns, as *seen*.
	"""
	memory = ParcelMemory.of(snapshot.link.facts)
	if not policy.sends:
		return Decision(Skip(Status.IGNORED, f"Store {policy.store} sends from Shopify: Delivery Notes are not pushed."), memory)
	pending = memory.pending
	if pending and pending.owner != owner and now < pending.until:
		return Decision(Wait(look_again_at(pending.owner, pending.sent_at, pending.until, now)), memory)
	before = memory
	if pending and pending.owner != owner:
		if seen is None:
			return Decision(Read(), memory)
		if pending.act is Act.RETURN and policy.tells_returns:
			if returned is None:
				return Decision(ReadReturns(), memory)
			memory = returns.settled(memory, pending, returned)
		memory = _settled(memory, pending, seen, snapshot)
	memory = memory.sending(None)
	if seen is not None:
		memory = _brought_up_to_date(memory, seen, snapshot)
	adopted = tuple(sent for id, sent in memory.sent.items() if id not in before.sent)
	memory = _handed_over(memory, snapshot, policy)
	if policy.tells_returns:
		memory = returns.brought_up_to_date(memory, returned, snapshot, policy)
	found = tuple(back for id, back in memory.returned.items() if id not in before.returned)
	work = _Work(snapshot, policy, memory, seen, returned)
	reads = {"notes": [note.name for note in (*snapshot.notes, *snapshot.returns)]}
	return Decision(work.step(), memory, adopted, found, reads)


# --- what Shopify says of the memory -------------------------------------------------------------------------------


def _settled(memory: ParcelMemory, pending: Pending, seen: ShopifyOrder, snapshot: DeliveryPushSnapshot) -> ParcelMemory:
	"""Return the memory after a call whose end nobody knows: what it made is ours, if it made anything.

	A change of tracking, a cancellation and a move need nothing: whether they arrived is seen in what they changed.
	"""
	if pending.act is not Act.CREATE:
		return memory
	unknown = _unknown(memory, seen, snapshot, pending.lines, pending.location)
	# No clock is asked: what was there before the call stands in the note.
	ours = [found for found in unknown if found.id not in pending.known]
	if pending.tracking.numbers:
		ours = [found for found in ours if found.tracking.numbers == pending.tracking.numbers]
	if not ours:
		return memory
	return memory.having(sent_of(ours[0], pending.note, pending.place, pending.event))


def sent_of(made: Fulfillment, note: str, place: str, event: str) -> Sent:
	"""Return how a fulfillment is remembered that an event of ours made."""
	told = Told(event, made.updated_at, made.tracking)
	return Sent(made.id, note, place, made.location, dict(made.lines), made.tracking, told=(told,))


def _unknown(
	memory: ParcelMemory, seen: ShopifyOrder, snapshot: DeliveryPushSnapshot, lines: Pieces, location: str
) -> list[Fulfillment]:
	"""Return the fulfillments of exactly these lines at a location that are nobody's yet, oldest first."""
	found = [
		fulfillment
		for fulfillment in seen.fulfillments
		if fulfillment.is_live
		and fulfillment.id not in memory.sent
		and fulfillment.id not in snapshot.booked
		and fulfillment.location == location
		and dict(fulfillment.lines) == dict(lines)
	]
	return sorted(found, key=lambda fulfillment: (fulfillment.created_at, len(fulfillment.id), fulfillment.id))


def _brought_up_to_date(memory: ParcelMemory, seen: ShopifyOrder, snapshot: DeliveryPushSnapshot) -> ParcelMemory:
	"""Take note of fulfillments that do not stand in Shopify any more.

	That of a note which is cancelled too is settled. That of a note which stands is kept, for it is a conflict; unless somebody
	fulfilled the same again in Shopify, as the conflict asks for: then that one stands for the note.
	"""
	notes = {note.name: note for note in snapshot.notes}
	standing = {note.name for note in snapshot.notes if note.docstatus != CANCELLED}
	for sent in tuple(memory.sent.values()):
		there = seen.fulfillment(sent.id)
		if sent.cancelled or there is None:
			continue
		if there.is_live:
			memory = _with_tracking(memory, sent, there, notes.get(sent.note))
			continue
		again = _unknown(memory, seen, snapshot, sent.lines, sent.location) if sent.note in standing else []
		if sent.note not in standing or again:
			memory = memory.having(replace(sent, cancelled=True))
		if again:
			memory = memory.having(sent_of(again[0], sent.note, sent.place, sent.told[0].event if sent.told else ""))
	return memory


def _with_tracking(memory: ParcelMemory, sent: Sent, there: Fulfillment, note: NoteState | None) -> ParcelMemory:
	"""Take note that Shopify has the note's tracking already: a lost call brought it, or it came from there."""
	tracking = tracking_of(note) if note else Tracking()
	is_there = there.tracking.same_parcel(tracking) and tracking.url in ("", there.tracking.url)
	return memory.having(replace(sent, tracking=tracking)) if tracking and is_there else memory


def _handed_over(memory: ParcelMemory, snapshot: DeliveryPushSnapshot, policy: StorePolicy) -> ParcelMemory:
	"""Give the fulfillment of an amended note to its amendment where that sends just the same.

	Nothing needs to be cancelled then, and the customer hears of one parcel only.
	"""
	notes = {note.name: note for note in snapshot.notes}
	for note in snapshot.notes:
		before = notes.get(note.amended_from or "")
		if note.docstatus == CANCELLED or before is None or before.docstatus != CANCELLED:
			continue
		for sent in memory.live(before.name):
			needed = needs_of(note, snapshot, policy, memory)
			if not isinstance(needed, Failure) and dict(needed.get(sent.place, {})) == dict(sent.lines):
				memory = memory.having(replace(sent, note=note.name))
	return memory


# --- what ERPNext delivered ----------------------------------------------------------------------------------------


def tracking_of(note: NoteState) -> Tracking:
	"""Return how the parcel of a note can be followed."""
	numbers = tuple(number.strip() for number in note.tracking_number.split(",") if number.strip())
	return Tracking(numbers, note.tracking_company.strip(), note.tracking_url.strip() if numbers else "")


# --- the next step -------------------------------------------------------------------------------------------------


@dataclass
class _Work:
	"""One decision: cancellations first, then what is to be sent, then tracking, then what came back.

	A note that cannot go holds up no other.
	"""

	snapshot: DeliveryPushSnapshot
	policy: StorePolicy
	memory: ParcelMemory
	seen: ShopifyOrder | None
	returned: ShopifyReturns | None

	def step(self) -> Step:
		failure: Failure | None = None
		notes, back = self.snapshot.notes, self.snapshot.returns if self.policy.tells_returns else ()
		work = returns.Work(self.snapshot, self.policy, self.memory, self.returned)
		for find, of in (
			(work.cancel, back), (self._cancel, notes), (self._create, notes), (self._track, notes), (work.take_back, back),
		):  # fmt: skip
			for note in of:
				found = find(note)
				if isinstance(found, Failure):
					failure = failure or found
				elif found is not None:
					return found
		return failure or Done()

	def _cancel(self, note: NoteState) -> Step | None:
		if note.docstatus != CANCELLED:
			return None
		sent = next(iter(self.memory.live(note.name)), None)
		if sent is None:
			return None
		return Read() if self.seen is None else Cancel(sent)

	def _create(self, note: NoteState) -> Step | None:
		if note.docstatus == CANCELLED:
			return None
		if failure := self._cancelled_there(note):
			return failure
		needed = needs_of(note, self.snapshot, self.policy, self.memory)
		if isinstance(needed, Failure):
			return needed
		if not needed:
			return None
		return Read() if self.seen is None else self._send(note, needed, self.seen)

	def _send(self, note: NoteState, needed: Mapping[str, Pieces], seen: ShopifyOrder) -> Step | None:
		if seen.cancelled:
			message = f"Order {seen.label} was cancelled in Shopify, but Delivery Note {note.name} delivers it. Cancel the note."
			return Failure(Category.FULFILLMENT_REFUSED, message)
		move = self.policy.fulfillment_location is FulfillmentLocation.MOVE
		found = allocate(needed, seen.fulfillment_orders, self._never_fulfilled(), move=move)
		if isinstance(found, NotThere):
			return _refused(note, seen, found)
		if found is None or isinstance(found, Move):
			return found
		return Create(
			note.name, found.place, found.location, found.groups, found.lines, tracking_of(note), self.policy.notify_customer
		)

	def _cancelled_there(self, note: NoteState) -> Failure | None:
		for sent in self.memory.live(note.name) if self.seen else ():
			there = self.seen.fulfillment(sent.id) if self.seen else None
			if there is not None and not there.is_live:
				return cancelled_in_shopify(sent)
		return None

	def _never_fulfilled(self) -> frozenset[str]:
		"""Return the lines of Items that are not stocked: Shopify may have no fulfillment order for them (a service, a tip)."""
		items = items_before(self.snapshot.order.agreed)
		return frozenset(line for line, item in items.items() if not item.is_stock_item)

	def _track(self, note: NoteState) -> Step | None:
		tracking = tracking_of(note)
		if note.docstatus == CANCELLED or not tracking:
			return None
		for sent in self.memory.live(note.name):
			if sent.tracking == tracking or (not tracking.url and sent.tracking.same_parcel(tracking)):
				continue
			if self.seen is None:
				return Read()
			there = self.seen.fulfillment(sent.id)
			if there is None or there.is_live:
				return Track(sent, tracking, self.policy.notify_customer)
		return None


def cancelled_in_shopify(sent: Sent) -> Failure:
	"""Return the conflict about a fulfillment of ours that somebody cancelled in Shopify."""
	return Failure(
		Category.CONFLICT,
		f"Fulfillment {sent.id} of Delivery Note {sent.note} was cancelled in Shopify. Cancel the Delivery Note, or fulfil the "
		"same again in Shopify; then press Retry.",
	)


def _refused(note: NoteState, seen: ShopifyOrder, found: NotThere) -> Failure:
	"""Return why a note cannot be fulfilled: what it needs of a line, what is left of it, and what stands in the way."""
	waiting = [(order, line) for order in seen.fulfillment_orders for line in order.lines if line.line == found.line]
	free = sum(line.remaining for order, line in waiting if not order.why_not)
	held = [
		f"fulfillment order {order.id} {order.why_not}: {_count(line.remaining)}"
		for order, line in waiting
		if _holds(order, line)
	]
	why = f" ({'; '.join(held)})" if held else ""
	return Failure(
		Category.FULFILLMENT_REFUSED,
		f"Delivery Note {note.name} sends {_count(found.needed)} of line {found.line} of order {seen.label}; Shopify lets {free} be "
		f"fulfilled{why}. Nothing more of this note was fulfilled.",
		missing=f"fulfillment:{found.line}",
	)


def _holds(order: FulfillmentOrder, line: object) -> bool:
	return bool(order.why_not and getattr(line, "remaining", 0))


def _count(pieces: int) -> str:
	return f"{pieces} piece" if pieces == 1 else f"{pieces} pieces"
