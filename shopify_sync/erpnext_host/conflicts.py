"""Sync Conflicts: the fields that both sides changed, and what a person decided about them. Rows are written here alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import frappe

from shopify_sync.core.plan import Conflicts, FieldConflict

from . import times

_OPEN, _OBSOLETE = "Open", "Obsolete"
_COLUMNS = (
	"name", "creation", "modified", "owner", "modified_by", "docstatus", "idx", "store", "link", "event", "document_type",
	"document_name", "field", "status", "base_value", "erpnext_value", "shopify_value", "erpnext_by", "erpnext_at", "shopify_at",
)  # fmt: skip
_REPLACED = tuple(column for column in _COLUMNS if column not in ("name", "creation", "owner", "modified_by", "docstatus", "idx"))
_SAVE = (
	f"INSERT INTO `tabSync Conflict` ({', '.join(f'`{column}`' for column in _COLUMNS)}) "  # noqa: S608 - constants
	f"VALUES ({', '.join(['%s'] * len(_COLUMNS))}) ON DUPLICATE KEY UPDATE "
	+ ", ".join(f"`{column}` = VALUES(`{column}`)" for column in _REPLACED)
	+ ", resolution = NULL, resolved_by = NULL, resolved_at = NULL, note = NULL"
)


def name_of(link: str, field: str) -> str:
	"""Return the name of the one row of a field of a link."""
	return f"{link}/{field}"


def save(found: Conflicts, event: str) -> None:
	"""Keep the conflicts of a link, in the running transaction: those of *found* are open, any other that was is obsolete."""
	now = times.to_site(times.now())
	for row in found.rows:
		frappe.db.sql(_SAVE, _row_of(found.link, row, event, now))
	still = {row.field for row in found.rows}
	was_open = frappe.db.sql("SELECT name, field FROM `tabSync Conflict` WHERE link = %s AND status = %s", (found.link, _OPEN))
	for name, field in was_open:
		if field not in still and (found.compared is None or field in found.compared):
			frappe.db.sql("UPDATE `tabSync Conflict` SET status = %s, modified = %s WHERE name = %s", (_OBSOLETE, now, name))


def _row_of(link: str, row: FieldConflict, event: str, now: Any) -> tuple[Any, ...]:
	return (
		name_of(link, row.field), now, now, "Administrator", "Administrator", 0, 0, link.partition("/")[0], link, event, row.doctype,
		row.document, row.field, _OPEN, row.base, row.erpnext, row.shopify, row.erpnext_by or None, _site_time(row.erpnext_at),
		_site_time(row.shopify_at),
	)  # fmt: skip


def _site_time(text: str) -> datetime | None:
	return times.to_site(datetime.fromisoformat(text)) if text else None


def clear(links: Sequence[str]) -> None:
	"""Take the values out of the conflicts of *links*: what they say of a person is to be forgotten. Open ones are obsolete."""
	if not links:
		return
	frappe.db.sql(
		"""UPDATE `tabSync Conflict` SET base_value = NULL, erpnext_value = NULL, shopify_value = NULL, note = NULL,
		status = IF(status = 'Open', 'Obsolete', status), modified = %s WHERE link IN %s""",
		(times.to_site(times.now()), tuple(links)),
	)
