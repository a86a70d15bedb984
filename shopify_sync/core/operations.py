"""What an operator may do to events and stores, and the sentence that says why not. Both hosts ask here before they act."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .enums import StrEnum
from .failures import INFO, Category, Retry
from .statuses import EDGES, FINAL, OPEN, Status
from .words import _


class Refused(Exception):
	"""Raised when an action is not safe or makes no sense; the message says why and what to do instead."""


class OperatorAction(StrEnum):
	"""What a Sync Operation records. The value is what the database and the Desk show."""

	RETRY = "Retry"
	REQUEUE = "Requeue"
	REPLAY = "Replay"
	DISCARD = "Discard"
	REFETCH = "Refetch"
	HOLD = "Hold"
	RELEASE = "Release"
	PAUSE = "Pause"
	RESUME = "Resume"
	TRIP_CIRCUIT = "Trip Circuit"
	RESET_CIRCUIT = "Reset Circuit"
	RECONCILE = "Reconcile"
	RESOLVE_CONFLICT = "Resolve Conflict"
	FIX = "Fix"
	TEST_ALERT = "Test Alert"
	ACKNOWLEDGE_ALERT = "Acknowledge Alert"
	MUTE_ALERT = "Mute Alert"
	ALERT_CHANNEL = "Alert Channel"
	DIGEST = "Digest"
	EXPORT = "Export"
	BACKFILL = "Backfill"
	HEAL = "Heal"
	DISMISS = "Dismiss"
	STOP = "Stop"
	CONNECT = "Connect"


#: These go through events, one by one or by the ten thousand.
OF_EVENTS = (
	OperatorAction.RETRY,
	OperatorAction.REQUEUE,
	OperatorAction.REPLAY,
	OperatorAction.DISCARD,
	OperatorAction.REFETCH,
	# It releases, and then goes through what was held.
	OperatorAction.RELEASE,
)
#: What changes what a whole store does, or cannot be taken back, is kept with the reason.
NEEDS_REASON = (OperatorAction.DISCARD, OperatorAction.HOLD, OperatorAction.PAUSE, OperatorAction.TRIP_CIRCUIT)
#: The Desk asks in red.
DANGEROUS = (OperatorAction.DISCARD, OperatorAction.PAUSE, OperatorAction.TRIP_CIRCUIT)
#: The whole store stands still, or moves again: its manager's. So is the hold of a flow (:func:`needs_set_up`).
_OF_MANAGERS = (OperatorAction.PAUSE, OperatorAction.RESUME, OperatorAction.TRIP_CIRCUIT)
#: So many events an operation may go through: an operator's, and a manager's.
MOST_OF_OPERATOR, MOST_OF_MANAGER = 10_000, 100_000
#: An event in one of these waits for something that a person can hurry.
_REQUEUEABLE = (Status.RETRYING, Status.BLOCKED, Status.HELD, Status.CONFLICT)
#: Which events are meant where an operation names no status: those that it can do something about. None: all.
ACTS_ON: Mapping[OperatorAction, tuple[Status, ...] | None] = {
	OperatorAction.RETRY: (Status.RETRYING, Status.BLOCKED, Status.HELD, Status.CONFLICT, Status.DEAD_LETTER),
	OperatorAction.REQUEUE: _REQUEUEABLE,
	OperatorAction.DISCARD: OPEN,
	OperatorAction.RELEASE: (Status.HELD,),
	OperatorAction.REPLAY: None,
	OperatorAction.REFETCH: None,
}
#: Of an event that was named, or found, and is no more.
GONE = _("There is no such event any more.")


def needs_set_up(action: OperatorAction, *, of_flow: bool = False) -> bool:
	"""Tell whether *action* takes the role of a manager. :param of_flow: it holds, or releases, a flow of a store."""
	return action in _OF_MANAGERS or (of_flow and action in (OperatorAction.HOLD, OperatorAction.RELEASE))


@dataclass(frozen=True)
class EventState:
	"""What the rules of an action look at. *resource* is None for a topic that nothing handles."""

	name: str
	status: Status
	category: Category | None
	resource: str | None


def why_not(action: OperatorAction, event: EventState, reason: str = "") -> str | None:
	"""Return why *action* may not be done to *event*, or None. The sentence names no event: what is refused is counted by it.

	:param reason: what the person gave as the reason.
	"""
	if action is OperatorAction.DISCARD:
		return _why_not_discard(event, reason)
	if event.resource is None:
		return _("Nothing handles its topic, so there is nothing to try again.")
	if action is OperatorAction.REFETCH:
		return None  # what is read is an event of its own
	return _why_not_again(event) or _why_not_this_way(action, event)


def _why_not_again(event: EventState) -> str | None:
	if event.status is Status.PROCESSING:
		return _("A worker is busy with it. Wait for it to end; if it died, the event is taken over by itself.")
	if event.status is Status.RECEIVED:
		return _("It is waiting for a worker already.")
	if event.category is Category.INVALID_PAYLOAD:
		return _(
			"Its payload is not valid; trying again reads the same bytes. Discard it with a note, or refetch it from Shopify."
		)
	return None


def _why_not_this_way(action: OperatorAction, event: EventState) -> str | None:
	if action is OperatorAction.REPLAY:
		return None
	if event.status in FINAL:
		return _("It is finished. Choose Replay to have it looked at once more.")
	if action is OperatorAction.RELEASE:
		return None if event.status is Status.HELD else _("It is not held any more.")
	if action is OperatorAction.REQUEUE and event.status not in _REQUEUEABLE:
		return _("It is not tried again by itself any more. Choose Retry, which gives it all its attempts again.")
	if action is OperatorAction.RETRY and event.status is Status.DEAD_LETTER and event.category and _never_helps(event.category):
		info = INFO[event.category]
		return f"{info.title}: trying again cannot help. {info.fix}"
	return None


def _why_not_discard(event: EventState, reason: str) -> str | None:
	if not reason.strip():
		return _("Say why: a discarded event is kept with the reason, for whoever looks later.")
	if event.status is Status.PROCESSING:
		return _("A worker is busy with it. Wait for it to end, then discard what is left.")
	if Status.DISCARDED not in EDGES[event.status]:
		return _("It is finished; there is nothing to discard.")
	return None


def _never_helps(category: Category) -> bool:
	return INFO[category].retry is Retry.NEVER


def check_retry(event: EventState) -> None:
	"""Return when the Retry button of an event may put it back into the queue; of a finished one that is a replay.

	:raises Refused: when a worker has it, it waits already, nothing handles its topic, or its failure never goes away by itself.
	"""
	_check(OperatorAction.REPLAY if event.status in FINAL else OperatorAction.RETRY, event)


def check_replay(event: EventState) -> None:
	"""Return when *event* may be run through the engine again; replaying a finished event changes nothing that agrees.

	:raises Refused: when a worker has it, it waits already, or it carries nothing that could be applied.
	"""
	_check(OperatorAction.REPLAY, event)


def check_discard(event: EventState, reason: str) -> None:
	"""Return when *event* may be put away for good.

	:raises Refused: without a reason, while a worker has it, or when it is finished.
	"""
	_check(OperatorAction.DISCARD, event, reason)


def _check(action: OperatorAction, event: EventState, reason: str = "") -> None:
	if why := why_not(action, event, reason):
		raise Refused(f"{event.name}: {why}")
