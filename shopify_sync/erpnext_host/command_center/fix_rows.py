"""Fixes that are a row in one of the store's tables: taxes, shipping, locations, gateways, rules for states of an order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import frappe
from frappe import _
from frappe.utils import flt

from .fix import BadAnswer, Field, Fix, save

#: A rule that is made for one combination goes before those for many.
PRIORITY_OF_ADDED_RULE = 50
_MONEY = {
	"root_type": ["in", ["Asset", "Liability"]],
	"account_type": ["in", ["", "Bank", "Cash", "Current Asset", "Current Liability"]],
}
_MAKES = "eval:['Submitted', 'Closed', 'Cancelled'].includes(doc.outcome)"


def store_of(name: str) -> Any:
	"""Return a Shopify Store to change."""
	return frappe.get_doc("Shopify Store", name)


def account(store: str, fieldname: str, label: str, filters: Mapping[str, Any], **more: Any) -> Field:
	"""Return a field that asks for an account of the store's company."""
	company = frappe.get_cached_value("Shopify Store", store, "company")
	return {
		"fieldname": fieldname,
		"fieldtype": "Link",
		"options": "Account",
		"label": label,
		"filters": {"company": company, "is_group": 0, "disabled": 0, **filters},
		**more,
	}


def options(doctype: str, fieldname: str) -> str:
	"""Return the choices of a Select field."""
	return frappe.get_meta(doctype).get_field(fieldname).options or ""


# --- taxes -------------------------------------------------------------------------------------------------------


def _tax(what: str) -> tuple[str, float]:
	"""Return title and rate in percent of what is missing: `MwSt@19`."""
	title, _at, percent = what.rpartition("@")
	return title, flt(percent)


def _tax_fields(store: str, what: str) -> list[Field]:
	_title, percent = _tax(what)
	filters = {"account_type": ["in", ["Tax", "Chargeable"]]}
	asked = [account(store, "account", _("Tax Account"), filters, reqd=1, description=_("Where this tax is booked."))]
	if percent:
		asked.append(
			{
				"fieldname": "any_rate",
				"fieldtype": "Check",
				"label": _("For every rate of this tax"),
				"description": _("Otherwise for {0} % only.").format(f"{percent:g}"),
			}
		)
	return asked


def _save_tax(store: str, what: str, values: Mapping[str, Any]) -> str:
	doc, (title, percent) = store_of(store), _tax(what)
	rate = 0 if values.get("any_rate") else percent
	row = next(
		(row for row in doc.tax_mapping if _same(row.tax_title, title) and flt(row.rate, 6) == flt(rate, 6)), None
	) or doc.append("tax_mapping", {"tax_title": title, "rate": rate})
	row.account = values["account"]
	save(doc)
	return _("Tax {0} is booked on {1}; the waiting events are tried again.").format(title, values["account"])


# --- shipping ----------------------------------------------------------------------------------------------------


def _shipping_fields(store: str, what: str) -> list[Field]:
	filters = {"root_type": ["in", ["Income", "Expense"]]}
	return [account(store, "account", _("Account"), filters, reqd=1, description=_("Where this way of shipping is booked."))]


def _save_shipping(store: str, what: str, values: Mapping[str, Any]) -> str:
	doc = store_of(store)
	row = next((row for row in doc.shipping_mapping if _same(row.shipping_title, what)), None)
	row = row or doc.append("shipping_mapping", {"shipping_title": what})
	row.account = values["account"]
	save(doc)
	return _("Shipping {0} is booked on {1}; the waiting events are tried again.").format(what, values["account"])


# --- locations ---------------------------------------------------------------------------------------------------


def _location_fields(store: str, what: str) -> list[Field]:
	doc = frappe.get_cached_doc("Shopify Store", store)
	directions = [row.direction for row in doc.location_mapping]
	table = "Shopify Location Mapping"
	return [
		{
			"fieldname": "warehouse", "fieldtype": "Link", "options": "Warehouse", "label": _("Warehouse"), "reqd": 1,
			"filters": {"company": doc.company, "is_group": 0, "disabled": 0},
			"description": _("The warehouse that location {0} of Shopify is.").format(what),
		},
		{
			"fieldname": "direction", "fieldtype": "Select", "options": options(table, "direction"), "reqd": 1,
			"label": _("Direction"), "default": max(directions, key=directions.count) if directions else "None",
			"description": _("Who knows the stock of this location. None: nobody tells the other."),
		},
		{"fieldname": "location_name", "fieldtype": "Data", "label": _("Location Name"), "description": _("For people only.")},
		{
			"fieldname": "valuation_rule", "fieldtype": "Select", "options": options(table, "valuation_rule"),
			"label": _("Valuation Rule"), "default": "Item's rate", "depends_on": "eval:doc.direction == 'Shopify → ERPNext'",
			"description": _("What stock that arrives from Shopify is worth."),
		},
		{
			"fieldname": "fixed_rate", "fieldtype": "Currency", "label": _("Fixed Rate"),
			"depends_on": "eval:doc.direction == 'Shopify → ERPNext' && doc.valuation_rule == 'Fixed rate'",
		},
	]  # fmt: skip


def _save_location(store: str, what: str, values: Mapping[str, Any]) -> str:
	doc = store_of(store)
	row = next((row for row in doc.location_mapping if row.location_id == what), None)
	row = row or doc.append("location_mapping", {"location_id": what})
	row.update({name: value for name, value in values.items() if value is not None})
	save(doc)
	return _("Location {0} is warehouse {1}; the waiting events are tried again.").format(what, values["warehouse"])


# --- gateways ----------------------------------------------------------------------------------------------------


def _gateway_fields(store: str, what: str) -> list[Field]:
	row = _gateway_row(frappe.get_cached_doc("Shopify Store", store), what)
	asked = [
		account(store, "account", _("Account"), _MONEY, reqd=1, description=_("Where the money of {0} arrives.").format(what)),
		account(
			store,
			"clearing_account",
			_("Clearing Account"),
			_MONEY,
			description=_("Where it waits until the gateway pays it out."),
		),
		account(store, "fee_account", _("Fee Account"), {"root_type": "Expense"}),
		{
			"fieldname": "mode_of_payment",
			"fieldtype": "Link",
			"options": "Mode of Payment",
			"label": _("Mode of Payment"),
			"filters": {"enabled": 1},
		},
	]
	return [{**field, "default": row.get(field["fieldname"])} for field in asked] if row else asked


def _gateway_row(doc: Any, gateway: str) -> Any:
	return next((row for row in doc.gateway_mapping if _same(row.gateway, gateway)), None)


def _save_gateway(store: str, what: str, values: Mapping[str, Any]) -> str:
	doc = store_of(store)
	row = _gateway_row(doc, what) or doc.append("gateway_mapping", {"gateway": what})
	row.update({field: value for field, value in values.items() if value})
	save(doc)
	return _("{0} is mapped to {1}; the waiting events are tried again.").format(what, values["account"])


# --- states of an order ------------------------------------------------------------------------------------------


def state_in_words(what: str) -> str:
	"""Return a combination of statuses as a person reads it: `paid|fulfilled|no` → `paid, fulfilled`."""
	financial, fulfillment, cancelled = [*what.split("|"), "", "", ""][:3]
	return ", ".join(part for part in (financial, fulfillment, _("cancelled") if cancelled == "yes" else "") if part)


def _state_fields(store: str, what: str) -> list[Field]:
	def check(fieldname: str, label: str) -> Field:
		return {"fieldname": fieldname, "fieldtype": "Check", "label": label, "depends_on": _MAKES}

	return [
		{
			"fieldname": "outcome",
			"fieldtype": "Select",
			"options": options("Shopify Order State Rule", "outcome"),
			"default": "Submitted",
			"label": _("Sales Order"),
			"reqd": 1,
			"description": _("For orders that are {0}.").format(state_in_words(what)),
		},
		check("make_invoice", _("Invoice")),
		check("make_payments", _("Payments")),
		check("make_deliveries", _("Deliveries")),
	]


def _save_state(store: str, what: str, values: Mapping[str, Any]) -> str:
	parts = what.split("|")
	if len(parts) != 3:
		raise BadAnswer(_("{0} is no state of an order.").format(what))
	doc = store_of(store)
	if any(
		(row.financial_status, row.fulfillment_status, row.cancelled) == (parts[0], parts[1], parts[2].title())
		for row in doc.order_state_rules
	):
		text = _("Orders that are {0} have a rule by now, maybe somebody else's. Look at it in Shopify Store.")
		raise BadAnswer(text.format(state_in_words(what)))
	rule = {
		"financial_status": parts[0],
		"fulfillment_status": parts[1],
		"cancelled": parts[2].title(),
		"priority": PRIORITY_OF_ADDED_RULE,
		"outcome": values["outcome"],
	}
	makes = {name: values.get(name) or 0 for name in ("make_invoice", "make_payments", "make_deliveries")}
	doc.append("order_state_rules", {**rule, **makes})
	save(doc)
	return _("Orders that are {0} have a rule now; the waiting events are tried again.").format(state_in_words(what))


def _same(one: str | None, other: str) -> bool:
	return (one or "").strip().casefold() == other.strip().casefold()


FIXES: Mapping[str, Fix] = {
	"tax": Fix(
		"tax",
		lambda what: _("Choose the account for tax {0}").format(_("{0} of {1} %").format(*what.rpartition("@")[::2])),
		_tax_fields,
		_save_tax,
		helps=lambda what, answer: f"tax:{_tax(what)[0]}@" if answer.get("any_rate") else None,
	),
	"shipping": Fix(
		"shipping", lambda what: _("Choose the account for shipping {0}").format(what), _shipping_fields, _save_shipping
	),
	"location": Fix(
		"location", lambda what: _("Choose the warehouse of location {0}").format(what), _location_fields, _save_location
	),
	"gateway": Fix(
		"gateway", lambda what: _("Choose the accounts of payment gateway {0}").format(what), _gateway_fields, _save_gateway
	),
	"state": Fix(
		"state",
		lambda what: _("Say what should exist for orders that are {0}").format(state_in_words(what)),
		_state_fields,
		_save_state,
	),
}
