"""Asking Shopify for access tokens: client credentials, an authorization code, a refresh token.

https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from shopify_sync.core.contracts.base import NotJson, parse_json
from shopify_sync.core.failures import Category, Failure

from .answers import retry_after
from .ports import CallFailed, HttpAnswer, Shop, Transport, TransportError

_TIMEOUT = (5.0, 20.0)


class TokenRefused(Exception):
	"""Shopify refused to give a token. *code* is OAuth's: `invalid_client`, `invalid_grant`, …"""

	def __init__(self, code: str) -> None:
		super().__init__(f"Shopify refused to give a token: {code}")
		self.code = code


@dataclass(frozen=True)
class Issued:
	"""A token that was given. Lifetimes in seconds; None: it does not end. *scopes* None: not stated."""

	access_token: str = field(repr=False)
	scopes: frozenset[str] | None = None
	expires_in: float | None = None
	refresh_token: str = field(default="", repr=False)
	refresh_expires_in: float | None = None


class TokenGrants:
	"""Asks one shop for tokens.

	:param secrets: the client secret, then the previous one: while a secret is rotated either may be the good one.
	"""

	def __init__(self, shop: Shop, transport: Transport, client_id: str, secrets: Iterable[str]) -> None:
		self._shop = shop
		self._transport = transport
		self._client_id = client_id
		self._secrets = tuple(secret for secret in secrets if secret)

	def client_credentials(self) -> Issued:
		"""Return a token for the merchant's own app. :raises TokenRefused: :raises CallFailed:"""
		return self._ask({"grant_type": "client_credentials"})

	def exchange(self, code: str) -> Issued:
		"""Return an expiring offline token, with its refresh token, for an authorization code.

		:raises TokenRefused: :raises CallFailed:
		"""
		return self._ask({"code": code, "expiring": "1"})

	def refresh(self, refresh_token: str) -> Issued:
		"""Return the next pair. When the answer is lost, ask again with the same: Shopify accepts it until the new one is used.

		https://shopify.dev/changelog/more-resilient-refreshes-for-expiring-offline-access-tokens

		:raises TokenRefused: :raises CallFailed:
		"""
		return self._ask({"grant_type": "refresh_token", "refresh_token": refresh_token})

	def _ask(self, fields: Mapping[str, str]) -> Issued:
		refused: TokenRefused | None = None
		for secret in self._secrets:
			try:
				return self._post({"client_id": self._client_id, "client_secret": secret, **fields})
			except TokenRefused as error:
				refused = refused or error
				if error.code not in ("invalid_client", "application_cannot_be_found"):
					raise
		raise refused or TokenRefused("no client secret is set")

	def _post(self, fields: Mapping[str, str]) -> Issued:
		headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
		try:
			answer = self._transport.post(self._shop.token_url, headers, urlencode(fields).encode(), _TIMEOUT)
		except TransportError as error:
			raise _failed(Category.NETWORK, f"Asking for a token: {error}.") from None
		content = _content(answer)
		if answer.status == 200 and isinstance(content.get("access_token"), str) and content["access_token"]:
			return _issued(content)
		if answer.status == 200:
			raise _failed(Category.NETWORK, "Asking for a token: the answer is garbled.")
		if answer.status in (423, 429, 430) or answer.status >= 500:
			category = Category.THROTTLED if answer.status in (429, 430) else Category.SHOPIFY_UNAVAILABLE
			raise _failed(category, f"Shopify answered {answer.status} to a request for a token.", retry_after(answer))
		raise TokenRefused(_code(content, answer.status))


def _failed(category: Category, message: str, after: float | None = None) -> CallFailed:
	return CallFailed(Failure(category, message, retry_after=after), may_have_arrived=True)


def _content(answer: HttpAnswer) -> Mapping[str, Any]:
	try:
		content = parse_json(answer.body)
	except NotJson:
		return {}
	return content if isinstance(content, Mapping) else {}


def _code(content: Mapping[str, Any], status: int) -> str:
	code = content.get("error")
	# A code is a word. Anything longer may repeat what was sent.
	return code if isinstance(code, str) and code.replace("_", "").isalnum() and len(code) <= 60 else f"HTTP {status}"


def _issued(content: Mapping[str, Any]) -> Issued:
	scope = content.get("scope")
	refresh = content.get("refresh_token")
	return Issued(
		access_token=content["access_token"],
		scopes=frozenset(filter(None, (part.strip() for part in scope.split(",")))) if isinstance(scope, str) else None,
		expires_in=_seconds(content.get("expires_in")),
		refresh_token=refresh if isinstance(refresh, str) else "",
		refresh_expires_in=_seconds(content.get("refresh_token_expires_in")),
	)


def _seconds(value: Any) -> float | None:
	try:
		return None if value is None else max(float(value), 0.0)
	except (TypeError, ValueError):
		return None
