"""How a call to Shopify fails, and why none is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..enums import StrEnum
from ..failures import Category, Failure, SyncFailure

#: A call that somebody is making ends within seconds as a rule: what waits for it looks again so soon.
LOOK_AGAIN = timedelta(seconds=10)


class ClosedBecause(StrEnum):
	"""Why nothing may be sent to a store now."""

	CIRCUIT_OPEN = "Circuit open"
	NOT_SIGNED_IN = "Not signed in"
	REJECTED = "Token rejected"
	PAUSED = "Paused"
	BUDGET = "API budget used up"


@dataclass(frozen=True)
class Closed:
	"""Nothing may be sent to a store now; what waits for it uses up no attempt.

	:ivar until: when to look again (UTC); None: when somebody has done something about it.
	"""

	because: ClosedBecause
	message: str
	until: datetime | None = None


class CallFailed(SyncFailure):
	"""A call that failed.

	:ivar may_have_arrived: whether it may have taken effect at Shopify; False only when it certainly did not.
	:ivar closed: set when the store's gate is closed now: the event goes back to the queue and uses up no attempt.
	:ivar call: the name of its evidence; empty when none was written.
	"""

	def __init__(self, failure: Failure, *, may_have_arrived: bool, closed: Closed | None = None, call: str = "") -> None:
		super().__init__(failure)
		self.may_have_arrived = may_have_arrived
		self.closed = closed
		self.call = call

	@classmethod
	def of(cls, closed: Closed) -> CallFailed:
		"""Return the failure of a call that was not made because the gate is closed."""
		return cls(Failure(_CATEGORY[closed.because], closed.message), may_have_arrived=False, closed=closed)


def look_again_at(owner: str, sent_at: datetime, until: datetime, now: datetime) -> datetime:
	"""Return when what waits for another worker's call looks again (UTC): soon, then after twice as long each time.

	:param owner: the lease that the call is made under; empty: it is over, and nobody knows how. *sent_at*: when it was noted.
	:param until: when it has arrived if it ever does, which is minutes later.
	"""
	return min(until, now + max(LOOK_AGAIN, now - sent_at)) if owner else until


_CATEGORY: Mapping[ClosedBecause, Category] = {
	ClosedBecause.CIRCUIT_OPEN: Category.SHOPIFY_UNAVAILABLE,
	ClosedBecause.NOT_SIGNED_IN: Category.AUTHENTICATION,
	ClosedBecause.REJECTED: Category.AUTHENTICATION,
	ClosedBecause.PAUSED: Category.SHOPIFY_UNAVAILABLE,
	ClosedBecause.BUDGET: Category.THROTTLED,
}
