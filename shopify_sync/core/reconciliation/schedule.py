"""When a store is reconciled by itself: every so often what changed, at night everything, and after an outage or a silence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from ..enums import StrEnum
from .settings import Settings

#: What is still under way when a run begins is left to the next one.
GRACE = timedelta(minutes=2)
#: A window begins so much before the last one ended: clocks, and `updated_at` that is set before the change can be seen.
OVERLAP = timedelta(minutes=15)
#: A run at night that could not begin in its hour begins in one of the following.
_NIGHT = 4
#: A silence this many times as long as the longest usual one is a gap; never less than half an hour.
_LONGER = 3
_AT_LEAST = timedelta(minutes=30)
#: With fewer webhooks than this nobody knows what is usual.
_ENOUGH = 20


class Depth(StrEnum):
	"""How much a run looks at."""

	LIGHT = "Light"
	FULL = "Full"
	RANGE = "Range"
	RECORDS = "Records"


class Reason(StrEnum):
	"""Why a run began."""

	SCHEDULE = "Schedule"
	OUTAGE = "After an outage"
	SILENCE = "No webhooks"
	OPERATOR = "Operator"


@dataclass(frozen=True)
class History:
	"""What is known of a store when it is asked whether it is due. All times are UTC.

	:ivar light_until: up to where what changed has been compared; None: never. *full_at*: when the last full run began.
	:ivar outage_ended: when the store could be reached again, None when it always could.
	:ivar heard: when webhooks came, the newest last; a few hundred tell what is usual.
	"""

	light_until: datetime | None = None
	full_at: datetime | None = None
	outage_ended: datetime | None = None
	heard: Sequence[datetime] = ()


@dataclass(frozen=True)
class Due:
	"""A run that is due. :ivar since: compare what changed after this moment (UTC); None: everything."""

	depth: Depth
	reason: Reason
	since: datetime | None
	until: datetime


def due(now: datetime, history: History, settings: Settings, time_zone: str) -> Due | None:
	"""Return the run that should begin now, or None. *now*: UTC."""
	until = now - GRACE
	if _is_night(now, history, settings, time_zone):
		return Due(Depth.FULL, Reason.SCHEDULE, None, until)
	if not settings.every_minutes:
		return None
	since = history.light_until
	light = Due(Depth.LIGHT, Reason.SCHEDULE, since - OVERLAP if since else now - timedelta(days=1), until)
	if since is None or now - since >= timedelta(minutes=settings.every_minutes) + GRACE:
		return light
	if history.outage_ended and history.outage_ended > since:
		return Due(Depth.LIGHT, Reason.OUTAGE, light.since, until)
	gap = silence(now, history.heard)
	if gap and gap > since:
		return Due(Depth.LIGHT, Reason.SILENCE, light.since, until)
	return None


def silence(now: datetime, heard: Sequence[datetime]) -> datetime | None:
	"""Return since when the stream of webhooks is silent for longer than is usual for the store, or None.

	The longest of the usual pauses is that which 95 of 100 pauses do not exceed.
	"""
	if len(heard) < _ENOUGH:
		return None
	pauses = sorted(later - earlier for earlier, later in pairwise(heard))
	usual = pauses[int(len(pauses) * 0.95)]
	limit = max(usual * _LONGER, _AT_LEAST)
	return heard[-1] + limit if now - heard[-1] > limit else None


def _is_night(now: datetime, history: History, settings: Settings, time_zone: str) -> bool:
	if settings.nightly_hour is None:
		return False
	local = now.astimezone(ZoneInfo(time_zone))
	# An hour that comes twice, when the clocks go back, begins a run the first time only.
	begins = local.replace(hour=settings.nightly_hour, minute=0, second=0, microsecond=0, fold=0)
	if local < begins:
		# A night that begins late in the evening goes on after midnight.
		begins -= timedelta(days=1)
	if local >= begins + timedelta(hours=_NIGHT):
		return False
	return history.full_at is None or history.full_at < begins
