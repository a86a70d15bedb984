"""Drift over Time: how many differences of each kind were found, open, healed and settled, day by day, and by how much they differ."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import frappe
from frappe import _

from shopify_sync.core.reconciliation.discrepancy import LIVE, State, samples_of
from shopify_sync.core.reconciliation.drift import Day, Life, over_days
from shopify_sync.core.reconciliation.stock import PIECES
from shopify_sync.core.reconciliation.trend import Trend
from shopify_sync.erpnext_host.reporting import layout
from shopify_sync.erpnext_host.reporting.coverage import COMPLETED
from shopify_sync.erpnext_host.reporting.filters import Period, one_of, stores_of
from shopify_sync.erpnext_host.reporting.layout import card, column

DAYS = 30
#: So many lines can be told apart.
DRAWN = 6
_COLORS = ("#E03636", "#449CF0", "#E8A33F", "#46B37E", "#8E5BD8", "#6B7785")
SETTLED = tuple(str(state) for state in State if state not in LIVE)


def execute(filters: Mapping[str, Any] | None = None) -> layout.Answer:
	"""Return the report. :param filters: store, kind, days or from_date and to_date; all may be missing."""
	filters = filters or {}
	stores, period = stores_of(filters), Period.of(filters, DAYS)
	kind = str(filters.get("kind") or "")
	discrepancies = _discrepancies(stores, period, kind)
	lives = over_days(map(_life, discrepancies), period.days)
	runs = _by_day(_runs(stores, period), kind)
	currencies = sorted({unit for day in lives for _kind, unit in day.amounts if unit != PIECES})
	columns = _columns(currencies)
	found = [row for day in reversed(lives) for row in _rows(day, runs.get(day.day, _Runs()), currencies)]
	message = _message(lives, runs, period)
	trends = Counter(one.trend for one in discrepancies if one.status in {str(state) for state in LIVE})
	return columns, layout.rows(columns, found), message, _chart(lives), _cards(lives, runs, trends)


def _columns(currencies: Sequence[str]) -> list[layout.Column]:
	return [
		column("day", _("Day"), "Date", 115),
		column("kind", _("Kind"), width=170),
		column("compared", _("Records Compared"), "Int", 155),
		column("found", _("Found"), "Int", 80),
		column("new", _("New"), "Int", 80),
		column("open", _("Open"), "Int", 80),
		column("healed", _("Healed"), "Int", 80),
		column("settled", _("Settled"), "Int", 80),
		column("pieces", _("Pieces Open"), "Float", 125),
		*(column(_field(code), _("{0} Open").format(code), "Float", 120) for code in currencies),
		column("remark", _("Remark"), width=220),
	]


def _field(currency: str) -> str:
	return f"money_{frappe.scrub(currency)}"


class _Runs:
	"""What the runs of a day came to."""

	def __init__(self) -> None:
		self.completed = self.compared = 0
		self.found: Counter[str] = Counter()
		self.healed: Counter[str] = Counter()


def _runs(stores: Sequence[str], period: Period) -> list[Any]:
	run = frappe.qb.DocType("Reconciliation Run")
	return (
		frappe.qb.from_(run)
		.select(run.store, run.status, run.started_at, run.compared, run.by_kind, run.healed_by_kind)
		.where(one_of(run.store, stores))
		.where(run.status.isin(["Running", "Stopped", COMPLETED, "Failed"]))
		.where(run.started_at >= period.start)
		.where(run.started_at < period.end)
		.run(as_dict=True)
	)


def _by_day(runs: Sequence[Any], kind: str) -> dict[date, _Runs]:
	"""Return what the runs of each day came to. Of a kind, found is what that run of a store found that found most: others repeat it."""
	found: dict[date, _Runs] = defaultdict(_Runs)
	most: dict[tuple[date, str], Counter[str]] = defaultdict(Counter)
	for run in runs:
		day = run.started_at.date()
		one = found[day]
		one.completed += run.status == COMPLETED
		one.compared += run.compared or 0
		one.healed.update(_counts(run.healed_by_kind, kind))
		most[day, run.store] |= _counts(run.by_kind, kind)
	for (day, _store), counts in most.items():
		found[day].found.update(counts)
	return dict(found)


def _counts(text: str | None, kind: str) -> Counter[str]:
	counts = json.loads(text) if text else {}
	return Counter({name: int(number) for name, number in counts.items() if not kind or name == kind})


def _discrepancies(stores: Sequence[str], period: Period, kind: str) -> list[Any]:
	"""Return those that were open at some time of the period; what is live and what is settled each by an index of its own."""
	one = frappe.qb.DocType("Sync Discrepancy")
	query = (
		frappe.qb.from_(one)
		.select(
			one.kind,
			one.status,
			one.unit,
			one.amount,
			one.trend,
			one.samples,
			one.first_seen_at,
			one.last_seen_at,
			one.resolved_at,
		)
		.where(one_of(one.store, stores))
		.where(one.first_seen_at < period.end)
	)
	if kind:
		query = query.where(one.kind == kind)
	live = query.where(one.status.isin([str(state) for state in LIVE]))
	settled = query.where(one.status.isin(SETTLED)).where(one.resolved_at >= period.start)
	return [*live.run(as_dict=True), *settled.run(as_dict=True)]


def _life(one: Any) -> Life:
	over = one.resolved_at if one.status in SETTLED else None
	samples = samples_of(json.loads(one.samples)) if one.samples and one.unit else ()
	return Life(
		one.kind, one.first_seen_at.date(), over.date() if over else None, one.unit or "", Decimal(str(one.amount or 0)), samples
	)


def _rows(day: Day, runs: _Runs, currencies: Sequence[str]) -> Iterator[dict[str, Any]]:
	"""Yield a row of all kinds, then one of each kind that was there: a day that nothing was compared on is a row too."""
	kinds = sorted({*day.new, *day.settled, *day.open, *runs.found, *runs.healed})
	yield {
		**_row(day, runs, kinds, currencies),
		"kind": _("All kinds"),
		"compared": runs.compared,
		"bold": 1,
		"remark": "" if runs.completed else _("No run completed on this day."),
	}
	for kind in kinds:
		yield {**_row(day, runs, [kind], currencies), "kind": _(kind)}


def _row(day: Day, runs: _Runs, kinds: Sequence[str], currencies: Sequence[str]) -> dict[str, Any]:
	def amount(unit: str) -> float:
		return float(sum((day.amounts.get((kind, unit), Decimal(0)) for kind in kinds), Decimal(0)))

	return {
		"day": day.day,
		"found": sum(runs.found[kind] for kind in kinds),
		"new": sum(day.new[kind] for kind in kinds),
		"open": sum(day.open.get(kind, 0) for kind in kinds),
		"healed": sum(runs.healed[kind] for kind in kinds),
		"settled": sum(day.settled[kind] for kind in kinds),
		"pieces": amount(PIECES),
		**{_field(code): amount(code) for code in currencies},
	}


def _message(days: Sequence[Day], runs: Mapping[date, _Runs], period: Period) -> str:
	without = sum(not (day.day in runs and runs[day.day].completed) for day in days)
	compared = sum(one.compared for one in runs.values())
	said = _("{0}: the runs compared {1} records.").format(str(period), f"{compared:,}")
	return " ".join([said, _("On {0} of {1} days no run completed.").format(without, len(days))]) if without else said


def _cards(days: Sequence[Day], runs: Mapping[date, _Runs], trends: Mapping[str, int]) -> list[dict[str, Any]]:
	then, now = sum(days[0].open.values()), sum(days[-1].open.values())
	return [
		card(_("Open after the First Day"), then),
		card(_("Open at the End"), now, layout.BAD if now else layout.GOOD),
		card(_("New"), sum(sum(day.new.values()) for day in days)),
		card(_("Healed"), sum(sum(one.healed.values()) for one in runs.values())),
		card(
			_("Growing Slowly"), trends.get(str(Trend.GROWING), 0), layout.BAD if trends.get(str(Trend.GROWING)) else layout.GOOD
		),
		card(
			_("Recurring"),
			trends.get(str(Trend.RECURRING), 0),
			layout.BAD if trends.get(str(Trend.RECURRING)) else layout.GOOD,
		),
	]


def _chart(days: Sequence[Day]) -> dict[str, Any] | None:
	"""Return what was open at the end of each day: a line for each kind, those with the most first."""
	highest = Counter[str]()
	for day in days:
		highest |= Counter(day.open)
	kinds = [kind for kind, _number in highest.most_common(DRAWN)]
	series = {_(kind): [day.open.get(kind, 0) for day in days] for kind in kinds}
	return layout.chart(layout.ticks([day.day for day in days], "%m-%d"), series, "line", _COLORS)
