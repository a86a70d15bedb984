"""What the buttons about alerts, their channels and the digest call: each checks the role and the rules, and leaves a Sync Operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import frappe
from frappe import _
from frappe.utils import cint, escape_html, flt

from shopify_sync.core.operations import OperatorAction, Refused
from shopify_sync.erpnext_host.alerts import channels as of_alerts
from shopify_sync.erpnext_host.alerts import digest, outcomes, people
from shopify_sync.erpnext_host.operations.record import recorded
from shopify_sync.jobs import alerts as jobs

from .roles import MAY_LOOK, MAY_OPERATE, MAY_SET_UP, only_for, only_of, sees_all_stores


@frappe.whitelist(methods=["POST"])
def acknowledge(alert: str, note: str = "") -> dict[str, Any]:
	"""Say that the user is on it: no reminder comes any more, and it does not escalate. :returns: `{message}`."""
	only_for(MAY_OPERATE)
	user = frappe.session.user
	return _on_record(
		OperatorAction.ACKNOWLEDGE_ALERT, alert, lambda: people.acknowledge(alert, user, (note or "").strip()), reason=note or ""
	)


@frappe.whitelist(methods=["POST"])
def mute(alert: str, hours: str | float, reason: str = "") -> dict[str, Any]:
	"""Have an alert, and the next ones of its condition and store, told to nobody for so many hours; 0: told again.

	:returns: `{message}`.
	"""
	only_for(MAY_OPERATE)
	user, number = frappe.session.user, flt(hours)
	return _on_record(
		OperatorAction.MUTE_ALERT, alert, lambda: people.mute(alert, user, number), reason=reason or "", hours=number
	)


@frappe.whitelist(methods=["POST"])
def send_test(store: str) -> dict[str, Any]:
	"""Send a test alert of a store through every enabled channel, in the background.

	:returns: `{message, alert}`; `results(alert)` says what came of each channel.
	"""
	only_for(MAY_SET_UP)
	_there_is(store)
	user = frappe.session.user
	made: list[str] = []

	def begin() -> str:
		made.append(people.begin_test(store, user))
		return _("A test alert is on its way.")

	said = _recorded(OperatorAction.TEST_ALERT, store, {"store": store}, _("the channels of {0}").format(store), begin)
	jobs.call(made[0])
	return {"message": said, "alert": made[0]}


@frappe.whitelist(methods=["GET", "POST"])
def results(alert: str) -> list[dict[str, Any]]:
	"""Return what came of each channel that an alert was told through, the newest first: `{at, kind, channel, how, says}`."""
	only_for(MAY_LOOK)
	frappe.get_doc("Sync Alert", alert).check_permission("read")
	return outcomes.of(alert)


@frappe.whitelist(methods=["GET", "POST"])
def channels() -> list[dict[str, Any]]:
	"""Return the channels: `{doctype, name, kind, enabled, standard, to, only}`; of an address no more than its host."""
	only_for(MAY_SET_UP)
	return of_alerts.listed()


@frappe.whitelist(methods=["POST"])
def add_channel(kind: str, to: str, label: str = "", store: str = "", critical: str | int = 0) -> dict[str, Any]:
	"""Have alerts told through one more channel.

	:param kind: Mail, Slack, PagerDuty or URL. :param to: mail addresses; Slack's or any other address; PagerDuty's Integration Key.
	:param store: only what is of it; empty: of every store. :param critical: only what is critical.
	:returns: `{message, channel}`.
	"""
	only_for(MAY_SET_UP)
	_only_of_ones_own((store or "").strip())
	wanted = of_alerts.Wanted(kind, (to or "").strip(), (label or "").strip(), (store or "").strip(), bool(cint(critical)))
	made: list[str] = []

	def add() -> str:
		made.append(of_alerts.add(wanted))
		return _("Alerts are told through {0}. Send a test alert to see whether they arrive.").format(made[0])

	# What it leads to is a secret, and stays out of the record.
	target = {"kind": kind, "label": wanted.label, "store": wanted.store, "critical": wanted.critical}
	store_of = wanted.store if frappe.db.exists("Shopify Store", wanted.store) else None
	said = _recorded(OperatorAction.ALERT_CHANNEL, store_of, target, _("a new channel: {0}").format(kind), add)
	return {"message": said, "channel": made[0]}


@frappe.whitelist(methods=["POST"])
def switch_channel(doctype: str, name: str, enabled: str | int) -> dict[str, Any]:
	"""Switch a channel on or off. :returns: `{message}`."""
	only_for(MAY_SET_UP)
	is_on = bool(cint(enabled))

	def switch() -> str:
		of_alerts.switch(doctype, name, is_on)
		return _("{0} is on.").format(name) if is_on else _("{0} is off.").format(name)

	target = {"doctype": doctype, "channel": name, "enabled": is_on}
	return {"message": _recorded(OperatorAction.ALERT_CHANNEL, None, target, _("the channel {0}").format(name), switch)}


@frappe.whitelist(methods=["POST"])
def remove_channel(doctype: str, name: str) -> dict[str, Any]:
	"""Delete a channel that somebody added. :returns: `{message}`."""
	only_for(MAY_SET_UP)

	def remove() -> str:
		of_alerts.remove(doctype, name)
		return _("{0} is deleted.").format(name)

	target = {"doctype": doctype, "channel": name, "removed": True}
	return {"message": _recorded(OperatorAction.ALERT_CHANNEL, None, target, _("the channel {0}").format(name), remove)}


@frappe.whitelist(methods=["GET", "POST"])
def preview_digest(store: str) -> dict[str, Any]:
	"""Return the digest of a store up to now, as the mail would have it, and how many would get it: `{html, recipients}`."""
	only_for(MAY_SET_UP)
	_there_is(store)
	return {"html": digest.preview(store), "recipients": len(digest.recipients(store))}


def _only_of_ones_own(store: str) -> None:
	"""Check that a channel would tell its maker of no store of others; empty: it is of all."""
	if store:
		only_of(store if frappe.db.exists("Shopify Store", store) else None)
	elif not sees_all_stores():
		frappe.throw(_("Some stores are not yours to see. Choose the one whose alerts are to be told."), frappe.PermissionError)


def _on_record(action: OperatorAction, alert: str, act: Callable[[], str], *, reason: str = "", **more: Any) -> dict[str, Any]:
	"""Do *act* about an alert that the user may read, on record."""
	frappe.get_doc("Sync Alert", alert).check_permission("read")
	store = people.store_of(alert)
	says = _("the alert {0}").format(frappe.db.get_value("Sync Alert", alert, "title"))
	return {"message": _recorded(action, store, {"alert": alert, **more}, says, act, reason)}


def _recorded(
	action: OperatorAction, store: str | None, target: Mapping[str, Any], says: str, act: Callable[[], str], reason: str = ""
) -> str:
	"""Do *act* on record and return what it says; what it refuses is told to the user."""
	try:
		with recorded(action, store, target, says, reason=reason) as entry:
			entry.message, entry.changed = act(), 1
		return entry.message
	except Refused as error:
		frappe.throw(escape_html(str(error)), title=_("Not done"))


def _there_is(store: str) -> None:
	"""Check that there is a store, and that the user may see it."""
	if not frappe.db.exists("Shopify Store", store):
		frappe.throw(_("There is no store {0}.").format(escape_html(store)), frappe.DoesNotExistError)
	frappe.get_doc("Shopify Store", store).check_permission("read")
