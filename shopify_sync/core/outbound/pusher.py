"""The pusher: claim → lock → read → decide → note what will be said → call Shopify → record, for a batch of one store.

A call to Shopify cannot join a transaction. So there are two around it: what is about to be said stands in the link before the
call, and how it ended is written after it. Between the two a worker may die at any point, and whoever comes after it finds the
note, waits until the call has arrived if it ever does, and reads what Shopify has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from .. import keys
from ..engine import held_by
from ..events import Action, Attempt, ClaimedEvent, Outcome
from ..failures import Category, Failure, SyncFailure, costs_an_attempt, resting_status
from ..plan import Skip
from ..policy import Mode, StorePolicy
from ..ports import LeaseLost, Transaction
from ..retry import delay_seconds
from ..statuses import Status
from .calls import CallFailed
from .ports import PushHost

#: How often a transaction starts again after a deadlock before that is a failure.
MAX_RESTARTS = 6
#: A push that takes longer is taken for dead, and its events are claimed by another worker.
LEASE_SECONDS = 300.0
#: A call without an answer may still arrive for so long: longer than any of our timeouts.
GRACE = timedelta(seconds=90)
#: What was noted longer ago is not said any more: the process was frozen, and somebody else may have taken over.
FRESH = timedelta(seconds=20)
#: The longest that a call is under way: its points are waited for, its request is sent, its answer comes.
LONGEST_CALL = timedelta(seconds=100)
#: What is no fault of the event: nothing about it could have made the call succeed.
NOT_ITS_FAULT = (
	Category.NETWORK,
	Category.SHOPIFY_UNAVAILABLE,
	Category.THROTTLED,
	Category.AUTHENTICATION,
)
#: How many events are claimed at once: as many as one mutation takes quantities.
BATCH = {keys.INVENTORY_PUSH: 250, keys.FULFILLMENT_PUSH: 1}


class Batch:
	"""Events that were claimed together, and how each of them ends.

	:ivar open: the events that have not ended yet, by their Shopify id.
	"""

	def __init__(self, host: PushHost, policy: StorePolicy, events: Sequence[ClaimedEvent], probe: Callable[[str], None]) -> None:
		self.host = host
		self.policy = policy
		self.probe = probe
		self.started = host.now()
		self.open = {event.shopify_id: event for event in events}

	def names(self, ids: Sequence[str]) -> tuple[str, ...]:
		"""Return the names of the open events of *ids*, for the evidence of a call."""
		return tuple(self.open[id].name for id in ids if id in self.open)

	def transaction(self, work: Callable[[Transaction], Sequence[str]]) -> None:
		"""Do *work* in a transaction, again from the start when the database asks for it.

		*work* returns the ids of the events that it ended: they are open until the transaction has committed. An event whose
		lease was lost ends for us too, and takes nothing of the others with it: the work is done again without it.
		"""
		restarts = 0
		while True:
			try:
				with self.host.transaction() as tx:
					ended = work(tx)
			except LeaseLost as lost:
				self.open = {id: event for id, event in self.open.items() if event.name != str(lost)}
			except Exception as error:
				if restarts >= MAX_RESTARTS or not self.host.is_contention(error):
					raise
				restarts += 1
				self.host.sleep(self.host.jitter() * 0.02 * 2**restarts)
			else:
				for id in ended:
					self.open.pop(id, None)
				return

	def end(
		self,
		tx: Transaction,
		id: str,
		outcome: Outcome,
		*,
		changes: tuple[Mapping[str, Any], ...] = (),
		reads: Mapping[str, Any] | None = None,
		detail: str = "",
	) -> None:
		"""Write how the event of *id* ends, with the evidence. :raises LeaseLost: when another worker has it."""
		event = self.open[id]
		tx.append_attempt(
			Attempt(
				event=event.name,
				attempt=event.attempts,
				action=Action.PUSH,
				outcome=str(outcome.status),
				started_at=self.started,
				ended_at=self.host.now(),
				worker=self.host.worker,
				category=outcome.category,
				message=outcome.message,
				changes=changes,
				reads=reads or {},
				detail=detail,
			)
		)
		tx.finish(event, outcome)

	def skipped(self, skip: Skip, document: tuple[str, str] | None = None) -> Outcome:
		"""Return how an event ends that has nothing to push."""
		return Outcome(
			skip.status,
			message=skip.reason,
			superseded_by=skip.superseded_by,
			document=document,
			costs_attempt=costs_an_attempt(skip.status),
		)

	def failed(self, id: str, failure: Failure, until: datetime | None = None) -> Outcome:
		"""Return how an event ends that could not be pushed. What is not its fault costs it no attempt.

		:param until: when the store may be called again, if that is known (UTC).
		"""
		event = self.open[id]
		innocent = failure.category in NOT_ITS_FAULT
		status = Status.RETRYING if innocent else resting_status(failure, event.attempts, self.policy.max_attempts)
		return Outcome(
			status,
			category=failure.category,
			message=failure.message,
			missing=failure.missing,
			next_try_at=(until or self._next_try(event, failure)) if status is Status.RETRYING else None,
			costs_attempt=not innocent and costs_an_attempt(status),
		)

	def later(self, until: datetime, reason: str) -> Outcome:
		"""Return how an event ends that has to wait for something that ends by itself."""
		soon = self.host.now() + timedelta(seconds=1)
		return Outcome(Status.RETRYING, message=reason, next_try_at=max(until, soon), costs_attempt=False)

	def _next_try(self, event: ClaimedEvent, failure: Failure) -> datetime:
		wait = delay_seconds(
			event.attempts,
			self.host.jitter(),
			base=self.policy.retry_base_seconds,
			cap=self.policy.retry_cap_seconds,
			retry_after=failure.retry_after,
		)
		return self.host.now() + timedelta(seconds=wait)


#: Carries out a batch of one resource; ends every event of it, or leaves it to be claimed again when its lease is over.
Flow = Callable[[Batch], None]


def flows() -> Mapping[str, Flow]:
	"""Return what carries out the batches of each outbound resource."""
	from .fulfillment_push import push_fulfillments
	from .stock_push import push_stock

	return {keys.INVENTORY_PUSH: push_stock, keys.FULFILLMENT_PUSH: push_fulfillments}


class Pusher:
	"""Pushes what is due.

	:param probe: called with the name of each step as it is reached; for tests that stop the process there.
	"""

	def __init__(self, host: PushHost, probe: Callable[[str], None] | None = None) -> None:
		self.host = host
		self._probe = probe or (lambda step: None)
		self._flows = flows()

	def drain(self, keep_on: Callable[[], bool] = lambda: True) -> int:
		"""Push until nothing is due that may be sent, or *keep_on* says no. Return how many events were claimed."""
		total = 0
		while keep_on():
			count = sum(self.run_one(store, resource) for store, resource in self.host.outbox.due_stores() if keep_on())
			if not count:
				break
			total += count
		return total

	def run_one(self, store: str, resource: str) -> int:
		"""Push one batch of a store. Return how many events were claimed: none while the store is closed."""
		if resource not in self._flows or self.host.closed(store):
			return 0
		if self.host.policy(store).mode is Mode.PAUSED:
			return 0
		events = self.host.outbox.claim_batch(self.host.worker, LEASE_SECONDS, store, resource, BATCH[resource])
		if not events:
			return 0
		self._probe("claimed")
		# As the store is set now: what was held while this worker waited for the claim is not pushed; what was released does not
		# begin to wait, since nobody would set it going any more.
		batch = Batch(self.host, self.host.policy(store), events, self._probe)
		try:
			self._hold(batch)
			if batch.open:
				self._flows[resource](batch)
		except Exception as error:
			self._fail(batch, error)
		return len(events)

	def _hold(self, batch: Batch) -> None:
		"""End those that somebody holds; the others of the batch go on."""
		found = {id: covered for id, event in batch.open.items() if (covered := held_by(event, batch.policy))}
		if not found:
			return

		def end(tx: Transaction) -> Sequence[str]:
			held = [id for id in found if id in batch.open]
			for id in held:
				batch.end(tx, id, batch.skipped(Skip(Status.HELD, found[id].message)))
			return held

		batch.transaction(end)

	def _fail(self, batch: Batch, error: Exception) -> None:
		"""End what is still open after an error that the flow did not expect."""
		failure = error.failure if isinstance(error, SyncFailure) else self.host.classify(error)

		def end_all(tx: Transaction) -> Sequence[str]:
			for id in list(batch.open):
				batch.end(tx, id, batch.failed(id, failure), detail=failure.detail or "")
			return list(batch.open)

		batch.transaction(end_all)


def unanswered(error: CallFailed, now: datetime) -> datetime | None:
	"""Return when a call that failed has arrived if it ever does (UTC), or None when it never left."""
	return now + GRACE if error.may_have_arrived else None


def shadowed(reason: str, document: tuple[str, str] | None = None) -> Outcome:
	"""Return how an event ends in Shadow mode: decided, and nothing said."""
	return Outcome(Status.SHADOWED, message=reason, document=document)


def with_document(outcome: Outcome, document: tuple[str, str] | None) -> Outcome:
	"""Return *outcome* with the document that the event is about."""
	return replace(outcome, document=document)
