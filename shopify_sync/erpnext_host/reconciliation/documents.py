"""The documents of a page of orders: found by key, with their amendments, and what their rows come to. Summed by the database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import frappe

from shopify_sync.core.reconciliation.found import FoundDocument

SALES_ORDER, INVOICE, NOTE, PAYMENT = "Sales Order", "Sales Invoice", "Delivery Note", "Payment Entry"
#: doctype → its columns in the words of :class:`Row`.
_COLUMNS = {
	SALES_ORDER: "status, currency, grand_total, conversion_rate, 0 AS is_return, '' AS reference, '' AS payment_type, 0 AS settled",
	INVOICE: "status, currency, grand_total, conversion_rate, is_return, '' AS reference, '' AS payment_type, 0 AS settled",
	NOTE: "status, currency, grand_total, conversion_rate, is_return, '' AS reference, '' AS payment_type, 0 AS settled",
	PAYMENT: """status, '' AS currency, 0 AS grand_total, 1 AS conversion_rate, 0 AS is_return, reference_no AS reference, payment_type,
		IF(payment_type = 'Pay', base_paid_amount, base_received_amount) AS settled""",
}
_MOST_AMENDMENTS = 20
_ITEM_ROWS = {
	SALES_ORDER: """SELECT 'Sales Order', parent, '' AS against, shopify_line_item_id AS line, MAX(item_code), SUM(stock_qty)
		FROM `tabSales Order Item` WHERE parent IN %(Order)s AND shopify_line_item_id != '' GROUP BY parent, line""",
	INVOICE: """SELECT 'Sales Invoice', parent, '' AS against, shopify_line_item_id AS line, MAX(item_code), SUM(stock_qty)
		FROM `tabSales Invoice Item` WHERE parent IN %(Invoice)s AND shopify_line_item_id != '' GROUP BY parent, line""",
	NOTE: """SELECT 'Delivery Note', row.parent, IFNULL(row.against_sales_order, '') AS against,
		COALESCE(NULLIF(row.shopify_line_item_id, ''), ordered.shopify_line_item_id) AS line, MAX(row.item_code), SUM(row.stock_qty)
		FROM `tabDelivery Note Item` row LEFT JOIN `tabSales Order Item` ordered ON ordered.name = row.so_detail
		WHERE row.parent IN %(Note)s GROUP BY row.parent, against, line HAVING IFNULL(line, '') != ''""",
}


@dataclass
class Row:
	"""A document as it stands. *key*: its own, or that of the cancelled document which it is an amendment of."""

	doctype: str
	name: str
	key: str
	docstatus: int
	modified: datetime
	modified_by: str
	values: Mapping[str, Any]
	lines: dict[str, Decimal] = field(default_factory=dict)
	items: dict[str, str] = field(default_factory=dict)
	taxes: dict[str, Decimal] = field(default_factory=dict)
	deductions: dict[str, Decimal] = field(default_factory=dict)
	#: Of a Delivery Note that people made: the Sales Order whose part of it this is.
	against: str = ""

	def found(self) -> FoundDocument:
		"""Return it as the core sees it."""
		values = self.values
		return FoundDocument(
			doctype=self.doctype,
			name=self.name,
			key=self.key,
			docstatus=self.docstatus,
			status=values.get("status") or "",
			currency=values.get("currency") or "",
			total=decimal(values.get("grand_total")),
			rate=decimal(values.get("conversion_rate")) or Decimal(1),
			is_return=bool(values.get("is_return")),
			lines=self.lines,
			items=self.items,
			taxes=self.taxes,
			reference=values.get("reference") or "",
			payment_type=values.get("payment_type") or "",
			settled=decimal(values.get("settled")),
			deductions=self.deductions,
		)


def decimal(value: Any) -> Decimal:
	"""Return a number of the database; money and quantities there have nine decimals."""
	return Decimal(str(value or 0))


def of_orders(keys: Sequence[str]) -> list[Row]:
	"""Return the documents of orders: those with the order's key or one below it, their amendments, people's Delivery Notes.

	:param keys: of the orders. A constant number of queries, some of them only where something was amended.
	"""
	if not keys:
		return []
	found = _keyed(keys)
	found += _amendments(found)
	own = {row.name for row in found if row.doctype == NOTE}
	found += [row for row in _notes_of_people(row.name for row in found if row.doctype == SALES_ORDER) if row.name not in own]
	_add_rows(found)
	return found


def _keyed(keys: Sequence[str]) -> list[Row]:
	"""Return the documents with keys. One range of the unique index for each order and doctype, all in one statement."""
	parts = [_select(SALES_ORDER, "shopify_key IN %(keys)s")]
	values: dict[str, Any] = {"keys": tuple(keys)}
	ranges = []
	for index, key in enumerate(keys):
		values[f"key{index}"] = f"{escaped(key)}/%"
		ranges.append(f"shopify_key LIKE %(key{index})s")
	parts += [_select(doctype, f"({' OR '.join(ranges)})") for doctype in (INVOICE, NOTE, PAYMENT)]
	return [_row(row, row["shopify_key"]) for row in frappe.db.sql(" UNION ALL ".join(parts), values, as_dict=True)]


def _select(doctype: str, where: str) -> str:
	return (
		f"SELECT '{doctype}' AS doctype, name, shopify_key, docstatus, modified, modified_by, amended_from, {_COLUMNS[doctype]} "  # noqa: S608
		f"FROM `tab{doctype}` WHERE {where}"
	)


def _row(row: Mapping[str, Any], key: str) -> Row:
	return Row(row["doctype"], row["name"], key or "", int(row["docstatus"]), row["modified"], row["modified_by"], row)


def _amendments(rows: Sequence[Row]) -> list[Row]:
	"""Return what cancelled documents were amended to, which has no key of its own: it stands for the key of the first."""
	found: list[Row] = []
	fresh = {(row.doctype, row.name): row.key for row in rows if row.docstatus == 2}
	for _amendment in range(_MOST_AMENDMENTS):
		if not fresh:
			break
		names: dict[str, list[str]] = {}
		for doctype, name in fresh:
			names.setdefault(doctype, []).append(name)
		query = " UNION ALL ".join(_select(doctype, f"amended_from IN %({doctype.split()[-1]})s") for doctype in names)
		values = {doctype.split()[-1]: tuple(several) for doctype, several in names.items()}
		amended = [
			_row(row, fresh[(row["doctype"], row["amended_from"])])
			for row in frappe.db.sql(query, values, as_dict=True)
			if not row["shopify_key"]
		]
		found += amended
		fresh = {(row.doctype, row.name): row.key for row in amended if row.docstatus == 2}
	return found


def _notes_of_people(sales_orders: Iterable[str]) -> list[Row]:
	names = tuple(sales_orders)
	if not names:
		return []
	pairs = frappe.db.sql(
		"SELECT DISTINCT parent, against_sales_order FROM `tabDelivery Note Item` WHERE against_sales_order IN %s", (names,)
	)
	if not pairs:
		return []
	where = "name IN %(names)s AND IFNULL(shopify_key, '') = '' AND docstatus > 0"
	rows = frappe.db.sql(_select(NOTE, where), {"names": tuple({parent for parent, _against in pairs})}, as_dict=True)
	by_name = {row["name"]: row for row in rows}
	return [replace(_row(by_name[parent], ""), against=sales_order) for parent, sales_order in sorted(pairs) if parent in by_name]


def _add_rows(rows: Sequence[Row]) -> None:
	"""Add what the rows of documents come to: pieces and Items per line, taxes and deductions per account."""
	by_ref = {(row.doctype, row.name): row for row in rows if not row.against}
	parts = {(row.name, row.against): row for row in rows if row.against}
	names: dict[str, list[str]] = {}
	for doctype, name in {**by_ref, **{(NOTE, name): row for (name, _against), row in parts.items()}}:
		names.setdefault(doctype, []).append(name)
	for doctype, name, against, line, item, quantity in _item_rows(names):
		row = by_ref.get((doctype, name)) or parts.get((name, against))
		if row:
			row.lines[line] = row.lines.get(line, Decimal(0)) + decimal(quantity)
			row.items[line] = item
	taxed = (*names.get(SALES_ORDER, ()), *names.get(INVOICE, ()))
	if taxed:
		query = """SELECT parenttype, parent, account_head, SUM(tax_amount_after_discount_amount) FROM `tabSales Taxes and Charges`
			WHERE parent IN %s AND parenttype IN ('Sales Order', 'Sales Invoice') GROUP BY parenttype, parent, account_head"""
		for doctype, name, account, amount in frappe.db.sql(query, (taxed,)):
			if row := by_ref.get((doctype, name)):
				row.taxes[account] = decimal(amount)
	if payments := names.get(PAYMENT):
		query = (
			"SELECT parent, account, SUM(amount) FROM `tabPayment Entry Deduction` WHERE parent IN %s GROUP BY parent, account"
		)
		for name, account, amount in frappe.db.sql(query, (tuple(payments),)):
			by_ref[(PAYMENT, name)].deductions[account] = decimal(amount)


def _item_rows(names: Mapping[str, Sequence[str]]) -> Sequence[Any]:
	"""Return (doctype, document, Sales Order, line, Item, pieces in stock units). A row of people's has the line of what it delivers."""
	parts = [part for doctype, part in _ITEM_ROWS.items() if doctype in names]
	values = {doctype.split()[-1]: tuple(several) for doctype, several in names.items()}
	rows: Sequence[Any] = frappe.db.sql(" UNION ALL ".join(parts), values) if parts else ()
	return rows


def escaped(text: str) -> str:
	"""Return *text* for LIKE."""
	return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
