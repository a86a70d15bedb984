"""Pushers that die, work at once, or find Shopify or Redis away: Shopify ends with what the Bins say, and no attempt is burnt."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import frappe
from frappe.installer import update_site_config
from rq.timeouts import JobTimeoutException

from shopify_sync.core import keys
from shopify_sync.core.outbound.pusher import Pusher
from shopify_sync.erpnext_host import outbox, wake
from shopify_sync.erpnext_host.isolation import read_committed
from shopify_sync.erpnext_host.push_host import FrappePushHost
from shopify_sync.erpnext_host.stock_marks import Change
from shopify_sync.jobs import push, sweep

from . import site
from .mortals import Mortals
from .server import NOBODY, rq_worker
from .shop import ShopCase

#: How often a pusher is killed at each step; more with SHOPIFY_SYNC_KILLS.
KILLS = int(os.environ.get("SHOPIFY_SYNC_KILLS", "5"))
ITEMS = 12


class _StockCase(ShopCase):
	"""Has a dozen Items at two locations, whose Bins are written by hand: what moves the stock is no matter here."""

	def setUp(self) -> None:
		super().setUp()
		self.dice = random.Random(7)
		self.items = [site.make_item(f"OUT-W-{number}", valuation_rate=5) for number in range(ITEMS)]
		self.levels = {item: self.product(item, available=1) for item in self.items}
		self.quantities: dict[tuple[str, int], int] = {}
		for item in self.items:
			for place in (0, 1):
				self.put(item, place, 1)
		frappe.db.commit()

	def put(self, item: str, place: int, quantity: int) -> None:
		"""Write a Bin, and mark it, within the running transaction."""
		warehouse = (self.main, self.second)[place]
		name = frappe.db.get_value("Bin", {"item_code": item, "warehouse": warehouse})
		if name:
			frappe.db.set_value("Bin", name, "actual_qty", quantity)
		else:
			values = {"item_code": item, "warehouse": warehouse, "actual_qty": quantity, "stock_uom": "Nos"}
			frappe.get_doc({"doctype": "Bin", **values}).insert(ignore_permissions=True)
		self.quantities[(item, place)] = quantity
		outbox.changed([Change(item, warehouse)])

	def change(self, count: int = 8) -> None:
		"""Change some Bins; commits."""
		for item in self.dice.sample(self.items, count):
			self.put(item, self.dice.randrange(2), self.dice.randrange(100))
		frappe.db.commit()

	def in_an_hour(self) -> None:
		"""Let an hour go by: leases, notes of calls, waits and the circuit are an hour older than they were."""
		frappe.db.rollback()
		frappe.db.sql(
			"UPDATE `tabSync Event` SET due_at = due_at - INTERVAL 1 HOUR WHERE store = %s AND due_at IS NOT NULL", (self.STORE,)
		)
		rows = frappe.db.sql(
			"SELECT name, facts FROM `tabShopify Link` WHERE store = %s AND facts LIKE '%%pending%%'", (self.STORE,)
		)
		for name, text in rows:
			facts = json.loads(text)
			_older(facts["pending"], "sent_at", "until")
			frappe.db.sql("UPDATE `tabShopify Link` SET facts = %s WHERE name = %s", (json.dumps(facts), name))
		circuit = frappe.db.get_value("Shopify Connection", self.STORE, "circuit")
		if circuit:
			known = json.loads(circuit)
			_older(known, "until")
			frappe.db.set_value("Shopify Connection", self.STORE, "circuit", json.dumps(known))
		frappe.db.commit()

	def settle(self) -> None:
		"""Push until nothing waits any more."""
		for _time in range(6):
			self.push()
			self.in_an_hour()
			if not frappe.db.exists("Sync Event", {"store": self.STORE, "direction": "Outbound", "due_at": ("is", "set")}):
				return
		self.fail("something waits for ever")

	def assert_right(self) -> None:
		wrong = {
			key: (self.on_hand(self.levels[key[0]], key[1]), quantity)
			for key, quantity in self.quantities.items()
			if self.on_hand(self.levels[key[0]], key[1]) != quantity
		}
		self.assertEqual(wrong, {}, "Shopify and the Bins")

	def assert_rests_well(self) -> None:
		rows = frappe.get_all("Sync Event", {"store": self.STORE, "direction": "Outbound"}, ["status", "category", "message"])
		self.assertLessEqual({row.status for row in rows}, {"Applied", "No Change", "Superseded"}, rows)


def _older(values: dict[str, Any], *names: str) -> None:
	for name in names:
		if values.get(name):
			values[name] = (datetime.fromisoformat(values[name]) - timedelta(hours=1)).isoformat()


class TestKilled(_StockCase):
	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		cls.workers = Mortals()
		cls.addClassCleanup(cls.workers.close)

	def killed_at(self, step: str) -> None:
		self.settle()
		for number in range(KILLS):
			self.change()
			frappe.db.rollback()
			self.assertEqual(self.workers.push_until(step), "killed", number)
			if number % 3 == 0:
				self.change()  # what changes while the dead one's note stands
			if number % 4 == 0:
				self.sells()
			self.in_an_hour()
			self.settle()
			self.assert_right()
		self.assert_rests_well()
		events = frappe.get_all("Sync Event", {"store": self.STORE, "direction": "Outbound"}, pluck="name")
		died = frappe.db.count("Sync Attempt", {"action": "Worker Died", "event": ("in", events)})
		self.assertGreaterEqual(died, KILLS)

	def sells(self) -> None:
		"""Let the shop sell and send a piece: its figure is another one than that which the dead pusher found."""
		level = self.levels[self.dice.choice(self.items)]
		with self.served.lock, self.shop.silently():
			self.shop.inventory.adjust("available", level, self.places[0], -1, "correction")
		item = next(item for item, known in self.levels.items() if known == level)
		self.put(item, 0, self.quantities[(item, 0)] + 1)
		frappe.db.commit()

	def test_before_the_call(self) -> None:
		self.killed_at("before_call")

	def test_after_the_call(self) -> None:
		self.killed_at("after_call")

	def test_before_the_commit(self) -> None:
		self.killed_at("before_commit")


class TestTogether(_StockCase):
	def test_pushers_at_once_and_stock_that_moves_meanwhile(self) -> None:
		name, sites_path, shops = frappe.local.site, frappe.local.sites_path, frappe.conf.shopify_sync_shops

		def work(_number: int) -> int:
			frappe.init(site=name, sites_path=sites_path)
			frappe.connect()
			frappe.set_user("Administrator")
			frappe.conf.shopify_sync_shops = shops
			try:
				host = FrappePushHost()
				return sum(Pusher(host).drain() for _time in range(15))
			finally:
				frappe.destroy()

		with ThreadPoolExecutor(3) as pool:
			working = [pool.submit(work, number) for number in range(3)]
			for _time in range(25):
				self.change(6)
			self.assertGreater(sum(one.result() for one in working), 0)
		self.settle()
		self.assert_right()
		self.assert_rests_well()

	def test_two_pushers_of_a_store_leave_every_quantity_right_soon(self) -> None:
		"""With `shopify_sync_pushers` = 2, each in a thread with a connection of its own, and without any clock being turned."""
		self.settle()
		site.let_workers_in()
		self.addCleanup(site.keep_workers_away)
		name, sites_path, shops = frappe.local.site, frappe.local.sites_path, frappe.conf.shopify_sync_shops
		over = threading.Event()
		slots: set[int | None] = set()

		def work(_number: int) -> int:
			frappe.init(site=name, sites_path=sites_path)
			frappe.connect()
			frappe.set_user("Administrator")
			frappe.conf.update({"shopify_sync_shops": shops, "shopify_sync_pushers": 2})
			try:
				host, claimed = FrappePushHost(), 0
				# As slow as Shopify is: the other one meets levels that this one is at.
				pusher = Pusher(host, lambda step: host.sleep(0.3 if step == "before_call" else 0))
				while not over.is_set():
					with wake.push_slot(self.STORE) as slot, read_committed():
						slots.add(slot)
						claimed += pusher.run_one(self.STORE, keys.INVENTORY_PUSH) if slot is not None else 0
					host.sleep(0.01)
				return claimed
			finally:
				frappe.destroy()

		with ThreadPoolExecutor(2) as pool:
			working = [pool.submit(work, number) for number in range(2)]
			try:
				for _time in range(25):
					self.change(6)
				deadline = time.monotonic() + 40
				while time.monotonic() < deadline and self.is_on_its_way():
					time.sleep(0.2)
			finally:
				over.set()
			claimed = [one.result() for one in working]
		self.assertFalse(self.is_on_its_way(), "what met another pusher waits for seconds, not for minutes")
		self.assertTrue(all(claimed), claimed)
		self.assertTrue(slots >= {0, 1}, slots)
		self.assert_right()
		self.assert_rests_well()

	def is_on_its_way(self) -> bool:
		frappe.db.rollback()
		return bool(frappe.db.exists("Sync Event", {"store": self.STORE, "direction": "Outbound", "due_at": ("is", "set")}))

	def test_what_a_worker_whose_time_is_over_was_at_is_done_later(self) -> None:
		self.settle()
		self.change()

		def over(step: str) -> None:
			if step == "before_call":
				raise JobTimeoutException("Task exceeded maximum timeout value (300 seconds)")

		with read_committed():
			Pusher(FrappePushHost(), over).run_one(self.STORE, keys.INVENTORY_PUSH)
		rows = frappe.get_all("Sync Event", {"store": self.STORE, "due_at": ("is", "set")}, ["status", "category"])
		self.assertEqual({("Retrying", "Worker died")}, {(row.status, row.category) for row in rows})
		self.in_an_hour()
		self.settle()
		self.assert_right()
		self.assert_rests_well()

	def test_a_second_pusher_of_a_store_finds_no_slot(self) -> None:
		self.change()
		site.let_workers_in()
		self.addCleanup(site.keep_workers_away)
		name, sites_path = frappe.local.site, frappe.local.sites_path

		def taken() -> int | None:
			frappe.init(site=name, sites_path=sites_path)
			frappe.connect()
			try:
				with wake.push_slot(self.STORE) as slot:
					return slot
			finally:
				frappe.destroy()

		with ThreadPoolExecutor(1) as pool:
			with wake.push_slot(self.STORE) as slot:
				self.assertEqual(slot, 0)
				self.assertIsNone(pool.submit(taken).result())
			self.assertEqual(pool.submit(taken).result(), 0)


class TestAway(_StockCase):
	def test_without_redis_stock_is_marked_and_pushed(self) -> None:
		self.settle()
		site.let_workers_in()
		self.addCleanup(site.keep_workers_away)
		environment: Mapping[str, str] = {"FRAPPE_REDIS_QUEUE": NOBODY, "FRAPPE_REDIS_CACHE": NOBODY}
		code = (
			"import frappe, sys, json\n"
			f"frappe.init(site={frappe.local.site!r}, sites_path='.'); frappe.connect(); frappe.set_user('Administrator')\n"
			f"frappe.conf.shopify_sync_shops = json.loads({json.dumps(frappe.conf.shopify_sync_shops)!r})\n"
			"from shopify_sync.erpnext_host import outbox\n"
			f"frappe.db.sql(\"UPDATE tabBin SET actual_qty = 33 WHERE item_code = 'OUT-W-0' AND warehouse = %s\", ({self.main!r},))\n"
			f"outbox.changed([outbox.Change('OUT-W-0', {self.main!r})])\n"
			"frappe.db.commit()\n"
			"from shopify_sync.jobs.push import run\n"
			"sys.exit(0 if run(30, linger=0) == 1 else 1)\n"
		)
		sites = frappe.utils.get_bench_path() + "/sites"
		done = subprocess.run(
			[sys.executable, "-c", code],
			cwd=sites,
			env={**os.environ, **environment},
			capture_output=True,
			text=True,
			check=False,
		)
		self.assertEqual(done.returncode, 0, done.stderr[-2000:])
		self.quantities[("OUT-W-0", 0)] = 33
		self.assert_right()

	def test_the_sweeper_finds_marks_that_nobody_was_woken_for(self) -> None:
		self.change()
		sweep.run()
		self.settle()
		self.assert_right()

	def test_an_hour_of_503_opens_the_circuit_and_burns_no_attempt(self) -> None:
		self.settle()
		self.served.faults.set(server_error_before=1.0)
		for _round in range(6):
			self.change()
			self.push()
			self.in_an_hour()
		rows = frappe.get_all(
			"Sync Event",
			{"store": self.STORE, "direction": "Outbound", "due_at": ("is", "set")},
			["status", "attempts", "shopify_id"],
		)
		self.assertTrue(rows)
		self.assertEqual({row.attempts for row in rows}, {0}, rows)
		self.assertEqual(len({row.shopify_id for row in rows}), len(rows), "newest values only: one event for each level")
		state = frappe.db.get_value("Shopify Connection", self.STORE, "circuit_state")
		self.assertEqual(state, "Open")
		before = frappe.db.count("Shopify API Call", {"store": self.STORE, "operation": "InventorySetQuantities"})
		self.served.faults.set(server_error_before=0.0)
		self.settle()
		self.assert_right()
		self.assert_rests_well()
		after = frappe.db.count("Shopify API Call", {"store": self.STORE, "operation": "InventorySetQuantities"})
		self.assertLessEqual(after - before, 4, "what waited goes out in one batch")
		self.assertEqual(frappe.db.get_value("Shopify Connection", self.STORE, "circuit_state"), "Closed")


class TestProcesses(_StockCase):
	"""Real processes push, without anybody's help; they find the shop by the site's configuration."""

	def setUp(self) -> None:
		super().setUp()
		self.settle()
		site.let_workers_in()
		self.addCleanup(site.keep_workers_away)
		update_site_config("shopify_sync_shops", frappe.conf.shopify_sync_shops)
		self.addCleanup(update_site_config, "shopify_sync_shops", "None")

	def wait_until_right(self) -> None:
		deadline = time.monotonic() + 60
		while time.monotonic() < deadline:
			if all(self.on_hand(self.levels[item], place) == quantity for (item, place), quantity in self.quantities.items()):
				return
			time.sleep(0.2)
		self.assert_right()

	def test_a_commit_wakes_a_pusher(self) -> None:
		with rq_worker():
			self.change()
			self.wait_until_right()
			self.change()
			self.wait_until_right()

	def test_the_worker_that_stays_up_pushes_too_and_ends_when_it_is_told_to(self) -> None:
		command = [
			sys.executable,
			"-m",
			"frappe.utils.bench_helper",
			"frappe",
			"--site",
			frappe.local.site,
			"shopify-sync",
			"worker",
		]
		sites = frappe.utils.get_bench_path() + "/sites"
		with subprocess.Popen(command, cwd=sites, stdout=subprocess.PIPE, text=True) as process:
			assert process.stdout
			self.assertIn("is up", process.stdout.readline())
			self.change()
			self.wait_until_right()
			process.terminate()
			self.assertIn("stopped", process.stdout.readline())
		self.assertEqual(process.returncode, 0)

	def test_a_pusher_makes_way_for_what_comes_in_when_nobody_drains(self) -> None:
		from . import payloads

		self.change()
		self.served.faults.set(server_error_before=1.0)  # there is always something to try
		answer = site.deliver(
			payloads.order(site.fresh_id()), "orders/create", store=self.STORE, X_Shopify_Shop_Domain=self.shop.domain
		)
		self.assertEqual(answer.status, 200)
		began = time.monotonic()
		push.run(60, linger=30)
		self.assertLess(time.monotonic() - began, 20)
