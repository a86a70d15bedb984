"""What comes back: our own fulfillments are echo, what Shopify's people do is carried over, and nothing becomes two notes."""

from __future__ import annotations

import random
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shopify_sync.embedded_host import links
from shopify_sync.simulator.rest import fulfillment as rest_fulfillment
from shopify_sync.simulator.rest import order as rest_order
from shopify_sync.simulator.shop.records import Address
from tests.outbound.ground import STORE, Stopped
from tests.outbound.shipping import Shipping, only


@pytest.fixture
def ground(tmp_path: Path) -> Shipping:
	return Shipping(tmp_path)


@pytest.fixture
def both(tmp_path: Path) -> Shipping:
	return Shipping(tmp_path, fulfillment_by="Both")


def test_our_own_fulfillment_comes_back_as_echo(ground: Shipping) -> None:
	order = ground.order(TEE=2)
	note = ground.note(order, ("TEE", 2))
	ground.push()
	push = ground.last_push(order)["name"]
	[parcel] = order.fulfillments
	event = ground.event(ground.tell_fulfillment(order, parcel, "fulfillments/create"))
	assert (event["status"], event["echo_of"]) == ("Echo", push)
	ground.pass_time(60)
	ground.track(note, "1Z")
	ground.push()
	track = ground.last_push(order)["name"]
	assert ground.event(ground.tell_fulfillment(order, parcel))["echo_of"] == track
	ground.pass_time(60)
	ground.cancel_note(note)
	ground.push()
	cancel = ground.last_push(order)["name"]
	assert ground.event(ground.tell_fulfillment(order, parcel))["echo_of"] == cancel
	assert len({push, track, cancel}) == 3


def test_an_old_state_that_comes_late_changes_nothing(ground: Shipping) -> None:
	order = ground.order(TEE=2)
	note = ground.note(order, ("TEE", 2), shopify_tracking_number="OLD", shopify_tracking_company="UPS")
	ground.push()
	late = rest_fulfillment.payload(ground.shop, (order, order.fulfillments[0]))
	ground.pass_time(60)
	ground.track(note, "NEW")
	ground.push()
	event = ground.event(ground._deliver("fulfillments/create", late))
	assert event["status"] == "Echo"
	assert ground.note_values(note)["shopify_tracking_number"] == "NEW"
	ground.push()
	assert order.fulfillments[0].tracking_numbers == ["NEW"]


@pytest.mark.parametrize("by", ["message", "order"])
def test_tracking_that_was_changed_in_the_shop_is_carried_to_the_note(ground: Shipping, by: str) -> None:
	order = ground.order(TEE=2)
	note = ground.note(order, ("TEE", 2), shopify_tracking_number="1Z", shopify_tracking_company="UPS")
	ground.push()
	ground.pass_time(60)
	ground.shop.fulfillments.update_tracking(order.fulfillments[0].id, "DHL Express", ["2Z"])
	event = ground.event(ground.tell_fulfillment(order, order.fulfillments[0]) if by == "message" else ground.tell(order))
	assert event["status"] == "Applied", event["message"]
	values = ground.note_values(note)
	assert (values["shopify_tracking_number"], values["shopify_tracking_company"]) == ("2Z", "DHL Express")
	ground.track(note, "2Z", "DHL Express")
	calls = ground.calls("FulfillmentTrackingInfoUpdate")
	ground.push()
	assert ground.calls("FulfillmentTrackingInfoUpdate") == calls


def test_a_fulfillment_of_ours_that_was_cancelled_in_the_shop_is_a_conflict_until_the_note_is_cancelled(ground: Shipping) -> None:
	order = ground.order(TEE=2)
	note = ground.note(order, ("TEE", 2))
	ground.push()
	ground.pass_time(60)
	ground.shop.fulfillments.cancel(order.fulfillments[0].id)
	name = ground.tell_fulfillment(order, order.fulfillments[0])
	event = ground.event(name)
	assert (event["status"], event["category"]) == ("Conflict", "Conflict")
	assert note in event["message"]
	ground.cancel_note(note)
	ground.push()
	ground.instance.events.retry(name, "operator")
	ground.drain()
	assert ground.event(name)["status"] == "No Change"


def test_a_fulfillment_that_comes_by_itself_makes_the_note(tmp_path: Path) -> None:
	ground = Shipping(tmp_path, fulfillment_by="Shopify")
	order = ground.order(TEE=3)
	parcel = ground.by_hand(order, TEE=2)
	event = ground.event(ground.tell_fulfillment(order, parcel, "fulfillments/create"))
	assert (event["status"], event["label"]) == ("Applied", f"{order.name}.1")
	[note] = ground.own_notes()
	assert [(row["item_code"], row["qty"], row["warehouse"]) for row in ground.note_values(note)["items"]] == [("TEE", 2, "W0")]
	ground.pass_time(5)
	ground.shop.fulfillments.update_tracking(parcel.id, "UPS", ["1Z"])
	ground.tell_fulfillment(order, parcel)
	assert ground.note_values(note)["shopify_tracking_number"] == "1Z"
	assert ground.event(ground.tell(order))["status"] == "No Change"
	assert ground.own_notes() == [note]


def test_a_fulfillment_that_comes_before_its_order_is_kept_for_it(tmp_path: Path) -> None:
	ground = Shipping(tmp_path, fulfillment_by="Shopify")
	variant = next(iter(ground.shop.products.variants))
	order = ground.shop.orders.place([{"variant_id": variant, "quantity": 2}], financial="paid")
	before = rest_order.payload(ground.shop, order)
	parcel = ground.shop.fulfillments.create(order.id)
	assert "Kept for order" in ground.event(ground.tell_fulfillment(order, parcel, "fulfillments/create"))["message"]
	ground._deliver("orders/create", before)
	assert len(ground.own_notes()) == 1


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 100_000))
def test_any_order_of_arrival_ends_in_one_result(tmp_path_factory, seed: int) -> None:
	dice = random.Random(seed)
	ground = Shipping(tmp_path_factory.mktemp("back"), fulfillment_by=dice.choice(("Shopify", "Both")), max_attempts=8)
	variant = next(iter(ground.shop.products.variants))
	order = ground.shop.orders.place([{"variant_id": variant, "quantity": 6}], financial="paid")
	messages = [("orders/create", rest_order.payload(ground.shop, order))]
	for _number in range(dice.randint(1, 5)):
		# Of two states within one second nobody can tell the later one but by a still later state of the order.
		ground.pass_time(dice.choice((1, 2, 30)))
		standing = [found for found in order.fulfillments if found.status == "success"]
		deed = dice.random()
		if deed < 0.5 and sum(sum(found.lines.values()) for found in standing) < 6:
			parcel = ground.by_hand(order, TEE=1)
		elif standing and deed < 0.75:
			parcel = ground.shop.fulfillments.update_tracking(dice.choice(standing).id, "UPS", [f"1Z{dice.randrange(100)}"])
		elif standing:
			parcel = ground.shop.fulfillments.cancel(dice.choice(standing).id)
		else:
			continue
		messages.append(("fulfillments/update", rest_fulfillment.payload(ground.shop, (order, parcel))))
		messages.append(("orders/updated", rest_order.payload(ground.shop, order)))
	final = messages[-1]
	messages = [message for message in messages if dice.random() < 0.8] + [message for message in messages if dice.random() < 0.2]
	if final[0] == "orders/updated" and dice.random() < 0.5:
		# The order itself never says how it ended: the messages of the fulfillments do.
		messages = [message for message in messages if message is not final]
		messages += [
			("fulfillments/update", rest_fulfillment.payload(ground.shop, (order, parcel))) for parcel in order.fulfillments
		]
		messages.append(
			("orders/create", rest_order.payload(ground.shop, order) | {"fulfillments": [], "fulfillment_status": None})
		)
		messages[-1][1]["updated_at"] = "2026-11-20T06:00:00+00:00"
		messages[-1][1]["line_items"][0]["fulfillable_quantity"] = 6
	else:
		messages.append(final)
	dice.shuffle(messages)
	for topic, payload in messages:
		ground._deliver(topic, payload, triggered=str(payload["updated_at"]))
	for _time in range(5):
		ground.pass_time(4000)
		ground.drain()
	standing = {found.id: found for found in order.fulfillments if found.status == "success"}
	notes = [ground.note_values(name) for name in ground.own_notes()]
	assert sorted(sum(row["qty"] for row in note["items"]) for note in notes) == sorted(
		sum(found.lines.values()) for found in standing.values()
	)
	assert sorted(str(note["shopify_tracking_number"]) for note in notes) == sorted(
		", ".join(found.tracking_numbers) for found in standing.values()
	)


# --- both sides send -----------------------------------------------------------------------------------------------


def test_where_both_send_ours_makes_no_second_note_and_theirs_makes_one(both: Shipping) -> None:
	order = both.order(TEE=4)
	both.note(order, ("TEE", 1))
	both.push()
	both.pass_time(60)
	both.tell(order)
	assert both.own_notes() == []
	both.by_hand(order, TEE=2)
	both.tell(order)
	[note] = both.own_notes()
	assert [row["qty"] for row in both.note_values(note)["items"]] == [2]
	both.note(order, ("TEE", 1))
	both.push()
	both.tell(order)
	assert (both.own_notes(), both.sent(order)) == ([note], {"TEE": 4})
	agreed = links.read(both.instance.database.connection(), f"{STORE}/order/{order.id}").agreed
	assert [row[2] for row in agreed["rows"][order.line_items[0].id]] == [0]


@pytest.mark.parametrize("topic", ["order", "message"])
@pytest.mark.parametrize("ends", ["recorded", "killed"])
def test_a_webhook_before_the_push_is_recorded_waits(both: Shipping, topic: str, ends: str) -> None:
	order = both.order(TEE=4)
	both.note(order, ("TEE", 2))
	names: list[str] = []

	def tell() -> None:
		names.append(both.tell(order) if topic == "order" else both.tell_fulfillment(order, order.fulfillments[0]))
		assert both.event(names[0])["status"] == "Retrying"
		if ends == "killed":
			raise Stopped

	with suppress(Stopped):
		both.push(only(["after_call"], tell))
	for _minute in range(30):
		both.pass_time(60)
		both.push()
		both.drain()
	assert both.own_notes() == []
	assert both.event(names[0])["status"] in ("No Change", "Echo", "Applied")
	assert both.sent(order) == {"TEE": 2}


def test_another_fulfillment_during_the_push_does_not_wait(both: Shipping) -> None:
	order = both.order(TEE=4)
	both.note(order, ("TEE", 2))

	def by_hand() -> None:
		both.by_hand(order, TEE=1)
		both.tell_fulfillment(order, order.fulfillments[-1])

	both.push(only(["after_call"], by_hand))
	assert len(both.own_notes()) == 1
	assert both.sent(order) == {"TEE": 3}


def test_what_comes_back_of_a_parcel_of_ours_comes_back_against_its_note(both: Shipping) -> None:
	order = both.order(TEE=4)
	note = both.note(order, ("TEE", 3))
	both.push()
	both.pass_time(60)
	both.tell(order)
	both.shop.refunds.create(order.id, [(order.line_items[0].id, 2, "return")])
	event = both.event(both.tell(order))
	assert event["status"] == "Applied", event["message"]
	[back] = both.own_notes()
	values = both.note_values(back)
	assert (values["is_return"], values["return_against"], values["items"][0]["qty"]) == (1, note, -2)


def test_a_note_that_is_cancelled_leaves_its_pieces_to_be_sent_again(both: Shipping) -> None:
	order = both.order(TEE=2)
	note = both.note(order, ("TEE", 2))
	both.push()
	both.pass_time(60)
	both.tell(order)
	both.cancel_note(note)
	both.push()
	both.tell(order)
	both.by_hand(order, TEE=2)
	both.tell(order)
	assert len(both.own_notes()) == 1


def test_a_store_that_goes_back_to_shopify_makes_no_second_notes(tmp_path: Path) -> None:
	ground = Shipping(tmp_path)
	order = ground.order(TEE=2)
	ground.note(order, ("TEE", 2))
	ground.push()
	ground.save(fulfillment_by="Shopify")
	ground.pass_time(60)
	event = ground.event(ground.tell(order))
	assert event["status"] in ("No Change", "Applied"), event["message"]
	assert ground.own_notes() == []


def test_what_is_personal_in_a_fulfillment_is_taken_out_with_its_order(tmp_path: Path) -> None:
	ground = Shipping(tmp_path, fulfillment_by="Shopify")
	home = Address(first_name="Grace", last_name="Hopper", address1="7 Navy Yard", city="Arlington", zip="22201")
	variant = next(iter(ground.shop.products.variants))
	lines = [{"variant_id": variant, "quantity": 1}]
	order = ground.shop.orders.place(lines, financial="paid", email="grace@example.com", shipping_address=home)
	ground.tell(order)
	parcel = ground.shop.fulfillments.create(order.id, tracking_company="UPS", tracking_numbers=["1Z999"])
	name = ground.tell_fulfillment(order, parcel)
	before = ground.event(name)
	assert "Hopper" in before["payload"]
	evidence = str(ground.attempts(name))
	assert "1Z999" in evidence
	assert "ups.com" not in evidence
	request = {"customer": {"id": 7, "email": "grace@example.com"}, "orders_to_redact": [int(order.id)], "shop_id": 1}
	ground._deliver("customers/redact", request)
	after = ground.event(name)["payload"]
	assert '"redacted":true' in after
	assert not [word for word in ("Hopper", "Grace", "Navy", "grace@", "ups.com") if word in after]
