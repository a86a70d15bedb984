"""Shopify Order State Rule: a combination of an order's statuses, and the documents that should exist for it.

A row of Shopify Store: written with it, and checked by it.
"""

from frappe.model.document import Document


class ShopifyOrderStateRule(Document):
	"""One rule: statuses → documents."""

	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		cancelled: DF.Literal["", "Yes", "No"]
		financial_status: DF.Autocomplete | None
		fulfillment_status: DF.Autocomplete | None
		make_deliveries: DF.Check
		make_invoice: DF.Check
		make_payments: DF.Check
		outcome: DF.Literal["No document", "Draft", "Submitted", "Closed", "Cancelled", "Hold for review"]
		parent: DF.Data
		parentfield: DF.Data
		parenttype: DF.Data
		priority: DF.Int
	# end: auto-generated types

	pass
