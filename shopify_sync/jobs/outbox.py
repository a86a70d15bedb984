"""What changes in ERPNext and has to be told to Shopify. Called by doc events; thin.

Each only notes what changed: the marks are written right before the commit of the document that was saved.
"""

from __future__ import annotations

from typing import Any

import frappe

from shopify_sync.erpnext_host import outbox, stock_marks
from shopify_sync.erpnext_host.documents import deliveries
from shopify_sync.erpnext_host.stock_marks import Change

#: Fields of a store that change what is pushed of every Item.
_STORE_FIELDS = ("enabled", "mode", "sync_inventory", "bundle_stock", "not_stocked")
_LOCATION_FIELDS = ("location_id", "warehouse", "direction", "safety_stock")
_EXCLUSION_FIELDS = ("item", "item_group", "location_id")
#: Fields of an Item by which it is pushed or not.
_ITEM_FIELDS = ("item_group", "is_stock_item")


def stock_ledger_entry_submitted(doc: Any, method: str | None = None) -> None:
	"""Stock moved, by whatever voucher; the entries that cancel one are submitted as well."""
	outbox.changed([Change(doc.item_code, doc.warehouse)])


def delivery_note_changed(doc: Any, method: str | None = None) -> None:
	"""A Delivery Note was submitted, cancelled, or changed after that: by its order Shopify is told what was sent."""
	outbox.mark(deliveries.delivery_note_saved(doc, method))


def repost_done(doc: Any, method: str | None = None) -> None:
	"""Stock was reposted, which may change quantities after a backdated Stock Reconciliation without any new entry."""
	if doc.status != "Completed":
		return
	if doc.based_on == "Item and Warehouse":
		outbox.changed([Change(doc.item_code, doc.warehouse)])
		return
	rows = frappe.db.sql(
		"SELECT DISTINCT item_code, warehouse FROM `tabStock Ledger Entry` WHERE voucher_type = %s AND voucher_no = %s",
		(doc.voucher_type, doc.voucher_no),
	)
	outbox.changed(Change(item, warehouse) for item, warehouse in rows)


def item_saved(doc: Any, method: str | None = None) -> None:
	"""An Item may be pushed now that was not before, or the other way round."""
	before = doc.get_doc_before_save()
	if before and any(before.get(field) != doc.get(field) for field in _ITEM_FIELDS):
		outbox.changed([Change(doc.name)])


def bundle_saved(doc: Any, method: str | None = None) -> None:
	"""What a Product Bundle consists of changed, or there is one more, or one less."""
	outbox.changed([Change(doc.new_item_code)])


def warehouse_saved(doc: Any, method: str | None = None) -> None:
	"""A warehouse went to another group, or counts no more: everything in it, and below it, is looked at."""
	before = doc.get_doc_before_save()
	if not before or all(before.get(field) == doc.get(field) for field in ("parent_warehouse", "disabled")):
		return
	rows = frappe.db.sql(
		"""SELECT DISTINCT bin.item_code FROM tabWarehouse top JOIN tabWarehouse leaf ON leaf.lft >= top.lft AND leaf.rgt <= top.rgt
		JOIN tabBin bin ON bin.warehouse = leaf.name WHERE top.name = %s""",
		(doc.name,),
	)
	outbox.changed(Change(item) for (item,) in rows)


def item_group_saved(doc: Any, method: str | None = None) -> None:
	"""An Item Group went to another place in the tree: where stores leave groups out, everything in it, and below it, is looked at."""
	before = doc.get_doc_before_save()
	if not before or before.parent_item_group == doc.parent_item_group:
		return
	if not frappe.db.exists("Shopify Stock Exclusion", {"item_group": ("is", "set")}):
		return
	rows = frappe.db.sql(
		"""SELECT item.name FROM `tabItem Group` top JOIN `tabItem Group` below ON below.lft >= top.lft AND below.rgt <= top.rgt
		JOIN tabItem item ON item.item_group = below.name WHERE top.name = %s""",
		(doc.name,),
	)
	outbox.changed(Change(item) for (item,) in rows)


def link_saved(doc: Any) -> None:
	"""Somebody mapped an inventory item to an Item, or says that it stands for another number of pieces."""
	if doc.resource_type == "inventory_item" and doc.document_type == "Item" and doc.document_name:
		outbox.mark(stock_marks.marks_of_link(doc.store, doc.shopify_id, doc.document_name))


def store_saved(doc: Any) -> None:
	"""The rules by which a store's stock is pushed changed: everything at the locations that they bear on is looked at."""
	before = doc.get_doc_before_save()
	now = _by_location(doc)
	if before and not _differ(before, doc, _STORE_FIELDS) and _exclusions(before) == _exclusions(doc):
		then = _by_location(before)
		changed = [location for location in now if now[location] != then.get(location)]
	else:
		changed = list(now)
	if changed and doc.enabled:
		outbox.mark(stock_marks.marks_of_store(doc.name, changed))


def _differ(before: Any, doc: Any, fields: tuple[str, ...]) -> bool:
	return any((before.get(field) or None) != (doc.get(field) or None) for field in fields)


def _by_location(doc: Any) -> dict[str, list[tuple[Any, ...]]]:
	found: dict[str, list[tuple[Any, ...]]] = {}
	for row in doc.location_mapping:
		found.setdefault(row.location_id, []).append(tuple(row.get(field) or None for field in _LOCATION_FIELDS))
	return found


def _exclusions(doc: Any) -> set[tuple[Any, ...]]:
	return {tuple(row.get(field) or None for field in _EXCLUSION_FIELDS) for row in doc.get("stock_exclusions") or ()}
