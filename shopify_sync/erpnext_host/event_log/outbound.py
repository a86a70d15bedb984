"""The outbox: the outbound half of the ledger, filled by marks and emptied by pushers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import frappe

from shopify_sync.core.events import ClaimedEvent, Source
from shopify_sync.core.outbound.marks import Mark, event_of
from shopify_sync.core.statuses import Status

from .. import log, mark_lock, times
from ..isolation import despite_snapshot, read_committed
from .claiming import Claiming
from .rows import CLAIM_COLUMNS, MARK, SPEAKS, mark_superseded, row_of, take
from .transactions import in_short_transaction

#: How many times as many marks are looked at as one batch takes: other pushers may have the first ones locked.
_LOOK_AHEAD = 4


class Outbound(Claiming):
	"""What `outbox.py` writes, and what pushers ask of the ledger."""

	def mark(self, marks: Iterable[Mark], source: Source = Source.ERPNEXT) -> int:
		"""Write marks into the running transaction, whose document they commit with. Return how many of them are new.

		In one order for everybody, so that two transactions that mark the same resources do not wait in a circle. A resource
		that a pusher has just claimed has no open event any more: the mark becomes a new one, so the change is not missed.
		"""
		new = 0
		for mark in sorted(set(marks)):
			frappe.db.sql(despite_snapshot(MARK), row_of(event_of(mark, times.now(), frappe.generate_hash(length=12), source)))
			new += frappe.db._cursor.rowcount == 1
		return new

	def due_stores(self) -> list[tuple[str, str]]:
		"""See `core.outbound.ports.Outbox.due_stores`."""
		rows = frappe.db.sql(
			"SELECT DISTINCT store, resource_type FROM `tabSync Event` WHERE direction = 'Outbound' AND due_at <= %s",
			(times.to_naive_utc(times.now()),),
		)
		frappe.db.rollback()
		return sorted((store, resource) for store, resource in rows)

	def claim_batch(self, worker: str, lease_seconds: float, store: str, resource: str, limit: int) -> list[ClaimedEvent]:
		"""See `core.outbound.ports.Outbox.claim_batch`."""
		with read_committed(), mark_lock.held():
			claimed = in_short_transaction(lambda: self._claim_batch(worker, lease_seconds, store, resource, limit), begin=False)
		log.working_on_events(claimed, worker)
		return claimed

	def _claim_batch(self, worker: str, lease_seconds: float, store: str, resource: str, limit: int) -> list[ClaimedEvent]:
		rows = _lock_due_marks(store, resource, limit)
		living = [row for row in rows if row.status != Status.PROCESSING or self._survives(row)]
		chosen: dict[str, Any] = {}
		for row in living:
			if row.link not in chosen or row.open_key:
				chosen[row.link] = row
		_make_way_out(chosen)
		return [take(row, worker, lease_seconds) for row in chosen.values()]


def _lock_due_marks(store: str, resource: str, limit: int) -> list[Any]:
	"""Lock up to *limit* due outbound events that nobody has locked, and return them.

	Those that are open by their key, as a mark does: who locks a row by another index and then takes its key away runs into whoever
	marks it just now, and it might be the user's document that has to give way.
	"""
	now = times.to_naive_utc(times.now())
	due = frappe.db.sql(
		"""SELECT name, open_key FROM `tabSync Event` WHERE direction = 'Outbound' AND due_at <= %s AND store = %s
		AND resource_type = %s ORDER BY due_at LIMIT %s""",
		(now, store, resource, limit * _LOOK_AHEAD),
	)
	for start in range(0, len(due), limit):
		some = due[start : start + limit]
		open_keys = tuple(key for _name, key in some if key)
		others = tuple(name for name, key in some if not key)
		rows = _lock_those("FORCE INDEX (open_key)", "open_key", open_keys, now) + _lock_those("", "name", others, now)
		if rows:
			return rows
	return []


def _lock_those(index: str, column: str, values: tuple[str, ...], now: datetime | None) -> list[Any]:
	if not values:
		return []
	rows: list[Any] = frappe.db.sql(
		f"""SELECT {CLAIM_COLUMNS} FROM `tabSync Event` {index} WHERE {column} IN %s AND due_at <= %s ORDER BY {column}
		FOR UPDATE SKIP LOCKED""",  # noqa: S608 - constants
		(values, now),
		as_dict=True,
	)
	return rows


def _make_way_out(chosen: Mapping[str, Any]) -> None:
	"""Supersede whatever else waits of the resources that events were *chosen* for (by link), and what dead workers left of them.

	What is open stays: it was marked after the chosen one, or somebody is marking it just now.
	"""
	if not chosen:
		return
	rows = frappe.db.sql(
		"""SELECT name, link, status, attempts, worker FROM `tabSync Event` WHERE link IN %s AND name NOT IN %s AND open_key IS NULL
		AND status IN %s AND (status != 'Processing' OR due_at <= %s) FOR UPDATE SKIP LOCKED""",
		(
			tuple(chosen), tuple(row.name for row in chosen.values()), tuple(str(status) for status in SPEAKS),
			times.to_naive_utc(times.now()),
		),
		as_dict=True,
	)  # fmt: skip
	for row in rows:
		mark_superseded([row.name], chosen[row.link].name)
