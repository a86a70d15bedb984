"""Filters of the reports. A mail has no form to fill them in: whatever is missing has a default that makes sense."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import frappe
from frappe import _
from frappe.utils import cint, getdate, now_datetime

#: More than this at once makes a chart that nobody can read, and a query that reads the whole ledger.
MOST_DAYS = 400


@dataclass(frozen=True)
class Period:
	"""Days of the site's zone, *first* and *last* included."""

	first: date
	last: date

	@classmethod
	def of(cls, filters: Mapping[str, Any], days: int) -> Period:
		"""Return the days that a report is about: *From* and *To* where they are given, else the last *days*, today included.

		:raises frappe.ValidationError: for a period that ends before it begins, or of more than MOST_DAYS.
		"""
		last = getdate(filters.get("to_date")) if filters.get("to_date") else now_datetime().date()
		wanted = cint(filters.get("days")) or days
		first = getdate(filters.get("from_date")) if filters.get("from_date") else last - timedelta(days=max(wanted, 1) - 1)
		if first > last:
			frappe.throw(_("From Date must not be after To Date."))
		if (last - first).days >= MOST_DAYS:
			frappe.throw(_("Choose a period of at most {0} days.").format(MOST_DAYS))
		return cls(first, last)

	@property
	def start(self) -> datetime:
		"""The first moment, in the site's time."""
		return datetime.combine(self.first, time())

	@property
	def end(self) -> datetime:
		"""The first moment that is no more part of it."""
		return datetime.combine(self.last + timedelta(days=1), time())

	@property
	def days(self) -> list[date]:
		"""Every day of it, in order."""
		return [self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1)]

	def __str__(self) -> str:
		return _("{0} to {1}").format(self.first.isoformat(), self.last.isoformat())


def stores_of(filters: Mapping[str, Any]) -> list[str]:
	"""Return the stores that a report is about: the one that is asked for, else all that the user may see.

	:raises frappe.PermissionError: for a store that User Permissions keep from the user; sums would tell of it.
	"""
	# A list of names, not of documents: what User Permissions leave of it.
	visible = frappe.get_list("Shopify Store", pluck="name", order_by="name", limit_page_length=0)
	wanted = filters.get("store")
	if not wanted:
		return visible
	if wanted not in visible:
		frappe.throw(
			_("There is no store {0} that you may see.").format(frappe.bold(frappe.utils.escape_html(wanted))),
			frappe.PermissionError,
		)
	return [wanted]


def one_of(column: Any, values: Sequence[str]) -> Any:
	"""Return the condition that *column* is one of *values*; none of them is true of no row."""
	return column.isin(list(values) or [""])


def chosen(filters: Mapping[str, Any], name: str, default: tuple[str, ...]) -> list[str]:
	"""Return the values that a filter allows: the one that is chosen, else *default*."""
	return [str(filters[name])] if filters.get(name) else list(default)
