"""Sync Conflict: a field that both sides changed since they last agreed, and what a person decided about it.

Its name is the link's and the field's, so there is one row for each field. Only ``erpnext_host/conflicts.py`` writes rows; people
decide through ``api/command_center.py``. The values are personal: they are cleared on Shopify's request, and deleted with age.
"""

import frappe
from frappe.model.document import Document
from frappe.utils import add_days, now_datetime


class SyncConflict(Document):
	"""One field of one document: what each side says."""

	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		base_value: DF.SmallText | None
		document_name: DF.DynamicLink | None
		document_type: DF.Link | None
		erpnext_at: DF.Datetime | None
		erpnext_by: DF.Link | None
		erpnext_value: DF.SmallText | None
		event: DF.Link | None
		field: DF.Data | None
		link: DF.Link | None
		note: DF.SmallText | None
		resolution: DF.Literal["", "Take Shopify's", "Keep ERPNext's", "Edit"]
		resolved_at: DF.Datetime | None
		resolved_by: DF.Link | None
		shopify_at: DF.Datetime | None
		shopify_value: DF.SmallText | None
		status: DF.Literal["Open", "Resolved", "Obsolete"]
		store: DF.Link | None
	# end: auto-generated types

	@staticmethod
	def clear_old_logs(days: int = 90):
		"""Delete conflicts that are settled for longer than so many days. Open ones stay, however old."""
		frappe.db.delete("Sync Conflict", {"status": ("!=", "Open"), "modified": ("<", add_days(now_datetime(), -days))})


def on_doctype_update():
	frappe.db.add_index("Sync Conflict", ["store", "status"], "store_status_index")  # how many are open
