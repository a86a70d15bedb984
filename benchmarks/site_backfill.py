"""What a backfill does to live events: their time from receipt to applied, without one and during one, with RQ's workers.

Run in a bench's `sites` folder: `../env/bin/python …/benchmarks/site_backfill.py SITE [--orders N] [--seconds N] [--pace N]`. A
simulated shop on loopback has so many open orders; a process of its own imports them while orders come in at a steady pace. The first
seconds, in which the workers load ERPNext, do not count.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import frappe

STORE = "bench-backfill"
ITEMS = 20
PREFIX = f"BENCH-{frappe.generate_hash(length=6)}"
WARM_UP = 10.0


def main() -> None:
	parser = argparse.ArgumentParser(description=__doc__)
	parser.add_argument("site")
	parser.add_argument("--orders", type=int, default=1500, help="open orders that the shop has already")
	parser.add_argument("--seconds", type=float, default=60.0, help="of each of both measurements")
	parser.add_argument("--pace", type=float, default=1.0, help="live orders a second")
	parser.add_argument("--feed", nargs=3, help=argparse.SUPPRESS)
	args = parser.parse_args()
	frappe.init(site=args.site, sites_path=".")
	frappe.connect()
	frappe.set_user("Administrator")
	if args.feed:
		feed(*args.feed)
		return
	from shopify_sync.simulation.site.workers import Crew, forget_calls
	from shopify_sync.simulator.http.store import Store
	from shopify_sync.tests import site

	forget_calls()
	with Store.running() as server:
		shop = fill(server, args.orders)
		crew = Crew(Path(tempfile.gettempdir()) / "site_backfill_workers.log")
		try:
			crew.start(2)
			crew.wait_until_up()
			deliver(WARM_UP, args.pace)
			alone = measured(args)
			name, child = begin(args.site, server, shop)
			try:
				deliver(WARM_UP, args.pace)
				during = measured(args)
				read, percent = progress(name)
				assert child.poll() is None or percent == 100, "the backfill died"
				assert percent < 100, f"it was over before the end of the measurement: give it more than {args.orders} orders"
			finally:
				child.kill()
				child.wait()
			report(alone, during, read, args)
		finally:
			crew.close()
			forget_calls()
			site.clear_store(STORE)
			frappe.db.delete("Shopify Backfill", {"store": STORE})
			frappe.db.commit()


def fill(server: Any, orders: int) -> Any:
	"""Open a shop with so many open orders, and a store of the site that has its Items; return the shop."""
	from shopify_sync.tests import site

	served = server.open("bench-backfill")
	with served.lock, served.shop.silently():
		served.shop.next_order_number = site.fresh_id() % 10**9
		place = served.shop.locations.create("Shop").id
		variants = []
		for number in range(ITEMS):
			sold = [{"sku": f"{PREFIX}-{number}", "price": "10.00", "quantities": {place: orders}}]
			variants.append(served.shop.products.create(f"{PREFIX}-{number}", sold).variants[0].id)
		for number in range(orders):
			line = {"variant_id": variants[number % ITEMS], "quantity": 1}
			served.shop.orders.place([line], financial="pending", email=f"c{site.fresh_id()}@example.com")
	for number in range(ITEMS):
		site.make_item(f"{PREFIX}-{number}")
	site.make_store(STORE, shop_domain=served.shop.domain, sign_in_by="Access token", access_token=served.token)
	return served.shop


def begin(site_name: str, server: Any, shop: Any) -> tuple[str, subprocess.Popen[bytes]]:
	"""Begin the backfill, and a process that carries it out."""
	from shopify_sync.core.backfill.wanted import Orders, Wanted
	from shopify_sync.erpnext_host.backfill import running

	address = server.address("bench-backfill")
	frappe.conf.shopify_sync_shops = {shop.domain: address}
	name = running.start(STORE, Wanted(orders=Orders.OPEN), "Administrator")
	return name, subprocess.Popen([sys.executable, __file__, site_name, "--feed", name, shop.domain, address])


def feed(name: str, domain: str, address: str) -> None:
	"""Carry the backfill out."""
	from shopify_sync.erpnext_host.backfill import running

	frappe.conf.shopify_sync_shops = {domain: address}
	running.carry_on(name)


def progress(name: str) -> tuple[int, float]:
	"""Return how many orders of the backfill were carried out, and how much of it was read, in percent."""
	frappe.db.rollback()
	done = frappe.db.count("Sync Event", {"store": STORE, "source": "Backfill", "status": "Applied"})
	return done, frappe.db.get_value("Shopify Backfill", name, "progress")


def deliver(seconds: float, pace: float) -> list[str]:
	"""Deliver orders at a steady pace; return the names of their events."""
	from shopify_sync.erpnext_host import wake
	from shopify_sync.tests import payloads, site

	domain = frappe.db.get_value("Shopify Store", STORE, "shop_domain")
	names, began = [], time.monotonic()
	while time.monotonic() < began + seconds:
		key, name = site.fresh_id(), f"live-{site.fresh_id()}"
		lines = [payloads.line(key + 1, f"{PREFIX}-{len(names) % ITEMS}", "20.00")]
		site.deliver(payloads.order(key, lines), "orders/create", webhook_id=name, X_Shopify_Shop_Domain=domain)
		wake.wake()
		names.append(name)
		time.sleep(max(0.0, began + len(names) / pace - time.monotonic()))
	return names


def measured(args: argparse.Namespace) -> Any:
	"""Deliver for a while; return how the times spread from receipt to the commit that applied."""
	from shopify_sync.core.percentiles import spread_of

	names = deliver(args.seconds, args.pace)
	deadline = time.monotonic() + 60
	while True:
		frappe.db.rollback()
		rows = frappe.get_all(
			"Sync Event", {"name": ("in", names)}, ["status", "received_at", "finished_at"], limit_page_length=0
		)
		if all(row.status == "Applied" for row in rows) or time.monotonic() > deadline:
			break
		time.sleep(0.5)
	assert {row.status for row in rows} == {"Applied"}, {row.status for row in rows}
	return spread_of([(row.finished_at - row.received_at).total_seconds() for row in rows])


def report(alone: Any, during: Any, read: int, args: argparse.Namespace) -> None:
	"""Print both, side by side."""
	for title, spread in (("without a backfill", alone), ("during one", during)):
		print(
			f"  {title}: {spread.count} live orders, p50 {spread.p50:.2f} s, p95 {spread.p95:.2f} s, longest {spread.largest:.2f} s"
		)
	rate = read / (args.seconds + WARM_UP)
	print(
		f"backfill: {rate:.1f} orders a second beside {args.pace:g} live ones; p95 of live events {during.p95 - alone.p95:+.2f} s (aim: below +1)"
	)


if __name__ == "__main__":
	main()
