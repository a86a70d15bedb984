"""`shopify-sync serve` as a process: it starts, takes over, stops when asked, and says clearly why it cannot start."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from shopify_sync.contract_suite.payloads import new_id, order, send, signed
from shopify_sync.embedded_host.server import RECEIVE_PATH
from tests.contract.embedded_bench import EmbeddedBench


def command(bench: EmbeddedBench, port: int) -> list[str]:
	options = ["--db", str(bench.database_path), "--config", str(bench.config_path), "--port", str(port)]
	return [sys.executable, "-m", "shopify_sync.cli", "serve", *options]


@pytest.fixture
def serving(bench: EmbeddedBench) -> Iterator[tuple[subprocess.Popen[str], int]]:
	process = subprocess.Popen(command(bench, 0), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
	assert process.stdout is not None
	port = int(process.stdout.readline().split(":")[2].partition("/")[0])
	yield process, port
	process.kill()
	process.wait(10)
	process.stdout.close()


def wait_until_applied(bench: EmbeddedBench, name: str) -> None:
	deadline = time.monotonic() + 10
	while bench.event(name).status != "Applied":
		assert time.monotonic() < deadline, bench.event(name)
		time.sleep(0.01)


def test_a_delivery_over_http_becomes_a_sales_order(bench: EmbeddedBench, serving: tuple[subprocess.Popen[str], int]) -> None:
	headers, body = signed(bench, "orders/create", order(bench, new_id()))
	connection = http.client.HTTPConnection("127.0.0.1", serving[1], timeout=10)
	connection.request("POST", RECEIVE_PATH, body, dict(headers))
	response = connection.getresponse()
	assert (response.status, json.loads(response.read())) == (200, {"message": "Recorded."})
	connection.close()
	wait_until_applied(bench, headers["X-Shopify-Webhook-Id"])


def test_what_another_process_records_is_found_without_a_wake_up(
	bench: EmbeddedBench, serving: tuple[subprocess.Popen[str], int]
) -> None:
	wait_until_applied(bench, send(bench, "orders/create", order(bench, new_id())))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_when_asked(serving: tuple[subprocess.Popen[str], int], number: signal.Signals) -> None:
	process, _port = serving
	process.send_signal(number)
	assert process.wait(10) == 0


def test_a_port_that_is_taken_is_named(bench: EmbeddedBench) -> None:
	with socket.socket() as taken:
		taken.bind(("127.0.0.1", 0))
		taken.listen()
		port = taken.getsockname()[1]
		done = subprocess.run(command(bench, port), capture_output=True, text=True, timeout=30, check=False)
	assert done.returncode == 1
	assert f"Port {port} cannot be used: Address already in use. Choose another --port." in done.stderr
	assert "Traceback" not in done.stderr
