"""The contract suite's adapter for the embedded host: a database file and a config file in a folder of its own."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from shopify_sync.contract_suite import connected
from shopify_sync.contract_suite.bench import (
	INBOUND_LOCATION,
	MUG,
	OUTBOUND_LOCATION,
	SHIPPING_TITLE,
	SILENT_LOCATION,
	TAX_TITLE,
	TEE,
	UNVALUED,
	AttemptView,
	CallView,
	ConflictView,
	DocumentView,
	EventView,
	LinkView,
)
from shopify_sync.contract_suite.connected import ConnectedShop
from shopify_sync.core.customers.conflicts import Resolution
from shopify_sync.core.outbound.pusher import Pusher
from shopify_sync.core.receiving import Answer, receive
from shopify_sync.embedded_host import (
	attempts,
	config,
	conflicts,
	contacts,
	delivery_notes,
	documents,
	links,
	mapping,
	outbox,
	stock,
)
from shopify_sync.embedded_host.connections import Connections
from shopify_sync.embedded_host.host import Instance
from shopify_sync.embedded_host.push_host import EmbeddedPushHost
from shopify_sync.embedded_host.times import utc_now
from shopify_sync.embedded_host.workers import WorkerPool

ROOT = Path(__file__).parents[2]
WAREHOUSES = {INBOUND_LOCATION: "Main - S", OUTBOUND_LOCATION: "Shop - S", SILENT_LOCATION: "Attic - S"}
DIRECTIONS = {INBOUND_LOCATION: "Shopify → ERPNext", OUTBOUND_LOCATION: "ERPNext → Shopify", SILENT_LOCATION: "None"}


def settings(**changes: Any) -> dict[str, Any]:
	"""Return a config with one store that has what the cases expect."""
	store = {
		"store": "suite",
		"shop_domain": "suite.myshopify.com",
		"client_secret": "hush",
		"company": "Suite Ltd",
		"company_currency": "USD",
		"tax_rules": [{"title": TAX_TITLE, "rate": None, "account": "VAT - S"}],
		"shipping_rules": [[SHIPPING_TITLE, "Freight - S"]],
		"customer_group": "All",
		"territory": "All",
		"max_attempts": 3,
		"locations": [
			{"location_id": location, "warehouse": warehouse, "direction": DIRECTIONS[location]}
			for location, warehouse in WAREHOUSES.items()
		],
		**changes,
	}
	items = [{"item_code": TEE, "valuation_rate": "10.00"}, {"item_code": MUG}, {"item_code": UNVALUED}]
	return {"stores": [store], "items": items}


class Ways:
	"""Implements embedded_host/push_host.py `Shops` over the connections of a config."""

	def __init__(self, connections: Connections) -> None:
		self.gate = connections.gate_of
		self.client = connections.client_of


def push_host(instance: Instance, worker: str, clock: Callable[[], datetime]) -> EmbeddedPushHost:
	"""Return the host of a pusher that calls the shops of the instance's config."""
	return EmbeddedPushHost(instance, worker, Ways(Connections(instance.database, instance.config, now=clock)))


class EmbeddedBench:
	"""Implements contract_suite.bench.Bench."""

	store, shop_domain, secret, currency = "suite", "suite.myshopify.com", "hush", "USD"

	def __init__(self, folder: Path) -> None:
		self._folder = folder
		self._number = 0
		self._passed = 0.0
		self._instance: Instance | None = None

	@property
	def instance(self) -> Instance:
		assert self._instance is not None, "set_up comes first"
		return self._instance

	@property
	def database_path(self) -> Path:
		return self._folder / f"suite-{self._number}.db"

	@property
	def config_path(self) -> Path:
		return self._folder / "config.json"

	def set_up(self, **changes: Any) -> None:
		self._number += 1
		self._settings = settings(**changes)
		self._open()

	def save_settings(self, **changes: Any) -> None:
		self._settings["stores"][0] |= changes
		self._open()

	def hold(self, scope: str, what: str, reason: str) -> None:
		found = self._settings["stores"][0].get("holds") or []
		self.save_settings(holds=[*found, {"scope": scope, "what": what, "user": "operator", "reason": reason}])

	def release(self, scope: str, what: str) -> None:
		found = self._settings["stores"][0].get("holds") or []
		self.save_settings(holds=[row for row in found if (row["scope"], row["what"]) != (scope, what)])

	def _open(self) -> None:
		if self._instance:
			self._instance.close()
		self.config_path.write_text(json.dumps(self._settings))
		self._instance = Instance(self.database_path, config.load(self.config_path), clock=self._clock)

	def _clock(self) -> datetime:
		return utc_now() + timedelta(seconds=self._passed)

	def deliver(self, headers: Mapping[str, str], body: bytes) -> Answer:
		return receive(headers.items(), body, self.instance.receiver)

	def drain(self, probe: Callable[[str], None] | None = None) -> int:
		return self.instance.engine("bench", probe).drain()

	def run_concurrently(self, calls: Iterable[Callable[[], Any]], threads: int) -> list[Any]:
		def run(call: Callable[[], Any]) -> Any:
			try:
				return call()
			finally:
				self.instance.close()

		with ThreadPoolExecutor(threads) as pool:
			return list(pool.map(run, calls))

	@contextmanager
	def losing_wakes(self) -> Iterator[None]:
		# Nothing wakes a worker here: `deliver` only records, and `sweep` starts workers that poll.
		yield

	def sweep(self) -> None:
		pool = WorkerPool(self.instance, 2, poll_seconds=0.01)
		pool.start()
		deadline = time.monotonic() + 30
		while self._is_working() and time.monotonic() < deadline:
			time.sleep(0.005)
		pool.stop()
		assert not self._is_working(), "workers that poll did not get through the work that is due"

	def _is_working(self) -> bool:
		# Both are asked of one moment: between two, a worker claims what is due, or ends an event and makes another due.
		with self.instance.database.write():
			busy = self._query("SELECT 1 FROM sync_event WHERE status = 'Processing' LIMIT 1")
			return bool(busy) or self.instance.events.due()

	def crash_at(self, step: str) -> None:
		self._crash(step, "drain")

	def _crash(self, step: str, work: str) -> None:
		command = [sys.executable, "-m", "tests.contract.crash_worker", str(self.database_path), str(self.config_path)]
		command += [str(self._passed), step, work]
		done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
		assert done.returncode == -signal.SIGKILL, f"not killed at {step!r}: {done.returncode} {done.stderr}"

	def let_pass(self, seconds: float) -> None:
		self._passed += seconds

	def event(self, name: str) -> EventView:
		(row,) = self._query("SELECT * FROM sync_event WHERE name = ?", name)
		return _event_view(row)

	def payload(self, name: str) -> str:
		((payload,),) = self._query("SELECT payload FROM sync_event WHERE name = ?", name)
		return str(payload)

	def events(self) -> list[EventView]:
		return [_event_view(row) for row in self._query("SELECT * FROM sync_event ORDER BY rowid")]

	def attempts(self, name: str) -> list[AttemptView]:
		wanted = AttemptView.__dataclass_fields__
		rows = attempts.of_event(self.instance.database.connection(), name)
		return [AttemptView(**{field: row[field] for field in wanted}) for row in rows]

	def documents(self, doctype: str) -> list[DocumentView]:
		rows = self._query("SELECT * FROM document WHERE doctype = ? AND shopify_key IS NOT NULL ORDER BY name", doctype)
		return [
			DocumentView(row["doctype"], row["name"], row["shopify_key"], row["docstatus"], json.loads(row["data"]))
			for row in rows
		]

	def item(self, code: str) -> Mapping[str, Any] | None:
		found = documents.get(self.instance.database.connection(), "Item", code)
		if not found.exists:
			return None
		own = found.values.get("barcode")
		return {**found.values, "barcodes": found.values.get("barcodes") or ([{"barcode": own}] if own else [])}

	def make_item(self, code: str, **values: Any) -> None:
		batches = values.pop("has_batch", False)
		self._settings["items"].append({"item_code": code, **values, "has_batch_or_serial": batches})
		self._open()

	def set_batch_rule(self, location_id: str, rule: str) -> None:
		for row in self._settings["stores"][0]["locations"]:
			if row["location_id"] == location_id:
				row["batch_rule"] = rule
		self._open()

	def rename_item(self, code: str, new: str) -> None:
		rows = self._settings["items"]
		self._settings["items"] = [{**row, "item_code": new} if row["item_code"] == code else row for row in rows]
		self._open()
		with self.instance.database.write() as connection:
			# ERPNext's rename follows every link to the Item; a config has none.
			connection.execute(
				"UPDATE shopify_link SET document_name = ? WHERE document_type = 'Item' AND document_name = ?", (new, code)
			)

	def price(self, item: str) -> Decimal | None:
		rows = self._query(
			"""SELECT json_extract(data, '$.price_list_rate') AS rate FROM document
			WHERE doctype = 'Item Price' AND json_extract(data, '$.item_code') = ?""",
			item,
		)
		return Decimal(str(rows[0]["rate"])).normalize() if rows else None

	def price_list(self) -> str:
		return "Standard Selling"

	def item_group(self) -> str:
		return "Products"

	def link(self, resource: str, shopify_id: str) -> LinkView:
		found = links.read(self.instance.database.connection(), f"{self.store}/{resource}/{shopify_id}")
		return LinkView(found.document_name, found.agreed, found.facts)

	def edit(self, doctype: str, name: str, **values: Any) -> None:
		with self.instance.database.write() as connection:
			if doctype == "Delivery Note":
				delivery_notes.track(connection, self.instance.config, self.instance.events, name, **values)
				return
			found = documents.get(connection, doctype, name)
			assert found.exists
			written = contacts.updated(found.values, values) if doctype == "Contact" else {**found.values, **values}
			saved = {"modified": self._clock().isoformat(), "modified_by": "user"}
			documents.put(connection, doctype, name, {**written, **saved})

	def note(
		self, order_id: str, rows: Mapping[str, int], location_id: str = OUTBOUND_LOCATION, amends: str = "", **values: Any
	) -> str:
		name = f"NOTE-{uuid.uuid4().hex[:10]}"
		order = self.link("order", order_id).item
		ordered = {row["shopify_line_item_id"]: row for row in self._values("Sales Order", order)["items"]}
		items = [
			{
				"shopify_line_item_id": line,
				"item_code": ordered[line]["item_code"],
				"qty": pieces,
				"warehouse": WAREHOUSES[location_id],
			}
			for line, pieces in rows.items()
		]
		if amends:
			values["amended_from"] = amends
		with self.instance.database.write() as connection:
			delivery_notes.submit(connection, self.instance.config, self.instance.events, name, order or "", items, **values)
		return name

	def take_back(self, note: str, rows: Mapping[str, int], location_id: str = OUTBOUND_LOCATION) -> str:
		values = self._values("Delivery Note", note)
		order = values.get("sales_order") or values["items"][0]["against_sales_order"]
		items = [
			{**row, "qty": -rows[row["shopify_line_item_id"]], "warehouse": WAREHOUSES[location_id]}
			for row in values["items"]
			if row["shopify_line_item_id"] in rows
		]
		name = f"RETURN-{uuid.uuid4().hex[:10]}"
		with self.instance.database.write() as connection:
			back = {"is_return": 1, "return_against": note}
			delivery_notes.submit(connection, self.instance.config, self.instance.events, name, order, items, **back)
		return name

	def _values(self, doctype: str, name: str | None) -> Mapping[str, Any]:
		return documents.get(self.instance.database.connection(), doctype, name or "").values

	def cancel_note(self, name: str) -> None:
		with self.instance.database.write() as connection:
			delivery_notes.cancel(connection, self.instance.config, self.instance.events, name)

	def stock(self, item: str, location_id: str) -> Decimal:
		found = documents.get(self.instance.database.connection(), "Bin", documents.bin_name(item, WAREHOUSES[location_id]))
		return Decimal(found.values.get("actual_qty", 0))

	def set_stock(self, item: str, location_id: str, quantity: Decimal) -> None:
		with self.instance.database.write() as connection:
			stock.set_quantity(connection, item, WAREHOUSES[location_id], quantity, Decimal(10))
			changed = {(item, WAREHOUSES[location_id])}
			outbox.bins_changed(connection, self.instance.config, self.instance.events, changed)

	@contextmanager
	def connected(self) -> Iterator[ConnectedShop]:
		with connected.opened(self.shop_domain) as shop:
			self._settings["shops"] = {self.shop_domain: shop.address}
			store = self._settings["stores"][0]
			for row in store["locations"]:
				row["location_id"] = shop.places[row["location_id"]]
			self._places = {place: location for location, place in shop.places.items()}
			self.sign_in(shop.served.token)
			yield shop

	def sign_in(self, token: str) -> None:
		self._settings["stores"][0]["admin"] = {"access_token": token}
		self._open()

	def set_direction(self, location_id: str, direction: str) -> None:
		for row in self._settings["stores"][0]["locations"]:
			if self._places[row["location_id"]] == location_id:
				row["direction"] = direction
		self._open()

	def push(self, probe: Callable[[str], None] | None = None) -> int:
		return Pusher(push_host(self.instance, "bench", self._clock), probe).drain()

	def crash_push_at(self, step: str) -> None:
		self._crash(step, "push")

	def outbound(self) -> list[EventView]:
		rows = self._query("SELECT * FROM sync_event WHERE direction = 'Outbound' ORDER BY rowid")
		return [_event_view(row) for row in rows]

	def calls(self, event: str) -> list[CallView]:
		rows = self._query("SELECT * FROM api_call WHERE instr(events, ?) ORDER BY rowid", event)
		return [CallView(row["operation"], row["outcome"], row["key"], row["request_id"]) for row in rows]

	def map_item(self, resource: str, shopify_id: str, item: str) -> None:
		mapping.map_item(self.instance.database, self.instance.events, self.store, resource, shopify_id, item, "operator")

	def retry(self, event: str, user: str) -> None:
		self.instance.events.retry(event, user)

	def discard(self, event: str, user: str, reason: str) -> None:
		self.instance.events.discard(event, user, reason)

	def conflicts(self) -> list[ConflictView]:
		rows = conflicts.of_store(self.instance.database.connection(), self.store)
		return [ConflictView(**{field: row[field] for field in ConflictView.__dataclass_fields__}) for row in rows]

	def resolve(self, conflict: ConflictView, resolution: str, user: str, value: str | None = None) -> None:
		decided = Resolution(resolution)
		instance = self.instance
		conflicts.resolve(
			instance.database, instance.events, conflict.link, conflict.field, decided, user, value, instance.items_of_sku
		)

	def contention(self) -> BaseException:
		return sqlite3.OperationalError("database is locked")

	def close(self) -> None:
		if self._instance:
			self._instance.close()

	def _query(self, statement: str, *values: Any) -> list[Any]:
		return self.instance.database.connection().execute(statement, values).fetchall()


def _event_view(row: Any) -> EventView:
	return EventView(
		name=row["name"],
		status=row["status"],
		attempts=row["attempts"],
		deliveries=row["deliveries"],
		category=row["category"],
		missing=row["missing"],
		message=row["message"],
		superseded_by=row["superseded_by"],
		document=(row["document_type"], row["document_name"]) if row["document_type"] else None,
		not_applied="\n".join(json.loads(row["not_applied"])),
		echo_of=row["echo_of"],
		signed_with=row["signed_with"],
	)
