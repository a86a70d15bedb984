"""Time is UTC inside; Frappe's Datetime columns hold naive times in the site's zone. This module alone converts."""

from __future__ import annotations

from datetime import datetime, timezone
from zoneinfo import ZoneInfo

from frappe.utils import get_system_timezone


def now() -> datetime:
	"""Return the time, UTC, with its zone."""
	return datetime.now(timezone.utc)


def to_site(moment: datetime | None) -> datetime | None:
	"""Return an aware time as Frappe stores and shows it: naive, in the site's zone."""
	return moment.astimezone(ZoneInfo(get_system_timezone())).replace(tzinfo=None) if moment else None


def to_naive_utc(moment: datetime | None) -> datetime | None:
	"""Return an aware time as the hidden mechanical columns hold it: naive UTC, so that no hour is there twice in autumn."""
	return moment.astimezone(timezone.utc).replace(tzinfo=None) if moment else None


def from_site(moment: datetime) -> datetime:
	"""Return a naive time of the site's zone as UTC, with its zone."""
	return moment.replace(tzinfo=ZoneInfo(get_system_timezone())).astimezone(timezone.utc)


def from_site_by(moment: datetime, by: datetime) -> datetime:
	"""Return a naive time of the site's zone, which had passed *by* then, as UTC, with its zone.

	Of an hour that is there twice in autumn the later one is meant if it had passed: a span since then is then never told too long.
	"""
	later = moment.replace(tzinfo=ZoneInfo(get_system_timezone()), fold=1).astimezone(timezone.utc)
	return later if later <= by else from_site(moment)
