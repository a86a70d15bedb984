"""How long things took, as people ask: half of them, nearly all of them, the slowest one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil


@dataclass(frozen=True)
class Spread:
	"""Of so many durations (seconds): the median, the 95th percentile, the largest."""

	count: int
	p50: float
	p95: float
	largest: float


def percentile(ordered: Sequence[float], share: float) -> float:
	"""Return the smallest value that *share* (0 to 1] of *ordered* does not exceed: the nearest rank, always one that was measured.

	:raises ValueError: without any value, or for a share that is not one.
	"""
	if not ordered or not 0 < share <= 1:
		raise ValueError("a percentile needs values, and a share above 0 and up to 1")
	return ordered[ceil(share * len(ordered)) - 1]


def spread_of(durations: Sequence[float]) -> Spread | None:
	"""Return how *durations* spread; None without any. A negative one is a clock that differs from ours: it counts as 0."""
	if not durations:
		return None
	ordered = sorted(max(seconds, 0.0) for seconds in durations)
	return Spread(len(ordered), percentile(ordered, 0.5), percentile(ordered, 0.95), ordered[-1])
