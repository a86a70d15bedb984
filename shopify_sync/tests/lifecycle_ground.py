"""The lifecycle table's ground on a real site: ERPNext's documents, its General Ledger and its Payment Ledger.

Accounts, warehouses and Items are made once and stay; each role has an account of its own, so that sums can be told apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from decimal import Decimal
from typing import Any

import frappe
from frappe.realtime import clear_realtime_log

from shopify_sync.contract_suite.bench import DocumentView, EventView
from shopify_sync.contract_suite.lifecycle.ground import DOCTYPES
from shopify_sync.contract_suite.lifecycle.order import MAIN, SECOND
from shopify_sync.contract_suite.lifecycle.steps import Delivery
from shopify_sync.contract_suite.lifecycle.wares import (
	BATCHED,
	CARD,
	COSTS,
	CUSTOM,
	DISABLED,
	PASSER_BY,
	SIX,
	TEE,
	TIP,
)
from shopify_sync.core.events import Action
from shopify_sync.core.operations import Refused
from shopify_sync.core.statuses import Status
from shopify_sync.erpnext_host.event_log import FrappeEventLog

from . import clearing, site
from .suite_bench import event_view

_CENT = Decimal("0.01")
_WAREHOUSES = {MAIN: "Lifecycle Main", SECOND: "Lifecycle Second"}
_EMPTY = "Lifecycle Empty"
#: role → (root type, account type, currency); what ERPNext's company names itself is not made.
_ACCOUNTS = {
	"tips": ("Income", "Income Account", None),
	"shipping": ("Income", "Income Account", None),
	"tax": ("Liability", "Tax", None),
	"city_tax": ("Liability", "Tax", None),
	"duty": ("Liability", "Tax", None),
	"gift_card": ("Liability", "", None),
	"adjustment": ("Expense", "Expense Account", None),
	"rounding": ("Expense", "Expense Account", None),
	"fees": ("Expense", "Expense Account", None),
	"clearing": ("Asset", "Bank", None),
	"paypal": ("Asset", "Bank", None),
	"bank": ("Asset", "Bank", None),
	"cash": ("Asset", "Cash", None),
	"twint": ("Asset", "Bank", "CHF"),
}
_COMPANY_ACCOUNTS = {
	"receivable": "default_receivable_account",
	"income": "default_income_account",
	"cogs": "default_expense_account",
	"stock": "default_inventory_account",
}
_WAITING = (Status.RECEIVED, Status.RETRYING, Status.BLOCKED, Status.HELD, Status.CONFLICT, Status.DEAD_LETTER)
#: Pieces of each Item that lie in each warehouse before the first order; more is put in when it runs low.
_STOCK = 1_000_000
_RATES = {"CHF": 1.25, "KRW": 0.0008}
_OPENING = "2026-11-01"


class SiteGround:
	"""Implements contract_suite.lifecycle.ground.Ground."""

	store, has_ledger = "life", True

	def __init__(self) -> None:
		clearing.begin()
		self._company = frappe.get_doc("Company", site.company())
		self._accounts = {role: self._company.get(field) for role, field in _COMPANY_ACCOUNTS.items()}
		self._accounts |= {role: self._make_account(role, *kind) for role, kind in _ACCOUNTS.items()}
		self._roles = {account: role for role, account in self._accounts.items()}
		self._warehouses = {place: _warehouse(name) for place, name in _WAREHOUSES.items()}
		self._settings: Mapping[str, Any] | None = None
		_make_currencies()
		self._make_items()
		_make_passer_by()
		site.make_store(self.store)
		self._map_six()
		frappe.db.commit()

	def account(self, role: str) -> str:
		return self._accounts[role]

	def warehouse(self, location_id: str) -> str:
		return self._warehouses[location_id]

	def open(self, settings: Mapping[str, Any]) -> None:
		self.forget_moves()
		if settings != self._settings:
			frappe.db.rollback()
			frappe.db.delete("Sync Event", {"store": self.store, "status": ("in", _WAITING)})
			doc = frappe.get_doc("Shopify Store", self.store)
			doc.update({"guest_policy": "One Customer per e-mail", **_as_fields(settings)})
			doc.save(ignore_permissions=True)
			frappe.db.commit()
			self._settings = settings

	def forget_moves(self) -> None:
		"""Have the stock as it was before the first order: each delivery would have those of all others, of the same days, valued anew."""
		clear_realtime_log()
		clearing.forget_moves(list(self._warehouses.values()), keep=("Stock Entry",))
		frappe.db.commit()

	def deliver(self, delivery: Delivery, webhook_id: str) -> None:
		headers = {"X_Shopify_Triggered_At": delivery.triggered_at} if delivery.triggered_at else {}
		answer = site.deliver(dict(delivery.payload), delivery.topic, webhook_id=webhook_id, store=self.store, **headers)
		assert answer.status == 200, f"{delivery.topic} was answered {answer.status}"

	def drain(self) -> None:
		site.drain()

	def event(self, name: str) -> EventView:
		return event_view(site.event(name))

	def replay(self, names: Sequence[str]) -> None:
		for name in dict.fromkeys(names):
			try:
				FrappeEventLog().retry(name, "Administrator", action=Action.REPLAY)
			except Refused:
				continue
		site.drain()

	def documents(self, order_id: int) -> list[DocumentView]:
		frappe.db.rollback()
		key = f"{self.store}/order/{order_id}"
		found = []
		for doctype in DOCTYPES:
			filters = [["shopify_key", "=", key], ["shopify_key", "like", f"{key}/%"]]
			for name in frappe.get_all(doctype, or_filters=filters, pluck="name", order_by="name"):
				doc = frappe.get_doc(doctype, name)
				found.append(DocumentView(doctype, name, doc.shopify_key, int(doc.docstatus), doc.as_dict()))
		return found

	def books(self, documents: Sequence[DocumentView]) -> dict[str, Decimal]:
		names = [view.name for view in documents]
		if not names:
			return {}
		entry = frappe.qb.DocType("GL Entry")
		rows = (
			frappe.qb.from_(entry)
			.select(entry.account, entry.debit, entry.credit)
			.where(entry.voucher_no.isin(names) & entry.voucher_type.isin(DOCTYPES) & (entry.is_cancelled == 0))
			.run()
		)
		sums: dict[str, Decimal] = {}
		for account, debit, credit in rows:
			role = self._roles.get(account, account)
			sums[role] = sums.get(role, Decimal(0)) + _money(debit) - _money(credit)
		return {role: amount for role, amount in sums.items() if amount}

	def outstanding(self, document: DocumentView) -> Decimal:
		entry = frappe.qb.DocType("Payment Ledger Entry")
		rows = (
			frappe.qb.from_(entry)
			.select(entry.amount_in_account_currency)
			.where((entry.against_voucher_no == document.name) & (entry.delinked == 0))
			.run()
		)
		found = sum((_money(amount) for (amount,) in rows), Decimal(0))
		kept = _money(document.values["outstanding_amount"])
		assert found == kept, f"{document.name}: the Payment Ledger says {found}, the invoice {kept}"
		return found

	def put_in_the_way(self, circumstance: str, order_id: int) -> AbstractContextManager[None]:
		key = f"{self.store}/order/{order_id}"
		return {
			"closed period": _closed_period,
			"frozen accounts": _frozen_accounts,
			"frozen customer": lambda: _customer_with(key, is_frozen=1),
			"credit limit": lambda: _credit_limit(key),
			"no stock": self._without_stock,
			"order cancelled by hand": lambda: _cancelled_by_hand(key),
		}[circumstance]()

	@contextmanager
	def _without_stock(self) -> Iterator[None]:
		self._map_main_to(_warehouse(_EMPTY))
		yield
		self._map_main_to(self._warehouses[MAIN])

	def _map_main_to(self, warehouse: str) -> None:
		doc = frappe.get_doc("Shopify Store", self.store)
		row = next(row for row in doc.location_mapping if row.location_id == MAIN)
		row.warehouse = warehouse
		doc.save(ignore_permissions=True)
		frappe.db.commit()

	def _make_account(self, role: str, root_type: str, account_type: str, currency: str | None) -> str:
		title = f"Lifecycle {role.replace('_', ' ').title()}"
		name = f"{title} - {self._company.abbr}"
		if not frappe.db.exists("Account", name):
			groups = {"company": self._company.name, "root_type": root_type, "is_group": 1}
			parent = frappe.db.get_value("Account", {**groups, "account_type": account_type}) if account_type else None
			parent = parent or frappe.db.get_value("Account", {**groups, "parent_account": ("is", "set")}, order_by="lft desc")
			values = {"account_name": title, "company": self._company.name, "parent_account": parent}
			values |= {"account_type": account_type, "account_currency": currency or self._company.default_currency}
			frappe.get_doc({"doctype": "Account", **values}).insert(ignore_permissions=True)
		return name

	def _make_items(self) -> None:
		for item, cost in COSTS.items():
			site.make_item(item, valuation_rate=float(cost))
			for warehouse in self._warehouses.values():
				_stock_up(item, warehouse, float(cost))
		for item in (CUSTOM, CARD):
			site.make_item(item, is_stock_item=0)
		tips = [{"company": self._company.name, "income_account": self._accounts["tips"]}]
		site.make_item(TIP, is_stock_item=0, item_defaults=tips)
		site.make_item(BATCHED, has_batch_no=1)
		site.make_item(DISABLED, disabled=1)

	def _map_six(self) -> None:
		link = frappe.new_doc("Shopify Link")
		link.update({"store": self.store, "resource_type": "sku", "shopify_id": SIX, "uom_factor": 6})
		link.update({"document_type": "Item", "document_name": TEE})
		link.insert(ignore_permissions=True)


def _as_fields(settings: Mapping[str, Any]) -> dict[str, Any]:
	"""Return the settings in the words of Shopify Store."""
	found = dict(settings)
	found["location_mapping"] = found.pop("locations")
	found["tax_mapping"] = [
		{"tax_title": row["title"], "tax_rate": row["rate"], "account": row["account"]} for row in found.pop("tax_rules")
	]
	found["shipping_mapping"] = [{"shipping_title": title, "account": account} for title, account in found.pop("shipping_rules")]
	found["gateway_mapping"] = found.pop("gateway_rules")
	found["order_state_rules"] = [_state_rule(rule) for rule in found.pop("state_rules")]
	found["field_mapping"] = [{"source": source, "sales_order_field": field} for source, field in found.pop("field_rules")]
	return found


def _state_rule(rule: Mapping[str, Any]) -> dict[str, Any]:
	cancelled = rule.get("cancelled")
	return {
		"outcome": rule["outcome"],
		"financial_status": rule.get("financial_status") or "",
		"fulfillment_status": rule.get("fulfillment_status") or "",
		"cancelled": "" if cancelled is None else ("Yes" if cancelled else "No"),
		"make_invoice": int(rule.get("invoice", False)),
		"make_payments": int(rule.get("payment", False)),
		"make_deliveries": int(rule.get("delivery", False)),
		"priority": rule.get("priority", 0),
	}


def _money(amount: Any) -> Decimal:
	return Decimal(str(amount or 0)).quantize(_CENT)


def _warehouse(name: str) -> str:
	full = f"{name} - {frappe.db.get_value('Company', site.company(), 'abbr')}"
	if not frappe.db.exists("Warehouse", full):
		frappe.get_doc({"doctype": "Warehouse", "warehouse_name": name, "company": site.company()}).insert(
			ignore_permissions=True
		)
	return full


def _stock_up(item: str, warehouse: str, cost: float) -> None:
	there = frappe.db.get_value("Bin", {"item_code": item, "warehouse": warehouse}, "actual_qty") or 0
	if there > _STOCK / 2:
		return
	doc = frappe.get_doc({"doctype": "Stock Entry", "stock_entry_type": "Material Receipt", "company": site.company()})
	doc.update({"set_posting_time": 1, "posting_date": _OPENING, "posting_time": "08:00:00"})
	doc.append("items", {"item_code": item, "qty": _STOCK, "t_warehouse": warehouse, "basic_rate": cost})
	doc.insert(ignore_permissions=True)
	doc.submit()


def _make_currencies() -> None:
	for currency, rate in _RATES.items():
		frappe.db.set_value("Currency", currency, "enabled", 1)
		where = {"from_currency": currency, "to_currency": "USD", "date": _OPENING}
		if not frappe.db.exists("Currency Exchange", where):
			values = {"exchange_rate": rate, "for_selling": 1, "for_buying": 1}
			frappe.get_doc({"doctype": "Currency Exchange", **values, **where}).insert(ignore_permissions=True)


def _make_passer_by() -> None:
	if not frappe.db.exists("Customer", PASSER_BY):
		group = frappe.db.get_value("Customer Group", {"is_group": 0})
		territory = frappe.db.get_value("Territory", {"is_group": 0})
		values = {"customer_name": PASSER_BY, "customer_group": group, "territory": territory}
		frappe.get_doc({"doctype": "Customer", **values}).insert(ignore_permissions=True)


@contextmanager
def _closed_period() -> Iterator[None]:
	doc = frappe.get_doc({"doctype": "Accounting Period", "period_name": "Lifecycle", "company": site.company()})
	doc.update({"start_date": "2026-11-01", "end_date": "2026-11-30"})
	for kind in ("Sales Invoice", "Payment Entry", "Delivery Note"):
		doc.append("closed_documents", {"document_type": kind, "closed": 1})
	doc.insert(ignore_permissions=True)
	frappe.db.commit()
	yield
	frappe.db.rollback()
	doc.delete(ignore_permissions=True)
	frappe.db.commit()


@contextmanager
def _frozen_accounts() -> Iterator[None]:
	# Version 16 keeps the date on the company.
	on_company = frappe.get_meta("Company").has_field("accounts_frozen_till_date")
	where = (
		("Company", site.company(), "accounts_frozen_till_date")
		if on_company
		else ("Accounts Settings", "Accounts Settings", "acc_frozen_upto")
	)
	_set(*where, "2026-11-30")
	yield
	_set(*where, None)


@contextmanager
def _customer_with(key: str, **values: Any) -> Iterator[None]:
	customer = frappe.db.get_value("Sales Order", {"shopify_key": key}, "customer")
	for field, value in values.items():
		_set("Customer", customer, field, value)
	yield


def _set(doctype: str, name: str, field: str, value: Any) -> None:
	frappe.db.rollback()
	frappe.db.set_value(doctype, name, field, value)
	frappe.db.commit()
	frappe.clear_cache()


@contextmanager
def _credit_limit(key: str) -> Iterator[None]:
	doc = frappe.get_doc("Customer", frappe.db.get_value("Sales Order", {"shopify_key": key}, "customer"))
	doc.append("credit_limits", {"company": site.company(), "credit_limit": 1, "bypass_credit_limit_check": 1})
	# ERPNext looks at it when a Sales Order is submitted, and at what follows only where that was bypassed. It refuses a limit
	# below what is open already; that is what is wanted here.
	doc.flags.ignore_validate = True
	doc.save(ignore_permissions=True)
	frappe.db.commit()
	yield


@contextmanager
def _cancelled_by_hand(key: str) -> Iterator[None]:
	frappe.get_doc("Sales Order", {"shopify_key": key}).cancel()
	frappe.db.commit()
	yield
