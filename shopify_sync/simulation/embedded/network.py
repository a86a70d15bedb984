"""Between the shops and the host: carries what the courier has due, slowly, and loses answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime

from shopify_sync.simulator.dice import Dice
from shopify_sync.simulator.webhooks.courier import Courier, Delivery

from ..facts import Acknowledged
from ..profiles import ReceiverFaults
from ..scheduler import Scheduler
from .target import EmbeddedTarget

#: Shopify waits this long for an answer.
TIMEOUT_SECONDS = 5.0
_LATENCY_SECONDS = (0.02, 0.5)


class Network:
	"""Drives the couriers by the simulation's clock."""

	def __init__(
		self,
		scheduler: Scheduler,
		couriers: list[Courier],
		target: EmbeddedTarget,
		dice: Dice,
		faults: ReceiverFaults,
		tell: Callable[[str], None],
	) -> None:
		self.faults = faults
		self.acknowledged: list[Acknowledged] = []
		self.suffered: Counter[str] = Counter()
		self.answers: Counter[str] = Counter()
		self.recorded_at: dict[str, datetime] = {}
		self.flying = 0
		self._scheduler = scheduler
		self.couriers = couriers
		self._target = target
		self._dice = dice
		self._tell = tell
		self._armed: dict[int, float] = {}

	def arm(self) -> None:
		"""See to it that what the couriers have due is carried at its time."""
		for index, courier in enumerate(self.couriers):
			due = courier.next_due()
			if due is None:
				continue
			# The courier lives by its shop's clock, which may be wrong.
			at = self._scheduler.seconds + max((due - courier.shop.clock.now()).total_seconds(), 0.0)
			if at < self._armed.get(index, float("inf")):
				self._armed[index] = at
				self._scheduler.at(at, lambda index=index, at=at: self._carry(index, at))  # type: ignore[misc]

	@property
	def is_quiet(self) -> bool:
		"""Whether nothing is under way and nothing waits for a retry."""
		return not self.flying and all(courier.next_due() is None for courier in self.couriers)

	def _carry(self, index: int, at: float) -> None:
		if self._armed.get(index) != at:
			return
		del self._armed[index]
		courier = self.couriers[index]
		for delivery in courier.take_due(courier.shop.clock.now()):
			self.flying += 1
			latency = self._dice.uniform(*_LATENCY_SECONDS, "latency", delivery.key, delivery.attempt)
			self._scheduler.after(latency, lambda delivery=delivery: self._arrive(courier, delivery, 0.0))  # type: ignore[misc]
		self.arm()

	def _arrive(self, courier: Courier, delivery: Delivery, waited: float) -> None:
		if self._target.database.is_held and waited < TIMEOUT_SECONDS and not self._target.crew.is_down:
			# Another process writes: this one waits for the database, as long as Shopify waits for it.
			pause = max(0.05, waited)
			self._scheduler.after(pause, lambda: self._arrive(courier, delivery, waited + pause))
			return
		self.flying -= 1
		status = None if self._target.database.is_held else self._hand_in(courier, delivery)
		self.answers[str(status)] += 1
		self._tell(f"delivery {delivery.key}/{delivery.attempt} {delivery.webhook.topic}: {status}")
		if status is not None and 200 <= status < 300:
			self._acknowledge(delivery)
		courier.report(delivery, status, courier.shop.clock.now())
		self.arm()

	def _acknowledge(self, delivery: Delivery) -> None:
		self.acknowledged.append(Acknowledged.of(delivery))
		self.recorded_at.setdefault(delivery.webhook.id, self._scheduler.now())

	def _hand_in(self, courier: Courier, delivery: Delivery) -> int | None:
		name = (delivery.key, delivery.attempt)
		if self._suffers("crash_before", name):
			return None
		wakes = not self._suffers("lost_wake", name)
		status = self._target.deliver(courier.headers(delivery), delivery.body, wake=wakes)
		if self._suffers("crash_after", name) or self._suffers("lost_answer", name):
			return None
		return status

	def _suffers(self, fault: str, name: tuple[object, ...]) -> bool:
		happens = self._dice.chance(getattr(self.faults, fault), "receiver", fault, *name)
		self.suffered[f"receiver.{fault}"] += happens
		return happens
