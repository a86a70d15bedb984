"""Sync Attempt: the evidence. What was read, what was changed, by whom, and how it ended.

Append-only: ``erpnext_host/attempts.py`` inserts rows, nothing changes one, and only retention
(Log Settings, through Sync Event) or a System Manager deletes them.
"""

import frappe
from frappe import _
from frappe.model.document import Document


class SyncAttempt(Document):
	"""One attempt at an event, or one action of a person on it. Never changed once written."""

	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		action: DF.Literal["Apply", "Retry", "Discard", "Replay", "Requeue", "Worker Died", "Resolve"]
		attempt: DF.Int
		category: DF.Data | None
		changes: DF.Code | None
		detail: DF.Code | None
		duration_ms: DF.Int
		ended_at: DF.Datetime | None
		event: DF.Link
		message: DF.SmallText | None
		operation: DF.Link | None
		outcome: DF.Data | None
		reads: DF.Code | None
		reason: DF.SmallText | None
		restarts: DF.Int
		started_at: DF.Datetime | None
		user: DF.Link | None
		worker: DF.Data | None
	# end: auto-generated types

	def validate(self):
		if not self.is_new():
			frappe.throw(_("A Sync Attempt is evidence and cannot be changed. Retry or discard its Sync Event instead."))

	def on_trash(self):
		if frappe.flags.in_uninstall or "System Manager" in frappe.get_roles():
			return
		frappe.throw(
			_("A Sync Attempt is evidence. It goes with its Sync Event, when the retention in Log Settings says so."),
			frappe.PermissionError,
		)
