"""Delivery Notes on their way to the shop: exactly what was delivered is fulfilled, once, whatever happens on the way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.outbound.ground import Stopped
from tests.outbound.shipping import Shipping, only


@pytest.fixture
def ground(tmp_path: Path) -> Shipping:
	return Shipping(tmp_path)


@pytest.fixture
def two(tmp_path: Path) -> Shipping:
	return Shipping(tmp_path, places=[{}, {}])


def test_a_note_becomes_a_fulfillment_with_its_evidence(ground: Shipping) -> None:
	order = ground.order(TEE=3, MUG=1)
	note = ground.note(order, ("TEE", 2), shopify_tracking_number="1Z", shopify_tracking_company="UPS")
	ground.push()
	assert ground.live(order) == [(ground.locations[0], {"TEE": 2})]
	[parcel] = order.fulfillments
	assert (parcel.tracking_company, parcel.tracking_numbers, parcel.notified) == ("UPS", ["1Z"], 0)
	event = ground.last_push(order)
	assert (event["status"], event["topic"], event["document_name"]) == ("Applied", "fulfillmentCreate", note)
	[attempt] = ground.attempts(event["name"])
	[change] = json.loads(attempt["changes"])
	assert (change["action"], change["name"]) == ("fulfil", parcel.id)
	assert (ground.calls("FulfillmentOrders"), ground.calls("FulfillmentCreate")) == (1, 1)


def test_nothing_new_needs_no_call(ground: Shipping) -> None:
	order = ground.order(TEE=3)
	note = ground.note(order, ("TEE", 2))
	ground.push()
	before = len(ground.shops.calls.started)
	ground.track(note, "", "")
	ground.push()
	assert ground.last_push(order)["status"] == "No Change"
	assert len(ground.shops.calls.started) == before


def test_the_customer_is_written_to_by_rule(tmp_path: Path) -> None:
	ground = Shipping(tmp_path, notify_customer=True)
	order = ground.order(TEE=1)
	note = ground.note(order, ("TEE", 1))
	ground.push()
	ground.track(note, "1Z")
	ground.push()
	assert order.fulfillments[0].notified == 2


def test_several_notes_and_the_rest_later(ground: Shipping) -> None:
	order = ground.order(TEE=3, MUG=2)
	ground.note(order, ("TEE", 1))
	ground.note(order, ("TEE", 1), ("MUG", 2))
	ground.push()
	assert ground.live(order) == [(ground.locations[0], {"TEE": 1}), (ground.locations[0], {"TEE": 1, "MUG": 2})]
	assert ground.calls("FulfillmentOrders") == 1
	ground.note(order, ("TEE", 1))
	ground.push()
	assert ground.sent(order) == {"TEE": 3, "MUG": 2}


def test_a_later_tracking_number_is_told_and_one_that_is_there_is_not(ground: Shipping) -> None:
	order = ground.order(TEE=1)
	note = ground.note(order, ("TEE", 1))
	ground.push()
	ground.track(note, "1Z, 2Z", "DHL")
	ground.push()
	parcel = order.fulfillments[0]
	assert (parcel.tracking_company, parcel.tracking_numbers) == ("DHL", ["1Z", "2Z"])
	ground.shop.fulfillments.update_tracking(parcel.id, "DHL", ["3Z"])
	ground.track(note, "3Z", "DHL")
	calls = ground.calls("FulfillmentTrackingInfoUpdate")
	ground.push()
	assert ground.last_push(order)["status"] == "No Change"
	assert ground.calls("FulfillmentTrackingInfoUpdate") == calls


def test_the_carriers_fields_of_erpnext_stand_in(ground: Shipping) -> None:
	order = ground.order(TEE=1)
	ground.note(order, ("TEE", 1), lr_no="LR-9", transporter_name="Fast Freight")
	ground.push()
	assert (order.fulfillments[0].tracking_company, order.fulfillments[0].tracking_numbers) == ("Fast Freight", ["LR-9"])


def test_a_cancelled_note_cancels_its_fulfillment(ground: Shipping) -> None:
	order = ground.order(TEE=2)
	note = ground.note(order, ("TEE", 2))
	ground.push()
	ground.cancel_note(note)
	ground.push()
	assert ground.live(order) == []
	assert ground.last_push(order)["status"] == "Applied"
	ground.note(order, ("TEE", 2))
	ground.push()
	assert ground.sent(order) == {"TEE": 2}


def test_a_note_that_was_cancelled_before_its_push_is_never_sent(ground: Shipping) -> None:
	order = ground.order(TEE=2)
	ground.cancel_note(ground.note(order, ("TEE", 2)))
	ground.push()
	assert order.fulfillments == []


@pytest.mark.parametrize("pushed_between", [False, True])
@pytest.mark.parametrize("pieces", [1, 2])
def test_an_amended_note_ends_with_one_fulfillment(ground: Shipping, pushed_between: bool, pieces: int) -> None:
	order = ground.order(TEE=2)
	note = ground.note(order, ("TEE", 2))
	ground.push()
	ground.cancel_note(note)
	if pushed_between:
		ground.push()
	ground.amend(note, order, ("TEE", pieces))
	ground.settle()
	assert ground.live(order) == [(ground.locations[0], {"TEE": pieces})]
	cancelled = [found for found in order.fulfillments if found.status == "cancelled"]
	assert len(cancelled) == (0 if pieces == 2 and not pushed_between else 1)


def test_a_fulfillment_with_returned_goods_cannot_be_cancelled(ground: Shipping) -> None:
	order = ground.order(TEE=2)
	note = ground.note(order, ("TEE", 2))
	ground.push()
	ground.shop.refunds.create(order.id, [(order.line_items[0].id, 1, "return")])
	ground.cancel_note(note)
	ground.push()
	event = ground.last_push(order)
	assert (event["status"], event["category"]) == ("Dead Letter", "Fulfillment refused")
	assert "returned items" in event["message"]


def test_each_location_is_a_call_of_its_own(two: Shipping) -> None:
	order = two.order(place=0, TEE=2, MUG=1)
	moved = {entry.id: 1 for entry in order.fulfillment_orders[0].lines if entry.line_item_id == order.line_items[1].id}
	two.shop.fulfillments.move(order.fulfillment_orders[0].id, two.locations[1], moved)
	two.note(order, ("TEE", 2, "W0"), ("MUG", 1, "W1"))
	two.push()
	assert sorted(two.live(order)) == sorted([(two.locations[0], {"TEE": 2}), (two.locations[1], {"MUG": 1})])
	assert two.calls("FulfillmentCreate") == 2


def test_several_fulfillment_orders_of_one_location_go_in_one_call(two: Shipping) -> None:
	order = two.order(place=0, TEE=4)
	entry = order.fulfillment_orders[0].lines[0]
	there = two.shop.fulfillments.move(order.fulfillment_orders[0].id, two.locations[1], {entry.id: 2})
	two.shop.fulfillments.move(there.id, two.locations[0])
	two.note(order, ("TEE", 3, "W0"))
	two.push()
	assert two.live(order) == [(two.locations[0], {"TEE": 3})]
	assert two.calls("FulfillmentCreate") == 1


def test_what_is_assigned_elsewhere_is_fulfilled_there(two: Shipping) -> None:
	order = two.order(place=1, TEE=2)
	two.note(order, ("TEE", 2, "W0"))
	two.push()
	assert two.live(order) == [(two.locations[1], {"TEE": 2})]


def test_or_moved_first_by_rule(tmp_path: Path) -> None:
	two = Shipping(tmp_path, places=[{}, {}], fulfillment_location="Move it")
	order = two.order(place=1, TEE=3)
	two.note(order, ("TEE", 2, "W0"))
	two.push()
	assert two.live(order) == [(two.locations[0], {"TEE": 2})]
	assert two.calls("FulfillmentOrderMove") == 1
	left = [(fo.location_id, entry.remaining_quantity) for fo in order.fulfillment_orders for entry in fo.lines]
	assert (two.locations[1], 1) in left


def test_what_is_on_hold_is_respected_until_it_is_released(ground: Shipping) -> None:
	order = ground.order(TEE=2)
	ground.shop.fulfillments.hold(order.fulfillment_orders[0].id, "high_risk_of_fraud")
	ground.note(order, ("TEE", 1))
	ground.push()
	event = ground.last_push(order)
	assert (event["status"], event["category"]) == ("Dead Letter", "Fulfillment refused")
	assert "on hold (high risk of fraud): 2 pieces" in event["message"]
	ground.shop.fulfillments.release(order.fulfillment_orders[0].id)
	ground.instance.events.retry(event["name"], "operator")
	ground.push()
	assert ground.sent(order) == {"TEE": 1}


@pytest.mark.parametrize(("name", "words"), [("schedule", "is scheduled"), ("request", "is with a fulfillment service")])
def test_what_is_scheduled_or_with_another_service_is_respected(ground: Shipping, name: str, words: str) -> None:
	order = ground.order(TEE=2)
	getattr(ground.shop.fulfillments, name)(order.fulfillment_orders[0].id)
	ground.note(order, ("TEE", 1))
	ground.push()
	assert words in ground.last_push(order)["message"]
	assert order.fulfillments == []


def test_nothing_of_a_note_is_sent_that_cannot_be_sent_as_a_whole(two: Shipping) -> None:
	order = two.order(place=0, TEE=2, MUG=2)
	mugs = {entry.id: 2 for entry in order.fulfillment_orders[0].lines if entry.line_item_id == order.line_items[1].id}
	held = two.shop.fulfillments.move(order.fulfillment_orders[0].id, two.locations[1], mugs)
	two.shop.fulfillments.hold(held.id)
	two.note(order, ("TEE", 1), ("MUG", 1, "W1"))
	two.note(order, ("TEE", 1))
	two.push()
	assert two.live(order) == [(two.locations[0], {"TEE": 1})]
	assert "NOTE-1 sends 1 piece" in two.last_push(order)["message"]


def test_more_than_is_left_is_refused_with_what_is_left(ground: Shipping) -> None:
	order = ground.order(TEE=3)
	ground.by_hand(order, TEE=2)
	ground.note(order, ("TEE", 3))
	ground.push()
	event = ground.last_push(order)
	assert "sends 3 pieces" in event["message"]
	assert "Shopify lets 1 be fulfilled" in event["message"]
	assert ground.sent(order) == {"TEE": 2}


def test_an_order_that_was_cancelled_meanwhile(ground: Shipping) -> None:
	order = ground.order(TEE=1)
	ground.note(order, ("TEE", 1))
	ground.shop.orders.cancel(order.id)
	ground.push()
	assert "was cancelled in Shopify" in ground.last_push(order)["message"]


def test_somebody_fulfils_by_hand_between_the_reading_and_the_call(ground: Shipping) -> None:
	order = ground.order(TEE=3)
	ground.note(order, ("TEE", 2))
	ground.push(only(["before_call"], lambda: ground.by_hand(order, TEE=2)))
	assert ground.sent(order) == {"TEE": 2}
	assert "Shopify lets 1 be fulfilled" in ground.last_push(order)["message"]


def test_a_fulfillment_that_was_cancelled_in_the_shop_is_a_conflict_until_it_is_settled(ground: Shipping) -> None:
	order = ground.order(TEE=2)
	note = ground.note(order, ("TEE", 2))
	ground.push()
	ground.shop.fulfillments.cancel(order.fulfillments[0].id)
	ground.track(note, "1Z")
	ground.push()
	event = ground.last_push(order)
	assert (event["status"], event["category"]) == ("Conflict", "Conflict")
	ground.by_hand(order, TEE=2)
	ground.instance.events.retry(event["name"], "operator")
	ground.push()
	assert ground.last_push(order)["status"] == "Applied"
	assert order.fulfillments[1].tracking_numbers == ["1Z"]
	assert ground.sent(order) == {"TEE": 2}


def test_a_store_that_sends_from_shopify_pushes_nothing(tmp_path: Path) -> None:
	ground = Shipping(tmp_path, fulfillment_by="Shopify")
	order = ground.order(TEE=1)
	ground.note(order, ("TEE", 1))
	assert ground.push_events(order) == []


def test_shadow_says_what_it_would_do(tmp_path: Path) -> None:
	ground = Shipping(tmp_path)
	order = ground.order(TEE=1)
	ground.save(mode="Shadow")
	ground.note(order, ("TEE", 1))
	ground.push()
	event = ground.last_push(order)
	assert (event["status"], order.fulfillments) == ("Shadowed", [])
	assert "Fulfilling 1 of line" in event["message"]


def test_an_order_with_many_lines_and_fulfillment_orders_is_read_page_by_page(tmp_path: Path) -> None:
	codes = [f"SKU-{number}" for number in range(45)]
	ground = Shipping(tmp_path, items=codes, places=[{}, {}])
	order = ground.order(place=0, **{code: 8 for code in codes})
	for _time in range(7):
		source = order.fulfillment_orders[0]
		ground.shop.fulfillments.move(source.id, ground.locations[1], {entry.id: 1 for entry in source.lines})
	for _time in range(7):
		ground.note(order, *((code, 1, "W1") for code in codes))
	ground.push()
	assert set(ground.sent(order).values()) == {7}
	assert len(ground.live(order)) == 7
	ground.note(order, *((code, 1) for code in codes))
	ground.push()
	assert set(ground.sent(order).values()) == {8}


def test_what_is_delivered_and_not_fulfilled_is_in_shopifys_stock_until_it_is(ground: Shipping) -> None:
	ground.book("TEE", 50)
	order = ground.order(TEE=4)
	ground.settle()
	assert ground.on_hand("TEE") == 50
	ground.shop.fulfillments.hold(order.fulfillment_orders[0].id)
	note = ground.note(order, ("TEE", 3))
	ground.settle()
	assert (ground.bin("TEE"), ground.on_hand("TEE")) == (47, 50)
	ground.shop.fulfillments.release(order.fulfillment_orders[0].id)
	ground.instance.events.retry(ground.last_push(order)["name"], "operator")
	ground.settle()
	assert (ground.sent(order), ground.on_hand("TEE")) == ({"TEE": 3}, 47)
	ground.cancel_note(note)
	ground.settle()
	assert (ground.bin("TEE"), ground.on_hand("TEE"), ground.available("TEE")) == (50, 50, 46)


def test_a_refused_fulfillment_that_is_discarded_is_in_shopifys_stock_no_longer(ground: Shipping) -> None:
	ground.book("TEE", 50)
	order = ground.order(TEE=4)
	ground.shop.fulfillments.hold(order.fulfillment_orders[0].id)
	ground.note(order, ("TEE", 3))
	ground.settle()
	assert ground.on_hand("TEE") == 50
	ground.instance.events.discard(ground.last_push(order)["name"], "operator", "Sent by another shop")
	ground.settle()
	assert ground.on_hand("TEE") == 47


def test_a_fulfillment_that_was_pushed_costs_no_more_calls_for_stock_than_it_needs(ground: Shipping) -> None:
	ground.book("TEE", 50)
	order = ground.order(TEE=4)
	ground.settle()
	note = ground.note(order, ("TEE", 3))
	ground.settle()
	before = ground.calls("InventorySetQuantities"), ground.calls("InventoryLevelsAt")
	ground.track(note, "1Z")
	ground.settle()
	assert (ground.calls("InventorySetQuantities"), ground.calls("InventoryLevelsAt")) == before
	assert ground.on_hand("TEE") == 47


def test_a_parcel_that_is_found_again_and_tracked_at_once_is_no_longer_added_back(tmp_path: Path) -> None:
	# Shopify sends it from another place than the note says, so that only a push brings the note's place to what its Bin holds.
	ground = Shipping(tmp_path, places=[{}, {}])
	ground.book("TEE", 10)
	ground.settle()
	name = ground.note(order := ground.order(1, TEE=3), ("TEE", 3))

	def die(step: str) -> None:
		if step == "after_call":
			raise Stopped(step)

	with pytest.raises(Stopped):
		ground.push(die)
	ground.pass_time(10)
	ground.track(name, "1Z9")
	ground.settle()
	assert ground.live(order) == [(ground.locations[1], {"TEE": 3})]
	assert (ground.bin("TEE"), ground.on_hand("TEE")) == (7, 7)
