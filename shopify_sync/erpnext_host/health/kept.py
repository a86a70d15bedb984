"""Healths that were read a moment ago, kept in Redis. Without Redis they are read each time."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence

import frappe

from shopify_sync.core.health import StoreHealth

_SECONDS = 5


def through(
	stores: Sequence[str], read: Callable[[Sequence[str]], list[StoreHealth]], *, fresh: bool = False
) -> list[StoreHealth]:
	"""Return what *read* says of *stores*, now or at most five seconds ago; *fresh*: now, for everybody who asks next, too."""
	key = frappe.cache.make_key("shopify_sync:health:" + "|".join(stores))
	found = None if fresh else _load(key)
	if found is None:
		found = read(stores)
		_save(key, found)
	return found


def _load(key: bytes) -> list[StoreHealth] | None:
	try:
		data = frappe.cache.get(key)
		return pickle.loads(data) if data else None  # noqa: S301 - written by _save alone, in the site's own Redis, as Frappe's cache
	except Exception:  # Redis away, or written by another version of this class
		return None


def _save(key: bytes, found: list[StoreHealth]) -> None:
	try:
		frappe.cache.set(key, pickle.dumps(found), ex=_SECONDS)
	except Exception:
		return
