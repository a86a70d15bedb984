"""Order Totals Check: what the orders of a day and a status come to on both sides, as the last full run counted them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import frappe
from frappe import _
from frappe.utils import cint

from shopify_sync.core import keys
from shopify_sync.erpnext_host.reporting import layout
from shopify_sync.erpnext_host.reporting.coverage import FULL, coverage, last_runs
from shopify_sync.erpnext_host.reporting.filters import Period, one_of, stores_of
from shopify_sync.erpnext_host.reporting.layout import card, column

DAYS = 30
_FIGURES = ("shopify_count", "erpnext_count", "shopify_total", "erpnext_total")


def execute(filters: Mapping[str, Any] | None = None) -> layout.Answer:
	"""Return the report.

	:param filters: store, run (else the last full one of each store), only_differences, days or from_date and to_date: the days on
		which the orders were placed, UTC as in the run.
	"""
	filters = filters or {}
	stores, period = stores_of(filters), Period.of(filters, DAYS)
	runs = _runs(stores, filters.get("run"))
	every = _figures(list(runs))
	within = [row for row in every if period.first <= row.day <= period.last]
	shown = [row for row in within if _differs(row)] if cint(filters.get("only_differences")) else within
	columns = _columns()
	found = [_row(row, runs[row.parent]) for row in shown]
	found += [_total(store, [row for row in every if runs[row.parent] == store], runs) for store in stores]
	message = " ".join(f"{one.store}: {one}" for one in coverage(stores, keys.ORDER))
	return columns, layout.rows(columns, found), layout.plain(message), _chart(within), _cards(within, every)


def _columns() -> list[layout.Column]:
	return [
		column("store", _("Store"), "Link", 130, "Shopify Store"),
		column("day", _("Day"), "Date", 115),
		column("status", _("Status"), width=280),
		column("shopify_count", _("Orders in Shopify"), "Int", 145),
		column("erpnext_count", _("Orders in ERPNext"), "Int", 150),
		column("count_difference", _("More in ERPNext"), "Int", 150),
		column("shopify_total", _("Total in Shopify"), "Float", 130),
		column("erpnext_total", _("Total in ERPNext"), "Float", 140),
		column("difference", _("Difference"), "Float", 110),
		column("run", _("Run"), "Link", 230, "Reconciliation Run"),
	]


def _runs(stores: Sequence[str], wanted: str | None) -> dict[str, str]:
	"""Return run → store: the one that is asked for, else the last full one of each store."""
	if not wanted:
		return {run: store for store, run, _ended in last_runs(stores, FULL)}
	store = frappe.db.get_value("Reconciliation Run", str(wanted), "store")
	return {str(wanted): store} if store in stores else {}


def _figures(runs: Sequence[str]) -> list[Any]:
	figure = frappe.qb.DocType("Reconciliation Figure")
	return (
		frappe.qb.from_(figure)
		.select(figure.parent, figure.day, figure.status, *(figure[name] for name in _FIGURES))
		.where(one_of(figure.parent, runs))
		.where(figure.resource_type == keys.ORDER)
		.where(figure.day.isnotnull())
		.orderby(figure.day, order=frappe.qb.desc)
		.orderby(figure.parent)
		.orderby(figure.status)
		.run(as_dict=True)
	)


def _cents(value: float | None) -> Decimal:
	"""Return a sum as it was written: the column is a float of two decimals."""
	return Decimal(str(value or 0)).quantize(Decimal("0.01"))


def _difference(row: Any) -> Decimal:
	return _cents(row.erpnext_total) - _cents(row.shopify_total)


def _differs(row: Any) -> bool:
	return bool(_difference(row)) or row.erpnext_count != row.shopify_count


def _row(row: Any, store: str) -> dict[str, Any]:
	return {
		"store": store,
		"day": row.day,
		"status": row.status,
		**{name: row[name] for name in _FIGURES},
		"count_difference": row.erpnext_count - row.shopify_count,
		"difference": float(_difference(row)),
		"run": row.parent,
	}


def _total(store: str, figures: Sequence[Any], runs: Mapping[str, str]) -> dict[str, Any]:
	"""Return the last row of a store: all days of the run, those outside the period too, so that none is forgotten."""
	run = next((name for name, its in runs.items() if its == store), None)
	if run is None:
		return {"store": store, "status": _("No full run has completed: nothing was compared."), "bold": 1}
	differing = len({row.day for row in figures if _differs(row)})
	said = _("All {0} days of the run, {1} of them differ").format(len({row.day for row in figures}), differing)
	counts = {name: sum(row[name] or 0 for row in figures) for name in _FIGURES[:2]}
	totals = {name: sum((_cents(row[name]) for row in figures), Decimal(0)) for name in _FIGURES[2:]}
	return {
		"store": store,
		"status": said if figures else _("The run met no orders."),
		**counts,
		**{name: float(total) for name, total in totals.items()},
		"count_difference": counts["erpnext_count"] - counts["shopify_count"],
		"difference": float(totals["erpnext_total"] - totals["shopify_total"]),
		"run": run,
		"bold": 1,
	}


def _cards(within: Sequence[Any], every: Sequence[Any]) -> list[dict[str, Any]]:
	differing = sum(_differs(row) for row in within)
	beyond = sum(_differs(row) for row in every) - differing
	return [
		card(_("Orders Compared in the Period"), sum(row.shopify_count for row in within)),
		card(_("Rows that Differ"), differing, layout.BAD if differing else layout.GOOD),
		card(_("More Orders in ERPNext"), sum(row.erpnext_count - row.shopify_count for row in within)),
		card(_("Difference"), float(sum(map(_difference, within), Decimal(0))), datatype="Float"),
		card(_("Rows that Differ on Other Days"), beyond, layout.BAD if beyond else layout.GOOD),
	]


def _chart(within: Sequence[Any]) -> dict[str, Any] | None:
	sums: dict[date, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
	for row in within:
		sums[row.day][0] += _cents(row.shopify_total)
		sums[row.day][1] += _cents(row.erpnext_total)
	days = sorted(sums)
	series = {_("Shopify"): [float(sums[day][0]) for day in days], _("ERPNext"): [float(sums[day][1]) for day in days]}
	return layout.chart(layout.ticks(days, "%Y-%m-%d"), series, colors=("#46B37E", "#449CF0"))
