"""Where a failure is mended that nothing can be entered for from the command center: a place in the Desk to go to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import frappe
from frappe import _

from shopify_sync.core import keys
from shopify_sync.core.failures import Category

#: Categories that are mended in the store's settings.
_IN_THE_STORE = frozenset(
	(
		Category.AUTHENTICATION,
		Category.PERMISSION,
		Category.MISSING_CUSTOMER,
		Category.MISSING_TAX_ACCOUNT,
		Category.MISSING_SHIPPING_ACCOUNT,
		Category.MISSING_WAREHOUSE,
		Category.MISSING_GATEWAY,
		Category.MISSING_STATE_RULE,
		Category.MISSING_ACCOUNT,
		Category.REVIEW,
		Category.VALUATION_REQUIRED,
		Category.TOTALS_MISMATCH,
	)
)
#: Categories that are mended in one place of ERPNext, as a route of the Desk.
_IN_ERPNEXT: Mapping[Category, tuple[str, ...]] = {
	Category.PERIOD_CLOSED: ("List", "Accounting Period"),
	Category.ACCOUNTS_FROZEN: ("Form", "Accounts Settings", "Accounts Settings"),
	Category.MISSING_EXCHANGE_RATE: ("List", "Currency Exchange"),
	Category.SERIAL_OR_BATCH: ("Form", "Stock Settings", "Stock Settings"),
	Category.STOCK_UNAVAILABLE: ("List", "Bin"),
	Category.CUSTOMER_BLOCKED: ("List", "Customer"),
	Category.CREDIT_LIMIT: ("List", "Customer"),
	Category.MISSING_ITEM: ("List", "Item"),
	Category.ITEM_DISABLED: ("List", "Item"),
}
#: Categories that are mended in the document that the event is about, where it has one.
_IN_THE_DOCUMENT = frozenset((Category.FULFILLMENT_REFUSED, Category.ERPNEXT_VALIDATION, Category.CONFLICT))


def place_of(store: str, category: str, event: Any) -> dict[str, Any] | None:
	"""Return `{"kind": "open", "title", "route", "route_options"}`, or None where there is no one place.

	:param event: one of the events of the cause: `name`, `missing`, `document_type`, `document_name`.
	"""
	if category not in {str(one) for one in Category}:
		return None
	known = Category(category)
	if known in _IN_THE_DOCUMENT:
		return _document(event, known)
	if known in _IN_THE_STORE:
		return _open(_("Open Shopify Store"), "Form", "Shopify Store", store)
	route = _IN_ERPNEXT.get(known)
	if route is None:
		return None
	kind, what = (event.missing or "").partition(":")[::2]
	if route[1] == "Item" and kind == "item" and frappe.db.exists("Item", what):
		return _open(_("Open Item"), "Form", "Item", what)
	if route[1] == "Customer" and (customer := _customer(store, event.name)):
		return _open(_("Open Customer"), "Form", "Customer", customer)
	return _open(_("Open {0}").format(_(route[1])), *route)


def _customer(store: str, event: str) -> str | None:
	"""Return the Customer whom the order of an event is from, if it was booked before: a list of all would not say who is meant."""
	try:
		payload = json.loads(frappe.db.get_value("Sync Event", event, "payload") or "{}")
	except ValueError:
		return None
	person = payload.get("customer") if isinstance(payload, dict) else None
	if not isinstance(person, dict) or not person.get("id"):
		return None
	return frappe.db.get_value("Shopify Link", keys.key(store, keys.CUSTOMER, str(person["id"])), "document_name")


def _document(event: Any, category: Category) -> dict[str, Any] | None:
	if category is Category.CONFLICT and frappe.db.exists("Sync Conflict", {"event": event.name, "status": "Open"}):
		# The conflicts of the others of this cause stand in the same list.
		return {**_open(_("Open Sync Conflicts"), "List", "Sync Conflict"), "route_options": {"status": "Open"}}
	if not event.document_type or not event.document_name:
		return None
	return _open(_("Open {0}").format(_(event.document_type)), "Form", event.document_type, event.document_name)


def _open(title: str, *route: str) -> dict[str, Any]:
	return {"kind": "open", "title": title, "route": list(route), "fields": [], "needs": "look", "allowed": True}
