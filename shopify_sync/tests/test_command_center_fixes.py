"""Each thing that can be missing is mended from its group: by who may, for all that wait for it and nothing else, on record."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import frappe

from shopify_sync.api import command_center
from shopify_sync.core.orders.states import OrderState
from shopify_sync.erpnext_host.command_center import fixes

from . import looked, payloads, site
from .case import SyncTestCase
from .documents import cash_account, expense_account

#: A currency that no rate is known of, and how Shopify writes what is paid in it.
CURRENCY = "ISK"


class FixCase(SyncTestCase):
	def acting_as(self, role: str | None) -> None:
		frappe.set_user(looked.user(role))
		self.addCleanup(frappe.set_user, "Administrator")

	def change_store(self, **values: Any) -> None:
		doc = frappe.get_doc("Shopify Store", self.STORE)
		doc.update(values)
		doc.save()
		frappe.db.commit()

	def group(self, missing: str) -> dict[str, Any]:
		found = command_center.groups({"store": self.STORE, "cause": missing})["groups"]
		self.assertEqual([row["missing"] for row in found], [missing])
		return found[0]

	def mend(self, missing: str, role: str = "Shopify Sync Manager", **values: Any) -> dict[str, Any]:
		"""Answer the fix of a group as a user of *role*, and carry out what goes on."""
		fix = self.group(missing)["fix"]
		self.assertTrue(fix["title"] and fix["fields"] and fix["needs"] in ("operate", "set_up"), fix)
		self.assertLessEqual(set(values), {field["fieldname"] for field in fix["fields"]})
		self.acting_as(role)
		answer = command_center.fix(self.STORE, missing, values, reason="A test.")
		frappe.db.commit()
		frappe.set_user("Administrator")
		site.drain()
		operation = frappe.get_doc("Sync Operation", answer["operation"])
		self.assertEqual((operation.action, operation.status, operation.store), ("Fix", "Completed", self.STORE))
		self.assertEqual((operation.user, operation.reason), (looked.user(role), "A test."))
		self.assertEqual(operation.message, answer["message"])
		return answer

	def waits(self, event: Any, missing: str, status: str = "Blocked") -> None:
		self.assertEqual((event.status, event.missing, event.cause), (status, missing, missing), event.message)

	def goes_on(self, *events: Any) -> None:
		for event in events:
			row = site.event(event.name)
			self.assertEqual(row.status, "Applied", row.message)


class TestEachFix(FixCase):
	def test_an_item_for_all_that_wait_for_it_and_no_others(self) -> None:
		skus = [f"NEW-{site.fresh_id()}" for _ in range(2)]
		waiting = [self.carry_out(self.order([payloads.line(1, skus[0], "5.00")])) for _ in range(2)]
		other = self.carry_out(self.order([payloads.line(1, skus[1], "5.00")]))
		self.waits(other, f"item:{skus[1]}")
		self.mend(f"item:{skus[0]}", "Shopify Sync Operator", item="MUG-1")
		self.goes_on(*waiting)
		self.waits(site.event(other.name), f"item:{skus[1]}")
		self.assertEqual(frappe.db.count("Sync Attempt", {"event": other.name}), 1, "it was not tried again in vain")
		notes = frappe.get_all("Sync Attempt", {"event": waiting[0].name, "action": "Requeue"}, ["user", "reason"])
		self.assertEqual([row.user for row in notes], [looked.user("Shopify Sync Operator")])
		self.assertIn("is mapped to Item MUG-1", notes[0].reason)

	def test_a_tax_for_one_rate_or_for_every_rate(self) -> None:
		self.change_store(default_tax_account=None)
		lines = [payloads.line(1, "TEE-M", "20.00", tax="4.00")]
		first, second = self.carry_out(self.order(lines)), self.carry_out(self.order(lines))
		lines = [payloads.line(1, "TEE-M", "20.00", tax="2.00")]
		lines[0]["tax_lines"][0]["rate"] = 0.1
		reduced = self.carry_out(self.order(lines))
		self.waits(first, "tax:VAT@20")
		self.waits(reduced, "tax:VAT@10")
		self.assertEqual(self.group("tax:VAT@20")["title"], "Tax VAT of 20 % has no account")
		self.mend("tax:VAT@20", account=site.tax_account())
		self.goes_on(first, second)
		self.waits(site.event(reduced.name), "tax:VAT@10")
		self.change_store(tax_mapping=[])
		again = self.carry_out(self.order([payloads.line(1, "TEE-M", "20.00", tax="4.00")]))
		self.mend("tax:VAT@20", account=site.tax_account(), any_rate=1)
		self.goes_on(again, reduced)

	def test_shipping(self) -> None:
		self.change_store(shipping_account=None)
		event = self.carry_out(self.order(shipping_lines=[payloads.shipping("4.90")]))
		self.waits(event, "shipping:Standard")
		self.mend("shipping:Standard", account=expense_account())
		self.goes_on(event)

	def test_a_location(self) -> None:
		item, location = site.fresh_id(), str(site.fresh_id())
		event = self.carry_out(payloads.level(item, location, 5), "inventory_levels/update")
		self.waits(event, f"location:{location}")
		self.acting_as("Shopify Sync Manager")
		warehouse = frappe.get_doc("Shopify Store", self.STORE).default_warehouse
		self.mend(f"location:{location}", warehouse=warehouse, direction="Shopify → ERPNext", valuation_rule="Item's rate")
		self.waits(site.event(event.name), f"inventory_item:{item}")
		# An Item of its own: what other tests take from the same warehouse must still be there.
		self.mend(f"inventory_item:{item}", "Shopify Sync Operator", item=site.make_item(f"PLACE-{item}", valuation_rate=5))
		self.goes_on(event)

	def test_what_stock_is_worth(self) -> None:
		code = site.make_item(f"WORTH-{site.fresh_id()}")
		item = site.fresh_id()
		link = {"doctype": "Shopify Link", "store": self.STORE, "resource_type": "inventory_item", "shopify_id": str(item)}
		frappe.get_doc({**link, "document_type": "Item", "document_name": code}).insert()
		rows = frappe.get_doc("Shopify Store", self.STORE).location_mapping
		self.change_store(location_mapping=[{**rows[0].as_dict(), "valuation_rule": "Last purchase", "name": None}])
		event = self.carry_out(payloads.level(item, site.LOCATION, 5), "inventory_levels/update")
		self.waits(event, f"valuation:{code}")
		self.assertFalse(self.may_write_items("Shopify Sync Manager"))
		self.acting_as("Shopify Sync Manager")
		self.assertFalse(self.group(f"valuation:{code}")["fix"]["allowed"], "ERPNext's own permission counts")
		with self.assertRaises(frappe.PermissionError):
			command_center.fix(self.STORE, f"valuation:{code}", {"valuation_rate": 4})
		frappe.set_user("Administrator")
		command_center.fix(self.STORE, f"valuation:{code}", {"valuation_rate": "4.5", "use_items_rate": "1"})
		site.drain()
		self.goes_on(event)
		self.assertEqual(frappe.db.get_value("Item", code, "valuation_rate"), 4.5)

	def may_write_items(self, role: str) -> bool:
		return bool(frappe.has_permission("Item", "write", user=looked.user(role)))

	def test_settings_of_the_store(self) -> None:
		self.change_store(custom_line_item=None)
		custom = payloads.line(1, "", "5.00") | {"product_id": None, "variant_id": None, "product_exists": False}
		event = self.carry_out(self.order([custom]))
		self.waits(event, "setting:custom_line_item")
		self.mend("setting:custom_line_item", custom_line_item="CUSTOM-LINE")
		self.goes_on(event)

	def test_a_customer_for_guests(self) -> None:
		self.change_store(guest_policy="Hold")
		guest = self.carry_out(self.order(customer=None, email=None))
		self.waits(guest, "setting:guest_customer")
		customer = self.book(self.order()).customer
		self.mend("setting:guest_customer", guest_customer=customer, guest_policy="One Customer for all guests")
		self.goes_on(guest)

	def test_a_state_of_an_order(self) -> None:
		self.change_store(order_state_rules=[{"financial_status": "paid", "outcome": "Submitted", "priority": 10}])
		event = self.carry_out(self.order())
		self.waits(event, "state:pending|unfulfilled|no")
		self.assertEqual(self.group("state:pending|unfulfilled|no")["title"], "No rule for orders that are pending, unfulfilled")
		self.mend("state:pending|unfulfilled|no", outcome="Submitted", make_payments=1)
		self.goes_on(event)

	def test_a_gateway_and_what_its_row_lacks(self) -> None:
		gateway = f"pay{site.fresh_id()}"
		order = self.order(financial_status="paid", total_outstanding="0.00", payment_gateway_names=[gateway])
		payment = {
			"id": site.fresh_id(), "order_id": order["id"], "kind": "sale", "status": "success", "amount": "20.00", "currency": "USD",
			"gateway": gateway, "processed_at": order["processed_at"], "created_at": order["processed_at"],
		}  # fmt: skip
		self.carry_out(payment, "order_transactions/create")
		event = self.carry_out(order, "orders/paid")
		self.waits(event, f"gateway:{gateway}")
		self.mend(f"gateway:{gateway}", account=cash_account())
		self.goes_on(event)
		fields = fixes.fix_of(self.STORE, "Missing gateway", frappe._dict(name="x", missing=f"gateway:{gateway}"))["fields"]
		self.assertEqual(fields[0]["default"], cash_account(), "what the row says already is shown")

	def test_two_who_write_a_rule_for_the_same_state_do_not_both(self) -> None:
		for outcome in ("Closed", "Draft"):
			looked.events(self.STORE, 1, category="Missing state rule", missing="state:voided|partial|yes")
			if outcome == "Closed":
				command_center.fix(self.STORE, "state:voided|partial|yes", {"outcome": outcome})
				continue
			with self.assertRaisesRegex(frappe.ValidationError, "have a rule by now"):
				command_center.fix(self.STORE, "state:voided|partial|yes", {"outcome": outcome})
		rules = [
			row.outcome
			for row in frappe.get_doc("Shopify Store", self.STORE).order_state_rules
			if row.financial_status == "voided"
		]
		self.assertEqual(rules.count("Closed") + rules.count("Draft"), 1, rules)

	def test_an_exchange_rate(self) -> None:
		frappe.db.set_value("Currency", CURRENCY, "enabled", 1)
		frappe.db.delete("Currency Exchange", {"from_currency": CURRENCY})
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.db.delete, "Currency Exchange", {"from_currency": CURRENCY})
		event = self.carry_out(self.order([payloads.line(1, "TEE-M", "1500")], currency=CURRENCY))
		missing = f"exchange_rate:{CURRENCY}-USD"
		self.waits(event, missing, "Dead Letter")
		default = next(field["default"] for field in self.group(missing)["fix"]["fields"] if field["fieldname"] == "date")
		self.assertEqual(default, "2026-10-05", "the day of the order")
		command_center.fix(self.STORE, missing, {"exchange_rate": "0.0072", "date": default})
		site.drain()
		self.goes_on(event)
		order = frappe.get_doc("Sales Order", site.event(event.name).document_name)
		self.assertEqual((order.currency, order.conversion_rate), (CURRENCY, 0.0072))

	def test_where_shopify_does_not_stock_an_item(self) -> None:
		outbound = {
			"direction": "Outbound",
			"resource_type": "inventory_push",
			"status": "Dead Letter",
			"category": "Not stocked",
		}
		names = [
			looked.events(self.STORE, 1, missing=f"level:{number}-7", link=f"{self.STORE}/inventory_push/{number}-7", **outbound)[
				0
			]
			for number in (1, 2)
		]
		other = looked.events(self.STORE, 1, missing="return:1", **{**outbound, "category": "Fulfillment refused"})[0]
		self.change_store(not_stocked="Fail")
		self.acting_as("Shopify Sync Manager")
		command_center.fix(self.STORE, "level:1-7", {"not_stocked": "Stock it there"})
		rows = [site.event(name) for name in (*names, other)]
		self.assertEqual([row.status for row in rows], ["Received", "Received", "Dead Letter"])
		self.assertEqual([row.attempts for row in rows[:2]], [0, 0], "mended now: they get their attempts again")


class TestEveryKind(FixCase):
	def test_whatever_a_failure_may_miss_can_be_mended_or_has_a_place(self) -> None:
		package = Path(frappe.get_app_path("shopify_sync"))
		files = [path for folder in ("core", "admin_api", "erpnext_host") for path in (package / folder).rglob("*.py")]
		kinds = {kind for path in files for kind in re.findall(r'missing=f?"([a-z_]+):', path.read_text())}
		kinds.add(OrderState("paid", "fulfilled", cancelled=False).missing.partition(":")[0])
		self.assertLessEqual({"item", "tax", "state", "setting", "level", "scope", "return", "fulfillment"}, kinds)
		places = {"scope": "Permission", "return": "Fulfillment refused", "fulfillment": "Fulfillment refused"}
		self.assertEqual(kinds - set(places), set(fixes.FIXES))
		for kind, category in places.items():
			event = frappe._dict(name="x", missing=f"{kind}:1", document_type="Delivery Note", document_name="DN-1")
			self.assertEqual(fixes.fix_of(self.STORE, category, event)["kind"], "open", kind)

	def test_every_fix_asks_for_something_that_a_dialog_can_show(self) -> None:
		names = {
			"tax": "VAT@20",
			"state": "paid|fulfilled|no",
			"exchange_rate": "ISK-USD",
			"setting": "duty_account",
			"level": "1-2",
		}
		for kind, fix in fixes.FIXES.items():
			event = frappe._dict(name="x", missing=f"{kind}:{names.get(kind, 'TEE-M')}")
			shown = fixes.fix_of(self.STORE, "Missing item", event)
			self.assertEqual((shown["kind"], shown["needs"]), (fix.kind, fix.needs))
			self.assertTrue(shown["title"])
			for field in shown["fields"]:
				self.assertTrue(field["label"], field)
				self.assertIn(field["fieldtype"], ("Link", "Select", "Check", "Currency", "Float", "Date", "Data"))
				if field["fieldtype"] == "Link":
					frappe.get_all(field["options"], filters=field.get("filters", {}), limit_page_length=1)


class TestWhoMendsWhat(FixCase):
	def test_each_role(self) -> None:
		looked.events(self.STORE, 1, category="Missing item", missing="item:X-1")
		looked.events(self.STORE, 1, category="Missing tax account", missing="tax:VAT@20")
		tax = {"account": site.tax_account()}
		for role in (None, "Shopify Sync Auditor"):
			self.acting_as(role)
			for missing, values in (("item:X-1", {"item": "MUG-1"}), ("tax:VAT@20", tax)):
				with self.assertRaises(frappe.PermissionError):
					command_center.fix(self.STORE, missing, values)
		self.acting_as("Shopify Sync Operator")
		with self.assertRaisesRegex(frappe.PermissionError, "Shopify Sync Manager"):
			command_center.fix(self.STORE, "tax:VAT@20", tax)
		command_center.fix(self.STORE, "item:X-1", {"item": "MUG-1"})
		self.acting_as("Shopify Sync Manager")
		command_center.fix(self.STORE, "tax:VAT@20", tax)

	def test_an_answer_is_checked_against_the_question(self) -> None:
		account = site.tax_account()
		bad: list[tuple[str, Any, str]] = [
			("item:X-1", {}, "Enter Item"),
			("item:X-1", {"item": "Nothing of the kind"}, "there is no Item"),
			("item:X-1", {"item": ["TEE-M"]}, "this is no value"),
			("item:X-1", {"item": {"like": "%"}}, "this is no value"),
			("item:X-1", {"item": "MUG-1", "store": "other"}, "There is no field store"),
			("item:X-1", "[]", "did not arrive"),
			("item:X-1", "{", "did not arrive"),
			("tax:VAT@20", {"account": "Cash"}, "there is no Account"),
			("tax:VAT@20", {"account": cash_account()}, "cannot be used here"),
			("valuation:MUG-1", {"valuation_rate": -4}, "above zero"),
			("valuation:MUG-1", {"valuation_rate": "nothing"}, "above zero"),
			("exchange_rate:ISK-USD", {"exchange_rate": 1, "date": "someday"}, "enter a date"),
			("state:paid|fulfilled|no", {"outcome": "Anything"}, "not one of the choices"),
			("state:paid", {"outcome": "Submitted"}, "no state of an order"),
			("setting:client_secret", {"client_secret": "x"}, "no setting client_secret"),
			("setting:company", {"company": "x"}, "no setting company"),
			("gateway:", {"account": account}, "cannot be mended from here"),
			("scope:read_orders", {}, "cannot be mended from here"),
			("", {}, "cannot be mended from here"),
			("shipping:" + "x" * 131, {"account": account}, "cannot be mended from here"),
		]
		before = frappe.get_doc("Shopify Store", self.STORE).as_json()
		for missing, values, words in bad:
			with self.assertRaisesRegex(frappe.ValidationError, words, msg=missing):
				command_center.fix(self.STORE, missing, values)
		self.assertEqual(frappe.get_doc("Shopify Store", self.STORE).as_json(), before)
		with self.assertRaisesRegex(frappe.PermissionError, "no Shopify Store"):
			command_center.fix("no-such-store", "item:X-1", {"item": "MUG-1"})

	def test_the_same_click_twice_is_one_fix(self) -> None:
		looked.events(self.STORE, 1, category="Missing tax account", missing="tax:VAT@20")
		answers = [
			command_center.fix(self.STORE, "tax:VAT@20", {"account": site.tax_account()}, request="click-1") for _ in range(2)
		]
		self.assertEqual(answers[0], answers[1])
		self.assertEqual(len(frappe.get_doc("Shopify Store", self.STORE).tax_mapping), 1)
		self.assertEqual(frappe.db.count("Sync Operation", {"store": self.STORE, "action": "Fix"}), 1)

	def test_what_failed_is_on_record_too(self) -> None:
		self.change_store(enabled=1)
		for _click in range(2):
			with self.assertRaises(frappe.ValidationError):
				command_center.fix(self.STORE, "tax:VAT@20", {"account": cash_account()}, request="click-2")
		self.assertEqual(frappe.db.count("Sync Operation", {"store": self.STORE}), 1, "the same click twice is no success either")
		row = frappe.get_last_doc("Sync Operation", {"store": self.STORE})
		self.assertEqual((row.action, row.status, bool(row.message)), ("Fix", "Failed", True))
		self.assertNotIn("Traceback", row.message)

	def test_a_thousand_go_on_by_a_few_statements(self) -> None:
		count = 2500
		looked.events(self.STORE, count, category="Missing item", missing="item:X-1")
		statements = 0
		sql = frappe.db.sql
		self.addCleanup(setattr, frappe.db, "sql", sql)

		def counted(*args: Any, **options: Any) -> Any:
			nonlocal statements
			statements += 1
			return sql(*args, **options)

		frappe.db.sql = counted
		answer = command_center.fix(self.STORE, "item:X-1", {"item": "MUG-1"})
		frappe.db.sql = sql
		self.assertEqual(frappe.db.count("Sync Event", {"store": self.STORE, "status": "Received"}), count)
		self.assertEqual(frappe.db.get_value("Sync Operation", answer["operation"], "changed"), count)
		self.assertLess(statements, count / 10)
