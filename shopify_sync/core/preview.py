"""A plan as plain data for people: what Shadow mode records and what a dry run prints. Personal values are masked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from .failures import Failure
from .masking import mask, mask_name
from .plan import (
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


def describe_decision(decision: Decision) -> Mapping[str, Any]:
	"""Return a decision as plain data: `{"decision": "plan" | "skip" | "failure", …}`."""
	if isinstance(decision, Plan):
		return {
			"decision": "plan",
			"changes": [describe(change) for change in decision.changes],
			"not_applied": list(decision.not_applied),
			"reason": "" if decision.changes else decision.reason,
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


def _plain(value: Any) -> Any:
	if isinstance(value, DocRef | RowRef):
		return asdict(value)
	if isinstance(value, Mapping):
		return {name: _plain(inner) for name, inner in value.items()}
	if isinstance(value, list | tuple):
		return [_plain(inner) for inner in value]
	return value
