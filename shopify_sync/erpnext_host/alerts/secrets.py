"""Addresses of channels are secrets: who knows one can post there. Frappe writes them to its logs; here they are taken out before that."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

import frappe
from frappe import _

from shopify_sync.core.masking import MASK

_ROUTING_KEY = re.compile(r'"routing_key"\s*:\s*"([^"]+)"')
_ADDRESS = re.compile(r"\b(https?://[^\s/\"'<>?#]+)[^\s\"'<>]*")
_REFUSED = re.compile(r"\b([45]\d\d (?:Client|Server) Error: [\w -]+?)(?= for url|$)")
_NO_ANSWER = ("Max retries exceeded", "ConnectionError", "Timeout", "timed out", "Connection aborted")
#: A text shorter than this is no secret, and would blank out words.
_SHORTEST = 6
#: What a header may say in a log; the others may be a key.
_HARMLESS_HEADERS = ("content-type", "accept")


def scrubbed(text: str) -> str:
	"""Return *text* without the secrets of the site's channels, and with no more of any address than its host."""
	without = _ADDRESS.sub(rf"\1/{MASK}", text)
	for secret in sorted(_known(), key=len, reverse=True):
		without = without.replace(secret, MASK)
	return without


def mask_request_log(doc: Any, method: str | None = None) -> None:
	"""Take the secrets out of what Frappe is about to log of a Webhook of ours (doc event before_insert)."""
	if frappe.db.get_value("Webhook", doc.webhook, "webhook_doctype") != "Sync Alert":
		return
	doc.url = scrubbed(doc.url or "")
	doc.headers = json.dumps(_masked_headers(doc.headers)) if doc.headers else doc.headers
	for field in ("data", "response"):
		doc.set(field, scrubbed(doc.get(field) or "")[:5000])
	# The trace of a request that failed names the address, and with it whatever is part of it.
	lines = [line.strip() for line in (doc.error or "").splitlines() if line.strip()]
	doc.error = scrubbed(lines[-1])[:500] if lines and lines[-1] != "None" else None


def mask_error_log(doc: Any, method: str | None = None) -> None:
	"""Take the secrets out of what Frappe is about to log of a Notification on Sync Alert (doc event before_insert)."""
	if doc.reference_doctype != "Notification" or not doc.reference_name:
		return
	if frappe.db.get_value("Notification", doc.reference_name, "document_type") == "Sync Alert":
		doc.error = scrubbed(doc.error or "")
		doc.method = scrubbed(doc.method or "")


def in_words(error: str) -> str:
	"""Return what went wrong with a post in an operator's words, where the last line of its trace is one of the usual ones."""
	refused = _REFUSED.search(error)
	if refused:
		return _("the other side refused it: {0}").format(refused[1])
	if any(word in error for word in _NO_ANSWER):
		return _("the other side does not answer; check its address, and whether this server reaches it")
	return error


def host_of(url: str) -> str:
	"""Return as much of an address as may be shown."""
	return urlsplit(url).netloc.rpartition("@")[2]


def _masked_headers(text: str) -> dict[str, str]:
	headers = json.loads(text)
	return {name: value if name.lower() in _HARMLESS_HEADERS else MASK for name, value in headers.items()}


def _known() -> set[str]:
	"""Return every secret of the channels: routing keys, and what follows the host in their addresses."""
	webhooks = frappe.get_all("Webhook", filters={"webhook_doctype": "Sync Alert"}, fields=["request_url", "webhook_json"])
	addresses = [row.request_url for row in webhooks] + frappe.get_all("Slack Webhook URL", pluck="webhook_url")
	found = {key for row in webhooks for key in _ROUTING_KEY.findall(row.webhook_json or "")}
	for address in filter(None, addresses):
		parts = urlsplit(address)
		found |= {parts.path.strip("/"), parts.query, parts.username or "", parts.password or ""}
	return {secret for secret in found if len(secret) >= _SHORTEST}
