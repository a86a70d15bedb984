"""A site that is as young at every run as at the first: what earlier runs booked would be valued anew, and added up, by every order.

A Delivery Note of a day gone by has ERPNext value every later move of its Items anew, in tests at once, and a Sales Order adds up
all orders that are open. On a site where tests ran fifty times, that was most of the time that they took.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import frappe

from shopify_sync.simulation.site.ledger import remove_documents

#: How keys of documents begin that tests leave. Other stores of the site are let alone.
_STORES = ("test-%", "suite-%", "bench-%", "life")
#: Items that all tests share, and warehouses that only tests use: nothing of them lies anywhere when a run begins.
_ITEMS = ("TEE-M", "MUG-1")
_WAREHOUSES = ("Suite %", "Lifecycle %")


@cache
def begin() -> None:
	"""Remove what earlier runs left, once in a process; commits. Call it before anything is made that a test stands on."""
	frappe.db.rollback()
	for store in _STORES:
		remove_documents(store)
	bins = frappe.qb.DocType("Bin")
	shared = bins.item_code.isin(_ITEMS)
	for pattern in _WAREHOUSES:
		shared |= bins.warehouse.like(pattern)
	_forget(frappe.qb.from_(bins).select(bins.item_code, bins.warehouse).where(shared).run(), ())
	frappe.db.commit()


def forget_moves(warehouses: Sequence[str], keep: Sequence[str]) -> None:
	"""Forget what moved stock in *warehouses*, but for vouchers of the doctypes *keep*; the caller commits."""
	bins = frappe.qb.DocType("Bin")
	_forget(frappe.qb.from_(bins).select(bins.item_code, bins.warehouse).where(bins.warehouse.isin(list(warehouses))).run(), keep)


def _forget(pairs: Sequence[Sequence[str]], keep: Sequence[str]) -> None:
	if not pairs:
		return
	frappe.db.sql(
		"DELETE FROM `tabStock Ledger Entry` WHERE (item_code, warehouse) IN %s AND voucher_type NOT IN %s",
		(tuple(map(tuple, pairs)), tuple(keep) or ("",)),
	)
	frappe.db.sql(
		"""UPDATE tabBin bin LEFT JOIN (
			SELECT item_code, warehouse, SUM(actual_qty) quantity, SUM(stock_value_difference) value
			FROM `tabStock Ledger Entry` WHERE is_cancelled = 0 AND (item_code, warehouse) IN %(pairs)s GROUP BY item_code, warehouse
		) kept ON kept.item_code = bin.item_code AND kept.warehouse = bin.warehouse
		SET bin.actual_qty = COALESCE(kept.quantity, 0), bin.stock_value = COALESCE(kept.value, 0), bin.reserved_qty = 0,
			bin.projected_qty = COALESCE(kept.quantity, 0)
		WHERE (bin.item_code, bin.warehouse) IN %(pairs)s""",
		{"pairs": tuple(map(tuple, pairs))},
	)
