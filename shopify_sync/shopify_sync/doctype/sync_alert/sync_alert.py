"""Sync Alert: a condition of a store that a person has to know of, since when, and who was told.

At most one alert of a store and a condition is open: `open_key` is unique. Only ``erpnext_host/alerts/`` writes rows; people act
through ``api/alerts.py``. Whatever is told is announced by saving the document, and nothing else saves it: Notifications and Webhooks of
the event Save hear each announcement once. It holds no personal data and no secret.
"""

import frappe
from frappe.model.document import Document
from frappe.utils import add_days, now_datetime

CHUNK = 5000


class SyncAlert(Document):
	"""One alert."""

	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		acknowledged_at: DF.Datetime | None
		acknowledged_by: DF.Link | None
		acknowledged_note: DF.SmallText | None
		announcement: DF.Literal["", "Firing", "Reminder", "Escalated", "Recovered", "Test"]
		announcements: DF.Int
		clear_since: DF.Datetime | None
		condition: DF.Literal[
			"No worker",
			"Circuit open",
			"Sign-in refused",
			"Sign-in ends",
			"API version ends",
			"Subscription missing",
			"No webhooks",
			"Oldest event",
			"Error share",
			"Dead letters",
			"Waiting for a person",
			"Held events",
			"Drift",
			"Drift grows",
			"Reconciliation failed",
			"Backfill failed",
			"Test",
		]
		dedup_key: DF.Data | None
		due: DF.Data | None
		escalated_at: DF.Datetime | None
		fired_at: DF.Datetime | None
		first_told_at: DF.Datetime | None
		headline: DF.Data | None
		is_test: DF.Check
		last_seen_at: DF.Datetime | None
		link: DF.SmallText | None
		message: DF.SmallText | None
		muted_by: DF.Link | None
		muted_until: DF.Datetime | None
		open_key: DF.Data | None
		place: DF.Code | None
		recovered_at: DF.Datetime | None
		severity: DF.Literal["Warning", "Critical"]
		since: DF.Datetime | None
		status: DF.Literal["Pending", "Firing", "Acknowledged", "Escalated", "Recovered"]
		store: DF.Link | None
		telling_until: DF.Datetime | None
		tellings: DF.Code | None
		threshold: DF.Float
		title: DF.Data | None
		told_at: DF.Datetime | None
		unit: DF.Data | None
		value: DF.Float
		what_to_do: DF.SmallText | None
		worst_value: DF.Float
	# end: auto-generated types

	def onload(self):
		from shopify_sync.erpnext_host.alerts import outcomes

		self.set_onload("told", outcomes.of(self.name))

	def run_notifications(self, method):
		"""Have nothing told from within `save`: erpnext_host/alerts/telling.py goes through the Notifications one by one, afterwards.

		One of them that is broken, or slow, then neither undoes the announcement nor keeps the row locked.
		"""

	@staticmethod
	def clear_old_logs(days: int = 180):
		"""Delete what recovered more than so many days ago. What is open stays, however old."""
		cutoff = add_days(now_datetime(), -days)
		query = "SELECT name FROM `tabSync Alert` WHERE status = 'Recovered' AND modified < %s LIMIT %s"
		while names := frappe.db.sql(query, (cutoff, CHUNK), pluck=True):
			frappe.db.delete("Sync Alert", {"name": ("in", names)})
			frappe.db.commit()  # in chunks, so that no lock is held for long


def on_doctype_update():
	frappe.db.add_index("Sync Alert", ["store", "status"], "store_status_index")  # what is open of a store
	frappe.db.add_index("Sync Alert", ["status", "modified"], "status_modified_index")  # the list, retention
	frappe.db.add_index("Sync Alert", ["store", "since"], "store_since_index")  # what a digest tells
