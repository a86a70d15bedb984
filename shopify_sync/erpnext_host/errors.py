"""What an exception of Frappe, ERPNext or MariaDB means: start again, or a failure of a named category."""

from __future__ import annotations

import traceback

import frappe
from frappe.utils import strip_html
from rq.timeouts import JobTimeoutException

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
	"StockFreezeError": Category.PERIOD_CLOSED,
	"BackDatedStockTransaction": Category.PERIOD_CLOSED,
	"FiscalYearError": Category.PERIOD_CLOSED,
	"PartyFrozen": Category.CUSTOMER_BLOCKED,
	"PartyDisabled": Category.CUSTOMER_BLOCKED,
	"NegativeStockError": Category.STOCK_UNAVAILABLE,
	"BatchNegativeStockError": Category.STOCK_UNAVAILABLE,
	"BatchExpiredError": Category.SERIAL_OR_BATCH,
	"UnableToSelectBatchError": Category.SERIAL_OR_BATCH,
	"SerialNoWarehouseError": Category.SERIAL_OR_BATCH,
	"OverAllowanceError": Category.CONFLICT,
	"StockOverReturnError": Category.CONFLICT,
}
#: Functions of ERPNext that refuse with a plain ValidationError, whose words depend on the language: the innermost one counts.
_BY_FUNCTION = {
	"check_freezing_date": Category.ACCOUNTS_FROZEN,
	"validate_frozen_account": Category.ACCOUNTS_FROZEN,
	"validate_against_pcv": Category.PERIOD_CLOSED,
	"validate_fiscal_year": Category.PERIOD_CLOSED,
	"check_credit_limit": Category.CREDIT_LIMIT,
	"validate_end_of_life": Category.ITEM_DISABLED,
	"validate_serial_batch_no_bundle": Category.SERIAL_OR_BATCH,
	"throw_overbill_exception": Category.CONFLICT,
	"validate_child_on_delete": Category.CONFLICT,
}
#: "Update Items" calls most of ERPNext: its own refusals are those that it raises itself.
_BY_INNERMOST = frozenset(("update_child_qty_rate", "validate_quantity", "validate_quantity_and_rate"))
#: Where ERPNext's words name the customer, or who of the staff may help, these stand instead.
_OWN_WORDS = {
	Category.CREDIT_LIMIT: "The order would take its Customer beyond the credit limit in ERPNext.",
	Category.CUSTOMER_BLOCKED: "The order's Customer is frozen or disabled in ERPNext.",
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
	if isinstance(error, JobTimeoutException):
		# Of the work that it was in the middle of, whatever that was: no fault of the event's.
		return Failure(Category.WORKER_DIED, "The worker's time was over before this was finished.")
	if refused := _refused(error):
		return refused
	if isinstance(error, frappe.LinkExistsError):
		return Failure(Category.CONFLICT, f"Other documents depend on it: {_message(error)}", detail=_detail(error))
	if isinstance(error, frappe.PermissionError):
		return Failure(Category.PERMISSION, _message(error), detail=_detail(error))
	if isinstance(error, frappe.ValidationError):
		return Failure(Category.ERPNEXT_VALIDATION, _message(error), detail=_detail(error))
	return Failure(Category.BUG, f"Unexpected {type(error).__name__}: {_message(error)}", detail=_detail(error))


def _refused(error: BaseException) -> Failure | None:
	"""Return the failure of a refusal that has a category of its own: by its exception, else by the function that raised it."""
	category = next((_BY_NAME[kind.__name__] for kind in type(error).__mro__ if kind.__name__ in _BY_NAME), None)
	missing = None
	if category is None and isinstance(error, frappe.ValidationError):
		category, missing = _by_function(error)
	if category is None:
		return None
	words = _OWN_WORDS.get(category) or _message(error)
	return Failure(category, words, missing=missing, detail=_detail(error, words))


def _by_function(error: BaseException) -> tuple[Category | None, str | None]:
	"""Return the category of the innermost function of ERPNext that is known to refuse, and the Item that it is about."""
	frames = [frame for frame, _line in traceback.walk_tb(error.__traceback__)]
	of_erpnext = [frame for frame in reversed(frames) if str(frame.f_globals.get("__name__", "")).startswith("erpnext.")]
	if of_erpnext and of_erpnext[0].f_code.co_name in _BY_INNERMOST:
		return Category.CONFLICT, None
	for frame in of_erpnext:
		name = frame.f_code.co_name
		if name in _BY_FUNCTION:
			item = frame.f_locals.get("item_code") if name == "validate_end_of_life" else None
			return _BY_FUNCTION[name], f"item:{item}" if item else None
	return None, None


def _message(error: BaseException) -> str:
	"""Return ERPNext's own words, without markup."""
	return strip_html(str(error)).strip()[:1000] or type(error).__name__


def _detail(error: BaseException, words: str | None = None) -> str:
	"""Return the last frames without local variables: those may hold personal data or secrets."""
	frames = traceback.format_tb(error.__traceback__)[-6:]
	return f"{''.join(frames)}{type(error).__name__}: {words or _message(error)}"
