"""Workers that die around a fulfillment, calls whose answers are lost: nothing is fulfilled twice, and nothing is left out."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shopify_sync.simulator.faults import Faults
from shopify_sync.simulator.shop.records import Order
from tests.outbound.ground import Stopped
from tests.outbound.shipping import Shipping, only

STEPS = ("claimed", "noted", "read", "before_call", "after_call", "recorded")
FAULTS = ("throttle", "server_error_before", "server_error_after", "timeout_before", "timeout_after", "reset_before",
	"reset_after", "garble_answer")  # fmt: skip


def stop_at(step: str, how_often: int = 1) -> Callable[[str], None]:
	"""Return a probe that kills the process when it reaches a step for the *how_often*-th time."""
	left = [how_often]

	def probe(reached: str) -> None:
		if reached == step:
			left[0] -= 1
			if not left[0]:
				raise Stopped(step)

	return probe


def is_stopped(work: Callable[[], object]) -> bool:
	"""Do *work*; tell whether its process was killed."""
	try:
		work()
	except Stopped:
		return True
	return False


@pytest.mark.parametrize("step", STEPS)
def test_a_worker_killed_a_hundred_times_at_one_step(tmp_path: Path, step: str) -> None:
	"""Each order has as much again left as its notes send, so that Shopify would take every double."""
	ground = Shipping(tmp_path, places=[{}, {}])
	dice = random.Random(step)
	wanted: list[tuple[Order, dict[str, int]]] = []
	killed = 0
	while killed < 100:
		order = ground.order(place=dice.randrange(2), TEE=20, MUG=20)
		total = {"TEE": 0, "MUG": 0}
		for _note in range(dice.randint(1, 3)):
			rows = {code: dice.randint(1, 3) for code in dice.sample(("TEE", "MUG"), dice.randint(1, 2))}
			note = ground.note(order, *rows.items())
			killed += is_stopped(lambda: ground.push(stop_at(step), worker="dies"))
			ground.pass_time(dice.choice((1, 200, 400)))
			if dice.random() < 0.2:
				ground.cancel_note(note)
				killed += is_stopped(lambda: ground.push(stop_at(step), worker="dies too"))
				continue
			total = {code: count + rows.get(code, 0) for code, count in total.items()}
			if dice.random() < 0.3:
				ground.track(note, f"1Z{dice.randrange(1000)}")
				killed += is_stopped(lambda: ground.push(stop_at(step), worker="dies again"))
		wanted.append((order, {code: count for code, count in total.items() if count}))
	ground.settle(120)
	for order, total in wanted:
		assert ground.sent(order) == total
		assert {event["status"] for event in ground.push_events(order)} <= {"Applied", "No Change", "Superseded"}
		check_memory(ground, order)


def check_memory(ground: Shipping, order: Order) -> None:
	"""What is remembered is what stands in the shop, parcel by parcel, and each stands for a note of its own."""
	sent = {id: row for id, row in ground.facts(order)["sent"].items() if not row["cancelled"]}
	live = {found.id: dict(found.lines) for found in order.fulfillments if found.status == "success"}
	assert {id: row["lines"] for id, row in sent.items()} == live
	assert "pending" not in ground.facts(order)


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_alone(tmp_path: Path, fault: str) -> None:
	ground = Shipping(tmp_path, faults=Faults())
	orders = []
	for number in range(12):
		order = ground.order(TEE=6)
		ground.faults.set(**{fault: 0.6})
		note = ground.note(order, ("TEE", 2))
		ground.push()
		ground.pass_time(30)
		ground.push()
		if number % 3 == 0:
			ground.cancel_note(note)
			ground.amend(note, order, ("TEE", 2))
			ground.push()
		if number % 3 == 1:
			ground.track(note, "1Z")
		ground.pass_time(400)
		ground.push()
		ground.faults.set(**{fault: 0.0})
		orders.append(order)
	ground.settle(120)
	assert [ground.sent(order) for order in orders] == [{"TEE": 2}] * 12
	assert all(event["status"] != "Dead Letter" for order in orders for event in ground.push_events(order))
	for order in orders:
		check_memory(ground, order)


def test_an_answer_that_is_lost_is_waited_for_and_its_fulfillment_adopted(tmp_path: Path) -> None:
	ground = Shipping(tmp_path)
	order = ground.order(TEE=6)
	ground.faults.set(timeout_after=1.0)
	note = ground.note(order, ("TEE", 2))
	ground.push(only(["before_call"], lambda: None))
	ground.faults.set(timeout_after=0.0)
	assert ground.sent(order) in ({"TEE": 2}, {})
	if not order.fulfillments:
		# The reading failed too: now it is the call's turn.
		ground.pass_time(120)
		ground.push(lambda step: ground.faults.set(timeout_after=1.0) if step == "before_call" else None)
		ground.faults.set(timeout_after=0.0)
	assert ground.sent(order) == {"TEE": 2}
	ground.push()
	assert ground.last_push(order)["status"] == "Retrying"
	assert ground.calls("FulfillmentCreate") == 1
	ground.settle()
	assert ground.sent(order) == {"TEE": 2}
	event = ground.last_push(order)
	[change] = json.loads(ground.attempts(event["name"])[-1]["changes"])
	assert (change["action"], event["status"], event["document_name"]) == ("adopt", "Applied", note)


def test_what_somebody_else_made_meanwhile_is_not_adopted(tmp_path: Path) -> None:
	"""The call never arrived; of two parcels by hand one has other pieces, and one was there before."""
	ground = Shipping(tmp_path)
	order = ground.order(TEE=9)
	before = ground.by_hand(order, TEE=2)
	ground.note(order, ("TEE", 2))
	assert is_stopped(lambda: ground.push(stop_at("before_call")))
	other = ground.by_hand(order, TEE=1)
	ground.settle()
	assert ground.sent(order) == {"TEE": 5}
	assert set(ground.facts(order)["sent"]).isdisjoint({before.id, other.id})


def test_a_worker_that_was_frozen_past_its_lease_says_nothing(tmp_path: Path) -> None:
	ground = Shipping(tmp_path)
	order = ground.order(TEE=9)
	ground.note(order, ("TEE", 2))

	def freeze() -> None:
		ground.pass_time(400)
		ground.push(worker="another")

	ground.push(only(["before_call"], freeze))
	ground.settle()
	assert ground.sent(order) == {"TEE": 2}
	assert ground.calls("FulfillmentCreate") == 1


def test_a_worker_that_was_frozen_before_it_decided(tmp_path: Path) -> None:
	ground = Shipping(tmp_path)
	order = ground.order(TEE=9)
	ground.note(order, ("TEE", 2))

	def freeze() -> None:
		ground.pass_time(400)
		ground.push(worker="another")

	ground.push(only(["read"], freeze))
	ground.settle()
	assert ground.sent(order) == {"TEE": 2}


def test_a_note_during_the_push_is_pushed_too(tmp_path: Path) -> None:
	ground = Shipping(tmp_path)
	order = ground.order(TEE=9)
	ground.note(order, ("TEE", 2))
	ground.push(only(["after_call"], lambda: (ground.note(order, ("TEE", 3)), ground.push(worker="another"))))
	ground.settle()
	assert ground.sent(order) == {"TEE": 5}


class Life:
	"""What people do with the Delivery Notes of two orders. :ivar notes: those that stand: name → order and pieces."""

	def __init__(self, ground: Shipping, dice: random.Random) -> None:
		self.ground = ground
		self.dice = dice
		self.orders = [ground.order(place=dice.randrange(2), TEE=30, MUG=30) for _number in range(2)]
		self.notes: dict[str, tuple[Order, dict[str, int]]] = {}

	def deed(self) -> None:
		"""Do something."""
		deed = self.dice.random()
		if deed < 0.35 and len(self.notes) < 12:
			self._deliver()
		elif deed < 0.45 and self.notes:
			self._cancel()
		elif deed < 0.55 and self.notes:
			self.ground.track(self.dice.choice(sorted(self.notes)), f"1Z{self.dice.randrange(100)}")
		else:
			step = self.dice.choice((*STEPS, "never", "never"))
			is_stopped(lambda: self.ground.push(stop_at(step, self.dice.randint(1, 2)), worker=str(deed)))

	def _deliver(self) -> None:
		order = self.dice.choice(self.orders)
		rows = {code: self.dice.randint(1, 2) for code in self.dice.sample(("TEE", "MUG"), self.dice.randint(1, 2))}
		name = self.ground.note(order, *((code, count, self.dice.choice(("W0", "W1"))) for code, count in rows.items()))
		self.notes[name] = (order, rows)

	def _cancel(self) -> None:
		name = self.dice.choice(sorted(self.notes))
		order, rows = self.notes.pop(name)
		self.ground.cancel_note(name)
		if self.dice.random() < 0.5:
			rows = self.dice.choice((rows, {"TEE": 1}))
			self.notes[self.ground.amend(name, order, *rows.items())] = (order, rows)

	def check(self) -> None:
		"""Compare what the shop has with the notes that stand."""
		for order in self.orders:
			wanted: dict[str, int] = {}
			for rows in (rows for found, rows in self.notes.values() if found is order):
				wanted = {code: wanted.get(code, 0) + rows.get(code, 0) for code in {*wanted, *rows}}
			assert self.ground.sent(order) == wanted
			if self.ground.push_events(order):
				check_memory(self.ground, order)
		for name, (order, _rows) in self.notes.items():
			self._check_tracking(name, order)

	def _check_tracking(self, name: str, order: Order) -> None:
		number = self.ground.note_values(name).get("shopify_tracking_number")
		sent = self.ground.facts(order)["sent"].items()
		mine = [id for id, row in sent if row["note"] == name and not row["cancelled"]]
		assert mine
		assert not number or all(self.ground.shop.fulfillments.get(id).tracking_numbers == [number] for id in mine)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), faults=st.dictionaries(st.sampled_from(FAULTS), st.sampled_from((0.1, 0.4)), max_size=4))
def test_whatever_goes_wrong_the_shop_has_what_was_delivered(tmp_path_factory, seed: int, faults: dict[str, float]) -> None:
	dice = random.Random(seed)
	moving = dice.choice(("Move it", "As assigned in Shopify"))
	ground = Shipping(tmp_path_factory.mktemp("push"), places=[{}, {}], fulfillment_location=moving)
	life = Life(ground, dice)
	ground.faults.set(**faults)
	for _number in range(25):
		life.deed()
		ground.pass_time(dice.choice((0, 5, 120, 400)))
	ground.faults.set(**dict.fromkeys(faults, 0.0))
	ground.settle(240)
	life.check()
