"""Missing Orders: orders that only one side has, why, since when, and the event that would have brought them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import frappe
from frappe import _
from frappe.utils import date_diff, now_datetime

from shopify_sync.core import keys
from shopify_sync.core.reconciliation.discrepancy import LIVE
from shopify_sync.core.reconciliation.findings import LEFT_OVER, Kind
from shopify_sync.erpnext_host.reporting import layout
from shopify_sync.erpnext_host.reporting.coverage import coverage
from shopify_sync.erpnext_host.reporting.filters import chosen, one_of, stores_of
from shopify_sync.erpnext_host.reporting.layout import card, column

MOST = 5000
KINDS = (str(Kind.MISSING), str(Kind.NOT_IN_SHOPIFY))
_SHOWN = (
	"name", "store", "status", "kind", "label", "shopify_id", "document_type", "document_name", "cause", "event", "changed_by",
	"proposal", "first_seen_at", "times_seen",
)  # fmt: skip


def execute(filters: Mapping[str, Any] | None = None) -> layout.Answer:
	"""Return the report. :param filters: store, kind, cause, status (else what is not over)."""
	filters = filters or {}
	stores = stores_of(filters)
	found = [_row(one) for one in _discrepancies(stores, filters)]
	covered = coverage(stores, keys.ORDER)
	left_over = {one.store: one for one in coverage(stores, LEFT_OVER)}
	columns = _columns()
	said = [{"store": one.store, "order": _said(one, left_over[one.store]), "bold": 1} for one in covered]
	message = " ".join(f"{one['store']}: {one['order']}" for one in said)
	return columns, layout.rows(columns, [*found, *said]), layout.plain(message), _chart(found), _cards(found)


def _columns() -> list[layout.Column]:
	return [
		column("store", _("Store"), "Link", 120, "Shopify Store"),
		column("order", _("Order"), width=140),
		column("kind", _("Missing Where"), width=170),
		column("cause", _("Cause"), width=140),
		column("days", _("Days Open"), "Int", 105),
		column("first_seen", _("First Seen"), width=165),
		column("event", _("Sync Event"), "Link", 170, "Sync Event"),
		column("event_status", _("Event Status"), width=110),
		column("missing", _("Event Waits For"), width=160),
		column("proposal", _("Proposal"), width=170),
		column("document_type", _("Document Type"), width=110),
		column("document_name", _("Document"), "Dynamic Link", 150, "document_type"),
		column("status", _("Status"), width=90),
		column("discrepancy", _("Discrepancy"), "Link", 160, "Sync Discrepancy"),
	]


def _discrepancies(stores: Sequence[str], filters: Mapping[str, Any]) -> list[Any]:
	one, event = frappe.qb.DocType("Sync Discrepancy"), frappe.qb.DocType("Sync Event")
	query = (
		frappe.qb.from_(one)
		.left_join(event)
		.on(event.name == one.event)
		.select(*(one[name] for name in _SHOWN), event.status.as_("event_status"), event.missing)
		.where(one_of(one.store, stores))
		.where(one_of(one.status, chosen(filters, "status", tuple(map(str, LIVE)))))
		.where(one_of(one.kind, [kind for kind in chosen(filters, "kind", KINDS) if kind in KINDS]))
		.where(one.resource_type == keys.ORDER)
		.orderby(one.first_seen_at)
		.limit(MOST)
	)
	if filters.get("cause"):
		query = query.where(one.cause == str(filters["cause"]))
	return query.run(as_dict=True)


def _row(one: Any) -> dict[str, Any]:
	return {
		**{name: one[name] for name in ("store", "kind", "cause", "event", "event_status", "missing", "proposal", "status")},
		"order": one.label or one.shopify_id,
		"days": date_diff(now_datetime(), one.first_seen_at) if one.first_seen_at else 0,
		"first_seen": layout.moment(one.first_seen_at),
		"document_type": one.document_type if one.document_name else None,
		"document_name": one.document_name,
		"discrepancy": one.name,
	}


def _said(orders: Any, left_over: Any) -> str:
	"""Return how much was compared: what Shopify has, and of what ERPNext has besides, what Shopify says to have no more."""
	if not orders.run or not left_over.compared:
		return str(orders)
	return " ".join([str(orders), _("{0} more are in ERPNext only.").format(f"{left_over.compared:,}")])


def _cards(found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
	counts = Counter(row["kind"] for row in found)
	oldest = max((row["days"] for row in found), default=0)
	without = sum(not row["event"] for row in found if row["kind"] == str(Kind.MISSING))
	return [
		card(_("Missing in ERPNext"), counts[str(Kind.MISSING)], layout.BAD if counts[str(Kind.MISSING)] else layout.GOOD),
		card(_("Of These without an Event"), without, layout.BAD if without else layout.GOOD),
		card(
			_("Not in Shopify"), counts[str(Kind.NOT_IN_SHOPIFY)], layout.BAD if counts[str(Kind.NOT_IN_SHOPIFY)] else layout.GOOD
		),
		card(_("Days of the Oldest"), oldest, layout.BAD if oldest else layout.NEUTRAL),
	]


def _chart(found: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
	causes = [cause for cause, _number in Counter(row["cause"] for row in found).most_common()]
	series = {
		_(kind): [sum(row["cause"] == cause and row["kind"] == kind for row in found) for cause in causes] for kind in KINDS
	}
	return layout.chart([_(cause or "Unknown") for cause in causes], series, colors=("#E03636", "#E8A33F"))
