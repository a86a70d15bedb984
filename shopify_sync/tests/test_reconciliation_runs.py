"""When runs begin, that there is one at a time, how Shopify is read over HTTP, and that queries do not grow with the records."""

from __future__ import annotations

import json
from datetime import timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

import frappe
from frappe.utils import get_system_timezone

from shopify_sync.admin_api.ports import CallFailed
from shopify_sync.api import reconciliation as api
from shopify_sync.core.inventory import resource as inventory
from shopify_sync.core.operations import Refused
from shopify_sync.core.orders import resource as order_resource
from shopify_sync.erpnext_host import policies, times
from shopify_sync.erpnext_host.alerts import evaluating
from shopify_sync.erpnext_host.reconciliation import console, running, runs
from shopify_sync.erpnext_host.reconciliation import host as hosts
from shopify_sync.erpnext_host.reconciliation.host import FrappeReconcileHost
from shopify_sync.jobs import reconcile as job
from shopify_sync.simulator.rest import inventory as rest_inventory
from shopify_sync.simulator.rest import order as rest_order

from .counting import statements
from .reconciled import ReconciledCase


class TestOverHttp(ReconciledCase):
	"""Through the Admin API of a store on 127.0.0.1, with the store's own client."""

	SETTINGS = MappingProxyType({"reconciliation_healing": "Heal"})

	def reader(self):
		return running.reader_of(self.STORE, 40)

	def test_differences_are_found_and_healed(self):
		self.tell_level(1)
		for pieces in (1, 2):
			self.place(pieces)
		later = self.place(2, financial="pending")
		lost = self.place(1, told=False)
		with self.served.lock, self.shop.silently():
			self.shop.orders.mark_as_paid(later.id)
			self.shop.inventory.adjust("available", self.stock_id, self.places[0], -5, "shrinkage")
			self.shop.inventory.adjust("available", self.stock_id, self.places[1], -3, "shrinkage")
			self.shop.subscriptions.delete(self.shop.subscriptions.for_topic("orders/create")[0].id)
		run = self.reconcile(heal=True)
		self.assertEqual(4, run.tallies["order"].compared)
		self.assertEqual(1, run.found["Missing in ERPNext"])
		self.assertEqual(2, run.found["Stock"])
		self.assertEqual(1, run.found["Webhook Subscription"])
		self.assertEqual(run.found, run.healed)
		doc = frappe.get_doc("Reconciliation Run", run.name)
		self.assertGreater(doc.calls, 0)
		self.assertGreater(doc.points, 0)
		self.assert_clean()
		self.assertTrue(self.sales_order(lost))

	def test_the_job_carries_a_run_out_and_calls_the_next(self):
		called = []
		original, job.call = job.call, called.append
		self.addCleanup(setattr, job, "call", original)
		first, second = self.run_of(), self.run_of()
		job.run(first)
		frappe.db.rollback()
		self.assertEqual("Completed", frappe.db.get_value("Reconciliation Run", first, "status"))
		self.assertEqual([second], called)
		self.served.faults.set(server_error_before=1.0)
		job.run(second)
		frappe.db.rollback()
		row = frappe.db.get_value("Reconciliation Run", second, ["status", "waits_for"], as_dict=True)
		self.assertEqual("Running", row.status)
		self.assertTrue(row.waits_for)

	def test_a_store_that_is_paused_is_read_no_further(self):
		reader = self.reader()
		self.assertTrue(reader.subscriptions())
		frappe.db.set_value("Shopify Store", self.STORE, "mode", "Paused")
		self.assertRaisesRegex(CallFailed, "paused", reader.subscriptions)

	def test_one_order_and_one_item_by_name(self):
		order, other = self.place(1, told=False), self.place(1, told=False)
		name = console.begun(self.STORE, order=order.id, heal=False)
		console.carry_on(name, lambda done: None)
		lines = list(console.summary(name))
		self.assertIn("Compared 1 records, 0 agree.", lines)
		self.assertIn("Found 1 differences.", lines)
		self.assertEqual(order.id, self.discrepancy().shopify_id)
		name = console.begun(self.STORE, item=self.code)
		console.carry_on(name, lambda done: None)
		self.assertIn("Compared 2 records, 2 agree.", list(console.summary(name)))
		self.assertNotEqual(other.id, order.id)
		self.assertRaises(Refused, console.begun, self.STORE, order="#nothing")
		self.assertRaises(Refused, console.begun, self.STORE, item="Nothing")


class TestRuns(ReconciledCase):
	def test_the_scheduler_begins_what_is_due_and_goes_on_with_what_rests(self):
		called = []
		original, job.call = job.call, called.append
		self.addCleanup(setattr, job, "call", original)
		self.store.reload()
		self.store.reconcile_nightly = 0
		self.store.save()
		frappe.db.commit()

		def ours():
			called.clear()
			job.schedule()
			return [name for name in called if name.startswith(f"RECON-{self.STORE}-")]

		first = ours()
		self.assertEqual(1, len(first))
		doc = frappe.get_doc("Reconciliation Run", first[0])
		self.assertEqual(("Light", "Schedule", 1, "Running"), (doc.depth, doc.reason, doc.dry_run, doc.status))
		self.assertEqual([], ours(), "one that was just begun is left to its worker")
		old = times.to_site(times.now() - timedelta(minutes=10))
		frappe.db.set_value("Reconciliation Run", first[0], {"creation": old}, update_modified=False)
		frappe.db.commit()
		self.assertEqual(first, ours(), "nobody is at it")
		running.carry_on(first[0], self.reader())
		self.assertEqual("Completed", frappe.db.get_value("Reconciliation Run", first[0], "status"))
		self.assertEqual([], ours(), "an hour has not passed")
		past = times.now() - timedelta(hours=2)
		frappe.db.set_value("Reconciliation Run", first[0], {"until": times.to_site(past)})
		frappe.db.commit()
		again = ours()
		self.assertEqual(1, len(again))
		since = times.from_site(frappe.db.get_value("Reconciliation Run", again[0], "since"))
		self.assertLess(abs(since - (past - timedelta(minutes=15))), timedelta(seconds=2))

	def test_a_night_s_run_and_one_after_an_outage(self):
		now = times.now()
		local = now.astimezone(ZoneInfo(get_system_timezone()))
		self.store.reload()
		self.store.update({"reconcile_nightly": 1, "reconcile_hour": local.hour})
		self.store.save()
		frappe.db.commit()
		settings = job.settings_of_enabled(self.STORE)[self.STORE]
		full = job._due(self.STORE, settings)
		self.assertEqual("Full", frappe.db.get_value("Reconciliation Run", full, "depth"))
		running.carry_on(full, self.reader())
		self.assertIsNone(job._due(self.STORE, settings))
		later = times.now() + timedelta(seconds=5)
		history = [{"at": later.isoformat(), "state": "Closed", "reason": "", "until": None}]
		frappe.db.set_value("Shopify Connection", self.STORE, "circuit_history", json.dumps(history))
		frappe.db.set_value("Reconciliation Run", full, "until", times.to_site(later - timedelta(minutes=5)))
		frappe.db.commit()
		self.assertEqual("After an outage", frappe.db.get_value("Reconciliation Run", job._due(self.STORE, settings), "reason"))

	def test_one_at_a_time_and_a_person_may_stop_it(self):
		for _order in range(3):
			self.place(1, told=False)
		name = self.run_of()
		pages = []

		def stop_then(run):
			pages.append(run.phase)
			if len(pages) == 1:
				frappe.db.rollback()
				self.assertTrue(runs.end(name, runs.STOPPED, "Enough."))
				frappe.db.commit()

		running.carry_on(name, self.reader(), stop_then)
		doc = frappe.get_doc("Reconciliation Run", name)
		self.assertEqual(("Stopped", "Enough."), (doc.status, doc.stopped_because))
		self.assertEqual([], self.found(), "no orders were met before it was stopped")
		running.carry_on(name, self.reader())
		self.assertEqual("Stopped", frappe.db.get_value("Reconciliation Run", name, "status"))

	def test_a_mistake_of_the_app_ends_a_run_and_is_told_without_what_it_was_about(self):
		name = self.run_of()
		reader = self.reader()

		def broken():
			raise KeyError("ada@example.com")

		reader.subscriptions = broken
		self.assertRaises(KeyError, running.carry_on, name, reader)
		frappe.db.rollback()
		doc = frappe.get_doc("Reconciliation Run", name)
		self.assertEqual("Failed", doc.status)
		self.assertIn("KeyError in test_reconciliation_runs.py", doc.stopped_because)
		self.assertNotIn("ada", doc.stopped_because)
		evaluating.evaluate(self.STORE)
		self.addCleanup(frappe.db.delete, "Sync Alert", {"store": self.STORE})
		alert = frappe.get_doc("Sync Alert", {"store": self.STORE, "condition": "Reconciliation failed"})
		self.assertIn(name, alert.message)

	def test_it_goes_on_in_slices(self):
		for _order in range(3):
			self.place(1)
		name = self.run_of()
		slices = 0
		while frappe.db.get_value("Reconciliation Run", name, "status") == "Running":
			slices += 1
			running.carry_on(name, self.reader(), keep_on=lambda: False)
			frappe.db.rollback()
			self.assertLess(slices, 20)
		self.assertGreater(slices, 4)
		doc = frappe.get_doc("Reconciliation Run", name)
		order = next(row for row in doc.figures if row.resource_type == "order" and not row.day)
		self.assertEqual((3, 3, 0), (order.compared, order.agreed, doc.found))

	def test_queries_do_not_grow_with_the_records(self):
		host, policy = FrappeReconcileHost(), policies.policy(self.STORE)
		orders = [self.place(1) for _order in range(6)]
		with self.served.lock:
			payloads = [rest_order.payload(self.shop, order) for order in orders]
			levels = [rest_inventory.level(self.shop, level) for level in self.shop.inventory.levels.values() if level.is_active]
		parsed = [order_resource.parse(payload, policy) for payload in payloads]
		customers = [str(payload["customer"]["id"]) for payload in payloads if payload.get("customer")] or ["1", "2", "3"]

		def counted(act):
			with statements() as sent:
				act()
			return len(sent)

		few, many = counted(lambda: host.orders(policy, parsed[:2])), counted(lambda: host.orders(policy, parsed))
		self.assertEqual(few, many)
		self.assertLess(many, 25)
		few = counted(lambda: host.customers(policy, customers[:1]))
		self.assertEqual(few, counted(lambda: host.customers(policy, customers)))
		levels = [inventory.parse(level, policy) for level in levels]
		few = counted(lambda: host.levels(policy, levels[:2]))
		self.assertEqual(few, counted(lambda: host.levels(policy, levels)))
		self.assertLess(few, 25)

	def test_what_is_not_met_is_paged_and_indexed(self):
		for _order in range(3):
			self.place(1)
		run = runs.load(self.run_of())
		original, hosts._NOT_MET = hosts._NOT_MET, 2
		self.addCleanup(setattr, hosts, "_NOT_MET", original)
		first = FrappeReconcileHost().not_met(run, None)
		second = FrappeReconcileHost().not_met(run, first.cursor)
		self.assertEqual((2, 1, None), (len(first.records), len(second.records), second.cursor))


class TestPermissions(ReconciledCase):
	def test_who_may_not_is_refused_and_who_may_is_answered(self):
		order = self.place(1, told=False)
		self.reconcile()
		name = self.discrepancy(shopify_id=order.id).name
		calls = (
			lambda: api.start(self.STORE),
			lambda: api.stop("RECON-x"),
			lambda: api.heal(name),
			lambda: api.restore(name),
			lambda: api.dismiss(name, "x"),
			lambda: api.compare_again(name),
		)
		for user in ("Guest", make_one("Shopify Sync Auditor")):
			frappe.set_user(user)
			try:
				for call in calls:
					self.assertRaises(frappe.PermissionError, call)
			finally:
				frappe.set_user("Administrator")
		frappe.set_user(make_one("Shopify Sync Operator"))
		try:
			self.assertRaises(frappe.ValidationError, api.restore, name)
			self.assertRaises(frappe.ValidationError, api.dismiss, name, " ")
			self.assertRaises(frappe.ValidationError, api.start, self.STORE, "Everything")
			self.assertIn("message", api.dismiss(name, "It is a test."))
			answer = api.start(self.STORE, "Full", heal="0")
		finally:
			frappe.set_user("Administrator")
		self.assertEqual("Dismissed", frappe.db.get_value("Sync Discrepancy", name, "status"))
		doc = frappe.get_doc("Reconciliation Run", answer["run"])
		self.assertEqual(("Full", "Operator", 1), (doc.depth, doc.reason, doc.dry_run))


def make_one(role):
	"""Make sure that there is a user who has this role only."""
	email = f"{role.replace(' ', '-').lower()}-of-runs@example.com"
	if not frappe.db.exists("User", email):
		user = frappe.get_doc({"doctype": "User", "email": email, "first_name": role, "send_welcome_email": 0})
		user.insert(ignore_permissions=True)
		user.add_roles(role)
		frappe.db.commit()
	return email
