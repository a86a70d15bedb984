"""The big scene of reconciliation: a site and a simulated shop that agree, then differences of every kind on either side.

Run in a bench's `sites` folder: `../env/bin/python …/benchmarks/site_differences.py SITE [--orders N] [--each N]`. Orders, customers,
products and stock are told by webhooks and carried out by the engine. Then differences.py plants so many of each kind. A dry run has to
find every one with its cause, and no other. A run that heals, whose process is killed (SIGKILL) again and again and gone on with by
another, and then a second one, have to leave those that need a person, and nothing else. Everything is read over HTTP from 127.0.0.1.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import frappe

STORE = "bench-differences"
PREFIX = "BENCH-DIFF-"
_AT_ONCE = 200


@dataclass(frozen=True)
class Item:
	"""An Item and what it is in the shop."""

	code: str
	product: str
	variant: str
	stock_id: str


class Scene:
	"""Both sides, and what planters need of them."""

	STORE = STORE

	def __init__(self, args: argparse.Namespace, store: Any) -> None:
		self.args, self.store = args, store
		self.served = store.open(STORE, plan="plus")
		self.shop = self.served.shop
		self.dice = random.Random(args.seed)
		self.orders: dict[str, deque[Any]] = {"paid": deque(), "pending": deque(), "fulfilled": deque()}
		self.sold: list[Item] = []
		self.free: deque[Item] = deque()
		self._unsold: deque[str] = deque()
		self._told = 0

	# --- how both sides come to agree -----------------------------------------------------------------------------------------

	def make(self) -> None:
		"""Make the store, its Items and stock, its customers and orders."""
		from shopify_sync.tests import site
		from shopify_sync.tests.reconciled import IN
		from shopify_sync.tests.shop import _HOME, OUT, make_warehouse

		with self.served.lock, self.shop.silently():
			titles = ("Shop", "Warehouse", "Cellar")
			self.places = [self.shop.locations.create(title, address=_HOME).id for title in titles]
		self.warehouses = [make_warehouse(f"Bench Diff {title}") for title in titles]
		ways = (OUT, IN, OUT)
		rate = {"valuation_rule": "Fixed rate", "fixed_rate": 7}
		account = frappe.db.get_value("Account", {"company": site.company(), "account_type": "Cash", "is_group": 0})
		freight = frappe.db.get_value("Account", {"company": site.company(), "account_type": "Chargeable", "is_group": 0})
		assert freight, "the site has no account for freight"
		frappe.conf.shopify_sync_shops = self.shops = {self.shop.domain: self.store.address(STORE)}
		site.make_store(
			STORE,
			shop_domain=self.shop.domain,
			sign_in_by="Access token",
			access_token=self.served.token,
			default_warehouse=self.warehouses[0],
			# Another one than that of taxes, or nothing tells them apart.
			shipping_account=freight,
			location_mapping=[
				{"location_id": place, "warehouse": name, "direction": way, **rate}
				for place, name, way in zip(self.places, self.warehouses, ways, strict=True)
			],
			gateway_mapping=[{"gateway": "manual", "mode_of_payment": "Cash", "account": account}],
			reconcile_share=90,
			reconciliation_limit=100_000,
		)
		self.shop.next_order_number = site.fresh_id() % 10**9
		self._items()
		self._customers()
		self._subscribe()
		for number in range(self.args.orders):
			state = ("paid", "pending", "pending", "fulfilled", "paid", "pending")[number % 6]
			order = self.place("pending" if state == "pending" else "paid", known=True)
			if state == "fulfilled":
				self.in_shop(lambda shop, order=order: shop.fulfillments.create(order.id))
			self.tell_order(order)
			self.orders[state].append(order)
		self.carry_out()

	def _items(self) -> None:
		from shopify_sync.simulator.rest import product as rest_product
		from shopify_sync.tests import site
		from shopify_sync.tests.vouchers import stock_entry

		run = frappe.generate_hash(length=5)
		codes = [f"{PREFIX}{run}-{number:05d}" for number in range(self.args.items)]
		real = codes[: min(self.args.sold, len(codes))]
		for code in real:
			site.make_item(code, valuation_rate=5, is_stock_item=1)
		for first in range(0, len(real), 50):
			rows = [
				{"item_code": code, "t_warehouse": place, "qty": 900}
				for code in real[first : first + 50]
				for place in self.warehouses
			]
			stock_entry("Material Receipt", rows)
			frappe.db.commit()
		others = codes[len(real) :]
		_clone_items(real[0], others)
		bins = [(f"{code}-{place}", code, place, 900, "Nos") for code in others for place in self.warehouses]
		frappe.db.bulk_insert("Bin", ["name", "item_code", "warehouse", "actual_qty", "stock_uom"], bins)
		self._unsold = deque(f"{PREFIX}{run}-U{number:04d}" for number in range(2 * self.args.each))
		_clone_items(real[0], list(self._unsold))
		frappe.db.commit()
		for code in codes:
			with self.served.lock, self.shop.silently():
				variants = [{"sku": code, "price": "10.00", "quantities": dict.fromkeys(self.places, 900)}]
				made = self.shop.products.create(code, variants)
				payload = rest_product.payload(self.shop, made)
			self.sold.append(Item(code, made.id, made.variants[0].id, made.variants[0].inventory_item_id))
			self.tell("products/update", payload)
		#: Half of the Items that have real stock are sold; differences of stock are planted on the others.
		self.free = deque(self.sold[len(real) // 2 : len(real)])
		self.sold = self.sold[: len(real) // 2]

	def _customers(self) -> None:
		from shopify_sync.simulator.rest import customer as rest_customer

		self.customers = []
		for number in range(self.args.customers):
			with self.served.lock, self.shop.silently():
				email = f"c{number}.{frappe.generate_hash(length=8)}@example.com"
				made = self.shop.customers.create(first_name="Ada", last_name=f"Example {number}", email=email)
				payload = rest_customer.payload(self.shop, made)
			self.customers.append(made)
			self.tell("customers/create", payload)
		self._free_customers = deque(self.customers[-2 * self.args.each :])

	def _subscribe(self) -> None:
		from shopify_sync.core.topics import topics_needed
		from shopify_sync.erpnext_host import policies
		from shopify_sync.erpnext_host.reconciliation.host import FrappeReconcileHost

		self.topics = sorted(topics_needed(policies.policy(STORE)))
		address = FrappeReconcileHost().webhook_address(STORE)
		with self.served.lock, self.shop.silently():
			for topic in self.topics:
				self.shop.subscriptions.create(topic, address)

	# --- messages and workers --------------------------------------------------------------------------------------------------

	def tell(self, topic: str, payload: dict[str, Any]) -> str:
		"""Deliver a webhook; return the event's name."""
		from shopify_sync.erpnext_host import times
		from shopify_sync.tests import site

		self._told += 1
		name = f"scene-{self._told}-{frappe.generate_hash(length=8)}"
		headers = {"X_Shopify_Shop_Domain": self.shop.domain, "X_Shopify_Triggered_At": f"{times.now():%Y-%m-%dT%H:%M:%S.%fZ}"}
		answer = site.deliver(payload, topic, webhook_id=name, store=STORE, **headers)
		assert answer.status == 200, answer
		return name

	def tell_order(self, order: Any) -> None:
		"""Tell of an order and of its transactions."""
		from shopify_sync.simulator.rest import order as rest_order
		from shopify_sync.simulator.rest import transaction as rest_transaction

		with self.served.lock:
			payload = rest_order.payload(self.shop, order)
			paid = [rest_transaction.payload(self.shop, (order, one)) for one in order.transactions]
		self.tell("orders/updated", payload)
		for transaction in paid:
			self.tell("order_transactions/create", transaction)

	def carry_out(self) -> None:
		"""Carry out and push everything, by as many processes as wanted."""
		frappe.db.commit()
		ways = [_process("drain", frappe.local.site, json.dumps(self.shops)) for _number in range(self.args.workers)]
		for process in ways:
			assert process.wait() == 0, "a worker failed"
		frappe.db.rollback()
		from shopify_sync.jobs import push

		push.run(600, linger=0)
		frappe.db.rollback()

	# --- what planters do ------------------------------------------------------------------------------------------------------

	def in_shop(self, act: Callable[[Any], Any]) -> Any:
		"""Do something in the shop of which no webhook tells."""
		with self.served.lock, self.shop.silently():
			return act(self.shop)

	def place(self, financial: str, *, known: bool = False) -> Any:
		"""Place an order of which nobody tells. *known*: of a customer whom the site knows."""
		lines = [
			{"variant_id": item.variant, "quantity": self.dice.randint(2, 3)}
			for item in self.dice.sample(self.sold, self.dice.randint(1, 2))
		]
		who: dict[str, Any] = {"customer_id": self.dice.choice(self.customers).id}
		if not known:
			who = {"email": self.email()}
		return self.in_shop(lambda shop: shop.orders.place(lines, financial=financial, **who))

	def take(self, state: str) -> Any:
		"""Return an order in a state, for one difference."""
		return self.orders[state].popleft()

	def customer(self) -> Any:
		"""Return a customer, for one difference."""
		return self._free_customers.popleft()

	def email(self) -> str:
		"""Return an address that nobody has."""
		return f"new.{frappe.generate_hash(length=8)}@example.com"

	def item(self) -> Item:
		"""Return an Item that nobody buys, for one difference."""
		return self.free.popleft()

	def unsold(self) -> str:
		"""Return an Item that is not sold in the shop."""
		return self._unsold.popleft()

	def level(self, item: Item, place: int) -> str:
		"""Return the id of a level."""
		return f"{item.stock_id}-{self.places[place]}"

	def tell_level(self, item: Item, place: int) -> None:
		"""Tell of the stock at a location, so that the link knows what both agreed on."""
		from shopify_sync.simulator.rest import inventory as rest_inventory

		with self.served.lock:
			payload = rest_inventory.level(self.shop, self.shop.inventory.level(item.stock_id, self.places[place]))
		self.tell("inventory_levels/update", payload)
		self.drain()

	def drain(self) -> None:
		"""Carry out what is due in this process."""
		from shopify_sync.tests import site

		frappe.db.commit()
		site.drain()
		frappe.db.rollback()

	def by_hand(self, act: Callable[[], Any]) -> None:
		"""Do something as a clerk, and commit."""
		from shopify_sync.tests.reconciled import make_user

		frappe.set_user(make_user())
		try:
			act()
			frappe.db.commit()
		finally:
			frappe.set_user("Administrator")

	def linked(self, resource: str, id: str) -> str:
		"""Return the document that a record is linked to."""
		from shopify_sync.core import keys

		return str(frappe.db.get_value("Shopify Link", keys.key(STORE, resource, id), "document_name"))

	def sales_order(self, order: Any) -> str:
		"""Return the Sales Order of an order."""
		return self.linked("order", order.id)

	def document(self, order: Any, doctype: str) -> str:
		"""Return the one document of a doctype that an order has."""
		names = frappe.get_all(doctype, {"shopify_key": ("like", f"{STORE}/order/{order.id}/%"), "docstatus": 1}, pluck="name")
		assert len(names) == 1, (doctype, names)
		return str(names[0])

	def unlink(self, resource: str, id: str) -> None:
		"""Delete a link."""
		from shopify_sync.core import keys

		frappe.delete_doc("Shopify Link", keys.key(STORE, resource, id), force=True)
		frappe.db.commit()

	def lose_mark(self, item: Item, place: int) -> None:
		"""Remove what waits to be pushed of a level."""
		key = {"store": STORE, "shopify_id": self.level(item, place), "resource_type": "inventory_push"}
		names = frappe.get_all("Sync Event", {**key, "open_key": ("is", "set")}, pluck="name")
		assert names, "the level was not marked"
		frappe.db.delete("Sync Event", {"name": ("in", names)})
		frappe.db.commit()

	def blocked(self) -> Any:
		"""Tell of an order whose Item is not linked and cannot be found; the link is there again afterwards."""
		order = self.place("pending")
		link = f"{STORE}/variant/{order.line_items[0].variant_id}"
		item = frappe.db.get_value("Shopify Link", link, "document_name")
		values = {"document_name": None, "document_type": None}
		frappe.db.set_value("Shopify Link", link, values, update_modified=False)
		frappe.db.set_value("Shopify Store", STORE, "item_matching", "Shopify Link only")
		frappe.db.commit()
		self.tell_order(order)
		self.drain()
		statuses = set(frappe.get_all("Sync Event", {"name": ("in", self.events(order))}, pluck="status"))
		assert statuses <= {"Blocked", "Retrying"} and "Blocked" in statuses, statuses
		frappe.db.set_value("Shopify Link", link, {"document_name": item, "document_type": "Item"}, update_modified=False)
		frappe.db.set_value("Shopify Store", STORE, "item_matching", "SKU is Item Code")
		frappe.db.commit()
		return order

	def events(self, order: Any) -> list[str]:
		"""Return the events of an order and of its parts that are not finished."""
		key = f"{STORE}/order/{order.id}"
		rows = frappe.db.sql(
			"""SELECT name FROM `tabSync Event` WHERE (link = %(key)s OR part_of = %(key)s)
			AND status IN ('Blocked', 'Retrying', 'Received')""",
			{"key": key},
		)
		return [name for (name,) in rows]


def _clone_items(like: str, codes: Sequence[str]) -> None:
	"""Write Items that are like another one, past ERPNext."""
	columns = [name for name in frappe.db.get_table_columns("Item") if name not in ("name", "item_code", "item_name")]
	for first in range(0, len(codes), _AT_ONCE):
		some = codes[first : first + _AT_ONCE]
		names = " UNION ALL ".join(["SELECT %s AS code"] * len(some))
		copied = ", ".join(f"item.`{name}`" for name in columns)
		listed = ", ".join(f"`{name}`" for name in columns)
		frappe.db.sql(
			f"""INSERT INTO tabItem (name, item_code, item_name, {listed})
			SELECT made.code, made.code, made.code, {copied} FROM ({names}) made JOIN tabItem item ON item.name = %s""",
			(*some, like),
		)


# --- runs ------------------------------------------------------------------------------------------------------------------------


def begin(heal: bool) -> str:
	"""Begin a full run of everything up to now; return its name."""
	from shopify_sync.core.reconciliation.schedule import Depth, Reason
	from shopify_sync.erpnext_host import times
	from shopify_sync.erpnext_host.reconciliation import runs

	time.sleep(1.1)
	until = times.now() + timedelta(seconds=1)
	name = runs.begin(runs.Wanted(STORE, Depth.FULL, Reason.OPERATOR, None, until, dry_run=not heal, user="Administrator"))
	frappe.db.commit()
	return name


def carry_on(scene: Scene, name: str, kills: int = 0) -> int:
	"""Carry a run out in another process, which is killed so many times and gone on with by the next; return how often it was."""
	killed = 0
	while True:
		process = _process("reconcile", frappe.local.site, json.dumps(scene.shops), name)
		if killed < kills:
			before = _pages(name)
			while process.poll() is None and _pages(name) < before + 1 + killed % 3:
				time.sleep(0.05)
			time.sleep(scene.dice.uniform(0, 0.25))
			if process.poll() is None:
				process.kill()
				process.wait()
				killed += 1
				scene.carry_out()  # workers go on meanwhile
				continue
		assert process.wait() == 0, "the reconciling process failed"
		frappe.db.rollback()
		return killed


def _pages(name: str) -> int:
	"""Return how often a run was kept: its state grows with every page."""
	frappe.db.rollback()
	row = frappe.db.sql("SELECT compared, found, progress FROM `tabReconciliation Run` WHERE name = %s", (name,))
	seen = _SEEN.setdefault(name, [])
	if row and row[0] not in seen:
		seen.append(row[0])
	return len(seen)


_SEEN: dict[str, list[Any]] = {}


def found() -> dict[tuple[str, str], set[tuple[str, str, str]]]:
	"""Return record → (kind, cause, proposal) of what is open."""
	frappe.db.rollback()
	rows = frappe.get_all(
		"Sync Discrepancy",
		{"store": STORE, "status": ("in", ["Open", "Healing"])},
		["resource_type", "shopify_id", "kind", "cause", "proposal"],
	)
	records: dict[tuple[str, str], set[tuple[str, str, str]]] = {}
	for row in rows:
		records.setdefault((row.resource_type, row.shopify_id), set()).add((row.kind, row.cause, row.proposal))
	return records


def check_found(planted: Sequence[Any]) -> list[str]:
	"""Return what a dry run said that is not what was planted."""
	there, wrong = found(), []
	for one in planted:
		rows = there.pop((one.resource, one.id), set())
		kinds = {kind for kind, _cause, _proposal in rows}
		wanted = {str(one.kind)} if one.kind else set()
		if not wanted <= kinds or not kinds <= wanted | {str(kind) for kind in one.also}:
			wrong.append(f"{one.name}: found {sorted(rows)}, wanted {one.kind}")
		elif any(cause != one.cause for _kind, cause, _proposal in rows):
			wrong.append(f"{one.name}: {sorted(rows)}, wanted the cause {one.cause}")
	wrong += [f"nothing was planted: {record}: {sorted(rows)}" for record, rows in there.items()]
	return wrong


def check_healed(planted: Sequence[Any]) -> list[str]:
	"""Return what is not as it should be after everything was healed that may be."""
	there, wrong = found(), []
	for one in planted:
		rows = there.pop((one.resource, one.id), set())
		if one.heals and rows:
			wrong.append(f"{one.name}: still {sorted(rows)}")
		elif one.heals is False and not rows:
			wrong.append(f"{one.name}: is gone, though it needs a person")
	wrong += [f"nothing was planted: {record}: {sorted(rows)}" for record, rows in there.items()]
	return wrong


def table(planted: Sequence[Any], wrong: Sequence[str], after: Sequence[str]) -> None:
	"""Print how many of each were planted, found, and healed."""
	there = found()
	print(f"\n{'planted':<38}{'n':>4}  {'kind':<22}{'cause':<20}{'found':>6}{'open after healing':>20}")
	for name in dict.fromkeys(one.name for one in planted):
		some = [one for one in planted if one.name == name]
		bad = sum(text.startswith(f"{name}:") for text in wrong)
		left = sum((one.resource, one.id) in there for one in some)
		kind, cause = some[0].kind or "none", some[0].cause or ""
		print(f"{name:<38}{len(some):>4}  {kind!s:<22}{cause!s:<20}{len(some) - bad:>6}{left:>20}")
	for title, texts in (("dry run", wrong), ("after healing", after)):
		print(f"{title}: {'as planted, no false one' if not texts else f'{len(texts)} WRONG'}")
		for text in texts[:40]:
			print("   ", text)


# --- processes -------------------------------------------------------------------------------------------------------------------


def _process(*arguments: str) -> subprocess.Popen[bytes]:
	return subprocess.Popen([sys.executable, __file__, "--", *arguments], env=os.environ)


def _in_process(kind: str, site_name: str, shops: str, *rest: str) -> None:
	frappe.init(site=site_name, sites_path=".")
	frappe.connect()
	frappe.set_user("Administrator")
	frappe.conf.shopify_sync_shops = json.loads(shops)
	if kind == "drain":
		from shopify_sync.tests import site

		while site.drain():
			pass
		return
	from shopify_sync.erpnext_host.reconciliation import running

	running.carry_on(rest[0])


@contextmanager
def _clean() -> Iterator[None]:
	"""Begin and end without anything of the scene on the site."""
	_remove_all()
	try:
		yield
	finally:
		_remove_all()


def _remove_all() -> None:
	from shopify_sync.simulation.site.ledger import remove_documents
	from shopify_sync.tests import site

	# What workers wrote meanwhile is seen, or it could not be removed.
	frappe.db.rollback()
	remove_documents(STORE)
	frappe.db.commit()
	runs = frappe.get_all("Reconciliation Run", {"store": STORE}, pluck="name")
	if runs:
		frappe.db.delete("Reconciliation Figure", {"parent": ("in", runs)})
	for doctype in ("Sync Discrepancy", "Reconciliation Run", "Shopify API Call"):
		frappe.db.delete(doctype, {"store": STORE})
	like = f"{PREFIX}%"
	vouchers = tuple(
		name for (name,) in frappe.db.sql("SELECT DISTINCT parent FROM `tabStock Entry Detail` WHERE item_code LIKE %s", (like,))
	)
	if vouchers:
		for table_, column in (("GL Entry", "voucher_no"), ("Stock Entry", "name"), ("Stock Entry Detail", "parent")):
			frappe.db.delete(table_, {column: ("in", vouchers)})
	for doctype, field in (
		("Stock Ledger Entry", "item_code"), ("Bin", "item_code"), ("Sales Order Item", "item_code"), ("Sales Order", "shopify_key"),
		("UOM Conversion Detail", "parent"), ("Item Default", "parent"), ("Item", "name"),
	):  # fmt: skip
		pattern = f"{STORE}/%" if field == "shopify_key" else like
		frappe.db.delete(doctype, {field: ("like", pattern)})
	frappe.db.commit()
	# Who deleted an order of an earlier scene did nothing to the one of this scene that has its number.
	frappe.db.sql("DELETE FROM `tabDeleted Document` WHERE data LIKE %s", (f'%"shopify_key": "{STORE}/%',))
	site.clear_store(STORE)
	if frappe.db.exists("Shopify Store", STORE):
		frappe.delete_doc("Shopify Store", STORE, force=True)
	frappe.db.commit()


def main() -> int:
	"""Play the scene; return the exit code."""
	parser = argparse.ArgumentParser(description=__doc__)
	parser.add_argument("site")
	parser.add_argument("--orders", type=int, default=2000)
	parser.add_argument("--customers", type=int, default=500)
	parser.add_argument("--items", type=int, default=1000)
	parser.add_argument("--sold", type=int, default=150, help="Items with stock that ERPNext has booked; half of them are sold")
	parser.add_argument("--each", type=int, default=7, help="differences of each kind")
	parser.add_argument("--kills", type=int, default=5)
	parser.add_argument("--workers", type=int, default=2)
	parser.add_argument("--seed", type=int, default=1)
	parser.add_argument("--only", default="", help="planters, separated by commas")
	args = parser.parse_args()
	frappe.init(site=args.site, sites_path=".")
	frappe.connect()
	frappe.set_user("Administrator")
	from benchmarks import differences
	from shopify_sync.simulator.http.store import Store
	from shopify_sync.tests import site

	site.keep_workers_away()
	only = set(filter(None, args.only.split(",")))
	with _clean(), Store.running(hold_seconds=1.0) as store:
		scene = Scene(args, store)
		began = time.perf_counter()
		scene.make()
		print(f"{args.orders} orders, {args.customers} customers, {args.items} Items at 3 locations: {_since(began)}", flush=True)
		_print_statuses()
		_timed("both sides agree", scene, begin(heal=False))
		before = [f"nothing was planted: {record}: {sorted(rows)}" for record, rows in found().items()]
		for text in before[:20]:
			print("   ", text)
		planted = []
		for number in range(args.each):
			for planter in differences.PLANTERS:
				if only and planter.__name__ not in only:
					continue
				if planter is differences.deleted_subscription and number > 2:
					continue
				planted.append(planter(scene))
		print(f"{len(planted)} planted", flush=True)
		scene.carry_out()
		_timed("dry run", scene, begin(heal=False))
		wrong = check_found(planted)
		name = begin(heal=True)
		began = time.perf_counter()
		killed = carry_on(scene, name, args.kills)
		print(f"healing, killed {killed} times: {_since(began)}; {_told(name)}", flush=True)
		scene.carry_out()
		_timed("second run", scene, begin(heal=True))
		scene.carry_out()
		name = begin(heal=True)
		_timed("third run", scene, name)
		after = check_healed(planted)
		healed = json.loads(frappe.db.get_value("Reconciliation Run", name, "healed_by_kind") or "{}")
		if healed:
			after.append(f"the third run healed again: {healed}")
		table(planted, wrong, after)
		return 1 if wrong or after or before else 0


def _timed(title: str, scene: Scene, name: str) -> None:
	began = time.perf_counter()
	carry_on(scene, name)
	print(f"{title}: {_since(began)}; {_told(name)}", flush=True)


def _told(name: str) -> str:
	doc = frappe.get_doc("Reconciliation Run", name)
	return (
		f"{doc.status}, {doc.compared} compared, {doc.agreed} agree, {doc.found} found {doc.by_kind}, healed {doc.healed_by_kind}, left out "
		f"{doc.left_out}, {doc.calls} calls, {doc.points:.0f} points, {doc.stopped_because or ''}"
	)


def _print_statuses() -> None:
	rows = frappe.get_all("Sync Event", {"store": STORE}, ["status", "resource_type"])
	print("events:", dict(Counter((row.resource_type, row.status) for row in rows)), flush=True)


def _since(began: float) -> str:
	return f"{time.perf_counter() - began:.0f} s"


if __name__ == "__main__":
	if sys.argv[1:2] == ["--"]:
		_in_process(*sys.argv[2:])
	else:
		sys.exit(main())
