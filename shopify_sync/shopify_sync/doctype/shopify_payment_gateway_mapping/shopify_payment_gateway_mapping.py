"""Shopify Payment Gateway Mapping: a payment gateway of Shopify, and the accounts that its money goes to.

A row of Shopify Store: written with it, and checked by it.
"""

from frappe.model.document import Document


class ShopifyPaymentGatewayMapping(Document):
	"""One row: gateway → accounts."""

	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		account: DF.Link | None
		clearing_account: DF.Link | None
		fee_account: DF.Link | None
		gateway: DF.Data
		mode_of_payment: DF.Link | None
		parent: DF.Data
		parentfield: DF.Data
		parenttype: DF.Data
	# end: auto-generated types

	pass
