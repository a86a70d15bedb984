"""What a run does to the ledger besides delivering: lets time pass, counts what is under way, and clears up behind itself."""

from __future__ import annotations

from collections.abc import Sequence

import frappe

from shopify_sync.core.statuses import Status
from shopify_sync.erpnext_host.isolation import read_committed

from .workers import is_gone

#: How the stores of every run are called.
PREFIX = "sim"
#: How the warehouses of every run are called.
WAREHOUSES = "Simulated "
#: Made for the stores; what they posted goes with them. Stock Reconciliations stay: the stock of the Items rests on them.
_REMOVED = ("Payment Entry", "Sales Invoice", "Stock Entry", "Delivery Note", "Sales Order", "Contact", "Address", "Customer")
_AT_ONCE = 500
#: Where documents post, with the columns that name the document.
_LEDGERS = {
	"GL Entry": ("voucher_type", "voucher_no"),
	"Payment Ledger Entry": ("voucher_type", "voucher_no"),
	"Stock Ledger Entry": ("voucher_type", "voucher_no"),
	"Repost Item Valuation": ("voucher_type", "voucher_no"),
	"Comment": ("reference_doctype", "reference_name"),
	"Version": ("ref_doctype", "docname"),
}


def let_pass(stores: Sequence[str], seconds: int) -> None:
	"""Bring what waits for its time forward: retries, and the leases of workers that are dead.

	A living worker keeps its lease: in the time of the story its attempt takes no time. Rows that somebody is writing are left
	out; their turn comes with the next call.
	"""
	with read_committed():
		rows = frappe.db.sql(
			"""SELECT name, status, worker FROM `tabSync Event` WHERE store IN %s AND due_at IS NOT NULL AND status IN %s
			FOR UPDATE SKIP LOCKED""",
			(tuple(stores), (str(Status.PROCESSING), str(Status.RETRYING))),
		)
		names = tuple(name for name, status, worker in rows if status == Status.RETRYING or is_gone(worker or ""))
		if names:
			frappe.db.sql("UPDATE `tabSync Event` SET due_at = due_at - INTERVAL %s SECOND WHERE name IN %s", (seconds, names))
		frappe.db.commit()


def under_way(stores: Sequence[str]) -> int:
	"""Return how many events a worker has or will have."""
	frappe.db.rollback()
	return int(frappe.db.count("Sync Event", {"store": ("in", list(stores)), "due_at": ("is", "set")}))


def busy_workers(stores: Sequence[str]) -> list[str]:
	"""Return the workers, alive or dead, that are in the middle of an event, as `host:pid`."""
	frappe.db.rollback()
	filters = {"store": ("in", list(stores)), "status": str(Status.PROCESSING)}
	return frappe.get_all("Sync Event", filters=filters, pluck="worker", order_by="name")


def clear() -> None:
	"""Remove the stores of all runs with their ledgers and links, and the people whom they made up, with their orders."""
	frappe.db.rollback()
	for store in frappe.get_all("Shopify Store", filters={"name": ("like", f"{PREFIX}-%")}, pluck="name"):
		events = frappe.get_all("Sync Event", filters={"store": store}, pluck="name")
		if events:
			frappe.db.delete("Sync Attempt", {"event": ("in", events)})
		frappe.db.delete("Sync Event", {"store": store})
		frappe.db.delete("Shopify Link", {"store": store})
		frappe.db.delete("Sync Hold", {"store": store})
		frappe.db.delete("Sync Operation", {"store": store})
		frappe.delete_doc("Shopify Store", store, force=True)
	_take_parcels_back()
	remove_documents(f"{PREFIX}-%")
	# What the removed Sales Orders had reserved.
	frappe.db.sql(
		"UPDATE tabBin SET projected_qty = projected_qty + reserved_qty, reserved_qty = 0 WHERE warehouse LIKE %s",
		(f"{WAREHOUSES}%",),
	)
	frappe.db.commit()


def _take_parcels_back() -> None:
	"""Cancel what moved stock, in an order in which it never runs out: then it is as if no parcel had left."""
	for doctype, more in (
		("Stock Entry", {"purpose": "Material Issue"}),
		("Delivery Note", {"is_return": 1}),
		("Delivery Note", {"is_return": 0}),
		("Stock Entry", {"purpose": "Material Receipt"}),
	):
		filters = {"shopify_key": ("like", f"{PREFIX}-%/%"), "docstatus": 1, **more}
		for name in frappe.get_all(doctype, filters=filters, pluck="name", order_by="creation desc"):
			doc = frappe.get_doc(doctype, name)
			doc.flags.ignore_permissions = doc.flags.ignore_links = True
			doc.cancel()


def remove_documents(stores: str) -> None:
	"""Delete ERPNext's documents of *stores* (a pattern of LIKE) past its controllers, with what they posted: one by one would take minutes.

	The caller commits, and sees to the Bins.
	"""
	for doctype in _REMOVED:
		names = frappe.get_all(doctype, filters={"shopify_key": ("like", f"{stores}/%")}, pluck="name")
		for first in range(0, len(names), _AT_ONCE):
			_remove(doctype, names[first : first + _AT_ONCE])


def _remove(doctype: str, names: Sequence[str]) -> None:
	for field in frappe.get_meta(doctype).get_table_fields():
		frappe.db.delete(field.options, {"parenttype": doctype, "parent": ("in", names)})
	for about, (kind, name) in _LEDGERS.items():
		frappe.db.delete(about, {kind: doctype, name: ("in", names)})
	frappe.db.delete(doctype, {"name": ("in", names)})
