"""Delivery Notes on a site become fulfillments in the shop: once, of exactly their lines, whatever happens on the way."""

from __future__ import annotations

import os
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import frappe
from erpnext.selling.doctype.sales_order.sales_order import make_delivery_note

from shopify_sync.core import keys
from shopify_sync.core.outbound.pusher import Pusher
from shopify_sync.erpnext_host.documents.deliveries import unfulfilled
from shopify_sync.erpnext_host.isolation import read_committed
from shopify_sync.erpnext_host.push_host import FrappePushHost
from shopify_sync.simulator.rest import order as rest_order
from shopify_sync.simulator.shop.records import Order

from . import site
from .mortals import Mortals
from .shop import ShopCase
from .vouchers import receive

#: How often a pusher is killed at each step; more with SHOPIFY_SYNC_KILLS.
KILLS = int(os.environ.get("SHOPIFY_SYNC_KILLS", "5"))


class _SendingCase(ShopCase):
	"""Has an Item in stock, and a store that sends from ERPNext."""

	SETTINGS: Mapping[str, Any] = {}

	def setUp(self) -> None:
		super().setUp()
		self.remake(fulfillment_by="ERPNext", **self.SETTINGS)
		# Invoices are named after orders: no two tests may have the same.
		self.shop.next_order_number = site.fresh_id() % 10**9
		self.code = self.item(is_stock_item=1)
		self.inventory_item = self.product(self.code, available=300)
		receive(self.code, self.main, 300)
		frappe.db.commit()
		self.push()

	# --- what happens ------------------------------------------------------------------------------------------------

	def order(self, pieces: int = 4) -> Order:
		"""Place an order and book it."""
		with self.served.lock:
			variant = next(id for id, found in self.shop.products.variants.items() if found.sku == self.code)
			order = self.shop.orders.place(
				[{"variant_id": variant, "quantity": pieces}], financial="paid", email=f"c{site.fresh_id()}@example.com"
			)
			payload = rest_order.payload(self.shop, order)
		name = f"order-{site.fresh_id()}"
		answer = site.deliver(payload, "orders/create", webhook_id=name, X_Shopify_Shop_Domain=self.shop.domain)
		self.assertEqual(200, answer.status)
		site.drain()
		found = site.event(name)
		self.assertEqual(("Applied", ""), (found.status, found.message or ""))
		return order

	def sales_order(self, order: Order) -> str:
		return str(frappe.db.get_value("Shopify Link", keys.key(self.STORE, keys.ORDER, order.id), "document_name"))

	def note(self, order: Order, pieces: int, *, submit: bool = True, **values: Any) -> Any:
		"""Make a Delivery Note of an order, as the Sales Order's button does."""
		doc = make_delivery_note(self.sales_order(order))
		doc.items[0].qty = pieces
		doc.update(values)
		doc.insert(ignore_permissions=True)
		if submit:
			doc.submit()
			frappe.db.commit()
		return doc

	def sent(self, order: Order) -> list[int]:
		"""Return the pieces of each fulfillment that stands."""
		with self.served.lock:
			return [sum(found.lines.values()) for found in order.fulfillments if found.status == "success"]

	def events_of(self, order: Order) -> list[Any]:
		frappe.db.rollback()
		filters = {"store": self.STORE, "shopify_id": order.id, "resource_type": keys.FULFILLMENT_PUSH}
		return frappe.get_all(
			"Sync Event", filters, ["name", "status", "category", "message", "document_name", "deliveries"], order_by="creation"
		)

	def push_once(self, probe: Any = None) -> None:
		frappe.db.rollback()
		with read_committed():
			Pusher(FrappePushHost(), probe).run_one(self.STORE, keys.FULFILLMENT_PUSH)

	def forget_leases(self) -> None:
		"""Let the leases of killed workers and the time that a lost call is waited for be over."""
		frappe.db.rollback()
		frappe.db.sql("UPDATE `tabSync Event` SET due_at = '2020-01-01' WHERE store = %s AND due_at IS NOT NULL", (self.STORE,))
		for name, facts in frappe.db.sql(
			"SELECT name, facts FROM `tabShopify Link` WHERE store = %s AND resource_type = 'fulfillment_push'", (self.STORE,)
		):
			found = frappe.parse_json(facts or "{}")
			if found.get("pending"):
				found["pending"]["until"] = "2020-01-01T00:00:00+00:00"
				frappe.db.sql("UPDATE `tabShopify Link` SET facts = %s WHERE name = %s", (frappe.as_json(found), name))
		frappe.db.commit()


class TestOutboundFulfillments(_SendingCase):
	def test_a_note_its_tracking_its_cancellation_and_its_amendment(self) -> None:
		order = self.order(4)
		note = self.note(order, 2, shopify_tracking_number="1Z", shopify_tracking_company="UPS")
		self.assertEqual(1, len(self.events_of(order)))
		self.push()
		self.assertEqual([2], self.sent(order))
		with self.served.lock:
			[parcel] = order.fulfillments
			self.assertEqual((["1Z"], "UPS"), (parcel.tracking_numbers, parcel.tracking_company))
		link = frappe.db.get_value("Shopify Link", keys.key(self.STORE, keys.FULFILLMENT, parcel.id), "document_name")
		self.assertEqual(note.name, link)
		[event] = self.events_of(order)
		self.assertEqual(("Applied", note.name), (event.status, event.document_name))
		self._track(note, "2Z")
		self.push()
		with self.served.lock:
			self.assertEqual(["2Z"], parcel.tracking_numbers)
		note.reload()
		note.cancel()
		frappe.db.commit()
		amended = frappe.copy_doc(note)
		amended.update({"amended_from": note.name, "docstatus": 0, "shopify_key": None})
		amended.items[0].qty = 1
		amended.insert(ignore_permissions=True)
		amended.submit()
		frappe.db.commit()
		self.push()
		self.assertEqual([1], self.sent(order))
		self.assertEqual({"Applied"}, {event.status for event in self.events_of(order)})

	def _track(self, note: Any, number: str) -> None:
		note.reload()
		note.shopify_tracking_number = number
		note.save()
		frappe.db.commit()

	def test_only_what_shopify_is_told_marks_and_only_with_the_transaction(self) -> None:
		order = self.order(4)
		note = self.note(order, 1, submit=False)
		note.submit()
		frappe.db.rollback()
		self.assertEqual([], self.events_of(order))
		note = self.note(order, 1)
		self.note(order, 1)
		[event] = self.events_of(order)
		self.assertEqual(2, event.deliveries)
		self.push()
		note.reload()
		note.group_same_items = 1
		note.save()
		frappe.db.commit()
		self.assertEqual(1, len(self.events_of(order)))
		self.assertEqual([1, 1], self.sent(order))

	def test_what_is_delivered_and_not_fulfilled_is_added_back_to_stock(self) -> None:
		order = self.order(4)
		self.push()
		before = self.on_hand(self.inventory_item)
		self.note(order, 3)
		self.assertEqual({(self.code, self.main): Decimal(3)}, unfulfilled(self.STORE, [self.code]))
		frappe.db.rollback()
		with read_committed():
			Pusher(FrappePushHost()).run_one(self.STORE, keys.INVENTORY_PUSH)
		self.assertEqual(before, self.on_hand(self.inventory_item))
		self.push()
		self.push()
		self.assertEqual({}, unfulfilled(self.STORE, [self.code]))
		self.assertEqual(before - 3, self.on_hand(self.inventory_item))
		self.assertEqual([3], self.sent(order))

	def test_a_note_that_is_deleted_before_its_cancellation_was_pushed(self) -> None:
		order = self.order(4)
		before = self.on_hand(self.inventory_item)
		note = self.note(order, 2)
		self.push()
		self.push()
		self.assertEqual(([2], before - 2), (self.sent(order), self.on_hand(self.inventory_item)))
		note.reload()
		note.cancel()
		# ERPNext allows it where its setting says that the ledger's entries go with it.
		before_it = frappe.db.get_single_value("Accounts Settings", "delete_linked_ledger_entries")
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.db.set_single_value, "Accounts Settings", "delete_linked_ledger_entries", before_it)
		frappe.db.set_single_value("Accounts Settings", "delete_linked_ledger_entries", 1)
		frappe.delete_doc("Delivery Note", note.name)
		frappe.db.commit()
		self.push()
		self.push()
		self.assertEqual(([], before), (self.sent(order), self.on_hand(self.inventory_item)))
		self.assertEqual({"Applied"}, {event.status for event in self.events_of(order)})

	def test_an_item_that_is_renamed_while_its_order_is_open(self) -> None:
		order = self.order(4)
		renamed = f"{self.code}-NEW"
		frappe.rename_doc("Item", self.code, renamed, force=True, show_alert=False)
		frappe.db.commit()
		self.code = renamed
		self.note(order, 1)
		self.push()
		self.assertEqual([1], self.sent(order))
		store = frappe.get_doc("Shopify Store", self.STORE)
		store.fulfillment_by = "Both"
		store.save()
		frappe.db.commit()
		with self.served.lock:
			self.shop.fulfillments.create(order.id, {order.line_items[0].id: 2}, self.places[0])
			payload = rest_order.payload(self.shop, order)
		name = f"order-{site.fresh_id()}"
		site.deliver(payload, "orders/updated", webhook_id=name, X_Shopify_Shop_Domain=self.shop.domain)
		site.drain()
		found = site.event(name)
		self.assertEqual(("Applied", ""), (found.status, found.message or ""))
		made = frappe.get_all("Delivery Note", {"shopify_key": ("like", f"%/{order.id}/%")}, pluck="name")
		rows = frappe.get_all("Delivery Note Item", {"parent": ("in", made)}, ["item_code", "qty"])
		self.assertEqual([(renamed, 2)], [(row.item_code, row.qty) for row in rows])

	def test_a_hold_is_respected_and_the_event_says_why(self) -> None:
		order = self.order(2)
		with self.served.lock:
			self.shop.fulfillments.hold(order.fulfillment_orders[0].id, "high_risk_of_fraud")
		self.note(order, 2)
		self.push()
		[event] = self.events_of(order)
		self.assertEqual("Fulfillment refused", event.category)
		self.assertIn("on hold (high risk of fraud)", event.message)
		self.assertEqual([], self.sent(order))

	def test_a_group_of_warehouses_stands_for_a_location(self) -> None:
		order = self.order(2)
		self.remake_location_as_group()
		self.note(order, 2)
		self.push()
		with self.served.lock:
			self.assertEqual([self.places[0]], [found.location_id for found in order.fulfillments])

	def remake_location_as_group(self) -> None:
		doc = frappe.get_doc("Shopify Store", self.STORE)
		doc.location_mapping[0].warehouse = self.second
		doc.location_mapping[1].location_id = self.places[0]
		doc.location_mapping[1].warehouse = frappe.db.get_value("Warehouse", self.main, "parent_warehouse")
		doc.save()
		frappe.db.commit()


class TestKilledFulfillments(_SendingCase):
	"""Each order could take every double: half of it is never delivered. No stock is pushed, so that each kill hits a fulfillment."""

	SETTINGS: Mapping[str, Any] = {"sync_inventory": 0}

	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		cls.workers = Mortals()
		cls.addClassCleanup(cls.workers.close)

	def killed_at(self, step: str) -> None:
		for number in range(KILLS):
			order = self.order(4)
			note = self.note(order, 2)
			frappe.db.rollback()
			self.assertEqual("killed", self.workers.push_until(step), (step, number))
			self.forget_leases()
			if number % 5 == 4:
				# What people do while the note of a dead worker's call stands.
				note.reload()
				note.cancel()
				frappe.db.commit()
			self.push_once()
			self.push_once()
			self.assertEqual([] if number % 5 == 4 else [2], self.sent(order), (step, number))
			self.assertIn(self.events_of(order)[-1].status, ("Applied", "No Change"))

	def test_killed_before_the_call(self) -> None:
		self.killed_at("before_call")

	def test_killed_after_the_call(self) -> None:
		self.killed_at("after_call")

	def test_killed_before_the_commit(self) -> None:
		self.killed_at("before_commit")
