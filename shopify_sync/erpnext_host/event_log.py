"""The ledger on MariaDB. Nothing else writes a row of Sync Event, and every status is checked against core/statuses.py.

The due time is the queue: `due_at` (UTC) is set while an event waits for its turn and, as the end of the lease, while a worker
has it; it is NULL otherwise. One index finds new events, retries and the events of dead workers alike, of either way apart.
The outbound half is erpnext_host/outbox.py's to fill and the pusher's to empty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

import frappe

from shopify_sync.core.event_causes import cause_of
from shopify_sync.core.events import (
	FOUND,
	LOOKED_AGAIN,
	SETTLED,
	Action,
	ClaimedEvent,
	NewEvent,
	Outcome,
	Receipt,
	Source,
	once_more,
)
from shopify_sync.core.failures import INFO, Category
from shopify_sync.core.keys import FULFILLMENT_PUSH, short_hash
from shopify_sync.core.masking import redacted, speaks_of
from shopify_sync.core.operations import (
	GONE,
	EventState,
	OperatorAction,
	Refused,
	check_discard,
	check_replay,
	check_retry,
	why_not,
)
from shopify_sync.core.outbound.marks import Mark, event_of
from shopify_sync.core.plan import Redaction
from shopify_sync.core.ports import LeaseLost
from shopify_sync.core.statuses import FINAL, INITIAL, OPEN, Status, check, sources_of

from . import attempts, log, mark_lock, times
from .errors import is_contention
from .isolation import despite_snapshot, read_committed

#: What a newer state of the same resource makes moot before anybody looks at it.
_WAITING = (Status.RECEIVED, Status.RETRYING)
#: A newer event in one of these speaks for the resource: an older one that arrives late is superseded by it.
_SPEAKS = (*OPEN, Status.PROCESSING)
#: An event in one of these is looked at without being put back: a worker that has it waits for the link.
_WILL_LOOK = (*_WAITING, Status.PROCESSING)
_PARTS_WAIT = (str(Status.BLOCKED), str(Status.CONFLICT))
#: How the evidence of an event calls what an operator did to it.
_NOTED_AS = {
	OperatorAction.RETRY: Action.RETRY,
	OperatorAction.REQUEUE: Action.REQUEUE,
	OperatorAction.RELEASE: Action.REQUEUE,
	OperatorAction.REPLAY: Action.REPLAY,
	OperatorAction.DISCARD: Action.DISCARD,
}
_TRIES = 5
#: A flag on a document that is saved to mend one cause of failures: whoever saves it sets going what waits for that, and no more.
MENDS_ONE_THING = "shopify_sync_mends_one_thing"
#: So many events are put back, or named, by one statement.
_AT_ONCE = 1000
#: How many times as many marks are looked at as one batch takes: other pushers may have the first ones locked.
_LOOK_AHEAD = 4

_INSERT_COLUMNS = (
	"name", "creation", "modified", "owner", "modified_by", "docstatus", "idx", "store", "direction", "source", "topic",
	"resource_type", "shopify_id", "link", "version", "order_name", "status", "category", "message", "cause", "attempts", "deliveries",
	"received_at", "last_seen_at", "triggered_at", "shopify_updated_at", "due_at", "finished_at", "api_version", "event_id",
	"payload_hash", "payload", "part_of", "open_key",
)  # fmt: skip
_PLAIN_INSERT = (
	f"INSERT INTO `tabSync Event` ({', '.join(f'`{column}`' for column in _INSERT_COLUMNS)}) "  # noqa: S608 - constants
	f"VALUES ({', '.join(['%s'] * len(_INSERT_COLUMNS))}) "
)
_INSERT = _PLAIN_INSERT + (
	"ON DUPLICATE KEY UPDATE "
	"deliveries = IF(store = VALUES(store) AND payload_hash = VALUES(payload_hash), deliveries + 1, deliveries), "
	"last_seen_at = IF(store = VALUES(store) AND payload_hash = VALUES(payload_hash), VALUES(last_seen_at), last_seen_at)"
)
#: A mark that finds one of its resource open is one with it.
_MARK = _PLAIN_INSERT + (
	"ON DUPLICATE KEY UPDATE deliveries = deliveries + 1, last_seen_at = VALUES(last_seen_at), "
	# One that asks to look asks for all.
	"payload = IF(VALUES(payload) != '{}', VALUES(payload), payload)"
)


class FrappeEventLog:
	"""`core.ports.EventLog` on the doctype Sync Event.

	:param max_attempts: returns the limit of a store, for events whose workers die.
	"""

	def __init__(self, max_attempts: Callable[[str], int] | None = None) -> None:
		self._max_attempts = max_attempts or (lambda store: 8)

	# --- receiving ---------------------------------------------------------------------------------------------

	def record(self, event: NewEvent) -> Receipt:
		"""See `core.ports.EventLog.record`: one statement, one commit."""

		def insert() -> Receipt:
			for row in (event, event.renamed()):
				frappe.db.sql(_INSERT, _row_of(row))
				# 1: inserted. 2: the same delivery again, counted. 0: the id is known with another body.
				affected = frappe.db._cursor.rowcount
				if affected:
					break
			return Receipt(row.name, event.status, duplicate=affected != 1)

		return in_short_transaction(insert, begin=False)

	# --- claiming ----------------------------------------------------------------------------------------------

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
			if newest.status not in _WAITING:
				return True, None
			row = _lock_if_due(newest.name)
			if row is None:
				return True, None
		return True, _take(row, worker, lease_seconds)

	def _survives(self, row: Any) -> bool:
		"""Record that a worker died over *row*; put the event away when that has happened too often."""
		message = f"The worker {row.worker or ''} ended without a result; its lease ran out."
		attempts.insert_note(row.name, row.attempts, Action.WORKER_DIED, str(Status.PROCESSING), message, Category.WORKER_DIED)
		if row.attempts < self._max_attempts(row.store):
			return True
		_end(
			row.name,
			row.status,
			Status.DEAD_LETTER,
			category=Category.WORKER_DIED,
			message=INFO[Category.WORKER_DIED].explanation,
		)
		return False

	# --- the outbox --------------------------------------------------------------------------------------------

	def mark(self, marks: Iterable[Mark], source: Source = Source.ERPNEXT) -> int:
		"""Write marks into the running transaction, whose document they commit with. Return how many of them are new.

		In one order for everybody, so that two transactions that mark the same resources do not wait in a circle. A resource
		that a pusher has just claimed has no open event any more: the mark becomes a new one, so the change is not missed.
		"""
		new = 0
		for mark in sorted(set(marks)):
			frappe.db.sql(despite_snapshot(_MARK), _row_of(event_of(mark, times.now(), frappe.generate_hash(length=12), source)))
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
		return [_take(row, worker, lease_seconds) for row in chosen.values()]

	# --- the end of an attempt, inside the attempt's transaction -------------------------------------------------

	def finish(self, event: ClaimedEvent, outcome: Outcome) -> Outcome:
		"""See `core.ports.Transaction.finish`. Return what was written."""
		looks_again = _must_look_again(event, outcome)
		if looks_again:
			outcome = once_more(outcome, times.now())
		check(Status.PROCESSING, outcome.status)
		document_type, document_name = outcome.document or (None, None)
		now = times.now()
		waits = outcome.next_try_at if outcome.status is Status.RETRYING else None
		frappe.db.sql(
			"""UPDATE `tabSync Event` SET status = %s, category = %s, message = %s, missing = %s, cause = %s, not_applied = %s,
			document_type = COALESCE(%s, document_type), document_name = COALESCE(%s, document_name), superseded_by = %s, echo_of = %s,
			attempts = attempts - %s, due_at = %s, next_try_at = %s, finished_at = %s, modified = %s, lease_token = NULL, worker = NULL
			WHERE name = %s AND lease_token = %s AND status = 'Processing'""",
			(
				str(outcome.status), str(outcome.category) if outcome.category else None, outcome.message or None, (outcome.missing or "")[:140] or None,
				_cause(outcome.status, outcome.category, outcome.missing, outcome.message),
				"\n".join(outcome.not_applied) or None, document_type, document_name, outcome.superseded_by, outcome.echo_of,
				0 if outcome.costs_attempt else 1, times.to_naive_utc(waits), times.to_site(waits),
				times.to_site(now) if outcome.status in FINAL else None, times.to_site(now), event.name, event.lease,
			),
		)  # fmt: skip
		if frappe.db._cursor.rowcount != 1:
			raise LeaseLost(event.name)
		if looks_again:
			attempts.insert_note(event.name, event.attempts, Action.REQUEUE, str(outcome.status), "", reason=LOOKED_AGAIN)
		return outcome

	def supersede(self, event: ClaimedEvent, statuses: Sequence[Status]) -> int:
		"""See `core.ports.Transaction.supersede`."""
		rows = frappe.db.sql(
			"SELECT name FROM `tabSync Event` WHERE link = %s AND version < %s AND status IN %s AND name != %s",
			(event.signal.key, event.version, tuple(str(status) for status in statuses), event.name),
		)
		return _mark_superseded([name for (name,) in rows], event.name)

	def requeue_parts(self, key: str) -> int:
		"""See `core.ports.Transaction.requeue_parts`."""
		rows = frappe.db.sql(
			"SELECT name, status FROM `tabSync Event` WHERE part_of = %s AND status IN %s",
			(key, (*_PARTS_WAIT, str(Status.PROCESSING))),
		)
		requeued = 0
		for name, status in rows:
			if status == Status.PROCESSING:
				frappe.db.sql("UPDATE `tabSync Event` SET look_again = 1 WHERE name = %s AND status = 'Processing'", (name,))
			elif _requeue(name, Status(status), keep_attempts=True):
				attempts.insert_note(name, 0, Action.REQUEUE, str(Status.RECEIVED), "", reason=SETTLED)
				requeued += 1
		return requeued

	def requeue_missing(self, store: str, missing: Sequence[str], reason: str = FOUND) -> int:
		"""See `core.ports.Transaction.requeue_missing`. First those in work: who finishes meanwhile is waited for."""
		self.look_again(store)
		rows = frappe.db.sql(
			"SELECT name, status FROM `tabSync Event` WHERE status = 'Blocked' AND store = %s AND missing IN %s",
			(store, tuple(what[:140] for what in missing) or ("",)),
		)
		requeued = 0
		for name, status in rows:
			if _requeue(name, Status(status), keep_attempts=True):
				attempts.insert_note(name, 0, Action.REQUEUE, str(Status.RECEIVED), "", reason=reason)
				requeued += 1
		return requeued

	def requeue_missing_after_commit(self, store: str, missing: Sequence[str]) -> None:
		"""Do the same once more after the running transaction's commit: somebody may begin to wait until then."""
		frappe.db.after_commit.add(lambda: in_own_transaction(lambda: self.requeue_missing(store, missing)))

	def redact(self, redaction: Redaction) -> None:
		"""See `core.ports.Transaction.redact`: takes what is personal out of payloads; everything else of the ledger stays."""
		rows = frappe.db.sql(
			"""SELECT name, link, payload FROM `tabSync Event` WHERE link IN %s
			UNION ALL SELECT name, link, payload FROM `tabSync Event` WHERE part_of IN %s
			UNION ALL SELECT name, link, payload FROM `tabSync Event` WHERE link IS NULL AND topic LIKE 'customers/%%'""",
			(redaction.links or ("",), redaction.links or ("",)),
			as_dict=True,
		)
		for row in rows:
			if row.link or speaks_of(row.payload, redaction.customer_id):
				# ERPNext names a Customer after the person; the link still leads to it.
				frappe.db.sql(
					"""UPDATE `tabSync Event` SET payload = %s,
					document_name = IF(document_type IN ('Customer', 'Contact', 'Address'), NULL, document_name) WHERE name = %s""",
					(redacted(row.payload), row.name),
				)

	# --- operators and mappings ----------------------------------------------------------------------------------

	def retry(self, name: str, user: str, reason: str = "", action: Action = Action.RETRY) -> None:
		"""Put an event back into the queue, with a fresh set of attempts. Commits.

		:raises Refused: when that is not safe or makes no sense; the message says why.
		"""

		def put_back() -> None:
			state = _lock_state(name)
			(check_retry if action is Action.RETRY else check_replay)(state)
			_requeue(name, state.status)
			attempts.insert_note(name, 0, action, str(Status.RECEIVED), "", user=user, reason=reason)

		in_short_transaction(put_back)

	def resolved(self, name: str, user: str, reason: str) -> None:
		"""Carry out an event again after a person decided what it waited for; the decision is on record with it.

		Runs in the caller's transaction, after the link was locked. One that a worker will see anyway is left where it is.
		"""
		row = frappe.db.get_value("Sync Event", name, "status", for_update=True)
		if not row:
			return
		if Status(row) not in _WILL_LOOK:
			_requeue(name, Status(row))
		attempts.insert_note(name, 0, Action.RESOLVE, str(Status.RECEIVED), "", user=user, reason=reason)

	def discard(self, name: str, user: str, reason: str) -> None:
		"""Put an event away for good, with the reason. Commits.

		:raises Refused: without a reason, while a worker has it, or when it is finished.
		"""

		def put_away() -> None:
			state = _lock_state(name)
			check_discard(state, reason)
			_end(name, state.status, Status.DISCARDED, category=state.category, discard_reason=reason.strip())
			_discarded(name, state.resource)
			attempts.insert_note(name, 0, Action.DISCARD, str(Status.DISCARDED), "", user=user, reason=reason.strip())

		in_short_transaction(put_away)

	def act_on(
		self, action: OperatorAction, names: Sequence[str], user: str, reason: str, operation: str
	) -> tuple[list[EventState], dict[str, str]]:
		"""Do to each of *names* what an operator asks for (Retry, Requeue, Replay, Discard), as far as that is safe.

		Runs in the caller's transaction, and locks the events in the order of their names. Returns what was changed, as it was
		before, and why the others were left as they are.
		"""
		states = {state.name: state for state in _lock_states(names)}
		refused = {name: GONE for name in names if name not in states}
		allowed: dict[tuple[Status, Category | None], list[EventState]] = {}
		for state in states.values():
			if why := why_not(action, state, reason):
				refused[state.name] = why
			else:
				allowed.setdefault((state.status, state.category), []).append(state)
		discards = action is OperatorAction.DISCARD
		outcome = str(Status.DISCARDED if discards else Status.RECEIVED)
		for (status, category), group in allowed.items():
			some = tuple(state.name for state in group)
			if discards:
				_end(some, status, Status.DISCARDED, category=category, discard_reason=reason.strip())
			else:
				_requeue_all(some, status, keep_attempts=action in (OperatorAction.REQUEUE, OperatorAction.RELEASE))
			attempts.insert_notes(some, _NOTED_AS[action], outcome, user=user, reason=reason.strip(), operation=operation)
		changed = [state for group in allowed.values() for state in group]
		if discards:
			for state in changed:
				_discarded(state.name, state.resource)
		return changed, refused

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

	# --- what older versions left --------------------------------------------------------------------------------

	def name_causes(self) -> int:
		"""Write the cause of failures from before there was that column. Return how many; commits in chunks."""
		named = 0
		waits = tuple(str(status) for status in Status if status not in (*FINAL, Status.RECEIVED, Status.PROCESSING))
		while True:
			rows = frappe.db.sql(
				"SELECT name, status, category, missing, message FROM `tabSync Event` WHERE status IN %s AND cause IS NULL LIMIT %s",
				(waits, _AT_ONCE),
			)
			for name, status, category, missing, message in rows:
				frappe.db.sql(
					"UPDATE `tabSync Event` SET cause = %s WHERE name = %s AND status = %s",
					(cause_of(category, missing, message), name, status),
				)
			frappe.db.commit()
			named += len(rows)
			if len(rows) < _AT_ONCE:
				return named


_T = TypeVar("_T")


def in_short_transaction(work: Callable[[], _T], *, begin: bool = True) -> _T:
	"""Do *work* in a transaction of its own and commit it; start again when the database asks for that.

	:param begin: begin with a rollback: on MariaDB 11.6+ a row that changed since the first read of the request cannot be written.
		Receiving does without at first: each statement counts there, and a clash only starts it again. So does a claim, which
		reads what is committed.
	"""
	if begin:
		frappe.db.rollback()
	for tries_left in reversed(range(_TRIES)):
		try:
			done = work()
			frappe.db.commit()
			return done
		except Exception as error:
			frappe.db.rollback()
			if not tries_left or not is_contention(error):
				raise
	raise AssertionError("the last try returns or raises")


def in_own_transaction(work: Callable[[], _T]) -> _T:
	"""Do *work* in a fresh transaction from within a callback of Frappe's after_commit, and commit it.

	In plain SQL: Frappe's own commit would run the callbacks of others from within ours, and its rollback would drop them.
	"""
	for tries_left in reversed(range(_TRIES)):
		frappe.db.sql("rollback")
		try:
			done = work()
			frappe.db.sql("commit")
			return done
		except Exception as error:
			frappe.db.sql("rollback")
			if not tries_left or not is_contention(error):
				raise
	raise AssertionError("the last try returns or raises")


def _row_of(event: NewEvent) -> tuple[Any, ...]:
	if event.status not in INITIAL:
		raise ValueError(f"An event cannot be received as {event.status}.")
	received = times.to_site(event.received_at)
	triggered = _parse_header_time(event.triggered_at)
	due = times.to_naive_utc(event.received_at) if event.status is Status.RECEIVED else None
	return (
		event.name, received, received, "Administrator", "Administrator", 0, 0, event.store, str(event.way), str(event.source), event.topic[:140],
		event.resource, event.shopify_id, event.link, event.version, event.label or None, str(event.status),
		str(event.category) if event.category else None, event.message or None,
		_cause(event.status, event.category, None, event.message), 0, 1,
		received, received, times.to_site(triggered), times.to_site(event.updated_at), due,
		received if event.status in FINAL else None, event.api_version or None, event.event_id or None,
		event.payload_hash, event.payload, event.part_of, event.open_key,
	)  # fmt: skip


def _cause(status: Status, category: Category | None, missing: str | None, message: str | None) -> str | None:
	"""Return what an event in *status* has in common with others that wait for the same; what is new or finished waits for nothing."""
	if status is Status.RECEIVED or status in FINAL:
		return None
	return cause_of(str(category) if category else None, missing, message)


def _parse_header_time(text: str) -> datetime | None:
	try:
		# Shopify sends nanoseconds; datetime knows microseconds.
		whole, _, fraction = text.strip().replace("Z", "+00:00").partition(".")
		digits = "".join(char for char in fraction.partition("+")[0] if char.isdigit())[:6]
		zone = "+" + fraction.partition("+")[2] if "+" in fraction else ""
		parsed = datetime.fromisoformat(f"{whole}.{digits:0<6}{zone}" if digits else whole)
	except ValueError:
		return None
	return parsed if parsed.tzinfo else None


_CLAIM_COLUMNS = (
	"name, store, topic, resource_type, shopify_id, link, version, status, attempts, worker, payload, open_key, part_of"
)


def _lock_next_due() -> Any:
	rows = frappe.db.sql(
		f"""SELECT {_CLAIM_COLUMNS} FROM `tabSync Event` WHERE direction = 'Inbound' AND due_at <= %s
		ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED""",  # noqa: S608
		(times.to_naive_utc(times.now()),),
		as_dict=True,
	)
	return rows[0] if rows else None


def _lock_if_due(name: str) -> Any:
	rows = frappe.db.sql(
		f"SELECT {_CLAIM_COLUMNS} FROM `tabSync Event` WHERE name = %s AND due_at <= %s FOR UPDATE SKIP LOCKED",  # noqa: S608
		(name, times.to_naive_utc(times.now())),
		as_dict=True,
	)
	return rows[0] if rows and rows[0].status in _WAITING else None


def _newest_of(row: Any) -> Any:
	"""Return the newest event of the same resource that is newer than *row* and not finished, or None."""
	rows = frappe.db.sql(
		"""SELECT name, version, status FROM `tabSync Event`
		WHERE link = %s AND version > %s AND status IN %s ORDER BY version DESC LIMIT 1""",
		(row.link, row.version, tuple(str(status) for status in _SPEAKS)),
		as_dict=True,
	)
	return rows[0] if rows else None


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
		f"""SELECT {_CLAIM_COLUMNS} FROM `tabSync Event` {index} WHERE {column} IN %s AND due_at <= %s ORDER BY {column}
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
			tuple(chosen), tuple(row.name for row in chosen.values()), tuple(str(status) for status in _SPEAKS),
			times.to_naive_utc(times.now()),
		),
		as_dict=True,
	)  # fmt: skip
	for row in rows:
		_mark_superseded([row.name], chosen[row.link].name)


def _supersede_waiting(row: Any, newest: Any) -> None:
	"""Mark *row*, and whatever else waits and is older than *newest*, as superseded by it."""
	rows = frappe.db.sql(
		"SELECT name FROM `tabSync Event` WHERE link = %s AND version < %s AND status IN %s FOR UPDATE SKIP LOCKED",
		(row.link, newest.version, tuple(str(status) for status in _WAITING)),
	)
	names = {name for (name,) in rows} | ({row.name} if row.status in sources_of(Status.SUPERSEDED) else set())
	_mark_superseded(sorted(names), newest.name)


def _mark_superseded(names: Sequence[str], by: str) -> int:
	if not names:
		return 0
	now = times.to_site(times.now())
	frappe.db.sql(
		"""UPDATE `tabSync Event` SET status = %s, superseded_by = %s, open_key = NULL, message = %s, due_at = NULL, next_try_at = NULL,
		lease_token = NULL, worker = NULL, finished_at = %s, modified = %s WHERE name IN %s AND status IN %s""",
		(
			str(Status.SUPERSEDED), by, "A newer state of the same resource is known.", now, now, tuple(names),
			tuple(str(status) for status in sources_of(Status.SUPERSEDED)),
		),
	)  # fmt: skip
	return int(frappe.db._cursor.rowcount)


def _take(row: Any, worker: str, lease_seconds: float) -> ClaimedEvent:
	check(row.status, Status.PROCESSING)
	now = times.now()
	lease = short_hash(row.name, worker, now.isoformat(), str(row.attempts))[:20]
	frappe.db.sql(
		"""UPDATE `tabSync Event` SET status = 'Processing', attempts = attempts + 1, due_at = %s, next_try_at = NULL,
		look_again = 0, open_key = NULL, lease_token = %s, worker = %s, modified = %s WHERE name = %s""",
		(times.to_naive_utc(now + timedelta(seconds=lease_seconds)), lease, worker[:140], times.to_site(now), row.name),
	)
	return ClaimedEvent(
		name=row.name,
		store=row.store,
		topic=row.topic,
		resource=row.resource_type,
		shopify_id=row.shopify_id,
		version=row.version,
		payload=row.payload,
		attempts=row.attempts + 1,
		lease=lease,
		part_of=row.part_of,
	)


def _must_look_again(event: ClaimedEvent, outcome: Outcome) -> bool:
	"""Tell whether what the event would begin to wait for was saved since it was claimed; locks its row until the commit."""
	if outcome.status not in (Status.BLOCKED, Status.HELD):
		return False
	rows = frappe.db.sql(
		"SELECT look_again FROM `tabSync Event` WHERE name = %s AND lease_token = %s FOR UPDATE", (event.name, event.lease)
	)
	return bool(rows and rows[0][0])


def _lock_state(name: str) -> EventState:
	row = frappe.db.get_value("Sync Event", name, ["status", "category", "resource_type"], as_dict=True, for_update=True)
	if not row:
		raise Refused(f"There is no Sync Event {name}.")
	return EventState(name, Status(row.status), Category(row.category) if row.category else None, row.resource_type)


def _lock_states(names: Sequence[str]) -> list[EventState]:
	"""Return those of *names* that there are, locked one after the other by name."""
	rows = frappe.db.sql(
		"SELECT name, status, category, resource_type FROM `tabSync Event` WHERE name IN %s ORDER BY name FOR UPDATE",
		(tuple(names) or ("",),),
	)
	return [
		EventState(name, Status(status), Category(category) if category else None, resource)
		for name, status, category, resource in rows
	]


def _requeue(name: str, status: Status, *, keep_attempts: bool = False) -> bool:
	"""Put an event that stands in *status* back into the queue; False when it has moved on meanwhile."""
	return _requeue_all((name,), status, keep_attempts=keep_attempts) == 1


def _requeue_all(names: tuple[str, ...], status: Status, *, keep_attempts: bool) -> int:
	"""Put events that stand in *status* back into the queue, and leave those that have moved on. Return how many.

	:param keep_attempts: an operator gives an event all its attempts again, a saved mapping does not.
	"""
	check(status, Status.RECEIVED)
	now = times.now()
	frappe.db.sql(
		"""UPDATE `tabSync Event` SET status = %s, attempts = IF(%s, attempts, 0), due_at = %s, next_try_at = NULL, finished_at = NULL,
		superseded_by = NULL, echo_of = NULL, discard_reason = NULL, category = NULL, message = NULL, missing = NULL, cause = NULL, modified = %s WHERE name IN %s AND status = %s""",
		(str(Status.RECEIVED), keep_attempts, times.to_naive_utc(now), times.to_site(now), names, str(status)),
	)
	return int(frappe.db._cursor.rowcount)


def _requeue_waiting(status: Status, names: Sequence[str], reason: str) -> int:
	"""Put back those of *names* that still wait in *status*, some statements for a thousand of them. Return how many.

	What was a Dead Letter has used up its attempts for something that is mended now: it gets them again.
	"""
	requeued = 0
	for start in range(0, len(names), _AT_ONCE):
		some = tuple(names[start : start + _AT_ONCE])
		locked = frappe.db.sql(
			"SELECT name FROM `tabSync Event` WHERE name IN %s AND status = %s ORDER BY name FOR UPDATE", (some, str(status))
		)
		still = tuple(name for (name,) in locked)
		if still:
			requeued += _requeue_all(still, status, keep_attempts=status is not Status.DEAD_LETTER)
			attempts.insert_notes(still, Action.REQUEUE, str(Status.RECEIVED), user=frappe.session.user, reason=reason)
	return requeued


def _discarded(name: str, resource: str | None) -> None:
	"""Mark the stock of deliveries whose push a person put away: from then on they count as fulfilled by hand, or never."""
	if resource == FULFILLMENT_PUSH:
		from . import outbox  # which writes its marks here

		outbox.deliveries_settled(frappe.db.get_value("Sync Event", name, "link"))


def _end(
	names: str | tuple[str, ...],
	current: str,
	to: Status,
	*,
	category: Category | None = None,
	message: str | None = None,
	discard_reason: str | None = None,
) -> None:
	check(current, to)
	now = times.to_site(times.now())
	cause = _cause(to, category, None, message) if message else None
	frappe.db.sql(
		"""UPDATE `tabSync Event` SET status = %s, category = %s, message = COALESCE(%s, message), cause = COALESCE(%s, cause),
		missing = IF(%s IS NULL, missing, NULL), discard_reason = %s, due_at = NULL,
		next_try_at = NULL, open_key = NULL, lease_token = NULL, worker = NULL, finished_at = %s, modified = %s WHERE name IN %s""",
		(
			str(to),
			str(category) if category else None,
			message,
			cause,
			cause,
			discard_reason,
			now if to in FINAL else None,
			now,
			(names,) if isinstance(names, str) else names,
		),
	)
