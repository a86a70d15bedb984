"""The engine's host on Frappe: MariaDB transactions, the site's clock and settings, ERPNext's documents."""

from __future__ import annotations

import os
import random
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal

import frappe
from frappe.realtime import clear_realtime_log

from shopify_sync.core.events import Attempt, ClaimedEvent, NewEvent, Outcome, Receipt
from shopify_sync.core.failures import Failure
from shopify_sync.core.plan import AppliedChange, Change, Conflicts, LinkUpdate, Redaction
from shopify_sync.core.policy import StorePolicy
from shopify_sync.core.receiving import Gate
from shopify_sync.core.snapshots import LinkState, Needs, Snapshot
from shopify_sync.core.statuses import Status

from . import attempts, conflicts, counters, errors, links, live, log, outbox, policies, remembered, times
from .documents import apply, read
from .event_log import FrappeEventLog
from .isolation import read_committed
from .refusals import log_refusal


class FrappeTransaction:
	"""`core.ports.Transaction`: everything in it commits together or not at all."""

	def __init__(self, events: FrappeEventLog, exchange_rate: Decimal | None) -> None:
		self._events = events
		self._exchange_rate = exchange_rate
		self._locked: dict[str, LinkState] = {}
		self._work = apply.Work()
		self._took: dict[str, timedelta] = {}

	@property
	def touched(self) -> list[tuple[str, str]]:
		"""What was written, for clearing Frappe's document cache when the transaction fails."""
		return self._work.touched

	def lock(self, keys: Sequence[str]) -> Mapping[str, LinkState]:
		"""See the port."""
		self._locked = links.lock(keys)
		return self._locked

	def read(self, needs: Needs) -> Snapshot:
		"""See the port."""
		return read.read(needs, self._locked, self._exchange_rate)

	def apply(self, change: Change, created: dict[str, str]) -> AppliedChange:
		"""See the port."""
		applied = apply.apply(change, created, self._work)
		self.touched.append((applied.doctype, applied.name))
		return applied

	def save_conflicts(self, found: Conflicts, event: str) -> None:
		"""See the port."""
		conflicts.save(found, event)

	def redact(self, redaction: Redaction) -> None:
		"""See the port."""
		self._events.redact(redaction)
		conflicts.clear(redaction.links)

	def save_link(self, update: LinkUpdate, created: Mapping[str, str], event: str) -> None:
		"""See the port."""
		links.save(update, created, event)
		outbox.link_written(update, created, self._locked.get(update.key))

	def append_attempt(self, attempt: Attempt) -> None:
		"""See the port."""
		attempts.insert(attempt)
		self._took[attempt.event] = attempt.ended_at - attempt.started_at

	def finish(self, event: ClaimedEvent, outcome: Outcome) -> None:
		"""See the port."""
		written = self._events.finish(event, outcome)
		took = self._took.get(event.name)
		# Only what is committed is true: a rollback forgets this line with everything else.
		frappe.db.after_commit.add(lambda: _tell_end(event, written, took))

	def requeue_parts(self, key: str) -> int:
		"""See the port."""
		return self._events.requeue_parts(key)

	def requeue_missing(self, store: str, missing: Sequence[str]) -> int:
		"""See the port."""
		self._events.requeue_missing_after_commit(store, missing)
		return self._events.requeue_missing(store, missing)

	def supersede(self, event: ClaimedEvent, statuses: Sequence[Status]) -> int:
		"""See the port."""
		return self._events.supersede(event, statuses)


class FrappeHost:
	"""`core.ports.Host` and `core.receiving.Receiver` on the site that Frappe is connected to."""

	transaction_class: type[FrappeTransaction] = FrappeTransaction

	def __init__(self) -> None:
		self.events = FrappeEventLog(lambda store: self.policy(store).max_attempts)
		self._exchange_rate: Decimal | None = None
		self.worker = f"{socket.gethostname()}:{os.getpid()}"

	def now(self) -> datetime:
		"""Return the time, UTC."""
		return times.now()

	def jitter(self) -> float:
		"""Return a uniform random number in [0, 1)."""
		return random.random()  # noqa: S311 - spreads retries, guards nothing

	def sleep(self, seconds: float) -> None:
		"""Wait."""
		time.sleep(seconds)

	def policy(self, store: str) -> StorePolicy:
		"""Return the store's settings as they are now."""
		return policies.policy(store)

	def prepare(self, keys: Sequence[str], needs: Needs) -> None:
		"""See the port. ERPNext may ask a web service for an exchange rate: not while rows are locked."""
		links.ensure(keys)
		self._exchange_rate = read.exchange_rate(needs)

	def payload_of(self, link_key: str) -> tuple[str, bytes | str | None] | None:
		"""See the port."""
		return links.payload_of(link_key)

	@contextmanager
	def transaction(self) -> Iterator[FrappeTransaction]:
		"""See the port."""
		remembered.forget()
		tx = self.transaction_class(self.events, self._exchange_rate)
		with read_committed():
			try:
				yield tx
				frappe.db.commit()
			except BaseException:
				frappe.db.rollback()
				# A commit that fails has forgotten what clears them: messages would be kept back as long as the process lives.
				clear_realtime_log()
				# Frappe caches documents as they are inserted; these do not exist any more.
				for doctype, name in tx.touched:
					frappe.clear_document_cache(doctype, name)
				raise

	def is_contention(self, error: BaseException) -> bool:
		"""See the port."""
		return errors.is_contention(error)

	def classify(self, error: BaseException) -> Failure:
		"""See the port."""
		return errors.classify(error)

	# --- core.receiving.Receiver ---------------------------------------------------------------------------------

	def gate(self, shop_domain: str) -> Gate | None:
		"""See `core.receiving.Receiver`."""
		return policies.gate(shop_domain)

	def record(self, event: NewEvent) -> Receipt:
		"""See `core.receiving.Receiver`."""
		receipt = self.events.record(event)
		log.working_on(store=event.store, event=receipt.name, topic=event.topic)
		log.info("delivered again" if receipt.duplicate else "received", status=str(receipt.status))
		counters.delivered(event.store, again=receipt.duplicate)
		return receipt

	def refused(self, reason: str, shop_domain: str) -> None:
		"""See `core.receiving.Receiver`."""
		log_refusal(reason, shop_domain)
		counters.refused(reason)


def _tell_end(event: ClaimedEvent, outcome: Outcome, took: timedelta | None) -> None:
	"""Write the one line that an attempt leaves in the log, and count it. No message: that may be ERPNext's, and is in the Desk."""
	live.changed(event.store)
	counters.attempt_ended(event.store, str(outcome.status), took)
	log.info(
		"attempt ended",
		events=None,  # of a batch: each has its own line
		store=event.store,
		event=event.name,
		topic=event.topic,
		attempt=event.attempts,
		status=str(outcome.status),
		category=str(outcome.category) if outcome.category else None,
		missing=outcome.missing,
		ms=round(took.total_seconds() * 1000) if took is not None else None,
	)
