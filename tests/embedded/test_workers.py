"""Worker threads: woken, polling, surviving trouble, stopping."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from shopify_sync.contract_suite.payloads import new_id, order, send
from shopify_sync.embedded_host.workers import WorkerPool
from tests.contract.embedded_bench import EmbeddedBench


def wait_for(true: Callable[[], bool], what: str) -> None:
	deadline = time.monotonic() + 10
	while not true():
		assert time.monotonic() < deadline, what
		time.sleep(0.005)


def test_a_woken_worker_does_not_wait_for_its_poll(bench: EmbeddedBench) -> None:
	pool = WorkerPool(bench.instance, 1, poll_seconds=3600)
	pool.start()
	name = send(bench, "orders/create", order(bench, new_id()))
	pool.wake()
	wait_for(lambda: bench.event(name).status == "Applied", "a woken worker carries the event out")
	pool.stop()


def test_a_worker_survives_a_ledger_that_cannot_be_read(bench: EmbeddedBench, caplog: pytest.LogCaptureFixture) -> None:
	with bench.instance.database.write() as connection:
		connection.execute("ALTER TABLE sync_event RENAME TO gone")
	pool = WorkerPool(bench.instance, 1, poll_seconds=0.01)
	pool.start()
	wait_for(lambda: "could not go on" in caplog.text, "the worker says that it could not go on")
	with bench.instance.database.write() as connection:
		connection.execute("ALTER TABLE gone RENAME TO sync_event")
	name = send(bench, "orders/create", order(bench, new_id()))
	wait_for(lambda: bench.event(name).status == "Applied", "the worker goes on once it can")
	pool.stop()


def test_stop_leaves_what_has_not_begun(bench: EmbeddedBench) -> None:
	names = [send(bench, "orders/create", order(bench, new_id())) for _number in range(60)]
	pool = WorkerPool(bench.instance, 2)
	pool.start()
	wait_for(lambda: any(event.status == "Applied" for event in bench.events()), "the workers begin")
	pool.stop()
	statuses = [bench.event(name).status for name in names]
	assert set(statuses) == {"Applied", "Received"}
	bench.drain()
	assert {bench.event(name).status for name in names} == {"Applied"}
