"""A clock that runs faster than the machine's, so that four hours of retries can be watched in minutes."""

from __future__ import annotations

from datetime import datetime

from ..clock import Clock, SystemClock


class FastClock:
	"""Runs *speed* times as fast as another clock, starting from that one's time.

	:raises ValueError: when the speed is not above zero.
	"""

	def __init__(self, speed: float, clock: Clock | None = None) -> None:
		if speed <= 0:
			raise ValueError(f"a clock's speed must be above 0, not {speed}")
		self._clock = clock or SystemClock()
		self._start = self._clock.now()
		self._speed = speed

	def now(self) -> datetime:
		"""Return the time, UTC."""
		return self._start + (self._clock.now() - self._start) * self._speed
