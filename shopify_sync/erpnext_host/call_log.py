"""Writes Shopify API Calls: the evidence of every call to Shopify."""

from __future__ import annotations

from typing import Any

import frappe

from shopify_sync.admin_api.ports import CallEnded, CallOutcome, CallStarted

from . import times

_INSERT = """
INSERT INTO `tabShopify API Call` (name, creation, modified, owner, modified_by, docstatus, idx, store, operation, priority,
	idempotency_key, variables, events, api_version, outcome, started_at)
VALUES (%s, %s, %s, %s, %s, 0, 0, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_FIND = """
SELECT name FROM `tabShopify API Call` WHERE idempotency_key = %s AND store = %s AND operation = %s ORDER BY creation DESC LIMIT 1
"""
_END = """
UPDATE `tabShopify API Call` SET outcome = %s, http_status = %s, request_id = %s, answered_version = %s, category = %s, message = %s,
	requested_cost = %s, actual_cost = %s, points_left = %s, ended_at = %s, modified = %s, tries = tries + %s,
	duration_ms = GREATEST(TIMESTAMPDIFF(MICROSECOND, started_at, %s) DIV 1000, 0)
WHERE name = %s
"""


class FrappeCallLog:
	"""Implements admin_api/ports.py `CallLog`. Each method commits: have no transaction of your own open."""

	def begin(self, call: CallStarted) -> str:
		"""See `CallLog`."""
		frappe.db.commit()  # an older snapshot would not know what another worker wrote under the same key
		name = self._known(call) if call.key else None
		if name:
			frappe.db.sql("UPDATE `tabShopify API Call` SET outcome = %s WHERE name = %s", (str(CallOutcome.IN_FLIGHT), name))
		else:
			name = self._insert(call)
		frappe.db.commit()
		return name

	def end(self, name: str, ended: CallEnded) -> None:
		"""See `CallLog`."""
		status = ended.cost.status
		at = times.to_site(ended.ended_at)
		values: tuple[Any, ...] = (
			str(ended.outcome), ended.http_status or 0, ended.request_id[:140], ended.api_version[:140],
			str(ended.category) if ended.category else None, ended.message or None, ended.cost.requested or 0,
			ended.cost.actual or 0, status.available if status else 0, at, at, ended.tries, at, name,
		)  # fmt: skip
		frappe.db.sql(_END, values)
		frappe.db.commit()

	@staticmethod
	def _known(call: CallStarted) -> str | None:
		found = frappe.db.sql(_FIND, (call.key, call.store, call.operation))
		return found[0][0] if found else None

	@staticmethod
	def _insert(call: CallStarted) -> str:
		name = frappe.generate_hash(length=20)
		at, user = times.to_site(call.started_at), frappe.session.user or "Administrator"
		values: tuple[Any, ...] = (
			name, at, at, user, user, call.store, call.operation, str(call.priority), call.key, call.variables,
			"\n".join(call.events), call.api_version, str(CallOutcome.IN_FLIGHT), at,
		)  # fmt: skip
		frappe.db.sql(_INSERT, values)
		return name
