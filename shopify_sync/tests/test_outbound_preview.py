"""Preview of an event on its way out: what would be said, and nothing is."""

from __future__ import annotations

import frappe

from shopify_sync.erpnext_host.previews import preview

from .shop import ShopCase
from .vouchers import receive


class TestOutboundPreview(ShopCase):
	def newest(self, inventory_item: str) -> str:
		frappe.db.rollback()
		where = {"store": self.STORE, "shopify_id": self.mark(inventory_item), "resource_type": "inventory_push"}
		return frappe.get_all("Sync Event", where, pluck="name", order_by="version desc", limit=1)[0]

	def test_what_would_be_set_is_shown_and_nothing_is_said(self) -> None:
		item = self.item()
		inventory_item = self.product(item)
		described = preview(self.newest(inventory_item))
		self.assertEqual((described["decision"], described["changes"]), ("plan", []))
		self.assertIn("read first", described["reason"])
		self.push()
		receive(item, self.main, 4)
		frappe.db.commit()
		described = preview(self.newest(inventory_item))
		self.assertEqual(described["changes"][0]["fields"], [{"field": "on_hand", "before": 0, "after": 4}])
		self.assertEqual(self.on_hand(inventory_item), 0)
		self.push()
		self.assertEqual(self.on_hand(inventory_item), 4)
