"""Requests over HTTP: explicit timeouts, no redirects, a bound on what is read, no proxy for this machine."""

from __future__ import annotations

import ipaddress
import os
import threading
import time
from collections.abc import Iterator, Mapping
from http.cookiejar import DefaultCookiePolicy
from urllib.parse import urlsplit

import requests
import urllib3

from shopify_sync import __version__

from .ports import HttpAnswer, TransportError

#: Bytes of an answer, unpacked. A page of 250 with everything in it has about one million.
MOST_BYTES = 32 * 1024 * 1024
_CHUNK = 64 * 1024
#: An answer that trickles ends after this many times the read timeout.
_TRICKLE = 2


class RequestsTransport:
	"""The transport of the product. One requests.Session per thread, and none is carried into a fork."""

	def __init__(self) -> None:
		self._local = threading.local()

	def post(self, url: str, headers: Mapping[str, str], body: bytes, timeout: tuple[float, float]) -> HttpAnswer:
		"""Send *body*; see :class:`~.ports.Transport`. :raises TransportError:"""
		session = self._session(is_loopback(url))
		deadline = time.monotonic() + timeout[0] + timeout[1] * _TRICKLE
		try:
			with session.post(
				url, data=body, headers=dict(headers), timeout=timeout, allow_redirects=False, stream=True
			) as response:
				content = _read(response, deadline)
				return HttpAnswer(
					response.status_code, {name.lower(): value for name, value in response.headers.items()}, content
				)
		except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
			# Its text may name the address, a proxy with its password, or parts of headers: only the kind is told.
			raise TransportError(_sentence(error), may_have_arrived=not _never_sent(error)) from None

	def lines(self, url: str, offset: int, timeout: tuple[float, float]) -> Iterator[tuple[bytes, int]]:
		"""Yield the lines of a file, each with the bytes of the file up to its end; never more than a line is held.

		No credentials go along. *url* is signed, so it is a secret: no error tells it.

		:param offset: where a line begins: the bytes before it are left out.
		:param timeout: seconds to connect, and seconds without a byte.
		:raises FileGone: when the file is not there (any more), or must not be read.
		:raises TransportError: when it breaks off; a reader may go on behind the last line that came.
		"""
		headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={offset}-"} if offset else {})
		try:
			with self._session(is_loopback(url)).get(
				url, headers=headers, timeout=timeout, allow_redirects=False, stream=True
			) as response:
				yield from _lines(response, offset)
		except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
			raise TransportError(_sentence(error), may_have_arrived=False) from None

	def _session(self, loopback: bool) -> requests.Session:
		key = (os.getpid(), loopback)
		sessions: dict[tuple[int, bool], requests.Session] = self._local.__dict__.setdefault("sessions", {})
		if key not in sessions:
			session = requests.Session()
			# The environment may name a proxy, which cannot reach this machine's own ports.
			session.trust_env = not loopback
			session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
			session.headers["User-Agent"] = f"shopify_sync/{__version__}"
			sessions[key] = session
		return sessions[key]


class FileGone(Exception):
	"""A file that is not there, or must not be read; the message says the status only."""


def is_loopback(url: str) -> bool:
	"""Tell whether an address is on this machine."""
	host = urlsplit(url).hostname or ""
	if host == "localhost":
		return True
	try:
		return ipaddress.ip_address(host).is_loopback
	except ValueError:
		return False


def _read(response: requests.Response, deadline: float) -> bytes:
	parts, size = [], 0
	for part in response.iter_content(_CHUNK):
		parts.append(part)
		size += len(part)
		if size > MOST_BYTES:
			raise TransportError(f"the answer is larger than {MOST_BYTES // 1024 // 1024} MB", may_have_arrived=True)
		if time.monotonic() > deadline:
			raise TransportError("the answer took too long to arrive", may_have_arrived=True)
	return b"".join(parts)


def _lines(response: requests.Response, offset: int) -> Iterator[tuple[bytes, int]]:
	if response.status_code == 416:  # nothing is behind the offset
		return
	if response.status_code not in (200, 206):
		if response.status_code < 500:
			raise FileGone(f"HTTP {response.status_code}")
		raise TransportError(f"HTTP {response.status_code}", may_have_arrived=False)
	# Who does not know ranges sends everything.
	skip, rest = (0 if response.status_code == 206 else offset), b""
	expected = response.headers.get("Content-Length", "")
	came = 0
	for chunk in response.iter_content(_CHUNK):
		came += len(chunk)
		if skip:
			chunk, skip = chunk[skip:], max(skip - len(chunk), 0)  # noqa: PLW2901
		*whole, rest = (rest + chunk).split(b"\n")
		for line in whole:
			offset += len(line) + 1
			yield line, offset
		if len(rest) > MOST_BYTES:
			raise TransportError(f"a line is longer than {MOST_BYTES // 1024 // 1024} MB", may_have_arrived=False)
	if expected.isdigit() and came < int(expected):
		raise TransportError("the connection broke before the file was complete", may_have_arrived=False)
	if rest:
		yield rest, offset + len(rest)


def _never_sent(error: BaseException) -> bool:
	"""Tell whether the connection was never made. Everything else may have arrived."""
	if isinstance(error, requests.exceptions.ConnectTimeout | requests.exceptions.SSLError | requests.exceptions.InvalidURL):
		return True
	reason = getattr(error.args[0], "reason", None) if error.args else None
	return isinstance(error, requests.ConnectionError) and isinstance(reason, urllib3.exceptions.NewConnectionError)


def _sentence(error: BaseException) -> str:
	if isinstance(error, requests.exceptions.ConnectTimeout):
		return "no connection within the time allowed"
	if isinstance(error, requests.Timeout):
		return "no answer within the time allowed"
	if _never_sent(error):
		return "no connection could be made"
	return "the connection broke before the answer was complete"
