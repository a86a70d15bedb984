"""Amendments: the document that stands in place of a cancelled one. Frappe copies no key to it."""

from __future__ import annotations

import frappe

_MAX_AMENDMENTS = 20


def latest(doctype: str, name: str) -> tuple[str, int]:
	"""Return name and docstatus of the latest amendment of a cancelled document; of itself when nobody amended it."""
	docstatus = 2
	for _amendment in range(_MAX_AMENDMENTS):
		query = f"SELECT name, docstatus FROM `tab{doctype}` WHERE amended_from = %s ORDER BY creation DESC LIMIT 1"  # noqa: S608
		rows = frappe.db.sql(query, (name,))
		if not rows:
			break
		name, docstatus = rows[0]
		if docstatus < 2:
			break
	return name, int(docstatus)
