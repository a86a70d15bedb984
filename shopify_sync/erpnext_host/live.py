"""Tells open pages of the Desk that something about a store changed, so that they look again. At most once a second and store.

What changed is not said: a page asks for what it shows. Changes within the second after a message are told by the process's
next one, or by :func:`catch_up`; a page that waits a second before it asks sees those of others as well.
"""

from __future__ import annotations

import time

import frappe
from frappe.realtime import get_site_room

from .log import warn

#: What pages listen to; `{"store": name}`. Goes to everybody who works in the Desk, and says nothing but the name.
CHANNEL = "shopify_sync_changed"
#: Between two messages about one store, of all processes together.
EVERY_SECONDS = 1.0

#: (site, store) → when this process last asked whether it may tell.
_asked: dict[tuple[str, str], float] = {}
_untold: set[tuple[str, str]] = set()


def changed(store: str) -> None:
	"""Tell that something about *store* changed. Call it after the commit; it asks Redis at most once a second, and never raises."""
	key = (frappe.local.site, store)
	now = time.monotonic()
	if now - _asked.get(key, -EVERY_SECONDS) < EVERY_SECONDS:
		_untold.add(key)
		return
	_asked[key] = now
	_untold.discard(key)
	try:
		flag = frappe.cache.make_key(f"{CHANNEL}:{store}")
		if frappe.cache.set(flag, "1", nx=True, px=int(EVERY_SECONDS * 1000)):
			frappe.publish_realtime(CHANNEL, {"store": store}, room=get_site_room())
		else:
			_untold.add(key)
	except Exception as error:
		# Redis away: whoever has the page open sees it when the page asks by itself.
		warn(f"open pages are not told of changes: {type(error).__name__}")


def catch_up() -> None:
	"""Tell what was left untold because a message had just gone out. A worker calls this while it has nothing else to do."""
	for site, store in tuple(_untold):
		if site == frappe.local.site:
			changed(store)


def after_commit(store: str) -> None:
	"""Tell it once the running transaction has committed; a rollback forgets it."""
	frappe.db.after_commit.add(lambda: changed(store))
