"""Waking workers. Redis only carries the call: what has to be done stands in the database, and the sweeper looks there.

A flag in Redis spares most enqueues: it says that a drain is on its way which nobody has begun. A drain takes the flag away
before it looks, so an event committed earlier is seen by it, and one committed later raises the flag again. Pushers, who carry
what goes out, are called in the same way.
How many drains run at once, and how many pushers of a store, is held by MariaDB's advisory locks, which end with their
connection, however the process ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import frappe
from frappe.utils import cint

from shopify_sync.core.keys import short_hash

from .log import warn

#: Long enough to spare enqueues in a flood, short enough that a lost job is not waited for.
_FLAG_SECONDS = 20
_DEFAULT_DRAINS = 2
_DEFAULT_PUSHERS = 1


@dataclass(frozen=True)
class _Bell:
	"""Calls a worker of one kind. *flag*: the name in Redis; *job*: what the worker runs."""

	flag: str
	job: str

	def ring(self, *, flag: bool, **arguments: Any) -> bool:
		try:
			if flag and not frappe.cache.set(frappe.cache.make_key(self.flag), "1", nx=True, ex=_FLAG_SECONDS):
				return True
			frappe.enqueue(self.job, queue="short", **arguments)
		except Exception as error:
			# Redis away, or the queue is full (QueueOverloaded): the row is committed, so nothing is lost.
			warn(f"no worker woken, the sweeper will: {type(error).__name__}")
			return False
		return True

	def answer(self) -> None:
		try:
			frappe.cache.delete(frappe.cache.make_key(self.flag))
		except Exception as error:
			warn(f"the wake flag stays until it expires: {type(error).__name__}")


_DRAIN = _Bell("shopify_sync:drain_on_its_way", "shopify_sync.jobs.drain.run")
_PUSH = _Bell("shopify_sync:push_on_its_way", "shopify_sync.jobs.push.run")


def wake(*, flag: bool = True) -> bool:
	"""Have a worker drain the queue. Return whether the call went out; never raises: the sweeper repairs what Redis loses.

	:param flag: look at the flag first; False enqueues in any case.
	"""
	return _DRAIN.ring(flag=flag)


def begin() -> None:
	"""Take the flag away; a drain calls this before it looks for the first time."""
	_DRAIN.answer()


def wake_pusher(*, flag: bool = True, calls_help: bool = True) -> bool:
	"""Have a worker push what is due to Shopify; as :func:`wake`.

	:param calls_help: whether it may call others for other stores.
	"""
	return _PUSH.ring(flag=flag, calls_help=calls_help)


def begin_push() -> None:
	"""Take the pushers' flag away; as :func:`begin`."""
	_PUSH.answer()


def max_drains() -> int:
	"""Return how many drains may run at once (`shopify_sync_drains` in site_config.json)."""
	return max(cint(frappe.conf.get("shopify_sync_drains")) or _DEFAULT_DRAINS, 1)


def max_pushers() -> int:
	"""Return how many pushers may work for one store at once (`shopify_sync_pushers` in site_config.json)."""
	return max(cint(frappe.conf.get("shopify_sync_pushers")) or _DEFAULT_PUSHERS, 1)


def slot_names() -> tuple[str, ...]:
	"""Return the names of MariaDB's advisory locks that stand for the slots of drains."""
	# They are per server, not per database, and at most 64 characters long.
	return tuple(f"shopify_sync:{frappe.conf.db_name}:{number}"[:64] for number in range(max_drains()))


def push_slot_names(store: str) -> tuple[str, ...]:
	"""Return the names of the advisory locks that stand for the slots of a store's pushers."""
	# A store's name and a database's together may be too long for a lock's name.
	name = short_hash(str(frappe.conf.db_name), store)
	return tuple(f"shopify_sync:push:{name}:{number}" for number in range(max_pushers()))


@contextmanager
def slot() -> Iterator[int | None]:
	"""Hold one of the slots for drains, or None when all are taken."""
	with _one_of(slot_names()) as taken:
		yield taken


def is_anybody_draining() -> bool:
	"""Tell whether a drain holds a slot."""
	names = slot_names()
	free = frappe.db.sql(f"SELECT {', '.join(['IS_FREE_LOCK(%s)'] * len(names))}", names)[0]
	return not all(free)


@contextmanager
def push_slot(store: str) -> Iterator[int | None]:
	"""Hold one of the slots of a store's pushers, or None when all are taken."""
	with _one_of(push_slot_names(store)) as taken:
		yield taken


@contextmanager
def _one_of(names: Sequence[str]) -> Iterator[int | None]:
	taken = next((number for number, name in enumerate(names) if _get_lock(name)), None)
	try:
		yield taken
	finally:
		if taken is not None:
			frappe.db.sql("SELECT RELEASE_LOCK(%s)", (names[taken],))


def _get_lock(name: str) -> bool:
	return frappe.db.sql("SELECT GET_LOCK(%s, 0)", (name,))[0][0] == 1
