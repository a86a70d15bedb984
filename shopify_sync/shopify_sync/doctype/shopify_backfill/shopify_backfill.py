"""Shopify Backfill: one import of what a store has already, or its rehearsal, how far it is, and what came of it.

Written by ``erpnext_host/backfill/`` only. Nobody edits one; people start, stop and look at it.
"""

import frappe
from frappe.model.document import Document
from frappe.utils import add_days, now_datetime


class ShopifyBackfill(Document):
	"""How far a backfill is, and of a rehearsal what would fail."""

	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		customers: DF.Check
		done_at: DF.Datetime | None
		ended_at: DF.Datetime | None
		expected: DF.Int
		failing: DF.Int
		heartbeat_at: DF.Datetime | None
		orders: DF.Literal["None", "Open", "From a date"]
		orders_from: DF.Datetime | None
		products: DF.Check
		progress: DF.Percent
		records: DF.Int
		rehearsal: DF.Check
		report: DF.Code | None
		started_at: DF.Datetime | None
		state: DF.Code | None
		status: DF.Literal["Running", "Stopped", "Completed", "Failed"]
		stock: DF.Check
		stopped_because: DF.SmallText | None
		store: DF.Link | None
		user: DF.Link | None
		waits_for: DF.SmallText | None
	# end: auto-generated types

	@staticmethod
	def clear_old_logs(days: int = 180):
		"""Delete backfills that ended longer ago than so many days. There are few: nothing is done in chunks."""
		cutoff = add_days(now_datetime(), -days)
		frappe.db.delete("Shopify Backfill", {"status": ("!=", "Running"), "creation": ("<", cutoff)})


def on_doctype_update():
	frappe.db.add_index("Shopify Backfill", ["store", "status"], "store_status_index")
