"""Applying an order: the drain with all its bookkeeping against a plain script that inserts, then submits, the same documents.

With `--paid` the order is paid: customer, address, Sales Order, Sales Invoice and Payment Entry. Shopify tells it in two messages,
the payment and the order, so the drain carries out two events.
Run in a bench's `sites` folder: `../env/bin/python …/benchmarks/site_apply.py SITE [--orders N] [--paid] [--profile]`. Both sides work in
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
	parser.add_argument("--paid", action="store_true", help="paid orders: invoice and payment too")
	args = parser.parse_args()
	frappe.init(site=args.site, sites_path=".")
	frappe.connect()
	frappe.set_user("Administrator")
	from shopify_sync.tests import site
	from shopify_sync.tests.documents import cash_account

	site.keep_workers_away()
	site.make_store("bench-store", gateway_mapping=[{"gateway": "paypal", "account": cash_account()}])
	for item in ITEMS:
		site.make_item(item)
	paid: bool = args.paid
	run_drain(make(2, paid))
	run_script(make(2, paid))
	if args.queries:
		drained, scripted = count_queries(run_drain, make(1, paid)), count_queries(run_script, make(1, paid))
		print(f"queries for one order: drain {drained}, script {scripted}")
	if args.profile:
		profiler = cProfile.Profile()
		orders = make(args.orders, paid)
		profiler.runcall(run_drain, orders)
		pstats.Stats(profiler).sort_stats("cumulative").print_stats(45)
		return
	ours, theirs = [], []
	for _turn in range(args.orders // CHUNK):
		ours.append(run_drain(make(CHUNK, paid)))
		theirs.append(run_script(make(CHUNK, paid)))
	ratios = sorted(a / b for a, b in zip(ours, theirs, strict=True))
	print(f"apply, {args.orders} {'paid ' if paid else ''}orders a side, {CHUNK} a turn:")
	print(f"  drain  {statistics.median(ours) / CHUNK * 1000:7.1f} ms an order (median of turns)")
	print(f"  script {statistics.median(theirs) / CHUNK * 1000:7.1f} ms an order")
	print(f"  ratio  {statistics.median(ratios):.2f}   (turns from {ratios[0]:.2f} to {ratios[-1]:.2f}; aim: at most 0.65)")


def make(count: int, paid: bool = False) -> list[dict]:
	"""Return *count* new orders of two lines with tax and shipping, each of a new customer."""
	status = {"financial_status": "paid", "total_outstanding": "0.00"} if paid else {}
	from shopify_sync.tests import payloads, site

	orders = []
	for _ in range(count):
		number = site.fresh_id()
		lines = [
			payloads.line(number + 1, ITEMS[0], "20.00", 2, tax="8.00"),
			payloads.line(number + 2, ITEMS[1], "7.50", tax="1.50"),
		]
		orders.append(payloads.order(number, lines, shipping_lines=[payloads.shipping("5.00")], **status))
	return orders


def payment_of(order: dict) -> dict:
	"""Return the transaction that pays *order*, as Shopify tells it."""
	return {
		"id": order["id"], "order_id": order["id"], "kind": "sale", "status": "success", "amount": order["total_price"],
		"currency": order["currency"], "gateway": "paypal", "processed_at": order["processed_at"], "created_at": order["created_at"],
	}  # fmt: skip


def run_drain(orders: list[dict]) -> float:
	"""Receive *orders*, and their payments before them, then time the drain."""
	from shopify_sync.tests import site

	events = 0
	for order in orders:
		if order["financial_status"] == "paid":
			site.deliver(payment_of(order), "order_transactions/create", store="bench-store")
			events += 1
		site.deliver(order, "orders/create", store="bench-store")
		events += 1
	began = time.perf_counter()
	assert site.drain() == events
	took = time.perf_counter() - began
	key = f"bench-store/order/{orders[-1]['id']}"
	made = frappe.db.get_value(
		"Payment Entry", {"shopify_key": f"{key}/transaction/{orders[-1]['id']}"}, "total_allocated_amount"
	)
	assert orders[-1]["financial_status"] != "paid" or made == float(orders[-1]["total_price"]), made
	return took


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
	if order["financial_status"] == "paid":
		book_money(order, store, doc)


def book_money(order: dict, store, sales_order) -> None:
	"""Insert and submit the invoice of a Sales Order and the payment of the invoice, as ERPNext's own buttons make them."""
	from erpnext.accounts.doctype.payment_entry.payment_entry import get_payment_entry
	from erpnext.selling.doctype.sales_order.sales_order import make_sales_invoice

	day = {"posting_date": "2026-10-05", "due_date": "2026-10-05", "set_posting_time": 1, "posting_time": "23:59:59"}
	invoice = make_sales_invoice(sales_order.name)
	invoice.update({**day, "payment_schedule": [], "ignore_pricing_rule": 1, "disable_rounded_total": 1})
	invoice.insert()
	invoice.submit()
	payment = get_payment_entry("Sales Invoice", invoice.name)
	account = store.gateway_mapping[0].account
	payment.update(
		{"paid_to": account, "posting_date": "2026-10-05", "reference_no": str(order["id"]), "reference_date": "2026-10-05"}
	)
	payment.insert()
	payment.submit()


def count_queries(run, orders: list[dict]) -> int:
	"""Return how many statements *run* sends for one order, as the server counts them."""

	def sent() -> int:
		return int(frappe.db.sql("SHOW SESSION STATUS LIKE 'Questions'")[0][1])

	before = sent()
	run(orders)
	return sent() - before - 1


if __name__ == "__main__":
	main()
