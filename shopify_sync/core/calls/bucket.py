"""The points that Shopify's Admin API gives an app in a shop, as its workers share them: arithmetic on a plain value.

Shopify takes what a query asks for before it runs, gives back what it did not use, and restores points all the time; each answer
says how many there are (`extensions.cost.throttleStatus`, https://shopify.dev/docs/api/usage/limits). This bucket does the same
sums a little earlier, so that a call waits here instead of being refused there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ..enums import StrEnum

#: One query may ask for this many points (Shopify's limit): what a query that was never seen is taken to ask for.
MOST = 1000.0
#: What a call without an answer is taken to have used, if it took so much. The next answer tells better.
UNTOLD = 100.0
#: A ticket whose holder died is forgotten after this many seconds; longer than any call lasts.
TICKET_SECONDS = 120.0
#: A call that waits asks again every half second; one that has not for so long waits no more.
WAITING_SECONDS = 3.0
#: Kept free of rounding: Shopify states what is available without its fraction, and clocks are read a moment apart.
_MARGIN = 2.0


class Priority(StrEnum):
	"""Who waits for a call. The lower ones leave something in the bucket for the higher."""

	OPERATOR = "Operator"
	LIVE = "Live"
	BACKFILL = "Backfill"


#: The share of a full bucket that a priority leaves there.
RESERVE: Mapping[Priority, float] = {Priority.OPERATOR: 0.0, Priority.LIVE: 0.05, Priority.BACKFILL: 0.4}

#: The share of what the plan gives that backfill may use over time, unless said otherwise: however much there is to read, the rest is
#: left for what is live.
BACKFILL_SHARE = 0.5


@dataclass(frozen=True)
class ThrottleStatus:
	"""What an answer says of the bucket, in points and points a second."""

	maximum: float
	available: float
	restore_rate: float


@dataclass(frozen=True)
class Ticket:
	"""A call under way: the points it took, when it is forgotten, the how manieth it is, and whether its points are backfill's."""

	points: float
	expires: float
	number: int = 0
	backfill: bool = False


@dataclass(frozen=True)
class Waiting:
	"""A call that waits for its points: how many, since when, and when it is forgotten unless it asks again."""

	points: float
	priority: Priority
	since: float
	expires: float


@dataclass(frozen=True)
class Bucket:
	"""What is known of the points.

	:ivar level: points there now, by our own sums; :ivar as_of: seconds of the clock that all users of the bucket share.
	:ivar known: whether Shopify has said yet how large the bucket is. Until then it is taken for its smallest.
	:ivar queue: the calls that wait; who came first is served first, so that small calls do not starve a large one.
	:ivar share: of what the plan gives, for backfill; :ivar allowance: points of it that are there now. None: all that may gather.
	:ivar tickets: the calls under way; :ivar taken: how many there were; :ivar costs: what an operation was last said to ask for.
	"""

	maximum: float = MOST
	restore_rate: float = 100.0
	level: float = MOST
	as_of: float = 0.0
	known: bool = False
	taken: int = 0
	share: float = BACKFILL_SHARE
	allowance: float | None = None
	queue: Mapping[str, Waiting] = field(default_factory=dict)
	tickets: Mapping[str, Ticket] = field(default_factory=dict)
	costs: Mapping[str, float] = field(default_factory=dict)

	def estimate(self, operation: str) -> float:
		"""Return what *operation* is expected to ask for: as the last time, and the most possible where there was none."""
		return self.costs.get(operation, MOST)

	def at(self, now: float) -> Bucket:
		"""Return the bucket at *now*: points came back, and tickets of the dead are gone."""
		passed = max(now - self.as_of, 0.0) if self.as_of else 0.0
		level = min(self.level + passed * self.restore_rate, self.maximum)
		allowance = None if self.allowance is None else self.allowance + passed * self.restore_rate * self.share
		if allowance is not None and allowance >= self._most_allowed:
			allowance = None
		tickets = {name: ticket for name, ticket in self.tickets.items() if ticket.expires > now}
		queue = {name: waiting for name, waiting in self.queue.items() if waiting.expires > now}
		return replace(self, level=level, as_of=max(now, self.as_of), queue=queue, tickets=tickets, allowance=allowance)

	@property
	def _most_allowed(self) -> float:
		return self.maximum * self.share

	def _allowed_in(self, points: float) -> float:
		"""Return the seconds until backfill may take so many points of its share; a call larger than all that gathers waits for that."""
		missing = 0.0 if self.allowance is None else min(points, self._most_allowed) - self.allowance
		return missing / max(self.restore_rate * self.share, 0.001) if missing > 0 else 0.0

	def _less_allowed(self, points: float) -> float:
		"""Return what is left of backfill's share after so many points were taken of it (below zero: given back)."""
		return (self._most_allowed if self.allowance is None else self.allowance) - points

	def take(self, ticket: str, points: float, priority: Priority, now: float) -> tuple[Bucket, float]:
		"""Take *points* for a call, if they are there.

		:returns: the bucket afterwards, and the seconds to wait before asking again; 0 when the points were taken.
		"""
		current = self.at(now)
		points = min(points, current.maximum)
		known = current.queue.get(ticket)
		since = known.since if known else now
		ahead = sum(other.points for other in current.queue.values() if _goes_first(other, priority, since))
		needed = min(points + ahead + current.maximum * RESERVE[priority] + _MARGIN, current.maximum)
		queue = {name: other for name, other in current.queue.items() if name != ticket}
		is_backfill = priority is Priority.BACKFILL
		allowed_in = current._allowed_in(points) if is_backfill else 0.0
		if current.level < needed or allowed_in:
			queue[ticket] = Waiting(points, priority, since, now + WAITING_SECONDS)
			return replace(current, queue=queue), max((needed - current.level) / current.restore_rate, allowed_in, 0.001)
		number = current.taken + 1
		tickets = {**current.tickets, ticket: Ticket(points, now + TICKET_SECONDS, number, is_backfill)}
		allowance = current._less_allowed(points) if is_backfill else current.allowance
		level = current.level - points
		return replace(current, level=level, taken=number, queue=queue, tickets=tickets, allowance=allowance), 0.0

	def answered(
		self,
		ticket: str,
		now: float,
		*,
		operation: str = "",
		requested: float | None = None,
		used: float | None = None,
		status: ThrottleStatus | None = None,
	) -> Bucket:
		"""Return the bucket after a call ended.

		:param requested: `requestedQueryCost`; :param used: what it cost, 0 when it never arrived, None when nobody knows.
		:param status: what the answer said. Where other calls came after this one, it may not know of them yet: then the lower
			of it and of our own sums counts.
		"""
		current = self.at(now)
		mine = current.tickets.get(ticket, Ticket(0.0, 0.0))
		tickets = {name: held for name, held in current.tickets.items() if name != ticket}
		costs = dict(current.costs)
		if operation and requested is not None:
			costs[operation] = requested
		back = mine.points - (min(mine.points, UNTOLD) if used is None else used)
		level = min(current.level + back, current.maximum)
		allowance = current._less_allowed(-back) if mine.backfill else current.allowance
		ended = replace(current, level=level, tickets=tickets, costs=costs, allowance=allowance)
		return ended if status is None else ended._told(status, is_last=mine.number == current.taken)

	def _told(self, status: ThrottleStatus, *, is_last: bool) -> Bucket:
		"""Return the bucket corrected by what Shopify says of it. Calls under way may or may not be counted in it yet."""
		under_way = sum(ticket.points for ticket in self.tickets.values())
		stated = max(status.available - under_way, 0.0)
		level = stated if not self.known or (is_last and not self.tickets) else min(self.level, stated)
		rate = status.restore_rate if status.restore_rate > 0 else self.restore_rate
		return replace(self, maximum=max(status.maximum, 1.0), restore_rate=rate, level=min(level, status.maximum), known=True)


def _goes_first(other: Waiting, priority: Priority, since: float) -> bool:
	"""Tell whether a call that waits is served before one of that priority that has asked since then."""
	return RESERVE[other.priority] <= RESERVE[priority] and other.since < since
