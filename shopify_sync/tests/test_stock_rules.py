"""Stock that comes from Shopify: valued, batched and dated as a person would have booked it by hand."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import frappe
from frappe.utils import add_days, getdate, now_datetime, nowdate

from shopify_sync.erpnext_host import times
from shopify_sync.erpnext_host.documents.closed_days import next_open_day

from . import site, stocked
from .case import SyncTestCase
from .stocked import BATCH, FIFO, KINDS, MOVING_AVERAGE

_TITLE = "Suite Rules"
HAPPENED = {"stock_posting_date": "When it happened in Shopify"}
NEXT_OPEN = {"stock_posting_date": "When it happened, or the next open day"}


class StockCase(SyncTestCase):
	"""Delivers stock levels of one location whose warehouse nobody else uses."""

	def setUp(self) -> None:
		super().setUp()
		self.warehouse = stocked.make_warehouse(_TITLE)
		self.set_rule()

	def set_rule(self, store: dict[str, Any] | None = None, **row: Any) -> None:
		"""Book the location into the warehouse, by these rules."""
		defaults = {"location_id": site.LOCATION, "warehouse": self.warehouse, "direction": "Shopify → ERPNext"}
		rules = {"valuation_rule": "Fixed rate", "fixed_rate": 7, "batch_rule": "One batch per location"}
		self.store = site.make_store(self.STORE, location_mapping=[{**defaults, **rules, **row}], **(store or {}))

	def link(self, item: str) -> int:
		"""Map a new inventory item to *item*."""
		stock = site.fresh_id()
		link = {"doctype": "Shopify Link", "store": self.STORE, "resource_type": "inventory_item", "shopify_id": str(stock)}
		frappe.get_doc({**link, "document_type": "Item", "document_name": item}).insert(ignore_permissions=True)
		frappe.db.commit()
		return stock

	def level(self, inventory_item: int, available: int, at: datetime | None = None) -> Any:
		"""Deliver a stock level as of a moment of the site's zone (now), carry it out, and return the event."""
		moment = times.from_site(at) if at else times.now()
		payload = {
			"inventory_item_id": inventory_item,
			"location_id": int(site.LOCATION),
			"available": available,
			"updated_at": moment.isoformat(),
			"admin_graphql_api_id": f"gid://shopify/InventoryLevel/1?inventory_item_id={inventory_item}",
		}
		return self.carry_out(payload, "inventory_levels/update")

	def applied(self, *level: Any) -> Any:
		"""Deliver a stock level that must be booked. Return the Stock Reconciliation."""
		event = self.level(*level)
		self.assertEqual(event.status, "Applied", event.message)
		return frappe.get_doc("Stock Reconciliation", event.document_name)


class TestValuation(StockCase):
	"""Each rule, against an ordinary Stock Reconciliation of a twin Item."""

	def twins(self, kind: str, **values: Any) -> tuple[str, str, str | None]:
		"""Return an Item for the sync and one for the hand, with the batch of the latter."""
		ours, theirs = stocked.make_item(kind, **values), stocked.make_item(kind, **values)
		return ours, theirs, stocked.make_batch(theirs) if kind == BATCH else None

	def compare(self, ours: Any, theirs: Any) -> None:
		self.assertEqual(stocked.ledger(ours.name), stocked.ledger(theirs.name))
		self.assertEqual(stocked.general_ledger(ours.name), stocked.general_ledger(theirs.name))
		self.assertTrue(stocked.ledger(ours.name))
		self.assertTrue(stocked.general_ledger(ours.name), "the company keeps perpetual inventory")

	def new_stock(self, rule: dict[str, Any], rate: float, **values: Any) -> None:
		for kind in KINDS:
			with self.subTest(kind=kind, **rule):
				self.set_rule(**rule)
				item, twin, batch = self.twins(kind, **values)
				made = self.applied(self.link(item), 5)
				self.compare(made, stocked.reconcile(twin, self.warehouse, 5, rate, batch))
				self.assertEqual(stocked.held(item, self.warehouse), (5, 5 * rate))

	def test_the_items_rate(self) -> None:
		self.new_stock({"valuation_rule": "Item's rate"}, 4.5, valuation_rate=4.5)

	def test_the_last_purchase(self) -> None:
		self.new_stock({"valuation_rule": "Last purchase"}, 3.25, last_purchase_rate=3.25)

	def test_a_fixed_rate(self) -> None:
		self.new_stock({"valuation_rule": "Fixed rate", "fixed_rate": 7.1}, 7.1)

	def test_a_price_list(self) -> None:
		currency = frappe.db.get_value("Company", site.company(), "default_currency")
		price_list = site._price_list(currency)
		for kind in KINDS:
			with self.subTest(kind=kind):
				self.set_rule(valuation_rule="Price list", price_list=price_list)
				item, twin, batch = self.twins(kind)
				price = {"doctype": "Item Price", "item_code": item, "price_list": price_list, "price_list_rate": 6.4}
				frappe.get_doc(price).insert(ignore_permissions=True)
				made = self.applied(self.link(item), 5)
				self.compare(made, stocked.reconcile(twin, self.warehouse, 5, 6.4, batch))

	def test_a_rule_that_finds_nothing_blocks(self) -> None:
		for rule in ("Item's rate", "Last purchase", "Price list", "Fail"):
			for kind in KINDS:
				with self.subTest(rule=rule, kind=kind):
					self.set_rule(valuation_rule=rule, price_list=site._price_list("USD"))
					item = stocked.make_item(kind)
					event = self.level(self.link(item), 5)
					self.assertEqual((event.status, event.category), ("Blocked", "Valuation required"))
					self.assertEqual(stocked.held(item, self.warehouse), (0, 0))

	def test_stock_that_is_there_keeps_its_rate(self) -> None:
		for kind in (FIFO, MOVING_AVERAGE):
			for stated in (12, 3):
				with self.subTest(kind=kind, stated=stated):
					item, twin, _batch = self.twins(kind)
					for one in (item, twin):
						stocked.receive(one, self.warehouse, 4, 2)
						stocked.receive(one, self.warehouse, 6, 7)
					made = self.applied(self.link(item), stated)
					# As a person does who counts, and leaves the rate that the form fills in.
					self.compare(made, stocked.reconcile(twin, self.warehouse, stated))
					self.assertEqual(stocked.held(item, self.warehouse), (stated, stated * 5))

	def test_a_batch_that_is_there_keeps_its_rate_and_others_are_left_alone(self) -> None:
		item = stocked.make_item(BATCH)
		by_hand = stocked.make_batch(item)
		stocked.receive(item, self.warehouse, 4, 2, batch=by_hand)
		stock = self.link(item)
		self.set_rule(fixed_rate=9)
		self.link_again(stock, item)
		made = self.applied(stock, 10)
		self.assertEqual(stocked.held(item, self.warehouse)[0], 10)
		own = f"{item}-SHOPIFY-{site.LOCATION}"
		self.assertEqual([row.batch_no for row in made.items], [own])
		self.assertEqual((self.in_batch(by_hand), self.in_batch(own)), (4, 6))
		self.applied(stock, 5)
		self.assertEqual((self.in_batch(by_hand), self.in_batch(own)), (4, 1))
		event = self.level(stock, 3)
		self.assertEqual((event.status, event.category), ("Dead Letter", "Stock unavailable"))
		self.assertEqual((self.in_batch(by_hand), self.in_batch(own)), (4, 1))

	def link_again(self, stock: int, item: str) -> None:
		"""Map the inventory item again: a store that is made anew has no links."""
		if not frappe.db.exists("Shopify Link", f"{self.STORE}/inventory_item/{stock}"):
			link = {"doctype": "Shopify Link", "store": self.STORE, "resource_type": "inventory_item", "shopify_id": str(stock)}
			frappe.get_doc({**link, "document_type": "Item", "document_name": item}).insert(ignore_permissions=True)
			frappe.db.commit()

	def in_batch(self, batch: str) -> float:
		from erpnext.stock.doctype.batch.batch import get_batch_qty

		return float(get_batch_qty(batch_no=batch, warehouse=self.warehouse) or 0)


class TestPostingDate(StockCase):
	"""On which day stock is booked, and that it ends right whatever was booked since."""

	def then(self, days: int) -> datetime:
		return (now_datetime() - timedelta(days=days)).replace(hour=9, minute=30, second=0, microsecond=0)

	def ends_at(self, item: str, quantity: float) -> None:
		self.assertEqual(stocked.held(item, self.warehouse)[0], quantity)
		self.assertEqual(stocked.last_entry(item, self.warehouse), quantity)

	def test_when_received(self) -> None:
		item = stocked.make_item(FIFO)
		made = self.applied(self.link(item), 5, self.then(3))
		self.assertEqual(str(made.posting_date), nowdate())
		self.ends_at(item, 5)

	def test_quantities_are_right_before_erpnext_has_valued_anew(self) -> None:
		# In tests ERPNext reposts at once; on a site a scheduled job does.
		frappe.flags.dont_execute_stock_reposts = True
		self.addCleanup(frappe.flags.pop, "dont_execute_stock_reposts")
		self.test_on_the_day_it_happened_with_later_moves()
		self.assertTrue(frappe.db.exists("Repost Item Valuation", {"status": "Queued", "docstatus": 1}))

	def test_on_the_day_it_happened_with_later_moves(self) -> None:
		for kind in KINDS:
			with self.subTest(kind=kind):
				self.set_rule(HAPPENED)
				item = stocked.make_item(kind)
				batch = stocked.make_batch(item) if kind == BATCH else None
				stocked.receive(item, self.warehouse, 8, 4, self.then(6), batch)
				stocked.receive(item, self.warehouse, 2, 4, self.then(1), batch)
				stock = self.link(item)
				made = self.applied(stock, 15, self.then(3))
				self.assertEqual(getdate(made.posting_date), self.then(3).date())
				# Eight were there then, and five were missing.
				self.assertEqual(made.items[0].qty, 5 if kind == BATCH else 13)
				self.ends_at(item, 15)
				self.assertEqual(self.applied(stock, 15 + 1, self.then(2)).docstatus, 1)
				self.ends_at(item, 16)

	def test_what_was_counted_since_is_not_counted_again(self) -> None:
		self.set_rule(HAPPENED)
		item = stocked.make_item(FIFO)
		stocked.reconcile(item, self.warehouse, 4, 3, on=self.then(1))
		made = self.applied(self.link(item), 9, self.then(3))
		self.assertEqual(str(made.posting_date), nowdate())
		self.ends_at(item, 9)

	def test_more_than_there_was_cannot_be_taken_away_on_that_day(self) -> None:
		self.set_rule(HAPPENED)
		item = stocked.make_item(FIFO)
		stocked.receive(item, self.warehouse, 1, 4, self.then(6))
		stocked.receive(item, self.warehouse, 9, 4, self.then(1))
		event = self.level(self.link(item), 2, self.then(3))
		self.assertEqual((event.status, event.category), ("Dead Letter", "Stock unavailable"))
		self.ends_at(item, 10)

	def test_a_frozen_day_is_a_closed_period(self) -> None:
		item = stocked.make_item(FIFO)
		with stocked.settings("Stock Settings", stock_frozen_upto=nowdate()):
			event = self.level(self.link(item), 5)
			self.assertEqual((event.status, event.category), ("Dead Letter", "Accounting period closed"), event.message)
			self.set_rule(HAPPENED)
			event = self.level(self.link(item), 5, self.then(2))
			self.assertEqual((event.status, event.category), ("Dead Letter", "Accounting period closed"), event.message)
		self.ends_at(item, 0)

	def test_an_accounting_period_that_is_closed(self) -> None:
		self.set_rule(HAPPENED)
		item = stocked.make_item(FIFO)
		stock = self.link(item)
		with self.closed_period(self.then(4), self.then(2)):
			event = self.level(stock, 5, self.then(3))
			self.assertEqual((event.status, event.category), ("Dead Letter", "Accounting period closed"), event.message)
			self.set_rule(NEXT_OPEN)
			stock = self.link(item)
			made = self.applied(stock, 5, self.then(3))
			self.assertEqual(getdate(made.posting_date), self.then(1).date())
			self.ends_at(item, 5)

	def test_a_period_closing_voucher(self) -> None:
		self.set_rule(HAPPENED)
		item = stocked.make_item(FIFO)
		stock = self.link(item)
		with self.closing_voucher(self.then(2)):
			event = self.level(stock, 5, self.then(3))
			self.assertEqual((event.status, event.category), ("Dead Letter", "Accounting period closed"), event.message)
			self.set_rule(NEXT_OPEN)
			made = self.applied(self.link(item), 5, self.then(3))
			self.assertEqual(getdate(made.posting_date), self.then(1).date())

	def test_the_next_open_day(self) -> None:
		today = getdate(nowdate())
		with stocked.settings("Stock Settings", stock_frozen_upto=add_days(today, -2)):
			self.assertEqual(self.open_from(5), getdate(add_days(today, -1)))
			self.assertEqual(self.open_from(1), getdate(add_days(today, -1)))
			self.assertEqual(self.open_from(0), today)
			self.set_rule(NEXT_OPEN)
			item = stocked.make_item(FIFO)
			made = self.applied(self.link(item), 5, self.then(5))
			self.assertEqual((getdate(made.posting_date), str(made.posting_time)[:7]), (getdate(add_days(today, -1)), "0:00:00"))
			self.ends_at(item, 5)
		with stocked.settings("Stock Settings", stock_frozen_upto_days=3):
			self.assertEqual(self.open_from(9), getdate(add_days(today, -2)))
		with stocked.settings("Stock Settings", stock_frozen_upto=today):
			self.assertEqual(self.open_from(9), today, "where nothing is open, today's refusal says why")

	def open_from(self, days: int) -> Any:
		return next_open_day(site.company(), self.then(days).date(), getdate(nowdate()))

	def closed_period(self, start: datetime, end: datetime) -> Any:
		doc = frappe.get_doc(
			{
				"doctype": "Accounting Period",
				"period_name": f"Test {frappe.generate_hash(length=6)}",
				"company": site.company(),
				"start_date": start.date(),
				"end_date": end.date(),
				"closed_documents": [{"document_type": "Stock Reconciliation", "closed": 1}],
			}
		).insert(ignore_permissions=True)
		return _Kept(doc)

	def closing_voucher(self, end: datetime) -> Any:
		"""Have a submitted Period Closing Voucher: a plain row, since ERPNext closes whole periods only."""
		doc = frappe.get_doc(
			{"doctype": "Period Closing Voucher", "company": site.company(), "period_end_date": end.date(), "docstatus": 1}
		)
		doc.name = f"TEST-PCV-{frappe.generate_hash(length=6)}"
		doc.db_insert()
		return _Kept(doc)


class _Kept:
	"""Commits a document for a block, and deletes it afterwards."""

	def __init__(self, doc: Any) -> None:
		self._doc = doc

	def __enter__(self) -> None:
		frappe.db.commit()

	def __exit__(self, *_error: object) -> None:
		frappe.db.rollback()
		frappe.db.delete(self._doc.doctype, {"name": self._doc.name})
		frappe.db.delete("Closed Document", {"parent": self._doc.name})
		frappe.db.commit()
