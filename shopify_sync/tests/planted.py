"""Rows that reports are made of, planted as reconciliation and the ledger leave them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import frappe
from frappe.utils import now_datetime

DOCTYPES = ("Sync Discrepancy", "Reconciliation Run", "Sync Event")


def ago(days: float = 0, hours: float = 0, seconds: float = 0) -> datetime:
	"""Return a time before noon of today, in the site's zone: what was planted days ago lies on that day whenever the tests run."""
	noon = now_datetime().replace(hour=12, minute=0, second=0, microsecond=0)
	return noon - timedelta(days=days, hours=hours, seconds=seconds)


def clear(store: str) -> None:
	"""Remove what was planted for a store; commits."""
	runs = frappe.get_all("Reconciliation Run", {"store": store}, pluck="name")
	if runs:
		frappe.db.delete("Reconciliation Figure", {"parent": ("in", runs)})
	for doctype in DOCTYPES:
		frappe.db.delete(doctype, {"store": store})
	frappe.db.commit()


def row(doctype: str, **values: Any) -> str:
	"""Write a row as it is given, and return its name."""
	values.setdefault("name", frappe.generate_hash(length=20))
	frappe.get_doc({"doctype": doctype, **values}).db_insert()
	return str(values["name"])


def run(store: str, started: datetime, *, figures: Sequence[Mapping[str, Any]] = (), **values: Any) -> str:
	"""Write a run that completed within ten minutes, with its figures."""
	counts = {name: frappe.as_json(values.pop(name, {})) for name in ("by_kind", "healed_by_kind", "left_out")}
	defaults = {
		"status": "Completed", "depth": "Full", "reason": "Schedule", "started_at": started,
		"ended_at": started + timedelta(minutes=10), "progress": 100,
	}  # fmt: skip
	name = row("Reconciliation Run", store=store, **defaults | values | counts)
	for number, figure in enumerate(figures, 1):
		parent = {"parent": name, "parenttype": "Reconciliation Run", "parentfield": "figures", "idx": number}
		row("Reconciliation Figure", **parent, **figure)
	return name


def discrepancy(store: str, kind: str, **values: Any) -> str:
	"""Write a discrepancy that is open since two days."""
	defaults = {
		"status": "Open", "resource_type": "order", "shopify_id": frappe.generate_hash(length=12), "first_seen_at": ago(2),
		"last_seen_at": ago(), "times_seen": 2, "cause": "Unknown", "proposal": "Review",
	}  # fmt: skip
	samples = values.pop("samples", None)
	return row("Sync Discrepancy", store=store, kind=kind, **defaults | values, samples=frappe.as_json(samples or []))


def event(store: str, status: str, received: datetime, **values: Any) -> str:
	"""Write an event that came in."""
	defaults = {"direction": "Inbound", "source": "Webhook", "topic": "orders/updated", "resource_type": "order"}
	return row("Sync Event", store=store, status=status, received_at=received, **defaults | values)
