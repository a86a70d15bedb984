"""Where the simulator takes the time from: the machine's clock, or one that somebody turns."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Protocol


class Clock(Protocol):
	"""Tells the time, UTC with its zone."""

	def now(self) -> datetime:
		"""Return the time, UTC."""


class SystemClock:
	"""The machine's clock."""

	def now(self) -> datetime:
		"""Return the time, UTC."""
		return datetime.now(timezone.utc)


class ManualClock:
	"""A clock that stands still until it is turned; never backwards."""

	def __init__(self, start: datetime) -> None:
		self._now = start

	def now(self) -> datetime:
		"""Return the time, UTC."""
		return self._now

	def advance(self, seconds: float) -> None:
		"""Let *seconds* pass."""
		self.turn_to(self._now + timedelta(seconds=seconds))

	def turn_to(self, moment: datetime) -> None:
		"""Let time pass until *moment*; a moment that is past changes nothing."""
		self._now = max(self._now, moment)


class SkewedClock:
	"""Another clock, seen by somebody whose own is wrong by a constant."""

	def __init__(self, clock: Clock, seconds: float) -> None:
		self._clock = clock
		self._skew = timedelta(seconds=seconds)

	def now(self) -> datetime:
		"""Return the time as this side believes it to be, UTC."""
		return self._clock.now() + self._skew
