"""`shopify-sync store`: as a process, one operation after the other, and against the embedded host."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from shopify_sync.embedded_host import config, ledger
from shopify_sync.embedded_host.host import Instance
from shopify_sync.embedded_host.server import RECEIVE_PATH, Server
from shopify_sync.embedded_host.workers import WorkerPool
from shopify_sync.simulator.commands.client import Client
from shopify_sync.simulator.commands.day import Day
from shopify_sync.simulator.commands.serve import TOPICS
from shopify_sync.simulator.commands.stock_up import skus, stock_up
from shopify_sync.simulator.commands.store import store as command
from shopify_sync.simulator.faults import Faults
from shopify_sync.simulator.http.app import CLIENT_SECRET
from shopify_sync.simulator.http.fast_clock import FastClock
from shopify_sync.simulator.http.store import Store
from shopify_sync.simulator.shop.shop import Shop
from shopify_sync.simulator.shop.totals import fulfillment_status, totals
from tests.contract.embedded_bench import settings

# --- one operation after the other


@pytest.fixture
def store() -> Iterator[Store]:
	with Store.running(shops=["dev"]) as store:
		site = store.site("dev")
		with site.lock:
			stock_up(site.shop, ["TEE", "MUG"])
		yield store


@pytest.fixture
def shop(store: Store) -> Shop:
	return store.shop("dev")


def run(store: Store, *arguments: object) -> Result:
	return CliRunner().invoke(command, [*map(str, arguments), "--port", str(store.server.server_port)])


def good(store: Store, *arguments: object) -> str:
	result = run(store, *arguments)
	assert result.exit_code == 0, result.output
	return result.output


def refused(store: Store, *arguments: object) -> str:
	result = run(store, *arguments)
	assert result.exit_code == 1, result.output
	assert result.output.startswith("Error: ")
	assert result.output.count("\n") == 1, result.output
	return result.output.removeprefix("Error: ").rstrip()


def test_an_order_from_its_placing_to_its_refund(store: Store, shop: Shop) -> None:
	assert "Placed #1001" in good(store, "order", "TEEx3", "MUG", "--email", "ada@example.com", "--shipping", "4.90")
	(order,) = shop.orders.all.values()
	assert [(line.sku, line.quantity) for line in order.line_items] == [("TEE", 3), ("MUG", 1)]
	assert "Edited #1001" in good(store, "edit", "1001", "MUGx2")
	assert "Paid #1001" in good(store, "pay", "1001")
	assert totals(order).outstanding == 0
	assert "Sent 5 piece(s) of #1001" in good(store, "fulfill", "1001", "--tracking", "EX1")
	assert fulfillment_status(order) == "fulfilled"
	assert order.fulfillments[0].tracking_numbers == ["EX1"]
	# 10.00 and 10 % tax.
	assert "Refunded #1001: 11.00 paid back." in good(store, "refund", order.id, "TEE", "--restock", "return")
	assert order.line_items[0].current_quantity == 2


def test_an_order_that_is_cancelled(store: Store, shop: Shop) -> None:
	good(store, "order", "TEE", "--paid", "--discount", "2.00")
	assert "Cancelled #1001" in good(store, "cancel", "#1001", "--reason", "fraud")
	(order,) = shop.orders.all.values()
	assert order.cancel_reason == "fraud"
	assert totals(order).refunded == Decimal("8.80")
	assert "already been canceled" in refused(store, "cancel", "1001")


def test_a_part_is_paid_and_an_edit_adds_a_line(store: Store, shop: Shop) -> None:
	good(store, "order", "TEE")
	good(store, "edit", "1001", "MUGx2")
	good(store, "pay", "1001", "--amount", "5.00")
	(order,) = shop.orders.all.values()
	assert [line.sku for line in order.line_items] == ["TEE", "MUG"]
	assert totals(order).received == 5


def test_a_customer_is_created_and_changed_and_gets_orders(store: Store, shop: Shop) -> None:
	assert "Created" in good(store, "customer", "ada@example.com", "--first-name", "Ada")
	assert "Changed" in good(store, "customer", "ada@example.com", "--last-name", "Example")
	(customer,) = shop.customers.all.values()
	assert (customer.first_name, customer.last_name) == ("Ada", "Example")
	good(store, "order", "TEE", "--email", "ada@example.com")
	assert [order.customer_id for order in shop.orders.all.values()] == [customer.id]


def test_stock_is_set(store: Store, shop: Shop) -> None:
	assert "7 piece(s) of MUG are available at Main." in good(store, "stock", "MUG", "7")
	assert sorted(level.quantity("available") for level in shop.inventory.levels.values()) == [7, 1000]
	with store.site("dev").lock:
		shop.locations.create("Attic")
	assert refused(store, "stock", "MUG", "7") == "Name a --location: Main, Attic."
	assert "at Main" in good(store, "stock", "MUG", "8", "--location", "Main")


def test_any_operation_can_be_carried_out(store: Store, shop: Shop) -> None:
	ada = json.loads(good(store, "do", "customers", "create", "first_name=Ada", "phone=+441"))["id"]
	ida = json.loads(good(store, "do", "customers", "create", "first_name=Ida", 'tags=["vip"]'))["id"]
	good(store, "order", "TEE")
	good(store, "do", "customers", "merge", f"keep_id={ada}", f"remove_id={ida}")
	assert shop.customers.all[ada].tags == ["vip"]
	(order,) = shop.orders.all.values()
	good(store, "do", "fulfillments", "hold", f"fulfillment_order_id={order.fulfillment_orders[0].id}", "reason=other")
	assert order.fulfillment_orders[0].status == "on_hold"
	good(store, "do", "orders", "pay", f"id={order.id}", "amount=2.50")
	assert totals(order).received == Decimal("2.50")
	made = json.loads(good(store, "do", "products", "create", "title=Hat", 'variants=[{"sku": "HAT", "price": 12.3}]'))
	assert shop.products.all[made["id"]].variants[0].price == Decimal("12.30")
	assert "it has: create, delete, disable" in refused(store, "do", "customers", "marry")
	assert "The arguments are: id" in refused(store, "do", "orders", "close", "order=1001")
	assert refused(store, "do", "orders", "close", "1001") == "'1001': write NAME=VALUE."


def test_faults_are_switched_while_it_runs(store: Store, shop: Shop) -> None:
	assert "duplicate            0.25\n" in good(store, "faults", "duplicate=0.25", "lose=1")
	assert store.site("dev").faults == Faults(duplicate=0.25, lose=1)
	assert "lose                 0\n" in good(store, "faults", "lose=0")
	assert "There is no fault 'loose'" in refused(store, "faults", "loose=1")
	assert "no probability" in refused(store, "faults", "lose=often")
	assert "no probability" in refused(store, "faults", "lose=2")


def test_the_secret_is_rotated_and_the_app_removed(store: Store, shop: Shop) -> None:
	assert refused(store, "uninstall", "--redact") == "The app is installed"
	good(store, "rotate-secret", "fresh")
	assert shop.secrets() == ["fresh", "hush"]
	good(store, "uninstall")
	assert store.site("dev").tokens.check(store.site("dev").token) is None
	assert "not installed" in refused(store, "uninstall")
	assert "erase" in good(store, "uninstall", "--redact")


def test_mistakes_end_in_one_clear_line(store: Store) -> None:
	good(store, "order", "TEE")
	assert refused(store, "order", "CAP") == "Nothing has the SKU 'CAP'. There are: TEE, MUG."
	assert refused(store, "pay", "1002") == "The shop 'dev' has no order '#1002'."
	assert refused(store, "refund", "1001", "MUG") == "#1001 has no line with the SKU 'MUG'."
	assert refused(store, "fulfill", "1001", "--shop", "nobody") == "There is no shop 'nobody'."
	assert "is not valid" in refused(store, "cancel", "1001", "--reason", "boredom")
	assert "no amount" in refused(store, "pay", "1001", "--amount", "much")


def test_without_a_store_it_says_how_to_start_one() -> None:
	with socket.socket() as unused:
		unused.bind(("127.0.0.1", 0))
		port = unused.getsockname()[1]
		result = CliRunner().invoke(command, ["day", "--port", str(port)])
	assert result.exit_code == 1
	assert result.output == f"Error: No store listens on port {port}. Start one: shopify-sync store --port {port}\n"


def test_several_shops_have_to_be_told_apart() -> None:
	with Store.running(shops=["one", "two"]) as store:
		assert refused(store, "pay", "1001") == "The store has several shops; name one with --shop: one, two."
		assert refused(store, "day", "--shop", "two") == "The shop 'two' sells nothing. Start the store with --products."


def test_a_day_can_be_played_twice(store: Store, shop: Shop) -> None:
	output = good(store, "day", "--orders", "30")
	assert "    30  orders/place" in output
	good(store, "day", "--orders", "30")
	assert len(shop.orders.all) == 60


@pytest.mark.parametrize("currency", ["USD", "JPY", "KWD"])
def test_a_day_goes_through_in_any_currency(currency: str) -> None:
	with Store.running() as store:
		site = store.open("dev", currency=currency)
		with site.lock:
			variants = stock_up(site.shop, skus(5))
		day = Day(Client(store.server.server_port), variants, 3, currency)
		day.play(60)
	for operation in (
		"orders/cancel",
		"edits/commit",
		"refunds/create",
		"fulfillments/create",
		"orders/mark_as_paid",
		"orders/capture",
	):
		assert day.done[operation] > 0


# --- as a process


class Process:
	"""`shopify-sync store` in a process of its own."""

	def __init__(self, *options: str) -> None:
		arguments = [sys.executable, "-m", "shopify_sync.simulator.commands.store", *options]
		self.process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
		assert self.process.stdout is not None
		self.said = [self.process.stdout.readline()]
		self.port = int(self.said[0].rpartition(":")[2])

	def line(self) -> str:
		assert self.process.stdout is not None
		return self.process.stdout.readline().strip()

	def end(self) -> None:
		self.process.kill()
		self.process.communicate(timeout=10)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_what_one_needs_and_stops_when_asked(number: signal.Signals) -> None:
	process = Process("--port", "0", "--shop", "kiosk", "--currency", "eur", "--client-secret", "s3cret", "--products", "2")
	try:
		assert process.line() == f"Shop kiosk: http://127.0.0.1:{process.port}/shops/kiosk (kiosk.myshopify.com, EUR)"
		token = process.line().split()
		assert token[:2] == ["access", "token"]
		assert [process.line().split()[-1] for _line in range(2)] == ["shopify-sync-store", "s3cret"]
		state = Client(process.port).read("state")
		assert (state["token"], state["counts"]["products"]) == (token[2], 2)
		process.process.send_signal(number)
		assert process.process.wait(10) == 0
	finally:
		process.end()


def test_the_same_seed_makes_the_same_shop() -> None:
	tokens = []
	for seed in ("1", "1", "2"):
		process = Process("serve", "--port", "0", "--seed", seed)
		tokens.append(Client(process.port).read("state")["token"])
		process.end()
	assert tokens[0] == tokens[1] != tokens[2]


@pytest.mark.parametrize(
	("options", "message"),
	[
		(["--faults", "duplicat=1"], "There is no fault 'duplicat'"),
		(["--faults", "duplicate=often"], "as duplicate=0.1"),
		(["--webhooks-to", "https://example.com/hook"], "webhooks are sent to this machine only"),
		(["--shop", "a", "--shop", "a"], "There is a shop 'a' already."),
	],
)
def test_what_cannot_start_says_why(options: list[str], message: str) -> None:
	result = CliRunner().invoke(command, ["--port", "0", *options])
	assert result.exit_code == 1
	assert message in result.output


def test_a_port_that_is_taken_is_named() -> None:
	with socket.socket() as taken:
		taken.bind(("127.0.0.1", 0))
		taken.listen()
		port = taken.getsockname()[1]
		result = CliRunner().invoke(command, ["serve", "--port", str(port)])
	assert (result.exit_code, result.output) == (
		1,
		f"Error: Port {port} cannot be used: Address already in use. Choose another --port.\n",
	)


# --- against the embedded host


class Host:
	"""The embedded host's real server and workers on a port of its own."""

	def __init__(self, folder: Path, **changes: Any) -> None:
		path = folder / "config.json"
		path.write_text(json.dumps({**settings(**changes), "items": [], "accept_any_sku": True}))
		self.instance = Instance(folder / "host.db", config.load(path))
		self._pool = WorkerPool(self.instance, 2, poll_seconds=0.05)
		self._server = Server(self.instance, 0, self._pool.wake)
		self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
		self.url = f"http://127.0.0.1:{self._server.server_port}{RECEIVE_PATH}"

	def start(self) -> None:
		self._pool.start()
		self._thread.start()

	def stop(self) -> None:
		self._server.shutdown()
		self._thread.join()
		self._server.server_close()
		self._pool.stop()
		self.instance.close()

	def counts(self) -> dict[str, int]:
		return dict(ledger.count_by_status(self.instance.database.connection()))

	def settle(self) -> None:
		deadline = time.monotonic() + 60
		while self._is_working():
			assert time.monotonic() < deadline, self.counts()
			time.sleep(0.02)

	def _is_working(self) -> bool:
		# Asked of one moment: between two, a worker claims what is due, or ends an event and makes another due.
		with self.instance.database.write():
			return bool(self.counts().get("Processing")) or self.instance.events.due()

	def of_status(self, status: str) -> list[tuple[str, str]]:
		"""Return topic and Shopify id of the events with that status."""
		statement = "SELECT topic, shopify_id FROM sync_event WHERE status = ?"
		return [tuple(row) for row in self.instance.database.connection().execute(statement, (status,))]

	def live_orders(self) -> dict[str, list[Decimal]]:
		"""Return the totals of the submitted Sales Orders by Shopify's order id. What was billed before it was cancelled is Closed."""
		found: dict[str, list[Decimal]] = {}
		for document in ledger.documents(self.instance.database.connection(), "Sales Order"):
			if document["docstatus"] == 1 and document["values"].get("status") != "Closed":
				found.setdefault(document["shopify_key"].rpartition("/")[2], []).append(
					Decimal(document["values"]["grand_total"])
				)
		return found


@contextmanager
def hosting(folder: Path, shop: Shop) -> Iterator[Host]:
	"""Run an embedded host that is configured for *shop*."""
	places = [{"location_id": id, "warehouse": "Main - S", "direction": "None"} for id in shop.locations.all]
	gateways = [{"gateway": name, "account": "Clearing - S"} for name in ("shopify_payments", "manual", "bogus")]
	host = Host(folder, shop_domain=shop.domain, client_secret=CLIENT_SECRET, locations=places, gateway_rules=gateways)
	host.start()
	try:
		yield host
	finally:
		host.stop()


def test_a_day_with_faults_ends_with_every_live_order_booked_once(tmp_path: Path) -> None:
	faults = Faults(duplicate=0.2, reorder=0.3, garble=0.05)
	with Store.running(seed="e2e") as store:
		# 600 times as fast: second copies and retries come within the second or two that a test may take.
		site = store.open("dev", faults=faults, clock=FastClock(600))
		variants = stock_up(site.shop, skus(6))
		with hosting(tmp_path, site.shop) as host:
			with site.lock:
				for topic in TOPICS:
					site.shop.subscriptions.create(topic, host.url)
			day = Day(Client(store.server.server_port), variants, "e2e")
			placed = [day.play_one(number)["id"] for number in range(40)]
			assert store.settle(60)
			host.settle()
			live, counts = host.live_orders(), host.counts()
			ignored, dead = host.of_status("Ignored"), host.of_status("Dead Letter")
	counters = site.courier.counters
	assert min(counters["duplicated"], counters["reordered"], counters["garbled"]) > 5
	assert site.courier.given_up == site.courier.lost == []
	# Every refused one was garbled, and came again whole.
	assert counters["failed"] == counters["garbled"]
	assert counters["delivered"] == counters["emitted"] + counters["duplicated"]
	assert set(counts) <= {"Applied", "No Change", "Superseded", "Ignored", "Dead Letter"}, counts
	assert sum(counts.values()) == counters["emitted"]
	cancelled = {order.id for order in site.shop.orders.all.values() if order.cancelled_at}
	assert len(cancelled) > 1
	assert {id: len(found) for id, found in live.items()} == {id: 1 for id in placed if id not in cancelled}
	# An edited order was booked as it was when its first webhook was carried out. An edit that comes later is an operator's
	# business, and the location's stock is configured to be left alone.
	edited = {edit.order_id for edit in site.shop.edits.all.values()}
	assert {id for _topic, id in dead} <= edited
	assert {topic for topic, _id in ignored} <= {"inventory_levels/update"}
	for id in set(live) - edited:
		assert live[id] == [totals(site.shop.orders.get(id)).total]


def test_without_graphql_only_serving_is_refused_and_says_what_to_install() -> None:
	# Somebody who installed shopify_sync without the extra; the console script must not fail for it.
	script = """
import sys

class Absent:
	def find_spec(self, name, path=None, target=None):
		if name.partition(".")[0] == "graphql":
			raise ModuleNotFoundError("No module named 'graphql'", name="graphql")

sys.meta_path.insert(0, Absent())
from shopify_sync.simulator.commands.store import store
store(["--port", "0"])
"""
	done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
	assert (done.returncode, done.stderr) == (1, "Error: A store needs graphql: pip install 'shopify_sync[simulator]'\n")
