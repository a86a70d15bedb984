"""Shopify Location Mapping: a location of Shopify, its warehouse, and which way stock flows.

A row of Shopify Store: written with it, and checked by it.
"""

from frappe.model.document import Document


class ShopifyLocationMapping(Document):
	"""One row: location → warehouse, direction and value of incoming stock."""

	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		direction: DF.Literal["Shopify \u2192 ERPNext", "ERPNext \u2192 Shopify", "None"]
		fixed_rate: DF.Currency
		location_id: DF.Data
		location_name: DF.Data | None
		parent: DF.Data
		parentfield: DF.Data
		parenttype: DF.Data
		price_list: DF.Link | None
		safety_stock: DF.Int
		valuation_rule: DF.Literal["Item's rate", "Last purchase", "Price list", "Fixed rate", "Fail"]
		warehouse: DF.Link
	# end: auto-generated types

	pass
