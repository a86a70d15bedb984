"""Operators' actions: who may, what is refused and why, what is on record."""

from __future__ import annotations

from typing import Any

import frappe

from shopify_sync.api import command_center

from . import payloads, site
from .case import SyncTestCase


def _user(role: str | None) -> str:
	email = f"sync-{(role or 'nobody').lower().replace(' ', '-')}@example.com"
	if not frappe.db.exists("User", email):
		user = frappe.get_doc({"doctype": "User", "email": email, "first_name": role or "Nobody", "send_welcome_email": 0})
		user.insert(ignore_permissions=True)
		if role:
			user.add_roles(role)
		frappe.db.commit()
	return email


class TestCommandCenter(SyncTestCase):
	def dead_letter(self) -> Any:
		return self.carry_out(self.order(total_price="0.01", current_total_price=None))

	def acting_as(self, role: str | None) -> None:
		frappe.set_user(_user(role))
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
		operator = _user("Shopify Sync Operator")
		self.assertEqual([row.action for row in actions], ["Apply", "Retry", "Apply", "Discard"])
		self.assertEqual((actions[1].user, actions[3].user, actions[3].reason), (operator, operator, "A test order."))

	def test_a_list_tells_which_were_refused(self) -> None:
		first, second = self.dead_letter(), self.carry_out({"id": "x"})
		answer = command_center.retry(events=frappe.as_json([first.name, second.name]))
		self.assertEqual(answer["done"], 1)
		self.assertIn("Discard it", answer["refused"][second.name])
		with self.assertRaisesRegex(frappe.ValidationError, "waiting for a worker already"):
			command_center.retry(event=first.name)

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
