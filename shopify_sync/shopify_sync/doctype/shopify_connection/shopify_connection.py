"""Shopify Connection: whether a store can call Shopify, until when, and how its calls go. One for each store, named after it.

Written by ``erpnext_host/connection_store.py`` only, so that saving the Shopify Store never overwrites it. The tokens are no
fields: they stand encrypted in Frappe's ``__Auth``, and no form, report or API shows them.
"""

import frappe
from frappe import _
from frappe.model.document import Document


class ShopifyConnection(Document):
	"""What is known of one store's right to call Shopify."""

	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		answered_version: DF.Data | None
		circuit: DF.Code | None
		circuit_history: DF.Code | None
		circuit_reason: DF.SmallText | None
		circuit_since: DF.Datetime | None
		circuit_state: DF.Literal["Closed", "Open", "Half Open"]
		circuit_until: DF.Datetime | None
		deprecated_reason: DF.SmallText | None
		expires_at: DF.Datetime | None
		oauth_expires_at: DF.Datetime | None
		oauth_state: DF.Data | None
		oauth_user: DF.Data | None
		obtained_at: DF.Datetime | None
		plan: DF.Data | None
		reason: DF.SmallText | None
		refresh_expires_at: DF.Datetime | None
		restore_rate: DF.Float
		scopes: DF.SmallText | None
		scopes_missing: DF.SmallText | None
		shop_name: DF.Data | None
		sign_in: DF.Code | None
		state: DF.Literal["Not signed in", "Signed in", "Rejected"]
		store: DF.Link
		tested_at: DF.Datetime | None
		token_id: DF.Data | None
	# end: auto-generated types

	def validate(self):
		if not self.is_new():
			frappe.throw(_("A Shopify Connection is written by the sync. Change the Shopify Store instead."))

	def get_password(self, fieldname="password", raise_exception=True):
		"""Nobody is given a token: Frappe's own method to read passwords asks the document first."""
		frappe.throw(_("Tokens are never shown."), frappe.PermissionError)
