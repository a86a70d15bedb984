"""How a store signs in, and what is kept of it: plain values, and what a host must keep."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from shopify_sync.core.calls.breaker import Circuit
from shopify_sync.core.enums import StrEnum

from .tokens import Issued

#: A token that ends sooner than this is replaced before it is used.
LEAST_LIFE = timedelta(minutes=5)
_TIMES = ("obtained_at", "expires_at", "refresh_expires_at")


class SignInBy(StrEnum):
	"""The grants of Shopify that a store can use."""

	NONE = "None"
	CLIENT_CREDENTIALS = "Client credentials"
	AUTHORIZATION_CODE = "Authorization code"
	ACCESS_TOKEN = "Access token"  # noqa: S105


class SignInState(StrEnum):
	"""Whether the store can call Shopify."""

	NOT_SIGNED_IN = "Not signed in"
	SIGNED_IN = "Signed in"
	REJECTED = "Rejected"


@dataclass(frozen=True)
class Credentials:
	"""What the operator entered.

	:ivar secrets: the client secret, then the previous one; :ivar access_token: the static one.
	:ivar paused: why nothing may be sent now, whatever the credentials are; empty: nothing stands in the way.
	"""

	store: str
	by: SignInBy
	client_id: str = ""
	secrets: tuple[str, ...] = field(default=(), repr=False)
	access_token: str = field(default="", repr=False)
	paused: str = ""

	@property
	def identity(self) -> str:
		"""Stands for the app that a token was given to. A new secret is still the same app."""
		return _digest(self.store, self.by, self.client_id)

	@property
	def fingerprint(self) -> str:
		"""Changes with anything that the operator enters: what was rejected may then be good again."""
		return _digest(self.store, self.by, self.client_id, *self.secrets, "", self.access_token)


@dataclass(frozen=True)
class SignIn:
	"""What Shopify gave, and whether it still accepts it.

	:ivar identity: of the credentials that the token was given to; :ivar rejected_with: fingerprint of those it refused.
	:ivar after_refusal: the token was asked for because Shopify did not accept the one before it.
	:ivar scopes: granted; None: not known. Times are UTC; None: the token does not end.
	"""

	state: SignInState = SignInState.NOT_SIGNED_IN
	access_token: str = field(default="", repr=False)
	refresh_token: str = field(default="", repr=False)
	identity: str = ""
	obtained_at: datetime | None = None
	expires_at: datetime | None = None
	refresh_expires_at: datetime | None = None
	scopes: frozenset[str] | None = None
	after_refusal: bool = False
	rejected_with: str = ""
	reason: str = ""

	def is_good_for(self, credentials: Credentials, until: datetime) -> bool:
		"""Tell whether there is a token for this app that lasts until that time."""
		lasts = self.expires_at is None or self.expires_at > until
		return bool(self.access_token) and self.identity == credentials.identity and lasts


@dataclass(frozen=True)
class State:
	"""What all workers of a store share."""

	sign_in: SignIn = field(default_factory=SignIn)
	circuit: Circuit = field(default_factory=Circuit)


class ConnectionStore(Protocol):
	"""Keeps the state of one store's connection. Whatever changes it is committed when the method returns."""

	def read(self) -> State:
		"""Return the state as it is now."""

	def renewing(self) -> AbstractContextManager[bool]:
		"""Hold the right to get a new token, which one worker has at a time; wait for it. False: it was not to be had.

		What :meth:`read` returns inside of it is as the worker before left it.
		"""

	def save(self, sign_in: SignIn) -> None:
		"""Keep what Shopify gave."""

	def change_circuit(self, change: Callable[[Circuit], Circuit]) -> Circuit:
		"""Change the circuit, alone; where its state changes, that is recorded with time and reason. Return the new one."""

	def tell_rejected(self, reason: str) -> None:
		"""Tell the operators that Shopify does not accept the store's credentials any more. Called once each time."""

	def heard(self, answered_version: str, deprecated: str) -> None:
		"""Keep what headers say: another version answered than was asked for, a deprecated call was made. Warn once of each."""


def signed_in(issued: Issued, credentials: Credentials, now: datetime, before: SignIn, *, after_refusal: bool = False) -> SignIn:
	"""Return what is kept of a token that was given at *now*."""
	ends = None if issued.expires_in is None else now + timedelta(seconds=issued.expires_in)
	left = issued.refresh_expires_in
	return SignIn(
		state=SignInState.SIGNED_IN,
		access_token=issued.access_token,
		refresh_token=issued.refresh_token,
		identity=credentials.identity,
		obtained_at=now,
		expires_at=ends,
		refresh_expires_at=None if left is None else now + timedelta(seconds=left),
		scopes=issued.scopes if issued.scopes is not None else before.scopes,
		after_refusal=after_refusal,
	)


def as_json(sign_in: SignIn) -> dict[str, Any]:
	"""Return what is kept of a sign-in as values that JSON knows, without the tokens."""
	times = {name: moment.isoformat() for name in _TIMES if (moment := getattr(sign_in, name))}
	scopes = None if sign_in.scopes is None else sorted(sign_in.scopes)
	texts = {name: getattr(sign_in, name) for name in ("identity", "rejected_with", "reason")}
	return {"state": str(sign_in.state), "scopes": scopes, "after_refusal": sign_in.after_refusal, **texts, **times}


def from_json(data: Mapping[str, Any], access_token: str, refresh_token: str) -> SignIn:
	"""Return the sign-in that :func:`as_json` wrote, with its tokens; an empty mapping is none at all."""
	if not data:
		return SignIn()
	return SignIn(
		state=SignInState(data["state"]),
		access_token=access_token,
		refresh_token=refresh_token,
		identity=data["identity"],
		obtained_at=_time(data.get("obtained_at")),
		expires_at=_time(data.get("expires_at")),
		refresh_expires_at=_time(data.get("refresh_expires_at")),
		scopes=None if data["scopes"] is None else frozenset(data["scopes"]),
		after_refusal=bool(data.get("after_refusal")),
		rejected_with=data["rejected_with"],
		reason=data["reason"],
	)


def _time(text: str | None) -> datetime | None:
	return datetime.fromisoformat(text) if text else None


def _digest(*parts: object) -> str:
	return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:32]
