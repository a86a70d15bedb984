"""What a story takes for granted, found or made on a site: its company, accounts, warehouses, Items, currencies.

The story names things as the embedded host has them. Here stands what they are called on the site, both ways.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import frappe

from .. import shops
from ..story import StoreFacts

_ELSEWHERE = "Simulated Elsewhere"


class Ground:
	"""The site's own names for what the stories name. Makes what is missing, and leaves it: the next run needs it again.

	:param on: the day before the story begins.
	"""

	def __init__(self, stores: Iterable[StoreFacts], on: date) -> None:
		self.company = frappe.db.get_value("Company", {}, "name", order_by="creation")
		if not self.company:
			raise frappe.ValidationError("The site has no Company yet: finish its setup wizard first.")
		self.abbr, self.currency = frappe.db.get_value("Company", self.company, ["abbr", "default_currency"])
		self.account = self._account()
		self.money = self._leaf(account_type=("in", ("Bank", "Cash")))
		self.adjustments = self._leaf(
			root_type="Expense", account_type=("in", ("Expense Account", "Round Off", "Chargeable", ""))
		)
		self.customer_group = frappe.db.get_value("Customer Group", {"is_group": 0})
		self.territory = frappe.db.get_value("Territory", {"is_group": 0})
		self.price_list = self._price_list()
		self._warehouses = {"Elsewhere - SIM": self._warehouse(_ELSEWHERE)}
		for store in stores:
			self._warehouses[shops.warehouse(store)] = self._warehouse(shops.warehouse(store).removesuffix(" - SIM"))
			self._make_rate(store.currency, on)
		for item in shops.ITEMS:
			make_item(item)
		frappe.db.commit()

	def warehouse(self, name: str) -> str:
		"""Return the Warehouse that the story calls *name*."""
		return self._warehouses[name]

	@property
	def warehouses(self) -> Mapping[str, str]:
		"""What the site calls each warehouse → what the story calls it."""
		return {real: name for name, real in self._warehouses.items()}

	def _account(self) -> str:
		return frappe.db.get_value(
			"Account", {"company": self.company, "account_type": "Tax", "is_group": 0}
		) or frappe.db.get_value(
			"Account", {"company": self.company, "root_type": "Liability", "is_group": 0, "account_type": ("is", "not set")}
		)

	def _leaf(self, **what: Any) -> str:
		"""Return an account of the company that can be posted on."""
		found = {"company": self.company, "is_group": 0, "disabled": 0, "account_currency": self.currency}
		return frappe.db.get_value("Account", {**found, **what}, order_by="creation")

	def _price_list(self) -> str:
		enabled = {"selling": 1, "enabled": 1}
		in_currency = frappe.db.get_value("Price List", {**enabled, "currency": self.currency})
		return str(in_currency or frappe.db.get_value("Price List", enabled))

	def _warehouse(self, name: str) -> str:
		full = f"{name} - {self.abbr}"
		if not frappe.db.exists("Warehouse", full):
			values = {"doctype": "Warehouse", "warehouse_name": name, "company": self.company}
			frappe.get_doc(values).insert(ignore_permissions=True)
		return full

	def _make_rate(self, currency: str, on: date) -> None:
		frappe.db.set_value("Currency", currency, "enabled", 1)
		if currency == self.currency:
			return
		known = {"from_currency": currency, "to_currency": self.currency, "for_selling": 1, "date": ("<=", on)}
		if not frappe.db.exists("Currency Exchange", known):
			rate = shops.RATES.get(f"{currency}-{self.currency}", "1.5")
			values = {
				**known,
				"doctype": "Currency Exchange",
				"date": str(on),
				"exchange_rate": float(rate),
				"for_buying": 1,
			}
			frappe.get_doc(values).insert(ignore_permissions=True)


def make_item(code: str) -> None:
	"""Make sure that an Item exists; what saving one sets off is set off."""
	if frappe.db.exists("Item", code):
		return
	values: dict[str, Any] = {
		"doctype": "Item",
		"item_code": code,
		"item_name": code,
		"item_group": frappe.db.get_value("Item Group", {"is_group": 0}),
		"stock_uom": "Nos",
		"valuation_rate": 10,
	}
	frappe.get_doc(values).insert(ignore_permissions=True)
