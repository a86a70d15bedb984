"""CreateDocument → a document of ERPNext, submitted in one step where the plan asks for a submitted one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import frappe
from erpnext.stock.doctype.stock_reconciliation.stock_reconciliation import get_difference_account
from frappe.utils import nowdate

from shopify_sync.core.keys import short_hash
from shopify_sync.core.plan import AppliedChange, CreateDocument

from . import invoices, payment_entries
from .references import References
from .totals import check_total

#: The time of a document that is booked on a day gone by. ERPNext refuses a return that is earlier than its original, and a
#: delivery that is earlier than the stock it takes; nothing of the same day is later than this.
_END_OF_DAY = "23:59:59.999999"


def create(
	change: CreateDocument, created: dict[str, str], references: References, touched: list[tuple[str, str]]
) -> AppliedChange:
	"""Make the document and check its total; *created* gets its name, *references* its rows."""
	_free_key_of_cancelled(change)
	values = references.resolved(change.values, created)
	if prepare := _PREPARE_VALUES.get(change.doctype):
		values = prepare(values)
	doc = frappe.get_doc({"doctype": change.doctype, "shopify_key": change.key, **values})
	doc.flags.ignore_permissions = True
	if change.name:
		# Named by us: a naming series would keep its row locked until commit, and all workers waiting for it.
		doc.name = change.name
		doc.flags.name_set = True
		touched.append((change.doctype, change.name))
		_tell_currency(doc)
	if before_insert := _BEFORE_INSERT.get(change.doctype):
		before_insert(doc)
	if change.submit:
		# One step instead of insert() and submit(): validated once, the same ledger rows (docs/architecture.md).
		doc.docstatus = 1
		doc.flags.shopify_sync_one_step = True
		doc.flags.shopify_sync_locks_bins = True
	with no_call_to_gravatar(doc):
		doc.insert()
	after_insert = _AFTER_INSERT.get(change.doctype)
	if after_insert and change.submit:
		after_insert(doc)
	check_total(doc, change)
	created[change.key] = doc.name
	references.remember(change.doctype, change.key, doc)
	return AppliedChange("create", change.doctype, doc.name, change.key, _evidence(values))


def _evidence(values: Mapping[str, Any]) -> tuple[tuple[str, Any, Any], ...]:
	return tuple((name, None, _short(value)) for name, value in values.items() if value not in (None, "", 0))


def _short(value: Any) -> Any:
	"""Return child rows without their empty columns: evidence is read by people."""
	if isinstance(value, list):
		return [{name: inner for name, inner in row.items() if inner not in (None, "", 0)} for row in value]
	return value


@contextmanager
def no_call_to_gravatar(doc: Any) -> Iterator[None]:
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


def _tell_currency(doc: Any) -> None:
	"""Tell Frappe the currency of the rows, which decides their decimals: of a new document it looks for it in the database.

	A document that is saved as a draft first is found there when it is submitted. Frappe keeps what it finds in the same place.
	"""
	if not doc.get("currency"):
		return
	known = frappe.local.field_currency = getattr(frappe.local, "field_currency", None) or frappe._dict()
	for table in doc.meta.get_table_fields():
		fields = frappe.get_meta(table.options).get("fields", {"fieldtype": "Currency", "options": "currency"})
		rows = known.setdefault((table.options, doc.name), frappe._dict())
		rows.update({field.fieldname: doc.currency for field in fields})


def _free_key_of_cancelled(change: CreateDocument) -> None:
	"""Take the key off a cancelled document, so that a new one, often its amendment, can have it."""
	if frappe.get_meta(change.doctype).is_submittable:
		frappe.db.sql(
			f"UPDATE `tab{change.doctype}` SET shopify_key = NULL WHERE shopify_key = %s AND docstatus = 2",  # noqa: S608
			(change.key,),
		)


# --- before the insert ---------------------------------------------------------------------------------------------


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


def _posting_time(doc: Any) -> None:
	"""Keep a posting date that is not today: without `set_posting_time` ERPNext writes the present."""
	if doc.posting_date and str(doc.posting_date) != nowdate():
		doc.update({"set_posting_time": 1, "posting_time": _END_OF_DAY})


def _sales_invoice(doc: Any) -> None:
	_posting_time(doc)
	invoices.set_income_accounts(doc)
	# ERPNext 16 speaks of it before it calculates it, when a credit note is more than what its invoice is owed.
	doc.outstanding_amount = doc.outstanding_amount or 0


_PREPARE_VALUES: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {"Payment Entry": payment_entries.prepare}

_BEFORE_INSERT: dict[str, Callable[[Any], None]] = {
	"Customer": _customer_name,
	"Stock Reconciliation": _difference_account,
	"Sales Invoice": _sales_invoice,
	"Delivery Note": _posting_time,
	"Stock Entry": _posting_time,
	"Payment Entry": payment_entries.set_advance_account,
}

# --- after the insert ----------------------------------------------------------------------------------------------


def _status(doc: Any) -> None:
	"""Set the status that two steps would have: status_updater leaves a document that is new and submitted at once as Draft."""
	# ERPNext tries up to seven conditions and asks for the whole document at each: one copy serves them all.
	values = doc.as_dict()
	doc.as_dict = lambda: values
	try:
		doc.set_status()
	finally:
		del doc.as_dict
	# Not set_status(update=True): that reads the whole document again to compare.
	frappe.db.set_value(doc.doctype, doc.name, "status", doc.status, update_modified=False)


_AFTER_INSERT: dict[str, Callable[[Any], None]] = {
	"Sales Order": _status,
	"Delivery Note": _status,
	"Sales Invoice": invoices.set_status,
}
