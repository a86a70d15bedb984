"""What is seen first: how each store is, and how many events stand where."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from shopify_sync.core.statuses import FINAL, Status
from shopify_sync.erpnext_host import health, times

from . import asking, filters
from .asking import Values

#: What is finished is counted for so long back: all of it are most of the ledger's rows, and nobody acts on them.
FINISHED_HOURS = 24


def overview(store: str | None = None) -> dict[str, Any]:
	"""Return `{"stores": [StoreHealth as a dict], "totals": {status: n}}` of one store or of all.

	Healths are kept for some seconds, since many people may have the page open.
	"""
	stores = filters.stores()
	if store is not None:
		if store not in stores:
			raise filters.BadFilter("There is no such Shopify Store.")
		stores = [store]
	return {"stores": [health.as_dict(one) for one in health.kept_healths(stores)], "totals": totals(stores)}


def totals(stores: list[str]) -> dict[str, int]:
	"""Return how many events stand in each status, counted in indexes alone: all that are not finished, and what finished of
	those that came in the last 24 hours."""
	if not stores:
		return {}
	since = times.to_site(times.now() - timedelta(hours=FINISHED_HOURS))
	return {**_counted(stores, tuple(status for status in Status if status not in FINAL), None), **_counted(stores, FINAL, since)}


def _counted(stores: list[str], statuses: tuple[Status, ...], since: Any) -> dict[str, int]:
	values = Values()
	of_stores, of_statuses = values.add(tuple(stores)), values.add(tuple(str(status) for status in statuses))
	later = f" AND received_at > {values.add(since)}" if since else ""
	rows = asking.ask(
		f"""SELECT status, COUNT(*) AS `count` FROM `tabSync Event` WHERE store IN {of_stores} AND status IN {of_statuses}{later}
		GROUP BY status""",  # noqa: S608 - values are parameters
		values,
	)
	return {row.status: int(row["count"]) for row in rows}
