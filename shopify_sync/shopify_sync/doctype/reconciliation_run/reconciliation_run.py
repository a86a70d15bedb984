"""Reconciliation Run: one comparison of a store with ERPNext, how far it is, and what came of it.

Written by ``erpnext_host/reconciliation/`` only. Nobody edits one; people start, stop and look at it.
"""

import frappe
from frappe.model.document import Document
from frappe.utils import add_days, now_datetime

CHUNK = 500


class ReconciliationRun(Document):
	"""How far a reconciliation is, and what both sides come to."""

	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF
		from shopify_sync.shopify_sync.doctype.reconciliation_figure.reconciliation_figure import ReconciliationFigure

		agreed: DF.Int
		by_kind: DF.Code | None
		calls: DF.Int
		compared: DF.Int
		depth: DF.Literal["Light", "Full", "Range", "Records"]
		dry_run: DF.Check
		ended_at: DF.Datetime | None
		figures: DF.Table[ReconciliationFigure]
		found: DF.Int
		healed: DF.Int
		healed_by_kind: DF.Code | None
		heartbeat_at: DF.Datetime | None
		ids: DF.Code | None
		left_out: DF.Code | None
		points: DF.Float
		progress: DF.Percent
		reason: DF.Literal["Schedule", "After an outage", "No webhooks", "Operator"]
		since: DF.Datetime | None
		started_at: DF.Datetime | None
		state: DF.Code | None
		status: DF.Literal["Running", "Stopped", "Completed", "Failed"]
		stopped_because: DF.SmallText | None
		store: DF.Link | None
		until: DF.Datetime | None
		user: DF.Link | None
		waits_for: DF.SmallText | None
	# end: auto-generated types

	def on_trash(self):
		forget([self.name])

	@staticmethod
	def clear_old_logs(days: int = 180):
		"""Delete runs that ended longer ago than so many days, with their figures. The reports know no more of them then."""
		cutoff = add_days(now_datetime(), -days)
		while names := frappe.db.sql(
			"SELECT name FROM `tabReconciliation Run` WHERE status != 'Running' AND creation < %s LIMIT %s",
			(cutoff, CHUNK),
			pluck=True,
		):
			forget(names)
			frappe.db.delete("Reconciliation Figure", {"parent": ("in", names)})
			frappe.db.delete("Reconciliation Run", {"name": ("in", names)})
			frappe.db.commit()  # in chunks, so that no lock is held for long


def forget(names: list[str]) -> None:
	"""Have no discrepancy point to runs that are about to go."""
	for column in ("first_run", "last_run", "healed_by_run"):
		frappe.db.sql(f"UPDATE `tabSync Discrepancy` SET {column} = NULL WHERE {column} IN %s", (names,))  # noqa: S608 - constants


def on_doctype_update():
	frappe.db.add_index("Reconciliation Run", ["store", "status", "started_at"], "store_status_started_index")
