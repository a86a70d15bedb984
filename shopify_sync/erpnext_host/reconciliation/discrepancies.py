"""Sync Discrepancies on MariaDB: read for a page of records, changed by core/reconciliation/discrepancy.py, written as a set.

The only module that writes the doctype; api/reconciliation.py has people's decisions written here.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import frappe

from shopify_sync.core import keys
from shopify_sync.core.contracts.base import dump_json
from shopify_sync.core.keys import short_hash
from shopify_sync.core.reconciliation.discrepancy import (
	LIVE,
	Discrepancy,
	State,
	gone,
	samples_of,
	samples_text,
	seen,
)
from shopify_sync.core.reconciliation.findings import Cause, Difference, Explanation, Finding, Kind, Proposal

from .. import times
from .documents import decimal

DOCTYPE = "Sync Discrepancy"
#: What may still be over when its record agrees.
_NOT_OVER = (*LIVE, State.DISMISSED)
_COLUMNS = (
	"name", "creation", "modified", "owner", "modified_by", "docstatus", "idx", "store", "resource_type", "shopify_id", "link", "label", "kind", "field",
	"status", "shopify_value", "erpnext_value", "amount", "unit", "document_type", "document_name", "cause", "event", "changed_by",
	"changed_at", "proposal", "first_seen_at", "last_seen_at", "times_seen", "first_run", "last_run", "healed_by_run", "trend",
	"samples", "resolution", "resolved_by", "resolved_at",
)  # fmt: skip
_STAYS = ("name", "creation", "owner", "docstatus", "idx")
_UPSERT = (
	f"INSERT INTO `tabSync Discrepancy` ({', '.join(f'`{column}`' for column in _COLUMNS)}) VALUES {{rows}} ON DUPLICATE KEY UPDATE "  # noqa: S608 - constants
	+ ", ".join(f"`{column}` = VALUES(`{column}`)" for column in _COLUMNS if column not in _STAYS)
)
_AT_ONCE = 100


@dataclass(frozen=True)
class Kept:
	"""A discrepancy with what a person decided about it. *resolved_at*: in the site's zone."""

	one: Discrepancy
	resolution: str = ""
	resolved_by: str = ""
	resolved_at: datetime | None = None


def name_of(finding: Finding) -> str:
	"""Return the name of the row: the same for the same record, kind and field."""
	return short_hash(finding.key)[:20]


def known(findings: Sequence[Finding]) -> dict[str, Discrepancy]:
	"""Return what is known of *findings* from earlier, by their key."""
	there = _of_records({finding.link for finding in findings})
	return {finding.key: there[name].one for finding in findings if (name := name_of(finding)) in there}


def settle(run: str, findings: Sequence[Finding], compared: Collection[str], now: datetime) -> None:
	"""Write what a run found of a page of records, in the running transaction; what is not found any more of *compared* is over.

	:param compared: keys of records.
	"""
	before_it = _of_records({*compared, *(finding.link for finding in findings)})
	changed: dict[str, Kept] = {}
	for finding in findings:
		name = name_of(finding)
		before = before_it.pop(name, None)
		changed[name] = _seen(before, seen(before.one if before else None, finding, now, run))
	settled = set(compared)
	changed |= {
		name: _gone(before, now)
		for name, before in before_it.items()
		if before.one.state in _NOT_OVER and before.one.finding.link in settled
	}
	_write(changed, now)


def settle_all(store: str, where: str, values: Mapping[str, Any], now: datetime) -> None:
	"""End the discrepancies of a store that *where* finds, in the running transaction: what they spoke of stands no more.

	:param where: a condition of this package's own, with *values*.
	"""
	condition = f"store = %(store)s AND status IN %(states)s AND {where}"
	found = _select(condition, {"store": store, "states": tuple(map(str, _NOT_OVER)), **values})
	_write({name: _gone(before, now) for name, before in found.items()}, now)


def not_met(store: str, run: str) -> tuple[list[tuple[str, str]], list[str]]:
	"""Return what another run than *run* has found, and is not over: (id, label) of orders that are missing, and ids of customers."""
	rows = frappe.db.sql(
		"""SELECT DISTINCT resource_type, shopify_id, IFNULL(label, '') FROM `tabSync Discrepancy`
		WHERE store = %(store)s AND status IN %(states)s AND IFNULL(last_run, '') != %(run)s
		AND (resource_type = %(customer)s OR (resource_type = %(order)s AND kind = %(missing)s)) ORDER BY shopify_id""",
		{
			"store": store,
			"states": tuple(map(str, _NOT_OVER)),
			"run": run,
			"customer": keys.CUSTOMER,
			"order": keys.ORDER,
			"missing": str(Kind.MISSING),
		},
	)
	orders = [(id, label) for resource, id, label in rows if resource == keys.ORDER]
	return orders, [id for resource, id, _label in rows if resource == keys.CUSTOMER]


def read(name: str, *, lock: bool = False) -> Kept | None:
	"""Return one discrepancy. *lock*: for a change in the running transaction."""
	return _select("name = %(name)s", {"name": name}, " FOR UPDATE" if lock else "").get(name)


def decide(name: str, state: State, user: str, resolution: str, run: str = "") -> None:
	"""Write what a person decided about a discrepancy, in the running transaction."""
	kept = read(name, lock=True)
	if kept is None:
		raise frappe.DoesNotExistError(f"There is no Sync Discrepancy {name}.")
	now = times.now()
	one = replace(kept.one, state=state, healed_by=run or kept.one.healed_by)
	_write({name: Kept(one, resolution, user, times.to_site(now))}, now)


def _seen(before: Kept | None, now: Discrepancy) -> Kept:
	"""Keep a person's decision as long as it stands."""
	if before and now.state is State.DISMISSED:
		return replace(before, one=now)
	return Kept(now)


def _gone(before: Kept, now: datetime) -> Kept:
	return replace(before, one=gone(before.one), resolved_at=times.to_site(now))


def _of_records(links: Collection[str]) -> dict[str, Kept]:
	return _select("link IN %(links)s", {"links": tuple(links) or ("",)})


def _select(where: str, values: Mapping[str, Any], lock: str = "") -> dict[str, Kept]:
	columns = ", ".join(f"`{column}`" for column in _COLUMNS)
	rows = frappe.db.sql(f"SELECT {columns} FROM `tabSync Discrepancy` WHERE {where}{lock}", values, as_dict=True)  # noqa: S608
	return {row.name: _kept(row) for row in rows}


def _kept(row: Any) -> Kept:
	amount = decimal(row.amount) if row.amount else None
	document = (row.document_type, row.document_name) if row.document_type and row.document_name else None
	difference = Difference(
		Kind(row.kind), row.field or "", row.shopify_value or "", row.erpnext_value or "", amount, row.unit or "", document
	)
	changed_at = times.from_site(row.changed_at) if row.changed_at else None
	explanation = Explanation(Cause(row.cause or Cause.UNKNOWN), row.event or None, row.changed_by or None, changed_at)
	state = State(row.status)
	finding = Finding(
		row.store,
		row.resource_type,
		row.shopify_id,
		row.label or "",
		difference,
		explanation,
		Proposal(row.proposal or Proposal.REVIEW),
		state is State.HEALING,
	)
	one = Discrepancy(
		finding,
		state,
		times.from_site(row.first_seen_at),
		times.from_site(row.last_seen_at),
		int(row.times_seen or 0),
		row.first_run or "",
		row.last_run or "",
		row.healed_by_run or "",
		samples_of(json.loads(row.samples) if row.samples else None),
	)
	return Kept(one, row.resolution or "", row.resolved_by or "", row.resolved_at)


def _write(changed: Mapping[str, Kept], now: datetime) -> None:
	"""Insert or update rows, sorted by name, so that two transactions do not wait in a circle."""
	rows = [_row(name, changed[name], now) for name in sorted(changed)]
	for begin in range(0, len(rows), _AT_ONCE):
		some = rows[begin : begin + _AT_ONCE]
		marks = ", ".join(["(" + ", ".join(["%s"] * len(_COLUMNS)) + ")"] * len(some))
		frappe.db.sql(_UPSERT.format(rows=marks), tuple(value for row in some for value in row))


def _row(name: str, kept: Kept, now: datetime) -> tuple[Any, ...]:
	one, at = kept.one, times.to_site(now)
	finding, difference, why = one.finding, one.finding.difference, one.finding.explanation
	document = difference.document or (None, None)
	return (
		name, at, at, "Administrator", "Administrator", 0, 0, finding.store, finding.resource, finding.shopify_id, finding.link,
		finding.label[:140], str(difference.kind), difference.field[:140], str(one.state), difference.shopify, difference.erpnext,
		difference.amount or 0, difference.unit, *document, str(why.cause), why.event, why.by, times.to_site(why.at),
		str(finding.proposal), times.to_site(one.first_seen), times.to_site(one.last_seen), one.times_seen, one.first_run or None,
		one.last_run or None, one.healed_by or None, str(one.trend), dump_json(samples_text(one.samples)), kept.resolution or None,
		kept.resolved_by or None, kept.resolved_at,
	)  # fmt: skip


def counts_of_run(run: str) -> tuple[dict[str, int], dict[str, int]]:
	"""Return what a run found, and what it set going, by kind, as the rows say."""
	found, healed = {}, {}
	for kind, seen_by, healed_by in frappe.db.sql(
		"""SELECT kind, SUM(last_run = %(run)s), SUM(healed_by_run = %(run)s) FROM `tabSync Discrepancy`
		WHERE last_run = %(run)s OR healed_by_run = %(run)s GROUP BY kind""",
		{"run": run},
	):
		found[kind], healed[kind] = int(seen_by or 0), int(healed_by or 0)
	return {kind: count for kind, count in found.items() if count}, {kind: count for kind, count in healed.items() if count}
