"""Returns that people make on a site: returned and received in the shop once, with stock that is never counted twice."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import frappe
from erpnext.stock.doctype.delivery_note.delivery_note import make_sales_return

from shopify_sync.core import keys
from shopify_sync.core.outbound.pusher import Pusher
from shopify_sync.erpnext_host.documents.deliveries import unfulfilled
from shopify_sync.erpnext_host.isolation import read_committed
from shopify_sync.erpnext_host.push_host import FrappePushHost
from shopify_sync.simulator.shop.records import Order

from .mortals import Mortals
from .test_outbound_fulfillments import KILLS, _SendingCase


class _ReturningCase(_SendingCase):
	"""Has a store that tells Shopify of returns."""

	SETTINGS: Mapping[str, Any] = {"push_returns": "Return in Shopify"}

	def take_back(self, note: Any, pieces: int, *, submit: bool = True) -> Any:
		"""Make a return of a Delivery Note, as its button does."""
		doc = make_sales_return(note.name)
		doc.items[0].qty = -pieces
		doc.insert(ignore_permissions=True)
		if submit:
			doc.submit()
			frappe.db.commit()
		return doc

	def returned(self, order: Order) -> list[tuple[int, int]]:
		"""Return pieces, and how many of them wait, of each return that stands."""
		with self.served.lock:
			standing = [found for found in order.returns if found.status != "canceled"]
			return [(line.quantity, line.waiting) for found in standing for line in found.lines]


class TestOutboundReturns(_ReturningCase):
	def test_a_return_marks_its_order_with_its_transaction_and_only_where_the_store_says_so(self) -> None:
		order = self.order(4)
		note = self.note(order, 4)
		self.push()
		back = self.take_back(note, 1, submit=False)
		back.submit()
		frappe.db.rollback()
		self.assertEqual(1, len(self.events_of(order)))
		self.take_back(note, 1)
		self.assertEqual(["Applied", "Received"], [event.status for event in self.events_of(order)])
		self.push()
		self.assertEqual([(1, 0)], self.returned(order))
		frappe.db.set_value("Shopify Store", self.STORE, "push_returns", "Nothing")
		frappe.db.commit()
		doc = frappe.get_doc("Shopify Store", self.STORE)
		doc.save()
		frappe.db.commit()
		self.take_back(note, 1)
		self.assertEqual(2, len(self.events_of(order)))

	def test_goods_that_came_back_are_left_out_of_stock_until_shopify_has_the_return(self) -> None:
		order = self.order(4)
		note = self.note(order, 4)
		self.push()
		self.push()
		before = self.on_hand(self.inventory_item)
		self.take_back(note, 3)
		self.assertEqual({(self.code, self.main): Decimal(-3)}, unfulfilled(self.STORE, [self.code]))
		frappe.db.rollback()
		with read_committed():
			Pusher(FrappePushHost()).run_one(self.STORE, keys.INVENTORY_PUSH)
		self.assertEqual(before, self.on_hand(self.inventory_item))
		self.push()
		self.push()
		self.assertEqual({}, unfulfilled(self.STORE, [self.code]))
		self.assertEqual(before + 3, self.on_hand(self.inventory_item))
		self.assertEqual([(3, 0)], self.returned(order))
		filters = {"item_code": self.code, "warehouse": self.main}
		self.assertEqual(self.on_hand(self.inventory_item), frappe.db.get_value("Bin", filters, "actual_qty"))

	def test_a_cancelled_return_that_was_received_says_what_to_do(self) -> None:
		order = self.order(4)
		note = self.note(order, 4)
		back = self.take_back(note, 2)
		self.push()
		back.reload()
		back.cancel()
		frappe.db.commit()
		self.push()
		event = self.events_of(order)[-1]
		self.assertEqual("Fulfillment refused", event.category)
		self.assertIn(f"Delivery Note {back.name} was cancelled, but its return", event.message)
		self.assertEqual([(2, 0)], self.returned(order))

	def test_an_amended_return_keeps_the_one_in_shopify(self) -> None:
		order = self.order(4)
		note = self.note(order, 4)
		back = self.take_back(note, 2)
		self.push()
		back.reload()
		back.cancel()
		frappe.db.commit()
		amended = frappe.copy_doc(back)
		amended.update({"amended_from": back.name, "docstatus": 0})
		amended.insert(ignore_permissions=True)
		amended.submit()
		frappe.db.commit()
		self.push()
		self.assertEqual([(2, 0)], self.returned(order))
		self.assertEqual("No Change", self.events_of(order)[-1].status)


class TestKilledReturns(_ReturningCase):
	"""Twice as much was sent as comes back, so that the shop would take every double."""

	SETTINGS: Mapping[str, Any] = {"push_returns": "Return in Shopify", "sync_inventory": 0}

	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		cls.workers = Mortals()
		cls.addClassCleanup(cls.workers.close)

	def killed_at(self, step: str) -> None:
		for number in range(KILLS):
			order = self.order(4)
			note = self.note(order, 4)
			self.push()
			self.take_back(note, 2)
			frappe.db.rollback()
			self.assertEqual("killed", self.workers.push_until(step), (step, number))
			self.forget_leases()
			self.push_once()
			self.push_once()
			self.assertEqual([(2, 0)], self.returned(order), (step, number))
			self.assertIn(self.events_of(order)[-1].status, ("Applied", "No Change"))

	def test_killed_before_the_call(self) -> None:
		self.killed_at("before_call")

	def test_killed_after_the_call(self) -> None:
		self.killed_at("after_call")

	def test_killed_before_the_commit(self) -> None:
		self.killed_at("before_commit")
