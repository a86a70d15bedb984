"""Differences are planted on both sides; a run finds each, says what it most likely comes from, and finds nothing else."""

from __future__ import annotations

import frappe
from erpnext.controllers.accounts_controller import update_child_qty_rate

from shopify_sync.core import keys
from shopify_sync.core.reconciliation.schedule import Depth
from shopify_sync.erpnext_host import times
from shopify_sync.erpnext_host.event_log import FrappeEventLog

from . import site
from .reconciled import IN, ReconciledCase
from .vouchers import issue


class TestAgreement(ReconciledCase):
	def test_what_agrees_is_said_to_be_compared(self):
		for pieces in (1, 2, 3):
			self.place(pieces)
		self.place(1, financial="pending")
		run = self.assert_clean()
		self.assertEqual(4, run.tallies["order"].compared)
		doc = frappe.get_doc("Reconciliation Run", run.name)
		self.assertEqual(("Completed", 100, 0), (doc.status, doc.progress, doc.found))
		figures = {row.resource_type: (row.compared, row.agreed) for row in doc.figures if not row.day}
		self.assertEqual((4, 4), figures["order"])
		self.assertEqual((2, 2), figures["inventory_level"])
		by_status = {row.status: (row.shopify_count, row.erpnext_count) for row in doc.figures if row.day}
		self.assertEqual({"paid, unfulfilled": (3, 3), "pending, unfulfilled": (1, 1)}, by_status)
		self.assertEqual([], self.found())


class TestOrders(ReconciledCase):
	def test_each_planted_difference_is_found_and_explained(self):
		agreed = self.place(1)
		lost = self.place(1, told=False)
		later = self.place(2, financial="pending")
		cancelled = self.place(1, financial="pending")
		deleted = self.place(1, financial="pending")
		edited = self.place(2, financial="pending")
		unpaid = self.place(3)
		unlinked = self.place(1)
		gone = self.place(1, financial="pending")
		with self.served.lock, self.shop.silently():
			self.shop.orders.mark_as_paid(later.id)
			self.shop.orders.delete(gone.id)
		self.by_hand(lambda: frappe.get_doc("Sales Order", self.sales_order(cancelled)).cancel())
		self.by_hand(lambda: self.remove(self.sales_order(deleted)))
		self.by_hand(lambda: self.reprice(self.sales_order(edited), 12))
		payment = self.payment(unpaid)
		self.by_hand(lambda: frappe.get_doc("Payment Entry", payment).cancel())
		frappe.delete_doc("Shopify Link", keys.key(self.STORE, keys.ORDER, unlinked.id), force=True)
		frappe.db.commit()
		self.reconcile()

		def of(order, **more):
			rows = self.rows(order)
			return [(row.kind, row.cause, row.proposal) for row in rows]

		self.assertEqual([], of(agreed))
		self.assertEqual([("Missing in ERPNext", "Lost webhook", "Apply Shopify's state")], of(lost))
		kinds = {kind for kind, cause, proposal in of(later) if (cause, proposal) == ("Lost webhook", "Apply Shopify's state")}
		self.assertEqual(len(of(later)), len(kinds))
		self.assertLessEqual({"Total", "Paid"}, kinds)
		self.assertEqual([("Missing in ERPNext", "Changed by hand", "Review")], of(cancelled))
		self.assertEqual([("Missing in ERPNext", "Changed by hand", "Review")], of(deleted))
		self.assertEqual([("Total", "Changed by hand", "Review")], of(edited))
		self.assertEqual(["Paid"], [row.kind for row in self.rows(unpaid)])
		self.assertEqual("Changed by hand", self.rows(unpaid)[0].cause)
		self.assertEqual([("Link", "Broken link", "Apply Shopify's state")], of(unlinked))
		self.assertEqual([("Not in Shopify", "Deleted in Shopify", "Review")], of(gone))
		by = {self.rows(order)[0].changed_by for order in (cancelled, deleted, edited, unpaid)}
		self.assertEqual({"clerk@example.com"}, by)
		self.assertEqual({"order"}, {row.resource_type for row in self.rows()})
		total = self.rows(edited)[0]
		# 2 pieces at 12.00 and 10 % taxes that stay as Shopify stated them, for 2 at 10.00.
		self.assertEqual((4.0, "USD"), (total.amount, total.unit))

	def test_an_event_that_failed_or_was_discarded_is_named(self):
		failed, discarded = self.place(1, told=False), self.place(1, told=False)
		link = keys.key(self.STORE, keys.VARIANT, self.variant)
		frappe.db.set_value("Shopify Link", link, {"document_name": None, "document_type": None}, update_modified=False)
		frappe.db.set_value("Shopify Store", self.STORE, "item_matching", "Shopify Link only")
		frappe.db.commit()
		blocked, put_away = self.tell_order(failed, with_money=False), self.tell_order(discarded, with_money=False)
		self.assertEqual({"Blocked"}, {blocked.status, put_away.status})
		FrappeEventLog().discard(put_away.name, "Administrator", "Not wanted.")
		self.reconcile(Depth.RECORDS, ids={keys.ORDER: (failed.id, discarded.id)})
		row = self.rows(failed)[0]
		self.assertEqual(("Missing in ERPNext", "Failed event", "Mend and retry the event"), (row.kind, row.cause, row.proposal))
		self.assertEqual(blocked.name, row.event)
		row = self.rows(discarded)[0]
		self.assertEqual(("Missing in ERPNext", "Event discarded", "Review"), (row.kind, row.cause, row.proposal))

	def test_a_document_that_was_amended_is_the_order_s(self):
		order = self.place(2, financial="pending")
		name = self.sales_order(order)

		def amend():
			frappe.get_doc("Sales Order", name).cancel()
			copy = frappe.copy_doc(frappe.get_doc("Sales Order", name))
			copy.update({"amended_from": name, "docstatus": 0, "shopify_key": None})
			copy.insert()
			copy.submit()

		self.by_hand(amend)
		self.assert_clean()

	def test_a_light_run_looks_at_what_changed_since(self):
		self.place(1, told=False)
		run = self.reconcile(Depth.LIGHT, since=times.now())
		self.assertEqual((0, {}), (run.tallies["order"].compared, run.found))
		run = self.reconcile(Depth.LIGHT, since=times.now().replace(year=2020))
		self.assertEqual({"Missing in ERPNext": 1}, run.found)

	# --- what people do ------------------------------------------------------------------------------------------------

	def rows(self, order=None):
		frappe.db.rollback()
		filters = {"store": self.STORE, "status": "Open", **({"shopify_id": order.id} if order else {})}
		return frappe.get_all("Sync Discrepancy", filters, ["*"], order_by="kind, field")

	def remove(self, sales_order):
		frappe.get_doc("Sales Order", sales_order).cancel()
		frappe.delete_doc("Sales Order", sales_order)

	def reprice(self, sales_order, rate):
		doc = frappe.get_doc("Sales Order", sales_order)
		row = doc.items[0]
		rows = [{"docname": row.name, "item_code": row.item_code, "qty": row.qty, "rate": rate, "conversion_factor": 1}]
		update_child_qty_rate("Sales Order", frappe.as_json(rows), sales_order)

	def payment(self, order):
		key = f"{keys.key(self.STORE, keys.ORDER, order.id)}/transaction/%"
		return frappe.db.get_value("Payment Entry", {"shopify_key": ("like", key)}, "name")


class TestTheRest(ReconciledCase):
	def test_stock_links_subscriptions_and_customers(self):
		with self.served.lock, self.shop.silently():
			customer = self.shop.customers.create(first_name="Ada", last_name="Example", email=f"a{site.fresh_id()}@example.com")
		self.assertEqual("Applied", self.tell_customer(customer).status)
		self.tell_level(1)
		self.assert_clean()
		with self.served.lock, self.shop.silently():
			self.shop.inventory.adjust("available", self.stock_id, self.places[0], -5, "shrinkage")
			self.shop.inventory.adjust("available", self.stock_id, self.places[1], -3, "shrinkage")
			self.shop.customers.update(customer.id, first_name="Augusta")
			lost = self.shop.subscriptions.for_topic("orders/create")[0]
			self.shop.subscriptions.delete(lost.id)
		self.reconcile()
		self.assertEqual(
			[
				("Customer", "customer_name", "Lost webhook", "Apply Shopify's state"),
				("Customer", "first_name", "Lost webhook", "Apply Shopify's state"),
				("Stock", "available", "Lost webhook", "Apply Shopify's state"),
				("Stock", "on_hand", "Changed in Shopify", "Push ERPNext's state"),
				("Webhook Subscription", "address", "Deleted in Shopify", "Create the subscription"),
			],
			self.found(),
		)
		names = frappe.get_all("Sync Discrepancy", {"store": self.STORE, "kind": "Customer"}, ["shopify_value", "erpnext_value"])
		self.assertNotIn("Augusta", str(names))
		self.assertEqual(5, self.discrepancy(field="on_hand").amount)
		self.assertEqual(3, self.discrepancy(field="available").amount)

	def test_stock_that_moved_in_erpnext_and_a_link_that_was_deleted(self):
		self.tell_level(1)
		issue(self.code, self.second, 4)
		frappe.delete_doc("Shopify Link", keys.key(self.STORE, keys.VARIANT, self.variant), force=True)
		frappe.db.commit()
		self.push()
		self.reconcile()
		found = self.found()
		self.assertIn("Stock", {kind for kind, _field, _cause, _proposal in found})
		stock = self.discrepancy(kind="Stock")
		self.assertEqual((-4, "Changed by hand", "Apply Shopify's state"), (stock.amount, stock.cause, stock.proposal))
		self.assertIn(("Link", "variant", "Broken link", "Apply Shopify's state"), found)
		self.assertEqual(2, len(found), found)


class TestSettings(ReconciledCase):
	def test_a_store_begins_with_a_dry_run(self):
		from shopify_sync.erpnext_host.reconciliation.settings import settings_of

		settings = settings_of(self.STORE)
		self.assertEqual(
			(True, 50, 60, 2, 40),
			(settings.dry_run, settings.limit, settings.every_minutes, settings.nightly_hour, settings.share),
		)
		self.remake(
			[self.row(0, self.main), self.row(1, self.second, IN)],
			healing_rules=[{"kind": "Stock", "heals": 0}, {"kind": "Total", "heals": 1, "run_limit": 3}],
		)
		rules = settings_of(self.STORE).rules
		self.assertEqual([("Stock", False, 0), ("Total", True, 3)], [(rule.kind, rule.heals, rule.limit) for rule in rules])

	def test_what_cannot_be_is_refused(self):
		for values in ({"reconcile_hour": 24}, {"reconcile_share": 0}, {"reconcile_share": 99}):
			self.store.reload()
			self.store.update(values)
			self.assertRaises(frappe.ValidationError, self.store.save)
		self.store.reload()
		for _twice in range(2):
			self.store.append("healing_rules", {"kind": "Stock"})
		self.assertRaises(frappe.ValidationError, self.store.save)
