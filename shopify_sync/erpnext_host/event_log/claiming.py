"""Workers take what is due, each event by one of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import frappe

from shopify_sync.core.events import Action, ClaimedEvent
from shopify_sync.core.failures import INFO, Category
from shopify_sync.core.statuses import Status, sources_of

from .. import attempts, log, times
from ..isolation import read_committed
from .rows import CLAIM_COLUMNS, SPEAKS, WAITING, end, mark_superseded, take
from .transactions import in_short_transaction


class Claiming:
	"""What workers ask of the ledger.

	:param max_attempts: returns the limit of a store, for events whose workers die.
	"""

	def __init__(self, max_attempts: Callable[[str], int] | None = None) -> None:
		self._max_attempts = max_attempts or (lambda store: 8)

	def due(self) -> bool:
		"""See `core.ports.EventLog.due`."""
		now = times.to_naive_utc(times.now())
		found = frappe.db.sql("SELECT 1 FROM `tabSync Event` WHERE direction = 'Inbound' AND due_at <= %s LIMIT 1", (now,))
		# Ends the snapshot: the next look must see what was committed meanwhile.
		frappe.db.rollback()
		return bool(found)

	def due_count(self, limit: int) -> int:
		"""Return how many events are due, counted up to *limit*."""
		now = times.to_naive_utc(times.now())
		rows = frappe.db.sql("SELECT 1 FROM `tabSync Event` WHERE direction = 'Inbound' AND due_at <= %s LIMIT %s", (now, limit))
		frappe.db.rollback()
		return len(rows)

	def claim(self, worker: str, lease_seconds: float) -> ClaimedEvent | None:
		"""See `core.ports.EventLog.claim`. One short transaction per look; ends when something is claimed or nothing is due."""
		more, claimed = True, None
		with read_committed():
			while more and claimed is None:
				more, claimed = in_short_transaction(lambda: self._claim_next(worker, lease_seconds), begin=False)
		log.working_on_events([claimed] if claimed else [], worker)
		return claimed

	def _claim_next(self, worker: str, lease_seconds: float) -> tuple[bool, ClaimedEvent | None]:
		"""Return whether anything was due, and what was claimed of it."""
		row = _lock_next_due()
		if row is None:
			return False, None
		if row.status == Status.PROCESSING and not self._survives(row):
			return True, None
		newest = _newest_of(row)
		if newest is not None:
			_supersede_waiting(row, newest)
			if newest.status not in WAITING:
				return True, None
			row = _lock_if_due(newest.name)
			if row is None:
				return True, None
		return True, take(row, worker, lease_seconds)

	def _survives(self, row: Any) -> bool:
		"""Record that a worker died over *row*; put the event away when that has happened too often."""
		message = f"The worker {row.worker or ''} ended without a result; its lease ran out."
		attempts.insert_note(row.name, row.attempts, Action.WORKER_DIED, str(Status.PROCESSING), message, Category.WORKER_DIED)
		if row.attempts < self._max_attempts(row.store):
			return True
		end(
			row.name,
			row.status,
			Status.DEAD_LETTER,
			category=Category.WORKER_DIED,
			message=INFO[Category.WORKER_DIED].explanation,
		)
		return False


def _lock_next_due() -> Any:
	rows = frappe.db.sql(
		f"""SELECT {CLAIM_COLUMNS} FROM `tabSync Event` WHERE direction = 'Inbound' AND due_at <= %s
		ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED""",  # noqa: S608
		(times.to_naive_utc(times.now()),),
		as_dict=True,
	)
	return rows[0] if rows else None


def _lock_if_due(name: str) -> Any:
	rows = frappe.db.sql(
		f"SELECT {CLAIM_COLUMNS} FROM `tabSync Event` WHERE name = %s AND due_at <= %s FOR UPDATE SKIP LOCKED",  # noqa: S608
		(name, times.to_naive_utc(times.now())),
		as_dict=True,
	)
	return rows[0] if rows and rows[0].status in WAITING else None


def _newest_of(row: Any) -> Any:
	"""Return the newest event of the same resource that is newer than *row* and not finished, or None."""
	rows = frappe.db.sql(
		"""SELECT name, version, status FROM `tabSync Event`
		WHERE link = %s AND version > %s AND status IN %s ORDER BY version DESC LIMIT 1""",
		(row.link, row.version, tuple(str(status) for status in SPEAKS)),
		as_dict=True,
	)
	return rows[0] if rows else None


def _supersede_waiting(row: Any, newest: Any) -> None:
	"""Mark *row*, and whatever else waits and is older than *newest*, as superseded by it."""
	rows = frappe.db.sql(
		"SELECT name FROM `tabSync Event` WHERE link = %s AND version < %s AND status IN %s FOR UPDATE SKIP LOCKED",
		(row.link, newest.version, tuple(str(status) for status in WAITING)),
	)
	names = {name for (name,) in rows} | ({row.name} if row.status in sources_of(Status.SUPERSEDED) else set())
	mark_superseded(sorted(names), newest.name)
