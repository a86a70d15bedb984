"""The HTTP side: Shopify's deliveries on the same path as on a site, and a health check. Binds to 127.0.0.1 only."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from shopify_sync.core.receiving import DEFAULT_MAX_BODY, Answer, Headers, receive

from .host import Instance

RECEIVE_PATH = "/api/method/shopify_sync.api.webhooks.receive"
HEALTH_PATH = "/health"
_LOG = logging.getLogger("shopify_sync.server")


class Server(ThreadingHTTPServer):
	"""Takes deliveries and wakes workers.

	:param port: 0 takes a free one; `server_port` tells which.
	:param wake: called after each delivery that left work to do.
	"""

	daemon_threads = True
	# Shopify sends bursts; the default backlog of 5 would turn some away.
	request_queue_size = 128

	def __init__(self, instance: Instance, port: int, wake: Callable[[], None]) -> None:
		self.instance = instance
		self.wake = wake
		super().__init__(("127.0.0.1", port), _Handler)


class _Handler(BaseHTTPRequestHandler):
	server: Server
	protocol_version = "HTTP/1.1"
	server_version = "shopify-sync"
	sys_version = ""
	# Seconds for a silent connection: a caller that stops in the middle does not keep a thread for ever.
	timeout = 30
	# Small answers leave at once.
	disable_nagle_algorithm = True

	def do_POST(self) -> None:
		"""Take one delivery."""
		if self.path.partition("?")[0] != RECEIVE_PATH:
			self._answer(Answer(404, f"Deliveries go to {RECEIVE_PATH}."), close=True)
			return
		body = self._body()
		if isinstance(body, Answer):
			self._answer(body, close=True)
			return
		answer = self._receive(body)
		self._answer(answer)
		if answer.wake:
			self.server.wake()

	def do_GET(self) -> None:
		"""Tell whether the ledger can be read."""
		if self.path.partition("?")[0] != HEALTH_PATH:
			self._answer(Answer(404, f"Nothing is here. {HEALTH_PATH} tells how things are."))
			return
		try:
			due = self.server.instance.events.due()
		except sqlite3.Error:
			_LOG.exception("The ledger cannot be read")
			self._answer(Answer(503, "The database cannot be read."))
			return
		self._send(200, {"message": "ok", "work_waiting": due})

	def finish(self) -> None:
		"""Close the thread's database connection with the network connection."""
		try:
			super().finish()
		finally:
			self.server.instance.close()

	def log_message(self, format: str, *args: Any) -> None:
		"""Requests are in the ledger; a line for each would only repeat it."""
		_LOG.debug(format, *args)

	def _body(self) -> bytes | Answer:
		"""Read the body, or say why not; a body that is too large is refused before a byte of it is read."""
		length = self.headers.get("Content-Length", "")
		if not (length.isascii() and length.isdigit()):
			return Answer(411, "Content-Length is missing.")
		limit = self._limit()
		if int(length) > limit:
			return Answer(413, f"The body is larger than {limit} bytes.")
		try:
			body = self.rfile.read(int(length))
		except OSError:
			return Answer(408, "The body did not arrive.")
		return body if len(body) == int(length) else Answer(400, "The body is shorter than Content-Length says.")

	def _limit(self) -> int:
		gate = self.server.instance.receiver.gate(Headers(self.headers.items()).get("shop-domain").lower())
		return gate.max_body if gate else DEFAULT_MAX_BODY

	def _receive(self, body: bytes) -> Answer:
		try:
			return receive(self.headers.items(), body, self.server.instance.receiver)
		except sqlite3.Error:
			# Not recorded, so not acknowledged: Shopify sends it again.
			_LOG.exception("A delivery could not be recorded")
			return Answer(503, "The delivery could not be recorded. Send it again.")

	def _answer(self, answer: Answer, *, close: bool = False) -> None:
		self.close_connection = self.close_connection or close
		self._send(answer.status, {"message": answer.message})

	def _send(self, status: int, content: dict[str, Any]) -> None:
		data = json.dumps(content).encode()
		self.send_response(status)
		self.send_header("Content-Type", "application/json")
		self.send_header("Content-Length", str(len(data)))
		if self.close_connection:
			self.send_header("Connection", "close")
		self.end_headers()
		self.wfile.write(data)
