"""What the transport does with servers that behave badly."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from shopify_sync.admin_api import transport as transports
from shopify_sync.admin_api.ports import TransportError
from shopify_sync.admin_api.transport import RequestsTransport

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Thing: a\r\n\r\n{}"


@contextmanager
def server(*parts: bytes, pause: float = 0.0, keeps_open: bool = False) -> Iterator[tuple[str, list[bytes]]]:
	"""Answer one connection with *parts*, byte for byte."""
	listener = socket.create_server(("127.0.0.1", 0))
	heard: list[bytes] = []
	done = threading.Event()

	def serve() -> None:
		connection, _address = listener.accept()
		with connection:
			heard.append(connection.recv(65536))
			try:
				for part in parts:
					connection.sendall(part)
					done.wait(pause)
			except OSError:
				return
			if keeps_open:
				done.wait(5)

	thread = threading.Thread(target=serve, daemon=True)
	thread.start()
	try:
		yield f"http://127.0.0.1:{listener.getsockname()[1]}/x", heard
	finally:
		done.set()
		listener.close()


def post(address: str, timeout: tuple[float, float] = (1.0, 0.3)):
	return RequestsTransport().post(address, {"X-Shopify-Access-Token": "shpat_secret"}, b"{}", timeout)


def test_an_answer() -> None:
	with server(OK) as (address, heard):
		answer = post(address)
	assert (answer.status, answer.body, answer.headers["x-thing"]) == (200, b"{}", "a")
	assert b"User-Agent: shopify_sync/" in heard[0]


def test_a_redirect_is_not_followed() -> None:
	moved = b"HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:1/evil\r\nContent-Length: 0\r\n\r\n"
	with server(moved) as (address, _heard):
		assert post(address).status == 301


def test_no_proxy_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
	for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
		monkeypatch.setenv(name, "http://127.0.0.1:1")
	monkeypatch.delenv("no_proxy", raising=False)
	with server(OK) as (address, _heard):
		assert post(address).status == 200


@pytest.mark.parametrize(
	"parts",
	[(), (b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{",), (b"nonsense\r\n\r\n",), (b"HTTP/1.1 200 OK\r\nContent-Le",)],
	ids=["hangs up", "cut short", "no HTTP", "cut in a header"],
)
def test_half_an_answer_may_have_arrived(parts: tuple[bytes, ...]) -> None:
	with server(*parts) as (address, _heard):
		try:
			answer = post(address)
		except TransportError as error:
			assert error.may_have_arrived
			assert "shpat_secret" not in str(error)
			assert "127.0.0.1" not in str(error)
		else:  # some of it looks whole to the library; it is no JSON, which the client sees
			assert answer.body in (b"", b"{")


def test_no_answer_in_time_may_have_arrived() -> None:
	with server(keeps_open=True) as (address, _heard), pytest.raises(TransportError) as caught:
		post(address)
	assert caught.value.may_have_arrived


def test_no_connection_never_arrived() -> None:
	with pytest.raises(TransportError) as caught:
		post("http://127.0.0.1:1/x")
	assert not caught.value.may_have_arrived


def test_an_answer_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
	monkeypatch.setattr(transports, "MOST_BYTES", 1000)
	head = b"HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n"
	with server(head, b"x" * 900000) as (address, _heard), pytest.raises(TransportError, match="larger"):
		post(address)


def test_an_answer_that_trickles_is_given_up() -> None:
	head = b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n"
	with server(head, *[b"x"] * 60, pause=0.1) as (address, _heard), pytest.raises(TransportError) as caught:
		post(address, (0.2, 0.2))
	assert caught.value.may_have_arrived
