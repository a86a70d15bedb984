"""The file: one that an earlier version made is brought up to date, with everything in it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from shopify_sync.embedded_host import schema
from shopify_sync.embedded_host.database import Database, NotOurs


def columns(path: Path) -> set[str]:
	with closing(sqlite3.connect(path)) as connection:
		return {row[1] for row in connection.execute("PRAGMA table_info(sync_event)")}


def test_a_file_of_version_1_gets_what_came_since_and_keeps_its_events(tmp_path: Path) -> None:
	path = tmp_path / "old.db"
	with closing(sqlite3.connect(path)) as connection:
		since = "DROP INDEX sync_event_due; DROP INDEX sync_event_open; DROP INDEX shopify_link_document; DROP INDEX note_order; "
		since += "CREATE INDEX sync_event_due ON sync_event (due_at) WHERE due_at IS NOT NULL; "
		since += "".join(
			f"ALTER TABLE sync_event DROP COLUMN {name}; " for name in ("direction", "open_key", "echo_of", "signed_with")
		)
		since += "DROP INDEX sync_event_part_of; ALTER TABLE sync_event DROP COLUMN part_of; ALTER TABLE sync_event DROP COLUMN look_again; ALTER TABLE shopify_link DROP COLUMN facts; DROP TABLE sync_conflict;"
		since += "ALTER TABLE shopify_link DROP COLUMN compared_by; DROP TABLE reconciliation_run; DROP TABLE discrepancy; "
		connection.executescript(schema.DDL + since + "PRAGMA user_version = 1;")
		connection.execute(
			"INSERT INTO sync_event (name, store, source, topic, status, payload_hash, received_at, last_seen_at, payload) "
			"VALUES ('old', 's', 'Webhook', 'orders/create', 'Received', '', '', '', '{}')"
		)
		connection.commit()
	assert "look_again" not in columns(path)
	database = Database(path)
	(row,) = database.connection().execute("SELECT name, look_again FROM sync_event").fetchall()
	assert tuple(row) == ("old", 0)
	database.close()
	Database(path).close()


def test_a_file_of_a_later_version_is_refused(tmp_path: Path) -> None:
	path = tmp_path / "new.db"
	with closing(sqlite3.connect(path)) as connection:
		connection.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
	with pytest.raises(NotOurs, match="later version of shopify-sync"):
		Database(path)
