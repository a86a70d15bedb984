"""Saved views of the command center: Frappe's own List Filter, so that they go where a user's other filters go."""

from __future__ import annotations

import json
from typing import Any

import frappe
from frappe import _

from . import filters

DOCTYPE = "List Filter"
#: What the filters are of, and how ours are told from those of the list of Sync Events, whose filters are lists.
_OF = "Sync Event"
_LONGEST_NAME = 100
_MOST = 200


def views() -> list[dict[str, Any]]:
	"""Return the user's own saved views and everybody's: `{"name", "title", "filters", "everybody", "may_delete"}`."""
	user = frappe.session.user
	rows = frappe.get_all(
		DOCTYPE,
		filters={"reference_doctype": _OF, "for_user": ("in", [user, ""])},
		fields=["name", "filter_name", "filters", "for_user", "owner"],
		order_by="filter_name",
		limit_page_length=_MOST,
	)
	return [view for row in rows if (view := _view(row))]


def _view(row: Any) -> dict[str, Any] | None:
	try:
		found = json.loads(row.filters or "")
	except ValueError:
		return None
	if not isinstance(found, dict):
		return None
	return {
		"name": row.name,
		"title": row.filter_name,
		"filters": found,
		"everybody": not row.for_user,
		"mine": row.owner == frappe.session.user,
	}


def save(title: str, given: Any, *, everybody: bool) -> str:
	"""Save a view, or replace the user's one of this title; return its name. :raises BadFilter: see `filters.parse`."""
	title = title.strip()
	if not title or len(title) > _LONGEST_NAME:
		raise filters.BadFilter(_("Give the view a name of at most {0} characters.").format(_LONGEST_NAME))
	wanted = filters.parse(given).model_dump(mode="json", exclude_none=True)
	user = None if everybody else frappe.session.user
	name = next((view["name"] for view in views() if view["title"] == title and view["everybody"] == everybody), None)
	doc = frappe.get_doc(DOCTYPE, name) if name else frappe.new_doc(DOCTYPE)
	doc.update({"filter_name": title, "reference_doctype": _OF, "for_user": user, "filters": json.dumps(wanted)})
	# The role was checked; Frappe lets every user of the Desk write them anyway.
	doc.save(ignore_permissions=True)
	return str(doc.name)


def of(name: str) -> dict[str, Any]:
	"""Return a view that the user sees. :raises BadFilter: when there is none."""
	found = next((view for view in views() if view["name"] == name), None)
	if found is None:
		raise filters.BadFilter(_("There is no such view. It may have been deleted meanwhile."))
	return found


def delete(name: str) -> None:
	"""Delete a view that the user sees. Whether one for everybody may be deleted is the caller's to check."""
	frappe.delete_doc(DOCTYPE, of(name)["name"], ignore_permissions=True)
