"""Two workers against one: orders a second from two processes over that from one, documents named by us.

Run in a bench's `sites` folder: `../env/bin/python …/benchmarks/site_workers.py SITE [--orders N]`. Each round delivers the same
number of orders, then one or two processes drain them; only the time from the first claim to the last commit counts, not the start
of the processes.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time

import frappe

STORE = "bench-store"
ITEMS = 40
#: New Items each run: ERPNext adds up all open orders of an Item at each submit, and those of earlier runs would be measured.
PREFIX = f"BENCH-{frappe.generate_hash(length=6)}"


def main() -> None:
	parser = argparse.ArgumentParser(description=__doc__)
	parser.add_argument("site")
	parser.add_argument("--orders", type=int, default=80, help="a round")
	parser.add_argument("--rounds", type=int, default=3)
	parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
	args = parser.parse_args()
	frappe.init(site=args.site, sites_path=".")
	frappe.connect()
	frappe.set_user("Administrator")
	if args.work:
		work()
		return
	from shopify_sync.tests import site

	site.make_store(STORE)
	for number in range(ITEMS):
		site.make_item(f"{PREFIX}-{number}")
	site.keep_workers_away()
	for what, items in (("different items", ITEMS), ("all of one item", 1)):
		ratios = []
		for _round in range(args.rounds):
			rates = [args.orders / drained_by(count, args, items) for count in (1, 2)]
			ratios.append(rates[1] / rates[0])
			print(f"  {what}: one worker {rates[0]:.1f} orders/s, two {rates[1]:.1f} orders/s", flush=True)
		print(f"workers, {args.orders} orders a round, {what}: two / one = {statistics.median(ratios):.2f} (aim: at least 1.8)")
	site.clear_store(STORE)


def drained_by(count: int, args: argparse.Namespace, items: int) -> float:
	"""Deliver the orders, let *count* processes drain them, and return the seconds that took."""
	command = [sys.executable, __file__, args.site, "--work"]
	processes = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(count)]
	deliver(2 * count, items)
	for process in processes:
		assert process.stdout.readline() == "warm\n"
	deliver(args.orders, items)
	began = time.perf_counter()
	for process in processes:
		process.stdin.write("go\n")
		process.stdin.flush()
	for process in processes:
		assert process.stdout.readline().startswith("done")
	seconds = time.perf_counter() - began
	for process in processes:
		process.communicate()
	frappe.db.rollback()
	left = frappe.db.count("Sync Event", {"store": STORE, "status": ("!=", "Applied")})
	assert not left, f"{left} events are not applied"
	return seconds


def deliver(count: int, items: int) -> None:
	"""Deliver *count* orders of two lines each, spread over *items* Items."""
	from shopify_sync.tests import payloads, site

	for number in range(count):
		key = site.fresh_id()
		first, second = (f"{PREFIX}-{(2 * number + n) % items}" for n in (0, 1))
		lines = [payloads.line(key + 1, first, "20.00", 2, tax="8.00"), payloads.line(key + 2, second, "7.50", tax="1.50")]
		site.deliver(payloads.order(key, lines, shipping_lines=[payloads.shipping("5.00")]), "orders/create", store=STORE)


def work() -> None:
	"""Be a worker: warm up on what is there, say so, wait for the word, drain, say so."""
	from shopify_sync.core.engine import Engine
	from shopify_sync.erpnext_host.host import FrappeHost

	engine = Engine(FrappeHost())
	for _ in range(2):
		engine.run_one()
	print("warm", flush=True)
	sys.stdin.readline()
	print("done", engine.drain(), flush=True)


if __name__ == "__main__":
	main()
