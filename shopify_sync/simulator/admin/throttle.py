"""The leaky bucket of one app in one shop (https://shopify.dev/docs/api/usage/limits)."""

from __future__ import annotations

from ..clock import Clock

#: Points a second, by plan. "basic" stands for every standard plan.
RESTORE_RATES = {"basic": 100, "grow": 100, "advanced": 200, "plus": 1000, "enterprise": 2000}
#: How many seconds of restoring fill the bucket; seen in Shopify's answers (2,000 points at 100 a second), not documented.
SECONDS_TO_FILL = 20
#: One query may ask for this many points, whatever the plan.
MAXIMUM_COST = 1000


class Throttle:
	"""Points that come back with time.

	:param plan: a key of RESTORE_RATES; an unknown one counts as a standard plan.
	"""

	def __init__(self, clock: Clock, plan: str) -> None:
		self.restore_rate = RESTORE_RATES.get(plan, 100)
		self.maximum = self.restore_rate * SECONDS_TO_FILL
		self._clock = clock
		self._points = float(self.maximum)
		self._as_of = clock.now()

	def available(self) -> float:
		"""Return the points that are there now."""
		now = self._clock.now()
		passed = max((now - self._as_of).total_seconds(), 0)
		self._points = min(self._points + passed * self.restore_rate, self.maximum)
		self._as_of = max(now, self._as_of)
		return self._points

	def take(self, points: int) -> bool:
		"""Take *points* before a query runs, or tell that they are not there."""
		if self.available() < points:
			return False
		self._points -= points
		return True

	def give_back(self, points: int) -> None:
		"""Refund what a query did not use."""
		self._points = min(self._points + points, self.maximum)

	def status(self) -> dict[str, float]:
		"""Return `throttleStatus` as it stands in an answer."""
		return {
			"maximumAvailable": float(self.maximum),
			"currentlyAvailable": int(self.available()),
			"restoreRate": float(self.restore_rate),
		}
