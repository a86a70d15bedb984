"""The socket side: reads requests, writes answers, and makes timeouts and broken connections real. Binds to 127.0.0.1 only."""

from __future__ import annotations

import logging
import os
import socket
import struct
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from ..admin.api import Response
from ..faults import Dropped
from .messages import Request, answer

_LOG = logging.getLogger("shopify_sync.store")
MAX_BODY = 20 * 1024 * 1024
#: Real seconds that a call without an answer is kept open.
HOLD_SECONDS = 60.0
#: l_onoff, l_linger: closing sends a reset instead of a farewell.
_RESET = struct.pack("ii", 1, 0)


class Server(ThreadingHTTPServer):
	"""Answers requests with what *handle* returns.

	:param port: 0 takes a free one; `server_port` tells which.
	:param handle: gets the request with its whole path; raises Dropped when there is to be no answer.
	:param hold_seconds: how long a call that is never answered is kept open, unless the caller hangs up first.
	"""

	daemon_threads = True
	block_on_close = False
	request_queue_size = 128

	def __init__(self, port: int, handle: Callable[[Request], Response], hold_seconds: float = HOLD_SECONDS) -> None:
		self.handle = handle
		self.hold_seconds = hold_seconds
		self.closing = threading.Event()
		super().__init__(("127.0.0.1", port), _Handler)

	def handle_error(self, request: Any, client_address: Any) -> None:
		"""A caller that hangs up is no error; anything else is logged."""
		_LOG.debug("A connection ended early", exc_info=True)


class _Handler(BaseHTTPRequestHandler):
	server: Server
	protocol_version = "HTTP/1.1"
	server_version = "shopify-store"
	sys_version = ""
	# Seconds for a silent connection.
	timeout = 60
	disable_nagle_algorithm = True

	def do_GET(self) -> None:
		"""Answer."""
		self._serve()

	do_POST = do_PUT = do_DELETE = do_GET

	def log_message(self, format: str, *args: Any) -> None:
		"""Keep the terminal for what matters."""
		_LOG.debug(format, *args)

	def _serve(self) -> None:
		request = self._request()
		if isinstance(request, Response):
			self.close_connection = True
			self._send(request)
			return
		try:
			response = self.server.handle(request)
		except Dropped as dropped:
			self._drop(dropped.kind)
			return
		except Exception:
			_LOG.exception("%s %s failed", request.method, request.path)
			response = answer(500, {"errors": "The simulator failed; its log says why."})
		self._send(response)

	def _request(self) -> Request | Response:
		length = self.headers.get("Content-Length", "0")
		if not (length.isascii() and length.isdigit()) or "Transfer-Encoding" in self.headers:
			return answer(411, {"errors": "Content-Length is missing."})
		if int(length) > MAX_BODY:
			return answer(413, {"errors": f"The body is larger than {MAX_BODY} bytes."})
		body = self.rfile.read(int(length))
		parts = urlsplit(self.path)
		headers = {name.lower(): value.strip() for name, value in self.headers.items()}
		return Request(self.command, parts.path, dict(parse_qsl(parts.query, keep_blank_values=True)), headers, body)

	def _send(self, response: Response) -> None:
		self.send_response(response.status)
		for name, value in response.headers.items():
			self.send_header(name, value)
		self.send_header("Content-Length", str(len(response.body)))
		if self.close_connection:
			self.send_header("Connection", "close")
		self.end_headers()
		self.wfile.write(response.body)

	def _drop(self, kind: str) -> None:
		self.close_connection = True
		if kind == "timeout":
			self.server.closing.wait(self.server.hold_seconds)
			return
		self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
		# The server would say farewell before it closes, and the farewell would arrive first.
		os.close(self.connection.detach())
