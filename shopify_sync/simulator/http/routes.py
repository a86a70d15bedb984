"""Which address leads where."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from ..admin.api import Response
from ..admin.errors import NOT_FOUND
from . import control, oauth, rest
from .messages import BadBody, Request, answer
from .site import Site

_SHOP = re.compile(r"/shops/(?P<name>[^/]+)(?P<rest>/.*)")
_GRAPHQL = re.compile(r"/admin/api/(?P<version>[^/]+)/graphql\.json")
_REST = re.compile(r"/admin/api/(?P<version>[^/]+)/(?P<path>.+)\.json")
_BULK = re.compile(r"/bulk/(?P<id>\d+)\.jsonl")
_FROM = re.compile(r"bytes=(?P<start>\d+)-")
_CONTROL = re.compile(r"/control/(?P<path>.+)")
_OAUTH: dict[tuple[str, str], Callable[[Site, Request], Response]] = {
	("GET", "/admin/oauth/authorize"): oauth.authorize,
	("POST", "/admin/oauth/authorize"): oauth.authorize,
	("POST", "/admin/oauth/access_token"): oauth.access_token,
	("GET", "/admin/oauth/access_scopes.json"): oauth.access_scopes,
}


class Routes:
	"""Finds the shop a request is for, and who answers it.

	:param sites: by shop name; shops may be added at any time.
	"""

	def __init__(self, sites: Mapping[str, Site]) -> None:
		self._sites = sites
		self._requests = 0

	def handle(self, request: Request) -> Response:
		"""Answer a request. :raises Dropped: when there is to be no answer."""
		try:
			response = self._handle(request)
		except BadBody as error:
			response = answer(400, {"errors": str(error)})
		self._requests += 1
		response.headers.setdefault("X-Request-Id", f"00000000-0000-4000-8000-{self._requests:012d}")
		return response

	def _handle(self, request: Request) -> Response:
		if request.path.startswith("/control/"):
			return control.all_shops(self._sites, request, request.path.removeprefix("/control/"))
		found = self._find(request)
		if found is None:
			return answer(404, NOT_FOUND)
		return _serve(*found)

	def _find(self, request: Request) -> tuple[Site, Request] | None:
		"""Return the shop and the request with its path below the shop's address."""
		if match := _SHOP.fullmatch(request.path):
			site = self._sites.get(match["name"].removesuffix(".myshopify.com"))
			below = Request(request.method, match["rest"], request.query, request.headers, request.body)
			return (site, below) if site else None
		site = self._by_host(request) or self._by_token(request)
		return (site, request) if site else None

	def _by_host(self, request: Request) -> Site | None:
		"""Return the shop whose domain was asked, for callers that come through a proxy or a hosts file."""
		host = request.headers.get("host", "").partition(":")[0].lower()
		return self._sites.get(host.removesuffix(".myshopify.com")) if host.endswith(".myshopify.com") else None

	def _by_token(self, request: Request) -> Site | None:
		"""Return the shop whose token it is: ShopifyAPI asks for its scopes at the root, whatever the shop's address is."""
		for site in self._sites.values():
			with site.lock:
				if request.token and site.tokens.check(request.token):
					return site
		return None


def _serve(site: Site, request: Request) -> Response:
	if handler := _OAUTH.get((request.method, request.path)):
		return handler(site, request)
	if match := _GRAPHQL.fullmatch(request.path):
		if request.method != "POST":
			return answer(405, {"errors": "Method Not Allowed"})
		return site.api.graphql(match["version"], request.token, request.body)
	if match := _REST.fullmatch(request.path):
		return rest.call(site, request, match["version"], match["path"])
	if (match := _BULK.fullmatch(request.path)) and request.method == "GET":
		return _bulk(site, match["id"], request)
	if match := _CONTROL.fullmatch(request.path):
		return control.one_shop(site, request, match["path"])
	return answer(404, NOT_FOUND)


def _bulk(site: Site, operation: str, request: Request) -> Response:
	"""Return the result of a bulk operation, from a byte on if asked so, as Google's storage does."""
	try:
		with site.lock:
			data = site.api.bulk_file(operation)
	except KeyError:
		return answer(404, NOT_FOUND)
	headers = {"Content-Type": "application/jsonl", "Accept-Ranges": "bytes"}
	found = _FROM.fullmatch(request.headers.get("range", ""))
	if found is None:
		return Response(200, headers, data)
	start = int(found["start"])
	if start >= len(data):
		return Response(416, {**headers, "Content-Range": f"bytes */{len(data)}"}, b"")
	headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
	return Response(206, headers, data[start:])
