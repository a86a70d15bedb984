"""Workers of a reconciliation are killed by SIGKILL, one at each step; what it comes to is what it comes to without."""

from __future__ import annotations

from types import MappingProxyType

import frappe

from shopify_sync.core import keys
from shopify_sync.erpnext_host.reconciliation import running

from .mortals import Mortals
from .reconciled import ReconciledCase

#: The last worker lives so many steps: more than a page has. Those that come after the end of the run find nothing to do.
LONGEST = 14


class TestKills(ReconciledCase):
	SETTINGS = MappingProxyType({"reconciliation_healing": "Heal"})
	PLAN = "plus"

	@classmethod
	def setUpClass(cls):
		super().setUpClass()
		cls.workers = Mortals()
		cls.addClassCleanup(cls.workers.close)

	def reader(self):
		return running.reader_of(self.STORE, 40)

	def test_a_run_whose_workers_are_killed_comes_to_the_same(self):
		self.tell_level(1)
		self.place(1)
		lost = [self.place(1, told=False) for _order in range(2)]
		with self.served.lock, self.shop.silently():
			self.shop.inventory.adjust("available", self.stock_id, self.places[1], -3, "shrinkage")
		name = self.run_of(heal=True)
		killed = 0
		for steps in range(LONGEST):
			killed += self.workers.reconcile_until(name, steps) == "killed"
			self.settle()  # what was signalled is carried out between the deaths
		self.assertGreaterEqual(killed, 5)
		run = running.carry_on(name, self.reader())
		self.settle()
		expected = {"Missing in ERPNext": 2, "Stock": 1}
		self.assertEqual((expected, expected), (run.found, run.healed))
		doc = frappe.get_doc("Reconciliation Run", name)
		self.assertEqual(("Completed", 3, 3), (doc.status, doc.found, doc.healed))
		for order in lost:
			key = keys.key(self.STORE, keys.ORDER, order.id)
			self.assertEqual(1, frappe.db.count("Sales Order", {"shopify_key": key, "docstatus": 1}))
			self.assertEqual(1, frappe.db.count("Sync Event", {"link": key, "source": "Reconciliation"}))
		self.assertEqual(37, frappe.db.get_value("Bin", {"item_code": self.code, "warehouse": self.second}, "actual_qty"))
		self.assert_clean()
