"""The embedded host's database in simulated time: waiting for the writer takes simulated seconds, and a commit may be the last
thing that a process does.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from shopify_sync.embedded_host.database import BUSY_SECONDS, Database

from ..scheduler import Scheduler, Task


class SimulatedDatabase(Database):
	"""One file, one connection per task, and one writer at a time.

	:param on_point: called at `begun`, `commit` (just before it) and `committed` of every writing transaction; may raise.
	"""

	def __init__(self, path: Path, scheduler: Scheduler, on_point: Callable[[str], None]) -> None:
		self._scheduler = scheduler
		self._on_point = on_point
		self._free: list[sqlite3.Connection] = []
		self._leased: dict[Task | None, sqlite3.Connection] = {}
		self._holder: list[Task | None] = []
		super().__init__(path, synchronous="OFF")

	@property
	def is_held(self) -> bool:
		"""Whether a task is in the middle of a writing transaction. Who is no task must not write then."""
		return bool(self._holder)

	def connection(self) -> sqlite3.Connection:
		"""Return the connection of the task that runs."""
		task = self._scheduler.current
		found = self._leased.get(task)
		if found is None:
			found = self._leased[task] = self._free.pop() if self._free else self._connect()
		return found

	@contextmanager
	def write(self) -> Iterator[sqlite3.Connection]:
		"""Begin a writing transaction; commit when the block ends, roll back when it raises."""
		self._wait_for_the_writer()
		self._holder.append(self._scheduler.current)
		try:
			connection = self.connection()
			connection.execute("BEGIN IMMEDIATE")
			try:
				self._on_point("begun")
				yield connection
				self._on_point("commit")
				connection.commit()
			except BaseException:
				connection.rollback()
				raise
		finally:
			self._holder.pop()
		self._on_point("committed")

	def close(self) -> None:
		"""Give back the connection of the task that runs: a task that ended needs none."""
		found = self._leased.pop(self._scheduler.current, None)
		if found is not None:
			self._free.append(found)

	def close_all(self) -> None:
		"""Close every connection."""
		for connection in (*self._free, *self._leased.values()):
			connection.close()
		self._free.clear()
		self._leased.clear()

	def _wait_for_the_writer(self) -> None:
		waited, pause = 0.0, 0.005
		while self._holder:
			if self._scheduler.current is None or waited >= BUSY_SECONDS:
				raise sqlite3.OperationalError("database is locked")
			self._scheduler.sleep(pause)
			waited, pause = waited + pause, min(pause * 2, 1.0)

	def _connect(self) -> sqlite3.Connection:
		# Tasks are threads, but only one of them runs at a time, and the last act is to close what others opened.
		connection = sqlite3.connect(self.path, timeout=0, isolation_level=None, check_same_thread=False)
		connection.row_factory = sqlite3.Row
		connection.execute("PRAGMA journal_mode = WAL")
		connection.execute("PRAGMA synchronous = OFF")
		return connection
