"""What Prometheus scrapes. Signs in as any program does: `Authorization: token KEY:SECRET` of a user with one of our roles."""

from __future__ import annotations

import frappe
from werkzeug.wrappers import Response

from shopify_sync.core.exposition import CONTENT_TYPE
from shopify_sync.erpnext_host import metrics
from shopify_sync.erpnext_host.reporting.filters import stores_of

from .roles import MAY_LOOK, only_for


@frappe.whitelist(methods=["GET"])
def prometheus() -> Response:
	"""Return the metrics of the stores that the user may see, as text of Prometheus' format 0.0.4. Takes nothing.

	:raises frappe.PermissionError: without the role Shopify Sync Auditor or more.
	"""
	only_for(MAY_LOOK)
	return Response(metrics.exposition(stores_of({})), content_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"})
