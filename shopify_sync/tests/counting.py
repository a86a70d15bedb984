"""Counts the statements that go to the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import frappe


@contextmanager
def statements() -> Iterator[list[str]]:
	"""Collect the text of every statement that the block sends."""
	sent: list[str] = []
	original = frappe.db.sql

	def counted(query: Any, *args: Any, **kwargs: Any) -> Any:
		sent.append(str(query))
		return original(query, *args, **kwargs)

	frappe.db.sql = counted
	try:
		yield sent
	finally:
		del frappe.db.sql
