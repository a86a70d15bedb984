"""How fast a backfill goes, how long it will take, and when it has to hold back: what is live goes first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from .. import keys

#: What carrying out a record takes, compared with one another. Only how far it is and how long it takes depend on them.
WEIGHTS: Mapping[str, float] = {keys.PRODUCT: 2.0, keys.CUSTOMER: 2.0, keys.ORDER: 5.0, keys.INVENTORY_LEVEL: 1.0}
#: Seconds after which what was measured counts half: a pace that changed (at night, nobody else works) is soon the one that counts.
_HALF = 120.0
#: Until so many seconds are measured nothing is said.
_ENOUGH = 5.0
#: A live event that waits longer than this many seconds has the workers to itself.
LIVE_PATIENCE = 2.0
#: So many events of backfills may wait for each drain, besides the one that it is at: a live one is the next but so many.
WAITING_EACH = 1
#: So many stock levels are marked at a time, and pushed before more are: a live change is pushed behind so many at most.
MARKS = 250


@dataclass(frozen=True)
class Pace:
	"""What was done lately, and how long it took."""

	units: float = 0.0
	seconds: float = 0.0

	def after(self, units: float, seconds: float) -> Pace:
		"""Return the pace when *units* more were done in *seconds*."""
		seconds = max(seconds, 0.0)
		kept = 0.5 ** (seconds / _HALF)
		return Pace(self.units * kept + units, self.seconds * kept + seconds)

	@property
	def rate(self) -> float | None:
		"""Units a second; None while nothing can be said."""
		return self.units / self.seconds if self.seconds >= _ENOUGH and self.units > 0 else None


@dataclass(frozen=True)
class Load:
	"""What waits for the workers of inbound events.

	:ivar waiting: events of backfills that are due, counted up to as many as may wait.
	:ivar live: seconds that the oldest other event has been due; 0.0 when none is.
	"""

	waiting: int
	live: float


def has_room(load: Load, most: int) -> bool:
	"""Tell whether one more event of a backfill may be put before the workers. :param most: so many may wait."""
	return load.waiting < most and load.live <= LIVE_PATIENCE


def units(read: Mapping[str, int]) -> float:
	"""Return what so many records come to, in units of :data:`WEIGHTS`."""
	return sum(WEIGHTS[resource] * count for resource, count in read.items())


def share_done(read: Mapping[str, int], totals: Mapping[str, int]) -> float:
	"""Return how much is done, from 0 to 1. A total that turns out too small is as large as what was read."""
	whole = units({resource: max(total, read.get(resource, 0)) for resource, total in totals.items()})
	return min(units({resource: read.get(resource, 0) for resource in totals}) / whole, 1.0) if whole else 0.0


def time_left(read: Mapping[str, int], totals: Mapping[str, int], pace: Pace) -> timedelta | None:
	"""Return how long the rest will take at the pace of the last minutes; None while nothing can be said."""
	if pace.rate is None:
		return None
	left = units({resource: max(total - read.get(resource, 0), 0) for resource, total in totals.items()})
	return timedelta(seconds=left / pace.rate)
