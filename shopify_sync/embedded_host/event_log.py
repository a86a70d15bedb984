"""The ledger of Sync Events on SQLite, and the only module of this host that writes a status.

Every status goes through :func:`_write_status`, which asks core/statuses.py from where it may be reached. `due_at` is set
exactly while there is something to do: Received (now), Retrying (when the next try is due), Processing (end of the lease).
"""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from shopify_sync.core import operations
from shopify_sync.core.events import (
	FOUND,
	LOOKED_AGAIN,
	SETTLED,
	Action,
	Attempt,
	ClaimedEvent,
	NewEvent,
	Outcome,
	Receipt,
	Source,
	once_more,
)
from shopify_sync.core.failures import Category
from shopify_sync.core.masking import redacted, speaks_of
from shopify_sync.core.operations import EventState
from shopify_sync.core.outbound.marks import Mark, event_of
from shopify_sync.core.plan import Redaction
from shopify_sync.core.policy import StorePolicy
from shopify_sync.core.ports import LeaseLost
from shopify_sync.core.statuses import FINAL, INITIAL, OPEN, IllegalTransition, Status, sources_of

from . import attempts
from .database import Database
from .times import from_text, to_text, utc_now

_NEW_COLUMNS = (
	"name", "store", "source", "topic", "resource", "shopify_id", "link", "version", "updated_at", "label", "status",
	"category", "message", "payload_hash", "api_version", "event_id", "triggered_at", "received_at", "part_of", "open_key", "signed_with", "payload",
)  # fmt: skip
_RECORD = f"""
INSERT INTO sync_event ({", ".join(_NEW_COLUMNS)}, direction, last_seen_at, due_at, finished_at)
VALUES ({", ".join(":" + name for name in _NEW_COLUMNS)}, :direction, :received_at, :due_at, :finished_at)
ON CONFLICT (name) DO UPDATE SET deliveries = deliveries + 1, last_seen_at = excluded.last_seen_at
WHERE payload_hash = excluded.payload_hash AND store = excluded.store
RETURNING status, deliveries
"""  # noqa: S608 -- the column names are this module's
#: A mark that finds one of its resource open is one with it.
_MARK = f"""
INSERT INTO sync_event ({", ".join(_NEW_COLUMNS)}, direction, last_seen_at, due_at, finished_at)
VALUES ({", ".join(":" + name for name in _NEW_COLUMNS)}, :direction, :received_at, :due_at, :finished_at)
ON CONFLICT (open_key) WHERE open_key IS NOT NULL DO UPDATE SET deliveries = deliveries + 1, last_seen_at = excluded.last_seen_at,
payload = CASE WHEN excluded.payload <> '{{}}' THEN excluded.payload ELSE payload END
RETURNING deliveries
"""  # noqa: S608 -- the column names are this module's
_UNFINISHED = ", ".join(f"'{status}'" for status in (*OPEN, Status.PROCESSING))
#: What makes an older signal of the same resource moot while it waits: any newer one that is not finished.
_NEWEST = f"""
SELECT * FROM sync_event WHERE link = :link AND version > :version
AND status IN ({_UNFINISHED})
ORDER BY version DESC LIMIT 1
"""  # noqa: S608 -- the statuses are ours
_SUPERSEDED = "A newer state of the same resource came before this one was carried out."
_DIED = "The worker ended without a word while it held this event: killed, out of memory, or restarted."


class UnknownEvent(LookupError):
	"""Raised when there is no event of that name; the message says so."""


class EventLog:
	"""Implements core/ports.py `EventLog`, and what an operator may do to events.

	:param policy: returns the settings of a store; asked for the number of attempts an event may use.
	:param nonce: returns text that it never returned before; leases, and the names of events that are made here, differ by it.
	"""

	def __init__(
		self,
		database: Database,
		policy: Callable[[str], StorePolicy],
		clock: Callable[[], datetime] = utc_now,
		nonce: Callable[[], str] = lambda: uuid.uuid4().hex,
	) -> None:
		self._nonce = nonce
		#: Told, within the transaction, of the link of each event that is discarded.
		self.on_discard: Callable[[sqlite3.Connection, str], None] = lambda connection, link: None
		self._database = database
		self._policy = policy
		self._now = clock

	def record(self, event: NewEvent) -> Receipt:
		"""Insert *event*, or count one more delivery when its name is known. Another body under a known id is another event."""
		if event.status not in INITIAL:
			raise IllegalTransition(f"A Sync Event cannot begin as {event.status}.")
		with self._database.write() as connection:
			while True:
				row = connection.execute(_RECORD, _new_row(event)).fetchone()
				if row:
					return Receipt(event.name, Status(row["status"]), duplicate=row["deliveries"] > 1)
				event = event.renamed()

	def due(self) -> bool:
		"""Tell whether there is anything to claim now."""
		return _oldest_due(self._database.connection(), to_text(self._now())) is not None

	def next_due_at(self) -> datetime | None:
		"""Return when the next thing is to be done (UTC), in or out, which may be past; None when nothing waits for a time."""
		query = "SELECT min(due_at) AS due_at FROM sync_event WHERE due_at IS NOT NULL"
		row = self._database.connection().execute(query).fetchone()
		return from_text(row["due_at"]) if row["due_at"] else None

	def claim(self, worker: str, lease_seconds: float) -> ClaimedEvent | None:
		"""Take the next due event that no other worker holds, and count the attempt.

		Of several due events of one resource the newest is taken; the older ones become Superseded, pointing to it.
		"""
		if not self.due():
			return None
		now = self._now()
		with self._database.write() as connection:
			while row := _oldest_due(connection, to_text(now)):
				newest = _newest_of_resource(connection, row)
				if newest["name"] != row["name"]:
					self._make_way(connection, row, newest, now)
					if newest["due_at"] is None or newest["due_at"] > to_text(now):
						continue
				if self._is_worn_out(newest):
					self._give_up(connection, newest, now)
					continue
				return self._take(connection, newest, worker, now, lease_seconds)
		return None

	def mark(self, connection: sqlite3.Connection, marks: Iterable[Mark], source: Source = Source.ERPNEXT) -> int:
		"""Write marks into the caller's transaction, whose change they commit with. Return how many of them are new."""
		new = 0
		for mark in sorted(set(marks)):
			row = connection.execute(_MARK, _new_row(event_of(mark, self._now(), self._nonce(), source))).fetchone()
			new += row["deliveries"] == 1
		return new

	def due_stores(self) -> list[tuple[str, str]]:
		"""Return (store, resource) of everything on its way out that is due now."""
		rows = self._database.connection().execute(
			"SELECT DISTINCT store, resource FROM sync_event WHERE direction = 'Outbound' AND due_at <= ? ORDER BY store, resource",
			(to_text(self._now()),),
		)
		return [(row["store"], row["resource"]) for row in rows]

	def claim_batch(self, worker: str, lease_seconds: float, store: str, resource: str, limit: int) -> list[ClaimedEvent]:
		"""Take up to *limit* due events on their way out that no other worker holds; of several of one resource the newest."""
		now = self._now()
		claimed = []
		with self._database.write() as connection:
			rows = connection.execute(
				"SELECT * FROM sync_event WHERE direction = 'Outbound' AND due_at <= ? AND store = ? AND resource = ? "
				"ORDER BY due_at, rowid LIMIT ?",
				(to_text(now), store, resource, limit),
			).fetchall()
			living = [row for row in rows if not self._is_worn_out(row)]
			for row in rows:
				if row not in living:
					self._give_up(connection, row, now)
			for row in _speakers(living):
				self._make_way_out(connection, row, now)
				claimed.append(self._take(connection, row, worker, now, lease_seconds))
		return claimed

	def finish(self, connection: sqlite3.Connection, event: ClaimedEvent, outcome: Outcome) -> None:
		"""Write how an attempt ended, within the attempt's own transaction.

		:raises LeaseLost: when another worker has taken the event over.
		"""
		looks_again = self._must_look_again(connection, event, outcome)
		if looks_again:
			outcome = once_more(outcome, self._now())
		document_type, document_name = outcome.document or (None, None)
		columns = {
			"category": str(outcome.category) if outcome.category else None,
			"message": outcome.message,
			"missing": outcome.missing,
			"not_applied": json.dumps(outcome.not_applied, ensure_ascii=False),
			"document_type": document_type,
			"document_name": document_name,
			"superseded_by": outcome.superseded_by,
			"echo_of": outcome.echo_of,
			"attempts": event.attempts if outcome.costs_attempt else event.attempts - 1,
			**self._rest(outcome.status, outcome.next_try_at),
		}
		where = "name = :event AND lease = :token"
		if not _write_status(connection, outcome.status, columns, where, {"event": event.name, "token": event.lease}):
			raise LeaseLost(event.name)
		if looks_again:
			now = self._now()
			note = Attempt(event.name, event.attempts, Action.REQUEUE, str(outcome.status), now, now, reason=LOOKED_AGAIN)
			attempts.append(connection, note)

	def _must_look_again(self, connection: sqlite3.Connection, event: ClaimedEvent, outcome: Outcome) -> bool:
		if outcome.status not in (Status.BLOCKED, Status.HELD):
			return False
		row = connection.execute("SELECT look_again FROM sync_event WHERE name = ? AND lease = ?", (event.name, event.lease))
		found = row.fetchone()
		return bool(found and found["look_again"])

	def supersede(self, connection: sqlite3.Connection, event: ClaimedEvent, statuses: Sequence[Status]) -> int:
		"""Mark the older events of the same link that are in *statuses* as superseded by *event*."""
		wanted = ", ".join(f"'{status}'" for status in statuses)
		where = f"link = :link AND version < :newer AND status IN ({wanted})"
		parameters = {"link": event.signal.key, "newer": event.version}
		return _write_status(connection, Status.SUPERSEDED, self._superseded_by(event.name), where, parameters)

	def redact(self, connection: sqlite3.Connection, redaction: Redaction) -> None:
		"""Take what is personal out of the payloads of events; everything else of the ledger stays."""
		marks = ", ".join("?" for _link in redaction.links)
		rows = connection.execute(
			f"SELECT name, link, payload FROM sync_event WHERE link IN ({marks}) OR part_of IN ({marks}) "  # noqa: S608 -- question marks
			"OR (link IS NULL AND topic LIKE 'customers/%')",
			(*redaction.links, *redaction.links),
		).fetchall()
		wanted = [row for row in rows if row["link"] or speaks_of(row["payload"], redaction.customer_id)]
		connection.executemany(
			"""UPDATE sync_event SET payload = ?,
			document_name = CASE WHEN document_type IN ('Customer', 'Contact', 'Address') THEN NULL ELSE document_name END WHERE name = ?""",
			[(redacted(row["payload"]), row["name"]) for row in wanted],
		)

	def end_leases(self, is_gone: Callable[[str], bool]) -> int:
		"""End the leases of workers that are known to be gone, so that nobody waits for them. Return how many.

		Safe even when *is_gone* is wrong: a worker that is still there finds its lease lost, and rolls back.
		"""
		with self._database.write() as connection:
			rows = connection.execute(
				"SELECT name, worker FROM sync_event WHERE lease IS NOT NULL AND due_at IS NOT NULL"
			).fetchall()
			gone = [(to_text(self._now()), row["name"]) for row in rows if is_gone(row["worker"])]
			connection.executemany("UPDATE sync_event SET due_at = ? WHERE name = ?", gone)
		return len(gone)

	def retry(self, name: str, user: str, reason: str = "") -> None:
		"""Put one event back into the queue.

		:raises Refused: when that is not safe or makes no sense.
		"""
		with self._database.write() as connection:
			row = _row(connection, name)
			operations.check_retry(_state(row))
			self._requeue(connection, row, Action.RETRY, user, reason)

	def replay(self, names: Sequence[str], user: str, reason: str = "") -> None:
		"""Run events through the engine again; of a finished one nothing changes that agrees. All of them or none."""
		with self._database.write() as connection:
			for name in names:
				row = _row(connection, name)
				operations.check_replay(_state(row))
				self._requeue(connection, row, Action.REPLAY, user, reason)

	def resolved(self, connection: sqlite3.Connection, name: str, user: str, reason: str) -> None:
		"""Carry out an event again after a person decided what it waited for. Runs in the caller's transaction."""
		row = _row(connection, name)
		if Status(row["status"]) in (Status.RECEIVED, Status.RETRYING, Status.PROCESSING):
			self._note(connection, row, Action.RESOLVE, Status(row["status"]), user, reason)
		else:
			self._requeue(connection, row, Action.RESOLVE, user, reason)

	def discard(self, name: str, user: str, reason: str) -> None:
		"""Put one event away for good.

		:raises Refused: without a reason, while a worker has it, or when it is finished.
		"""
		with self._database.write() as connection:
			row = _row(connection, name)
			operations.check_discard(_state(row), reason)
			self._move(connection, row, Status.DISCARDED, {"discard_reason": reason, **self._rest(Status.DISCARDED)})
			self._note(connection, row, Action.DISCARD, Status.DISCARDED, user, reason)
			self.on_discard(connection, row["link"] or "")

	def requeue_blocked(
		self, connection: sqlite3.Connection, store: str, missing: str | None = None, user: str | None = None, reason: str = ""
	) -> int:
		"""Put the Blocked events of *store* back into the queue: all, or those that wait for *missing*. Return how many.

		Runs in the caller's transaction: what they waited for and the requeue commit together. So do the two below.
		"""
		where = "store = :store AND status = 'Blocked' AND (:missing IS NULL OR missing = :missing)"
		return self._requeue_where(connection, where, {"store": store, "missing": missing}, user, reason)

	def requeue_blocked_mentioning(
		self, connection: sqlite3.Connection, store: str, text: str, user: str | None = None, reason: str = ""
	) -> int:
		"""Put the Blocked events of *store* that miss an Item and whose payload mentions *text* back into the queue."""
		where = "store = :store AND status = 'Blocked' AND category = :category AND instr(payload, :text)"
		parameters = {"store": store, "category": str(Category.MISSING_ITEM), "text": text}
		return self._requeue_where(connection, where, parameters, user, reason)

	def requeue_held(self, connection: sqlite3.Connection, store: str, user: str | None = None, reason: str = "") -> int:
		"""Put the Held events of *store* back into the queue: it is no longer paused. Return how many."""
		return self._requeue_where(connection, "store = :store AND status = 'Held'", {"store": store}, user, reason)

	def requeue_parts(self, connection: sqlite3.Connection, key: str) -> int:
		"""Put the events that wait for a part of the resource *key* back into the queue, and mind those in work."""
		connection.execute("UPDATE sync_event SET look_again = 1 WHERE part_of = ? AND status = 'Processing'", (key,))
		rows = connection.execute(
			"SELECT * FROM sync_event WHERE part_of = ? AND status IN ('Blocked', 'Conflict')", (key,)
		).fetchall()
		for row in rows:
			self._requeue(connection, row, Action.REQUEUE, None, SETTLED)
		return len(rows)

	def requeue_missing(self, connection: sqlite3.Connection, store: str, missing: Sequence[str]) -> int:
		"""Put the Blocked events of *store* back into the queue that wait for any of *missing*."""
		names = {f"missing_{place}": what for place, what in enumerate(missing)}
		wanted = ", ".join(f":{name}" for name in names)
		where = f"store = :store AND status = 'Blocked' AND missing IN ({wanted})"
		return self._requeue_where(connection, where, {"store": store, **names}, None, FOUND)

	def _requeue_where(
		self, connection: sqlite3.Connection, where: str, parameters: Mapping[str, Any], user: str | None, reason: str
	) -> int:
		# What a worker is busy with does not wait yet, and may be about to: see core/events.py `once_more`.
		in_work = "UPDATE sync_event SET look_again = 1 WHERE store = :store AND status = 'Processing'"
		connection.execute(in_work, parameters)
		rows = connection.execute(f"SELECT * FROM sync_event WHERE {where}", parameters).fetchall()  # noqa: S608 -- written above
		for row in rows:
			self._requeue(connection, row, Action.REQUEUE, user, reason)
		return len(rows)

	def _requeue(self, connection: sqlite3.Connection, row: sqlite3.Row, action: Action, user: str | None, reason: str) -> None:
		# The attempts begin anew, or an event that has used them all would rest again after a single try. A Blocked or Held
		# one keeps its count: nobody decided to give it more.
		attempts_used = row["attempts"] if action is Action.REQUEUE else 0
		cleared = {"category": None, "message": "", "missing": None, "superseded_by": None, "echo_of": None, "discard_reason": ""}
		columns = {**cleared, "attempts": attempts_used, **self._rest(Status.RECEIVED, self._now())}
		self._move(connection, row, Status.RECEIVED, columns)
		self._note(connection, row, action, Status.RECEIVED, user, reason)

	def _make_way_out(self, connection: sqlite3.Connection, speaker: sqlite3.Row, now: datetime) -> None:
		"""Supersede whatever else waits of the resource that *speaker* is taken for, and what a dead worker left of it."""
		rows = connection.execute(
			f"SELECT * FROM sync_event WHERE link = ? AND name <> ? AND open_key IS NULL AND status IN ({_UNFINISHED}) "  # noqa: S608
			"AND (status <> 'Processing' OR due_at <= ?)",
			(speaker["link"], speaker["name"], to_text(now)),
		).fetchall()
		for row in rows:
			if row["status"] == Status.PROCESSING:
				self._note_death(connection, row, Status.SUPERSEDED, now)
			self._move(connection, row, Status.SUPERSEDED, self._superseded_by(speaker["name"]))

	def _make_way(self, connection: sqlite3.Connection, row: sqlite3.Row, newest: sqlite3.Row, now: datetime) -> None:
		"""Supersede *row*, which is due, and every other waiting signal of the resource that is older than *newest*."""
		if row["status"] == Status.PROCESSING:
			self._note_death(connection, row, Status.SUPERSEDED, now)
		columns = self._superseded_by(newest["name"])
		self._move(connection, row, Status.SUPERSEDED, columns)
		where = "link = :link AND version < :newer AND status IN ('Received', 'Retrying')"
		_write_status(connection, Status.SUPERSEDED, columns, where, {"link": row["link"], "newer": newest["version"]})

	def _is_worn_out(self, row: sqlite3.Row) -> bool:
		"""Tell whether the worker died over this event as often as the store lets it try."""
		died = row["status"] == Status.PROCESSING
		return died and int(row["attempts"]) >= self._policy(row["store"]).max_attempts

	def _give_up(self, connection: sqlite3.Connection, row: sqlite3.Row, now: datetime) -> None:
		self._note_death(connection, row, Status.DEAD_LETTER, now)
		columns = {"category": str(Category.WORKER_DIED), "message": _DIED, **self._rest(Status.DEAD_LETTER)}
		self._move(connection, row, Status.DEAD_LETTER, columns)

	def _take(
		self, connection: sqlite3.Connection, row: sqlite3.Row, worker: str, now: datetime, lease_seconds: float
	) -> ClaimedEvent:
		if row["status"] == Status.PROCESSING:
			self._note_death(connection, row, Status.PROCESSING, now)
		event = ClaimedEvent(
			name=row["name"],
			store=row["store"],
			topic=row["topic"],
			resource=row["resource"],
			shopify_id=row["shopify_id"],
			version=row["version"],
			payload=row["payload"],
			attempts=row["attempts"] + 1,
			lease=self._nonce(),
			part_of=row["part_of"],
		)
		columns = {
			"attempts": event.attempts,
			"lease": event.lease,
			"worker": worker,
			"claimed_at": to_text(now),
			"look_again": 0,
			"open_key": None,
			"due_at": to_text(now + timedelta(seconds=lease_seconds)),
		}
		self._move(connection, row, Status.PROCESSING, columns)
		return event

	def _move(self, connection: sqlite3.Connection, row: sqlite3.Row, to: Status, columns: Mapping[str, Any]) -> None:
		if not _write_status(connection, to, columns, "name = :event", {"event": row["name"]}):
			raise IllegalTransition(f"Sync Event {row['name']} cannot go from {row['status']} to {to}.")

	def _rest(self, status: Status, due_at: datetime | None = None) -> dict[str, Any]:
		"""Return the columns of an event that no worker holds any more."""
		finished = to_text(self._now()) if status in FINAL else None
		open_key: dict[str, Any] = {} if status is Status.RECEIVED else {"open_key": None}
		return {**open_key, "lease": None, "due_at": to_text(due_at) if due_at else None, "finished_at": finished}

	def _superseded_by(self, newer: str) -> dict[str, Any]:
		columns = {"superseded_by": newer, "message": _SUPERSEDED, "category": None, "missing": None}
		return {**columns, **self._rest(Status.SUPERSEDED)}

	def _note_death(self, connection: sqlite3.Connection, row: sqlite3.Row, outcome: Status, now: datetime) -> None:
		"""Record the attempt that never ended."""
		attempt = Attempt(
			event=row["name"],
			attempt=row["attempts"],
			action=Action.WORKER_DIED,
			outcome=str(outcome),
			started_at=from_text(row["claimed_at"]),
			ended_at=now,
			worker=row["worker"],
			category=Category.WORKER_DIED,
			message=_DIED,
		)
		attempts.append(connection, attempt)

	def _note(
		self,
		connection: sqlite3.Connection,
		row: sqlite3.Row,
		action: Action,
		outcome: Status,
		user: str | None,
		reason: str,
	) -> None:
		"""Record what a person, or a repaired mapping, did to an event."""
		now = self._now()
		attempt = Attempt(row["name"], row["attempts"], action, str(outcome), now, now, user=user, reason=reason)
		attempts.append(connection, attempt)


def _write_status(
	connection: sqlite3.Connection, to: Status, columns: Mapping[str, Any], where: str, parameters: Mapping[str, Any]
) -> int:
	"""Write a status where *where* says and the graph allows it. Return how many rows changed."""
	# `to_status` and the names in *where* differ from every column, so that they cannot hide each other.
	return connection.execute(_status_sql(to, tuple(columns), where), {**columns, **parameters, "to_status": str(to)}).rowcount


@cache
def _status_sql(to: Status, columns: tuple[str, ...], where: str) -> str:
	sources = ", ".join(f"'{source}'" for source in sources_of(to))
	assignments = "".join(f", {name} = :{name}" for name in columns)
	return f"UPDATE sync_event SET status = :to_status{assignments} WHERE {where} AND status IN ({sources})"  # noqa: S608 -- every part is this module's


def _new_row(event: NewEvent) -> dict[str, Any]:
	values = {name: getattr(event, name) for name in _NEW_COLUMNS}
	received_at = to_text(event.received_at)
	return {
		**values,
		"source": str(event.source),
		"direction": str(event.way),
		"status": str(event.status),
		"category": str(event.category) if event.category else None,
		"updated_at": to_text(event.updated_at) if event.updated_at else None,
		"received_at": received_at,
		"due_at": received_at if event.status is Status.RECEIVED else None,
		"finished_at": received_at if event.status in FINAL else None,
	}


def _oldest_due(connection: sqlite3.Connection, now: str) -> sqlite3.Row | None:
	found: sqlite3.Row | None = connection.execute(
		"SELECT * FROM sync_event WHERE direction = 'Inbound' AND due_at <= ? ORDER BY due_at LIMIT 1", (now,)
	).fetchone()
	return found


def _newest_of_resource(connection: sqlite3.Connection, row: sqlite3.Row) -> sqlite3.Row:
	found: sqlite3.Row | None = connection.execute(_NEWEST, {"link": row["link"], "version": row["version"]}).fetchone()
	return found or row


def _speakers(rows: Sequence[sqlite3.Row]) -> list[sqlite3.Row]:
	"""Return one event of each resource: the open one, which was marked last, or else any."""
	chosen: dict[str, sqlite3.Row] = {}
	for row in rows:
		if row["link"] not in chosen or row["open_key"]:
			chosen[row["link"]] = row
	return list(chosen.values())


def _row(connection: sqlite3.Connection, name: str) -> sqlite3.Row:
	found: sqlite3.Row | None = connection.execute("SELECT * FROM sync_event WHERE name = ?", (name,)).fetchone()
	if found is None:
		raise UnknownEvent(f"There is no event {name}. `shopify-sync events` lists them.")
	return found


def _state(row: sqlite3.Row) -> EventState:
	category = Category(row["category"]) if row["category"] else None
	return EventState(row["name"], Status(row["status"]), category, row["resource"])
