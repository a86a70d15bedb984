"""The channels of alerts: what each receives, that one which fails keeps no other from being told, and that no address gets into a log."""

from __future__ import annotations

import json
from typing import Any

import frappe
from frappe.integrations.doctype.webhook import webhook as frappes_webhook

from shopify_sync.api import alerts as api
from shopify_sync.erpnext_host.alerts import telling

from .operated import plant
from .watched import MINUTE, WatchedCase

KEY = "R0UT1NGKEY0123456789ABCDEFGHIJ12"
SECRET_PATH = "/services/T00000000/B11111111/verysecrettoken"


class TestChannels(WatchedCase):
	def setUp(self) -> None:
		super().setUp()
		self.server = self.receiver()
		frappe.conf.shopify_sync_pagerduty_url = f"{self.server.url}/v2/enqueue"
		self.addCleanup(frappe.conf.pop, "shopify_sync_pagerduty_url")

	def fire(self) -> str:
		self.planted = plant(self.STORE, 1, status="Dead Letter", category="Bug", missing=None)
		self.look()
		return str(self.alert("Dead letters").name)

	def recover(self) -> None:
		frappe.db.delete("Sync Event", {"name": ("in", self.planted)})
		frappe.db.commit()
		self.look()
		self.look(5 * MINUTE)
		self.assertEqual(self.alert("Dead letters").status, "Recovered")

	def said(self, name: str) -> dict[str, tuple[Any, str]]:
		return {row["channel"]: (row["ok"], row["says"]) for row in telling.results_of(name)}

	def test_pagerduty_gets_one_incident_and_its_end(self) -> None:
		made = api.add_channel("PagerDuty", KEY, label="On call", critical=0)
		self.fire()
		self.recover()
		first, last = self.server.bodies("/v2/enqueue")
		self.assertEqual((first["event_action"], last["event_action"]), ("trigger", "resolve"))
		self.assertEqual(first["dedup_key"], last["dedup_key"])
		self.assertEqual(first["routing_key"], KEY)
		self.assertEqual(first["payload"]["severity"], "warning")
		self.assertEqual((first["payload"]["source"], first["payload"]["class"]), (self.STORE, "Dead letters"))
		self.assertIn(self.STORE, first["payload"]["summary"])
		self.assertIn("not tried again", first["payload"]["summary"])
		logs = frappe.get_all("Webhook Request Log", filters={"webhook": made["channel"]}, fields=["*"])
		self.assertEqual(len(logs), 2)
		self.assertNotIn(KEY, json.dumps(logs, default=str))
		results = api.results(self.alert("Dead letters").name)
		self.assertCountEqual(
			[row["how"] for row in results if row["channel"] == made["channel"]], ["Arrived", "Handed over"] * 2
		)

	def test_any_address_gets_what_it_needs_as_json_whatever_is_in_it(self) -> None:
		api.add_channel("URL", f"{self.server.url}/hook?token=abcdef123456", label="Our hub", store=self.STORE)
		name = self.fire()
		body = self.server.bodies("/hook?token=abcdef123456")[0]
		self.assertEqual(
			(body["event"], body["status"], body["store"], body["condition"], body["value"], body["threshold"], body["test"]),
			("Firing", "Firing", self.STORE, "Dead letters", 1.0, 1.0, False),
		)
		self.assertTrue(body["link"].endswith(f"/sync-alert/{name}"), body["link"])
		frappe.db.set_value("Sync Alert", name, {"message": 'a "quote", a \\ and {{ 7 * 7 }}', "due": "Reminder"})
		frappe.db.commit()
		telling.tell(name)
		self.assertEqual(self.server.bodies("/hook?token=abcdef123456")[1]["message"], 'a "quote", a \\ and {{ 7 * 7 }}')

	def test_slack_gets_a_text(self) -> None:
		made = api.add_channel("Slack", self.server.url + SECRET_PATH)
		name = self.fire()
		body = self.server.bodies(SECRET_PATH)[0]
		self.assertIn(f"*Shopify Sync: {self.STORE}: Dead letters*", body["text"])
		self.assertIn(f"/sync-alert/{name}", json.dumps(body["attachments"]))
		self.assertEqual(self.said(name)[made["channel"]][0], True)

	def test_a_channel_that_refuses_or_is_not_there_is_shown_and_keeps_no_other_from_being_told(self) -> None:
		self.server.status = 403
		refusing = api.add_channel("Slack", self.server.url + SECRET_PATH, label="A refusing one")["channel"]
		gone = self.receiver()
		gone.close()
		missing = api.add_channel("Slack", gone.url + SECRET_PATH, label="One that is gone")["channel"]
		broken = frappe.get_doc(
			{
				"doctype": "Notification",
				"name": "Shopify Sync: broken",
				"enabled": 1,
				"channel": "System Notification",
				"document_type": "Sync Alert",
				"event": "Save",
				"subject": "x",
				"message": "{{ doc.message.no.such.thing }}",
				"recipients": [{"receiver_by_role": "Shopify Sync Operator"}],
			}
		).insert()
		frappe.db.commit()
		name = self.fire()
		said = self.said(name)
		for channel in (refusing, missing, broken.name):
			self.assertIs(said[channel][0], False, (channel, said[channel]))
		self.assertIn("403", said[refusing][1])
		self.assertIn("does not answer", said[missing][1])
		self.assertEqual(len(self.bell(self.operator)), 1, "the others were told")
		logged = frappe.get_all("Error Log", filters={"reference_name": ("in", (refusing, missing))}, fields=["error", "method"])
		self.assertTrue(logged)
		self.assertNotIn("verysecrettoken", json.dumps([logged, said]))
		self.assertIn("127.0.0.1", json.dumps(logged), "what is left says which server it was")

	def test_a_post_that_fails_is_logged_by_frappe_without_the_address(self) -> None:
		made = api.add_channel("URL", f"{self.server.url}/hook/verysecrettoken", label="Hub")["channel"]
		name = self.fire()
		try:
			raise frappes_webhook.requests.ConnectionError(f"cannot reach {self.server.url}/hook/verysecrettoken of it")
		except frappes_webhook.requests.ConnectionError:
			row = {"webhook": made, "url": f"{self.server.url}/hook/verysecrettoken", "reference_document": name, "headers": "{}"}
			error = frappe.get_traceback()
			frappe.get_doc({"doctype": "Webhook Request Log", **row, "error": error}).insert()
		log = frappe.get_last_doc("Webhook Request Log", {"webhook": made})
		self.assertNotIn("verysecrettoken", log.as_json())
		self.assertIn("cannot reach", log.error)
		shown = [row for row in api.results(name) if row["channel"] == made and row["how"] == "Failed"]
		self.assertEqual(len(shown), 1)
		self.assertIn("does not answer", shown[0]["says"])

	def test_mail_goes_to_who_is_named_and_says_what_is_wrong(self) -> None:
		api.add_channel("Mail", "night@example.com\nday@example.com", label="Rota", store=self.STORE)
		name = self.fire()
		mails = frappe.get_all("Email Queue", filters={"reference_name": name}, pluck="name")
		to = frappe.get_all("Email Queue Recipient", filters={"parent": ("in", mails)}, pluck="recipient")
		self.assertLessEqual({"night@example.com", "day@example.com", self.manager}, set(to))
		text = frappe.get_doc("Email Queue", mails[0]).message
		self.assertIn("Dead letters", text)

	def test_only_what_is_critical_or_of_one_store(self) -> None:
		critical = api.add_channel("URL", f"{self.server.url}/critical", label="Critical", critical=1)["channel"]
		other = frappe.db.get_value("Shopify Store", {"name": ("!=", self.STORE)})
		if other:
			api.add_channel("URL", f"{self.server.url}/other", label="Other", store=other)
		name = self.fire()
		self.assertEqual(self.server.got, [])
		self.assertIsNone(self.said(name)[critical][0])
		self.assertIn("condition", self.said(name)[critical][1])

	def test_a_test_goes_through_every_channel_is_marked_and_is_over_by_itself(self) -> None:
		api.add_channel("URL", f"{self.server.url}/hook", label="Hub", critical=1)
		api.add_channel("Slack", self.server.url + SECRET_PATH)
		frappe.set_user(self.manager)
		answer = api.send_test(self.STORE)
		with self.assertRaisesRegex(frappe.ValidationError, "not over yet"):
			api.send_test(self.STORE)
		frappe.set_user("Administrator")
		self.look(tell=False)
		self.assertEqual(self.alert("Test").status, "Firing", "while nobody has told it, it is not over")
		telling.tell(answer["alert"])
		said = {row["channel"]: row["how"] for row in api.results(answer["alert"]) if row["channel"] != "Mail"}
		self.assertLessEqual(set(said.values()), {"Handed over", "Arrived"}, said)
		self.assertLessEqual({"Shopify Sync Alert", "Shopify Sync Alert by Mail", "Shopify Sync Alert Escalation"}, set(said))
		self.assertEqual([body["test"] for body in self.server.bodies("/hook")], [True])
		self.assertIn("only a test", self.server.bodies(SECRET_PATH)[0]["text"])
		self.look()
		self.assertEqual([body["event"] for body in self.server.bodies("/hook")], ["Test", "Recovered"])
		operation = frappe.get_last_doc("Sync Operation", {"store": self.STORE, "status": "Completed"})
		self.assertEqual((operation.action, operation.user), ("Test Alert", self.manager))

	def test_what_is_no_channel_is_refused_and_says_what_to_enter(self) -> None:
		for kind, to, label, words in (
			("Pigeon", "x", "", "Choose one"),
			("Mail", "not an address", "", "mail addresses"),
			("Slack", "ftp://example.com/x", "", "https"),
			("URL", "http://example.com/{{ frappe.conf }}", "", "https"),
			("URL", "javascript:alert(1)", "", "https"),
			("PagerDuty", 'key", "x": "', "", "Integration Key"),
			("Mail", "a@example.com", "{{ 7 }}", "letters, digits"),
		):
			with self.subTest(kind=kind, to=to), self.assertRaisesRegex(frappe.ValidationError, words):
				api.add_channel(kind, to, label=label)
		with self.assertRaisesRegex(frappe.ValidationError, "no store"):
			api.add_channel("Mail", "a@example.com", store="nowhere' or 1")
		api.add_channel("Mail", "a@example.com", label="Once")
		with self.assertRaisesRegex(frappe.ValidationError, "already"):
			api.add_channel("Mail", "a@example.com", label="Once")

	def test_channels_are_listed_switched_and_deleted_without_their_secrets(self) -> None:
		api.add_channel("PagerDuty", KEY, label="On call", store=self.STORE)
		slack = api.add_channel("Slack", self.server.url + SECRET_PATH, label="Chat")["channel"]
		listed = json.dumps(api.channels())
		self.assertNotIn(KEY, listed)
		self.assertNotIn("verysecrettoken", listed)
		self.assertIn('"to": "127.0.0.1', listed)
		api.switch_channel("Notification", slack, 0)
		self.fire()
		self.assertEqual([path for path, _body in self.server.got], ["/v2/enqueue"])
		api.remove_channel("Notification", slack)
		self.assertFalse(frappe.db.exists("Slack Webhook URL", slack))
		with self.assertRaisesRegex(frappe.ValidationError, "no channel"):
			api.switch_channel("Notification", "Notification for new fiscal year", 0)
		with self.assertRaisesRegex(frappe.ValidationError, "no channel"):
			api.remove_channel("User", "Administrator")
		record = json.dumps(frappe.get_all("Sync Operation", filters={"action": "Alert Channel"}, fields=["*"]), default=str)
		self.assertNotIn(KEY, record)
		self.assertNotIn("verysecrettoken", record)
