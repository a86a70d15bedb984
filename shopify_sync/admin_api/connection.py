"""One store's right to call Shopify, shared by its workers: the token, the circuit breaker, the budget of points."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from shopify_sync.core.calls import breaker, scopes
from shopify_sync.core.calls.breaker import Circuit, CircuitState
from shopify_sync.core.calls.bucket import Priority
from shopify_sync.core.failures import Failure

from .budgets import Budget
from .ports import CallFailed, Category, Closed, ClosedBecause, Cost, Shop, Transport
from .sign_in import LEAST_LIFE, ConnectionStore, Credentials, SignIn, SignInBy, SignInState, State, signed_in
from .tokens import Issued, TokenGrants, TokenRefused

#: A token that was asked for because the one before was refused, and is refused itself so soon, is not replaced again.
_FRESH = timedelta(seconds=60)
#: A token that lives at least this long is still used when no newer one can be had.
_STILL_GOOD = timedelta(seconds=20)
#: How long what was read is taken for true.
_SNAPSHOT = timedelta(seconds=1)
#: Good calls are counted together, and told to the others after so many or so long.
_BATCH = 10
_BATCH_AGE = timedelta(seconds=5)


class StoreConnection:
	"""See :class:`~.ports.Connection`. One object per store and process; threads share it.

	:param store: keeps the state; :param budget: counts the points.
	:param now: returns the time, UTC; :param jitter: a uniform number in [0, 1).
	"""

	def __init__(
		self,
		shop: Shop,
		credentials: Credentials,
		store: ConnectionStore,
		budget: Budget,
		transport: Transport,
		*,
		now: Callable[[], datetime],
		jitter: Callable[[], float],
		rules: breaker.Rules = breaker.DEFAULT_RULES,
	) -> None:
		self.shop = shop
		self.credentials = credentials
		self._store = store
		self._budget = budget
		self._grants = TokenGrants(shop, transport, credentials.client_id, credentials.secrets)
		self._now = now
		self._jitter = jitter
		self._rules = rules
		self._lock = threading.Lock()
		self._seen: tuple[datetime, State] | None = None
		self._good_calls = 0
		self._told_at: datetime | None = None

	def gate(self) -> Closed | None:
		"""See :class:`~.ports.Connection`."""
		# Only "go ahead" is believed for a second: what a person just repaired is open at once.
		return self._gate(self._state()) and self._gate(self._read())

	def token(self) -> str:
		"""See :class:`~.ports.Connection`. :raises CallFailed:"""
		if self._sign_in_gate(self._state().sign_in) and (closed := self._sign_in_gate(self._read().sign_in)):
			raise CallFailed.of(closed)
		if self.credentials.by is SignInBy.ACCESS_TOKEN:
			return self.credentials.access_token
		found = self._state().sign_in
		if found.is_good_for(self.credentials, self._now() + LEAST_LIFE):
			return found.access_token
		return self._renewed(lambda current: current.is_good_for(self.credentials, self._now() + LEAST_LIFE)).access_token

	def sign_in(self) -> SignIn:
		"""Get a new token now, whatever there is: what the operator's button does for client credentials.

		:raises CallFailed: when Shopify does not give one.
		"""
		return self._renewed(lambda current: False)

	def exchange(self, code: str) -> SignIn:
		"""Get a token for the authorization code that came with a callback. :raises CallFailed:"""
		with self._store.renewing():  # a worker that just refreshes the old token must not overwrite the new one
			return self._obtained(self._read().sign_in, lambda: self._grants.exchange(code), rejects=False)

	def refresh_soon(self, ahead: timedelta) -> bool:
		"""Get a new token if there is one that ends within *ahead*. Return whether one was got. :raises CallFailed:"""
		found = self._state().sign_in
		can = self.credentials.by in (SignInBy.CLIENT_CREDENTIALS, SignInBy.AUTHORIZATION_CODE)
		if not can or not found.access_token or self.gate() or found.is_good_for(self.credentials, self._now() + ahead):
			return False
		self._renewed(lambda current: current.is_good_for(self.credentials, self._now() + ahead))
		return True

	def rejected(self, token: str, reason: str) -> bool:
		"""See :class:`~.ports.Connection`. :raises CallFailed: when a new token cannot be asked for now."""
		if self.credentials.by is not SignInBy.ACCESS_TOKEN:
			now = self._now()

			def is_another(current: SignIn) -> bool:
				return current.access_token != token and current.is_good_for(self.credentials, now)

			current = self._read().sign_in
			if is_another(current):
				return True
			age = now - current.obtained_at if current.obtained_at else _FRESH
			if self._can_renew(current) and not (current.after_refusal and age < _FRESH):
				self._renewed(is_another, after_refusal=True)
				return True
			with self._store.renewing():  # somebody may be signing in anew: that token was not refused
				if is_another(self._read().sign_in):
					return True
				self._reject(reason)
				return False
		self._reject(reason)
		return False

	def lacks(self, operation: str) -> tuple[str, ...]:
		"""See :class:`~.ports.Connection`."""
		granted = self._state().sign_in.scopes
		return () if granted is None else scopes.missing(granted, scopes.of_operation(operation))

	def acquire(self, ticket: str, operation: str, priority: Priority) -> float:
		"""See :class:`~.ports.Connection`."""
		return self._budget.take(ticket, operation, priority)

	def learn(self, ticket: str, operation: str, cost: Cost, *, arrived: bool = True) -> None:
		"""See :class:`~.ports.Connection`."""
		self._budget.answered(ticket, operation, cost, arrived=arrived)

	def allow(self) -> Closed | None:
		"""See :class:`~.ports.Connection`."""
		circuit = self._state().circuit
		if circuit.state is CircuitState.CLOSED:
			return None
		allowed = False

		def ask(current: Circuit) -> Circuit:
			nonlocal allowed
			changed, allowed = breaker.allow(current, self._now(), self._rules)
			return changed

		circuit = self._change_circuit(ask)
		now = self._now()
		return None if allowed else _circuit_open(circuit, breaker.next_call(circuit, now) or now)

	def record(self, ok: bool, reason: str = "") -> Closed | None:
		"""See :class:`~.ports.Connection`. *reason*: of the failure, for the operators."""
		circuit = self._state().circuit
		with self._lock:
			self._good_calls += ok
			told = self._told_at or datetime.min.replace(tzinfo=self._now().tzinfo)
			is_due = self._good_calls >= _BATCH or self._now() - told >= _BATCH_AGE
			if ok and circuit.state is CircuitState.CLOSED and not is_due:
				return None
			good, self._good_calls, self._told_at = self._good_calls, 0, self._now()
		now, jitter = self._now(), self._jitter()

		def count(current: Circuit) -> Circuit:
			return breaker.record(current, now, ok=good, failed=int(not ok), jitter=jitter, reason=reason, rules=self._rules)

		circuit = self._change_circuit(count)
		until = breaker.next_call(circuit, now)
		return None if until is None else _circuit_open(circuit, until)

	def reset_circuit(self) -> None:
		"""Close the circuit, as an operator asks for."""
		self._change_circuit(lambda current: breaker.closed_by_hand(self._now()))

	def trip_circuit(self, reason: str) -> None:
		"""Open the circuit until a person closes it. :param reason: who did, and why."""
		self._change_circuit(lambda current: breaker.opened_by_hand(self._now(), reason))

	def heard(self, answered_version: str, deprecated: str) -> None:
		"""See :class:`~.ports.Connection`."""
		if deprecated or (answered_version and answered_version != self.shop.api_version):
			self._store.heard(answered_version, deprecated)

	def granted(self, found: frozenset[str]) -> None:
		"""Keep the scopes that Shopify says the token has; it is accepted, then."""
		current = self._read().sign_in
		if current.scopes != found or current.state is not SignInState.SIGNED_IN:
			self._save(replace(current, state=SignInState.SIGNED_IN, scopes=found, rejected_with="", reason=""))

	def _gate(self, state: State) -> Closed | None:
		if closed := self._sign_in_gate(state.sign_in):
			return closed
		until = breaker.next_call(state.circuit, self._now())
		return None if until is None else _circuit_open(state.circuit, until)

	def _sign_in_gate(self, found: SignIn) -> Closed | None:
		own = self.credentials
		if own.paused:
			return Closed(ClosedBecause.PAUSED, own.paused)
		if found.state is SignInState.REJECTED and found.rejected_with == own.fingerprint:
			return Closed(ClosedBecause.REJECTED, found.reason or "Shopify does not accept the store's credentials.")
		if lacking := _incomplete(own, found):
			return Closed(ClosedBecause.NOT_SIGNED_IN, lacking)
		return None

	def _can_renew(self, found: SignIn) -> bool:
		return self.credentials.by is SignInBy.CLIENT_CREDENTIALS or bool(found.refresh_token)

	def _renewed(self, is_enough: Callable[[SignIn], bool], *, after_refusal: bool = False) -> SignIn:
		"""Return a token that *is_enough*: another worker's, if it got one meanwhile, else a new one."""
		with self._store.renewing() as is_ours:
			current = self._read().sign_in
			if is_enough(current):
				return current
			if not is_ours:
				return self._last_resort(current, "another worker has been asking for a token for too long")
			try:
				return self._obtained(current, lambda: self._grant(current), after_refusal=after_refusal)
			except CallFailed as error:
				if after_refusal:
					raise  # the token that there is, is the one that was refused
				if error.closed is None or error.closed.because is ClosedBecause.CIRCUIT_OPEN:
					return self._last_resort(current, str(error), error)
				raise

	def _last_resort(self, current: SignIn, reason: str, error: CallFailed | None = None) -> SignIn:
		"""Return the token that there is, while it lives. :raises CallFailed:"""
		if current.is_good_for(self.credentials, self._now() + _STILL_GOOD):
			return current
		raise error or CallFailed(Failure(Category.NETWORK, f"No token: {reason}."), may_have_arrived=False)

	def _grant(self, current: SignIn) -> Issued:
		if self.credentials.by is SignInBy.CLIENT_CREDENTIALS:
			return self._grants.client_credentials()
		if current.refresh_token:
			return self._grants.refresh(current.refresh_token)
		raise TokenRefused("the token has ended and cannot be refreshed")

	def _obtained(
		self, current: SignIn, ask: Callable[[], Issued], *, rejects: bool = True, after_refusal: bool = False
	) -> SignIn:
		"""Ask for a token and keep it. :raises CallFailed:"""
		if closed := self.allow():
			raise CallFailed.of(closed)
		try:
			issued = ask()
		except TokenRefused as error:
			self.record(True)
			reason = f"{error}. Check Client ID and Client Secret, then sign the store in again."
			if rejects:
				self._reject(reason)
				raise CallFailed.of(Closed(ClosedBecause.REJECTED, reason)) from None
			raise CallFailed(Failure(Category.AUTHENTICATION, reason), may_have_arrived=True) from None
		except CallFailed as error:
			closed = self.record(False, error.failure.message) if error.failure.category is not Category.THROTTLED else None
			raise CallFailed(error.failure, may_have_arrived=True, closed=closed) from None
		self.record(True)
		found = signed_in(issued, self.credentials, self._now(), current, after_refusal=after_refusal)
		self._save(found)
		return found

	def _reject(self, reason: str) -> None:
		"""Close the gate until somebody signs in again, and tell the operators, once."""
		current = self._read().sign_in
		fingerprint = self.credentials.fingerprint
		if current.state is SignInState.REJECTED and current.rejected_with == fingerprint:
			return
		self._save(replace(current, state=SignInState.REJECTED, rejected_with=fingerprint, reason=reason))
		self._store.tell_rejected(reason)

	def _state(self) -> State:
		seen = self._seen
		if seen is not None and abs(self._now() - seen[0]) < _SNAPSHOT:
			return seen[1]
		return self._read()

	def _read(self) -> State:
		found = self._store.read()
		self._seen = (self._now(), found)
		return found

	def _save(self, sign_in: SignIn) -> None:
		self._store.save(sign_in)
		self._seen = None

	def _change_circuit(self, change: Callable[[Circuit], Circuit]) -> Circuit:
		changed = self._store.change_circuit(change)
		self._seen = None
		return changed


def _incomplete(own: Credentials, found: SignIn) -> str:
	"""Return what is missing before the store can sign in, for an operator."""
	if own.by is SignInBy.NONE:
		return "The store does not sign in to Shopify: choose Sign In By on Shopify Store."
	if own.by is SignInBy.ACCESS_TOKEN:
		return "" if own.access_token else "No Access Token is set on Shopify Store."
	if not own.client_id or not own.secrets:
		return "Client ID or Client Secret is not set on Shopify Store."
	has_token = found.access_token and found.identity == own.identity
	if own.by is SignInBy.AUTHORIZATION_CODE and not has_token:
		return "Nobody has signed the store in yet: press Sign In on Shopify Store."
	return ""


def _circuit_open(circuit: Circuit, until: datetime) -> Closed:
	if circuit.by_hand:
		return Closed(
			ClosedBecause.CIRCUIT_OPEN, f"The circuit was {circuit.reason}. Nothing is sent until somebody resets it.", until
		)
	reason = f": {circuit.reason}" if circuit.reason else "."
	return Closed(ClosedBecause.CIRCUIT_OPEN, f"Shopify fails too often, so calls wait until {until:%H:%M:%S} UTC{reason}", until)
