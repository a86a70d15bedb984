"""What tests of operations share: people with roles, events that wait, and operations as the Desk starts them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import frappe

from shopify_sync.api import operations
from shopify_sync.core.keys import short_hash
from shopify_sync.erpnext_host import times
from shopify_sync.erpnext_host.operations import record

OPERATOR, MANAGER, AUDITOR = "Shopify Sync Operator", "Shopify Sync Manager", "Shopify Sync Auditor"


def person(role: str | None) -> str:
	"""Return a user with one role, or with none."""
	email = f"sync-{(role or 'nobody').lower().replace(' ', '-')}@example.com"
	if not frappe.db.exists("User", email):
		user = frappe.get_doc({"doctype": "User", "email": email, "first_name": role or "Nobody", "send_welcome_email": 0})
		user.insert(ignore_permissions=True)
		if role:
			user.add_roles(role)
		frappe.db.commit()
	return email


def plant(store: str, count: int, **values: Any) -> list[str]:
	"""Write events into the ledger as if they had come and rested; Blocked for want of an Item unless *values* say otherwise.

	:returns: their names, in their order.
	"""
	now = times.to_site(times.now())
	mark = frappe.generate_hash(length=8)
	names = [f"planted-{mark}-{number:05d}" for number in range(count)]
	row = {
		"creation": now, "modified": now, "owner": "Administrator", "modified_by": "Administrator", "docstatus": 0, "idx": 0,
		"store": store, "direction": "Inbound", "source": "Webhook", "topic": "orders/create", "resource_type": "order", "version": "1",
		"status": "Blocked", "category": "Missing item", "missing": "item:PLANTED", "cause": "item:PLANTED", "message": "No Item.",
		"attempts": 3, "deliveries": 1, "received_at": now, "payload": "{}", **values,
	}  # fmt: skip
	rows = []
	for name in names:
		number = short_hash(name)[:12]
		own = {"name": name, "shopify_id": number, "link": f"{store}/{row['resource_type']}/{number}", "payload_hash": number}
		rows.append(tuple({**own, **row}.values()))
	columns = [*("name", "shopify_id", "link", "payload_hash"), *row]
	columns = list(dict.fromkeys(columns))
	frappe.db.bulk_insert("Sync Event", columns, rows)
	frappe.db.commit()
	return names


def start(
	action: str, target: Mapping[str, Any] | str, reason: str = "", request: str | None = None, **options: Any
) -> dict[str, Any]:
	"""Start an operation as the Desk does."""
	return operations.start(
		action, target if isinstance(target, str) else dict(target), request or uuid.uuid4().hex, reason, options
	)


def plant_operation(store: str, status: str = "Completed") -> str:
	"""Write an operation of a store as it would stand; return its name."""
	name = record.begin("Retry", store, {"store": store}, "planted", status=status, total=3)
	frappe.db.commit()
	return name


def forgotten(case: Any) -> None:
	"""Have the operations of a test removed that are about no store; those of its store go with the store."""
	frappe.db.commit()
	before = {name for (name,) in frappe.db.sql("SELECT name FROM `tabSync Operation` WHERE store IS NULL")}

	def forget() -> None:
		frappe.db.rollback()
		now = {name for (name,) in frappe.db.sql("SELECT name FROM `tabSync Operation` WHERE store IS NULL")}
		frappe.db.delete("Sync Operation", {"name": ("in", sorted(now - before) or [""])})
		frappe.db.commit()

	case.addCleanup(forget)


def statuses(store: str) -> dict[str, int]:
	"""Return how many events of a store stand where."""
	frappe.db.commit()
	rows = frappe.db.sql("SELECT status, COUNT(*) FROM `tabSync Event` WHERE store = %s GROUP BY status", (store,))
	return {status: int(count) for status, count in rows}


def notes(operation: str) -> dict[str, int]:
	"""Return how often each event has evidence of an operation."""
	frappe.db.commit()
	rows = frappe.db.sql("SELECT event, COUNT(*) FROM `tabSync Attempt` WHERE operation = %s GROUP BY event", (operation,))
	return {event: int(count) for event, count in rows}
