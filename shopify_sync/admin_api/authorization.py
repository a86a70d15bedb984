"""The authorization code grant: where a person is sent to consent, and whether what comes back is from Shopify.

https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/authorization-code-grant
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from shopify import Session  # type: ignore[import-untyped]

from .ports import Shop

#: How long a person may take to consent.
SIGN_IN_SECONDS = 600
#: How far Shopify's time of the callback may be from ours.
_CLOCKS_APART = timedelta(minutes=15)


class CallbackRefused(Exception):
	"""A callback that is not what it should be. The message is for the person at the browser; it repeats nothing of it."""


def consent_address(shop: Shop, client_id: str, scopes: Iterable[str], redirect_uri: str, state: str) -> str:
	"""Return where the person's browser is sent to.

	:param scopes: what the app asks for; :param state: random, comes back with the callback.
	"""
	session = Session(shop.domain, shop.api_version)
	session.api_key = client_id
	address: str = session.create_permission_url(sorted(scopes), redirect_uri, state)
	return address.replace(f"https://{session.url}", shop.base, 1)


def digest(state: str) -> str:
	"""Return what is kept of a state: whoever reads the database cannot finish somebody's sign-in."""
	return hashlib.sha256(state.encode()).hexdigest()


def is_from_shopify(parameters: Mapping[str, str], secrets: Iterable[str]) -> bool:
	"""Tell whether a callback is signed with one of the client secrets, in constant time each."""
	if not all(isinstance(value, str) for value in parameters.values()) or not parameters.get("hmac"):
		return False
	return any([_signed_with(secret).validate_hmac(parameters) for secret in secrets if secret.strip()])


def code_of(parameters: Mapping[str, str], shop: Shop, secrets: Iterable[str], kept_digest: str, now: datetime) -> str:
	"""Return the authorization code of a callback.

	:param kept_digest: of the state that was given out for this store; empty: none is waited for.
	:raises CallbackRefused: when it is forged, old, for another shop, or nobody waits for it.
	"""
	if not is_from_shopify(parameters, secrets):
		raise CallbackRefused("The signature of the callback is not Shopify's. Check the store's Client Secret.")
	if parameters.get("shop") != shop.domain:
		raise CallbackRefused("The callback is for another shop than the store's.")
	if not kept_digest or not hmac.compare_digest(kept_digest.encode(), digest(parameters.get("state", "")).encode()):
		raise CallbackRefused("Nobody waits for this sign-in: it was used already, or begun anew.")
	if not _is_recent(parameters.get("timestamp", ""), now):
		raise CallbackRefused("The callback is too old.")
	code = parameters.get("code", "")
	if not code:
		raise CallbackRefused("The callback has no code.")
	return code


def _signed_with(secret: str) -> type[Session]:
	# ShopifyAPI keeps the secret on the class, for all threads: a class of our own keeps stores apart.
	return type("SignedSession", (Session,), {"secret": secret})


def _is_recent(timestamp: str, now: datetime) -> bool:
	if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
		return False
	return abs(now.timestamp() - int(timestamp)) <= _CLOCKS_APART.total_seconds()
