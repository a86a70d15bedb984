"""What a run leaves out, or leaves behind: what is known of it stands, is over, or counts, as it should."""

from __future__ import annotations

from datetime import timedelta

import frappe

from shopify_sync.core.reconciliation.run import Reconciler
from shopify_sync.core.reconciliation.schedule import Depth, Reason
from shopify_sync.core.reconciliation.settings import Settings
from shopify_sync.erpnext_host import times
from shopify_sync.erpnext_host.alerts import evaluating
from shopify_sync.erpnext_host.reconciliation import decisions, running, runs
from shopify_sync.erpnext_host.reconciliation.host import FrappeReconcileHost

from . import site
from .reconciled import ReconciledCase


class Died(Exception):
	"""The worker's end."""


class TestWhatIsLeft(ReconciledCase):
	def full_run_until(self, until):
		"""Carry out a full run for which everything later than *until* is still under way; return it."""
		wanted = runs.Wanted(self.STORE, Depth.FULL, Reason.OPERATOR, None, until, dry_run=True, user="Administrator")
		name = runs.begin(wanted)
		frappe.db.commit()
		return running.carry_on(name, self.reader())

	def test_what_was_found_of_stock_that_is_under_way_stands(self):
		self.tell_level(1)
		with self.served.lock, self.shop.silently():
			self.shop.inventory.adjust("available", self.stock_id, self.places[0], -5, "shrinkage")
		self.reconcile()
		found = self.discrepancy(kind="Stock").name
		decisions.dismiss(found, "Administrator", "Counted by hand.")
		run = self.full_run_until(times.now() - timedelta(hours=2))
		self.assertEqual(1, run.tallies["inventory_level"].left_out.get("Still under way"), run.tallies)
		self.assertEqual("Dismissed", self.discrepancy(name=found).status)
		self.reconcile()
		kept = self.discrepancy(name=found)
		self.assertEqual(("Dismissed", "Counted by hand."), (kept.status, kept.resolution))
		with self.served.lock, self.shop.silently():
			self.shop.inventory.adjust("available", self.stock_id, self.places[0], 5, "correction")
		self.assert_clean()
		self.assertEqual("Resolved", self.discrepancy(name=found).status)

	def test_what_was_found_of_records_that_shopify_deleted_is_over(self):
		lost, kept = self.place(1, told=False), self.place(1, told=False)
		with self.served.lock, self.shop.silently():
			customer = self.shop.customers.create(first_name="Bo", email=f"bo{site.fresh_id()}@example.com")
		self.reconcile()
		with self.served.lock, self.shop.silently():
			self.shop.orders.delete(lost.id)
			self.shop.customers.delete(customer.id)
		self.reconcile()
		self.assertEqual("Resolved", self.discrepancy(shopify_id=lost.id, resource_type="order").status)
		self.assertEqual("Open", self.discrepancy(shopify_id=kept.id, resource_type="order").status)
		self.assertEqual("Resolved", self.discrepancy(shopify_id=customer.id, resource_type="customer").status)

	def test_who_deleted_what_was_made_again_since_did_not_change_it(self):
		order = self.place(2, financial="pending")
		frappe.db.commit()

		def delete():
			frappe.get_doc("Sales Order", self.sales_order(order)).cancel()
			frappe.delete_doc("Sales Order", self.sales_order(order))

		self.by_hand(delete)
		self.reconcile()
		missing = self.discrepancy(kind="Missing in ERPNext", resource_type="order")
		self.assertEqual("Changed by hand", missing.cause)
		decisions.restore(missing.name, "Administrator", self.reader())
		self.settle()
		frappe.db.sql("UPDATE `tabSales Order` SET grand_total = grand_total + 5 WHERE name = %s", (self.sales_order(order),))
		frappe.db.commit()
		self.reconcile()
		self.assertEqual("Mapping", self.discrepancy(kind="Total").cause)

	def test_a_worker_s_death_does_not_lift_the_limit(self):
		for _order in range(3):
			self.place(1, told=False)
		name = self.run_of(heal=True)
		settings = Settings(dry_run=False, limit=2)
		run = runs.load(name)

		def dies(step):
			if step == "healed" and run.resource == "order":
				raise Died

		self.assertRaises(Died, Reconciler(FrappeReconcileHost(), self.reader(), settings, dies).run, run)
		frappe.db.rollback()
		self.settle()
		again = runs.load(name)
		self.assertEqual(2, sum(again.healed.values()))
		Reconciler(FrappeReconcileHost(), self.reader(), settings).run(again)
		frappe.db.rollback()
		self.assertIn("2 differences", again.stopped)
		self.assertEqual(2, frappe.db.count("Sync Event", {"store": self.STORE, "source": "Reconciliation"}))

	def test_a_light_run_of_a_range_is_none_that_the_next_one_goes_on_from(self):
		since = times.now() - timedelta(minutes=20)
		self.assertIs(Depth.RANGE, running.wanted_by("Administrator", self.STORE, Depth.LIGHT, since=since).depth)
		self.assertIs(Depth.LIGHT, running.wanted_by("Administrator", self.STORE, Depth.LIGHT).depth)

	def test_a_run_that_waits_for_hours_is_an_alert(self):
		name = self.run_of()
		runs.note(name, "The app needs the scope read_shopify_payments_payouts.")
		frappe.db.commit()
		self.addCleanup(frappe.db.delete, "Sync Alert", {"store": self.STORE})
		alert = {"store": self.STORE, "condition": "Reconciliation failed"}
		evaluating.evaluate(self.STORE)
		self.assertFalse(frappe.db.exists("Sync Alert", alert), "it waits since a moment")
		old = times.to_site(times.now() - timedelta(hours=4))
		frappe.db.set_value("Reconciliation Run", name, "creation", old, update_modified=False)
		frappe.db.commit()
		evaluating.evaluate(self.STORE)
		self.assertIn(name, frappe.get_doc("Sync Alert", alert).message)
		running.carry_on(name, self.reader())
		evaluating.evaluate(self.STORE)
		self.assertFalse(frappe.db.get_value("Reconciliation Run", name, "waits_for"))
