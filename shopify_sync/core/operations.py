"""What an operator may do to an event, and the sentence that says why not. Both hosts ask here before they act."""

from __future__ import annotations

from dataclasses import dataclass

from .failures import INFO, Category, Retry
from .statuses import EDGES, Status


class Refused(Exception):
	"""Raised when an action is not safe or makes no sense; the message says why and what to do instead."""


@dataclass(frozen=True)
class EventState:
	"""What the rules of an action look at. *resource* is None for a topic that nothing handles."""

	name: str
	status: Status
	category: Category | None
	resource: str | None


def check_retry(event: EventState) -> None:
	"""Return when the Retry button may put *event* back into the queue.

	:raises Refused: when a worker has it, it waits already, nothing handles its topic, or its failure never goes away by itself.
	"""
	check_replay(event)
	if event.category and event.status is Status.DEAD_LETTER and INFO[event.category].retry is Retry.NEVER:
		info = INFO[event.category]
		raise Refused(f"{info.title}: trying again cannot help. {info.fix}")


def check_replay(event: EventState) -> None:
	"""Return when *event* may be run through the engine again; replaying a finished event changes nothing that agrees.

	:raises Refused: when a worker has it, it waits already, or it carries nothing that could be applied.
	"""
	if event.status is Status.PROCESSING:
		raise Refused(f"A worker is busy with {event.name}. Wait for it to end; if it died, the event is taken over by itself.")
	if event.status is Status.RECEIVED:
		raise Refused(f"{event.name} is waiting for a worker already.")
	if event.resource is None:
		raise Refused(f"Nothing handles the topic of {event.name}, so there is nothing to try again.")
	if event.category is Category.INVALID_PAYLOAD:
		raise Refused(f"The payload of {event.name} is not valid; trying again reads the same bytes. Discard it with a note.")


def check_discard(event: EventState, reason: str) -> None:
	"""Return when *event* may be put away for good.

	:raises Refused: without a reason, while a worker has it, or when it is finished.
	"""
	if not reason.strip():
		raise Refused("Say why: a discarded event is kept with the reason, for whoever looks later.")
	if event.status is Status.PROCESSING:
		raise Refused(f"A worker is busy with {event.name}. Wait for it to end, then discard what is left.")
	if Status.DISCARDED not in EDGES[event.status]:
		raise Refused(f"{event.name} is finished ({event.status}); there is nothing to discard.")
