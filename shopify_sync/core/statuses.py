"""The statuses of a Sync Event and every transition between them.

This module alone says which transition is legal. Only the two event logs (`erpnext_host/event_log/` and
`embedded_host/event_log.py`) write a status, and each asks here first. A guard test keeps both sentences true.
"""

from __future__ import annotations

from functools import cache

from .enums import StrEnum


class Status(StrEnum):
	"""Where a Sync Event stands. The value is what the database and the Desk show."""

	RECEIVED = "Received"
	PROCESSING = "Processing"
	RETRYING = "Retrying"
	BLOCKED = "Blocked"
	HELD = "Held"
	CONFLICT = "Conflict"
	DEAD_LETTER = "Dead Letter"
	APPLIED = "Applied"
	NO_CHANGE = "No Change"
	SUPERSEDED = "Superseded"
	ECHO = "Echo"
	IGNORED = "Ignored"
	SHADOWED = "Shadowed"
	DISCARDED = "Discarded"


#: A worker may claim these when they are due. Processing is among them because its due time is the end of the lease.
CLAIMABLE = (Status.RECEIVED, Status.RETRYING, Status.PROCESSING)
#: Waiting for a person or for a repaired mapping.
NEEDS_ATTENTION = (Status.BLOCKED, Status.CONFLICT, Status.DEAD_LETTER)
#: Not finished: a newer signal of the same resource makes these moot.
OPEN = (Status.RECEIVED, Status.RETRYING, Status.HELD, *NEEDS_ATTENTION)
#: Finished: nothing is left to do.
FINAL = (
	Status.APPLIED,
	Status.NO_CHANGE,
	Status.SUPERSEDED,
	Status.ECHO,
	Status.IGNORED,
	Status.SHADOWED,
	Status.DISCARDED,
)
#: What may be recorded at receipt.
INITIAL = (Status.RECEIVED, Status.IGNORED, Status.DEAD_LETTER)

_ENDS_OF_AN_ATTEMPT = frozenset(
	{
		Status.RETRYING,
		Status.BLOCKED,
		Status.HELD,
		Status.CONFLICT,
		Status.DEAD_LETTER,
		Status.APPLIED,
		Status.NO_CHANGE,
		Status.SUPERSEDED,
		Status.ECHO,
		Status.IGNORED,
		Status.SHADOWED,
	}
)

#: from → to. A final status leads back to Received only (an operator's replay): the engine then finds no difference.
EDGES: dict[Status, frozenset[Status]] = {
	Status.RECEIVED: frozenset({Status.PROCESSING, Status.SUPERSEDED, Status.DISCARDED}),
	Status.RETRYING: frozenset({Status.PROCESSING, Status.RECEIVED, Status.SUPERSEDED, Status.DISCARDED}),
	# Processing → Processing is a reclaim: the lease of a dead worker ran out.
	Status.PROCESSING: _ENDS_OF_AN_ATTEMPT | {Status.PROCESSING},
	Status.BLOCKED: frozenset({Status.RECEIVED, Status.SUPERSEDED, Status.DISCARDED}),
	Status.HELD: frozenset({Status.RECEIVED, Status.SUPERSEDED, Status.DISCARDED}),
	Status.CONFLICT: frozenset({Status.RECEIVED, Status.SUPERSEDED, Status.DISCARDED}),
	Status.DEAD_LETTER: frozenset({Status.RECEIVED, Status.SUPERSEDED, Status.DISCARDED}),
	**{status: frozenset({Status.RECEIVED}) for status in FINAL},
}


class IllegalTransition(Exception):
	"""Raised when a status change is not an edge of the graph. The message says what was asked."""


def check(current: Status | str, to: Status | str) -> Status:
	"""Return *to* as a Status when an event may go there from *current*.

	:raises IllegalTransition: when the graph has no such edge.
	"""
	source, target = Status(current), Status(to)
	if target not in EDGES[source]:
		raise IllegalTransition(f"A Sync Event cannot go from {source} to {target}.")
	return target


@cache
def sources_of(to: Status) -> tuple[Status, ...]:
	"""Return every status from which *to* can be reached, for set-based updates (`… WHERE status IN …`)."""
	return tuple(status for status in Status if to in EDGES[status])
