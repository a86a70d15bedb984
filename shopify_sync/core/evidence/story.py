"""The story of an event, or of a record across all its events: one timeline, made of rows of evidence. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import Any

from ..events import Action
from . import entries
from .entries import Entry, Kind, Row
from .words import NOTHING, duration

_WORK = (str(Action.APPLY), str(Action.PUSH))
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True)
class EventEvidence:
	"""Everything that is on record of one event.

	:ivar event: its row, without the payload. *attempts*: Sync Attempts in the order in which they were written.
	:ivar calls: Shopify API Calls; *conflicts*, *holds*: rows of Sync Conflict and Sync Hold; *replaced*: older events that gave way.
	"""

	event: Row
	attempts: Sequence[Row] = ()
	calls: Sequence[Row] = ()
	conflicts: Sequence[Row] = ()
	holds: Sequence[Row] = ()
	replaced: Sequence[Row] = ()


@dataclass(frozen=True)
class RecordEvidence:
	"""Everything that is on record of a record: its events both ways, and what reconciliation found of it."""

	events: Sequence[EventEvidence] = ()
	findings: Sequence[Row] = field(default_factory=tuple)


def story_of(evidence: EventEvidence) -> list[Entry]:
	"""Return the story of one event, oldest first; what it waits for now stands at the end."""
	return _in_order(_entries_of(evidence))


def record_story(evidence: RecordEvidence) -> list[Entry]:
	"""Return the story of a record across all its events, newest first. Each entry names its event."""
	found: list[Entry] = []
	calls: set[str] = set()
	for one in evidence.events:
		# A call may have been made for several events: it is told once.
		news = [row for row in one.calls if row.get("name") not in calls]
		calls |= {str(row.get("name")) for row in news}
		ordered = _in_order(_entries_of(replace(one, calls=news)))
		found += _with_times(ordered, str(one.event.get("name") or ""))
	for row in evidence.findings:
		found += entries.finding(row)
	found.sort(key=lambda entry: entry.at or _EPOCH)
	# Not sorted the other way round: of one moment the later entry comes first too.
	return found[::-1]


def _entries_of(evidence: EventEvidence) -> Iterator[Entry]:
	yield from entries.received(evidence.event)
	yield from _attempts(evidence)
	yield from (entries.call(row) for row in evidence.calls)
	for row in evidence.conflicts:
		yield from entries.conflict(row)
	for row in evidence.holds:
		yield from entries.hold(row)
	yield from (entries.replaced(row) for row in evidence.replaced)
	if (end := entries.ending(evidence.event)) is not None:
		yield end


def _attempts(evidence: EventEvidence) -> Iterator[Entry]:
	"""Yield what workers and people did, each attempt with how long the event had waited for it."""
	since = evidence.event.get("received_at")
	for row in evidence.attempts:
		started = row.get("started_at")
		is_work = row.get("action") in _WORK
		waited = duration(started - since) if is_work and started and since and started >= since else NOTHING
		yield entries.attempt(row, waited)
		since = row.get("ended_at") or started or since


def _in_order(found: Iterator[Entry]) -> list[Entry]:
	"""Return entries by time; those of one moment by their rank; what has no time at the end."""
	numbered = list(enumerate(found))
	numbered.sort(key=lambda pair: (pair[1].at is None, pair[1].at or _EPOCH, pair[1].rank, pair[0]))
	return [entry for _number, entry in numbered]


def _with_times(ordered: Sequence[Entry], event: str) -> list[Entry]:
	"""Return the entries of one event for a longer story: each names the event; what has no time takes that of the one before."""
	found, at = [], None
	for entry in ordered:
		at = entry.at or at
		found.append(replace(entry, at=at, event=event))
	return found


def as_data(entry: Entry) -> Mapping[str, Any]:
	"""Return an entry as plain data, its sentences still to be put into words (:func:`~.words.plain`)."""
	return {
		"kind": str(entry.kind),
		"at": entry.at,
		"title": entry.title,
		"said": list(entry.said),
		"outcome": entry.outcome,
		"facts": [{"label": label, "value": value} for label, value in entry.facts],
		"changes": list(entry.changes),
		"links": [{"doctype": doctype, "name": name, "label": label} for doctype, name, label in entry.links],
		"developers": [{"label": label, "text": text} for label, text in entry.developers],
		"event": entry.event,
	}


__all__ = ["Entry", "EventEvidence", "Kind", "RecordEvidence", "as_data", "record_story", "story_of"]
