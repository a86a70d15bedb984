"""Carries Reconciliation Runs out: one at a time of each store, in slices, from where the last one ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import frappe

from shopify_sync.admin_api.shops import BadAddress
from shopify_sync.core import keys
from shopify_sync.core.operations import Refused
from shopify_sync.core.reconciliation.ports import Shopify
from shopify_sync.core.reconciliation.run import Reconciler, Run
from shopify_sync.core.reconciliation.schedule import GRACE, OVERLAP, Depth, Reason

from .. import policies, times
from ..connections import CurrentClient, gate_of
from ..long_work import Kind
from . import ledger_checks, runs
from .host import FrappeReconcileHost, RunIsOver
from .runs import Wanted
from .settings import settings_of


def check(store: str) -> None:
	"""Return when *store* can be reconciled. :raises Refused: when it is disabled, or not signed in to Shopify."""
	if not frappe.db.get_value("Shopify Store", store, "enabled"):
		raise Refused(f"Store {store} is disabled.")
	if closed := gate_of(store):
		raise Refused(f"Nothing can be read from Shopify now: {closed.message}")


def wanted_by(
	user: str,
	store: str,
	depth: Depth,
	*,
	since: datetime | None = None,
	until: datetime | None = None,
	ids: dict[str, tuple[str, ...]] | None = None,
	heal: bool | None = None,
) -> Wanted:
	"""Return the run that a person asks for.

	:param since: UTC. A light run goes on where the last one ended; with a time it is one of that range. *until*: UTC; None: up to now.
	:param heal: None: as the store is set.
	"""
	now = times.now()
	if depth is Depth.LIGHT and since is not None:
		# Where the next light run begins is where the last one ended: what lies between the two would never be looked at.
		depth = Depth.RANGE
	if depth is Depth.LIGHT:
		found = runs.history(store, now).light_until
		since = found - OVERLAP if found else now - timedelta(days=1)
	dry_run = settings_of(store).dry_run if heal is None else not heal
	# What is asked for by name is looked at as it is this moment; what is under way is told apart by its events.
	latest = now if depth is Depth.RECORDS else now - GRACE
	end = min(until, latest) if until else latest
	return Wanted(store, depth, Reason.OPERATOR, since if depth is not Depth.FULL else None, end, ids, dry_run, user)


def ids_of(store: str, order: str | None, item: str | None) -> dict[str, tuple[str, ...]] | None:
	"""Return the records that an order or an Item is in Shopify, by resource; None where neither is asked for.

	:param order: Shopify's id, the name that people know it by (#1001), or its Sales Order. *item*: its code.
	:raises Refused: when ERPNext knows of none, and it is not an id either.
	"""
	found: dict[str, tuple[str, ...]] = {}
	if order:
		found[keys.ORDER] = (_order(store, order.strip()),)
	if item:
		levels = _levels(store, item.strip())
		if not levels:
			raise Refused(f"No inventory item of store {store} is linked to Item {item}.")
		found[keys.INVENTORY_LEVEL] = levels
	return found or None


def _order(store: str, order: str) -> str:
	if order.isascii() and order.isdigit():
		return order
	rows = frappe.db.sql(
		"""SELECT shopify_key FROM `tabSales Order` WHERE (name = %(order)s OR shopify_order_name = %(order)s) AND shopify_key LIKE %(keys)s
		LIMIT 1""",
		{"order": order, "keys": f"{store}/order/%"},
	)
	if not rows:
		raise Refused(
			f"ERPNext has no Sales Order {order} of store {store}. Enter the order's id, as it stands in Shopify's address."
		)
	return str(rows[0][0]).rpartition("/")[2]


def _levels(store: str, item: str) -> tuple[str, ...]:
	"""Return the inventory levels of an Item at the locations of the store's Location Mapping."""
	links = frappe.get_all(
		"Shopify Link",
		{"store": store, "resource_type": keys.INVENTORY_ITEM, "document_type": "Item", "document_name": item},
		pluck="shopify_id",
	)
	rules = policies.policy(store).locations
	return tuple(sorted({f"{one}-{rule.location_id}" for one in links for rule in rules}))


def carry_on(
	name: str,
	shopify: Shopify | None = None,
	progress: Callable[[Run], None] = lambda run: None,
	keep_on: Callable[[], bool] = lambda: True,
	probe: Callable[[str], None] | None = None,
) -> Run:
	"""Go on with a run until it is over, or *keep_on* says no. Commits after every page.

	:param shopify: another reader than the store's own. *progress*: called after every page. *probe*: for tests that end the process.
	:raises Refused: when a worker is at a run of the store. :raises SyncFailure: when Shopify does not answer; the run goes on later.
	"""
	run = runs.load(name)
	with KIND.alone(run.store):
		run = runs.load(name)  # whoever was before us has kept it meanwhile
		if not runs.is_running(name):
			return run

		def work() -> None:
			settings = settings_of(run.store)
			settings = replace(settings, dry_run=bool(frappe.db.get_value(runs.DOCTYPE, name, "dry_run")))
			reader = shopify or reader_of(run.store, settings.share)
			Reconciler(FrappeReconcileHost(), reader, settings, probe).run(run, go_on)
			if run.ended and run.depth is Depth.FULL:
				ledger_checks.keep(run)

		def go_on(current: Run) -> bool:
			progress(current)
			return keep_on()

		KIND.guard(name, work)
		return run


KIND = Kind(
	word="reconcile",
	job="shopify_sync.jobs.reconcile.run",
	runs=runs,
	busy="Store {0} is being reconciled already.",
	over=(RunIsOver,),
)


def reader_of(store: str, share: int) -> Shopify:
	"""Return what reads a store. :param share: of the points that Shopify restores, in percent."""
	from shopify_sync.admin_api.reading.store import ReadingStore

	try:
		return ReadingStore(CurrentClient(store), share=share / 100, now=times.now, policy=policies.policy(store))
	except BadAddress as error:
		raise Refused(str(error)) from error
