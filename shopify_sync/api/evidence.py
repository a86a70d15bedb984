"""What forms and pages ask about the evidence: stories, both sides of a record, bundles. Looking changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import frappe
from frappe import _
from werkzeug.wrappers import Response

from shopify_sync.core.evidence.words import plain
from shopify_sync.core.operations import Refused
from shopify_sync.erpnext_host.command_center.filters import BadFilter
from shopify_sync.erpnext_host.evidence import comparisons, exports, stories

from .roles import MAY_LOOK, MAY_OPERATE, only_for

_T = TypeVar("_T")


@frappe.whitelist(methods=["GET", "POST"])
def story(event: str) -> dict:
	"""Return everything that is on record of an event as one timeline, oldest first."""
	only_for(MAY_LOOK)
	frappe.has_permission("Sync Event", "read", doc=event, throw=True)
	return _known(lambda: stories.of_event(event))


@frappe.whitelist(methods=["GET", "POST"])
def order_story(doctype: str, name: str) -> dict:
	"""Return the story of the Shopify record behind an ERPNext document, across all its events, newest first.

	Needs the right to read the document besides a role of ours.
	"""
	only_for(MAY_LOOK)
	frappe.has_permission(doctype, "read", doc=name, throw=True)
	return _known(lambda: stories.of_document(doctype, name))


@frappe.whitelist(methods=["GET", "POST"])
def compare(event: str) -> dict:
	"""Return what the payload of an event says beside what ERPNext has now, field by field."""
	only_for(MAY_LOOK)
	frappe.has_permission("Sync Event", "read", doc=event, throw=True)
	return _known(lambda: comparisons.compare(event))


@frappe.whitelist(methods=["POST"])
def export(event: str | None = None, link: str | None = None, filters: str | dict | None = None) -> Response:
	"""Send an event, everything of a record, or what a filter finds, as a bundle that `shopify-sync replay` reproduces.

	Personal values are replaced by stand-ins. It leaves a Sync Operation.
	"""
	only_for(MAY_OPERATE)
	if event:
		frappe.has_permission("Sync Event", "read", doc=event, throw=True)
	if link:
		frappe.has_permission("Shopify Store", "read", doc=link.partition("/")[0], throw=True)
	try:
		return exports.send(exports.asked(event, link, filters))
	except (Refused, BadFilter) as error:
		frappe.throw(frappe.utils.escape_html(str(error)), title=_("Not exported"))
		raise AssertionError from error


def _known(ask: Callable[[], _T]) -> _T:
	try:
		return ask()
	except stories.NothingKnown as error:
		frappe.throw(frappe.utils.escape_html(plain(error.args[0], _)), title=_("Nothing is known of it"))
		raise AssertionError from error


__all__: list[Any] = ["compare", "export", "order_story", "story"]
