"""Orders: the Sales Order of a link, the Items of its lines, the rate between two currencies."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import frappe
from erpnext.setup.utils import get_exchange_rate

from shopify_sync.core.snapshots import DocumentState, LinkState, OrderNeeds, OrderSnapshot

from .. import policies
from .customers import read_customer
from .items import read_items, resolve

_MAX_AMENDMENTS = 20


def read_order(needs: OrderNeeds, locked: Mapping[str, LinkState], exchange_rate: Decimal | None) -> OrderSnapshot:
	"""Return what ERPNext knows that bears on an order."""
	link = locked[needs.key]
	policy = policies.as_of_attempt(needs.key.partition("/")[0])
	sales_order = _sales_order(link)
	return OrderSnapshot(
		link=link,
		sales_order=sales_order,
		items={} if sales_order else resolve(policy.store, needs.items, policy.item_matching),
		special_items={} if sales_order else read_items(needs.special_items),
		customer=read_customer(needs.customer, locked) if needs.customer else None,
		exchange_rate=exchange_rate,
		name_taken=not sales_order and bool(frappe.db.exists("Sales Order", needs.name)),
	)


def _sales_order(link: LinkState) -> DocumentState | None:
	"""Return the Sales Order of a link as it is now, or its latest amendment; a live one whose link was deleted counts too."""
	if not link.document_name:
		found = frappe.db.sql("SELECT name FROM `tabSales Order` WHERE shopify_key = %s AND docstatus < 2", (link.key,))
		return _state(found[0][0]) if found else None
	state = _state(link.document_name)
	for _amendment in range(_MAX_AMENDMENTS):
		if not (state.exists and state.docstatus == 2):
			break
		successor = frappe.db.get_value("Sales Order", {"amended_from": state.name}, "name")
		if not successor:
			break
		state = _state(successor)
	return state


def _state(name: str) -> DocumentState:
	values = frappe.db.get_value("Sales Order", name, ["docstatus", "grand_total", "currency"], as_dict=True)
	if not values:
		return DocumentState("Sales Order", name, exists=False)
	return DocumentState("Sales Order", name, exists=True, docstatus=int(values.docstatus), values=dict(values))


def find_exchange_rate(needs: OrderNeeds) -> Decimal | None:
	"""Return order currency → company currency by ERPNext's own rule: Currency Exchange, then the service set up for it.

	That service is called without a time limit, so this must not run while rows are locked. An order that is booked needs no rate.
	"""
	company_currency = policies.as_of_attempt(needs.key.partition("/")[0]).company_currency
	if needs.currency == company_currency:
		return Decimal(1)
	if frappe.db.get_value("Shopify Link", needs.key, "document_name"):
		return None
	rate = get_exchange_rate(needs.currency, company_currency, str(needs.on), "for_selling")
	return Decimal(str(rate)) if rate else None
