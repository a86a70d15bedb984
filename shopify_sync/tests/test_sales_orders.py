"""Orders become Sales Orders that agree with Shopify to the cent, whatever ERPNext's user does meanwhile."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import frappe
from frappe.contacts.doctype.contact import contact

from shopify_sync.core.engine import Engine
from shopify_sync.core.plan import CreateDocument, Plan
from shopify_sync.core.receiving import Headers, new_event
from shopify_sync.core.signals import Signal
from shopify_sync.erpnext_host.documents import orders
from shopify_sync.erpnext_host.documents.references import References
from shopify_sync.erpnext_host.event_log import FrappeEventLog
from shopify_sync.erpnext_host.host import FrappeHost

from . import payloads, site
from .case import SyncTestCase

#: Fields that differ between any two documents; the projected quantity, because the first of two reserves before the second.
_OWN = {
	"projected_qty",
	"name",
	"creation",
	"modified",
	"parent",
	"shopify_key",
	"transaction_time",
	"__last_sync_on",
	"localname",
}


class TestTotals(SyncTestCase):
	def assert_total(self, doc: Any, payload: dict[str, Any]) -> None:
		self.assertEqual(doc.docstatus, 1)
		self.assertEqual(Decimal(str(doc.grand_total)), Decimal(payload["total_price"]))
		self.assertEqual(Decimal(str(doc.total_taxes_and_charges)), Decimal(str(sum(row.tax_amount for row in doc.taxes))))

	def test_discount_that_does_not_divide_is_split_over_rows(self) -> None:
		line = payloads.line(1, "TEE-M", "10.00", 3, discount="1.00", tax="5.80")
		payload = self.order([line], shipping_lines=[payloads.shipping("4.99", "1.00")])
		doc = self.book(payload)
		self.assert_total(doc, payload)
		self.assertEqual([(row.qty, row.rate) for row in doc.items], [(2, 9.67), (1, 9.66)])
		self.assertEqual({row.shopify_line_item_id for row in doc.items}, {"1"})

	def test_tax_inside_the_price(self) -> None:
		lines = [
			payloads.line(1, "TEE-M", "19.99", 3, tax="9.99"),
			payloads.line(2, "MUG-1", "7.77", 7, discount="3.33", tax="8.51"),
		]
		payload = self.order(lines, taxes_included=True, shipping_lines=[payloads.shipping("4.90", "0.82")])
		self.assert_total(self.book(payload), payload)

	def test_everything_free(self) -> None:
		payload = self.order([payloads.line(1, "TEE-M", "20.00", 2, discount="40.00")])
		doc = self.book(payload)
		self.assert_total(doc, payload)
		self.assertEqual((doc.items[0].rate, doc.items[0].price_list_rate), (0, 20))

	def test_a_price_list_and_a_pricing_rule_do_not_reprice(self) -> None:
		# Version 16 may have made one from an order before (Stock Settings: insert Item Price if missing).
		frappe.db.delete("Item Price", {"item_code": "TEE-M"})
		price = {
			"doctype": "Item Price",
			"item_code": "TEE-M",
			"price_list": self.store.selling_price_list,
			"price_list_rate": 99,
		}
		frappe.get_doc(price).insert()
		rule = frappe.get_doc(
			doctype="Pricing Rule", title=f"r{site.fresh_id()}", apply_on="Item Code", items=[{"item_code": "TEE-M"}], selling=1,
			rate_or_discount="Discount Percentage", discount_percentage=50, price_or_product_discount="Price", company=site.company(),
			currency="USD",
		).insert()  # fmt: skip
		frappe.db.commit()
		try:
			for discount in (None, "20.00"):
				payload = self.order([payloads.line(1, "TEE-M", "20.00", discount=discount)])
				self.assert_total(self.book(payload), payload)
		finally:
			rule.delete()
			frappe.db.delete("Item Price", {"item_code": "TEE-M"})
			frappe.db.commit()

	def test_custom_line_tip_gift_card_and_null_sections(self) -> None:
		custom = {**payloads.line(1, "", "3.50"), "variant_id": None, "product_id": None, "sku": None, "tax_lines": None}
		tip = {**custom, "id": 2, "title": "Tip", "name": "Tip", "price": "2.00"}
		card = {**payloads.line(3, "", "50.00"), "gift_card": True, "sku": None, "variant_id": 77}
		payload = self.order([custom | {"tax_lines": []}, tip | {"tax_lines": []}, card], total_tip_received="2.00")
		payload |= {
			"shipping_lines": None,
			"billing_address": None,
			"shipping_address": None,
			"refunds": None,
			"fulfillments": None,
		}
		doc = self.book(payload)
		self.assertEqual([row.item_code for row in doc.items], ["CUSTOM-LINE", "TIP", "GIFT-CARD"])
		self.assertEqual(doc.grand_total, 55.5)

	def test_three_hundred_lines(self) -> None:
		lines = [
			payloads.line(n, "TEE-M", "1.13", 1 + n % 5, discount="0.07" if n % 3 else None, tax="0.11") for n in range(1, 301)
		]
		payload = self.order(lines)
		doc = self.book(payload)
		self.assert_total(doc, payload)
		self.assertEqual(sum(row.qty for row in doc.items), sum(line["quantity"] for line in lines))

	def test_totals_that_do_not_add_up_post_nothing(self) -> None:
		payload = self.order(total_price="19.99", current_total_price="19.99")
		event = self.carry_out(payload)
		self.assertEqual((event.status, event.category), ("Dead Letter", "Totals mismatch"))
		self.assertIn("Shopify states 19.99", event.message)
		self.assertFalse(frappe.db.exists("Customer", {"shopify_key": f"{self.STORE}/customer/{payload['customer']['id']}"}))

	def test_a_tax_that_erpnext_adds_by_itself_is_refused_not_posted(self) -> None:
		def add_a_tax(doc: Any, method: str | None = None) -> None:
			doc.append(
				"taxes", {"charge_type": "Actual", "account_head": site.tax_account(), "description": "Extra", "tax_amount": 1}
			)

		payload = self.order()
		original = frappe.get_doc

		def with_tax(*args: Any, **kwargs: Any) -> Any:
			doc = original(*args, **kwargs)
			if doc.doctype == "Sales Order" and doc.get("__islocal"):
				add_a_tax(doc)
			return doc

		frappe.get_doc = with_tax
		try:
			event = self.carry_out(payload)
		finally:
			frappe.get_doc = original
		self.assertEqual((event.status, event.category), ("Dead Letter", "Totals mismatch"))
		self.assertIn("Extra: 1", event.message)


class TestCurrencies(SyncTestCase):
	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		for currency, rate in (("JPY", 0.0067), ("KWD", 3.25)):
			frappe.db.set_value("Currency", currency, "enabled", 1)
			where = {"from_currency": currency, "to_currency": "USD", "date": "2026-10-01"}
			if not frappe.db.exists("Currency Exchange", where):
				frappe.get_doc(
					{"doctype": "Currency Exchange", "exchange_rate": rate, "for_selling": 1, "for_buying": 1, **where}
				).insert()
		frappe.db.commit()

	def test_yen_have_no_decimals(self) -> None:
		payload = self.order([payloads.line(1, "TEE-M", "1000", 3, discount="100", tax="290")], currency="JPY")
		doc = self.book(payload)
		self.assertEqual((doc.currency, doc.grand_total, doc.conversion_rate), ("JPY", 3190, 0.0067))
		self.assertEqual([(row.qty, row.rate) for row in doc.items], [(2, 967), (1, 966)])

	def test_dinars_have_three_decimals_and_a_site_with_two_refuses_them(self) -> None:
		payload = self.order([payloads.line(1, "TEE-M", "1.335", 3, discount="0.001")], currency="KWD")
		event = self.carry_out(payload)
		self.assertEqual((event.status, event.category), ("Dead Letter", "Totals mismatch"))
		self.assertIn("currency precision", event.message)
		frappe.db.set_default("currency_precision", "3")
		frappe.db.commit()
		frappe.clear_cache()
		try:
			FrappeEventLog().retry(event.name, "Administrator")
			site.drain()
			event = site.event(event.name)
			self.assertEqual(event.status, "Applied", event.message)
			self.assertEqual(frappe.db.get_value("Sales Order", event.document_name, "grand_total"), 4.004)
		finally:
			frappe.db.set_default("currency_precision", "")
			frappe.db.commit()
			frappe.clear_cache()


class TestCallsToOthers(SyncTestCase):
	"""Nobody is called while rows are locked."""

	def test_the_exchange_rate_is_asked_for_before_anything_is_locked(self) -> None:
		reached: list[str] = []

		def rate(*_args: Any) -> float:
			reached.append("rate")
			return 1.1

		original, orders.get_exchange_rate = orders.get_exchange_rate, rate
		try:
			payload = self.order(currency="EUR")
			site.deliver(payload, "orders/create", store=self.STORE)
			Engine(FrappeHost(), reached.append).drain()
			steps = list(reached)
			site.deliver(payload | {"updated_at": "2026-10-06T10:00:00Z"}, "orders/updated", store=self.STORE)
			Engine(FrappeHost(), reached.append).drain()
		finally:
			orders.get_exchange_rate = original
		self.assertEqual(steps[:3], ["claimed", "rate", "locked"])
		self.assertEqual(reached.count("rate"), 1, "an order that is booked needs no rate")

	def test_no_picture_of_a_contact_is_asked_for(self) -> None:
		flags: list[bool] = []

		def picture(_email: str) -> str:
			flags.append(bool(frappe.flags.in_import))
			return ""

		original, contact.has_gravatar = contact.has_gravatar, picture
		try:
			self.book(self.order())
		finally:
			contact.has_gravatar = original
		self.assertEqual(flags, [True], "the flag by which Frappe leaves gravatar.com alone")
		self.assertFalse(frappe.flags.in_import)


class TestDocuments(SyncTestCase):
	def test_one_step_ends_as_two_steps_do(self) -> None:
		"""Every field of the Sales Order, its rows, taxes and payment schedule."""
		lines = [payloads.line(1, "TEE-M", "20.00", 3, discount="1.00", tax="11.80"), payloads.line(2, "MUG-1", "5.00", 2)]
		payload = self.order(lines, shipping_lines=[payloads.shipping("4.99", "1.00")])
		plan = self._plan(payload)
		ours = self.book(payload)
		change = next(change for change in plan.changes if isinstance(change, CreateDocument) and change.doctype == "Sales Order")
		names = _Names()
		values = References().resolved(change.values, names)
		twin = frappe.get_doc({"doctype": "Sales Order", **values})
		twin.insert()
		twin.submit()
		self.maxDiff = None
		self.assertEqual(_comparable(ours.reload()), _comparable(twin.reload()))
		self.assertEqual(ours.status, "To Deliver and Bill")
		labels = [
			frappe.get_all("Comment", {"reference_name": doc.name, "comment_type": "Label"}, pluck="content")
			for doc in (ours, twin)
		]
		self.assertEqual(labels[0], labels[1])
		twin.cancel()
		frappe.db.commit()

	def _plan(self, payload: dict[str, Any]) -> Plan:
		body = json.dumps(payload).encode()
		row = new_event(Headers({"X-Shopify-Topic": "orders/create"}.items()), body, payload, self.STORE, FrappeHost().now())
		signal = Signal("preview", self.STORE, row.resource, row.shopify_id, row.version)
		plan = Engine(FrappeHost()).preview(signal, payload)
		self.assertIsInstance(plan, Plan)
		self.assertFalse(frappe.db.exists("Sales Order", {"shopify_key": signal.key}), "a preview changes nothing")
		return plan

	def test_address_of_an_unknown_country_is_left_out_and_said(self) -> None:
		where = payloads.address(1, country="Atlantis", country_code="XX")
		event = self.carry_out(self.order(billing_address=where, shipping_address=where))
		self.assertEqual(event.status, "Applied")
		self.assertIn("no Country 'XX'", event.not_applied)

	def test_the_same_addresses_are_not_made_again(self) -> None:
		payload = self.order()
		self.book(payload)
		second = self.order(
			customer=payload["customer"], billing_address=payload["billing_address"], shipping_address=payload["billing_address"]
		)
		self.book(second)
		key = f"{self.STORE}/customer/{payload['customer']['id']}/%"
		self.assertEqual(frappe.db.count("Address", {"shopify_key": ("like", key)}), 1)


class TestWhatUsersDo(SyncTestCase):
	def test_an_amended_sales_order_is_followed(self) -> None:
		payload = self.order()
		doc = self.book(payload)
		doc.cancel()
		amended = frappe.copy_doc(doc, ignore_no_copy=False)  # as the Desk does
		amended.update({"amended_from": doc.name, "docstatus": 0})
		amended.update({"transaction_date": doc.transaction_date, "delivery_date": doc.delivery_date})
		amended.insert()
		amended.submit()
		frappe.db.commit()
		event = self.carry_out(payload | {"updated_at": "2026-10-06T10:00:00Z"}, "orders/updated")
		self.assertEqual((event.status, event.document_name), ("No Change", amended.name), event.message)
		event = self.carry_out(
			payload | {"updated_at": "2026-10-07T10:00:00Z", "cancelled_at": "2026-10-07T10:00:00Z"}, "orders/cancelled"
		)
		self.assertEqual(event.status, "Applied")
		self.assertEqual(frappe.db.get_value("Sales Order", amended.name, "docstatus"), 2)

	def test_cancelled_by_hand_is_a_conflict_and_is_not_booked_again(self) -> None:
		payload = self.order()
		doc = self.book(payload)
		doc.cancel()
		frappe.db.commit()
		event = self.carry_out(payload | {"updated_at": "2026-10-06T10:00:00Z"}, "orders/updated")
		self.assertEqual(event.status, "Conflict")
		self.assertIn("was cancelled in ERPNext", event.message)

	def test_deleted_by_hand_is_a_conflict_until_its_link_is_deleted(self) -> None:
		payload = self.order()
		doc = self.book(payload)
		doc.cancel()
		doc.delete()
		frappe.db.commit()
		event = self.carry_out(payload | {"updated_at": "2026-10-06T10:00:00Z"}, "orders/updated")
		self.assertEqual(event.status, "Conflict")
		frappe.delete_doc("Shopify Link", event.link)
		frappe.db.commit()
		FrappeEventLog().retry(event.name, "Administrator")
		site.drain()
		self.assertEqual(site.event(event.name).status, "Applied")

	def test_an_invoiced_order_that_shopify_cancels_is_a_conflict(self) -> None:
		from erpnext.selling.doctype.sales_order.sales_order import make_sales_invoice

		payload = self.order()
		doc = self.book(payload)
		invoice = make_sales_invoice(doc.name)
		invoice.insert()
		invoice.submit()
		frappe.db.commit()
		event = self.carry_out(
			payload | {"updated_at": "2026-10-07T10:00:00Z", "cancelled_at": "2026-10-07T10:00:00Z"}, "orders/cancelled"
		)
		self.assertEqual(event.status, "Conflict", event.message)
		self.assertEqual(frappe.db.get_value("Sales Order", doc.name, "docstatus"), 1)

	def test_a_name_that_is_taken_gets_the_id(self) -> None:
		first = self.book(self.order(name="#TAKEN"))
		second = self.order(name="#TAKEN")
		self.assertEqual(self.book(second).name, f"{first.name}-{second['id']}")
		for doc in frappe.get_all("Sales Order", {"name": ("like", f"{first.name}%"), "docstatus": 1}, pluck="name"):
			frappe.get_doc("Sales Order", doc).cancel()
			frappe.delete_doc("Sales Order", doc)
		frappe.db.commit()

	def test_a_new_item_with_the_sku_sets_its_order_going(self) -> None:
		sku = f"NEW-{site.fresh_id()}"
		event = self.carry_out(self.order([payloads.line(1, sku, "5.00")]))
		self.assertEqual((event.status, event.missing), ("Blocked", f"item:{sku}"))
		site.make_item(sku)
		site.drain()
		self.assertEqual(site.event(event.name).status, "Applied")


class TestReservedQuantity(SyncTestCase):
	def test_workers_at_once_leave_the_reserved_quantity_right(self) -> None:
		"""ERPNext writes a Bin from a sum; two workers that share an Item must not lose each other's part."""
		item = site.make_item(f"HOT-{site.fresh_id()}")
		for number in range(24):
			payload = self.order([payloads.line(1, item, "2.00", 1 + number % 3)])
			site.deliver(payload, "orders/create", store=self.STORE)
		name, sites_path = frappe.local.site, frappe.local.sites_path

		def work(_number: int) -> None:
			frappe.init(site=name, sites_path=sites_path)
			frappe.connect()
			frappe.set_user("Administrator")
			try:
				Engine(FrappeHost()).drain()
			finally:
				frappe.destroy()

		with ThreadPoolExecutor(4) as pool:
			list(pool.map(work, range(4)))
		frappe.db.rollback()
		self.assertEqual(frappe.db.get_value("Bin", {"item_code": item}, "reserved_qty"), 48)


class _Names(dict):
	"""Finds the document that a key stands for."""

	def __missing__(self, key: str) -> str:
		return next(
			name for doctype in ("Customer", "Contact", "Address") if (name := frappe.db.get_value(doctype, {"shopify_key": key}))
		)


def _comparable(doc: Any) -> dict[str, Any]:
	values = doc.as_dict(no_default_fields=False)
	return {name: _rows(value) if isinstance(value, list) else value for name, value in values.items() if name not in _OWN}


def _rows(rows: list[Any]) -> list[dict[str, Any]]:
	# A tax row's breakup names the rows it belongs to (version 16), which differ by nature.
	skipped = {*_OWN, "item_row", "tax_row"}
	return [{name: value for name, value in row.items() if name not in skipped} for row in rows]
