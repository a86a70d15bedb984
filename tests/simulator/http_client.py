"""Who calls a running store over sockets, and who takes its webhooks; for tests."""

from __future__ import annotations

import http.client
import json
import threading
import time
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from shopify_sync.core.receiving import Headers
from shopify_sync.simulator.commands.stock_up import stock_up
from shopify_sync.simulator.http.app import CLIENT_ID, CLIENT_SECRET
from shopify_sync.simulator.http.site import Site
from shopify_sync.simulator.http.store import Store

START = datetime(2026, 11, 21, 10, tzinfo=timezone.utc)


class Answer:
	"""What came back."""

	def __init__(self, response: http.client.HTTPResponse) -> None:
		self.status = response.status
		self.headers = {name.lower(): value for name, value in response.getheaders()}
		self.body = response.read()

	def json(self) -> Any:
		return json.loads(self.body)


class Caller:
	"""Calls one shop of a running store."""

	def __init__(self, store: Store, name: str = "dev") -> None:
		self.store = store
		self.site: Site = store.site(name)
		self.base = f"/shops/{name}"

	def call(self, method: str, path: str, body: Any = None, timeout: float = 10, **headers: str) -> Answer:
		connection = http.client.HTTPConnection("127.0.0.1", self.store.server.server_port, timeout=timeout)
		try:
			data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
			named = {name.replace("_", "-"): value for name, value in headers.items()}
			connection.request(method, path if path.startswith("http") else self.base + path, data, named)
			return Answer(connection.getresponse())
		finally:
			connection.close()

	def admin(
		self, method: str, path: str, body: Any = None, *, version: str = "2026-10", token: str = "", **query: Any
	) -> Answer:
		asked = f"?{urlencode(query)}" if query else ""
		path = f"/admin/api/{version}/{path}{asked}"
		return self.call(method, path, body, X_Shopify_Access_Token=token or self.site.token)

	def graphql(self, query: str, /, **variables: Any) -> Answer:
		return self.admin("POST", "graphql.json", {"query": query, "variables": variables})

	def token(self, **form: str) -> Answer:
		form = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, **form}
		body = urlencode(form).encode()
		return self.call("POST", "/admin/oauth/access_token", body, Content_Type="application/x-www-form-urlencoded")

	def operate(self, desk: str, operation: str, **arguments: Any) -> Any:
		answer = self.call("POST", f"/control/{desk}/{operation}", arguments)
		assert answer.status == 200, answer.body
		return answer.json()["result"]


def stocked(caller: Caller) -> list[str]:
	with caller.site.lock:
		return stock_up(caller.site.shop, ["TEE", "MUG"])


class Hook:
	"""Somebody who takes webhooks, and answers what *statuses* say, then 200."""

	def __init__(self, statuses: tuple[int, ...] = (), seconds: float = 0) -> None:
		self.deliveries: list[tuple[Headers, bytes]] = []
		self.hosts: list[str] = []
		answers = iter(statuses)
		hook = self

		class Handler(BaseHTTPRequestHandler):
			def do_POST(self) -> None:
				body = self.rfile.read(int(self.headers["Content-Length"]))
				hook.hosts.append(self.headers["Host"])
				hook.deliveries.append((Headers(self.headers.items()), body))
				time.sleep(seconds)
				self.send_response(next(answers, 200))
				self.send_header("Content-Length", "0")
				self.send_header("Location", "http://127.0.0.1:1/elsewhere")
				self.end_headers()

			def log_message(self, *_args: Any) -> None:
				pass

		self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
		self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
		threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

	def close(self) -> None:
		self.server.shutdown()
		self.server.server_close()

	def topics(self) -> list[str]:
		return [headers.get("topic") for headers, _body in self.deliveries]


def set_faults(shop: Caller, **faults: float) -> None:
	assert shop.call("POST", "/control/faults", faults).status == 200


def consent(shop: Caller, **query: str) -> dict[str, str]:
	"""Let a merchant consent. Return the parameters of the redirect."""
	asked = {"client_id": CLIENT_ID, "redirect_uri": "https://app.example.com/auth", "state": "nonce", **query}
	answer = shop.call("GET", f"/admin/oauth/authorize?{urlencode(asked)}")
	assert answer.status == 302
	address = urlsplit(answer.headers["location"])
	assert f"{address.scheme}://{address.netloc}{address.path}" == "https://app.example.com/auth"
	return dict(parse_qsl(address.query))
