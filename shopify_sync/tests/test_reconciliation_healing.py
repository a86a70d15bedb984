"""What is found is healed through the path that everything takes: once, up to a limit, and a second run finds nothing."""

from __future__ import annotations

from typing import ClassVar

import frappe

from shopify_sync.core import keys
from shopify_sync.core.outbound.calls import CallFailed
from shopify_sync.erpnext_host.reconciliation import decisions, running
from shopify_sync.erpnext_host.reconciliation.host import FrappeReconcileHost

from .reconciled import IN, ReconciledCase
from .vouchers import issue


class _Killed(Exception):
	"""The worker's end."""


class _HealingCase(ReconciledCase):
	SETTINGS: ClassVar[dict] = {"reconciliation_healing": "Heal"}

	def plant(self):
		"""Plant a difference of each kind that may be healed without a person; return how many."""
		later, unlinked = self.place(2, financial="pending"), self.place(1)
		self.place(1, told=False)
		with self.served.lock, self.shop.silently():
			self.shop.orders.mark_as_paid(later.id)
			self.shop.inventory.adjust("available", self.stock_id, self.places[0], -5, "shrinkage")
			self.shop.inventory.adjust("available", self.stock_id, self.places[1], -3, "shrinkage")
			self.shop.subscriptions.delete(self.shop.subscriptions.for_topic("orders/create")[0].id)
		frappe.delete_doc("Shopify Link", keys.key(self.STORE, keys.ORDER, unlinked.id), force=True)
		frappe.db.commit()

	def statuses(self):
		frappe.db.rollback()
		rows = frappe.get_all("Sync Discrepancy", {"store": self.STORE}, ["kind", "status"])
		return sorted({(row.kind, row.status) for row in rows})

	def healing_events(self):
		frappe.db.rollback()
		rows = frappe.get_all(
			"Sync Event", {"store": self.STORE, "source": "Reconciliation"}, ["link", "status"], order_by="link"
		)
		return [(row.link.split("/", 1)[1].split("/")[0], row.status) for row in rows]


class TestHealing(_HealingCase):
	def test_a_second_run_is_clean(self):
		self.tell_level(1)
		self.plant()
		run = self.reconcile(heal=True)
		self.assertEqual(sum(run.found.values()), sum(run.healed.values()), self.found())
		self.assertEqual({"Healing"}, {status for _kind, status in self.statuses()})
		events = self.healing_events()
		self.assertEqual(
			{
				("inventory_level", "Applied"),
				("inventory_push", "Applied"),
				("order", "Applied"),
				("order", "No Change"),  # the link that was deleted is there again
			},
			set(events),
			events,
		)
		self.assert_clean()
		self.assertEqual({"Healed"}, {status for _kind, status in self.statuses()})
		self.assertEqual(295 + 5, self.on_hand(self.stock_id))

	def test_a_dry_run_heals_nothing(self):
		self.plant()
		run = self.reconcile()
		self.assertEqual({}, run.healed)
		self.assertEqual([], self.healing_events())
		self.assertEqual({"Open"}, {status for _kind, status in self.statuses()})
		self.assertEqual(run.found, self.reconcile().found)
		frappe.db.rollback()
		rows = frappe.db.sql("SELECT times_seen, status FROM `tabSync Discrepancy` WHERE store = %s", (self.STORE,))
		self.assertEqual({(2, "Open")}, set(rows))

	def test_what_a_person_did_is_never_undone_by_itself(self):
		order = self.place(1, financial="pending")
		self.by_hand(lambda: frappe.get_doc("Sales Order", self.sales_order(order)).cancel())
		run = self.reconcile(heal=True)
		self.assertEqual(({"Missing in ERPNext": 1}, {}), (run.found, run.healed))
		self.assertEqual([("Missing in ERPNext", "Open")], self.statuses())

	def test_a_limit_stops_healing_and_somebody_is_told_once(self):
		self.remake([self.row(0, self.main), self.row(1, self.second, IN)], reconciliation_healing="Heal", reconciliation_limit=2)
		self.tell_product()
		self.subscribe_again()
		for _order in range(4):
			self.place(1, told=False)
		frappe.db.delete("Notification Log", {"document_type": "Reconciliation Run"})
		frappe.db.commit()
		run = self.reconcile(heal=True)
		self.assertEqual(({"Missing in ERPNext": 4}, {"Missing in ERPNext": 2}), (run.found, run.healed))
		doc = frappe.get_doc("Reconciliation Run", run.name)
		self.assertIn("limit of a run", doc.stopped_because)
		self.assertEqual("Completed", doc.status)
		self.assertEqual([("Missing in ERPNext", "Healing"), ("Missing in ERPNext", "Open")], self.statuses())
		told = frappe.get_all(
			"Notification Log", {"document_type": "Reconciliation Run", "document_name": run.name}, pluck="for_user"
		)
		self.assertTrue(told)
		self.assertEqual(len(told), len(set(told)))

	def test_a_kind_that_is_left_to_people_is_not_healed(self):
		self.store.reload()
		self.store.append("healing_rules", {"kind": "Missing in ERPNext", "heals": 0})
		self.store.save()
		frappe.db.commit()
		self.place(1, told=False)
		run = self.reconcile(heal=True)
		self.assertEqual(({"Missing in ERPNext": 1}, {}), (run.found, run.healed))

	def subscribe_again(self):
		with self.served.lock, self.shop.silently():
			self.shop.subscriptions.clear()
		self.subscribe_all()


class TestCrashes(_HealingCase):
	"""A worker is killed at each step of a page; what a resumed run comes to is the same."""

	def test_wherever_a_worker_dies_the_outcome_is_the_same(self):
		for step in ("compared", "noted", "healed", "kept"):
			with self.subTest(step):
				self.plant_anew()
				name = self.run_of(heal=True)
				self.die_at(name, step)
				# Workers go on meanwhile, and carry out what was signalled.
				self.settle()
				run = running.carry_on(name, self.reader())
				self.settle()
				self.assertIsNotNone(run.ended)
				self.assertEqual(({"Missing in ERPNext": 2}, {"Missing in ERPNext": 2}), (run.found, run.healed))
				doc = frappe.get_doc("Reconciliation Run", name)
				self.assertEqual((2, 2, "Completed"), (doc.found, doc.healed, doc.status))
				orders = [status for resource, status in self.healing_events() if resource == "order"]
				self.assertEqual(["Applied", "Applied"], orders)
				self.assert_clean()
				rows = frappe.get_all("Sync Discrepancy", {"store": self.STORE}, ["status", "healed_by_run"])
				self.assertEqual([("Healed", name)] * 2, [(row.status, row.healed_by_run) for row in rows])

	def plant_anew(self):
		frappe.db.delete("Sync Discrepancy", {"store": self.STORE})
		frappe.db.delete("Sync Event", {"store": self.STORE, "source": "Reconciliation"})
		frappe.db.commit()
		for _order in range(2):
			self.place(1, told=False)

	def die_at(self, name, step):
		"""Have a worker die at a step of the page that holds the orders."""

		def probe(at):
			frappe.db.rollback()
			events = frappe.db.count("Sync Discrepancy", {"store": self.STORE}) if at != "compared" else 1
			if at == step and events and self.at_orders:
				raise _Killed(at)

		self.at_orders = False
		original = FrappeReconcileHost.orders

		def orders(host, policy, some):
			self.at_orders = True
			return original(host, policy, some)

		FrappeReconcileHost.orders = orders
		try:
			self.assertRaises(_Killed, running.carry_on, name, self.reader(), probe=probe)
		finally:
			FrappeReconcileHost.orders = original
			frappe.db.set_value("Reconciliation Run", name, {"status": "Running", "ended_at": None, "stopped_because": None})
			frappe.db.commit()

	def test_while_shopify_does_not_answer_a_run_waits(self):
		self.place(1, told=False)
		name = self.run_of()
		reader = self.reader()
		reader.subscriptions = _unavailable
		self.assertRaises(CallFailed, running.carry_on, name, reader)
		doc = frappe.get_doc("Reconciliation Run", name)
		self.assertEqual("Running", doc.status)
		self.assertIn("away", doc.waits_for)
		run = running.carry_on(name, self.reader())
		self.assertEqual({"Missing in ERPNext": 1}, run.found)
		self.assertFalse(frappe.db.get_value("Reconciliation Run", name, "waits_for"))


class TestDecisions(_HealingCase):
	def test_what_is_proposed_is_carried_out_by_a_button(self):
		self.tell_level(1)
		self.plant()
		self.reconcile()
		for name in frappe.get_all("Sync Discrepancy", {"store": self.STORE, "status": "Open"}, pluck="name"):
			decisions.heal(name, "Administrator", self.reader())
		self.settle()
		self.assert_clean()
		self.assertEqual({"Healed"}, {status for _kind, status in self.statuses()})

	def test_an_order_that_somebody_cancelled_or_deleted_is_restored(self):
		cancelled, deleted = self.place(1, financial="pending"), self.place(2, financial="pending")
		names = [self.sales_order(cancelled), self.sales_order(deleted)]
		for name in names:
			self.by_hand(lambda name=name: frappe.get_doc("Sales Order", name).cancel())
		self.by_hand(lambda: frappe.delete_doc("Sales Order", names[1]))
		self.reconcile()
		for order in (cancelled, deleted):
			decisions.restore(self.discrepancy(shopify_id=order.id).name, "Administrator", self.reader())
		self.settle()
		self.assert_clean()
		self.assertEqual([("Missing in ERPNext", "Healed")], self.statuses())
		for order in (cancelled, deleted):
			self.assertEqual(1, frappe.db.get_value("Sales Order", self.sales_order(order), "docstatus"))

	def test_what_was_dismissed_stays_so_until_a_value_changes(self):
		order = self.place(1, told=False)
		self.reconcile()
		name = self.discrepancy().name
		self.assertRaises(decisions.Refused, decisions.dismiss, name, "Administrator", " ")
		decisions.dismiss(name, "Administrator", "A test order.")
		self.reconcile()
		doc = frappe.get_doc("Sync Discrepancy", name)
		self.assertEqual(("Dismissed", "A test order.", "Administrator"), (doc.status, doc.resolution, doc.resolved_by))
		with self.served.lock, self.shop.silently():
			self.shop.edits.begin(order.id)
		frappe.db.set_value("Sync Discrepancy", name, "shopify_value", "1 USD")
		frappe.db.commit()
		self.reconcile()
		doc.reload()
		self.assertEqual(("Open", None, None), (doc.status, doc.resolution or None, doc.resolved_by or None))

	def test_one_that_a_person_has_to_look_at_is_not_healed_by_a_button(self):
		order = self.place(1, financial="pending")
		self.by_hand(lambda: frappe.get_doc("Sales Order", self.sales_order(order)).cancel())
		self.reconcile()
		self.assertRaises(decisions.Refused, decisions.heal, self.discrepancy().name, "Administrator", self.reader())

	def test_one_record_is_compared_again(self):
		order, other = self.place(1, told=False), self.place(1, told=False)
		self.reconcile()
		self.tell_order(order)
		name = self.discrepancy(shopify_id=order.id).name
		run = running.carry_on(decisions.compare_again(name, "Administrator"), self.reader())
		self.assertEqual(1, run.compared)
		self.assertEqual("Resolved", frappe.db.get_value("Sync Discrepancy", name, "status"))
		self.assertEqual("Open", self.discrepancy(shopify_id=other.id).status)


class TestStockThatMoves(_HealingCase):
	def test_stock_of_both_ways_ends_where_its_side_says(self):
		self.tell_level(1)
		issue(self.code, self.second, 4)
		frappe.db.commit()
		with self.served.lock, self.shop.silently():
			self.shop.inventory.adjust("available", self.stock_id, self.places[0], 9, "shrinkage")
		self.reconcile(heal=True)
		self.assert_clean()
		self.assertEqual(300, self.on_hand(self.stock_id))
		self.assertEqual(40, frappe.db.get_value("Bin", {"item_code": self.code, "warehouse": self.second}, "actual_qty"))


def _unavailable():
	from shopify_sync.core.failures import Category, Failure

	raise CallFailed(Failure(Category.SHOPIFY_UNAVAILABLE, "Shopify is away."), may_have_arrived=False)
