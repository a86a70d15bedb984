"""Stock on its way out, on a site: what Shopify has on hand ends as the Bins say, by the store's rules."""

from __future__ import annotations

from typing import Any

import frappe
from frappe.model.document import execute_action

from shopify_sync.erpnext_host import outbox

from . import site, vouchers
from .shop import ShopCase, make_warehouse


class TestRules(ShopCase):
	def stocked(self, item: str | None = None, qty: float = 10, **product: Any) -> str:
		"""Return the inventory item of an Item of which so much lies in the first warehouse."""
		item = item or self.item()
		level = self.product(item, **product)
		if qty:
			vouchers.receive(item, self.main, qty)
		frappe.db.commit()
		return level

	def last(self, level: str, place: int = 0) -> tuple[str, str, str]:
		return self.outcomes(level, place)[-1]

	def test_every_location_has_what_its_warehouse_has(self) -> None:
		item = self.item()
		level = self.stocked(item, 10)
		vouchers.receive(item, self.second, 4)
		frappe.db.commit()
		self.assertEqual(self.push(), 2)
		self.assertEqual([self.on_hand(level, place) for place in (0, 1)], [10, 4])
		vouchers.transfer(item, self.main, self.second, 3)
		frappe.db.commit()
		self.push()
		self.assertEqual([self.on_hand(level, place) for place in (0, 1)], [7, 7])
		self.assertEqual([status for status, *_rest in self.outcomes(level)], ["Applied", "Applied"])

	def test_evidence_says_what_was_set_and_what_it_was_made_of(self) -> None:
		item = self.item()
		level = self.stocked(item, 10)
		self.push()
		name = frappe.get_all("Sync Event", {"shopify_id": self.mark(level), "status": "Applied"}, pluck="name")[0]
		attempt = frappe.get_all("Sync Attempt", {"event": name}, ["action", "outcome", "changes", "reads"])[0]
		self.assertEqual((attempt.action, attempt.outcome), ("Push", "Applied"))
		self.assertIn('"on_hand"', attempt.changes)
		self.assertIn(self.main, attempt.reads)
		calls = frappe.get_all("Shopify API Call", {"events": ("like", f"%{name}%")}, ["operation", "idempotency_key", "outcome"])
		self.assertIn("InventorySetQuantities", {call.operation for call in calls})
		self.assertTrue(all(call.idempotency_key for call in calls if call.operation == "InventorySetQuantities"))

	def test_several_warehouses_and_a_group_with_all_below_it_are_one_location(self) -> None:
		root = frappe.db.get_value(
			"Warehouse", {"company": site.company(), "is_group": 1, "parent_warehouse": ("in", ("", None))}
		)
		group = make_warehouse("Out Group", root, 1)
		inner = make_warehouse("Out Inner Group", group, 1)
		leaves = [make_warehouse("Out Leaf 1", group), make_warehouse("Out Leaf 2", inner)]
		gone = make_warehouse("Out Leaf 3", inner)
		rows = [self.row(0, self.main), self.row(0, group), self.row(0, leaves[0])]
		self.remake(rows)
		item = self.item()
		level = self.stocked(item, 10)
		for warehouse, qty in ((leaves[0], 3), (leaves[1], 4), (gone, 50)):
			vouchers.receive(item, warehouse, qty)
		frappe.db.commit()
		self.assertEqual(self.open_marks(), [self.mark(level)])
		frappe.db.set_value("Warehouse", gone, "disabled", 1)
		frappe.db.commit()
		self.addCleanup(frappe.db.set_value, "Warehouse", gone, "disabled", 0)
		self.push()
		self.assertEqual(self.on_hand(level), 17, "each warehouse counts once, what is disabled not at all")

	def test_safety_stock_is_kept_back(self) -> None:
		self.remake([self.row(0, self.main, safety_stock=3), self.row(1, self.second)])
		level = self.stocked(qty=10)
		self.push()
		self.assertEqual(self.on_hand(level), 7)

	def test_what_is_excluded_is_left_alone(self) -> None:
		one, two = self.item(), self.item()
		group = frappe.db.get_value("Item", two, "item_group")
		parent = frappe.db.get_value("Item Group", group, "parent_item_group")
		exclusions: list[dict[str, Any]] = [{"item": one}]
		self.remake(stock_exclusions=exclusions)
		levels = [self.stocked(one, available=2), self.stocked(two, available=2)]
		self.push()
		self.assertEqual([self.on_hand(level) for level in levels], [2, 10])
		self.assertEqual(self.last(levels[0])[0], "Ignored")
		self.store.reload()
		self.store.stock_exclusions = []
		self.store.append("stock_exclusions", {"item_group": parent, "location_id": self.places[0]})
		self.store.save()
		vouchers.receive(two, self.main, 5)
		vouchers.receive(two, self.second, 5)
		frappe.db.commit()
		self.push()
		self.assertEqual([self.on_hand(levels[1], place) for place in (0, 1)], [10, 5], "the group at the first location only")

	def test_a_bundle_has_as_many_as_its_parts_make(self) -> None:
		cup, lid, box = self.item(), self.item(), self.item(is_stock_item=0)
		vouchers.bundle(box, {cup: 2, lid: 1})
		level = self.product(box)
		vouchers.receive(cup, self.main, 9)
		vouchers.receive(lid, self.main, 20)
		frappe.db.commit()
		self.push()
		self.assertEqual(self.on_hand(level), 4)
		vouchers.issue(lid, self.main, 18)
		frappe.db.commit()
		self.push()
		self.assertEqual(self.on_hand(level), 2)
		self.store.reload()
		self.store.bundle_stock = "Not pushed"
		self.store.save()
		vouchers.issue(lid, self.main, 1)
		frappe.db.commit()
		self.push()
		self.assertEqual((self.on_hand(level), self.last(level)[0]), (2, "Ignored"))

	def test_parts_of_a_piece_and_less_than_nothing(self) -> None:
		site.make_item("OUT-KG", stock_uom="Kg", valuation_rate=5)
		kilos = self.stocked(self.item(stock_uom="Kg"), 2.75)
		sixes = self.stocked(self.item(), 20, factor=6)
		frappe.db.set_single_value("Stock Settings", "allow_negative_stock", 1)
		self.addCleanup(frappe.db.set_single_value, "Stock Settings", "allow_negative_stock", 0)
		below = self.item()
		owed = self.stocked(below, 0, available=5)
		vouchers.issue(below, self.main, 4)
		frappe.db.commit()
		self.push()
		self.assertEqual([self.on_hand(level) for level in (kilos, sixes, owed)], [2, 3, 0])

	def test_an_item_that_is_not_stocked_there_is_stocked_or_fails_by_rule(self) -> None:
		level = self.stocked(stocked=(1,))
		self.push()
		self.assertEqual(self.on_hand(level), 10)
		self.remake(not_stocked="Fail")
		level = self.stocked(stocked=(1,))
		self.push()
		self.assertIsNone(self.on_hand(level))
		status, category, message = self.last(level)
		self.assertEqual((status, category), ("Dead Letter", "Not stocked"), message)
		with self.served.lock:
			self.shop.inventory.connect(level, self.places[0])

	def test_an_item_that_is_stocked_there_no_more_is_stocked_again(self) -> None:
		item = self.item()
		level = self.stocked(item)
		self.push()
		with self.served.lock, self.shop.silently():
			self.shop.inventory.adjust("available", level, self.places[0], -10, "correction")
			self.shop.inventory.disconnect(level, self.places[0])
		vouchers.receive(item, self.main, 1)
		frappe.db.commit()
		self.push()
		self.assertEqual((self.on_hand(level), self.last(level)[0]), (11, "Applied"), self.last(level))

	def test_untracked_and_deleted(self) -> None:
		free, gone = self.stocked(available=1), self.stocked(available=1)
		with self.served.lock:
			self.shop.inventory.update_item(free, tracked=False)
			del self.shop.inventory.items[gone]
		self.push()
		self.assertEqual((self.last(free)[0], self.last(gone)[0]), ("Ignored", "Ignored"))
		self.assertEqual(self.on_hand(free), 1)

	def test_each_line_of_a_batch_ends_by_itself(self) -> None:
		levels = [self.stocked(qty=10 + number) for number in range(6)]
		self.push()
		items = [frappe.db.get_value("Shopify Link", f"{self.STORE}/inventory_item/{level}", "document_name") for level in levels]
		with self.served.lock, self.shop.silently():
			del self.shop.inventory.items[levels[1]]
			self.shop.inventory.disconnect(levels[2], self.places[0])
			self.shop.inventory.adjust("available", levels[3], self.places[0], 5, "correction")
			self.shop.inventory.update_item(levels[4], tracked=False)
		for item in items:
			vouchers.receive(item, self.main, 100)
		frappe.db.commit()
		self.push()
		self.assertEqual([self.on_hand(levels[number]) for number in (0, 2, 3, 5)], [110, 112, 113, 115])
		self.assertEqual(
			[self.last(level)[0] for level in levels], ["Applied", "Ignored", "Applied", "Applied", "Ignored", "Applied"]
		)

	def test_stock_changed_in_shopify_is_overwritten_or_a_conflict_by_rule(self) -> None:
		item = self.item()
		level = self.stocked(item)
		self.push()
		self.drifts(level, 3)
		vouchers.receive(item, self.main, 1)
		frappe.db.commit()
		self.push()
		self.assertEqual(self.on_hand(level), 11)
		name = frappe.get_all("Sync Event", {"shopify_id": self.mark(level)}, pluck="name", order_by="version desc")[0]
		self.assertIn('"drift":3', frappe.db.get_value("Sync Attempt", {"event": name}, "reads"))
		self.store.reload()
		self.store.on_drift = "Conflict"
		self.store.save()
		self.drifts(level, -2)
		vouchers.receive(item, self.main, 1)
		frappe.db.commit()
		self.push()
		self.assertEqual((self.on_hand(level), self.last(level)[0]), (9, "Conflict"), self.last(level))

	def drifts(self, level: str, by: int) -> None:
		"""Let somebody change the stock in Shopify."""
		with self.served.lock, self.shop.silently():
			self.shop.inventory.adjust("available", level, self.places[0], by, "correction")

	def test_shadow_says_what_it_would_do(self) -> None:
		self.remake(mode="Shadow")
		level = self.stocked()
		self.push()
		self.assertEqual((self.on_hand(level), self.last(level)[0]), (0, "Shadowed"))

	def test_a_paused_store_keeps_its_marks(self) -> None:
		level = self.stocked()
		self.store.reload()
		self.store.mode = "Paused"
		self.store.save()
		frappe.db.commit()
		self.assertEqual(self.push(), 0)
		self.assertIn(self.mark(level), self.open_marks())
		self.store.mode = "Live"
		self.store.save()
		frappe.db.commit()
		self.push()
		self.assertEqual(self.on_hand(level), 10)

	def test_a_large_reconciliation_in_the_background(self) -> None:
		items = [self.item() for _number in range(101)]
		levels = [self.product(item) for item in items]
		doc = vouchers.reconcile([(item, self.main, 3.0) for item in items])
		frappe.db.commit()
		self.assertEqual(doc.reload().docstatus, 0, "ERPNext has put it off")
		execute_action("Stock Reconciliation", doc.name, "_submit")  # as its background job does
		frappe.db.commit()
		self.push()
		self.assertEqual({self.on_hand(level) for level in levels}, {3})
		self.assertLessEqual(self.calls("InventorySetQuantities"), 2)

	def calls(self, operation: str) -> int:
		frappe.db.rollback()
		return frappe.db.count("Shopify API Call", {"store": self.STORE, "operation": operation})

	def test_memory_spares_the_reading(self) -> None:
		item = self.item()
		level = self.stocked(item)
		self.push()
		frappe.db.delete("Shopify API Call", {"store": self.STORE})
		vouchers.receive(item, self.main, 1)
		frappe.db.commit()
		self.push()
		self.assertEqual((self.on_hand(level), self.calls("InventoryLevelsAt"), self.calls("InventorySetQuantities")), (11, 0, 1))

	def test_everything_on_demand_changes_what_does_not_agree_and_nothing_else(self) -> None:
		level, other = self.stocked(), self.stocked()
		self.push()
		self.drifts(other, 5)
		outbox.push_stock(self.STORE)
		frappe.db.commit()
		self.push()
		self.assertEqual((self.on_hand(level), self.last(level)[0]), (10, "No Change"))
		self.assertEqual((self.on_hand(other), self.last(other)[0]), (10, "Applied"))


class TestForm(ShopCase):
	def test_what_a_location_may_say(self) -> None:
		group = frappe.db.get_value("Warehouse", {"company": site.company(), "is_group": 1})
		for rows in (
			[self.row(0, group)],
			[self.row(0, self.main, "Shopify → ERPNext"), self.row(0, self.second, "Shopify → ERPNext")],
			[self.row(0, self.main), self.row(0, self.second, "None")],
			[self.row(0, self.main), self.row(0, self.main)],
			[self.row(0, self.main), self.row(0, self.second, safety_stock=1)],
		):
			with self.subTest(rows=[(row["warehouse"], row["direction"]) for row in rows]):
				self.store.reload()
				self.store.set("location_mapping", rows)
				self.assertRaises(frappe.ValidationError, self.store.save)
				frappe.db.rollback()

	def test_what_an_exclusion_may_say(self) -> None:
		group = frappe.db.get_value("Item Group", {"is_group": 0})
		for row in (
			{},
			{"item": "TEE-M", "item_group": group},
			{"item": "TEE-M", "location_id": "12345"},
			{"item": "TEE-M", "location_id": "x"},
		):
			with self.subTest(row=row):
				self.store.reload()
				self.store.append("stock_exclusions", row)
				self.assertRaises(frappe.ValidationError, self.store.save)
				frappe.db.rollback()

	def test_rows_of_a_location_are_one_rule(self) -> None:
		from shopify_sync.erpnext_host import policies

		self.remake([self.row(0, self.main, safety_stock=2), self.row(1, self.second), self.row(0, self.second)])
		rules = policies.policy(self.STORE).locations
		self.assertEqual([(rule.location_id, rule.warehouses, rule.safety_stock) for rule in rules], [
			(self.places[0], (self.main, self.second), 2), (self.places[1], (self.second,), 0),
		])  # fmt: skip
