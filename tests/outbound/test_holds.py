"""Holds that begin and end while a pusher is about to claim: what counts is how the store is set once it has its events."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from shopify_sync.core.outbound.pusher import Pusher
from shopify_sync.core.policy import StorePolicy
from tests.outbound.ground import Ground, PushHost

INVENTORY = {"scope": "Flow", "what": "Inventory", "user": "operator", "reason": "Stock take"}


class _Asked(PushHost):
	"""A host whose store is changed by somebody right after the first look at its settings, before the claim."""

	def __init__(self, ground: Ground, act: Callable[[], Any]) -> None:
		super().__init__(ground, "one")
		self._act: Callable[[], Any] | None = act

	def policy(self, store: str) -> StorePolicy:
		"""Return the settings as they stand now."""
		found = self._ground.instance.config.store(store).policy
		if self._act:
			act, self._act = self._act, None
			act()
		return found


def push_while(ground: Ground, act: Callable[[], Any]) -> None:
	"""Push what is due; *act* happens while the pusher waits for the claim."""
	Pusher(_Asked(ground, act)).run_one("push", "inventory_push")


def test_what_is_held_while_a_pusher_waits_for_the_claim_is_not_pushed(tmp_path: Path) -> None:
	ground = Ground(tmp_path)
	ground.settle()
	ground.book("TEE", 7)
	push_while(ground, lambda: ground.save(holds=[INVENTORY]))
	assert ground.on_hand("TEE") == 0
	assert (ground.last("TEE")["status"], ground.last("TEE")["attempts"]) == ("Held", 0)
	ground.save(holds=[])
	ground.settle()
	assert ground.on_hand("TEE") == 7


def test_what_is_released_while_a_pusher_waits_for_the_claim_does_not_begin_to_wait(tmp_path: Path) -> None:
	ground = Ground(tmp_path, holds=[INVENTORY])
	ground.settle()
	ground.book("TEE", 7)
	push_while(ground, lambda: ground.save(holds=[]))
	ground.settle()
	assert ground.on_hand("TEE") == 7
	assert not [event for event in ground.events() if event["status"] == "Held"]
