"""Reconciliation in a terminal: begun, gone on with to its end, and summed up in lines of text."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import frappe
from frappe.utils import get_datetime

from shopify_sync.core.operations import Refused
from shopify_sync.core.reconciliation.ports import Shopify
from shopify_sync.core.reconciliation.schedule import Depth

from .. import times
from . import running, runs


def begun(
	store: str,
	full: bool = False,
	since: str | None = None,
	until: str | None = None,
	order: str | None = None,
	item: str | None = None,
	heal: bool | None = None,
) -> str:
	"""Begin the run that the options ask for; return its name. Commits.

	:param since, until: in the site's time zone. :raises Refused, ValueError: when that cannot be.
	"""
	running.check(store)
	ids = running.ids_of(store, order, item)
	depth = Depth.RECORDS if ids else Depth.FULL if full else Depth.RANGE if since or until else Depth.LIGHT
	moments = [times.from_site(get_datetime(text)) if text else None for text in (since, until)]
	wanted = running.wanted_by("Administrator", store, depth, since=moments[0], until=moments[1], ids=ids, heal=heal)
	name = runs.begin(wanted)
	frappe.db.commit()
	return name


def resumed(store: str) -> str:
	"""Return the oldest run of a store that is not over. :raises Refused: when there is none."""
	waiting = runs.waiting(store)
	if not waiting:
		raise Refused(f"No reconciliation of store {store} is under way.")
	return waiting[0]


def carry_on(name: str, progress: Callable[[float], None], shopify: Shopify | None = None) -> None:
	"""Carry a run out to its end. :param progress: told after every page how far it is, in percent."""
	running.carry_on(name, shopify, lambda run: progress(runs.progress_of(run)))


def summary(name: str) -> Iterator[str]:
	"""Yield what came of a run, line by line: first how much was compared, for silence is no success."""
	doc = frappe.get_doc(runs.DOCTYPE, name)
	cost = f", {doc.calls} calls, {doc.points:.0f} points" if doc.calls else ""
	yield f"{name}: {doc.status}{cost}."
	yield f"Compared {doc.compared} records, {doc.agreed} agree."
	for row in doc.figures:
		if not row.day:
			yield f"  {row.resource_type}: {row.agreed} of {row.compared} agree"
	for reason, count in sorted(json.loads(doc.left_out or "{}").items()):
		yield f"  left out: {count} ({reason})"
	found, healed = json.loads(doc.by_kind or "{}"), json.loads(doc.healed_by_kind or "{}")
	yield f"Found {doc.found} differences." if found else "No difference was found."
	for kind, count in sorted(found.items()):
		set_going = f", {healed[kind]} set going to be healed" if healed.get(kind) else ""
		yield f"  {kind}: {count}{set_going}"
	if doc.dry_run and found:
		yield "Nothing was healed: a dry run."
	if doc.stopped_because:
		yield str(doc.stopped_because)
