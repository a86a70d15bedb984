"""Whether this site can do its part of the sync: the database answers, Redis answers, and workers take what is due."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import frappe
from frappe.utils import flt
from frappe.utils.background_jobs import get_redis_conn

from . import times
from .log import warn

#: `site_config.json`: after so many seconds that nobody takes what is due, the site is not ready. 0: that is never a reason.
LIMIT_KEY = "shopify_sync_ready_seconds"
#: What comes in is taken within seconds; an hour is no backlog any more. A load balancer in front of the only site that takes
#: deliveries sets 0: refusing them would not help the workers.
DEFAULT_LIMIT = 3600.0
OK, AWAY, LATE = "ok", "away", "late"


@dataclass(frozen=True)
class Readiness:
	"""What was found. :ivar parts: `database`, `redis`, `queue` → ok, away or late."""

	is_ready: bool
	parts: Mapping[str, str]


def look() -> Readiness:
	"""Look now; never raises."""
	try:
		queue = _queue()
	except Exception as error:  # whatever the driver raises: the site is not ready, and the answer says no more
		warn(f"not ready: {type(error).__name__}")
		return Readiness(False, {"database": AWAY, "redis": _redis(), "queue": AWAY})
	return Readiness(queue == OK, {"database": OK, "redis": _redis(), "queue": queue})


def _queue() -> str:
	"""Tell whether workers take what came in. What goes out may wait for Shopify, which is no fault of this site."""
	rows = frappe.db.sql("SELECT MIN(due_at) FROM `tabSync Event` WHERE direction = 'Inbound' AND due_at IS NOT NULL")
	given = frappe.conf.get(LIMIT_KEY)
	limit = DEFAULT_LIMIT if given is None else flt(given)
	due_at, now = rows[0][0], times.to_naive_utc(times.now())
	if not due_at or now is None or limit <= 0:
		return OK
	return LATE if (now - due_at).total_seconds() > limit else OK


def _redis() -> str:
	"""Tell whether both of Frappe's answer: the cache, and the queue through which workers are called."""
	try:
		return OK if frappe.cache.ping() and get_redis_conn().ping() else AWAY
	except Exception:
		return AWAY
