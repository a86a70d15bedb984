"""The rows of Sync Alert: read, written and compared here alone. Times are the site's in the columns, UTC in the core."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import frappe
from frappe import _

from shopify_sync.core.alerts.conditions import Condition, Rule, Severity
from shopify_sync.core.alerts.life import Alert, Kind
from shopify_sync.core.alerts.readings import Place, Reading
from shopify_sync.core.contracts.base import dump_json
from shopify_sync.core.masking import scrub
from shopify_sync.erpnext_host import times

DOCTYPE = "Sync Alert"
_TIMES = (
	"since", "fired_at", "clear_since", "recovered_at", "first_told_at", "told_at", "escalated_at", "acknowledged_at", "muted_until",
)  # fmt: skip
_COLUMNS = ("name", "condition", "severity", "due", "status", "worst_value", *_TIMES)


def open_of(store: str) -> dict[Condition, tuple[str, Alert, float]]:
	"""Lock the alerts of a store that are not closed. Return condition → (name, alert, its worst value)."""
	columns = ", ".join(f"`{column}`" for column in _COLUMNS)
	rows = frappe.db.sql(
		f"SELECT {columns} FROM `tabSync Alert` WHERE store = %s AND open_key IS NOT NULL ORDER BY name FOR UPDATE",  # noqa: S608
		(store,),
		as_dict=True,
	)
	return {Condition(row.condition): (row.name, alert_of(row), float(row.worst_value or 0)) for row in rows}


def alert_of(row: Any) -> Alert:
	"""Return a row as the core sees it."""
	now = times.now()
	moments = {name: times.from_site_by(row[name], now) if row[name] else None for name in _TIMES}
	return Alert(
		condition=Condition(row.condition),
		severity=Severity(row.severity),
		due=Kind(row.due) if row.due else None,
		**moments,
	)


def values_of(alert: Alert) -> dict[str, Any]:
	"""Return what the core says of an alert as columns."""
	return {
		"condition": str(alert.condition),
		"severity": str(alert.severity),
		"status": str(alert.status),
		"due": str(alert.due) if alert.due else None,
		**{name: times.to_site(getattr(alert, name)) for name in _TIMES},
	}


def said(store: str, rule: Rule, reading: Reading, now: datetime, worst: float) -> dict[str, Any]:
	"""Return what a reading says as columns: in the site's language, links with the site's address.

	It is told to whoever listens, outside too: who opened a circuit, or what Shopify's answer quotes, is told without mail addresses.
	"""
	return {
		"message": scrub(reading.says.shown(_, _shown_time)),
		"what_to_do": reading.to_do.shown(_, _shown_time),
		"value": reading.value,
		"worst_value": _worse(rule, worst, reading.value),
		"threshold": rule.threshold,
		"unit": str(rule.unit),
		"last_seen_at": times.to_site(now),
		"link": link_of(reading.place),
		"place": dump_json({"route": list(reading.place.route), "filters": dict(reading.place.filters)}),
	}


def link_of(place: Place) -> str:
	"""Return the address of a place in the Desk, which is `/app` on 15 and `/desk` on 16."""
	kind, *names = place.route
	if kind == "Form":
		return str(frappe.utils.get_url_to_form(*names))
	desk = frappe.utils.get_url_to_list(DOCTYPE).rpartition("/")[0]
	address = frappe.utils.get_url_to_list(names[0]) if kind == "List" else f"{desk}/{kind}"
	return f"{address}?{urlencode(dict(place.filters))}" if place.filters else str(address)


def insert(store: str, condition: Condition, values: dict[str, Any]) -> str | None:
	"""Write a new alert, in the running transaction; announces nothing. Return its name, or None: another evaluator was first."""
	key = open_key(store, condition)
	doc = frappe.get_doc(
		{
			"doctype": DOCTYPE,
			"store": store,
			"title": title_of(store, condition),
			"open_key": key,
			"dedup_key": f"shopify-sync/{frappe.local.site}/{key}",
			"is_test": int(condition is Condition.TEST),
			**values,
		}
	)
	doc.set_new_name()
	now = frappe.utils.now()
	doc.update({"creation": now, "modified": now, "owner": "Administrator", "modified_by": "Administrator"})
	point = "shopify_sync_alert"
	frappe.db.savepoint(point)
	try:
		doc.db_insert()
	except (frappe.DuplicateEntryError, frappe.UniqueValidationError):
		frappe.db.rollback(save_point=point)
		frappe.clear_last_message()
		return None
	return str(doc.name)


def update(name: str, values: dict[str, Any], *, touch: bool = False) -> None:
	"""Write columns of an alert, in the running transaction; announces nothing. :param touch: it is one that people look at anew."""
	if touch:
		values = {**values, "modified": frappe.utils.now()}
	frappe.db.set_value(DOCTYPE, name, values, update_modified=False)


def delete(name: str) -> None:
	"""Remove an alert that never was one: its condition went away before it had lasted long enough."""
	frappe.db.delete(DOCTYPE, {"name": name})


def muted_until(store: str, now: datetime) -> dict[Condition, datetime]:
	"""Return condition → until when the last alert of it was muted, where that has not passed."""
	alert = frappe.qb.DocType(DOCTYPE)
	rows = (
		frappe.qb.from_(alert)
		.select(alert.condition, alert.muted_until)
		.where(alert.store == store)
		.where(alert.muted_until > times.to_site(now))
		.orderby(alert.since)
		.run()
	)
	return {Condition(condition): times.from_site(until) for condition, until in rows}


def forget_mutes(store: str, condition: Condition, but: str) -> None:
	"""Take the mute from every other alert of a store and a condition, in the running transaction."""
	frappe.db.sql(
		"UPDATE `tabSync Alert` SET muted_until = NULL WHERE store = %s AND `condition` = %s AND name != %s AND muted_until IS NOT NULL",
		(store, str(condition), but),
	)


def open_key(store: str, condition: Condition) -> str:
	"""Return what the database allows once: the open alert of a store and a condition."""
	return f"{store}/{str(condition).lower().replace(' ', '-')}"


def title_of(store: str, condition: Condition) -> str:
	"""Return what an alert is called."""
	return f"{store}: {_(str(condition))}"


def _worse(rule: Rule, before: float, now: float) -> float:
	"""Return the worse of two values: of days that are left it is the smaller one."""
	is_countdown = rule.condition in (Condition.SIGN_IN_ENDS, Condition.API_VERSION)
	return min(before, now) if is_countdown and before else max(before, now)


def _shown_time(moment: datetime) -> str:
	return str(frappe.utils.format_datetime(times.to_site(moment)))
