"""One lock of the site around the writing of marks: who marks, and who claims marks, take turns, for milliseconds.

Both change the unique key by which a resource has one open mark. Side by side InnoDB takes them for a deadlock now and then, by
the gaps of that index, and whom it sends back may be a user with a document. MariaDB's advisory lock ends with its connection.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import frappe

from shopify_sync.core.keys import short_hash

#: Seconds. Whoever waits longer takes the chance.
_LONGEST_WAIT = 5


def hold_until_the_end() -> None:
	"""Take the lock for the rest of the running transaction, which is about to be committed."""
	if _take():
		_first_after_commit(_release)
		frappe.db.after_rollback.add(_release)


@contextmanager
def held() -> Iterator[None]:
	"""Hold the lock for the length of the block, which commits within."""
	is_ours = _take()
	try:
		yield
	finally:
		if is_ours:
			_release()


def _first_after_commit(callback: Callable[[], None]) -> None:
	"""Have something done before whatever else is to follow the commit.

	That may begin a transaction of its own and wait for another worker, who waits for the lock: a circle that MariaDB does not see.
	"""
	others = frappe.db.after_commit
	frappe.db.after_commit = type(others)()
	frappe.db.after_commit.add(callback)
	frappe.db.after_commit.add(others.run)


def _take() -> bool:
	return bool(frappe.db.sql("SELECT GET_LOCK(%s, %s)", (_name(), _LONGEST_WAIT))[0][0] == 1)


def _release() -> None:
	frappe.db.sql("DO RELEASE_LOCK(%s)", (_name(),))


def _name() -> str:
	# Per server, not per database; at most 64 characters.
	return f"shopify_sync:mark:{short_hash(str(frappe.conf.db_name))}"
