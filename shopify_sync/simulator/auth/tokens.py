"""The tokens of one app in one shop: every grant that Shopify offers, with its lifetimes and refusals.

Sources: https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens and the pages below it.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ..clock import Clock
from ..dice import Dice

#: Seconds that tokens live.
CLIENT_CREDENTIALS_SECONDS = 86_399
OFFLINE_SECONDS = 3_600
REFRESH_SECONDS = 90 * 86_400
#: How long a used refresh token may be used again while its replacement has not been: it heals a lost answer
#: (https://shopify.dev/changelog/more-resilient-refreshes-for-expiring-offline-access-tokens).
REUSE_SECONDS = 30 * 86_400
CODE_SECONDS = 600


class Refused(Exception):
	"""A grant that was refused.

	:ivar error: the OAuth code, e.g. `invalid_client`; :ivar description: the sentence; :ivar status: of the HTTP answer.
	"""

	def __init__(self, error: str, description: str, status: int = 400) -> None:
		super().__init__(f"{error}: {description}")
		self.error = error
		self.description = description
		self.status = status


@dataclass(frozen=True)
class Grant:
	"""What a token may do, and until when (UTC; None: until it is revoked)."""

	scopes: frozenset[str]
	expires_at: datetime | None


@dataclass(frozen=True)
class Issued:
	"""A token as the app gets it. Lifetimes are in seconds."""

	access_token: str
	scope: str
	expires_in: int | None = None
	refresh_token: str | None = None
	refresh_token_expires_in: int | None = None

	def as_json(self) -> dict[str, Any]:
		"""Return the answer's body: fields that do not apply are absent."""
		return {name: value for name, value in vars(self).items() if value is not None}


@dataclass
class _Code:
	scopes: tuple[str, ...]
	expires_at: datetime


@dataclass
class _Refresh:
	"""A refresh token. *replacement* is given out at its first use; once that one is used, this one is retired."""

	scopes: tuple[str, ...]
	expires_at: datetime
	access_token: str
	previous: str | None = None
	replacement: str | None = None
	first_used_at: datetime | None = None


@dataclass
class Tokens:
	"""The tokens of one app in one shop. Not thread-safe: call it under the shop's lock.

	:ivar secrets: returns the client secrets that are good now, newest first; the old one too until it is revoked.
	:ivar scopes: what the app is granted in this shop.
	"""

	client_id: str
	secrets: Callable[[], Sequence[str]]
	scopes: tuple[str, ...]
	clock: Clock
	dice: Dice
	_grants: dict[str, Grant] = field(default_factory=dict)
	_codes: dict[str, _Code] = field(default_factory=dict)
	_refreshes: dict[str, _Refresh] = field(default_factory=dict)
	_issued: int = 0

	def check(self, token: str) -> Grant | None:
		"""Return what *token* may do now, or None when it is unknown, revoked or has expired."""
		grant = self._grants.get(token)
		if grant is None or (grant.expires_at is not None and self.clock.now() >= grant.expires_at):
			return None
		return grant

	def add_static(self, token: str, scopes: Iterable[str] | None = None) -> None:
		"""Make *token* good until it is revoked, as the tokens of custom apps that were made before 2026 are."""
		granted = self.scopes if scopes is None else tuple(scopes)
		self._grants[token] = Grant(with_implied(granted), None)

	def client_credentials(self, client_id: str, client_secret: str) -> Issued:
		"""Give the merchant's own app a token for a day. :raises Refused: for a client that is not this app.

		Source: https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/client-credentials-grant
		"""
		self._identify(client_id, client_secret)
		token = self._grant(self.scopes, CLIENT_CREDENTIALS_SECONDS)
		return Issued(token, ",".join(self.scopes), CLIENT_CREDENTIALS_SECONDS)

	def authorize(self, client_id: str, scopes: Iterable[str] = ()) -> str:
		"""Return the one-time code that a merchant's consent gives. Here every merchant consents.

		:param scopes: what the app asks for; none: what it is configured with.
		:raises Refused: for another client, or a scope beyond the app's configuration.
		"""
		if client_id != self.client_id:
			raise Refused("invalid_client", "Could not find Shopify API application with api_key " + client_id[:100])
		asked = tuple(filter(None, (scope.strip() for scope in scopes))) or self.scopes
		beyond = [scope for scope in asked if scope not in with_implied(self.scopes)]
		if beyond:
			raise Refused("invalid_scope", f"The app is not configured for: {', '.join(beyond)}")
		code = self._new("code")[:32]
		self._codes[code] = _Code(asked, self._in(CODE_SECONDS))
		return code

	def exchange(self, client_id: str, client_secret: str, code: str, *, expiring: bool = False) -> Issued:
		"""Give an offline token for a code.

		:param expiring: for an hour and with a refresh token; otherwise until it is revoked.
		:raises Refused: for another client, or a code that is unknown, used or older than 10 minutes.
		"""
		self._identify(client_id, client_secret)
		found = self._codes.pop(code, None)
		if found is None or self.clock.now() >= found.expires_at:
			raise Refused("invalid_request", "The authorization code was not found or was already used")
		if not expiring:
			return Issued(self._grant(found.scopes, None), ",".join(found.scopes))
		return self._pair(found.scopes, previous=None)

	def refresh(self, client_id: str, client_secret: str, refresh_token: str) -> Issued:
		"""Give a new pair for a refresh token.

		The old one stays good for a repetition, whose answer names the same replacement, until the replacement is used.
		:raises Refused: for another client, or a token that is unknown, has expired or is retired.
		"""
		self._identify(client_id, client_secret)
		found = self._refreshes.get(refresh_token)
		if found is None or self._is_over(found):
			raise Refused("invalid_grant", "The refresh token is invalid, expired or was revoked")
		if found.previous is not None:
			self._refreshes.pop(found.previous, None)
			found.previous = None
		found.first_used_at = found.first_used_at or self.clock.now()
		if found.replacement is not None:
			return self._again(self._refreshes[found.replacement], found.replacement)
		# Whether the old access token ends before its hour is not documented. Here it does: an app must not lean on it.
		self._grants.pop(found.access_token, None)
		issued = self._pair(found.scopes, previous=refresh_token)
		found.replacement = issued.refresh_token
		return issued

	def revoke_all(self) -> None:
		"""End every token and code, as an uninstall does."""
		self._grants.clear()
		self._codes.clear()
		self._refreshes.clear()

	def _identify(self, client_id: str, client_secret: str) -> None:
		good = [hmac.compare_digest(secret.encode(), client_secret.encode()) for secret in self.secrets() if secret.strip()]
		if client_id != self.client_id or not any(good):
			raise Refused("invalid_client", "The client_id or client_secret is wrong")

	def _is_over(self, found: _Refresh) -> bool:
		now = self.clock.now()
		used = found.first_used_at
		return now >= found.expires_at or (used is not None and now >= used + timedelta(seconds=REUSE_SECONDS))

	def _pair(self, scopes: tuple[str, ...], previous: str | None) -> Issued:
		access = self._grant(scopes, OFFLINE_SECONDS)
		refresh = "shprt_" + self._new("refresh")[:32]
		self._refreshes[refresh] = _Refresh(scopes, self._in(REFRESH_SECONDS), access, previous)
		return Issued(access, ",".join(scopes), OFFLINE_SECONDS, refresh, REFRESH_SECONDS)

	def _again(self, replacement: _Refresh, name: str) -> Issued:
		"""Answer a repeated refresh: a fresh access token, the same replacement, which does not live longer for that."""
		self._grants.pop(replacement.access_token, None)
		replacement.access_token = self._grant(replacement.scopes, OFFLINE_SECONDS)
		left = int((replacement.expires_at - self.clock.now()).total_seconds())
		return Issued(replacement.access_token, ",".join(replacement.scopes), OFFLINE_SECONDS, name, left)

	def _grant(self, scopes: tuple[str, ...], seconds: int | None) -> str:
		token = "shpat_" + self._new("access")[:32]
		self._grants[token] = Grant(with_implied(scopes), None if seconds is None else self._in(seconds))
		return token

	def _in(self, seconds: int) -> datetime:
		return self.clock.now() + timedelta(seconds=seconds)

	def _new(self, kind: str) -> str:
		self._issued += 1
		return self.dice.uuid("token", kind, self._issued).replace("-", "")


def with_implied(scopes: Iterable[str]) -> frozenset[str]:
	"""Return *scopes* and what they imply: who may write may read."""
	given = tuple(scopes)
	return frozenset((*given, *(f"read_{scope.removeprefix('write_')}" for scope in given if scope.startswith("write_"))))
