"""Rules of what people hold: it waits, both ways, and everything else goes on.

That nothing is lost by it, and that all is as if nothing had been held, is what the other rules say at rest: every hold is released
by then.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from shopify_sync.core import keys
from shopify_sync.core.events import Action
from shopify_sync.core.statuses import Status

from ..facts import AttemptFact, EventFact
from ..stage import Held
from .world import Violation, World

_HELD = "what is held is not carried out"
#: What belongs to a flow and to a resource: said here once more, so that nothing is taken from the product's own word.
_OF_FLOW = {
	"Orders": (keys.ORDER, keys.ORDER_TRANSACTION),
	"Customers": (keys.CUSTOMER,),
	"Inventory": (keys.INVENTORY_LEVEL, keys.INVENTORY_PUSH),
	"Fulfillments": (keys.FULFILLMENT, keys.FULFILLMENT_PUSH),
}
_OF_RESOURCE = {
	keys.ORDER: (keys.ORDER, keys.FULFILLMENT_PUSH),
	keys.CUSTOMER: (keys.CUSTOMER,),
	keys.INVENTORY_LEVEL: (keys.INVENTORY_LEVEL, keys.INVENTORY_PUSH),
}
#: Events of these resources name their order in the payload.
_PARTS = (keys.ORDER_TRANSACTION, keys.FULFILLMENT)
#: How an attempt ends that looked at its event: whoever holds it wants that not to happen.
_LOOKED_AT = (
	Status.APPLIED, Status.NO_CHANGE, Status.ECHO, Status.CONFLICT, Status.BLOCKED, Status.SUPERSEDED, Status.SHADOWED,
)  # fmt: skip


def what_is_held_is_not_carried_out(world: World) -> Iterator[Violation]:
	"""No attempt that begins and ends while its event is held looks at it: what a worker is busy with is carried out, no more."""
	held = world.stage.deeds.held.values()
	if not held:
		return
	events = {**world.facts.events, **world.facts.outbound}
	for attempt in (*world.facts.attempts, *world.facts.pushes):
		if attempt.action not in (Action.APPLY, Action.PUSH) or attempt.outcome not in _LOOKED_AT:
			continue
		for one in held:
			if _falls_into(attempt, one) and _covers(one, events[attempt.event]):
				yield Violation(
					_HELD, attempt.event, f"was carried out ({attempt.outcome}) while {one.scope} {one.what} was held"
				)


def _falls_into(attempt: AttemptFact, held: Held) -> bool:
	# At the same moment either may have come first; a transaction that starts again asks again.
	began = held.since is not None and held.since < attempt.started_at
	return began and (held.until is None or attempt.ended_at < held.until)


def _covers(held: Held, event: EventFact) -> bool:
	if event.store != held.store or not event.resource or not event.link:
		return False
	if held.scope == "Flow":
		return event.resource in _OF_FLOW[held.what]
	if held.scope == "Topic":
		return event.topic == held.what
	_store, resource, id = held.what.split("/", 2)
	if event.resource in _PARTS:
		return resource == keys.ORDER and str(json.loads(event.payload or "{}").get("order_id")) == id
	return event.resource in _OF_RESOURCE[resource] and event.link.split("/", 2)[2] == id
