"""Delivery Notes that people make, returns among them: what is left to send of an order, or to take back, and which there are."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from typing import Any

from shopify_sync.core.snapshots import DocumentState
from shopify_sync.embedded_host import documents


def left(connection: sqlite3.Connection, order: DocumentState, warehouse: str, most: int | None) -> list[dict[str, Any]]:
	"""Return the rows of a note of what is left of a Sales Order; *most*: so many pieces of it, None: all."""
	sent = _sent(connection, order.name)
	rows: list[dict[str, Any]] = []
	for row in order.values["items"]:
		line, item = str(row.get("shopify_line_item_id") or ""), row["item_code"]
		ordered = int(float(row["qty"]))
		gone = min(sent[line], ordered)
		sent[line] -= gone
		pieces = ordered - gone if most is None else min(ordered - gone, most - sum(one["qty"] for one in rows))
		if pieces > 0 and line and documents.get(connection, "Item", item).values.get("is_stock_item", True):
			rows.append({"shopify_line_item_id": line, "item_code": item, "qty": pieces, "warehouse": warehouse})
	return rows


def of_people(connection: sqlite3.Connection, key: str, *, returns: bool = False) -> list[str]:
	"""Return the submitted notes of an order that people made, oldest first. *returns*: those that take goods back instead."""
	order = documents.by_key(connection, "Sales Order", key)
	rows = connection.execute(
		"SELECT name FROM document WHERE doctype = 'Delivery Note' AND shopify_key IS NULL AND docstatus = 1 "
		"AND json_extract(data, '$.sales_order') = ? AND coalesce(json_extract(data, '$.is_return'), 0) = ? ORDER BY rowid",
		(order.name if order else "", int(returns)),
	)
	return [str(row["name"]) for row in rows]


def standing(connection: sqlite3.Connection, key: str) -> list[str]:
	"""Return those of people's notes that can be cancelled: ERPNext refuses it once something of them was taken back."""
	return [name for name in of_people(connection, key) if not _taken_back(connection, name)]


def to_take_back(connection: sqlite3.Connection, key: str, most: int) -> tuple[str, list[dict[str, Any]]] | None:
	"""Return the last note of people's of which something is not back, and the rows of a return of up to *most* pieces of it."""
	for name in reversed(of_people(connection, key)):
		back, rows = _taken_back(connection, name), []
		for row in documents.get(connection, "Delivery Note", name).values["items"]:
			pieces = min(int(row["qty"]) - back[row["shopify_line_item_id"]], most - sum(-one["qty"] for one in rows))
			if pieces > 0:
				rows.append({**row, "qty": -pieces})
		if rows:
			return name, rows
	return None


def _taken_back(connection: sqlite3.Connection, note: str) -> Counter[str]:
	"""Return the pieces of each line that submitted returns, of people or of the app, took back of a note."""
	back: Counter[str] = Counter()
	rows = connection.execute(
		"SELECT data FROM document WHERE doctype = 'Delivery Note' AND docstatus = 1 AND json_extract(data, '$.return_against') = ?",
		(note,),
	)
	for row in rows:
		for item in json.loads(row["data"])["items"]:
			back[str(item.get("shopify_line_item_id") or "")] -= int(float(item["qty"]))
	return back


def _sent(connection: sqlite3.Connection, sales_order: str) -> Counter[str]:
	"""Return the pieces of each line that submitted notes sent, whatever came back."""
	sent: Counter[str] = Counter()
	rows = connection.execute("SELECT data FROM document WHERE doctype = 'Delivery Note' AND docstatus = 1")
	for row in rows:
		data = json.loads(row["data"])
		for item in data["items"]:
			if sales_order in (item.get("against_sales_order"), data.get("sales_order")) and not data.get("is_return"):
				sent[str(item.get("shopify_line_item_id") or "")] += int(float(item["qty"]))
	return sent
