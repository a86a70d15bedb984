"""Of a store's health: whether it can call Shopify, and how much of the API's budget is used."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import frappe

from shopify_sync.admin_api.shops import version_ends
from shopify_sync.core.health import CircuitHealth
from shopify_sync.erpnext_host import connections, secret_fields, times

_STORE = ["name", "enabled", "mode", "api_version", "sign_in_by"]
_CONNECTION = [
	"name", "state", "reason", "expires_at", "scopes_missing", "circuit_state", "circuit_since", "circuit_until", "circuit_reason",
]  # fmt: skip


def settings(stores: Sequence[str]) -> dict[str, dict[str, Any]]:
	"""Return store → what its settings and its connection say, by the names of StoreHealth's fields."""
	rows = frappe.get_all("Shopify Store", filters={"name": ("in", list(stores))}, fields=_STORE)
	known = {
		row.name: row for row in frappe.get_all("Shopify Connection", filters={"name": ("in", list(stores))}, fields=_CONNECTION)
	}
	return {row.name: _settings(row, known.get(row.name) or frappe._dict()) for row in rows}


def _settings(row: Any, connection: Any) -> dict[str, Any]:
	ends = version_ends(row.api_version or "")
	has_secret, is_readable = _secret_of(row.name)
	return {
		"store": row.name,
		"enabled": bool(row.enabled),
		"mode": row.mode or "Live",
		"has_secret": has_secret,
		"secret_is_unreadable": not is_readable,
		"signs_in": bool(row.sign_in_by) and row.sign_in_by != "None",
		"circuit": CircuitHealth(
			connection.circuit_state or "Closed",
			_utc(connection.circuit_since),
			_utc(connection.circuit_until),
			connection.circuit_reason or "",
		),
		"token_state": connection.state or "",
		"token_reason": connection.reason or "",
		"token_expires_at": _utc(connection.expires_at),
		"scopes_missing": tuple(filter(None, (connection.scopes_missing or "").split(", "))),
		"api_version": row.api_version or "",
		"api_version_ends": ends.date() if ends else None,
		"api_points_used_share": connections.points_used_share(row.name),
	}


def _secret_of(store: str) -> tuple[bool, bool]:
	"""Return whether the client secret of a store is entered, and whether it can be read."""
	try:
		return bool(secret_fields.read("Shopify Store", store, "client_secret")), True
	except secret_fields.Unreadable:
		return True, False


def _utc(moment: datetime | None) -> datetime | None:
	return times.from_site(moment) if moment else None
