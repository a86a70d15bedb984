"""What came of a backfill so far: of a rehearsal what would fail, else where its events stand, and what those wait for that failed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import frappe
from frappe import _

from shopify_sync.core.events import Source
from shopify_sync.core.failures import INFO, Category
from shopify_sync.core.statuses import NEEDS_ATTENTION

from . import runs

#: So many causes are shown: nobody reads more, and the first ones are the most frequent.
_SHOWN = 100
_EVENTS = "FROM `tabSync Event` WHERE store = %(store)s AND source = %(source)s AND received_at >= %(since)s"


def of(name: str) -> dict[str, Any]:
	"""Return `{outcomes: {resource: {outcome: count}}, causes: [{category, missing, message, count, examples, fix, …}], pushes, more}`."""
	row = frappe.db.get_value(runs.DOCTYPE, name, ["store", "rehearsal", "report", "started_at", "ended_at"], as_dict=True)
	if not row:
		raise frappe.DoesNotExistError(f"There is no {runs.DOCTYPE} {name}.")
	if row.rehearsal:
		found = json.loads(row.report or "{}")
		causes = found.get("causes") or []
		return {
			"outcomes": found.get("outcomes") or {},
			"causes": causes[:_SHOWN],
			"pushes": found.get("pushes") or 0,
			"more": max(len(causes) - _SHOWN, 0),
		}
	if not row.started_at:
		return {"outcomes": {}, "causes": [], "pushes": 0, "more": 0}
	return _of_events(row)


def _of_events(row: Any) -> dict[str, Any]:
	values: dict[str, Any] = {"store": row.store, "source": str(Source.BACKFILL), "since": row.started_at, "until": row.ended_at}
	span = _EVENTS + (" AND received_at <= %(until)s" if row.ended_at else "")
	counts = frappe.db.sql(f"SELECT resource_type, status, COUNT(*) {span} GROUP BY resource_type, status", values)
	outcomes: dict[str, dict[str, int]] = {}
	for resource, status, count in counts:
		outcomes.setdefault(resource or "", {})[status] = int(count)
	values["statuses"] = tuple(str(status) for status in NEEDS_ATTENTION)
	rows = frappe.db.sql(
		f"""SELECT resource_type AS resource, category, IFNULL(missing, '') AS missing, MAX(message) AS message, COUNT(*) AS count,
		SUBSTRING_INDEX(GROUP_CONCAT(IFNULL(order_name, shopify_id) ORDER BY received_at SEPARATOR '\\n'), '\\n', 5) AS examples
		{span} AND status IN %(statuses)s AND category IS NOT NULL GROUP BY resource_type, category, IFNULL(missing, '')
		ORDER BY COUNT(*) DESC LIMIT {_SHOWN}""",
		values,
		as_dict=True,
	)
	causes = [{**cause, "examples": cause.examples.split("\n"), "fix": _fix(cause.category), "solved": False} for cause in rows]
	return {"outcomes": outcomes, "causes": causes, "pushes": 0, "more": 0}


def _fix(category: str) -> str:
	return _(INFO[Category(category)].fix)


def lines(name: str) -> Iterator[str]:
	"""Yield what came of a run as lines for a terminal."""
	doc = frappe.get_doc(runs.DOCTYPE, name)
	yield f"{name}: {doc.status}, {doc.records} record(s) read."
	if doc.waits_for:
		yield f"Waits: {doc.waits_for}"
	found = of(name)
	for resource, counts in found["outcomes"].items():
		yield f"  {resource}: " + ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items()))
	if found["pushes"]:
		yield f"  stock: {found['pushes']} level(s) would be compared with ERPNext's, and set in Shopify where they differ"
	for cause in found["causes"]:
		what = f" ({cause['missing']})" if cause["missing"] else ""
		solved = " Its product is imported too, and makes it." if cause.get("solved") else ""
		yield f"  {cause['count']} × {cause['category']}{what}: {cause['message']}{solved}"
		yield f"      e.g. {', '.join(cause['examples'])}. {cause['fix']}"
	if found["more"]:
		yield f"  … and {found['more']} more causes."
	if doc.rehearsal:
		yield "Nothing was written: a rehearsal. What ERPNext itself would refuse shows only when it is done."
	else:
		yield "Workers carry out what was read; `shopify-sync status` shows how far they are."
