"""Shopify Tax Mapping: a tax title and rate of Shopify, and the account it is posted to.

A row of Shopify Store: written with it, and checked by it.
"""

from frappe.model.document import Document


class ShopifyTaxMapping(Document):
	"""One row: tax title and rate → account."""

	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		account: DF.Link
		parent: DF.Data
		parentfield: DF.Data
		parenttype: DF.Data
		rate: DF.Float
		tax_title: DF.Data
	# end: auto-generated types

	pass
