"""Carries operations on that go through events: one worker at a time, in slices, from where the last one ended."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import frappe
from frappe import _

from shopify_sync.core.operations import OF_EVENTS, OperatorAction

from .. import log
from ..event_log import in_short_transaction
from ..long_work import Kind
from . import events, holds, record, refetch, targets

#: Longer than a request or a job of the long queue (25 minutes) may take.
_INTERRUPTED = timedelta(minutes=30)

KIND = Kind(
	word="operation",
	job="shopify_sync.jobs.operations.run",
	runs=record,
	busy="{0} is carried out by another worker.",
	over=(events.IsOver,),
	failed=lambda name, reason: record.tell(name),
)


def carry_on(
	name: str,
	keep_on: Callable[[], bool] = lambda: True,
	probe: Callable[[str], None] = lambda step: None,
	*,
	paced: bool = True,
) -> None:
	"""Go on with an operation until it is over, or *keep_on* says no. Commits after every batch.

	:raises Refused: when a worker is at it.
	"""
	with KIND.alone(name), log.about(operation=name):
		if not in_short_transaction(lambda: _take_up(name)):
			return
		try:
			KIND.guard(name, lambda: _slice(name, keep_on, probe, paced))
		except Exception as error:
			where = record.where(error)
			in_short_transaction(lambda: record.update(name, {"error": where}))
			raise
		in_short_transaction(lambda: _settle(name))
		record.tell(name)


def _slice(name: str, keep_on: Callable[[], bool], probe: Callable[[str], None], paced: bool) -> None:
	operation = record.load(name)
	if operation.action is OperatorAction.RELEASE:
		holds.release(targets.parse(operation.target), operation.user, operation.started_at)
		probe("released")
	acts = refetch.Refetching() if operation.action is OperatorAction.REFETCH else events.act
	events.carry_on(name, acts, keep_on, probe, paced=paced)


def _take_up(name: str) -> bool:
	"""Have an operation that waits for a worker running. Return whether there is anything to do."""
	operation = record.load(name, lock=True)
	if operation.status == record.STOPPING:
		_settle(name)
	elif operation.status in record.GOES_ON:
		record.update(name, {"status": record.RUNNING})
		return True
	return False


def _settle(name: str) -> None:
	"""End what a person has stopped."""
	operation = record.load(name, lock=True)
	if operation.status == record.STOPPING:
		record.finish(name, record.STOPPED, events.result(operation))


def stop(name: str) -> None:
	"""Have an operation end after the batch at hand; what no worker is at ends now. Commits."""

	def ask() -> None:
		if record.load(name, lock=True).status in (record.QUEUED, record.RUNNING):
			record.update(name, {"status": record.STOPPING})

	in_short_transaction(ask)
	if not KIND.is_anybody_at(name):
		in_short_transaction(lambda: _settle(name))
	record.tell(name)


def waiting() -> list[str]:
	"""Return the operations that go through events and are not over, the oldest first."""
	return _not_over("in")


def end_interrupted() -> list[str]:
	"""End what was to be done within a request, or a job, that was killed before it could say how it ended. Commits.

	Nobody can carry it on: whether it was done is not known. Return the names of those that were ended.
	"""
	silent = [name for name in _not_over("not in") if record.is_silent(name, _INTERRUPTED)]
	text = _("This was interrupted before its end was written. Look whether it was done, and do it again if it was not.")
	for name in silent:
		in_short_transaction(lambda: record.end(name, record.FAILED, text))  # noqa: B023 - called here
		record.tell(name)
	return silent


def _not_over(operator: str) -> list[str]:
	filters = {"status": ("in", record.GOES_ON), "action": (operator, [str(action) for action in OF_EVENTS])}
	return [str(name) for name in frappe.get_all(record.DOCTYPE, filters, pluck="name", order_by="creation, name")]
