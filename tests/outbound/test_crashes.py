"""Workers that die around a call, calls whose answers are lost: the shop ends with what ERPNext has, and nothing is set twice."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shopify_sync.simulator.faults import Faults
from tests.outbound.ground import Ground, Stopped

STEPS = ("claimed", "noted", "read", "before_call", "after_call", "recorded")


def stop_at(step: str):
	"""Return a probe that kills the process at a step."""

	def probe(reached: str) -> None:
		if reached == step:
			raise Stopped(step)

	return probe


@pytest.mark.parametrize("step", STEPS)
def test_a_worker_killed_a_hundred_times_at_one_step(tmp_path: Path, step: str) -> None:
	ground = Ground(tmp_path, places=[{}, {}], max_attempts=1000)
	ground.push()
	dice = random.Random(step)
	wanted = {}
	killed = 0
	for number in range(1000):
		for code in ("TEE", "MUG"):
			place = dice.randrange(2)
			wanted[(code, place)] = dice.randrange(50)
			ground.book(code, wanted[(code, place)], f"W{place}")
		if number % 7 == 0:
			# Nobody tells us: the next push of the level finds it.
			ground.shop.inventory.adjust("available", ground.inventory_item["TEE"], ground.locations[0], 1, "correction")
			wanted[("TEE", 0)] = dice.randrange(50)
			ground.book("TEE", wanted[("TEE", 0)])
		killed += _is_stopped(lambda: ground.push(stop_at(step), worker=f"w{number}"))  # noqa: B023 -- called at once
		ground.pass_time(dice.choice((1, 200, 400)))
		if killed == 100:
			break
	assert killed == 100
	ground.settle()
	assert {key: ground.on_hand(*key) for key in wanted} == wanted


def _is_stopped(work: Callable[[], object]) -> bool:
	"""Do *work*; tell whether its process was killed."""
	try:
		work()
	except Stopped:
		return True
	return False


FAULTS = {
	name: st.sampled_from((0.0, 0.1, 0.4))
	for name in ("throttle", "server_error_before", "server_error_after", "timeout_before", "timeout_after", "reset_before",
		"reset_after", "garble_answer", "still_running")
}  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), faults=st.fixed_dictionaries(FAULTS))
def test_whatever_goes_wrong_the_shop_ends_with_what_erpnext_has(tmp_path_factory, seed: int, faults: dict[str, float]) -> None:
	dice = random.Random(seed)
	ground = Ground(tmp_path_factory.mktemp("push"), places=[{}, {"safety_stock": 1}], faults=Faults(**faults), max_attempts=1000)
	for _number in range(30):
		deed = dice.random()
		code, place = dice.choice(("TEE", "MUG")), dice.randrange(2)
		if deed < 0.5:
			ground.book(code, dice.randrange(-3, 30), f"W{place}")
		elif deed < 0.6 and ground.shop.inventory.level(ground.inventory_item[code], ground.locations[place]):
			ground.shop.inventory.adjust(
				"available", ground.inventory_item[code], ground.locations[place], dice.randrange(-5, 5) or 1, "correction"
			)
			# Nothing tells us of it: the next change of the same level finds it.
			ground.book(code, dice.randrange(30), f"W{place}")
		else:
			step = dice.choice((*STEPS, "never", "never"))
			_is_stopped(lambda: ground.push(stop_at(step), worker=str(deed)))  # noqa: B023 -- called at once
		ground.pass_time(dice.choice((0, 5, 120, 400)))
	for name in faults:
		ground.faults.set(**{name: 0.0})
	ground.settle(120)
	for code in ("TEE", "MUG"):
		for place, safety in ((0, 0), (1, 1)):
			have = ground.bin(code, f"W{place}")
			assert ground.level(code, place) in (max(int(have) - safety, 0), None if have == 0 else -1), (code, place)
	assert not [event for event in ground.events() if event["status"] not in ("Applied", "No Change", "Superseded")]


def test_a_worker_that_was_frozen_after_reading_does_not_remember_what_is_old(tmp_path: Path) -> None:
	ground = Ground(tmp_path, max_attempts=1000)
	ground.book("TEE", 14)
	ground.push()
	ground.shop.inventory.adjust("available", ground.inventory_item["TEE"], ground.locations[0], -3, "correction")
	frozen: list[str] = []

	def freeze(reached: str) -> None:
		if reached == "read" and not frozen:
			frozen.append(reached)
			ground.pass_time(400)
			ground.push(worker="two")
			ground.book("TEE", 20)

	ground.book("TEE", 12)
	ground.push(freeze)
	ground.settle()
	assert frozen
	assert (ground.on_hand("TEE"), ground.memory("TEE").on_hand) == (20, 20)


@pytest.mark.parametrize("step", ["noted", "before_call"])
def test_a_worker_that_was_frozen_before_a_call_does_not_make_it(tmp_path: Path, step: str) -> None:
	ground = Ground(tmp_path, max_attempts=1000)
	ground.book("TEE", 14)
	ground.push()
	frozen: list[str] = []

	def freeze(reached: str) -> None:
		if reached == step and not frozen:
			frozen.append(reached)
			ground.pass_time(400)
			ground.book("TEE", 20)
			ground.push(worker="two")
			ground.book("TEE", 14)
			ground.push(worker="two")

	ground.book("TEE", 12)
	ground.push(freeze)
	ground.settle()
	# 14 is what the frozen worker would compare with: its call would be taken for a good one.
	assert (ground.on_hand("TEE"), ground.memory("TEE").on_hand) == (14, 14)
