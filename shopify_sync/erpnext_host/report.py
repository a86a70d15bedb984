"""How the stores are, as lines for a terminal and as values for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click
import frappe

from shopify_sync.core.health import Verdict
from shopify_sync.core.statuses import Status

from . import health
from .command_center.groups import groups

#: So many causes of failures are shown of each store.
TOP = 5
_COLORS = {Verdict.GOOD: "green", Verdict.ATTENTION: "yellow", Verdict.BROKEN: "red", Verdict.NOT_SET_UP: "cyan"}
_WIDTH = 100


def stores(store: str | None = None) -> list[dict[str, Any]]:
	"""Return how every store is, or the one that is named: its health, and the causes of what failed (`causes`).

	:raises ValueError: when there is no store of that name. Ends the running transaction: the next look sees what is new.
	"""
	found = [{**health.as_dict(one), "causes": _causes(one.store)} for one in health.healths(store)]
	frappe.db.rollback()
	if store and not found:
		raise ValueError(f"There is no Shopify Store {store}.")
	return found


def is_good(found: Sequence[Mapping[str, Any]]) -> bool:
	"""Tell whether nothing is wrong with any of the stores; without a store nothing is good."""
	return bool(found) and all(one["verdict"] == Verdict.GOOD for one in found)


def lines(found: Sequence[Mapping[str, Any]]) -> Iterator[str]:
	"""Yield what `shopify-sync status` prints."""
	if not found:
		yield "No Shopify Store yet. Create one in the Desk: Shopify Sync → Shopify Store."
	for number, one in enumerate(found):
		if number:
			yield ""
		yield from _store(one)


def _store(one: Mapping[str, Any]) -> Iterator[str]:
	verdict = Verdict(one["verdict"])
	mode = one["mode"] if one["enabled"] else "disabled"
	yield click.style(f"{one['store']}  {verdict.upper()}", fg=_COLORS[verdict], bold=True) + f"  {mode}"
	for says in one["says"]:
		yield from _wrapped(says)
	yield from _table(_figures(one))
	if one["causes"]:
		yield "  what failed:"
	for cause in one["causes"]:
		yield f"    {cause['count']:>7,}  {cause['title']}: {cause['what']}"[:_WIDTH]


def _figures(one: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
	"""Yield what stands beside what: a word and its figure."""
	by_status = one["by_status"]
	yield "circuit", str(one["circuit"]["state"])
	yield "last event", _minute(one["last_event_at"])
	yield "last webhook", _minute(one["last_webhook_at"])
	yield "waiting", f"{one['waiting']:,}"
	yield "oldest waiting", _span(one["oldest_unprocessed_seconds"]) if one["waiting"] else "none"
	yield "p95 lag", "none in 1 h" if one["lag_p95_seconds"] is None else _span(one["lag_p95_seconds"])
	yield "finished, 1 h", f"{one['finished_last_hour']:,}"
	yield "failed, 1 h", f"{one['failed_last_hour']:,} ({one['error_share']:.0%})"
	yield "open failures", f"{one['failures_open']:,}"
	for status in (Status.BLOCKED, Status.CONFLICT, Status.DEAD_LETTER, Status.RETRYING, Status.HELD):
		if by_status.get(str(status)):
			yield str(status).lower(), f"{by_status[str(status)]:,}"
	yield "conflicts", f"{one['conflicts_open']:,}"
	yield "drift", f"{one['drift_open']:,} ({one['drift_trend']:+,} in a day)"
	yield "compared", _minute(one["last_reconciliation_at"])
	yield "API points used", "not known" if one["api_points_used_share"] is None else f"{one['api_points_used_share']:.0%}"
	yield "operations", f"{one['operations_running']:,} running"
	yield "holds", f"{one['holds']:,}"
	yield "alerts", f"{one['alerts_open']:,} open"


def _table(pairs: Iterator[tuple[str, str]], columns: int = 3) -> Iterator[str]:
	cells = [f"{word:<15} {figure}" for word, figure in pairs]
	for start in range(0, len(cells), columns):
		yield ("  " + "  ".join(f"{cell:<32}" for cell in cells[start : start + columns])).rstrip()


def _wrapped(text: str) -> Iterator[str]:
	yield from click.wrap_text(text, width=_WIDTH, initial_indent="  ", subsequent_indent="    ").splitlines()


def _minute(moment: str | None) -> str:
	return moment[:16] if moment else "never"


def _span(seconds: float) -> str:
	"""Return a duration as people say it: 4.2 s, 12 min, 3 h 5 min, 2 d 4 h."""
	minutes = int(seconds // 60)
	if minutes < 1:
		return f"{seconds:.1f} s"
	if minutes < 60:
		return f"{minutes} min"
	if minutes < 24 * 60:
		return f"{minutes // 60} h {minutes % 60} min"
	return f"{minutes // 1440} d {minutes // 60 % 24} h"


def _causes(store: str) -> list[dict[str, Any]]:
	found = groups({"store": store}, limit=TOP)["groups"]
	return [
		{
			"count": group["count"],
			"category": group["category"],
			"title": str(group["title"]),
			"what": group["missing"] or " ".join((group["message"] or "").split()),
			"orders": group["orders"],
		}
		for group in found
	]
