"""Rules of the queue: nothing is forgotten, nothing goes on for ever, and whatever waits says truly what for."""

from __future__ import annotations

from collections.abc import Iterator

from shopify_sync.core.statuses import Status

from ..facts import EventFact
from .world import Violation, World

_BOUND, _ENDED = "attempts are bounded", "every event has ended or says why not"
_TRUE, _SUCCESSOR = "what an event waits for is missing", "what was superseded has a successor"
_LINK = "what was applied is in the link"
#: A worker's death costs an attempt, and so does a failure; a requeued event may end in one more.
_SLACK = 1


def attempts_are_bounded(world: World) -> Iterator[Violation]:
	"""No event is tried more often than its store allows."""
	for event in world.facts.events.values():
		limit = int(world.stage.target.settings(event.store)["max_attempts"])
		if event.attempts > limit + _SLACK:
			yield Violation(_BOUND, event.name, f"{event.attempts} attempts, where {limit} are allowed")


def every_event_has_ended_or_says_why_not(world: World) -> Iterator[Violation]:
	"""At rest no event is under way, and each that waits for somebody names the reason."""
	for event in world.facts.events.values():
		if why := _is_stuck(world, event):
			yield Violation(_ENDED, event.name, why)


def _is_stuck(world: World, event: EventFact) -> str | None:
	if event.status in (Status.RECEIVED, Status.PROCESSING, Status.RETRYING):
		return f"is still {event.status}"
	if event.status is Status.HELD:
		return "is Held, and the store is live"
	if event.status is Status.BLOCKED and not event.missing:
		return "is Blocked and does not say what is missing"
	if event.status in (Status.CONFLICT, Status.DEAD_LETTER, Status.BLOCKED) and not (event.category and event.message):
		return f"is {event.status} without a category or a message"
	if event.status is Status.DISCARDED and not event.discard_reason:
		return "is Discarded without a reason"
	return None


def what_an_event_waits_for_is_missing(world: World) -> Iterator[Violation]:
	"""No event is Blocked that would go through now.

	It may fail for another reason than the one it names: an older state that was applied meanwhile can bring a new one up. It
	is told when what it waits for is there.
	"""
	for event in world.facts.events.values():
		if event.status is Status.BLOCKED and not world.stage.target.would_still_fail(event.name):
			yield Violation(_TRUE, event.name, f"waits for {event.missing}, and would go through now")


def what_was_superseded_has_a_successor(world: World) -> Iterator[Violation]:
	"""Whoever steps aside does so for a newer state of the same resource that is in the ledger."""
	events = world.facts.events
	for event in events.values():
		if event.status is not Status.SUPERSEDED:
			continue
		successor = events.get(event.superseded_by or "")
		if successor is None:
			yield Violation(_SUCCESSOR, event.name, f"was superseded by {event.superseded_by}, which is not in the ledger")
		elif successor.link != event.link or str(successor.version) <= str(event.version):
			yield Violation(_SUCCESSOR, event.name, f"was superseded by {successor.name}, which is not newer")


def what_was_applied_is_in_the_link(world: World) -> Iterator[Violation]:
	"""The link has a version at least as new as every state that was applied."""
	for event in world.facts.events.values():
		if event.status in (Status.APPLIED, Status.NO_CHANGE) and event.link:
			link = world.facts.links.get(event.link)
			if link is None or str(link.version or "") < str(event.version):
				yield Violation(_LINK, event.name, f"is {event.status}, and the link is older")
