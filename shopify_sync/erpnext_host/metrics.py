"""Everything that Prometheus is told of the stores: names, units and what they mean in docs/observability.md.

Labels are names of stores, statuses, categories and topics that the code knows: no customer, no order, no event, and no more of
them than there are stores. Gauges say how it is now or was in the last hour; counters come from erpnext_host/counters.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timezone

import frappe
from frappe.query_builder.functions import Count, Sum

import shopify_sync
from shopify_sync.core.calls.breaker import CircuitState
from shopify_sync.core.exposition import Kind, Metric, histogram, text_of
from shopify_sync.core.failures import Category
from shopify_sync.core.health import StoreHealth, Verdict
from shopify_sync.core.outbound.marks import TOPICS
from shopify_sync.core.percentiles import spread_of
from shopify_sync.core.statuses import NEEDS_ATTENTION, OPEN, Status
from shopify_sync.core.topics import NOT_A_STATE, RESOURCE_OF_TOPIC

from . import counters, times
from .health import figures, healths_of

_PREFIX = "shopify_sync_"
#: What is not finished is counted, status by status; a status without events is told as 0.
_STATUSES = tuple(dict.fromkeys((*OPEN, Status.PROCESSING, *NEEDS_ATTENTION)))
_TOPICS = frozenset((*RESOURCE_OF_TOPIC, *NOT_A_STATE, *TOPICS.values()))
_OTHER = "other"
_HOW: tuple[tuple[str, str, Callable[[StoreHealth], float | None]], ...] = (
	("store_enabled", "1: the store is enabled.", lambda h: h.enabled),
	("events_waiting", "Events that are received, worked on, or tried again later.", lambda h: h.waiting),
	("events_held", "Events that are held.", lambda h: h.held),
	("failures_open", "Events that failed and wait for a person.", lambda h: h.failures_open),
	("dead_letters", "Events that are dead letters.", lambda h: h.dead_letters),
	("oldest_unprocessed_seconds", "Age of the oldest event that waits for no person.", lambda h: h.oldest_unprocessed_seconds),
	("oldest_due_seconds", "How long the oldest event that a worker could take has been due.", lambda h: h.oldest_due_seconds),
	("finished_last_hour", "Events that were finished in the last hour.", lambda h: h.finished_last_hour),
	("failed_last_hour", "Events received in the last hour that wait for a person.", lambda h: h.failed_last_hour),
	("error_ratio", "Of what ended in the last hour, the share that failed.", lambda h: h.error_share),
	("conflicts_open", "Sync Conflicts that are open.", lambda h: h.conflicts_open),
	("drift_open", "Sync Discrepancies that are open.", lambda h: h.drift_open),
	("drift_change_last_day", "Discrepancies more than a day ago; below 0: fewer.", lambda h: h.drift_trend),
	("subscriptions_missing", "Webhook subscriptions that are missing or differ.", lambda h: len(h.subscriptions_missing)),
	("api_points_used_ratio", "Share of the API's points that is taken; not told when it is not known.", lambda h: h.api_points_used_share),
	("holds", "Holds that operators placed.", lambda h: h.holds),
	("operations_running", "Sync Operations that are queued or run.", lambda h: h.operations_running),
	("alerts_open", "Sync Alerts that are open.", lambda h: h.alerts_open),
	("last_event_timestamp_seconds", "When the last event came, from wherever.", lambda h: _epoch(h.last_event_at)),
	("last_webhook_timestamp_seconds", "When Shopify last delivered a webhook.", lambda h: _epoch(h.last_webhook_at)),
	("last_reconciliation_timestamp_seconds", "When a reconciliation last completed.", lambda h: _epoch(h.last_reconciliation_at)),
	("token_expires_timestamp_seconds", "When the access token ends.", lambda h: _epoch(h.token_expires_at)),
	("api_version_ends_timestamp_seconds", "When Shopify stops supporting the store's API version.", lambda h: _of_day(h.api_version_ends)),
)  # fmt: skip


def exposition(stores: Sequence[str]) -> str:
	"""Return the metrics of *stores* as Prometheus reads them. Whoever may see the stores is the caller's question."""
	found = healths_of(stores)
	names = [health.store for health in found]
	return text_of([*_site(), *_gauges(found), *_states(found), *_last_hour(names), *_counters(frozenset(names))])


def _site() -> Iterator[Metric]:
	info = _metric("info", "The version of the app.")
	info.add(1, version=shopify_sync.__version__)
	yield info


def _gauges(found: Iterable[StoreHealth]) -> Iterator[Metric]:
	for name, says, of in _HOW:
		metric = _metric(name, says)
		for health in found:
			metric.add(of(health), store=health.store)
		yield metric


def _states(found: Sequence[StoreHealth]) -> Iterator[Metric]:
	"""Yield what has one of several values: a number for each of them, 1 where it is so."""
	for name, says, label, values, of in (
		("store_verdict", "How the store is, in one word.", "verdict", Verdict, lambda h: str(h.verdict)),
		("store_mode", "Whether the store is Live, Shadow or Paused.", "mode", ("Live", "Shadow", "Paused"), lambda h: h.mode),
		("circuit_state", "Whether calls go out to Shopify.", "state", CircuitState, lambda h: h.circuit.state),
		("token_state", "Whether Shopify accepts the sign-in.", "state", _TOKEN_STATES, lambda h: h.token_state),
	):
		metric = _metric(name, says)
		for health in found:
			for value in values:
				metric.add(of(health) == value, store=health.store, **{label: str(value)})
		yield metric
	events = _metric("events", "Events that are not finished, by status.")
	failures = _metric("failures", "Events that wait for a person, by category.")
	for health in found:
		for status in _STATUSES:
			events.add(health.by_status.get(str(status), 0), store=health.store, status=str(status))
		for category, number in _known(health.failures_by_category, _CATEGORIES).items():
			failures.add(number, store=health.store, category=category)
	yield from (events, failures)


_TOKEN_STATES = ("Not signed in", "Signed in", "Rejected")
_CATEGORIES = frozenset(str(category) for category in Category)


def _known(counts: Mapping[str, int], names: frozenset[str]) -> dict[str, int]:
	"""Return counts by the names that the code knows; all others together."""
	found: dict[str, int] = {}
	for name, number in counts.items():
		label = name if name in names else _OTHER
		found[label] = found.get(label, 0) + number
	return found


def _last_hour(stores: Sequence[str]) -> Iterator[Metric]:
	since = times.to_site(times.now() - figures.HOUR)
	assert since is not None
	received = _metric("events_received_last_hour", "Events that were received in the last hour, by topic.")
	for store, direction, topic, number in _received(stores, since):
		received.add(number, store=store, direction=direction, topic=topic)
	latency = _metric("event_latency_seconds", "From receipt to the end, of what ended in the last hour.")
	for store in stores:
		spread = spread_of(figures.lags(store, since)[0])
		for quantile, value in (("0.5", spread.p50), ("0.95", spread.p95), ("1", spread.largest)) if spread else ():
			latency.add(value, store=store, quantile=quantile)
	calls = _metric("api_calls_last_hour", "Calls to Shopify in the last hour, by how they ended.")
	points = _metric("api_points_last_hour", "Points that calls to Shopify cost in the last hour.")
	for store, outcome, number, cost in _calls(stores, since):
		calls.add(number, store=store, outcome=outcome)
		points.add(float(cost or 0), store=store, outcome=outcome)
	yield from (received, latency, calls, points)


def _received(stores: Sequence[str], since: datetime) -> Iterator[tuple[str, str, str, int]]:
	event = frappe.qb.DocType("Sync Event")
	rows = (
		frappe.qb.from_(event)
		.select(event.store, event.direction, event.topic, Count("*"))
		.where(event.received_at >= since)
		.where(event.store.isin(list(stores) or [""]))
		.groupby(event.store, event.direction, event.topic)
		.run()
	)
	of: dict[tuple[str, str], dict[str, int]] = {}
	for store, direction, topic, number in rows:
		of.setdefault((store, direction), {})[topic or ""] = number
	for (store, direction), counts in of.items():
		for topic, number in _known(counts, _TOPICS).items():
			yield store, direction, topic, number


def _calls(stores: Sequence[str], since: datetime) -> Sequence[tuple[str, str, int, float | None]]:
	call = frappe.qb.DocType("Shopify API Call")
	return (
		frappe.qb.from_(call)
		.select(call.store, call.outcome, Count("*"), Sum(call.actual_cost))
		.where(call.store.isin(list(stores) or [""]))
		.where(call.started_at >= since)
		.groupby(call.store, call.outcome)
		.run()
	)


def _counters(stores: frozenset[str]) -> Iterator[Metric]:
	found = counters.read()
	attempts = _metric("attempts_total", "Attempts at events, by the status they ended in.", Kind.COUNTER)
	deliveries = _metric("deliveries_total", "Webhooks that were taken; repeated: known already.", Kind.COUNTER)
	refused = _metric("deliveries_refused_total", "Webhooks that were refused.", Kind.COUNTER)
	took = _metric("attempt_duration_seconds", "How long attempts at events took.", Kind.HISTOGRAM)
	for (name, *labels), number in sorted(found.items()):
		if name == "refused":
			refused.add(number, reason=labels[0])
		elif labels[0] not in stores:
			continue
		elif name == "attempts":
			attempts.add(number, store=labels[0], status=labels[1])
		elif name == "deliveries":
			deliveries.add(number, store=labels[0], result=labels[1])
		elif name == "took_sum":
			counts = {float(key[2]): int(value) for key, value in found.items() if key[:2] == ("took", labels[0])}
			histogram(took, counters.BOUNDS, counts, number, store=labels[0])
	yield from (attempts, deliveries, refused, took)


def _metric(name: str, says: str, kind: Kind = Kind.GAUGE) -> Metric:
	return Metric(_PREFIX + name, kind, says)


def _epoch(moment: datetime | None) -> float | None:
	return moment.timestamp() if moment else None


def _of_day(day: date | None) -> float | None:
	return datetime.combine(day, time(), timezone.utc).timestamp() if day else None
