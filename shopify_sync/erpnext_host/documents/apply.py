"""Changes → ERPNext documents, through ERPNext's own controllers: nothing is written past them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any

import frappe
from erpnext.stock.doctype.stock_reconciliation.stock_reconciliation import get_difference_account

from shopify_sync.core.failures import Category, Failure, SyncFailure
from shopify_sync.core.keys import short_hash
from shopify_sync.core.money import plain
from shopify_sync.core.plan import AppliedChange, CancelDocument, Change, CreateDocument, DocRef, UpdateDocument

from .bins import lock_bins


def apply(change: Change, created: dict[str, str], touched: list[tuple[str, str]]) -> AppliedChange:
	"""Carry out one change in the running transaction. See `core.ports.Transaction.apply`.

	:param touched: gets each document before it is written, for clearing caches when the transaction fails.
	"""
	if isinstance(change, CreateDocument):
		return _create(change, created, touched)
	if isinstance(change, UpdateDocument):
		return _update(change)
	return _cancel(change)


def _create(change: CreateDocument, created: dict[str, str], touched: list[tuple[str, str]]) -> AppliedChange:
	_free_key_of_cancelled(change)
	values = _resolved(change.values, created)
	fields = tuple((name, None, _short(value)) for name, value in values.items() if value not in (None, "", 0))
	doc = frappe.get_doc({"doctype": change.doctype, "shopify_key": change.key, **values})
	doc.flags.ignore_permissions = True
	if change.name:
		# Named by us: a naming series would keep its row locked until commit, and all workers waiting for it.
		doc.name = change.name
		doc.flags.name_set = True
		touched.append((change.doctype, change.name))
	if change.submit:
		# One step instead of insert() and submit(): validated once, the same ledger rows (docs/architecture.md).
		doc.docstatus = 1
		doc.flags.shopify_sync_locks_bins = True
	if before_insert := _BEFORE_INSERT.get(change.doctype):
		before_insert(doc)
	with _no_call_to_gravatar(doc):
		doc.insert()
	after_insert = _AFTER_INSERT.get(change.doctype)
	if after_insert and change.submit:
		after_insert(doc)
	_check_total(doc, change)
	created[change.key] = doc.name
	return AppliedChange("create", change.doctype, doc.name, change.key, fields)


@contextmanager
def _no_call_to_gravatar(doc: Any) -> Iterator[None]:
	"""Keep Frappe from asking gravatar.com for a picture of a Contact: a call without a time limit, with our rows locked.

	The flag is the one that Frappe's own import sets for this reason (`frappe.utils.has_gravatar`); as in an import, assignment
	rules and notifications rest. So it is raised for Contacts alone.
	"""
	before = frappe.flags.in_import
	frappe.flags.in_import = before or doc.doctype == "Contact"
	try:
		yield
	finally:
		frappe.flags.in_import = before


def _free_key_of_cancelled(change: CreateDocument) -> None:
	"""Take the key off a cancelled document, so that a new one can have it; only a deleted link leads here."""
	if change.submit:
		frappe.db.sql(
			f"UPDATE `tab{change.doctype}` SET shopify_key = NULL WHERE shopify_key = %s AND docstatus = 2",  # noqa: S608
			(change.key,),
		)


def _sales_order_status(doc: Any) -> None:
	"""Set the status that two steps would have: status_updater leaves a document that is new and submitted at once as Draft."""
	# ERPNext tries up to seven conditions and asks for the whole document at each: one copy serves them all.
	values = doc.as_dict()
	doc.as_dict = lambda: values
	try:
		doc.set_status()
	finally:
		del doc.as_dict
	# Not set_status(update=True): that reads the whole document again to compare.
	frappe.db.set_value("Sales Order", doc.name, "status", doc.status, update_modified=False)


def _difference_account(doc: Any) -> None:
	"""Set the account that takes the difference in value: the very first stock of a site is an opening entry to ERPNext."""
	is_first = not frappe.db.exists("Stock Ledger Entry", {})
	doc.expense_account = get_difference_account("Opening Stock" if is_first else "Stock Reconciliation", doc.company)


def _customer_name(doc: Any) -> None:
	"""Name a namesake after its key instead of counting on: ERPNext's next number is the same for all workers that look at once."""
	named_after_people = frappe.defaults.get_global_default("cust_master_name") == "Customer Name"
	if named_after_people and frappe.db.exists("Customer", doc.customer_name):
		doc.name = f"{doc.customer_name[:120]} - {short_hash(doc.shopify_key)[:8]}"
		doc.flags.name_set = True


_BEFORE_INSERT: dict[str, Callable[[Any], None]] = {
	"Customer": _customer_name,
	"Stock Reconciliation": _difference_account,
}
_AFTER_INSERT: dict[str, Callable[[Any], None]] = {"Sales Order": _sales_order_status}


def _check_total(doc: Any, change: CreateDocument) -> None:
	"""Refuse to post anything but what Shopify states."""
	if change.expect_total is None:
		return
	posted = Decimal(str(doc.grand_total))
	if abs(posted - change.expect_total) > change.tolerance:
		rows = "; ".join(f"{row.description}: {row.tax_amount}" for row in doc.get("taxes", []))
		raise SyncFailure(
			Failure(
				Category.TOTALS_MISMATCH,
				f"ERPNext arrives at {plain(posted)} {doc.currency}, Shopify states {plain(change.expect_total)}. Nothing was "
				f"posted. ERPNext's net total is {doc.net_total}; tax rows: {rows or 'none'}. Look for tax templates, pricing "
				"rules, or a currency precision that is too small.",
			)
		)


def _update(change: UpdateDocument) -> AppliedChange:
	doc = frappe.get_doc(change.doctype, change.name)
	values = _resolved(change.after, {})
	if change.doctype == "Contact":
		_set_contact_values(doc, values)
	else:
		doc.update(values)
	doc.flags.ignore_permissions = True
	with _no_call_to_gravatar(doc):
		doc.save()
	fields = tuple((name, change.before.get(name), value) for name, value in values.items())
	return AppliedChange("update", change.doctype, doc.name, None, fields)


def _set_contact_values(doc: Any, values: Mapping[str, Any]) -> None:
	"""Write a Contact's e-mail and phone where ERPNext keeps them: in its child tables, the primary row of each."""
	for field, table, column, flag in (
		("email_id", "email_ids", "email_id", "is_primary"),
		("mobile_no", "phone_nos", "phone", "is_primary_mobile_no"),
	):
		if field not in values:
			continue
		primary = next((row for row in doc.get(table) if row.get(flag)), None)
		if not values[field]:
			doc.set(table, [row for row in doc.get(table) if row is not primary])
		elif primary:
			primary.set(column, values[field])
		else:
			doc.append(table, {column: values[field], flag: 1})
	doc.update({name: value for name, value in values.items() if name not in ("email_id", "mobile_no")})


def _cancel(change: CancelDocument) -> AppliedChange:
	doc = frappe.get_doc(change.doctype, change.name)
	doc.flags.ignore_permissions = True
	before = doc.docstatus
	lock_bins(doc)
	doc.cancel()
	return AppliedChange("cancel", change.doctype, doc.name, None, (("docstatus", int(before), 2),))


def _resolved(values: Mapping[str, Any], created: Mapping[str, str]) -> dict[str, Any]:
	"""Return *values* as Frappe wants them: names for references, floats for Decimals. Money is exact until here."""
	return {name: _resolve(value, created) for name, value in values.items()}


def _resolve(value: Any, created: Mapping[str, str]) -> Any:
	if isinstance(value, DocRef):
		return created[value.key]
	if isinstance(value, Decimal):
		return float(value)
	if isinstance(value, date):
		return str(value)
	if isinstance(value, Mapping):
		return _resolved(value, created)
	if isinstance(value, list | tuple):
		return [_resolve(inner, created) for inner in value]
	return value


def _short(value: Any) -> Any:
	"""Return child rows without their empty columns: evidence is read by people."""
	if isinstance(value, list):
		return [{name: inner for name, inner in row.items() if inner not in (None, "", 0)} for row in value]
	return value
