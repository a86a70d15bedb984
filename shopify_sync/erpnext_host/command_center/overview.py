"""What is seen first: how each store is, and how many events stand where."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import frappe
from frappe import _

from shopify_sync.core.statuses import FINAL
from shopify_sync.erpnext_host import health, times

from . import asking, filters
from .asking import Values

#: What is finished is counted for so long back: all of it are most of the ledger's rows, and nobody acts on them.
FINISHED_HOURS = 24


#: So long an answer about what is finished is kept: it need not be of this moment.
_KEPT_SECONDS = 30


def overview(store: str | None = None, *, fresh: bool = False) -> dict[str, Any]:
	"""Return `{"stores": [StoreHealth as a dict], "totals": {status: n}}` of one store or of all that the user may see.

	Totals are all events that are not finished, and those finished ones that came in the last 24 hours. Healths are kept for some
	seconds, since many people may have the page open; *fresh*: they are read now, as after an action. :raises BadFilter: when there is no such store.
	"""
	stores = filters.stores()
	if store is not None:
		if store not in stores:
			raise filters.BadFilter(_("There is no Shopify Store {0}.").format(store))
		stores = [store]
	healths = health.kept_healths(stores, fresh=fresh) if stores else []
	totals: Counter[str] = Counter(_finished(stores))
	for one in healths:
		totals.update(one.by_status)
	return {"stores": [health.as_dict(one) for one in healths], "totals": {status: n for status, n in totals.items() if n}}


def _finished(stores: list[str]) -> dict[str, int]:
	"""Return how many of the last day's events are finished, by status."""
	if not stores:
		return {}
	kept = frappe.cache.get_value(key := f"shopify_sync:finished:{'|'.join(stores)}", expires=True)
	if kept is None:
		kept = _count_finished(stores)
		frappe.cache.set_value(key, kept, expires_in_sec=_KEPT_SECONDS)
	return dict(kept)


def _count_finished(stores: list[str]) -> dict[str, int]:
	values = Values()
	of_stores, of_statuses = values.add(tuple(stores)), values.add(tuple(str(status) for status in FINAL))
	since = values.add(times.to_site(times.now() - timedelta(hours=FINISHED_HOURS)))
	rows = asking.ask(
		f"""SELECT status, COUNT(*) AS `count` FROM `tabSync Event` WHERE store IN {of_stores} AND status IN {of_statuses}
		AND received_at > {since} GROUP BY status""",  # noqa: S608 - values are parameters
		values,
	)
	return {row.status: int(row["count"]) for row in rows}
