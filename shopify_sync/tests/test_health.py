"""A store's health on a site: the figures of a real ledger, what they come to in the terminal, and in another language."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import click
import frappe
import redis
from frappe.utils import background_jobs

from shopify_sync.core.health import StoreHealth, Verdict
from shopify_sync.erpnext_host import connections, health, policies, readiness, report, times

from . import payloads, site
from .case import SyncTestCase
from .operated import plant

WAITS = "Events that failed and wait for a person: {0}. Look at their causes."


class TestHealth(SyncTestCase):
	def health(self) -> StoreHealth:
		frappe.db.rollback()
		return health.healths(self.STORE)[0]

	def unknown_sku(self) -> dict[str, Any]:
		return self.order([payloads.line(1, "NO-SUCH-SKU", "20.00")])

	def back_in_time(self, name: str, by: timedelta, **values: Any) -> None:
		"""Let an event have come earlier, as waiting would; it has been due since then."""
		event = site.event(name)
		due = times.to_naive_utc(times.now() - by)
		frappe.db.sql(
			"UPDATE `tabSync Event` SET received_at = %s, due_at = %s WHERE name = %s", (event.received_at - by, due, name)
		)
		frappe.db.commit()

	def test_a_store_that_nothing_came_to_is_not_set_up(self) -> None:
		found = self.health()
		self.assertEqual(found.verdict, Verdict.NOT_SET_UP)
		self.assertTrue(found.has_secret)
		self.assertIsNone(found.last_event_at)
		frappe.db.sql("DELETE FROM `__Auth` WHERE doctype = 'Shopify Store' AND name = %s", (self.STORE,))
		self.assertIn("Client Secret", str(health.healths(self.STORE)[0].says[0]))
		frappe.db.rollback()

	def test_a_secret_of_another_encryption_key_is_told_and_good_again_with_the_key(self) -> None:
		"""As after a restore without site_config.json: the webhook is refused without an error, and is taken once the key is back."""
		where = "doctype = 'Shopify Store' AND name = %s AND fieldname = 'client_secret'"
		((good,),) = frappe.db.sql(f"SELECT password FROM __Auth WHERE {where}", (self.STORE,))

		def keep(password: str) -> None:
			frappe.db.sql(f"UPDATE __Auth SET password = %s WHERE {where}", (password, self.STORE))
			frappe.db.commit()

		keep("of another key")
		policies._gates.clear()  # another process
		try:
			self.assertEqual(site.deliver(self.order(), "orders/create", store=self.STORE).status, 401)
			self.assertFalse(frappe.local.message_log, "who sends a webhook is not told")
			found = self.health()
			self.assertEqual(found.verdict, Verdict.BROKEN)
			self.assertIn("encryption_key", str(found.says[0]))
			connections._known.clear()
			self.assertIn("encryption_key", str(connections.gate_of(self.STORE)))
		finally:
			keep(good)
		self.assertEqual(site.deliver(self.order(), "orders/create", store=self.STORE).status, 200)
		self.assertNotIn("encryption_key", str(self.health().says))

	def test_what_is_carried_out_and_what_fails(self) -> None:
		self.carry_out(self.order())
		self.assertEqual(self.health().verdict, Verdict.GOOD)
		self.assertEqual(self.carry_out(self.unknown_sku()).status, "Blocked")
		found = self.health()
		self.assertEqual((found.failures_open, found.failures_by_category), (1, {"Missing item": 1}))
		self.assertEqual((found.finished_last_hour, found.failed_last_hour, found.error_share), (1, 1, 0.5))
		self.assertEqual((found.waiting, found.dead_letters, dict(found.by_status)), (0, 0, {"Blocked": 1}))
		self.assertEqual(found.verdict, Verdict.ATTENTION)
		self.assertGreater(found.lag_p95_seconds or 0, 0)
		for moment in (found.last_event_at, found.last_webhook_at):
			self.assertLess(abs(times.now() - moment), timedelta(minutes=2))

	def test_what_waits_for_a_worker(self) -> None:
		site.deliver(self.order(), "orders/create", webhook_id="waits-for-a-worker", store=self.STORE)
		found = self.health()
		self.assertEqual((found.waiting, found.by_status), (1, {"Received": 1}))
		self.assertLess(found.oldest_due_seconds, 60)
		self.assertEqual(found.verdict, Verdict.GOOD)
		for hours, verdict in ((0.2, Verdict.ATTENTION), (2, Verdict.BROKEN)):
			self.back_in_time("waits-for-a-worker", timedelta(hours=hours))
			found = self.health()
			self.assertEqual(found.verdict, verdict)
			self.assertGreaterEqual(found.oldest_due_seconds, hours * 3600)
		self.assertGreaterEqual(found.oldest_unprocessed_seconds, 2 * 3600)

	def test_an_event_that_is_tried_again_later_waits_for_no_worker(self) -> None:
		plant(
			self.STORE,
			1,
			status="Retrying",
			category="Network",
			missing=None,
			due_at=times.to_naive_utc(times.now() + timedelta(hours=1)),
		)
		found = self.health()
		self.assertEqual((found.waiting, found.oldest_due_seconds), (1, 0.0))

	def test_what_a_backfill_brings_is_no_webhook(self) -> None:
		plant(self.STORE, 2, status="Applied", category=None, missing=None, source="Backfill")
		found = self.health()
		self.assertIsNotNone(found.last_event_at)
		self.assertIsNone(found.last_webhook_at)

	def test_what_is_held_conflicts_drift_and_subscriptions(self) -> None:
		plant(self.STORE, 3, status="Held", category=None, missing=None)
		now = times.to_site(times.now())
		for number, (kind, first) in enumerate(
			(("Total", timedelta(hours=2)), ("Stock", timedelta(days=2)), ("Webhook Subscription", timedelta(0)))
		):
			values = {
				"status": "Open",
				"kind": kind,
				"store": self.STORE,
				"resource_type": "x",
				"shopify_id": f"topic/{number}",
				"first_seen_at": now - first,
			}
			frappe.get_doc({"doctype": "Sync Discrepancy", "name": f"health-{number}", **values}).insert(ignore_permissions=True)
		frappe.get_doc({"doctype": "Sync Conflict", "name": "health-conflict", "status": "Open", "store": self.STORE}).insert(
			ignore_permissions=True
		)
		try:
			found = health.healths(self.STORE)[0]
			self.assertEqual((found.held, found.drift_open, found.drift_trend, found.conflicts_open), (3, 3, 2, 1))
			self.assertEqual(list(found.subscriptions_missing), ["topic/2"])
			self.assertEqual(found.verdict, Verdict.BROKEN)
		finally:
			frappe.db.rollback()

	def test_the_same_number_of_questions_however_much_there_is(self) -> None:
		def questions() -> int:
			health.healths(self.STORE)
			before = frappe.db.sql("SHOW SESSION STATUS LIKE 'Questions'")[0][1]
			health.healths(self.STORE)
			return int(frappe.db.sql("SHOW SESSION STATUS LIKE 'Questions'")[0][1]) - int(before)

		empty = questions()
		plant(self.STORE, 50)
		plant(self.STORE, 50, status="Applied", finished_at=times.to_site(times.now()))
		self.assertEqual(questions(), empty)

	def test_kept_for_a_moment(self) -> None:
		before = health.kept_healths([self.STORE])
		plant(self.STORE, 1)
		self.assertEqual(health.kept_healths([self.STORE]), before)
		self.assertEqual(health.healths(self.STORE)[0].failures_open, 1)
		(now,) = health.kept_healths([self.STORE], fresh=True)
		self.assertEqual(now.failures_open, 1)
		self.assertEqual(health.kept_healths([self.STORE]), [now], "whoever asks next sees it, too")


class TestWords(SyncTestCase):
	def setUp(self) -> None:
		super().setUp()
		for source, text in (
			(WAITS, "Es warten {0} Ereignisse auf einen Menschen."),
			("An item is missing", "Ein Artikel fehlt"),
		):
			frappe.get_doc({"doctype": "Translation", "language": "de", "source_text": source, "translated_text": text}).insert()
		self.before, frappe.local.lang = frappe.local.lang, "de"
		self.addCleanup(self.forget)

	def forget(self) -> None:
		frappe.local.lang = self.before
		frappe.db.rollback()
		frappe.db.delete("Translation", {"language": "de", "source_text": ("in", (WAITS, "An item is missing"))})
		frappe.db.commit()
		frappe.clear_cache()

	def test_a_sentence_and_a_category_are_told_in_the_readers_language(self) -> None:
		names = plant(self.STORE, 3)
		shown = health.as_dict(health.healths(self.STORE)[0])
		self.assertIn("Es warten 3 Ereignisse auf einen Menschen.", shown["says"])
		event = frappe.get_doc("Sync Event", names[0])
		event.run_method("onload")
		self.assertEqual(event.get_onload("failure")["title"], "Ein Artikel fehlt")


class TestStatus(SyncTestCase):
	def test_the_terminal_shows_verdict_figures_and_causes(self) -> None:
		plant(self.STORE, 12, missing="item:TEE-XXL", cause="item:TEE-XXL")
		plant(self.STORE, 3, missing="gateway:paypal", cause="gateway:paypal", category="Missing gateway")
		found = report.stores(self.STORE)
		text = click.unstyle("\n".join(report.lines(found)))
		for part in (
			f"{self.STORE}  ATTENTION  Live",
			"wait for a person: 15",
			"open failures   15",
			"12  ",
			"TEE-XXL",
			"paypal",
		):
			self.assertIn(part, text)
		self.assertLess(text.index("TEE-XXL"), text.index("paypal"))
		self.assertTrue(all(len(line) <= 104 for line in text.splitlines()), text)
		self.assertFalse(report.is_good(found))
		self.assertIn("No Shopify Store yet", "".join(report.lines([])))
		with self.assertRaisesRegex(ValueError, "no Shopify Store nope"):
			report.stores("nope")

	def test_the_command_prints_json_and_tells_by_its_exit_code(self) -> None:
		plant(self.STORE, 2)
		done = self.run_command("--store", self.STORE, "--json", "--check")
		self.assertEqual(done.returncode, 1, done.stderr)
		self.assertEqual(
			[(one["store"], one["verdict"], one["failures_open"]) for one in json.loads(done.stdout)],
			[(self.STORE, "Attention", 2)],
		)

	def run_command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
		command = [
			sys.executable,
			"-m",
			"frappe.utils.bench_helper",
			"frappe",
			"--site",
			frappe.local.site,
			"shopify-sync",
			"status",
		]
		return subprocess.run([*command, *arguments], capture_output=True, text=True, check=False, timeout=120)


class TestReadiness(SyncTestCase):
	def setUp(self) -> None:
		super().setUp()
		self.addCleanup(frappe.conf.pop, readiness.LIMIT_KEY, None)

	def test_a_site_is_ready_until_what_came_in_is_left_lying(self) -> None:
		plant(
			self.STORE,
			1,
			status="Received",
			category=None,
			missing=None,
			due_at=times.to_naive_utc(times.now() - timedelta(seconds=90)),
		)
		frappe.conf[readiness.LIMIT_KEY] = 30
		found = readiness.look()
		self.assertEqual((found.is_ready, found.parts), (False, {"database": "ok", "redis": "ok", "queue": "late"}))
		for limit in (0, 10**9):
			frappe.conf[readiness.LIMIT_KEY] = limit
			self.assertEqual((readiness.look().is_ready, readiness.look().parts["queue"]), (True, "ok"))

	def test_the_redis_of_the_queue_is_asked_as_well(self) -> None:
		nobody = redis.Redis(host="127.0.0.1", port=1)
		with patch.object(background_jobs, "_redis_queue_conn", nobody):
			found = readiness.look()
		self.assertEqual((found.is_ready, found.parts["redis"]), (True, "away"))
