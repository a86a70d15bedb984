"""Operations by their endpoints: what each action does, who may, what is refused and why, and that it is on record."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import frappe

from shopify_sync.api import operations
from shopify_sync.core.operations import OperatorAction
from shopify_sync.erpnext_host import connections, policies
from shopify_sync.erpnext_host.event_log import FrappeEventLog
from shopify_sync.erpnext_host.operations import record

from . import operated, site
from .case import SyncTestCase
from .operated import AUDITOR, MANAGER, OPERATOR, plant, start


class OperationCase(SyncTestCase):
	STORE = "test-operations"

	def setUp(self) -> None:
		super().setUp()
		operated.forgotten(self)

	def acting_as(self, role: str | None) -> str:
		user = "Guest" if role == "Guest" else operated.person(role)
		frappe.set_user(user)
		self.addCleanup(frappe.set_user, "Administrator")
		return user

	def refused(self, act: Callable[[], Any], words: str) -> None:
		with self.assertRaisesRegex(frappe.ValidationError, words):
			act()

	def status(self, name: str) -> str:
		return site.event(name).status


class TestEvents(OperationCase):
	def test_retry_gives_all_attempts_again_and_is_on_record(self) -> None:
		names = plant(self.STORE, 3)
		user = self.acting_as(OPERATOR)
		done = start("Retry", {"events": names}, "The Item is there now.")
		self.assertEqual((done["status"], done["changed"], done["refused"]), ("Completed", 3, 0), done)
		for name in names:
			event = site.event(name)
			self.assertEqual((event.status, event.attempts, event.category), ("Received", 0, None))
		doc = frappe.get_doc("Sync Operation", done["operation"])
		self.assertEqual(
			(doc.user, doc.reason, doc.store, doc.total, doc.progress), (user, "The Item is there now.", self.STORE, 3, 100)
		)
		self.assertIsNotNone(doc.ended_at)
		note = frappe.get_value("Sync Attempt", {"operation": doc.name}, ["user", "action", "outcome", "reason"])
		self.assertEqual(note, (user, "Retry", "Received", "The Item is there now."))

	def test_requeue_keeps_the_attempts(self) -> None:
		name = plant(self.STORE, 1)[0]
		start("Requeue", {"events": [name]})
		self.assertEqual((self.status(name), site.event(name).attempts), ("Received", 3))
		dead = plant(self.STORE, 1, status="Dead Letter", category="ERPNext validation")[0]
		done = start("Requeue", {"events": [dead]})
		self.assertEqual((done["refused"], self.status(dead)), (1, "Dead Letter"))
		self.assertIn("Choose Retry", next(iter(done["refusals"])))

	def test_replay_looks_at_what_is_finished(self) -> None:
		event = self.carry_out(self.order())
		self.assertEqual(event.status, "Applied", event.message)
		done = start("Retry", {"events": [event.name]})
		self.assertEqual(
			(done["changed"], list(done["refusals"])), (0, ["It is finished. Choose Replay to have it looked at once more."])
		)
		self.assertEqual(start("Replay", {"link": event.link})["changed"], 1)
		site.drain()
		self.assertEqual(self.status(event.name), "No Change")

	def test_discard_needs_a_reason_and_is_final(self) -> None:
		name = plant(self.STORE, 1)[0]
		self.refused(lambda: start("Discard", {"events": [name]}, "  "), "Say why")
		self.assertFalse(frappe.db.exists("Sync Operation", {"store": self.STORE}), "what is refused at once leaves no entry")
		done = start("Discard", {"events": [name]}, "A test order.")
		event = site.event(name)
		self.assertEqual((event.status, event.discard_reason, event.category), ("Discarded", "A test order.", "Missing item"))
		self.assertEqual(done["message"], "1 of 1 events are discarded.")

	def test_what_is_not_safe_is_left_and_counted_by_its_reason(self) -> None:
		names = [
			*plant(self.STORE, 2, status="Received", category=None),
			*plant(self.STORE, 1, status="Processing"),
			*plant(self.STORE, 1, status="Dead Letter", category="Invalid payload"),
			*plant(self.STORE, 1, status="Dead Letter", category="Unsupported"),
			*plant(self.STORE, 1, resource_type=None, status="Ignored"),
			*plant(self.STORE, 1),
		]
		target = {"events": [*names, "no-such-event"]}
		prepared = operations.prepare("Retry", target)
		self.assertEqual((prepared["count"], prepared["will"], sum(prepared["refused"].values())), (8, 1, 7))
		before = operated.statuses(self.STORE)
		done = start("Retry", target)
		self.assertEqual((done["done"], done["changed"], done["refused"]), (8, 1, 7))
		self.assertEqual(done["refusals"], prepared["refused"], "what was said before is what came of it")
		self.assertEqual(done["refusals"]["It is waiting for a worker already."], 2)
		self.assertIn("no-such-event", done["examples"]["There is no such event any more."])
		before.pop("Blocked")
		self.assertEqual(operated.statuses(self.STORE), {**before, "Received": 3})

	def test_a_filter_means_what_the_action_can_do_something_about(self) -> None:
		plant(self.STORE, 3)
		plant(self.STORE, 2, status="Applied", category=None)
		plant(self.STORE, 4, missing="item:OTHER", cause="item:OTHER")
		group = {"filters": {"store": self.STORE, "category": "Missing item", "cause": "item:PLANTED"}}
		self.assertEqual(operations.prepare("Retry", group)["will"], 3)
		self.assertEqual(start("Retry", group)["changed"], 3)
		self.assertEqual(operated.statuses(self.STORE), {"Received": 3, "Applied": 2, "Blocked": 4})
		self.assertEqual(start("Replay", {"store": self.STORE, "flow": "Orders"})["changed"], 6)
		self.assertEqual(operated.statuses(self.STORE), {"Received": 9})

	def test_it_is_said_in_words(self) -> None:
		name = plant(self.STORE, 2, order_name="#1001")[0]
		cause = {"store": self.STORE, "category": "Missing item", "cause": "item:PLANTED"}
		several = {"groups": [cause, {**cause, "cause": "item:OTHER"}]}
		for target, words in (
			({"events": [name]}, "Discard 1 event (#1001 orders/create)?"),
			({"filters": cause}, f"Discard 2 events ({self.STORE}: SKU PLANTED has no usable Item)?"),
			({"filters": {"groups": [cause]}}, f"Discard 2 events ({self.STORE}: SKU PLANTED has no usable Item)?"),
			({"filters": several}, f"Discard 2 events ({self.STORE}: 2 causes)?"),
			({"store": self.STORE, "flow": "Orders"}, f"Discard 2 events ({self.STORE}: flow Orders)?"),
		):
			self.assertEqual(operations.prepare("Discard", target)["confirm"].split("? ")[0] + "?", words)
		done = start("Discard", {"filters": several}, "Both.")
		self.assertEqual((done["changed"], done["store"]), (2, self.STORE))

	def test_the_same_request_acts_once(self) -> None:
		names = plant(self.STORE, 2)
		request = uuid.uuid4().hex
		first = start("Retry", {"events": names}, request=request)
		frappe.db.sql("UPDATE `tabSync Event` SET status = 'Blocked' WHERE name IN %s", (names,))
		second = start("Retry", {"events": names}, request=request)
		self.assertEqual(first["operation"], second["operation"])
		self.assertEqual(operated.statuses(self.STORE), {"Blocked": 2})
		self.refused(lambda: start("Discard", {"events": names}, "no", request=request), "used for something else")
		self.refused(lambda: start("Retry", {"events": names}, request=" "), "needs an id")

	def test_the_second_operator_is_told(self) -> None:
		names = plant(self.STORE, 2)
		start("Retry", {"events": names})
		self.acting_as(OPERATOR)
		second = start("Retry", {"events": names})
		self.assertEqual((second["changed"], second["refusals"]), (0, {"It is waiting for a worker already.": 2}))
		self.refused(lambda: start("Retry", {"filters": {"store": self.STORE, "cause": "item:PLANTED"}}), "dealt with meanwhile")


class TestWhoMay(OperationCase):
	def test_each_endpoint_is_refused_without_the_role(self) -> None:
		name = plant(self.STORE, 1)[0]
		done = start("Requeue", {"events": [name]})["operation"]
		asks: dict[str, Callable[[], Any]] = {
			"prepare": lambda: operations.prepare("Retry", {"events": [name]}),
			"start": lambda: start("Retry", {"events": [name]}),
			"stop": lambda: operations.stop(done),
			"get": lambda: operations.get(done),
			"recent": lambda: operations.recent(self.STORE),
		}
		for role in ("Guest", None):
			self.acting_as(role)
			for act in asks.values():
				with self.assertRaises(frappe.PermissionError):
					act()
		self.acting_as(AUDITOR)
		for act in (asks["prepare"], asks["start"], asks["stop"]):
			with self.assertRaises(frappe.PermissionError):
				act()
		self.assertEqual(asks["get"]()["operation"], done)
		self.assertEqual([row["operation"] for row in asks["recent"]()], [done])

	def test_what_moves_a_whole_store_is_its_managers(self) -> None:
		name = plant(self.STORE, 1)[0]
		of_managers = [
			("Pause", {"store": self.STORE}),
			("Resume", {"store": self.STORE}),
			("Trip Circuit", {"store": self.STORE}),
			("Hold", {"store": self.STORE, "flow": "Orders"}),
			("Release", {"store": self.STORE, "flow": "Orders"}),
		]
		self.acting_as(OPERATOR)
		for action, target in of_managers:
			for act in (lambda: operations.prepare(action, target), lambda: start(action, target, "Because.")):  # noqa: B023
				with self.assertRaisesRegex(frappe.PermissionError, "Shopify Sync Manager"):
					act()
		start("Hold", {"store": self.STORE, "topic": "orders/create"}, "A flood.")
		self.acting_as(MANAGER)
		start("Hold", {"store": self.STORE, "flow": "Orders"}, "Stock take.")
		hold = frappe.get_value("Sync Hold", {"store": self.STORE, "scope": "Flow"})
		self.acting_as(OPERATOR)
		with self.assertRaises(frappe.PermissionError):
			start("Release", {"hold": hold})
		self.assertEqual(self.status(name), "Blocked")

	def test_a_store_of_others_is_none_of_ones_business(self) -> None:
		site.make_store("test-others")
		self.addCleanup(site.clear_store, "test-others")
		mine, theirs = plant(self.STORE, 1)[0], plant("test-others", 1)[0]
		done = start("Requeue", {"events": [theirs]})["operation"]
		user = operated.person(OPERATOR)
		permission = frappe.get_doc(
			{"doctype": "User Permission", "user": user, "allow": "Shopify Store", "for_value": self.STORE}
		).insert()
		frappe.db.commit()
		self.addCleanup(lambda: (frappe.set_user("Administrator"), permission.delete(), frappe.db.commit()))
		self.acting_as(OPERATOR)
		again = start("Retry", {"events": [mine, theirs]})
		self.assertEqual((again["changed"], again["refusals"]), (1, {"There is no such event any more.": 1}))
		for target in (
			{"store": "test-others"},
			{"link": f"test-others/order/{1}"},
			{"store": "test-others", "topic": "orders/create"},
		):
			self.refused(lambda: start("Hold", target, "Mine now."), "not one of yours")  # noqa: B023
		with self.assertRaises(frappe.DoesNotExistError):
			operations.get(done)
		self.assertEqual([row["operation"] for row in operations.recent()], [again["operation"]])

	def test_an_operators_limit(self) -> None:
		plant(self.STORE, 10_001)
		target = {"store": self.STORE}
		self.acting_as(OPERATOR)
		self.refused(lambda: operations.prepare("Discard", target), "you may act on 10000 at once")
		self.refused(lambda: start("Discard", target, "All of it."), "Narrow the filter")
		self.assertFalse(frappe.db.exists("Sync Operation", {"store": self.STORE}))
		self.acting_as(MANAGER)
		self.assertEqual(operations.prepare("Discard", target)["will"], 10_001)

	def test_a_target_is_data_and_never_sql(self) -> None:
		plant(self.STORE, 2)
		for target in (
			{}, {"sql": "1=1"}, {"events": []}, {"events": "x' OR '1'='1"}, {"events": [["in", ["a"]]]}, {"events": [{"a": 1}]},
			{"filters": {"status": ["!=", "x"]}}, {"filters": {"where": "1=1"}}, {"filters": {"store": ["like", "%"]}},
			{"filters": {"groups": ["1=1"]}}, {"filters": {"groups": 7}}, {"filters": {"groups": [{"store": ["like", "%"]}]}},
			{"filters": "1=1"}, {"store": ["like", "%"]}, {"store": self.STORE, "flow": "Orders' OR 1=1"}, "not json", "[1]",
			{"events": [f"e{number}" for number in range(5000)]},
		):  # fmt: skip
			for act in (lambda: operations.prepare("Discard", target), lambda: start("Discard", target, "no")):  # type: ignore[arg-type]  # noqa: B023
				self.refused(act, "cannot be read|Choose")
		self.assertEqual(start("Retry", {"events": ["x' OR '1'='1"]})["refusals"], {"There is no such event any more.": 1})
		for target in ({"store": "x' OR '1'='1"}, {"link": "x' OR 1=1 -- "}):
			self.refused(lambda: start("Retry", target), "no store|no such event")  # noqa: B023
		self.refused(lambda: start("Drop", {"store": self.STORE}), "no such action")
		self.refused(lambda: start("Fix", {"store": self.STORE}), "no such action")
		self.assertEqual(operated.statuses(self.STORE), {"Blocked": 2})


class TestStores(OperationCase):
	def test_pause_and_resume_lead_back_to_the_mode_before(self) -> None:
		frappe.db.set_value("Shopify Store", self.STORE, "mode", "Shadow")
		frappe.db.commit()
		self.acting_as(MANAGER)
		self.refused(lambda: start("Pause", {"store": self.STORE}), "Say why")
		start("Pause", {"store": self.STORE}, "Stock take.")
		self.assertEqual(str(policies.policy(self.STORE).mode), "Paused")
		self.refused(lambda: start("Pause", {"store": self.STORE}, "Again."), "paused already")
		held = self.carry_out(self.order())
		self.assertEqual(held.status, "Held")
		done = start("Resume", {"store": self.STORE})
		self.assertEqual(str(policies.policy(self.STORE).mode), "Shadow", done)
		self.assertEqual(self.status(held.name), "Received")
		self.refused(lambda: start("Resume", {"store": self.STORE}), "not paused")

	def test_a_store_can_be_paused_whatever_is_wrong_with_its_settings(self) -> None:
		frappe.db.set_value("Shopify Store", self.STORE, "default_tax_account", "No Such Account")
		frappe.db.commit()
		start("Pause", {"store": self.STORE}, "It books to a wrong account.")
		self.assertEqual(frappe.db.get_value("Shopify Store", self.STORE, "mode"), "Paused")

	def test_a_circuit_that_was_opened_by_hand_stays_open_until_a_person_closes_it(self) -> None:
		store = frappe.get_doc("Shopify Store", self.STORE)
		store.update({"sign_in_by": "Access token", "access_token": "shpat_test"})
		store.save()
		frappe.db.commit()
		self.addCleanup(lambda: start("Reset Circuit", {"store": self.STORE}))
		user = self.acting_as(MANAGER)
		start("Trip Circuit", {"store": self.STORE}, "Shopify books twice.")
		connections._known.clear()  # a worker believes for a second what it read last
		closed = connections.gate_of(self.STORE)
		assert closed
		self.assertIn(f"opened by {user}: Shopify books twice.", closed.message)
		row = frappe.db.get_value("Shopify Connection", self.STORE, ["circuit_state", "circuit_until"])
		self.assertEqual(row, ("Open", None))
		self.acting_as(OPERATOR)
		start("Reset Circuit", {"store": self.STORE})
		self.assertIsNone(connections.gate_of(self.STORE))

	def test_a_comparison_is_refused_where_nothing_can_be_read(self) -> None:
		self.refused(lambda: start("Reconcile", {"store": self.STORE}), "Nothing can be read from Shopify now")
		self.assertFalse(frappe.db.exists("Sync Operation", {"store": self.STORE}))


class TestRecord(OperationCase):
	def test_what_fails_is_on_record_with_why_and_nothing_of_it_stays(self) -> None:
		with (
			self.assertRaises(ZeroDivisionError),
			record.recorded(OperatorAction.FIX, self.STORE, {"store": self.STORE}, "a store"),
		):
			frappe.db.set_value("Shopify Store", self.STORE, "territory", "Somewhere")
			_ = 1 / 0
		self.assertNotEqual(frappe.db.get_value("Shopify Store", self.STORE, "territory"), "Somewhere")
		doc = frappe.get_last_doc("Sync Operation", {"store": self.STORE})
		self.assertEqual(doc.status, "Failed")
		self.assertIn("mistake of the app", doc.message)
		self.assertNotIn("Traceback", doc.message)
		self.assertIn("test_operations.py", doc.error)

	def test_a_mistake_of_the_app_is_told_without_a_traceback_and_kept_for_developers(self) -> None:
		name = plant(self.STORE, 1)[0]

		def break_down(*_args: Any) -> Any:
			raise KeyError("somebody@example.com")

		with patch.object(FrappeEventLog, "act_on", break_down):
			done = start("Retry", {"events": [name]})
		self.assertEqual((done["status"], done["changed"]), ("Failed", 0))
		self.assertIn("Unexpected KeyError", done["message"])
		doc = frappe.get_doc("Sync Operation", done["operation"])
		self.assertIn("break_down", doc.error)
		self.assertNotIn("somebody", f"{doc.error} {doc.message}")
		self.assertEqual(self.status(name), "Blocked")

	def test_nobody_writes_one_by_hand(self) -> None:
		name = plant(self.STORE, 1)[0]
		done = start("Retry", {"events": [name]})["operation"]
		self.acting_as(MANAGER)
		doc = frappe.get_doc("Sync Operation", done)
		doc.message = "Nothing happened."
		with self.assertRaises(frappe.PermissionError):
			doc.save()
		with self.assertRaises(frappe.PermissionError):
			frappe.delete_doc("Sync Operation", done)

	def test_old_ones_go_and_what_goes_on_stays(self) -> None:
		names = [start("Requeue", {"events": [name]})["operation"] for name in plant(self.STORE, 2)]
		long_ago = frappe.utils.add_days(frappe.utils.now_datetime(), -200)
		frappe.db.sql(
			"UPDATE `tabSync Operation` SET creation = %s, ended_at = %s WHERE name = %s", (long_ago, long_ago, names[0])
		)
		frappe.db.commit()
		running = record.begin(OperatorAction.RETRY, self.STORE, {"store": self.STORE}, "x")
		frappe.db.sql("UPDATE `tabSync Operation` SET creation = %s WHERE name = %s", (long_ago, running))
		frappe.get_doc("Sync Operation", names[1]).clear_old_logs(180)
		left = frappe.get_all("Sync Operation", {"store": self.STORE}, pluck="name")
		self.assertEqual(sorted(left), sorted([names[1], running]))
