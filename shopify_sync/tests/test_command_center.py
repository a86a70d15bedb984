"""Operators' actions: who may, what is refused and why, what is on record."""

from __future__ import annotations

from typing import Any

import frappe

from shopify_sync.api import command_center
from shopify_sync.core.preview import as_text
from shopify_sync.erpnext_host import previews

from . import payloads, site
from .case import SyncTestCase
from .documents import cash_account, expense_account
from .operated import person


class TestCommandCenter(SyncTestCase):
	def dead_letter(self) -> Any:
		return self.carry_out(self.order(total_price="0.01", current_total_price=None))

	def acting_as(self, role: str | None) -> None:
		frappe.set_user(person(role))
		self.addCleanup(frappe.set_user, "Administrator")

	def test_others_are_refused(self) -> None:
		event = self.dead_letter()
		for role in (None, "Shopify Sync Auditor"):
			self.acting_as(role)
			for act in (
				lambda: command_center.retry(event=event.name),
				lambda: command_center.discard(event.name, "no"),
				lambda: command_center.map_item(event.name, "TEE-M"),
			):
				with self.assertRaisesRegex(frappe.PermissionError, "Shopify Sync Operator"):
					act()
		self.assertEqual(site.event(event.name).status, "Dead Letter")

	def test_an_operator_retries_and_discards(self) -> None:
		event = self.dead_letter()
		self.acting_as("Shopify Sync Operator")
		self.assertEqual(command_center.retry(event=event.name)["done"], 1)
		site.drain()
		with self.assertRaisesRegex(frappe.ValidationError, "Say why"):
			command_center.discard(event.name, " ")
		command_center.discard(event.name, "A test order.")
		row = site.event(event.name)
		self.assertEqual((row.status, row.discard_reason), ("Discarded", "A test order."))
		actions = frappe.get_all("Sync Attempt", {"event": event.name}, ["action", "user", "reason"], order_by="creation")
		operator = person("Shopify Sync Operator")
		self.assertEqual([row.action for row in actions], ["Apply", "Retry", "Apply", "Discard"])
		self.assertEqual((actions[1].user, actions[3].user, actions[3].reason), (operator, operator, "A test order."))

	def test_a_list_tells_which_were_refused(self) -> None:
		first, second = self.dead_letter(), self.carry_out({"id": "x"})
		answer = command_center.retry(events=frappe.as_json([first.name, second.name]))
		self.assertEqual(answer["done"], 1)
		self.assertIn("Discard it", answer["refused"][second.name])
		with self.assertRaisesRegex(frappe.ValidationError, "waiting for a worker already"):
			command_center.retry(event=first.name)

	def test_what_is_no_list_of_events_is_refused(self) -> None:
		for events in ("not json", "7", '"one"', '{"a": 1}', "[]"):
			with self.assertRaisesRegex(frappe.ValidationError, "Choose between"):
				command_center.retry(events=events)

	def test_mapping_from_the_failure_sets_all_that_wait_going(self) -> None:
		sku = f"UNKNOWN-{site.fresh_id()}"
		events = [self.carry_out(self.order([payloads.line(1, sku, "5.00")])) for _ in range(2)]
		self.assertEqual([event.missing for event in events], [f"item:{sku}"] * 2)
		self.acting_as("Shopify Sync Operator")
		with self.assertRaisesRegex(frappe.ValidationError, "no Item NOPE"):
			command_center.map_item(events[0].name, "NOPE")
		command_center.map_item(events[0].name, "MUG-1")
		frappe.db.commit()
		site.drain()
		for event in events:
			row = site.event(event.name)
			self.assertEqual(row.status, "Applied", row.message)
			self.assertEqual(frappe.get_doc("Sales Order", row.document_name).items[0].item_code, "MUG-1")

	def test_the_ledger_cannot_be_edited_by_hand(self) -> None:
		event = self.dead_letter()
		self.acting_as("Shopify Sync Manager")
		doc = frappe.get_doc("Sync Event", event.name)
		doc.status = "Applied"
		with self.assertRaises(frappe.PermissionError):
			doc.save()

	def test_the_secret_is_not_readable(self) -> None:
		stored = frappe.db.get_value("Shopify Store", self.STORE, "client_secret")
		self.assertNotIn(site.SECRET, stored or "")
		self.assertNotIn(site.SECRET, frappe.as_json(frappe.get_doc("Shopify Store", self.STORE)))


class TestWhatAStoreLacks(SyncTestCase):
	"""A state without a rule, a gateway without an account: added from the failure, and a preview of what would come of it."""

	def acting_as(self, role: str | None) -> None:
		frappe.set_user(person(role))
		self.addCleanup(frappe.set_user, "Administrator")

	def paid(self, status: str = "paid", gateway: str = "paypal") -> Any:
		number = site.fresh_id()
		payment = {
			"id": number, "order_id": number, "kind": "sale", "status": "success", "amount": "20.00", "currency": "USD",
			"gateway": gateway, "processed_at": "2026-10-05T10:00:00-04:00", "created_at": "2026-10-05T10:00:00-04:00",
		}  # fmt: skip
		payload = payloads.order(number, financial_status=status, total_outstanding="0.00", current_total_price="20.00")
		self.carry_out(payment, "order_transactions/create")
		return self.carry_out(payload | {"payment_gateway_names": [gateway]}, "orders/paid")

	def test_a_rule_for_a_state_that_has_none(self) -> None:
		store = frappe.get_doc("Shopify Store", self.STORE)
		store.set("order_state_rules", [{"financial_status": "pending", "outcome": "Submitted", "priority": 10}])
		store.save()
		frappe.db.commit()
		event = self.paid("paid_in_shells")
		self.assertEqual((event.status, event.missing), ("Blocked", "state:paid_in_shells|unfulfilled|no"), event.message)
		self.acting_as("Shopify Sync Operator")
		with self.assertRaisesRegex(frappe.PermissionError, "Shopify Sync Manager"):
			command_center.add_state_rule(event.name, "Submitted")
		self.acting_as("Shopify Sync Manager")
		with self.assertRaisesRegex(frappe.ValidationError, "does not wait for a payment gateway"):
			command_center.map_gateway(event.name, cash_account())
		command_center.add_state_rule(event.name, "Submitted", make_invoice="1")
		frappe.db.commit()
		frappe.set_user("Administrator")
		site.drain()
		event = site.event(event.name)
		self.assertEqual(event.status, "Applied", event.message)
		self.assertTrue(frappe.db.exists("Sales Invoice", {"shopify_key": f"{event.link}/invoice/1"}))

	def test_a_gateway_that_has_no_account(self) -> None:
		gateway = f"pay{site.fresh_id()}"
		event = self.paid(gateway=gateway)
		self.assertEqual((event.status, event.missing), ("Blocked", f"gateway:{gateway}"), event.message)
		self.acting_as("Shopify Sync Manager")
		with self.assertRaisesRegex(frappe.ValidationError, "does not wait for an Order State Rule"):
			command_center.add_state_rule(event.name, "Submitted")
		command_center.map_gateway(event.name, cash_account(), fee_account=expense_account())
		frappe.db.commit()
		frappe.set_user("Administrator")
		site.drain()
		event = site.event(event.name)
		self.assertEqual(event.status, "Applied", event.message)
		entry = frappe.get_value(
			"Payment Entry", {"shopify_key": ("like", f"{event.link}/transaction/%")}, ["paid_to", "paid_amount"]
		)
		self.assertEqual(entry, (cash_account(), 20))

	def test_a_preview_changes_nothing_and_an_auditor_may_look(self) -> None:
		store = frappe.get_doc("Shopify Store", self.STORE)
		store.append("gateway_mapping", {"gateway": "paypal", "account": cash_account()})
		store.mode = "Paused"
		store.save()
		frappe.db.commit()
		event = self.paid()
		self.assertEqual(event.status, "Held")
		self.acting_as("Shopify Sync Auditor")
		described = command_center.preview(event.name)
		made = [change["doctype"] for change in described["changes"]]
		self.assertEqual(
			made[-2:], ["Sales Order", "Sales Invoice"], "the payment came as an event of its own, which is held too"
		)
		self.assertFalse(frappe.db.exists("Sales Order", {"shopify_key": event.link}))
		self.assertNotIn("Ada", frappe.as_json(described))
		lines = "\n".join(as_text(described))
		self.assertIn("create Sales Invoice", lines)
		self.assertIn("item_code TEE-M", lines)
		self.acting_as(None)
		with self.assertRaises(frappe.PermissionError):
			command_center.preview(event.name)

	def test_an_order_is_found_by_any_of_its_names(self) -> None:
		payload = self.order()
		order = self.book(payload)
		event = previews.find_event(order.name)
		for name in (payload["name"], payload["name"].lstrip("#"), str(payload["id"]), event):
			self.assertEqual(previews.find_event(name), event)
		self.assertEqual(previews.preview(event)["decision"], "plan")
		for name in ("#no-such-order", "Sales Order"):
			with self.assertRaisesRegex(frappe.ValidationError, "No event of an order"):
				command_center.preview(sales_order=name)
