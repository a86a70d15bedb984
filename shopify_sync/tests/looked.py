"""Events in every state for tests of what the command center shows: written as they stand, many at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import frappe
from frappe.utils import now_datetime

from shopify_sync.core.event_causes import cause_of

_DEFAULTS: Mapping[str, Any] = {
	"direction": "Inbound",
	"source": "Webhook",
	"topic": "orders/create",
	"resource_type": "order",
	"deliveries": 1,
	"attempts": 1,
	"payload_hash": "x",
	"payload": "{}",
}


def events(store: str, count: int, *, hours_ago: float = 1, first: int = 1, **values: Any) -> list[str]:
	"""Write *count* events of *store* that differ in name, order and time, and commit; return their names, the oldest first.

	:param hours_ago: when the last one came; each one before it a second earlier.
	:param first: the number of the first one's order: `#1` is order 1 in Shopify.
	"""
	now = now_datetime().replace(microsecond=0)
	rows = [_row(store, first + i, now - timedelta(hours=hours_ago, seconds=count - i), values) for i in range(count)]
	columns = list(rows[0])
	frappe.db.bulk_insert("Sync Event", columns, [tuple(row[column] for column in columns) for row in rows])
	frappe.db.commit()
	return [row["name"] for row in rows]


def _row(store: str, number: int, at: datetime, values: Mapping[str, Any]) -> dict[str, Any]:
	row: dict[str, Any] = {
		**_DEFAULTS,
		"name": frappe.generate_hash(length=20),
		"store": store,
		"shopify_id": str(number),
		"link": f"{store}/order/{number}",
		"order_name": f"#{number}",
		"version": f"{at:%Y-%m-%dT%H:%M:%S}",
		"status": "Blocked",
		"category": None,
		"message": None,
		"missing": None,
		"part_of": None,
		"next_try_at": None,
		**values,
	}
	waits = row["status"] not in ("Received", "Applied", "No Change", "Superseded", "Ignored", "Echo", "Shadowed")
	cause = cause_of(row["category"], row["missing"], row["message"]) if waits else None
	return {**row, "cause": cause, "creation": at, "modified": at, "received_at": at, "last_seen_at": at}


def user(role: str | None, store: str | None = None) -> str:
	"""Return a user of the Desk with this role and no other; with *store*, one who may see that store alone."""
	email = f"sync-{(role or 'nobody').lower().replace(' ', '-')}{f'-of-{store}' if store else ''}@example.com"
	if not frappe.db.exists("User", email):
		doc = frappe.get_doc({"doctype": "User", "email": email, "first_name": role or "Nobody", "send_welcome_email": 0})
		doc.insert(ignore_permissions=True)
		if role:
			doc.add_roles(role)
	allowed = {"user": email, "allow": "Shopify Store", "for_value": store}
	if store and not frappe.db.exists("User Permission", allowed):
		frappe.get_doc({"doctype": "User Permission", **allowed}).insert(ignore_permissions=True)
	frappe.db.commit()
	return email
