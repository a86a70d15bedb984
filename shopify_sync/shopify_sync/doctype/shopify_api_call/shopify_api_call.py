"""Shopify API Call: the evidence of one call to Shopify: what was sent, what it cost, how it ended.

Written by ``erpnext_host/call_log.py`` only, before the request goes out and after it. Retention: Log Settings.
"""

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import add_days, now_datetime

CHUNK = 5000


class ShopifyAPICall(Document):
	"""One call, with all requests that were made for it."""

	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		actual_cost: DF.Float
		answered_version: DF.Data | None
		api_version: DF.Data | None
		category: DF.Data | None
		duration_ms: DF.Int
		ended_at: DF.Datetime | None
		events: DF.LongText | None
		http_status: DF.Int
		idempotency_key: DF.Data | None
		message: DF.SmallText | None
		operation: DF.Data | None
		outcome: DF.Literal["In Flight", "Answered", "User Errors", "Refused", "Failed", "Not Sent", "Unknown"]
		points_left: DF.Float
		priority: DF.Literal["Operator", "Live", "Backfill"]
		request_id: DF.Data | None
		requested_cost: DF.Float
		started_at: DF.Datetime | None
		store: DF.Link | None
		tries: DF.Int
		variables: DF.Code | None
	# end: auto-generated types

	def validate(self):
		if not self.is_new():
			frappe.throw(_("A Shopify API Call is evidence and cannot be changed."))

	@staticmethod
	def clear_old_logs(days: int = 30):
		"""Delete calls older than so many days, in chunks, so that no lock is held for long."""
		cutoff = add_days(now_datetime(), -days)
		while frappe.db.sql("SELECT 1 FROM `tabShopify API Call` WHERE started_at < %s LIMIT 1", (cutoff,)):
			frappe.db.sql("DELETE FROM `tabShopify API Call` WHERE started_at < %s LIMIT %s", (cutoff, CHUNK))
			frappe.db.commit()


def on_doctype_update():
	frappe.db.add_index("Shopify API Call", ["started_at"], "started_index")  # the list as it opens, retention
	frappe.db.add_index("Shopify API Call", ["store", "started_at"], "store_started_index")
