"""Tells what is due of an alert: saves it, which is what Webhooks listen to, then goes through the Notifications one by one.

Each Notification has a transaction of its own: one that is broken keeps no other from being told, and what came of each is kept with the
alert. Who tells takes what is due first and says until when; if it dies, the next evaluation has it told again, without the channels that
were told already.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import frappe
from frappe import _
from frappe.realtime import get_site_room

from shopify_sync.core.alerts.life import Kind, taken
from shopify_sync.core.contracts.base import dump_json
from shopify_sync.erpnext_host import live, times
from shopify_sync.erpnext_host.event_log import in_short_transaction
from shopify_sync.erpnext_host.log import warn

from . import rows, secrets
from .evaluating import TELLING

#: What the Desk listens to.
CHANNEL = "shopify_sync_alert"
#: So many results are kept with an alert.
MOST_RESULTS = 60
#: What waits for others comes last: Frappe gives a post to Slack no timeout.
_ORDER = {"System Notification": 0, "Email": 1, "SMS": 2, "Slack": 3}
_EVENTS = ("Save", "New")


def tell(name: str, now: datetime | None = None) -> bool:
	"""Tell what is due of an alert, through every enabled channel. Return whether there was anything to tell.

	:param now: UTC; without it the time.
	Runs in a job of its own: what a channel waits for keeps neither a worker of events nor an evaluation waiting.
	"""
	moment = now or times.now()
	if not in_short_transaction(lambda: _take(name, moment)):
		return False
	doc = frappe.get_doc(rows.DOCTYPE, name)
	told = {(row["doctype"], row["channel"]) for row in results_of(name) if row["announcement"] == doc.announcements}
	if not told:
		doc = in_short_transaction(lambda: _announce(name))
		frappe.db.commit()  # where Frappe carries out jobs at once, Webhooks have been posted, and what was logged of them stays
	for webhook in _webhooks():
		if ("Webhook", webhook.name) not in told:
			_keep(doc, "Webhook", webhook.name, *_applies(webhook, doc, _("handed over to a worker")))
	for notification in _notifications(doc.announcements == 1):
		if ("Notification", notification.name) not in told:
			_keep(doc, "Notification", notification.name, *_notify(notification, name))
	in_short_transaction(lambda: rows.update(name, {"telling_until": None}))
	_show(doc)
	return True


def _take(name: str, now: datetime) -> bool:
	"""Take what is due, in the running transaction. Return whether this process tells it."""
	row = frappe.db.get_value(rows.DOCTYPE, name, "*", as_dict=True, for_update=True)
	if not row:
		return False
	until = {"telling_until": times.to_site(now + TELLING)}
	if row.due:
		after = taken(rows.alert_of(row), now)
		kind = {"announcement": row.due, "announcements": (row.announcements or 0) + 1}
		headline = headline_of(Kind(row.due), row.title or name)
		rows.update(name, {**rows.values_of(after), **kind, **until, "headline": headline}, touch=True)
		return True
	if row.telling_until and times.from_site(row.telling_until) < now:
		rows.update(name, until)
		return True
	return False


def headline_of(kind: Kind, title: str) -> str:
	"""Return an announcement in a line, in the site's language."""
	texts = {
		Kind.FIRING: _("Shopify Sync: {0}"),
		Kind.REMINDER: _("Shopify Sync, still: {0}"),
		Kind.ESCALATED: _("Shopify Sync, nobody has looked: {0}"),
		Kind.RECOVERED: _("Shopify Sync, recovered: {0}"),
		Kind.TEST: _("Shopify Sync, this is only a test: {0}"),
	}
	return texts[kind].format(title)


def _announce(name: str) -> Any:
	"""Save the alert, in the running transaction: Webhooks and Server Scripts hear it. Return it."""
	doc = frappe.get_doc(rows.DOCTYPE, name, for_update=True)
	doc.flags.ignore_permissions = True
	doc.flags.ignore_links = True
	doc.save()
	return doc


def _webhooks() -> list[Any]:
	fields = ["name", "condition"]
	filters = {"webhook_doctype": rows.DOCTYPE, "enabled": 1, "webhook_docevent": ("in", ("on_update", "on_change"))}
	return frappe.get_all("Webhook", filters=filters, fields=fields, order_by="name")


def _notifications(first: bool) -> list[Any]:
	filters = {"document_type": rows.DOCTYPE, "enabled": 1, "event": ("in", _EVENTS if first else _EVENTS[:1])}
	found = frappe.get_all("Notification", filters=filters, fields=["name", "channel", "event", "condition"], order_by="name")
	return sorted(found, key=lambda row: _ORDER.get(row.channel, 9))


def _applies(channel: Any, doc: Any, otherwise: str) -> tuple[bool | None, str]:
	"""Return (None, why a channel leaves this announcement out), or (True, *otherwise*)."""
	if channel.condition and not _holds(channel.condition, doc):
		return None, _("not for this: its condition leaves it out")
	return True, otherwise


def _holds(condition: str, doc: Any) -> bool:
	from frappe.email.doctype.notification.notification import get_context

	try:
		return bool(frappe.safe_eval(condition, None, get_context(doc)))
	except Exception:  # who evaluates it next says what is wrong with it
		return True


def _notify(notification: Any, name: str) -> tuple[bool | None, str]:
	"""Have Frappe carry out one Notification, in a transaction of its own; what it raises is its result."""
	from frappe.email.doctype.notification.notification import evaluate_alert

	frappe.db.commit()
	begun = frappe.utils.now()
	doc = frappe.get_doc(rows.DOCTYPE, name)
	applies, says = _applies(notification, doc, _("handed over to Frappe"))
	if not applies:
		return applies, says
	if notification.channel == "Email" and not _mail_account():
		return False, _("no mail can be sent: set up an outgoing Email Account")
	try:
		evaluate_alert(doc, notification.name, notification.event)
		failed = _error_since(begun, notification.name)
		frappe.db.commit()
	except Exception as error:
		frappe.db.rollback()
		frappe.clear_last_message()
		failed = f"{type(error).__name__}: {frappe.utils.strip_html(str(error))}"
	return (False, secrets.in_words(secrets.scrubbed(failed))[:300]) if failed else (True, says)


def _mail_account() -> bool:
	from frappe.email.doctype.email_account.email_account import EmailAccount

	# Where mails are muted, Frappe makes up an account without an address, and fails over it.
	account = EmailAccount.find_outgoing(match_by_doctype=rows.DOCTYPE)
	return bool(account and account.get("email_id"))


def _error_since(begun: str, notification: str) -> str:
	"""Return what Frappe wrote to its Error Log instead of raising; empty: nothing. Slack's refusals name no Notification."""
	log = frappe.qb.DocType("Error Log")
	of_it = (log.reference_doctype == "Notification") & (log.reference_name == notification)
	found = (
		frappe.qb.from_(log)
		.select(log.method, log.error)
		.where(log.creation >= begun)
		.where(of_it | log.method.like("%Slack Webhook Error%") | log.error.like("%Slack Webhook Error%"))
		.orderby(log.creation)
		.limit(1)
		.run()
	)
	if not found:
		return ""
	method, error = found[0]
	if "Slack Webhook Error" in f"{method}{error}":
		return str(error if "Slack Webhook Error" in str(method) else method)
	lines = [line.strip() for line in str(error).splitlines() if line.strip()]
	return _("{0} (see the Error Log)").format(lines[-1].removeprefix("builtins.")) if lines else str(method)


def results_of(name: str) -> list[dict[str, Any]]:
	"""Return what came of each channel so far, the oldest first."""
	found = json.loads(frappe.db.get_value(rows.DOCTYPE, name, "tellings") or "[]")
	return found if isinstance(found, list) else []


def _keep(doc: Any, doctype: str, channel: str, ok: bool | None, says: str) -> None:
	"""Write what came of a channel, and commit."""
	at = times.now().isoformat()
	row = {"announcement": doc.announcements, "kind": doc.announcement, "at": at, "doctype": doctype, "channel": channel}

	def write() -> None:
		frappe.db.get_value(rows.DOCTYPE, doc.name, "name", for_update=True)
		kept = [*results_of(doc.name), {**row, "ok": ok, "says": says}][-MOST_RESULTS:]
		rows.update(doc.name, {"tellings": dump_json(kept)})

	in_short_transaction(write)
	if ok is False:
		warn(f"alert {doc.name} could not be told through {channel}: {says}")


def _show(doc: Any) -> None:
	live.changed(doc.store)
	message = {"name": doc.name, "store": doc.store, "status": doc.status, "headline": doc.headline}
	try:
		frappe.publish_realtime(CHANNEL, message, room=get_site_room())
	except Exception as error:  # Redis away: it is seen when the page is loaded again
		warn(f"alert {doc.name} is not shown: {type(error).__name__}")
