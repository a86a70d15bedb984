"""Keeps the stores' connections to Shopify alive. The scheduler calls `run`; Shopify Store calls `store_saved`. Thin."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import frappe

from shopify_sync.admin_api.ports import CallFailed
from shopify_sync.admin_api.shops import BadAddress
from shopify_sync.erpnext_host import connection_store, connections, wake
from shopify_sync.erpnext_host.log import warn

#: Tokens that end within this are replaced by the scheduler, so that a worker rarely has to wait for one.
AHEAD = timedelta(minutes=20)


def run() -> None:
	"""Replace tokens that end soon. Every five minutes."""
	for store in frappe.get_all("Shopify Store", filters={"enabled": 1, "sign_in_by": ("!=", "None")}, pluck="name"):
		try:
			connections.link_of(store).connection.refresh_soon(AHEAD)
		except (CallFailed, BadAddress) as error:
			warn(f"{store}: {error}")
		except Exception as error:  # one store must not keep the others from staying signed in
			frappe.db.rollback()
			warn(f"the token of {store} could not be looked at: {type(error).__name__}")
		frappe.db.commit()


def store_saved(doc: Any) -> None:
	"""A store was saved: what was rejected may be good again. What waits to be sent is looked at, once the new settings are there."""
	connection_store.ensure(doc.name)
	if doc.sign_in_by and doc.sign_in_by != "None":
		frappe.db.after_commit.add(lambda: _look_again(doc.name))


def _look_again(store: str) -> None:
	try:
		if connections.settings_changed(store):
			wake.wake_pusher(flag=False)
	except BadAddress as error:
		warn(f"{store}: {error}")
