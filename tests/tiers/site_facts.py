"""Print, as JSON, everything about a site that an app could leave behind. Run by a bench's Python in its `sites` folder."""

from __future__ import annotations

import json
import sys

import frappe

#: Doctypes of which every row counts. Those that a site's own life changes (logs, sessions, defaults) are left out.
ROWS = (
	"DocType", "Custom Field", "Property Setter", "Role", "Module Def", "Workspace", "Number Card", "Dashboard Chart", "Report", "Page",
	"Scheduled Job Type", "Tax Category", "Desktop Icon", "Workspace Sidebar", "Notification", "Client Script", "Server Script",
	"Custom DocPerm", "Has Role", "Print Format", "Web Form", "Onboarding Step", "Module Onboarding",
	"Custom HTML Block", "List Filter", "Onboarding Step Map", "Webhook", "Dashboard Chart Source",
)  # fmt: skip


def facts(site: str) -> dict[str, list[str]]:
	"""Return tables with their columns and indexes, and the names of rows in ROWS."""
	frappe.init(site=site, sites_path=".")
	frappe.connect()
	schema = frappe.conf.db_name
	columns = frappe.db.sql(
		"SELECT CONCAT(table_name, '.', column_name) FROM information_schema.columns WHERE table_schema = %s", schema
	)
	# Frappe itself adds the index `creation` to a table that lacks it as soon as anybody gives the doctype a custom field.
	indexes = frappe.db.sql(
		"""SELECT DISTINCT CONCAT(table_name, ':', index_name) FROM information_schema.statistics
		WHERE table_schema = %s AND index_name <> 'creation'""",
		schema,
	)
	found = {"columns": sorted(row[0] for row in columns), "indexes": sorted(row[0] for row in indexes)}
	for doctype in ROWS:
		if frappe.db.exists("DocType", doctype):
			found[doctype] = sorted(_names(doctype))
	found["installed apps"] = frappe.get_installed_apps()
	frappe.destroy()
	return found


def _names(doctype: str) -> list[str]:
	if doctype == "Has Role":
		rows = frappe.get_all(doctype, fields=["parenttype", "parent", "role"])
		return [f"{row.parenttype} {row.parent} {row.role}" for row in rows]
	if doctype == "Onboarding Step Map":
		rows = frappe.get_all(doctype, fields=["parent", "idx", "step"])
		return [f"{row.parent} {row.idx} {row.step}" for row in rows]
	if doctype == "Scheduled Job Type":
		return frappe.get_all(doctype, pluck="method")
	return frappe.get_all(doctype, pluck="name")


if __name__ == "__main__":
	print("FACTS " + json.dumps(facts(sys.argv[1])))
