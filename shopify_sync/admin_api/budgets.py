"""Where the points of a store are counted: in Redis for all workers of a site, or in this process."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any, Protocol

from shopify_sync.core.calls.bucket import BACKFILL_SHARE, Bucket, Priority, ThrottleStatus, Ticket, Waiting

from .ports import Cost

#: Without Redis a process takes no more than this share of what Shopify gives: others may be at work.
SHARE_ALONE = 0.25
#: How long Redis is left alone after it failed, so that no call waits for its timeout.
_REST_SECONDS = 30.0
_KEPT_SECONDS = 3600
_TRIES = 20
#: Returns the state and Redis' own time: the clocks of the workers' machines need not agree.
_READ = "return {redis.call('GET', KEYS[1]) or '', redis.call('TIME')}"
_SWAP = """
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
return 1
"""


class Budget(Protocol):
	"""The points of one store."""

	def take(self, ticket: str, operation: str, priority: Priority) -> float:
		"""Take the points that *operation* is expected to ask for, or return the seconds to wait. 0: they are taken."""

	def answered(self, ticket: str, operation: str, cost: Cost, *, arrived: bool) -> None:
		"""Give back what was not used, and note what the answer says."""


class ProcessBudget:
	"""Counts in this process, for all its threads.

	:param clock: returns seconds; :param share: of what Shopify gives that this process may use.
	:param backfill: the share of that which backfill may use.
	"""

	def __init__(self, clock: Callable[[], float], share: float = 1.0, *, backfill: float = BACKFILL_SHARE) -> None:
		self._clock = clock
		self._share = share
		self._lock = threading.Lock()
		self._bucket = Bucket(share=backfill)

	def take(self, ticket: str, operation: str, priority: Priority) -> float:
		"""See :class:`Budget`."""
		with self._lock:
			points = self._bucket.estimate(operation)
			self._bucket, wait = self._bucket.take(ticket, points, priority, self._clock())
			return wait

	def answered(self, ticket: str, operation: str, cost: Cost, *, arrived: bool) -> None:
		"""See :class:`Budget`."""
		status = cost.status
		if status is not None and self._share != 1.0:
			status = ThrottleStatus(
				status.maximum * self._share, status.available * self._share, status.restore_rate * self._share
			)
		with self._lock:
			self._bucket = after(self._bucket, self._clock(), ticket, operation, replace(cost, status=status), arrived=arrived)


class RedisBudget:
	"""Counts in Redis. When Redis fails it counts in this process, with less; it never raises.

	:param redis: a client of redis-py (`eval`); :param key: of this store's state.
	:param clock: seconds, for the time without Redis; :param warn: gets one line when Redis fails.
	:param backfill: the share of what Shopify gives that backfill may use.
	"""

	def __init__(
		self,
		redis: Any,
		key: str,
		clock: Callable[[], float],
		warn: Callable[[str], None],
		*,
		backfill: float = BACKFILL_SHARE,
	) -> None:
		self._redis = redis
		self._key = key
		self._clock = clock
		self._warn = warn
		self._backfill = backfill
		self._alone = ProcessBudget(clock, SHARE_ALONE, backfill=backfill)
		self._rests_until = 0.0

	def take(self, ticket: str, operation: str, priority: Priority) -> float:
		"""See :class:`Budget`."""

		def change(bucket: Bucket, now: float) -> tuple[Bucket, float]:
			return bucket.take(ticket, bucket.estimate(operation), priority, now)

		wait = self._changed(change)
		return self._alone.take(ticket, operation, priority) if wait is None else wait

	def answered(self, ticket: str, operation: str, cost: Cost, *, arrived: bool) -> None:
		"""See :class:`Budget`."""
		# Always, so that it knows the costs and the plan when it is needed.
		self._alone.answered(ticket, operation, cost, arrived=arrived)
		self._changed(lambda bucket, now: (after(bucket, now, ticket, operation, cost, arrived=arrived), 0.0))

	def _changed(self, change: Callable[[Bucket, float], tuple[Bucket, float]]) -> float | None:
		"""Change the state in Redis; None when Redis does not answer, or too many others change it at once."""
		if self._clock() < self._rests_until:
			return None
		try:
			for _try in range(_TRIES):
				text, (seconds, micros) = self._redis.eval(_READ, 1, self._key)
				# The share is the store's setting of now, not what was kept.
				kept = replace(loaded(text), share=self._backfill)
				bucket, wait = change(kept, int(seconds) + int(micros) / 1e6)
				if self._redis.eval(_SWAP, 1, self._key, text, dumped(bucket), _KEPT_SECONDS):
					return wait
			return 0.05
		except Exception as error:  # whatever the client raises: a call must not fail because Redis is away
			self._rests_until = self._clock() + _REST_SECONDS
			self._warn(f"the API budget is counted per process, Redis failed: {type(error).__name__}")
			return None


def after(bucket: Bucket, now: float, ticket: str, operation: str, cost: Cost, *, arrived: bool) -> Bucket:
	"""Return the bucket after a call: what never arrived cost nothing; of what has no answer nobody knows."""
	used = cost.actual if arrived else 0.0
	return bucket.answered(ticket, now, operation=operation, requested=cost.requested, used=used, status=cost.status)


def dumped(bucket: Bucket) -> str:
	"""Return a bucket as text."""
	return json.dumps(asdict(bucket), separators=(",", ":"))


def loaded(text: str | bytes) -> Bucket:
	"""Return the bucket that :func:`dumped` wrote; nothing, or what cannot be read, is one that nobody knows yet."""
	try:
		data = json.loads(text) if text else {}
		tickets = {name: Ticket(**ticket) for name, ticket in data.pop("tickets", {}).items()}
		queue = {name: _waiting(**waiting) for name, waiting in data.pop("queue", {}).items()}
		return Bucket(**data, queue=queue, tickets=tickets)
	except (TypeError, ValueError, AttributeError):
		return Bucket()


def _waiting(priority: str, **numbers: float) -> Waiting:
	return Waiting(priority=Priority(priority), **numbers)
