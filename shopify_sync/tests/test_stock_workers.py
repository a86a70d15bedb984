"""Workers that deliver, invoice and take back the same Item at once leave its stock right."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from typing import Any

import frappe

from shopify_sync.core.engine import Engine
from shopify_sync.erpnext_host.host import FrappeHost

from . import payloads, site
from .case import SyncTestCase
from .documents import stock_up

_WORKERS = 4
_ORDERS = 16


class TestSharedStock(SyncTestCase):
	def orders(self, item: str) -> list[dict[str, Any]]:
		"""Return orders of one to three pieces of the same Item, all of them sent."""
		now, found = datetime.now(timezone.utc).isoformat(timespec="seconds"), []
		for number in range(_ORDERS):
			order_id, quantity = site.fresh_id(), 1 + number % 3
			lines = [payloads.line(order_id + 1, item, "2.00", quantity), payloads.line(order_id + 2, "MUG-1", "5.00")]
			if number % 2:
				lines.reverse()
			sent = {
				"id": order_id + 3,
				"order_id": order_id,
				"status": "success",
				"created_at": now,
				"updated_at": now,
				"location_id": int(site.LOCATION),
				"line_items": [{"id": line["id"], "quantity": line["quantity"]} for line in lines],
			}
			times = {"created_at": now, "processed_at": now, "updated_at": now}
			found.append(payloads.order(order_id, lines, fulfillment_status="fulfilled", fulfillments=[sent], **times))
		return found

	def at_once(self) -> None:
		name, sites_path = frappe.local.site, frappe.local.sites_path

		def work(_number: int) -> None:
			frappe.init(site=name, sites_path=sites_path)
			frappe.connect()
			frappe.set_user("Administrator")
			try:
				Engine(FrappeHost()).drain()
			finally:
				frappe.destroy()

		with ThreadPoolExecutor(_WORKERS) as pool:
			list(pool.map(work, range(_WORKERS)))
		frappe.db.rollback()

	def assert_stock(self, item: str, expected: float) -> None:
		bin_row = frappe.db.get_value("Bin", {"item_code": item}, ["actual_qty", "reserved_qty", "stock_value"], as_dict=True)
		self.assertEqual((bin_row.actual_qty, bin_row.reserved_qty), (expected, 0))
		moved = frappe.get_all(
			"Stock Ledger Entry",
			filters={"item_code": item, "is_cancelled": 0},
			fields=["actual_qty", "qty_after_transaction", "stock_value"],
			order_by="posting_date, posting_time, creation",
		)
		self.assertEqual(sum(row.actual_qty for row in moved), expected)
		balance = 0.0
		for row in moved:
			balance += row.actual_qty
			self.assertEqual(row.qty_after_transaction, balance)
		self.assertEqual(moved[-1].stock_value, bin_row.stock_value)

	def deliver_at_once(self, **settings: Any) -> None:
		item = site.make_item(f"STOCK-{site.fresh_id()}")
		stock_up(item, "MUG-1", qty=200)
		# Where Shopify is right about the stock, a Stock Entry beside each Delivery Note would put the goods back.
		self.store.location_mapping[0].direction = "ERPNext → Shopify"
		self.store.update(settings)
		self.store.save()
		frappe.db.commit()
		orders = self.orders(item)
		for order in orders:
			site.deliver(order, "orders/create", store=self.STORE)
		self.at_once()
		events = frappe.get_all("Sync Event", filters={"store": self.STORE}, fields=["status", "message"])
		self.assertEqual({row.status for row in events}, {"Applied"}, [row.message for row in events if row.message])
		self.assert_stock(item, 200 - sum(1 + number % 3 for number in range(_ORDERS)))

	def test_delivery_notes(self) -> None:
		self.deliver_at_once()

	def test_invoices_that_move_stock(self) -> None:
		self.deliver_at_once(invoice_updates_stock=1)
