"""The channels through which alerts are told: Frappe's own Notifications and Webhooks on Sync Alert. Made, listed and switched here.

Whoever adds one names a mail address, a Slack address, a PagerDuty key or any address; the templates and bodies are written here, so that
nobody has to write Jinja. What was made can be changed on Frappe's own forms afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import frappe
from frappe import _
from frappe.utils import validate_email_address

from shopify_sync.core.contracts.base import dump_json
from shopify_sync.core.operations import Refused

from . import rows
from .secrets import host_of

#: https://developer.pagerduty.com/docs/send-alert-event (Events API v2). The key of an integration has 32 letters and digits.
PAGERDUTY = "https://events.pagerduty.com/v2/enqueue"
_ROUTING_KEY = re.compile(r"[A-Za-z0-9]{20,64}")
_LABEL = re.compile(r"[^\x00-\x1f{}<>\"'`]{1,80}")
PREFIX = "Shopify Sync: "
_MOST_ADDRESSES = 20
_CRITICAL = '(doc.severity == "Critical" or doc.is_test)'
_OF_STORE = re.compile(r"doc\.store == '([a-z0-9-]+)'")

#: In the body of a Webhook `doc` is what Frappe knows of the alert. Each value is written as JSON, whatever is in it.
_PAGERDUTY_BODY = """{
	"routing_key": %(key)s,
	"event_action": "{{ 'resolve' if doc.announcement == 'Recovered' else 'trigger' }}",
	"dedup_key": {{ doc.dedup_key | tojson }},
	"client": "shopify_sync",
	"client_url": {{ utils.get_url_to_form("Sync Alert", doc.name) | tojson }},
	"payload": {
		"summary": {{ ((doc.headline or doc.title or "") ~ ". " ~ (doc.message or ""))[:1000] | tojson }},
		"source": {{ (doc.store or "") | tojson }},
		"severity": "{{ 'info' if doc.is_test else ('critical' if doc.severity == 'Critical' else 'warning') }}",
		"component": "shopify_sync",
		"group": {{ (doc.store or "") | tojson }},
		"class": {{ doc.condition | tojson }},
		"custom_details": {
			"what_to_do": {{ (doc.what_to_do or "") | tojson }},
			"value": {{ doc.value | tojson }},
			"threshold": {{ doc.threshold | tojson }},
			"unit": {{ (doc.unit or "") | tojson }},
			"announcement": {{ doc.announcement | tojson }}
		}
	},
	"links": [{"href": {{ (doc.link or utils.get_url()) | tojson }}, "text": "Sync Command Center"}]
}"""
_ADDRESS_BODY = """{
	"event": {{ doc.announcement | tojson }},
	"status": {{ doc.status | tojson }},
	"dedup_key": {{ doc.dedup_key | tojson }},
	"test": {{ (doc.is_test == 1) | tojson }},
	"store": {{ (doc.store or "") | tojson }},
	"condition": {{ doc.condition | tojson }},
	"severity": {{ doc.severity | tojson }},
	"headline": {{ (doc.headline or doc.title or "") | tojson }},
	"message": {{ (doc.message or "") | tojson }},
	"what_to_do": {{ (doc.what_to_do or "") | tojson }},
	"value": {{ doc.value | tojson }},
	"threshold": {{ doc.threshold | tojson }},
	"unit": {{ (doc.unit or "") | tojson }},
	"since": {{ (doc.since | string) | tojson }},
	"alert": {{ doc.name | tojson }},
	"link": {{ utils.get_url_to_form("Sync Alert", doc.name) | tojson }}
}"""
_SLACK_MESSAGE = """*{{ doc.headline or doc.title }}*
{{ doc.message or "" }}
{{ doc.what_to_do or "" }}"""
#: The mail is the one that comes with the app.
_MAIL = ("notification", "shopify_sync_alert_by_mail", "shopify_sync_alert_by_mail.html")


@dataclass(frozen=True)
class Wanted:
	"""A channel that a person wants.

	:ivar to: mail addresses, or the address of Slack or of any other, or PagerDuty's key. A secret but for the first.
	:ivar store: only what is of it; empty: of every store. :ivar critical: only what is critical.
	"""

	kind: str
	to: str
	label: str = ""
	store: str = ""
	critical: bool = False


def add(wanted: Wanted) -> str:
	"""Make the documents of a channel, in the running transaction; return what it is called.

	:raises Refused: when something about it is not as it must be; says what.
	"""
	make = _MAKE.get(wanted.kind)
	if make is None:
		raise Refused(_("Choose one of {0}.").format(", ".join(_MAKE)))
	if wanted.store and not frappe.db.exists("Shopify Store", wanted.store):
		raise Refused(_("There is no store {0}.").format(wanted.store))
	label = _label_of(wanted)
	if frappe.db.exists("Notification", label) or frappe.db.exists("Webhook", label):
		raise Refused(_("There is a channel {0} already. Choose another name.").format(label))
	return make(wanted, label)


def switch(doctype: str, name: str, enabled: bool) -> None:
	"""Switch a channel on or off, in the running transaction. Frappe refuses to save a standard Notification, so it is written past its form.

	:raises Refused: when it is no channel of ours.
	"""
	_check(doctype, name)
	frappe.db.set_value(doctype, name, "enabled", int(enabled))
	forget()


def remove(doctype: str, name: str) -> None:
	"""Delete a channel that somebody added, with its Slack address. :raises Refused: when it is none, or comes with the app."""
	_check(doctype, name)
	if doctype == "Notification":
		standard, slack = frappe.db.get_value("Notification", name, ["is_standard", "slack_webhook_url"])
		if standard:
			raise Refused(_("{0} comes with the app. Switch it off instead.").format(name))
		frappe.delete_doc("Notification", name, ignore_permissions=True)
		if slack and slack.startswith(PREFIX) and not frappe.db.exists("Notification", {"slack_webhook_url": slack}):
			frappe.delete_doc("Slack Webhook URL", slack, ignore_permissions=True)
	else:
		frappe.delete_doc("Webhook", name, ignore_permissions=True)
	forget()


def listed() -> list[dict[str, Any]]:
	"""Return every channel, as the Desk shows it: no more of an address than its host."""
	return [*_notifications(), *_webhooks()]


def forget() -> None:
	"""Have Frappe look again which Notifications and Webhooks there are."""
	frappe.clear_cache(doctype=rows.DOCTYPE)
	frappe.cache.delete_value("webhooks")
	if hasattr(frappe, "client_cache"):  # version 16 keeps them there
		frappe.client_cache.delete_value("webhooks")


def _check(doctype: str, name: str) -> None:
	field = {"Notification": "document_type", "Webhook": "webhook_doctype"}.get(doctype)
	if field is None or frappe.db.get_value(doctype, name, field) != rows.DOCTYPE:
		raise Refused(_("There is no channel {0}.").format(name))


def _label_of(wanted: Wanted) -> str:
	named = (wanted.label or wanted.kind).strip()
	if not _LABEL.fullmatch(named):
		raise Refused(_("Name: use up to 80 letters, digits and spaces, without brackets and quotes."))
	return named if named.startswith(PREFIX) else PREFIX + named


def _condition(wanted: Wanted) -> str:
	"""Return which announcements a channel takes, as a condition of Frappe's. A test goes through every channel of its store."""
	parts = []
	if wanted.store:
		parts.append(f"doc.store == {wanted.store!r}")
	if wanted.critical:
		parts.append(_CRITICAL)
	return " and ".join(parts)


def _notification(wanted: Wanted, label: str, **values: Any) -> str:
	doc = {
		"doctype": "Notification",
		"name": label,
		"enabled": 1,
		"document_type": rows.DOCTYPE,
		"event": "Save",
		"condition": _condition(wanted),
		"subject": '{{ doc.headline or doc.title or "Shopify Sync" }}',
		**values,
	}
	frappe.get_doc(doc).insert(ignore_permissions=True)
	forget()
	return label


def _webhook(wanted: Wanted, label: str, url: str, body: str) -> str:
	doc = {
		"doctype": "Webhook",
		"__newname": label,
		"name": label,
		"enabled": 1,
		"webhook_doctype": rows.DOCTYPE,
		"webhook_docevent": "on_update",
		"condition": _condition(wanted),
		"request_url": url,
		"request_method": "POST",
		"request_structure": "JSON",
		"timeout": 10,
		"webhook_headers": [{"key": "Content-Type", "value": "application/json"}],
		"webhook_json": body,
	}
	made = frappe.get_doc(doc).insert(ignore_permissions=True)
	forget()
	return str(made.name)


def _mail(wanted: Wanted, label: str) -> str:
	addresses = [one.strip() for one in wanted.to.replace(",", "\n").splitlines() if one.strip()]
	wrong = [one for one in addresses if not validate_email_address(one)]
	if not addresses or wrong or len(addresses) > _MOST_ADDRESSES:
		raise Refused(_("Enter mail addresses, one per line, {0} at most.").format(_MOST_ADDRESSES))
	message = Path(frappe.get_app_path("shopify_sync", "shopify_sync", *_MAIL)).read_text(encoding="utf-8")
	recipients = [{"cc": "\n".join(addresses)}]
	return _notification(wanted, label, channel="Email", message_type="HTML", message=message, recipients=recipients)


def _slack(wanted: Wanted, label: str) -> str:
	_checked_url(wanted.to)
	address = {"doctype": "Slack Webhook URL", "webhook_name": label, "webhook_url": wanted.to.strip(), "show_document_link": 1}
	frappe.get_doc(address).insert(ignore_permissions=True)
	return _notification(
		wanted, label, channel="Slack", slack_webhook_url=label, message_type="Plain Text", message=_SLACK_MESSAGE
	)


def _pagerduty(wanted: Wanted, label: str) -> str:
	key = wanted.to.strip()
	if not _ROUTING_KEY.fullmatch(key):
		raise Refused(_("Enter the Integration Key of a PagerDuty service with Events API v2: 32 letters and digits."))
	url = frappe.conf.get("shopify_sync_pagerduty_url") or PAGERDUTY
	return _webhook(wanted, label, url, _PAGERDUTY_BODY % {"key": dump_json(key)})


def _address(wanted: Wanted, label: str) -> str:
	_checked_url(wanted.to)
	return _webhook(wanted, label, wanted.to.strip(), _ADDRESS_BODY)


def _checked_url(url: str) -> None:
	parts = urlsplit(url.strip())
	if parts.scheme not in ("http", "https") or not parts.hostname or "{" in url or any(one.isspace() for one in url.strip()):
		raise Refused(_("Enter an address that begins with https://."))


_MAKE: Mapping[str, Callable[[Wanted, str], str]] = {
	"Mail": _mail,
	"Slack": _slack,
	"PagerDuty": _pagerduty,
	"URL": _address,
}


def _notifications() -> list[dict[str, Any]]:
	fields = ["name", "channel", "enabled", "is_standard", "condition", "event"]
	found = frappe.get_all(
		"Notification", filters={"document_type": rows.DOCTYPE}, fields=fields, order_by="is_standard desc, name"
	)
	recipients = _recipients([row.name for row in found])
	kinds = {"Email": "Mail", "System Notification": "Desk"}
	return [
		{
			"doctype": "Notification",
			"name": row.name,
			"kind": kinds.get(row.channel, row.channel),
			"enabled": bool(row.enabled),
			"standard": bool(row.is_standard),
			"to": ", ".join(recipients.get(row.name, ())),
			"only": _in_words(row.condition),
		}
		for row in found
	]


def _in_words(condition: str | None) -> str:
	"""Return which announcements a channel takes: those that this module writes as words, any other condition as it is."""
	known = {
		'doc.announcement != "Escalated"': _("all but escalations"),
		'doc.announcement == "Escalated" or doc.is_test or (doc.announcement == "Recovered" and doc.escalated_at)': _(
			"escalations"
		),
		_CRITICAL: _("only what is critical"),
	}
	parts = [known.get(part) or _of_store(part) or part for part in (condition or "").split(" and ") if part]
	return known.get(condition or "") or ", ".join(parts)


def _of_store(part: str) -> str | None:
	found = _OF_STORE.fullmatch(part)
	return _("only {0}").format(found[1]) if found else None


def _recipients(names: Sequence[str]) -> dict[str, list[str]]:
	found: dict[str, list[str]] = {}
	fields = ["parent", "receiver_by_role", "cc"]
	for row in frappe.get_all("Notification Recipient", filters={"parent": ("in", list(names))}, fields=fields, order_by="idx"):
		to = _(row.receiver_by_role) if row.receiver_by_role else (row.cc or "").replace("\n", ", ")
		found.setdefault(row.parent, []).append(to)
	return found


def _webhooks() -> list[dict[str, Any]]:
	fields = ["name", "enabled", "condition", "request_url", "webhook_json"]
	found = frappe.get_all("Webhook", filters={"webhook_doctype": rows.DOCTYPE}, fields=fields, order_by="name")
	return [
		{
			"doctype": "Webhook",
			"name": row.name,
			"kind": "PagerDuty" if '"routing_key"' in (row.webhook_json or "") else "URL",
			"enabled": bool(row.enabled),
			"standard": False,
			"to": host_of(row.request_url or ""),
			"only": _in_words(row.condition),
		}
		for row in found
	]
