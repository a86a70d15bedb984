"""Days on which ERPNext lets nobody book a Stock Reconciliation: frozen stock, closed periods, frozen accounts."""

from __future__ import annotations

from datetime import date, timedelta

import frappe
from frappe.utils import add_days, cint, getdate

_DOCTYPE = "Stock Reconciliation"


def next_open_day(company: str, day: date, today: date) -> date:
	"""Return the first day from *day* on, but not after *today*, on which stock can be booked; *today* where none is."""
	found = max(day, _open_from(company, today))
	for start, end in _closed_periods(company):
		if start <= found <= end:
			found = end + timedelta(days=1)
	return min(found, today)


def _open_from(company: str, today: date) -> date:
	"""Return the day after everything that is closed up to a day."""
	settings = frappe.get_cached_doc("Stock Settings")
	closed = [settings.stock_frozen_upto, _accounts_frozen_upto(company), _last_closing(company)]
	days = cint(settings.stock_frozen_upto_days)
	if days:
		# ERPNext refuses a day that is this many days ago, or more.
		closed.append(add_days(today, -days))
	known = [getdate(one) for one in closed if one]
	return max(known) + timedelta(days=1) if known else date.min


def _accounts_frozen_upto(company: str) -> object:
	"""Return the day up to which accounts are frozen: a setting of the company since version 16."""
	if frappe.get_meta("Company").has_field("accounts_frozen_till_date"):
		return frappe.db.get_value("Company", company, "accounts_frozen_till_date")
	return frappe.db.get_single_value("Accounts Settings", "acc_frozen_upto")


def _last_closing(company: str) -> object:
	found = frappe.db.sql(
		"SELECT MAX(period_end_date) FROM `tabPeriod Closing Voucher` WHERE docstatus = 1 AND company = %s", (company,)
	)
	return found[0][0]


def _closed_periods(company: str) -> list[tuple[date, date]]:
	"""Return the Accounting Periods that are closed for Stock Reconciliations, in order."""
	disabled = " AND period.disabled = 0" if frappe.get_meta("Accounting Period").has_field("disabled") else ""
	rows = frappe.db.sql(
		f"""SELECT period.start_date, period.end_date FROM `tabAccounting Period` period
		JOIN `tabClosed Document` closed ON closed.parent = period.name
		WHERE period.company = %s AND closed.closed = 1 AND closed.document_type = %s{disabled} ORDER BY period.start_date""",  # noqa: S608
		(company, _DOCTYPE),
	)
	return [(getdate(start), getdate(end)) for start, end in rows]
