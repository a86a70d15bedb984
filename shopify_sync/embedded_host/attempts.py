"""Sync Attempts: the evidence of every attempt and of every operator's action. Rows are only ever added."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from shopify_sync.core.contracts.base import dump_json
from shopify_sync.core.events import Attempt

from .times import to_text

_INSERT = """
INSERT INTO sync_attempt (event, attempt, action, outcome, category, message, user, reason, worker, started_at, ended_at,
	restarts, changes, reads, detail)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


def append(connection: sqlite3.Connection, attempt: Attempt) -> None:
	"""Write one row of evidence."""
	row = (
		attempt.event,
		attempt.attempt,
		str(attempt.action),
		attempt.outcome,
		str(attempt.category) if attempt.category else None,
		attempt.message,
		attempt.user,
		attempt.reason,
		attempt.worker,
		to_text(attempt.started_at),
		to_text(attempt.ended_at),
		attempt.restarts,
		dump_json(attempt.changes),
		dump_json(attempt.reads),
		attempt.detail,
	)
	connection.execute(_INSERT, row)


def of_event(connection: sqlite3.Connection, event: str) -> list[dict[str, Any]]:
	"""Return the evidence of *event*, oldest first, as plain data."""
	rows = connection.execute("SELECT * FROM sync_attempt WHERE event = ? ORDER BY id", (event,))
	return [{**dict(row), "changes": json.loads(row["changes"]), "reads": json.loads(row["reads"])} for row in rows]
