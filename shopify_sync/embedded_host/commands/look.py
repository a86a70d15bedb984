"""`events`, `documents`, `event`: what there is, for people and, with --json, for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from shopify_sync.core.statuses import Status

from .. import ledger
from ..event_log import UnknownEvent
from .common import db_option, existing, json_option, print_json, print_table

_EVENT_COLUMNS = (
	("received_at", 19), ("name", 40), ("topic", 24), ("label", 14), ("status", 11), ("attempts", 8), ("deliveries", 10),
	("document_name", 24), ("message", 60),
)  # fmt: skip
#: Shown first, and only here.
_APART = ("payload", "evidence")


@click.command()
@db_option
@click.option("--status", type=click.Choice([str(status) for status in Status], case_sensitive=False), help="Only these.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1), help="How many, the newest first.")
@json_option
def events(db: Path, status: str | None, limit: int, as_json: bool) -> None:
	"""List the events of the ledger."""
	with existing(db) as database:
		rows = ledger.events(database.connection(), status, limit)
		counts = ledger.count_by_status(database.connection())
	if as_json:
		print_json({"events": rows, "count_by_status": counts})
		return
	print_table(_EVENT_COLUMNS, rows)
	click.echo(
		f"\n{len(rows)} shown. In all: " + (", ".join(f"{number} {name}" for name, number in counts.items()) or "none") + "."
	)


@click.command()
@db_option
@click.option("--doctype", help="Only these, as 'Sales Order'.")
@json_option
def documents(db: Path, doctype: str | None, as_json: bool) -> None:
	"""List the documents that the events led to."""
	with existing(db) as database:
		rows = ledger.documents(database.connection(), doctype)
	if as_json:
		print_json({"documents": rows})
		return
	states = {0: "Draft", 1: "Submitted", 2: "Cancelled"}
	columns = (("doctype", 20), ("name", 40), ("state", 10), ("total", 14), ("currency", 8), ("shopify_key", 60))
	shown = ({**row, "state": states[row["docstatus"]], **_figures(row["values"])} for row in rows)
	print_table(columns, shown)
	click.echo(f"\n{len(rows)} documents.")


def _figures(values: Mapping[str, Any]) -> dict[str, Any]:
	return {"total": values.get("grand_total"), "currency": values.get("currency") if "grand_total" in values else None}


@click.command()
@click.argument("name", metavar="ID")
@db_option
@json_option
def event(name: str, db: Path, as_json: bool) -> None:
	"""Show one event: where it stands, its evidence, and the payload as it came."""
	with existing(db) as database:
		found = ledger.event(database.connection(), name)
	if found is None:
		raise UnknownEvent(f"There is no event {name}. `shopify-sync events` lists them.")
	if as_json:
		print_json(found)
		return
	for column, value in found.items():
		if column not in _APART and value not in (None, "", []):
			click.echo(f"{column:15} {value}")
	for attempt in found["evidence"]:
		_print_attempt(attempt)
	click.echo("\nPayload")
	click.echo(_pretty(found["payload"]))


def _print_attempt(attempt: Mapping[str, Any]) -> None:
	who = f" by {attempt['user']}" if attempt["user"] else ""
	click.echo(f"\n{attempt['ended_at'][:19]} {attempt['action']}{who} → {attempt['outcome']} (attempt {attempt['attempt']})")
	for text in (attempt["reason"], attempt["message"], attempt["detail"]):
		if text:
			click.echo("  " + text.rstrip().replace("\n", "\n  "))
	for change in attempt["changes"]:
		click.echo(f"  {change['action']} {change['doctype']} {change['name'] or ''}")
		for entry in change["fields"]:
			click.echo(f"    {entry['field']}: {_short(entry['before'])} → {_short(entry['after'])}")


def _short(value: Any) -> str:
	text = json.dumps(value, ensure_ascii=False)
	return text if len(text) <= 100 else text[:99] + "…"


def _pretty(payload: str) -> str:
	try:
		return json.dumps(json.loads(payload), indent=2, ensure_ascii=False)
	except ValueError:
		return payload
