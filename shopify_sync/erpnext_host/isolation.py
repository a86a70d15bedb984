"""READ COMMITTED for the transactions of a worker; Frappe's own are REPEATABLE READ.

A worker locks first and reads afterwards, and must then see what the one before it committed: under REPEATABLE READ it sees its
snapshot, on MariaDB 11.6+ it is sent back to the start instead (error 1020) whenever two orders share an Item. It also keeps
claims from locking the gaps that new events are inserted into.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import frappe

#: Site → whether its MariaDB refuses to write rows that were changed since a transaction's snapshot.
_refuses_changed_rows: dict[str, bool] = {}
_FLAG = "shopify_sync_reads_committed"


@contextmanager
def read_committed() -> Iterator[None]:
	"""Begin a READ COMMITTED transaction, dropping what was read before; the block commits or rolls back itself.

	May be nested: a drain holds it around all it does, and then each claim and attempt is spared the statements.
	"""
	if getattr(frappe.local, _FLAG, False):
		yield
		return
	frappe.db.sql("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
	frappe.db.rollback()
	setattr(frappe.local, _FLAG, True)
	try:
		yield
	finally:
		setattr(frappe.local, _FLAG, False)
		# From the next transaction on. Frappe has begun one already, in which nothing was done yet.
		frappe.db.sql("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")


def despite_snapshot(statement: str) -> str:
	"""Return *statement* so that it may also write rows that others changed since the running transaction's snapshot.

	On MariaDB 11.6+ it would end with error 1020 instead, and with it the transaction of a user who did nothing wrong. For
	statements only whose result does not depend on what was read before.
	"""
	site = frappe.local.site
	if site not in _refuses_changed_rows:
		rows = frappe.db.sql("SHOW VARIABLES LIKE 'innodb_snapshot_isolation'")
		_refuses_changed_rows[site] = bool(rows and rows[0][1] == "ON")
	return f"SET STATEMENT innodb_snapshot_isolation = OFF FOR {statement}" if _refuses_changed_rows[site] else statement
