"""Calling Shopify from the embedded host: who may, with which token, and the evidence of every call, in the SQLite file.

Tokens stand in the file as they are: whoever can read it can call the shop. Keep it as you keep the config.
"""

from __future__ import annotations

import json
import random
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from shopify_sync.admin_api import sign_in as sign_ins
from shopify_sync.admin_api.budgets import ProcessBudget
from shopify_sync.admin_api.client import AdminClient
from shopify_sync.admin_api.connection import StoreConnection
from shopify_sync.admin_api.ports import CallEnded, CallOutcome, CallStarted, Closed, Transport
from shopify_sync.admin_api.shops import shop
from shopify_sync.admin_api.sign_in import Credentials, SignIn, SignInBy, State
from shopify_sync.admin_api.transport import RequestsTransport
from shopify_sync.core.calls import breaker
from shopify_sync.core.calls.breaker import Circuit
from shopify_sync.core.contracts.base import dump_json
from shopify_sync.core.policy import Mode

from .admin_config import Admin
from .config import Config
from .database import Database
from .times import to_text, utc_now

#: How many openings and closings of a circuit are kept.
_HISTORY = 50
#: How long another worker's request for a token is waited for.
_RENEWING_SECONDS = 60.0


class Connections:
	"""The clients of all stores of a config. One object per process; threads share it.

	:param transport: carries the requests; None: HTTP. *now*, *sleep*, *jitter*: time and chance, given by a simulation.
	"""

	def __init__(
		self,
		database: Database,
		config: Config,
		*,
		transport: Transport | None = None,
		now: Callable[[], datetime] = utc_now,
		sleep: Callable[[float], None] = time.sleep,
		jitter: Callable[[], float] = random.random,
	) -> None:
		self._database = database
		self._config = config
		self._transport = transport or RequestsTransport()
		self._now = now
		self._sleep = sleep
		self._jitter = jitter
		self._lock = threading.Lock()
		self._known: dict[str, tuple[StoreConnection, AdminClient]] = {}

	def client_of(self, store: str) -> AdminClient:
		"""Return the client of a store. :raises BadConfig: when there is no such store."""
		return self._of(store)[1]

	def connection_of(self, store: str) -> StoreConnection:
		"""Return the connection of a store. :raises BadConfig: when there is no such store."""
		return self._of(store)[0]

	def gate_of(self, store: str) -> Closed | None:
		"""Return why nothing may be sent to a store now, or None."""
		return self.connection_of(store).gate()

	def _of(self, store: str) -> tuple[StoreConnection, AdminClient]:
		with self._lock:
			if store not in self._known:
				self._known[store] = self._made(store)
			return self._known[store]

	def _made(self, name: str) -> tuple[StoreConnection, AdminClient]:
		store = self._config.store(name)
		admin = store.admin
		target = shop(name, store.shop_domain, admin.api_version, self._config.shops)
		credentials = Credentials(
			store=name,
			by=_sign_in_by(admin),
			client_id=admin.client_id,
			secrets=tuple(secret for secret in store.gate.secrets if secret),
			access_token=admin.access_token,
			paused="The store is paused or disabled." if store.policy.mode is Mode.PAUSED or not store.gate.enabled else "",
		)
		connection = StoreConnection(
			target,
			credentials,
			SqliteConnectionStore(self._database, name, self._now),
			ProcessBudget(lambda: self._now().timestamp()),
			self._transport,
			now=self._now,
			jitter=self._jitter,
		)
		calls = SqliteCallLog(self._database)
		client = AdminClient(target, self._transport, connection, calls, now=self._now, sleep=self._sleep, jitter=self._jitter)
		return connection, client


def _sign_in_by(admin: Admin) -> SignInBy:
	if admin.access_token:
		return SignInBy.ACCESS_TOKEN
	return SignInBy.CLIENT_CREDENTIALS if admin.client_id else SignInBy.NONE


class SqliteConnectionStore:
	"""Implements admin_api/sign_in.py `ConnectionStore`. The workers of the embedded host are threads of one process."""

	def __init__(self, database: Database, store: str, now: Callable[[], datetime]) -> None:
		self._database = database
		self._store = store
		self._now = now
		self._renewing = threading.Lock()
		self._heard: set[tuple[str, str]] = set()

	def read(self) -> State:
		"""See `ConnectionStore`."""
		row = self._row(self._database.connection())
		if row is None:
			return State()
		sign_in = sign_ins.from_json(json.loads(row["sign_in"]), row["access_token"], row["refresh_token"])
		return State(sign_in, breaker.from_json(json.loads(row["circuit"])))

	@contextmanager
	def renewing(self) -> Iterator[bool]:
		"""See `ConnectionStore`."""
		is_ours = self._renewing.acquire(timeout=_RENEWING_SECONDS)
		try:
			yield is_ours
		finally:
			if is_ours:
				self._renewing.release()

	def save(self, sign_in: SignIn) -> None:
		"""See `ConnectionStore`."""
		with self._writing() as connection:
			connection.execute(
				"UPDATE connection SET sign_in = ?, access_token = ?, refresh_token = ? WHERE store = ?",
				(dump_json(sign_ins.as_json(sign_in)), sign_in.access_token, sign_in.refresh_token, self._store),
			)

	def change_circuit(self, change: Callable[[Circuit], Circuit]) -> Circuit:
		"""See `ConnectionStore`."""
		with self._writing() as connection:
			row = self._row(connection)
			assert row is not None
			before = breaker.from_json(json.loads(row["circuit"]))
			after = change(before)
			history = json.loads(row["history"])
			if after.state is not before.state:
				history = [*history, breaker.entry(after, self._now())][-_HISTORY:]
			connection.execute(
				"UPDATE connection SET circuit = ?, history = ? WHERE store = ?",
				(dump_json(breaker.as_json(after)), dump_json(history), self._store),
			)
			return after

	def tell_rejected(self, reason: str) -> None:
		"""See `ConnectionStore`. Nobody is there to be told: `shopify-sync calls` shows it."""

	def heard(self, answered_version: str, deprecated: str) -> None:
		"""See `ConnectionStore`."""
		if (answered_version, deprecated) in self._heard:
			return
		self._heard.add((answered_version, deprecated))
		with self._writing() as connection:
			connection.execute(
				"UPDATE connection SET answered_version = ?, deprecated = coalesce(nullif(?, ''), deprecated) WHERE store = ?",
				(answered_version, deprecated, self._store),
			)

	def _row(self, connection: sqlite3.Connection) -> sqlite3.Row | None:
		found: sqlite3.Row | None = connection.execute("SELECT * FROM connection WHERE store = ?", (self._store,)).fetchone()
		return found

	@contextmanager
	def _writing(self) -> Iterator[sqlite3.Connection]:
		with self._database.write() as connection:
			connection.execute("INSERT OR IGNORE INTO connection (store) VALUES (?)", (self._store,))
			yield connection


class SqliteCallLog:
	"""Implements admin_api/ports.py `CallLog`."""

	def __init__(self, database: Database) -> None:
		self._database = database

	def begin(self, call: CallStarted) -> str:
		"""See `CallLog`."""
		with self._database.write() as connection:
			if call.key and (known := self._known(connection, call)):
				connection.execute("UPDATE api_call SET outcome = ? WHERE name = ?", (str(CallOutcome.IN_FLIGHT), known))
				return known
			name = uuid.uuid4().hex[:20]
			connection.execute(
				"INSERT INTO api_call (name, store, operation, priority, key, variables, events, api_version, outcome, started_at)"
				" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
				(
					name,
					call.store,
					call.operation,
					str(call.priority),
					call.key,
					call.variables,
					"\n".join(call.events),
					call.api_version,
					str(CallOutcome.IN_FLIGHT),
					to_text(call.started_at),
				),
			)
			return name

	def end(self, name: str, ended: CallEnded) -> None:
		"""See `CallLog`."""
		status = ended.cost.status
		values = {
			"outcome": str(ended.outcome),
			"http_status": ended.http_status,
			"request_id": ended.request_id,
			"answered_version": ended.api_version,
			"category": str(ended.category) if ended.category else None,
			"message": ended.message,
			"requested_cost": ended.cost.requested,
			"actual_cost": ended.cost.actual,
			"points_left": status.available if status else None,
			"ended_at": to_text(ended.ended_at),
		}
		setting = ", ".join(f"{column} = ?" for column in values)
		with self._database.write() as connection:
			connection.execute(
				f"UPDATE api_call SET {setting}, tries = tries + ? WHERE name = ?",  # noqa: S608 - names from above
				(*values.values(), ended.tries, name),
			)

	@staticmethod
	def _known(connection: sqlite3.Connection, call: CallStarted) -> str | None:
		row = connection.execute(
			"SELECT name FROM api_call WHERE key = ? AND store = ? AND operation = ? ORDER BY started_at DESC LIMIT 1",
			(call.key, call.store, call.operation),
		).fetchone()
		return row["name"] if row else None


def calls(database: Database, limit: int) -> list[dict[str, Any]]:
	"""Return the evidence of the last calls, the newest first."""
	rows = database.connection().execute("SELECT * FROM api_call ORDER BY started_at DESC, rowid DESC LIMIT ?", (limit,))
	return [dict(row) for row in rows]


def shown(database: Database) -> list[dict[str, Any]]:
	"""Return what is known of each store's connection, without tokens and secrets."""
	rows = database.connection().execute("SELECT store, sign_in, circuit, history, answered_version, deprecated FROM connection")
	return [_readable(dict(row)) for row in rows]


def _readable(row: dict[str, Any]) -> dict[str, Any]:
	sign_in, circuit = json.loads(row.pop("sign_in")), json.loads(row.pop("circuit"))
	known = {name: sign_in.get(name) for name in ("state", "reason", "obtained_at", "expires_at", "refresh_expires_at", "scopes")}
	open_until = circuit.get("until") if circuit.get("state") != "Closed" else None
	now = {"circuit": circuit.get("state", "Closed"), "circuit_reason": circuit.get("reason", ""), "circuit_until": open_until}
	return {**row, **known, **now, "history": json.loads(row["history"])}
