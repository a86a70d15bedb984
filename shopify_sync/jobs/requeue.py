"""When something that events wait for may be there now, they go back into the queue. Called by doc events; thin.

Each runs in the transaction of the document that was saved: both commit together.
"""

from __future__ import annotations

from typing import Any

import frappe

from shopify_sync.core.failures import Category
from shopify_sync.core.statuses import Status
from shopify_sync.erpnext_host import wake
from shopify_sync.erpnext_host.event_log import MENDS_ONE_THING, FrappeEventLog


def store_saved(doc: Any) -> None:
	"""A store's settings or mappings changed: try what was blocked or held, unless the store rests."""
	if doc.mode == "Paused" or not doc.enabled or doc.flags.get(MENDS_ONE_THING):
		return
	_requeue(doc.name, [Status.BLOCKED, Status.HELD], reason=f"Shopify Store {doc.name} was saved.")


def link_saved(doc: Any) -> None:
	"""Somebody mapped something to an Item: try the events that miss one."""
	if doc.document_type != "Item" or not doc.document_name or doc.flags.get(MENDS_ONE_THING):
		return
	reason = f"Shopify Link {doc.name} was saved."
	_requeue(doc.store, [Status.BLOCKED], category=Category.MISSING_ITEM, reason=reason)


def item_saved(doc: Any, method: str | None = None) -> None:
	"""An Item was made or got a barcode: try the events that miss exactly this SKU."""
	codes = {doc.name, *(row.barcode for row in doc.get("barcodes") or () if row.barcode)}
	for code in sorted(codes):
		_requeue(None, [Status.BLOCKED], missing=f"item:{code}", reason=f"Item {doc.name} was saved.")


def _requeue(store: str | None, statuses: list[Status], **what: Any) -> None:
	log = FrappeEventLog()
	if log.requeue(store, statuses, **what):
		frappe.db.after_commit.add(wake.wake)

	def after_commit() -> None:
		if log.requeue_after_commit(store, statuses, **what):
			wake.wake()

	frappe.db.after_commit.add(after_commit)
