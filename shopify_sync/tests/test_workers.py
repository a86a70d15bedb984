"""Real RQ workers: two at once, and killed in the middle of their work."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import frappe
from frappe.tests.utils import FrappeTestCase

from shopify_sync.core.keys import guest_key
from shopify_sync.core.statuses import FINAL
from shopify_sync.erpnext_host import wake
from shopify_sync.jobs import sweep
from shopify_sync.simulation.site.workers import forget_calls, kill

from . import payloads, site
from .server import rq_worker, server

STORE = "test-workers"


class TestWorkers(FrappeTestCase):
	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		site.make_item("TEE-M", valuation_rate=7)

	def setUp(self) -> None:
		super().setUp()
		site.make_store(STORE)
		# What making the store called for would be answered first.
		forget_calls()
		self.addCleanup(forget_calls)

	def finished(self) -> int:
		frappe.db.rollback()
		return frappe.db.count("Sync Event", {"store": STORE, "status": ("in", [str(status) for status in FINAL])})

	def wait_for(self, count: int, seconds: float = 90) -> None:
		deadline = time.monotonic() + seconds
		while self.finished() < count:
			self.assertLess(time.monotonic(), deadline, f"{self.finished()} of {count} events are finished")
			time.sleep(0.2)

	def test_one_guest_order_four_times_at_once_is_one_sales_order(self) -> None:
		"""Four webhooks of one order, each under an id of its own, through HTTP, with two workers waiting."""
		number = site.fresh_id()
		order = payloads.order(number, customer=None)
		topics = ("orders/create", "orders/updated", "orders/paid", "orders/create")
		with server() as web, rq_worker(), rq_worker():

			def deliver(topic: str) -> int:
				body = json.dumps(order).encode()
				return web.post(body, site.signed_headers(body, topic, store=STORE)).status_code

			with ThreadPoolExecutor(4) as pool:
				self.assertEqual(list(pool.map(deliver, topics)), [200] * 4)
			self.wait_for(4)
		orders = frappe.get_all("Sales Order", {"shopify_key": f"{STORE}/order/{number}"}, ["docstatus", "customer"])
		self.assertEqual([row.docstatus for row in orders], [1])
		self.assertEqual(frappe.db.count("Customer", {"shopify_key": guest_key(STORE, order["email"])}), 1)

	def test_workers_killed_in_the_middle_lose_and_double_nothing(self) -> None:
		numbers = [site.fresh_id() for _ in range(40)]
		for number in numbers:
			site.deliver(payloads.order(number), "orders/create", store=STORE)
		wake.wake(flag=False)
		with rq_worker() as first, rq_worker() as second:
			self.wait_for(3)
			kill(first)
			kill(second)
		time.sleep(1)
		after_the_kill = self.finished()
		time.sleep(1)
		self.assertEqual(self.finished(), after_the_kill, "nobody goes on after the kill")
		self.let_leases_end()
		left = len(numbers) - self.finished()
		self.assertGreater(left, 0, "the workers were killed before they were done")
		with rq_worker():
			sweep.run()
			self.wait_for(len(numbers))
		booked = frappe.get_all(
			"Sales Order", {"shopify_key": ("in", [f"{STORE}/order/{n}" for n in numbers])}, ["shopify_key", "docstatus"]
		)
		self.assertEqual(len(booked), len(numbers))
		self.assertEqual({row.docstatus for row in booked}, {1})

	def let_leases_end(self) -> None:
		"""Let the leases of the dead run out now instead of in five minutes."""
		# What MariaDB still does for connections that are gone ends on its own.
		time.sleep(1)
		frappe.db.rollback()
		frappe.db.sql(
			"UPDATE `tabSync Event` SET due_at = due_at - INTERVAL 1 HOUR WHERE store = %s AND status = 'Processing'", (STORE,)
		)
		frappe.db.commit()

	def tearDown(self) -> Any:
		site.clear_store(STORE)
		return super().tearDown()
