"""Operations that go through events: counted before, then batch by batch, each event exactly once.

A batch is one transaction: the operation's row is locked first, then the events in the order of their names; what the rules of
core/operations.py allow is done, the rest is counted by its reason, and the cursor moves on with it. Whoever carries an operation
on begins behind the cursor, so a worker that is killed has done a batch whole or not at all.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import frappe
from frappe import _

from shopify_sync.core.failures import Category
from shopify_sync.core.keys import OUTBOUND
from shopify_sync.core.operations import GONE, EventState, OperatorAction, why_not
from shopify_sync.core.refetch import TOLD_ONCE, can_be_read

from .. import times, wake
from ..connections import gate_of
from ..event_log import FrappeEventLog, in_short_transaction
from ..isolation import read_committed
from . import record, targets
from .record import Operation

#: Events of one transaction: few enough that nobody waits for its locks, many enough that a commit is shared.
BATCH = 50
#: So many events, and no more, are done within the request; it answers with the result.
AT_ONCE = 25
#: So many names are asked for at a time.
_CHUNK = 2000
#: So many events may wait for each drain before more are put before them: what is live is the next but so many.
WAITING_EACH = 8
#: So many marks of a store may wait for its pushers.
WAITING_MARKS = 500
#: Seconds between two looks whether there is room, and between two signs of life.
_LOOK_EVERY, _BEAT_EVERY = 0.05, 2.0


class IsOver(Exception):
	"""A person stopped the operation, or deleted it."""


#: Which events were changed, as they were before, and why each of the others was left as it is.
Done = tuple[Sequence[EventState], Mapping[str, str]]


class Acts(Protocol):
	"""Does to a batch of events what an operation is for."""

	def __call__(self, operation: Operation, names: Sequence[str], /) -> Callable[[], Done]:
		"""Get ready while no transaction is open (ask Shopify); return what is done in the transaction that moves the cursor on.

		Both may be done again from the start.
		"""


def dry_count(
	action: OperatorAction, target: targets.Target, user: str, counted_at: str | None = None
) -> tuple[int, dict[str, int]]:
	"""Return how many events an operation would change, and how many it would refuse, by reason. One query.

	:param counted_at: see `targets.criterion`. :raises Refused: when the target names no events.
	"""
	will, refused = 0, dict[str, int]()
	where = targets.criterion(target, action, user, counted_at)
	found = 0
	for some in targets.by_state(where):
		found += some.count
		if why := _why_not(action, some):
			refused[why] = refused.get(why, 0) + some.count
		else:
			will += some.count
	if target.events and found < len(set(target.events)):
		refused[GONE] = len(set(target.events)) - found
	return will, refused


def _why_not(action: OperatorAction, some: targets.Counted) -> str | None:
	state = EventState("", some.status, Category(some.category) if some.category else None, some.resource or None)
	if why := why_not(action, state, reason="asked for later"):
		return why
	is_lost = action is OperatorAction.REFETCH and not can_be_read(some.resource, is_part=some.is_part)
	return TOLD_ONCE if is_lost else None


def act(operation: Operation, names: Sequence[str]) -> Callable[[], Done]:
	"""Put events back into the queue, or away. See :class:`Acts`."""
	return lambda: FrappeEventLog().act_on(operation.action, names, operation.user, operation.reason, operation.name)


def carry_on(
	name: str,
	acts: Acts = act,
	keep_on: Callable[[], bool] = lambda: True,
	probe: Callable[[str], None] = lambda step: None,
	*,
	paced: bool = True,
) -> bool:
	"""Go on with an operation until all its events were looked at, a person stops it, or *keep_on* says no. Commits.

	:param paced: wait while what was put before the workers is not carried out: live events go first.
	:param probe: called with the name of each step as it is reached; for tests that end the process there.
	:returns: whether it is over.
	"""
	begun = record.load(name)
	target = targets.parse(begun.target)
	where = targets.criterion(target, begun.action, begun.user, begun.options.get("counted_at"))
	# What came before the release was written may be held by what it released, however late that was.
	until = times.to_site(times.now() if begun.action is OperatorAction.RELEASE else begun.started_at)
	cursor, names, pace = begun.cursor, list[str](), _Pace(name, paced and begun.action is not OperatorAction.DISCARD)
	with read_committed():
		while keep_on():
			if not names:
				names = targets.names_after(where, cursor, until, _CHUNK)
				frappe.db.rollback()  # ends the snapshot
			if not names:
				_complete(name)
				return True
			room = pace.room()
			if not room:
				continue
			batch, names = names[:room], names[room:]
			operation, changed = _do(name, batch, acts(begun, batch), probe)
			cursor = operation.cursor
			_follow_up(operation, changed)
			pace.told()
			probe("batch")
	return False


def _do(
	name: str, batch: Sequence[str], acts: Callable[[], Done], probe: Callable[[str], None]
) -> tuple[Operation, Sequence[EventState]]:
	def one_batch() -> tuple[Operation, Sequence[EventState]]:
		operation = record.load(name, lock=True)
		if operation.status != record.RUNNING:
			raise IsOver(name)
		changed, refused = acts()
		for event, why in sorted(refused.items()):
			operation.refuse(event, why)
		operation.done += len(batch)
		operation.changed += len(changed)
		operation.cursor = batch[-1]
		record.keep(operation)
		probe("before_commit")
		return operation, changed

	return in_short_transaction(one_batch)


def _follow_up(operation: Operation, changed: Sequence[EventState]) -> None:
	"""Call who has to carry out what was put back."""
	if operation.action is OperatorAction.DISCARD:
		return
	if any(state.resource not in OUTBOUND for state in changed):
		wake.wake()
	if any(state.resource in OUTBOUND for state in changed):
		wake.wake_pusher()


def _complete(name: str) -> None:
	def complete() -> None:
		operation = record.load(name, lock=True)
		if operation.status in record.GOES_ON:
			stopped = operation.status == record.STOPPING
			values = {"total": operation.done} if not stopped else {}
			record.finish(name, record.STOPPED if stopped else record.COMPLETED, result(operation), values=values)

	in_short_transaction(complete)
	record.tell(name)


def result(operation: Operation) -> str:
	"""Return what came of an operation in a sentence."""
	said = {
		OperatorAction.DISCARD: _("{0} of {1} events are discarded."),
		OperatorAction.REFETCH: _("{0} of {1} events were read from Shopify again."),
		OperatorAction.RELEASE: _("Released. {0} of {1} events that waited were put back into the queue."),
	}
	text = said.get(operation.action, _("{0} of {1} events were put back into the queue."))
	return text.format(operation.changed, operation.done) + (
		" " + _("{0} were left as they are; see why below.").format(operation.refused) if operation.refused else ""
	)


class _Pace:
	"""Says how many events may be done now: what waits for the workers is bounded, so that what is live does not wait long."""

	def __init__(self, name: str, paced: bool) -> None:
		self._name = name
		self._paced = paced
		self._beaten = time.monotonic()
		self._store = frappe.db.get_value(record.DOCTYPE, name, "store")

	def room(self) -> int:
		"""Return how many may be done; 0 after a moment's wait. :raises IsOver: when a person stopped the operation meanwhile."""
		if not self._paced:
			return BATCH
		most = WAITING_EACH * wake.max_drains()
		room = most - FrappeEventLog().due_count(most)
		if room >= most // 2 and not self._pushers_are_behind():
			return min(room, BATCH)
		self._wait()
		return 0

	def _pushers_are_behind(self) -> bool:
		if not self._store or gate_of(self._store):
			return False
		rows = frappe.db.sql(
			"SELECT 1 FROM `tabSync Event` WHERE direction = 'Outbound' AND due_at <= %s AND store = %s LIMIT %s",
			(times.to_naive_utc(times.now()), self._store, WAITING_MARKS),
		)
		frappe.db.rollback()
		return len(rows) >= WAITING_MARKS

	def _wait(self) -> None:
		if time.monotonic() - self._beaten >= _BEAT_EVERY:
			self._beaten = time.monotonic()
			in_short_transaction(self._beat)
			wake.wake()
			record.tell(self._name)
		time.sleep(_LOOK_EVERY)

	def _beat(self) -> None:
		if record.load(self._name, lock=True).status != record.RUNNING:
			raise IsOver(self._name)
		record.note(self._name, _("Waits for a worker: live events go first."))

	def told(self) -> None:
		"""Tell the Desk how far it is, now and then."""
		if time.monotonic() - self._beaten >= _BEAT_EVERY / 2:
			self._beaten = time.monotonic()
			record.tell(self._name)
