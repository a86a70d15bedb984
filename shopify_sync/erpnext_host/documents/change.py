"""Changes to documents that exist: update, submit, cancel, close, open again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import frappe
from frappe.model.rename_doc import rename_doc

from shopify_sync.core.plan import (
	AppliedChange,
	CancelDocument,
	DocRef,
	MergeDocument,
	SubmitDocument,
	UpdateDocument,
)

from .bins import lock_bins
from .create import no_call_to_gravatar
from .customer_values import set_values
from .references import References
from .totals import check_total


def update(change: UpdateDocument, created: Mapping[str, str]) -> AppliedChange:
	"""Write the fields of *after*; of a submitted document only those that ERPNext lets change."""
	doc = _get(change.doctype, created[change.name.key] if isinstance(change.name, DocRef) else change.name)
	values = References().resolved(change.after, created)
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
	set_values(doc, values)
	with no_call_to_gravatar(doc):
		doc.save()


def merge(change: MergeDocument) -> AppliedChange:
	"""Merge a document into another, as "Rename" with "Merge with existing" does in the Desk."""
	rename_doc(
		change.doctype,
		change.name,
		change.into,
		merge=True,
		force=True,
		ignore_permissions=True,
		show_alert=False,
		rebuild_search=False,
	)
	return AppliedChange("merge", change.doctype, change.into, None, (("name", change.name, change.into),))


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


def close(doctype: str, name: str) -> AppliedChange:
	"""Close a submitted Sales Order."""
	return _set_status(doctype, name, "close", "Closed")


def reopen(doctype: str, name: str) -> AppliedChange:
	"""Open a closed Sales Order again; ERPNext finds out which status it has then."""
	return _set_status(doctype, name, "reopen", "Draft")


def _set_status(doctype: str, name: str, action: str, status: str) -> AppliedChange:
	doc = _get(doctype, name)
	before = doc.status
	lock_bins(doc)
	doc.update_status(status)
	return AppliedChange(action, doctype, doc.name, None, (("status", before, doc.status),))


def _get(doctype: str, name: str) -> Any:
	doc = frappe.get_doc(doctype, name)
	doc.flags.ignore_permissions = True
	return doc
