"""All products of a shop, read page by page and recorded as events; workers carry them out like webhooks.

How far an import has come stands on the store after every page: one that was stopped goes on there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import frappe

from shopify_sync.admin_api.products import Client, pages
from shopify_sync.core.operations import Refused
from shopify_sync.core.product_import import event_of

from . import policies, times, wake
from .connections import client_of
from .event_log import FrappeEventLog

_FIELD = "product_import"


@dataclass
class Import:
	"""How far an import has come.

	:ivar run: names it. *after*: Shopify's cursor, where it goes on. *total*: products of the shop, 0 before the first page.
	"""

	run: str
	after: str | None = None
	read: int = 0
	total: int = 0
	ended: bool = False


def state_of(store: str) -> Import | None:
	"""Return how far the last import of a store has come, or None when there was none."""
	found = frappe.db.get_value("Shopify Store", store, _FIELD)
	return Import(**json.loads(found)) if found else None


def check(store: str) -> None:
	"""Return when products of *store* can be imported. :raises Refused: when the store does not sync products, or rests."""
	policy = policies.policy(store)
	if not policy.sync_products:
		raise Refused(f"Store {store} does not sync products: tick Sync Products first.")
	if not frappe.db.get_value("Shopify Store", store, "enabled"):
		raise Refused(f"Store {store} is disabled.")


def import_products(
	store: str,
	progress: Callable[[Import], None] = lambda state: None,
	keep_on: Callable[[], bool] = lambda: True,
	*,
	client: Client | None = None,
	again: bool = False,
) -> Import:
	"""Read the products of a store from where the last import stopped, until there are no more or *keep_on* says no. Commits.

	:param progress: called after every page.
	:param client: another client than the store's own.
	:param again: begin anew, also when the last import did not end.
	:raises Refused: when one is running, or the store cannot.
	:raises CallFailed: when Shopify does not answer; what was read stays recorded.
	"""
	check(store)
	with _alone(store):
		state = state_of(store)
		if state is None or state.ended or again:
			state = Import(run=times.now().isoformat())
		chosen = client or client_of(store)
		version = str(frappe.db.get_value("Shopify Store", store, "api_version") or "")
		log = FrappeEventLog()
		for page in pages(chosen, state.after):
			read_at = times.now()
			for payload in page.payloads:
				log.record(event_of(payload, store, state.run, read_at, version))
			state.after, state.read, state.total = page.cursor, state.read + len(page.payloads), page.total
			state.ended = page.cursor is None
			_keep(store, state)
			wake.wake()
			progress(state)
			if not keep_on():
				break
		return state


def _keep(store: str, state: Import) -> None:
	frappe.db.set_value("Shopify Store", store, _FIELD, json.dumps(asdict(state)), update_modified=False)
	frappe.db.commit()


@contextmanager
def _alone(store: str) -> Iterator[None]:
	"""Keep a second import of the store out. The lock ends with the connection, however the process ends."""
	name = f"shopify_sync_import:{frappe.conf.db_name}:{store}"[:64]
	if frappe.db.sql("SELECT GET_LOCK(%s, 0)", (name,))[0][0] != 1:
		raise Refused(f"Products of {store} are being imported already.")
	try:
		yield
	finally:
		frappe.db.sql("DO RELEASE_LOCK(%s)", (name,))


def as_progress(state: Import) -> dict[str, Any]:
	"""Return how far an import is, as the Desk shows it."""
	return {"read": state.read, "total": state.total, "ended": state.ended}
