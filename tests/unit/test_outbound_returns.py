"""decide() for goods that people took back, in a Shopify of values: what is made, what is taken for made, what is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopify_sync.core.failures import Category, Failure
from shopify_sync.core.outbound.fulfillments import Done, decide
from shopify_sync.core.outbound.open_deliveries import fulfilled_anew, open_returns
from shopify_sync.core.outbound.parcels import ParcelMemory, Sent, Tracking
from shopify_sync.core.outbound.returned import ReturnableLine, Returned, ShopifyReturn, ShopifyReturns, WaitingLine
from shopify_sync.core.outbound.returns import CancelReturn, Disposal, OpenReturn, ReadReturns, ReceiveReturn
from shopify_sync.core.policy import Direction, FulfillmentSide, LocationRule, ReturnPush, StorePolicy
from shopify_sync.core.snapshots import DeliveryPushSnapshot, LinkState, NoteRow, NoteState

NOW = datetime(2026, 11, 20, tzinfo=timezone.utc)
POLICY = StorePolicy(
	"shop",
	"Co",
	"USD",
	fulfillment_by=FulfillmentSide.ERPNEXT,
	push_returns=ReturnPush.RETURN,
	locations=tuple(LocationRule(place, f"W{place}", Direction.NONE) for place in ("1", "2")),
)
SENT = Sent("501", "DN", "1", "1", {"11": 5, "12": 3}, Tracking())
FREE = (ReturnableLine("9011", "501", "11", 5), ReturnableLine("9012", "501", "12", 3))


def note(rows: Mapping[tuple[str, str], object], docstatus: int = 1, name: str = "RET", **values: Any) -> NoteState:
	"""Return a return against DN: (location, line) → pieces."""
	found = tuple(NoteRow(line, Decimal(str(count)), (f"W{place}",)) for (place, line), count in rows.items())
	return NoteState(name, docstatus, found, **{"against": "DN", **values})


def delivered() -> NoteState:
	"""Return the Delivery Note that was fulfilled."""
	return NoteState("DN", 1, (NoteRow("11", Decimal(5), ("W1",)), NoteRow("12", Decimal(3), ("W1",))))


def step_of(
	*returns: NoteState,
	seen: ShopifyReturns | None = None,
	back: tuple[Returned, ...] = (),
	refunds: frozenset[str] = frozenset(),
) -> tuple[Any, ParcelMemory]:
	"""Decide about returns; return the step and the memory."""
	memory = ParcelMemory({"501": SENT}, None, {found.id: found for found in back})
	snapshot = DeliveryPushSnapshot(
		LinkState("shop/fulfillment_push/7", facts=memory.facts()),
		LinkState("order"),
		(delivered(),),
		frozenset(),
		returns,
		refunds,
	)
	found = decide(snapshot, POLICY, NOW, None, "a", seen)
	return found.step, found.memory


def there(id: str = "77", status: str = "OPEN", waiting: int = 2, pieces: int = 2) -> ShopifyReturn:
	"""Return a return of line 11 in Shopify."""
	lines = (WaitingLine("31", "11", waiting),) if waiting else ()
	return ShopifyReturn(id, f"#1-R{id}", status, {"11": pieces}, lines)


def test_shopify_is_read_before_anything_is_said() -> None:
	assert step_of(note({("1", "11"): 2}))[0] == ReadReturns()
	unreceived = Returned("77", "RET", {"1": {"11": 2}})
	assert step_of(note({("1", "11"): 2}), back=(unreceived,))[0] == ReadReturns()
	assert step_of(note({("1", "11"): 2}, docstatus=2), back=(unreceived,))[0] == ReadReturns()


def test_nothing_is_read_where_all_is_told() -> None:
	told = Returned("77", "RET", {"1": {"11": 2}}, received=True)
	assert isinstance(step_of(note({("1", "11"): 2}), back=(told,))[0], Done)


def test_a_return_takes_pieces_of_the_notes_own_parcel_and_no_more() -> None:
	other = ReturnableLine("9999", "502", "11", 9)
	step, _memory = step_of(note({("1", "11"): 2, ("2", "12"): 1}), seen=ShopifyReturns("#1", (other, *FREE)))
	assert step == OpenReturn("RET", "7", {"9011": 2, "9012": 1}, {"1": {"11": 2}, "2": {"12": 1}})


def test_less_than_is_needed_is_refused_with_what_has_it() -> None:
	returns = ShopifyReturns("#1", (replace(FREE[0], pieces=1),), (there(pieces=4, waiting=4),))
	step, _memory = step_of(note({("1", "11"): 2}), seen=returns)
	assert isinstance(step, Failure)
	assert (step.category, step.missing) == (Category.FULFILLMENT_REFUSED, "return:11")
	assert "returns 2 pieces of line 11 of order #1, sent with DN; Shopify lets 1 be returned" in step.message
	assert "(return #1-R77 takes back 4 pieces)" in step.message


def test_each_piece_goes_where_its_warehouse_stands_and_else_nowhere() -> None:
	back = Returned("77", "RET", {"1": {"11": 1}, "2": {"11": 2}, "": {"11": 1}})
	rows = {("1", "11"): 1, ("2", "11"): 2, ("none", "11"): 1}
	step, _memory = step_of(note(rows), seen=ShopifyReturns("#1", (), (there(pieces=4, waiting=4),)), back=(back,))
	assert isinstance(step, ReceiveReturn)
	assert set(step.disposals) == {Disposal("31", "2", 2), Disposal("31", "1", 1), Disposal("31", "", 1)}


@pytest.mark.parametrize(("status", "waiting"), [("OPEN", 0), ("CLOSED", 0), ("CLOSED", 2)])
def test_what_somebody_received_or_closed_in_shopify_is_not_received_again(status: str, waiting: int) -> None:
	returns = ShopifyReturns("#1", FREE, (there(status=status, waiting=waiting),))
	step, memory = step_of(note({("1", "11"): 2}), seen=returns, back=(Returned("77", "RET", {"1": {"11": 2}}),))
	assert (isinstance(step, Done), memory.returned["77"].received) == (True, True)


@pytest.mark.parametrize(
	("found", "taken"),
	[
		(there(), True), (there(waiting=0), True), (there(pieces=3), False), (there(status="CLOSED"), False),
		(there(status="REQUESTED"), False), (there(status="CANCELED"), False),
	],
)  # fmt: skip
def test_only_an_open_return_of_just_these_pieces_is_taken_for_the_notes(found: ShopifyReturn, taken: bool) -> None:
	step, memory = step_of(note({("1", "11"): 2}), seen=ShopifyReturns("#1", FREE, (found,)))
	assert ("77" in memory.returned) is taken
	assert isinstance(step, OpenReturn) is not taken


def test_one_return_in_shopify_stands_for_one_note() -> None:
	rows = {("1", "11"): 2}
	step, memory = step_of(note(rows), note(rows, name="RET-2"), seen=ShopifyReturns("#1", FREE, (there(waiting=0),)))
	assert isinstance(step, OpenReturn)
	assert (memory.returned["77"].note, step.note) == ("RET", "RET-2")


def test_a_refund_that_restocked_counts_once_and_only_what_it_restocked() -> None:
	seen = ShopifyReturns("#1", FREE, (), {"88": {"11": 1}})
	step, memory = step_of(note({("1", "11"): 2}), seen=seen)
	assert (step.groups, memory.returned["88/RET"].lines) == ({"9011": 1}, {"11": 1})
	step, memory = step_of(note({("1", "11"): 1}), note({("1", "11"): 1}, name="RET-2"), seen=seen)
	assert (step.note, [found.note for found in memory.returned.values()]) == ("RET-2", ["RET"])
	assert isinstance(step_of(note({("1", "11"): 1}), seen=seen, refunds=frozenset({"88"}))[0], OpenReturn)


def test_a_refund_beside_an_open_return_is_taken_for_that_ones() -> None:
	told = Returned("77", "RET", {"1": {"11": 2}}, received=True)
	seen = ShopifyReturns("#1", FREE, (there(waiting=0),), {"88": {"11": 2}})
	rows = {("1", "11"): 2}
	step, _memory = step_of(note(rows), note(rows, name="RET-2"), seen=seen, back=(told,))
	assert (step.note, step.groups) == ("RET-2", {"9011": 2})


def test_a_cancelled_note_cancels_what_was_not_received() -> None:
	returns = ShopifyReturns("#1", FREE, (there(),))
	back = Returned("77", "RET", {"1": {"11": 2}})
	assert step_of(note({("1", "11"): 2}, docstatus=2), seen=returns, back=(back,))[0] == CancelReturn(back)
	received = replace(back, received=True)
	step, _memory = step_of(note({("1", "11"): 2}, docstatus=2), seen=returns, back=(received,))
	assert "was received in Shopify" in step.message
	gone = ShopifyReturns("#1", FREE, (there(status="CANCELED"),))
	step, memory = step_of(note({("1", "11"): 2}, docstatus=2), seen=gone, back=(received,))
	assert (isinstance(step, Done), memory.returned["77"].cancelled) == (True, True)


def test_a_refund_needs_nothing_when_its_note_is_cancelled() -> None:
	back = Returned("88/RET", "RET", {"": {"11": 1}}, received=True, refund="88")
	step, memory = step_of(note({("1", "11"): 1}, docstatus=2), back=(back,))
	assert (isinstance(step, Done), memory.returned["88/RET"].cancelled) == (True, True)


def test_a_return_of_a_note_that_shopify_never_fulfilled_is_refused() -> None:
	step, _memory = step_of(note({("1", "11"): 1}, against="OTHER"), seen=ShopifyReturns("#1", FREE))
	assert "takes goods back of OTHER, for which no fulfillment stands" in step.message
	step, _memory = step_of(note({("1", "11"): 1}, against="OTHER", fulfillment="501"), seen=ShopifyReturns("#1", FREE))
	assert step.groups == {"9011": 1}


def test_the_memory_survives_its_link() -> None:
	memory = ParcelMemory({"501": SENT}, None, {"77": Returned("77", "RET", {"1": {"11": 2}}, received=True)})
	assert ParcelMemory.of(memory.facts()) == memory
	assert "returned" not in ParcelMemory({"501": SENT}).facts()


def test_stock_is_looked_at_when_a_return_was_received_not_when_it_was_made() -> None:
	before = ParcelMemory({"501": SENT})
	made = before.having_back(Returned("77", "RET", {"1": {"11": 2}}))
	received = made.having_back(Returned("77", "RET", {"1": {"11": 2}}, received=True))
	assert not fulfilled_anew(before.facts(), made.facts())
	assert fulfilled_anew(made.facts(), received.facts())


@given(st.integers(0, 9), st.booleans(), st.sampled_from((1, 2)))
def test_what_came_back_is_left_out_until_it_was_received_and_counted_while_it_should_not_be(
	pieces: int, received: bool, docstatus: int
) -> None:
	memory = ParcelMemory().having_back(Returned("77", "RET", {"1": {"11": pieces}}, received=received))
	rows = [(("TEE", "W1"), "11", Decimal(pieces))]
	total = sum(open_returns("RET", docstatus, rows, memory, {}).values())
	assert total == (pieces if received else 0) - (pieces if docstatus == 1 else 0)
