"""When a failed event is tried again: exponential backoff with full jitter, never sooner than the other side asks."""

from __future__ import annotations


def delay_seconds(attempt: int, jitter: float, *, base: float, cap: float, retry_after: float | None = None) -> float:
	"""Return the seconds to wait before the next try.

	Full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter"): a uniform share of `base * 2**(attempt-1)`, capped.

	:param attempt: how many attempts the event has used, from 1.
	:param jitter: a uniform random number in [0, 1); given by the caller, so that a simulation can repeat a run.
	:param base: seconds; the ceiling after the first attempt.
	:param cap: seconds; the ceiling after many.
	:param retry_after: seconds that Shopify's `Retry-After` asks for, if it did; a lower bound.
	"""
	ceiling = min(cap, base * float(1 << min(attempt - 1, 30)))
	# A second at least: a retry in the same instant meets the same fault.
	wait = max(1.0, ceiling * jitter)
	return max(wait, retry_after or 0.0)
