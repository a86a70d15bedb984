"""How a store is watched: Shopify Store's tab Alerts as the core's values, and its table of thresholds, which is always complete."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

import frappe
from frappe.utils import cint, flt, get_system_timezone, get_time

from shopify_sync.core.alerts.conditions import DEFAULT_RULES, Condition, Rule, Rules, Severity
from shopify_sync.core.alerts.digests import Every, Schedule
from shopify_sync.core.alerts.life import Settings
from shopify_sync.core.alerts.quiet import QuietHours

_UNITS = {rule.condition: rule.unit for rule in DEFAULT_RULES}
_FIELDS = ["alerts", "alert_reminder", "alert_escalation", "quiet_from", "quiet_until"]
_DIGEST = ["digest", "digest_hour", "digest_weekday"]
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def settings_of(store: str) -> Settings:
	"""Return how a store is watched. :raises frappe.DoesNotExistError: when there is no such store."""
	row = frappe.db.get_value("Shopify Store", store, _FIELDS, as_dict=True)
	if not row:
		raise frappe.DoesNotExistError(f"There is no store {store}.")
	return Settings(
		rules=Rules(rules_of(store)),
		remind_after=timedelta(hours=row.alert_reminder) if row.alert_reminder else None,
		escalate_after=timedelta(minutes=row.alert_escalation) if row.alert_escalation else None,
		quiet=_quiet(row.quiet_from, row.quiet_until),
		is_on=bool(row.alerts),
	)


def rules_of(store: str) -> list[Rule]:
	"""Return the rules of a store that its table says."""
	fields = ["condition", "threshold", "severity", "lasting", "minimum"]
	rows = frappe.get_all("Shopify Alert Rule", filters={"parent": store, "parenttype": "Shopify Store"}, fields=fields)
	return [_rule(row) for row in rows if row.condition in set(map(str, _UNITS))]


def complete_rules(doc: Any) -> bool:
	"""Give the table of a Shopify Store a row for each condition that has none, and each row its unit. Return whether any was added.

	:param doc: a Shopify Store; it is changed, and not saved.
	"""
	known = {row.condition for row in doc.alert_rules}
	missing = [rule for rule in DEFAULT_RULES if str(rule.condition) not in known]
	for rule in missing:
		doc.append("alert_rules", rule_values(rule))
	for row in doc.alert_rules:
		row.unit = str(_UNITS[Condition(row.condition)])
	return bool(missing)


def complete_all_stores() -> None:
	"""Show the thresholds that hold in the tables of stores from before there were any."""
	for name in frappe.get_all("Shopify Store", pluck="name"):
		store = frappe.get_doc("Shopify Store", name)
		last = max((row.idx for row in store.alert_rules), default=0)
		if complete_rules(store):
			added = [row for row in store.alert_rules if row.get("__islocal")]
			for number, row in enumerate(added, start=last + 1):
				row.idx = number
				row.db_insert()
			store.db_set("modified", frappe.utils.now(), update_modified=False)


def rule_values(rule: Rule) -> dict[str, Any]:
	"""Return a rule as a row of the store."""
	return {
		"condition": str(rule.condition),
		"threshold": rule.threshold,
		"unit": str(rule.unit),
		"severity": str(rule.severity),
		"lasting": int(rule.lasting.total_seconds() // 60),
		"minimum": rule.minimum,
	}


def schedule_of(store: str) -> Schedule:
	"""Return when the digest of a store goes out."""
	row = frappe.db.get_value("Shopify Store", store, _DIGEST, as_dict=True)
	weekday = _WEEKDAYS.index(row.digest_weekday) if row.digest_weekday in _WEEKDAYS else 0
	return Schedule(Every(row.digest or "Never"), cint(row.digest_hour), get_system_timezone(), weekday)


def _rule(row: Any) -> Rule:
	condition = Condition(row.condition)
	return Rule(
		condition,
		flt(row.threshold),
		_UNITS[condition],
		Severity(row.severity or "Warning"),
		timedelta(minutes=cint(row.lasting)),
		cint(row.minimum),
	)


def _quiet(begin: Any, end: Any) -> QuietHours | None:
	if begin is None or end is None:
		return None
	return QuietHours(_time(begin), _time(end), get_system_timezone())


def _time(value: Any) -> time:
	"""Return a Time column's value (a duration since midnight) as a time of day."""
	if isinstance(value, timedelta):
		return (datetime.min + value).time()
	return get_time(value)
