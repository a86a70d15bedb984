"""What people look at: the ledger, the documents, and one event with its evidence, as plain data. Reads only."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from . import attempts

_LISTED = (
	"name", "received_at", "status", "topic", "store", "label", "shopify_id", "attempts", "deliveries", "category", "missing",
	"message", "document_type", "document_name", "superseded_by",
)  # fmt: skip
#: The lease is a token between workers; it says nothing to a person.
_HIDDEN = frozenset(("lease",))


def events(connection: sqlite3.Connection, status: str | None = None, limit: int = 50) -> list[dict[str, Any]]:
	"""Return the newest events, newest first."""
	rows = connection.execute(
		f"SELECT {', '.join(_LISTED)} FROM sync_event WHERE (? IS NULL OR status = ?) ORDER BY received_at DESC, rowid DESC LIMIT ?",  # noqa: S608 -- the column names are this module's
		(status, status, limit),
	)
	return [dict(row) for row in rows]


def event(connection: sqlite3.Connection, name: str) -> dict[str, Any] | None:
	"""Return one event with its payload as it came and its evidence, or None."""
	row = connection.execute("SELECT * FROM sync_event WHERE name = ?", (name,)).fetchone()
	if row is None:
		return None
	shown = {column: row[column] for column in row.keys() if column not in _HIDDEN}  # noqa: SIM118 -- a Row iterates over values
	return {**shown, "not_applied": json.loads(row["not_applied"]), "evidence": attempts.of_event(connection, name)}


def documents(connection: sqlite3.Connection, doctype: str | None = None) -> list[dict[str, Any]]:
	"""Return the documents, by type and name."""
	rows = connection.execute(
		"SELECT * FROM document WHERE (? IS NULL OR doctype = ?) ORDER BY doctype, name", (doctype, doctype)
	)
	return [{**{name: row[name] for name in _DOCUMENT}, "values": json.loads(row["data"])} for row in rows]


_DOCUMENT = ("doctype", "name", "shopify_key", "docstatus")


def count_by_status(connection: sqlite3.Connection) -> dict[str, int]:
	"""Return how many events stand in each status."""
	rows = connection.execute("SELECT status, count(*) AS number FROM sync_event GROUP BY status ORDER BY status")
	return {row["status"]: row["number"] for row in rows}
