"""What people do to events: see `core/operations.py` for what is safe."""

from __future__ import annotations

from collections.abc import Sequence

import frappe

from shopify_sync.core.events import Action
from shopify_sync.core.failures import Category
from shopify_sync.core.keys import FULFILLMENT_PUSH
from shopify_sync.core.operations import (
	GONE,
	EventState,
	OperatorAction,
	Refused,
	check_discard,
	check_replay,
	check_retry,
	why_not,
)
from shopify_sync.core.statuses import Status

from .. import attempts
from .rows import WAITING, end, requeue_one, requeue_those
from .transactions import in_short_transaction

#: An event in one of these is looked at without being put back: a worker that has it waits for the link.
_WILL_LOOK = (*WAITING, Status.PROCESSING)
#: How the evidence of an event calls what an operator did to it.
_NOTED_AS = {
	OperatorAction.RETRY: Action.RETRY,
	OperatorAction.REQUEUE: Action.REQUEUE,
	OperatorAction.RELEASE: Action.REQUEUE,
	OperatorAction.REPLAY: Action.REPLAY,
	OperatorAction.DISCARD: Action.DISCARD,
}


class Deciding:
	"""What operators do to events."""

	def retry(self, name: str, user: str, reason: str = "", action: Action = Action.RETRY) -> None:
		"""Put an event back into the queue, with a fresh set of attempts. Commits.

		:raises Refused: when that is not safe or makes no sense; the message says why.
		"""

		def put_back() -> None:
			state = _lock_state(name)
			(check_retry if action is Action.RETRY else check_replay)(state)
			requeue_one(name, state.status)
			attempts.insert_note(name, 0, action, str(Status.RECEIVED), "", user=user, reason=reason)

		in_short_transaction(put_back)

	def resolved(self, name: str, user: str, reason: str) -> None:
		"""Carry out an event again after a person decided what it waited for; the decision is on record with it.

		Runs in the caller's transaction, after the link was locked. One that a worker will see anyway is left where it is.
		"""
		row = frappe.db.get_value("Sync Event", name, "status", for_update=True)
		if not row:
			return
		if Status(row) not in _WILL_LOOK:
			requeue_one(name, Status(row))
		attempts.insert_note(name, 0, Action.RESOLVE, str(Status.RECEIVED), "", user=user, reason=reason)

	def discard(self, name: str, user: str, reason: str) -> None:
		"""Put an event away for good, with the reason. Commits.

		:raises Refused: without a reason, while a worker has it, or when it is finished.
		"""

		def put_away() -> None:
			state = _lock_state(name)
			check_discard(state, reason)
			end(name, state.status, Status.DISCARDED, category=state.category, discard_reason=reason.strip())
			_discarded(name, state.resource)
			attempts.insert_note(name, 0, Action.DISCARD, str(Status.DISCARDED), "", user=user, reason=reason.strip())

		in_short_transaction(put_away)

	def act_on(
		self, action: OperatorAction, names: Sequence[str], user: str, reason: str, operation: str
	) -> tuple[list[EventState], dict[str, str]]:
		"""Do to each of *names* what an operator asks for (Retry, Requeue, Replay, Discard), as far as that is safe.

		Runs in the caller's transaction, and locks the events in the order of their names. Returns what was changed, as it was
		before, and why the others were left as they are.
		"""
		states = {state.name: state for state in _lock_states(names)}
		refused = {name: GONE for name in names if name not in states}
		allowed: dict[tuple[Status, Category | None], list[EventState]] = {}
		for state in states.values():
			if why := why_not(action, state, reason):
				refused[state.name] = why
			else:
				allowed.setdefault((state.status, state.category), []).append(state)
		discards = action is OperatorAction.DISCARD
		outcome = str(Status.DISCARDED if discards else Status.RECEIVED)
		for (status, category), group in allowed.items():
			some = tuple(state.name for state in group)
			if discards:
				end(some, status, Status.DISCARDED, category=category, discard_reason=reason.strip())
			else:
				requeue_those(some, status, keep_attempts=action in (OperatorAction.REQUEUE, OperatorAction.RELEASE))
			attempts.insert_notes(some, _NOTED_AS[action], outcome, user=user, reason=reason.strip(), operation=operation)
		changed = [state for group in allowed.values() for state in group]
		if discards:
			for state in changed:
				_discarded(state.name, state.resource)
		return changed, refused


def _lock_state(name: str) -> EventState:
	row = frappe.db.get_value("Sync Event", name, ["status", "category", "resource_type"], as_dict=True, for_update=True)
	if not row:
		raise Refused(f"There is no Sync Event {name}.")
	return EventState(name, Status(row.status), Category(row.category) if row.category else None, row.resource_type)


def _lock_states(names: Sequence[str]) -> list[EventState]:
	"""Return those of *names* that there are, locked one after the other by name."""
	rows = frappe.db.sql(
		"SELECT name, status, category, resource_type FROM `tabSync Event` WHERE name IN %s ORDER BY name FOR UPDATE",
		(tuple(names) or ("",),),
	)
	return [
		EventState(name, Status(status), Category(category) if category else None, resource)
		for name, status, category, resource in rows
	]


def _discarded(name: str, resource: str | None) -> None:
	"""Mark the stock of deliveries whose push a person put away: from then on they count as fulfilled by hand, or never."""
	if resource == FULFILLMENT_PUSH:
		from .. import outbox  # which writes its marks here

		outbox.deliveries_settled(frappe.db.get_value("Sync Event", name, "link"))
