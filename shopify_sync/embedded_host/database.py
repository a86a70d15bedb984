"""The SQLite file: one connection per thread, and one writing transaction at a time."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import schema

#: How long a writer of another process is waited for before SQLite says "database is locked".
BUSY_SECONDS = 10.0


class NotOurs(Exception):
	"""Raised when a file cannot be used as the database; the message says what to do."""


class Database:
	"""Connections to one file. Threads share the object; each gets its own connection.

	:param synchronous: `FULL` makes every commit durable before it returns, also when the power fails; `NORMAL` only when
		the process dies.
	:param create: whether a file that does not exist is made.
	"""

	def __init__(self, path: Path | str, *, synchronous: str = "FULL", create: bool = True) -> None:
		self.path = Path(path)
		self._synchronous = synchronous
		self._local = threading.local()
		# SQLite allows one writer. Threads of this process queue here, in order, rather than poll for the file's lock.
		self._writer = threading.RLock()
		if not create and not self.path.is_file():
			raise NotOurs(f"There is no database {self.path}. `shopify-sync serve` and `shopify-sync replay` make one.")
		if not self.path.parent.is_dir():
			raise NotOurs(f"The folder {self.path.parent} does not exist. Make it, or choose another --db.")
		self._prepare()

	def connection(self) -> sqlite3.Connection:
		"""Return this thread's connection."""
		found: sqlite3.Connection | None = getattr(self._local, "connection", None)
		if found is None:
			found = self._local.connection = self._connect()
		return found

	@contextmanager
	def write(self) -> Iterator[sqlite3.Connection]:
		"""Begin a writing transaction; commit when the block ends, roll back when it raises."""
		connection = self.connection()
		with self._writer:
			connection.execute("BEGIN IMMEDIATE")
			try:
				yield connection
				connection.commit()
			except BaseException:
				connection.rollback()
				raise

	def close(self) -> None:
		"""Close this thread's connection; a later use opens another."""
		found: sqlite3.Connection | None = getattr(self._local, "connection", None)
		if found is not None:
			found.close()
			self._local.connection = None

	def _connect(self) -> sqlite3.Connection:
		# No isolation level: transactions begin and end where this module says, nowhere else.
		connection = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None)
		connection.row_factory = sqlite3.Row
		if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
			connection.execute("PRAGMA journal_mode = WAL")
		connection.execute(f"PRAGMA synchronous = {self._synchronous}")
		return connection

	def _prepare(self) -> None:
		try:
			version = self.connection().execute("PRAGMA user_version").fetchone()[0]
		except sqlite3.DatabaseError as error:
			self.close()
			raise NotOurs(f"{self.path} cannot be opened as an SQLite database ({error}). Choose another --db.") from error
		if version > schema.VERSION:
			self.close()
			raise NotOurs(f"{self.path} was made by a later version of shopify-sync. Update shopify-sync.")
		if version < schema.VERSION:
			with self._writer:
				self.connection().executescript(schema.script(version))
