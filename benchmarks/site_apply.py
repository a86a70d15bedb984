"""Applying an order: the drain with all its bookkeeping against a plain script that inserts, then submits, the same documents.

Run in a bench's `sites` folder: `../env/bin/python …/benchmarks/site_apply.py SITE [--orders N] [--profile]`. Both sides work in
this one warm process and take turns, so that a slow moment of the machine hits both.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import statistics
import time

import frappe

ORDERS, CHUNK = 80, 8
#: New ones each run: ERPNext adds up all open orders of an Item at each submit, and those of earlier runs would be measured.
ITEMS = tuple(f"BENCH-{frappe.generate_hash(length=6)}" for _ in range(2))


def main() -> None:
	parser = argparse.ArgumentParser(description=__doc__)
	parser.add_argument("site")
	parser.add_argument("--orders", type=int, default=ORDERS)
	parser.add_argument("--profile", action="store_true", help="profile the drain side")
	parser.add_argument("--queries", action="store_true", help="count the queries of one order on each side")
	args = parser.parse_args()
	frappe.init(site=args.site, sites_path=".")
	frappe.connect()
	frappe.set_user("Administrator")
	from shopify_sync.tests import site

	site.keep_workers_away()
	site.make_store("bench-store")
	for item in ITEMS:
		site.make_item(item)
	run_drain(make(2))
	run_script(make(2))
	if args.queries:
		print(f"queries for one order: drain {count_queries(run_drain)}, script {count_queries(run_script)}")
	if args.profile:
		profiler = cProfile.Profile()
		orders = make(args.orders)
		profiler.runcall(run_drain, orders)
		pstats.Stats(profiler).sort_stats("cumulative").print_stats(45)
		return
	ours, theirs = [], []
	for _turn in range(args.orders // CHUNK):
		ours.append(run_drain(make(CHUNK)))
		theirs.append(run_script(make(CHUNK)))
	ratios = sorted(a / b for a, b in zip(ours, theirs, strict=True))
	print(f"apply, {args.orders} orders a side, {CHUNK} a turn:")
	print(f"  drain  {statistics.median(ours) / CHUNK * 1000:7.1f} ms an order (median of turns)")
	print(f"  script {statistics.median(theirs) / CHUNK * 1000:7.1f} ms an order")
	print(f"  ratio  {statistics.median(ratios):.2f}   (turns from {ratios[0]:.2f} to {ratios[-1]:.2f}; aim: at most 0.65)")


def make(count: int) -> list[dict]:
	"""Return *count* new orders of two lines with tax and shipping, each of a new customer."""
	from shopify_sync.tests import payloads, site

	orders = []
	for _ in range(count):
		number = site.fresh_id()
		lines = [
			payloads.line(number + 1, ITEMS[0], "20.00", 2, tax="8.00"),
			payloads.line(number + 2, ITEMS[1], "7.50", tax="1.50"),
		]
		orders.append(payloads.order(number, lines, shipping_lines=[payloads.shipping("5.00")]))
	return orders


def run_drain(orders: list[dict]) -> float:
	"""Receive *orders*, then time the drain."""
	from shopify_sync.tests import site

	for order in orders:
		site.deliver(order, "orders/create", store="bench-store")
	began = time.perf_counter()
	assert site.drain() == len(orders)
	return time.perf_counter() - began


def run_script(orders: list[dict]) -> float:
	"""Do what a straightforward script does: each document inserted, the Sales Order then submitted, one commit an order."""
	store = frappe.get_doc("Shopify Store", "bench-store")
	began = time.perf_counter()
	for order in orders:
		book(order, store)
		frappe.db.commit()
	return time.perf_counter() - began


def book(order: dict, store) -> None:
	"""Insert and submit the documents of one order."""
	who, where = order["customer"], order["shipping_address"]
	name = f"{who['first_name']} {who['last_name']}"
	customer = frappe.get_doc(
		doctype="Customer",
		customer_name=name,
		customer_type="Individual",
		customer_group=store.customer_group,
		territory=store.territory,
	).insert()
	links = [{"link_doctype": "Customer", "link_name": customer.name}]
	# Both sides go without Frappe's call to gravatar.com, which would only time this machine's network.
	frappe.flags.in_import = True
	contact = frappe.get_doc(
		doctype="Contact", first_name=who["first_name"], last_name=who["last_name"], is_primary_contact=1, links=links,
		email_ids=[{"email_id": who["email"], "is_primary": 1}],
	).insert()  # fmt: skip
	frappe.flags.in_import = False
	address = frappe.get_doc(
		doctype="Address", address_title=name, address_type="Billing", address_line1=where["address1"], city=where["city"],
		state=where["province"], pincode=where["zip"], country=where["country"], phone=where["phone"], is_primary_address=1,
		links=[{"link_doctype": "Customer", "link_name": customer.name}],
	).insert()  # fmt: skip
	taxes = [
		{"charge_type": "Actual", "account_head": store.shipping_account, "description": "Standard", "tax_amount": 5.0},
		{"charge_type": "Actual", "account_head": store.default_tax_account, "description": "VAT", "tax_amount": 9.5},
	]
	doc = frappe.get_doc(
		doctype="Sales Order", customer=customer.name, company=store.company, order_type="Sales", transaction_date="2026-10-05",
		delivery_date="2026-10-05", currency=order["currency"], selling_price_list=store.selling_price_list, ignore_pricing_rule=1,
		disable_rounded_total=1, customer_address=address.name, shipping_address_name=address.name, contact_person=contact.name,
		tax_category=store.tax_category, taxes=taxes,
		items=[
			{"item_code": row["sku"], "qty": row["quantity"], "rate": float(row["price"]), "price_list_rate": float(row["price"]),
				"warehouse": store.default_warehouse, "delivery_date": "2026-10-05"}
			for row in order["line_items"]
		],
	)  # fmt: skip
	doc.insert()
	doc.submit()


def count_queries(run) -> int:
	"""Return how many statements *run* sends for one order, as the server counts them."""

	def sent() -> int:
		return int(frappe.db.sql("SHOW SESSION STATUS LIKE 'Questions'")[0][1])

	orders = make(1)
	before = sent()
	run(orders)
	return sent() - before - 1


if __name__ == "__main__":
	main()
