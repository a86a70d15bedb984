"""A site as operators and ERPNext's users see it. Implements simulation/target.py `Target` with Frappe's own means."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

import frappe
from erpnext.stock.doctype.stock_reconciliation.stock_reconciliation import (
	EmptyStockReconciliationItemsError,
	get_difference_account,
)

from shopify_sync.core import keys
from shopify_sync.core.contracts.base import parse_json
from shopify_sync.core.engine import Engine
from shopify_sync.core.events import Action, NewEvent
from shopify_sync.core.failures import Failure
from shopify_sync.core.holds import Scope
from shopify_sync.core.operations import OperatorAction, Refused
from shopify_sync.core.receiving import receive
from shopify_sync.core.signals import Signal
from shopify_sync.core.statuses import Status
from shopify_sync.erpnext_host import times
from shopify_sync.erpnext_host import wake as waking
from shopify_sync.erpnext_host.errors import is_contention
from shopify_sync.erpnext_host.event_log import FrappeEventLog
from shopify_sync.erpnext_host.host import FrappeHost
from shopify_sync.erpnext_host.operations import starting, targets

from ..facts import Facts
from ..target import StoreSetUp
from . import tables
from .ground import Ground, make_item
from .workers import Crew

_USER = "Administrator"
#: How often somebody presses Save again when another had the document at the same moment.
_PATIENCE = 8
#: Settings that the doctype calls by the same name.
_SAME_NAME = frozenset(("mode", "client_secret", "previous_client_secret", "order_prefix", "max_attempts"))
#: Where ERPNext keeps a Contact's number: in a child table, in the row that is marked.
_PHONES, _PRIMARY = "phone_nos", "is_primary_mobile_no"
T = TypeVar("T")


class SiteTarget:
	"""The site's side of a story.

	:param crew: the RQ workers. :param on_outage: called with the script time for which the server is gone.
	"""

	def __init__(self, ground: Ground, stores: Sequence[StoreSetUp], crew: Crew, on_outage: Callable[[float], None]) -> None:
		self._ground = ground
		self._crew = crew
		self._on_outage = on_outage
		self._settings: dict[str, dict[str, Any]] = {}
		for one in stores:
			self._settings[one.name] = {**one.settings, "mode": "Live", "client_secret": one.secret}
			self._make_store(one)

	@property
	def stores(self) -> tuple[str, ...]:
		"""The names of the run's stores."""
		return tuple(self._settings)

	def _make_store(self, store: StoreSetUp) -> None:
		ground = self._ground
		doc = frappe.new_doc("Shopify Store")
		doc.update(
			{
				"store_name": store.name,
				"shop_domain": store.shop_domain,
				"company": ground.company,
				"customer_group": ground.customer_group,
				"territory": ground.territory,
				"selling_price_list": ground.price_list,
				"default_warehouse": ground.warehouse("Elsewhere - SIM"),
				"tax_category": "Shopify",
				**self._fields(self._settings[store.name]),
				# Names of documents are unique on the site, whose earlier runs may have left some.
				"order_prefix": f"{store.name}-",
				"invoice_prefix": f"{store.name}-I",
				"credit_note_prefix": f"{store.name}-C",
				"payment_prefix": f"{store.name}-P",
				"delivery_prefix": f"{store.name}-D",
				"adjustment_account": ground.adjustments,
			}
		)
		doc.insert(ignore_permissions=True)
		frappe.db.commit()

	def _fields(self, settings: Mapping[str, Any]) -> dict[str, Any]:
		"""Return settings of core/policy.py as the fields and rows of Shopify Store."""
		account = self._ground.account
		fields: dict[str, Any] = {name: value for name, value in settings.items() if name in _SAME_NAME}
		if "tax_rules" in settings:
			fields["tax_mapping"] = [
				{"tax_title": row["title"], "rate": row["rate"] or 0, "account": account} for row in settings["tax_rules"]
			]
		if "shipping_rules" in settings:
			fields["shipping_mapping"] = [
				{"shipping_title": title, "account": account} for title, _account in settings["shipping_rules"]
			]
		if "gateway_rules" in settings:
			fields["gateway_mapping"] = [
				{"gateway": row["gateway"], "account": self._ground.money} for row in settings["gateway_rules"]
			]
		if "locations" in settings:
			fields["location_mapping"] = [
				{**row, "warehouse": self._ground.warehouse(row["warehouse"]), "valuation_rule": "Item's rate"}
				for row in settings["locations"]
			]
		return fields

	def save_settings(self, store: str, **changes: Any) -> None:
		"""Change settings of a store, with everything that saving sets off."""

		def save() -> None:
			doc = frappe.get_doc("Shopify Store", store)
			doc.update(self._fields(changes))
			doc.save(ignore_permissions=True)

		_as_a_person(save)
		self._settings[store] |= changes

	def settings(self, store: str) -> Mapping[str, Any]:
		"""Return the store's settings as they stand."""
		return self._settings[store]

	def now(self) -> datetime:
		"""Return the time (UTC), which is not the story's."""
		return times.now()

	def hold(self, store: str, scope: str, what: str) -> None:
		"""Hold a flow, a topic or a resource of a store, as the button does."""
		self._operate(OperatorAction.HOLD, store, scope, what)

	def release(self, store: str, scope: str, what: str) -> None:
		"""Release what was held, as the button does."""
		self._operate(OperatorAction.RELEASE, store, scope, what)

	def _operate(self, action: OperatorAction, store: str, scope: str, what: str) -> None:
		frappe.db.rollback()
		about = {"link": what} if scope == Scope.RESOURCE else {"store": store, scope.lower(): what}
		person = starting.Person(_USER, may_set_up=True)
		starting.start(action, targets.parse(about), frappe.generate_hash(length=32), person, reason="Somebody looks at it")
		waking.wake()

	def add_item(self, item: str) -> None:
		"""Create an Item."""
		_as_a_person(lambda: make_item(item))

	def map_item(self, store: str, resource: str, shopify_id: str, item: str) -> None:
		"""Point a Shopify Link at an Item."""
		name = keys.key(store, resource, shopify_id)

		def save() -> None:
			link = (
				frappe.get_doc("Shopify Link", name) if frappe.db.exists("Shopify Link", name) else frappe.new_doc("Shopify Link")
			)
			link.update({"store": store, "resource_type": resource, "shopify_id": shopify_id})
			link.update({"document_type": "Item", "document_name": item})
			link.save(ignore_permissions=True)

		_as_a_person(save)

	def events_in(self, store: str, statuses: Sequence[Status]) -> list[str]:
		"""Return the store's events in *statuses*, oldest first."""
		frappe.db.rollback()
		filters = {"store": store, "status": ("in", [str(status) for status in statuses])}
		return frappe.get_all("Sync Event", filters=filters, pluck="name", order_by="received_at, name")

	def retry(self, event: str) -> None:
		"""Press Retry."""
		FrappeEventLog().retry(event, _USER)
		waking.wake()

	def replay(self, event: str) -> None:
		"""Press Replay."""
		FrappeEventLog().retry(event, _USER, action=Action.REPLAY)
		waking.wake()

	def discard(self, event: str) -> None:
		"""Press Discard."""
		FrappeEventLog().discard(event, _USER, "carried over by hand")

	def edit(self, doctype: str, key: str, field: str, value: str) -> bool:
		"""Change a field as ERPNext's user does."""

		def save() -> bool:
			name = frappe.db.get_value(doctype, {"shopify_key": key})
			if not name:
				return False
			doc = frappe.get_doc(doctype, name)
			if field == "mobile_no":
				_set_phone(doc, value)
			else:
				doc.set(field, value)
			doc.save(ignore_permissions=True)
			return True

		return _as_a_person(save)

	def cancel_sales_order(self, key: str) -> bool:
		"""Cancel a Sales Order by hand."""

		def cancel() -> bool:
			name = frappe.db.get_value("Sales Order", {"shopify_key": key, "docstatus": 1})
			if not name:
				return False
			doc = frappe.get_doc("Sales Order", name)
			doc.flags.ignore_permissions = True
			doc.cancel()
			return True

		return _as_a_person(cancel)

	def count_stock(self, item: str, warehouse: str, quantity: Decimal) -> None:
		"""Bring a Bin to a quantity by a Stock Reconciliation, unless it is there."""
		place = self._ground.warehouse(warehouse)

		def count() -> None:
			held = frappe.db.get_value("Bin", {"item_code": item, "warehouse": place}, "actual_qty") or 0
			if Decimal(str(held)) != quantity:
				_reconcile_stock(self._ground.company, item, place, quantity)

		_as_a_person(count)

	def deliver(self, headers: Mapping[str, str], body: bytes, *, wake: bool = True) -> int | None:
		"""Hand in a delivery as api/webhooks.py does; nobody answers while the server is down.

		:param wake: False when Redis is away at the moment.
		"""
		if self._crew.is_down:
			return None
		answer = receive(headers.items(), body, FrappeHost())
		if answer.wake and wake:
			waking.wake()
		return answer.status

	def record(self, event: NewEvent) -> None:
		"""Put a signal into the ledger that is no webhook."""
		# It comes in now, whatever the story's clock says: that is when it is due.
		FrappeEventLog().record(replace(event, received_at=times.now()))

	def outage(self, seconds: float) -> None:
		"""Kill every worker with its work horse; they are started again when *seconds* of the story have passed."""
		self._crew.kill_all()
		self._on_outage(seconds)

	def facts(self) -> Facts:
		"""Return what stands in the tables of the run's stores."""
		return tables.facts(self.stores, self._ground.warehouses)

	def would_still_fail(self, event: str) -> bool:
		"""Tell whether a Blocked event would fail again if it were tried now."""
		frappe.db.rollback()
		row = frappe.db.get_value("Sync Event", event, "*", as_dict=True)
		signal = Signal(row.name, row.store, row.resource_type, row.shopify_id, row.version, row.topic)
		decision = Engine(FrappeHost()).preview(signal, parse_json(row.payload))
		frappe.db.rollback()
		return isinstance(decision, Failure)


def _as_a_person(act: Callable[[], T]) -> T:
	"""Do something in the Desk: where somebody else had the document at the same moment, load it again and press Save once more."""
	for tries_left in reversed(range(_PATIENCE)):
		frappe.db.rollback()
		try:
			done = act()
			frappe.db.commit()
			return done
		except EmptyStockReconciliationItemsError:
			# Somebody counted the same just before.
			frappe.db.rollback()
			raise Refused("ERPNext holds this quantity already.") from None
		except Exception as error:
			frappe.db.rollback()
			if not tries_left or not is_contention(error):
				raise
			time.sleep(0.05)
	raise AssertionError("the last try returns or raises")


def _set_phone(contact: Any, number: str) -> None:
	primary = next((row for row in contact.get(_PHONES) if row.get(_PRIMARY)), None)
	if primary:
		primary.phone = number
	else:
		contact.append(_PHONES, {"phone": number, _PRIMARY: 1})


def _reconcile_stock(company: str, item: str, warehouse: str, quantity: Decimal) -> None:
	first = not frappe.db.exists("Stock Ledger Entry", {})
	doc = frappe.new_doc("Stock Reconciliation")
	doc.update({"company": company, "purpose": "Stock Reconciliation"})
	doc.append("items", {"item_code": item, "warehouse": warehouse, "qty": float(quantity), "valuation_rate": 10})
	doc.expense_account = get_difference_account("Opening Stock" if first else "Stock Reconciliation", company)
	doc.insert(ignore_permissions=True)
	doc.submit()
