"""What ERPNext refuses, in the situations that really make it refuse, and what an operator is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import frappe
from frappe.utils import add_days, nowdate

from shopify_sync.core.failures import Category, Failure
from shopify_sync.core.plan import Change, ReviseDocument
from shopify_sync.erpnext_host import errors
from shopify_sync.erpnext_host.event_log import FrappeEventLog

from . import payloads, site
from .case import SyncTestCase
from .documents import Books, carry_out, expense_account, stock_up


class TestRefusals(SyncTestCase):
	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		stock_up("TEE-M", "MUG-1")

	def refused(self, *changes: Change) -> Failure:
		try:
			carry_out(*changes)
		except frappe.ValidationError as error:
			# Not assertRaises: it clears the traceback, which tells what was refused.
			return errors.classify(error)
		self.fail("ERPNext refused nothing")

	def assert_category(self, category: Category, *changes: Change) -> Failure:
		failure = self.refused(*changes)
		self.assertEqual(failure.category, category, failure.detail)
		return failure

	def booked(self) -> Books:
		books = Books()
		carry_out(books.sales_order())
		return books

	@contextmanager
	def setting(self, doctype: str, **values: Any) -> Iterator[None]:
		# The rows as they are: get_single_value() makes a date of the year 1 out of an empty one.
		query = "SELECT field, value FROM tabSingles WHERE doctype = %s AND field IN %s"
		before = dict(frappe.db.sql(query, (doctype, tuple(values))))
		self.write_single(doctype, values)
		try:
			yield
		finally:
			self.write_single(doctype, {field: before.get(field) or "" for field in values})

	def write_single(self, doctype: str, values: dict[str, Any]) -> None:
		frappe.db.set_single_value(doctype, values)
		frappe.db.commit()
		frappe.clear_document_cache(doctype, doctype)

	@contextmanager
	def value(self, doctype: str, name: str, **values: Any) -> Iterator[None]:
		before = frappe.db.get_value(doctype, name, list(values), as_dict=True)
		frappe.db.set_value(doctype, name, values)
		frappe.db.commit()
		try:
			yield
		finally:
			frappe.db.set_value(doctype, name, dict(before))
			frappe.db.commit()

	@contextmanager
	def frozen_until(self, day: str) -> Iterator[None]:
		"""Freeze the books; version 16 keeps the date with the company."""
		if frappe.get_meta("Company").has_field("accounts_frozen_till_date"):
			with self.value("Company", site.company(), accounts_frozen_till_date=day):
				yield
		else:
			with self.setting("Accounts Settings", acc_frozen_upto=day):
				yield

	def test_books_that_are_frozen_up_to_a_date(self) -> None:
		books = self.booked()
		with self.frozen_until(nowdate()):
			self.assert_category(Category.ACCOUNTS_FROZEN, books.invoice())
		carry_out(books.invoice())

	def test_an_account_that_is_frozen(self) -> None:
		books = self.booked()
		with self.value("Account", expense_account(), freeze_account="Yes"):
			changes = (books.invoice(), books.payment(24, (books.ref(), 24), fee=1))
			self.assert_category(Category.ACCOUNTS_FROZEN, *changes)

	def test_a_customer_that_is_frozen_or_disabled(self) -> None:
		for field in ("is_frozen", "disabled"):
			books = Books()
			with self.value("Customer", books.customer, **{field: 1}):
				failure = self.assert_category(Category.CUSTOMER_BLOCKED, books.sales_order(), books.invoice())
			self.assertNotIn(books.customer, failure.message + (failure.detail or ""))

	def test_a_credit_limit(self) -> None:
		books = Books()
		customer = frappe.get_doc("Customer", books.customer)
		customer.append("credit_limits", {"company": site.company(), "credit_limit": 5})
		customer.save()
		frappe.db.commit()
		failure = self.assert_category(Category.CREDIT_LIMIT, books.sales_order())
		self.assertNotIn(books.customer, failure.message + (failure.detail or ""))

	def test_an_item_that_is_disabled(self) -> None:
		item = site.make_item(f"OFF-{site.fresh_id()}")
		books = Books()
		with self.value("Item", item, disabled=1):
			failure = self.assert_category(Category.ITEM_DISABLED, books.sales_order([books.row(item=item)]))
		self.assertEqual(failure.missing, f"item:{item}")

	def test_a_disabled_item_that_is_enabled_sets_its_order_going(self) -> None:
		item = site.make_item(f"OFF-{site.fresh_id()}")
		frappe.db.set_value("Item", item, "disabled", 1)
		frappe.db.commit()
		event = self.carry_out(self.order([payloads.line(1, item, "5.00")]))
		self.assertEqual(event.status, "Blocked", event.message)
		doc = frappe.get_doc("Item", item)
		doc.disabled = 0
		doc.save()
		frappe.db.commit()
		site.drain()
		self.assertEqual(site.event(event.name).status, "Applied", site.event(event.name).message)

	def test_an_order_on_frozen_books_is_booked_once_they_are_open(self) -> None:
		with self.frozen_until(nowdate()):
			event = self.carry_out(self.fulfilled())
			self.assertEqual((event.status, event.category), ("Dead Letter", "Accounts frozen"), event.message)
			self.assertFalse(frappe.db.exists("Sales Order", {"shopify_key": event.link}), "nothing of it is booked")
		FrappeEventLog().retry(event.name, "Administrator")
		site.drain()
		self.assertEqual(site.event(event.name).status, "Applied", site.event(event.name).message)

	def test_an_order_of_a_disabled_customer(self) -> None:
		payload = self.order()
		customer = self.book(payload).customer
		second = self.fulfilled(customer=payload["customer"])
		with self.value("Customer", customer, disabled=1):
			event = self.carry_out(second)
		self.assertEqual((event.status, event.category), ("Dead Letter", "Customer blocked"), event.message)
		detail = frappe.get_all("Sync Attempt", filters={"event": event.name}, fields=["message", "detail"])
		self.assertNotIn(customer, frappe.as_json(detail))

	def fulfilled(self, **values: Any) -> dict[str, Any]:
		"""Return an order that is to be invoiced: it was sent, and is not paid yet."""
		order = self.order(fulfillment_status="fulfilled", **values)
		sent = {
			"id": order["id"],
			"status": "success",
			"created_at": f"{nowdate()}T01:00:00Z",
			"location_id": int(site.LOCATION),
			"line_items": [{"id": line["id"], "quantity": line["quantity"]} for line in order["line_items"]],
		}
		return order | {"fulfillments": [sent]}

	def test_a_batch_that_nobody_stated(self) -> None:
		item = site.make_item(f"BATCH-{site.fresh_id()}", has_batch_no=1)
		books = Books()
		rows = [books.row(item=item, qty=1)]
		off = {"auto_create_serial_and_batch_bundle_for_outward": 0}
		with self.setting("Stock Settings", allow_negative_stock=1, **off):
			carry_out(books.sales_order(rows))
			self.assert_category(Category.SERIAL_OR_BATCH, books.delivery(items=rows))

	def test_stock_that_is_not_there(self) -> None:
		item = site.make_item(f"GONE-{site.fresh_id()}", valuation_rate=3)
		books = Books()
		rows = [books.row(item=item)]
		carry_out(books.sales_order(rows))
		self.assert_category(Category.STOCK_UNAVAILABLE, books.delivery(items=rows))

	def test_a_closed_accounting_period(self) -> None:
		books, day = self.booked(), add_days(nowdate(), -12)
		period = frappe.get_doc(
			doctype="Accounting Period", period_name=f"P{books.number}", company=site.company(), start_date=day, end_date=day,
			closed_documents=[{"document_type": "Sales Invoice", "closed": 1}],
		).insert()  # fmt: skip
		frappe.db.commit()
		try:
			self.assert_category(Category.PERIOD_CLOSED, books.invoice(posting_date=day, due_date=day))
		finally:
			period.delete()
			frappe.db.commit()

	def test_a_day_without_a_fiscal_year(self) -> None:
		books = self.booked()
		self.assert_category(Category.PERIOD_CLOSED, books.invoice(posting_date="1999-05-05", due_date="1999-05-05"))

	def test_a_year_that_was_closed(self) -> None:
		books, day = self.booked(), add_days(nowdate(), -15)
		voucher = frappe.get_doc({"doctype": "Period Closing Voucher", "name": f"PCV-{books.number}", "company": site.company()})
		voucher.update(
			{"docstatus": 1, "period_start_date": day, "period_end_date": day, "posting_date": day, "transaction_date": day}
		)
		voucher.db_insert()
		frappe.db.commit()
		try:
			self.assert_category(Category.PERIOD_CLOSED, books.invoice(posting_date=day, due_date=day))
		finally:
			frappe.db.delete("Period Closing Voucher", {"name": voucher.name})
			frappe.db.commit()

	def test_stock_that_is_frozen(self) -> None:
		books, day = self.booked(), add_days(nowdate(), -5)
		with self.setting("Stock Settings", stock_frozen_upto=nowdate()):
			self.assert_category(Category.PERIOD_CLOSED, books.delivery(posting_date=day))

	def test_more_than_was_ordered(self) -> None:
		books = self.booked()
		self.assert_category(Category.CONFLICT, books.delivery(items=[books.row(qty=3)]))
		self.assert_category(Category.CONFLICT, books.invoice([books.row(qty=3)], []))

	def test_a_row_that_is_invoiced_cannot_be_taken_off(self) -> None:
		books = self.booked()
		carry_out(books.invoice())
		for items in ([books.row("2", "MUG-1", qty=1, rate=5)], [books.row(qty=1)]):
			change = ReviseDocument("Sales Order", books.name("T-SO-"), tuple(items), (), {}, {})
			self.assert_category(Category.CONFLICT, change)
