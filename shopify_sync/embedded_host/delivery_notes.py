"""Delivery Notes that people make: submitting, cancelling and tracking them leaves a mark for Shopify in the same transaction.

A note that the app makes of a fulfillment has a `shopify_key`; these have none, and name their Sales Order in `sales_order`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from shopify_sync.core import keys
from shopify_sync.core.contracts.base import dump_json
from shopify_sync.core.outbound.marks import Mark, delivery_mark
from shopify_sync.core.outbound.open_deliveries import open_quantities, open_returns
from shopify_sync.core.outbound.parcels import ParcelMemory
from shopify_sync.core.policy import StorePolicy
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

from . import documents, links, stock
from .config import Config
from .event_log import EventLog

DOCTYPE = "Delivery Note"


def submit(
	connection: sqlite3.Connection,
	config: Config,
	events: EventLog,
	name: str,
	sales_order: str,
	rows: Sequence[Mapping[str, Any]],
	**values: Any,
) -> None:
	"""Submit a Delivery Note as ERPNext's user does.

	:param rows: `shopify_line_item_id`, `item_code`, `qty` in stock units, `warehouse`.
	:param values: further fields: `shopify_tracking_number`, `lr_no`, `amended_from`, … A return has `is_return`, `return_against`
		and quantities below zero.
	"""
	items = [{"conversion_factor": 1, "against_sales_order": sales_order, **row} for row in rows]
	data = {"sales_order": sales_order, "items": items, **values}
	connection.execute(
		"INSERT INTO document (doctype, name, docstatus, data) VALUES (?, ?, ?, ?)",
		(DOCTYPE, name, documents.SUBMITTED, dump_json(data)),
	)
	stock.book(connection, DOCTYPE, data)
	_changed(connection, config, events, name)


def cancel(connection: sqlite3.Connection, config: Config, events: EventLog, name: str) -> None:
	"""Cancel a submitted Delivery Note as ERPNext's user does."""
	found = documents.must_be(connection, DOCTYPE, name, documents.SUBMITTED)
	documents.write(connection, found, found.values, documents.CANCELLED)
	stock.book(connection, DOCTYPE, found.values, -1)
	_changed(connection, config, events, name)


def track(connection: sqlite3.Connection, config: Config, events: EventLog, name: str, **values: Any) -> None:
	"""Change the tracking fields of a submitted Delivery Note as ERPNext's user does."""
	found = documents.must_be(connection, DOCTYPE, name, documents.SUBMITTED)
	documents.write(connection, found, {**found.values, **values}, found.docstatus)
	events.mark(connection, marks(connection, config, found))


def _changed(connection: sqlite3.Connection, config: Config, events: EventLog, name: str) -> None:
	found = documents.get(connection, DOCTYPE, name)
	events.mark(
		connection, [*stock.marks(connection, config, stock.touched(DOCTYPE, found.values)), *marks(connection, config, found)]
	)


def marks(connection: sqlite3.Connection, config: Config, note: DocumentState) -> Iterator[Mark]:
	"""Yield the orders whose deliveries have to be looked at after a note changed."""
	if not note.values.get("sales_order"):
		return
	order = connection.execute(
		"SELECT shopify_key, json_extract(data, '$.shopify_order_name') AS label FROM document WHERE doctype = 'Sales Order' AND name = ?",
		(note.values["sales_order"],),
	).fetchone()
	if order is None or not order["shopify_key"]:
		return
	store, _resource, id = order["shopify_key"].split("/", 2)
	policy = config.store(store).policy
	if policy.tells_returns if note.values.get("is_return") else policy.sends:
		yield delivery_mark(store, id, order["label"] or "", note.name)


def read(connection: sqlite3.Connection, needs: DeliveryPushNeeds) -> DeliveryPushSnapshot:
	"""Return the Delivery Notes of an order, and what is remembered of them."""
	order = links.read(connection, needs.order_key)
	made = f"{needs.order_key}/fulfillment/"
	rows = connection.execute(
		"SELECT shopify_key FROM document WHERE shopify_key > ? AND shopify_key < ?", (made, f"{made[:-1]}0")
	).fetchall()
	booked = frozenset(str(row["shopify_key"]).removeprefix(made).partition("/")[0] for row in rows)
	notes, returns = [], []
	for found in _notes(connection, order.document_name or ""):
		(returns if found.values.get("is_return") else notes).append(_note(connection, found))
	refunds = _refunds(connection, needs.order_key)
	return DeliveryPushSnapshot(links.read(connection, needs.key), order, tuple(notes), booked, tuple(returns), refunds)


def _refunds(connection: sqlite3.Connection, order_key: str) -> frozenset[str]:
	"""Return the refunds whose goods the app brought back."""
	prefix = f"{order_key}/return/"
	rows = connection.execute(
		"SELECT shopify_key FROM document WHERE shopify_key > ? AND shopify_key < ?", (prefix, f"{prefix[:-1]}0")
	)
	return frozenset(str(row["shopify_key"]).removeprefix(prefix).partition("/")[0] for row in rows)


def own_returns(connection: sqlite3.Connection, sales_order: str) -> tuple[OwnReturn, ...]:
	"""Return what returns that people made and submitted took back of the Delivery Notes of a Sales Order."""
	found: dict[str, dict[str, Decimal]] = {}
	for note in _notes(connection, sales_order):
		if note.values.get("is_return") and note.docstatus == documents.SUBMITTED:
			lines = found.setdefault(str(note.values["return_against"]), {})
			for row in note.values["items"]:
				line = str(row.get("shopify_line_item_id") or "")
				lines[line] = lines.get(line, Decimal(0)) + abs(_quantity(row))
	return tuple(OwnReturn(note, lines) for note, lines in found.items())


def pushed(connection: sqlite3.Connection, push: LinkState) -> dict[str, DocumentState]:
	"""Return the Delivery Notes that fulfillments of ours were made of, by name."""
	found = {}
	for name in dict.fromkeys(sent.note for sent in ParcelMemory.of(push.facts).sent.values()):
		note = documents.get(connection, DOCTYPE, name)
		lines: dict[str, Decimal] = {}
		for row in note.values.get("items", ()):
			line = str(row.get("shopify_line_item_id") or "")
			lines[line] = lines.get(line, Decimal(0)) + _quantity(row)
		values = {field: note.values.get(field) for field in NOTE_FIELDS}
		found[name] = replace(note, values={**values, "lines": lines})
	return found


def _notes(connection: sqlite3.Connection, sales_order: str) -> Iterator[DocumentState]:
	rows = connection.execute(
		"SELECT * FROM document WHERE doctype = 'Delivery Note' AND json_extract(data, '$.sales_order') = ? ORDER BY rowid",
		(sales_order,),
	).fetchall()
	for row in rows:
		found = documents.state(row)
		if found.docstatus:
			yield found


def _note(connection: sqlite3.Connection, found: DocumentState) -> NoteState:
	values = found.values
	against = str(values.get("return_against") or "") if values.get("is_return") else ""
	own = values.get("shopify_tracking_number") or ""
	return NoteState(
		name=found.name,
		docstatus=found.docstatus,
		rows=tuple(
			NoteRow(str(row.get("shopify_line_item_id") or ""), abs(_quantity(row)), (row["warehouse"],))
			for row in values["items"]
		),
		tracking_number=own or values.get("lr_no") or "",
		tracking_company=values.get("shopify_tracking_company") or (values.get("transporter_name") or "" if not own else ""),
		tracking_url=values.get("shopify_tracking_url") or "",
		amended_from=values.get("amended_from"),
		against=against,
		fulfillment=_fulfillment(connection, against),
	)


def _fulfillment(connection: sqlite3.Connection, note: str) -> str:
	"""Return the fulfillment that a Delivery Note of the app's was made of; empty: people made it."""
	row = connection.execute("SELECT shopify_key FROM document WHERE doctype = ? AND name = ?", (DOCTYPE, note)).fetchone()
	return str(row["shopify_key"]).rpartition("/")[2] if row and row["shopify_key"] else ""


def _quantity(row: Mapping[str, Any]) -> Decimal:
	return Decimal(row["qty"]) * Decimal(row.get("conversion_factor") or 1)


def touched(connection: sqlite3.Connection, push_key: str) -> set[tuple[str, str]]:
	"""Return (Item, warehouse) of everything that the notes of an order deliver, whose fulfillments just changed."""
	store, _resource, id = push_key.split("/", 2)
	order = links.read(connection, keys.key(store, keys.ORDER, id))
	return {
		(row["item_code"], row["warehouse"])
		for note in _notes(connection, order.document_name or "")
		for row in note.values["items"]
	}


def of_lines(connection: sqlite3.Connection, push_key: str, lines: Iterable[str]) -> set[str]:
	"""Return the Items that the notes of an order deliver for these lines of it."""
	store, _resource, id = push_key.split("/", 2)
	order, wanted = links.read(connection, keys.key(store, keys.ORDER, id)), set(lines)
	rows = (row for note in _notes(connection, order.document_name or "") for row in note.values["items"])
	return {row["item_code"] for row in rows if str(row.get("shopify_line_item_id") or "") in wanted}


def unfulfilled(connection: sqlite3.Connection, policy: StorePolicy, item: str, warehouses: Iterable[str]) -> Decimal:
	"""Return what notes took of an Item from these warehouses whose fulfillment Shopify does not have yet, in stock units.

	Below zero: what cancelled notes brought back, while Shopify still has them fulfilled, and what people took back before the
	return was received there. A push that rests counts until it is discarded.
	"""
	if not policy.sends:
		return Decimal(0)
	rows = connection.execute(
		f"SELECT DISTINCT shopify_id FROM sync_event WHERE status IN ({_MARKS}) AND resource = ? AND store = ?",  # noqa: S608 -- only marks
		(*(str(status) for status in _NOT_SETTLED), keys.FULFILLMENT_PUSH, policy.store),
	).fetchall()
	places = set(warehouses)
	return sum((_unfulfilled(connection, policy, str(row["shopify_id"]), item, places) for row in rows), Decimal(0))


_NOT_SETTLED = (*OPEN, Status.PROCESSING)
_MARKS = ", ".join("?" for _status in _NOT_SETTLED)


def _unfulfilled(connection: sqlite3.Connection, policy: StorePolicy, id: str, item: str, places: set[str]) -> Decimal:
	order = links.read(connection, keys.key(policy.store, keys.ORDER, id))
	memory = ParcelMemory.of(links.read(connection, keys.key(policy.store, keys.FULFILLMENT_PUSH, id)).facts)
	total = Decimal(0)
	for note in _notes(connection, order.document_name or ""):
		is_return = bool(note.values.get("is_return"))
		if is_return and not policy.tells_returns:
			continue
		rows = [
			((row["item_code"], row["warehouse"]), str(row.get("shopify_line_item_id") or ""), abs(_quantity(row)))
			for row in note.values["items"]
		]
		found = (open_returns if is_return else open_quantities)(note.name, note.docstatus, rows, memory, order.agreed)
		total += sum((quantity for (code, place), quantity in found.items() if code == item and place in places), Decimal(0))
	return total
