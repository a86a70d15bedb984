"""What an exception of Frappe, ERPNext or MariaDB means: start again, or a failure of a named category."""

from __future__ import annotations

import traceback

import frappe
from frappe.utils import strip_html

from shopify_sync.core.failures import Category, Failure, SyncFailure

from .versions import (
	ER_CHECKREAD,
	ER_DUP_ENTRY,
	ER_LOCK_DEADLOCK,
	ER_LOCK_WAIT_TIMEOUT,
	driver_code,
	is_connection_lost,
)

_START_AGAIN = frozenset((ER_CHECKREAD, ER_LOCK_WAIT_TIMEOUT, ER_LOCK_DEADLOCK, ER_DUP_ENTRY))

#: Exceptions of ERPNext by name: their modules move between versions.
_BY_NAME = {
	"ClosedAccountingPeriod": Category.PERIOD_CLOSED,
	"PeriodClosingVoucher": Category.PERIOD_CLOSED,
	"StockFreezeError": Category.PERIOD_CLOSED,
	"FiscalYearError": Category.PERIOD_CLOSED,
	"NegativeStockError": Category.STOCK_UNAVAILABLE,
}


def is_contention(error: BaseException) -> bool:
	"""Tell whether the transaction should simply start again: deadlock, lock wait, changed snapshot, or a row that came first.

	A clash on a unique key is among them: the second try finds the document that the other worker made.
	"""
	if isinstance(error, frappe.QueryDeadlockError | frappe.QueryTimeoutError):
		return True
	if isinstance(error, frappe.DuplicateEntryError | frappe.UniqueValidationError | frappe.TimestampMismatchError):
		return True
	return driver_code(error) in _START_AGAIN


def classify(error: BaseException) -> Failure:
	"""Return what *error* means to an operator. Never raises."""
	if isinstance(error, SyncFailure):
		return error.failure
	if is_contention(error):
		return Failure(
			Category.CONTENTION, f"The database was busy through every restart ({type(error).__name__}).", detail=_detail(error)
		)
	if is_connection_lost(error):
		return Failure(Category.NETWORK, "The connection to the database was lost.", detail=_detail(error))
	named = next((_BY_NAME[kind.__name__] for kind in type(error).__mro__ if kind.__name__ in _BY_NAME), None)
	if named:
		return Failure(named, _message(error), detail=_detail(error))
	if isinstance(error, frappe.LinkExistsError):
		return Failure(Category.CONFLICT, f"Other documents depend on it: {_message(error)}", detail=_detail(error))
	if isinstance(error, frappe.PermissionError):
		return Failure(Category.PERMISSION, _message(error), detail=_detail(error))
	if isinstance(error, frappe.ValidationError):
		return Failure(Category.ERPNEXT_VALIDATION, _message(error), detail=_detail(error))
	return Failure(Category.BUG, f"Unexpected {type(error).__name__}: {_message(error)}", detail=_detail(error))


def _message(error: BaseException) -> str:
	"""Return ERPNext's own words, without markup."""
	return strip_html(str(error)).strip()[:1000] or type(error).__name__


def _detail(error: BaseException) -> str:
	"""Return the last frames without local variables: those may hold personal data or secrets."""
	frames = traceback.format_tb(error.__traceback__)[-6:]
	return f"{''.join(frames)}{type(error).__name__}: {_message(error)}"
