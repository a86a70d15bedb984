"""Fixes that are one field of the store, a rate of an Item, or an exchange rate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import frappe
from frappe import _
from frappe.utils import today

from .fix import BadAnswer, Field, Fix, save
from .fix_rows import options, store_of

_ITEMS = ("custom_line_item", "tip_item", "gift_card_item")
_ACCOUNTS = ("duty_account", "adjustment_account", "rounding_account", "shipping_account", "default_tax_account")
_ONE_FOR_ALL = "One Customer for all guests"


# --- a field of the store ----------------------------------------------------------------------------------------


def _setting_fields(store: str, what: str) -> list[Field]:
	df = frappe.get_meta("Shopify Store").get_field(what)
	if df is None or what not in (*_ITEMS, *_ACCOUNTS, "guest_customer"):
		raise BadAnswer(_("Shopify Store has no setting {0} that can be set from here.").format(what))
	field = {
		"fieldname": what,
		"fieldtype": "Link",
		"options": df.options,
		"label": _(df.label),
		"reqd": 1,
		"description": _(df.description) if df.description else "",
		"filters": _filters(store, what),
	}
	if what == "guest_customer":
		return [field, _guest_policy()]
	return [field]


def _filters(store: str, what: str) -> dict[str, Any]:
	if what in _ITEMS:
		return {"disabled": 0, "has_variants": 0, "is_sales_item": 1}
	if what in _ACCOUNTS:
		return {"company": frappe.get_cached_value("Shopify Store", store, "company"), "is_group": 0, "disabled": 0}
	return {"disabled": 0}


def _guest_policy() -> Field:
	choices = [choice for choice in options("Shopify Store", "guest_policy").split("\n") if choice != "Hold"]
	return {
		"fieldname": "guest_policy",
		"fieldtype": "Select",
		"options": "\n".join(choices),
		"default": _ONE_FOR_ALL,
		"label": _("Guest Policy"),
		"reqd": 1,
		"description": _("One Customer per e-mail: this Customer is only for orders without an e-mail."),
	}


def _save_setting(store: str, what: str, values: Mapping[str, Any]) -> str:
	doc = store_of(store)
	doc.update(dict(values))
	save(doc)
	label = _(doc.meta.get_label(what))
	return _("{0} of {1} is {2}; the waiting events are tried again.").format(label, store, values[what])


def _setting_title(what: str) -> str:
	return _("Choose the {0} of the store").format(_(frappe.get_meta("Shopify Store").get_label(what)))


# --- what stock is worth -----------------------------------------------------------------------------------------


def _valuation_fields(store: str, what: str) -> list[Field]:
	asked: list[Field] = [
		{
			"fieldname": "valuation_rate",
			"fieldtype": "Currency",
			"label": _("Valuation Rate"),
			"reqd": 1,
			"description": _("What one {0} is worth, in the company's currency. It is saved in the Item.").format(what),
		}
	]
	if _rows_with_other_rules(frappe.get_cached_doc("Shopify Store", store)):
		asked.append(
			{
				"fieldname": "use_items_rate",
				"fieldtype": "Check",
				"label": _("Let all locations of the store use the Item's rate"),
				"description": _("Some have another Valuation Rule, which does not look at the Item."),
			}
		)
	return asked


def _rows_with_other_rules(doc: Any) -> list[Any]:
	return [row for row in doc.location_mapping if row.direction == "Shopify → ERPNext" and row.valuation_rule != "Item's rate"]


def _save_valuation(store: str, what: str, values: Mapping[str, Any]) -> str:
	if not frappe.db.exists("Item", what):
		raise BadAnswer(_("There is no Item {0}. Create it first.").format(what))
	item = frappe.get_doc("Item", what)
	item.valuation_rate = values["valuation_rate"]
	item.save()
	if values.get("use_items_rate"):
		doc = store_of(store)
		for row in _rows_with_other_rules(doc):
			row.valuation_rule = "Item's rate"
		save(doc)
	return _("Item {0} is worth {1}; the waiting events are tried again.").format(what, values["valuation_rate"])


# --- exchange rates ----------------------------------------------------------------------------------------------


def _exchange_fields(store: str, what: str) -> list[Field]:
	from_currency, to_currency = _currencies(what)
	return [
		{
			"fieldname": "exchange_rate",
			"fieldtype": "Float",
			"precision": 9,
			"label": _("Exchange Rate"),
			"reqd": 1,
			"description": _("How many {0} one {1} is.").format(to_currency, from_currency),
		},
		{
			"fieldname": "date",
			"fieldtype": "Date",
			"label": _("Valid From"),
			"reqd": 1,
			"default": str(_oldest_day(store, what)),
			"description": _("The day of the oldest order that waits, or an earlier one."),
		},
	]


def _currencies(what: str) -> tuple[str, str]:
	from_currency, _hyphen, to_currency = what.partition("-")
	return from_currency, to_currency


def _oldest_day(store: str, what: str) -> Any:
	missing = f"exchange_rate:{what}"
	rows = frappe.db.sql(
		"SELECT MIN(COALESCE(shopify_updated_at, received_at)) FROM `tabSync Event` WHERE missing = %s AND store = %s",
		(missing, store),
	)
	return rows[0][0].date() if rows and rows[0][0] else today()


def _save_exchange(store: str, what: str, values: Mapping[str, Any]) -> str:
	from_currency, to_currency = _currencies(what)
	key = {"date": values["date"], "from_currency": from_currency, "to_currency": to_currency}
	name = frappe.db.exists("Currency Exchange", key)
	doc = frappe.get_doc("Currency Exchange", name) if name else frappe.new_doc("Currency Exchange")
	doc.update({**key, "exchange_rate": values["exchange_rate"], "for_selling": 1, "for_buying": 1})
	doc.save()
	return _("One {0} is {1} {2} from {3} on; the waiting events are tried again.").format(
		from_currency, values["exchange_rate"], to_currency, values["date"]
	)


# --- where Shopify does not stock an item ------------------------------------------------------------------------


def _level_fields(store: str, what: str) -> list[Field]:
	return [
		{
			"fieldname": "not_stocked",
			"fieldtype": "Select",
			"options": options("Shopify Store", "not_stocked"),
			"default": "Stock it there",
			"label": _("Item Not Stocked at the Location"),
			"reqd": 1,
			"description": _("Stock it there: the store stocks the item at the location in Shopify, this one and all others."),
		}
	]


def _save_level(store: str, what: str, values: Mapping[str, Any]) -> str:
	doc = store_of(store)
	doc.not_stocked = values["not_stocked"]
	save(doc)
	return _("Items that Shopify does not stock at a location: {0}. The waiting events are tried again.").format(
		_(values["not_stocked"])
	)


FIXES: Mapping[str, Fix] = {
	"setting": Fix("setting", _setting_title, _setting_fields, _save_setting),
	"valuation": Fix(
		"valuation",
		lambda what: _("Say what Item {0} is worth").format(what),
		_valuation_fields,
		_save_valuation,
		writes="Item",
		helps=lambda what, answer: "valuation:" if answer.get("use_items_rate") else None,
	),
	"exchange_rate": Fix(
		"exchange_rate",
		lambda what: _("Enter the exchange rate from {0} to {1}").format(*_currencies(what)),
		_exchange_fields,
		_save_exchange,
		writes="Currency Exchange",
	),
	"level": Fix(
		"level",
		lambda what: _("Say what happens where Shopify does not stock an item"),
		_level_fields,
		_save_level,
		helps=lambda what, answer: "level:",
	),
}
