"""Sync Operations: the record of what people do. The only module that writes the doctype.

An operation is written, and committed, before anything is done: a second click finds it by its request, and what was begun is
known even if the process ends. `recorded` is for what is done within a request; bulk.py carries on what takes longer.
"""

from __future__ import annotations

import json
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import frappe
from frappe import _
from frappe.realtime import get_site_room
from frappe.utils import strip_html

from shopify_sync.core.contracts.base import dump_json
from shopify_sync.core.operations import OperatorAction, Refused

from .. import live, times
from ..event_log import in_short_transaction
from ..log import info, warn

DOCTYPE = "Sync Operation"
QUEUED, RUNNING, STOPPING, STOPPED, COMPLETED, FAILED = "Queued", "Running", "Stopping", "Stopped", "Completed", "Failed"
#: An operation in one of these is not over.
GOES_ON = (QUEUED, RUNNING, STOPPING)
#: What the Desk listens to; it says nothing personal, and goes to everybody who works there.
CHANNEL = "shopify_sync_operation"
#: So many events that were refused are kept by name.
MOST_EXAMPLES = 50
_SHOWN = (
	"name", "action", "status", "store", "target_says", "reason", "user", "total", "done", "changed", "refused", "progress", "message",
	"started_at", "ended_at",
)  # fmt: skip


class AlreadyRequested(Exception):
	"""The same request came before. :ivar operation: what it led to."""

	def __init__(self, operation: str) -> None:
		super().__init__(operation)
		self.operation = operation


@dataclass
class _Counted:
	name: str
	changed: int = 0
	refused: int = 0
	refusals: dict[str, int] = field(default_factory=dict)
	examples: dict[str, list[str]] = field(default_factory=dict)

	def refuse(self, what: str, why: str) -> None:
		"""Count something that was left as it is, by the reason."""
		self.refused += 1
		self.refusals[why] = self.refusals.get(why, 0) + 1
		if sum(map(len, self.examples.values())) < MOST_EXAMPLES:
			self.examples.setdefault(why, []).append(what)


@dataclass
class Entry(_Counted):
	"""An operation as it is carried out. What is set here is written when it ends.

	:ivar message: what came of it, for a person. *changed*, *refused*: how many things; *total*: of both, where it is another number.
	"""

	message: str = ""
	total: int = 0


@dataclass
class Operation(_Counted):
	"""An operation as it stands in the database, for whoever carries it on."""

	action: OperatorAction = OperatorAction.RETRY
	status: str = RUNNING
	target: dict[str, Any] = field(default_factory=dict)
	options: dict[str, Any] = field(default_factory=dict)
	reason: str = ""
	user: str = ""
	started_at: datetime = datetime.min
	cursor: str = ""
	total: int = 0
	done: int = 0
	store: str = ""


def begin(
	action: OperatorAction | str,
	store: str | None,
	target: Mapping[str, Any],
	says: str,
	*,
	reason: str = "",
	user: str | None = None,
	request: str | None = None,
	options: Mapping[str, Any] | None = None,
	total: int = 0,
	status: str = RUNNING,
) -> str:
	"""Write an operation that is about to be done, and commit. Drops what the running transaction has read or written.

	:param request: the same request leads to the same operation. :raises AlreadyRequested: when it came before.
	"""
	action = OperatorAction(action)
	doc: dict[str, Any] = {
		"doctype": DOCTYPE,
		"action": str(action),
		"status": status,
		"store": store or None,
		"target": dump_json(dict(target)),
		"target_says": says,
		"reason": reason.strip() or None,
		"user": user or frappe.session.user,
		"requested": request or frappe.generate_hash(length=32),
		"options": dump_json(dict(options or {})),
		"total": total,
		"started_at": times.to_site(times.now()),
		"heartbeat_at": times.to_site(times.now()),
	}

	def insert() -> str:
		if found := known(doc["requested"]):
			raise AlreadyRequested(found)
		return str(frappe.get_doc(doc).insert(ignore_permissions=True).name)

	# A clash on the request counts as contention: the second try finds the operation of the other click.
	return in_short_transaction(insert)


def known(request: str) -> str | None:
	"""Return the operation that a request has led to, or None."""
	found = frappe.db.get_value(DOCTYPE, {"requested": request})
	return str(found) if found else None


@contextmanager
def recorded(
	action: OperatorAction | str,
	store: str | None,
	target: Mapping[str, Any],
	says: str,
	*,
	reason: str = "",
	user: str | None = None,
	request: str | None = None,
	options: Mapping[str, Any] | None = None,
) -> Iterator[Entry]:
	"""Have what the block does on record: begun before it (and committed), ended with what it set on the entry.

	Check the role before; write nothing before. What the block leaves uncommitted is committed with the result. What it raises
	is on record as why it failed, and goes on to the caller.

	:raises AlreadyRequested: instead of the block, when the same request came before.
	"""
	entry = Entry(begin(action, store, target, says, reason=reason, user=user, request=request, options=options))
	try:
		yield entry
	except Exception as error:
		frappe.db.rollback()
		finish(entry.name, FAILED, why(error), error=where(error))
		frappe.db.commit()
		raise
	total = entry.total or entry.changed + entry.refused
	values = {
		"total": total,
		"done": total,
		"changed": entry.changed,
		"refused": entry.refused,
		"refusals": dump_json(entry.refusals),
		"examples": dump_json(entry.examples),
	}
	finish(entry.name, COMPLETED, entry.message, values=values)
	frappe.db.commit()
	tell(entry.name)


def why(error: BaseException) -> str:
	"""Return what an error says to an operator: refusals in their own words, anything else by its kind alone."""
	if isinstance(error, Refused | frappe.ValidationError) or type(error).__module__.startswith("shopify_sync."):
		return strip_html(str(error))[:1000]
	return f"Unexpected {type(error).__name__}. This is a mistake of the app; please report it with the details for developers."


def where(error: BaseException) -> str:
	"""Return where an error was raised, for developers: files and lines, never values, which may be personal."""
	frames = traceback.extract_tb(error.__traceback__)
	lines = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames[-12:]]
	return "\n".join([type(error).__name__, *lines])


def finish(name: str, status: str, message: str, *, error: str = "", values: Mapping[str, Any] | None = None) -> None:
	"""End an operation, in the running transaction."""
	now = times.to_site(times.now())
	ended = {
		"status": status,
		"message": message or None,
		"error": error or None,
		"ended_at": now,
		"modified": now,
		"progress": 100,
	}
	if status != COMPLETED:
		ended.pop("progress")
	update(name, {**(values or {}), **ended})
	frappe.db.after_commit.add(lambda: info("operation ended", operation=name, status=status))


def update(name: str, values: Mapping[str, Any]) -> None:
	"""Write fields of an operation, in the running transaction."""
	assignments = ", ".join(f"`{column}` = %s" for column in values)
	frappe.db.sql(f"UPDATE `tabSync Operation` SET {assignments} WHERE name = %s", (*values.values(), name))  # noqa: S608 - our columns


def load(name: str, *, lock: bool = False) -> Operation:
	"""Return an operation as it stands. :param lock: until the end of the running transaction.

	:raises frappe.DoesNotExistError: when there is no such operation.
	"""
	row = frappe.db.get_value(DOCTYPE, name, "*", as_dict=True, for_update=lock)
	if not row:
		raise frappe.DoesNotExistError(f"There is no {DOCTYPE} {name}.")
	return Operation(
		name=name,
		action=OperatorAction(row.action),
		status=row.status,
		target=json.loads(row.target or "{}"),
		options=json.loads(row.options or "{}"),
		reason=row.reason or "",
		user=row.user,
		started_at=times.from_site(row.started_at),
		cursor=row.cursor or "",
		total=row.total,
		done=row.done,
		changed=row.changed,
		refused=row.refused,
		store=row.store or "",
		refusals=json.loads(row.refusals or "{}"),
		examples=json.loads(row.examples or "{}"),
	)


def keep(operation: Operation) -> None:
	"""Write how far an operation is, in the running transaction that did it."""
	now = times.to_site(times.now())
	values = {
		"cursor": operation.cursor,
		"done": operation.done,
		"changed": operation.changed,
		"refused": operation.refused,
		"refusals": dump_json(operation.refusals),
		"examples": dump_json(operation.examples),
		"progress": round(min(100.0 * operation.done / operation.total, 99.9), 1) if operation.total else 0,
		"heartbeat_at": now,
		"modified": now,
		"message": None,
	}
	update(operation.name, values)


def as_dict(name: str) -> dict[str, Any]:
	"""Return an operation as the Desk shows it, times as the site has them.

	:raises frappe.DoesNotExistError: when there is no such operation.
	"""
	row = frappe.db.get_value(DOCTYPE, name, [*_SHOWN, "refusals", "examples"], as_dict=True)
	if not row:
		raise frappe.DoesNotExistError(f"There is no {DOCTYPE} {name}.")
	refusals, examples = _translated(row.pop("refusals")), _translated(row.pop("examples"))
	return {"operation": row.pop("name"), **row, "refusals": refusals, "examples": examples}


def _translated(by_reason: str | None) -> dict[str, Any]:
	"""Return what is kept by the reason of a refusal, with the reasons in the reader's language."""
	return {_(why): what for why, what in json.loads(by_reason or "{}").items()}


def recent(store: str | None, visible: Sequence[str], user: str, limit: int) -> list[dict[str, Any]]:
	"""Return the last operations of *store*, the newest first. None: of all, and what *user* did to several stores at once.

	:param visible: the stores that *user* may see.
	"""
	wanted = tuple(one for one in visible if store in (None, one)) or ("",)
	rows = frappe.db.sql(
		f"""SELECT {", ".join(f"`{column}`" for column in (*_SHOWN, "refusals"))} FROM `tabSync Operation`
		WHERE store IN %s OR (%s AND store IS NULL AND user = %s) ORDER BY creation DESC, name DESC LIMIT %s""",  # noqa: S608 - our columns
		(wanted, store is None, user, limit),
		as_dict=True,
	)
	return [{"operation": row.pop("name"), **row, "refusals": _translated(row.refusals)} for row in rows]


def tell(name: str) -> None:
	"""Tell the Desk how an operation stands; never raises: without Redis it is seen when the page is loaded again."""
	try:
		row = frappe.db.get_value(DOCTYPE, name, ["name", "status", "done", "total", "message", "store"], as_dict=True)
		if row:
			frappe.publish_realtime(CHANNEL, dict(row), room=get_site_room())
			if row.store:
				live.changed(row.store)
	except Exception as error:
		warn(f"progress of {name} is not shown: {type(error).__name__}")


# --- as erpnext_host/long_work.py asks for -----------------------------------------------------------------------


def note(name: str, reason: str) -> None:
	"""Write why an operation rests for now, in the running transaction; it goes on later."""
	update(name, {"message": reason[:500], "heartbeat_at": times.to_site(times.now())})


def end(name: str, status: str, reason: str) -> bool:
	"""End an operation that goes on, in the running transaction. Return whether it went on until now."""
	if load(name, lock=True).status not in GOES_ON:
		return False
	finish(name, status, reason)
	return True


def is_running(name: str) -> bool:
	"""Tell whether an operation is not over."""
	return str(frappe.db.get_value(DOCTYPE, name, "status")) in GOES_ON


def is_silent(name: str, longer_than: timedelta) -> bool:
	"""Tell whether an operation gave no sign of life for so long."""
	beaten = frappe.db.get_value(DOCTYPE, name, "heartbeat_at")
	return bool(beaten) and times.from_site(beaten) < times.now() - longer_than
