"""Shopify Store: what it refuses, and what the rules see of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import frappe

from shopify_sync import install
from shopify_sync.core.orders.states import DEFAULT_RULES
from shopify_sync.core.policy import BookedMoney, GatewayRule, InvoiceNaming, OrderOutcome, StateRule
from shopify_sync.erpnext_host import policies

from . import site
from .case import SyncTestCase
from .documents import cash_account, expense_account


class TestSettings(SyncTestCase):
	def refused(self, words: str, **values: Any) -> None:
		store = frappe.get_doc("Shopify Store", self.STORE)
		for field, value in values.items():
			store.set(field, value)
		with self.assertRaisesRegex(frappe.ValidationError, words):
			store.save()

	def rule(self, **values: Any) -> dict[str, Any]:
		return {"financial_status": "paid", "outcome": "Submitted", "priority": 10, **values}

	def test_a_new_store_has_the_standard_rules(self) -> None:
		self.assertEqual(policies.policy(self.STORE).state_rules, DEFAULT_RULES)

	def test_a_store_from_before_gets_them_at_the_next_migrate(self) -> None:
		frappe.db.delete("Shopify Order State Rule", {"parent": self.STORE})
		install._fill_order_states()
		frappe.db.commit()
		self.assertEqual(policies.policy(self.STORE).state_rules, DEFAULT_RULES)
		install._fill_order_states()
		self.assertEqual(frappe.db.count("Shopify Order State Rule", {"parent": self.STORE}), len(DEFAULT_RULES))

	def test_what_the_rules_see(self) -> None:
		store = frappe.get_doc("Shopify Store", self.STORE)
		store.update({"booked_money": "Presentment money", "invoice_naming": "Naming Series", "duty_account": expense_account()})
		store.set("order_state_rules", [self.rule(cancelled="No", make_invoice=1, make_payments=1, make_deliveries=0)])
		store.append("gateway_mapping", {"gateway": " PayPal ", "account": cash_account(), "fee_account": expense_account()})
		store.append("field_mapping", {"source": "tags", "sales_order_field": "po_no"})
		store.append(
			"field_mapping", {"source": "note_attribute", "note_attribute": "Gift", "sales_order_field": "customer_group"}
		)
		store.save()
		frappe.db.commit()
		policy = policies.policy(self.STORE)
		rule = StateRule(OrderOutcome.SUBMITTED, "paid", None, cancelled=False, invoice=True, payment=True, priority=10)
		self.assertEqual(policy.state_rules, (rule,))
		self.assertEqual(policy.gateway("paypal"), GatewayRule("PayPal", None, cash_account(), None, expense_account()))
		self.assertEqual(policy.field_rules, (("tags", "po_no"), ("note_attribute:Gift", "customer_group")))
		self.assertEqual((policy.booked_money, policy.invoice_naming), (BookedMoney.PRESENTMENT, InvoiceNaming.SERIES))
		self.assertEqual(
			(policy.duty_account, policy.invoice_prefix, policy.rounding_tolerance), (expense_account(), "SINV-", Decimal(0))
		)
		self.assertEqual(policy.rounding_account, frappe.db.get_value("Company", site.company(), "round_off_account"))

	def test_accounts_are_the_companys_own_and_can_be_booked_on(self) -> None:
		group = frappe.db.get_value("Account", {"company": site.company(), "is_group": 1})
		other = frappe.db.get_value("Account", {"company": ("!=", site.company()), "is_group": 0})
		for field in ("duty_account", "adjustment_account", "rounding_account", "gift_card_account", "shipping_account"):
			self.refused("is a group or disabled", **{field: group})
			if other:
				self.refused("belongs to", **{field: other})
		self.refused("is a group", gateway_mapping=[{"gateway": "paypal", "account": group}])

	def test_gateways_once_each_with_an_account(self) -> None:
		row = {"gateway": "PayPal", "account": cash_account()}
		self.refused("says the same as row 1", gateway_mapping=[row, {**row, "gateway": "paypal "}])
		self.refused("enter an Account", gateway_mapping=[{"gateway": "paypal"}])

	def test_rules_that_contradict_themselves_or_each_other(self) -> None:
		for outcome in ("Draft", "No document", "Hold for review"):
			self.refused("need a submitted Sales Order", order_state_rules=[self.rule(outcome=outcome, make_invoice=1)])
		self.refused("says the same as row 1", order_state_rules=[self.rule(), self.rule(outcome="Closed")])

	def test_fields_that_a_sales_order_has_and_that_are_free(self) -> None:
		self.refused("has no field", field_mapping=[{"source": "note", "sales_order_field": "no_such_field"}])
		self.refused("has no field", field_mapping=[{"source": "note", "sales_order_field": "items"}])
		self.refused("itself writes", field_mapping=[{"source": "note", "sales_order_field": "customer"}])
		self.refused("name of the attribute", field_mapping=[{"source": "note_attribute", "sales_order_field": "po_no"}])
