"""What ERPNext has of a page of orders: links, documents, events and people's changes, in a constant number of queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import frappe

from shopify_sync.core import keys
from shopify_sync.core.contracts.order import Order
from shopify_sync.core.policy import StorePolicy
from shopify_sync.core.reconciliation.findings import Touches
from shopify_sync.core.reconciliation.found import FoundOrder

from . import documents, ledger, touches
from .documents import INVOICE, NOTE, PAYMENT, SALES_ORDER, Row
from .ledger import LinkRow
from .touches import Deleted, Written


def read(policy: StorePolicy, orders: Sequence[Order], deleted: Deleted) -> dict[str, FoundOrder]:
	"""Return what ERPNext has of each order, by its id. *deleted*: what the host remembers of deleted documents."""
	order_keys = {keys.key(policy.store, keys.ORDER, order.id): order for order in orders}
	push_keys = [keys.push_of_order(key) for key in order_keys]
	links = ledger.read_links(order_keys)
	by_order = _by_order(documents.of_orders(list(order_keys)))
	events = ledger.events_of(order_keys)
	pushing = ledger.events_of(push_keys, put_away=False)
	items = _items(policy, orders)
	touched = touches.touches_of([_written(row, links.get(key)) for key, rows in by_order.items() for row in rows])
	found = {}
	for key, order in order_keys.items():
		rows = by_order.get(key, [])
		own: Touches = {ref: touch for ref in ((row.doctype, row.name) for row in rows) if (touch := touched.get(ref))}
		if _lacks_something(order, key, links.get(key), rows):
			doctypes = (SALES_ORDER, INVOICE, NOTE, PAYMENT)
			own = {**own, **deleted.under(policy.store, doctypes, key, links[key].synced_at)}
		found[order.id] = FoundOrder(
			link=ledger.state_of(links, key),
			events=events.get(key, ()),
			touches=own,
			pushing=pushing.get(keys.push_of_order(key), ()),
			documents=tuple(row.found() for row in rows),
			variants={line.variant_id: items[line.variant_id] for line in order.line_items if line.variant_id in items},
		)
	return found


def count_by_day(store: str, days: Sequence[date]) -> dict[date, int]:
	"""Return how many Sales Orders of a store each of *days* has; a cancelled one keeps its key and counts, its amendment has none."""
	rows = frappe.db.sql(
		"""SELECT transaction_date, COUNT(*) FROM `tabSales Order` WHERE transaction_date BETWEEN %(first)s AND %(last)s
		AND shopify_key LIKE %(keys)s GROUP BY transaction_date""",
		{"first": min(days), "last": max(days), "keys": f"{documents.escaped(store)}/{keys.ORDER}/%"},
	)
	return dict(rows)


def _by_order(rows: Sequence[Row]) -> dict[str, list[Row]]:
	"""Return documents by the key of their order; a Delivery Note of people's by the Sales Order that it delivers."""
	found: dict[str, list[Row]] = {}
	sales_orders: dict[str, str] = {}
	for row in rows:
		if row.key:
			order = "/".join(row.key.split("/", 3)[:3])
			found.setdefault(order, []).append(row)
			if row.doctype == SALES_ORDER:
				sales_orders[row.name] = order
	for row in rows:
		if row.against in sales_orders:
			found[sales_orders[row.against]].append(row)
	return found


def _written(row: Row, link: LinkRow | None) -> Written:
	synced_at = link.synced_at if link else None
	return Written(row.doctype, row.name, row.docstatus, row.modified, row.modified_by, synced_at)


def _lacks_something(order: Order, key: str, link: LinkRow | None, rows: Sequence[Row]) -> bool:
	"""Tell whether a document that there was, or should be, is not there: somebody may have deleted it."""
	if link is None:
		return False
	names, known = {row.name for row in rows}, {row.key for row in rows}
	if link.state.document_name and link.state.document_name not in names:
		return True
	facts = (link.state.facts.get("transactions") or {}).keys()
	return any(f"{key}/transaction/{id}" not in known for id in {*facts, *(one.id for one in order.transactions)}) or any(
		f"{key}/fulfillment/{one.id}" not in known for one in order.fulfillments
	)


def _items(policy: StorePolicy, orders: Sequence[Order]) -> Mapping[str, str]:
	"""Return variant → the Item that it is linked to now."""
	ids = {line.variant_id for order in orders for line in order.line_items if line.variant_id}
	found = ledger.read_documents({keys.key(policy.store, keys.VARIANT, id): id for id in ids}, "Item")
	return {id: name for id, name in found.items() if name}
