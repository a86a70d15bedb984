"""Transactions of the ledger's own, begun again when the database asks for that."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import frappe

from ..errors import is_contention

_T = TypeVar("_T")
_TRIES = 5


def in_short_transaction(work: Callable[[], _T], *, begin: bool = True) -> _T:
	"""Do *work* in a transaction of its own and commit it; start again when the database asks for that.

	:param begin: begin with a rollback: on MariaDB 11.6+ a row that changed since the first read of the request cannot be written.
		Receiving does without at first: each statement counts there, and a clash only starts it again. So does a claim, which
		reads what is committed.
	"""
	if begin:
		frappe.db.rollback()
	for tries_left in reversed(range(_TRIES)):
		try:
			done = work()
			frappe.db.commit()
			return done
		except Exception as error:
			frappe.db.rollback()
			if not tries_left or not is_contention(error):
				raise
	raise AssertionError("the last try returns or raises")


def in_own_transaction(work: Callable[[], _T]) -> _T:
	"""Do *work* in a fresh transaction from within a callback of Frappe's after_commit, and commit it.

	In plain SQL: Frappe's own commit would run the callbacks of others from within ours, and its rollback would drop them.
	"""
	for tries_left in reversed(range(_TRIES)):
		frappe.db.sql("rollback")
		try:
			done = work()
			frappe.db.sql("commit")
			return done
		except Exception as error:
			frappe.db.sql("rollback")
			if not tries_left or not is_contention(error):
				raise
	raise AssertionError("the last try returns or raises")
