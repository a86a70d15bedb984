"""Sync Operation: what an operator did, or does: who, when, what, why, and what came of it.

Written by ``erpnext_host/operations/`` only. Nobody edits one; people start, stop and read it.
"""

import frappe
from frappe.model.document import Document
from frappe.utils import add_days, now_datetime


class SyncOperation(Document):
	"""One action of a person, upon one event or a hundred thousand."""

	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		action: DF.Literal[
			"Retry",
			"Requeue",
			"Replay",
			"Discard",
			"Refetch",
			"Hold",
			"Release",
			"Pause",
			"Resume",
			"Trip Circuit",
			"Reset Circuit",
			"Reconcile",
			"Resolve Conflict",
			"Fix",
			"Test Alert",
			"Acknowledge Alert",
			"Mute Alert",
			"Alert Channel",
			"Digest",
			"Export",
			"Backfill",
			"Heal",
			"Dismiss",
			"Stop",
			"Connect",
		]
		changed: DF.Int
		cursor: DF.Data | None
		done: DF.Int
		ended_at: DF.Datetime | None
		error: DF.Code | None
		examples: DF.Code | None
		heartbeat_at: DF.Datetime | None
		message: DF.SmallText | None
		options: DF.Code | None
		progress: DF.Percent
		reason: DF.SmallText | None
		refusals: DF.Code | None
		refused: DF.Int
		requested: DF.Data | None
		started_at: DF.Datetime | None
		status: DF.Literal["Queued", "Running", "Stopping", "Stopped", "Completed", "Failed"]
		store: DF.Link | None
		target: DF.Code | None
		target_says: DF.SmallText | None
		total: DF.Int
		user: DF.Link | None
	# end: auto-generated types

	@staticmethod
	def clear_old_logs(days: int = 180):
		"""Delete operations that ended longer ago than so many days."""
		cutoff = add_days(now_datetime(), -days)
		frappe.db.delete("Sync Operation", {"ended_at": ("<", cutoff), "creation": ("<", cutoff)})


def on_doctype_update():
	frappe.db.add_index("Sync Operation", ["status"], "status_index")  # what goes on, or would, if a worker were at it
	frappe.db.add_index("Sync Operation", ["store", "creation"], "store_creation_index")  # the last ones of a store
