"""Shopify Customer Matching Rule: one step of the search for an existing Customer.

A row of Shopify Store: written with it, and checked by it.
"""

from frappe.model.document import Document


class ShopifyCustomerMatchingRule(Document):
	"""One row: by what is compared."""

	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		match_by: DF.Literal["Verified e-mail", "Phone", "Tax ID"]
		parent: DF.Data
		parentfield: DF.Data
		parenttype: DF.Data
	# end: auto-generated types

	pass
