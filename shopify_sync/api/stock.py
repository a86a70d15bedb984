"""What the buttons about stock call."""

from __future__ import annotations

import frappe
from frappe import _

from shopify_sync.erpnext_host import outbox

from .roles import MAY_OPERATE, only_for, only_of


@frappe.whitelist(methods=["POST"])
def push_stock(store: str) -> dict:
	"""Mark all stock of a store to be pushed to Shopify; what agrees already is not changed there. Return `{message}`."""
	only_for(MAY_OPERATE)
	only_of(store)
	try:
		marked = outbox.push_stock(store)
	except outbox.NothingToPush as error:
		frappe.throw(_(str(error)), title=_("Nothing to push"))
	return {"message": _("{0} inventory levels are on their way to Shopify.").format(marked)}
