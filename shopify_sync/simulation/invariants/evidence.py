"""Rules of the evidence: every change is recorded and every record is of a change; nothing is rewritten; nothing goes back."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

from shopify_sync.core import keys
from shopify_sync.core.events import Action
from shopify_sync.core.masking import mask_name
from shopify_sync.core.statuses import EDGES, Status

from ..facts import EventFact
from .parcels import returns_of
from .world import Moment, Violation, World

_GRAPH, _RISE, _REWRITTEN = "statuses move along the graph", "versions only rise", "nothing is rewritten"
#: What an action of the evidence is to the database.
_IN_THE_DATABASE = {"revise": "update", "submit": "update", "close": "update", "reopen": "update"}
#: A link that a plan wrote, and no document.
_LINKED = "link"
_EVIDENCE, _ONCE = "each change has evidence, each evidence its change", "an event changes things once"


def statuses_move_along_the_graph(world: World) -> Iterator[Violation]:
	"""No status was ever written that core/statuses.py does not allow from where the event stood."""
	for entry in world.journal or ():
		if entry.kind == "status" and Status(str(entry.after)) not in EDGES[Status(str(entry.before))]:
			yield Violation(_GRAPH, entry.name, f"went from {entry.before} to {entry.after}")


def versions_only_rise(world: World) -> Iterator[Violation]:
	"""A stale signal never undoes a newer one."""
	for entry in world.journal or ():
		if entry.kind == "version" and str(entry.after) < str(entry.before):
			yield Violation(_RISE, entry.name, f"went back from {entry.before} to {entry.after}")


def nothing_is_rewritten(world: World) -> Iterator[Violation]:
	"""Payloads stay as they came, evidence is only added."""
	for entry in world.journal or ():
		if entry.kind in ("payload", "evidence"):
			yield Violation(_REWRITTEN, entry.name, f"{entry.kind} {entry.action}")


def each_change_has_evidence(world: World) -> Iterator[Violation]:
	"""What the database saw change is what the Sync Attempts say, one for one."""
	if world.moment is Moment.RUNNING or world.journal is None:
		return
	seen = Counter(
		(entry.action, entry.what, mask_name(entry.what, entry.name))
		for entry in world.journal
		if entry.kind == "document" and entry.actor == "engine"
	)
	said = Counter(
		(_IN_THE_DATABASE.get(change["action"], change["action"]), change["doctype"], change["name"])
		for attempt in world.facts.attempts
		if attempt.outcome != Status.SHADOWED
		for change in attempt.changes
		if change["action"] != _LINKED
	)
	linked = {change["name"] for attempt in world.facts.attempts for change in attempt.changes if change["action"] == _LINKED}
	for key in sorted(linked):
		if key not in world.facts.links or world.facts.links[key].document is None:
			yield Violation(_EVIDENCE, key, "was linked, says a Sync Attempt, and the link points at nothing")
	for what in seen - said:
		yield Violation(_EVIDENCE, " ".join(map(str, what)), "happened, and no Sync Attempt says so")
	for what in said - seen:
		yield Violation(_EVIDENCE, " ".join(map(str, what)), "stands in a Sync Attempt, and never happened")


def an_event_changes_things_once(world: World) -> Iterator[Violation]:
	"""However often an event is delivered, retried and replayed: at most one of its attempts changes anything.

	Unless a person cancelled a return meanwhile: a replay brings back then what the refund spoke of too.
	"""
	changed = Counter(attempt.event for attempt in world.facts.attempts if attempt.changes and attempt.outcome == Status.APPLIED)
	for name, number in changed.items():
		if number > 1 and not _is_return_undone(world, world.facts.events.get(name)):
			yield Violation(_ONCE, name, f"changed documents in {number} attempts")
	applied = {one.event for one in world.facts.attempts if one.action == Action.APPLY and one.outcome == Status.APPLIED}
	for event in world.facts.events.values():
		if event.status is Status.APPLIED and event.name not in applied:
			yield Violation(_EVIDENCE, event.name, "is Applied, and no Sync Attempt says so")


def _is_return_undone(world: World, event: EventFact | None) -> bool:
	if event is None or not event.link:
		return False
	order = event.link.split("/", 2)[2] if event.resource == keys.ORDER else json.loads(event.payload or "{}").get("order_id")
	return any(note.docstatus == 2 for note in returns_of(world, keys.key(event.store, keys.ORDER, str(order))))
