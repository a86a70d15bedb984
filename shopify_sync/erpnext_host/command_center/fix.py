"""What a fix is, and how the answer of a dialog is checked against what was asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import frappe
from frappe import _
from frappe.utils import cint, flt, getdate

from shopify_sync.erpnext_host.event_log import MENDS_ONE_THING

OPERATE, SET_UP = "operate", "set_up"

#: A field of a dialog, as frappe.ui.Dialog takes it; `filters` narrows what a Link offers.
Field = dict[str, Any]


class BadAnswer(ValueError):
	"""Raised when what was entered cannot be saved. The message says what to do."""


@dataclass(frozen=True)
class Fix:
	"""How one kind of missing thing is mended.

	:ivar title: what the dialog is called, by the name of what is missing.
	:ivar fields: what is asked, by store and name.
	:ivar save: saves the answer; returns what was done.
	:ivar needs: `operate` or `set_up`, see `api/roles.py`.
	:ivar writes: a doctype of ERPNext that the user's own permission must allow to write.
	:ivar helps: the beginning of everything that the answer mends besides what was asked about, by name and answer; None: only that.
	"""

	kind: str
	title: Callable[[str], str]
	fields: Callable[[str, str], list[Field]]
	save: Callable[[str, str, Mapping[str, Any]], str]
	needs: str = SET_UP
	writes: str | None = None
	helps: Callable[[str, Mapping[str, Any]], str | None] = lambda what, answer: None

	def is_allowed(self) -> bool:
		"""Tell whether ERPNext lets the user write what the fix writes. Roles of the sync are asked elsewhere."""
		return self.writes is None or bool(frappe.has_permission(self.writes, "write"))


def checked(fields: Sequence[Field], values: Mapping[str, Any]) -> dict[str, Any]:
	"""Return the values of *fields*, each of its own kind. :raises BadAnswer: for what is missing, unknown, or not to be had."""
	known = {field["fieldname"]: field for field in fields}
	if unknown := [str(name)[:60] for name in values if name not in known]:
		raise BadAnswer(_("There is no field {0} here.").format(", ".join(unknown)))
	return {name: _checked(field, values.get(name)) for name, field in known.items()}


def _checked(field: Field, value: Any) -> Any:
	if isinstance(value, str):
		value = value.strip()
	if value in (None, ""):
		if field.get("reqd"):
			raise BadAnswer(_("Enter {0}.").format(field["label"]))
		return None
	if not isinstance(value, str | int | float | date):
		raise BadAnswer(_("{0}: this is no value.").format(field["label"]))
	return _CHECKS.get(field["fieldtype"], _text)(field, value)


def _link(field: Field, value: Any) -> str:
	filters = {"name": str(value), **field.get("filters", {})}
	if not frappe.db.exists(field["options"], str(value)):
		raise BadAnswer(_("{0}: there is no {1} {2}.").format(field["label"], _(field["options"]), value))
	if not frappe.get_all(field["options"], filters=filters, limit_page_length=1):
		raise BadAnswer(
			_("{0}: {1} {2} cannot be used here. Choose one of those that are offered.").format(
				field["label"], _(field["options"]), value
			)
		)
	return str(value)


def _select(field: Field, value: Any) -> str:
	if str(value) not in field["options"].split("\n"):
		raise BadAnswer(_("{0}: {1} is not one of the choices.").format(field["label"], value))
	return str(value)


def _amount(field: Field, value: Any) -> float:
	amount = flt(value)
	if amount <= 0:
		raise BadAnswer(_("{0}: enter a number above zero.").format(field["label"]))
	return amount


def _date(field: Field, value: Any) -> Any:
	try:
		return getdate(value)
	except Exception:
		raise BadAnswer(_("{0}: enter a date.").format(field["label"])) from None


def _text(field: Field, value: Any) -> str:
	return str(value)[:140]


_CHECKS: Mapping[str, Callable[[Field, Any], Any]] = {
	"Link": _link,
	"Select": _select,
	"Check": lambda field, value: cint(value),
	"Currency": _amount,
	"Float": _amount,
	"Date": _date,
}


def save(doc: Any, **options: Any) -> None:
	"""Save a document that mends one cause: what waits for other things is not tried again because of it."""
	doc.flags[MENDS_ONE_THING] = True
	doc.save(**options)
