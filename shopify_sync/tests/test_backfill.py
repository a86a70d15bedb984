"""Backfills on a site, over HTTP: what a store has already becomes documents, whoever dies; what would fail is told before."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import frappe

from shopify_sync.api import backfill as buttons
from shopify_sync.core.backfill.pace import WAITING_EACH
from shopify_sync.core.backfill.wanted import Orders, Wanted
from shopify_sync.core.failures import Category, Failure, SyncFailure
from shopify_sync.core.operations import Refused
from shopify_sync.core.outbound.calls import CallFailed
from shopify_sync.erpnext_host import times, wake
from shopify_sync.erpnext_host.backfill import console, outcome, running, runs
from shopify_sync.erpnext_host.backfill.host import FrappeBackfillHost
from shopify_sync.erpnext_host.reconciliation import running as reconciling
from shopify_sync.jobs import backfill as job
from shopify_sync.jobs import reconcile

from . import site
from .backfilled import Draining, backfill
from .mortals import Mortals
from .reconciled import ReconciledCase
from .shop import ShopCase

ALL = Wanted(products=True, customers=True, orders=Orders.OPEN, stock=True)


class BackfillCase(ShopCase):
	"""Has a shop with products, customers and orders that the site never heard of."""

	SETTINGS = MappingProxyType({"create_items": 1})
	PLAN = "plus"

	def setUp(self) -> None:
		super().setUp()
		frappe.db.delete("Shopify Backfill", {"store": self.STORE})
		self.shop.next_order_number = site.fresh_id() % 10**9
		rows = [self.row(0, self.main), self.row(1, self.second, "Shopify → ERPNext")]
		self.number = frappe.generate_hash(length=8).upper()
		group = frappe.db.get_value("Item Group", {"is_group": 0})
		self.remake(rows, item_group=group, **self.SETTINGS)

	def fill(self, orders: int = 4, products: int = 2) -> None:
		"""Sell things, silently: no webhook is sent."""
		with self.served.lock, self.shop.silently():
			self.products = [self._product(number) for number in range(products)]
			self.orders = [self.place() for _order in range(orders)]

	def _product(self, number: int) -> Any:
		sku = f"BF{number}-{self.number}"
		quantities = {self.places[0]: 50, self.places[1]: 40}
		variants = [{"sku": sku, "price": "10.00", "quantities": quantities, "tracked": True}]
		return self.shop.products.create(sku, variants)

	def place(self, **values: Any) -> Any:
		variant = self.products[len(self.shop.orders.all) % len(self.products)].variants[0].id
		email = f"c{site.fresh_id()}@example.com"
		lines = [{"variant_id": variant, "quantity": 1}]
		return self.shop.orders.place(lines, financial="pending", email=email, **values)

	def events(self) -> dict[str, int]:
		"""Return how many events of backfills there are, by resource."""
		frappe.db.rollback()
		rows = frappe.db.sql(
			"SELECT resource_type, COUNT(*) FROM `tabSync Event` WHERE store = %s AND source = 'Backfill' GROUP BY resource_type",
			(self.STORE,),
		)
		return dict(rows)

	def booked(self) -> list[str]:
		"""Return the ids of the orders that have a Sales Order."""
		frappe.db.rollback()
		return sorted(
			row.shopify_id
			for row in frappe.get_all(
				"Shopify Link",
				{"store": self.STORE, "resource_type": "order", "document_type": "Sales Order"},
				["shopify_id", "document_name"],
			)
			if frappe.db.exists("Sales Order", row.document_name)
		)

	def written(self) -> dict[str, int]:
		"""Return how many rows there are of what a backfill may write."""
		frappe.db.rollback()
		doctypes = (
			"Sync Event",
			"Sync Attempt",
			"Shopify Link",
			"Sales Order",
			"Customer",
			"Contact",
			"Address",
			"Item",
			"Item Price",
		)
		return {doctype: frappe.db.count(doctype) for doctype in doctypes}


class TestBackfill(BackfillCase):
	def test_everything_that_a_store_has_becomes_documents(self) -> None:
		self.fill()
		with self.served.lock, self.shop.silently():
			cancelled = self.place()
			self.shop.orders.cancel(cancelled.id)
		run = backfill(self.STORE, ALL)
		self.assertEqual(sorted(order.id for order in self.orders), self.booked())
		for product in self.products:
			self.assertTrue(frappe.db.exists("Item", product.variants[0].sku))
		levels = frappe.get_all(
			"Sync Event", {"store": self.STORE, "resource_type": "inventory_level"}, ["status", "shopify_id", "message"]
		)
		self.assertEqual({"Applied"}, {row.status for row in levels}, levels)
		self.assertEqual({self.places[1]}, {row.shopify_id.partition("-")[2] for row in levels}, "what comes from Shopify")
		bins = frappe.get_all(
			"Bin", {"item_code": self.products[0].variants[0].sku, "warehouse": self.second}, pluck="actual_qty"
		)
		self.assertEqual([40], bins)
		marks = frappe.get_all("Sync Event", {"store": self.STORE, "resource_type": "inventory_push"}, pluck="payload")
		# Those of the links that were made are others: they ask for no look.
		self.assertEqual(len(self.products), marks.count('{"look":true}'), "what goes to Shopify is marked, and looked at there")
		doc = frappe.get_doc("Shopify Backfill", run.name)
		self.assertEqual(("Completed", 100), (doc.status, doc.progress))
		self.assertEqual(doc.records, sum(run.read.values()))
		found = outcome.of(run.name)
		self.assertEqual({"Applied": 4}, found["outcomes"]["order"])
		self.assertIn("Completed", next(outcome.lines(run.name)))
		before = self.events()
		backfill(self.STORE, ALL)
		again = self.events()
		self.assertEqual({name: 2 * count for name, count in before.items() if name != "inventory_push"}, {
			name: count for name, count in again.items() if name != "inventory_push"
		}, "a new run asks anew")  # fmt: skip
		rows = frappe.get_all("Sync Event", {"store": self.STORE, "resource_type": "order"}, pluck="status", order_by="creation")
		self.assertEqual(["Applied"] * 4 + ["No Change"] * 4, sorted(rows))

	def test_orders_from_a_date_whatever_became_of_them(self) -> None:
		self.fill(orders=2)
		with self.served.lock, self.shop.silently():
			self.shop.orders.cancel(self.orders[1].id)
		since = times.now() - timedelta(days=2)
		backfill(self.STORE, Wanted(products=True, orders=Orders.FROM_DATE, since=since))
		statuses = frappe.get_all(
			"Sync Event", {"store": self.STORE, "resource_type": "order"}, ["shopify_id", "status", "message"]
		)
		self.assertEqual({order.id for order in self.orders}, {row.shopify_id for row in statuses}, statuses)

	def test_few_wait_at_a_time_and_a_live_event_goes_first(self) -> None:
		self.fill(orders=12)
		case, most = self, WAITING_EACH * wake.max_drains()
		seen: list[int] = []

		class Watching(Draining):
			def record(self, event: Any) -> None:
				super().record(event)
				seen.append(frappe.db.count("Sync Event", {"store": case.STORE, "source": "Backfill", "status": "Received"}))

		host = Watching()
		backfill(self.STORE, Wanted(products=True, orders=Orders.OPEN), host=host)
		self.assertGreater(host.waits, 0)
		self.assertLessEqual(max(seen), most)
		self.assertEqual(most, max(seen))
		site.deliver(self.order(), "orders/create", X_Shopify_Shop_Domain=self.shop.domain)
		frappe.db.sql(
			"UPDATE `tabSync Event` SET due_at = due_at - INTERVAL 3 SECOND WHERE store = %s AND status = 'Received'",
			(self.STORE,),
		)
		frappe.db.commit()
		load = FrappeBackfillHost().load(most)
		self.assertEqual(0, load.waiting)
		self.assertGreater(load.live, 2.9)
		site.drain()
		self.assertEqual(0.0, FrappeBackfillHost().load(most).live)

	def test_whoever_dies_in_the_middle_changes_nothing(self) -> None:
		self.fill(orders=9, products=3)
		name = running.start(self.STORE, ALL, "Administrator")
		mortals, deaths = Mortals(), 0
		self.addCleanup(mortals.close)
		for number in range(40):
			became = mortals.backfill_until(name, 4 + number % 9)
			self.assertIn(became, ("killed", "lived (0)"))
			deaths += became == "killed"
			frappe.db.rollback()
			if not runs.is_running(name):
				break
		site.drain()
		self.assertGreater(deaths, 3)
		self.assertEqual("Completed", frappe.db.get_value("Shopify Backfill", name, "status"))
		self.assertEqual(sorted(order.id for order in self.orders), self.booked())
		found = self.events()
		self.assertEqual((3, 9, 3), (found["product"], found["order"], found["inventory_level"]), "one event for each record")

	def test_one_that_is_stopped_goes_on_where_it_was(self) -> None:
		self.fill(orders=0, products=31)
		seen: list[int] = []
		wanted = Wanted(products=True)
		run = backfill(self.STORE, wanted, progress=lambda run: seen.append(run.read["product"]), keep_on=lambda: not seen)
		self.assertEqual((None, [14]), (run.ended, seen))
		self.assertTrue(runs.end(run.name, runs.STOPPED, "Enough."))
		frappe.db.commit()
		self.assertIsNone(running.carry_on(run.name).ended, "a stopped one rests")
		running.go_on(run.name)
		other = backfill(self.STORE, wanted, progress=lambda run: seen.append(run.read["product"]))
		self.assertEqual(run.name, other.name)
		self.assertEqual([14, 28, 31], seen)
		self.assertEqual({"product": 31}, self.events(), "one event for each")
		self.assertRaises(Refused, running.go_on, run.name)
		self.assertNotEqual(run.name, running.start(self.STORE, wanted, "Administrator"), "what is over begins anew")

	def test_a_person_stops_it_while_it_waits(self) -> None:
		self.fill(orders=0, products=12)

		class Stopped(FrappeBackfillHost):
			def wait(self, run: Any) -> None:
				self._beaten -= 60
				frappe.db.rollback()
				assert runs.end(run.name, runs.STOPPED, "Enough.")
				frappe.db.commit()
				super().wait(run)

		run = backfill(self.STORE, Wanted(products=True), host=Stopped())
		doc = frappe.get_doc("Shopify Backfill", run.name)
		self.assertEqual(("Stopped", "Enough.", 0), (doc.status, doc.stopped_because, doc.records))
		self.assertEqual(WAITING_EACH * wake.max_drains(), self.events()["product"])

	def test_a_shop_that_does_not_answer_costs_no_page(self) -> None:
		self.fill(orders=0, products=20)
		name = running.start(self.STORE, Wanted(products=True), "Administrator")
		pages: list[str] = []
		running.carry_on(name, host=Draining(), progress=lambda run: pages.append(run.cursor), keep_on=lambda: not pages)
		reader, asked = running.reader_of(self.STORE), []

		class Away:
			def count(self, *args: Any) -> Any:
				return reader.count(*args)

			def page(self, *args: Any) -> Any:
				asked.append(args)
				raise CallFailed(Failure(Category.SHOPIFY_UNAVAILABLE, "Shopify is away."), may_have_arrived=False)

		with self.assertRaises(SyncFailure):
			running.carry_on(name, Away(), host=Draining())
		doc = frappe.get_doc("Shopify Backfill", name)
		self.assertEqual(("Running", "Shopify is away."), (doc.status, doc.waits_for))
		self.assertIsNotNone(asked[0][2], "from where it was")
		running.carry_on(name, reader, host=Draining())
		site.drain()
		self.assertEqual({"product": 20}, self.events())

	def test_one_at_a_time(self) -> None:
		self.fill(orders=0, products=1)
		name = running.start(self.STORE, Wanted(products=True), "Administrator")
		with self.assertRaisesRegex(Refused, "under way"):
			running.start(self.STORE, Wanted(orders=Orders.OPEN), "Administrator")
		site_name, path = frappe.local.site, frappe.local.sites_path
		with running.KIND.alone(self.STORE):

			def elsewhere() -> str:
				frappe.init(site=site_name, sites_path=path)
				frappe.connect()
				try:
					running.carry_on(name)
				except Refused as error:
					return str(error)
				finally:
					frappe.destroy()
				return ""

			with ThreadPoolExecutor(1) as pool:
				self.assertIn("already", pool.submit(elsewhere).result())
		other = running.start(self.STORE, Wanted(orders=Orders.OPEN), "Administrator", again=True)
		self.assertEqual("Stopped", frappe.db.get_value("Shopify Backfill", name, "status"))
		self.assertEqual([other], runs.running(self.STORE))

	def test_what_a_store_cannot_is_refused(self) -> None:
		self.remake(sync_products=0)
		with self.assertRaisesRegex(Refused, "does not sync products"):
			running.start(self.STORE, Wanted(products=True), "Administrator")
		frappe.db.set_value("Shopify Store", self.STORE, "sign_in_by", "")
		with self.assertRaisesRegex(Refused, "Nothing can be read"):
			running.start(self.STORE, Wanted(orders=Orders.OPEN), "Administrator")
		with self.assertRaisesRegex(Refused, "no Shopify Store"):
			running.start("no-such-store", Wanted(orders=Orders.OPEN), "Administrator")
		with self.assertRaisesRegex(Refused, "begin at a date"):
			console.begun(self.STORE, orders="yesterday or so")


class TestRehearsal(BackfillCase):
	SETTINGS = MappingProxyType({"create_items": 0})

	def test_what_would_fail_is_told_before_anything_is_written(self) -> None:
		self.fill(orders=5, products=2)
		missing = [product.variants[0].sku for product in self.products]
		site.make_item(missing[0])
		before = self.written()
		run = backfill(self.STORE, Wanted(customers=True, orders=Orders.OPEN, stock=True, rehearse=True))
		self.assertEqual(before, self.written(), "nothing was written")
		doc = frappe.get_doc("Shopify Backfill", run.name)
		self.assertEqual(("Completed", 1), (doc.status, doc.rehearsal))
		found = outcome.of(run.name)
		orders = [cause for cause in found["causes"] if cause["resource"] == "order"]
		self.assertEqual(
			[("Missing item", f"item:{missing[1]}", 2)], [(one["category"], one["missing"], one["count"]) for one in orders]
		)
		named = {order.name for order in self.orders if order.line_items[0].sku == missing[1]}
		self.assertEqual(named, set(orders[0]["examples"]))
		self.assertEqual({"Would be applied": 3, "Would fail": 2}, found["outcomes"]["order"])
		self.assertEqual(doc.failing, sum(cause["count"] for cause in found["causes"]))
		text = "\n".join(outcome.lines(run.name))
		self.assertIn(f"2 × Missing item (item:{missing[1]})", text)
		self.assertIn("Nothing was written", text)

	def test_what_its_products_would_make_is_told_apart(self) -> None:
		self.remake(create_items=1, item_group=frappe.db.get_value("Item Group", {"is_group": 0}))
		self.fill(orders=3, products=1)
		before = self.written()
		run = backfill(self.STORE, Wanted(products=True, orders=Orders.OPEN, rehearse=True))
		self.assertEqual(before, self.written())
		self.assertEqual([(3, True)], [(cause["count"], cause["solved"]) for cause in outcome.of(run.name)["causes"]])

	def test_it_comes_to_what_then_happens(self) -> None:
		self.fill(orders=4, products=2)
		site.make_item(self.products[0].variants[0].sku)
		wanted = Wanted(orders=Orders.OPEN, rehearse=True)
		told = {
			(one["category"], one["missing"], one["count"]) for one in outcome.of(backfill(self.STORE, wanted).name)["causes"]
		}
		done = outcome.of(backfill(self.STORE, Wanted(orders=Orders.OPEN)).name)
		self.assertEqual(told, {(one["category"], one["missing"], one["count"]) for one in done["causes"]})
		self.assertEqual({"Applied": 2, "Blocked": 2}, done["outcomes"]["order"])


class TestButtons(BackfillCase):
	def test_who_may_and_what_it_answers(self) -> None:
		self.fill(orders=0, products=1)
		frappe.set_user("Guest")
		try:
			for act in (
				lambda: buttons.start(self.STORE, products=1),
				lambda: buttons.stop("x"),
				lambda: buttons.go_on("x"),
				lambda: buttons.result("x"),
			):
				self.assertRaises(frappe.PermissionError, act)
		finally:
			frappe.set_user("Administrator")
		started = buttons.start(self.STORE, products="1", orders="None")
		self.assertIn("background", started["message"])
		self.assertEqual({"outcomes": {}, "causes": [], "pushes": 0, "more": 0}, buttons.result(started["run"]))
		self.assertIn("stops", buttons.stop(started["run"])["message"])
		self.assertRaises(frappe.ValidationError, buttons.stop, started["run"])
		self.assertIn("goes on", buttons.go_on(started["run"])["message"])
		job.run(started["run"])
		site.drain()
		self.assertEqual("Completed", frappe.db.get_value("Shopify Backfill", started["run"], "status"))
		self.assertEqual({"Applied": 1}, buttons.result(started["run"])["outcomes"]["product"])
		self.assertRaises(frappe.ValidationError, buttons.start, self.STORE, orders="Some")
		self.assertRaises(frappe.ValidationError, buttons.start, self.STORE)

	def test_the_scheduler_goes_on_with_what_nobody_is_at(self) -> None:
		name = running.start(self.STORE, Wanted(products=True), "Administrator")
		called: list[str] = []
		original, job.call = job.call, called.append
		self.addCleanup(setattr, job, "call", original)
		self.assertNotIn(name, job.schedule(), "its worker is on its way")
		old = times.to_site(times.now() - timedelta(minutes=10))
		frappe.db.set_value("Shopify Backfill", name, "modified", old, update_modified=False)
		frappe.db.commit()
		self.assertIn(name, job.schedule())
		self.assertEqual([name], called)

	def test_the_command(self) -> None:
		self.fill(orders=0, products=1)
		overrides = json.dumps(frappe.conf.shopify_sync_shops)
		# A process of its own, whose site knows where the shop answers.
		script = f"import frappe; from shopify_sync import commands; site, override = frappe.get_site_config, {overrides!r}; "
		script += "import json; frappe.get_site_config = lambda *a, **k: frappe._dict(site(*a, **k), shopify_sync_shops=json.loads(override)); "
		script += "commands.shopify_sync.main(['backfill', {store!r}, '--products'{more}], "
		script += f"obj=frappe._dict(sites=[{frappe.local.site!r}], profile=False), standalone_mode=True)"

		def command(more: str = "") -> str:
			code = script.replace("{store!r}", repr(self.STORE)).replace("{more}", more)
			done = subprocess.run(
				[sys.executable, "-c", code],
				cwd=frappe.local.sites_path,
				capture_output=True,
				text=True,
				timeout=120,
				check=False,
			)
			self.assertEqual(done.returncode, 0, done.stderr[-1000:])
			frappe.db.rollback()
			return done.stdout

		self.assertIn("a rehearsal", command(", '--rehearse'"))
		self.assertEqual({}, self.events())
		self.assertIn("1 record(s) read", command())
		site.drain()
		self.assertTrue(frappe.db.exists("Item", self.products[0].variants[0].sku))


class TestBesideReconciliation(ReconciledCase):
	def test_a_store_that_cannot_be_read_is_told_so(self) -> None:
		frappe.db.set_value("Shopify Store", self.STORE, "sign_in_by", "")
		with self.assertRaisesRegex(Refused, "Nothing can be read"):
			reconciling.check(self.STORE)

	def test_a_store_that_is_being_filled_is_not_reconciled_by_itself(self) -> None:
		settings = reconcile.settings_of_enabled(self.STORE)[self.STORE]
		frappe.db.delete("Shopify Backfill", {"store": self.STORE})
		name = running.start(self.STORE, Wanted(orders=Orders.OPEN), "Administrator")
		self.assertIsNone(reconcile._due(self.STORE, settings))
		running.carry_on(name, host=Draining())
		running.start(self.STORE, Wanted(orders=Orders.OPEN, rehearse=True), "Administrator")
		self.assertIsNotNone(reconcile._due(self.STORE, settings), "a rehearsal fills nothing")
