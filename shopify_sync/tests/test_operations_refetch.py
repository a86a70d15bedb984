"""Refetch through the Admin API of a shop on 127.0.0.1, as the button does it: what it reads, and what it says when it cannot."""

from __future__ import annotations

from typing import Any

import frappe

from shopify_sync.api import operations
from shopify_sync.erpnext_host import connections
from shopify_sync.erpnext_host.operations import running

from . import operated, site
from .operated import plant, start
from .reconciled import ReconciledCase


class TestRefetchOverHttp(ReconciledCase):
	STORE = "test-refetch"

	def setUp(self) -> None:
		super().setUp()
		operated.forgotten(self)

	def read_again(self, *names: str) -> dict[str, Any]:
		return start("Refetch", {"events": list(names)})

	def read(self) -> list[Any]:
		"""Return what was read, once it was carried out."""
		self.settle()
		fields = ["name", "resource_type", "link", "status", "message", "payload"]
		return frappe.get_all("Sync Event", {"store": self.STORE, "source": "Replay"}, fields, order_by="resource_type")

	def event_of(self, resource: str, shopify_id: str) -> str:
		names = frappe.get_all(
			"Sync Event", {"store": self.STORE, "resource_type": resource, "shopify_id": shopify_id}, pluck="name"
		)
		return str(names[0])

	def test_what_the_shop_has_now_of_each_kind_is_carried_out_and_what_is_gone_is_said(self) -> None:
		self.tell_level(1)
		order = self.place(1)
		with self.served.lock, self.shop.silently():
			self.shop.orders.update(order.id, note="Ring twice")
			self.shop.inventory.adjust("available", self.stock_id, self.places[1], -3, "shrinkage")
		payment = frappe.get_all("Sync Event", {"store": self.STORE, "resource_type": "order_transaction"}, pluck="name")[0]
		level = self.event_of("inventory_level", f"{self.stock_id}-{self.places[1]}")
		done = self.read_again(self.event_of("order", order.id), payment, level, self.event_of("product", self.product_id))
		self.assertEqual((done["status"], done["changed"], done["refused"]), ("Completed", 4, 0), done)
		found = self.read()
		kinds = [row.resource_type for row in found]
		self.assertEqual(kinds, ["inventory_level", "order", "product"], "the order holds its payment: it is read once")
		self.assertEqual({row.status for row in found} - {"Applied", "No Change"}, set(), found)
		self.assertIn("Ring twice", found[1].payload)
		self.assertEqual(found[0].status, "Applied", "the stock that was lost is booked")
		with self.served.lock, self.shop.silently():
			gone = self.shop.orders.place(
				[{"variant_id": self.variant, "quantity": 1}], financial="pending", email="g@example.com"
			)
		self.tell_order(gone)
		with self.served.lock, self.shop.silently():
			self.shop.orders.delete(gone.id)
		done = self.read_again(self.event_of("order", gone.id), self.event_of("order", order.id))
		self.assertEqual((done["status"], done["changed"], done["refused"]), ("Completed", 1, 1), done)
		self.assertEqual(done["refusals"], {"Shopify has no such record any more.": 1})

	def test_no_answer_leaves_it_to_go_on_by_itself_and_what_the_app_may_not_read_is_said(self) -> None:
		order = self.place(1)
		name = self.event_of("order", order.id)
		for fault in ("timeout_before", "server_error_before"):
			with self.subTest(fault):
				self.served.faults.set(**{fault: 1.0})
				rests = self.read_again(name)
				self.assertEqual((rests["status"], rests["done"]), ("Running", 0), rests)
				self.assertTrue(rests["message"])
				self.assertNotIn("Traceback", rests["message"])
				self.served.faults.set(**{fault: 0.0})
				self.close_circuit()
				running.carry_on(rests["operation"], paced=False)
				done = operations.get(rests["operation"])
				self.assertEqual((done["status"], done["changed"]), ("Completed", 1), done)
		self.assertEqual(len(self.read()), 2, "each was asked for by itself")
		token = "shpat_" + frappe.generate_hash(length=32)
		self.served.tokens.add_static(token, ["read_products"])
		self.sign_in_with(token)
		rests = self.read_again(self.event_of("order", order.id))
		self.assertEqual((rests["status"], rests["done"]), ("Running", 0), rests)
		self.assertIn("read_orders", rests["message"])
		self.assertEqual(operations.stop(rests["operation"])["status"], "Stopped")
		self.served.tokens.revoke_all()
		self.sign_in_with("shpat_" + frappe.generate_hash(length=32))
		refused = self.read_again(self.event_of("order", order.id), *plant(self.STORE, 1))
		self.assertEqual((refused["status"], refused["done"]), ("Running", 0), refused)
		self.assertNotIn("shpat_", refused["message"], "no secret in what is told")
		self.assertEqual(operations.stop(refused["operation"])["status"], "Stopped")
		self.assertEqual(len(self.read()), 2)

	def sign_in_with(self, token: str) -> None:
		self.store.reload()
		self.store.access_token = token
		self.store.save()
		frappe.db.commit()

	def close_circuit(self) -> None:
		connections.link_of(self.STORE, for_operator=True).connection.reset_circuit()
		site.drain()
