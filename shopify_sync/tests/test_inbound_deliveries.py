"""A location whose stock is taken from Shopify: parcels leave it and come back, and its Bin stays at what Shopify says."""

from __future__ import annotations

from typing import Any

import frappe

from . import payloads, site
from .case import SyncTestCase

_ITEM = "TEE-INBOUND"


class TestInboundDeliveries(SyncTestCase):
	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		site.make_item(_ITEM, valuation_rate=7)

	def setUp(self) -> None:
		super().setUp()
		self.warehouse = self.store.location_mapping[0].warehouse

	def held(self) -> float:
		where = {"item_code": _ITEM, "warehouse": self.warehouse}
		return float(frappe.db.get_value("Bin", where, "actual_qty") or 0)

	def sent(self, **values: Any) -> dict[str, Any]:
		"""Return a paid order of two pieces that were sent from the location."""
		order = self.order(
			[payloads.line(1, _ITEM, "20.00", 2)], financial_status="paid", fulfillment_status="fulfilled", **values
		)
		parcel = {
			"id": order["id"] + 50,
			"status": "success",
			"created_at": order["created_at"],
			"location_id": int(site.LOCATION),
		}
		order["fulfillments"] = [{**parcel, "line_items": [{"id": 1, "quantity": 2}], "tracking_number": "T1"}]
		return order

	def vouchers(self, order: dict[str, Any]) -> list[tuple[str, float]]:
		"""Return what moved the Item for an order: voucher type and quantity."""
		key = f"{self.STORE}/order/{order['id']}/%"
		names = [
			name
			for doctype in ("Delivery Note", "Stock Entry")
			for name in frappe.get_all(doctype, filters={"shopify_key": ("like", key), "docstatus": 1}, pluck="name")
		]
		rows = frappe.get_all(
			"Stock Ledger Entry",
			filters={"voucher_no": ("in", names), "is_cancelled": 0},
			fields=["voucher_type", "actual_qty"],
			order_by="creation",
		)
		return [(row.voucher_type, row.actual_qty) for row in rows]

	def test_the_last_pieces_can_be_sent(self) -> None:
		# Shopify's `available` went to zero when they were ordered: so did the Bin.
		before = self.held()
		order = self.sent()
		event = self.carry_out(order)
		self.assertEqual(event.status, "Applied", event.message)
		self.assertEqual(self.held(), before)
		self.assertEqual(self.vouchers(order), [("Stock Entry", 2), ("Delivery Note", -2)])

	def test_a_cancelled_parcel_leaves_nothing(self) -> None:
		before = self.held()
		order = self.sent()
		self.carry_out(order)
		order["fulfillments"][0]["status"] = "cancelled"
		order |= {"updated_at": "2026-10-05T11:00:00-04:00", "fulfillment_status": None}
		event = self.carry_out(order, "orders/updated")
		self.assertEqual(event.status, "Applied", event.message)
		self.assertEqual(self.held(), before)
		self.assertEqual(self.vouchers(order), [])

	def test_goods_that_come_back_are_counted_once(self) -> None:
		before = self.held()
		order = self.sent()
		self.carry_out(order)
		taken = {"line_item_id": 1, "quantity": 1, "restock_type": "return", "location_id": int(site.LOCATION)}
		refund = {
			"id": order["id"] + 60,
			"created_at": "2026-10-06T10:00:00-04:00",
			"refund_line_items": [{**taken, "subtotal": 20.0, "total_tax": 0.0}],
			"transactions": [],
		}
		order |= {"updated_at": "2026-10-06T10:00:00-04:00", "refunds": [refund], "current_total_price": "20.00"}
		order["line_items"][0]["current_quantity"] = 1
		event = self.carry_out(order, "orders/updated")
		self.assertEqual(event.status, "Applied", event.message)
		self.assertEqual(self.held(), before)
		moves = [("Stock Entry", 2), ("Delivery Note", -2), ("Delivery Note", 1), ("Stock Entry", -1)]
		self.assertEqual(sorted(self.vouchers(order)), sorted(moves))
