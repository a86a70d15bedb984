"""Sync Conflicts: the fields that both sides changed and that wait for a person."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from shopify_sync.core.plan import Conflicts

_SAVE = """
INSERT INTO sync_conflict (link, field, event, status, document_type, document_name, base, erpnext, shopify, erpnext_by, erpnext_at, shopify_at)
VALUES (?, ?, ?, 'Open', ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (link, field) DO UPDATE SET event = excluded.event, status = excluded.status, document_type = excluded.document_type,
document_name = excluded.document_name, base = excluded.base, erpnext = excluded.erpnext, shopify = excluded.shopify,
erpnext_by = excluded.erpnext_by, erpnext_at = excluded.erpnext_at, shopify_at = excluded.shopify_at, resolution = NULL, resolved_by = NULL
"""


def save(connection: sqlite3.Connection, found: Conflicts, event: str) -> None:
	"""Keep the conflicts of a link: those of *found* are open, any other that was is obsolete."""
	rows = connection.execute("SELECT field FROM sync_conflict WHERE link = ? AND status = 'Open'", (found.link,)).fetchall()
	gone = [row["field"] for row in rows if found.compared is None or row["field"] in found.compared]
	connection.executemany(
		"UPDATE sync_conflict SET status = 'Obsolete' WHERE link = ? AND field = ?", [(found.link, field) for field in gone]
	)
	for row in found.rows:
		values = (row.doctype, row.document, row.base, row.erpnext, row.shopify, row.erpnext_by, row.erpnext_at, row.shopify_at)
		connection.execute(_SAVE, (found.link, row.field, event, *values))


def clear(connection: sqlite3.Connection, links: Sequence[str]) -> None:
	"""Take the values out of the conflicts of *links*; open ones are obsolete."""
	connection.executemany(
		"""UPDATE sync_conflict SET base = NULL, erpnext = NULL, shopify = NULL,
		status = CASE status WHEN 'Open' THEN 'Obsolete' ELSE status END WHERE link = ?""",
		[(link,) for link in links],
	)
