"""Calls of the legacy REST Admin API: who may call, how often, what goes wrong on the way. The answers are in `rest_resources`.

Source: https://shopify.dev/docs/api/admin-rest
"""

from __future__ import annotations

from ..admin import versions
from ..admin.api import Response
from ..admin.errors import NOT_FOUND, UNAUTHORIZED
from .messages import BadBody, Request, answer
from .rest_lists import BadParameter
from .rest_resources import Call, Handler, Refusal, find
from .site import Site

_THROTTLED = {
	"errors": "Exceeded 2 calls per second for api client. Reduce request rates to resume uninterrupted service.",
}  # fmt: skip


def call(site: Site, request: Request, version: str, path: str) -> Response:
	"""Answer a call.

	:param path: below the version, without `.json`.
	:raises Dropped: when there is to be no answer.
	"""
	with site.lock:
		site.rest_calls += 1
		number = site.rest_calls
		response = _checked(site, request, version, path, number)
	if answering := versions.answering(version):
		response.headers["X-Shopify-API-Version"] = answering
	response.headers.update(
		{
			"X-Request-Id": site.dice.uuid("rest request", number),
			"X-Shopify-Shop-Api-Call-Limit": site.bucket.header,
		}
	)
	return response


def _checked(site: Site, request: Request, version: str, path: str, number: int) -> Response:
	if versions.answering(version) is None:
		return answer(404, NOT_FOUND)
	grant = site.tokens.check(request.token)
	if grant is None:
		return answer(401, UNAUTHORIZED)
	if not site.bucket.take(site.shop.clock.now()) or site.happens("throttle", "rest", number):
		return answer(429, _THROTTLED, Retry_After="2.0")
	found = find(request.method, path)
	if found is None:
		return answer(404, NOT_FOUND)
	handler, ids, scope = found
	if scope and scope not in grant.scopes:
		return answer(403, {"errors": f"[API] This action requires merchant approval for {scope} scope."})
	address = f"{site.api.base_url}/admin/api/{version}/{path}.json"
	stale = request.method == "GET" and site.happens("stale_read", "rest", number)
	shop = (site.api.past.shop() if stale else None) or site.shop
	asked = Call(shop, request.query, request.body, address, grant.scopes)
	return site.tried(lambda: _carried_out(handler, asked, ids), "rest", number)


def _carried_out(handler: Handler, call: Call, ids: tuple[str, ...]) -> Response:
	try:
		return handler(call, *ids)
	except BadParameter as error:
		return answer(400, {"errors": {error.name: error.message}})
	except Refusal as error:
		return answer(error.status, {"errors": error.errors})
	except BadBody as error:
		return answer(400, {"errors": str(error)})
