"""One thing that happened to an event, in an operator's words: made of one row of evidence each.

Rows are plain mappings with the names of the site's columns; times are aware. Everything in them is masked already.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..contracts.base import NotJson, dump_json, parse_json
from ..enums import StrEnum
from ..events import Action, SignedWith, Source, Way
from ..statuses import Status
from .words import NOTHING, Words, _, duration, said

Row = Mapping[str, Any]


class Kind(StrEnum):
	"""What a reader may look for in a long story."""

	RECEIVED = "received"
	WAITING = "waiting"
	ATTEMPT = "attempt"
	CALL = "call"
	ACTION = "action"
	SYNC = "sync"
	CONFLICT = "conflict"
	FINDING = "finding"
	ENDED = "ended"


@dataclass(frozen=True)
class Entry:
	"""One entry of a timeline.

	:ivar at: when; None: not known, it stands where it was put. *said*: sentences for an operator.
	:ivar outcome: a word with a colour (a status). *facts*: (name, value) on one line, small.
	:ivar changes: as evidence has them: document, and each field before → after. *links*: (doctype, name, label).
	:ivar developers: (name, text) that only a developer wants to see.
	"""

	kind: Kind
	at: datetime | None
	title: Words
	said: tuple[Words, ...] = ()
	outcome: str = ""
	facts: tuple[tuple[Words, Any], ...] = ()
	changes: tuple[Any, ...] = ()
	links: tuple[tuple[str, str, Words], ...] = ()
	developers: tuple[tuple[Words, str], ...] = ()
	event: str = ""
	#: Of two entries at the same moment the lower stands first.
	rank: int = 5


_CAME_BY: Mapping[str, Words] = {
	Source.WEBHOOK: _("Shopify delivered it"),
	Source.BACKFILL: _("A backfill read it from Shopify"),
	Source.RECONCILIATION: _("Reconciliation read it from Shopify"),
	Source.REPLAY: _("It was fetched from Shopify again"),
	Source.ERPNEXT: _("Something changed in ERPNext that Shopify has to hear of"),
}


def received(event: Row) -> list[Entry]:
	"""Return how an event came, and that it came again."""
	outbound = event.get("direction") == Way.OUTBOUND
	webhook = event.get("source") == Source.WEBHOOK and not outbound
	sentences = [_signature(event)] if webhook else []
	lag = _between(event.get("triggered_at"), event.get("received_at")) if webhook else NOTHING
	if lag:
		sentences.append(_("It arrived {0} after it happened in Shopify.", lag))
	changed = None if outbound else event.get("shopify_updated_at")
	facts = [(_("API version"), event.get("api_version")), (_("Changed in Shopify"), changed)]
	came = _CAME_BY.get(event.get("source") or "", _("It was recorded"))
	first = Entry(
		Kind.RECEIVED,
		event.get("received_at"),
		came,
		tuple(sentences),
		facts=_filled(facts),
		developers=_of_receipt(event),
		rank=0,
	)
	return [first, *_again(event, outbound)]


def _signature(event: Row) -> Words:
	by = event.get("signed_with")
	if by == SignedWith.PREVIOUS:
		return _("Its signature was right, made with the previous client secret.")
	return _("Its signature was right: a delivery without a right one is not recorded.")


def _of_receipt(event: Row) -> tuple[tuple[Words, str], ...]:
	rows = ((_("Name"), event.get("name")), (_("Event id"), event.get("event_id")), (_("Version"), event.get("version")))
	more = ((_("Hash of the payload"), event.get("payload_hash")), (_("Link"), event.get("link")))
	return tuple((label, str(value)) for label, value in (*rows, *more) if value)


def _again(event: Row, outbound: bool) -> list[Entry]:
	times = int(event.get("deliveries") or 1)
	if times < 2:
		return []
	if outbound:
		text = _("{0} changes in all: this one push stands for them.", times)
		return [Entry(Kind.RECEIVED, event.get("last_seen_at"), _("It changed again in ERPNext"), (text,), rank=1)]
	text = _("{0} deliveries in all. Only the first one is recorded; the others changed nothing.", times)
	return [Entry(Kind.RECEIVED, event.get("last_seen_at"), _("Shopify delivered it again"), (text,), rank=1)]


_ATTEMPTS = {Action.APPLY: _("A worker took it up"), Action.PUSH: _("A worker told Shopify")}
_ACTIONS: Mapping[str, Words] = {
	Action.RETRY: _("Retry"),
	Action.DISCARD: _("Discard"),
	Action.REPLAY: _("Replay"),
	Action.REQUEUE: _("Requeue"),
	Action.RESOLVE: _("Conflict decided"),
}


def attempt(row: Row, waited: Words) -> Entry:
	"""Return an attempt of a worker, what a person did, or what the sync did by itself.

	:param waited: how long the event had waited for a worker.
	"""
	action = str(row.get("action") or "")
	if action in _ATTEMPTS:
		return _worked(row, _ATTEMPTS[Action(action)], waited)
	if action == Action.WORKER_DIED:
		return Entry(
			Kind.SYNC, row.get("started_at"), _("Its worker died"), (said(row.get("message") or ""),), str(row["outcome"])
		)
	return _acted(row, action)


def _worked(row: Row, title: Words, waited: Words) -> Entry:
	changes = tuple(_listed(row.get("changes")))
	facts = [(_("Attempt"), row.get("attempt") or None), (_("Waited"), waited), (_("Took"), _took(row))]
	facts += [(_("Started again"), row.get("restarts") or None)]
	sentences = [said(row.get("message") or "")]
	if row.get("outcome") == Status.APPLIED and not row.get("message"):
		sentences = [_changed(len(changes), row.get("action") == Action.PUSH)]
	reads = _pairs(row.get("reads"))
	if row.get("action") == Action.PUSH:
		facts += [(said(name.replace("_", " ")), value) for name, value in reads if not value.startswith(("{", "["))]
	developers = [(_("Worker"), str(row.get("worker") or "")), (_("What was read"), _laid_out(reads))]
	developers += [(_("Technical detail"), str(row.get("detail") or ""))]
	return Entry(
		Kind.ATTEMPT,
		row.get("started_at"),
		title,
		tuple(one for one in sentences if one),
		str(row.get("outcome") or ""),
		_filled(facts),
		changes,
		_link("Sync Attempt", row.get("name"), _("Evidence")),
		tuple((label, text) for label, text in developers if text),
	)


def _changed(count: int, in_shopify: bool) -> Words:
	if in_shopify:
		return _("{0} things were changed in Shopify.", count) if count > 1 else _("It was changed in Shopify.")
	return _("{0} documents were changed.", count) if count > 1 else _("One document was changed.")


def _acted(row: Row, action: str) -> Entry:
	user, reason = row.get("user"), row.get("reason") or ""
	sentences = [said(row.get("message") or "")]
	title = _ACTIONS.get(action, said(action))
	if user:
		sentences += [_("Reason: {0}", reason)] if reason else []
		facts = [(_("By"), said(str(row.get("user_name") or user)))]
		links = _link("Sync Operation", row.get("operation"), _("Operation"))
		outcome = str(row.get("outcome") or "")
		return Entry(
			Kind.ACTION, row.get("started_at"), title, tuple(s for s in sentences if s), outcome, tuple(facts), links=links
		)
	sentences.append(said(reason))
	return Entry(
		Kind.SYNC,
		row.get("started_at"),
		_("Set going again by itself"),
		tuple(s for s in sentences if s),
		str(row.get("outcome") or ""),
	)


def call(row: Row) -> Entry:
	"""Return a call to Shopify that was made for an event."""
	facts = [(_("Took"), _took(row)), (_("Cost"), _number(row.get("actual_cost") or row.get("requested_cost")))]
	facts += [(_("Tries"), row.get("tries") if (row.get("tries") or 0) > 1 else None)]
	facts += [(_("Request id"), row.get("request_id")), (_("Idempotency key"), row.get("idempotency_key"))]
	return Entry(
		Kind.CALL,
		row.get("started_at"),
		_("Shopify was called: {0}", row.get("operation")),
		tuple(text for text in (said(row.get("message") or ""),) if text),
		str(row.get("outcome") or ""),
		_filled(facts),
		links=_link("Shopify API Call", row.get("name"), _("API call")),
		developers=tuple((label, text) for label, text in ((_("Variables"), str(row.get("variables") or "")),) if text),
	)


def conflict(row: Row) -> list[Entry]:
	"""Return that both sides had changed a field, and how a person decided. The values are personal: the form shows them."""
	links = _link("Sync Conflict", row.get("name"), _("Conflict"))
	found = Entry(
		Kind.CONFLICT,
		row.get("creation"),
		_("Both sides changed {0}", row.get("field")),
		(_("Nothing was overwritten: a person decides."),) if row.get("status") == "Open" else (),
		str(row.get("status") or ""),
		links=links,
	)
	if row.get("status") != "Resolved" or not row.get("resolved_at"):
		return [found]
	facts = ((_("By"), said(str(row.get("user_name") or row.get("resolved_by") or ""))),)
	note = (_("Reason: {0}", row["note"]),) if row.get("note") else ()
	title = _("Decided: {0}", row.get("resolution"))
	return [found, Entry(Kind.ACTION, row.get("resolved_at"), title, note, facts=facts, links=links)]


def finding(row: Row) -> list[Entry]:
	"""Return what reconciliation found of a record, and how it ended."""
	values = (_("Shopify says {0}, ERPNext says {1}.", row.get("shopify_value") or "–", row.get("erpnext_value") or "–"),)
	links = _link("Sync Discrepancy", row.get("name"), _("Discrepancy"))
	facts = [(_("Cause"), row.get("cause")), (_("Proposed"), row.get("proposal"))]
	title = _("Reconciliation found a difference: {0}", row.get("kind"))
	found = Entry(Kind.FINDING, row.get("first_seen_at"), title, values, facts=_filled(facts), links=links)
	if not row.get("resolved_at"):
		return [found]
	text = (said(row.get("resolution") or ""),) if row.get("resolution") else ()
	who = _filled([(_("By"), row.get("resolved_by"))])
	title = _("The difference is gone: {0}", row.get("kind"))
	return [found, Entry(Kind.FINDING, row["resolved_at"], title, text, str(row.get("status") or ""), who, links=links)]


def hold(row: Row) -> list[Entry]:
	"""Return that a person held what an event is about, and let it go."""
	about = row.get("link") or row.get("topic") or row.get("flow") or row.get("store")
	links = _link("Sync Hold", row.get("name"), _("Hold"))
	why = (_("Reason: {0}", row["reason"]),) if row.get("reason") else ()
	entries = [Entry(Kind.ACTION, row.get("held_at"), _("Hold: {0}", about), why, "Held", _by(row.get("user")), links=links)]
	if row.get("released_at"):
		released = _by(row.get("released_by"))
		entries.append(Entry(Kind.ACTION, row["released_at"], _("Release: {0}", about), facts=released, links=links))
	return entries


def replaced(row: Row) -> Entry:
	"""Return that an older event of the same resource gave way to this one."""
	text = _("Its state is part of this one's, so nothing was done for it.")
	links = _link("Sync Event", row.get("name"), said(str(row.get("topic") or row.get("name"))))
	return Entry(Kind.SYNC, row.get("finished_at"), _("An older event gave way to this one"), (text,), links=links)


def ending(event: Row) -> Entry | None:
	"""Return how a finished event ended, or what one that is not finished waits for."""
	status = str(event.get("status") or "")
	links: tuple[tuple[str, str, Words], ...] = ()
	text = _ENDS.get(status, NOTHING)
	if status == Status.NO_CHANGE and event.get("direction") == Way.OUTBOUND:
		text = _("Shopify agreed already, so nothing was changed.")
	if status == Status.SUPERSEDED and event.get("superseded_by"):
		links = _link("Sync Event", event["superseded_by"], _("The newer event"))
	elif status == Status.ECHO and event.get("echo_of"):
		links = _link("Sync Event", event["echo_of"], _("The event that pushed"))
	elif event.get("document_type") and event.get("document_name"):
		links = ((event["document_type"], event["document_name"], said(str(event["document_name"]))),)
	facts: Sequence[tuple[Words, Any]] = ()
	sentences = [text]
	if status in _WAITS:
		facts = [(_("Missing"), event.get("missing")), (_("Next try"), event.get("next_try_at"))]
		kind, at, title = Kind.WAITING, None, _("Now: {0}", _(status))
	else:
		kind, at, title = Kind.ENDED, event.get("finished_at"), _("It ended: {0}", _(status))
		total = _between(event.get("received_at"), event.get("finished_at"))
		facts = [(_("From receipt to end"), total)]
	if status == Status.DISCARDED and event.get("discard_reason"):
		sentences.append(_("Reason: {0}", event["discard_reason"]))
	if event.get("not_applied"):
		sentences.append(_("Not taken over: {0}", event["not_applied"]))
	return Entry(kind, at, title, tuple(s for s in sentences if s), status, _filled(facts), links=links, rank=9)


_WAITS = (Status.RECEIVED, Status.PROCESSING, Status.RETRYING, Status.BLOCKED, Status.HELD, Status.CONFLICT, Status.DEAD_LETTER)
_ENDS: Mapping[str, Words] = {
	Status.RECEIVED: _("It waits for a worker."),
	Status.PROCESSING: _("A worker has it."),
	Status.RETRYING: _("Nothing to do: it is tried again by itself."),
	Status.BLOCKED: _("It waits for what is missing, and goes on by itself as soon as that is there."),
	Status.HELD: _("It costs no attempt and goes on by itself when the reason is gone."),
	Status.CONFLICT: _("Nothing was overwritten. It waits for your decision."),
	Status.DEAD_LETTER: _("It is not tried again by itself. Mend the cause, then Retry; or Discard it."),
	Status.NO_CHANGE: _("ERPNext agreed already, so nothing was changed."),
	Status.SUPERSEDED: _("A newer state of the same resource counts, so nothing was done for this one."),
	Status.ECHO: _("It is our own push that came back, so nothing was done."),
	Status.SHADOWED: _("The store was in Shadow mode: what would be done was recorded, and nothing was changed."),
	Status.IGNORED: _("There was nothing to do for it."),
}


def _by(user: object) -> tuple[tuple[Words, Any], ...]:
	return ((_("By"), said(str(user))),) if user else ()


def _link(doctype: str, name: object, label: Words) -> tuple[tuple[str, str, Words], ...]:
	return ((doctype, str(name), label),) if name else ()


def _filled(facts: Sequence[tuple[Words, Any]]) -> tuple[tuple[Words, Any], ...]:
	return tuple((label, value) for label, value in facts if value not in (None, "", NOTHING))


def _between(start: datetime | None, end: datetime | None) -> Words:
	return duration(end - start) if start and end else NOTHING


def _took(row: Row) -> Words:
	milliseconds = row.get("duration_ms")
	return duration(float(milliseconds) / 1000) if milliseconds is not None else NOTHING


def _number(value: object) -> object:
	return int(value) if isinstance(value, float) and value.is_integer() else value or None


def _listed(text: object) -> list[Any]:
	found = _parsed(text)
	return found if isinstance(found, list) else []


def _pairs(text: object) -> list[tuple[str, str]]:
	found = _parsed(text)
	if not isinstance(found, Mapping):
		return []
	return [(str(name), value if isinstance(value, str) else dump_json(value)) for name, value in found.items()]


def _laid_out(pairs: Sequence[tuple[str, str]]) -> str:
	return "\n".join(f"{name}: {value}" for name, value in pairs)


def _parsed(text: object) -> Any:
	"""Return what stands in a JSON column; nothing where it cannot be read, for its own form shows the text as it is."""
	if not isinstance(text, str) or not text:
		return text
	try:
		return parse_json(text)
	except NotJson:
		return None
