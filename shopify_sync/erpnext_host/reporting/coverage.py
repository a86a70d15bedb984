"""How much was compared, and when: what stands behind a report that shows no difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import frappe
from frappe import _
from frappe.query_builder.functions import Sum

from shopify_sync.core import keys
from shopify_sync.core.reconciliation.findings import LEFT_OVER, ORDER_DAYS, PAYOUTS, SUBSCRIPTIONS

from .filters import one_of
from .layout import moment

FULL, COMPLETED = "Full", "Completed"


@dataclass
class Coverage:
	"""What is known of a resource of a store.

	:ivar run: the last full run that completed; empty: there was none. *ended_at*: in the site's time.
	:ivar compared: records that it compared; *agreed*: of these, without a difference. *since*: compared by other runs after it.
	"""

	store: str
	resource: str
	run: str = ""
	ended_at: datetime | None = None
	compared: int = 0
	agreed: int = 0
	since: int = 0

	def __str__(self) -> str:
		what = words_of(self.resource)
		if not self.run:
			found = _("No full run has completed: it is not known whether all {0} agree.").format(what)
		elif not self.compared:
			found = _("{0} of {1} compared no {2}.").format(self.run, moment(self.ended_at), what)
		else:
			found = _("{0} of {1} compared {2} {3}; {4} agree.").format(
				self.run, moment(self.ended_at), f"{self.compared:,}", what, f"{self.agreed:,}"
			)
		return " ".join([found, _("Other runs since: {0}.").format(f"{self.since:,}")]) if self.since else found


def words_of(resource: str) -> str:
	"""Return what a reader calls the records of a phase of a run."""
	words = {
		keys.ORDER: _("orders"), keys.CUSTOMER: _("customers"), keys.PRODUCT: _("variants"), keys.VARIANT: _("variants"),
		keys.INVENTORY_LEVEL: _("stock levels"), SUBSCRIPTIONS: _("webhook subscriptions"),
		LEFT_OVER: _("orders that only ERPNext has"), PAYOUTS: _("payouts"),
		ORDER_DAYS: _("orders of days that do not come out even"),
	}  # fmt: skip
	return words.get(resource, resource)


def coverage(stores: Sequence[str], resource: str) -> list[Coverage]:
	"""Return for each store how much of a resource was compared last. One query a store, and two for all."""
	found = {store: Coverage(store, resource) for store in stores}
	for store, name, ended_at in last_runs(stores, FULL):
		found[store].run, found[store].ended_at = name, ended_at
	by_run = {one.run: one for one in found.values() if one.run}
	for name, compared, agreed in _figures(list(by_run), resource):
		by_run[name].compared, by_run[name].agreed = int(compared or 0), int(agreed or 0)
	for store, compared in _since(found, resource):
		found[store].since = int(compared or 0)
	return list(found.values())


def last_runs(stores: Sequence[str], depth: str | None = None) -> list[tuple[str, str, datetime]]:
	"""Return (store, run, ended at) of each store's last run that completed, of a depth; of any that compares a range without one."""
	run = frappe.qb.DocType("Reconciliation Run")
	found = []
	for store in stores:
		query = (
			frappe.qb.from_(run)
			.select(run.store, run.name, run.ended_at)
			.where(run.store == store)
			.where(run.status == COMPLETED)
			.where(run.depth == depth if depth else run.depth != "Records")
			.orderby(run.started_at, order=frappe.qb.desc)
			.limit(1)
		)
		found += [tuple(row) for row in query.run()]
	return found


def _figures(runs: Sequence[str], resource: str) -> Sequence[Sequence]:
	figure = frappe.qb.DocType("Reconciliation Figure")
	query = frappe.qb.from_(figure).select(figure.parent, Sum(figure.compared), Sum(figure.agreed))
	return (
		query.where(one_of(figure.parent, runs))
		.where(figure.resource_type == resource)
		.where(figure.day.isnull())
		.groupby(figure.parent)
		.run()
	)


def _since(found: dict[str, Coverage], resource: str) -> Sequence[Sequence]:
	run, figure = frappe.qb.DocType("Reconciliation Run"), frappe.qb.DocType("Reconciliation Figure")
	later = None
	for one in found.values():
		mine = run.store == one.store
		if one.ended_at:
			mine &= run.started_at > one.ended_at
		later = mine if later is None else later | mine
	if later is None:
		return []
	return (
		frappe.qb.from_(run)
		.join(figure)
		.on(figure.parent == run.name)
		.select(run.store, Sum(figure.compared))
		.where(later)
		.where(run.status == COMPLETED)
		.where(figure.resource_type == resource)
		.where(figure.day.isnull())
		.groupby(run.store)
		.run()
	)
