"""The evidence as people see it: an event's story, a record's story on its documents, both sides of a record."""

from __future__ import annotations

from typing import Any

import frappe

from shopify_sync.api import command_center, evidence, operations

from . import payloads, site, vouchers
from .case import SyncTestCase
from .documents import cash_account, stock_up
from .shop import ShopCase

LOOKERS = ("Shopify Sync Auditor", "Shopify Sync Operator", "Shopify Sync Manager")


def user(role: str, *others: str) -> str:
	"""Make sure that a user with these roles exists, and with no others."""
	email = f"evidence-{'-'.join((role, *others)).lower().replace(' ', '-')}@example.com"
	if not frappe.db.exists("User", email):
		doc = frappe.get_doc({"doctype": "User", "email": email, "first_name": role, "send_welcome_email": 0})
		doc.insert(ignore_permissions=True)
		for one in (role, *others):
			if one != "Nobody":
				doc.add_roles(one)
		frappe.db.commit()
	return email


class EvidenceCase(SyncTestCase):
	def acting_as(self, role: str, *others: str) -> None:
		frappe.set_user(user(role, *others))
		self.addCleanup(frappe.set_user, "Administrator")

	def entries(self, event: str, kind: str | None = None) -> list[dict[str, Any]]:
		found = evidence.story(event)["entries"]
		return [entry for entry in found if kind in (None, entry["kind"])]

	def kinds(self, event: str) -> list[str]:
		return [entry["kind"] for entry in self.entries(event)]


class TestStory(EvidenceCase):
	def test_an_order_that_was_booked(self) -> None:
		event = self.carry_out(self.order(), X_Shopify_Triggered_At="2026-10-05T14:00:00.5Z")
		self.assertEqual(self.kinds(event.name), ["received", "attempt", "ended"])
		received, attempt, ended = self.entries(event.name)
		self.assertIn("signature was right", received["said"][0])
		self.assertIn("after it happened in Shopify", received["said"][1])
		self.assertEqual((attempt["outcome"], ended["outcome"]), ("Applied", "Applied"))
		changed = {change["doctype"]: change for change in attempt["changes"]}
		self.assertEqual(changed["Sales Order"]["name"], event.document_name)
		self.assertEqual({"Customer", "Contact", "Address", "Sales Order"}, set(changed))
		self.assertTrue(all(change["is_document"] for change in attempt["changes"]))
		self.assertIn({"doctype": "Sales Order", "name": event.document_name, "label": event.document_name}, ended["links"])
		facts = {fact["label"]: fact["value"] for fact in attempt["facts"]}
		self.assertEqual(facts["Attempt"], 1)
		self.assertIn("Took", facts)

	def test_what_is_personal_stays_masked(self) -> None:
		order = self.order()
		event = self.carry_out(order)
		text = frappe.as_json(evidence.story(event.name))
		for value in (order["email"], order["customer"]["last_name"], order["billing_address"]["address1"]):
			self.assertNotIn(value, text)

	def test_it_was_delivered_twice(self) -> None:
		order = self.order()
		event = self.carry_out(order)
		site.deliver(order, "orders/create", webhook_id=event.name)
		again = self.entries(event.name, "received")[1]
		self.assertIn("2 deliveries in all", again["said"][0])

	def test_an_item_that_was_missing_and_was_mapped(self) -> None:
		sku = f"UNKNOWN-{site.fresh_id()}"
		event = self.carry_out(self.order([payloads.line(1, sku, "5.00")]))
		now = self.entries(event.name)[-1]
		self.assertEqual((now["kind"], now["outcome"]), ("waiting", "Blocked"))
		self.assertIn({"label": "Missing", "value": f"item:{sku}"}, now["facts"])
		self.acting_as("Shopify Sync Operator")
		command_center.map_item(event.name, "MUG-1")
		frappe.set_user("Administrator")
		site.drain()
		found = self.entries(event.name)
		self.assertEqual([entry["outcome"] for entry in found if entry["kind"] == "attempt"], ["Blocked", "Applied"])
		requeued = next(entry for entry in found if entry["kind"] in ("action", "sync"))
		self.assertLess(found.index(requeued), len(found) - 2)
		self.assertEqual(found[-1]["kind"], "ended")

	def test_what_an_operator_did_and_why(self) -> None:
		event = self.carry_out(self.order(total_price="0.01", current_total_price=None))
		self.acting_as("Shopify Sync Operator")
		command_center.retry(event=event.name, reason="Looked at it.")
		frappe.set_user("Administrator")
		site.drain()
		self.acting_as("Shopify Sync Operator")
		command_center.discard(event.name, "A test <b>order</b>.")
		retried, discarded = self.entries(event.name, "action")
		self.assertEqual((retried["title"], discarded["title"]), ("Retry", "Discard"))
		self.assertEqual(retried["facts"], [{"label": "By", "value": "Shopify Sync Operator"}])
		self.assertIn("Reason: Looked at it.", retried["said"])
		self.assertIn("Reason: A test <b>order</b>.", discarded["said"])
		ended = self.entries(event.name)[-1]
		self.assertEqual(ended["outcome"], "Discarded")

	def test_an_action_leads_to_its_operation_and_a_hold_is_told(self) -> None:
		event = self.carry_out(self.order(total_price="0.01", current_total_price=None))
		request = frappe.generate_hash(length=20)
		self.acting_as("Shopify Sync Operator")
		held = operations.start("Hold", {"store": self.STORE, "link": event.link}, request, reason="The shop is asked.")
		retried = operations.start("Retry", {"events": [event.name]}, f"{request}-2", reason="Looked at.")
		frappe.set_user("Administrator")
		site.drain()
		self.acting_as("Shopify Sync Operator")
		operations.start("Release", {"store": self.STORE, "link": event.link}, f"{request}-3")
		frappe.set_user("Administrator")
		names = [held["operation"], retried["operation"]]
		self.addCleanup(lambda: (frappe.db.delete("Sync Operation", {"store": self.STORE}), frappe.db.commit()))
		self.addCleanup(lambda: (frappe.db.delete("Sync Hold", {"store": self.STORE}), frappe.db.commit()))
		actions = {entry["title"]: entry for entry in self.entries(event.name, "action")}
		self.assertIn({"doctype": "Sync Operation", "name": names[1], "label": "Operation"}, actions["Retry"]["links"])
		self.assertEqual(actions[f"Hold: {event.link}"]["said"], ["Reason: The shop is asked."])
		self.assertIn(f"Release: {event.link}", actions)
		self.assertIn("Held", [entry["outcome"] for entry in self.entries(event.name, "attempt")])

	def test_an_older_event_that_gave_way(self) -> None:
		order = self.order()
		names = [frappe.generate_hash(length=20) for _ in range(2)]
		site.deliver(order, "orders/create", webhook_id=names[0])
		site.deliver({**order, "updated_at": "2026-10-05T10:00:09-04:00"}, "orders/updated", webhook_id=names[1])
		site.drain()
		old = self.entries(names[0])[-1]
		self.assertEqual(old["outcome"], "Superseded")
		self.assertEqual([link["name"] for link in old["links"]], [names[1]])
		gave_way = next(entry for entry in self.entries(names[1]) if "gave way" in entry["title"])
		self.assertEqual([link["name"] for link in gave_way["links"]], [names[0]])

	def test_a_traceback_is_for_developers_only(self) -> None:
		event = self.carry_out(self.order(total_price="0.01", current_total_price=None))
		frappe.db.sql("UPDATE `tabSync Attempt` SET detail = 'Traceback: line 5' WHERE event = %s", (event.name,))
		frappe.db.commit()
		(attempt,) = self.entries(event.name, "attempt")
		self.assertIn({"label": "Technical detail", "text": "Traceback: line 5"}, attempt["developers"])
		self.assertNotIn("Traceback", frappe.as_json({**attempt, "developers": []}))

	def test_who_may_look(self) -> None:
		event = self.carry_out(self.order())
		for role in LOOKERS:
			self.acting_as(role)
			self.assertTrue(evidence.story(event.name)["entries"])
		for role in ("Nobody", "Sales User"):
			self.acting_as(role)
			for ask in (lambda: evidence.story(event.name), lambda: evidence.compare(event.name)):
				with self.assertRaises(frappe.PermissionError):
					ask()

	def test_an_unknown_event_is_said_plainly(self) -> None:
		with self.assertRaisesRegex((frappe.ValidationError, frappe.DoesNotExistError), "nope"):
			evidence.story("nope<script>")


class TestPushes(ShopCase, EvidenceCase):
	def test_a_push_with_its_calls(self) -> None:
		item = self.item()
		level = self.product(item)
		vouchers.receive(item, self.main, 10)
		frappe.db.commit()
		self.push()
		name = frappe.get_all("Sync Event", {"shopify_id": self.mark(level), "status": "Applied"}, pluck="name")[0]
		received = self.entries(name)[0]
		self.assertIn("Something changed in ERPNext", received["title"])
		calls = self.entries(name, "call")
		self.assertTrue(any("InventorySetQuantities" in call["title"] for call in calls))
		facts = {fact["label"]: fact["value"] for call in calls for fact in call["facts"]}
		self.assertTrue({"Request id", "Idempotency key", "Cost"} <= facts.keys(), facts)
		(attempt,) = self.entries(name, "attempt")
		self.assertEqual(attempt["title"], "A worker told Shopify")
		# What was changed there is no document here: there is no form to lead to.
		self.assertEqual([change["is_document"] for change in attempt["changes"]], [False])
		story = evidence.order_story("Item", item)
		self.assertIn(name, story["events"])
		self.assertTrue(any(entry["kind"] == "call" for entry in story["entries"]))


class TestRecordStory(EvidenceCase):
	def paid_order(self) -> tuple[Any, dict[str, Any]]:
		self.store.append("gateway_mapping", {"gateway": "card", "account": cash_account()})
		self.store.save()
		frappe.db.commit()
		order = self.order(financial_status="paid")
		event = self.carry_out(order)
		payment = {
			"id": site.fresh_id(),
			"order_id": order["id"],
			"kind": "sale",
			"status": "success",
			"gateway": "card",
			"amount": order["total_price"],
			"currency": order["currency"],
			"processed_at": "2026-10-05T10:01:00-04:00",
		}
		paid = self.carry_out(payment, "order_transactions/create")
		self.assertEqual(paid.status, "Applied", paid.message)
		return event, order

	def test_every_document_of_an_order_tells_the_whole_story(self) -> None:
		event, order = self.paid_order()
		sales_order = event.document_name
		key = f"{self.STORE}/order/{order['id']}"
		invoice = frappe.db.get_value("Sales Invoice", {"shopify_key": ("like", f"{key}/%")})
		payment = frappe.db.get_value("Payment Entry", {"shopify_key": ("like", f"{key}/%")})
		for doctype, name in (("Sales Order", sales_order), ("Sales Invoice", invoice), ("Payment Entry", payment)):
			story = evidence.order_story(doctype, name)
			self.assertEqual([record["key"] for record in story["records"]], [key])
			self.assertEqual(len(story["events"]), 2)
			handle = f"https://admin.shopify.com/store/{self.STORE}/orders/{order['id']}"
			self.assertEqual(story["records"][0]["shopify_url"], handle)
			times = [entry["at"] for entry in story["entries"] if entry["at"]]
			self.assertEqual(times, sorted(times, reverse=True))
			self.assertFalse(story["more"])
			self.assertEqual({entry["event"] for entry in story["entries"]}, set(story["events"]))

	def test_a_customer_and_an_item_by_their_links(self) -> None:
		event = self.carry_out(payloads.customer(site.fresh_id()), "customers/create")
		customer = frappe.db.get_value("Shopify Link", event.link, "document_name")
		if customer:
			self.assertIn(event.name, evidence.order_story("Customer", customer)["events"])
		order = self.order()
		booked = self.book(order)
		story = evidence.order_story("Customer", booked.customer)
		self.assertEqual(story["records"][0]["key"], f"{self.STORE}/customer/{order['customer']['id']}")
		made_by = frappe.db.get_value("Shopify Link", booked.shopify_key, "last_event")
		self.assertIn(made_by, story["events"])  # the order that made the Customer
		self.assertEqual(evidence.order_story("Item", "CUSTOM-LINE")["records"], [])

	def test_a_delivery_note_of_people_tells_the_story_of_its_order(self) -> None:
		from erpnext.selling.doctype.sales_order.sales_order import make_delivery_note

		booked = self.book(self.order())
		stock_up("TEE-M")
		note = make_delivery_note(booked.name)
		note.insert(ignore_permissions=True)
		self.addCleanup(lambda: (frappe.delete_doc("Delivery Note", note.name, force=True), frappe.db.commit()))
		self.assertEqual(evidence.order_story("Delivery Note", note.name)["records"][0]["key"], booked.shopify_key)

	def test_what_reconciliation_found_stands_in_it(self) -> None:
		booked = self.book(self.order())
		found = frappe.get_doc(
			{
				"doctype": "Sync Discrepancy",
				"name": frappe.generate_hash(length=20),
				"store": self.STORE,
				"status": "Open",
				"kind": "Total",
				"link": booked.shopify_key,
				"resource_type": "order",
				"shopify_id": booked.shopify_key.rpartition("/")[2],
				"shopify_value": "46",
				"erpnext_value": "47",
				"first_seen_at": frappe.utils.now(),
				"last_seen_at": frappe.utils.now(),
			}
		)
		found.db_insert()
		frappe.db.commit()
		self.addCleanup(lambda: (frappe.db.delete("Sync Discrepancy", {"name": found.name}), frappe.db.commit()))
		entry = next(one for one in evidence.order_story("Sales Order", booked.name)["entries"] if one["kind"] == "finding")
		self.assertEqual(entry["title"], "Reconciliation found a difference: Total")
		self.assertEqual(entry["said"], ["Shopify says 46, ERPNext says 47."])

	def test_who_may_look(self) -> None:
		booked = self.book(self.order())
		self.acting_as("Shopify Sync Auditor")
		with self.assertRaises(frappe.PermissionError):  # a role of ours alone is not the right to read a Sales Order
			evidence.order_story("Sales Order", booked.name)
		self.acting_as("Sales User")
		with self.assertRaises(frappe.PermissionError):
			evidence.order_story("Sales Order", booked.name)
		self.acting_as("Shopify Sync Auditor", "Sales User")
		self.assertTrue(evidence.order_story("Sales Order", booked.name)["entries"])

	def test_who_is_kept_to_other_stores_sees_nothing_of_this_one(self) -> None:
		booked = self.book(self.order())
		event = frappe.db.get_value("Shopify Link", booked.shopify_key, "last_event")
		other = site.make_store("test-store-2")
		self.addCleanup(lambda: (frappe.delete_doc("Shopify Store", other.name, force=True), frappe.db.commit()))
		email = user("Shopify Sync Operator", "Sales User")
		permission = frappe.get_doc(
			{"doctype": "User Permission", "user": email, "allow": "Shopify Store", "for_value": other.name}
		)
		permission.insert(ignore_permissions=True)
		self.addCleanup(lambda: (frappe.delete_doc("User Permission", permission.name, force=True), frappe.db.commit()))
		frappe.db.commit()
		self.acting_as("Shopify Sync Operator", "Sales User")
		self.assertEqual(evidence.order_story("Sales Order", booked.name)["records"], [])
		asks = (evidence.story, evidence.compare, lambda name: evidence.export(event=name))
		for ask in (*asks, lambda name: evidence.export(link=booked.shopify_key)):
			with self.assertRaises(frappe.PermissionError):
				ask(event)
		with self.assertRaises(frappe.ValidationError):
			evidence.export(filters={"link": booked.shopify_key})

	def test_documents_without_a_story(self) -> None:
		with self.assertRaisesRegex(frappe.ValidationError, "no story"):
			evidence.order_story("Company", site.company())


class TestCompare(EvidenceCase):
	def rows(self, event: str) -> dict[str, dict[str, Any]]:
		return {row["label"]: row for row in evidence.compare(event)["rows"]}

	def test_an_order_that_agrees(self) -> None:
		event = self.carry_out(self.order([payloads.line(1, "TEE-M", "20.00", 2, tax="8.00")]))
		found = evidence.compare(event.name)
		self.assertEqual(found["differs"], 0, found)
		rows = self.rows(event.name)
		self.assertEqual((rows["Total"]["shopify"], rows["Total"]["erpnext"]), ("48.00", "48.00"))
		self.assertEqual((rows["Pieces of TEE-M"]["shopify"], rows["Pieces of TEE-M"]["same"]), ("2", True))
		self.assertIn({"doctype": "Sales Order", "name": event.document_name}, found["documents"])

	def test_an_order_that_was_cancelled_by_hand(self) -> None:
		event = self.carry_out(self.order())
		frappe.get_doc("Sales Order", event.document_name).cancel()
		frappe.db.commit()
		found = evidence.compare(event.name)
		self.assertEqual(found["differs"], 1)
		self.assertEqual((found["rows"][0]["shopify"], found["rows"][0]["erpnext"]), ("live", "none, or cancelled"))

	def test_a_payment_is_compared_as_its_order(self) -> None:
		order = self.order()
		self.book(order)
		payment = {"id": site.fresh_id(), "order_id": order["id"], "kind": "authorization", "status": "success", "amount": "1.00"}
		event = self.carry_out(
			{**payment, "currency": "USD", "processed_at": "2026-10-05T10:01:00-04:00"}, "order_transactions/create"
		)
		self.assertIn("Total", self.rows(event.name))

	def test_stock_and_products(self) -> None:
		inventory_item = site.fresh_id()
		values = {"store": self.STORE, "resource_type": "inventory_item", "shopify_id": str(inventory_item)}
		item = site.make_item(f"EVID-{site.fresh_id()}", valuation_rate=5)
		link = {**values, "document_type": "Item", "document_name": item}
		frappe.get_doc({"doctype": "Shopify Link", **link}).insert(ignore_permissions=True)
		frappe.db.commit()
		event = self.carry_out(payloads.level(inventory_item, site.LOCATION, 5), "inventory_levels/update")
		row = self.rows(event.name)["Available at the location"]
		self.assertEqual((row["shopify"], row["erpnext"], row["same"]), (5, "5", True))
		vouchers.receive(item, f"Stores - {frappe.db.get_value('Company', site.company(), 'abbr')}", 2)
		frappe.db.commit()
		row = self.rows(event.name)["Available at the location"]
		self.assertEqual((row["erpnext"], row["same"]), ("7", False))

	def test_a_customer_is_shown_to_whom_may_read_it(self) -> None:
		order = self.order()
		booked = self.book(order)
		event = self.carry_out({**order["customer"], "updated_at": "2026-10-05T11:00:00-04:00"}, "customers/update")
		row = self.rows(event.name)["Last Name"]
		self.assertEqual((row["shopify"], row["erpnext"], row["same"]), (order["customer"]["last_name"],) * 2 + (True,))
		self.acting_as("Shopify Sync Auditor")
		found = evidence.compare(event.name)
		text = frappe.as_json(found)
		self.assertNotIn(order["customer"]["last_name"], text)
		self.assertNotIn(booked.customer, text)
		self.assertTrue(next(row for row in found["rows"] if row["label"] == "Last Name")["same"])

	def test_what_has_no_second_side(self) -> None:
		event = self.carry_out({"id": site.fresh_id()}, "orders/edited")
		found = evidence.compare(event.name)
		self.assertEqual(found["rows"], [])
		self.assertIn("no second side", found["note"])
