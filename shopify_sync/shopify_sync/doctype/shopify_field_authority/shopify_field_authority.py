"""Shopify Field Authority: whose value of a customer's field counts when both sides differ.

A row of Shopify Store: written with it, and checked by it.
"""

from frappe.model.document import Document


class ShopifyFieldAuthority(Document):
	"""One row: field → authority."""

	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		authority: DF.Literal["Shopify", "ERPNext", "Newest", "Review"]
		field: DF.Literal[
			"customer_name",
			"language",
			"default_currency",
			"tax_id",
			"shopify_tax_exempt",
			"first_name",
			"last_name",
			"email_id",
			"mobile_no",
			"company_name",
			"unsubscribed",
			"address",
		]
		parent: DF.Data
		parentfield: DF.Data
		parenttype: DF.Data
	# end: auto-generated types

	pass
