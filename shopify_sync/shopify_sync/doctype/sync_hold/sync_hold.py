"""Sync Hold: a flow, a topic or a resource of a store that somebody holds. Its events wait until it is released.

Written by ``erpnext_host/operations/holds.py`` only; people hold and release with buttons, which leave a Sync Operation.
"""

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import add_days, now_datetime


class SyncHold(Document):
	"""What is held, by whom and why."""

	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		active_key: DF.Data | None
		flow: DF.Literal["", "Orders", "Customers", "Inventory", "Products", "Fulfillments"]
		held_at: DF.Datetime | None
		link: DF.Data | None
		reason: DF.SmallText | None
		released_at: DF.Datetime | None
		released_by: DF.Link | None
		scope: DF.Literal["Flow", "Topic", "Resource"]
		store: DF.Link
		topic: DF.Data | None
		user: DF.Link | None
	# end: auto-generated types

	def on_trash(self):
		# Nobody would be left to release what waits.
		if self.active_key and frappe.db.exists("Shopify Store", self.store):
			frappe.throw(
				_("{0} holds still. Release it first: then what waits goes on.").format(self.name), title=_("Not deleted")
			)

	@staticmethod
	def clear_old_logs(days: int = 180):
		"""Delete holds that were released longer ago than so many days; one that holds stays, however old."""
		cutoff = add_days(now_datetime(), -days)
		frappe.db.delete("Sync Hold", {"released_at": ("<", cutoff)})


def on_doctype_update():
	frappe.db.add_index("Sync Hold", ["store", "released_at"], "store_released_index")  # what a store's policy asks for
