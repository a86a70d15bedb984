"""Shopify Alert Rule: from where on a condition of the store is an alert, and how soon somebody must look.

A row of Shopify Store: written with it, and checked by it. There is one row for each condition (core/alerts/conditions.py).
"""

from frappe.model.document import Document


class ShopifyAlertRule(Document):
	"""One row: condition, threshold, severity, and how long it must last."""

	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

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
		]
		lasting: DF.Int
		minimum: DF.Int
		parent: DF.Data
		parentfield: DF.Data
		parenttype: DF.Data
		severity: DF.Literal["Warning", "Critical"]
		threshold: DF.Float
		unit: DF.Data | None
	# end: auto-generated types

	pass
