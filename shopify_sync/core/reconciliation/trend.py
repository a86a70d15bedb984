"""Whether a discrepancy is one that grows, or that comes back however often it is healed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from ..enums import StrEnum

#: So many days are remembered of each discrepancy.
REMEMBERED = 60
_WEEK = timedelta(days=7)
_FEW = 3
_OFTEN, _FORTNIGHT = 4, timedelta(days=14)


class Trend(StrEnum):
	"""How a discrepancy develops."""

	NONE = ""
	GROWING = "Growing"
	RECURRING = "Recurring"


@dataclass(frozen=True)
class Sample:
	"""By how much the two sides differed on a day. :ivar healed: that was healed."""

	day: date
	amount: Decimal
	healed: bool = False


def added(samples: Sequence[Sample], new: Sample) -> tuple[Sample, ...]:
	"""Return *samples* with *new*; of one day the last counts."""
	kept = [sample for sample in samples if sample.day != new.day]
	return tuple(sorted((*kept, new), key=lambda sample: sample.day))[-REMEMBERED:]


def trend_of(samples: Sequence[Sample]) -> Trend:
	"""Return how the differences of a record develop: growing for a week or longer, or back on four days of a fortnight."""
	if not samples:
		return Trend.NONE
	last = samples[-1]
	healed = [sample for sample in samples if sample.healed and last.day - sample.day <= _FORTNIGHT]
	if len(healed) >= _OFTEN:
		return Trend.RECURRING
	since = [sample for sample in samples if not sample.healed]
	if len(since) < _FEW or since[-1].day - since[0].day < _WEEK:
		return Trend.NONE
	amounts = [abs(sample.amount) for sample in since]
	one_way = len({sample.amount > 0 for sample in since}) == 1
	grows = all(later >= earlier for earlier, later in pairwise(amounts)) and amounts[-1] > amounts[0]
	return Trend.GROWING if one_way and grows else Trend.NONE
