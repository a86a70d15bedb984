"""A stock take on a site: everything changes at once and is pushed, while webhooks come in. Points, calls, and the acknowledgement.

Run in a bench's `sites` folder: `../env/bin/python …/benchmarks/site_stock.py SITE [--items N] [--places N]`. Starts a simulated
shop, gunicorn and the sender of the webhooks as processes of their own on loopback. Items, Bins and links are written in bulk; marks
and pushes are the app's own. The first stock take reads every level once, the second goes by what is remembered.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import frappe

STORE = "bench-stock"
PLAN = "basic"
#: Webhooks a minute.
FLOOD = 2000


def main() -> None:
	parser = argparse.ArgumentParser(description=__doc__)
	parser.add_argument("site")
	parser.add_argument("--items", type=int, default=2000)
	parser.add_argument("--places", type=int, default=3)
	parser.add_argument("--alone", type=float, default=20.0, help="seconds of webhooks without a push, to compare with")
	args = parser.parse_args()
	frappe.init(site=args.site, sites_path=".")
	frappe.connect()
	frappe.set_user("Administrator")
	from shopify_sync.tests import site
	from shopify_sync.tests.server import server

	# No drain is measured, and a pusher would make way for what comes in as long as nobody sees to it.
	site.keep_workers_away()
	with shop(args.items, args.places) as simulated, server(workers=2) as web:
		stock = Stock(simulated, args.items)
		try:
			with flood(web.address):  # the web processes load ERPNext with their first requests
				time.sleep(args.alone / 2)
			with flood(web.address) as alone:
				time.sleep(args.alone)
			for name, quantity in (("first", 7), ("second", 9)):
				stock.change_all(quantity)
				with flood(web.address) as during:
					took = stock.push()
				report(name, stock, took)
				report_acknowledged(alone, during)
				assert simulated.ask("on_hand") == [quantity], "Shopify and the Bins differ"
		finally:
			stock.remove()
			site.clear_store(STORE)


class Stock:
	"""Items with a Bin in each warehouse, linked to what the simulated shop sells."""

	def __init__(self, simulated: Process, items: int) -> None:
		from shopify_sync.tests import site
		from shopify_sync.tests.shop import OUT, make_warehouse

		told = simulated.ask("sells")
		self.warehouses = [make_warehouse(f"Bench Store {number}") for number in range(len(told["places"]))]
		self.codes = [f"BENCH-STOCK-{number:05d}" for number in range(items)]
		self.remove()
		rows = zip(told["places"], self.warehouses, strict=True)
		frappe.conf.shopify_sync_shops = {told["domain"]: told["address"]}
		site.make_store(
			STORE,
			shop_domain=told["domain"],
			sign_in_by="Access token",
			access_token=told["token"],
			location_mapping=[{"location_id": place, "warehouse": name, "direction": OUT} for place, name in rows],
		)
		self._write(told["inventory_items"])

	def _write(self, inventory_items: list[str]) -> None:
		group = frappe.db.get_value("Item Group", {"is_group": 0})
		items = [(code, code, code, "Nos", 1, group) for code in self.codes]
		frappe.db.bulk_insert("Item", ["name", "item_code", "item_name", "stock_uom", "is_stock_item", "item_group"], items)
		bins = [(f"{code}-{place}", code, place, 0, "Nos") for code in self.codes for place in self.warehouses]
		frappe.db.bulk_insert("Bin", ["name", "item_code", "warehouse", "actual_qty", "stock_uom"], bins)
		links = [
			(f"{STORE}/inventory_item/{id}", STORE, "inventory_item", id, "Item", code, 1)
			for id, code in zip(inventory_items, self.codes, strict=True)
		]
		fields = ["name", "store", "resource_type", "shopify_id", "document_type", "document_name", "uom_factor"]
		frappe.db.bulk_insert("Shopify Link", fields, links)
		frappe.db.commit()

	@property
	def levels(self) -> int:
		"""How many there are."""
		return len(self.codes) * len(self.warehouses)

	def change_all(self, quantity: int) -> None:
		"""Change every Bin, and mark it as a Stock Ledger Entry does."""
		from shopify_sync.erpnext_host import outbox

		frappe.db.sql("UPDATE tabBin SET actual_qty = %s WHERE warehouse IN %s", (quantity, tuple(self.warehouses)))
		outbox.changed(outbox.Change(code, place) for code in self.codes for place in self.warehouses)
		began = time.perf_counter()
		frappe.db.commit()
		print(f"\n{self.levels} levels marked in one transaction: {time.perf_counter() - began:.1f} s", flush=True)

	def push(self) -> float:
		"""Push all; return the seconds that took."""
		from shopify_sync.jobs.push import run

		frappe.db.delete("Shopify API Call", {"store": STORE})
		frappe.db.commit()
		began = time.perf_counter()
		pushed = run(1200, linger=0)
		assert pushed >= self.levels, pushed
		return time.perf_counter() - began

	def remove(self) -> None:
		"""Remove what was written."""
		frappe.db.rollback()
		for doctype, field in (("Item", "name"), ("Bin", "item_code")):
			frappe.db.delete(doctype, {field: ("like", "BENCH-STOCK-%")})
		frappe.db.commit()


def report(name: str, stock: Stock, took: float) -> None:
	"""Print what a stock take cost, and how that compares with what the plan restores."""
	from shopify_sync.simulator.admin.throttle import RESTORE_RATES, SECONDS_TO_FILL

	frappe.db.rollback()
	rows = frappe.get_all("Shopify API Call", {"store": STORE}, ["operation", "actual_cost", "tries"])
	points = sum(row.actual_cost or 0 for row in rows)
	calls = {operation: sum(row.operation == operation for row in rows) for operation in sorted({row.operation for row in rows})}
	# A full bucket stands ready when it begins; what is more has to be waited for.
	at_best = max(points / RESTORE_RATES[PLAN] - SECONDS_TO_FILL, 0)
	throttled = frappe.db.count("Sync Event", {"store": STORE, "category": "Throttled"})
	print(f"{name} stock take: {stock.levels} levels in {took:.1f} s = {stock.levels / took:.0f} a second; calls {calls}")
	print(
		f"  points {points:.0f} = {1000 * points / stock.levels:.0f} for 1,000 levels; the plan allows no less than {at_best:.1f} s"
	)
	print(f"  share of the plan's points that was used: {at_best / took:.2f} (aim 0.90 where points are what it waits for)")
	print(f"  events that heard THROTTLED: {throttled} (aim 0)", flush=True)


# --- webhooks ------------------------------------------------------------------------------------------------------------


@contextmanager
def flood(address: str) -> Iterator[list[float]]:
	"""Send webhooks while the block runs; the list holds the seconds of each acknowledgement when it has ended."""
	seconds: list[float] = []
	process = Process("flood", address, frappe.local.site)
	try:
		yield seconds
	finally:
		seconds += process.ask("stop")
		process.end()


def send_flood(address: str, host: str) -> None:
	"""Post deliveries at an even pace until a line comes; print how long each took."""
	import requests

	from benchmarks.site_acknowledge import body_of
	from shopify_sync.core.receiving import sign
	from shopify_sync.tests.server import PATH
	from shopify_sync.tests.site import SECRET

	stop = threading.Event()
	template = body_of(4_000_000_000_000_000)
	counter, lock = iter(range(10**9)), threading.Lock()
	found: list[float] = []
	began = time.perf_counter()

	def work() -> None:
		with requests.Session() as session:
			while not stop.is_set():
				with lock:
					number = next(counter)
				time.sleep(max(0.0, began + number * 60 / FLOOD - time.perf_counter()))
				body = template.replace(b"4000000000000000", str(4_000_000_000_000_000 + time.time_ns() % 10**15).encode())
				headers = {
					"Host": host, "Content-Type": "application/json", "X-Shopify-Topic": "orders/create",
					"X-Shopify-Hmac-Sha256": sign(SECRET, body), "X-Shopify-Shop-Domain": f"{STORE}.myshopify.com",
					"X-Shopify-API-Version": "2026-07", "X-Shopify-Webhook-Id": f"flood-{time.time_ns()}-{number}",
				}  # fmt: skip
				sent = time.perf_counter()
				answer = session.post(address + PATH, data=body, headers=headers, timeout=30)
				found.append(time.perf_counter() - sent)
				assert answer.status_code == 200, answer.text[:200]

	threads = [threading.Thread(target=work) for _number in range(8)]
	for thread in threads:
		thread.start()
	sys.stdin.readline()
	stop.set()
	for thread in threads:
		thread.join()
	print(json.dumps(found), flush=True)


def report_acknowledged(alone: list[float], during: list[float]) -> None:
	"""Print how fast deliveries were acknowledged beside the push, and against those that came alone."""
	for name, seconds in (("alone", alone), ("beside the push", during)):
		if len(seconds) < 20:
			print(f"  webhooks {name}: {len(seconds)}, too few to say anything")
			continue
		p50, p95 = statistics.median(seconds), statistics.quantiles(seconds, n=20)[-1]
		against = "" if seconds is alone else f" ({p50 / statistics.median(alone):.2f} x alone)"
		print(
			f"  webhooks {name}, {len(seconds)} at {FLOOD} a minute: p50 {p50 * 1000:.0f} ms{against}, p95 {p95 * 1000:.0f} ms, "
			f"longest {max(seconds) * 1000:.0f} ms",
			flush=True,
		)


# --- the shop ------------------------------------------------------------------------------------------------------------


class Process:
	"""This file in another process, which answers questions."""

	def __init__(self, *arguments: str) -> None:
		script = [sys.executable, __file__, "--", *arguments]
		self._process: Any = subprocess.Popen(script, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

	def ask(self, question: str) -> Any:
		"""Return the answer to a question."""
		self._process.stdin.write(question + "\n")
		self._process.stdin.flush()
		return json.loads(self._process.stdout.readline())

	def end(self) -> None:
		"""End the process."""
		self._process.stdin.close()
		self._process.wait(30)


@contextmanager
def shop(items: int, places: int) -> Iterator[Process]:
	"""Run a simulated shop that sells so many products at so many locations."""
	process = Process("shop", str(items), str(places))
	try:
		yield process
	finally:
		process.end()


def serve_shop(items: int, places: int) -> None:
	"""Serve a shop until the input ends."""
	from shopify_sync.simulator.http.store import Store
	from shopify_sync.simulator.shop.records import Address

	home = Address(first_name="Ada", last_name="Example", address1="1 Example Road", city="London", zip="N1 1AA",
		country="United Kingdom", country_code="GB", province="England", province_code="ENG")  # fmt: skip
	with Store.running() as store:
		served = store.open(STORE, plan=PLAN)
		with served.lock, served.shop.silently():
			ids = [served.shop.locations.create(f"Place {number}", address=home).id for number in range(places)]
			stocked = {place: 0 for place in ids}
			sold = [
				served.shop.products.create(f"P{number}", [{"sku": f"P{number}", "price": "1.00", "quantities": stocked}])
				for number in range(items)
			]
		told = {
			"domain": served.shop.domain, "address": store.address(STORE), "token": served.token, "places": ids,
			"inventory_items": [product.variants[0].inventory_item_id for product in sold],
		}  # fmt: skip
		for line in sys.stdin:
			with served.lock:
				levels = served.shop.inventory.levels.values()
				answer: Any = told if line.strip() == "sells" else sorted({level.on_hand for level in levels})
			print(json.dumps(answer), flush=True)


if __name__ == "__main__":
	if sys.argv[1:2] == ["--"]:
		from pathlib import Path

		sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
		kind, *rest = sys.argv[2:]
		if kind == "shop":
			serve_shop(*map(int, rest))
		else:
			send_flood(*rest)
	else:
		main()
