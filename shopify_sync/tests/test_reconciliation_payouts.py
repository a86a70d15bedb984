"""Payouts of Shopify Payments on a site: beside the Payment Entries on the clearing account, whoever touched them."""

from __future__ import annotations

import frappe

from shopify_sync.core import keys
from shopify_sync.core.reconciliation.findings import PAYOUTS
from shopify_sync.core.reconciliation.payouts import wanted
from shopify_sync.core.reconciliation.schedule import Depth
from shopify_sync.erpnext_host import policies
from shopify_sync.erpnext_host.reconciliation.host import FrappeReconcileHost

from . import site
from .counting import statements
from .reconciled import ReconciledCase


class TestPayouts(ReconciledCase):
	def setUp(self):
		super().setUp()
		self.account, self.clearing = (make_account(title) for title in ("Payout Bank", "Payout Clearing"))
		store = frappe.get_doc("Shopify Store", self.STORE)
		store.reconcile_payouts = 1
		store.append(
			"gateway_mapping",
			{
				"gateway": "shopify_payments",
				"mode_of_payment": "Cash",
				"account": self.account,
				"clearing_account": self.clearing,
			},
		)
		store.save()
		frappe.db.commit()

	def test_a_payout_whose_payments_are_booked_agrees(self):
		order = self.sold(2)
		self.sold(1)
		with self.served.lock, self.shop.silently():
			self.shop.refunds.create(order.id, [(order.line_items[0].id, 1, "cancel")])
		self.tell_order(order)
		self.pay_out()
		run = self.assert_clean()
		self.assertEqual((1, 1), (run.tallies[PAYOUTS].compared, run.tallies[PAYOUTS].agreed))
		figures = frappe.get_all("Reconciliation Figure", {"parent": run.name, "resource_type": PAYOUTS, "status": "paid"}, ["*"])
		self.assertEqual(
			[(3, 3, 22.0, 22.0)], [(f.shopify_count, f.erpnext_count, f.shopify_total, f.erpnext_total) for f in figures]
		)

	def test_what_people_did_to_payments_is_found_with_who_did_it(self):
		cancelled, deleted, elsewhere, amended, fine = (self.sold(1) for _order in range(5))
		self.pay_out()
		self.by_hand(lambda: frappe.get_doc("Payment Entry", self.payment(cancelled)).cancel())
		self.by_hand(lambda: self.remove(self.payment(deleted)))
		self.by_hand(lambda: self.amend(self.payment(elsewhere), paid_to=self.account))
		self.by_hand(lambda: self.amend(self.payment(amended)))
		self.reconcile(Depth.FULL)
		rows = frappe.get_all("Sync Discrepancy", {"store": self.STORE, "kind": "Payout", "status": "Open"}, ["*"])
		found = {row.field: row for row in rows}
		self.assertEqual({self.transaction(one) for one in (cancelled, deleted, elsewhere)}, set(found))
		self.assertNotIn(self.transaction(fine), found)
		self.assertEqual({"clerk@example.com"}, {row.changed_by for row in rows})
		self.assertEqual({("Changed by hand", "Review")}, {(row.cause, row.proposal) for row in rows})
		row = found[self.transaction(deleted)]
		self.assertEqual(
			("11.00 USD", "no Payment Entry", -11.0, "USD"), (row.shopify_value, row.erpnext_value, row.amount, row.unit)
		)
		row = found[self.transaction(elsewhere)]
		self.assertEqual(
			(f"11.00 USD on {self.clearing}", f"11.00 USD on {self.account}"), (row.shopify_value, row.erpnext_value)
		)
		self.assertEqual("Payment Entry", row.document_type)

	def test_one_payout_is_compared_again(self):
		order = self.sold(1)
		payout = self.pay_out()
		self.by_hand(lambda: frappe.get_doc("Payment Entry", self.payment(order)).cancel())
		run = self.reconcile(Depth.RECORDS, ids={PAYOUTS: (payout.id,)})
		self.assertEqual((1, {"Payout": 1}), (run.compared, run.found))

	def test_any_number_of_payments_is_read_by_the_same_statements(self):
		orders = [self.sold(1)]
		few = self.statements_for(orders)
		orders += [self.sold(1) for _order in range(4)]
		self.assertEqual(few, self.statements_for(orders))

	# --- the shop ------------------------------------------------------------------------------------------------------

	def sold(self, pieces):
		return self.place(pieces, gateway="shopify_payments")

	def pay_out(self):
		with self.served.lock, self.shop.silently():
			return self.shop.payouts.issue()

	def transaction(self, order):
		return next(one.id for one in order.transactions if one.kind == "sale")

	def statements_for(self, orders):
		pairs = {self.transaction(order): order.id for order in orders}
		host = FrappeReconcileHost()
		host.payments(policies.policy(self.STORE), pairs)
		with statements() as sent:
			found = host.payments(policies.policy(self.STORE), pairs)
		self.assertEqual(set(pairs), set(found.entries))
		self.assertEqual(wanted([]), {})
		return len(sent)

	# --- what people do ------------------------------------------------------------------------------------------------

	def payment(self, order):
		key = f"{keys.key(self.STORE, keys.ORDER, order.id)}/transaction/{self.transaction(order)}"
		return frappe.db.get_value("Payment Entry", {"shopify_key": key}, "name")

	def remove(self, name):
		frappe.get_doc("Payment Entry", name).cancel()
		frappe.delete_doc("Payment Entry", name, force=True)

	def amend(self, name, **values):
		frappe.get_doc("Payment Entry", name).cancel()
		copy = frappe.copy_doc(frappe.get_doc("Payment Entry", name))
		copy.update({"amended_from": name, "docstatus": 0, "shopify_key": None, **values})
		copy.insert()
		copy.submit()


def make_account(title):
	"""Return an account for money in the company's currency."""
	company = site.company()
	name = frappe.db.get_value("Account", {"account_name": title, "company": company})
	if name:
		return name
	beside = frappe.db.get_value("Account", {"company": company, "account_type": "Cash", "is_group": 0}, "parent_account")
	values = {"doctype": "Account", "account_name": title, "company": company, "parent_account": beside, "account_type": "Bank"}
	return frappe.get_doc(values).insert().name
