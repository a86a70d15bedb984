"""Figures on the ledger, for the console."""

from __future__ import annotations

from collections.abc import Iterator

import frappe
from frappe.query_builder.functions import Count

from shopify_sync.core.statuses import NEEDS_ATTENTION, Status


def status_lines() -> Iterator[str]:
	"""Yield what `shopify-sync status` prints: per store a line for each status, and the oldest event that waits."""
	event = frappe.qb.DocType("Sync Event")
	counted = (
		frappe.qb.from_(event).select(event.store, event.status, Count("*").as_("n")).groupby(event.store, event.status).run()
	)
	stores = frappe.get_all("Shopify Store", fields=["name", "mode", "enabled"], order_by="name")
	if not stores:
		yield "No Shopify Store yet. Create one in the Desk: Shopify Sync → Shopify Store."
	for store in stores:
		yield f"{store.name}: {store.mode if store.enabled else 'disabled'}"
		by_status = {status: n for name, status, n in counted if name == store.name}
		for status in Status:
			if by_status.get(str(status)):
				yield f"  {status!s:<12} {by_status[str(status)]:>8}{'  ← needs attention' if status in NEEDS_ATTENTION else ''}"
		if oldest := _oldest_waiting(store.name):
			yield f"  oldest that waits: received {oldest} (site's time)"


def _oldest_waiting(store: str) -> str | None:
	waiting = (str(Status.RECEIVED), str(Status.PROCESSING), str(Status.RETRYING))
	found = frappe.db.get_value(
		"Sync Event", {"store": store, "status": ("in", waiting)}, "received_at", order_by="received_at asc"
	)
	return str(found) if found else None
