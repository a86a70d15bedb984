"""What stands in a row of Sync Event, and the few statements that every part of the ledger makes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import frappe

from shopify_sync.core.event_causes import cause_of
from shopify_sync.core.events import ClaimedEvent, NewEvent
from shopify_sync.core.failures import Category
from shopify_sync.core.keys import short_hash
from shopify_sync.core.statuses import FINAL, INITIAL, OPEN, Status, check, sources_of

from .. import times

#: What a newer state of the same resource makes moot before anybody looks at it.
WAITING = (Status.RECEIVED, Status.RETRYING)
#: A newer event in one of these speaks for the resource: an older one that arrives late is superseded by it.
SPEAKS = (*OPEN, Status.PROCESSING)
#: So many events are put back, or named, by one statement.
AT_ONCE = 1000
CLAIM_COLUMNS = (
	"name, store, topic, resource_type, shopify_id, link, version, status, attempts, worker, payload, open_key, part_of"
)
_INSERT_COLUMNS = (
	"name", "creation", "modified", "owner", "modified_by", "docstatus", "idx", "store", "direction", "source", "topic",
	"resource_type", "shopify_id", "link", "version", "order_name", "status", "category", "message", "cause", "attempts", "deliveries",
	"received_at", "last_seen_at", "triggered_at", "shopify_updated_at", "due_at", "finished_at", "api_version", "event_id",
	"payload_hash", "payload", "part_of", "open_key", "signed_with",
)  # fmt: skip
_PLAIN_INSERT = (
	f"INSERT INTO `tabSync Event` ({', '.join(f'`{column}`' for column in _INSERT_COLUMNS)}) "  # noqa: S608 - constants
	f"VALUES ({', '.join(['%s'] * len(_INSERT_COLUMNS))}) "
)
INSERT = _PLAIN_INSERT + (
	"ON DUPLICATE KEY UPDATE "
	"deliveries = IF(store = VALUES(store) AND payload_hash = VALUES(payload_hash), deliveries + 1, deliveries), "
	"last_seen_at = IF(store = VALUES(store) AND payload_hash = VALUES(payload_hash), VALUES(last_seen_at), last_seen_at)"
)
#: A mark that finds one of its resource open is one with it.
MARK = _PLAIN_INSERT + (
	"ON DUPLICATE KEY UPDATE deliveries = deliveries + 1, last_seen_at = VALUES(last_seen_at), "
	# One that asks to look asks for all.
	"payload = IF(VALUES(payload) != '{}', VALUES(payload), payload)"
)


def row_of(event: NewEvent) -> tuple[Any, ...]:
	"""Return the values of `INSERT` and `MARK` for an event that is new.

	:raises ValueError: when its status is none that an event begins with.
	"""
	if event.status not in INITIAL:
		raise ValueError(f"An event cannot be received as {event.status}.")
	received = times.to_site(event.received_at)
	triggered = _parse_header_time(event.triggered_at)
	due = times.to_naive_utc(event.received_at) if event.status is Status.RECEIVED else None
	return (
		event.name, received, received, "Administrator", "Administrator", 0, 0, event.store, str(event.way), str(event.source), event.topic[:140],
		event.resource, event.shopify_id, event.link, event.version, event.label or None, str(event.status),
		str(event.category) if event.category else None, event.message or None,
		shared_cause(event.status, event.category, None, event.message), 0, 1,
		received, received, times.to_site(triggered), times.to_site(event.updated_at), due,
		received if event.status in FINAL else None, event.api_version or None, event.event_id or None,
		event.payload_hash, event.payload, event.part_of, event.open_key, str(event.signed_with) if event.signed_with else None,
	)  # fmt: skip


def shared_cause(status: Status, category: Category | None, missing: str | None, message: str | None) -> str | None:
	"""Return what an event in *status* has in common with others that wait for the same; what is new or finished waits for nothing."""
	if status is Status.RECEIVED or status in FINAL:
		return None
	return cause_of(str(category) if category else None, missing, message)


def _parse_header_time(text: str) -> datetime | None:
	try:
		# Shopify sends nanoseconds; datetime knows microseconds.
		whole, _, fraction = text.strip().replace("Z", "+00:00").partition(".")
		digits = "".join(char for char in fraction.partition("+")[0] if char.isdigit())[:6]
		zone = "+" + fraction.partition("+")[2] if "+" in fraction else ""
		parsed = datetime.fromisoformat(f"{whole}.{digits:0<6}{zone}" if digits else whole)
	except ValueError:
		return None
	return parsed if parsed.tzinfo else None


def take(row: Any, worker: str, lease_seconds: float) -> ClaimedEvent:
	"""Give a locked row to *worker* for so many seconds, and count the attempt."""
	check(row.status, Status.PROCESSING)
	now = times.now()
	lease = short_hash(row.name, worker, now.isoformat(), str(row.attempts))[:20]
	frappe.db.sql(
		"""UPDATE `tabSync Event` SET status = 'Processing', attempts = attempts + 1, due_at = %s, next_try_at = NULL,
		look_again = 0, open_key = NULL, lease_token = %s, worker = %s, modified = %s WHERE name = %s""",
		(times.to_naive_utc(now + timedelta(seconds=lease_seconds)), lease, worker[:140], times.to_site(now), row.name),
	)
	return ClaimedEvent(
		name=row.name,
		store=row.store,
		topic=row.topic,
		resource=row.resource_type,
		shopify_id=row.shopify_id,
		version=row.version,
		payload=row.payload,
		attempts=row.attempts + 1,
		lease=lease,
		part_of=row.part_of,
	)


def mark_superseded(names: Sequence[str], by: str) -> int:
	"""Supersede those of *names* that may be, by the event *by*. Return how many."""
	if not names:
		return 0
	now = times.to_site(times.now())
	frappe.db.sql(
		"""UPDATE `tabSync Event` SET status = %s, superseded_by = %s, open_key = NULL, message = %s, due_at = NULL, next_try_at = NULL,
		lease_token = NULL, worker = NULL, finished_at = %s, modified = %s WHERE name IN %s AND status IN %s""",
		(
			str(Status.SUPERSEDED), by, "A newer state of the same resource is known.", now, now, tuple(names),
			tuple(str(status) for status in sources_of(Status.SUPERSEDED)),
		),
	)  # fmt: skip
	return int(frappe.db._cursor.rowcount)


def requeue_one(name: str, status: Status, *, keep_attempts: bool = False) -> bool:
	"""Put an event that stands in *status* back into the queue; False when it has moved on meanwhile."""
	return requeue_those((name,), status, keep_attempts=keep_attempts) == 1


def requeue_those(names: tuple[str, ...], status: Status, *, keep_attempts: bool) -> int:
	"""Put events that stand in *status* back into the queue, and leave those that have moved on. Return how many.

	:param keep_attempts: an operator gives an event all its attempts again, a saved mapping does not.
	"""
	check(status, Status.RECEIVED)
	now = times.now()
	frappe.db.sql(
		"""UPDATE `tabSync Event` SET status = %s, attempts = IF(%s, attempts, 0), due_at = %s, next_try_at = NULL, finished_at = NULL,
		superseded_by = NULL, echo_of = NULL, discard_reason = NULL, category = NULL, message = NULL, missing = NULL, cause = NULL,
		modified = %s WHERE name IN %s AND status = %s""",
		(str(Status.RECEIVED), keep_attempts, times.to_naive_utc(now), times.to_site(now), names, str(status)),
	)
	return int(frappe.db._cursor.rowcount)


def end(
	names: str | tuple[str, ...],
	current: str,
	to: Status,
	*,
	category: Category | None = None,
	message: str | None = None,
	discard_reason: str | None = None,
) -> None:
	"""Put events that all stand in *current* away: as Discarded or as Dead Letters."""
	check(current, to)
	now = times.to_site(times.now())
	cause = shared_cause(to, category, None, message) if message else None
	frappe.db.sql(
		"""UPDATE `tabSync Event` SET status = %s, category = %s, message = COALESCE(%s, message), cause = COALESCE(%s, cause),
		missing = IF(%s IS NULL, missing, NULL), discard_reason = %s, due_at = NULL,
		next_try_at = NULL, open_key = NULL, lease_token = NULL, worker = NULL, finished_at = %s, modified = %s WHERE name IN %s""",
		(
			str(to),
			str(category) if category else None,
			message,
			cause,
			cause,
			discard_reason,
			now if to in FINAL else None,
			now,
			(names,) if isinstance(names, str) else names,
		),
	)
