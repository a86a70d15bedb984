"""A store as an operator finds it on a bad morning: what browser tests and screenshots stand on.

Everything comes the real way, as signed deliveries that are received and carried out; nothing is written into the ledger by hand.
The shop behind the store is simulated, on 127.0.0.1, for as long as the process lives. See seeds_failures.py for what is wrong.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from typing import Any

import frappe
from frappe.installer import update_site_config
from frappe.utils import add_days, nowdate

from shopify_sync.core.topics import topics_needed
from shopify_sync.erpnext_host import policies
from shopify_sync.erpnext_host.reconciliation.host import FrappeReconcileHost
from shopify_sync.simulation.site.ledger import _remove, remove_documents
from shopify_sync.simulator.http.store import Store
from shopify_sync.simulator.shop.records import Address

from . import clearing, payloads, site
from .vouchers import receive

STORE = "north-store"
#: Sold everywhere, with stock in the store's warehouse.
TEE, MUG = "NS-TEE-M", "NS-MUG"
WAREHOUSE = "North Store"
#: How the keys of what was put into it begin.
_STOCK = "north-stock"
#: How often the clean-up begins again when a worker is in the way.
_TURNS = 6
#: What belongs to a store and goes with it.
_OF_A_STORE = (
	"Sync Event", "Shopify Link", "Sync Conflict", "Sync Operation", "Sync Hold", "Sync Alert", "Sync Discrepancy",
	"Reconciliation Run", "Shopify Backfill", "Shopify API Call", "Shopify Connection",
)  # fmt: skip
_SHOPS = "shopify_sync_shops"
#: Made up, and none of them is like another: the sync finds a customer by name.
_PEOPLE = tuple(
	itertools.product(
		("Ada", "Mina", "Joan", "Omar", "Lena", "Ravi", "Tove", "Hugo"),
		("Lindqvist", "Okafor", "Marsh", "Sato", "Byrne", "Costa"),
	)
)


class Ground:
	"""The store, its shop, and what is delivered to it."""

	def __init__(self, shops: Store) -> None:
		self.served = shops.open(STORE)
		self.shop = self.served.shop
		self.address = shops.address(STORE)
		self._numbers = itertools.count(1001)
		self._people = itertools.cycle(_PEOPLE)
		with self.served.lock, self.shop.silently():
			home = Address(
				first_name="", last_name="", address1="1 Quay Road", city="Springfield", zip="12345", country="United States",
				country_code="US", province="Kentucky", province_code="KY",
			)  # fmt: skip
			self.places = [self.shop.locations.create(title, address=home).id for title in ("Shop", "Pop-up")]

	def make_store(self, **values: Any) -> Any:
		"""Make the store anew, with most of it mapped; commits."""
		warehouse = make_warehouse(WAREHOUSE)
		rules = [
			{"financial_status": status, "outcome": "Submitted", **_MAKES} for status in ("pending", "paid", "partially_paid")
		]
		inward = {"direction": "Shopify → ERPNext", "valuation_rule": "Fixed rate", "fixed_rate": 7}
		defaults = {
			"shop_domain": self.shop.domain,
			"sign_in_by": "Access token",
			"access_token": self.served.token,
			"order_prefix": "NS-",
			"invoice_prefix": "NS-INV-",
			"credit_note_prefix": "NS-CN-",
			"payment_prefix": "NS-PAY-",
			"delivery_prefix": "NS-DN-",
			"default_warehouse": warehouse,
			"default_tax_account": None,
			"shipping_account": None,
			"order_state_rules": rules,
			"gateway_mapping": [{"gateway": "manual", "mode_of_payment": "Cash", "account": _cash()}],
			"location_mapping": [{"location_id": self.places[0], "warehouse": warehouse, **inward}],
		}
		for item in (TEE, MUG):
			site.make_item(item, is_stock_item=1, valuation_rate=7)
			_stock_up(item, warehouse)
		return site.make_store(STORE, **{**defaults, **values})

	def subscribe(self) -> None:
		"""Have the shop subscribed to what the store needs: nothing is missing."""
		address = FrappeReconcileHost().webhook_address(STORE)
		with self.served.lock, self.shop.silently():
			for topic in topics_needed(policies.policy(STORE)):
				self.shop.subscriptions.create(topic, address)

	def deliver(self, topic: str, payload: Mapping[str, Any] | bytes) -> str:
		"""Deliver a webhook as Shopify does; return the event's name. Nobody has carried it out yet."""
		name = frappe.generate_hash(length=20)
		body = payload if isinstance(payload, bytes) else dict(payload)
		answer = site.deliver(body, topic, webhook_id=name, store=STORE, X_Shopify_Shop_Domain=self.shop.domain)
		assert answer.status == 200, answer
		return name

	def order(self, lines: Sequence[Mapping[str, Any]] | None = None, **values: Any) -> dict[str, Any]:
		"""Return the next order of the shop: one piece of the Item TEE, as long as nothing else is said."""
		number = site.fresh_id()
		at = ago(hours=2)
		made = {"created_at": at, "processed_at": at, "updated_at": at}
		person = values.pop("customer", None) or self.person(number)
		rows = [dict(row) for row in lines] if lines else [payloads.line(number + 1, TEE, "20.00")]
		named = {"first_name": person["first_name"], "last_name": person["last_name"]}
		home = payloads.address(number % 90, **named)
		people = {"email": person["email"], "customer": person, "billing_address": home, "shipping_address": home}
		return payloads.order(number, rows, name=f"#{next(self._numbers)}", **{**made, **people, **values})

	def untold_order(self) -> str:
		"""Have an order placed that nobody tells the site of: what a reconciliation finds. Return its name."""
		with self.served.lock, self.shop.silently():
			variants = [{"sku": TEE, "price": "20.00", "taxable": False, "quantities": {self.places[0]: 100}}]
			variant = self.shop.products.create("T-shirt", variants).variants[0].id
			self.shop.next_order_number = next(self._numbers)
			return self.shop.orders.place([{"variant_id": variant, "quantity": 1}], email=self.person()["email"]).name

	def person(self, number: int | None = None, **values: Any) -> dict[str, Any]:
		"""Return a customer of the shop."""
		first, last = next(self._people)
		number = number or site.fresh_id()
		names = {"first_name": first, "last_name": last, "email": f"{first}.{last}.{number}@example.com".lower()}
		return payloads.customer(number, **{"updated_at": ago(hours=2), **names, **values})

	def sent(self, order: Mapping[str, Any], place: str, at: str) -> dict[str, Any]:
		"""Return the order as it is once all of it was sent from a location."""
		parcel = {
			"id": int(order["id"]) + 3,
			"status": "success",
			"created_at": at,
			"location_id": int(place),
			"line_items": [{"id": line["id"], "quantity": line["quantity"]} for line in order["line_items"]],
		}
		return {**order, "fulfillment_status": "fulfilled", "fulfillments": [parcel]}


_MAKES = {"priority": 10, "make_invoice": 1, "make_payments": 1, "make_deliveries": 1}


@contextmanager
def ground() -> Iterator[Ground]:
	"""Open the shop, make the store, and remove everything at the end, what an earlier run left at the beginning."""
	clear()
	with Store.running(hold_seconds=1.0) as shops:
		made = Ground(shops)
		shops_before = frappe.conf.get(_SHOPS) or {}
		# What serves the Desk and what works in the background are processes of their own: they read it here.
		update_site_config(_SHOPS, {**shops_before, made.shop.domain: made.address})
		frappe.conf[_SHOPS] = {**shops_before, made.shop.domain: made.address}
		try:
			made.make_store()
			made.subscribe()
			yield made
		finally:
			frappe.conf[_SHOPS] = shops_before
			update_site_config(_SHOPS, shops_before or "None")
			clear()


def clear(*, stock: bool = True) -> None:
	"""Remove the store, what was made for it and what it recorded; commits. A worker may be busy with it.

	:param stock: also what lies in its warehouse.
	"""
	for turn in range(_TURNS):
		try:
			return _clear(stock)
		except (frappe.QueryDeadlockError, frappe.QueryTimeoutError):
			if turn == _TURNS - 1:
				raise
			time.sleep(1)


def _clear(stock: bool) -> None:
	frappe.db.rollback()
	frappe.set_user("Administrator")
	events = frappe.get_all("Sync Event", {"store": STORE}, pluck="name")
	for first in range(0, len(events), 500):
		frappe.db.delete("Sync Attempt", {"event": ("in", events[first : first + 500])})
	runs = frappe.get_all("Reconciliation Run", {"store": STORE}, pluck="name")
	if runs:
		frappe.db.delete("Reconciliation Figure", {"parent": ("in", runs)})
	for doctype in _OF_A_STORE:
		if frappe.db.exists("DocType", doctype):
			frappe.db.delete(doctype, {"store": STORE})
	frappe.db.delete("Currency Exchange", {"from_currency": CURRENCY})
	for period in frappe.get_all("Accounting Period", {"period_name": ("like", f"{PERIOD}%")}, pluck="name"):
		frappe.delete_doc("Accounting Period", period, force=True)
	_remove("Stock Reconciliation", frappe.get_all("Stock Reconciliation", {"shopify_key": ("like", f"{STORE}/%")}, pluck="name"))
	remove_documents(STORE)
	if stock:
		remove_documents(_STOCK)
	abbr = frappe.db.get_value("Company", site.company(), "abbr")
	clearing.forget_moves([f"{WAREHOUSE} - {abbr}"], () if stock else ("Stock Entry",))
	if frappe.db.exists("Shopify Store", STORE):
		frappe.delete_doc("Shopify Store", STORE, force=True)
	frappe.db.commit()


#: A currency for which no site has a rate.
CURRENCY = "ISK"
#: How the Accounting Period is called that is closed.
PERIOD = "North Store closed"


def ago(days: float = 0, hours: float = 0, minutes: float = 0) -> str:
	"""Return a time gone by, as Shopify writes it."""
	return (datetime.now(timezone.utc) - timedelta(days=days, hours=hours, minutes=minutes)).isoformat(timespec="seconds")


def make_warehouse(title: str) -> str:
	"""Make sure that a warehouse exists; return its name."""
	abbr = frappe.db.get_value("Company", site.company(), "abbr")
	if not frappe.db.exists("Warehouse", f"{title} - {abbr}"):
		values = {"doctype": "Warehouse", "warehouse_name": title, "company": site.company()}
		frappe.get_doc(values).insert(ignore_permissions=True)
		frappe.db.commit()
	return f"{title} - {abbr}"


def _stock_up(item: str, warehouse: str) -> None:
	if frappe.db.exists("Stock Entry", {"shopify_key": f"{_STOCK}/stock/{item}"}):
		return
	entry = receive(
		item, warehouse, 500, posting_date=add_days(nowdate(), -40), posting_time="08:00:00", set_posting_time=1,
		shopify_key=f"{_STOCK}/stock/{item}",
	)  # fmt: skip
	assert entry.docstatus == 1
	frappe.db.commit()


def _cash() -> str:
	filters = {"company": site.company(), "account_type": "Cash", "is_group": 0, "account_name": ("not like", "%EUR%")}
	return str(frappe.db.get_value("Account", filters))
