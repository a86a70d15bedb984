"""Carries backfills out. RQ calls `run`; the scheduler calls `schedule`. Thin."""

from __future__ import annotations

import time

import frappe

from shopify_sync.core.backfill.run import Run
from shopify_sync.core.failures import SyncFailure
from shopify_sync.core.operations import Refused
from shopify_sync.erpnext_host import times
from shopify_sync.erpnext_host.backfill import running, runs
from shopify_sync.erpnext_host.connections import gate_of
from shopify_sync.erpnext_host.log import warn

#: Well below the limit of the long queue, 1500 s.
_MAX_SECONDS = 1000.0
_JOB = "shopify_sync.jobs.backfill.run"


def schedule() -> list[str]:
	"""Have those gone on with that no worker is at: after an outage, a restart, a lost call. Every five minutes. Return their names."""
	called = []
	for name in runs.running():
		store = frappe.db.get_value(runs.DOCTYPE, name, "store")
		if store and runs.is_silent(name, running.SILENT) and not gate_of(store):
			call(name)
			called.append(name)
	return called


def call(name: str) -> None:
	"""Have a worker go on with a run. What Redis loses is called again by the scheduler."""
	try:
		frappe.enqueue(_JOB, queue="long", name=name)
	except Exception as error:
		warn(f"no worker was called for backfill {name}: {type(error).__name__}")


def run(name: str) -> None:
	"""Go on with a run, as far as the time in the queue allows; then have the next piece called."""
	frappe.set_user("Administrator")
	deadline = time.monotonic() + _MAX_SECONDS
	try:
		ended = running.carry_on(name, progress=show, keep_on=lambda: time.monotonic() < deadline)
	except (Refused, SyncFailure) as error:
		warn(f"backfill {name} rests: {error}")
		return
	if ended.ended is None and runs.is_running(name):
		call(name)


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
	try:
		frappe.publish_realtime("shopify_sync_backfill", shown, doctype=runs.DOCTYPE, docname=run.name)
	except Exception as error:  # Redis away: the form shows it when it is loaded again
		warn(f"progress of {run.name} is not shown: {type(error).__name__}")
