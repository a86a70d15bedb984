"""What came of each channel that an alert was told through: as it was handed over, and what Frappe has noted since of mails and Webhooks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import frappe
from frappe import _

from shopify_sync.erpnext_host import times

from . import rows
from .secrets import in_words, scrubbed
from .telling import results_of

_HOW = {True: "Handed over", False: "Failed", None: "Left out"}


def of(name: str) -> list[dict[str, Any]]:
	"""Return what came of each channel, the newest first: `{at, kind, channel, how, says}`.

	*how* is one of Handed over, Arrived, Sent, Waiting, Failed, Left out (on purpose: its condition says so).
	"""
	found = [
		{
			"at": str(times.to_site(datetime.fromisoformat(row["at"]))),
			"kind": _(row["kind"]),
			"channel": row["channel"],
			"how": _HOW[row["ok"]],
			"says": row["says"],
		}
		for row in results_of(name)
	]
	return sorted([*found, *_mails(name), *_posts(name)], key=lambda row: row["at"], reverse=True)


def _mails(name: str) -> list[dict[str, Any]]:
	"""Return how the mails of an alert stand in Frappe's queue. To whom they went is personal, and is not told here."""
	filters = {"reference_doctype": rows.DOCTYPE, "reference_name": name}
	mails = frappe.get_all("Email Queue", filters=filters, fields=["creation", "status", "error"], ignore_permissions=True)
	return [
		{
			"at": str(mail.creation),
			"kind": "",
			"channel": _("Mail"),
			"how": {"Sent": "Sent", "Error": "Failed"}.get(mail.status, "Waiting"),
			"says": _last_line(mail.error) if mail.error else _("in Frappe's mail queue: {0}").format(_(mail.status)),
		}
		for mail in mails
	]


def _posts(name: str) -> list[dict[str, Any]]:
	"""Return how the posts of Webhooks about an alert ended, each try."""
	fields = ["creation", "webhook", "error"]
	logs = frappe.get_all("Webhook Request Log", filters={"reference_document": name}, fields=fields, ignore_permissions=True)
	return [
		{
			"at": str(log.creation),
			"kind": "",
			"channel": log.webhook,
			"how": "Failed" if log.error else "Arrived",
			"says": in_words(_last_line(log.error)) if log.error else _("the other side accepted it"),
		}
		for log in logs
	]


def _last_line(error: str) -> str:
	lines = [line.strip() for line in error.splitlines() if line.strip()]
	return scrubbed(lines[-1])[:300] if lines else ""
