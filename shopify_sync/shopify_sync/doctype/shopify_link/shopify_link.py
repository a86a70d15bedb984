"""Shopify Link: which ERPNext document a resource of Shopify is. Its name is the key ``<store>/<resource>/<shopify id>``.

The database refuses a second row with the same key, and the row is what a worker locks before it decides.
Written by ``erpnext_host``; a Shopify Sync Manager may add one by hand, to map a variant or an inventory item to an Item.
"""

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cint

MAPPED_TO_ITEM = ("variant", "sku", "inventory_item")
KEYS_OF_OUR_OWN = ("guest", "sku", "inventory_level")  # the others' ids are Shopify's numbers


class ShopifyLink(Document):
	"""(store, resource, Shopify id) ↔ ERPNext document, with what both sides last agreed on."""

	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		agreed: DF.Code | None
		compared_at: DF.Datetime | None
		document_name: DF.DynamicLink | None
		document_type: DF.Link | None
		facts: DF.Code | None
		last_event: DF.Link | None
		last_synced_at: DF.Datetime | None
		resource_type: DF.Literal[
			"order",
			"customer",
			"guest",
			"company",
			"variant",
			"sku",
			"inventory_item",
			"inventory_level",
			"customer_merge",
			"customer_deletion",
			"customer_redaction",
			"customer_consent",
			"product",
			"product_deletion",
			"inventory_item_deletion",
		]
		shopify_id: DF.Data
		store: DF.Link
		uom_factor: DF.Int
		version: DF.Data | None
	# end: auto-generated types

	def autoname(self):
		self.shopify_id = (self.shopify_id or "").strip()
		self.name = f"{self.store}/{self.resource_type}/{self.shopify_id}"

	def validate(self):
		if self.resource_type in MAPPED_TO_ITEM and not (self.document_type == "Item" and self.document_name):
			frappe.throw(
				_("A {0} is mapped to an Item: set Document Type to Item, and choose the Item as Document Name.").format(
					_(self.resource_type)
				)
			)
		if cint(self.uom_factor) < 1:
			self.uom_factor = 1
		if self.resource_type not in KEYS_OF_OUR_OWN and not is_number(self.shopify_id):
			frappe.throw(
				_("Shopify ID {0} is not a number. Enter the digits at the end of its address in Shopify's admin.").format(
					frappe.bold(frappe.utils.escape_html(self.shopify_id or ""))
				)
			)

	def on_update(self):  # Frappe calls it after an insert too
		from shopify_sync.jobs import outbox, requeue

		requeue.link_saved(self)
		outbox.link_saved(self)


def is_number(text: str | None) -> bool:
	return bool(text) and text.isascii() and text.isdigit()


def on_doctype_update():
	# What a full reconciliation did not meet.
	frappe.db.add_index("Shopify Link", ["store", "resource_type", "compared_at"], "compared_index")
