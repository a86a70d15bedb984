"""What a host must offer to the engine. The Frappe host and the embedded host both do, and pass one contract suite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from .events import Attempt, ClaimedEvent, NewEvent, Outcome, Receipt
from .failures import Failure
from .plan import AppliedChange, Change, Conflicts, LinkUpdate, Redaction
from .policy import StorePolicy
from .snapshots import LinkState, Needs, Snapshot
from .statuses import Status


class LeaseLost(Exception):
	"""Raised at the end of an attempt when another worker took the event over meanwhile. Everything is rolled back."""


class Transaction(Protocol):
	"""One database transaction: documents, links, evidence and the event's status commit together or not at all."""

	def lock(self, keys: Sequence[str]) -> Mapping[str, LinkState]:
		"""Lock the link rows of *keys*, in this order, before anything is read; `Host.prepare` has made them."""

	def read(self, needs: Needs) -> Snapshot:
		"""Return what a decision needs to know. The links in it are read as they were locked."""

	def apply(self, change: Change, created: dict[str, str]) -> AppliedChange:
		"""Carry out one change. *created* maps the keys of documents made so far to their names; a new one is added to it.

		:raises SyncFailure: when the host finds why it cannot be done; any other exception is classified by the host.
		"""

	def save_link(self, update: LinkUpdate, created: Mapping[str, str], event: str) -> None:
		"""Write a link."""

	def save_conflicts(self, found: Conflicts, event: str) -> None:
		"""Keep the conflicts of a link: those found now are open, and any other that was open is obsolete."""

	def redact(self, redaction: Redaction) -> None:
		"""Take personal data out of the payloads of events and out of conflicts."""

	def append_attempt(self, attempt: Attempt) -> None:
		"""Write one row of evidence."""

	def finish(self, event: ClaimedEvent, outcome: Outcome) -> None:
		"""Write the event's new status and clear its lease.

		When what the event would wait for was saved since the claim, the status is that of :func:`~.events.once_more`.

		:raises LeaseLost: when the lease is no longer the one that was claimed.
		"""

	def requeue_parts(self, key: str) -> int:
		"""Put the events back into the queue that wait (Blocked, Conflict) and belong to parts of the resource *key*.

		What a worker is busy with is marked, so that it does not begin to wait (:func:`~.events.once_more`). Return how many.
		"""

	def requeue_missing(self, store: str, missing: Sequence[str]) -> int:
		"""Put the Blocked events of *store* back into the queue that wait for any of *missing* (`item:TEE-M`).

		What workers are busy with is marked, so that it does not begin to wait (:func:`~.events.once_more`). Return how many.
		"""

	def supersede(self, event: ClaimedEvent, statuses: Sequence[Status]) -> int:
		"""Mark the older events of the same link that are in *statuses* as superseded by *event*. Return how many."""


class EventLog(Protocol):
	"""The ledger of Sync Events. Each method is a transaction of its own and returns after its commit."""

	def record(self, event: NewEvent) -> Receipt:
		"""Insert *event*, or count one more delivery when its name is known. Another body under a known id is another event."""

	def claim(self, worker: str, lease_seconds: float) -> ClaimedEvent | None:
		"""Take the next due event that no other worker holds, and count the attempt.

		Of several due events of one resource the newest is taken; the older ones become Superseded, pointing to it. An event
		whose worker died is due again when its lease ends; that is recorded as a Sync Attempt of its own.
		"""

	def due(self) -> bool:
		"""Tell whether there is anything to claim now."""


class Host(Protocol):
	"""A place where the engine runs."""

	events: EventLog
	worker: str

	def now(self) -> datetime:
		"""Return the time, UTC."""

	def jitter(self) -> float:
		"""Return a uniform random number in [0, 1)."""

	def sleep(self, seconds: float) -> None:
		"""Wait."""

	def policy(self, store: str) -> StorePolicy:
		"""Return the store's settings."""

	def payload_of(self, key: str) -> tuple[str, str | bytes | None] | None:
		"""Return the event whose state was last applied to the link *key*, and its payload (None when that is gone).

		None where nothing was applied to it yet.

		A plain read outside of any transaction.
		"""

	def prepare(self, keys: Sequence[str], needs: Needs) -> None:
		"""Get ready for a transaction, while nothing is locked: create the link rows of *keys* that are missing, and commit.

		What `Transaction.read` would have to ask somebody else for (an exchange rate) is asked for here.
		"""

	def transaction(self) -> AbstractContextManager[Transaction]:
		"""Begin a transaction; commit when the block ends, roll back when it raises."""

	def is_contention(self, error: BaseException) -> bool:
		"""Tell whether *error* is the database asking to start the transaction again (deadlock, lock wait, changed snapshot)."""

	def classify(self, error: BaseException) -> Failure:
		"""Return what an exception means to an operator; the message holds no secrets."""
