"""Waking workers. Redis only carries the call: what has to be done stands in the database, and the sweeper looks there.

A flag in Redis spares most enqueues: it says that a drain is on its way which nobody has begun. A drain takes the flag away
before it looks, so an event committed earlier is seen by it, and one committed later raises the flag again.
How many drains run at once is held by MariaDB's advisory locks, which end with their connection, however the process ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import frappe
from frappe.utils import cint

from .log import warn

_FLAG = "shopify_sync:drain_on_its_way"
#: Long enough to spare enqueues in a flood, short enough that a lost job is not waited for.
_FLAG_SECONDS = 20
_DEFAULT_DRAINS = 2


def wake(*, flag: bool = True) -> bool:
	"""Have a worker drain the queue. Return whether the call went out; never raises: the sweeper repairs what Redis loses.

	:param flag: look at the flag first; False enqueues in any case.
	"""
	try:
		if flag and not frappe.cache.set(_flag_key(), "1", nx=True, ex=_FLAG_SECONDS):
			return True
		frappe.enqueue("shopify_sync.jobs.drain.run", queue="short")
	except Exception as error:
		# Redis away, or the queue is full (QueueOverloaded): the row is committed, so nothing is lost.
		warn(f"no worker woken, the sweeper will: {type(error).__name__}")
		return False
	return True


def begin() -> None:
	"""Take the flag away; a drain calls this before it looks for the first time."""
	try:
		frappe.cache.delete(_flag_key())
	except Exception as error:
		warn(f"the wake flag stays until it expires: {type(error).__name__}")


def _flag_key() -> bytes | str:
	return frappe.cache.make_key(_FLAG)


def max_drains() -> int:
	"""Return how many drains may run at once (`shopify_sync_drains` in site_config.json)."""
	return max(cint(frappe.conf.get("shopify_sync_drains")) or _DEFAULT_DRAINS, 1)


def slot_names() -> tuple[str, ...]:
	"""Return the names of MariaDB's advisory locks that stand for the slots."""
	# They are per server, not per database, and at most 64 characters long.
	return tuple(f"shopify_sync:{frappe.conf.db_name}:{number}"[:64] for number in range(max_drains()))


@contextmanager
def slot() -> Iterator[int | None]:
	"""Hold one of the slots for drains, or None when all are taken."""
	names = slot_names()
	taken = next((number for number, name in enumerate(names) if _get_lock(name)), None)
	try:
		yield taken
	finally:
		if taken is not None:
			frappe.db.sql("SELECT RELEASE_LOCK(%s)", (names[taken],))


def _get_lock(name: str) -> bool:
	return frappe.db.sql("SELECT GET_LOCK(%s, 0)", (name,))[0][0] == 1
