"""What older versions left in the ledger."""

from __future__ import annotations

import frappe

from shopify_sync.core.event_causes import cause_of
from shopify_sync.core.statuses import FINAL, Status

from .rows import AT_ONCE


class Older:
	"""Columns that earlier versions did not have."""

	def name_causes(self) -> int:
		"""Write the cause of failures from before there was that column. Return how many; commits in chunks."""
		named = 0
		waits = tuple(str(status) for status in Status if status not in (*FINAL, Status.RECEIVED, Status.PROCESSING))
		while True:
			rows = frappe.db.sql(
				"SELECT name, status, category, missing, message FROM `tabSync Event` WHERE status IN %s AND cause IS NULL LIMIT %s",
				(waits, AT_ONCE),
			)
			for name, status, category, missing, message in rows:
				frappe.db.sql(
					"UPDATE `tabSync Event` SET cause = %s WHERE name = %s AND status = %s",
					(cause_of(category, missing, message), name, status),
				)
			frappe.db.commit()
			named += len(rows)
			if len(rows) < AT_ONCE:
				return named
