"""Begins and carries out reconciliations. The scheduler calls `schedule`; RQ calls `run`. Thin."""

from __future__ import annotations

from dataclasses import dataclass

import frappe
from frappe.utils import get_system_timezone

from shopify_sync.core.reconciliation import schedule as schedules
from shopify_sync.core.reconciliation.run import Run
from shopify_sync.core.reconciliation.settings import Settings
from shopify_sync.erpnext_host import long_work, times
from shopify_sync.erpnext_host.backfill import runs as backfills
from shopify_sync.erpnext_host.connections import gate_of
from shopify_sync.erpnext_host.log import warn
from shopify_sync.erpnext_host.reconciliation import running, runs
from shopify_sync.erpnext_host.reconciliation.settings import settings_of_enabled


def schedule() -> list[str]:
	"""Begin the runs that are due, and have those gone on with that no worker is at. Every five minutes. Return their names."""
	called = []
	for store, settings in settings_of_enabled().items():
		try:
			name = _due(store, settings)
		except Exception as error:  # one store must not keep the others from being reconciled
			frappe.db.rollback()
			warn(f"reconciliation of {store} could not begin: {type(error).__name__}")
			continue
		if name:
			called.append(name)
			call(name)
	return called


def _due(store: str, settings: Settings) -> str | None:
	"""Return the run of a store that has to be carried out now, or None."""
	if gate_of(store) or backfills.running(store, rehearsals=False):
		# What is not imported yet is not missing.
		return None
	if waiting := runs.waiting(store):
		return waiting[0] if runs.is_silent(waiting[0], long_work.SILENT) else None
	now = times.now()
	due = schedules.due(now, runs.history(store, now), settings, get_system_timezone())
	if due is None:
		return None
	name = runs.begin(runs.Wanted(store, due.depth, due.reason, due.since, due.until, dry_run=settings.dry_run))
	frappe.db.commit()
	return name


def call(name: str) -> None:
	"""Have a worker go on with a run. What Redis loses is called again by the scheduler."""
	running.KIND.call(name)


def run(name: str) -> None:
	"""Go on with a run, as far as the time in the queue allows; then have the next piece, or the store's next run, called."""
	ended = running.KIND.run(name, lambda keep_on: running.carry_on(name, progress=show, keep_on=keep_on))
	if ended is not None and not runs.is_running(name) and (waiting := runs.waiting(ended.store)):
		call(waiting[0])


@dataclass(frozen=True)
class Shown:
	"""What the form of a run is told after every page."""

	percent: float
	compared: int
	found: int
	healed: int


def show(run: Run) -> None:
	"""Tell the form of a run how far it is."""
	shown = Shown(runs.progress_of(run), run.compared, sum(run.found.values()), sum(run.healed.values()))
	long_work.show("shopify_sync_reconciliation", vars(shown), runs.DOCTYPE, run.name)
