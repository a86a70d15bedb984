"""A second pair of eyes: triggers that write down every change of a document, a link and a status, as the database saw it.

The journal is written in the same transaction as the change, by SQLite itself, so no bug of the engine can leave a line out.
The invariants compare it with the evidence that the engine wrote.
"""

from __future__ import annotations

import sqlite3

from ..facts import JournalEntry

_DDL = """
CREATE TABLE journal (
	id INTEGER PRIMARY KEY, kind TEXT NOT NULL, action TEXT NOT NULL, what TEXT NOT NULL, name TEXT NOT NULL,
	before TEXT, after TEXT, actor TEXT NOT NULL
);
CREATE TABLE actor (name TEXT NOT NULL);
INSERT INTO actor VALUES ('engine');
CREATE TRIGGER journal_document_insert AFTER INSERT ON document WHEN new.doctype NOT IN ('Item', 'Bin') BEGIN
	INSERT INTO journal (kind, action, what, name, before, after, actor)
	VALUES ('document', 'create', new.doctype, new.name, NULL, new.shopify_key, (SELECT name FROM actor));
END;
CREATE TRIGGER journal_document_update AFTER UPDATE ON document WHEN new.doctype NOT IN ('Item', 'Bin') BEGIN
	INSERT INTO journal (kind, action, what, name, before, after, actor)
	VALUES ('document', CASE WHEN new.docstatus = 2 AND old.docstatus = 1 THEN 'cancel' ELSE 'update' END, new.doctype, new.name,
		NULL, new.shopify_key, (SELECT name FROM actor));
END;
CREATE TRIGGER journal_document_delete AFTER DELETE ON document WHEN old.doctype NOT IN ('Item', 'Bin') BEGIN
	INSERT INTO journal (kind, action, what, name, before, after, actor)
	VALUES ('document', 'delete', old.doctype, old.name, old.shopify_key, NULL, (SELECT name FROM actor));
END;
CREATE TRIGGER journal_stock_insert AFTER INSERT ON document WHEN new.doctype = 'Bin' BEGIN
	INSERT INTO journal (kind, action, what, name, before, after, actor)
	VALUES ('stock', 'change', 'Bin', new.name, NULL, json_extract(new.data, '$.actual_qty'), (SELECT name FROM actor));
END;
CREATE TRIGGER journal_stock AFTER UPDATE OF data ON document WHEN new.doctype = 'Bin' BEGIN
	INSERT INTO journal (kind, action, what, name, before, after, actor)
	VALUES ('stock', 'change', 'Bin', new.name, json_extract(old.data, '$.actual_qty'), json_extract(new.data, '$.actual_qty'),
		(SELECT name FROM actor));
END;
CREATE TRIGGER journal_status AFTER UPDATE OF status ON sync_event WHEN new.status <> old.status BEGIN
	INSERT INTO journal (kind, action, what, name, before, after, actor)
	VALUES ('status', 'change', new.store, new.name, old.status, new.status, (SELECT name FROM actor));
END;
CREATE TRIGGER journal_version AFTER UPDATE OF version ON shopify_link WHEN old.version IS NOT NULL BEGIN
	INSERT INTO journal (kind, action, what, name, before, after, actor)
	VALUES ('version', 'change', 'link', new.key, old.version, new.version, (SELECT name FROM actor));
END;
CREATE TRIGGER journal_payload AFTER UPDATE OF payload, payload_hash ON sync_event
WHEN new.direction = 'Inbound' AND (new.payload <> old.payload OR new.payload_hash <> old.payload_hash) BEGIN
	INSERT INTO journal (kind, action, what, name, before, after, actor)
	VALUES ('payload', 'change', new.store, new.name, old.payload_hash, new.payload_hash, (SELECT name FROM actor));
END;
CREATE TRIGGER journal_evidence AFTER UPDATE ON sync_attempt BEGIN
	INSERT INTO journal (kind, action, what, name, before, after, actor)
	VALUES ('evidence', 'update', old.action, old.event, NULL, NULL, (SELECT name FROM actor));
END;
CREATE TRIGGER journal_evidence_gone AFTER DELETE ON sync_attempt BEGIN
	INSERT INTO journal (kind, action, what, name, before, after, actor)
	VALUES ('evidence', 'delete', old.action, old.event, NULL, NULL, (SELECT name FROM actor));
END;
"""


def install(connection: sqlite3.Connection) -> None:
	"""Begin to watch."""
	connection.executescript(_DDL)


def say_who(connection: sqlite3.Connection, actor: str) -> None:
	"""Name who writes from now on, within the transaction at hand; the engine's own writes need no word."""
	connection.execute("UPDATE actor SET name = ?", (actor,))


def entries(connection: sqlite3.Connection, since: int = 0) -> list[JournalEntry]:
	"""Return what was written down after entry *since*, oldest first."""
	rows = connection.execute("SELECT * FROM journal WHERE id > ? ORDER BY id", (since,))
	return [JournalEntry(**dict(row)) for row in rows]
