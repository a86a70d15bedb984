"""One delivery over HTTP with Shopify's patience: a second to connect, five in all, nothing followed.

Source: https://shopify.dev/docs/apps/build/webhooks/subscribe/https
"""

from __future__ import annotations

import http.client
import io
import ipaddress
import socket
import time
from collections.abc import Mapping
from contextlib import closing
from urllib.parse import urlsplit

CONNECT_SECONDS = 1.0
TOTAL_SECONDS = 5.0


class NotLocal(ValueError):
	"""Raised for an address that is not on this machine: made-up orders do not leave it. The message says what can be written."""


def require_local(uri: str) -> None:
	"""Refuse what is not `http://` to the loopback. :raises NotLocal:"""
	parts = urlsplit(uri)
	if parts.scheme != "http" or not _is_loopback(parts.hostname or ""):
		raise NotLocal(f"{uri!r}: webhooks are sent to this machine only; write http://127.0.0.1:PORT/PATH.")


def post(
	uri: str,
	headers: Mapping[str, str],
	body: bytes,
	connect_seconds: float = CONNECT_SECONDS,
	total_seconds: float = TOTAL_SECONDS,
) -> int | None:
	"""Send *body* and return the HTTP status, or None when there was no answer in time.

	:raises NotLocal: when the address is not on this machine.
	"""
	require_local(uri)
	parts = urlsplit(uri)
	deadline = time.monotonic() + total_seconds
	host = parts.hostname or ""
	# Such names are this machine's by RFC 6761, whether its resolver knows them or not; a Frappe site is found by its name.
	connection = http.client.HTTPConnection("127.0.0.1" if _is_named(host) else host, parts.port, timeout=connect_seconds)
	try:
		connection.connect()
	except OSError:
		return None
	with closing(connection.sock) as sock:
		connection.sock = _Hurried(sock, deadline)
		try:
			target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
			own = {"Host": parts.netloc, "User-Agent": "Shopify-Captain-Hook", "Connection": "close"}
			connection.request("POST", target, body, {**headers, **own})
			response = connection.getresponse()
			response.read()
		except (OSError, http.client.HTTPException):
			return None
	return response.status


def _is_named(host: str) -> bool:
	return host == "localhost" or host.endswith(".localhost")


def _is_loopback(host: str) -> bool:
	if _is_named(host):
		return True
	try:
		return ipaddress.ip_address(host).is_loopback
	except ValueError:
		return False


class _Hurried:
	"""A socket on which everything together ends at a deadline; a socket's own timeout starts anew with every byte."""

	def __init__(self, sock: socket.socket, deadline: float) -> None:
		self._sock = sock
		self._deadline = deadline

	def sendall(self, data: bytes) -> None:
		self.hurry()
		self._sock.sendall(data)

	def recv_into(self, buffer: memoryview) -> int:
		self.hurry()
		return self._sock.recv_into(buffer)

	def makefile(self, _mode: str) -> io.BufferedReader:
		return io.BufferedReader(_Incoming(self))

	def close(self) -> None:
		"""Do nothing: http.client closes its end before it has read an answer's body. `post` closes the socket itself."""

	def hurry(self) -> None:
		left = self._deadline - time.monotonic()
		if left <= 0:
			raise TimeoutError("no answer in time")
		self._sock.settimeout(left)


class _Incoming(io.RawIOBase):
	def __init__(self, sock: _Hurried) -> None:
		self._sock = sock

	def readable(self) -> bool:
		return True

	def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
		return self._sock.recv_into(buffer)
