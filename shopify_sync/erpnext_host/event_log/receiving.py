"""What comes in is written down: the first thing that happens to an event."""

from __future__ import annotations

import frappe

from shopify_sync.core.events import NewEvent, Receipt

from .rows import INSERT, row_of
from .transactions import in_short_transaction


class Receiving:
	"""The ledger's front door: see `core.receiving`."""

	def record(self, event: NewEvent) -> Receipt:
		"""See `core.ports.EventLog.record`: one statement, one commit."""

		def insert() -> Receipt:
			for row in (event, event.renamed()):
				frappe.db.sql(INSERT, row_of(row))
				# 1: inserted. 2: the same delivery again, counted. 0: the id is known with another body.
				affected = frappe.db._cursor.rowcount
				if affected:
					break
			return Receipt(row.name, event.status, duplicate=affected != 1)

		return in_short_transaction(insert, begin=False)
