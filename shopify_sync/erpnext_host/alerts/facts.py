"""What a store is judged by: its health, and what only alerts ask for. Each query reads a few rows of an index."""

from __future__ import annotations

from datetime import datetime, timedelta

import frappe

from shopify_sync.core.alerts.conditions import Condition, Rules
from shopify_sync.core.alerts.readings import USUAL_AT_LEAST, Facts
from shopify_sync.core.health import StoreHealth
from shopify_sync.erpnext_host import times

_WEEKS = 4
#: That single records could be compared does not mean that the store could.
_DEPTHS = (("in", ("Light", "Full", "Range")), "Records")
_ENDED = ("Completed", "Stopped", "Failed")
#: A reconciliation that waits for so long keeps everything from being compared: most often a scope is missing.
_RESTS = timedelta(hours=3)


def of(health: StoreHealth, rules: Rules) -> Facts:
	"""Return what a store is judged by; what its rules do not ask for is not read."""
	store = health.store
	return Facts(
		health,
		silence=_silence(health, rules.of(Condition.SILENCE).threshold),
		sign_in_until=_sign_in_until(store) if health.signs_in else None,
		held_since=_held_since(store) if health.held else None,
		drift_growing=frappe.db.count("Sync Discrepancy", {"store": store, "status": "Open", "trend": "Growing"}),
		failed_run=next(
			filter(None, (_last_if_failed("Reconciliation Run", store, {"depth": depth}) for depth in _DEPTHS)), None
		),
		failed_backfill=_last_if_failed("Shopify Backfill", store, {}),
		resting_run=_resting_run(store),
	)


def _silence(health: StoreHealth, threshold: float) -> tuple[int, ...]:
	"""Return how many webhooks came in the weeks before while none come now: in the same hours of the same weekdays.

	Only weeks of which there are any events count, and counting ends where it is enough.
	"""
	last = health.last_webhook_at
	if not threshold or last is None or health.at - last < timedelta(minutes=threshold):
		return ()
	# Beyond a week the span would meet itself.
	begin = max(last, health.at - timedelta(days=7))
	first = _first_event(health.store)
	spans = [(begin - timedelta(weeks=number), health.at - timedelta(weeks=number)) for number in range(1, _WEEKS + 1)]
	return tuple(_webhooks(health.store, *span) for span in spans if first and span[0] >= first)


def _webhooks(store: str, begin: datetime, end: datetime) -> int:
	event = frappe.qb.DocType("Sync Event")
	rows = (
		frappe.qb.from_(event)
		.select(event.name)
		.where(event.store == store)
		.where(event.source == "Webhook")
		.where(event.received_at >= times.to_site(begin))
		.where(event.received_at < times.to_site(end))
		.limit(USUAL_AT_LEAST)
		.run()
	)
	return len(rows)


def _first_event(store: str) -> datetime | None:
	event = frappe.qb.DocType("Sync Event")
	query = frappe.qb.from_(event).select(event.received_at).where(event.store == store).where(event.source == "Webhook")
	rows = query.orderby(event.received_at).limit(1).run()
	return times.from_site(rows[0][0]) if rows else None


def _sign_in_until(store: str) -> datetime | None:
	"""Return when somebody must sign in again: when the refresh token ends, or the token where nothing replaces it."""
	row = frappe.db.get_value("Shopify Connection", store, ["refresh_expires_at", "expires_at"], as_dict=True)
	if not row:
		return None
	by = frappe.db.get_value("Shopify Store", store, "sign_in_by")
	until = row.refresh_expires_at or (row.expires_at if by == "Access token" else None)
	return times.from_site(until) if until else None


def _held_since(store: str) -> datetime | None:
	event = frappe.qb.DocType("Sync Event")
	query = frappe.qb.from_(event).select(event.received_at).where(event.store == store).where(event.status == "Held")
	rows = query.orderby(event.received_at).limit(1).run()
	return times.from_site(rows[0][0]) if rows else None


def _resting_run(store: str) -> str | None:
	"""Return a reconciliation that was begun hours ago and waits for something; a page that it gets done ends the waiting."""
	begun = ("<", times.to_site(times.now() - _RESTS))
	filters = {"store": store, "status": "Running", "waits_for": ("is", "set"), "creation": begun}
	names = frappe.get_all("Reconciliation Run", filters=filters, pluck="name", limit=1)
	return str(names[0]) if names else None


def _last_if_failed(doctype: str, store: str, more: dict) -> str | None:
	"""Return the last one of a store that is over, if it failed."""
	filters = {"store": store, "status": ("in", _ENDED), **more}
	rows = frappe.get_all(doctype, filters=filters, fields=["name", "status"], order_by="creation desc", limit=1)
	return str(rows[0].name) if rows and rows[0].status == "Failed" else None
