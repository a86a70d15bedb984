"""Writes Sync Attempts: the append-only evidence. Rows are inserted here and changed nowhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import frappe

from shopify_sync.core.contracts.base import dump_json
from shopify_sync.core.events import Action, Attempt
from shopify_sync.core.failures import Category

from . import times

_COLUMNS = (
	"name", "creation", "modified", "owner", "modified_by", "docstatus", "idx", "event", "attempt", "action", "outcome", "category",
	"message", "user", "reason", "worker", "started_at", "ended_at", "duration_ms", "restarts", "changes", "reads", "detail",
)  # fmt: skip
_INSERT = (
	f"INSERT INTO `tabSync Attempt` ({', '.join(f'`{column}`' for column in _COLUMNS)}) "  # noqa: S608 - constants
	f"VALUES ({', '.join(['%s'] * len(_COLUMNS))})"
)
_NOTE = (*_COLUMNS, "operation")


def insert(attempt: Attempt) -> None:
	"""Insert one attempt in the running transaction. What is in it is masked already."""
	frappe.db.sql(_INSERT, _row_of(attempt))


def _row_of(attempt: Attempt) -> tuple[Any, ...]:
	ended = times.to_site(attempt.ended_at)
	user = attempt.user or "Administrator"
	values: tuple[Any, ...] = (
		frappe.generate_hash(length=20), ended, ended, user, user, 0, 0, attempt.event, attempt.attempt, str(attempt.action),
		attempt.outcome, str(attempt.category) if attempt.category else None, attempt.message or None, attempt.user,
		attempt.reason or None, attempt.worker[:140] or None, times.to_site(attempt.started_at), ended,
		max(round((attempt.ended_at - attempt.started_at).total_seconds() * 1000), 0), attempt.restarts,
		dump_json(list(attempt.changes)) if attempt.changes else None, dump_json(dict(attempt.reads)) if attempt.reads else None,
		attempt.detail or None,
	)  # fmt: skip
	return values


def insert_note(
	event: str,
	attempt: int,
	action: Action,
	outcome: str,
	message: str,
	category: Category | None = None,
	*,
	user: str | None = None,
	reason: str = "",
) -> None:
	"""Insert evidence of something that is not an attempt of a worker: an operator's action, a requeue, a dead worker."""
	now = times.now()
	insert(
		Attempt(
			event=event,
			attempt=attempt,
			action=action,
			outcome=outcome,
			started_at=now,
			ended_at=now,
			user=user,
			reason=reason,
			category=category,
			message=message,
		)
	)


def insert_notes(
	events: Sequence[str], action: Action, outcome: str, *, user: str, reason: str, operation: str | None = None
) -> None:
	"""Insert what was done to each of *events*, in one statement of the running transaction.

	:param operation: the Sync Operation that it belongs to, if an operator did it.
	"""
	now = times.now()
	notes = [Attempt(event, 0, action, outcome, started_at=now, ended_at=now, user=user, reason=reason) for event in events]
	if notes:
		frappe.db.bulk_insert("Sync Attempt", list(_NOTE), [(*_row_of(note), operation) for note in notes])
