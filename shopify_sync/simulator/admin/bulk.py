"""Bulk operations: a query that is run later and read as JSONL (https://shopify.dev/docs/api/usage/bulk-operations/queries).

An operation is carried out when somebody asks after its time has come: at the next request, or when `settle` is called.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ..dice import Dice
from ..faults import Faults
from ..shop.records import BulkEnd
from .bulk_rules import FINISHED, Plan, planned
from .call import Slice
from .execution import run
from .validation import prepare
from .versions import at_least

if TYPE_CHECKING:
	from ..shop.shop import Shop
	from .api import AdminApi

#: How many query operations may run at once, since the version and before it.
SEVERAL_SINCE = "2026-01"
AT_ONCE = 5
#: A result can be fetched for this long.
KEPT = timedelta(days=7)
#: Seconds that an operation takes, at least and at most; Shopify needs seconds to hours.
SHORTEST, LONGEST = 2, 30
#: So many records are read at a time; others are answered in between.
AT_A_TIME = 400


class LimitReached(Exception):
	"""As many operations as may run are running. *code* is that of `BulkOperationUserErrorCode`."""

	def __init__(self, message: str, code: str) -> None:
		super().__init__(message)
		self.code = code


@dataclass
class BulkOperation:
	"""One operation. *status* as in `BulkOperationStatus`."""

	id: str
	query: str
	plan: Plan
	version: str
	scopes: frozenset[str]
	created_at: datetime
	ready_at: datetime
	status: str = "CREATED"
	error_code: str | None = None
	completed_at: datetime | None = None
	object_count: int = 0
	root_object_count: int = 0
	data: bytes | None = None
	is_partial: bool = False
	grouped: bool = False
	slice: Slice = field(default_factory=lambda: Slice(AT_A_TIME))
	lines: list[tuple[int, dict[str, Any]]] = field(default_factory=list)

	@property
	def is_open(self) -> bool:
		"""Tell whether it is not over yet."""
		return self.status not in FINISHED


class BulkOperations:
	"""The bulk operations of one app in one shop, by id."""

	def __init__(self, api: AdminApi, dice: Dice, faults: Faults) -> None:
		self.all: dict[str, BulkOperation] = {}
		self._api = api
		self._dice = dice
		self._faults = faults

	@property
	def _shop(self) -> Shop:
		return self._api.shop

	def start(self, query: str, version: str, scopes: frozenset[str], *, grouped: bool) -> BulkOperation:
		"""Accept an operation.

		:raises BadBulkQuery: for a query that breaks the rules of bulk operations.
		:raises LimitReached: when too many are running.
		"""
		plan = planned(version, query)
		running = sum(1 for operation in self.all.values() if operation.is_open)
		if at_least(version, SEVERAL_SINCE):
			if running >= AT_ONCE:
				raise LimitReached("The maximum number of concurrent bulk query operations has been reached.", "LIMIT_REACHED")
		elif running:
			raise LimitReached("A bulk query operation for this app and shop is already in progress.", "OPERATION_IN_PROGRESS")
		now = self._shop.now()
		id = self._shop.new_id("BulkOperation")
		takes = self._dice.between(SHORTEST, LONGEST, "bulk", self._shop.domain, id)
		made = BulkOperation(id, query, plan, version, scopes, now, now + timedelta(seconds=takes), grouped=grouped)
		self.all[id] = made
		return made

	def cancel(self, operation: BulkOperation) -> None:
		"""Cancel an operation that is not over. What it has read by then is thrown away."""
		operation.status = "CANCELING"
		operation.ready_at = self._shop.now() + timedelta(seconds=1)

	def next_due(self) -> datetime | None:
		"""Return when the next operation will be over, None when none is open."""
		return min((operation.ready_at for operation in self.all.values() if operation.is_open), default=None)

	def settle(self) -> None:
		"""Carry out what is due, a large operation a part at a time."""
		now = self._shop.clock.now()
		for operation in list(self.all.values()):
			if operation.is_open and operation.ready_at <= now:
				self._finish(operation)
			elif operation.status == "CREATED" and now > operation.created_at:
				operation.status = "RUNNING"

	def file(self, id: str) -> bytes:
		"""Return the result. :raises KeyError: when there is none, or it is over a week old."""
		operation = self.all[id]
		while operation.is_open and operation.ready_at <= self._shop.clock.now():
			self.settle()
		if operation.data is None or self._is_gone(operation):
			raise KeyError(id)
		return operation.data

	def url(self, operation: BulkOperation, *, partial: bool) -> str | None:
		"""Return where the result lies; None when it is not there, or was partial and is asked for as a whole one."""
		if not operation.data or operation.is_partial != partial or self._is_gone(operation):
			return None
		return f"{self._api.base_url}/bulk/{operation.id}.jsonl"

	def _is_gone(self, operation: BulkOperation) -> bool:
		return operation.completed_at is not None and self._shop.clock.now() - operation.completed_at > KEPT

	def _finish(self, operation: BulkOperation) -> None:
		if operation.status == "CANCELING":
			operation.status = "CANCELED"
		elif self._read_part(operation):
			operation.status, operation.object_count = "RUNNING", len(operation.lines)
			return
		else:
			self._write(operation)
		completed = operation.completed_at = self._shop.now()
		self._shop.end_bulk_operation(
			BulkEnd(operation.id, operation.status, operation.error_code, operation.created_at, completed)
		)

	def _write(self, operation: BulkOperation) -> None:
		if not operation.grouped:
			# Without groupObjects children need not follow their parents: here they come after all of them.
			operation.lines.sort(key=lambda pair: pair[0])
		lines = [line for _depth, line in operation.lines]
		failed = self._faults.happens("server_error_after", self._dice, "bulk", self._shop.domain, operation.id)
		if failed:
			operation.status, operation.error_code, operation.is_partial = "FAILED", "INTERNAL_SERVER_ERROR", True
			lines = lines[: len(lines) // 2]
		elif operation.error_code:
			operation.status, operation.is_partial = "FAILED", True
		else:
			operation.status = "COMPLETED"
		operation.object_count = len(lines)
		operation.root_object_count = sum(1 for line in lines if "__parentId" not in line)
		# An operation that finds nothing has no file: url is null.
		text = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
		operation.data = text.encode() or None
		operation.lines = []

	def _read_part(self, operation: BulkOperation) -> bool:
		"""Read the part that is next. Return whether there is another one behind it."""
		call = self._api.call(operation.version, _Scopes(operation.scopes), self._shop, in_bulk=True)
		call.slice = operation.slice
		document = prepare(operation.version, operation.query)
		answer = run(call, document, document.operations[0], {})
		if any((error.get("extensions") or {}).get("code") == "ACCESS_DENIED" for error in answer.get("errors", ())):
			operation.error_code = "ACCESS_DENIED"
			return False
		operation.lines += operation.plan.lines(answer["data"] or {})
		return operation.slice.advance()


@dataclass(frozen=True)
class _Scopes:
	scopes: frozenset[str]
