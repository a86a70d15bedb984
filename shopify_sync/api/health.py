"""What load balancers and monitors ask, without signing in. Guests: the answers name no store and count nothing."""

from __future__ import annotations

import json

import frappe
from werkzeug.wrappers import Response

from shopify_sync.erpnext_host import readiness


@frappe.whitelist(allow_guest=True, methods=["GET"])
def live() -> Response:
	"""Answer 200: this process takes requests. Frappe itself connects to the database before it asks us."""
	return _answer(200, {"status": "ok"})


@frappe.whitelist(allow_guest=True, methods=["GET"])
def ready() -> Response:
	"""Answer 200 when deliveries can be recorded and workers keep up, else 503; and say of each part `ok` or what is wrong.

	Without Redis deliveries are recorded all the same, so that alone is no reason for 503.
	"""
	found = readiness.look()
	return _answer(200 if found.is_ready else 503, {"status": "ok" if found.is_ready else "unavailable", **found.parts})


def _answer(status: int, body: dict[str, str]) -> Response:
	headers = {"Cache-Control": "no-store"}
	return Response(json.dumps(body), status=status, content_type="application/json", headers=headers)
