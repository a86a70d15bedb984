"""Carries backfills out. RQ calls `run`; the scheduler calls `schedule`. Thin."""

from __future__ import annotations

import frappe

from shopify_sync.core.backfill.run import Run
from shopify_sync.erpnext_host import long_work, times
from shopify_sync.erpnext_host.backfill import running, runs
from shopify_sync.erpnext_host.connections import gate_of


def schedule() -> list[str]:
	"""Have those gone on with that no worker is at: after an outage, a restart, a lost call. Every five minutes. Return their names."""
	names = [name for name in running.KIND.silent(runs.running()) if _may_go_on(name)]
	for name in names:
		call(name)
	return names


def _may_go_on(name: str) -> bool:
	store = frappe.db.get_value(runs.DOCTYPE, name, "store")
	return bool(store) and not gate_of(store)


def call(name: str) -> None:
	"""Have a worker go on with a run. What Redis loses is called again by the scheduler."""
	running.KIND.call(name)


def run(name: str) -> None:
	"""Go on with a run, as far as the time in the queue allows; then have the next piece called."""
	running.KIND.run(name, lambda keep_on: running.carry_on(name, progress=show, keep_on=keep_on))


def show(run: Run) -> None:
	"""Tell the form of a run how far it is."""
	left = run.time_left
	shown = {
		"percent": run.percent,
		"records": sum(run.read.values()),
		"expected": sum((run.totals or {}).values()),
		"seconds_left": None if left is None else int(left.total_seconds()),
		"done_at": None if left is None else str(times.to_site(times.now() + left)),
		"ended": run.ended is not None,
	}
	long_work.show("shopify_sync_backfill", shown, runs.DOCTYPE, run.name)
