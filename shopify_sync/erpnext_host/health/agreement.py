"""Of a store's health: what reconciliation says, and what it found of the webhook subscriptions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import frappe
from frappe.query_builder.functions import Count

from shopify_sync.core.reconciliation.discrepancy import LIVE, State
from shopify_sync.core.reconciliation.findings import Kind
from shopify_sync.core.words import Sentence, _, say
from shopify_sync.erpnext_host import times
from shopify_sync.erpnext_host.reporting.coverage import last_runs

_LIVE = [str(state) for state in LIVE]
_SETTLED = [str(state) for state in State if state not in LIVE]


@dataclass
class Drift:
	"""Discrepancies of a store: open now, and how many more than a day ago."""

	open: int = 0
	trend: int = 0


def drifts(stores: Sequence[str], since: datetime) -> dict[str, Drift]:
	"""Return store → drift. :param since: a day ago, in the site's time."""
	one = frappe.qb.DocType("Sync Discrepancy")
	counted = frappe.qb.from_(one).select(one.store, Count("*")).where(one.store.isin(list(stores))).groupby(one.store)
	live, found = counted.where(one.status.isin(_LIVE)), defaultdict[str, Drift](Drift)
	for store, number in live.run():
		found[store].open = number
	for store, number in live.where(one.first_seen_at >= since).run():
		found[store].trend += number
	settled = counted.where(one.status.isin(_SETTLED)).where(one.resolved_at >= since).where(one.first_seen_at < since)
	for store, number in settled.run():
		found[store].trend -= number
	return found


def missing_subscriptions(stores: Sequence[str]) -> dict[str, list[str]]:
	"""Return store → topics whose webhook subscription was missing or different when reconciliation last looked."""
	one = frappe.qb.DocType("Sync Discrepancy")
	rows = (
		frappe.qb.from_(one)
		.select(one.store, one.shopify_id)
		.distinct()
		.where(one.store.isin(list(stores)))
		.where(one.status.isin(_LIVE))
		.where(one.kind == str(Kind.SUBSCRIPTION))
		.orderby(one.shopify_id)
		.run()
	)
	found: dict[str, list[str]] = defaultdict(list)
	for store, topic in rows:
		found[store].append(topic)
	return found


@dataclass(frozen=True)
class LastRun:
	"""The last comparison of a store that completed."""

	at: datetime | None = None
	says: Sentence | None = field(default=None)


def last_reconciliations(stores: Sequence[str]) -> dict[str, LastRun]:
	"""Return store → the last run that completed, and what came of it."""
	found = {}
	for store, name, ended_at in last_runs(stores):
		compared, agreed, differing, healed = frappe.db.get_value(
			"Reconciliation Run", name, ["compared", "agreed", "found", "healed"]
		)
		text = _("{0} compared {1} records: {2} agree, {3} differences were found and {4} healed.")
		says = say(text, name, compared or 0, agreed or 0, differing or 0, healed or 0)
		found[store] = LastRun(times.from_site(ended_at) if ended_at else None, says)
	return found
