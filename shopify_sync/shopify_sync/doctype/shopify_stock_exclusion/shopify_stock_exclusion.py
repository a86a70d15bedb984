"""Shopify Stock Exclusion: stock that is never told to Shopify, of an Item or of an Item Group.

A row of Shopify Store: written with it, and checked by it.
"""

from frappe.model.document import Document


class ShopifyStockExclusion(Document):
	"""One row: Item or Item Group, at one location or at all."""

	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		item: DF.Link | None
		item_group: DF.Link | None
		location_id: DF.Data | None
		parent: DF.Data
		parentfield: DF.Data
		parenttype: DF.Data
	# end: auto-generated types

	pass
