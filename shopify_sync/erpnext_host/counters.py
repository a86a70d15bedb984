"""What only grows, counted in Redis for Prometheus: attempts and how long they took, deliveries and refusals.

Figures for charts, and nothing that is relied on: they begin anew when Redis is emptied, as Prometheus expects of counters, and
are not counted while it is away. What is true stands in the ledger.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import timedelta

import frappe

#: Upper bounds of an attempt's duration, in seconds.
BOUNDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_KEPT_SECONDS = 30 * 24 * 3600
#: After Redis failed it is left alone for so long: no event may wait for its timeout.
_REST_SECONDS = 30.0
_rest = {"until": 0.0}


def attempt_ended(store: str, status: str, took: timedelta | None) -> None:
	"""Count an attempt of an event by the status it ended in, and its duration."""
	fields: dict[str, float] = {f"attempts|{store}|{status}": 1}
	if took is not None:
		seconds = took.total_seconds()
		bound = next((bound for bound in BOUNDS if seconds <= bound), float("inf"))
		fields |= {f"took|{store}|{bound}": 1, f"took_sum|{store}": seconds}
	_add(fields)


def delivered(store: str, *, again: bool) -> None:
	"""Count a delivery of Shopify's that was taken; *again*: one that was known already."""
	_add({f"deliveries|{store}|{'repeated' if again else 'recorded'}": 1})


def refused(reason: str) -> None:
	"""Count a delivery that was refused. Not by shop: its name came from a stranger."""
	_add({f"refused|{reason}": 1})


def read() -> Mapping[tuple[str, ...], float]:
	"""Return (name, labels …) → number; nothing while Redis is away."""
	try:
		# Frappe's own `hgetall` unpickles what it reads; these are plain numbers.
		with frappe.cache.pipeline(transaction=False) as pipeline:
			pipeline.hgetall(_key())
			found = pipeline.execute()[0]
	except Exception:  # whatever the client raises: figures that are not known
		return {}
	return {tuple(_text(name).split("|")): float(value) for name, value in found.items()}


def _add(fields: Mapping[str, float]) -> None:
	if time.monotonic() < _rest["until"]:
		return
	try:
		with frappe.cache.pipeline(transaction=False) as pipeline:
			for name, number in fields.items():
				pipeline.hincrbyfloat(_key(), name, number)
			pipeline.expire(_key(), _KEPT_SECONDS)
			pipeline.execute()
	except Exception:  # Redis away: nobody waits for a figure
		_rest["until"] = time.monotonic() + _REST_SECONDS


def _key() -> str:
	# Not below Frappe's prefix of the site: clearing the site's cache is no reason to begin anew.
	return f"shopify_sync:counters:{frappe.conf.db_name}"


def _text(value: bytes | str) -> str:
	return value.decode() if isinstance(value, bytes) else value
