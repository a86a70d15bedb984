"""Workers that die around a return, calls whose answers are lost: nothing comes back twice, and nothing is left out."""

from __future__ import annotations

import json
import random
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shopify_sync.simulator.faults import Faults
from shopify_sync.simulator.shop.records import Order
from tests.outbound.returning import Returning
from tests.outbound.test_fulfillment_crashes import FAULTS, STEPS, is_stopped, stop_at


def check_memory(ground: Returning, order: Order) -> None:
	"""What is remembered is what stands in the shop, return by return, each for a note of its own."""
	facts = ground.facts(order)
	live = {id: row for id, row in facts.get("returned", {}).items() if not row["cancelled"]}
	assert set(live) == {found.id for found in order.returns if found.status != "canceled"}
	assert len({row["note"] for row in live.values()}) == len(live)
	assert all(row["received"] for row in live.values())
	assert "pending" not in facts


@pytest.mark.parametrize("step", STEPS)
def test_a_worker_killed_a_hundred_times_at_one_step(tmp_path: Path, step: str) -> None:
	"""Each parcel has far more in it than comes back, so that Shopify would take every double."""
	ground = Returning(tmp_path)
	dice = random.Random(step)
	wanted: list[tuple[Order, dict[str, int]]] = []
	killed = 0
	while killed < 100:
		order = ground.order(TEE=40, MUG=40)
		note = ground.note(order, ("TEE", 40), ("MUG", 40))
		ground.settle()
		total = {"TEE": 0, "MUG": 0}
		for _return in range(dice.randint(1, 4)):
			rows = {code: dice.randint(1, 3) for code in dice.sample(("TEE", "MUG"), dice.randint(1, 2))}
			ground.take_back(note, order, *rows.items())
			killed += is_stopped(lambda: ground.push(stop_at(step, dice.randint(1, 2)), worker="dies"))
			total = {code: count + rows.get(code, 0) for code, count in total.items()}
			ground.pass_time(dice.choice((1, 200, 400)))
		wanted.append((order, {code: count for code, count in total.items() if count}))
	ground.settle(120)
	for order, total in wanted:
		assert (ground.announced(order), ground.returned(order)) == (total, total)
		assert {event["status"] for event in ground.push_events(order)} <= {"Applied", "No Change", "Superseded"}
		check_memory(ground, order)


def test_an_answer_that_is_lost_is_waited_for_and_its_return_taken_for_ours(tmp_path: Path) -> None:
	ground = Returning(tmp_path)
	order = ground.order(TEE=6)
	note = ground.note(order, ("TEE", 6))
	ground.settle()
	ground.take_back(note, order, ("TEE", 2))
	ground.push(lambda step: ground.faults.set(timeout_after=1.0) if step == "before_call" else None)
	ground.faults.set(timeout_after=0.0)
	assert ground.announced(order) == {"TEE": 2}
	ground.push()
	assert (ground.last_push(order)["status"], ground.calls("ReturnCreate")) == ("Retrying", 1)
	ground.settle()
	assert (ground.returned(order), ground.calls("ReturnCreate")) == ({"TEE": 2}, 1)
	event = ground.last_push(order)
	changes = json.loads(ground.attempts(event["name"])[-1]["changes"])
	assert ([change["action"] for change in changes], event["status"]) == (["adopt", "receive"], "Applied")


def test_pieces_that_were_received_are_not_received_again_after_a_lost_answer(tmp_path: Path) -> None:
	ground = Returning(tmp_path)
	ground.book_all({"TEE": 100, "MUG": 100})
	order = ground.order(TEE=6)
	note = ground.note(order, ("TEE", 6))
	ground.settle()
	ground.take_back(note, order, ("TEE", 2))
	ground.push(lambda step: ground.faults.set(timeout_after=1.0) if step == "before_call" and order.returns else None)
	ground.faults.set(timeout_after=0.0)
	ground.settle()
	assert (ground.returned(order), ground.calls("ReverseFulfillmentOrderDispose")) == ({"TEE": 2}, 1)
	assert ground.on_hand("TEE") == 96
	check_memory(ground, order)


def test_a_worker_that_was_frozen_past_its_lease_says_nothing(tmp_path: Path) -> None:
	ground = Returning(tmp_path)
	order = ground.order(TEE=9)
	note = ground.note(order, ("TEE", 9))
	ground.settle()
	ground.take_back(note, order, ("TEE", 2))
	left = [True]

	def freeze(step: str) -> None:
		if step == "before_call" and left:
			left.pop()
			ground.pass_time(400)
			ground.push(worker="another")

	ground.push(freeze)
	ground.settle()
	assert (ground.returned(order), ground.calls("ReturnCreate")) == ({"TEE": 2}, 1)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), faults=st.dictionaries(st.sampled_from(FAULTS), st.sampled_from((0.1, 0.4)), max_size=4))
def test_whatever_goes_wrong_the_shop_has_what_came_back(tmp_path_factory, seed: int, faults: dict[str, float]) -> None:
	dice = random.Random(seed)
	ground = Returning(tmp_path_factory.mktemp("push"), faults=Faults())
	ground.book_all({"TEE": 500, "MUG": 500})
	order = ground.order(TEE=60, MUG=60)
	note = ground.note(order, ("TEE", 60), ("MUG", 60))
	ground.settle()
	ground.faults.set(**faults)
	total: dict[str, int] = {}
	for number in range(12):
		rows = {code: dice.randint(1, 2) for code in dice.sample(("TEE", "MUG"), dice.randint(1, 2))}
		if dice.random() < 0.6:
			ground.take_back(note, order, *rows.items())
			total = {code: total.get(code, 0) + rows.get(code, 0) for code in {*total, *rows}}
		probe = stop_at(dice.choice((*STEPS, "never")), dice.randint(1, 3))
		is_stopped(partial(ground.push, probe, worker=str(number)))
		ground.pass_time(dice.choice((0, 5, 120, 400)))
	ground.faults.set(**dict.fromkeys(faults, 0.0))
	ground.settle(240)
	assert ground.returned(order) == total
	check_memory(ground, order)
	for code in ("TEE", "MUG"):
		assert ground.on_hand(code) == ground.bin(code)


def lost(store: Returning, step: str = "after_call") -> None:
	"""Push until the first call was made, and die before its answer is recorded; its lease ends, and what may arrive has arrived."""
	assert is_stopped(lambda: store.push(stop_at(step)))
	store.pass_time(400)


def test_a_return_whose_answer_was_lost_is_cancelled_with_its_note(tmp_path: Path) -> None:
	store = Returning(tmp_path)
	order = store.order(TEE=3)
	note = store.note(order, ("TEE", 3))
	store.settle()
	back = store.take_back(note, order, ("TEE", 1))
	lost(store)
	assert store.announced(order) == {"TEE": 1}
	store.cancel_note(back)
	store.settle()
	assert store.announced(order) == {}, "the return that nobody knew of was left open"
	store.take_back(note, order, ("TEE", 1))
	store.settle()
	assert (store.returned(order), len(order.returns)) == ({"TEE": 1}, 2)


def test_a_return_whose_answer_was_lost_goes_over_to_the_amendment_with_its_place(tmp_path: Path) -> None:
	store = Returning(tmp_path)
	order = store.order(TEE=3)
	note = store.note(order, ("TEE", 3))
	store.settle()
	back = store.take_back(note, order, ("TEE", 2))
	lost(store)
	store.cancel_note(back)
	store.amend_return(back, note, order, ("TEE", 2))
	store.settle()
	assert (store.returned(order), len(order.returns)) == ({"TEE": 2}, 1)
	assert store.places(order) == [("restocked", store.locations[0], 2)]


def test_a_return_that_a_customer_announced_meanwhile_is_not_taken_for_the_lost_one(tmp_path: Path) -> None:
	store = Returning(tmp_path)
	order = store.order(TEE=3)
	note = store.note(order, ("TEE", 3))
	store.settle()
	theirs = store.by_hand_back(order, TEE=2)
	back = store.take_back(note, order, ("TEE", 1))
	lost(store, "before_call")
	store.cancel_note(back)
	store.settle()
	assert (theirs.status, len(order.returns)) == ("open", 1)
