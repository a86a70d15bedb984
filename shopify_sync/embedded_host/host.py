"""The embedded host: the engine's ports on SQLite, and everything that shares one database file and one config."""

from __future__ import annotations

import random
import sqlite3
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from shopify_sync.core import ports
from shopify_sync.core.engine import Engine
from shopify_sync.core.events import Attempt, ClaimedEvent, Outcome
from shopify_sync.core.failures import Category, Failure, SyncFailure
from shopify_sync.core.masking import scrub
from shopify_sync.core.plan import AppliedChange, Change, Conflicts, LinkUpdate, Redaction
from shopify_sync.core.policy import Mode, StorePolicy
from shopify_sync.core.snapshots import ItemState, LinkState, Needs, Snapshot
from shopify_sync.core.statuses import Status

from . import attempts, conflicts, documents, links, outbox, stock
from .config import Config
from .database import Database
from .event_log import EventLog
from .receiver import Receiver
from .snapshots import Reader
from .times import utc_now


class Transaction:
	"""Implements core/ports.py `Transaction`.

	SQLite lets one transaction write at a time, so holding it is the lock on every link.
	"""

	def __init__(self, connection: sqlite3.Connection, config: Config, events: EventLog) -> None:
		self._connection = connection
		self._config = config
		self._events = events

	def lock(self, keys: Sequence[str]) -> Mapping[str, LinkState]:
		"""Return the links of *keys*; the transaction itself keeps others from writing them."""
		return {key: links.read(self._connection, key) for key in keys}

	def read(self, needs: Needs) -> Snapshot:
		"""Return what a decision needs to know."""
		policy = self._config.store(needs.key.partition("/")[0]).policy
		return Reader(self._connection, self._config, policy).read(needs)

	def apply(self, change: Change, created: dict[str, str]) -> AppliedChange:
		"""Carry out one change; what it does to stock is marked for Shopify."""
		applied = documents.apply(self._connection, change, created)
		if applied.doctype in stock.DOCTYPES:
			outbox.document_changed(self._connection, self._config, self._events, applied.doctype, applied.name)
		return applied

	def save_link(self, update: LinkUpdate, created: Mapping[str, str], event: str) -> None:
		"""Write a link; an inventory item that is linked from now on has its stock marked for Shopify."""
		before = links.read(self._connection, update.key)
		links.save(self._connection, update, created, event)
		if update.document:
			outbox.link_changed(self._connection, self._config, self._events, update.key, before.document_name)
		if update.facts is not None:
			outbox.facts_changed(self._connection, self._config, self._events, update, before)

	def save_conflicts(self, found: Conflicts, event: str) -> None:
		"""Keep the conflicts of a link."""
		conflicts.save(self._connection, found, event)

	def redact(self, redaction: Redaction) -> None:
		"""Take personal data out of the payloads of events and out of conflicts."""
		self._events.redact(self._connection, redaction)
		conflicts.clear(self._connection, redaction.links)

	def append_attempt(self, attempt: Attempt) -> None:
		"""Write one row of evidence."""
		attempts.append(self._connection, attempt)

	def finish(self, event: ClaimedEvent, outcome: Outcome) -> None:
		"""Write the event's new status and clear its lease."""
		self._events.finish(self._connection, event, outcome)

	def requeue_parts(self, key: str) -> int:
		"""Put the events that wait for a part of the resource *key* back into the queue."""
		return self._events.requeue_parts(self._connection, key)

	def requeue_missing(self, store: str, missing: Sequence[str]) -> int:
		"""Put the events that wait for any of *missing* back into the queue."""
		return self._events.requeue_missing(self._connection, store, missing)

	def supersede(self, event: ClaimedEvent, statuses: Sequence[Status]) -> int:
		"""Mark the older events of the same link that are in *statuses* as superseded by *event*."""
		return self._events.supersede(self._connection, event, statuses)


class EmbeddedHost:
	"""Implements core/ports.py `Host` for one worker."""

	def __init__(
		self, database: Database, config: Config, events: EventLog, worker: str, clock: Callable[[], datetime] = utc_now
	) -> None:
		self.events: ports.EventLog = events
		self.worker = worker
		self._log = events
		self._database = database
		self._config = config
		self._clock = clock

	def now(self) -> datetime:
		"""Return the time, UTC."""
		return self._clock()

	def jitter(self) -> float:
		"""Return a uniform random number in [0, 1)."""
		return random.random()  # noqa: S311 -- spreads retries, guards nothing

	def sleep(self, seconds: float) -> None:
		"""Wait."""
		time.sleep(seconds)

	def policy(self, store: str) -> StorePolicy:
		"""Return the store's settings."""
		return self._config.store(store).policy

	def payload_of(self, key: str) -> tuple[str, str | None] | None:
		"""Return the event whose state was last applied to the link *key*, and its payload."""
		row = (
			self._database.connection()
			.execute(
				"SELECT l.last_event, e.payload FROM shopify_link l LEFT JOIN sync_event e ON e.name = l.last_event WHERE l.key = ?",
				(key,),
			)
			.fetchone()
		)
		return (row["last_event"], row["payload"]) if row and row["last_event"] else None

	def prepare(self, keys: Sequence[str], needs: Needs) -> None:
		"""Create the link rows that are missing, and commit. Nobody else has to be asked for anything."""
		links.ensure(self._database, keys)

	@contextmanager
	def transaction(self) -> Iterator[Transaction]:
		"""Begin a transaction; commit when the block ends, roll back when it raises."""
		with self._database.write() as connection:
			yield Transaction(connection, self._config, self._log)

	def is_contention(self, error: BaseException) -> bool:
		"""Tell whether the transaction should start again: the file was locked, or another worker made the document first."""
		if isinstance(error, sqlite3.OperationalError):
			return "locked" in str(error) or "busy" in str(error)
		return isinstance(error, sqlite3.IntegrityError) and "document.shopify_key" in str(error)

	def classify(self, error: BaseException) -> Failure:
		"""Return what an exception means to an operator; the message holds no secrets."""
		if isinstance(error, SyncFailure):
			return error.failure
		if self.is_contention(error):
			return Failure(Category.CONTENTION, "The database was locked through every restart of the transaction.")
		message = scrub(f"{type(error).__name__}: {error}")
		return Failure(Category.BUG, message[:500], detail=scrub("".join(traceback.format_exception(error, limit=-8)))[-4000:])


class Instance:
	"""One database file with one config: makes the receiver, the ledger and any number of workers' engines over them.

	Events that wait for something the config says are looked at again when it says something new.

	:param database: the file, or a Database over it.
	:param nonce: see :class:`EventLog`; None: chance.
	"""

	def __init__(
		self,
		database: Path | str | Database,
		config: Config,
		*,
		clock: Callable[[], datetime] = utc_now,
		synchronous: str = "FULL",
		nonce: Callable[[], str] | None = None,
	) -> None:
		self.config = config
		self.database = database if isinstance(database, Database) else Database(database, synchronous=synchronous)
		self.events = EventLog(
			self.database, lambda store: config.store(store).policy, clock, **({"nonce": nonce} if nonce else {})
		)
		self.events.on_discard = lambda connection, link: outbox.discarded(connection, config, self.events, link)
		self.receiver = Receiver(config, self.events, clock)
		self.clock = clock
		self._take_over_config()

	def host(self, worker: str) -> EmbeddedHost:
		"""Return the host of one worker; give each thread its own name."""
		return EmbeddedHost(self.database, self.config, self.events, worker, self.clock)

	def engine(self, worker: str, probe: Callable[[str], None] | None = None) -> Engine:
		"""Return an engine for one worker."""
		return Engine(self.host(worker), probe)

	def items_of_sku(self, connection: sqlite3.Connection, store: str, sku: str) -> tuple[ItemState, ...]:
		"""Return the Items that an SKU stands for in a store."""
		return Reader(connection, self.config, self.config.store(store).policy).items_of_sku(sku)

	def close(self) -> None:
		"""Close this thread's connection."""
		self.database.close()

	def _take_over_config(self) -> None:
		with self.database.write() as connection:
			changed = [name for name in self._stores() if self._note_fingerprint(connection, name)]
			for name in changed:
				outbox.note_locations(connection, self.config.store(name).policy)
			if changed:
				self._write_items(connection)
			for name in changed:
				if self.config.store(name).policy.mode is not Mode.PAUSED:
					self.events.requeue_blocked(connection, name, reason="The config has changed.")
					self.events.requeue_held(connection, name, reason="The config has changed.")
				outbox.store_changed(connection, self.config, self.events, name)

	def _stores(self) -> list[str]:
		return [store.policy.store for store in self.config.stores]

	def _note_fingerprint(self, connection: sqlite3.Connection, store: str) -> bool:
		"""Remember how *store* is booked. Return whether that is new."""
		name, value = f"config of {store}", self.config.fingerprint(store)
		changed = connection.execute(
			"INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value "
			"WHERE value <> excluded.value",
			(name, value),
		)
		return changed.rowcount > 0

	def _write_items(self, connection: sqlite3.Connection) -> None:
		"""Make the Items what the config says; one that it no longer has is gone."""
		# Those that were made of Shopify's products have a key; the config never had them.
		connection.execute("DELETE FROM document WHERE doctype = 'Item' AND shopify_key IS NULL")
		for item in self.config.items:
			documents.put(connection, "Item", item.item_code, item.model_dump(mode="json"))
		connection.execute(
			"INSERT INTO setting (name, value) VALUES ('accept_any_sku', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
			(str(int(self.config.accept_any_sku)),),
		)
