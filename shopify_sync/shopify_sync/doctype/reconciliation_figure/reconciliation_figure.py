"""Reconciliation Figure: what both sides of a run come to on a day, in a status. A row of Reconciliation Run.

The row of a resource without a day says how much of it was compared, and how much agreed.
"""

import frappe
from frappe.model.document import Document


class ReconciliationFigure(Document):
	"""One row: counts and sums of both sides."""

	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		agreed: DF.Int
		compared: DF.Int
		day: DF.Date | None
		erpnext_count: DF.Int
		erpnext_total: DF.Float
		parent: DF.Data
		parentfield: DF.Data
		parenttype: DF.Data
		resource_type: DF.Data | None
		shopify_count: DF.Int
		shopify_total: DF.Float
		status: DF.Data | None
	# end: auto-generated types

	pass


def on_doctype_update():
	frappe.db.add_index("Reconciliation Figure", ["parent", "day"], "parent_day_index")  # what a run compared of each resource
