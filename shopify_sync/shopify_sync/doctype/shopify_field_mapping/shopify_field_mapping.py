"""Shopify Field Mapping: something that Shopify says of an order, and the field of the Sales Order that takes it.

A row of Shopify Store: written with it, and checked by it.
"""

from frappe.model.document import Document


class ShopifyFieldMapping(Document):
	"""One row: what Shopify says → field."""

	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		note_attribute: DF.Data | None
		parent: DF.Data
		parentfield: DF.Data
		parenttype: DF.Data
		sales_order_field: DF.Data
		source: DF.Literal[
			"note",
			"tags",
			"po_number",
			"source_name",
			"risk_level",
			"location_id",
			"payment_terms",
			"company_location",
			"note_attribute",
		]
	# end: auto-generated types

	pass
