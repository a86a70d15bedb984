"""Whatever changes the stock that Shopify should have is marked, in the transaction that changes it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import frappe

from shopify_sync.core.outbound.marks import stock_mark
from shopify_sync.erpnext_host import mark_lock, outbox

from . import site, vouchers
from .shop import ShopCase, make_warehouse


class _MarkCase(ShopCase):
	def setUp(self) -> None:
		super().setUp()
		self.tee = self.item()
		self.level = self.product(self.tee)
		self.both = sorted(self.mark(self.level, place) for place in (0, 1))
		self.clear_marks()

	def clear_marks(self) -> None:
		"""Put away what is marked, as though it had been pushed."""
		frappe.db.commit()
		frappe.db.delete("Sync Event", {"store": self.STORE, "direction": "Outbound"})
		frappe.db.commit()

	def marked_by(self, work: Callable[[], Any]) -> list[str]:
		"""Return what is marked before the commit of *work*, which must be what is committed with it."""
		self.clear_marks()
		work()
		self.assertEqual(self.open_now(), [], "marks are written at the commit, not before")
		frappe.db.commit()
		return self.open_marks()

	def open_now(self) -> list[str]:
		"""Return what is marked in the running transaction."""
		return frappe.get_all("Sync Event", {"store": self.STORE, "open_key": ("is", "set")}, pluck="shopify_id")


class TestTheLock(_MarkCase):
	def test_what_follows_a_commit_does_not_hold_it(self) -> None:
		# It may wait for a worker that waits for the lock: carrying out 1,000 products with two workers, each waited 5 s for the other.
		name = mark_lock._name()
		holders: list[Any] = []
		frappe.db.after_commit.add(lambda: holders.append(frappe.db.sql("SELECT IS_USED_LOCK(%s)", (name,))[0][0]))
		outbox.changed([outbox.Change(self.tee, self.main)])
		frappe.db.commit()
		self.assertEqual([None], holders)
		self.assertEqual([self.mark(self.level)], self.open_marks())


class TestVouchersMark(_MarkCase):
	def test_a_receipt_and_its_cancellation(self) -> None:
		made: list[Any] = []
		first = [self.mark(self.level)]
		self.assertEqual(self.marked_by(lambda: made.append(vouchers.receive(self.tee, self.main, 5))), first)
		self.assertEqual(self.marked_by(made[0].cancel), first)

	def test_a_delivery_its_return_and_their_cancellation(self) -> None:
		vouchers.receive(self.tee, self.second, 9)
		made: list[Any] = []
		second = [self.mark(self.level, 1)]
		self.assertEqual(self.marked_by(lambda: made.append(vouchers.deliver(self.tee, self.second, 3))), second)
		values = {"is_return": 1, "return_against": made[0].name, "customer": made[0].customer}
		self.assertEqual(self.marked_by(lambda: made.append(vouchers.deliver(self.tee, self.second, -1, **values))), second)
		self.assertEqual(self.marked_by(made[1].cancel), second)
		self.assertEqual(self.marked_by(made[0].reload().cancel), second)

	def test_a_reconciliation_and_its_cancellation(self) -> None:
		made: list[Any] = []
		rows = [(self.tee, self.main, 4.0), (self.tee, self.second, 6.0)]
		self.assertEqual(self.marked_by(lambda: made.append(vouchers.reconcile(rows))), self.both)
		self.assertEqual(self.marked_by(made[0].cancel), self.both)

	def test_a_transfer(self) -> None:
		vouchers.receive(self.tee, self.main, 5)
		self.assertEqual(self.marked_by(lambda: vouchers.transfer(self.tee, self.main, self.second, 2)), self.both)

	def test_repack_and_manufacture_mark_what_goes_in_and_what_comes_out(self) -> None:
		part = self.item()
		vouchers.receive(part, self.main, 20)
		vouchers.receive(self.tee, self.main, 20)
		other = self.product(part)
		expected = sorted([self.mark(self.level), self.mark(other)])
		self.assertEqual(self.marked_by(lambda: vouchers.repack(part, self.tee, self.main, 2)), expected)
		self.assertEqual(self.marked_by(lambda: vouchers.manufacture(part, self.tee, self.main, 2)), expected)

	def test_a_purchase_and_its_landed_cost(self) -> None:
		made: list[Any] = []
		first = [self.mark(self.level)]
		self.assertEqual(self.marked_by(lambda: made.append(vouchers.buy(self.tee, self.main, 5))), first)
		# Its entries are taken back and made anew: the same quantity, which the push finds out.
		self.assertEqual(self.marked_by(lambda: vouchers.land(made[0], 10)), first)

	def test_stock_in_a_warehouse_that_no_location_has_marks_nothing(self) -> None:
		elsewhere = make_warehouse("Nobodys Store")
		self.assertEqual(self.marked_by(lambda: vouchers.receive(self.tee, elsewhere, 5)), [])

	def test_a_backdated_voucher_and_its_reposting(self) -> None:
		vouchers.receive(self.tee, self.main, 5)
		vouchers.reconcile([(self.tee, self.main, 7.0)])
		frappe.db.commit()
		entry: list[Any] = []
		past = vouchers.days_ago(3)
		# Tests repost at once otherwise; on a site the scheduler does.
		frappe.flags.dont_execute_stock_reposts = True
		self.addCleanup(frappe.flags.pop, "dont_execute_stock_reposts")
		made = self.marked_by(lambda: entry.append(vouchers.receive(self.tee, self.main, 3, **past)))
		self.assertEqual(made, [self.mark(self.level)])
		self.clear_marks()
		from erpnext.stock.doctype.repost_item_valuation.repost_item_valuation import repost

		queued = {"docstatus": 1, "status": "Queued"}
		either = {"voucher_no": entry[0].name, "item_code": self.tee}
		names = frappe.get_all("Repost Item Valuation", queued, or_filters=either, pluck="name")
		self.assertTrue(names)
		for name in names:
			repost(frappe.get_doc("Repost Item Valuation", name))
		frappe.db.commit()
		self.assertEqual(self.open_marks(), [self.mark(self.level)])


class TestOneRow(_MarkCase):
	def test_one_open_row_for_each_level_however_many_entries(self) -> None:
		for _time in range(3):
			rows = [{"item_code": self.tee, "t_warehouse": self.main, "qty": 1} for _row in range(4)]
			vouchers.stock_entry("Material Receipt", rows)
			frappe.db.commit()
		rows = frappe.get_all(
			"Sync Event", {"store": self.STORE, "direction": "Outbound"}, ["shopify_id", "deliveries", "status"]
		)
		self.assertEqual([(row.shopify_id, row.deliveries, row.status) for row in rows], [(self.mark(self.level), 3, "Received")])

	def test_what_is_rolled_back_leaves_nothing(self) -> None:
		vouchers.receive(self.tee, self.main, 5)
		frappe.db.rollback()
		# And what the next transaction commits is its own.
		self.assertEqual(self.marked_by(lambda: vouchers.receive(self.tee, self.second, 5)), [self.mark(self.level, 1)])

	def test_a_document_whose_mark_cannot_be_written_is_not_committed(self) -> None:
		entry = vouchers.receive(self.tee, self.main, 5)
		outbox.mark([stock_mark(self.STORE, "9" * 200, self.places[0], self.tee)])
		with self.assertRaises(frappe.db.DataError):
			frappe.db.commit()
		frappe.db.rollback()
		self.assertFalse(frappe.db.exists("Stock Entry", entry.name))

	def test_a_rollback_to_a_savepoint_leaves_at_most_a_mark_too_many(self) -> None:
		frappe.db.savepoint("first")
		vouchers.receive(self.tee, self.main, 5)
		frappe.db.rollback(save_point="first")
		frappe.db.commit()
		self.assertIn(self.open_marks(), ([], [self.mark(self.level)]))
		self.push()
		self.assertEqual(self.on_hand(self.level), 0)

	def test_several_users_at_once_mark_the_same_levels(self) -> None:
		"""Nobody's document fails because somebody else has marked the level since its transaction began."""
		vouchers.receive(self.tee, self.main, 500)
		frappe.db.commit()
		name, sites_path, tee, main, second = frappe.local.site, frappe.local.sites_path, self.tee, self.main, self.second

		def work(number: int) -> int:
			frappe.init(site=name, sites_path=sites_path)
			frappe.connect()
			frappe.set_user("Administrator")
			try:
				for _time in range(5):
					# Read first, so that the snapshot is older than what the others mark meanwhile; then change what nobody else does.
					frappe.db.get_value("Item", tee, "item_name")
					other = [(tee, main), (tee, second)]
					outbox.changed(outbox.Change(*pair) for pair in (other if number % 2 else reversed(other)))
					frappe.db.commit()
				return 1
			finally:
				frappe.destroy()

		self.clear_marks()
		with ThreadPoolExecutor(6) as pool:
			self.assertEqual(sum(pool.map(work, range(6))), 6)
		self.assertEqual(self.open_marks(), self.both)
		total = sum(frappe.get_all("Sync Event", {"store": self.STORE, "direction": "Outbound"}, pluck="deliveries"))
		self.assertEqual(total, 60)

	def test_a_level_that_was_marked_since_the_transaction_began_can_be_marked(self) -> None:
		frappe.db.sql("SELECT COUNT(*) FROM `tabSync Event`")
		with ThreadPoolExecutor(1) as pool:
			pool.submit(_elsewhere, frappe.local.site, frappe.local.sites_path, self.tee, self.main).result()
		outbox.changed([outbox.Change(self.tee, self.main)])
		frappe.db.commit()
		self.assertEqual(self.open_marks(), [self.mark(self.level)])

	def test_a_link_made_while_stock_moved_is_not_missed(self) -> None:
		frappe.delete_doc("Shopify Link", f"{self.STORE}/inventory_item/{self.level}", force=True)
		frappe.db.commit()
		self.clear_marks()
		vouchers.receive(self.tee, self.main, 5)  # its transaction does not see the link
		with ThreadPoolExecutor(1) as pool:
			pool.submit(_link, frappe.local.site, frappe.local.sites_path, self.STORE, self.level, self.tee).result()
		frappe.db.commit()
		deliveries = frappe.get_all(
			"Sync Event", {"store": self.STORE, "shopify_id": self.mark(self.level), "direction": "Outbound"}, pluck="deliveries"
		)
		self.assertEqual(deliveries, [2], "by the link, and by the stock that moved meanwhile")


def _elsewhere(name: str, sites_path: str, item: str, warehouse: str) -> None:
	frappe.init(site=name, sites_path=sites_path)
	frappe.connect()
	try:
		outbox.changed([outbox.Change(item, warehouse)])
		frappe.db.commit()
	finally:
		frappe.destroy()


def _link(name: str, sites_path: str, store: str, inventory_item: str, item: str) -> None:
	frappe.init(site=name, sites_path=sites_path)
	frappe.connect()
	frappe.set_user("Administrator")
	try:
		values = {"store": store, "resource_type": "inventory_item", "shopify_id": inventory_item}
		frappe.get_doc({"doctype": "Shopify Link", "document_type": "Item", "document_name": item, **values}).insert()
		frappe.db.commit()
	finally:
		frappe.destroy()


class TestMasterDataMarks(_MarkCase):
	def test_a_link_made_or_pointed_elsewhere(self) -> None:
		other = self.item()
		link = frappe.get_doc("Shopify Link", f"{self.STORE}/inventory_item/{self.level}")
		link.document_name = other
		self.assertEqual(self.marked_by(link.save), self.both)

	def test_a_product_bundle_of_a_part_that_moves(self) -> None:
		box = self.item(is_stock_item=0)
		level = self.product(box)
		self.clear_marks()
		vouchers.bundle(box, {self.tee: 2})
		self.assertEqual(self.open_marks(), sorted(self.mark(level, place) for place in (0, 1)))
		expected = sorted([self.mark(level), self.mark(self.level)])
		self.assertEqual(self.marked_by(lambda: vouchers.receive(self.tee, self.main, 5)), expected)

	def test_settings_of_the_store(self) -> None:
		self.store.reload()
		self.store.order_prefix = "OTHER-"
		self.assertEqual(self.marked_by(self.store.save), [], "nothing that stock depends on")
		self.store.location_mapping[1].safety_stock = 2
		self.assertEqual(self.marked_by(self.store.save), [self.mark(self.level, 1)], "the location that changed")
		self.store.append("stock_exclusions", {"item": self.tee})
		self.assertEqual(self.marked_by(self.store.save), self.both)
		self.store.stock_exclusions = []
		self.store.sync_inventory = 0
		self.assertEqual(self.marked_by(self.store.save), [], "nothing goes out")
		self.store.sync_inventory = 1
		self.assertEqual(self.marked_by(self.store.save), self.both, "it does again")

	def test_an_item_that_changes_its_group_and_a_warehouse_its_place(self) -> None:
		doc = frappe.get_doc("Item", self.tee)
		doc.description = "Another text"
		self.assertEqual(self.marked_by(doc.save), [])
		groups = frappe.get_all("Item Group", {"is_group": 0, "name": ("!=", doc.item_group)}, pluck="name", limit=1)
		doc.item_group = groups[0]
		self.assertEqual(self.marked_by(doc.save), self.both)
		vouchers.receive(self.tee, self.second, 1)
		frappe.db.commit()
		warehouse = frappe.get_doc("Warehouse", self.second)
		warehouse.disabled = 1
		try:
			self.assertEqual(self.marked_by(warehouse.save), self.both)
		finally:
			frappe.db.set_value("Warehouse", self.second, "disabled", 0)
			frappe.db.commit()

	def test_a_group_of_items_that_goes_below_one_which_is_left_out(self) -> None:
		groups = [self.item_group(is_group=1), self.item_group(is_group=1)]
		own = self.item_group(parent=groups[0])
		doc = frappe.get_doc("Item", self.tee)
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.db.set_value, "Item", self.tee, "item_group", doc.item_group)
		doc.item_group = own
		doc.save()
		self.store.reload()
		self.store.append("stock_exclusions", {"item_group": groups[1]})
		self.store.save()
		vouchers.receive(self.tee, self.main, 5)
		frappe.db.commit()
		self.push()
		self.assertEqual(self.on_hand(self.level), 5)
		moved = frappe.get_doc("Item Group", own)
		moved.parent_item_group = groups[1]
		self.assertEqual(self.marked_by(moved.save), self.both)
		self.push()
		self.assertEqual({"Ignored"}, {status for status, _category, _message in self.outcomes(self.level)})

	def item_group(self, parent: str = "All Item Groups", is_group: int = 0) -> str:
		"""Make a new Item Group, gone when the test is over."""
		values = {"item_group_name": f"Group {site.fresh_id()}", "parent_item_group": parent, "is_group": is_group}
		name = frappe.get_doc({"doctype": "Item Group", **values}).insert(ignore_permissions=True).name
		self.addCleanup(frappe.delete_doc, "Item Group", name, force=True, ignore_missing=True)
		return str(name)

	def test_a_warehouse_with_another_name_is_still_the_locations(self) -> None:
		vouchers.receive(self.tee, self.second, 4)
		frappe.db.commit()
		self.push()
		self.assertEqual(self.on_hand(self.level, 1), 4)
		# Frappe writes the new name into the store's rows without saving the store.
		renamed = f"Renamed {site.fresh_id()} - {self.abbr}"
		frappe.rename_doc("Warehouse", self.second, renamed, force=True, show_alert=False)
		frappe.db.commit()
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.rename_doc, "Warehouse", renamed, self.second, force=True, show_alert=False)
		second = [self.mark(self.level, 1)]
		self.assertEqual(self.marked_by(lambda: vouchers.receive(self.tee, renamed, 5)), second)
		self.push()
		self.assertEqual(self.on_hand(self.level, 1), 9)

	def test_items_that_become_one(self) -> None:
		other = self.item()
		vouchers.receive(self.tee, self.main, 5)
		vouchers.receive(other, self.main, 3)
		frappe.db.commit()
		self.push()
		# No ledger entry says that the Bin holds what both held.
		frappe.rename_doc("Item", other, self.tee, merge=True, force=True, show_alert=False)
		frappe.db.commit()
		self.assertIn(self.mark(self.level), self.open_marks())
		self.push()
		self.assertEqual(self.on_hand(self.level), 8)

	def test_everything_on_demand(self) -> None:
		self.clear_marks()
		self.assertEqual(outbox.push_stock(self.STORE), 2)
		frappe.db.commit()
		self.assertEqual(self.open_marks(), self.both)
		with self.assertRaises(outbox.NothingToPush):
			outbox.push_stock(self.STORE, items=["NOTHING-OF-THAT-NAME"])
		with self.assertRaises(outbox.NothingToPush):
			outbox.push_stock("no-such-store")


class TestWhatItCosts(_MarkCase):
	def queries_of(self, item: str, warehouse: str) -> int:
		"""Return how many statements a transaction that moved stock sends besides those of the document, commit included."""
		from shopify_sync.tests.counting import statements

		outbox.changed([outbox.Change(item, warehouse)])
		with statements() as sent:
			frappe.db.commit()
		return len([text for text in sent if text.split()[0].upper() not in ("COMMIT", "START", "ROLLBACK")])

	def test_stock_of_an_item_that_no_shop_sells_costs_one_look_before_and_one_after_the_commit(self) -> None:
		other = self.item()
		frappe.db.commit()
		self.assertLessEqual(self.queries_of(other, self.main), 2)

	def test_a_marked_item_costs_a_handful(self) -> None:
		self.queries_of(self.tee, self.main)
		self.assertLessEqual(self.queries_of(self.tee, self.main), 8)
