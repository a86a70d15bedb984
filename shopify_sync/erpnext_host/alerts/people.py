"""What people do about alerts: say that they are on it, mute, send a test. Who may, and the record of it, is the caller's."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import frappe
from frappe import _

from shopify_sync.core.alerts import life
from shopify_sync.core.alerts.conditions import TEST_RULE, Condition
from shopify_sync.core.alerts.life import Alert, Settings, Status
from shopify_sync.core.alerts.readings import Place, Reading
from shopify_sync.core.operations import Refused
from shopify_sync.core.words import say
from shopify_sync.erpnext_host import times

from . import rows

#: Longer than this nobody means to mute: a threshold of 0 switches a condition off.
MOST_HOURS = 24 * 30


def acknowledge(name: str, user: str, note: str) -> str:
	"""Note that *user* is on it, in the running transaction; return what to tell them. :raises Refused: it is over, or somebody is."""
	row, alert = _locked(name)
	if alert.status is Status.ACKNOWLEDGED:
		raise Refused(_("{0} is on it already.").format(row.acknowledged_by))
	if alert.closed or alert.status not in (Status.FIRING, Status.ESCALATED):
		raise Refused(_("This alert is not firing, so there is nothing to acknowledge."))
	after = life.acknowledged(alert, times.now())
	rows.update(name, {**rows.values_of(after), "acknowledged_by": user, "acknowledged_note": note or None}, touch=True)
	return _("Acknowledged: no reminder comes any more, and it does not escalate. Its recovery is told.")


def mute(name: str, user: str, hours: float) -> str:
	"""Have an alert, and the next ones of its condition, told to nobody for some hours; 0: no longer muted.

	In the running transaction. Returns what to tell the user. :raises Refused: too long, or it is over.
	"""
	if not 0 <= hours <= MOST_HOURS:
		raise Refused(_("Enter 0 to {0} hours. To switch a condition off for good, set its threshold to 0.").format(MOST_HOURS))
	row, alert = _locked(name)
	if alert.closed:
		raise Refused(_("This alert is over."))
	until = times.now() + timedelta(hours=hours) if hours else None
	rows.update(name, {**rows.values_of(life.muted(alert, until)), "muted_by": user if until else None}, touch=True)
	# The last word counts: what was said of an earlier one, and for longer, would come back with the next.
	rows.forget_mutes(row.store, alert.condition, but=name)
	if until is None:
		return _("It is told again.")
	shown = frappe.utils.format_datetime(times.to_site(until))
	return _("Muted until {0}. Should it recover, that is told.").format(shown)


def begin_test(store: str, user: str) -> str:
	"""Write a test alert of a store, in the running transaction; return its name. Whoever tells takes what is due.

	:raises Refused: when the last one is not over.
	"""
	now = times.now()
	alert = life.step(None, is_there=True, rule=TEST_RULE, settings=Settings(), now=now)
	assert alert is not None
	reading = Reading(
		Condition.TEST,
		True,
		1.0,
		say(_("This is only a test, sent by {0}. Nothing is wrong."), frappe.utils.get_fullname(user)),
		say(_("Nothing has to be done. Within a few minutes you are told that it is over.")),
		Place(("Form", "Shopify Store", store)),
	)
	values = {**rows.values_of(alert), **rows.said(store, TEST_RULE, reading, now, 0.0)}
	name = rows.insert(store, Condition.TEST, values)
	if name is None:
		raise Refused(_("The last test of this store is not over yet. Wait a minute, then try again."))
	return name


def _locked(name: str) -> tuple[Any, Alert]:
	row = frappe.db.get_value(rows.DOCTYPE, name, "*", as_dict=True, for_update=True)
	if not row:
		raise Refused(_("There is no alert {0} any more.").format(name))
	alert = rows.alert_of(row)
	return row, replace(alert, closed=not row.open_key)


def store_of(name: str) -> str | None:
	"""Return the store of an alert, or None."""
	found = frappe.db.get_value(rows.DOCTYPE, name, "store")
	return str(found) if found else None


def since(begin: datetime, store: str) -> list[Any]:
	"""Return the alerts of a store that were there since *begin* (UTC) or are, the oldest first; tests and what never fired left out."""
	fields = ["name", "condition", "severity", "status", "message", "fired_at", "recovered_at", "first_told_at"]
	alert = frappe.qb.DocType(rows.DOCTYPE)
	at = times.to_site(begin)
	return (
		frappe.qb.from_(alert)
		.select(*[alert[field] for field in fields])
		.where(alert.store == store)
		.where(alert.is_test == 0)
		.where(alert.fired_at.isnotnull())
		.where((alert.fired_at >= at) | (alert.recovered_at >= at) | alert.open_key.isnotnull())
		.orderby(alert.fired_at)
		.run(as_dict=True)
	)
