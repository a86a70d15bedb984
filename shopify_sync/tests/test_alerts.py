"""Alerts on a site: what is wrong becomes one alert, is told once, and is over once; whoever looks, and whatever dies meanwhile."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from unittest.mock import patch

import frappe
from frappe.modules.import_file import import_file_by_path

from shopify_sync.api import alerts as api
from shopify_sync.core.alerts.conditions import Condition, Rule, Unit
from shopify_sync.core.alerts.readings import Reading
from shopify_sync.core.words import say
from shopify_sync.erpnext_host import times
from shopify_sync.erpnext_host.alerts import channels, evaluating, rows, telling
from shopify_sync.erpnext_host.alerts.settings import complete_all_stores
from shopify_sync.jobs import alerts as jobs

from .operated import AUDITOR, MANAGER, OPERATOR, person, plant
from .test_connections import in_threads
from .watched import DOCTYPE, HOUR, MINUTE, WatchedCase


class TestLife(WatchedCase):
	def test_a_dead_letter_is_told_once_and_its_end_is_told_once(self) -> None:
		name = plant(self.STORE, 1, status="Dead Letter", category="ERPNext validation", missing=None)[0]
		self.assertEqual(len(self.look()), 1)
		alert = self.alert("Dead letters")
		self.assertEqual((alert.status, alert.value, alert.threshold, alert.announcement), ("Firing", 1, 1, "Firing"))
		self.assertIn("not tried again", alert.message)
		self.assertIn("status=Dead+Letter", alert.link)
		self.assertEqual(self.bell(self.operator), [f"Shopify Sync: {self.STORE}: Dead letters"])
		for _number in range(3):
			self.assertEqual(self.look(), [], "nothing new is nothing to tell")
		frappe.db.delete("Sync Event", {"name": name})
		frappe.db.commit()
		self.assertEqual(self.look(), [], "it may come back")
		self.assertEqual(len(self.look(5 * MINUTE)), 1)
		alert = self.alert("Dead letters")
		self.assertEqual((alert.status, alert.announcement, alert.open_key), ("Recovered", "Recovered", None))
		self.assertEqual(self.bell(self.operator)[1:], [f"Shopify Sync, recovered: {self.STORE}: Dead letters"])
		self.assertEqual(self.look(HOUR), [])

	def test_what_has_not_lasted_is_no_alert_and_leaves_nothing(self) -> None:
		self.rules(**{"Waiting for a person": 1, "Dead letters": 0})
		names = plant(self.STORE, 1)
		self.assertEqual(self.look(), [])
		self.assertEqual(self.alert("Waiting for a person").status, "Pending")
		frappe.db.delete("Sync Event", {"name": ("in", names)})
		frappe.db.commit()
		self.look()
		self.assertEqual(self.alerts(), [])

	def test_however_many_evaluators_and_tellers_there_are_it_is_one_alert_told_once(self) -> None:
		plant(self.STORE, 1, status="Dead Letter", category="Bug", missing=None)
		store, now = self.STORE, times.now()
		found = in_threads(4, lambda: evaluating.evaluate(store, now))
		self.assertEqual([one for one in found if isinstance(one, Exception)], [])
		alert = self.alert("Dead letters")
		told = in_threads(4, lambda: telling.tell(alert.name))
		self.assertEqual(sorted(told), [False, False, False, True], told)
		self.assertEqual(self.alert("Dead letters").announcements, 1)

	def test_who_tells_dies_and_another_goes_on_with_the_channels_that_are_left(self) -> None:
		plant(self.STORE, 1, status="Dead Letter", category="Bug", missing=None)
		self.look(tell=False)
		name = self.alert("Dead letters").name
		telling.in_short_transaction(lambda: telling._take(name, self.now))  # and here the process ends
		doc = frappe.get_doc(DOCTYPE, name)
		telling._keep(doc, "Notification", "Shopify Sync Alert by Mail", True, "handed over to Frappe")
		self.assertEqual(self.look(), [], "it may still be at it")
		self.assertEqual(self.look(evaluating.TELLING), [name])
		alert = self.alert("Dead letters")
		self.assertEqual((alert.announcements, alert.telling_until), (1, None))
		results = [(row["channel"], row["ok"]) for row in telling.results_of(name)]
		self.assertEqual(len([one for one in results if one[0] == "Shopify Sync Alert by Mail"]), 1, results)
		self.assertEqual(len(self.bell(self.operator)), 1)

	def test_nobody_looks_and_it_escalates_until_somebody_is_on_it(self) -> None:
		plant(self.STORE, 1, status="Dead Letter", category="Bug", missing=None)
		self.look()
		name = self.alert("Dead letters").name
		frappe.db.set_value(DOCTYPE, name, "first_told_at", times.to_site(self.now - 2 * HOUR))
		frappe.db.commit()
		self.look()
		self.assertEqual((self.alert("Dead letters").status, self.alert("Dead letters").announcement), ("Escalated", "Escalated"))
		said = {row["channel"]: row["says"] for row in telling.results_of(name) if row["kind"] == "Escalated"}
		self.assertIn("condition", said["Shopify Sync Alert by Mail"])
		self.assertNotIn("condition", said["Shopify Sync Alert Escalation"])
		frappe.set_user(self.operator)
		api.acknowledge(name, "I call them.")
		frappe.set_user("Administrator")
		alert = self.alert("Dead letters")
		self.assertEqual(
			(alert.status, alert.acknowledged_by, alert.acknowledged_note), ("Acknowledged", self.operator, "I call them.")
		)
		self.assertEqual(self.look(24 * HOUR), [], "no reminder comes any more")

	def test_the_hour_that_is_there_twice_in_autumn_lets_nothing_escalate_or_recover_an_hour_early(self) -> None:
		second = datetime(2025, 10, 26, 1, 10, tzinfo=timezone.utc)
		with patch.object(times, "get_system_timezone", lambda: "Europe/Berlin"):
			for moment in (second - HOUR, second):
				self.assertEqual(times.from_site_by(times.to_site(moment), moment + MINUTE), moment)
			self.now = second
			plant(self.STORE, 1, status="Dead Letter", category="Bug", missing=None)
			self.assertEqual(len(self.look()), 1)
			self.assertEqual(self.look(5 * MINUTE), [])
			frappe.db.delete("Sync Event", {"store": self.STORE})
			frappe.db.commit()
			self.assertEqual([self.look(), self.look()], [[], []])
			self.assertEqual(self.alert("Dead letters").status, "Firing", "away for a minute")

	def test_who_opened_a_circuit_is_told_to_nobody_outside(self) -> None:
		reading = Reading(
			Condition.CIRCUIT,
			True,
			1,
			say("No calls go out to Shopify: {0}", f"opened by {self.operator}: Ask Ada.B@Example.com."),
		)
		said = rows.said(self.STORE, Rule(Condition.CIRCUIT, 10, Unit.MINUTES), reading, times.now(), 0.0)
		self.assertNotIn("@", said["message"])
		self.assertIn("Ask", said["message"])
		api.send_test(self.STORE)
		self.assertNotIn("@", self.alert("Test").message)

	def test_quiet_hours_are_the_store_s(self) -> None:
		local = times.to_site(self.now)
		window = {"quiet_from": (local - HOUR).time(), "quiet_until": (local + HOUR).time()}
		frappe.db.set_value("Shopify Store", self.STORE, {key: str(value) for key, value in window.items()})
		frappe.db.commit()
		plant(self.STORE, 1, status="Dead Letter", category="Bug", missing=None)
		self.assertEqual(self.look(), [])
		self.assertEqual(self.alert("Dead letters").status, "Firing")
		self.assertEqual(len(self.look(HOUR)), 1)

	def test_a_store_that_is_not_watched_or_disabled_has_no_alert(self) -> None:
		plant(self.STORE, 1, status="Dead Letter", category="Bug", missing=None)
		frappe.db.set_value("Shopify Store", self.STORE, "alerts", 0)
		frappe.db.commit()
		self.assertEqual(self.look(), [])
		self.assertEqual(self.alerts(), [])
		frappe.db.set_value("Shopify Store", self.STORE, {"alerts": 1, "enabled": 0})
		frappe.db.commit()
		self.look()
		self.assertEqual(self.alerts(), [])

	def test_a_mistake_in_one_store_does_not_keep_the_others_from_being_watched(self) -> None:
		other = frappe.copy_doc(self.store)
		other.update({"store_name": "test-alerts-a", "shop_domain": "test-alerts-a.myshopify.com", "alert_rules": []})
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.delete_doc, "Shopify Store", other.store_name, force=True, ignore_missing=True)
		frappe.delete_doc("Shopify Store", other.store_name, force=True, ignore_missing=True)
		other.insert()
		frappe.db.set_value("Shopify Alert Rule", {"parent": other.name, "condition": "Drift"}, "severity", "no such severity")
		frappe.db.commit()
		plant(self.STORE, 1, status="Dead Letter", category="Bug", missing=None)
		called = jobs.run()
		self.assertIn(self.alert("Dead letters").name, called)

	def test_alerts_go_with_their_store_and_old_ones_go_with_time(self) -> None:
		plant(self.STORE, 1, status="Dead Letter", category="Bug", missing=None)
		self.look()
		name = self.alert("Dead letters").name
		frappe.db.set_value(DOCTYPE, name, "modified", times.to_site(self.now - timedelta(days=200)), update_modified=False)
		frappe.get_doc(DOCTYPE, name).clear_old_logs(180)
		self.assertTrue(frappe.db.exists(DOCTYPE, name), "what is open stays, however old")
		frappe.db.set_value(DOCTYPE, name, "status", "Recovered", update_modified=False)
		frappe.get_doc(DOCTYPE, name).clear_old_logs(180)
		self.assertFalse(frappe.db.exists(DOCTYPE, name))


class TestWhatIsLookedAt(WatchedCase):
	def test_silence_is_told_only_where_webhooks_came_in_the_weeks_before(self) -> None:
		moment = times.to_site(self.now - 2 * HOUR)
		plant(self.STORE, 1, status="Applied", category=None, missing=None, received_at=moment)
		self.look()
		self.assertEqual(self.alerts(), [], "a young store")
		for week in (1, 2):
			at = times.to_site(self.now - timedelta(weeks=week) - HOUR)
			plant(self.STORE, 3, status="Applied", category=None, missing=None, received_at=at)
		plant(
			self.STORE, 1, status="Applied", category=None, missing=None, received_at=times.to_site(self.now - timedelta(days=16))
		)
		self.look()
		alert = self.alert("No webhooks")
		self.assertEqual(alert.status, "Firing")
		self.assertGreaterEqual(alert.value, 120)

	def test_what_was_forgotten_on_hold(self) -> None:
		moment = times.to_site(self.now - timedelta(hours=25))
		plant(self.STORE, 1, status="Held", category=None, missing=None, received_at=moment)
		self.look()
		self.assertEqual(self.alert("Held events").status, "Firing")

	def test_a_reconciliation_that_failed_until_the_next_one_did_not(self) -> None:
		def run(name: str, status: str) -> None:
			doc = {"doctype": "Reconciliation Run", "name": name, "store": self.STORE, "depth": "Light", "status": status}
			frappe.get_doc(doc).insert(ignore_permissions=True, set_name=name)
			frappe.db.commit()

		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.db.delete, "Reconciliation Run", {"store": self.STORE})
		frappe.db.delete("Reconciliation Run", {"store": self.STORE})
		run("test-alerts-1", "Failed")
		self.look()
		alert = self.alert("Reconciliation failed")
		self.assertEqual(alert.status, "Firing")
		self.assertIn("test-alerts-1", alert.message)
		self.assertTrue(alert.link.endswith("/reconciliation-run/test-alerts-1"), alert.link)
		frappe.db.set_value("Reconciliation Run", "test-alerts-1", "creation", times.to_site(self.now - HOUR))
		frappe.db.commit()
		run("test-alerts-2", "Completed")
		self.look()
		self.look(5 * MINUTE)
		self.assertEqual(self.alert("Reconciliation failed").status, "Recovered")

	def test_every_store_shows_all_thresholds_and_a_row_that_was_deleted_comes_back(self) -> None:
		store = frappe.get_doc("Shopify Store", self.STORE)
		self.assertEqual(len(store.alert_rules), 16)
		self.assertEqual({row.unit for row in store.alert_rules if row.condition == "Held events"}, {"hours"})
		store.alert_rules = [row for row in store.alert_rules if row.condition != "Held events"]
		store.save()
		self.assertEqual([row.threshold for row in store.alert_rules if row.condition == "Held events"], [24])

	def test_a_store_from_before_there_were_thresholds_gets_them(self) -> None:
		frappe.db.delete("Shopify Alert Rule", {"parent": self.STORE, "condition": ("!=", "Drift")})
		frappe.db.commit()
		complete_all_stores()
		rows = frappe.get_doc("Shopify Store", self.STORE).alert_rules
		self.assertEqual((len(rows), len({row.idx for row in rows})), (16, 16))
		self.assertEqual({row.threshold for row in rows if row.condition == "Drift"}, {0}, "what the store says stays")

	def test_a_store_says_no_to_what_makes_no_sense(self) -> None:
		for values, words in (
			({"digest_hour": 24}, "0 to 23"),
			({"digest_to": "nobody"}, "e-mail"),
			({"quiet_from": "22:00:00", "quiet_until": None}, "Quiet hours"),
		):
			store = frappe.get_doc("Shopify Store", self.STORE).update(values)
			with self.assertRaisesRegex(frappe.ValidationError, words):
				store.save()


class TestPeople(WatchedCase):
	def fire(self) -> str:
		plant(self.STORE, 1, status="Dead Letter", category="Bug", missing=None)
		self.look()
		return str(self.alert("Dead letters").name)

	def test_muted_it_is_told_to_nobody_and_neither_is_the_next_one(self) -> None:
		name = self.fire()
		frappe.set_user(self.operator)
		api.mute(name, 3, "We know.")
		frappe.set_user("Administrator")
		self.assertEqual(self.look(2 * HOUR), [], "neither reminded nor escalated")
		operation = frappe.get_last_doc("Sync Operation", {"store": self.STORE})
		self.assertEqual(
			(operation.action, operation.user, operation.reason, operation.status),
			("Mute Alert", self.operator, "We know.", "Completed"),
		)
		api.mute(name, 0)
		self.assertIsNone(self.alert("Dead letters").muted_until)
		self.assertEqual(len(self.look()), 1)

	def test_unmuted_it_is_told_again_though_an_earlier_one_was_muted_for_longer(self) -> None:
		api.mute(self.fire(), 20)
		for muted in (True, False):
			frappe.db.delete("Sync Event", {"store": self.STORE})
			frappe.db.commit()
			self.look()
			self.look(6 * MINUTE)
			self.assertEqual({row.status for row in self.alerts()}, {"Recovered"})
			plant(self.STORE, 1, status="Dead Letter", category="Bug", missing=None)
			told = self.look()
			self.assertEqual(len(told), 0 if muted else 1, "the last word about it counts")
			if muted:
				(again,) = self.alerts(status="Firing")
				api.mute(again.name, 0)
				self.assertEqual(len(self.look()), 1)

	def test_what_is_over_or_taken_is_refused_and_that_is_on_record(self) -> None:
		name = self.fire()
		api.acknowledge(name)
		with self.assertRaisesRegex(frappe.ValidationError, "is on it already"):
			api.acknowledge(name)
		failed = frappe.get_last_doc("Sync Operation", {"store": self.STORE})
		self.assertEqual((failed.action, failed.status), ("Acknowledge Alert", "Failed"))
		with self.assertRaisesRegex(frappe.ValidationError, "hours"):
			api.mute(name, 10_000)

	def test_who_may(self) -> None:
		name = self.fire()
		looks = [lambda: api.results(name)]
		operates = [lambda: api.acknowledge(name), lambda: api.mute(name, 1)]
		sets_up = [
			lambda: api.send_test(self.STORE),
			api.channels,
			lambda: api.add_channel("Mail", "a@example.com"),
			lambda: api.switch_channel("Notification", "Shopify Sync Alert", 0),
			lambda: api.remove_channel("Notification", "Shopify Sync Alert"),
			lambda: api.preview_digest(self.STORE),
		]
		before = frappe.db.count("Sync Operation")
		for user, refused in (
			("Guest", [*looks, *operates, *sets_up]),
			(person(None), [*looks, *operates, *sets_up]),
			(person(AUDITOR), [*operates, *sets_up]),
			(person(OPERATOR), sets_up),
		):
			frappe.set_user(user)
			for number, act in enumerate(refused):
				with self.subTest(user=user, number=number), self.assertRaises(frappe.PermissionError):
					act()
		frappe.set_user(person(AUDITOR))
		self.assertTrue(api.results(name))
		frappe.set_user(person(MANAGER))
		self.assertTrue(api.channels())
		frappe.set_user("Administrator")
		self.assertEqual(frappe.db.count("Sync Operation"), before, "what is refused leaves nothing")

	def test_nobody_writes_an_alert_by_hand(self) -> None:
		name = self.fire()
		frappe.set_user(self.manager)
		doc = frappe.get_doc(DOCTYPE, name)
		doc.status = "Recovered"
		with self.assertRaises(frappe.PermissionError):
			doc.save()
		with self.assertRaises(frappe.PermissionError):
			frappe.get_doc({"doctype": DOCTYPE, "store": self.STORE}).insert()


class TestStandardNotifications(WatchedCase):
	def test_one_that_was_switched_off_stays_off_when_the_app_is_migrated(self) -> None:
		name = "Shopify Sync Alert by Mail"
		channels.switch("Notification", name, False)
		folder = Path(frappe.get_app_path("shopify_sync", "shopify_sync", "notification", frappe.scrub(name)))
		import_file_by_path(str(folder / f"{frappe.scrub(name)}.json"), force=True)
		self.assertEqual(frappe.db.get_value("Notification", name, "enabled"), 0)
		plant(self.STORE, 1, status="Dead Letter", category="Bug", missing=None)
		self.look()
		told = {row["channel"] for row in telling.results_of(self.alert("Dead letters").name)}
		self.assertEqual(told, {"Shopify Sync Alert", "Shopify Sync Alert Escalation"})

	def test_those_that_come_with_the_app_cannot_be_deleted(self) -> None:
		with self.assertRaisesRegex(frappe.ValidationError, "Switch it off"):
			api.remove_channel("Notification", "Shopify Sync Alert")
