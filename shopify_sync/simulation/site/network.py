"""Between the shops and the site: carries what the couriers have due by the story's clock, and loses answers."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import frappe

from shopify_sync.simulator.clock import ManualClock
from shopify_sync.simulator.dice import Dice
from shopify_sync.simulator.webhooks.courier import Courier, Delivery

from ..facts import Acknowledged
from ..profiles import ReceiverFaults
from .target import SiteTarget

_LATENCY_SECONDS = (0.02, 0.5)


class Network:
	"""Drives the couriers. Whoever turns the clock asks :meth:`next_at` for the moment of the next :meth:`step`."""

	def __init__(
		self,
		clock: ManualClock,
		couriers: list[Courier],
		target: SiteTarget,
		dice: Dice,
		faults: ReceiverFaults,
		tell: Callable[[str], None],
	) -> None:
		self.couriers = couriers
		self.faults = faults
		self.acknowledged: list[Acknowledged] = []
		self.suffered: Counter[str] = Counter()
		self.answers: Counter[str] = Counter()
		self._clock = clock
		self._target = target
		self._dice = dice
		self._tell = tell
		self._flying: list[tuple[datetime, int, Courier, Delivery]] = []
		self._sequence = 0

	def next_at(self) -> datetime | None:
		"""Return when something is to be carried next, by the story's clock."""
		now = self._clock.now()
		moments = [self._flying[0][0]] if self._flying else []
		for courier in self.couriers:
			if due := courier.next_due():
				# The courier lives by its shop's clock, which may be wrong.
				moments.append(now + max(due - courier.shop.clock.now(), timedelta(0)))
		return min(moments, default=None)

	def step(self) -> None:
		"""Carry what is due now."""
		now = self._clock.now()
		for courier in self.couriers:
			for delivery in courier.take_due(courier.shop.clock.now()):
				latency = self._dice.uniform(*_LATENCY_SECONDS, "latency", delivery.key, delivery.attempt)
				self._sequence += 1
				heapq.heappush(self._flying, (now + timedelta(seconds=latency), self._sequence, courier, delivery))
		while self._flying and self._flying[0][0] <= now:
			_at, _sequence, courier, delivery = heapq.heappop(self._flying)
			self._arrive(courier, delivery)

	def _arrive(self, courier: Courier, delivery: Delivery) -> None:
		status = self._hand_in(courier, delivery)
		self.answers[str(status)] += 1
		self._tell(f"delivery {delivery.key}/{delivery.attempt} {delivery.webhook.topic}: {status}")
		if status is not None and 200 <= status < 300:
			self.acknowledged.append(Acknowledged.of(delivery))
		courier.report(delivery, status, courier.shop.clock.now())

	def _hand_in(self, courier: Courier, delivery: Delivery) -> int | None:
		name = (delivery.key, delivery.attempt)
		if self._suffers("crash_before", name):
			return None
		wakes = not self._suffers("lost_wake", name)
		try:
			status = self._target.deliver(courier.headers(delivery), delivery.body, wake=wakes)
		except Exception as error:
			# As the web server does: the request is rolled back and answered 500, and Shopify sends again.
			frappe.db.rollback()
			self._tell(f"delivery {delivery.key} meets {type(error).__name__}")
			return 500
		if self._suffers("crash_after", name) or self._suffers("lost_answer", name):
			return None
		return status

	def _suffers(self, fault: str, name: tuple[object, ...]) -> bool:
		happens = self._dice.chance(getattr(self.faults, fault), "receiver", fault, *name)
		self.suffered[f"receiver.{fault}"] += happens
		return happens
