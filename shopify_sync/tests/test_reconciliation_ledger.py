"""What must hold in the ledger: each invariant is broken on purpose, found, and found no more when it holds again."""

from __future__ import annotations

from datetime import timedelta

import frappe

from shopify_sync.core import keys
from shopify_sync.erpnext_host import times
from shopify_sync.erpnext_host.reconciliation import ledger_checks

from .reconciled import ReconciledCase


class TestLedger(ReconciledCase):
	def setUp(self):
		super().setUp()
		self.order = self.place(1)
		self.event = frappe.get_all("Sync Event", {"store": self.STORE, "resource_type": "order"}, pluck="name")[0]
		# What was just finished may be in another transaction still, and is not judged.
		finished = times.to_site(times.now() - timedelta(hours=1))
		frappe.db.sql(
			"UPDATE `tabSync Event` SET finished_at = %s WHERE store = %s AND finished_at IS NOT NULL", (finished, self.STORE)
		)
		frappe.db.commit()

	def told(self):
		frappe.db.commit()
		return [(one.difference.field, one.shopify_id) for one in ledger_checks.look(self.STORE)]

	def test_nothing_is_told_of_what_holds(self):
		self.assertEqual([], self.told())

	def test_an_applied_event_without_evidence(self):
		frappe.db.delete("Sync Attempt", {"event": self.event})
		self.assertEqual([("applied without evidence", self.event)], self.told())

	def test_an_applied_order_without_a_document(self):
		name = self.sales_order(self.order)
		frappe.db.sql("UPDATE `tabSales Order` SET shopify_key = NULL WHERE name = %s", (name,))
		link = keys.key(self.STORE, keys.ORDER, self.order.id)
		frappe.db.set_value("Shopify Link", link, {"document_name": None, "document_type": None}, update_modified=False)
		self.assertEqual([("applied without a document", self.order.id)], self.told())

	def test_an_attempt_whose_change_is_not_there(self):
		name = self.sales_order(self.order)
		frappe.db.sql("UPDATE `tabSales Order` SET name = CONCAT(name, '-moved') WHERE name = %s", (name,))
		self.assertEqual([("attempt without its change", self.event)], self.told())
		frappe.db.sql("UPDATE `tabSales Order` SET name = %s WHERE name = CONCAT(%s, '-moved')", (name, name))
		self.assertEqual([], self.told())

	def test_an_event_past_its_time(self):
		due = times.to_naive_utc(times.now() - timedelta(hours=2))
		frappe.db.set_value("Sync Event", self.event, {"status": "Retrying", "due_at": due}, update_modified=False)
		self.assertEqual([("past its time", self.event)], self.told())
		frappe.db.set_value("Sync Event", self.event, {"status": "Applied", "due_at": None}, update_modified=False)
		frappe.db.commit()

	def test_a_link_to_nothing(self):
		frappe.db.sql("UPDATE `tabShopify Link` SET document_name = 'No Such Item' WHERE name = %s", (self.stock_link,))
		self.assertEqual([("link to nothing", self.stock_id)], self.told())

	def test_two_sales_orders_and_two_payments_for_one(self):
		name, payment = (
			self.sales_order(self.order),
			frappe.get_all(
				"Payment Entry", {"shopify_key": ("like", f"{keys.key(self.STORE, keys.ORDER, self.order.id)}/%")}, pluck="name"
			)[0],
		)
		for doctype, original in (("Sales Order", name), ("Payment Entry", payment)):
			self.twin(doctype, original)
		self.assertEqual([("two Sales Orders", self.order.id), ("two payments", self.order.id)], self.told())

	def test_a_full_run_keeps_what_does_not_hold_until_it_holds(self):
		frappe.db.sql("UPDATE `tabShopify Link` SET document_name = 'No Such Item' WHERE name = %s", (self.stock_link,))
		frappe.db.delete("Sync Attempt", {"event": self.event})
		frappe.db.commit()
		run = self.reconcile(heal=True)
		self.assertEqual(2, run.found["Ledger"])
		self.assertNotIn("Ledger", run.healed)
		row = self.discrepancy(kind="Ledger", field="applied without evidence")
		self.assertEqual(("Open", "Review", self.event), (row.status, row.proposal, row.event))
		self.assertEqual(sum(run.found.values()), frappe.db.get_value("Reconciliation Run", run.name, "found"))
		frappe.db.sql("UPDATE `tabShopify Link` SET document_name = %s WHERE name = %s", (self.code, self.stock_link))
		frappe.db.commit()
		self.reconcile()
		gone = self.discrepancy(kind="Ledger", field="link to nothing")
		self.assertEqual("Resolved", gone.status)
		self.assertTrue(gone.resolved_at)

	@property
	def stock_link(self):
		return keys.key(self.STORE, keys.INVENTORY_ITEM, self.stock_id)

	def twin(self, doctype, original):
		"""Have an amendment live beside its original, as no button of ERPNext would allow."""
		copy = frappe.copy_doc(frappe.get_doc(doctype, original))
		copy.update({"amended_from": original, "shopify_key": None, "docstatus": 1, "name": f"{original}-1"})
		copy.flags.name_set = True
		copy.db_insert()
		for row in copy.get("items") or ():
			row.update({"parent": copy.name, "name": frappe.generate_hash(length=12)})
			row.db_insert()
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.db.sql, f"DELETE FROM `tab{doctype}` WHERE name = %s", (copy.name,))
		self.addCleanup(frappe.db.sql, "DELETE FROM `tabSales Order Item` WHERE parent = %s", (copy.name,))
