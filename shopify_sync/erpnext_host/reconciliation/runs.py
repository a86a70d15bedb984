"""Reconciliation Runs on MariaDB: begun, kept after every page in the transaction that keeps what the page found, and gone on with.

The only module that writes the doctype.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import frappe

from shopify_sync.core.contracts.base import dump_json
from shopify_sync.core.reconciliation.run import Run, phases_of
from shopify_sync.core.reconciliation.schedule import Depth, History, Reason

from .. import notify, policies, times
from . import discrepancies

DOCTYPE = "Reconciliation Run"
RUNNING, STOPPED, COMPLETED, FAILED = "Running", "Stopped", "Completed", "Failed"
#: So many webhooks tell what pause is usual, none of them older than this.
_HEARD, _HEARD_SINCE = 300, timedelta(days=7)


@dataclass(frozen=True)
class Wanted:
	"""A run that somebody or something asks for.

	:ivar since: UTC; None: from the beginning. *ids*: compare these records only, by resource.
	:ivar dry_run: None: as the store is set. *user*: who asked, None: nobody did.
	"""

	store: str
	depth: Depth
	reason: Reason
	since: datetime | None
	until: datetime
	ids: Mapping[str, tuple[str, ...]] | None = None
	dry_run: bool = True
	user: str | None = None


def begin(wanted: Wanted) -> str:
	"""Write a run that nobody works at yet; return its name. The caller commits."""
	phases = phases_of(policies.policy(wanted.store), wanted.depth, wanted.ids)
	state = {
		"phases": phases,
		"since": wanted.since.isoformat() if wanted.since else None,
		"until": wanted.until.isoformat(),
		"started_at": None,
		"accepted": _accepted(wanted) if wanted.depth is Depth.LIGHT else {},
	}
	doc = frappe.get_doc(
		{
			"doctype": DOCTYPE,
			"store": wanted.store,
			"status": RUNNING,
			"depth": str(wanted.depth),
			"reason": str(wanted.reason),
			"dry_run": int(wanted.dry_run),
			"since": times.to_site(wanted.since),
			"until": times.to_site(wanted.until),
			"user": wanted.user,
			"ids": dump_json({name: list(several) for name, several in (wanted.ids or {}).items()}),
			"state": dump_json(state),
		}
	)
	doc.insert(ignore_permissions=True)
	return str(doc.name)


def _accepted(wanted: Wanted) -> Mapping[str, int]:
	"""Return what the last light run has learnt of days that do not come out even (core/reconciliation/counts.py)."""
	filters = {"store": wanted.store, "status": COMPLETED, "depth": str(Depth.LIGHT)}
	states = frappe.get_all(DOCTYPE, filters, pluck="state", order_by="creation desc", limit=1)
	found: Mapping[str, int] = json.loads(states[0] or "{}").get("accepted") or {} if states else {}
	return found


def load(name: str) -> Run:
	"""Return a run where it was kept last; of what it healed, what was noted since counts too.

	:raises frappe.DoesNotExistError: when there is no such run.
	"""
	row = frappe.db.get_value(
		DOCTYPE,
		name,
		["store", "depth", "ids", "state", "by_kind", "stopped_because", "ended_at"],
		as_dict=True,
	)
	if not row:
		raise frappe.DoesNotExistError(f"There is no Reconciliation Run {name}.")
	state, ids = json.loads(row.state or "{}"), json.loads(row.ids or "{}")
	run = Run(
		name=name,
		store=row.store,
		depth=Depth(row.depth),
		since=_time(state.get("since")),
		until=_time(state.get("until")) or times.now(),
		phases=tuple(state.get("phases") or ()),
		ids={resource: tuple(several) for resource, several in ids.items()},
		started_at=_time(state.get("started_at")) or times.now(),
		stopped=row.stopped_because or "",
		ended=times.from_site(row.ended_at) if row.ended_at else None,
	)
	run.resume(state)
	run.found = json.loads(row.by_kind or "{}")
	# What was noted before its worker died counts: a death does not lift the limit of what is healed.
	run.healed = discrepancies.counts_of_run(name)[1]
	if not run.phases:
		run.ended = run.ended or times.now()
	return run


def _time(text: str | None) -> datetime | None:
	return datetime.fromisoformat(text) if text else None


def save(run: Run, now: datetime) -> bool:
	"""Write how far a run is, in the running transaction. Return whether it still counts: a person may have stopped it."""
	row = frappe.db.sql("SELECT status, stopped_because FROM `tabReconciliation Run` WHERE name = %s FOR UPDATE", (run.name,))
	if not row or row[0][0] != RUNNING:
		return False
	values = {**_values(run, now), "waits_for": None, "heartbeat_at": times.to_site(now), "modified": times.to_site(now)}
	if run.ended:
		values |= {"status": COMPLETED, "ended_at": times.to_site(run.ended), "progress": 100, **_cost(run)}
		_write_figures(run, now)
	_update(run.name, values)
	if run.stopped and run.stopped != (row[0][1] or ""):
		_tell(run)
	return True


def _values(run: Run, now: datetime) -> dict[str, Any]:
	left_out = sum((Counter(tally.left_out) for tally in run.tallies.values()), Counter[str]())
	state = {
		**run.dump(),
		"phases": run.phases,
		"since": run.since.isoformat() if run.since else None,
		"until": run.until.isoformat(),
		"started_at": run.started_at.isoformat() if run.started_at else now.isoformat(),
	}
	return {
		"state": dump_json(state),
		"started_at": times.to_site(run.started_at or now),
		"progress": progress_of(run),
		"compared": run.compared,
		"agreed": sum(tally.agreed for tally in run.tallies.values()),
		"found": sum(run.found.values()),
		"healed": sum(run.healed.values()),
		"left_out": dump_json(dict(left_out)),
		"by_kind": dump_json(run.found),
		"healed_by_kind": dump_json(run.healed),
		"stopped_because": run.stopped or None,
	}


def progress_of(run: Run) -> float:
	"""Return how far a run is, in percent: by its phases, and within one by how many of its records were looked at."""
	if run.ended or not run.phases:
		return 100.0
	tally, expected = run.tallies.get(run.resource), run.expected.get(run.resource)
	seen = tally.compared + sum(tally.left_out.values()) if tally else 0
	within = min(seen / expected, 0.99) if expected else 0.0
	return round(100 * (run.phase + within) / len(run.phases), 1)


def _cost(run: Run) -> dict[str, Any]:
	"""Return what reading has cost: what others read at the same time for the same store counts too."""
	rows = frappe.db.sql(
		"""SELECT COUNT(*), SUM(actual_cost) FROM `tabShopify API Call`
		WHERE store = %s AND started_at >= %s AND priority = 'Backfill'""",
		(run.store, times.to_site(run.started_at)),
	)
	return {"calls": int(rows[0][0]), "points": float(rows[0][1] or 0)}


def _tell(run: Run) -> None:
	subject = f"Reconciliation of store {run.store} stopped healing: {run.stopped}"
	text = (
		"Differences are still looked for, and wait for you. Look at what was found: if it is right that so much differs, raise "
		"the limit on Shopify Store and run it again. If it is not, a setting or an account may be wrong."
	)
	notify.tell(subject, text, DOCTYPE, run.name)


def _write_figures(run: Run, now: datetime) -> None:
	"""Write what both sides come to, by resource, day and status; the row without a day says how much was compared."""
	frappe.db.delete("Reconciliation Figure", {"parent": run.name})
	rows: list[tuple[Any, ...]] = []
	for resource, tally in run.tallies.items():
		rows.append((resource, None, "", 0, 0, 0, 0, tally.compared, tally.agreed))
		for (day, status), sums in sorted(tally.sums.items()):
			totals = (sums.shopify_total, sums.erpnext_total)
			rows.append((resource, day, status, sums.shopify, sums.erpnext, *totals, 0, 0))
	at = times.to_site(now)
	head = [
		(frappe.generate_hash(length=20), at, at, "Administrator", "Administrator", 0, index + 1) for index in range(len(rows))
	]
	parent = (run.name, "figures", DOCTYPE)
	frappe.db.bulk_insert(
		"Reconciliation Figure",
		[
			*("name", "creation", "modified", "owner", "modified_by", "docstatus", "idx", "parent", "parentfield", "parenttype"),
			*(
				"resource_type",
				"day",
				"status",
				"shopify_count",
				"erpnext_count",
				"shopify_total",
				"erpnext_total",
				"compared",
				"agreed",
			),
		],
		[(*first, *parent, *row) for first, row in zip(head, rows, strict=True)],
	)


def _update(name: str, values: Mapping[str, Any]) -> None:
	assignments = ", ".join(f"`{column}` = %s" for column in values)
	frappe.db.sql(f"UPDATE `tabReconciliation Run` SET {assignments} WHERE name = %s", (*values.values(), name))  # noqa: S608


def note(name: str, reason: str) -> None:
	"""Write why a run rests for now, in the running transaction; it goes on later."""
	_update(name, {"waits_for": reason[:500], "heartbeat_at": times.to_site(times.now())})


def end(name: str, status: str, reason: str) -> bool:
	"""End a run that goes on, in the running transaction. Return whether it went on until now."""
	row = frappe.db.sql("SELECT status FROM `tabReconciliation Run` WHERE name = %s FOR UPDATE", (name,))
	if not row or row[0][0] != RUNNING:
		return False
	now = times.to_site(times.now())
	_update(name, {"status": status, "ended_at": now, "modified": now, "stopped_because": reason[:500]})
	return True


def is_running(name: str) -> bool:
	"""Tell whether a run is not over."""
	return str(frappe.db.get_value(DOCTYPE, name, "status")) == RUNNING


def is_silent(name: str, longer_than: timedelta) -> bool:
	"""Tell whether a run gave no sign of life for so long, or none at all since it was begun so long ago."""
	row = frappe.db.get_value(DOCTYPE, name, ["heartbeat_at", "creation"], as_dict=True)
	return bool(row) and times.from_site(row.heartbeat_at or row.creation) < times.now() - longer_than


def waiting(store: str) -> list[str]:
	"""Return the runs of a store that are not over, the oldest first."""
	return list(frappe.get_all(DOCTYPE, {"store": store, "status": RUNNING}, pluck="name", order_by="creation, name"))


def history(store: str, now: datetime) -> History:
	"""Return what is known of a store when it is asked whether a run is due."""
	rows = frappe.db.sql(
		"""SELECT MAX(IF(status = 'Completed' AND depth IN ('Light', 'Full'), until, NULL)),
		MAX(IF(depth = 'Full' AND status != 'Failed', creation, NULL)) FROM `tabReconciliation Run` WHERE store = %s""",
		(store,),
	)
	until, full_at = rows[0]
	return History(
		light_until=times.from_site(until) if until else None,
		full_at=times.from_site(full_at) if full_at else None,
		outage_ended=_outage_ended(store),
		heard=_heard(store, now),
	)


def _outage_ended(store: str) -> datetime | None:
	"""Return when the store's circuit closed last, None when it is open or always was closed."""
	found = json.loads(frappe.db.get_value("Shopify Connection", store, "circuit_history") or "[]")
	last = found[-1] if found else None
	return datetime.fromisoformat(last["at"]) if last and str(last["state"]).lower() == "closed" else None


def _heard(store: str, now: datetime) -> Sequence[datetime]:
	"""Return when the last webhooks of a store came, the newest last."""
	rows = frappe.db.sql(
		"""SELECT received_at FROM `tabSync Event` WHERE received_at > %s AND store = %s AND source = 'Webhook'
		ORDER BY received_at DESC LIMIT %s""",
		(times.to_site(now - _HEARD_SINCE), store, _HEARD),
	)
	return [times.from_site(at).astimezone(timezone.utc) for (at,) in reversed(rows)]


def count(run: Run) -> None:
	"""Write what a run that has ended found and set going, in the running transaction, as the discrepancies say.

	A worker that died may have left some that were noted and are not found again.
	"""
	run.found, run.healed = discrepancies.counts_of_run(run.name)
	values = {
		"by_kind": dump_json(run.found),
		"healed_by_kind": dump_json(run.healed),
		"found": sum(run.found.values()),
		"healed": sum(run.healed.values()),
	}
	_update(run.name, values)
