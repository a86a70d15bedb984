"""A plan as plain data for people: what Shadow mode records and what a dry run prints. Personal values are masked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from .events import evidence_of
from .failures import Failure
from .masking import mask, mask_name
from .money import plain
from .plan import (
	AddRows,
	CancelDocument,
	Change,
	CloseDocument,
	CreateDocument,
	Decision,
	DocRef,
	MergeDocument,
	Plan,
	ReopenDocument,
	ReviseDocument,
	RowRef,
	SubmitDocument,
	UpdateDocument,
)


def describe(change: Change) -> Mapping[str, Any]:
	"""Return one change as it stands in evidence: what would be done to which document, each field before → after."""
	if isinstance(change, CreateDocument):
		return _entry("create", change.doctype, change.name, {}, change.values, key=change.key)
	name = change.name.key if isinstance(change.name, DocRef) else change.name
	if isinstance(change, UpdateDocument):
		return _entry("update", change.doctype, name, change.before, change.after)
	if isinstance(change, AddRows):
		return _entry("update", change.doctype, name, {}, {change.table: change.rows})
	if isinstance(change, ReviseDocument):
		return _entry("revise", change.doctype, change.name, change.before, change.after)
	if isinstance(change, MergeDocument):
		before, after = (mask_name(change.doctype, name) for name in (change.name, change.into))
		return _entry("merge", change.doctype, change.into, {"name": before}, {"name": after})
	return _entry(_ACTIONS[type(change)], change.doctype, name, {}, {})


_ACTIONS: Mapping[type, str] = {
	CancelDocument: "cancel",
	SubmitDocument: "submit",
	CloseDocument: "close",
	ReopenDocument: "reopen",
}


def _entry(
	action: str, doctype: str, name: str | None, before: Mapping[str, Any], after: Mapping[str, Any], key: str | None = None
) -> Mapping[str, Any]:
	fields = [
		{"field": field, "before": mask(field, _plain(before.get(field))), "after": mask(field, _plain(value))}
		for field, value in after.items()
	]
	return {"action": action, "doctype": doctype, "name": mask_name(doctype, name), "key": key, "fields": fields}


def _conflicts(plan: Plan) -> Iterator[str]:
	"""Yield what would wait for a person; the values are personal."""
	for row in plan.conflicts.rows if plan.conflicts else ():
		said = row.question or f"{row.doctype}.{row.field}: changed on both sides, so a person decides."
		yield f"{said} (Sync Conflict)"


def describe_decision(decision: Decision) -> Mapping[str, Any]:
	"""Return a decision as plain data: `{"decision": "plan" | "skip" | "failure", …}`."""
	if isinstance(decision, Plan):
		return {
			"decision": "plan",
			"changes": [*(_with_total(change) for change in decision.changes), *evidence_of(decision.linked)],
			"not_applied": [*decision.not_applied, *_conflicts(decision)],
			"reason": "" if decision.changes or decision.linked else decision.reason,
		}
	if isinstance(decision, Failure):
		return {
			"decision": "failure",
			"category": str(decision.category),
			"message": decision.message,
			"missing": decision.missing,
			"retry": str(decision.info.retry),
		}
	return {"decision": "skip", "status": str(decision.status), "reason": decision.reason}


def _with_total(change: Change) -> Mapping[str, Any]:
	"""Return a change with the total that the document would come to, where the plan states one."""
	total = getattr(change, "expect_total", None)
	return describe(change) if total is None else {**describe(change), "total": plain(total)}


def _plain(value: Any) -> Any:
	if isinstance(value, DocRef | RowRef):
		return asdict(value)
	if isinstance(value, Mapping):
		return {name: _plain(inner) for name, inner in value.items()}
	if isinstance(value, list | tuple):
		return [_plain(inner) for inner in value]
	return value


def as_text(described: Mapping[str, Any]) -> Iterator[str]:
	"""Yield what :func:`describe_decision` returned as lines for a terminal."""
	if described["decision"] == "failure":
		yield f"Would fail: {described['category']}."
		yield f"  {described['message']}"
		if described.get("missing"):
			yield f"  Missing: {described['missing']}"
	elif described["decision"] == "skip":
		yield f"Would end as {described['status']}: {described['reason']}"
	else:
		yield f"{len(described['changes'])} change(s)." if described["changes"] else f"Nothing to change. {described['reason']}"
		for change in described["changes"]:
			yield from _change_as_text(change)
		yield from (f"Not taken over: {note}" for note in described["not_applied"])


_NOTHING: tuple[Any, ...] = (None, "", [], 0, "0")


def _change_as_text(change: Mapping[str, Any]) -> Iterator[str]:
	yield ""
	total = f", total {change['total']}" if "total" in change else ""
	yield f"{change['action']} {change['doctype']} {change['name'] or '(named by ERPNext)'}{total}"
	for entry in change["fields"]:
		if entry["after"] in _NOTHING and entry["before"] in _NOTHING:
			continue
		rows = entry["after"]
		if isinstance(rows, list) and rows and isinstance(rows[0], Mapping):
			yield f"  {entry['field']}:"
			yield from (f"    {number}. {_row_as_text(row)}" for number, row in enumerate(rows, 1))
			continue
		before = "" if entry["before"] in (None, "") else f"{_word(entry['before'])} → "
		yield f"  {entry['field']}: {before}{_word(rows)}"


def _row_as_text(row: Mapping[str, Any]) -> str:
	return " · ".join(f"{name} {_word(value)}" for name, value in row.items() if value not in _NOTHING)


def _word(value: Any) -> str:
	"""Return a value in one word; a document that is made in the same plan by its key."""
	if isinstance(value, Mapping) and "key" in value:
		return f"→ {value['doctype']} {value['key']}" + (f" line {value['line']}" if "line" in value else "")
	return str(value)
