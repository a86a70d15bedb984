"""Looks at a store and says how its alerts should stand. Tells nobody: what has to be told is marked as due, and told afterwards.

Two evaluators at once do no harm: the second leaves the store to the first. Were there still two, the rows are locked, what the one
wrote the other reads, and a second alert of a condition is refused by the database.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import frappe

from shopify_sync.core.alerts import readings
from shopify_sync.core.alerts.conditions import TEST_RULE, Condition, Rule
from shopify_sync.core.alerts.life import Alert, Settings, step
from shopify_sync.core.alerts.readings import Reading
from shopify_sync.core.keys import short_hash
from shopify_sync.erpnext_host import times
from shopify_sync.erpnext_host.event_log import in_short_transaction
from shopify_sync.erpnext_host.health import healths

from . import facts, rows
from .settings import settings_of

#: Who tells says so for this long; if it died meanwhile, it is told again.
TELLING = timedelta(minutes=10)


def evaluate(store: str, now: datetime | None = None) -> list[str]:
	"""Look at a store, write how its alerts stand, commit, and return the alerts of which something has to be told.

	:param now: UTC; without it the time.
	"""
	moment = now or times.now()
	with _alone(store) as is_alone:
		if is_alone:
			settings = settings_of(store)
			found = _readings(store, settings)
			in_short_transaction(lambda: _write(store, settings, found, moment))
	return to_be_told(store, moment)


@contextmanager
def _alone(store: str) -> Iterator[bool]:
	"""Give False while another looks at the store: it sees the same, and writing it twice at once only makes both wait in a circle."""
	# Per server, not per database; at most 64 characters. It ends with the connection.
	lock = f"shopify_sync:alerts:{short_hash(str(frappe.conf.db_name), store)[:30]}"
	taken = frappe.db.sql("SELECT GET_LOCK(%s, 0)", (lock,))[0][0] == 1
	try:
		yield taken
	finally:
		if taken:
			frappe.db.sql("DO RELEASE_LOCK(%s)", (lock,))


def to_be_told(store: str, now: datetime) -> list[str]:
	"""Return the alerts of a store of which something is due, or was begun to be told and never ended."""
	alert = frappe.qb.DocType(rows.DOCTYPE)
	is_due = alert.due.isnotnull() & (alert.due != "")
	return [
		name
		for (name,) in frappe.qb.from_(alert)
		.select(alert.name)
		.where(alert.store == store)
		.where(is_due | (alert.telling_until < times.to_site(now)))
		.orderby(alert.since)
		.run()
	]


def _readings(store: str, settings: Settings) -> list[Reading]:
	"""Return what is said of each condition; of a store that is not watched, nothing is there."""
	if not settings.is_on:
		return [Reading(rule.condition, False) for rule in settings.rules]
	health = healths(store)[0]
	return readings.readings(facts.of(health, settings.rules), settings.rules)


def _write(store: str, settings: Settings, found: list[Reading], now: datetime) -> None:
	known, muted = rows.open_of(store), rows.muted_until(store, now)
	if Condition.TEST in known:
		# A test is over once it was told: while no worker does, it waits.
		found = [*found, Reading(Condition.TEST, False if known[Condition.TEST][1].first_told_at else None)]
	for reading in found:
		name, before, worst = known.get(reading.condition, (None, None, 0.0))
		rule = TEST_RULE if reading.condition is Condition.TEST else settings.rules.of(reading.condition)
		after = step(
			before,
			is_there=reading.is_there,
			rule=rule,
			settings=settings,
			now=now,
			muted_until=muted.get(reading.condition),
		)
		_keep(store, rule, reading, name, before, after, now, worst)


def _keep(
	store: str,
	rule: Rule,
	reading: Reading,
	name: str | None,
	before: Alert | None,
	after: Alert | None,
	now: datetime,
	worst: float,
) -> None:
	if after is None:
		if name:
			rows.delete(name)
		return
	values: dict[str, Any] = rows.values_of(after)
	if reading.is_there:
		values |= rows.said(store, rule, reading, now, worst)
	if after.closed:
		values["open_key"] = None
	if name is None:
		rows.insert(store, reading.condition, values)
	else:
		rows.update(name, values, touch=before is None or after.status is not before.status)
