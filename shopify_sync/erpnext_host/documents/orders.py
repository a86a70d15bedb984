"""Orders: the Sales Order of a link and the documents that follow it, the Items of its lines, the rate between two currencies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal

import frappe
from erpnext.setup.utils import get_exchange_rate

from shopify_sync.core.orders.memory import items_before
from shopify_sync.core.snapshots import (
	DOCUMENT_FIELDS,
	SALES_ORDER_FIELDS,
	DocumentState,
	ItemState,
	LinkState,
	OrderNeeds,
	OrderSnapshot,
)

from .. import policies, remembered
from .amendments import latest
from .customers import read_customer
from .deliveries import own_returns, push_link, pushed_notes
from .items import read_items, resolve

#: The documents that follow a Sales Order, and which of DOCUMENT_FIELDS each has.
_FOLLOWING = {"Sales Invoice": ("is_return",), "Payment Entry": (), "Delivery Note": ("is_return",), "Stock Entry": ()}


def read_order(needs: OrderNeeds, locked: Mapping[str, LinkState], exchange_rate: Decimal | None) -> OrderSnapshot:
	"""Return what ERPNext knows that bears on an order. The customer of an order that is booked is not read: it stays as it is."""
	link = locked[needs.key]
	policy = policies.as_of_attempt(needs.key.partition("/")[0])
	sales_order = _sales_order(link)
	push = push_link(needs.key) if sales_order else None
	documents = _documents(needs.key) if sales_order else {}
	pushed = pushed_notes(push) if push else {}
	# Only what was delivered can have come back.
	is_delivered = bool(pushed) or any(found.doctype == "Delivery Note" for found in documents.values())
	items, special_items = resolve(policy.store, needs.items, policy.item_matching), read_items(needs.special_items)
	return OrderSnapshot(
		link=_with_items_of_now(link, sales_order, (*items.values(), *special_items.values())) if sales_order else link,
		sales_order=sales_order,
		items=items,
		special_items=special_items,
		customer=read_customer(needs.customer, locked) if needs.customer and not sales_order else None,
		exchange_rate=exchange_rate,
		name_taken=not sales_order and bool(frappe.db.exists("Sales Order", needs.name)),
		# Nothing follows a Sales Order that there never was.
		documents=documents,
		push=push,
		pushed_notes=pushed,
		own_returns=own_returns(sales_order.name) if sales_order and is_delivered else (),
	)


def _with_items_of_now(link: LinkState, sales_order: DocumentState, known: Iterable[ItemState]) -> LinkState:
	"""Return the link with the Items of what is booked as they are called now.

	The link remembers their codes. Frappe writes the new name of a renamed Item, or of the one that it was merged into, into the
	rows of the Sales Order, and not into what we remember. One query more where an Item is another one than its SKU stands for.

	:param known: Items that were just read, so that they exist.
	"""
	doubtful = {item.code for item in items_before(link.agreed).values()} - {item.code for item in known}
	gone = doubtful - set(read_items(doubtful))
	if not gone:
		return link
	rows = frappe.db.sql(
		"SELECT shopify_line_item_id, item_code FROM `tabSales Order Item` WHERE parent = %s", (sales_order.name,)
	)
	codes = dict(rows)
	items = {
		line: [codes.get(line, code) if code in gone else code, *rest] for line, (code, *rest) in link.agreed["items"].items()
	}
	return replace(link, agreed={**link.agreed, "items": items})


def _sales_order(link: LinkState) -> DocumentState | None:
	"""Return the Sales Order of a link as it is now, or its latest amendment; a live one whose link was deleted counts too."""
	if not link.document_name:
		found = frappe.db.sql("SELECT name FROM `tabSales Order` WHERE shopify_key = %s AND docstatus < 2", (link.key,))
		return _state(found[0][0]) if found else None
	state = _state(link.document_name)
	if state.exists and state.docstatus == 2:
		name, _docstatus = latest("Sales Order", state.name)
		return _state(name) if name != state.name else state
	return state


def _state(name: str) -> DocumentState:
	values = frappe.db.get_value("Sales Order", name, ["docstatus", *SALES_ORDER_FIELDS], as_dict=True)
	if not values:
		return DocumentState("Sales Order", name, exists=False)
	docstatus = int(values.pop("docstatus"))
	return DocumentState("Sales Order", name, exists=True, docstatus=docstatus, values=dict(values))


def _documents(key: str) -> dict[str, DocumentState]:
	"""Return the documents whose keys begin with the order's, by key; for a cancelled one its amendment, if it has one."""
	parts = []
	for doctype, fields in _FOLLOWING.items():
		columns = ", ".join(name if name in fields else f"0 AS {name}" for name in DOCUMENT_FIELDS)
		parts.append(
			f"SELECT '{doctype}' AS doctype, name, shopify_key, docstatus, {columns} FROM `tab{doctype}` WHERE shopify_key LIKE %s"  # noqa: S608
		)
	pattern = f"{_escaped(key)}/%"
	rows = frappe.db.sql(" UNION ALL ".join(parts), (pattern,) * len(parts), as_dict=True)
	return {row.shopify_key: _following(row) for row in rows}


def _following(row: Mapping[str, object]) -> DocumentState:
	doctype, name, docstatus = str(row["doctype"]), str(row["name"]), int(str(row["docstatus"]))
	if docstatus == 2:
		name, docstatus = latest(doctype, name)
	values = {field: row[field] for field in DOCUMENT_FIELDS}
	return DocumentState(doctype, name, exists=True, docstatus=docstatus, values=values)


def _escaped(text: str) -> str:
	"""Return *text* for LIKE: a store's name may not hold these, an id of our own might."""
	return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def find_exchange_rate(needs: OrderNeeds) -> Decimal | None:
	"""Return order currency → company currency by ERPNext's own rule: Currency Exchange, then the service set up for it.

	That service is called without a time limit, so this must not run while rows are locked. An order that is booked needs no rate.
	"""
	company_currency = policies.as_of_attempt(needs.key.partition("/")[0]).company_currency
	if needs.currency == company_currency:
		return Decimal(1)
	if frappe.db.get_value("Shopify Link", needs.key, "document_name"):
		return None
	# Where rates come from may have been set up since the last order.
	remembered.forget()
	rate = get_exchange_rate(needs.currency, company_currency, str(needs.on), "for_selling")
	return Decimal(str(rate)) if rate else None
