"""Sync Discrepancy: one thing that is not the same in Shopify and in ERPNext, since when, and what came of it.

Its name is a hash of record, kind and field, so that one that is seen again is the same row. Only ``erpnext_host/reconciliation/``
writes rows; people act through ``api/reconciliation.py``. It holds no personal values: those are told as hashes, or not at all.
"""

import frappe
from frappe.model.document import Document
from frappe.utils import add_days, now_datetime

CHUNK = 5000
#: What is settled and may be forgotten. One that was dismissed is remembered: it would be found again.
SETTLED = ("Healed", "Resolved")


class SyncDiscrepancy(Document):
	"""One difference of one record, explained."""

	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		amount: DF.Float
		cause: DF.Literal[
			"",
			"Lost webhook",
			"Failed event",
			"Event discarded",
			"Event put away",
			"Changed by hand",
			"Broken link",
			"Mapping",
			"Rounding",
			"Changed in Shopify",
			"Deleted in Shopify",
			"Unknown",
		]
		changed_at: DF.Datetime | None
		changed_by: DF.Link | None
		document_name: DF.DynamicLink | None
		document_type: DF.Link | None
		erpnext_value: DF.SmallText | None
		event: DF.Link | None
		field: DF.Data | None
		first_run: DF.Link | None
		first_seen_at: DF.Datetime | None
		healed_by_run: DF.Link | None
		kind: DF.Literal[
			"Missing in ERPNext",
			"Not in Shopify",
			"Two Documents",
			"State",
			"Currency",
			"Lines",
			"Item",
			"Total",
			"Taxes",
			"Paid",
			"Refunded",
			"Fulfilled",
			"Customer",
			"Stock",
			"Link",
			"Webhook Subscription",
			"Payout",
			"Ledger",
		]
		label: DF.Data | None
		last_run: DF.Link | None
		last_seen_at: DF.Datetime | None
		link: DF.Data | None
		proposal: DF.Literal[
			"", "Apply Shopify's state", "Push ERPNext's state", "Create the subscription", "Mend and retry the event", "Review"
		]
		resolution: DF.SmallText | None
		resolved_at: DF.Datetime | None
		resolved_by: DF.Link | None
		resource_type: DF.Data | None
		samples: DF.Code | None
		shopify_id: DF.Data | None
		shopify_value: DF.SmallText | None
		status: DF.Literal["Open", "Healing", "Healed", "Resolved", "Dismissed"]
		store: DF.Link | None
		times_seen: DF.Int
		trend: DF.Literal["", "Growing", "Recurring"]
		unit: DF.Data | None
	# end: auto-generated types

	@staticmethod
	def clear_old_logs(days: int = 180):
		"""Delete what is settled for longer than so many days. What is open or dismissed stays, however old."""
		cutoff = add_days(now_datetime(), -days)
		query = "SELECT name FROM `tabSync Discrepancy` WHERE status IN %s AND last_seen_at < %s LIMIT %s"
		while names := frappe.db.sql(query, (SETTLED, cutoff, CHUNK), pluck=True):
			frappe.db.delete("Sync Discrepancy", {"name": ("in", names)})
			frappe.db.commit()  # in chunks, so that no lock is held for long


def on_doctype_update():
	add_index = frappe.db.add_index
	add_index("Sync Discrepancy", ["store", "status", "kind"], "store_status_kind_index")  # the list, the reports
	add_index("Sync Discrepancy", ["link", "status"], "link_status_index")  # what is known of the records of a page
	add_index("Sync Discrepancy", ["status", "last_seen_at"], "status_seen_index")  # retention
	add_index("Sync Discrepancy", ["status", "resolved_at"], "status_resolved_index")  # what was settled in a period
