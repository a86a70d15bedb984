"""What the Desk shows of the set-up of stores."""

from __future__ import annotations

import frappe

from shopify_sync.erpnext_host import onboarding
from shopify_sync.erpnext_host.reporting.filters import stores_of

from .roles import MAY_LOOK, only_for


@frappe.whitelist(methods=["GET", "POST"])
def steps(store: str | None = None) -> dict:
	"""Return how far the set-up of each store is that the user may see, or of one.

	:returns: `{"stores": [{"store", "done", "needed", "steps": [{"key", "title", "explanation", "state", "missing", "field"}]}]}`
	"""
	only_for(MAY_LOOK)
	return {"stores": [onboarding.as_dict(found) for found in onboarding.ways(stores_of({"store": store}))]}
