"""Password fields, which Frappe keeps encrypted in `__Auth` with the `encryption_key` of site_config.json."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.utils.password import get_decrypted_password


class Unreadable(Exception):
	"""A secret was entered and cannot be read: mostly a site that was restored without its `encryption_key`."""


def read(doctype: str, name: str, field: str) -> str:
	"""Return a secret, empty where none was entered. :raises Unreadable: when it was encrypted with another key."""
	said = len(frappe.local.message_log)
	try:
		found = get_decrypted_password(doctype, name, field, raise_exception=False)
	except frappe.ValidationError:  # version 15; 16 returns None
		found = None
	# What Frappe says of it would go into the answer, too: who sends a webhook must not read that.
	frappe.local.message_log = frappe.local.message_log[:said]
	if found is None and _is_entered(doctype, name, field):
		text = _(
			"{0} of {1} cannot be read: this site has another encryption_key than the one it was entered with. Put that key back into site_config.json, or enter it again."
		)
		raise Unreadable(text.format(_(frappe.unscrub(field)), name))
	return (found or "").strip()


def _is_entered(doctype: str, name: str, field: str) -> bool:
	statement = "SELECT 1 FROM `__Auth` WHERE doctype = %s AND name = %s AND fieldname = %s AND encrypted = 1 AND password != ''"
	return bool(frappe.db.sql(statement, (doctype, name, field)))
