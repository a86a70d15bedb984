"""Customers on the site: decisions about conflicts by role and over HTTP, merges in ERPNext's own way, settings, retention."""

from __future__ import annotations

import json
from typing import Any

import frappe
from frappe.utils import add_days, now_datetime

from shopify_sync.api import command_center
from shopify_sync.contract_suite import payloads as suite
from shopify_sync.contract_suite.customer_events import consent, merge, redaction
from shopify_sync.core.customers import fields as customer_fields
from shopify_sync.core.policy import Authority, MatchBy

from . import site
from .case import SyncTestCase
from .operated import person as user_with
from .server import server

DECIDE = "/api/method/shopify_sync.api.command_center.resolve_conflict"


class TestCustomers(SyncTestCase):
	def person(self, customer_id: int, minute: int = 0, **changes: Any) -> dict[str, Any]:
		return suite.customer(str(customer_id), minute, **{"default_address": None, **changes})

	def create(self, **changes: Any) -> int:
		customer_id = site.fresh_id()
		event = self.carry_out(self.person(customer_id, **changes), "customers/create")
		# Linked to a Customer that was there, it may have nothing to write.
		self.assertIn(event.status, ("Applied", "No Change"), event.message)
		return customer_id

	def link(self, customer_id: int) -> Any:
		frappe.db.rollback()
		return frappe.get_doc("Shopify Link", f"{self.STORE}/customer/{customer_id}")

	def contact(self, customer_id: int) -> Any:
		frappe.db.rollback()
		return frappe.get_doc("Contact", {"shopify_key": f"{self.STORE}/contact/{customer_id}"})

	def conflict(self) -> tuple[int, Any, Any]:
		"""Make a conflict about the last name. Return the customer's id, the event and the Sync Conflict."""
		customer_id = self.create()
		contact = self.contact(customer_id)
		contact.last_name = "Hopper"
		contact.save(ignore_permissions=True)
		frappe.db.commit()
		event = self.carry_out(self.person(customer_id, 1, last_name="Sample"), "customers/update")
		self.assertEqual(event.status, "Conflict", event.message)
		return customer_id, event, frappe.get_doc("Sync Conflict", f"{self.STORE}/customer/{customer_id}/last_name")

	def acting_as(self, role: str | None) -> None:
		frappe.set_user(user_with(role))
		self.addCleanup(frappe.set_user, "Administrator")

	def test_a_conflict_says_who_wrote_what_and_when(self) -> None:
		_customer_id, event, row = self.conflict()
		self.assertEqual((row.base_value, row.erpnext_value, row.shopify_value), ("Example", "Hopper", "Sample"))
		self.assertEqual((row.event, row.status, row.erpnext_by), (event.name, "Open", "Administrator"))
		self.assertTrue(row.erpnext_at and row.shopify_at)
		self.assertEqual(row.document_type, "Contact")
		for text in ("Hopper", "Sample"):
			self.assertNotIn(text, event.message)
			evidence = frappe.get_all("Sync Attempt", {"event": event.name}, ["changes", "message", "reads"])
			self.assertNotIn(text, frappe.as_json(evidence))

	def test_only_operators_decide(self) -> None:
		customer_id, _event, row = self.conflict()
		for role in (None, "Shopify Sync Auditor"):
			self.acting_as(role)
			with self.assertRaisesRegex(frappe.PermissionError, "Shopify Sync Operator"):
				command_center.resolve_conflict(row.name, "Take Shopify's")
		self.acting_as("Shopify Sync Operator")
		command_center.resolve_conflict(row.name, "Take Shopify's")
		frappe.set_user("Administrator")
		site.drain()
		self.assertEqual(self.contact(customer_id).last_name, "Sample")
		row.reload()
		self.assertEqual(
			(row.status, row.resolution, row.resolved_by), ("Resolved", "Take Shopify's", user_with("Shopify Sync Operator"))
		)
		(note,) = frappe.get_all("Sync Attempt", {"event": row.event, "action": "Resolve"}, ["user", "reason"])
		self.assertEqual((note.user, note.reason), (user_with("Shopify Sync Operator"), "Contact.last_name: Take Shopify's."))

	def test_who_may_read_the_values(self) -> None:
		_customer_id, _event, row = self.conflict()
		for role, may in ((None, False), ("Shopify Sync Auditor", True), ("Shopify Sync Operator", True)):
			self.acting_as(role)
			self.assertEqual(frappe.has_permission("Sync Conflict", "read", row.name), may, role)
			self.assertFalse(frappe.has_permission("Sync Conflict", "write", row.name), role)

	def test_nonsense_is_refused_with_a_sentence(self) -> None:
		_customer_id, _event, row = self.conflict()
		for args, message in (
			((row.name, "Toss a coin"), "Toss a coin"),
			(("nobody", "Edit"), "There is no Sync Conflict"),
			((row.name, "Edit"), "Say which value"),
		):
			with self.assertRaisesRegex(frappe.ValidationError, message):
				command_center.resolve_conflict(*args)
		command_center.resolve_conflict(row.name, "Keep ERPNext's")
		self.assertIn("decided the same", command_center.resolve_conflict(row.name, "Keep ERPNext's")["message"])
		with self.assertRaisesRegex(frappe.ValidationError, "has decided already"):
			command_center.resolve_conflict(row.name, "Take Shopify's")

	def test_the_buttons_over_http(self) -> None:
		customer_id, _event, row = self.conflict()
		with server() as web:
			answers = {}
			for role in (None, "Shopify Sync Auditor", "Shopify Sync Operator"):
				user = frappe.get_doc("User", user_with(role))
				secret = frappe.generate_hash(length=15)
				user.update({"api_key": user.api_key or frappe.generate_hash(length=15), "api_secret": secret})
				user.save(ignore_permissions=True)
				frappe.db.commit()
				headers = {"Authorization": f"token {user.api_key}:{secret}", "Content-Type": "application/json"}
				body = json.dumps(
					{"conflict": row.name, "resolution": "Edit", "value": "Lovelace", "note": "Asked her."}
				).encode()
				answers[role] = web.post(body, headers, DECIDE)
		self.assertEqual([answer.status_code for answer in answers.values()], [403, 403, 200])
		site.drain()
		self.assertEqual(self.contact(customer_id).last_name, "Lovelace")
		row.reload()
		self.assertEqual((row.status, row.note), ("Resolved", "Asked her."))
		self.assertEqual(site.event(row.event).status, "No Change")

	def test_a_merge_by_hand_is_found_when_the_event_is_tried_again(self) -> None:
		kept, deleted = self.create(first_name=f"Kept {site.fresh_id()}"), self.create(first_name=f"Gone {site.fresh_id()}")
		event = self.carry_out(merge(str(kept), str(deleted)), "customers/merge")
		self.assertEqual(event.status, "Conflict")
		old, new = self.link(deleted).document_name, self.link(kept).document_name
		frappe.rename_doc("Customer", old, new, merge=True)
		frappe.db.commit()
		command_center.retry(event=event.name)
		site.drain()
		row = site.event(event.name)
		self.assertIn(row.status, ("Applied", "No Change"), row.message)
		self.assertEqual(self.link(deleted).document_name, new)
		self.assertFalse(frappe.db.exists("Customer", old))

	def test_merging_moves_what_was_booked(self) -> None:
		self.store.customer_merge = "Merge"
		self.store.save(ignore_permissions=True)
		frappe.db.commit()
		kept, deleted = self.create(first_name=f"Kept {site.fresh_id()}"), self.create(first_name=f"Gone {site.fresh_id()}")
		order = self.book(self.order(customer=self.person(deleted)))
		event = self.carry_out(merge(str(kept), str(deleted)), "customers/merge")
		self.assertEqual(event.status, "Applied", event.message)
		order.reload()
		self.assertEqual(order.customer, self.link(kept).document_name)

	def test_tables_of_the_store_are_checked(self) -> None:
		for table, row in (
			("matching_rules", {"match_by": "Phone"}),
			("field_authority", {"field": "language", "authority": "Shopify"}),
		):
			store = frappe.get_doc("Shopify Store", self.STORE)
			store.set(table, [row, dict(row)])
			with self.assertRaisesRegex(frappe.ValidationError, "says the same as row 1"):
				store.save(ignore_permissions=True)

	def test_the_lists_of_the_form_are_those_of_the_code(self) -> None:
		def options(doctype: str, field: str) -> tuple[str, ...]:
			return tuple(frappe.get_meta(doctype).get_field(field).options.split("\n"))

		self.assertEqual(options("Shopify Field Authority", "field"), customer_fields.AUTHORITY_FIELDS)
		self.assertEqual(options("Shopify Field Authority", "authority"), tuple(map(str, Authority)))
		self.assertEqual(options("Shopify Customer Matching Rule", "match_by"), tuple(map(str, MatchBy)))
		for one in customer_fields.FIELDS:
			self.assertTrue(frappe.get_meta(one.doctype).has_field(one.name), one.name)

	def test_a_contact_of_somebody_else_is_found_by_phone_however_it_is_written(self) -> None:
		digits = str(site.fresh_id())[-10:]
		customer = frappe.get_doc({"doctype": "Customer", "customer_name": f"By hand {digits}"}).insert(ignore_permissions=True)
		contact = {"doctype": "Contact", "first_name": "Ada", "links": [{"link_doctype": "Customer", "link_name": customer.name}]}
		frappe.get_doc({**contact, "phone_nos": [{"phone": f"001 {digits[:3]}-{digits[3:]}"}]}).insert(ignore_permissions=True)
		self.store.append("matching_rules", {"match_by": "Phone"})
		self.store.save(ignore_permissions=True)
		frappe.db.commit()
		customer_id = self.create(phone=f"+1{digits}")
		self.assertEqual(self.link(customer_id).document_name, customer.name)
		customer.reload()
		self.assertEqual(customer.customer_name, f"By hand {digits}", "what was there before is not overwritten")

	def test_a_customer_is_found_by_tax_id(self) -> None:
		number = str(site.fresh_id())
		customer = frappe.get_doc(
			{"doctype": "Customer", "customer_name": f"Works {number}", "tax_id": f"de {number[:4]}.{number[4:]}"}
		)
		customer.insert(ignore_permissions=True)
		self.store.append("matching_rules", {"match_by": "Tax ID"})
		self.store.save(ignore_permissions=True)
		frappe.db.commit()
		customer_id = self.create(tax_id=f"DE{number}")
		self.assertEqual(self.link(customer_id).document_name, customer.name)

	def test_language_currency_exemption_and_consent(self) -> None:
		customer_id = self.create(
			locale="de-AT", tax_exempt=True, currency=self.store_currency(), email_marketing_consent={"state": "subscribed"}
		)
		customer = frappe.get_doc("Customer", self.link(customer_id).document_name)
		self.assertEqual((customer.language, customer.shopify_tax_exempt), ("de", 1))
		self.assertEqual(customer.default_currency, self.store_currency())
		self.assertEqual(self.contact(customer_id).unsubscribed, 0)
		self.carry_out(consent(str(customer_id), "unsubscribed"), "customers_email_marketing_consent/update")
		self.assertEqual(self.contact(customer_id).unsubscribed, 1)
		frappe.db.rollback()
		self.assertEqual(self.carry_out(self.person(customer_id, 1, currency="XTS"), "customers/update").status, "No Change")

	def store_currency(self) -> str:
		return frappe.db.get_value("Company", site.company(), "default_currency")

	def test_the_main_contact_and_address_are_shown_on_the_customer(self) -> None:
		home = {**suite.address("Grace"), "id": site.fresh_id(), "default": True, "phone": "+1 555 010 0099"}
		customer_id = self.create(default_address=home, addresses=[home])
		customer = frappe.get_doc("Customer", self.link(customer_id).document_name)
		contact = self.contact(customer_id)
		self.assertEqual(customer.customer_primary_contact, contact.name)
		self.assertIn("1 Sample Street", customer.primary_address)
		self.assertEqual(customer.mobile_no, contact.mobile_no)
		self.assertEqual([row.phone for row in contact.phone_nos], ["+15550100001", "+1 555 010 0099"])

	def test_conflicts_are_deleted_with_age_and_open_ones_stay(self) -> None:
		_customer_id, _event, row = self.conflict()
		frappe.db.set_value("Sync Conflict", row.name, "modified", add_days(now_datetime(), -200), update_modified=False)
		clear = frappe.get_doc("Sync Conflict", row.name).clear_old_logs
		clear(90)
		self.assertTrue(frappe.db.exists("Sync Conflict", row.name))
		frappe.db.set_value("Sync Conflict", row.name, "status", "Obsolete", update_modified=False)
		clear(90)
		self.assertFalse(frappe.db.exists("Sync Conflict", row.name))

	def test_a_redaction_leaves_nothing_personal_in_the_ledger(self) -> None:
		customer_id, _event, row = self.conflict()
		email = f"grace.{customer_id}@example.com"
		self.carry_out(redaction(str(customer_id), email), "customers/redact")
		frappe.db.rollback()
		kept = frappe.get_all("Sync Event", {"store": self.STORE}, pluck="payload")
		kept += [frappe.as_json(frappe.get_doc("Sync Conflict", row.name)), self.link(customer_id).agreed or ""]
		for text in (email, "Sample", "Hopper", "Grace"):
			self.assertNotIn(text, " ".join(kept))

	def test_the_old_setting_becomes_a_rule_once(self) -> None:
		from shopify_sync import install

		if not frappe.db.has_column("Shopify Store", "customer_matching"):
			return
		frappe.db.sql("UPDATE `tabShopify Store` SET customer_matching = 'E-mail' WHERE name = %s", (self.STORE,))
		for _again in range(2):
			install._take_over_customer_matching()
			rules = frappe.get_doc("Shopify Store", self.STORE).matching_rules
			self.assertEqual([rule.match_by for rule in rules], ["Verified e-mail"])
