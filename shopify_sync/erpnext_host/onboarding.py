"""Reads how far the set-up of a store is, and tells Frappe's own onboarding of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import frappe
from frappe import _

from shopify_sync.core import keys
from shopify_sync.core.onboarding import Facts, Step, StepState, Way, way
from shopify_sync.core.statuses import Status
from shopify_sync.erpnext_host import times
from shopify_sync.erpnext_host.health import healths_of

#: Frappe's records: made from the app's files, one for each step of core/onboarding.py.
MODULE = "Shopify Sync"
_STEP = "Shopify Sync: {0}"
_STORE = (
	"name", "enabled", "mode", "sync_orders", "sync_inventory", "default_warehouse", "default_tax_account", "shipping_account",
)  # fmt: skip
_LINKED = (keys.VARIANT, keys.SKU)


def ways(stores: Sequence[str]) -> list[Way]:
	"""Return the steps of *stores*, in that order."""
	return [way(_facts(health)) for health in healths_of(stores)]


def as_dict(found: Way) -> dict[str, Any]:
	"""Return the steps as the Desk shows them, in the user's language."""
	return {
		"store": found.store,
		"done": found.done,
		"needed": found.needed,
		"steps": [_step(step) for step in found.steps],
	}


def tell_frappe() -> None:
	"""Complete Frappe's Onboarding Steps that a store has done, and open those that none has. In the running transaction."""
	every = ways(frappe.get_all("Shopify Store", pluck="name", order_by="name"))
	done = {step.key for found in every for step in found.steps if step.state is StepState.DONE}
	for key in {step.key for found in every for step in found.steps}:
		name, is_complete = _STEP.format(key), int(key in done)
		known = frappe.db.get_value("Onboarding Step", name, "is_complete")
		if known is not None and known != is_complete:
			frappe.db.set_value("Onboarding Step", name, "is_complete", is_complete, update_modified=False)


def _step(step: Step) -> dict[str, Any]:
	return {
		"key": step.key,
		"title": _(step.title),
		"explanation": _(step.explanation),
		"state": str(step.state),
		"missing": [sentence.shown(_, lambda moment: str(times.to_site(moment))) for sentence in step.missing],
		"field": step.field,
	}


def _facts(health: Any) -> Facts:
	store = health.store
	row = frappe.db.get_value("Shopify Store", store, _STORE, as_dict=True)
	return Facts(
		store=store,
		enabled=bool(row.enabled),
		mode=row.mode or "Live",
		has_secret=health.has_secret,
		signs_in=health.signs_in,
		signed_in=health.is_signed_in,
		scopes_missing=health.scopes_missing,
		webhook_came=health.last_webhook_at is not None,
		subscriptions_missing=health.subscriptions_missing,
		sync_orders=bool(row.sync_orders),
		sync_inventory=bool(row.sync_inventory),
		default_warehouse=bool(row.default_warehouse),
		locations=_rows("Shopify Location Mapping", store),
		taxes=bool(row.default_tax_account) or _rows("Shopify Tax Mapping", store) > 0,
		shipping=bool(row.shipping_account) or _rows("Shopify Shipping Mapping", store) > 0,
		makes_payments=_rows("Shopify Order State Rule", store, make_payments=1) > 0,
		gateways=_rows("Shopify Payment Gateway Mapping", store),
		items_linked=any(_is_linked(store, kind) for kind in _LINKED),
		failing=health.failures_by_category,
		shadowed=_has(store, Status.SHADOWED),
		rehearsed=_exists("Shopify Backfill", store=store, rehearsal=1, status="Completed"),
		applied=_has(store, Status.APPLIED),
	)


def _rows(doctype: str, store: str, **filters: Any) -> int:
	return frappe.db.count(doctype, {"parent": store, "parenttype": "Shopify Store", **filters})


def _exists(doctype: str, **filters: Any) -> bool:
	return bool(frappe.db.exists(doctype, filters))


def _has(store: str, status: Status) -> bool:
	return _exists("Sync Event", store=store, status=str(status))


def _is_linked(store: str, kind: str) -> bool:
	"""Tell whether a link of this kind leads to an Item. By the beginning of its name, which is the key."""
	found = frappe.db.sql(
		"SELECT 1 FROM `tabShopify Link` WHERE name LIKE %s AND document_type = 'Item' AND document_name IS NOT NULL LIMIT 1",
		(keys.key(store, kind, "") + "%",),
	)
	return bool(found)
