"""`core.backfill.ports.BackfillHost` on the site that Frappe is connected to."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import frappe

from shopify_sync.core.backfill.pace import LIVE_PATIENCE, WAITING_EACH, Load
from shopify_sync.core.backfill.ports import RunIsOver
from shopify_sync.core.backfill.run import Run
from shopify_sync.core.engine import Engine
from shopify_sync.core.events import NewEvent, Source
from shopify_sync.core.failures import Failure
from shopify_sync.core.masking import scrub
from shopify_sync.core.plan import Decision
from shopify_sync.core.policy import StorePolicy
from shopify_sync.core.signals import Signal

from .. import mark_lock, policies, stock_marks, times, wake
from ..errors import classify, is_connection_lost
from ..event_log import FrappeEventLog, in_short_transaction
from ..rehearsing import RehearsingHost
from . import runs

#: Seconds between two looks whether there is room: short, so that no worker runs out of work.
_LOOK_EVERY = 0.05
#: A sign of life, and a look whether a person stopped the run, every so many seconds.
_BEAT_EVERY = 5.0


class FrappeBackfillHost:
	"""Implements the port. Every method that writes commits."""

	def __init__(self) -> None:
		self._events = FrappeEventLog()
		self._engine = Engine(RehearsingHost())
		self._beaten = time.monotonic()

	def now(self) -> datetime:
		"""Return the time, UTC."""
		return times.now()

	def policy(self, store: str) -> StorePolicy:
		"""Return the store's settings."""
		return policies.policy(store)

	def api_version(self, store: str) -> str:
		"""Return the version that the store is set to."""
		return str(frappe.db.get_value("Shopify Store", store, "api_version") or "")

	def most_waiting(self) -> int:
		"""See the port."""
		return WAITING_EACH * wake.max_drains()

	def load(self, most: int) -> Load:
		"""See the port. Both queries walk along the index of what is due, and end after a few rows."""
		now = times.now()
		waiting = frappe.db.sql(
			"SELECT 1 FROM `tabSync Event` WHERE direction = 'Inbound' AND due_at <= %s AND source = %s LIMIT %s",
			(times.to_naive_utc(now), str(Source.BACKFILL), most),
		)
		live: Any = ()
		if len(waiting) < most:
			live = frappe.db.sql(
				"SELECT due_at FROM `tabSync Event` WHERE direction = 'Inbound' AND due_at <= %s AND source != %s ORDER BY due_at LIMIT 1",
				(times.to_naive_utc(now - timedelta(seconds=LIVE_PATIENCE)), str(Source.BACKFILL)),
			)
		# Ends the snapshot: the next look must see what was committed meanwhile.
		frappe.db.rollback()
		oldest = (times.to_naive_utc(now) - live[0][0]).total_seconds() if live else 0.0
		return Load(len(waiting), oldest)

	def is_settled(self, store: str) -> bool:
		"""See the port."""
		return not self._waits_or_is_in_work(store, "Inbound")

	def _waits_or_is_in_work(self, store: str, direction: str) -> bool:
		found = frappe.db.sql(
			"""SELECT 1 FROM `tabSync Event` WHERE store = %s AND status IN ('Received', 'Processing') AND direction = %s
			AND source = %s LIMIT 1""",
			(store, direction, str(Source.BACKFILL)),
		)
		frappe.db.rollback()
		return bool(found)

	def wait(self, run: Run) -> None:
		"""See the port. Workers are called: a call that Redis lost is made again."""
		if time.monotonic() - self._beaten >= _BEAT_EVERY:
			self._beaten = time.monotonic()
			if not in_short_transaction(lambda: runs.beat(run.name, times.now())):
				raise RunIsOver(run.name)
			wake.wake()
			wake.wake_pusher()
		time.sleep(_LOOK_EVERY)

	def record(self, event: NewEvent) -> None:
		"""See the port."""
		self._events.record(event)
		wake.wake()

	def mark_stock(self, store: str, after: str, most: int) -> tuple[int, str | None]:
		"""See the port."""
		found = sorted(mark for mark in stock_marks.marks_of_store(store, look=True) if mark.shopify_id > after)
		marks = found[:most]

		def write() -> None:
			mark_lock.hold_until_the_end()
			self._events.mark(marks, Source.BACKFILL)

		if marks:
			in_short_transaction(write)
			wake.wake_pusher()
		return len(marks), marks[-1].shopify_id if len(found) > most else None

	def has_pushed(self, store: str) -> bool:
		"""See the port."""
		return not self._waits_or_is_in_work(store, "Outbound")

	def stock_to_mark(self, store: str) -> int:
		"""See the port."""
		return len(stock_marks.marks_of_store(store, look=True))

	def decide(self, event: NewEvent, payload: Mapping[str, Any]) -> Decision:
		"""See the port. :raises Exception: when the database is gone, which says nothing about the record."""
		assert event.resource and event.shopify_id and event.version
		signal = Signal(event.name, event.store, event.resource, event.shopify_id, event.version, event.topic)
		try:
			decided = self._engine.preview(signal, payload)
		except Exception as error:
			if is_connection_lost(error) or type(error).__name__ == "JobTimeoutException":
				raise
			frappe.db.rollback()
			decided = classify(error)
		if isinstance(decided, Failure):
			return replace(decided, message=scrub(decided.message, payload))
		return decided

	def keep(self, run: Run) -> None:
		"""See the port. :raises RunIsOver: and nothing is kept."""
		now = self.now()
		self._beaten = time.monotonic()
		if not in_short_transaction(lambda: runs.save(run, now)):
			raise RunIsOver(run.name)
