"""Carries Shopify Backfills out: one at a time of each store, in slices, from where the last one ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import frappe

from shopify_sync.admin_api.reading.store import ReadingStore
from shopify_sync.admin_api.shops import BadAddress
from shopify_sync.core.backfill.ports import RunIsOver, Shop
from shopify_sync.core.backfill.run import Backfiller, Run
from shopify_sync.core.backfill.wanted import Wanted, problems
from shopify_sync.core.operations import Refused
from shopify_sync.core.policy import Direction

from .. import policies, times
from ..connections import CurrentClient, gate_of
from ..long_work import Kind
from ..reconciliation.settings import settings_of
from . import runs
from .host import FrappeBackfillHost

KIND = Kind(
	word="backfill",
	job="shopify_sync.jobs.backfill.run",
	runs=runs,
	busy="A backfill of store {0} is under way already.",
	over=(RunIsOver,),
)


def check(store: str, wanted: Wanted) -> None:
	"""Return when *store* can be asked for that. :raises Refused: and the message says why not."""
	enabled = frappe.db.get_value("Shopify Store", store, "enabled")
	if enabled is None:
		raise Refused(f"There is no Shopify Store {store}.")
	if not enabled:
		raise Refused(f"Store {store} is disabled.")
	if reason := next(problems(wanted, policies.policy(store)), None):
		raise Refused(reason)
	if closed := gate_of(store):
		raise Refused(f"Nothing can be read from Shopify now: {closed.message}")


def start(store: str, wanted: Wanted, user: str, *, again: bool = False) -> str:
	"""Begin a run, or have the one go on that was asked for the same and has not read everything; return its name. Commits.

	:param again: begin anew in any case; what was not over is stopped.
	:raises Refused: when another run of the store is under way, or the store cannot.
	"""
	check(store, wanted)
	name = None if again else runs.unfinished(store, wanted)
	others = [other for other in runs.running(store) if other != name]
	if others and not again:
		raise Refused(f"{others[0]} of store {store} is under way. Stop it first.")
	for other in others:
		runs.end(other, runs.STOPPED, "Another backfill was begun.")
	if name:
		runs.go_on(name)
	else:
		name = runs.begin(store, wanted, user)
	frappe.db.commit()
	return name


def go_on(name: str) -> None:
	"""Have a run that was stopped, or failed, go on where it was. Commits. :raises Refused: when it cannot, or another is under way."""
	run = runs.load(name)
	check(run.store, run.wanted)
	if others := [other for other in runs.running(run.store) if other != name]:
		raise Refused(f"{others[0]} of store {run.store} is under way. Stop it first.")
	if not runs.go_on(name) and not runs.is_running(name):
		raise Refused(f"{name} has read everything.")
	frappe.db.commit()


def carry_on(
	name: str,
	shop: Shop | None = None,
	progress: Callable[[Run], None] = lambda run: None,
	keep_on: Callable[[], bool] = lambda: True,
	*,
	host: FrappeBackfillHost | None = None,
	probe: Callable[[str], None] | None = None,
) -> Run:
	"""Go on with a run until everything is read, a person stops it, or *keep_on* says no. Commits after every page.

	:param shop: another reader than the store's own; *host*: another host. *progress*: called after every page.
	:param probe: for tests that end the process.
	:raises Refused: when a worker is at a run of the store. :raises SyncFailure: when Shopify does not answer; it goes on later.
	"""
	store = runs.load(name).store
	with KIND.alone(store):
		run = runs.load(name)  # whoever was before us has kept it meanwhile
		if not runs.is_running(name):
			return run

		def work() -> None:
			reader = shop or reader_of(store)
			Backfiller(host or FrappeBackfillHost(), reader, probe).run(run, keep_on, progress)

		KIND.guard(name, work)
		return run


def reader_of(store: str) -> Shop:
	"""Return what reads a store. Stock is read where it comes from Shopify; where it goes there, ERPNext knows it."""
	policy = policies.policy(store)
	inbound = tuple(rule for rule in policy.locations if rule.direction is Direction.INBOUND)
	share = settings_of(store).share / 100
	try:
		return ReadingStore(CurrentClient(store), share=share, now=times.now, policy=replace(policy, locations=inbound))
	except BadAddress as error:
		raise Refused(str(error)) from error
