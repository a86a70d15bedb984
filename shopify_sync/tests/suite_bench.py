"""The contract suite's adapter for a real site: MariaDB, ERPNext's documents, workers in processes of their own."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import frappe
from erpnext.selling.doctype.sales_order.sales_order import make_delivery_note
from erpnext.stock.doctype.delivery_note.delivery_note import make_sales_return
from frappe.realtime import clear_realtime_log

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
from shopify_sync.core.contracts.base import parse_json
from shopify_sync.core.customers.conflicts import Resolution
from shopify_sync.core.engine import Engine
from shopify_sync.core.operations import OperatorAction
from shopify_sync.core.outbound.pusher import Pusher
from shopify_sync.core.receiving import Answer, receive
from shopify_sync.core.snapshots import LinkState
from shopify_sync.erpnext_host import conflicts, connections, links
from shopify_sync.erpnext_host.event_log import FrappeEventLog
from shopify_sync.erpnext_host.host import FrappeHost
from shopify_sync.erpnext_host.operations import starting, targets
from shopify_sync.erpnext_host.push_host import FrappePushHost
from shopify_sync.jobs import sweep

from . import clearing, site, stocked
from .mortals import Mortals

_LOCATIONS = {
	INBOUND_LOCATION: ("Suite Inbound", "Shopify → ERPNext"),
	OUTBOUND_LOCATION: ("Suite Outbound", "ERPNext → Shopify"),
	SILENT_LOCATION: ("Suite Silent", "None"),
}
_TEST_STORES = ("suite-%", "test-%", "bench-%")


class SiteBench:
	"""Implements contract_suite.bench.Bench."""

	store, shop_domain, secret = "", "", site.SECRET

	def __init__(self) -> None:
		clearing.begin()
		#: Whoever made the bench closes them.
		self.mortals = Mortals()
		self.currency = frappe.db.get_value("Company", site.company(), "default_currency")
		site.make_item(TEE, valuation_rate=10)
		site.make_item(MUG, valuation_rate=4)
		site.make_item(UNVALUED)
		self._warehouses = {location: _warehouse(name) for location, (name, _way) in _LOCATIONS.items()}

	def set_up(self, **settings: Any) -> None:
		forget_suite()
		clear_realtime_log()
		self.store = f"suite-{frappe.generate_hash(length=8)}"
		self.shop_domain = f"{self.store}.myshopify.com"
		account = site.tax_account()
		rows = [
			{"location_id": location, "warehouse": self._warehouses[location], "direction": way, "valuation_rule": "Item's rate"}
			for location, (_name, way) in _LOCATIONS.items()
		]
		site.make_store(
			self.store,
			location_mapping=rows,
			default_tax_account=None,
			tax_mapping=[{"tax_title": TAX_TITLE, "account": account}],
			shipping_account=None,
			shipping_mapping=[{"shipping_title": SHIPPING_TITLE, "account": account}],
			max_attempts=settings.pop("max_attempts", 3),
			**settings,
		)

	def save_settings(self, **settings: Any) -> None:
		doc = frappe.get_doc("Shopify Store", self.store)
		doc.update(settings)
		doc.save(ignore_permissions=True)
		frappe.db.commit()

	def hold(self, scope: str, what: str, reason: str) -> None:
		self._operate(OperatorAction.HOLD, scope, what, reason)

	def release(self, scope: str, what: str) -> None:
		self._operate(OperatorAction.RELEASE, scope, what)

	def _operate(self, action: OperatorAction, scope: str, what: str, reason: str = "") -> None:
		about = {"link": what} if scope == "Resource" else {"store": self.store, scope.lower(): what}
		person = starting.Person(frappe.session.user, may_set_up=True)
		starting.start(action, targets.parse(about), frappe.generate_hash(length=32), person, reason)

	def deliver(self, headers: Mapping[str, str], body: bytes) -> Answer:
		return receive(headers.items(), body, FrappeHost())

	def drain(self, probe: Callable[[str], None] | None = None) -> int:
		return Engine(FrappeHost(), probe).drain()

	def run_concurrently(self, calls: Iterable[Callable[[], Any]], threads: int) -> list[Any]:
		name, sites_path = frappe.local.site, frappe.local.sites_path

		def run(call: Callable[[], Any]) -> Any:
			frappe.init(site=name, sites_path=sites_path)
			frappe.connect()
			frappe.set_user("Administrator")
			try:
				return call()
			finally:
				frappe.destroy()

		frappe.db.commit()
		with ThreadPoolExecutor(threads) as pool:
			found = list(pool.map(run, calls))
		frappe.db.rollback()
		return found

	@contextmanager
	def losing_wakes(self) -> Iterator[None]:
		# `deliver` ends where the endpoint would wake a worker: nothing is woken here. test_http.py takes Redis away for real.
		yield

	def sweep(self) -> None:
		sweep.run()
		deadline = time.monotonic() + 60
		while FrappeEventLog().due() and time.monotonic() < deadline:
			self.drain()
		assert not FrappeEventLog().due(), "the sweep did not get through the work that is due"

	def crash_at(self, step: str) -> None:
		self._killed(step, self.mortals.drain_until)

	def _killed(self, step: str, work_until: Callable[[str], str]) -> None:
		frappe.db.commit()
		became = work_until(step)
		assert became == "killed", f"not killed at {step!r}: {became}"
		frappe.db.rollback()

	def let_pass(self, seconds: float) -> None:
		# The clock cannot be moved; what waits comes forward instead.
		frappe.db.rollback()
		frappe.db.sql(
			"UPDATE `tabSync Event` SET due_at = due_at - INTERVAL %s SECOND WHERE store = %s", (int(seconds), self.store)
		)
		where = {"store": self.store, "facts": ("like", '%"pending"%')}
		for name, facts in frappe.get_all("Shopify Link", where, ["name", "facts"], as_list=True):
			earlier = _earlier(json.loads(facts), timedelta(seconds=seconds))
			frappe.db.set_value("Shopify Link", name, "facts", json.dumps(earlier), update_modified=False)
		frappe.db.commit()
		# An open circuit would let a probe through by then.
		connections.link_of(self.store, for_operator=True).connection.reset_circuit()
		frappe.db.commit()

	def event(self, name: str) -> EventView:
		frappe.db.rollback()
		return event_view(frappe.db.get_value("Sync Event", name, "*", as_dict=True))

	def payload(self, name: str) -> str:
		frappe.db.rollback()
		return str(frappe.db.get_value("Sync Event", name, "payload"))

	def events(self) -> list[EventView]:
		frappe.db.rollback()
		rows = frappe.get_all("Sync Event", filters={"store": self.store}, fields=["*"], order_by="creation")
		return [event_view(row) for row in rows]

	def attempts(self, name: str) -> list[AttemptView]:
		frappe.db.rollback()
		fields = ["attempt", "action", "outcome", "user", "reason", "restarts", "changes"]
		rows = frappe.get_all("Sync Attempt", filters={"event": name}, fields=fields, order_by="creation")
		return [AttemptView(**{**row, "changes": parse_json(row.changes) if row.changes else []}) for row in rows]

	def documents(self, doctype: str) -> list[DocumentView]:
		frappe.db.rollback()
		names = frappe.get_all(doctype, filters={"shopify_key": ("like", f"{self.store}/%")}, pluck="name", order_by="name")
		found = [frappe.get_doc(doctype, name) for name in names]
		return [DocumentView(doctype, doc.name, doc.shopify_key, int(doc.docstatus), doc.as_dict()) for doc in found]

	def item(self, code: str) -> Mapping[str, Any] | None:
		frappe.db.rollback()
		return frappe.get_doc("Item", code).as_dict() if frappe.db.exists("Item", code) else None

	def make_item(self, code: str, **values: Any) -> None:
		barcode, batches, serials = (values.pop(name, None) for name in ("barcode", "has_batch", "has_serial"))
		if batches:
			stocked.allow_batches()
		tracked = {"has_batch_no": int(bool(batches)), "create_new_batch": 0, "has_serial_no": int(bool(serials))}
		site.make_item(code, **values, **tracked, barcodes=[{"barcode": barcode}] if barcode else [])

	def set_batch_rule(self, location_id: str, rule: str) -> None:
		doc = frappe.get_doc("Shopify Store", self.store)
		(row,) = (row for row in doc.location_mapping if row.location_id == location_id)
		row.batch_rule = rule
		doc.save(ignore_permissions=True)
		frappe.db.commit()

	def rename_item(self, code: str, new: str) -> None:
		frappe.rename_doc("Item", code, new, force=True, show_alert=False)
		frappe.db.commit()

	def price(self, item: str) -> Decimal | None:
		frappe.db.rollback()
		where = {"item_code": item, "price_list": self.price_list()}
		found = frappe.db.get_value("Item Price", where, "price_list_rate")
		return Decimal(str(found)).normalize() if found is not None else None

	def price_list(self) -> str:
		return site._price_list(self.currency)

	def item_group(self) -> str:
		return frappe.db.get_value("Item Group", {"is_group": 0})

	def link(self, resource: str, shopify_id: str) -> LinkView:
		frappe.db.rollback()
		row = frappe.db.get_value("Shopify Link", f"{self.store}/{resource}/{shopify_id}", "*", as_dict=True)
		found = links.state_of(row) if row else LinkState("")
		return LinkView(found.document_name, found.agreed, found.facts)

	def edit(self, doctype: str, name: str, **values: Any) -> None:
		doc = frappe.get_doc(doctype, name)
		doc.update(values)
		doc.save(ignore_permissions=True)
		frappe.db.commit()

	def note(
		self, order_id: str, rows: Mapping[str, int], location_id: str = OUTBOUND_LOCATION, amends: str = "", **values: Any
	) -> str:
		frappe.db.rollback()
		doc = make_delivery_note(self.link("order", order_id).item)
		doc.items = [row for row in doc.items if row.shopify_line_item_id in rows]
		for row in doc.items:
			row.update({"qty": rows[row.shopify_line_item_id], "warehouse": self._warehouses[location_id]})
		doc.update({**values, **({"amended_from": amends} if amends else {})})
		doc.insert(ignore_permissions=True)
		doc.submit()
		frappe.db.commit()
		return str(doc.name)

	def take_back(self, note: str, rows: Mapping[str, int], location_id: str = OUTBOUND_LOCATION) -> str:
		frappe.db.rollback()
		doc = make_sales_return(note)
		doc.items = [row for row in doc.items if row.shopify_line_item_id in rows]
		for row in doc.items:
			row.update({"qty": -rows[row.shopify_line_item_id], "warehouse": self._warehouses[location_id]})
		doc.insert(ignore_permissions=True)
		doc.submit()
		frappe.db.commit()
		return str(doc.name)

	def cancel_note(self, name: str) -> None:
		doc = frappe.get_doc("Delivery Note", name)
		doc.cancel()
		frappe.db.commit()

	def stock(self, item: str, location_id: str) -> Decimal:
		frappe.db.rollback()
		where = {"item_code": item, "warehouse": self._warehouses[location_id]}
		return Decimal(str(frappe.db.get_value("Bin", where, "actual_qty") or 0)).normalize()

	def set_stock(self, item: str, location_id: str, quantity: Decimal) -> None:
		if self.stock(item, location_id) == quantity:
			return
		row = {"item_code": item, "warehouse": self._warehouses[location_id], "qty": float(quantity), "valuation_rate": 10}
		doc = frappe.get_doc({"doctype": "Stock Reconciliation", "company": site.company(), "purpose": "Stock Reconciliation"})
		doc.append("items", row)
		doc.expense_account = site.difference_account()
		doc.insert(ignore_permissions=True)
		doc.submit()
		frappe.db.commit()

	@contextmanager
	def connected(self) -> Iterator[ConnectedShop]:
		with connected.opened(self.shop_domain) as shop:
			frappe.conf.shopify_sync_shops = {self.shop_domain: shop.address}
			doc = frappe.get_doc("Shopify Store", self.store)
			for row in doc.location_mapping:
				row.location_id = shop.places[row.location_id]
			self._places = {place: location for location, place in shop.places.items()}
			doc.save(ignore_permissions=True)
			frappe.db.commit()
			self.sign_in(shop.served.token)
			yield shop

	def sign_in(self, token: str) -> None:
		doc = frappe.get_doc("Shopify Store", self.store)
		doc.update({"sign_in_by": "Access token", "access_token": token})
		doc.save(ignore_permissions=True)
		frappe.db.commit()

	def set_direction(self, location_id: str, direction: str) -> None:
		doc = frappe.get_doc("Shopify Store", self.store)
		for row in doc.location_mapping:
			if self._places[row.location_id] == location_id:
				row.direction = direction
		doc.save(ignore_permissions=True)
		frappe.db.commit()

	def push(self, probe: Callable[[str], None] | None = None) -> int:
		frappe.db.rollback()
		return Pusher(FrappePushHost(), probe).drain()

	def crash_push_at(self, step: str) -> None:
		self._killed(step, self.mortals.push_until)

	def outbound(self) -> list[EventView]:
		frappe.db.rollback()
		where = {"store": self.store, "direction": "Outbound"}
		return [event_view(row) for row in frappe.get_all("Sync Event", where, ["*"], order_by="version")]

	def calls(self, event: str) -> list[CallView]:
		frappe.db.rollback()
		where = {"store": self.store, "events": ("like", f"%{event}%")}
		rows = frappe.get_all(
			"Shopify API Call", where, ["operation", "outcome", "idempotency_key", "request_id"], order_by="creation"
		)
		return [CallView(row.operation, row.outcome, row.idempotency_key, row.request_id or "") for row in rows]

	def map_item(self, resource: str, shopify_id: str, item: str) -> None:
		name = f"{self.store}/{resource}/{shopify_id}"
		known = frappe.db.exists("Shopify Link", name)
		link = frappe.get_doc("Shopify Link", name) if known else frappe.new_doc("Shopify Link")
		link.update({"store": self.store, "resource_type": resource, "shopify_id": shopify_id})
		link.update({"document_type": "Item", "document_name": item})
		link.save(ignore_permissions=True)
		frappe.db.commit()

	def retry(self, event: str, user: str) -> None:
		FrappeEventLog().retry(event, user)

	def discard(self, event: str, user: str, reason: str) -> None:
		FrappeEventLog().discard(event, user, reason)

	def conflicts(self) -> list[ConflictView]:
		frappe.db.rollback()
		rows = frappe.get_all("Sync Conflict", filters={"store": self.store}, fields=["*"], order_by="name")
		return [
			ConflictView(row.link, row.field, row.event, row.status, row.base_value, row.erpnext_value, row.shopify_value)
			for row in rows
		]

	def resolve(self, conflict: ConflictView, resolution: str, user: str, value: str | None = None) -> None:
		conflicts.resolve(conflicts.name_of(conflict.link, conflict.field), Resolution(resolution), user, value)

	def contention(self) -> BaseException:
		return frappe.QueryDeadlockError("Deadlock found when trying to get lock")


def _warehouse(name: str) -> str:
	full = f"{name} - {frappe.db.get_value('Company', site.company(), 'abbr')}"
	if not frappe.db.exists("Warehouse", full):
		frappe.get_doc({"doctype": "Warehouse", "warehouse_name": name, "company": site.company()}).insert(
			ignore_permissions=True
		)
		frappe.db.commit()
	return full


def forget_suite() -> None:
	"""Remove the stores of earlier cases, and what earlier tests left in the queue: the cases count what a worker claims."""
	for name in frappe.get_all("Shopify Store", filters={"name": ("like", "suite-%")}, pluck="name"):
		site.clear_store(name)
		frappe.delete_doc("Shopify Store", name, force=True)
	for pattern in _TEST_STORES:
		frappe.db.sql(
			"DELETE FROM `tabSync Attempt` WHERE event IN (SELECT name FROM `tabSync Event` WHERE store LIKE %s)", (pattern,)
		)
		frappe.db.sql("DELETE FROM `tabSync Event` WHERE store LIKE %s", (pattern,))
	frappe.db.commit()


def event_view(row: Any) -> EventView:
	"""Return a row of Sync Event as cases look at it."""
	return EventView(
		name=row.name,
		status=row.status,
		attempts=row.attempts,
		deliveries=row.deliveries,
		category=row.category,
		missing=row.missing,
		message=row.message or "",
		superseded_by=row.superseded_by,
		document=(row.document_type, row.document_name) if row.document_type else None,
		not_applied=row.not_applied or "",
		echo_of=row.echo_of or None,
		signed_with=row.signed_with or None,
	)


def _earlier(facts: Any, by: timedelta) -> dict[str, Any]:
	"""Return the facts of a link with the times of what is pending moved back."""
	pending = facts["pending"]
	moved = {name: (datetime.fromisoformat(pending[name]) - by).isoformat() for name in ("sent_at", "until")}
	return {**facts, "pending": {**pending, **moved}}
