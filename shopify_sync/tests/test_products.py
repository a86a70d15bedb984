"""Products of a simulated shop on a site: linked, imported, stopped half-way, and made into Items that ERPNext accepts."""

from __future__ import annotations

from typing import Any

import frappe

from shopify_sync.api import command_center
from shopify_sync.core.backfill.wanted import Wanted

from . import site
from .backfilled import backfill
from .shop import ShopCase


class ProductCase(ShopCase):
	"""Sells products in the shop, with SKUs that nobody else has."""

	def setUp(self) -> None:
		super().setUp()
		self.number = frappe.generate_hash(length=8).upper()
		self.group = frappe.db.get_value("Item Group", {"is_group": 0})

	def sell(self, title: str, *variants: dict[str, Any], **values: Any) -> Any:
		"""Make a product in the shop, without a webhook."""
		with self.served.lock, self.shop.silently():
			return self.shop.products.create(f"{title} {self.number}", variants, **values)

	def sku(self, name: str) -> str:
		return f"{name}-{self.number}"

	def read(self) -> Any:
		"""Import, and carry out what came of it."""
		return backfill(self.STORE, Wanted(products=True), again=True)

	def linked(self, product: Any) -> list[tuple[str | None, str | None]]:
		"""Return the Items that the links of the variants and of their inventory items lead to."""
		return [
			(self.item_of("variant", one.id), self.item_of("inventory_item", one.inventory_item_id)) for one in product.variants
		]

	def item_of(self, resource: str, shopify_id: str) -> str | None:
		return frappe.db.get_value("Shopify Link", f"{self.STORE}/{resource}/{shopify_id}", "document_name")

	def statuses(self) -> list[str]:
		return frappe.get_all("Sync Event", {"store": self.STORE, "source": "Backfill"}, pluck="status")


class TestImport(ProductCase):
	def test_items_that_are_there_are_linked(self) -> None:
		site.make_item(self.sku("OLD"))
		known = self.sell("Known", {"sku": self.sku("OLD"), "price": "5.00"})
		unknown = self.sell("Unknown", {"sku": self.sku("NEW"), "price": "5.00"})
		run = self.read()
		self.assertEqual((run.read, run.totals, run.ended is not None), ({"product": 2}, {"product": 2}, True))
		self.assertEqual(self.linked(known), [(self.sku("OLD"),) * 2])
		self.assertEqual(self.linked(unknown), [(None, None)])
		self.assertFalse(frappe.db.exists("Item", self.sku("NEW")))

	def test_products_become_items_and_an_import_again_changes_nothing(self) -> None:
		self.remake(create_items=1, item_group=self.group, sync_prices=1, item_price_list=self.price_list())
		single = self.sell("Mug", {"sku": self.sku("MUG"), "price": "7.50", "barcode": self.number, "tracked": False})
		sizes = [{"sku": self.sku(f"TEE-{size}"), "title": f"{size}{self.number}", "price": "19.90"} for size in "SM"]
		several = self.sell("Tee", *sizes)
		self.read()
		self.assertEqual(self.linked(single), [(self.sku("MUG"),) * 2])
		self.assertEqual(self.linked(several), [(self.sku(f"TEE-{size}"),) * 2 for size in "SM"])
		mug = frappe.get_doc("Item", self.sku("MUG"))
		self.assertEqual((mug.item_name, mug.is_stock_item, mug.item_group), (f"Mug {self.number}", 0, self.group))
		self.assertEqual([row.barcode for row in mug.barcodes], [self.number])
		tee = frappe.get_doc("Item", self.sku("TEE-S"))
		self.assertTrue(frappe.db.get_value("Item", tee.variant_of, "has_variants"))
		self.assertEqual([(row.attribute, row.attribute_value) for row in tee.attributes], [("Title", f"S{self.number}")])
		self.assertEqual(self.price_of("MUG"), 7.5)
		self.assertEqual(self.price_of("TEE-M"), 19.9)
		before = self.state_of_items()
		self.read()
		self.assertEqual(self.state_of_items(), before)
		self.assertEqual(sorted(self.statuses()), ["Applied", "Applied", "No Change", "No Change"])

	def price_list(self) -> str:
		"""Return a price list in the shop's currency."""
		return site._price_list(frappe.db.get_value("Company", site.company(), "default_currency"))

	def price_of(self, name: str) -> float:
		where = {"item_code": self.sku(name), "price_list": self.price_list()}
		rates = frappe.get_all("Item Price", where, pluck="price_list_rate")
		self.assertEqual(len(rates), 1)
		return float(rates[0])

	def state_of_items(self) -> list[Any]:
		names = frappe.get_all("Item", {"name": ("like", f"%{self.number}%")}, pluck="name", order_by="name")
		self.assertGreaterEqual(len(names), 3)
		prices = frappe.get_all("Item Price", {"item_code": ("in", names)}, ["name", "modified"], order_by="name")
		return [[frappe.db.get_value("Item", name, ["name", "modified"]) for name in names], prices]

	def test_an_import_after_a_change_of_settings_makes_what_was_left_out(self) -> None:
		product = self.sell("Mug", {"sku": self.sku("MUG"), "price": "7.50"})
		self.read()
		self.assertEqual(self.linked(product), [(None, None)])
		store = frappe.get_doc("Shopify Store", self.STORE)
		store.update({"create_items": 1, "item_group": self.group})
		store.save()
		self.read()
		self.assertEqual(self.linked(product), [(self.sku("MUG"),) * 2])


class TestItems(ProductCase):
	"""What webhooks of products make of Items, where ERPNext has an opinion of its own."""

	def setUp(self) -> None:
		super().setUp()
		self.remake(create_items=1, item_group=self.group)

	def webhook(self, product: Any) -> Any:
		from shopify_sync.simulator.rest import product as rest

		with self.served.lock:
			payload = rest.payload(self.shop, product)
		return payload

	def deliver(self, payload: dict[str, Any], topic: str = "products/update") -> Any:
		name = frappe.generate_hash(length=20)
		answer = site.deliver(payload, topic, webhook_id=name, store=self.STORE, X_Shopify_Shop_Domain=self.shop.domain)
		self.assertEqual(answer.status, 200)
		site.drain()
		return site.event(name)

	def test_values_are_added_to_an_attribute_that_is_there(self) -> None:
		attribute = f"Size {self.number}"
		values = [{"attribute_value": "Small", "abbr": "S"}, {"attribute_value": "Large", "abbr": "Medium"}]
		doc = {"doctype": "Item Attribute", "attribute_name": attribute, "item_attribute_values": values}
		frappe.get_doc(doc).insert()
		product = self.sell("Tee", *({"sku": self.sku(size), "title": size} for size in ("small", "Medium")))
		payload = self.webhook(product)
		payload["options"] = [{"name": attribute}]
		event = self.deliver(payload)
		self.assertEqual(event.status, "Applied", event.message)
		found = frappe.get_doc("Item Attribute", attribute)
		rows = {row.attribute_value: row.abbr for row in found.item_attribute_values}
		self.assertEqual(set(rows), {"Small", "Large", "Medium"})
		self.assertEqual(len(set(rows.values())), 3, "abbreviations differ")
		self.assertEqual(frappe.get_doc("Item", self.sku("small")).attributes[0].attribute_value, "Small")

	def test_an_attribute_with_a_range_of_numbers_makes_separate_items(self) -> None:
		attribute = f"Length {self.number}"
		values = {"numeric_values": 1, "from_range": 1, "to_range": 9, "increment": 1}
		frappe.get_doc({"doctype": "Item Attribute", "attribute_name": attribute, **values}).insert()
		product = self.sell("Rope", *({"sku": self.sku(size), "title": size} for size in ("2", "3")))
		payload = self.webhook(product)
		payload["options"] = [{"name": attribute}]
		event = self.deliver(payload)
		self.assertEqual(event.status, "Applied", event.message)
		self.assertIn("separate Items", event.not_applied)
		self.assertFalse(frappe.db.get_value("Item", self.sku("2"), "variant_of"))

	def test_a_changed_sku_is_decided_from_the_desk(self) -> None:
		product = self.sell("Mug", {"sku": self.sku("MUG")})
		payload = self.webhook(product)
		self.deliver(payload)
		site.make_item(self.sku("CUP"))
		payload["variants"][0]["sku"] = self.sku("CUP")
		payload["updated_at"] = "2030-01-01T00:00:00Z"
		event = self.deliver(payload)
		self.assertEqual(event.status, "Conflict", event.message)
		(name,) = frappe.get_all("Sync Conflict", {"store": self.STORE, "status": "Open"}, pluck="name")
		row = frappe.get_doc("Sync Conflict", name)
		self.assertEqual(
			(row.base_value, row.erpnext_value, row.shopify_value), (self.sku("MUG"), self.sku("MUG"), self.sku("CUP"))
		)
		message = command_center.resolve_conflict(name, "Take Shopify's")["message"]
		self.assertIn("Take Shopify's", message)
		site.drain()
		self.assertEqual(site.event(event.name).status, "No Change")
		self.assertEqual(self.linked(product), [(self.sku("CUP"),) * 2])

	def test_an_item_that_was_deleted_is_made_again(self) -> None:
		product = self.sell("Mug", {"sku": self.sku("MUG")})
		payload = self.webhook(product)
		self.deliver(payload)
		frappe.delete_doc("Item", self.sku("MUG"))
		frappe.db.commit()
		event = self.deliver({**payload, "title": "Mug again", "updated_at": "2030-01-01T00:00:00Z"})
		self.assertEqual(event.status, "Applied", event.message)
		self.assertEqual(frappe.db.get_value("Item", self.sku("MUG"), "item_name"), "Mug again")

	def test_a_price_list_of_another_currency_is_refused_when_the_store_is_saved(self) -> None:
		currency = "EUR" if frappe.db.get_value("Company", site.company(), "default_currency") != "EUR" else "USD"
		name = f"Other {self.number}"
		frappe.get_doc({"doctype": "Price List", "price_list_name": name, "currency": currency, "selling": 1}).insert()
		store = frappe.get_doc("Shopify Store", self.STORE)
		store.update({"sync_prices": 1, "item_price_list": name})
		self.assertRaisesRegex(frappe.ValidationError, currency, store.save)
		store.reload()
		store.update({"sync_prices": 1, "item_price_list": name, "shop_currency": currency})
		store.save()
		frappe.db.commit()
		product = self.sell("Mug", {"sku": self.sku("MUG"), "price": "7.50"})
		event = self.deliver(self.webhook(product))
		self.assertEqual(event.status, "Applied", event.message)
		frappe.db.set_value("Price List", name, "currency", "GBP")
		event = self.deliver({**self.webhook(product), "updated_at": "2030-01-01T00:00:00Z"})
		self.assertEqual((event.status, event.category), ("Dead Letter", "ERPNext validation"))
		self.assertIn("GBP", event.message)

	def test_a_box_of_six_is_counted_in_pieces(self) -> None:
		item = site.make_item(f"BOX-{self.number}", valuation_rate=2)
		product = self.sell("Box", {"sku": self.sku("BOX-OF-SIX")})
		made = product.variants[0]
		link = {
			"doctype": "Shopify Link",
			"store": self.STORE,
			"resource_type": "variant",
			"shopify_id": made.id,
			"uom_factor": 6,
		}
		frappe.get_doc({**link, "document_type": "Item", "document_name": item}).insert()
		frappe.db.commit()
		event = self.deliver(self.webhook(product))
		self.assertEqual(event.status, "Applied", event.message)
		stock = f"{self.STORE}/inventory_item/{made.inventory_item_id}"
		self.assertEqual(frappe.db.get_value("Shopify Link", stock, ["document_name", "uom_factor"]), (item, 6))
		store = frappe.get_doc("Shopify Store", self.STORE)
		store.location_mapping[0].direction = "Shopify → ERPNext"
		store.save()
		frappe.db.commit()
		level = {
			"inventory_item_id": int(made.inventory_item_id),
			"location_id": int(self.places[0]),
			"available": 4,
			"updated_at": "2026-11-20T10:00:00Z",
		}
		event = self.deliver(level, "inventory_levels/update")
		self.assertEqual(event.status, "Applied", event.message)
		self.assertEqual(frappe.db.get_value("Bin", {"item_code": item, "warehouse": self.main}, "actual_qty"), 24)
