"""Selecting events of the ledger and putting them back into the queue, one commit each."""

from __future__ import annotations

from collections.abc import Iterable

import frappe
from frappe.utils import get_datetime

from shopify_sync.core.events import Action
from shopify_sync.core.operations import OperatorAction, Refused
from shopify_sync.core.statuses import Status

from . import wake
from .event_log import FrappeEventLog
from .operations.record import recorded


def select_events(
	since: str | None = None,
	until: str | None = None,
	topic: str | None = None,
	status_: str | None = None,
	store: str | None = None,
) -> list[str]:
	"""Return the names of the events that all given options select, oldest first. Times are the site's.

	:raises ValueError: when no option is given (that would be everything), or one cannot be read.
	"""
	if not any((since, until, topic, status_, store)):
		raise ValueError("Name the events, or narrow them down with --from, --to, --topic, --status or --store.")
	event = frappe.qb.DocType("Sync Event")
	query = frappe.qb.from_(event).select(event.name).orderby(event.received_at)
	if since:
		query = query.where(event.received_at >= _time(since))
	if until:
		query = query.where(event.received_at < _time(until))
	if topic:
		query = query.where(event.topic == topic.lower())
	if status_:
		query = query.where(event.status == str(_status(status_)))
	if store:
		query = query.where(event.store == store)
	return [str(name) for name in query.run(pluck=True)]


def _time(text: str) -> object:
	try:
		return get_datetime(text)
	except Exception as error:
		raise ValueError(f"{text!r} is no time. Write it like '2026-11-20 08:00'.") from error


def _status(text: str) -> Status:
	try:
		return next(status for status in Status if str(status).casefold() == text.strip().casefold())
	except StopIteration as error:
		raise ValueError(f"There is no status {text!r}. One of: {', '.join(str(status) for status in Status)}.") from error


def replay_events(names: Iterable[str], user: str) -> tuple[int, dict[str, str]]:
	"""Put events back into the queue. Return how many were, and why the others were refused."""
	names = list(names)
	log, refused = FrappeEventLog(), dict[str, str]()
	with recorded(OperatorAction.REPLAY, None, {"count": len(names)}, "the command line", user=user) as entry:
		for name in names:
			try:
				log.retry(name, user, action=Action.REPLAY)
				entry.changed += 1
			except Refused as error:
				frappe.db.rollback()
				refused[name] = str(error)
				entry.refuse(name, str(error).partition(": ")[2] or str(error))
		entry.message = f"{entry.changed} of {len(names)} events were put back into the queue."
	if entry.changed:
		wake.wake(flag=False)
	return entry.changed, refused
