"""Bulk operations, as seen through the API."""

from __future__ import annotations

from typing import Any

from ...rest.values import gid
from ...shop.errors import UserError
from ..bulk import BulkOperation, LimitReached
from ..bulk_rules import BadBulkQuery
from ..call import Call, Refusals, mutation, refuse, register, time_text
from ..gids import number
from .common import root_list

_SORTS = {"CREATED_AT": lambda r: r.created_at, "COMPLETED_AT": lambda r: time_text(r.completed_at) or ""}
_FILTERS = {
	"id": lambda r: int(r.id), "status": lambda r: r.status.lower(), "created_at": lambda r: r.created_at,
	"operation_type": lambda _record: "query",
}  # fmt: skip


def _current(call: Call, _root: Any, type: str = "QUERY") -> BulkOperation | None:
	found = list(call.bulk.all.values()) if type == "QUERY" else []
	return found[-1] if found else None


def _size(_call: Call, found: BulkOperation) -> str | None:
	return str(len(found.data)) if found.data and not found.is_partial else None


register(
	"QueryRoot",
	{
		"bulkOperation": lambda call, _root, id: call.bulk.all.get(number(id, "BulkOperation")),
		"bulkOperations": root_list("bulkOperations", lambda call: call.bulk.all.values(), _SORTS, _FILTERS, "CREATED_AT"),
		"currentBulkOperation": _current,
	},
)
register(
	"BulkOperation",
	{
		"id": lambda _c, found: gid("BulkOperation", found.id),
		"query": lambda _c, found: found.query,
		"status": lambda _c, found: found.status,
		"type": lambda _c, _found: "QUERY",
		"errorCode": lambda _c, found: found.error_code,
		"createdAt": lambda _c, found: time_text(found.created_at),
		"completedAt": lambda _c, found: time_text(found.completed_at) if found.status == "COMPLETED" else None,
		"objectCount": lambda _c, found: str(found.object_count),
		"rootObjectCount": lambda _c, found: str(found.root_object_count),
		"fileSize": _size,
		"url": lambda call, found: call.bulk.url(found, partial=False),
		"partialDataUrl": lambda call, found: call.bulk.url(found, partial=True),
	},
	value=BulkOperation,
)


def _run(call: Call, _root: Any, query: str, groupObjects: bool = False) -> dict[str, Any]:
	try:
		made = call.bulk.start(query, call.version, call.scopes, grouped=groupObjects)
	except BadBulkQuery as error:
		raise refuse(str(error), "query", code="INVALID") from None
	except LimitReached as error:
		raise Refusals(UserError((), str(error), error.code)) from None
	return {"bulkOperation": made}


def _cancel(call: Call, _root: Any, id: str) -> dict[str, Any]:
	found = call.bulk.all.get(number(id, "BulkOperation"))
	if found is None:
		raise refuse("Bulk operation does not exist", "id")
	if not found.is_open:
		message = f"A bulk operation cannot be canceled when it is {found.status.lower()}"
		raise refuse(message, "id")
	call.bulk.cancel(found)
	return {"bulkOperation": found}


mutation("bulkOperationRunQuery", _run, "bulkOperation")
mutation("bulkOperationCancel", _cancel, "bulkOperation")
