"""Delivery Notes that people make for orders of Shopify: what has to be pushed of them, and what is not pushed yet.

A note that the app makes of a fulfillment has a `shopify_key`; these have none.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import frappe

from shopify_sync.core import keys
from shopify_sync.core.orders.memory import items_before
from shopify_sync.core.outbound.delivered import CANCELLED
from shopify_sync.core.outbound.marks import Mark, delivery_mark
from shopify_sync.core.outbound.open_deliveries import Place, open_quantities, open_returns
from shopify_sync.core.outbound.parcels import ParcelMemory
from shopify_sync.core.snapshots import (
	NOTE_FIELDS,
	DeliveryPushNeeds,
	DeliveryPushSnapshot,
	DocumentState,
	LinkState,
	NoteRow,
	NoteState,
	OwnReturn,
)
from shopify_sync.core.statuses import OPEN, Status

from .. import links, policies

#: What of a submitted note may still change, and has to be told to Shopify. ERPNext's own fields stand in for ours.
TRACKING_FIELDS = (
	"shopify_tracking_number", "shopify_tracking_company", "shopify_tracking_url", "lr_no", "transporter_name",
)  # fmt: skip
_NOT_SETTLED = tuple(str(status) for status in (*OPEN, Status.PROCESSING))
_MOST_AMENDMENTS = 20
#: The rows of the notes of Sales Orders, returns among them, without notes that the app made.
_ROWS = """SELECT note.name, note.docstatus, note.amended_from, note.shopify_tracking_number, note.shopify_tracking_company,
	note.shopify_tracking_url, note.lr_no, note.transporter_name, row.item_code, row.warehouse, ABS(row.stock_qty) AS stock_qty,
	COALESCE(NULLIF(row.shopify_line_item_id, ''), ordered.shopify_line_item_id, '') AS line, row.against_sales_order,
	note.is_return, note.return_against, against.shopify_key AS against_key
	FROM `tabDelivery Note Item` row JOIN `tabDelivery Note` note ON note.name = row.parent
	LEFT JOIN `tabSales Order Item` ordered ON ordered.name = row.so_detail
	LEFT JOIN `tabDelivery Note` against ON against.name = note.return_against AND note.is_return = 1
	WHERE row.against_sales_order IN %s AND note.docstatus > 0 AND IFNULL(note.shopify_key, '') = ''
	ORDER BY note.creation, note.name, row.idx"""


# --- marks ---------------------------------------------------------------------------------------------------------


def delivery_note_saved(doc: Any, method: str | None = None) -> set[Mark]:
	"""Return the orders whose deliveries have to be looked at after a Delivery Note was submitted, cancelled or changed.

	None for returns where the store does not tell Shopify of them, for notes that the app made, and where nothing that Shopify is
	told was changed.
	"""
	if doc.get("shopify_key"):
		return set()
	is_return = bool(doc.get("is_return"))
	if method == "on_update_after_submit" and (is_return or not _tracking_changed(doc)):
		return set()
	marks = set()
	for order, label in _orders_of({row.against_sales_order for row in doc.items if row.against_sales_order}):
		store, resource, id = order.split("/", 2)
		if resource == keys.ORDER and _tells(store, is_return=is_return):
			marks.add(delivery_mark(store, id, label, doc.name))
	return marks


def _tracking_changed(doc: Any) -> bool:
	before = doc.get_doc_before_save()
	return before is None or any((before.get(field) or "") != (doc.get(field) or "") for field in TRACKING_FIELDS)


def _orders_of(sales_orders: set[str]) -> list[tuple[str, str]]:
	"""Return key and name of the Shopify orders that Sales Orders, or what they are amendments of, were made of."""
	found = []
	for _amendment in range(_MOST_AMENDMENTS):
		if not sales_orders:
			break
		rows = frappe.db.sql(
			"SELECT shopify_key, shopify_order_name, amended_from FROM `tabSales Order` WHERE name IN %s", (tuple(sales_orders),)
		)
		found += [(key, name or "") for key, name, _before in rows if key]
		sales_orders = {before for key, _name, before in rows if before and not key}
	return found


def _tells(store: str, *, is_return: bool) -> bool:
	try:
		policy = policies.policy(store)
		return policy.tells_returns if is_return else policy.sends
	except frappe.DoesNotExistError:
		return False


# --- what is read for a push ---------------------------------------------------------------------------------------


def read_deliveries(needs: DeliveryPushNeeds, locked: Mapping[str, LinkState]) -> DeliveryPushSnapshot:
	"""Return the Delivery Notes of an order that people made, and what is remembered of them."""
	order = _link(needs.order_key)
	rows = _rows_of(order)
	groups = _groups({row.warehouse for row in rows if row.warehouse})
	by_note: dict[str, list[Any]] = {}
	for row in rows:
		by_note.setdefault(row.name, []).append(row)
	memory = ParcelMemory.of(locked[needs.key].facts)
	notes = tuple(_note(found, groups, needs.order_key) for found in by_note.values() if not found[0].is_return)
	returns = tuple(_note(found, groups, needs.order_key) for found in by_note.values() if found[0].is_return)
	notes += _deleted({sent.note for sent in memory.sent.values() if not sent.cancelled} - set(by_note))
	returns += _deleted({back.note for back in memory.returned.values() if not back.cancelled} - set(by_note))
	booked, refunds = _booked(needs.order_key, "fulfillment"), _booked(needs.order_key, "return")
	return DeliveryPushSnapshot(locked[needs.key], order, notes, booked, returns, refunds)


def _deleted(names: set[str]) -> tuple[NoteState, ...]:
	"""Return those of *names* that were deleted, which ERPNext allows once they are cancelled: what was made of them is cancelled too."""
	if not names:
		return ()
	rows = frappe.db.sql("SELECT name FROM `tabDelivery Note` WHERE name IN %s", (tuple(names),))
	return tuple(NoteState(name, CANCELLED, ()) for name in sorted(names - {name for (name,) in rows}))


def _link(key: str) -> LinkState:
	rows = frappe.db.sql(
		"SELECT name, document_type, document_name, version, last_event, agreed, facts FROM `tabShopify Link` WHERE name = %s",
		(key,),
		as_dict=True,
	)
	return links.state_of(rows[0]) if rows else LinkState(key)


def _rows_of(order: LinkState) -> Sequence[Any]:
	return _rows_of_sales_orders(_sales_orders([order.document_name])) if order.document_name else ()


def _rows_of_sales_orders(sales_orders: Sequence[str]) -> Sequence[Any]:
	return frappe.db.sql(_ROWS, (tuple(sales_orders),), as_dict=True) if sales_orders else ()


def _sales_orders(names: Iterable[str]) -> list[str]:
	"""Return Sales Orders with all their amendments: a cancelled note may belong to one that was cancelled."""
	found, fresh = list(names), tuple(names)
	for _amendment in range(_MOST_AMENDMENTS):
		fresh = tuple(
			name for (name,) in frappe.db.sql("SELECT name FROM `tabSales Order` WHERE amended_from IN %s", (fresh or ("",),))
		)
		if not fresh:
			break
		found += fresh
	return found


def _groups(warehouses: set[str]) -> dict[str, tuple[str, ...]]:
	"""Return warehouse → itself and the groups that it stands in, the nearest first."""
	rows = frappe.db.sql(
		"""SELECT leaf.name, above.name FROM tabWarehouse leaf JOIN tabWarehouse above ON above.lft <= leaf.lft AND above.rgt >= leaf.rgt
		WHERE leaf.name IN %s ORDER BY above.lft DESC""",
		(tuple(warehouses) or ("",),),
	)
	found: dict[str, tuple[str, ...]] = {}
	for leaf, above in rows:
		found[leaf] = (*found.get(leaf, ()), above)
	return found


def _note(rows: Sequence[Any], groups: Mapping[str, tuple[str, ...]], order_key: str) -> NoteState:
	first = rows[0]
	own = first.shopify_tracking_number or ""
	return NoteState(
		name=first.name,
		docstatus=int(first.docstatus),
		rows=tuple(
			NoteRow(row.line, Decimal(str(row.stock_qty)), groups.get(row.warehouse, (row.warehouse or "",))) for row in rows
		),
		tracking_number=own or first.lr_no or "",
		tracking_company=first.shopify_tracking_company or ("" if own else first.transporter_name or ""),
		tracking_url=first.shopify_tracking_url or "",
		amended_from=first.amended_from or None,
		against=(first.return_against or "") if first.is_return else "",
		fulfillment=_fulfillment(first.against_key or "", order_key),
	)


def _fulfillment(key: str, order_key: str) -> str:
	"""Return the fulfillment that a Delivery Note of the app's was made of; empty for another key."""
	prefix = f"{order_key}/fulfillment/"
	return key.removeprefix(prefix) if key.startswith(prefix) else ""


def _booked(order_key: str, kind: str) -> frozenset[str]:
	"""Return the fulfillments (*kind* `fulfillment`), or the refunds (`return`), that notes of the app were made of."""
	prefix = f"{order_key}/{kind}/"
	rows = frappe.db.sql(
		"SELECT shopify_key FROM `tabDelivery Note` WHERE shopify_key > %s AND shopify_key < %s", (prefix, f"{prefix[:-1]}0")
	)
	return frozenset(key.removeprefix(prefix).partition("/")[0] for (key,) in rows)


def own_returns(sales_order: str) -> tuple[OwnReturn, ...]:
	"""Return what returns that people made and submitted took back of the Delivery Notes of a Sales Order."""
	rows = _rows_of_sales_orders(_sales_orders([sales_order]))
	found: dict[str, dict[str, Decimal]] = {}
	for row in rows:
		if row.is_return and row.docstatus == 1 and row.return_against:
			lines = found.setdefault(row.return_against, {})
			lines[row.line] = lines.get(row.line, Decimal(0)) + Decimal(str(row.stock_qty))
	return tuple(OwnReturn(note, lines) for note, lines in found.items())


def pushed_notes(push: LinkState) -> dict[str, DocumentState]:
	"""Return the Delivery Notes that fulfillments of ours were made of, by name; a deleted one does not exist."""
	names = tuple(dict.fromkeys(sent.note for sent in ParcelMemory.of(push.facts).sent.values()))
	if not names:
		return {}
	columns = ", ".join(NOTE_FIELDS)
	notes = frappe.db.sql(f"SELECT name, docstatus, {columns} FROM `tabDelivery Note` WHERE name IN %s", (names,), as_dict=True)  # noqa: S608
	rows = frappe.db.sql(
		"""SELECT row.parent, COALESCE(NULLIF(row.shopify_line_item_id, ''), ordered.shopify_line_item_id, '') AS line, SUM(row.stock_qty)
		FROM `tabDelivery Note Item` row LEFT JOIN `tabSales Order Item` ordered ON ordered.name = row.so_detail
		WHERE row.parent IN %s GROUP BY row.parent, line""",
		(names,),
	)
	found = {name: DocumentState("Delivery Note", name, exists=False) for name in names}
	for note in notes:
		lines = {line: Decimal(str(quantity)) for parent, line, quantity in rows if parent == note.name}
		values = {field: note[field] for field in NOTE_FIELDS}
		found[note.name] = DocumentState("Delivery Note", note.name, True, int(note.docstatus), {**values, "lines": lines})
	return found


def push_link(order_key: str) -> LinkState:
	"""Return the link of an order's deliveries on their way out, as it is committed; an empty one where there is none."""
	return _link(keys.push_of_order(order_key))


# --- what is not pushed yet ----------------------------------------------------------------------------------------


def touched(push_key: str) -> set[Place]:
	"""Return (Item, warehouse) of everything that the notes of an order deliver."""
	store, _resource, id = push_key.split("/", 2)
	return {(row.item_code, row.warehouse) for row in _rows_of(_link(keys.key(store, keys.ORDER, id))) if row.warehouse}


def of_lines(push_key: str, lines: Iterable[str]) -> list[str]:
	"""Return the Items of lines of an order: as its notes have them, and as it was booked, should a note be deleted."""
	store, _resource, id = push_key.split("/", 2)
	order, wanted = _link(keys.key(store, keys.ORDER, id)), set(lines)
	booked = {item.code for line, item in items_before(order.agreed).items() if line in wanted}
	return sorted(booked | {row.item_code for row in _rows_of(order) if row.line in wanted})


def unfulfilled(store: str, items: Iterable[str]) -> dict[Place, Decimal]:
	"""Return what notes took out of Bins whose fulfillment Shopify does not have yet, of *items*, in stock units.

	Below zero: what cancelled notes brought back, while Shopify still has them fulfilled, and what people took back before the
	return was received there. A push that rests counts until it is discarded. One query where nothing is on its way.
	"""
	ids = [
		id
		for (id,) in frappe.db.sql(
			"""SELECT DISTINCT shopify_id FROM `tabSync Event`
			WHERE status IN %s AND direction = 'Outbound' AND resource_type = %s AND store = %s""",
			(_NOT_SETTLED, keys.FULFILLMENT_PUSH, store),
		)
	]
	if not ids:
		return {}
	wanted = {code.casefold() for code in items}
	tells_returns = policies.policy(store).tells_returns
	found: dict[Place, Decimal] = {}
	for order, memory in _on_their_way(store, ids):
		by_note: dict[tuple[str, int, int], list[tuple[Place, str, Decimal]]] = {}
		for row in _rows_of(order):
			if tells_returns or not row.is_return:
				note = (row.name, int(row.docstatus), int(row.is_return))
				by_note.setdefault(note, []).append(((row.item_code, row.warehouse), row.line, Decimal(str(row.stock_qty))))
		for (name, docstatus, is_return), rows in by_note.items():
			count = open_returns if is_return else open_quantities
			for place, quantity in count(name, docstatus, rows, memory, order.agreed).items():
				if place[0].casefold() in wanted:
					found[place] = found.get(place, Decimal(0)) + quantity
	return found


def _on_their_way(store: str, ids: Sequence[str]) -> list[tuple[LinkState, ParcelMemory]]:
	orders = {keys.key(store, keys.ORDER, id): keys.key(store, keys.FULFILLMENT_PUSH, id) for id in ids}
	rows = frappe.db.sql(
		"""SELECT name, document_type, document_name, version, last_event, agreed, facts FROM `tabShopify Link` WHERE name IN %s""",
		((*orders, *orders.values()),),
		as_dict=True,
	)
	by_key = {row.name: row for row in rows}
	return [
		(links.state_of(by_key[order]), ParcelMemory.of(json.loads((by_key.get(push) or {}).get("facts") or "{}")))
		for order, push in orders.items()
		if order in by_key
	]
