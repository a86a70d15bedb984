"""Sync Event: the ledger. One row for each signal about a resource, inbound and outbound; its name is the webhook's id.

Only ``erpnext_host/event_log/`` writes rows, and only the status module decides what a status may become.
Nobody edits one in the Desk: people retry, map or discard through ``api/command_center.py``.
"""

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.query_builder.functions import Coalesce
from frappe.utils import add_days, now_datetime

from shopify_sync.core.failures import INFO, Category
from shopify_sync.core.remedies import REMEDIES
from shopify_sync.core.statuses import FINAL

CHUNK = 5000


class SyncEvent(Document):
	"""One signal and how it ended. Only erpnext_host/event_log/ writes rows."""

	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		api_version: DF.Data | None
		attempts: DF.Int
		category: DF.Data | None
		cause: DF.Data | None
		deliveries: DF.Int
		direction: DF.Literal["Inbound", "Outbound"]
		discard_reason: DF.SmallText | None
		document_name: DF.DynamicLink | None
		document_type: DF.Link | None
		due_at: DF.Datetime | None
		echo_of: DF.Link | None
		event_id: DF.Data | None
		finished_at: DF.Datetime | None
		last_seen_at: DF.Datetime | None
		lease_token: DF.Data | None
		link: DF.Link | None
		look_again: DF.Check
		message: DF.SmallText | None
		missing: DF.Data | None
		next_try_at: DF.Datetime | None
		not_applied: DF.SmallText | None
		open_key: DF.Data | None
		order_name: DF.Data | None
		part_of: DF.Data | None
		payload: DF.Code | None
		payload_hash: DF.Data | None
		received_at: DF.Datetime | None
		resource_type: DF.Data | None
		shopify_id: DF.Data | None
		shopify_updated_at: DF.Datetime | None
		signed_with: DF.Literal["", "Current Secret", "Previous Secret"]
		source: DF.Literal["Webhook", "Replay", "Backfill", "Reconciliation", "ERPNext"]
		status: DF.Literal[
			"Received",
			"Processing",
			"Retrying",
			"Blocked",
			"Held",
			"Conflict",
			"Dead Letter",
			"Applied",
			"No Change",
			"Superseded",
			"Echo",
			"Ignored",
			"Shadowed",
			"Discarded",
		]
		store: DF.Link | None
		superseded_by: DF.Link | None
		topic: DF.Data | None
		triggered_at: DF.Datetime | None
		version: DF.Data | None
		worker: DF.Data | None
	# end: auto-generated types

	def onload(self):
		"""Give the form what an operator is told of the failure: `core.failures` and `core.remedies` are where it is written."""
		if self.category in {str(category) for category in Category}:
			info, remedy = INFO[Category(self.category)], REMEDIES[Category(self.category)]
			self.set_onload(
				"failure",
				{
					"title": _(info.title),
					"explanation": _(info.explanation),
					"fix": _(info.fix),
					"retry": str(info.retry),
					"check": [_(text) for text in remedy.check],
					"call": _(remedy.call),
				},
			)

	def on_trash(self):
		frappe.db.delete("Sync Attempt", {"event": self.name})

	@staticmethod
	def clear_old_logs(days: int = 90):
		"""Delete finished events older than so many days, with their evidence. What is not finished stays, however old."""
		cutoff = add_days(now_datetime(), -days)
		while rows := lock_old_events(cutoff):
			delete_events(rows)
			frappe.db.commit()  # in chunks, so that no lock is held for long


def lock_old_events(cutoff) -> list[tuple[str, str | None]]:
	"""(name, link) of the next chunk. Locked: somebody may be retrying an old event just now."""
	event = frappe.qb.DocType("Sync Event")
	return (
		frappe.qb.from_(event)
		.select(event.name, event.link)
		.where(event.status.isin([str(status) for status in FINAL]))
		.where(event.received_at < cutoff)
		.where(Coalesce(event.finished_at, event.received_at) < cutoff)
		.limit(CHUNK)
		.for_update(skip_locked=True)
		.run()
	)


def delete_events(rows: list[tuple[str, str | None]]):
	names = [name for name, _link in rows]
	links = list({link for _name, link in rows if link})
	if links:  # a link that points to a deleted event could not be saved any more
		link = frappe.qb.DocType("Shopify Link")
		(frappe.qb.update(link).set(link.last_event, None).where(link.name.isin(links)).where(link.last_event.isin(names)).run())
	frappe.db.delete("Sync Attempt", {"event": ("in", names)})
	frappe.db.delete("Sync Event", {"name": ("in", names)})


def on_doctype_update():
	add_index = frappe.db.add_index
	add_index("Sync Event", ["direction", "due_at"], "direction_due_index")  # what a worker may take now, of either way
	add_index("Sync Event", ["link", "version"], "link_version_index")  # newest signal of a resource
	add_index("Sync Event", ["part_of"], "part_of_index")  # the transactions of an order
	add_index("Sync Event", ["missing"], "missing_index")  # what waits for a mapping
	add_index("Sync Event", ["status", "received_at"], "status_received_index")
	# failures by what they have in common, and counts per store, without a look at a row
	add_index("Sync Event", ["store", "status", "category", "cause", "received_at", "next_try_at"], "cause_index")
	add_index("Sync Event", ["order_name"], "order_name_index")  # what people search for
	add_index("Sync Event", ["received_at"], "received_index")  # the list as it opens
	add_index("Sync Event", ["store", "finished_at"], "store_finished_index")  # health: what ended in the last hour
	# health: the last of each source; activity: what came of what
	add_index("Sync Event", ["store", "source", "received_at", "status"], "store_source_time_index")
	# From before there were two ways, and before causes: others begin with the same columns now.
	for index in ("due_at_index", "store_status_index", "store_source_received_index"):
		if frappe.db.has_index("tabSync Event", index):
			frappe.db.sql_ddl(f"ALTER TABLE `tabSync Event` DROP INDEX `{index}`")
