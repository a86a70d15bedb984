"""The command center with a million events: what opening the page costs the server, against Frappe's own list of the same table.

Run in a bench's `sites` folder: `../env/bin/python …/benchmarks/site_command_center.py SITE [--events N] [--keep | --remove]`. The
events belong to a store of their own, which is removed afterwards; `--keep` leaves it for a look in the browser, `--remove` takes it away.
Only on a site with `allow_tests`.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import frappe

STORE = "bench-center"
#: 200 causes, 6 % of the events open: 60,000 of a million.
CAUSES, OPEN_PER_THOUSAND = 200, 60
STEP = 50_000
TURNS = 9
OPEN = ["Blocked", "Conflict", "Dead Letter"]


def main() -> int:
	parser = argparse.ArgumentParser(description=__doc__)
	parser.add_argument("site")
	parser.add_argument("--events", type=int, default=1_000_000)
	parser.add_argument("--keep", action="store_true", help="leave the store and its events, and measure nothing")
	parser.add_argument("--remove", action="store_true", help="only remove what an earlier run has left")
	args = parser.parse_args()
	frappe.init(site=args.site, sites_path=".")
	frappe.connect()
	frappe.set_user("Administrator")
	if not frappe.conf.allow_tests:
		print("This fills the ledger: only on a site whose site_config.json has allow_tests.")
		return 1
	if args.remove:
		remove()
		return 0
	began = time.perf_counter()
	if count() != args.events:
		remove()
		fill(args.events)
	print(f"command center: {args.events:,} events, {CAUSES} causes, made in {time.perf_counter() - began:.0f} s", flush=True)
	if args.keep:
		return 0
	try:
		return measure()
	finally:
		remove()


def count() -> int:
	"""Return how many events the store has."""
	return frappe.db.sql("SELECT COUNT(*) FROM `tabSync Event` WHERE store = %s", (STORE,))[0][0]


def fill(events: int) -> None:
	"""Make the store, and its events of the last ninety days: most are finished, the open ones failed of 200 causes."""
	from shopify_sync.tests import site

	site.make_store(STORE)
	seconds = 90 * 86400 / events
	for low in range(1, events + 1, STEP):
		# The number of an event scattered: neighbours in time are not of one cause.
		frappe.db.sql(
			"""INSERT INTO `tabSync Event` (name, creation, modified, store, direction, source, topic, resource_type, shopify_id, link,
				version, order_name, status, category, missing, cause, message, attempts, deliveries, received_at, last_seen_at,
				finished_at, next_try_at, payload_hash, payload)
			SELECT CONCAT('bench-', LPAD(seq, 8, '0')), at, at, %(store)s, 'Inbound', 'Webhook', 'orders/updated', 'order', 9000000 + seq DIV 3,
				CONCAT(%(store)s, '/order/', 9000000 + seq DIV 3), CONCAT('2026-01-01T00:00:00.000000|00000001||', LPAD(seq, 16, '0')),
				CONCAT('#B', seq DIV 3), status, category, missing, COALESCE(missing, IF(category IS NULL, NULL, CONCAT('Order …: what is wrong is cause ', cause))),
				IF(category IS NULL, NULL, message), 1, 1, at, at, IF(category IS NULL, at, NULL),
				IF(status = 'Retrying', NOW() + INTERVAL (seq MOD 3600) SECOND, NULL), SHA1(seq),
				CONCAT('{"id":', 9000000 + seq DIV 3, ',"name":"#B', seq DIV 3, '","customer":{"id":', 5000000 + seq MOD 997,
					',"tags":"', REPEAT('x', 400), '"}}')
			FROM (
				SELECT seq, at, cause, CASE
					WHEN NOT is_open THEN ELT(1 + seq MOD 10, 'Superseded', 'No Change', 'Ignored', 'Applied', 'Applied', 'Applied', 'Applied',
						'Applied', 'Applied', 'Applied')
					ELSE ELT(1 + cause MOD 4, 'Blocked', 'Dead Letter', 'Blocked', IF(cause MOD 8 = 3, 'Conflict', 'Retrying')) END AS status,
					IF(is_open, ELT(1 + cause MOD 4, 'Missing item', 'ERPNext validation', 'Missing tax account',
						IF(cause MOD 8 = 3, 'Conflict', 'Network')), NULL) AS category,
					IF(is_open, ELT(1 + cause MOD 4, CONCAT('item:BENCH-', cause), NULL, CONCAT('tax:Tax ', cause, '@', cause MOD 30), NULL), NULL)
						AS missing,
					CONCAT('Order #B', seq DIV 3, ': what is wrong is cause ', cause) AS message
				FROM (SELECT seq, NOW() - INTERVAL ROUND(seq * %(seconds)s) SECOND AS at, scatter MOD 1000 < %(open)s AS is_open,
						FLOOR(SQRT((scatter DIV 1000) MOD (%(causes)s * %(causes)s))) AS cause
					FROM (SELECT seq, CONV(LEFT(MD5(seq), 8), 16, 10) + 0 AS scatter FROM NUMBERS) AS numbers) AS spread
			) AS made""".replace("NUMBERS", f"seq_{low}_to_{min(low + STEP - 1, events)}"),
			{"store": STORE, "seconds": seconds, "open": OPEN_PER_THOUSAND, "causes": CAUSES},
		)
		frappe.db.commit()
	frappe.db.sql("ANALYZE TABLE `tabSync Event`")


def remove() -> None:
	"""Remove the store and its events."""
	while frappe.db.sql("DELETE FROM `tabSync Event` WHERE store = %s LIMIT %s", (STORE, STEP)) or frappe.db._cursor.rowcount:
		frappe.db.commit()
	if frappe.db.exists("Shopify Store", STORE):
		frappe.delete_doc("Shopify Store", STORE, force=True)
	frappe.db.commit()


def measure() -> int:
	"""Time what the page asks, and Frappe's list in turns with it; return an exit code."""
	from shopify_sync.api import command_center

	def overview() -> None:
		# What is kept for some seconds is read anew: the first visitor waits for it.
		for key in frappe.cache.keys("*shopify_sync:health*") + frappe.cache.keys("*shopify_sync:finished*"):
			frappe.cache.delete(key)
		command_center.overview()

	def page() -> None:
		overview()
		command_center.groups()

	first = command_center.groups()["groups"][0]
	group = {name: first[name] for name in ("store", "category", "cause")}
	asked: dict[str, Callable[[], Any]] = {
		"Frappe's list": lambda: listed([]),
		"Frappe's list of open failures": lambda: listed([["Sync Event", "status", "in", OPEN]]),
		"overview": overview,
		"groups": command_center.groups,
		"overview + groups (the page)": page,
		"overview + groups + events": lambda: (page(), command_center.events()),
		"groups, by last seen, second page": lambda: command_center.groups(start=50, order="last_seen"),
		"groups of one category": lambda: command_center.groups({"category": "Missing item"}),
		"events": command_center.events,
		"events of the largest group": lambda: command_center.events(group),
		"events that are open": lambda: command_center.events({"status": OPEN}),
		"events, next tries": lambda: command_center.events({"status": "Retrying"}, order="next_try_at"),
		"events of an order": lambda: command_center.events({"order": "#B1234"}),
		"events of a customer, open": lambda: command_center.events({"customer": "5000007", "status": OPEN}),
		"text in open events": lambda: command_center.events({"text": "#B123", "status": OPEN}),
		"text in any event": lambda: command_center.events({"text": "#B1234"}),
		"a topic that no event has": lambda: command_center.events({"topic": "orders/paid"}),
	}
	times: dict[str, list[float]] = {name: [] for name in asked}
	for turn in range(TURNS):
		for name, ask in asked.items():
			frappe.db.commit()
			began = time.perf_counter()
			ask()
			if turn:
				times[name].append(time.perf_counter() - began)
	base = statistics.median(times["Frappe's list"])
	for name, took in times.items():
		median = statistics.median(took)
		print(f"  {name:<34} {median * 1000:8.1f} ms, worst {max(took) * 1000:8.1f}, {median / base:6.2f} × Frappe's list")
	together = statistics.median(times["overview + groups + events"])
	print(f"  together {together * 1000:.0f} ms (aim: below 500)")
	return 0 if together < 0.5 else 1


def listed(filters: list[Any]) -> None:
	"""Ask for what Frappe's list view asks for when it opens: a page of rows and their count."""
	from frappe.desk import reportview

	fields = ["name", "status", "topic", "order_name", "store", "category", "received_at"]
	asked = {
		"doctype": "Sync Event",
		"fields": json.dumps([f"`tabSync Event`.`{field}`" for field in fields]),
		"filters": json.dumps(filters),
		"order_by": "`tabSync Event`.`received_at` DESC",
		"start": 0,
		"page_length": 20,
		"view": "List",
	}
	frappe.local.form_dict = frappe._dict(asked)
	reportview.get()
	counted = {name: asked[name] for name in ("doctype", "filters")}
	frappe.local.form_dict = frappe._dict({**counted, "fields": "[]", "distinct": "false", "limit": 1001})
	reportview.get_count()


if __name__ == "__main__":
	sys.exit(main())
