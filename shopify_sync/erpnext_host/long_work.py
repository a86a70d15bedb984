"""Long work in slices: backfills, reconciliations and the operations of people are carried out alike.

One worker at a time is at it, held by an advisory lock that ends with its connection, however the process ends. It keeps how far
it is with what it did, so that whoever comes next goes on there. A slice ends before the queue's time does and calls the next one;
what no worker is at any more is found by its last sign of life, and called again. A person's stop is seen at the next page.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

import frappe

from shopify_sync.core.failures import SyncFailure
from shopify_sync.core.keys import short_hash
from shopify_sync.core.operations import Refused

from .errors import is_connection_lost, is_contention
from .log import warn

#: What gave no sign of life for so long is taken up by another worker; the lock tells whether the first one lives.
SILENT = timedelta(minutes=3)
#: Well below the limit of the long queue, 1500 s.
SLICE_SECONDS = 1000.0
FAILED = "Failed"


class Runs(Protocol):
	"""What the module offers that writes the doctype of a kind of work. Each works in the running transaction."""

	def note(self, name: str, reason: str, /) -> None:
		"""Write why it rests for now; it goes on later."""

	def end(self, name: str, status: str, reason: str, /) -> bool:
		"""End it. Return whether it went on until now."""

	def is_running(self, name: str, /) -> bool:
		"""Tell whether it is not over."""

	def is_silent(self, name: str, longer_than: timedelta, /) -> bool:
		"""Tell whether it gave no sign of life for so long."""


def _nobody(name: str, reason: str) -> None:
	pass


@dataclass(frozen=True)
class Kind:
	"""One kind of long work.

	:ivar word: what logs and locks call it. *job*: what RQ runs with its name.
	:ivar busy: what whoever comes second is told, with `{0}` for what is worked at.
	:ivar over: what is raised when a person stopped it. *failed*: called with its name and why, when it ended for good.
	"""

	word: str
	job: str
	runs: Runs
	busy: str
	over: tuple[type[Exception], ...] = ()
	failed: Callable[[str, str], None] = _nobody

	@contextmanager
	def alone(self, subject: str) -> Iterator[None]:
		"""Keep a second worker out. :raises Refused: when one is at it."""
		lock = self._lock_of(subject)
		if frappe.db.sql("SELECT GET_LOCK(%s, 0)", (lock,))[0][0] != 1:
			raise Refused(self.busy.format(subject))
		try:
			yield
		finally:
			frappe.db.sql("DO RELEASE_LOCK(%s)", (lock,))

	def is_anybody_at(self, subject: str) -> bool:
		"""Tell whether a worker is at it just now."""
		return frappe.db.sql("SELECT IS_FREE_LOCK(%s)", (self._lock_of(subject),))[0][0] == 0

	def _lock_of(self, subject: str) -> str:
		# Per server, not per database; at most 64 characters.
		return f"shopify_sync:{self.word}:{short_hash(str(frappe.conf.db_name), subject)[:30]}"

	def guard(self, name: str, work: Callable[[], None]) -> None:
		"""Do a slice of *work*; what goes wrong is written on *name*, and committed, before it is raised.

		What passes (Shopify does not answer, the database is gone, the queue's time is over) leaves it to go on later.
		"""
		try:
			work()
		except self.over:
			frappe.db.rollback()
		except Exception as error:
			frappe.db.rollback()
			self._write_down(name, error)
			frappe.db.commit()
			raise

	def _write_down(self, name: str, error: Exception) -> None:
		if isinstance(error, SyncFailure | Refused):
			self.runs.note(name, str(error))
		elif is_contention(error) or is_connection_lost(error) or type(error).__name__ == "JobTimeoutException":
			self.runs.note(name, f"A worker was stopped: {type(error).__name__}.")
		else:
			reason = f"Unexpected {type(error).__name__}{_place(error)}. This is a mistake of the app; please report it."
			warn(f"{self.word} {name}: {reason}")
			self.runs.end(name, FAILED, reason)
			self.failed(name, reason)

	# --- in the queue ------------------------------------------------------------------------------------------

	def call(self, name: str) -> None:
		"""Have a worker go on with it. What Redis loses is called again by the scheduler."""
		try:
			frappe.enqueue(self.job, queue="long", name=name)
		except Exception as error:
			warn(f"no worker was called for {self.word} {name}: {type(error).__name__}")

	def silent(self, names: Iterable[str]) -> list[str]:
		"""Return those that no worker seems to be at: after an outage, a restart, a lost call."""
		return [name for name in names if self.runs.is_silent(name, SILENT)]

	def run(self, name: str, carry_on: Callable[[Callable[[], bool]], Any]) -> Any:
		"""Do a slice, as far as the time in the queue allows, then have the next one called. Return what *carry_on* does.

		:param carry_on: gets what says whether to keep on. None is returned when it rests.
		"""
		frappe.set_user("Administrator")
		deadline = time.monotonic() + SLICE_SECONDS
		try:
			done = carry_on(lambda: time.monotonic() < deadline)
		except (Refused, SyncFailure) as error:
			warn(f"{self.word} {name} rests: {error}")
			return None
		if time.monotonic() >= deadline and self.runs.is_running(name):
			self.call(name)
		return done


def show(channel: str, shown: dict[str, Any], doctype: str, name: str) -> None:
	"""Tell the form of a run how far it is; never raises: without Redis the form shows it when it is loaded again."""
	try:
		frappe.publish_realtime(channel, shown, doctype=doctype, docname=name)
	except Exception as error:
		warn(f"progress of {name} is not shown: {type(error).__name__}")


def _place(error: Exception) -> str:
	"""Return where in the app an error came from; never with what, which may be personal."""
	frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "shopify_sync" in frame.filename]
	return f" in {Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""
