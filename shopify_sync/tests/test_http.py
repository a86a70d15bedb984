"""The endpoint over real HTTP: what Shopify, a stranger, and an outage get as an answer."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import frappe
from frappe.tests.utils import FrappeTestCase

from shopify_sync.core.receiving import sign
from shopify_sync.jobs import sweep

from . import payloads, site
from .server import NOBODY, Server, server

STORE = "test-http"
READY = "/api/method/shopify_sync.api.health.ready"


class TestEndpoint(FrappeTestCase):
	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		site.keep_workers_away()
		cls.addClassCleanup(site.let_workers_in)
		site.make_item("TEE-M", valuation_rate=7)
		site.make_store(STORE, previous_client_secret="the-old-one")
		cls.server = cls.enterClassContext(server()) if hasattr(cls, "enterClassContext") else cls._enter(server())

	@classmethod
	def _enter(cls, context: Any) -> Server:
		# unittest of Python 3.10 has no enterClassContext.
		cls.addClassCleanup(context.__exit__, None, None, None)
		return context.__enter__()

	def setUp(self) -> None:
		super().setUp()
		site.clear_store(STORE)

	def deliver(self, body: bytes, topic: str = "orders/create", **changes: Any) -> tuple[int, str]:
		"""Send a delivery; return the status and the webhook id."""
		headers = site.signed_headers(body, topic, store=STORE, secret=changes.pop("secret", site.SECRET))
		headers = {name: value for name, value in {**headers, **changes.pop("headers", {})}.items() if value is not None}
		response = changes.pop("to", self.server).post(body, headers)
		return response.status_code, headers["X-Shopify-Webhook-Id"]

	def body(self) -> bytes:
		return json.dumps(payloads.order(site.fresh_id())).encode()

	def count(self) -> int:
		frappe.db.rollback()
		return frappe.db.count("Sync Event", {"store": STORE})

	def log(self) -> str:
		return (Path(frappe.local.sites_path) / frappe.local.site / "logs" / "shopify_sync.log").read_text()

	def test_a_delivery_and_its_repetition(self) -> None:
		body = self.body()
		status, name = self.deliver(body)
		self.assertEqual(status, 200)
		again = site.signed_headers(body, "orders/create", store=STORE, webhook_id=name)
		self.assertEqual(self.server.post(body, again).status_code, 200)
		event = site.event(name)
		self.assertEqual((event.status, event.deliveries, event.payload), ("Received", 2, body.decode()))
		self.assertFalse(frappe.db.exists("Sales Order", {"shopify_key": event.link}))

	def test_both_secrets_and_every_spelling_of_the_headers(self) -> None:
		body = self.body()
		status, name = self.deliver(body, secret="the-old-one")
		self.assertEqual((status, site.event(name).signed_with), (200, "Previous Secret"))
		bare = {
			name.lower().removeprefix("x-"): value
			for name, value in site.signed_headers(body, "orders/create", store=STORE).items()
		}
		self.assertEqual(self.server.post(body, bare).status_code, 200)
		self.assertEqual(site.event(bare["shopify-webhook-id"]).signed_with, "Current Secret")

	def test_strangers_are_refused_and_leave_nothing(self) -> None:
		body = self.body()
		self.assertEqual(self.deliver(body, secret="guessed")[0], 401)
		self.assertEqual(self.deliver(body, headers={"X-Shopify-Hmac-Sha256": None})[0], 401)
		self.assertEqual(self.deliver(body, headers={"X-Shopify-Hmac-Sha256": "ü"})[0], 401)
		self.assertEqual(self.deliver(body, headers={"X-Shopify-Shop-Domain": "nobody.myshopify.com"})[0], 401)
		self.assertEqual(self.deliver(body, headers={"X-Shopify-Shop-Domain": None})[0], 401)
		self.assertEqual(self.count(), 0)
		log = self.log()
		self.assertIn(f"webhook refused: wrong signature (shop {STORE}.myshopify.com)", log)
		self.assertNotIn(json.loads(body)["email"], log)

	def test_a_blank_secret_verifies_nothing(self) -> None:
		doc = site.make_store("test-blank")
		for secret in ("", " "):
			frappe.utils.password.set_encrypted_password("Shopify Store", doc.name, secret, "client_secret")
			frappe.db.set_value("Shopify Store", doc.name, "client_secret", "")
			frappe.db.commit()
			body = self.body()
			headers = {
				**site.signed_headers(body, "orders/create", store="test-blank"),
				"X-Shopify-Hmac-Sha256": sign(secret, body),
			}
			self.assertEqual(self.server.post(body, headers).status_code, 401)
		self.assertEqual(frappe.db.count("Sync Event", {"store": "test-blank"}), 0)

	def test_a_disabled_store_is_not_found(self) -> None:
		frappe.db.set_value("Shopify Store", STORE, "enabled", 0)
		frappe.db.commit()
		try:
			self.assertEqual(self.deliver(self.body())[0], 404)
			self.assertEqual(self.count(), 0)
		finally:
			frappe.db.set_value("Shopify Store", STORE, "enabled", 1)
			frappe.db.commit()

	def test_a_body_over_the_limit(self) -> None:
		frappe.db.set_value("Shopify Store", STORE, "max_body_mb", 1)
		frappe.db.commit()
		try:
			self.assertEqual(self.deliver(b'{"id": 1, "note": "' + b"x" * 1024 * 1024 + b'"}')[0], 413)
			self.assertEqual(self.count(), 0)
		finally:
			frappe.db.set_value("Shopify Store", STORE, "max_body_mb", 10)
			frappe.db.commit()

	def test_signed_nonsense_is_kept_and_acknowledged(self) -> None:
		for body, topic, status in (
			(b"[1, 2]", "orders/create", "Dead Letter"),
			(b'{"id": 5}', "orders/create", "Dead Letter"),
			(b'{"id": "x", "updated_at": "2026-01-01T00:00:00Z"}', "orders/create", "Dead Letter"),
			(b'{"inventory_item_id": 1, "updated_at": "2026-01-01T00:00:00Z"}', "inventory_levels/update", "Dead Letter"),
			(b'{"id": 5}', "themes/publish", "Ignored"),
		):
			code, name = self.deliver(body, topic)
			event = site.event(name)
			self.assertEqual((code, event.status, bool(event.message)), (200, status, True), body)

	def test_without_redis_the_delivery_is_kept_and_the_sweeper_finds_it(self) -> None:
		with server(FRAPPE_REDIS_QUEUE=NOBODY, FRAPPE_REDIS_CACHE=NOBODY, FRAPPE_REDIS_SOCKETIO=NOBODY) as alone:
			# The first request of a process imports ERPNext, with Redis or without.
			ready = alone.get(READY)
			began = time.monotonic()
			code, name = self.deliver(self.body(), to=alone)
			self.assertEqual(code, 200)
			self.assertLess(time.monotonic() - began, 5, "Shopify gives up after five seconds")
			self.assertEqual((ready.status_code, ready.json()["redis"], ready.json()["database"]), (200, "away", "ok"))
		told = [json.loads(line) for line in self.log().splitlines() if name in line]
		self.assertEqual([line["message"].partition(",")[0] for line in told], ["received", "no worker woken"])
		self.assertEqual(site.event(name).status, "Received")
		sweep.run()
		site.drain()
		self.assertEqual(site.event(name).status, "Applied")

	def test_without_the_database_shopify_is_told_to_come_again(self) -> None:
		with server(wait_for_ping=False, FRAPPE_DB_HOST="127.0.0.1", FRAPPE_DB_PORT="1") as broken:
			code, _name = self.deliver(self.body(), to=broken)
			ready = broken.get(READY)
		self.assertGreaterEqual(code, 500)
		self.assertGreaterEqual(ready.status_code, 500)

	def test_a_get_is_refused(self) -> None:
		self.assertEqual(self.server.get("/api/method/shopify_sync.api.webhooks.receive").status_code, 403)
