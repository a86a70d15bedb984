"""Shopify Store: one shop, with its credentials, defaults and mappings.

People with the role Shopify Sync Manager write it; the sync itself never does.
What it holds is policy: no rule about an order, a customer or stock stands here.
"""

import re

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cint, flt

STORE_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")
SHOP_DOMAIN = re.compile(r"[a-z0-9][a-z0-9.-]+\.[a-z]+|[a-z0-9-]+")


class ShopifyStore(Document):
	"""One shop: how it signs in, what is synced and where things are mapped to."""

	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF
		from shopify_sync.shopify_sync.doctype.shopify_customer_matching_rule.shopify_customer_matching_rule import (
			ShopifyCustomerMatchingRule,
		)
		from shopify_sync.shopify_sync.doctype.shopify_field_authority.shopify_field_authority import ShopifyFieldAuthority
		from shopify_sync.shopify_sync.doctype.shopify_location_mapping.shopify_location_mapping import ShopifyLocationMapping
		from shopify_sync.shopify_sync.doctype.shopify_shipping_mapping.shopify_shipping_mapping import ShopifyShippingMapping
		from shopify_sync.shopify_sync.doctype.shopify_tax_mapping.shopify_tax_mapping import ShopifyTaxMapping

		client_secret: DF.Password | None
		company: DF.Link
		cost_center: DF.Link | None
		custom_line_item: DF.Link | None
		customer_group: DF.Link
		customer_merge: DF.Literal["Review", "Merge"]
		default_tax_account: DF.Link | None
		default_warehouse: DF.Link | None
		delivery_days: DF.Int
		enabled: DF.Check
		field_authority: DF.Table[ShopifyFieldAuthority]
		gift_card_item: DF.Link | None
		guest_customer: DF.Link | None
		guest_policy: DF.Literal["One Customer per e-mail", "One Customer for all guests", "Hold"]
		item_matching: DF.Literal["SKU is Item Code", "SKU is Barcode", "Shopify Link only"]
		location_mapping: DF.Table[ShopifyLocationMapping]
		matching_rules: DF.Table[ShopifyCustomerMatchingRule]
		max_attempts: DF.Int
		max_body_mb: DF.Int
		mode: DF.Literal["Live", "Shadow", "Paused"]
		order_prefix: DF.Data | None
		previous_client_secret: DF.Password | None
		redact_documents: DF.Check
		retry_base_seconds: DF.Int
		retry_cap_seconds: DF.Int
		rounding_tolerance: DF.Currency
		selling_price_list: DF.Link
		shipping_account: DF.Link | None
		shipping_mapping: DF.Table[ShopifyShippingMapping]
		shop_domain: DF.Data
		store_name: DF.Data
		sync_customers: DF.Check
		sync_inventory: DF.Check
		sync_orders: DF.Check
		tax_category: DF.Link | None
		tax_mapping: DF.Table[ShopifyTaxMapping]
		territory: DF.Link
		tip_item: DF.Link | None
	# end: auto-generated types

	def before_naming(self):
		self.store_name = (self.store_name or "").strip().lower()

	def validate(self):
		self.validate_store_name()
		self.validate_shop_domain()
		self.validate_secrets()
		self.validate_taxes()
		self.validate_shipping()
		self.validate_locations()
		self.validate_customers()
		self.validate_processing()

	def on_update(self):
		from shopify_sync.jobs import requeue

		requeue.store_saved(self)

	def on_trash(self):
		if frappe.db.exists("Sync Event", {"store": self.name}):
			frappe.throw(
				_(
					"Store {0} has Sync Events, which are the record of what was done. "
					"Clear Enabled to stop it instead, or delete its Sync Events first."
				).format(frappe.bold(self.name)),
				title=_("Store Is in Use"),
			)

	def validate_store_name(self):
		if not STORE_NAME.fullmatch(self.store_name or ""):
			frappe.throw(
				_(
					"Store Name {0} cannot be part of a key. Use up to 31 lower-case letters, digits and hyphens, "
					"and begin with a letter or a digit, e.g. my-store."
				).format(frappe.bold(frappe.utils.escape_html(self.store_name or "")))
			)

	def validate_shop_domain(self):
		domain = (self.shop_domain or "").strip().lower()
		domain = domain.removeprefix("https://").removeprefix("http://").split("/", 1)[0]
		if not SHOP_DOMAIN.fullmatch(domain):
			frappe.throw(
				_("{0} is not a shop's domain. Enter it as Shopify shows it, e.g. my-store.myshopify.com.").format(
					frappe.bold(frappe.utils.escape_html(self.shop_domain or ""))
				)
			)
		self.shop_domain = domain
		if self.has_value_changed("shop_domain") and not domain.endswith(".myshopify.com"):
			frappe.msgprint(
				_(
					"Shopify's deliveries name the shop by its myshopify.com domain. "
					"A delivery from another domain than {0} is refused, so check that it is the right one."
				).format(frappe.bold(domain)),
				indicator="orange",
				alert=True,
			)

	def validate_secrets(self):
		for fieldname in ("client_secret", "previous_client_secret"):
			secret = self.get(fieldname)
			if not secret:
				continue
			if not secret.strip():
				frappe.throw(
					_("{0} is only white space, which verifies nothing. Enter the secret, or leave it empty.").format(
						self.label_of(fieldname)
					)
				)
			self.set(fieldname, secret.strip())

	def validate_taxes(self):
		seen = {}
		for row in self.tax_mapping:
			row.tax_title = (row.tax_title or "").strip()
			self.refuse_twin(seen, row, (row.tax_title.casefold(), flt(row.rate, 6)), "tax_mapping")

	def validate_shipping(self):
		seen = {}
		for row in self.shipping_mapping:
			row.shipping_title = (row.shipping_title or "").strip()
			self.refuse_twin(seen, row, row.shipping_title.casefold(), "shipping_mapping")

	def validate_locations(self):
		seen = {}
		for row in self.location_mapping:
			row.location_id = (row.location_id or "").strip().rsplit("/", 1)[-1]
			if not (row.location_id.isascii() and row.location_id.isdigit()):
				self.throw_row(row, "location_mapping", _("Location ID must be Shopify's number, digits only."))
			self.refuse_twin(seen, row, row.location_id, "location_mapping")
			if row.valuation_rule == "Fixed rate" and flt(row.fixed_rate) <= 0:
				self.throw_row(row, "location_mapping", _("enter a Fixed Rate above zero, or choose another Valuation Rule."))

	def validate_customers(self):
		rules, fields = {}, {}
		for row in self.matching_rules:
			self.refuse_twin(rules, row, row.match_by, "matching_rules")
		for row in self.field_authority:
			self.refuse_twin(fields, row, row.field, "field_authority")

	def validate_processing(self):
		if cint(self.max_attempts) < 1:
			frappe.throw(_("Max Attempts must be 1 or more: with none, no event would ever be applied."))

	def refuse_twin(self, seen: dict, row: Document, key, table: str):
		if key in seen:
			self.throw_row(row, table, _("says the same as row {0}. Remove one of them.").format(seen[key]))
		seen[key] = row.idx

	def throw_row(self, row: Document, table: str, what: str):
		frappe.throw(_("{0}, row {1}: {2}").format(self.label_of(table), row.idx, what))

	def label_of(self, fieldname: str) -> str:
		return _(self.meta.get_label(fieldname))
