"""Reconciliation Summary: what each run compared, what agreed, what differed and what was healed. A clean run says how much it compared."""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import frappe
from frappe import _

from shopify_sync.core.reconciliation.discrepancy import LIVE
from shopify_sync.erpnext_host.reporting import layout
from shopify_sync.erpnext_host.reporting.coverage import COMPLETED, words_of
from shopify_sync.erpnext_host.reporting.filters import Period, chosen, one_of, stores_of
from shopify_sync.erpnext_host.reporting.layout import card, column, moment

DAYS = 7
#: So many runs are bars that can be told apart.
DRAWN = 30
_COLUMNS = ("name", "store", "status", "depth", "reason", "dry_run", "started_at", "ended_at", "heartbeat_at", "progress")
_RESULTS = ("compared", "agreed", "found", "healed", "left_out", "by_kind", "stopped_because")
_DEPTHS = ("Light", "Full", "Range", "Records")


def execute(filters: Mapping[str, Any] | None = None) -> layout.Answer:
	"""Return the report. :param filters: store, depth, days or from_date and to_date; all may be missing."""
	filters = filters or {}
	stores, period = stores_of(filters), Period.of(filters, DAYS)
	runs = _runs(stores, period, chosen(filters, "depth", _DEPTHS))
	live = _live(stores)
	figures = _figures([run.name for run in runs])
	columns = _columns()
	found = [_row(run, figures.get(run.name, {}), live) for run in runs]
	found += [_silent(store) for store in stores if not any(run.store == store and run.status == COMPLETED for run in runs)]
	still_open = sum(len(first) for first, _last in live.values())
	return columns, layout.rows(columns, found), _message(runs, still_open, period), _chart(runs), _cards(runs, still_open)


def _columns() -> list[layout.Column]:
	return [
		column("run", _("Run"), "Link", 230, "Reconciliation Run"),
		column("store", _("Store"), "Link", 120, "Shopify Store"),
		column("result", _("Result"), width=250),
		column("started", _("Started At"), width=165),
		column("compared", _("Compared"), "Int", 105),
		column("agreed", _("Agreed"), "Int", 95),
		column("found", _("Differences"), "Int", 115),
		column("healed", _("Healed"), "Int", 85),
		column("open", _("Still Open"), "Int", 105),
		column("kinds", _("Found by Kind"), width=220),
		column("of_each", _("Compared of Each"), width=260),
		column("left_out", _("Left Out"), width=260),
		column("depth", _("Depth"), width=80),
		column("took", _("Duration"), "Duration", 95),
		column("reason", _("Reason"), width=130),
	]


def _runs(stores: Sequence[str], period: Period, depths: Sequence[str]) -> list[Any]:
	run = frappe.qb.DocType("Reconciliation Run")
	return (
		frappe.qb.from_(run)
		.select(*(run[name] for name in (*_COLUMNS, *_RESULTS)))
		.where(one_of(run.store, stores))
		.where(run.status.isin(["Running", "Stopped", COMPLETED, "Failed"]))  # named, so that the index serves the time too
		.where(run.started_at >= period.start)
		.where(run.started_at < period.end)
		.where(one_of(run.depth, depths))
		.orderby(run.started_at, order=frappe.qb.desc)
		.run(as_dict=True)
	)


def _figures(runs: Sequence[str]) -> dict[str, dict[str, int]]:
	figure = frappe.qb.DocType("Reconciliation Figure")
	found: dict[str, dict[str, int]] = {}
	query = frappe.qb.from_(figure).select(figure.parent, figure.resource_type, figure.compared)
	for run, resource, compared in query.where(one_of(figure.parent, runs)).where(figure.day.isnull()).run():
		counts = found.setdefault(run, {})
		counts[words_of(resource)] = counts.get(words_of(resource), 0) + int(compared or 0)
	return found


#: (store, kind) → when those that are not over were first seen, and last seen, each sorted.
Live = dict[tuple[str, str], tuple[list[datetime], list[datetime]]]


def _live(stores: Sequence[str]) -> Live:
	one = frappe.qb.DocType("Sync Discrepancy")
	query = frappe.qb.from_(one).select(one.store, one.kind, one.first_seen_at, one.last_seen_at)
	found: Live = {}
	for store, kind, first, last in (
		query.where(one_of(one.store, stores)).where(one.status.isin([str(state) for state in LIVE])).run()
	):
		both = found.setdefault((store, kind), ([], []))
		both[0].append(first)
		both[1].append(last)
	return {pair: (sorted(first), sorted(last)) for pair, (first, last) in found.items()}


def _still_open(run: Any, live: Live) -> int:
	"""Return how many of a run's differences are not over: of each kind those that were there during it, at most as many as it found.

	Which ones a run found is not kept, only the first and the last run of each.
	"""
	return sum(min(number, _there(run, live.get((run.store, kind), ([], [])))) for kind, number in _counts(run.by_kind).items())


def _there(run: Any, seen: tuple[list[datetime], list[datetime]]) -> int:
	"""Return how many were first seen before a run ended, and last seen when it had begun.

	What its last page found is kept with the heartbeat, a moment after it ended.
	"""
	first, last = seen
	return bisect_right(first, run.heartbeat_at or run.ended_at or run.started_at) - bisect_left(last, run.started_at)


def _row(run: Any, figures: Mapping[str, int], live: Live) -> dict[str, Any]:
	return {
		"run": run.name,
		"store": run.store,
		"result": _result(run),
		"started": moment(run.started_at),
		"took": int((run.ended_at - run.started_at).total_seconds()) if run.ended_at else None,
		"depth": _(run.depth),
		"compared": run.compared,
		"agreed": run.agreed,
		"found": run.found,
		"healed": run.healed,
		"open": _still_open(run, live),
		"kinds": layout.counts_text(_counts(run.by_kind)),
		"of_each": layout.counts_text(figures),
		"left_out": layout.counts_text(_counts(run.left_out)),
		"reason": _(run.reason),
	}


def _silent(store: str) -> dict[str, Any]:
	return {"store": store, "result": _("No run completed: nothing is known of this period."), "bold": 1}


def _result(run: Any) -> str:
	parts = [_ended(run), run.stopped_because or ""]
	if run.dry_run and run.found:
		parts.append(_("Dry run: nothing was healed."))
	return " ".join(part for part in parts if part)


def _ended(run: Any) -> str:
	if run.status == "Running":
		return _("Under way: {0} %.").format(round(run.progress or 0))
	if run.status != COMPLETED:
		return _("{0} after {1} records.").format(_(run.status), f"{run.compared:,}")
	if not run.compared:
		return _("Nothing was compared.")
	if run.agreed < run.compared:
		return _("{0} of {1} differ.").format(f"{run.compared - run.agreed:,}", f"{run.compared:,}")
	if run.found:  # invariants of the ledger are looked at too, and are no records
		return _("All {0} agree; {1} other discrepancies.").format(f"{run.compared:,}", f"{run.found:,}")
	return _("All {0} agree.").format(f"{run.compared:,}")


def _counts(text: str | None) -> dict[str, int]:
	"""Return counts that a run keeps as JSON."""
	return {str(name): int(number) for name, number in (json.loads(text) if text else {}).items()}


def _message(runs: Sequence[Any], still_open: int, period: Period) -> str:
	done = [run for run in runs if run.status == COMPLETED]
	if not done:
		return _("{0}: no run completed, so nothing is known of it.").format(str(period))
	compared, agreed = sum(run.compared for run in done), sum(run.agreed for run in done)
	return _("{0}: {1} runs compared {2} records, {3} agreed. {4} discrepancies are open now.").format(
		str(period), len(done), f"{compared:,}", f"{agreed:,}", f"{still_open:,}"
	)


def _cards(runs: Sequence[Any], still_open: int) -> list[dict[str, Any]]:
	done = [run for run in runs if run.status == COMPLETED]
	differing = sum(run.compared - run.agreed for run in done)
	return [
		card(_("Runs that Completed"), len(done), layout.NEUTRAL if done else layout.BAD),
		card(_("Records Compared"), sum(run.compared for run in done)),
		card(_("Records that Differed"), differing, layout.BAD if differing else layout.GOOD),
		card(_("Healed"), sum(run.healed for run in runs)),
		card(_("Open Now"), still_open, layout.BAD if still_open else layout.GOOD),
	]


def _chart(runs: Sequence[Any]) -> dict[str, Any] | None:
	drawn = list(reversed(runs[:DRAWN]))
	series = {_("Differences"): [run.found for run in drawn], _("Healed"): [run.healed for run in drawn]}
	labels = layout.ticks([run.started_at for run in drawn], "%m-%d %H:%M")
	return layout.chart(labels, series, colors=("#E8683F", "#46B37E"))
