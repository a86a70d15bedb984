"""Shopify Backfills on MariaDB: begun, kept after every page, and gone on with. The only module that writes the doctype."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import frappe

from shopify_sync.core.backfill.rehearsal import Rehearsal
from shopify_sync.core.backfill.run import Run
from shopify_sync.core.backfill.wanted import Wanted
from shopify_sync.core.contracts.base import dump_json

from .. import times

DOCTYPE = "Shopify Backfill"
RUNNING, STOPPED, COMPLETED, FAILED = "Running", "Stopped", "Completed", "Failed"


def begin(store: str, wanted: Wanted, user: str) -> str:
	"""Write a run that nobody works at yet; return its name. The caller commits."""
	doc = frappe.get_doc(
		{
			"doctype": DOCTYPE,
			"store": store,
			"status": RUNNING,
			"rehearsal": int(wanted.rehearse),
			"products": int(wanted.products),
			"customers": int(wanted.customers),
			"orders": str(wanted.orders),
			"orders_from": times.to_site(wanted.since),
			"stock": int(wanted.stock),
			"user": user,
			"state": dump_json({"wanted": wanted.as_json()}),
		}
	)
	doc.insert(ignore_permissions=True)
	return str(doc.name)


def load(name: str) -> Run:
	"""Return a run where it was kept last. :raises frappe.DoesNotExistError: when there is no such run."""
	row = frappe.db.get_value(DOCTYPE, name, ["store", "state", "report", "ended_at", "status"], as_dict=True)
	if not row:
		raise frappe.DoesNotExistError(f"There is no {DOCTYPE} {name}.")
	state = json.loads(row.state)
	run = Run(name, row.store, Wanted.from_json(state["wanted"]), rehearsal=Rehearsal.from_json(json.loads(row.report or "{}")))
	run.resume(state)
	# One that was stopped has an end too, and goes on.
	run.ended = times.from_site(row.ended_at) if row.status == COMPLETED else None
	return run


def save(run: Run, now: datetime) -> bool:
	"""Write how far a run is, in the running transaction. Return whether it still counts: a person may have stopped it."""
	row = frappe.db.sql("SELECT status FROM `tabShopify Backfill` WHERE name = %s FOR UPDATE", (run.name,))
	if not row or row[0][0] != RUNNING:
		return False
	left = run.time_left
	values = {
		"state": dump_json({**run.dump(), "wanted": run.wanted.as_json()}),
		"progress": run.percent,
		"records": sum(run.read.values()),
		"expected": sum((run.totals or {}).values()),
		"started_at": times.to_site(run.started_at),
		"done_at": times.to_site(now + left) if left is not None else None,
		"waits_for": None,
		"stopped_because": None,
		"heartbeat_at": times.to_site(now),
		"modified": times.to_site(now),
	}
	if run.wanted.rehearse:
		failing = sum(cause.count for cause in run.rehearsal.failures)
		values |= {"report": dump_json(run.rehearsal.as_json()), "failing": failing}
	if run.ended:
		values |= {"status": COMPLETED, "ended_at": times.to_site(run.ended)}
	_update(run.name, values)
	return True


def beat(name: str, now: datetime) -> bool:
	"""Write a sign of life of a run that has no room, in the running transaction. Return whether the run goes on."""
	if not is_running(name):
		return False
	_update(name, {"heartbeat_at": times.to_site(now), "waits_for": "Events wait for a worker: live ones, or what was read."})
	return True


def note(name: str, reason: str) -> None:
	"""Write why a run rests for now, in the running transaction; it goes on later."""
	_update(name, {"waits_for": reason[:500], "done_at": None, "heartbeat_at": times.to_site(times.now())})


def end(name: str, status: str, reason: str) -> bool:
	"""End a run that goes on, in the running transaction. Return whether it went on until now."""
	return _turn(name, (RUNNING,), {"status": status, "ended_at": times.to_site(times.now()), "stopped_because": reason[:500]})


def go_on(name: str) -> bool:
	"""Have a run that was stopped, or failed, go on where it was, in the running transaction. Return whether there was one."""
	return _turn(name, (STOPPED, FAILED), {"status": RUNNING, "ended_at": None, "stopped_because": None, "heartbeat_at": None})


def _turn(name: str, from_: tuple[str, ...], values: Mapping[str, Any]) -> bool:
	row = frappe.db.sql("SELECT status FROM `tabShopify Backfill` WHERE name = %s FOR UPDATE", (name,))
	if not row or row[0][0] not in from_:
		return False
	_update(name, {**values, "waits_for": None, "done_at": None, "modified": times.to_site(times.now())})
	return True


def _update(name: str, values: Mapping[str, Any]) -> None:
	assignments = ", ".join(f"`{column}` = %s" for column in values)
	frappe.db.sql(f"UPDATE `tabShopify Backfill` SET {assignments} WHERE name = %s", (*values.values(), name))  # noqa: S608


def is_running(name: str) -> bool:
	"""Tell whether a run is not over."""
	return str(frappe.db.get_value(DOCTYPE, name, "status")) == RUNNING


def is_silent(name: str, longer_than: timedelta) -> bool:
	"""Tell whether a run gave no sign of life for so long, or none at all since it was begun so long ago."""
	row = frappe.db.get_value(DOCTYPE, name, ["heartbeat_at", "modified"], as_dict=True)
	return bool(row) and times.from_site(row.heartbeat_at or row.modified) < times.now() - longer_than


def running(store: str | None = None, *, rehearsals: bool = True) -> list[str]:
	"""Return the runs that are not over, of a store or of all, with rehearsals or without, the oldest first."""
	filters = {"status": RUNNING, **({"store": store} if store else {}), **({} if rehearsals else {"rehearsal": 0})}
	return list(frappe.get_all(DOCTYPE, filters, pluck="name", order_by="creation, name"))


def unfinished(store: str, wanted: Wanted) -> str | None:
	"""Return the newest run of a store that was asked for the same and has not read everything, or None."""
	rows = frappe.get_all(
		DOCTYPE, {"store": store}, ["name", "status", "state"], order_by="creation desc, name desc", limit_page_length=20
	)
	same = (row for row in rows if Wanted.from_json(json.loads(row.state)["wanted"]) == wanted)
	newest = next(same, None)
	return str(newest.name) if newest and newest.status != COMPLETED else None
