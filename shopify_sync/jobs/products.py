"""The import of products that somebody asked for in the Desk: in pieces that fit the queue, each calling the next."""

from __future__ import annotations

import time

import frappe

from shopify_sync.core.failures import SyncFailure
from shopify_sync.core.operations import Refused
from shopify_sync.erpnext_host.log import warn
from shopify_sync.erpnext_host.product_import import Import, import_products

#: Well below the limit of the long queue, 1500 s.
_MAX_SECONDS = 1000.0


def run(store: str, user: str) -> None:
	"""Import the products of *store*, and show *user* how far it is."""
	frappe.set_user("Administrator")
	deadline = time.monotonic() + _MAX_SECONDS

	def show(state: Import) -> None:
		percent = min(100, 100 * state.read / state.total) if state.total else 100
		title, description = "Importing Products", f"{state.read} of {state.total}"
		# Not frappe.publish_progress: it shows whoever runs the job, and that is not who asked.
		message = {"percent": percent, "title": title, "description": description, "doctype": None, "docname": None}
		frappe.publish_realtime("progress", message, user=user)

	try:
		state = import_products(store, show, lambda: time.monotonic() < deadline)
	except (Refused, SyncFailure) as error:
		warn(f"import of products of {store} stopped: {error}")
		frappe.publish_realtime("msgprint", f"Import of products stopped: {error} Start it again to go on.", user=user)
		return
	if not state.ended:
		frappe.enqueue("shopify_sync.jobs.products.run", queue="long", store=store, user=user)
