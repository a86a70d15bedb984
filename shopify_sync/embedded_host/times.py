"""Times as text of one width, UTC, so that SQLite compares them as text."""

from __future__ import annotations

from datetime import datetime, timezone


def to_text(moment: datetime) -> str:
	"""Write a time as `2026-11-21T09:00:00.000000`, in UTC."""
	# Several times as fast as strftime and strptime, which a ledger of thousands of rows feels.
	return moment.astimezone(timezone.utc).replace(tzinfo=None).isoformat(timespec="microseconds")


def from_text(text: str) -> datetime:
	"""Read what :func:`to_text` wrote."""
	return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


def utc_now() -> datetime:
	"""Return the time, UTC."""
	return datetime.now(timezone.utc)
