"""Reconciliation at scale: all orders compared, few against many. Memory, time for 1,000 orders, statements, calls and points.

Run in a bench's `sites` folder: `../env/bin/python …/benchmarks/site_reconciliation.py SITE [--orders N …] [--explain] [--profile]`.
Three orders (pending; paid; paid and sent) are placed in a simulated shop and carried out by the engine. Their documents, links and
events are then copied with SQL, so many times as there are to be orders; the lines that a bulk operation made of them are copied by an
HTTP server of this file's, which makes them as they are fetched. The run is the app's own: read in bulk, compared, kept, in a process
of its own, which tells how much memory it took.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import pstats
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import frappe

STORE = "bench-reconcile"
ITEM = "BENCH-RECONCILE"
#: The page whose statements are explained.
_LOOKED_AT = 5
#: Digits of the number of a copy in an id: ids stay as long as they are.
_DIGITS = 8
#: Stands for the day on which an order was placed; they are placed over so many days.
_DAY, _FIRST_DAY, _DAYS = "####-##-##", date(2025, 1, 1), 600
_TABLES = {
	"Sales Order": ("Sales Order Item", "Sales Taxes and Charges"),
	"Sales Invoice": ("Sales Invoice Item", "Sales Taxes and Charges"),
	"Payment Entry": ("Payment Entry Reference", "Payment Entry Deduction"),
	"Delivery Note": ("Delivery Note Item",),
}


# --- three orders, as both sides have them -----------------------------------------------------------------------------------------


class Templates:
	"""Orders that went through the engine, and what a bulk operation says of them.

	:ivar ids: of Shopify, that are different in every copy. *lines*: the bytes of each order in the result.
	"""

	def __init__(self) -> None:
		self.ids: list[str] = []
		self.lines: list[bytes] = []
		self.orders: list[str] = []

	def make(self) -> None:
		"""Place them, have them carried out, and read them in bulk."""
		from shopify_sync.simulator.http.store import Store

		with Store.running(hold_seconds=1.0) as store:
			served = store.open(STORE)
			frappe.conf.shopify_sync_shops = {served.shop.domain: store.address(STORE)}
			self._place(served)
			self._read(served)

	def _place(self, served: Any) -> None:
		from shopify_sync.simulator.rest import order as rest_order
		from shopify_sync.simulator.rest import transaction as rest_transaction
		from shopify_sync.tests import site
		from shopify_sync.tests.shop import _HOME, OUT
		from shopify_sync.tests.vouchers import receive

		shop = served.shop
		with served.lock, shop.silently():
			place = shop.locations.create("Shop", address=_HOME).id
		abbr = frappe.db.get_value("Company", site.company(), "abbr")
		account = frappe.db.get_value("Account", {"company": site.company(), "account_type": "Cash", "is_group": 0})
		site.make_store(
			STORE,
			shop_domain=shop.domain,
			sign_in_by="Access token",
			access_token=served.token,
			location_mapping=[{"location_id": place, "warehouse": f"Stores - {abbr}", "direction": OUT}],
			gateway_mapping=[{"gateway": "manual", "mode_of_payment": "Cash", "account": account}],
			sync_customers=0,
			sync_products=0,
			sync_inventory=0,
		)
		site.make_item(ITEM, valuation_rate=5, is_stock_item=1)
		receive(ITEM, f"Stores - {abbr}", 100)
		frappe.db.commit()
		with served.lock, shop.silently():
			variant = shop.products.create(ITEM, [{"sku": ITEM, "price": "10.00", "quantities": {place: 100}}]).variants[0].id
			shop.next_order_number = site.fresh_id() % 10**9
		for shape in ("pending", "paid", "fulfilled"):
			with served.lock, shop.silently():
				lines = [{"variant_id": variant, "quantity": pieces} for pieces in (1, 2)]
				financial = "pending" if shape == "pending" else "paid"
				order = shop.orders.place(
					lines, financial=financial, email=f"{shape}@example.com", shipping={"title": "Standard", "price": "4.90"}
				)
				if shape == "fulfilled":
					shop.fulfillments.create(order.id)
				payload = rest_order.payload(shop, order)
				paid = [rest_transaction.payload(shop, (order, one)) for one in order.transactions]
			site.deliver(payload, "orders/updated", store=STORE, X_Shopify_Shop_Domain=shop.domain)
			for transaction in paid:
				site.deliver(transaction, "order_transactions/create", store=STORE, X_Shopify_Shop_Domain=shop.domain)
			self.orders.append(order.id)
			self.ids += [order.id, *(line.id for line in order.line_items), *(one.id for one in order.transactions)]
			self.ids += [parcel.id for parcel in shop.fulfillments.all.values() if parcel.order_id == order.id]
		site.drain()
		frappe.db.commit()

	def _read(self, served: Any) -> None:
		from shopify_sync.admin_api.reading import bulk
		from shopify_sync.core.reading import Position, Way
		from shopify_sync.erpnext_host import times
		from shopify_sync.erpnext_host.connections import client_of

		client = client_of(STORE)
		position = bulk.start(client, Position("orders", Way.BULK, started_at=times.now()))
		state = bulk.wait(client, position, sleep=time.sleep, now=times.now, until=times.now() + timedelta(minutes=2))
		assert state and state.url, state
		blocks: dict[str, list[bytes]] = {}
		for line, _offset in client.lines(state.url):
			node = json.loads(line)
			order = node.get("__parentId") or node["id"]
			blocks.setdefault(order.rpartition("/")[2], []).append(line + b"\n")
		self.lines = [b"".join(blocks[id]) for id in self.orders]

	def placeholders(self) -> dict[str, str]:
		"""Return id → the same number of characters, with `#` where the number of the copy stands."""
		return {
			id: f"9{index:0{len(id) - 1 - _DIGITS}d}" + "#" * _DIGITS
			for index, id in enumerate(self.ids)
			if len(id) > _DIGITS + 3
		}


# --- ERPNext's side, copied ------------------------------------------------------------------------------------------------------


Rows = list[tuple[str, Mapping[str, Any]]]


def rows_of(templates: Templates) -> tuple[Rows, Mapping[str, str]]:
	"""Return what ERPNext has of the templates, and what is written in a copy for what stands in them."""
	names = {}
	rows: Rows = []
	for doctype, children in _TABLES.items():
		for parent in _select(doctype, "shopify_key LIKE %s", f"{STORE}/order/%"):
			names[parent["name"]] = f"{parent['name']}-#"
			rows.append((doctype, parent))
			for child in children:
				for row in _select(child, "parent = %s AND parenttype = %s", parent["name"], doctype):
					names[row["name"]] = f"{row['name']}-#"
					rows.append((child, row))
	rows += [("Shopify Link", row) for row in _select("Shopify Link", "store = %s AND resource_type = 'order'", STORE)]
	for row in _select("Sync Event", "store = %s AND status = 'Applied'", STORE):
		names[row["name"]] = f"{row['name'][:100]}-#"
		rows.append(("Sync Event", {**row, "payload": "{}", "headers": None} if "headers" in row else {**row, "payload": "{}"}))
	return rows, {**templates.placeholders(), **names}


def _select(doctype: str, where: str, *values: Any) -> list[dict[str, Any]]:
	return list(frappe.db.sql(f"SELECT * FROM `tab{doctype}` WHERE {where}", values, as_dict=True))


def _copy(doctype: str, row: Mapping[str, Any], tokens: Mapping[str, str], first: int, last: int) -> None:
	pattern = re.compile("|".join(re.escape(token) for token in sorted(tokens, key=len, reverse=True)))
	columns, expressions, values = [], [], []
	for column, value in row.items():
		columns.append(f"`{column}`")
		if not isinstance(value, str) or not pattern.search(value):
			expressions.append("%s")
			values.append(value)
			continue
		text = pattern.sub(lambda match: tokens[match[0]], value)
		parts = re.split(f"({'#' * _DIGITS}|#)", text)
		chain = []
		for part in parts:
			if part == "#" * _DIGITS:
				chain.append(f"LPAD(seq, {_DIGITS}, '0')")
			elif part == "#":
				chain.append("seq")
			elif part:
				chain.append("%s")
				values.append(part)
		expressions.append(f"CONCAT({', '.join(chain)})")
	query = f"INSERT INTO `tab{doctype}` ({', '.join(columns)}) SELECT {', '.join(expressions)} FROM seq_{first}_to_{last}"
	frappe.db.sql(query, values)


def remove_all() -> None:
	"""Remove what this file leaves."""
	from shopify_sync.simulation.site.ledger import remove_documents
	from shopify_sync.tests import site

	frappe.db.rollback()
	like = f"{STORE}/%"
	for doctype, children in _TABLES.items():
		for child in dict.fromkeys(children):
			frappe.db.sql(
				f"""DELETE row FROM `tab{child}` row JOIN `tab{doctype}` doc ON doc.name = row.parent
				WHERE row.parenttype = %s AND doc.shopify_key LIKE %s""",
				(doctype, like),
			)
		for ledger in ("GL Entry", "Payment Ledger Entry", "Stock Ledger Entry"):
			frappe.db.sql(
				f"""DELETE row FROM `tab{ledger}` row JOIN `tab{doctype}` doc ON doc.name = row.voucher_no
				WHERE row.voucher_type = %s AND doc.shopify_key LIKE %s""",
				(doctype, like),
			)
		frappe.db.sql(f"DELETE FROM `tab{doctype}` WHERE shopify_key LIKE %s", (like,))
		frappe.db.commit()
	remove_documents(STORE)  # customers, and what belongs to them
	runs = frappe.get_all("Reconciliation Run", {"store": STORE}, pluck="name")
	if runs:
		frappe.db.delete("Reconciliation Figure", {"parent": ("in", runs)})
	for doctype in ("Sync Discrepancy", "Reconciliation Run", "Shopify API Call", "Sync Event", "Shopify Link"):
		frappe.db.delete(doctype, {"store": STORE})
	site.clear_store(STORE)
	frappe.db.delete("Stock Ledger Entry", {"item_code": ITEM})
	frappe.db.delete("Bin", {"item_code": ITEM})
	if frappe.db.exists("Shopify Store", STORE):
		frappe.delete_doc("Shopify Store", STORE, force=True)
	frappe.db.commit()


# --- Shopify's side, made as it is fetched ---------------------------------------------------------------------------------------


class Result:
	"""The result of a bulk operation over so many orders. Every copy of a template has the same length, so an offset says which it is."""

	def __init__(self, templates: Sequence[str], count: int) -> None:
		self.count = count
		self._parts = [re.split(f"({'#' * _DIGITS}|{_DAY})", text) for text in templates]
		self._sizes = [len(text.encode()) for text in templates]
		self._round = sum(self._sizes)
		self.size = sum(self._sizes[number % len(self._sizes)] for number in range(count % len(self._sizes)))
		self.size += count // len(self._sizes) * self._round

	def read(self, offset: int) -> Iterator[bytes]:
		"""Yield what comes behind *offset*."""
		rounds, rest = divmod(offset, self._round)
		number = rounds * len(self._parts)
		while number < self.count:
			shape = number % len(self._parts)
			if rest >= self._sizes[shape]:
				rest -= self._sizes[shape]
			else:
				yield self._copy(shape, number // len(self._parts) + 1)[rest:]
				rest = 0
			number += 1

	def _copy(self, shape: int, copy: int) -> bytes:
		values = {"#" * _DIGITS: f"{copy:0{_DIGITS}d}", _DAY: str(_FIRST_DAY + timedelta(days=copy % _DAYS))}
		return "".join(values.get(part, part) for part in self._parts[shape]).encode()


class _Shopify(BaseHTTPRequestHandler):
	protocol_version = "HTTP/1.1"
	result: Result
	asked: Counter[str]

	def do_GET(self) -> None:
		begin = int(re.sub(r"\D", "", self.headers.get("Range") or "0"))
		self.send_response(206 if begin else 200)
		self.send_header("Content-Length", str(self.result.size - begin))
		self.end_headers()
		self.asked["downloads"] += 1
		try:
			for part in self.result.read(begin):
				self.wfile.write(part)
		except OSError:
			self.close_connection = True

	def do_POST(self) -> None:
		asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
		name = re.search(r"(?:query|mutation) (\w+)", asked["query"])[1]  # type: ignore[index]
		self.asked[name] += 1
		data = getattr(self, f"_{name}")(asked["variables"])
		cost = {
			"requestedQueryCost": 1, "actualQueryCost": 10 if name == "BulkOperationRunQuery" else 1,
			"throttleStatus": {"maximumAvailable": 2000.0, "currentlyAvailable": 1990, "restoreRate": 100.0},
		}  # fmt: skip
		body = json.dumps({"data": data, "extensions": {"cost": cost}}).encode()
		self.send_response(200)
		self.send_header("Content-Type", "application/json")
		self.send_header("Content-Length", str(len(body)))
		self.send_header("X-Shopify-API-Version", "2026-10")
		self.end_headers()
		self.wfile.write(body)

	def _OrdersCount(self, variables: Any) -> Any:
		return {"ordersCount": {"count": self.result.count, "precision": "EXACT"}}

	def _BulkOperations(self, variables: Any) -> Any:
		return {"bulkOperations": {"nodes": []}}

	def _BulkOperationRunQuery(self, variables: Any) -> Any:
		return {"bulkOperationRunQuery": {"bulkOperation": self._state(), "userErrors": []}}

	def _BulkOperation(self, variables: Any) -> Any:
		return {"bulkOperation": self._state()}

	def _AppScopes(self, variables: Any) -> Any:
		return {
			"currentAppInstallation": {"id": "gid://shopify/AppInstallation/1", "accessScopes": [{"handle": "read_all_orders"}]}
		}

	def _ExistingOrders(self, variables: Any) -> Any:
		return {"nodes": [{"id": id} for id in variables["ids"]]}

	def _state(self) -> Any:
		port = self.server.server_address[1]
		return {
			"id": "gid://shopify/BulkOperation/1", "status": "COMPLETED", "errorCode": None, "objectCount": str(self.result.count * 3),
			"rootObjectCount": str(self.result.count), "fileSize": str(self.result.size), "url": f"http://127.0.0.1:{port}/result.jsonl",
			"partialDataUrl": None, "createdAt": "2026-11-22T00:00:00Z", "completedAt": "2026-11-22T00:00:00Z", "query": "", "type": "QUERY",
		}  # fmt: skip

	def handle(self) -> None:
		try:
			super().handle()
		except OSError:  # a reader that has read enough goes
			self.close_connection = True

	def log_message(self, format: str, *args: Any) -> None:
		pass


def serve() -> None:
	"""Serve what the first line of the input says; tell what was asked when the input ends."""
	told = json.loads(sys.stdin.readline())
	_Shopify.result, _Shopify.asked = Result(told["templates"], told["count"]), Counter()
	server = ThreadingHTTPServer(("127.0.0.1", 0), _Shopify)
	import threading

	threading.Thread(target=server.serve_forever, daemon=True).start()
	print(json.dumps({"port": server.server_address[1], "bytes": _Shopify.result.size}), flush=True)
	sys.stdin.readline()
	print(json.dumps(dict(_Shopify.asked)), flush=True)


@contextmanager
def shopify(templates: Templates, count: int) -> Iterator[tuple[str, int, dict[str, int]]]:
	"""Serve so many orders; yield the address, the size of the result, and what was asked, which is known in the end."""
	replaced = []
	for lines in templates.lines:
		text = lines.decode()
		for id, placeholder in templates.placeholders().items():
			text = text.replace(id, placeholder)
		replaced.append(re.sub(r'"(createdAt|processedAt)":"\d{4}-\d\d-\d\d', rf'"\1":"{_DAY}', text))
	process = subprocess.Popen(
		[sys.executable, "-W", "ignore", __file__, "--", "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
	)
	assert process.stdin and process.stdout
	process.stdin.write(json.dumps({"templates": replaced, "count": count}) + "\n")
	process.stdin.flush()
	told = json.loads(process.stdout.readline())
	asked: dict[str, int] = {}
	try:
		yield f"http://127.0.0.1:{told['port']}", told["bytes"], asked
		process.stdin.write("\n")
		process.stdin.flush()
		asked.update(json.loads(process.stdout.readline()))
	finally:
		process.stdin.close()
		process.wait(30)


# --- the run -----------------------------------------------------------------------------------------------------------------------


def reconcile(site_name: str, address: str, name: str, profile: str) -> None:
	"""Carry a run out, and print what it took."""
	frappe.init(site=site_name, sites_path=".")
	frappe.connect()
	frappe.set_user("Administrator")
	frappe.conf.shopify_sync_shops = {f"{STORE}.myshopify.com": address}
	from shopify_sync.erpnext_host.reconciliation import running

	pages: list[tuple[float, int, int]] = []
	counter = _Counting()
	page: list[tuple[str, Any]] = []

	def progress(run: Any) -> None:
		pages.append((time.perf_counter(), run.compared, _memory("VmRSS")))
		if len(pages) == _LOOKED_AT:
			counter.kept = page
		elif len(pages) > _LOOKED_AT:
			counter.kept = None

	profiler = cProfile.Profile()
	began, cpu = time.perf_counter(), time.process_time()
	frappe.db.sql = counter.counted(frappe.db.sql)
	if profile:
		profiler.enable()
	run = running.carry_on(name, progress=progress)
	profiler.disable()
	del frappe.db.sql
	took = time.perf_counter() - began
	if profile:
		pstats.Stats(profiler, stream=sys.stderr).sort_stats("cumulative").print_stats(70)
		pstats.Stats(profiler, stream=sys.stderr).sort_stats("tottime").print_stats(40)
	print("\n".join(explained(page)), file=sys.stderr)
	early = [rss for _at, compared, rss in pages if compared >= 1000][:1]
	print(
		json.dumps(
			{
				"seconds": took, "cpu": time.process_time() - cpu, "pages": len(pages), "statements": counter.count, "compared": run.compared,
				"agreed": sum(tally.agreed for tally in run.tallies.values()), "found": run.found, "rss_early": (early or [0])[0],
				"rss_end": pages[-1][2], "rss_peak": _memory("VmHWM"),
			}
		),
		flush=True,
	)  # fmt: skip


class _Counting:
	"""Counts statements. Those of one page are kept, to ask MariaDB how it carries them out."""

	def __init__(self) -> None:
		self.count = 0
		self.kept: list[tuple[str, Any]] | None = None

	def counted(self, original: Any) -> Any:
		"""Return what counts statements and sends them."""

		def send(query: Any, values: Any = (), *args: Any, **kwargs: Any) -> Any:
			self.count += 1
			if self.kept is not None:
				self.kept.append((str(query), values))
			return original(query, values, *args, **kwargs)

		return send


def explained(kept: Sequence[tuple[str, Any]]) -> list[str]:
	"""Return how MariaDB carries each statement of a page out, and the tables that it reads without an index."""
	found = []
	for query, values in kept:
		if not query.lstrip().upper().startswith(("SELECT", "UPDATE")) or "GET_LOCK" in query:
			continue
		for row in frappe.db.sql(f"EXPLAIN {query}", values, as_dict=True):
			if row.get("table") and not str(row.table).startswith("<"):
				bad = " NO INDEX" if not row.key and int(row.rows or 0) > 200 else ""
				found.append(f"{row.type:<12} {row.key or '-':<38} {row.rows or 0:>8} {row.table:<28}{bad}")
	return found


def _memory(what: str) -> int:
	"""Return the memory of this process in MB: now (`VmRSS`), or at most (`VmHWM`; that of `getrusage` holds the parent's too)."""
	lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":" in line)
	return int(lines[what].split()[0]) // 1024


def measure(args: argparse.Namespace, templates: Templates, count: int) -> dict[str, Any]:
	"""Compare *count* orders; return what it took."""
	from shopify_sync.core.reconciliation.schedule import Depth, Reason
	from shopify_sync.erpnext_host import times
	from shopify_sync.erpnext_host.reconciliation import runs

	frappe.db.delete("Shopify API Call", {"store": STORE})
	frappe.db.commit()
	until = times.now() + timedelta(seconds=1)
	name = runs.begin(runs.Wanted(STORE, Depth.FULL, Reason.OPERATOR, None, until, dry_run=True, user="Administrator"))
	state = json.loads(frappe.db.get_value("Reconciliation Run", name, "state"))
	# Of the rest there is a handful here.
	state["phases"] = ["order", "not in Shopify"]
	frappe.db.set_value("Reconciliation Run", name, "state", json.dumps(state))
	frappe.db.commit()
	with shopify(templates, count) as (address, size, asked):
		script = [
			sys.executable,
			"-W",
			"ignore",
			__file__,
			"--",
			"reconcile",
			frappe.local.site,
			address,
			name,
			"1" if args.profile else "",
		]
		done = subprocess.run(script, stdout=subprocess.PIPE, check=True, text=True)
	told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
	assert told["compared"] == count and not told["found"], told
	frappe.db.rollback()
	cost = frappe.db.get_value("Reconciliation Run", name, ["calls", "points"], as_dict=True)
	told |= {"orders": count, "bytes": size, "asked": asked, "calls": cost.calls, "points": cost.points}
	report(told)
	return told


def report(told: Mapping[str, Any]) -> None:
	"""Print what a run took."""
	count = told["orders"]
	print(
		f"\n{count:,} orders ({told['bytes'] / 1e6:.0f} MB): {told['seconds']:.1f} s, {told['seconds'] / count * 1e6:.0f} ms for 1,000; "
		f"{told['cpu'] / count * 1e6:.0f} ms of it in the process\n"
		f"  pages {told['pages']}, statements {told['statements']} ({told['statements'] / told['pages']:.1f} a page)\n"
		f"  calls {told['calls']}, points {told['points']:.0f}; {told['asked']}\n"
		f"  memory: after 1,000 orders {told['rss_early']} MB, at the end {told['rss_end']} MB, at most {told['rss_peak']} MB",
		flush=True,
	)


def main() -> None:
	parser = argparse.ArgumentParser(description=__doc__)
	parser.add_argument("site")
	parser.add_argument("--orders", type=int, nargs="+", default=[5_000, 100_000])
	parser.add_argument("--profile", action="store_true")
	parser.add_argument("--keep", action="store_true", help="leave the documents, to look at them")
	args = parser.parse_args()
	frappe.init(site=args.site, sites_path=".")
	frappe.connect()
	frappe.set_user("Administrator")
	from shopify_sync.tests import site

	site.keep_workers_away()
	remove_all()
	templates = Templates()
	try:
		templates.make()
		made, results = 0, []
		rows, tokens = rows_of(templates)
		for count in sorted(args.orders):
			began = time.perf_counter()
			copies = -(-count // len(templates.orders))
			for first in range(made + 1, copies + 1, 5000):
				for doctype, row in rows:
					_copy(doctype, row, tokens, first, min(first + 4999, copies))
				frappe.db.commit()
			print(f"{count:,} orders copied: {time.perf_counter() - began:.0f} s", flush=True)
			made = copies
			hide_templates(templates)
			results.append(measure(args, templates, copies * len(templates.orders)))
		small, large = results[0], results[-1]
		per_order = [one["seconds"] / one["orders"] for one in (small, large)]
		print(
			f"\nmemory at most, {large['orders']:,} / {small['orders']:,}: {large['rss_peak'] / small['rss_peak']:.2f} (aim: at most 1.2)"
		)
		print(f"time for an order, likewise: {per_order[1] / per_order[0]:.2f}")
	finally:
		if not args.keep:
			remove_all()


def hide_templates(templates: Templates) -> None:
	"""The templates themselves are no orders of the run: nobody asks whether Shopify has them."""
	links = tuple(f"{STORE}/order/{id}" for id in templates.orders)
	frappe.db.sql("UPDATE `tabShopify Link` SET compared_at = '2100-01-01' WHERE name IN %s", (links,))
	frappe.db.commit()


if __name__ == "__main__":
	if sys.argv[1:3] == ["--", "serve"]:
		serve()
	elif sys.argv[1:3] == ["--", "reconcile"]:
		reconcile(*sys.argv[3:])
	else:
		main()
