"""Tells the people who run the sync what needs them: a line in the Desk's notifications, and Frappe's mail for it."""

from __future__ import annotations

import frappe
from frappe.desk.doctype.notification_log.notification_log import make_notification_logs

from .log import warn

_ROLES = ("Shopify Sync Manager", "System Manager")


def operators() -> list[str]:
	"""Return the e-mail addresses of the enabled users who are told: by them Frappe finds whom to notify."""
	having = frappe.get_all("Has Role", filters={"role": ("in", _ROLES), "parenttype": "User"}, pluck="parent", distinct=True)
	return frappe.get_all("User", filters={"name": ("in", having), "enabled": 1, "user_type": "System User"}, pluck="email")


def tell(subject: str, text: str, doctype: str, name: str) -> None:
	"""Notify the operators, in the running transaction; never raises. Neither text holds secrets or personal data."""
	warn(f"{subject} {text}")
	point = "shopify_sync_notify"
	frappe.db.savepoint(point)
	try:
		users = operators()
		note = {
			"type": "Alert",
			"subject": subject,
			"email_content": text,
			"document_type": doctype,
			"document_name": name,
			"from_user": "Administrator",
		}
		make_notification_logs(frappe._dict(note), users)
	except Exception as error:  # a mail that cannot be sent must not undo what it tells of
		frappe.db.rollback(save_point=point)
		warn(f"nobody could be notified: {type(error).__name__}")
