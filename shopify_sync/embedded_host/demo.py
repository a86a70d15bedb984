"""The demo: a day of a shop's orders against a real server process, with repetitions, disorder and a crash in the middle."""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from shopify_sync.core.money import total
from shopify_sync.core.receiving import sign

from . import demo_orders, ledger
from .config import as_json
from .database import Database
from .demo_orders import Delivery, Story
from .server import HEALTH_PATH, RECEIVE_PATH

#: How long the demo waits for the server to start, and for the last event to be carried out.
_PATIENCE = 60.0
_TIMEOUT = 10.0


class DemoFailed(Exception):
	"""Raised when the demo cannot go on; the message says where to look."""


@dataclass
class Report:
	"""What happened, and what was wrong in the end (nothing, if all is well)."""

	orders: int = 0
	currencies: tuple[str, ...] = ()
	deliveries_sent: int = 0
	delivered_twice: int = 0
	out_of_order: int = 0
	sent_again_after_crash: int = 0
	killed_after_deliveries: int = 0
	recovery_seconds: float = 0.0
	workers_died: int = 0
	events: int = 0
	duplicates_counted: int = 0
	superseded: int = 0
	orders_booked: int = 0
	orders_cancelled: int = 0
	documents: dict[str, int] = field(default_factory=dict)
	seconds: float = 0.0
	events_per_second: float = 0.0
	problems: list[str] = field(default_factory=list)

	def as_dict(self) -> dict[str, Any]:
		"""Return the report as plain data."""
		return {"ok": not self.problems, **asdict(self)}


def plan(stories: Sequence[Story], seed: int, report: Report) -> list[Delivery]:
	"""Return the day's deliveries as they arrive: a fifth of them twice, some long after later ones."""
	randomness = random.Random(seed)  # noqa: S311 -- repeatable, guards nothing
	in_order = sorted((one for story in stories for one in story.deliveries), key=lambda one: one.at)
	late = set(randomness.sample(range(len(in_order)), len(in_order) // 10))
	twice = set(randomness.sample(range(len(in_order)), len(in_order) // 5))
	places = [(index + (randomness.uniform(20, 120) if index in late else 0), one) for index, one in enumerate(in_order)]
	places += [(index + randomness.uniform(1, 60), one) for index, one in enumerate(in_order) if index in twice]
	report.delivered_twice = len(twice)
	arriving = [one for _place, one in sorted(places, key=lambda entry: entry[0])]
	report.out_of_order = _out_of_order(arriving)
	return arriving


def _out_of_order(arriving: Sequence[Delivery]) -> int:
	"""Return how many deliveries came for the first time after a later one had."""
	seen: set[str] = set()
	count, latest = 0, arriving[0].at
	for one in arriving:
		if one.webhook_id not in seen:
			seen.add(one.webhook_id)
			count += one.at < latest
			latest = max(latest, one.at)
	return count


class _ServerProcess:
	"""`shopify-sync serve` as a process of its own, which can be killed."""

	def __init__(self, folder: Path) -> None:
		self.database_path = folder / "demo.db"
		self._log_path = folder / "serve.log"
		self._config_path = folder / "config.json"
		self._config_path.write_text(as_json(demo_orders.config()))
		self._process: subprocess.Popen[str] | None = None
		self._connection: http.client.HTTPConnection | None = None

	def start(self) -> None:
		"""Start the server and wait until it listens."""
		options = ["--db", str(self.database_path), "--config", str(self._config_path), "--port", "0"]
		command = [sys.executable, "-m", "shopify_sync.cli", "serve", *options]
		with self._log_path.open("a") as log:
			self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)  # noqa: S603 -- our own command
		assert self._process.stdout is not None
		line = self._process.stdout.readline()
		if not line.startswith("Listening on http://"):
			raise DemoFailed(f"The server did not start. Its log:\n{self._log_path.read_text()[-2000:]}")
		host, _colon, port = line.split("/")[2].partition(":")
		self._connection = http.client.HTTPConnection(host, int(port), timeout=_TIMEOUT)

	def kill_at_work(self, at_least: int) -> bool:
		"""Kill the server as a power cut would, if that many events are in work just now. Return whether it was killed."""
		assert self._process is not None
		# Frozen first: what is in work now is still in work when the blow falls.
		self._process.send_signal(signal.SIGSTOP)
		os.waitid(os.P_PID, self._process.pid, os.WSTOPPED)
		if self._in_work() >= at_least:
			self._end(signal.SIGKILL)
			return True
		self._process.send_signal(signal.SIGCONT)
		return False

	def stop(self) -> None:
		"""Ask the server to stop, if it runs."""
		self._end(signal.SIGTERM)

	def _end(self, number: signal.Signals) -> None:
		if self._process is None:
			return
		self._process.send_signal(number)
		# A frozen process hears nothing but SIGKILL.
		self._process.send_signal(signal.SIGCONT)
		try:
			self._process.wait(_TIMEOUT)
		except subprocess.TimeoutExpired:
			self._process.kill()
			self._process.wait(_TIMEOUT)
		assert self._process.stdout is not None
		self._process.stdout.close()
		self._process = None
		if self._connection:
			self._connection.close()

	def deliver(self, one: Delivery) -> bool:
		"""Send one delivery. Return whether it was acknowledged."""
		headers = {
			"Content-Type": "application/json",
			"X-Shopify-Topic": one.topic,
			"X-Shopify-Shop-Domain": demo_orders.DOMAIN,
			"X-Shopify-API-Version": "2026-07",
			"X-Shopify-Webhook-Id": one.webhook_id,
			"X-Shopify-Triggered-At": one.at.isoformat(),
			"X-Shopify-Hmac-Sha256": sign(demo_orders.SECRET, one.body),
		}
		try:
			return self._request("POST", RECEIVE_PATH, one.body, headers)[0] == 200
		except (OSError, http.client.HTTPException):
			return False

	def is_working(self) -> bool:
		"""Tell whether there is work that no worker has finished."""
		return bool(json.loads(self._request("GET", HEALTH_PATH)[1])["work_waiting"]) or self._in_work() > 0

	def _in_work(self) -> int:
		with closing(sqlite3.connect(self.database_path, timeout=_TIMEOUT)) as connection:
			row = connection.execute("SELECT count(*) FROM sync_event WHERE status = 'Processing'").fetchone()
		return int(row[0])

	def _request(
		self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
	) -> tuple[int, bytes]:
		assert self._connection is not None
		try:
			self._connection.request(method, path, body, headers or {})
			response = self._connection.getresponse()
			return response.status, response.read()
		except (OSError, http.client.HTTPException):
			self._connection.close()
			raise


def run(folder: Path, orders: int, seed: int, on_progress: Callable[[int, int], None]) -> Report:
	"""Run the demo in *folder* and return what happened.

	:param on_progress: called with steps done and steps in all.
	:raises DemoFailed: when the server does not start or does not get through the work.
	"""
	report = Report(orders=orders)
	stories = list(demo_orders.day(orders, seed))
	report.currencies = tuple(sorted({story.currency for story in stories}))
	arriving = plan(stories, seed, report)
	server = _ServerProcess(folder)
	server.start()
	started = time.monotonic()
	try:
		_send_all(server, arriving, report, on_progress)
		_wait(server)
	finally:
		server.stop()
	report.seconds = round(time.monotonic() - started, 2)
	_examine(server.database_path, stories, report)
	return report


def _send_all(
	server: _ServerProcess, arriving: Sequence[Delivery], report: Report, on_progress: Callable[[int, int], None]
) -> None:
	for index, one in enumerate(arriving):
		while not server.deliver(one):
			# As Shopify does: what was not acknowledged is sent again.
			report.sent_again_after_crash += 1
			_restart(server, report)
		report.deliveries_sent += 1
		on_progress(index + 1, len(arriving))
		if not report.killed_after_deliveries and _is_killed(server, index + 1, len(arriving)):
			report.killed_after_deliveries = index + 1


def _is_killed(server: _ServerProcess, sent: int, of: int) -> bool:
	"""Kill the server in the middle of the day, at a moment when workers are busy. Return whether that was now."""
	if sent < of // 2:
		return False
	# A commit that is under way survives the blow, and only one can be: of two events in work at least one is cut short.
	# A short day may have no such moment, so towards its end one is enough, and before the last delivery any will do.
	return server.kill_at_work(at_least=2 if sent < of * 3 // 4 else 1 if sent < of - 1 else 0)


def _restart(server: _ServerProcess, report: Report) -> None:
	if report.sent_again_after_crash > 1:
		raise DemoFailed("The server does not take deliveries any more. Look at its log with --keep.")
	server.stop()
	began = time.monotonic()
	server.start()
	report.recovery_seconds = round(time.monotonic() - began, 2)


def _wait(server: _ServerProcess) -> None:
	deadline = time.monotonic() + _PATIENCE
	while server.is_working():
		if time.monotonic() > deadline:
			raise DemoFailed(f"The workers did not get through in {_PATIENCE:.0f} s. Look at the server's log.")
		time.sleep(0.02)


def _examine(path: Path, stories: Sequence[Story], report: Report) -> None:
	"""Read the results from the database and compare them with what was sent."""
	database = Database(path, create=False)
	connection = database.connection()
	row = connection.execute("SELECT count(*) AS events, sum(deliveries) - count(*) AS duplicates FROM sync_event").fetchone()
	report.events, report.duplicates_counted = row["events"], row["duplicates"]
	counts = ledger.count_by_status(connection)
	report.superseded = counts.get("Superseded", 0)
	report.events_per_second = round(report.events / report.seconds, 1)
	report.workers_died = connection.execute("SELECT count(*) FROM sync_attempt WHERE action = 'Worker Died'").fetchone()[0]
	documents = [document for document in ledger.documents(connection) if document["docstatus"] == 1]
	database.close()
	report.documents = dict(Counter(_kind(document) for document in documents))
	cancelled = {f"{demo_orders.STORE}/order/{story.order_id}" for story in stories if story.figures.cancelled}
	report.orders_cancelled = len(cancelled)
	report.orders_booked = sum(
		document["doctype"] == "Sales Order" and document["shopify_key"] not in cancelled for document in documents
	)
	report.problems += check(stories, documents)
	unfinished = {status: number for status, number in counts.items() if status not in ("Applied", "No Change", "Superseded")}
	report.problems += [f"{number} event(s) ended as {status}" for status, number in unfinished.items()]
	expected = len({one.webhook_id for story in stories for one in story.deliveries})
	if report.events != expected:
		report.problems.append(f"{report.events} events were recorded, but {expected} different deliveries were sent")


def _kind(document: Mapping[str, Any]) -> str:
	"""Return what people call a document: invoices and deliveries that take back are others."""
	if not document["values"].get("is_return"):
		return str(document["doctype"])
	return {"Sales Invoice": "Credit note"}.get(document["doctype"], "Return")


def check(stories: Sequence[Story], documents: Sequence[Mapping[str, Any]]) -> list[str]:
	"""Return what is wrong: what each order comes to in the documents that stand must be what Shopify says of it.

	:param documents: those that are submitted.
	"""
	by_order: dict[str, list[Mapping[str, Any]]] = {}
	for document in documents:
		key = str(document["shopify_key"] or "").split("/")
		if key[:2] == [demo_orders.STORE, "order"]:
			by_order.setdefault(key[2], []).append(document)
	problems = []
	for story in stories:
		problems += [f"order {story.name}: {what}" for what in _differences(story, by_order.pop(story.order_id, []))]
	return problems + [f"{demo_orders.STORE}/order/{order_id} was never ordered" for order_id in by_order]


def _differences(story: Story, documents: Sequence[Mapping[str, Any]]) -> Iterator[str]:
	wanted = story.figures
	live = [document for document in documents if document["doctype"] == "Sales Order"]
	if wanted.cancelled:
		# One that was paid is closed, and credited.
		live = [document for document in live if document["values"].get("status") != "Closed"]
	if len(live) != (0 if wanted.cancelled else 1):
		yield f"it {'is cancelled' if wanted.cancelled else 'is live'} but has {len(live)} live Sales Orders"
	elif live and Decimal(live[0]["values"]["grand_total"]) != story.total:
		yield f"Sales Order {live[0]['values']['grand_total']}, Shopify {story.total} {story.currency}"
	received, refunded = (_sum(documents, "Payment Entry", "order_amount", kind) for kind in ("Receive", "Pay"))
	figures: list[tuple[str, Decimal, Decimal]] = [
		("billed", _sum(documents, "Sales Invoice", "grand_total"), wanted.billed),
		("received less refunded", received - refunded, wanted.received - wanted.refunded),
		("delivered", _pieces(documents), Decimal(wanted.delivered)),
	]
	if not wanted.cancelled:
		# Of an order that was paid, paid back and cancelled before anything was booked nothing has to be booked.
		figures.append(("refunded", refunded, wanted.refunded))
	yield from (f"{name} {ours}, Shopify {theirs} {story.currency}" for name, ours, theirs in figures if ours != theirs)


def _sum(documents: Sequence[Mapping[str, Any]], doctype: str, name: str, payment_type: str | None = None) -> Decimal:
	found = [document["values"] for document in documents if document["doctype"] == doctype]
	return total(Decimal(values[name]) for values in found if payment_type in (None, values.get("payment_type")))


def _pieces(documents: Sequence[Mapping[str, Any]]) -> Decimal:
	found = [document["values"] for document in documents if document["doctype"] == "Delivery Note"]
	return total(Decimal(row["qty"]) for values in found for row in values["items"])
