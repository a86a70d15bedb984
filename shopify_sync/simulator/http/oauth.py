"""`/admin/oauth/…`: a merchant's consent, tokens for it, and which scopes a token has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ..admin.api import Response
from ..admin.errors import UNAUTHORIZED
from ..auth.callback import callback_url
from ..auth.tokens import Issued, Refused, Tokens
from .messages import BadBody, Request, answer, redirect

if TYPE_CHECKING:
	from .site import Site


def authorize(site: Site, request: Request) -> Response:
	"""Send the merchant's browser back to the app with a one-time code; here the merchant always consents."""
	try:
		given = request.fields()
		redirect_uri = given.get("redirect_uri", "")
		if "://" not in redirect_uri:
			raise Refused("invalid_request", "The redirect_uri is missing or no address")
		with site.lock:
			code = site.tokens.authorize(given.get("client_id", ""), given.get("scope", "").split(","))
			now = site.shop.clock.now()
	except (Refused, BadBody) as error:
		return _refusal(error)
	# A redirect is signed with the newest secret; only webhooks may still carry the old one after a rotation.
	address = callback_url(
		redirect_uri,
		site.shop.secret,
		code=code,
		shop_domain=site.shop.domain,
		state=given.get("state", ""),
		timestamp=int(now.timestamp()),
	)
	return redirect(address)


def access_token(site: Site, request: Request) -> Response:
	"""Give a token for any grant; without a `grant_type` the grant is an authorization code."""
	with site.lock:
		site.token_calls += 1
		return site.tried(lambda: _granted(site, request), "token", site.token_calls)


def _granted(site: Site, request: Request) -> Response:
	try:
		given = request.fields()
		kind = given.get("grant_type") or "authorization_code"
		if kind not in _GRANTS:
			raise Refused("unsupported_grant_type", f"There is no grant type {kind[:100]!r}")
		issued = _GRANTS[kind](site.tokens, given)
	except (Refused, BadBody) as error:
		return _refusal(error)
	return answer(200, issued.as_json(), Cache_Control="no-store")


def access_scopes(site: Site, request: Request) -> Response:
	"""List the scopes of the token."""
	with site.lock:
		grant = site.tokens.check(request.token)
	if grant is None:
		return answer(401, UNAUTHORIZED)
	return answer(200, {"access_scopes": [{"handle": scope} for scope in sorted(grant.scopes)]})


def _client_credentials(tokens: Tokens, given: Mapping[str, str]) -> Issued:
	return tokens.client_credentials(given.get("client_id", ""), given.get("client_secret", ""))


def _code(tokens: Tokens, given: Mapping[str, str]) -> Issued:
	expiring = given.get("expiring", "").lower() in ("1", "true")
	client_id, client_secret = given.get("client_id", ""), given.get("client_secret", "")
	return tokens.exchange(client_id, client_secret, given.get("code", ""), expiring=expiring)


def _refresh(tokens: Tokens, given: Mapping[str, str]) -> Issued:
	return tokens.refresh(given.get("client_id", ""), given.get("client_secret", ""), given.get("refresh_token", ""))


_GRANTS: dict[str, Callable[[Tokens, Mapping[str, str]], Issued]] = {
	"client_credentials": _client_credentials,
	"authorization_code": _code,
	"refresh_token": _refresh,
}


def _refusal(error: Refused | BadBody) -> Response:
	if isinstance(error, Refused):
		return answer(error.status, {"error": error.error, "error_description": error.description})
	return answer(400, {"error": "invalid_request", "error_description": str(error)})
