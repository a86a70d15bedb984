"""What people start from the Desk about products: their import."""

from __future__ import annotations

import frappe
from frappe import _

from shopify_sync.core.operations import Refused
from shopify_sync.erpnext_host import product_import

from .roles import MAY_SET_UP, only_for


@frappe.whitelist(methods=["POST"])
def import_products(store: str) -> dict:
	"""Read every product of *store* in the background; one import that was stopped goes on where it was."""
	only_for(MAY_SET_UP)
	try:
		product_import.check(store)
	except Refused as error:
		frappe.throw(str(error), title=_("Not imported"))
	frappe.enqueue("shopify_sync.jobs.products.run", queue="long", store=store, user=frappe.session.user)
	return {"message": _("The products are read in the background.")}
