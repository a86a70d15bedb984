"""decide() for deliveries on their way out, in a Shopify of four tables: any notes, any split, any crash, one result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopify_sync.core.failures import Failure
from shopify_sync.core.outbound.fulfillments import Cancel, Create, Done, Read, Track, Wait, decide, sent_of
from shopify_sync.core.outbound.open_deliveries import open_quantities
from shopify_sync.core.outbound.parcels import (
	Act,
	Fulfillment,
	FulfillmentOrder,
	OrderLine,
	ParcelMemory,
	Pending,
	ShopifyOrder,
	Told,
	Tracking,
)
from shopify_sync.core.outbound.shipping import Move, NotThere, Shipment, allocate
from shopify_sync.core.policy import Direction, FulfillmentLocation, FulfillmentSide, LocationRule, StorePolicy
from shopify_sync.core.snapshots import DeliveryPushSnapshot, LinkState, NoteRow, NoteState

START = datetime(2026, 11, 20, tzinfo=timezone.utc)
GRACE = timedelta(seconds=60)
POLICY = StorePolicy(
	"shop",
	"Co",
	"USD",
	fulfillment_by=FulfillmentSide.ERPNEXT,
	locations=tuple(LocationRule(place, f"W{place}", Direction.NONE) for place in ("1", "2")),
)
LINES = ("11", "12")


def order_of(pieces: Mapping[tuple[str, str, str], int], cancelled: bool = False) -> ShopifyOrder:
	"""Return an order: (fulfillment order, location, line) → pieces that are left."""
	orders: dict[tuple[str, str], list[OrderLine]] = {}
	for (id, place, line), count in pieces.items():
		orders.setdefault((id, place), []).append(OrderLine(f"{id}{line}", line, count))
	found = tuple(FulfillmentOrder(id, "OPEN", place, tuple(lines)) for (id, place), lines in orders.items())
	return ShopifyOrder("#1", cancelled, found, ())


def note(name: str, rows: Mapping[tuple[str, str], int], docstatus: int = 1, **values: Any) -> NoteState:
	"""Return a Delivery Note: (location, line) → pieces."""
	found = tuple(NoteRow(line, Decimal(count), (f"W{place}",)) for (place, line), count in rows.items())
	return NoteState(name, docstatus, found, **values)


@dataclass
class World:
	"""Shopify's order, ERPNext's notes, and what is remembered."""

	order: ShopifyOrder
	policy: StorePolicy = POLICY
	notes: dict[str, NoteState] = field(default_factory=dict)
	facts: dict[str, Any] = field(default_factory=dict)
	now: datetime = START
	calls: int = 0

	def run(self, crash: str = "", at: int = 0, lease: str = "a") -> Any:
		"""Carry out an event; *crash* in the *at*-th call, before or after it. Return the step that ended it."""
		seen, count = None, 0
		for _round in range(50):
			snapshot = DeliveryPushSnapshot(
				LinkState("push", facts=self.facts), LinkState("order"), tuple(self.notes.values()), frozenset()
			)
			found = decide(snapshot, self.policy, self.now, seen, lease)
			if isinstance(found.step, Read):
				seen = self.order
				continue
			if isinstance(found.step, Done | Failure):
				self.facts = found.memory.facts()
			if not isinstance(found.step, Create | Track | Cancel | Move):
				return found.step
			self.facts = found.memory.sending(self._pending(found.step, lease)).facts()
			crashes = crash and count == at
			if crashes and crash == "before":
				return None
			made = self._carry_out(found.step)
			count += 1
			if crashes:
				return None
			self._record(found.step, made)
			seen = self.order
		raise AssertionError("it never ends")

	def _pending(self, call: Any, lease: str) -> Pending:
		pending = Pending(Act.MOVE, lease, "event", self.now, self.now + GRACE)
		if isinstance(call, Create):
			known = tuple(found.id for found in self.order.fulfillments)
			about = {"note": call.note, "place": call.place, "location": call.location, "lines": call.lines}
			return replace(pending, act=Act.CREATE, known=known, tracking=call.tracking, **about)
		if isinstance(call, Move):
			return pending
		return replace(pending, act=Act.TRACK if isinstance(call, Track) else Act.CANCEL, fulfillment=call.sent.id)

	def _carry_out(self, call: Any) -> Fulfillment | None:
		self.calls += 1
		self.now += timedelta(seconds=1)
		if isinstance(call, Move):
			self._move(call)
			return None
		if isinstance(call, Create):
			left = {line.id: line.remaining for order in self.order.fulfillment_orders for line in order.lines}
			assert call.taken
			assert all(0 < pieces <= left[id] for id, pieces in call.taken.items())
			places = {order.location for order in self.order.fulfillment_orders if order.id in call.groups}
			assert places == {call.location}
			made = Fulfillment(str(self.calls), "SUCCESS", call.location, dict(call.lines), call.tracking, self.now, self.now)
			self.order = self.order.with_fulfillment(made, call.taken)
			return made
		there = self.order.fulfillment(call.sent.id)
		assert there is not None
		if isinstance(call, Track):
			made = replace(there, tracking=call.tracking, updated_at=self.now)
			self.order = self.order.with_fulfillment(made, {})
			return made
		made = replace(there, status="CANCELLED", updated_at=self.now)
		lines = tuple(OrderLine(f"back{self.calls}{line}", line, count) for line, count in there.lines.items())
		again = FulfillmentOrder(f"back{self.calls}", "OPEN", there.location, lines)
		self.order = replace(self.order.with_fulfillment(made, {}), fulfillment_orders=(*self.order.fulfillment_orders, again))
		return made

	def _move(self, call: Move) -> None:
		orders = []
		for order in self.order.fulfillment_orders:
			if order.id == call.fulfillment_order:
				taken = tuple(
					replace(line, id=f"{line.id}m{self.calls}", remaining=call.lines[line.id])
					for line in order.lines
					if line.id in call.lines
				)
				assert all(line.remaining <= next(x.remaining for x in order.lines if line.id.startswith(x.id)) for line in taken)
				orders.append(FulfillmentOrder(f"{order.id}m{self.calls}", "OPEN", call.location, taken))
				rest = tuple(replace(line, remaining=line.remaining - call.lines.get(line.id, 0)) for line in order.lines)
				order = replace(order, lines=rest)  # noqa: PLW2901
			orders.append(order)
		self.order = replace(self.order, fulfillment_orders=tuple(orders))

	def _record(self, call: Any, made: Fulfillment | None) -> None:
		memory = ParcelMemory.of(self.facts).sending(None)
		if isinstance(call, Create):
			assert made is not None
			memory = memory.having(replace(sent_of(made, call.note, call.place, "event"), tracking=call.tracking))
		elif isinstance(call, Track | Cancel):
			assert made is not None
			tracking = call.tracking if isinstance(call, Track) else call.sent.tracking
			memory = memory.having(call.sent.now(tracking, Told("event", self.now, made.tracking, not made.is_live)))
		self.facts = memory.facts()

	def sent(self) -> dict[str, int]:
		"""Return what stands as fulfilled, by line."""
		total: dict[str, int] = {}
		for found in self.order.fulfillments:
			for line, pieces in found.lines.items() if found.is_live else ():
				total[line] = total.get(line, 0) + pieces
		return total

	def delivered(self) -> dict[str, int]:
		"""Return what notes that stand deliver, by line."""
		total: dict[str, int] = {}
		for found in self.notes.values():
			for row in found.rows if found.docstatus == 1 else ():
				total[row.line] = total.get(row.line, 0) + int(row.quantity)
		return total


waiting = st.dictionaries(
	st.tuples(st.sampled_from("ABC"), st.just("1"), st.sampled_from(LINES)), st.integers(0, 4), max_size=6
).map(lambda found: {(id, "2" if id == "B" else "1", line): count for (id, _place, line), count in found.items()})
needs = st.dictionaries(
	st.sampled_from(("", "1", "2")), st.dictionaries(st.sampled_from(LINES), st.integers(1, 4), min_size=1), min_size=1
)


@given(waiting, needs, st.booleans())
def test_a_delivery_is_split_so_that_nothing_is_left_over_and_nothing_taken_twice(pieces, needed, move: bool) -> None:
	order = order_of(pieces)
	total = {line: sum(count for (_id, _place, at), count in pieces.items() if at == line) for line in LINES}
	asked = {line: sum(lines.get(line, 0) for lines in needed.values()) for line in LINES}
	found = allocate(needed, order.fulfillment_orders, move=move)
	if any(asked[line] > total[line] for line in LINES):
		assert isinstance(found, NotThere)
		assert asked[found.line] > total[found.line]
		return
	assert isinstance(found, Shipment | Move)
	left = {line.id: line.remaining for order in order.fulfillment_orders for line in order.lines}
	taken = found.lines if isinstance(found, Move) else {id: n for group in found.groups.values() for id, n in group.items()}
	assert all(0 < count <= left[id] for id, count in taken.items())
	if isinstance(found, Shipment):
		assert all(0 < count <= needed[found.place][line] for line, count in found.lines.items())


deeds = st.lists(
	st.tuples(
		st.sampled_from(("note", "note", "cancel", "amend", "track", "run")),
		st.dictionaries(st.tuples(st.sampled_from("12"), st.sampled_from(LINES)), st.integers(1, 3), min_size=1, max_size=3),
		st.sampled_from(("", "before", "after")),
		st.integers(0, 2),
	),
	max_size=12,
)


def do(world: World, number: int, deed: str, rows: Mapping[tuple[str, str], int]) -> None:
	"""Let people do something with the notes."""
	standing = [name for name, found in world.notes.items() if found.docstatus == 1]
	if deed == "note":
		world.notes[f"N{number}"] = note(f"N{number}", rows)
	if deed not in ("cancel", "amend", "track") or not standing:
		return
	name = standing[number % len(standing)]
	if deed == "track":
		world.notes[name] = replace(world.notes[name], tracking_number=f"T{number}", tracking_company="UPS")
		return
	world.notes[name] = replace(world.notes[name], docstatus=2)
	if deed == "amend":
		kept = world.notes[name].rows if number % 2 else note("", rows).rows
		world.notes[f"N{number}"] = NoteState(f"N{number}", 1, kept, amended_from=name)


def check(world: World) -> None:
	"""What stands in the shop is what the notes deliver, each parcel of a note of its own, with its tracking."""
	assert world.sent() == {line: count for line, count in world.delivered().items() if count}
	memory = ParcelMemory.of(world.facts)
	assert memory.pending is None
	for found in world.order.fulfillments:
		stands_for = world.notes[memory.sent[found.id].note] if found.is_live else None
		assert stands_for is None or stands_for.docstatus == 1
		if stands_for and stands_for.tracking_number:
			assert found.tracking.numbers == (stands_for.tracking_number,)
	if world.policy.fulfillment_location is FulfillmentLocation.MOVE:
		assert all(sent.location == sent.place for name in world.notes for sent in memory.live(name))


@given(deeds, st.sampled_from(FulfillmentLocation))
def test_whatever_people_do_and_wherever_workers_die_the_shop_has_what_was_delivered(steps, rule: FulfillmentLocation) -> None:
	# Twice what could ever be asked for: a double would be taken.
	pieces = {(id, place, line): 90 for id, place in (("A", "1"), ("B", "2")) for line in LINES}
	world = World(order_of(pieces), replace(POLICY, fulfillment_location=rule))
	for number, (deed, rows, crash, at) in enumerate(steps):
		do(world, number, deed, rows)
		world.run(crash, at, lease=f"{number}")
		if isinstance(world.run(lease=f"again{number}"), Wait):
			world.now += GRACE
	world.now += GRACE
	assert isinstance(world.run(lease="last"), Done)
	check(world)
	calls = world.calls
	assert isinstance(world.run(lease="once more"), Done)
	assert world.calls == calls


def test_another_call_is_waited_for_and_its_own_is_over() -> None:
	world = World(order_of({("A", "1", "11"): 9}))
	world.notes["N"] = note("N", {("1", "11"): 2})
	assert world.run("after", lease="dead") is None
	assert isinstance(world.run(lease="other"), Wait)
	world.now += GRACE
	assert isinstance(world.run(lease="other"), Done)
	assert (world.sent(), world.calls) == ({"11": 2}, 1)


@pytest.mark.parametrize(
	("change", "adopted"),
	[
		({}, True),
		({"lines": {"11": 1}}, False),
		({"location": "2"}, False),
		({"status": "CANCELLED"}, False),
		# Whoever's clock is wrong: it was not there when the call was noted.
		({"created_at": START - timedelta(hours=1)}, True),
		({"tracking": Tracking(("OTHER",), "UPS")}, False),
	],
)
def test_only_what_the_lost_call_would_have_made_is_adopted(change: dict[str, Any], adopted: bool) -> None:
	world = World(order_of({("A", "1", "11"): 9}))
	world.notes["N"] = note("N", {("1", "11"): 2}, tracking_number="1Z", tracking_company="UPS")
	assert world.run("before", lease="dead") is None
	made = Fulfillment("77", "SUCCESS", "1", {"11": 2}, Tracking(("1Z",), "UPS"), world.now, world.now)
	world.order = world.order.with_fulfillment(replace(made, **change), {})
	world.now += GRACE
	world.run(lease="other")
	assert ("77" in ParcelMemory.of(world.facts).sent) == adopted
	assert world.calls == (0 if adopted else 1)


def test_pieces_that_are_no_whole_pieces_in_shopify_are_refused() -> None:
	agreed = {"items": {"11": ["BOX", "Nos", 6, 1]}}
	world = World(order_of({("A", "1", "11"): 9}))
	for quantity, refused in ((12, False), (13, True)):
		rows = (NoteRow("11", Decimal(quantity), ("W1",)),)
		snapshot = DeliveryPushSnapshot(LinkState("push"), LinkState("order", agreed=agreed), (NoteState("N", 1, rows),))
		step = decide(snapshot, POLICY, START, world.order, "a").step
		assert isinstance(step, Failure if refused else Create)
	assert isinstance(step, Failure)
	assert "13 of line 11, of which 6 are one piece" in step.message


def test_what_is_not_fulfilled_yet_is_counted_by_bin_and_line() -> None:
	made = Fulfillment("1", "SUCCESS", "1", {"11": 2}, Tracking(), START, START)
	memory = ParcelMemory().having(sent_of(made, "N", "1", "event"))
	agreed = {"items": {"11": ["BOX", "Nos", 2, 1]}}
	rows = [(("BOX", "W1"), "11", Decimal(3)), (("BOX", "W2"), "11", Decimal(3)), (("MUG", "W1"), "12", Decimal(1))]
	assert open_quantities("N", 1, rows, memory, agreed) == {("BOX", "W2"): 2, ("MUG", "W1"): 1}
	assert open_quantities("N", 2, rows, memory, agreed) == {("BOX", "W1"): -3, ("BOX", "W2"): -1}
