"""Orders counted day by day on a site: a light run reads the days whole that do not come out even, and remembers what it learnt."""

from __future__ import annotations

from datetime import timedelta

import frappe

from shopify_sync.core.reconciliation.findings import ORDER_DAYS
from shopify_sync.core.reconciliation.schedule import Depth
from shopify_sync.erpnext_host import times

from .reconciled import ReconciledCase


class TestCounts(ReconciledCase):
	def setUp(self):
		super().setUp()
		with self.served.lock:
			# Of other tests: they would be counted too.
			self.shop.orders.all.clear()

	def test_a_day_that_does_not_come_out_even_is_read_once(self):
		self.of_old(self.place(1))
		lost = self.of_old(self.place(1, told=False))
		first = self.light()
		self.assertEqual((2, {"Missing in ERPNext": 1}), (first.tallies[ORDER_DAYS].compared, first.found))
		self.assertEqual([("Missing in ERPNext", "", "Lost webhook", "Apply Shopify's state")], self.found())
		self.assertEqual([lost.id], frappe.get_all("Sync Discrepancy", {"store": self.STORE}, pluck="shopify_id"))
		second = self.light()
		self.assertEqual((0, {}), (second.tallies[ORDER_DAYS].compared, second.found))
		self.assertEqual(first.accepted, second.accepted)
		day = times.to_site(lost.created_at).date()
		self.assertEqual({day: 1}, second.accepted)
		figures = frappe.get_all(
			"Reconciliation Figure",
			{"parent": second.name, "resource_type": ORDER_DAYS, "day": day},
			["shopify_count", "erpnext_count"],
		)
		self.assertEqual([(2, 1)], [(row.shopify_count, row.erpnext_count) for row in figures])

	def test_a_sales_order_that_was_deleted_is_found_by_the_next_light_run(self):
		order = self.of_old(self.place(1, financial="pending"))
		self.assertEqual({}, self.light().found)
		self.by_hand(lambda: self.remove(self.sales_order(order)))
		self.assertEqual({"Missing in ERPNext": 1}, self.light().found)

	def light(self):
		return self.reconcile(Depth.LIGHT, since=times.now())

	def remove(self, sales_order):
		frappe.get_doc("Sales Order", sales_order).cancel()
		frappe.delete_doc("Sales Order", sales_order)

	def of_old(self, order):
		"""Return an order as one that was placed and booked three days ago."""
		with self.served.lock:
			order.created_at -= timedelta(days=3)
		name = self.sales_order(order)
		if name and name != "None":
			day = times.to_site(order.created_at).date()
			frappe.db.set_value("Sales Order", name, "transaction_date", day, update_modified=False)
			frappe.db.commit()
		return order
