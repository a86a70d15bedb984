"""The one client of Shopify's Admin API: an operation by its name, sent until it is answered or has failed for good.

Everything that waits, reads the time or throws dice is given from outside, so that the same client runs on a site, on the
embedded host and in simulated time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from tenacity import RetryCallState, Retrying

from shopify_sync.core.calls.bucket import Priority
from shopify_sync.core.contracts.base import dump_json
from shopify_sync.core.failures import Category, Failure

from . import answers, operations
from .evidence import masked, scrubbed
from .ports import (
	Answer,
	CallEnded,
	CallFailed,
	CallLog,
	CallOutcome,
	CallStarted,
	Closed,
	ClosedBecause,
	Connection,
	Cost,
	HttpAnswer,
	Shop,
	Transport,
	TransportError,
)
from .transport import is_loopback

__all__ = ["AdminClient", "Answer", "CallFailed", "Closed", "ClosedBecause", "Priority", "Shop"]

CONNECT_SECONDS = 5.0
#: Retries of one call after failures of the network or of Shopify, and the longest that they wait in all.
RETRIES = 3
RETRY_SECONDS = 10.0
#: A refusal for want of points changed nothing, and the bucket then knows better: it may be repeated more often.
THROTTLE_RETRIES = 10
#: A call that would have to wait longer than this for its points goes back to the queue.
LONGEST_WAIT = 60.0
#: A call that must not be made twice is not made any more when it began so long ago: its points do not take longer.
OLD = timedelta(seconds=LONGEST_WAIT + 20)
#: Nobody waits longer than this at a time: others give points back meanwhile.
_NAP = 0.5
_TRANSIENT = (Category.NETWORK, Category.SHOPIFY_UNAVAILABLE)


class _TryFailed(CallFailed):
	"""One try that failed. *again*: whether another try may help and can do no harm."""

	def __init__(self, failure: Failure, *, may_have_arrived: bool, again: bool, status: int | None = None, **more: Any) -> None:
		super().__init__(failure, may_have_arrived=may_have_arrived, **more)
		self.again = again
		self.status = status


@dataclass
class _Run:
	"""One call on its way: what is sent, and what is known of it so far. *busy*: seconds that its requests took; *points_until*: how
	long it may wait for points, in all its tries."""

	operation: str
	priority: Priority
	variables: Mapping[str, Any]
	body: bytes
	name: str
	can_repeat: bool
	began: datetime
	tries: int = 0
	throttled: int = 0
	may_have_arrived: bool = False
	busy: float = 0.0
	points_until: datetime | None = None
	cost: Cost = field(default_factory=Cost)
	request_id: str = ""
	api_version: str = ""
	status: int | None = None


class AdminClient:
	"""Calls one shop's Admin API.

	Use it while no database transaction of yours is open: evidence is committed before and after each call.

	:param now: returns the time, UTC; *sleep*: waits so many seconds; *jitter*: returns a uniform number in [0, 1).
	:param read_timeout: seconds without a byte of the answer.
	:ivar restore_rate: points a second that the store's plan restores, as the last answer told; None before the first.
	"""

	def __init__(
		self,
		shop: Shop,
		transport: Transport,
		connection: Connection,
		calls: CallLog,
		*,
		now: Callable[[], datetime],
		sleep: Callable[[float], None],
		jitter: Callable[[], float],
		read_timeout: float = 30.0,
	) -> None:
		self.shop = shop
		self.connection = connection
		self._transport = transport
		self._calls = calls
		self._now = now
		self._sleep = sleep
		self._jitter = jitter
		self._timeout = (CONNECT_SECONDS, read_timeout)
		self.restore_rate: float | None = None

	def execute(
		self,
		operation: str,
		variables: Mapping[str, Any],
		*,
		priority: Priority = Priority.LIVE,
		key: str | None = None,
		events: Sequence[str] = (),
	) -> Answer:
		"""Carry out an operation.

		:param operation: a name in `admin_api/operations/`.
		:param variables: of it; with the same *key* they must be the same, in the same order.
		:param key: idempotency key; becomes the variable `key` where the operation takes one. It is stored before the request goes
			out. Where the operation takes none it is kept as evidence only.
		:param events: names of the Sync Events that the call is made for.
		:returns: the answer; `userErrors` in its data are the caller's to read.
		:raises CallFailed: when there is no answer, or one with top-level errors.
		"""
		variables = self._variables(operation, variables, key)
		if closed := self.connection.gate():
			raise CallFailed.of(closed)
		if lacking := self.connection.lacks(operation):
			raise CallFailed(_lacking(operation, lacking), may_have_arrived=False)
		started = CallStarted(
			self.shop.store, operation, priority, key, masked(variables), tuple(events), self.shop.api_version, self._now()
		)
		body = dump_body(operations.load(operation), variables)
		repeatable = not operations.is_mutation(operation) or operations.takes_key(operation)
		run = _Run(operation, priority, variables, body, self._calls.begin(started), repeatable, started.started_at)
		return self._carry_out(run)

	def lines(self, url: str, offset: int = 0) -> Iterator[tuple[bytes, int]]:
		"""Yield the lines of a bulk operation's result, from *offset* bytes on, each with the offset behind it.

		:param url: where Shopify says that it lies. It is on this machine only when the shop is; it is a secret.
		:raises FileGone: when it is not there any more. :raises TransportError: when it breaks off.
		:raises CallFailed: when the address is one that nothing is read from.
		"""
		if not (url.startswith("https://") and not is_loopback(url)) and not (is_loopback(url) and is_loopback(self.shop.base)):
			raise CallFailed(
				Failure(Category.INVALID_PAYLOAD, "The result of a bulk operation lies nowhere safe."), may_have_arrived=False
			)
		return self._transport.lines(url, offset, self._timeout)

	def _variables(self, operation: str, variables: Mapping[str, Any], key: str | None) -> Mapping[str, Any]:
		since = operations.SINCE.get(operation, "")
		if self.shop.api_version < since:
			message = f"{operation} needs API version {since}; the store is set to {self.shop.api_version}."
			raise CallFailed(Failure(Category.PERMISSION, message), may_have_arrived=False)
		if not operations.takes_key(operation):
			return variables
		if not key:
			raise ValueError(f"{operation} needs an idempotency key")
		return {**variables, "key": key}

	def _carry_out(self, run: _Run) -> Answer:
		retrying = Retrying(
			stop=lambda state: _is_over(run, state),
			wait=self._pause,
			retry=lambda state: _may_try_again(state),
			sleep=self._sleep,
			reraise=True,
		)
		try:
			data = retrying(self._try, run)
		except CallFailed as error:
			raise self._failed(run, error) from None
		except BaseException:
			# Killed or a bug of ours: the evidence must not say that nothing was sent.
			outcome = _outcome(run, arrived=run.tries > 0, has_status=False)
			self._calls.end(run.name, self._ended(run, outcome, message="Interrupted."))
			raise
		complaints = "; ".join(_sentence(error) for error in answers.user_errors(data))
		outcome = CallOutcome.USER_ERRORS if complaints else CallOutcome.ANSWERED
		self._calls.end(run.name, self._ended(run, outcome, message=scrubbed(complaints, run.variables)))
		return Answer(data, run.cost, run.request_id, run.name)

	def _try(self, run: _Run) -> Mapping[str, Any]:
		"""Make one request. Return `data`. :raises CallFailed:"""
		token = self.connection.token()
		ticket = self._points(run)
		if closed := self.connection.allow():
			self.connection.learn(ticket, run.operation, Cost(), arrived=False)
			raise CallFailed.of(closed)
		run.tries += 1
		answer = self._post(run, token, ticket)
		run.status = answer.status
		run.request_id = answer.headers.get("x-request-id", run.request_id)
		run.api_version = answer.headers.get("x-shopify-api-version", run.api_version)
		if answer.status != 200:
			raise self._bad_status(run, answer, token, ticket)
		return self._read(run, answer, ticket)

	def _points(self, run: _Run) -> str:
		"""Wait for the points of the call. Return the ticket."""
		ticket = f"{run.name}.{run.tries}"
		run.points_until = run.points_until or self._now() + timedelta(seconds=LONGEST_WAIT)
		while wait := self.connection.acquire(ticket, run.operation, run.priority):
			now = self._now()
			if now + timedelta(seconds=wait) > run.points_until:
				raise CallFailed.of(_no_points(now, wait))
			self._sleep(min(wait, _NAP))
		return ticket

	def _post(self, run: _Run, token: str, ticket: str) -> HttpAnswer:
		headers = {"Content-Type": "application/json", "Accept": "application/json", "X-Shopify-Access-Token": token}
		began = self._now()
		if not run.can_repeat and began - run.began > OLD:
			# This process was frozen: whoever took over may have made the call, and Shopify would carry it out twice.
			self.connection.learn(ticket, run.operation, Cost(), arrived=False)
			failure = Failure(Category.NETWORK, f"{run.operation} was not sent: this process stood still for too long.")
			raise _TryFailed(failure, may_have_arrived=False, again=False)
		try:
			return self._transport.post(self.shop.graphql_url, headers, run.body, self._timeout)
		except TransportError as error:
			self.connection.learn(ticket, run.operation, Cost(), arrived=error.may_have_arrived)
			failure = Failure(Category.NETWORK, f"{run.operation}: {error}.")
			raise self._troubled(run, failure, may_have_arrived=error.may_have_arrived) from None
		finally:
			run.busy += (self._now() - began).total_seconds()

	def _troubled(self, run: _Run, failure: Failure, *, may_have_arrived: bool, status: int | None = None) -> _TryFailed:
		"""Return the failure of a request that the circuit breaker counts."""
		closed = self.connection.record(False, failure.message)
		again = closed is None and (run.can_repeat or not may_have_arrived)
		return _TryFailed(failure, may_have_arrived=may_have_arrived, again=again, status=status, closed=closed)

	def _bad_status(self, run: _Run, answer: HttpAnswer, token: str, ticket: str) -> _TryFailed:
		failure = answers.failure_of_status(answer, run.operation, self.shop.api_version)
		is_theirs = failure.category is Category.SHOPIFY_UNAVAILABLE
		self.connection.learn(ticket, run.operation, Cost(), arrived=is_theirs)
		if is_theirs:
			return self._troubled(run, failure, may_have_arrived=True, status=answer.status)
		self.connection.record(True)
		if failure.category is Category.AUTHENTICATION:
			again = self.connection.rejected(token, failure.message)
			closed = None if again else self.connection.gate()
			return _TryFailed(failure, may_have_arrived=False, again=again, status=answer.status, closed=closed)
		is_throttled = failure.category is Category.THROTTLED
		run.throttled += is_throttled
		return _TryFailed(failure, may_have_arrived=False, again=is_throttled, status=answer.status)

	def _read(self, run: _Run, answer: HttpAnswer, ticket: str) -> Mapping[str, Any]:
		try:
			found = answers.read(answer)
		except answers.Garbled as error:
			self.connection.learn(ticket, run.operation, Cost())
			failure = Failure(Category.NETWORK, f"{run.operation}: {error}.")
			raise self._troubled(run, failure, may_have_arrived=True, status=200) from None
		self.connection.learn(ticket, run.operation, found.cost, arrived="THROTTLED" not in found.codes)
		self.connection.heard(run.api_version, answer.headers.get("x-shopify-api-deprecated-reason", ""))
		run.cost = found.cost
		self.restore_rate = found.cost.status.restore_rate if found.cost.status else self.restore_rate
		if found.errors:
			raise self._refused(run, found)
		self.connection.record(True)
		if any(error.get("code") == answers.CONCURRENT for error in answers.user_errors(found.data)):
			raise _still_running(run.operation)
		return found.data

	def _refused(self, run: _Run, found: answers.Read) -> _TryFailed:
		"""Return what top-level errors end a try with."""
		failure = _scrubbed(answers.failure_of(found, run.operation), run.variables)
		arrived = operations.is_mutation(run.operation) and answers.took_effect_maybe(found)
		if answers.CONCURRENT in found.codes:
			return _still_running(run.operation)
		if failure.category is Category.SHOPIFY_UNAVAILABLE:
			return self._troubled(run, failure, may_have_arrived=True, status=200)
		self.connection.record(True)
		is_throttled = failure.category is Category.THROTTLED
		run.throttled += is_throttled
		return _TryFailed(failure, may_have_arrived=arrived and not is_throttled, again=is_throttled, status=200)

	def _pause(self, state: RetryCallState) -> float:
		"""Return the seconds before the next try: full jitter under a doubling ceiling, and no sooner than Shopify asks."""
		error = state.outcome.exception() if state.outcome else None
		asked = error.failure.retry_after if isinstance(error, CallFailed) else None
		if isinstance(error, CallFailed) and error.failure.category is Category.AUTHENTICATION:
			return 0.0
		ceiling = min(0.5 * 2.0 ** (state.attempt_number - 1), 4.0)
		return max(ceiling * (0.5 + self._jitter() / 2), min(asked or 0.0, RETRY_SECONDS))

	def _failed(self, run: _Run, error: CallFailed) -> CallFailed:
		"""Write how the call failed; return the failure for the caller."""
		arrived = run.may_have_arrived or error.may_have_arrived
		status = error.status if isinstance(error, _TryFailed) else None
		outcome = _outcome(run, arrived=arrived, has_status=status is not None)
		run.status = status or run.status
		ended = self._ended(run, outcome, category=error.failure.category, message=error.failure.message)
		self._calls.end(run.name, ended)
		return CallFailed(error.failure, may_have_arrived=arrived, closed=error.closed, call=run.name)

	def _ended(self, run: _Run, outcome: CallOutcome, *, category: Category | None = None, message: str = "") -> CallEnded:
		return CallEnded(
			outcome, self._now(), run.tries, run.cost, run.status, run.request_id, run.api_version, category, message
		)


def dump_body(query: str, variables: Mapping[str, Any]) -> bytes:
	"""Return the body of a GraphQL request. Canonical: a repetition under a key has the same bytes."""
	return dump_json({"query": query, "variables": dict(variables)}).encode()


def _may_try_again(state: RetryCallState) -> bool:
	error = state.outcome.exception() if state.outcome else None
	return isinstance(error, _TryFailed) and error.again


def _is_over(run: _Run, state: RetryCallState) -> bool:
	"""Tell whether there were enough tries. Remembers that an earlier one may have arrived."""
	error = state.outcome.exception() if state.outcome else None
	if isinstance(error, CallFailed):
		run.may_have_arrived |= error.may_have_arrived
	others = state.attempt_number - run.throttled
	is_late = run.busy + state.idle_for > RETRY_SECONDS and not run.throttled
	return others > RETRIES or run.throttled > THROTTLE_RETRIES or is_late


def _outcome(run: _Run, *, arrived: bool, has_status: bool) -> CallOutcome:
	"""Return what the evidence says of a call that failed."""
	if arrived:
		return CallOutcome.UNKNOWN if operations.is_mutation(run.operation) else CallOutcome.FAILED
	return CallOutcome.REFUSED if has_status else CallOutcome.NOT_SENT


def _still_running(operation: str) -> _TryFailed:
	message = f"Shopify says that {operation} is still under way from an earlier try."
	failure = Failure(Category.SHOPIFY_UNAVAILABLE, message, retry_after=2.0)
	return _TryFailed(failure, may_have_arrived=True, again=True, status=200)


def _lacking(operation: str, scopes: Sequence[str]) -> Failure:
	names = " and ".join(scopes)
	message = f"The app may not do {operation}: it lacks the scope {names}. Add it, then sign the store in again."
	return Failure(Category.PERMISSION, message, missing=f"scope:{scopes[0]}")


def _no_points(now: datetime, wait: float) -> Closed:
	message = f"The store's API budget is used up; the call would wait {wait:.0f} s."
	return Closed(ClosedBecause.BUDGET, message, now + timedelta(seconds=wait))


def _scrubbed(failure: Failure, variables: Mapping[str, Any]) -> Failure:
	detail = scrubbed(failure.detail, variables) if failure.detail else None
	return replace(failure, message=scrubbed(failure.message, variables), detail=detail)


def _sentence(error: Mapping[str, Any]) -> str:
	code = error.get("code")
	return f"{code}: {error.get('message')}" if code else str(error.get("message") or "")
