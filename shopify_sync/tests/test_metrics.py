"""What monitors read: Prometheus' metrics, what load balancers ask, and the log; after events were really carried out."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import frappe

from shopify_sync.core.exposition import CONTENT_TYPE
from shopify_sync.erpnext_host import log, metrics, times

from . import payloads, site
from .case import SyncTestCase
from .exposition_reader import Family, read
from .operated import AUDITOR, person, plant, start
from .server import server

METRICS = "/api/method/shopify_sync.api.metrics.prometheus"
READY, LIVE = ("/api/method/shopify_sync.api.health." + name for name in ("ready", "live"))


class TestMetrics(SyncTestCase):
	def read(self) -> dict[str, Family]:
		frappe.db.rollback()
		return read(metrics.exposition([self.STORE]))

	def counted(self, name: str, **labels: str) -> float:
		family = self.read().get(name)
		return (family.value(store=self.STORE, **labels) if family else 0) or 0

	def test_what_was_carried_out_and_what_failed(self) -> None:
		applied = self.counted("shopify_sync_attempts_total", status="Applied")
		delivered = self.counted("shopify_sync_deliveries_total", result="recorded")
		payload = self.order()
		event = self.carry_out(payload)
		site.deliver(payload, "orders/create", webhook_id=event.name, store=self.STORE)
		self.carry_out(self.order([payloads.line(1, "NO-SUCH-SKU", "20.00")]))
		found = self.read()

		def value(name: str, **labels: str) -> float | None:
			return found["shopify_sync_" + name].value(store=self.STORE, **labels)

		self.assertEqual((value("failures_open"), value("failures", category="Missing item")), (1, 1))
		self.assertEqual((value("events", status="Blocked"), value("events", status="Held")), (1, 0))
		self.assertEqual((value("finished_last_hour"), value("error_ratio"), value("store_enabled")), (1, 0.5, 1))
		self.assertEqual((value("store_verdict", verdict="Attention"), value("store_verdict", verdict="Good")), (1, 0))
		self.assertEqual((value("circuit_state", state="Closed"), value("circuit_state", state="Open")), (1, 0))
		self.assertEqual(value("events_received_last_hour", direction="Inbound", topic="orders/create"), 2)
		self.assertGreater(value("event_latency_seconds", quantile="0.95") or 0, 0)
		self.assertLess(abs((value("last_webhook_timestamp_seconds") or 0) - times.now().timestamp()), 120)
		# What only grows is counted where it happens.
		self.assertEqual(value("attempts_total", status="Applied"), applied + 1)
		self.assertEqual(value("deliveries_total", result="recorded"), delivered + 2)
		self.assertGreaterEqual(value("deliveries_total", result="repeated") or 0, 1)
		self.assertGreaterEqual(found["shopify_sync_attempt_duration_seconds"].samples["_count", (("store", self.STORE),)], 2)

	def test_labels_hold_nobody_and_are_few(self) -> None:
		payload = self.order()
		self.carry_out(payload)
		plant(self.STORE, 30, topic="made/up", category="Made up by nobody", missing="item:SECRET-SKU", cause="item:SECRET-SKU")
		text = metrics.exposition([self.STORE])
		found = read(text)
		self.assertEqual(found["shopify_sync_failures"].value(store=self.STORE, category="other"), 30)
		self.assertEqual(
			found["shopify_sync_events_received_last_hour"].value(store=self.STORE, direction="Inbound", topic="other"), 30
		)
		for secret in (payload["email"], payload["name"], str(payload["id"]), "SECRET-SKU", "made/up", "Made up"):
			self.assertNotIn(secret, text)
		stores = {dict(labels).get("store", self.STORE) for family in found.values() for _suffix, labels in family.samples}
		self.assertEqual(stores, {self.STORE})
		self.assertLess(len(text.splitlines()), 250)

	def test_a_site_without_stores_has_metrics_too(self) -> None:
		self.assertEqual(read(metrics.exposition([]))["shopify_sync_info"].kind, "gauge")


class TestEndpoints(SyncTestCase):
	"""Over HTTP: who is let in, and what a stranger is told."""

	def test_metrics_are_for_those_who_may_look_and_readiness_is_for_everybody(self) -> None:
		auditor, nobody = person(AUDITOR), person(None)
		plant(self.STORE, 3)
		with server(workers=1) as web:
			self.assertEqual(web.get(METRICS).status_code, 403)
			self.assertEqual(web.get(METRICS, headers=_token(nobody)).status_code, 403)
			answer = web.get(METRICS, headers=_token(auditor))
			self.assertEqual((answer.status_code, answer.headers["Content-Type"]), (200, CONTENT_TYPE))
			self.assertEqual(read(answer.text)["shopify_sync_failures_open"].value(store=self.STORE), 3)
			self.assertEqual(web.post(b"", _token(auditor), path=METRICS).status_code, 403)
			for path, parts in ((READY, {"database": "ok", "redis": "ok", "queue": "ok"}), (LIVE, {})):
				answer = web.get(path)
				self.assertEqual((answer.status_code, answer.json()), (200, {"status": "ok", **parts}))
				self.assertEqual(answer.headers["Cache-Control"], "no-store")


class TestLog(SyncTestCase):
	@contextmanager
	def lines(self) -> Iterator[list[dict[str, Any]]]:
		"""Yield a list that has the lines which the block wrote to the site's log, once the block is over."""
		path = Path(frappe.get_site_path("logs", "shopify_sync.log"))
		end, found = path.stat().st_size if path.exists() else 0, []
		yield found
		with path.open() as file:
			file.seek(end if path.stat().st_size >= end else 0)
			found += [json.loads(line) for line in file.read().splitlines()]

	def test_each_line_of_a_drain_names_its_event_and_nobody(self) -> None:
		payload = self.order()
		with self.lines() as lines:
			event = self.carry_out(payload)
		mine = [line for line in lines if line.get("store") == self.STORE]
		self.assertEqual([line["message"] for line in mine], ["received", "attempt ended"])
		received, ended = mine
		self.assertEqual({line["event"] for line in mine}, {event.name})
		self.assertEqual(
			(received["status"], received["topic"], received["site"]), ("Received", "orders/create", frappe.local.site)
		)
		self.assertEqual((ended["status"], ended["attempt"], ended["level"]), ("Applied", 1, "INFO"))
		self.assertGreater(ended["ms"], 0)
		self.assertTrue(ended["worker"])
		self.assertEqual(datetime.fromisoformat(ended["time"]).utcoffset(), timedelta(0))
		self.assertEqual(list(ended)[:6], ["time", "level", "message", "site", "store", "event"])
		text = json.dumps(lines)
		for secret in (payload["email"], payload["shipping_address"]["last_name"], payload["shipping_address"]["address1"]):
			self.assertNotIn(secret, text)

	def test_a_failure_says_its_category_and_what_is_missing(self) -> None:
		with self.lines() as lines:
			event = self.carry_out(self.order([payloads.line(1, "NO-SUCH-SKU", "20.00")]))
		ended = next(line for line in lines if line["message"] == "attempt ended")
		self.assertEqual(
			(ended["event"], ended["status"], ended["category"], ended["missing"]),
			(event.name, "Blocked", "Missing item", "item:NO-SUCH-SKU"),
		)

	def test_what_is_written_between_a_claim_and_its_end_names_the_event_and_nothing_after_it_does(self) -> None:
		site.deliver(self.order(), "orders/create", webhook_id="named-in-the-log", store=self.STORE)
		with self.lines() as lines:
			from shopify_sync.core.engine import Engine
			from shopify_sync.erpnext_host.host import FrappeHost

			# A probe of the engine: called in the middle of an attempt, where ERPNext or a customisation would write.
			Engine(FrappeHost(), lambda step: log.warn(f"in the middle: {step}") if step == "locked" else None).drain()
			log.warn("nothing is worked on")
		middle, after = (next(line for line in lines if start in line["message"]) for start in ("in the middle", "nothing is"))
		self.assertEqual((middle["event"], middle["attempt"], middle["level"]), ("named-in-the-log", 1, "WARNING"))
		self.assertNotIn("event", after)

	def test_what_people_do_is_told_by_its_operation_and_not_by_their_name(self) -> None:
		names = plant(self.STORE, 2)
		with self.lines() as lines:
			answer = start("Discard", {"events": names}, "Not needed.")
		told = next(line for line in lines if line["message"] == "operation ended")
		self.assertEqual((told["operation"], told["status"]), (answer["operation"], "Completed"))
		self.assertNotIn("Administrator", json.dumps(told))

	def test_what_is_rolled_back_is_not_told(self) -> None:
		with self.lines() as lines:
			frappe.db.after_commit.add(lambda: log.info("this never was"))
			frappe.db.rollback()
			frappe.db.commit()
		self.assertEqual([line for line in lines if line["message"] == "this never was"], [])

	def test_blocks_and_streams_and_levels(self) -> None:
		stream = io.StringIO()
		handler = logging.StreamHandler(stream)
		logger = frappe.logger("shopify_sync")
		logger.addHandler(handler)
		self.addCleanup(logger.removeHandler, handler)
		self.addCleanup(frappe.conf.pop, "shopify_sync_log_level", None)
		with log.about(operation="OP-1"):
			log.info("two\nlines", store="a-store", category=None)
		frappe.conf.shopify_sync_log_level = "WARNING"
		log.info("not wanted")
		log.warn("wanted")
		first, second = map(json.loads, stream.getvalue().splitlines())
		self.assertEqual((first["message"], first["operation"], first["store"]), ("two lines", "OP-1", "a-store"))
		self.assertNotIn("category", first)
		self.assertEqual((second["message"], second.get("operation")), ("wanted", None))


def _token(user: str) -> dict[str, str]:
	"""Return what a program signs in with as *user*."""
	doc = frappe.get_doc("User", user)
	doc.api_key, doc.api_secret = frappe.generate_hash(length=15), (secret := frappe.generate_hash(length=15))
	doc.save(ignore_permissions=True)
	frappe.db.commit()
	return {"Authorization": f"token {doc.api_key}:{secret}"}
