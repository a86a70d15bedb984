"""What a Stock Reconciliation finds that is booked at an earlier moment, or on the one batch of a location."""

from __future__ import annotations

from datetime import datetime, time
from decimal import Decimal
from typing import Any

import frappe
from erpnext.stock.doctype.stock_reconciliation.stock_reconciliation import get_stock_balance_for
from erpnext.stock.utils import get_stock_balance
from frappe.utils import now_datetime

from shopify_sync.core.inventory.stock_rules import batch_name
from shopify_sync.core.snapshots import Booked, ItemState, StockNeeds

from .. import times
from .closed_days import next_open_day


def read_booked(needs: StockNeeds, item: ItemState, company: str) -> Booked | None:
	"""Return what there is at the moment that *needs* ask for; None where the Bin as it is now is all that counts."""
	at = _moment(needs, item.code, company)
	if needs.batch_of and item.has_batch_or_serial and not item.has_serial:
		return _of_batch(batch_name(item.code, needs.batch_of), needs, item, at, company)
	if at is None:
		return None
	quantity, rate = get_stock_balance(item.code, needs.warehouse, str(at.date()), f"{at:%H:%M:%S.%f}", with_valuation_rate=True)
	return Booked(_decimal(quantity), _decimal(rate) or None, at)


def _of_batch(batch: str, needs: StockNeeds, item: ItemState, at: datetime | None, company: str) -> Booked:
	exists = bool(frappe.db.exists("Batch", batch))
	if not exists:
		return Booked(Decimal(0), at=at)
	moment = at or now_datetime()
	row = {"item_code": item.code, "warehouse": needs.warehouse, "batch_no": batch, "use_serial_batch_fields": 1}
	# What the Stock Reconciliation itself will ask, and take for the quantity and rate that there are.
	found = get_stock_balance_for(
		item.code, needs.warehouse, str(moment.date()), f"{moment:%H:%M:%S.%f}", batch_no=batch, row=row, company=company
	)
	return Booked(_decimal(found["qty"]), _decimal(found["rate"]) or None, at, batch_exists=True)


def _moment(needs: StockNeeds, item: str, company: str) -> datetime | None:
	"""Return when stock is booked, in the site's zone; None: now.

	A count that comes later settles what is there: what is booked before it would change nothing that is there today.
	"""
	if needs.at is None:
		return None
	now, at = now_datetime(), times.to_site(needs.at)
	if needs.next_open:
		day = next_open_day(company, at.date(), now.date())
		at = at if day == at.date() else datetime.combine(day, time.min)
	if at >= now or _counted_since(item, needs.warehouse, at):
		return None
	return at


def _counted_since(item: str, warehouse: str, at: datetime) -> bool:
	rows = frappe.db.sql(
		"""SELECT 1 FROM `tabStock Ledger Entry` WHERE item_code = %s AND warehouse = %s AND is_cancelled = 0
		AND voucher_type = 'Stock Reconciliation' AND TIMESTAMP(posting_date, posting_time) >= %s LIMIT 1""",
		(item, warehouse, at),
	)
	return bool(rows)


def _decimal(value: Any) -> Decimal:
	return Decimal(str(value or 0)).normalize()
