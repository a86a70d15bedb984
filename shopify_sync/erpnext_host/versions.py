"""Everything that differs between Frappe/ERPNext 15 and 16, and nowhere else."""

from __future__ import annotations

import frappe

#: MariaDB 11.6+ (innodb_snapshot_isolation): a row that is to be locked changed since the snapshot was taken.
ER_CHECKREAD = 1020
ER_LOCK_WAIT_TIMEOUT = 1205
ER_LOCK_DEADLOCK = 1213
ER_DUP_ENTRY = 1062
_CONNECTION_LOST = frozenset((2002, 2003, 2006, 2013, 2055, 4031))


def driver_code(error: BaseException) -> int | None:
	"""Return the number of a MariaDB error, whichever driver raised it (PyMySQL on 15, mysqlclient on 16), else None."""
	while isinstance(error, frappe.QueryDeadlockError | frappe.QueryTimeoutError) and isinstance(error.__cause__, Exception):
		error = error.__cause__
	if type(error).__module__.partition(".")[0] not in ("pymysql", "MySQLdb"):
		return None
	code = error.args[0] if error.args else None
	return code if isinstance(code, int) else None


def is_connection_lost(error: BaseException) -> bool:
	"""Tell whether the database went away."""
	return driver_code(error) in _CONNECTION_LOST
