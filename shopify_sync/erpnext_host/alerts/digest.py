"""The digest of a store: what happened in a day or a week, put together and sent by mail. What did not happen is said too."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import frappe
from frappe import _
from frappe.query_builder.functions import Count
from frappe.utils import format_datetime, validate_email_address

from shopify_sync.core.alerts import digests
from shopify_sync.core.alerts.digests import Every, Period
from shopify_sync.core.alerts.readings import Place
from shopify_sync.core.health import StoreHealth
from shopify_sync.core.masking import scrub
from shopify_sync.core.operations import OperatorAction, Refused
from shopify_sync.core.percentiles import spread_of
from shopify_sync.erpnext_host import times
from shopify_sync.erpnext_host.command_center import groups
from shopify_sync.erpnext_host.health import healths
from shopify_sync.erpnext_host.health.figures import lags
from shopify_sync.erpnext_host.log import warn
from shopify_sync.erpnext_host.operations import record

from . import people, rows
from .settings import schedule_of

TEMPLATE = "shopify_sync_digest"
_ROLE = "Shopify Sync Manager"
_MOST_CAUSES = 10
_MOST_ROWS = 30


def stores_due(now: datetime | None = None) -> list[str]:
	"""Return the stores whose digest has to go out now. :param now: UTC; without it the time."""
	moment = now or times.now()
	filters = {"enabled": 1, "digest": ("in", (str(Every.DAILY), str(Every.WEEKLY)))}
	return [store for store in frappe.get_all("Shopify Store", filters=filters, pluck="name") if _due(store, moment)]


def send_if_due(store: str, now: datetime | None = None) -> str | None:
	"""Send the digest of a store if it is due and was not sent. Return the Sync Operation that says what came of it, or None.

	Two workers at once send one: the operation of a day is there once.
	"""
	found = _due(store, now or times.now())
	if found is None:
		return None
	target, says = {"store": store}, _("the digest of {0}").format(store)
	try:
		with record.recorded(
			OperatorAction.DIGEST, store, target, says, user="Administrator", request=_request(store, found.day)
		) as entry:
			to = recipients(store)
			send(store, found, to)
			entry.changed = len(to)
			entry.message = _("Sent to {0} people.").format(len(to))
	except record.AlreadyRequested:
		return None
	except Refused as error:
		warn(f"the digest of {store} could not be sent: {error}")
	return record.known(_request(store, found.day))


def send(store: str, period: Period, to: Sequence[str]) -> None:
	"""Put the digest of a period into Frappe's mail queue, in the running transaction.

	:raises Refused: nobody is to have it, or the site sends no mail.
	"""
	if not to:
		text = _("Nobody would get the digest: enter addresses in Shopify Store, tab Alerts, or give somebody the role {0}.")
		raise Refused(text.format(_(_ROLE)))
	values = contents(store, period)
	subject = _("Shopify Sync: {0}, {1}").format(store, _(values["verdict"]))
	try:
		frappe.sendmail(
			recipients=list(to),
			subject=subject,
			template=TEMPLATE,
			args=values,
			reference_doctype="Shopify Store",
			reference_name=store,
		)
	except frappe.OutgoingEmailError as error:
		raise Refused(_("No mail can be sent: set up an outgoing Email Account.")) from error


def preview(store: str) -> str:
	"""Return the digest of a store up to now, as HTML, as the mail has it."""
	now = times.now()
	length = timedelta(days=7 if schedule_of(store).every is Every.WEEKLY else 1)
	values = contents(store, Period(now - length, now, now.date()))
	return str(frappe.render_template(f"templates/emails/{TEMPLATE}.html", values))


def recipients(store: str) -> list[str]:
	"""Return who gets the digest of a store: the addresses that it names, else everybody who sets it up."""
	named = frappe.db.get_value("Shopify Store", store, "digest_to") or ""
	to = [one.strip() for one in named.replace(",", "\n").splitlines() if validate_email_address(one.strip())]
	if to:
		return to
	users = frappe.get_all("Has Role", filters={"role": _ROLE, "parenttype": "User"}, pluck="parent")
	filters = {"name": ("in", users), "enabled": 1, "user_type": "System User"}
	found = frappe.get_all("User", filters=filters, pluck="email", order_by="email")
	return [one for one in found if one not in ("admin@example.com", "guest@example.com")]


def contents(store: str, period: Period) -> dict[str, Any]:
	"""Return what the template shows: texts in the reader's language, times of the site."""
	health = healths(store)[0]
	counted = _events(store, period)
	ways = {"Inbound": _("From Shopify"), "Outbound": _("To Shopify")}
	return {
		"store": store,
		"begin": _shown(period.begin),
		"end": _shown(period.end),
		"verdict": str(health.verdict),
		"says": [scrub(sentence.shown(_, _shown)) for sentence in health.says],
		"nothing_happened": not counted,
		"events": [[ways[direction], _(status), f"{number:,}"] for direction, status, number in counted] + _speed(store, period),
		**_failures(store),
		"agreement": _agreement(store, health, period),
		"operations": _operations(store, period),
		"alerts": [_alert(row) for row in people.since(period.begin, store)[-_MOST_ROWS:]],
		"center": rows.link_of(Place(("sync-command-center",), {"store": store})),
		"settings": rows.link_of(Place(("Form", "Shopify Store", store))),
	}


def _due(store: str, now: datetime) -> Period | None:
	found = digests.due(now, schedule_of(store), None)
	return None if found is None or record.known(_request(store, found.day)) else found


def _request(store: str, day: date) -> str:
	return f"digest/{store}/{day.isoformat()}"


def _between(column: Any, period: Period) -> Any:
	return (column >= times.to_site(period.begin)) & (column < times.to_site(period.end))


def _events(store: str, period: Period) -> list[tuple[str, str, int]]:
	event = frappe.qb.DocType("Sync Event")
	return (
		frappe.qb.from_(event)
		.select(event.direction, event.status, Count("*"))
		.where(event.store == store)
		.where(_between(event.received_at, period))
		.groupby(event.direction, event.status)
		.orderby(event.direction)
		.orderby(Count("*"), order=frappe.qb.desc)
		.run()
	)


def _speed(store: str, period: Period) -> list[list[str]]:
	spread = spread_of(lags(store, times.to_site(period.begin))[0])
	if spread is None:
		return []
	return [
		[_("From receipt to the end"), _("half of them within"), _("{0} seconds").format(round(spread.p50, 1))],
		["", _("95 of 100 within"), _("{0} seconds").format(round(spread.p95, 1))],
	]


def _failures(store: str) -> dict[str, Any]:
	found = groups.groups({"store": store}, limit=_MOST_CAUSES)
	listed = [
		[f"{row['title']} — {row['missing'] or row['message'] or ''}".strip(" —")[:200], f"{row['count']:,}"]
		for row in found["groups"]
	]
	return {"failures": listed, "more_failures": max(found["total_groups"] - len(listed), 0)}


def _agreement(store: str, health: StoreHealth, period: Period) -> list[list[str]]:
	one = frappe.qb.DocType("Sync Discrepancy")
	settled = dict(
		frappe.qb.from_(one)
		.select(one.status, Count("*"))
		.where(one.store == store)
		.where(one.status.isin(["Healed", "Resolved", "Dismissed"]))
		.where(_between(one.resolved_at, period))
		.groupby(one.status)
		.run()
	)
	last = health.last_reconciliation_at
	return [
		[_("Last compared"), _shown(last) if last else _("never")],
		[_("Differences that are open"), f"{health.drift_open:,}"],
		[_("Healed"), f"{settled.get('Healed', 0):,}"],
		[_("Resolved without our doing"), f"{settled.get('Resolved', 0):,}"],
		[_("Dismissed by a person"), f"{settled.get('Dismissed', 0):,}"],
	]


def _operations(store: str, period: Period) -> list[list[str]]:
	"""Return what people did: by person and action, how often and to how many events."""
	operation = frappe.qb.DocType(record.DOCTYPE)
	found = (
		frappe.qb.from_(operation)
		.select(operation.user, operation.action, operation.status, Count("*"))
		.where(operation.store == store)
		.where(_between(operation.creation, period))
		.where(operation.action != str(OperatorAction.DIGEST))
		.groupby(operation.user, operation.action, operation.status)
		.orderby(Count("*"), order=frappe.qb.desc)
		.limit(_MOST_ROWS)
		.run()
	)
	return [[frappe.utils.get_fullname(user), _(action), _(status), f"{number:,}"] for user, action, status, number in found]


def _alert(row: Any) -> list[str]:
	until = _("until {0}").format(_site(row.recovered_at)) if row.recovered_at else _("goes on")
	told = "" if row.first_told_at else _("told to nobody: it came and went in quiet hours, or muted")
	return [_(row.condition), " ".join(filter(None, (row.message, told))), f"{_site(row.fired_at)}, {until}"]


def _shown(moment: datetime) -> str:
	return _site(times.to_site(moment))


def _site(moment: datetime | None) -> str:
	return str(format_datetime(moment)) if moment else ""
