"""Where Shopify delivers. Thin: the raw request goes to core/receiving.py, its answer goes back."""

from __future__ import annotations

import frappe

from shopify_sync.core.receiving import receive as receive_delivery
from shopify_sync.erpnext_host import log, wake
from shopify_sync.erpnext_host.host import FrappeHost


@frappe.whitelist(allow_guest=True, methods=["POST"])
def receive() -> None:
	"""Take one webhook delivery.

	Guest, because Shopify signs in with a signature over the raw bytes and nothing else. The body that Frappe parsed is not
	looked at: the signature is over what came. CSRF does not apply to guests.
	"""
	request = frappe.request
	# Lines that are written from here on name the event, once it has a name; the next request of this thread is another's.
	with log.about():
		# get_data() is what Frappe read already: the bytes as they came.
		answer = receive_delivery(request.headers.items(), request.get_data(), FrappeHost())
		# The answer is no document of ours: drop what Frappe would add to it.
		frappe.local.response.http_status_code = answer.status
		frappe.local.response.message = answer.message
		if answer.wake:
			wake.wake()
