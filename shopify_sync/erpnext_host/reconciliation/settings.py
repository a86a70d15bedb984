"""The section Reconciliation of Shopify Store, as the core sees it."""

from __future__ import annotations

from typing import Any

import frappe

from shopify_sync.core.reconciliation.findings import Kind
from shopify_sync.core.reconciliation.settings import DEFAULT_LIMIT, HealingRule, Settings

_FIELDS = (
	"name", "reconciliation_healing", "reconciliation_limit", "reconcile_every", "reconcile_nightly", "reconcile_hour",
	"reconcile_share",
)  # fmt: skip
_HEAL = "Heal"


def settings_of(store: str) -> Settings:
	"""Return how a store is reconciled, as its form says now. :raises frappe.DoesNotExistError: when there is no such store."""
	found = settings_of_enabled(store)
	if not found:
		raise frappe.DoesNotExistError(f"There is no Shopify Store {store}.")
	return found[store]


def settings_of_enabled(store: str | None = None) -> dict[str, Settings]:
	"""Return the settings of one store, or of all that are enabled and not paused, by its name."""
	columns = ", ".join(_FIELDS)
	where, values = ("name = %s", (store,)) if store else ("enabled = 1 AND mode != 'Paused'", ())
	rows = frappe.db.sql(f"SELECT {columns} FROM `tabShopify Store` WHERE {where}", values, as_dict=True)  # noqa: S608 - constants
	rules = _rules([row.name for row in rows])
	return {row.name: _settings(row, rules.get(row.name, ())) for row in rows}


def _rules(stores: list[str]) -> dict[str, tuple[HealingRule, ...]]:
	rows = frappe.db.sql(
		"SELECT parent, kind, heals, run_limit FROM `tabShopify Healing Rule` WHERE parent IN %s ORDER BY idx", (stores or [""],)
	)
	found: dict[str, tuple[HealingRule, ...]] = {}
	for store, kind, heals, limit in rows:
		found[store] = (*found.get(store, ()), HealingRule(Kind(kind), bool(heals), int(limit or 0)))
	return found


def _settings(row: Any, rules: tuple[HealingRule, ...]) -> Settings:
	return Settings(
		dry_run=row.reconciliation_healing != _HEAL,
		limit=DEFAULT_LIMIT if row.reconciliation_limit is None else int(row.reconciliation_limit),
		rules=rules,
		every_minutes=int(row.reconcile_every or 0),
		nightly_hour=int(row.reconcile_hour or 0) if row.reconcile_nightly else None,
		share=int(row.reconcile_share or Settings.share),
	)
