"""Reads the embedded host's tables as facts."""

from __future__ import annotations

import json
import sqlite3
from decimal import Decimal
from functools import lru_cache
from typing import Any

from shopify_sync.core.events import Way
from shopify_sync.core.statuses import Status
from shopify_sync.embedded_host.reconciliation import discrepancies
from shopify_sync.embedded_host.times import from_text

from ..facts import AttemptFact, DocumentFact, EventFact, Facts, LinkFact


def facts(connection: sqlite3.Connection) -> Facts:
	"""Return everything that stands in the tables."""
	documents = [_document(row) for row in connection.execute("SELECT * FROM document WHERE doctype <> 'Item' ORDER BY rowid")]
	stock = {
		(one.values["item_code"], one.values["warehouse"]): Decimal(str(one.values["actual_qty"]))
		for one in documents
		if one.doctype == "Bin"
	}
	every = [(row["direction"], _event(row)) for row in connection.execute("SELECT * FROM sync_event ORDER BY rowid")]
	outbound = {event.name: event for way, event in every if way == Way.OUTBOUND}
	attempts = [_attempt(row) for row in connection.execute("SELECT * FROM sync_attempt ORDER BY id")]
	return Facts(
		events={event.name: event for way, event in every if way == Way.INBOUND},
		attempts=[attempt for attempt in attempts if attempt.event not in outbound],
		outbound=outbound,
		pushes=[attempt for attempt in attempts if attempt.event in outbound],
		links={row["key"]: _link(row) for row in connection.execute("SELECT * FROM shopify_link ORDER BY key")},
		documents=[one for one in documents if one.doctype != "Bin"],
		stock=stock,
		discrepancies=discrepancies(connection),
	)


def _event(row: sqlite3.Row) -> EventFact:
	return EventFact(
		name=row["name"],
		store=row["store"],
		source=row["source"],
		topic=row["topic"],
		resource=row["resource"],
		link=row["link"],
		version=row["version"],
		status=Status(row["status"]),
		category=row["category"],
		message=row["message"],
		missing=row["missing"],
		not_applied=row["not_applied"],
		document=(row["document_type"], row["document_name"]) if row["document_type"] else None,
		superseded_by=row["superseded_by"],
		attempts=row["attempts"],
		deliveries=row["deliveries"],
		payload_hash=row["payload_hash"],
		discard_reason=row["discard_reason"],
		received_at=row["received_at"],
		finished_at=row["finished_at"],
		payload=row["payload"],
		echo_of=row["echo_of"],
	)


def _attempt(row: sqlite3.Row) -> AttemptFact:
	text = "\n".join(str(row[name]) for name in ("message", "reason", "changes", "reads", "detail"))
	return AttemptFact(
		event=row["event"],
		attempt=row["attempt"],
		action=row["action"],
		outcome=row["outcome"],
		category=row["category"],
		user=row["user"],
		started_at=from_text(row["started_at"]),
		ended_at=from_text(row["ended_at"]),
		changes=_loaded(row["changes"]),
		text=text,
	)


def _link(row: sqlite3.Row) -> LinkFact:
	document = (row["document_type"], row["document_name"]) if row["document_name"] else None
	return LinkFact(row["key"], document, row["version"], row["last_event"], _loaded(row["agreed"]), _loaded(row["facts"]))


def _document(row: sqlite3.Row) -> DocumentFact:
	return DocumentFact(row["doctype"], row["name"], row["shopify_key"], row["docstatus"], _loaded(row["data"]))


@lru_cache(2048)
def _loaded(text: str) -> Any:
	"""Return what JSON says. Most rows stand as they stood at the last look; nobody writes into facts."""
	return json.loads(text)
