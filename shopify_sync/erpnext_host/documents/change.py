"""Changes to documents that exist: update, submit, cancel, close, open again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import frappe

from shopify_sync.core.plan import (
	AppliedChange,
	CancelDocument,
	CloseDocument,
	ReopenDocument,
	SubmitDocument,
	UpdateDocument,
)

from .bins import lock_bins
from .create import no_call_to_gravatar
from .references import References
from .totals import check_total


def update(change: UpdateDocument) -> AppliedChange:
	"""Write the fields of *after*; of a submitted document only those that ERPNext lets change."""
	doc = _get(change.doctype, change.name)
	values = References().resolved(change.after, {})
	if doc.docstatus == 1:
		values = {name: value for name, value in values.items() if _may_change(doc, name)}
	if values:
		_write(doc, values)
	fields = tuple((name, change.before.get(name), value) for name, value in values.items())
	return AppliedChange("update", change.doctype, doc.name, None, fields)


def _may_change(doc: Any, field: str) -> bool:
	"""Tell whether a field of a submitted document may change. The others rest as they were booked."""
	df = doc.meta.get_field(field)
	return bool(df and df.allow_on_submit)


def _write(doc: Any, values: Mapping[str, Any]) -> None:
	if doc.doctype == "Contact":
		_set_contact_values(doc, values)
	else:
		doc.update(values)
	with no_call_to_gravatar(doc):
		doc.save()


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


def submit(change: SubmitDocument) -> AppliedChange:
	"""Submit a draft and check its total."""
	doc = _get(change.doctype, change.name)
	doc.flags.shopify_sync_locks_bins = True
	doc.submit()
	check_total(doc, change)
	return AppliedChange("submit", change.doctype, doc.name, None, (("docstatus", 0, 1),))


def cancel(change: CancelDocument) -> AppliedChange:
	"""Cancel a submitted document. What depends on it stands in the way, as in the Desk (`frappe.LinkExistsError`)."""
	doc = _get(change.doctype, change.name)
	before = doc.docstatus
	lock_bins(doc)
	doc.cancel()
	return AppliedChange("cancel", change.doctype, doc.name, None, (("docstatus", int(before), 2),))


def close(change: CloseDocument) -> AppliedChange:
	"""Close a submitted Sales Order."""
	return _set_status(change, "close", "Closed")


def reopen(change: ReopenDocument) -> AppliedChange:
	"""Open a closed Sales Order again; ERPNext finds out which status it has then."""
	return _set_status(change, "reopen", "Draft")


def _set_status(change: CloseDocument | ReopenDocument, action: str, status: str) -> AppliedChange:
	doc = _get(change.doctype, change.name)
	before = doc.status
	lock_bins(doc)
	doc.update_status(status)
	return AppliedChange(action, change.doctype, doc.name, None, (("status", before, doc.status),))


def _get(doctype: str, name: str) -> Any:
	doc = frappe.get_doc(doctype, name)
	doc.flags.ignore_permissions = True
	return doc
