"""Returns that people make in ERPNext: the shop has each of them once, received, and its stock is right."""

from __future__ import annotations

import json
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import pytest

from shopify_sync.simulator.shop.records import Order
from tests.outbound.ground import Stopped
from tests.outbound.returning import Returning

ONLY_SHOPIFY = {"fulfillment_by": "Shopify"}


@pytest.fixture
def ground(tmp_path: Path) -> Returning:
	return Returning(tmp_path)


def sent(ground: Returning, **pieces: int) -> tuple[Order, str]:
	"""Place an order of TEE and MUG, send *pieces* of it from ERPNext, and push that."""
	order = ground.order(TEE=9, MUG=9)
	note = ground.note(order, *pieces.items())
	ground.push()
	return order, note


def test_a_return_is_made_and_received(ground: Returning) -> None:
	order, note = sent(ground, TEE=3, MUG=1)
	back = ground.take_back(note, order, ("TEE", 2))
	ground.push()
	assert (ground.returned(order), ground.places(order)) == ({"TEE": 2}, [("restocked", ground.locations[0], 2)])
	[found] = order.returns
	assert (found.status, found.lines[0].reason, found.lines[0].note) == ("open", "unknown", back)
	event = ground.last_push(order)
	assert (event["status"], event["document_name"]) == ("Applied", back)
	changes = json.loads(ground.attempts(event["name"])[-1]["changes"])
	assert [change["action"] for change in changes] == ["return", "receive"]
	assert order.refunds == []


def test_once_told_nothing_more_is_said(ground: Returning) -> None:
	order, note = sent(ground, TEE=3)
	ground.take_back(note, order, ("TEE", 2))
	ground.push()
	made, disposed = ground.calls("ReturnCreate"), ground.calls("ReverseFulfillmentOrderDispose")
	ground.track(note, "1Z")
	ground.settle()
	assert (ground.calls("ReturnCreate"), ground.calls("ReverseFulfillmentOrderDispose")) == (made, disposed)
	assert ground.sent(order) == {"TEE": 3}


@pytest.mark.parametrize("settings", [{"push_returns": "Nothing"}, ONLY_SHOPIFY])
def test_where_the_store_does_not_tell_of_returns(tmp_path: Path, settings: dict[str, str]) -> None:
	ground = Returning(tmp_path)
	order, note = sent(ground, TEE=3)
	ground.save(**settings)
	events = len(ground.push_events(order))
	ground.take_back(note, order, ("TEE", 2))
	ground.settle()
	assert (ground.announced(order), len(ground.push_events(order))) == ({}, events)


def test_several_parcels_and_returns_of_one_order(ground: Returning) -> None:
	order, first = sent(ground, TEE=3)
	second = ground.note(order, ("TEE", 2), ("MUG", 2))
	ground.push()
	ground.take_back(second, order, ("TEE", 1), ("MUG", 2))
	ground.take_back(first, order, ("TEE", 2))
	ground.take_back(second, order, ("TEE", 1))
	ground.settle()
	assert ground.returned(order) == {"TEE": 4, "MUG": 2}
	assert len(order.returns) == 3
	parcels = [found.id for found in order.fulfillments]
	assert {(line.fulfillment_id, line.quantity) for found in order.returns for line in found.lines} == {
		(parcels[0], 2), (parcels[1], 1), (parcels[1], 2),
	}  # fmt: skip


def test_note_and_return_in_one_push(ground: Returning) -> None:
	order = ground.order(TEE=9)
	note = ground.note(order, ("TEE", 3))
	ground.take_back(note, order, ("TEE", 3))
	ground.push()
	assert (ground.sent(order), ground.returned(order)) == ({"TEE": 3}, {"TEE": 3})


def test_what_comes_back_where_no_location_is_mapped_is_not_restocked(tmp_path: Path) -> None:
	ground = Returning(tmp_path, places=[{}, {}])
	order, note = sent(ground, TEE=4)
	ground.take_back(note, order, ("TEE", 1, "Damaged"), ("TEE", 2, "W1"))
	ground.push()
	assert sorted(ground.places(order), key=str) == [("not_restocked", None, 1), ("restocked", ground.locations[1], 2)]


# --- stock ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("killed_at", ["never", "noted", "before_call", "after_call", "recorded"])
def test_stock_never_counts_a_return_twice(tmp_path: Path, killed_at: str) -> None:
	"""Whatever is pushed first, and whoever dies: no figure that Shopify shows on the way is above what is there."""
	ground = Returning(tmp_path)
	ground.book_all({"TEE": 100, "MUG": 100})
	order, note = sent(ground, TEE=3)
	ground.settle()
	assert (ground.bin("TEE"), ground.on_hand("TEE")) == (Decimal(97), 97)
	ground.take_back(note, order, ("TEE", 2))
	shown: list[int] = []

	def watch(step: str) -> None:
		shown.append(ground.on_hand("TEE"))
		if step == killed_at:
			raise Stopped(step)

	with suppress(Stopped):
		ground.push(watch)
	for _minute in range(10):
		ground.push(lambda _step: shown.append(ground.on_hand("TEE")))
		ground.pass_time(60)
	ground.settle()
	shown.append(ground.on_hand("TEE"))
	assert set(shown) <= {97, 99}
	assert (ground.returned(order), ground.bin("TEE"), ground.on_hand("TEE")) == ({"TEE": 2}, Decimal(99), 99)


def test_while_a_return_is_refused_its_goods_are_not_pushed_as_stock_until_it_is_discarded(ground: Returning) -> None:
	ground.book_all({"TEE": 100, "MUG": 100})
	order, note = sent(ground, TEE=3)
	ground.settle()
	ground.by_hand_back(order, TEE=3)
	ground.take_back(note, order, ("TEE", 2))
	ground.settle()
	assert (ground.last_push(order)["category"], ground.on_hand("TEE")) == ("Fulfillment refused", 97)


def test_stock_that_was_changed_by_hand_meanwhile_ends_as_erpnext_has_it(ground: Returning) -> None:
	ground.book_all({"TEE": 100, "MUG": 100})
	order, note = sent(ground, TEE=3)
	ground.settle()
	ground.take_back(note, order, ("TEE", 2))
	ground.shop.inventory.adjust("available", ground.inventory_item["TEE"], ground.locations[0], 7, "correction")
	ground.settle()
	assert ground.on_hand("TEE") == 99


# --- what stands in the way ----------------------------------------------------------------------------------------


def test_a_return_that_the_customer_announced_in_shopify_is_taken_for_the_notes(ground: Returning) -> None:
	order, note = sent(ground, TEE=3)
	there = ground.by_hand_back(order, TEE=2)
	back = ground.take_back(note, order, ("TEE", 2))
	ground.push()
	assert ([found.id for found in order.returns], ground.returned(order)) == ([there.id], {"TEE": 2})
	event = ground.last_push(order)
	changes = json.loads(ground.attempts(event["name"])[-1]["changes"])
	assert [(change["action"], change["name"]) for change in changes] == [("adopt", there.id), ("receive", there.id)]
	assert event["document_name"] == back
	assert ground.calls("ReturnCreate") == 0


def test_what_a_return_in_shopify_has_of_other_pieces_is_refused_and_named(ground: Returning) -> None:
	order, note = sent(ground, TEE=3, MUG=1)
	there = ground.by_hand_back(order, TEE=3)
	ground.take_back(note, order, ("TEE", 2))
	other = ground.take_back(note, order, ("MUG", 1))
	ground.push()
	event = ground.last_push(order)
	assert event["category"] == "Fulfillment refused"
	assert f"Shopify lets 0 be returned (return {there.name} takes back 3 pieces)" in event["message"]
	assert ground.returned(order) == {"MUG": 1}
	assert other in {row["note"] for row in ground.facts(order)["returned"].values()}


def test_goods_that_a_refund_restocked_already_are_not_returned_again(tmp_path: Path) -> None:
	"""As it was done before: the refund first, and the return by hand in ERPNext afterwards."""
	ground = Returning(tmp_path)
	ground.book_all({"TEE": 100, "MUG": 100})
	order, note = sent(ground, TEE=3)
	ground.settle()
	refund = ground.refund(order, TEE=1)
	ground.take_back(note, order, ("TEE", 2))
	ground.settle()
	assert ground.announced(order) == {"TEE": 1}
	assert {row["refund"] for row in ground.facts(order)["returned"].values()} == {refund.id, ""}
	assert (ground.bin("TEE"), ground.on_hand("TEE")) == (Decimal(99), 99)


def test_a_refund_beside_an_open_return_counts_for_that_one(ground: Returning) -> None:
	order, note = sent(ground, TEE=3)
	ground.take_back(note, order, ("TEE", 1))
	ground.push()
	ground.refund(order, TEE=1)
	ground.take_back(note, order, ("TEE", 1))
	ground.settle()
	assert ground.returned(order) == {"TEE": 2}


def test_a_return_against_a_note_that_was_never_fulfilled(ground: Returning) -> None:
	order = ground.order(TEE=9)
	ground.shop.fulfillments.hold(order.fulfillment_orders[0].id)
	note = ground.note(order, ("TEE", 3))
	ground.take_back(note, order, ("TEE", 3))
	ground.push()
	assert "is on hold" in ground.last_push(order)["message"]
	assert ground.announced(order) == {}


def test_more_returns_than_stand_on_a_page(ground: Returning) -> None:
	order = ground.order(TEE=30)
	note = ground.note(order, ("TEE", 30))
	ground.push()
	for number in range(1, 8):
		ground.take_back(note, order, ("TEE", number % 2 + 1))
		if number > 5:
			# The answer is lost: its return is found on the second page.
			ground.push(lambda step: ground.faults.set(timeout_after=1.0) if step == "before_call" else None)
			ground.faults.set(timeout_after=0.0)
		ground.settle()
	assert (len(order.returns), ground.returned(order), ground.calls("ReturnCreate")) == (7, {"TEE": 11}, 7)


def test_more_refunds_than_are_read_at_once_are_refused(ground: Returning) -> None:
	order = ground.order(TEE=30)
	note = ground.note(order, ("TEE", 30))
	ground.push()
	for _refund in range(10):
		ground.refund(order, TEE=1)
	ground.take_back(note, order, ("TEE", 12))
	ground.push()
	event = ground.last_push(order)
	assert event["category"] == "Fulfillment refused"
	assert "has more returns, refunds or returned lines in Shopify than are read at once" in event["message"]
	assert ground.announced(order) == {}


def test_parts_of_a_piece_are_refused(ground: Returning) -> None:
	order, note = sent(ground, TEE=3)
	back = ground.take_back(note, order, ("TEE", Decimal("0.5")))  # type: ignore[arg-type]
	ground.push()
	assert f"Delivery Note {back} returns 0.5 of line" in ground.last_push(order)["message"]


# --- cancelled and amended -----------------------------------------------------------------------------------------


def test_a_return_that_was_not_received_is_cancelled_with_its_note(tmp_path: Path) -> None:
	ground = Returning(tmp_path)
	order, note = sent(ground, TEE=3)
	back = ground.take_back(note, order, ("TEE", 2))

	def cancel_once_it_is_made(step: str) -> None:
		if step == "recorded" and order.returns and not ground.is_cancelled(back):
			ground.cancel_note(back)

	ground.push(cancel_once_it_is_made)
	ground.settle()
	assert [found.status for found in order.returns] == ["canceled"]
	assert {event["status"] for event in ground.push_events(order)} == {"Applied", "No Change"}


def test_a_return_that_was_received_cannot_be_cancelled(ground: Returning) -> None:
	ground.book_all({"TEE": 100, "MUG": 100})
	order, note = sent(ground, TEE=3)
	back = ground.take_back(note, order, ("TEE", 2))
	ground.settle()
	ground.cancel_note(back)
	ground.settle()
	event = ground.last_push(order)
	assert event["category"] == "Fulfillment refused"
	assert "was received in Shopify" in event["message"]
	assert ground.calls("ReturnCancel") == 0


def test_an_amended_return_keeps_the_one_in_shopify(ground: Returning) -> None:
	order, note = sent(ground, TEE=3)
	back = ground.take_back(note, order, ("TEE", 2))
	ground.settle()
	ground.cancel_note(back)
	again = ground.amend_return(back, note, order, ("TEE", 2))
	ground.settle()
	[row] = ground.facts(order)["returned"].values()
	assert (row["note"], len(order.returns), ground.last_push(order)["status"]) == (again, 1, "No Change")


def test_a_return_that_was_cancelled_in_shopify_is_a_conflict_until_it_is_made_again(ground: Returning) -> None:
	order, note = sent(ground, TEE=3)
	there = ground.by_hand_back(order, TEE=2)

	def cancel_there(step: str) -> None:
		if step == "noted" and there.status == "open":
			ground.shop.returns.cancel(there.id)

	ground.take_back(note, order, ("TEE", 2))
	ground.push(cancel_there)
	ground.settle()
	event = ground.last_push(order)
	assert event["status"] == "Conflict", event["message"]
	assert f"Return {there.name} of Delivery Note" in event["message"]
	ground.by_hand_back(order, TEE=2)
	ground.retry(event["name"])
	ground.settle()
	assert ground.returned(order) == {"TEE": 2}


# --- the refund that follows ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("through_the_return", [True, False])
def test_the_refund_that_follows_makes_no_second_return(tmp_path: Path, through_the_return: bool) -> None:
	ground = Returning(tmp_path, fulfillment_by="Both")
	ground.book_all({"TEE": 100, "MUG": 100})
	order, note = sent(ground, TEE=3)
	ground.take_back(note, order, ("TEE", 2))
	ground.settle()
	refund = ground.shop.returns.refund(order.returns[0].id) if through_the_return else ground.refund(order, TEE=2)
	for _time in range(2):
		ground.tell(order)
		ground.drain()
	assert ground.own_notes() == []
	ground.settle()
	assert {line.restock_type for line in refund.lines} == {"return"}
	assert ground.bin("TEE") == Decimal(99)


def test_a_refund_of_more_than_came_back_brings_back_the_rest(tmp_path: Path) -> None:
	ground = Returning(tmp_path, fulfillment_by="Both")
	ground.book_all({"TEE": 100, "MUG": 100})
	order, note = sent(ground, TEE=5)
	ground.take_back(note, order, ("TEE", 1))
	ground.settle()
	for more, wanted in ((3, 2), (1, 3)):
		ground.refund(order, TEE=more)
		for _time in range(2):
			ground.pass_time(1)
			ground.tell(order)
			ground.drain()
		assert ground.bin("TEE") == Decimal(96 + wanted)
