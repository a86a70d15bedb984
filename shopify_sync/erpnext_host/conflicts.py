"""Sync Conflicts: the fields that both sides changed, and what a person decided about them. Rows are written here alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import frappe

from shopify_sync.core import keys
from shopify_sync.core.customers.conflicts import Resolution, base_for, is_address, with_base
from shopify_sync.core.operations import Refused
from shopify_sync.core.plan import Conflicts, FieldConflict, LinkUpdate, UpdateDocument
from shopify_sync.core.products.item_conflicts import is_sku, links_of, settled, variant_of
from shopify_sync.core.snapshots import LinkState

from . import links, times
from .documents.apply import Work, apply
from .documents.products import items_of_sku
from .event_log import FrappeEventLog, in_short_transaction

_OPEN, _RESOLVED, _OBSOLETE = "Open", "Resolved", "Obsolete"
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


def resolve(name: str, resolution: Resolution, user: str, value: str | None = None, note: str = "") -> str:
	"""Carry out a person's decision. Commits; returns a sentence about what was done.

	The base on the link, the row, the event's return to the queue and the evidence of it commit together.

	:param value: what to write to ERPNext's field, for *Edit*.
	:raises Refused: when there is nothing to decide any more, or somebody decided otherwise.
	"""
	return in_short_transaction(lambda: _resolve(name, resolution, user, value, note))


def _resolve(name: str, resolution: Resolution, user: str, value: str | None, note: str) -> str:
	link_name = frappe.db.get_value("Sync Conflict", name, "link")
	if not link_name:
		raise Refused(f"There is no Sync Conflict {name}.")
	if not frappe.db.exists("Shopify Link", link_name):
		raise Refused(f"The Shopify Link {link_name} was deleted, so nothing was agreed on any more. Retry the event.")
	# In the order of the workers: the link, then what hangs on it.
	link = links.lock((link_name,))[link_name]
	row = frappe.db.get_value("Sync Conflict", name, "*", as_dict=True, for_update=True)
	if row.status == _RESOLVED and row.resolution == resolution:
		return f"{row.resolved_by} has decided the same before: nothing more to do."
	if row.status == _RESOLVED:
		raise Refused(f"{row.resolved_by} has decided already: {row.resolution}.")
	if row.status != _OPEN:
		raise Refused("There is nothing to decide any more: both sides agree, or the question is no longer asked.")
	if resolution is Resolution.EDIT and not is_sku(row.field):
		_edit(row, value)
	for update in _settled(resolution, link, row):
		links.save(update, {}, row.event or "")
	now = times.to_site(times.now())
	frappe.db.sql(
		"""UPDATE `tabSync Conflict` SET status = %s, resolution = %s, resolved_by = %s, resolved_at = %s, note = %s, modified = %s
		WHERE name = %s""",
		(_RESOLVED, str(resolution), user, now, note or None, now, name),
	)
	FrappeEventLog().resolved(row.event, user, f"{row.document_type}.{row.field}: {resolution}.")
	return f"{row.document_type}.{row.field}: {resolution}. The event is carried out again."


def _settled(resolution: Resolution, link: LinkState, row: Any) -> tuple[LinkUpdate, ...]:
	"""Return what to write on links so that the event ends as was decided."""
	if not is_sku(row.field):
		base = base_for(resolution, row.erpnext_value, row.shopify_value)
		return (LinkUpdate(link.key, agreed=with_base(link.agreed, row.field, base)),)
	sku = row.shopify_value or ""
	key = keys.key(row.store, keys.VARIANT, variant_of(row.field))
	variant = links.lock((key,))[key]
	stock = links.lock(links_of(row.store, variant))
	return settled(resolution, sku, variant, tuple(stock.values()), items_of_sku(row.store, sku))


def _edit(row: Any, value: str | None) -> None:
	"""Write a person's own value to ERPNext's field."""
	if is_address(row.field):
		raise Refused("Edit the Address itself, then choose Keep ERPNext's.")
	if value is None:
		raise Refused("Say which value to write.")
	change = UpdateDocument(row.document_type, row.document_name, {row.field: row.erpnext_value}, {row.field: value.strip()})
	apply(change, {}, Work())


def clear(of_links: Sequence[str]) -> None:
	"""Take the values out of the conflicts of *of_links*: what they say of a person is to be forgotten. Open ones are obsolete."""
	if not of_links:
		return
	frappe.db.sql(
		"""UPDATE `tabSync Conflict` SET base_value = NULL, erpnext_value = NULL, shopify_value = NULL, note = NULL, document_name = NULL,
		status = IF(status = 'Open', 'Obsolete', status), modified = %s WHERE link IN %s""",
		(times.to_site(times.now()), tuple(of_links)),
	)
