"""Inventory Drift: where stock is not the same in Shopify and in ERPNext, by how much, for how long, and whether it grows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import frappe
from frappe import _
from frappe.query_builder.functions import Abs
from frappe.utils import cint, date_diff, now_datetime

from shopify_sync.core import keys
from shopify_sync.core.reconciliation.discrepancy import LIVE
from shopify_sync.core.reconciliation.findings import Kind
from shopify_sync.core.reconciliation.trend import Trend
from shopify_sync.erpnext_host.reporting import layout
from shopify_sync.erpnext_host.reporting.coverage import coverage
from shopify_sync.erpnext_host.reporting.filters import chosen, one_of, stores_of
from shopify_sync.erpnext_host.reporting.layout import card, column

#: The largest are shown; more rows than this nobody reads.
MOST = 5000
DRAWN = 12
_SHOWN = (
	"name", "store", "status", "label", "shopify_id", "field", "document_type", "document_name", "shopify_value", "erpnext_value",
	"amount", "trend", "cause", "first_seen_at", "last_seen_at", "times_seen",
)  # fmt: skip


def execute(filters: Mapping[str, Any] | None = None) -> layout.Answer:
	"""Return the report. :param filters: store, status (else what is not over), trend, location, min_days: open for so long."""
	filters = filters or {}
	stores = stores_of(filters)
	places = _places(stores)
	found = [_row(one, places) for one in _discrepancies(stores, filters)]
	found = [row for row in found if row["days"] >= cint(filters.get("min_days")) and _is_at(row, filters.get("location"))]
	covered = coverage(stores, keys.INVENTORY_LEVEL)
	columns = _columns()
	said = [{"store": one.store, "place": str(one), "bold": 1} for one in covered]
	message = " ".join(f"{one.store}: {one}" for one in covered)
	return columns, layout.rows(columns, [*found, *said]), layout.plain(message), _chart(found), _cards(found)


def _columns() -> list[layout.Column]:
	return [
		column("store", _("Store"), "Link", 120, "Shopify Store"),
		column("place", _("Location"), width=170),
		column("item", _("Item"), "Dynamic Link", 150, "item_is"),
		column("shopify_value", _("Shopify"), width=90),
		column("erpnext_value", _("ERPNext"), width=90),
		column("amount", _("More in ERPNext"), "Float", 150),
		column("figure", _("Figure"), width=90),
		column("days", _("Days Open"), "Int", 105),
		column("times_seen", _("Times Seen"), "Int", 110),
		column("trend", _("Trend"), width=90),
		column("cause", _("Cause"), width=140),
		column("status", _("Status"), width=90),
		column("last_seen", _("Last Seen"), width=165),
		column("discrepancy", _("Discrepancy"), "Link", 160, "Sync Discrepancy"),
	]


def _places(stores: Sequence[str]) -> dict[tuple[str, str], str]:
	"""Return (store, Shopify's id of a location) → what people call it."""
	row = frappe.qb.DocType("Shopify Location Mapping")
	query = frappe.qb.from_(row).select(row.parent, row.location_id, row.location_name, row.warehouse)
	return {(store, id): name or warehouse or id for store, id, name, warehouse in query.where(one_of(row.parent, stores)).run()}


def _discrepancies(stores: Sequence[str], filters: Mapping[str, Any]) -> list[Any]:
	one = frappe.qb.DocType("Sync Discrepancy")
	query = (
		frappe.qb.from_(one)
		.select(*(one[name] for name in _SHOWN))
		.where(one_of(one.store, stores))
		.where(one_of(one.status, chosen(filters, "status", tuple(map(str, LIVE)))))
		.where(one.kind == str(Kind.STOCK))
		.orderby(Abs(one.amount), order=frappe.qb.desc)
		.orderby(one.first_seen_at)
		.limit(MOST)
	)
	if filters.get("trend"):
		query = query.where(one.trend == str(filters["trend"]))
	return query.run(as_dict=True)


def _row(one: Any, places: Mapping[tuple[str, str], str]) -> dict[str, Any]:
	location = (one.shopify_id or "").partition("-")[2]
	is_item = one.document_type == "Item" and one.document_name
	return {
		"store": one.store,
		"place": places.get((one.store, location), location),
		"location": location,
		"item": one.document_name if is_item else one.label,
		"item_is": "Item",
		"shopify_value": one.shopify_value,
		"erpnext_value": one.erpnext_value,
		"amount": one.amount,
		"figure": one.field,
		"days": date_diff(now_datetime(), one.first_seen_at) if one.first_seen_at else 0,
		"times_seen": one.times_seen,
		"trend": one.trend,
		"cause": one.cause,
		"status": one.status,
		"last_seen": layout.moment(one.last_seen_at),
		"discrepancy": one.name,
	}


def _is_at(row: Mapping[str, Any], location: str | None) -> bool:
	return not location or str(location) in (row["location"], row["place"])


def _cards(found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
	over = sum(row["amount"] for row in found if row["amount"] > 0)
	under = -sum(row["amount"] for row in found if row["amount"] < 0)
	trends = {trend: sum(row["trend"] == str(trend) for row in found) for trend in (Trend.GROWING, Trend.RECURRING)}
	return [
		card(_("Levels that Differ"), len(found), layout.BAD if found else layout.GOOD),
		card(_("Pieces More in ERPNext"), over, datatype="Float"),
		card(_("Pieces More in Shopify"), under, datatype="Float"),
		card(_("Growing"), trends[Trend.GROWING], layout.BAD if trends[Trend.GROWING] else layout.GOOD),
		card(_("Recurring"), trends[Trend.RECURRING], layout.BAD if trends[Trend.RECURRING] else layout.GOOD),
	]


def _chart(found: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
	"""Return the largest differences: bars up where ERPNext has more, down where Shopify has."""
	drawn = found[:DRAWN]
	labels = [f"{row['item']} · {row['place']}" for row in drawn]
	return layout.chart(labels, {_("More in ERPNext"): [row["amount"] for row in drawn]}, colors=("#E8683F",))
