"""Shopify Links: which document a Shopify resource is, what was last agreed, and the row that stands for its lock."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from shopify_sync.core.contracts.base import dump_json
from shopify_sync.core.plan import DocRef, LinkUpdate
from shopify_sync.core.snapshots import LinkState

from .database import Database

_COLUMNS = "key, document_type, document_name, version, last_event, agreed, facts"


def ensure(database: Database, keys: Sequence[str]) -> None:
	"""Create the link rows that are missing, and commit."""
	connection = database.connection()
	missing = [key for key in keys if not connection.execute("SELECT 1 FROM shopify_link WHERE key = ?", (key,)).fetchone()]
	if missing:
		with database.write() as writing:
			writing.executemany("INSERT OR IGNORE INTO shopify_link (key) VALUES (?)", [(key,) for key in missing])


def read(connection: sqlite3.Connection, key: str) -> LinkState:
	"""Return a link as it stands; an empty one where there is no row."""
	row = connection.execute(f"SELECT {_COLUMNS} FROM shopify_link WHERE key = ?", (key,)).fetchone()  # noqa: S608
	if row is None:
		return LinkState(key)
	return LinkState(**{**dict(row), "agreed": _loaded(row["agreed"]), "facts": _loaded(row["facts"])})


def _loaded(text: str) -> dict[str, Any]:
	# Most links have only one of the two.
	return {} if text == "{}" else json.loads(text)  # type: ignore[no-any-return]


def save(connection: sqlite3.Connection, update: LinkUpdate, created: Mapping[str, str], event: str) -> None:
	"""Write what *update* states of a link and leave the rest.

	`last_event` goes with the version: it names the event that carried the state which is now applied.
	"""
	columns: dict[str, str] = {}
	if isinstance(update.document, DocRef):
		columns |= {"document_type": update.document.doctype, "document_name": created[update.document.key]}
	elif update.document:
		columns |= {"document_type": update.document[0], "document_name": update.document[1]}
	if update.agreed is not None:
		columns["agreed"] = dump_json(update.agreed)
	if update.facts is not None:
		columns["facts"] = dump_json(update.facts)
	if update.version is not None:
		columns |= {"version": update.version, "last_event": event}
	if columns:
		_write(connection, update.key, columns)


def point(connection: sqlite3.Connection, key: str, doctype: str, name: str) -> None:
	"""Point a link at a document: what an operator does when he maps an item by hand."""
	_write(connection, key, {"document_type": doctype, "document_name": name})


def _write(connection: sqlite3.Connection, key: str, columns: Mapping[str, str]) -> None:
	names = ("key", *columns)
	marks = ", ".join("?" for _name in names)
	updates = ", ".join(f"{name} = excluded.{name}" for name in columns)
	statement = f"INSERT INTO shopify_link ({', '.join(names)}) VALUES ({marks}) ON CONFLICT (key) DO UPDATE SET {updates}"  # noqa: S608 -- the column names are this module's
	connection.execute(statement, (key, *columns.values()))
