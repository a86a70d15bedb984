"""Growth: receiving and applying with a million finished events and a hundred thousand links, against small tables.

Run in a bench's `sites` folder: `../env/bin/python …/benchmarks/site_growth.py SITE [--events N] [--links N]`. The large tables are
filled beside the small ones, then both take turns under the real names, so that a slow moment of the machine hits both.
"""

from __future__ import annotations

import argparse
import statistics
import time

import frappe

STORE = "bench-store"
TABLES = ("Sync Event", "Shopify Link")
TURNS, RECEIVED, APPLIED = 8, 25, 5
ITEM = f"BENCH-{frappe.generate_hash(length=6)}"


def main() -> None:
	parser = argparse.ArgumentParser(description=__doc__)
	parser.add_argument("site")
	parser.add_argument("--events", type=int, default=1_000_000)
	parser.add_argument("--links", type=int, default=100_000)
	args = parser.parse_args()
	frappe.init(site=args.site, sites_path=".")
	frappe.connect()
	frappe.set_user("Administrator")
	from shopify_sync.tests import site

	site.make_store(STORE)
	site.make_item(ITEM)
	site.keep_workers_away()
	began = time.perf_counter()
	fill(args.events, args.links)
	print(f"growth: {args.events:,} events and {args.links:,} links made in {time.perf_counter() - began:.0f} s", flush=True)
	small, large = {"receive": [], "apply": []}, {"receive": [], "apply": []}
	try:
		turn(small, warm=True)
		for _turn in range(TURNS):
			turn(small)
			swap()
			try:
				turn(large)
			finally:
				swap()
	finally:
		for table in TABLES:
			frappe.db.sql_ddl(f"DROP TABLE IF EXISTS `tab{table} Large`")
		site.clear_store(STORE)
	for what, count in (("receive", RECEIVED), ("apply", APPLIED)):
		ratios = sorted(a / b for a, b in zip(large[what], small[what], strict=True))
		base, grown = (statistics.median(times[what]) / count * 1000 for times in (small, large))
		print(
			f"  {what:<8} small {base:6.1f} ms, large {grown:6.1f} ms, ratio {statistics.median(ratios):.2f} (aim: at most 1.2)"
		)


def fill(events: int, links: int) -> None:
	"""Make the large tables: the small one's rows and *events* finished events of the last months, *links* links."""
	for table in TABLES:
		frappe.db.sql_ddl(f"DROP TABLE IF EXISTS `tab{table} Large`")
		frappe.db.sql_ddl(f"CREATE TABLE `tab{table} Large` LIKE `tab{table}`")
	step = 100_000
	for low in range(1, events + 1, step):
		frappe.db.sql(
			f"""INSERT INTO `tabSync Event Large` (name, creation, modified, store, direction, source, topic, resource_type, shopify_id, link,
				version, status, attempts, deliveries, received_at, last_seen_at, finished_at, payload_hash, payload)
			SELECT UUID(), NOW() - INTERVAL seq SECOND, NOW() - INTERVAL seq SECOND, %s, 'Inbound', 'Webhook', 'orders/updated', 'order',
				seq DIV 3, CONCAT(%s, '/order/', seq DIV 3), CONCAT('2026-01-01T00:00:00.000000|00000001||', LPAD(seq, 16, '0')),
				ELT(1 + seq MOD 20, 'Superseded', 'Ignored', 'Dead Letter', 'No Change', 'Applied', 'Applied', 'Applied', 'Applied', 'Applied',
					'Applied', 'Applied', 'Applied', 'Applied', 'Applied', 'Applied', 'Applied', 'Applied', 'Applied', 'Applied', 'Applied'),
				1, 1, NOW() - INTERVAL seq SECOND, NOW() - INTERVAL seq SECOND, NOW() - INTERVAL seq SECOND, SHA2(seq, 256), REPEAT('x', 250)
			FROM seq_{low}_to_{min(low + step - 1, events)}""",
			(STORE, STORE),
		)
		frappe.db.commit()
	frappe.db.sql(
		f"""INSERT INTO `tabShopify Link Large` (name, creation, modified, store, resource_type, shopify_id, document_type, document_name, version)
		SELECT CONCAT(%s, '/order/', seq), NOW(), NOW(), %s, 'order', seq, 'Sales Order', CONCAT('SO-', seq), '2026-01-01' FROM seq_1_to_{links}""",
		(STORE, STORE),
	)
	frappe.db.sql("INSERT IGNORE INTO `tabShopify Link Large` SELECT * FROM `tabShopify Link`")
	frappe.db.commit()


def swap() -> None:
	"""Exchange the small and the large tables: one statement, all or nothing."""
	frappe.db.commit()
	moves = ", ".join(
		f"`tab{table}` TO `tab{table} Swap`, `tab{table} Large` TO `tab{table}`, `tab{table} Swap` TO `tab{table} Large`"
		for table in TABLES
	)
	frappe.db.sql_ddl(f"RENAME TABLE {moves}")


def turn(times: dict[str, list[float]], warm: bool = False) -> None:
	"""Time receiving a few orders, and applying some."""
	from shopify_sync.tests import payloads, site

	orders = [
		payloads.order(number, [payloads.line(number + 1, ITEM, "20.00")])
		for number in (site.fresh_id() for _ in range(RECEIVED))
	]
	# What receiving only counts must not be drained: themes are ignored, and cost the same insert.
	began = time.perf_counter()
	for order in orders:
		site.deliver(order, "themes/update", store=STORE)
	received = time.perf_counter() - began
	for order in orders[:APPLIED]:
		site.deliver(order, "orders/create", store=STORE)
	began = time.perf_counter()
	assert site.drain() == APPLIED
	if not warm:
		times["receive"].append(received)
		times["apply"].append(time.perf_counter() - began)


if __name__ == "__main__":
	main()
