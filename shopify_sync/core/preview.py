"""A plan as plain data for people: what Shadow mode records and what a dry run prints. Personal values are masked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from .failures import Failure
from .masking import mask, mask_name
from .plan import CancelDocument, Change, CreateDocument, Decision, DocRef, Plan


def describe(change: Change) -> Mapping[str, Any]:
	"""Return one change as it stands in evidence: what would be done to which document, each field before → after."""
	if isinstance(change, CreateDocument):
		fields = [{"field": name, "before": None, "after": mask(name, _plain(value))} for name, value in change.values.items()]
		return {
			"action": "create",
			"doctype": change.doctype,
			"name": mask_name(change.doctype, change.name),
			"key": change.key,
			"fields": fields,
		}
	if isinstance(change, CancelDocument):
		return {"action": "cancel", "doctype": change.doctype, "name": change.name, "key": None, "fields": []}
	fields = [
		{"field": name, "before": mask(name, change.before.get(name)), "after": mask(name, value)}
		for name, value in change.after.items()
	]
	return {
		"action": "update",
		"doctype": change.doctype,
		"name": mask_name(change.doctype, change.name),
		"key": None,
		"fields": fields,
	}


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
	if isinstance(value, DocRef):
		return asdict(value)
	if isinstance(value, Mapping):
		return {name: _plain(inner) for name, inner in value.items()}
	if isinstance(value, list | tuple):
		return [_plain(inner) for inner in value]
	return value
