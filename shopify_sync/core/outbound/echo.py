"""Tells what our own push caused from what somebody else did.

Shopify answers a push with the time of the change by its own clock, and the webhook of that change carries the time by the same
clock: however late or often it comes, and whatever our clock says, the two agree. Only while the answer is not recorded our
clock must do, with room for its error.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from .memory import Memory

#: Between the time in Shopify's answer and that in its webhook: both are Shopify's, one has no fractions of a second.
SAME_CHANGE = timedelta(seconds=5)
#: How wrong our clock may be beside Shopify's.
SKEW = timedelta(minutes=5)


def pushed_by(memory: Memory, available: int, updated_at: datetime) -> str | None:
	"""Return the event whose push brought a level to *available* at *updated_at* (UTC), or None: somebody else did.

	A different quantity is never an echo, and neither is the same quantity at another time.
	"""
	for push in memory.pushes:
		if push.available == available and abs(updated_at - push.at) <= SAME_CHANGE:
			return push.event
	pending = memory.pending
	if pending and pending.available == available and pending.sent_at - SKEW <= updated_at <= pending.until + SKEW:
		return pending.event
	return None
