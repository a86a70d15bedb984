"""Questions to the ledger in plain SQL around a checked condition: values stay parameters, and a question has a time limit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import frappe
from frappe.query_builder.terms import NamedParameterWrapper
from pypika.terms import Criterion

from shopify_sync.erpnext_host.versions import driver_code

#: MariaDB ends a question that takes longer: somebody is waiting for the page.
LONGEST_SECONDS = 20
_ER_STATEMENT_TIMEOUT = 1969


class TooMuch(ValueError):
	"""Raised when a question takes too long. The message says what to do."""


class Values:
	"""The parameters of one statement that is put together of several conditions."""

	def __init__(self) -> None:
		self._wrapper = NamedParameterWrapper()
		self._more: dict[str, Any] = {}

	def text(self, condition: Criterion) -> str:
		"""Return a condition as SQL, its values taken in here."""
		return str(condition.get_sql(quote_char="`", param_wrapper=self._wrapper))

	def add(self, value: Any) -> str:
		"""Return the place of a value in the statement."""
		name = f"value{len(self._more) + 1}"
		self._more[name] = value
		return f"%({name})s"

	def all(self) -> Mapping[str, Any]:
		"""Return the parameters."""
		return {**self._wrapper.get_parameters(), **self._more}


def ask(statement: str, values: Values) -> list[Any]:
	"""Return the rows of a SELECT as dicts. :raises TooMuch: see there."""
	try:
		rows: list[Any] = frappe.db.sql(
			f"SET STATEMENT max_statement_time = {LONGEST_SECONDS} FOR {statement}", values.all(), as_dict=True
		)
	except Exception as error:
		if driver_code(error) == _ER_STATEMENT_TIMEOUT:
			text = frappe._("This takes too long. Narrow the filter: choose a store, a status, or a shorter time.")
			raise TooMuch(text) from None
		raise
	return rows
