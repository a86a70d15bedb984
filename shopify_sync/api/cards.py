"""The figures of number cards that no count of a doctype can show."""

from __future__ import annotations

import frappe
from frappe import _

from shopify_sync.core.health import StoreHealth
from shopify_sync.erpnext_host.health import kept_healths
from shopify_sync.erpnext_host.reporting.filters import stores_of

from .roles import MAY_LOOK, only_for


@frappe.whitelist(methods=["GET", "POST"])
def oldest_waiting(filters: str | list | dict | None = None) -> str:
	"""Return how long the oldest event that waits for no person has been waiting, of all stores that the user may see.

	:param filters: what Frappe's number cards send; not used.
	"""
	seconds = max((health.oldest_unprocessed_seconds for health in _healths()), default=0.0)
	return _span(seconds) if seconds else _("none")


@frappe.whitelist(methods=["GET", "POST"])
def api_budget_used(filters: str | list | dict | None = None) -> str:
	"""Return the largest share of its API points that a store has used just now. :param filters: not used."""
	shares = [health.api_points_used_share for health in _healths() if health.api_points_used_share is not None]
	return f"{max(shares):.0%}" if shares else _("no calls")


def _healths() -> list[StoreHealth]:
	only_for(MAY_LOOK)
	return kept_healths(stores_of({}))


def _span(seconds: float) -> str:
	for size, text in ((86400, _("{0} d")), (3600, _("{0} h")), (60, _("{0} min"))):
		if seconds >= 2 * size:
			return text.format(f"{seconds / size:,.0f}")
	return _("{0} s").format(f"{seconds:,.0f}")
