"""Puts the figures of each store together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from shopify_sync.core.health import StoreHealth
from shopify_sync.core.statuses import NEEDS_ATTENTION, Status
from shopify_sync.erpnext_host import times

from . import agreement, connection, figures

_DAY = timedelta(days=1)
_OPEN_OPERATIONS = ("Queued", "Running", "Stopping")
#: How an alert stands that is not over.
_OPEN_ALERTS = ("Firing", "Acknowledged", "Escalated")
#: As Shopify Connection says it.
_SIGNED_IN = "Signed in"


def read(stores: Sequence[str]) -> list[StoreHealth]:
	"""Return how *stores* are now, in that order; those that there are."""
	now = times.now()
	settings = connection.settings(stores)
	names = [store for store in stores if store in settings]
	return _Figures(names, settings, now).healths() if names else []


class _Figures:
	"""Every figure of the stores: most of them of all stores in one query."""

	def __init__(self, stores: Sequence[str], settings: Mapping[str, Mapping[str, Any]], now: datetime) -> None:
		self._stores = stores
		self._settings = settings
		self._now = now
		self._hour, day = times.to_site(now - figures.HOUR), times.to_site(now - _DAY)
		assert self._hour is not None and day is not None
		self._open = figures.open_events(stores)
		self._failed = figures.failed_since(stores, self._hour)
		self._due = figures.oldest_due(now, [store for store in stores if not _may_send(settings[store])])
		self._drift = agreement.drifts(stores, day)
		self._runs = agreement.last_reconciliations(stores)
		self._subscriptions = agreement.missing_subscriptions(stores)
		self._conflicts = figures.counts_of("Sync Conflict", stores, {"status": "Open"})
		self._holds = figures.counts_of("Sync Hold", stores, {"released_at": None})
		self._operations = figures.counts_of("Sync Operation", stores, {"status": _OPEN_OPERATIONS})
		self._alerts = figures.counts_of("Sync Alert", stores, {"status": _OPEN_ALERTS})

	def healths(self) -> list[StoreHealth]:
		return [
			StoreHealth(at=self._now, **self._settings[store], **self._events(store), **self._agreement(store))
			for store in self._stores
		]

	def _events(self, store: str) -> dict[str, Any]:
		open_events = self._open.get(store, figures.OpenEvents())
		counts = open_events.by_status
		last = figures.last_by_source(store)
		lags, finished = figures.lags(store, self._hour)
		return {
			"by_status": counts,
			"waiting": sum(counts.get(str(status), 0) for status in figures.UNPROCESSED),
			"failures_open": sum(counts.get(str(status), 0) for status in NEEDS_ATTENTION),
			"failures_by_category": open_events.failures,
			"dead_letters": counts.get(str(Status.DEAD_LETTER), 0),
			"held": counts.get(str(Status.HELD), 0),
			"last_event_at": max(last.values(), default=None),
			"last_webhook_at": last.get("Webhook"),
			"oldest_unprocessed_at": open_events.oldest,
			"oldest_due_seconds": self._due.get(store, 0.0),
			"lag_p95_seconds": figures.p95(lags),
			"finished_last_hour": finished,
			"failed_last_hour": self._failed.get(store, 0),
		}

	def _agreement(self, store: str) -> dict[str, Any]:
		drift, run = self._drift.get(store, agreement.Drift()), self._runs.get(store, agreement.LastRun())
		return {
			"conflicts_open": self._conflicts.get(store, 0),
			"drift_open": drift.open,
			"drift_trend": drift.trend,
			"last_reconciliation_at": run.at,
			"last_reconciliation_says": run.says,
			"subscriptions_missing": self._subscriptions.get(store, []),
			"holds": self._holds.get(store, 0),
			"operations_running": self._operations.get(store, 0),
			"alerts_open": self._alerts.get(store, 0),
		}


def _may_send(settings: Mapping[str, Any]) -> bool:
	"""Tell whether pushers take what goes out to a store; else it waits for the store and not for a worker."""
	is_on = settings["enabled"] and settings["mode"] != "Paused" and settings["signs_in"]
	return bool(is_on and settings["token_state"] == _SIGNED_IN and settings["circuit"].state == "Closed")
