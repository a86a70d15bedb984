"""Reads the rows that a story is made of: plain mappings, times as aware UTC. A constant number of queries for many events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import frappe

from shopify_sync.core.evidence.story import EventEvidence
from shopify_sync.core.holds import Hold, Scope, covers

from .. import times

Row = dict[str, Any]
EVENT_COLUMNS = (
	"name", "store", "direction", "source", "topic", "resource_type", "shopify_id", "order_name", "link", "part_of", "status", "category",
	"message", "missing", "not_applied", "discard_reason", "attempts", "deliveries", "received_at", "last_seen_at", "triggered_at",
	"shopify_updated_at", "next_try_at", "finished_at", "document_type", "document_name", "superseded_by", "echo_of", "api_version",
	"event_id", "payload_hash", "version", "signed_with",
)  # fmt: skip
_CALL = (
	"name", "operation", "outcome", "message", "started_at", "duration_ms", "tries", "requested_cost", "actual_cost", "request_id",
	"idempotency_key", "variables", "events",
)  # fmt: skip
_CONFLICT = (
	"name",
	"event",
	"field",
	"status",
	"creation",
	"resolution",
	"note",
	"resolved_by",
	"resolved_at",
)
_FINDING = (
	"name", "kind", "status", "cause", "proposal", "shopify_value", "erpnext_value", "first_seen_at", "resolution", "resolved_by",
	"resolved_at",
)  # fmt: skip
#: A push is called for within moments of its attempt; a call that was begun before the event came is none of its.
_CALL_MARGIN = timedelta(minutes=1)
#: Findings of a customer hold hashes of personal values, which say no more than that they differ.
_MOST = 500


def events(names: Sequence[str]) -> list[Row]:
	"""Return the rows of events, without their payloads."""
	columns = ", ".join(f"`{column}`" for column in EVENT_COLUMNS)
	query = f"SELECT {columns} FROM `tabSync Event` WHERE name IN %s"  # noqa: S608 - constants
	return read(query, (tuple(names) or ("",),))


def evidence_of(rows: Sequence[Row]) -> list[EventEvidence]:
	"""Return everything that is on record of events, given their rows."""
	names = tuple(row["name"] for row in rows) or ("",)
	attempts = _grouped(_with_names(read("SELECT * FROM `tabSync Attempt` WHERE event IN %s ORDER BY creation, name", (names,))))
	columns = ", ".join(_CONFLICT)
	query = f"SELECT {columns} FROM `tabSync Conflict` WHERE event IN %s ORDER BY creation"  # noqa: S608 - constants
	conflicts = _grouped(_with_names(read(query, (names,)), "resolved_by"))
	calls, replaced, holds = _calls(rows), _replaced(rows), _holds(rows)
	return [
		EventEvidence(
			row,
			attempts.get(row["name"], ()),
			calls.get(row["name"], ()),
			conflicts.get(row["name"], ()),
			holds.get(row["name"], ()),
			replaced.get(row["name"], ()),
		)
		for row in rows
	]


def findings(links: Sequence[str]) -> list[Row]:
	"""Return what reconciliation found of the records with these links."""
	columns = ", ".join(_FINDING)
	query = f"SELECT {columns} FROM `tabSync Discrepancy` WHERE link IN %s ORDER BY first_seen_at DESC LIMIT %s"  # noqa: S608 - constants
	return read(query, (tuple(links) or ("",), _MOST))


def _calls(rows: Sequence[Row]) -> dict[str, list[Row]]:
	"""Return the calls that were made for events that go out; each names the events that it was made for."""
	wanted = [row for row in rows if row["direction"] == "Outbound" and row["received_at"] and row["attempts"]]
	if not wanted:
		return {}
	first = min(row["received_at"] for row in wanted) - _CALL_MARGIN
	last = max((row["finished_at"] or times.now()) for row in wanted) + _CALL_MARGIN
	columns = ", ".join(f"`{column}`" for column in _CALL)
	query = f"""SELECT {columns} FROM `tabShopify API Call` WHERE store IN %(stores)s AND started_at BETWEEN %(first)s AND %(last)s
		AND ({" OR ".join(f"LOCATE(%(event{number})s, events)" for number in range(len(wanted)))})
		ORDER BY started_at LIMIT %(most)s"""  # noqa: S608 - constants
	values = {f"event{number}": row["name"] for number, row in enumerate(wanted)}
	stores = tuple({row["store"] for row in wanted})
	found: dict[str, list[Row]] = {}
	between = {"first": times.to_site(first), "last": times.to_site(last)}
	for call in read(query, {**values, **between, "stores": stores, "most": _MOST}):
		for name in (call.pop("events") or "").split("\n"):
			found.setdefault(name, []).append(call)
	return found


def _replaced(rows: Sequence[Row]) -> dict[str, list[Row]]:
	"""Return the older events of the same resource that gave way to each event."""
	links = tuple({row["link"] for row in rows if row["link"]})
	if not links:
		return {}
	query = """SELECT name, topic, finished_at, superseded_by FROM `tabSync Event` WHERE link IN %s AND superseded_by IN %s
		ORDER BY version LIMIT %s"""
	found: dict[str, list[Row]] = {}
	for row in read(query, (links, tuple(row["name"] for row in rows), _MOST)):
		found.setdefault(row["superseded_by"], []).append(row)
	return found


def _holds(rows: Sequence[Row]) -> dict[str, list[Row]]:
	"""Return what people held that covered each event while it was not finished: its resource, topic or flow."""
	stores = tuple({row["store"] for row in rows if row["store"]})
	if not stores:
		return {}
	held = read("SELECT * FROM `tabSync Hold` WHERE store IN %s ORDER BY held_at DESC LIMIT %s", (stores, _MOST))
	found: dict[str, list[Row]] = {}
	for row in rows:
		for one in held:
			if one["store"] == row["store"] and _covered(one, row):
				found.setdefault(row["name"], []).append(one)
	return found


def _covered(row: Row, event: Row) -> bool:
	"""Tell whether a hold covers an event that was not finished at some time of it."""
	what = {Scope.FLOW: row["flow"], Scope.TOPIC: row["topic"], Scope.RESOURCE: row["link"]}[Scope(row["scope"])]
	about = {"resource": event["resource_type"] or "", "topic": event["topic"] or "", "key": event["link"] or ""}
	if not row["held_at"] or not covers(Hold(Scope(row["scope"]), what or ""), **about, part_of=event["part_of"]):
		return False
	ended_before = event["finished_at"] and event["finished_at"] < row["held_at"]
	came_after = row["released_at"] and event["received_at"] and event["received_at"] > row["released_at"]
	return not ended_before and not came_after


def _with_names(rows: list[Row], field: str = "user") -> list[Row]:
	"""Put the full name of a person beside the user."""
	users = tuple({row[field] for row in rows if row.get(field)})
	if users:
		names = dict(frappe.db.sql("SELECT name, full_name FROM tabUser WHERE name IN %s", (users,)))
		for row in rows:
			row["user_name"] = names.get(row.get(field) or "")
	return rows


def _grouped(rows: Iterable[Row]) -> dict[str, list[Row]]:
	found: dict[str, list[Row]] = {}
	for row in rows:
		found.setdefault(row["event"], []).append(row)
	return found


def read(query: str, values: tuple[Any, ...] | Mapping[str, Any]) -> list[Row]:
	"""Return rows with every time as aware UTC."""
	found = frappe.db.sql(query, values, as_dict=True)
	return [
		{name: times.from_site(value) if isinstance(value, datetime) else value for name, value in row.items()} for row in found
	]
