"""Rules of the receiving path: acknowledged is recorded, recorded once, and only what was signed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from shopify_sync.core.events import Source
from shopify_sync.core.signals import payload_hash

from .world import Violation, World

_RECORDED, _ONE, _FORGED = "what is acknowledged is recorded", "a webhook is one event", "a forgery leaves nothing"


def what_is_acknowledged_is_recorded(world: World) -> Iterator[Violation]:
	"""A delivery that was answered with 200 stands in the ledger, with the very bytes that were sent."""
	events = world.facts.events
	bodies = {webhook.id: webhook.body for webhook in world.emitted}
	for heard in world.acknowledged:
		event = events.get(heard.webhook_id)
		if not heard.whole:
			yield Violation(_RECORDED, heard.webhook_id, "was acknowledged although its body was cut short")
		elif event is None:
			yield Violation(_RECORDED, heard.webhook_id, f"{heard.topic} was acknowledged and is not in the ledger")
		elif event.payload_hash != payload_hash(bodies[heard.webhook_id]):
			yield Violation(_RECORDED, heard.webhook_id, "is in the ledger with other bytes than were sent")


def a_webhook_is_one_event(world: World) -> Iterator[Violation]:
	"""However often it is delivered: one row that counts."""
	known = {webhook.id for webhook in world.emitted} | set(world.stage.deeds.odd)
	heard = Counter(one.webhook_id for one in world.acknowledged)
	for event in world.facts.events.values():
		if event.source != Source.WEBHOOK:
			continue
		if event.name not in known:
			yield Violation(_ONE, event.name, "is in the ledger, and no shop sent it")
		elif event.deliveries < heard[event.name]:
			yield Violation(_ONE, event.name, f"came {heard[event.name]} times and counted {event.deliveries}")


def a_forgery_leaves_nothing(world: World) -> Iterator[Violation]:
	"""What was not signed, or no JSON, is in no table."""
	for name in world.stage.deeds.forged:
		if any(event.startswith(name) for event in world.facts.events):
			yield Violation(_FORGED, name, "is in the ledger")
