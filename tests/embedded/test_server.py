"""The HTTP side of the embedded host, over real sockets."""

from __future__ import annotations

import http.client
import json
import sqlite3
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from shopify_sync.contract_suite.payloads import new_id, order, signed
from shopify_sync.embedded_host import server as server_module
from shopify_sync.embedded_host.server import HEALTH_PATH, RECEIVE_PATH, Server
from tests.contract.embedded_bench import EmbeddedBench


class Running:
	"""A server in a thread, and a connection to it that is kept open."""

	def __init__(self, bench: EmbeddedBench) -> None:
		self.woken = threading.Event()
		self._server = Server(bench.instance, 0, self.woken.set)
		self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
		self._thread.start()
		self.connection = http.client.HTTPConnection("127.0.0.1", self._server.server_port, timeout=10)

	def request(self, method: str, path: str, body: bytes | None = None, headers: Any = None) -> tuple[int, dict[str, Any]]:
		self.connection.request(method, path, body, dict(headers or {}))
		return self.answer()

	def answer(self) -> tuple[int, dict[str, Any]]:
		response = self.connection.getresponse()
		return response.status, json.loads(response.read())

	def stop(self) -> None:
		self.connection.close()
		self._server.shutdown()
		self._server.server_close()
		self._thread.join()


@pytest.fixture
def running(bench: EmbeddedBench) -> Iterator[Running]:
	running = Running(bench)
	yield running
	running.stop()


def test_a_delivery_is_recorded_and_wakes_a_worker(bench: EmbeddedBench, running: Running) -> None:
	headers, body = signed(bench, "orders/create", order(bench, new_id()))
	assert running.request("POST", RECEIVE_PATH, body, headers) == (200, {"message": "Recorded."})
	assert running.woken.wait(5)
	assert running.request("POST", RECEIVE_PATH, body, headers) == (200, {"message": "Already known."})
	assert [event.deliveries for event in bench.events()] == [2]


def test_an_ignored_topic_wakes_nobody(bench: EmbeddedBench, running: Running) -> None:
	headers, body = signed(bench, "carts/create", {})
	assert running.request("POST", RECEIVE_PATH, body, headers)[0] == 200
	assert not running.woken.is_set()


def test_a_body_that_is_too_large_is_refused_before_it_is_read(bench: EmbeddedBench, running: Running) -> None:
	headers, _body = signed(bench, "orders/create", {})
	running.connection.putrequest("POST", RECEIVE_PATH)
	for name, value in {**headers, "Content-Length": str(11 * 1024 * 1024)}.items():
		running.connection.putheader(name, value)
	running.connection.endheaders()
	# Not a byte of the body has been sent, and none has to be.
	status, answer = running.answer()
	assert (status, answer["message"]) == (413, f"The body is larger than {10 * 1024 * 1024} bytes.")


def test_the_limit_is_the_stores_own(bench: EmbeddedBench) -> None:
	bench.save_settings(max_body_mb=0.001)
	running = Running(bench)
	try:
		headers, body = signed(bench, "orders/create", order(bench, new_id()))
		assert len(body) > 1048
		assert running.request("POST", RECEIVE_PATH, body, headers)[0] == 413
	finally:
		running.stop()
	assert bench.events() == []


@pytest.mark.parametrize(
	("headers", "body", "status"),
	[({}, b"{}", 401), ({"X-Shopify-Shop-Domain": "suite.myshopify.com"}, b"{}", 401), ({"Content-Length": "x"}, b"", 411)],
)
def test_what_is_refused(bench: EmbeddedBench, running: Running, headers: dict[str, str], body: bytes, status: int) -> None:
	assert running.request("POST", RECEIVE_PATH, body, headers)[0] == status
	assert bench.events() == []


def test_a_signed_body_that_is_not_json_is_400(bench: EmbeddedBench, running: Running) -> None:
	from shopify_sync.core.receiving import sign

	headers, _body = signed(bench, "orders/create", {})
	text = b"not json"
	answer = running.request("POST", RECEIVE_PATH, text, {**headers, "X-Shopify-Hmac-Sha256": sign(bench.secret, text)})
	assert answer == (400, {"message": "The body is not JSON."})


def test_a_delivery_that_cannot_be_recorded_is_not_acknowledged(bench: EmbeddedBench, running: Running) -> None:
	bench._query("PRAGMA user_version")
	with bench.instance.database.write() as connection:
		connection.execute("ALTER TABLE sync_event RENAME TO gone")
	headers, body = signed(bench, "orders/create", order(bench, new_id()))
	assert running.request("POST", RECEIVE_PATH, body, headers)[0] == 503
	assert running.request("GET", HEALTH_PATH)[0] == 503
	with bench.instance.database.write() as connection:
		connection.execute("ALTER TABLE gone RENAME TO sync_event")
	assert running.request("POST", RECEIVE_PATH, body, headers)[0] == 200
	assert running.request("GET", HEALTH_PATH) == (200, {"message": "ok", "work_waiting": True})


def test_a_body_cut_short_is_400(bench: EmbeddedBench, running: Running) -> None:
	headers, body = signed(bench, "orders/create", {})
	running.connection.request("POST", RECEIVE_PATH, body, {**headers, "Content-Length": str(len(body) + 5)})
	assert running.connection.sock is not None
	running.connection.sock.shutdown(1)
	assert running.answer()[0] == 400


@pytest.mark.parametrize(("method", "path"), [("POST", "/"), ("GET", "/"), ("GET", RECEIVE_PATH), ("POST", HEALTH_PATH)])
def test_other_addresses_are_404(running: Running, method: str, path: str) -> None:
	assert running.request(method, path, b"")[0] == 404


def test_a_locked_database_is_waited_for(bench: EmbeddedBench, running: Running) -> None:
	other = sqlite3.connect(bench.database_path, isolation_level=None, check_same_thread=False)
	other.execute("BEGIN IMMEDIATE")
	release = threading.Timer(0.3, other.rollback)
	release.start()
	headers, body = signed(bench, "orders/create", order(bench, new_id()))
	assert running.request("POST", RECEIVE_PATH, body, headers)[0] == 200
	release.join()
	other.close()


def test_refusals_are_logged_once_and_without_the_body(
	bench: EmbeddedBench, running: Running, caplog: pytest.LogCaptureFixture
) -> None:
	for number in range(5):
		headers = {"X-Shopify-Shop-Domain": f"nobody-{number}.example\r"[:-1]}
		assert running.request("POST", RECEIVE_PATH, b"the body", headers)[0] == 401
	assert [record.getMessage() for record in caplog.records] == ["Delivery refused: unknown shop (shop 'nobody-0.example')"]


def test_it_listens_on_the_loopback_only(running: Running) -> None:
	assert running._server.server_address[0] == "127.0.0.1"
	assert server_module.RECEIVE_PATH == "/api/method/shopify_sync.api.webhooks.receive"
