"""The digest of a store: what it says, that it goes out once, to whom, and that it says when nothing happened."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import frappe
from frappe.utils import get_system_timezone

from shopify_sync.api import alerts as api
from shopify_sync.core.alerts.digests import Period
from shopify_sync.erpnext_host import times
from shopify_sync.erpnext_host.alerts import digest
from shopify_sync.jobs import alerts as jobs

from .operated import plant
from .test_connections import in_threads
from .watched import HOUR, MINUTE, WatchedCase


class TestDigest(WatchedCase):
	def setUp(self) -> None:
		super().setUp()
		self.settle(digest="Daily", digest_hour=7, digest_to="boss@example.com")
		self.addCleanup(self.forget_mails)

	def settle(self, **values: Any) -> None:
		frappe.db.set_value("Shopify Store", self.STORE, values)
		frappe.db.commit()

	def forget_mails(self) -> None:
		frappe.db.delete("Email Queue", {"reference_doctype": "Shopify Store", "reference_name": self.STORE})
		frappe.db.commit()

	def mails(self) -> list[Any]:
		frappe.db.commit()
		filters = {"reference_doctype": "Shopify Store", "reference_name": self.STORE}
		return [frappe.get_doc("Email Queue", name) for name in frappe.get_all("Email Queue", filters=filters, pluck="name")]

	def local(self, hour: int, minute: int = 0) -> datetime:
		zone = ZoneInfo(get_system_timezone())
		return datetime.now(zone).replace(hour=hour, minute=minute, second=0, microsecond=0).astimezone(timezone.utc)

	def test_it_goes_out_once_a_day_however_many_workers_there_are(self) -> None:
		self.assertNotIn(self.STORE, digest.stores_due(self.local(6, 55)))
		self.assertIn(self.STORE, digest.stores_due(self.local(7, 5)))
		store, now = self.STORE, self.local(7, 5)
		found = in_threads(3, lambda: digest.send_if_due(store, now))
		self.assertEqual([one for one in found if isinstance(one, Exception)], [])
		mail = self.mails()
		self.assertEqual(len(mail), 1)
		self.assertEqual([row.recipient for row in mail[0].recipients], ["boss@example.com"])
		operation = frappe.get_doc("Sync Operation", {"store": self.STORE, "action": "Digest"})
		self.assertEqual((operation.status, operation.changed, operation.user), ("Completed", 1, "Administrator"))
		self.assertNotIn("boss@example.com", operation.as_json())
		self.assertNotIn(self.STORE, digest.stores_due(self.local(9)))
		self.assertIsNone(digest.send_if_due(self.STORE, self.local(9)))

	def test_a_store_that_wants_none_or_is_disabled_gets_none(self) -> None:
		for values in ({"digest": "Never"}, {"digest": "Daily", "enabled": 0}):
			self.settle(**values)
			self.assertNotIn(self.STORE, digest.stores_due(self.local(8)))

	def test_it_says_what_came_what_failed_who_did_what_and_which_alerts_nobody_was_told_of(self) -> None:
		now = times.to_site(self.now)
		plant(self.STORE, 7, status="Applied", category=None, missing=None, message=None, finished_at=now)
		plant(self.STORE, 3, message="No Item <b>x</b>.")
		window = {"quiet_from": (now - HOUR).time(), "quiet_until": (now + HOUR).time()}
		self.settle(**{key: str(value) for key, value in window.items()})
		plant(
			self.STORE,
			1,
			status="Dead Letter",
			category="ERPNext validation",
			missing=None,
			message="It was refused.",
			cause="refused",
		)
		self.look()
		frappe.set_user(self.operator)
		api.acknowledge(self.alert("Dead letters").name)
		frappe.set_user("Administrator")
		html = digest.preview(self.STORE)
		for words in (
			"Applied", ">7<", "PLANTED", ">3<", "It was refused.", "Dead letters", "told to nobody", "Acknowledge Alert",
			"Shopify Sync Operator", "Last compared", "never", "half of them within", "sync-command-center",
		):  # fmt: skip
			self.assertIn(words, html)
		self.assertNotIn("<b>x</b>", html, "what comes from data is text")
		self.assertNotIn("{{", html)

	def test_that_nothing_happened_is_said(self) -> None:
		period = Period(self.now - timedelta(days=1), self.now, self.now.date())
		html = frappe.render_template(f"templates/emails/{digest.TEMPLATE}.html", digest.contents(self.STORE, period))
		self.assertIn("Nothing happened: no event came, and none was sent.", html)
		self.assertEqual(html.count("Nothing."), 2)

	def test_who_gets_it(self) -> None:
		self.assertEqual(digest.recipients(self.STORE), ["boss@example.com"])
		self.settle(digest_to="")
		self.assertIn(self.manager, digest.recipients(self.STORE))
		self.assertNotIn(self.operator, digest.recipients(self.STORE))
		answer = api.preview_digest(self.STORE)
		self.assertEqual(answer["recipients"], len(digest.recipients(self.STORE)))
		self.assertIn(self.STORE, answer["html"])

	def test_a_site_that_sends_no_mail_says_so_on_record_and_goes_on(self) -> None:
		for name, value in (("mute_emails", 0), ("mail_server", None), ("auto_email_id", None)):
			before = frappe.conf.get(name)
			frappe.conf[name] = value
			self.addCleanup(frappe.conf.__setitem__, name, before)
		accounts = frappe.get_all("Email Account", filters={"enable_outgoing": 1}, pluck="name")
		self.addCleanup(self.switch_accounts, accounts, 1)
		self.switch_accounts(accounts, 0)
		now = self.local(7, 5)
		name = digest.send_if_due(self.STORE, now)
		operation = frappe.get_doc("Sync Operation", name)
		self.assertEqual(operation.status, "Failed")
		self.assertIn("Email Account", operation.message)
		self.assertEqual(self.mails(), [])
		plant(self.STORE, 1, status="Dead Letter", category="Bug", missing=None)
		self.look(MINUTE)
		results = {row["channel"]: row for row in api.results(self.alert("Dead letters").name)}
		self.assertEqual(results["Shopify Sync Alert by Mail"]["how"], "Failed")
		self.assertIn("Email Account", results["Shopify Sync Alert by Mail"]["says"])
		self.assertEqual(len(self.bell(self.operator)), 1)

	def switch_accounts(self, names: list[str], on: int) -> None:
		frappe.local.outgoing_email_account = {}
		for name in names:
			frappe.db.set_value("Email Account", name, "enable_outgoing", on)
		frappe.db.commit()

	def test_the_scheduler_s_way(self) -> None:
		self.settle(digest_hour=0)
		self.assertIn(self.STORE, jobs.digests())
		jobs.send_digest(self.STORE)
		self.assertEqual(len(self.mails()), 1)
