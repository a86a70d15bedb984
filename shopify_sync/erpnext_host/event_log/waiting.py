"""What events waited for is there now: they go back into the queue."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import frappe

from shopify_sync.core.events import FOUND, Action
from shopify_sync.core.failures import Category
from shopify_sync.core.statuses import Status

from .. import attempts
from .rows import AT_ONCE, requeue_one, requeue_those
from .transactions import in_own_transaction

#: A flag on a document that is saved to mend one cause of failures: whoever saves it sets going what waits for that, and no more.
MENDS_ONE_THING = "shopify_sync_mends_one_thing"


class Waiting:
	"""What sets waiting events going."""

	def look_again(self, store: str) -> None:
		"""Mark what workers are busy with of a store, in the caller's transaction: it does not begin to wait (`once_more`)."""
		frappe.db.sql("UPDATE `tabSync Event` SET look_again = 1 WHERE status = 'Processing' AND store = %s", (store,))

	def requeue(
		self,
		store: str | None,
		statuses: Iterable[Status],
		*,
		missing: str | None = None,
		category: Category | None = None,
		reason: str,
	) -> int:
		"""Put the waiting events of a store (None: of all) back into the queue: what they waited for may be there now.

		Runs in the caller's transaction: the mapping and the requeue commit together. Returns how many.
		"""
		return self._requeue_where(store, statuses, missing, category, reason)

	def requeue_after_commit(
		self,
		store: str | None,
		statuses: Iterable[Status],
		*,
		missing: str | None = None,
		category: Category | None = None,
		reason: str,
	) -> int:
		"""Do once more what :meth:`requeue` did, in a transaction of its own, and mind what workers are busy with. Commits.

		The caller's transaction saw the events as they stood when it began. One that came to wait since, or is about to (a
		worker read the mapping as it was), is met here. *store* None: of all stores. Returns how many were put back.
		"""
		if not frappe.db.exists("Sync Event", {"status": ("in", [*map(str, statuses), str(Status.PROCESSING)])}):
			return 0

		def again() -> int:
			# First those in work: whoever finishes meanwhile is waited for, and stands where the next statement finds it.
			frappe.db.sql(
				"UPDATE `tabSync Event` SET look_again = 1 WHERE status = 'Processing' AND (%s IS NULL OR store = %s)",
				(store, store),
			)
			return self._requeue_where(store, statuses, missing, category, reason)

		return in_own_transaction(again)

	def requeue_missing(self, store: str, missing: Sequence[str], reason: str = FOUND) -> int:
		"""See `core.ports.Transaction.requeue_missing`. First those in work: who finishes meanwhile is waited for."""
		self.look_again(store)
		rows = frappe.db.sql(
			"SELECT name, status FROM `tabSync Event` WHERE status = 'Blocked' AND store = %s AND missing IN %s",
			(store, tuple(what[:140] for what in missing) or ("",)),
		)
		requeued = 0
		for name, status in rows:
			if requeue_one(name, Status(status), keep_attempts=True):
				attempts.insert_note(name, 0, Action.REQUEUE, str(Status.RECEIVED), "", reason=reason)
				requeued += 1
		return requeued

	def requeue_missing_after_commit(self, store: str, missing: Sequence[str]) -> None:
		"""Do the same once more after the running transaction's commit: somebody may begin to wait until then."""
		frappe.db.after_commit.add(lambda: in_own_transaction(lambda: self.requeue_missing(store, missing)))

	def _requeue_where(
		self, store: str | None, statuses: Iterable[Status], missing: str | None, category: Category | None, reason: str
	) -> int:
		query = "SELECT name, status FROM `tabSync Event` WHERE status IN %s"
		values: list[Any] = [tuple(str(status) for status in statuses)]
		for column, value in (("store", store), ("missing", missing), ("category", str(category) if category else None)):
			if value is not None:
				query += f" AND {column} = %s"
				values.append(value[:140])
		waiting: dict[Status, list[str]] = {}
		for name, status in frappe.db.sql(query, tuple(values)):
			waiting.setdefault(Status(status), []).append(name)
		return sum(_requeue_waiting(status, sorted(names), reason) for status, names in waiting.items())


def _requeue_waiting(status: Status, names: Sequence[str], reason: str) -> int:
	"""Put back those of *names* that still wait in *status*, some statements for a thousand of them. Return how many.

	What was a Dead Letter has used up its attempts for something that is mended now: it gets them again.
	"""
	requeued = 0
	for start in range(0, len(names), AT_ONCE):
		some = tuple(names[start : start + AT_ONCE])
		locked = frappe.db.sql(
			"SELECT name FROM `tabSync Event` WHERE name IN %s AND status = %s ORDER BY name FOR UPDATE", (some, str(status))
		)
		still = tuple(name for (name,) in locked)
		if still:
			requeued += requeue_those(still, status, keep_attempts=status is not Status.DEAD_LETTER)
			attempts.insert_notes(still, Action.REQUEUE, str(Status.RECEIVED), user=frappe.session.user, reason=reason)
	return requeued
