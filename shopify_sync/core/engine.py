"""The engine: claim → lock → parse → read → decide → apply → record → commit, for every resource and on every host."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt

from .contracts.base import NotJson, parse_json
from .events import Action, Attempt, ClaimedEvent, Outcome, evidence_of
from .failures import Category, Failure, Retry, SyncFailure, costs_an_attempt, resting_status
from .holds import Hold, covering
from .keys import SURVIVES_REDACTION
from .masking import is_redacted, scrub
from .plan import AppliedChange, Conflicts, Decision, DocRef, Plan, Skip
from .policy import Mode, StorePolicy
from .ports import Host, LeaseLost, Transaction
from .preview import describe
from .resources import PARTS, RESOURCES, WHOLES, is_switched_on
from .retry import delay_seconds
from .signals import Signal
from .snapshots import LinkState
from .statuses import Status

#: An attempt that takes longer is taken for dead, and its event is claimed by another worker.
LEASE_SECONDS = 300.0
#: How often a transaction starts again after a deadlock before that costs an attempt.
MAX_RESTARTS = 6
#: The longest pause before such a start, in seconds.
_LONGEST_RESTART = 1.0
_REDACTED = "What was personal in this payload was taken out on Shopify's request, so it cannot be applied again."
#: An attempt that ends so has brought ERPNext to its state, as far as that is for a worker to do.
_SETTLED = (Status.APPLIED, Status.NO_CHANGE, Status.ECHO, Status.CONFLICT)
#: What a newer state of the same resource makes moot when it has been applied.
_MOOT = (Status.RECEIVED, Status.RETRYING, Status.HELD, Status.BLOCKED, Status.CONFLICT, Status.DEAD_LETTER)


@dataclass(frozen=True)
class Result:
	"""What became of one claimed event; *status* is None when the lease was lost and another worker has it."""

	event: str
	status: Status | None


class Engine:
	"""Carries events out on a host.

	:param probe: called with the name of each step as it is reached; for tests that stop the process there.
	"""

	def __init__(self, host: Host, probe: Callable[[str], None] | None = None) -> None:
		self.host = host
		self._probe = probe or (lambda step: None)

	def run_one(self) -> Result | None:
		"""Claim the next due event and carry it out. Return None when nothing is due."""
		event = self.host.events.claim(self.host.worker, LEASE_SECONDS)
		if event is None:
			return None
		self._probe("claimed")
		return self._process(event)

	def drain(self, keep_on: Callable[[], bool] = lambda: True) -> int:
		"""Carry out events until none is due or *keep_on* says no. Return how many were claimed."""
		count = 0
		while keep_on() and self.run_one() is not None:
			count += 1
		return count

	def preview(self, signal: Signal, payload: Mapping[str, Any]) -> Decision:
		"""Return what would be decided about *signal* now. Nothing is changed; the host may make the link rows, empty, to lock them."""
		policy = self.host.policy(signal.store)
		try:
			contract = self._contract(signal.resource, payload, policy)
		except ValidationError as error:
			return Failure(Category.INVALID_PAYLOAD, _what_is_invalid(error))
		self._prepare(signal.resource, contract, policy)
		decisions: list[Decision] = []
		try:
			with self.host.transaction() as tx:
				decisions.append(self._decide(tx, signal, contract, policy))
				raise _RollBack
		except _RollBack:
			return decisions[0]

	def _process(self, event: ClaimedEvent) -> Result:
		started = self.host.now()
		restarts = 0

		def count_restart(state: RetryCallState) -> None:
			nonlocal restarts
			restarts = state.attempt_number

		retrying = Retrying(
			retry=retry_if_exception(lambda error: isinstance(error, _Outdated) or self.host.is_contention(error)),
			stop=stop_after_attempt(MAX_RESTARTS + 1),
			# The host's chance, not tenacity's own: a simulation must be able to repeat a run.
			wait=lambda state: self.host.jitter() * min(_LONGEST_RESTART, 0.02 * 2**state.attempt_number),
			sleep=self.host.sleep,
			before_sleep=count_restart,
			reraise=True,
		)
		try:
			status = retrying(lambda: self._attempt(event, started, restarts))
		except LeaseLost:
			return Result(event.name, None)
		except Exception as error:
			failure = error.failure if isinstance(error, SyncFailure) else self.host.classify(error)
			return self._fail(event, failure, started, restarts)
		self._probe("after_commit")
		return Result(event.name, status)

	def _attempt(self, event: ClaimedEvent, started: datetime, restarts: int) -> Status:
		"""Carry the event out in one transaction. Return the status it ended in."""
		policy = self.host.policy(event.store)
		if skip := _not_now(event, policy):
			return self._end_without_changes(event, skip, started, restarts)
		contract = self._parse(event, policy)
		self._prepare(event.resource, contract, policy)
		with self.host.transaction() as tx:
			decision = self._decide(tx, event.signal, contract, policy)
			self._probe("decided")
			if isinstance(decision, Failure):
				raise SyncFailure(decision)
			if isinstance(decision, Plan) and policy.mode is Mode.SHADOW:
				outcome, changes, reads = _shadowed(decision)
			elif isinstance(decision, Plan):
				outcome, changes, reads = self._apply(tx, event, decision)
			else:
				outcome, changes, reads = _skipped(decision), (), {}
				if decision.link:
					tx.save_link(decision.link, {}, event.name)
			self._record(tx, event, outcome, started, restarts, changes, reads)
			if outcome.status in _SETTLED:
				tx.supersede(event, _MOOT)
				if event.resource in WHOLES:
					# What a transaction waited for may have been settled by the order's new state.
					tx.requeue_parts(event.signal.key)
				if isinstance(decision, Plan) and decision.found:
					tx.requeue_missing(event.store, decision.found)
			self._probe("before_commit")
		return outcome.status

	def _parse(self, event: ClaimedEvent, policy: StorePolicy) -> Any:
		try:
			payload = parse_json(event.payload)
			if is_redacted(payload) and event.resource not in SURVIVES_REDACTION:
				raise SyncFailure(Failure(Category.INVALID_PAYLOAD, _REDACTED))
			return self._contract(event.resource, payload, policy)
		except (ValidationError, NotJson) as error:
			raise SyncFailure(Failure(Category.INVALID_PAYLOAD, _what_is_invalid(error))) from error

	def _contract(self, resource: str, payload: Mapping[str, Any], policy: StorePolicy) -> Any:
		"""Return the contract; that of a part together with the whole it belongs to, as it was last applied."""
		contract = RESOURCES[resource].parse(payload, policy)
		part = PARTS.get(resource)
		if part is None:
			return contract
		found = self.host.payload_of(part.whole(contract, policy))
		whole = (found[0], parse_json(found[1]) if found[1] else None) if found else None
		return part.complete(contract, whole, policy)

	def _prepare(self, resource: str, contract: Any, policy: StorePolicy) -> None:
		module = RESOURCES[resource]
		self.host.prepare(module.locks(contract, policy), module.needs(contract, policy))

	def _decide(self, tx: Transaction, signal: Signal, contract: Any, policy: StorePolicy) -> Decision:
		resource = RESOURCES[signal.resource]
		links = tx.lock(resource.locks(contract, policy))
		self._probe("locked")
		part = PARTS.get(signal.resource)
		if part is not None and not part.is_current(contract, links, policy):
			raise _Outdated(f"{signal.key}: what it belongs to changed while it was read")
		if newer := _superseded(signal, links[signal.key]):
			return newer
		snapshot = tx.read(resource.needs(contract, policy))
		self._probe("read")
		return resource.decide(contract, snapshot, policy, signal)

	def _apply(
		self, tx: Transaction, event: ClaimedEvent, plan: Plan
	) -> tuple[Outcome, tuple[Mapping[str, Any], ...], Mapping[str, Any]]:
		created: dict[str, str] = {}
		applied: list[AppliedChange] = []
		for change in plan.changes:
			applied.append(tx.apply(change, created))
			self._probe(f"applied {change.doctype}")
		for update in plan.links:
			tx.save_link(update, created, event.name)
		applied.extend(plan.linked)
		if plan.conflicts:
			tx.save_conflicts(plan.conflicts, event.name)
		if plan.redaction:
			tx.redact(plan.redaction)
		self._probe("linked")
		outcome = Outcome(
			Status.APPLIED if applied else Status.NO_CHANGE,
			message="" if applied else plan.reason,
			not_applied=plan.not_applied,
			document=_resolve(plan.document, created),
		)
		if plan.conflicts and plan.conflicts.rows:
			outcome = _in_conflict(outcome, plan.conflicts)
		return outcome, evidence_of(applied), plan.reads

	def _end_without_changes(self, event: ClaimedEvent, skip: Skip, started: datetime, restarts: int) -> Status:
		with self.host.transaction() as tx:
			self._record(tx, event, _skipped(skip), started, restarts, (), {})
		return skip.status

	def _fail(self, event: ClaimedEvent, failure: Failure, started: datetime, restarts: int) -> Result:
		"""Record a failure in a transaction of its own: that of the attempt is rolled back."""
		self._probe("failed")
		payload = _payload_or_nothing(event)
		failure = replace(failure, message=scrub(failure.message, payload), detail=scrub(failure.detail or "", payload))
		policy = self._policy_or_default(event.store)
		waits = failure.waits_until is not None and self.host.now() < failure.waits_until
		status = Status.RETRYING if waits else resting_status(failure, event.attempts, policy.max_attempts)
		outcome = Outcome(
			status,
			category=failure.category,
			message=failure.message,
			missing=failure.missing,
			next_try_at=self._next_try(event, failure, policy) if status is Status.RETRYING else None,
			costs_attempt=not waits and costs_an_attempt(status),
		)
		try:
			return Result(event.name, self._record_failure(event, outcome, started, restarts, failure.detail or ""))
		except LeaseLost:
			return Result(event.name, None)

	def _record_failure(self, event: ClaimedEvent, outcome: Outcome, started: datetime, restarts: int, detail: str) -> Status:
		"""Write the outcome of a failed attempt; when that fails too, once more, then bare: one event must not end a drain.

		Return the status that was written.
		"""
		for _try in range(2):
			try:
				with self.host.transaction() as tx:
					written = self._unless_superseded(tx, event, outcome)
					self._record(tx, event, written, started, restarts, (), {}, detail=detail)
				return written.status
			except LeaseLost:
				raise
			except Exception as error:
				problem = error
		if not self.host.is_contention(problem):
			# A person must look: an event that rests as Blocked without what it waits for would never be set going again.
			message = f"The failure itself could not be recorded ({type(problem).__name__})."
			outcome = Outcome(Status.DEAD_LETTER, category=Category.BUG, message=message)
		with self.host.transaction() as tx:
			self._record(tx, event, outcome, started, restarts, (), {})
		return outcome.status

	def _unless_superseded(self, tx: Transaction, event: ClaimedEvent, outcome: Outcome) -> Outcome:
		"""Return how a failed event ends: superseded, when a newer state was applied while it failed.

		Whoever applied that state superseded what waited, and this one did not wait yet.
		"""
		if outcome.category is Category.INVALID_PAYLOAD:
			# It failed before its link was looked at; there may be none.
			return outcome
		newer = _superseded(event.signal, tx.lock((event.signal.key,))[event.signal.key])
		return _skipped(newer) if newer else outcome

	def _policy_or_default(self, store: str) -> StorePolicy:
		"""Return the store's settings; when they cannot be read, the defaults, so that the failure itself is still recorded.

		Nothing is lost by that: an attempt reads the settings first, so this is the very failure that is being recorded.
		"""
		try:
			return self.host.policy(store)
		except Exception:
			return StorePolicy(store=store, company="", company_currency="")

	def _next_try(self, event: ClaimedEvent, failure: Failure, policy: StorePolicy) -> datetime:
		assert failure.info.retry is Retry.AUTOMATIC
		if failure.waits_until is not None and self.host.now() < failure.waits_until:
			# It ends sooner as a rule.
			return min(failure.waits_until, self.host.now() + timedelta(seconds=failure.retry_after or 0))
		wait = delay_seconds(
			event.attempts,
			self.host.jitter(),
			base=policy.retry_base_seconds,
			cap=policy.retry_cap_seconds,
			retry_after=failure.retry_after,
		)
		return self.host.now() + timedelta(seconds=wait)

	def _record(
		self,
		tx: Transaction,
		event: ClaimedEvent,
		outcome: Outcome,
		started: datetime,
		restarts: int,
		changes: tuple[Mapping[str, Any], ...],
		reads: Mapping[str, Any],
		detail: str = "",
	) -> None:
		tx.append_attempt(
			Attempt(
				event=event.name,
				attempt=event.attempts,
				action=Action.APPLY,
				outcome=str(outcome.status),
				started_at=started,
				ended_at=self.host.now(),
				worker=self.host.worker,
				category=outcome.category,
				message=outcome.message,
				restarts=restarts,
				changes=changes,
				reads=reads,
				detail=detail,
			)
		)
		self._probe("recorded")
		tx.finish(event, outcome)


def held_by(event: ClaimedEvent, policy: StorePolicy) -> Hold | None:
	"""Return what somebody holds that keeps *event* from being carried out, or None."""
	key = event.signal.key
	return covering(policy.holds, resource=event.resource, topic=event.topic, key=key, part_of=event.part_of)


def _not_now(event: ClaimedEvent, policy: StorePolicy) -> Skip | None:
	"""Return why an event is not even looked at as the store is set now, or None."""
	if policy.mode is Mode.PAUSED:
		return Skip(Status.HELD, f"Store {event.store} is paused or disabled.")
	if not is_switched_on(event.resource, policy):
		return Skip(Status.IGNORED, f"Store {event.store} does not sync this: {event.resource} is switched off.")
	hold = held_by(event, policy)
	return Skip(Status.HELD, hold.message) if hold else None


class _Outdated(Exception):
	"""What was read before the lock is not what is there any more: the transaction starts again."""


class _RollBack(Exception):
	"""Ends the transaction of a preview."""


def _superseded(signal: Signal, link: LinkState) -> Skip | None:
	if link.version and signal.version < link.version:
		return Skip(Status.SUPERSEDED, "A newer state of the same resource was applied before.", superseded_by=link.last_event)
	return None


def _skipped(skip: Skip) -> Outcome:
	return Outcome(
		skip.status,
		message=skip.reason,
		superseded_by=skip.superseded_by,
		echo_of=skip.echo_of,
		costs_attempt=costs_an_attempt(skip.status),
	)


def _shadowed(plan: Plan) -> tuple[Outcome, tuple[Mapping[str, Any], ...], Mapping[str, Any]]:
	outcome = Outcome(
		Status.SHADOWED,
		message="Shadow mode: decided, nothing changed." if plan.changes or plan.linked else plan.reason,
		not_applied=plan.not_applied,
	)
	return outcome, (*(describe(change) for change in plan.changes), *evidence_of(plan.linked)), plan.reads


def _in_conflict(outcome: Outcome, conflicts: Conflicts) -> Outcome:
	"""Return how an attempt ends of which all but some fields could be applied."""
	fields = ", ".join(f"{row.doctype}.{row.field}" for row in conflicts.rows if not row.question)
	asked = [f"Changed on both sides: {fields}."] if fields else []
	asked += [row.question for row in conflicts.rows if row.question]
	message = f"{' '.join(asked)} Decide in Sync Conflict; everything else was applied."
	return replace(outcome, status=Status.CONFLICT, category=Category.CONFLICT, message=message)


def _resolve(document: DocRef | tuple[str, str] | None, created: Mapping[str, str]) -> tuple[str, str] | None:
	if isinstance(document, DocRef):
		return document.doctype, created[document.key]
	return document


def _payload_or_nothing(event: ClaimedEvent) -> Any:
	try:
		return parse_json(event.payload)
	except NotJson:
		return None


def _what_is_invalid(error: ValidationError | NotJson) -> str:
	"""Return which fields are wrong and how, never their values: those may be personal."""
	if isinstance(error, NotJson):
		return "The body is not JSON."
	first = "; ".join(f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors()[:3])
	return f"The payload is not valid: {first}."
