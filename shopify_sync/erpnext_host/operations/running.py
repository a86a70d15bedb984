"""Carries operations on that go through events: one worker at a time, in slices, from where the last one ended."""

from __future__ import annotations

from collections.abc import Callable

import frappe

from shopify_sync.core.operations import OperatorAction

from .. import log
from ..event_log import in_short_transaction
from ..long_work import Kind
from . import events, holds, record, refetch, targets

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
		holds.release(targets.parse(operation.target), operation.user)
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
	"""Return the operations that are not over, the oldest first."""
	found = frappe.get_all(record.DOCTYPE, {"status": ("in", record.GOES_ON)}, pluck="name", order_by="creation, name")
	return [str(name) for name in found]
