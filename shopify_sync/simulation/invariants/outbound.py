"""Rules of the way out: what ERPNext has ends up in Shopify, what comes back of it is known, and nothing goes round in circles."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from decimal import ROUND_FLOOR, Decimal

from shopify_sync.core import keys
from shopify_sync.core.outbound.memory import Memory, Push
from shopify_sync.core.statuses import NEEDS_ATTENTION, Status
from shopify_sync.simulator.shop.records import Level
from shopify_sync.simulator.shop.shop import Shop

from ..facts import EventFact
from ..shops import floor, outbound_location
from ..story import StoreFacts
from .agreement import pairs
from .parcels import back_in_the_shop, in_the_shop, notes_of, pieces, pushes_of, returns_of
from .world import Moment, Violation, World

_ENDED, _STOCK, _ECHO = "every push has ended or says why not", "what ERPNext has is in Shopify", "an echo is known as one"
_BOUND, _INNOCENT, _OPEN = "a push never answers a push", "no attempt is burnt by Shopify", "one open push of a level"
#: An event may be in the middle of its life when a person puts it back: what he does counts once more.
_OF_PEOPLE = ("Retry", "Replay", "Requeue")


def every_push_has_ended(world: World) -> Iterator[Violation]:
	"""At rest nothing is on its way out any more, and whatever waits for a person says why."""
	for event in world.facts.outbound.values():
		if event.status in (Status.RECEIVED, Status.PROCESSING, Status.RETRYING, Status.HELD, Status.BLOCKED):
			yield Violation(_ENDED, event.name, f"is still {event.status}")
		if event.status in NEEDS_ATTENTION and not (event.category and event.message):
			yield Violation(_ENDED, event.name, f"is {event.status} without a category or a message")


def one_open_push(world: World) -> Iterator[Violation]:
	"""However much changes, one event of a level waits to be claimed for the first time."""
	waiting = Counter(
		event.link for event in world.facts.outbound.values() if event.status is Status.RECEIVED and not event.attempts
	)
	# What a person puts back waits beside what was marked meanwhile.
	again = {one.event for one in world.facts.pushes if one.action in _OF_PEOPLE}
	put_back = {event.link for event in world.facts.outbound.values() if event.name in again}
	for link, number in waiting.items():
		if number > 1 and link not in put_back:
			yield Violation(_OPEN, str(link), f"{number} events wait")


def shopify_has_what_erpnext_has(world: World) -> Iterator[Violation]:
	"""At rest Shopify has what was last pushed, unless somebody changed it there since; after a look at everything it always has."""
	for store, shop, level, sku in _levels(world):
		link = keys.key(store.name, keys.INVENTORY_PUSH, f"{level.inventory_item_id}-{level.location_id}")
		if _was_put_away(world, link):
			continue
		memory = Memory.of(world.facts.links[link].facts) if link in world.facts.links else Memory()
		target = _target(world, store, sku, _added_back(world, shop, store, sku))
		if _is_untouched(level, memory) and level.on_hand != memory.on_hand:
			yield Violation(
				_STOCK, link, f"the shop has {level.on_hand}, and nobody changed it since {memory.on_hand} was pushed"
			)
		if world.moment is Moment.RECONCILED and level.on_hand != target:
			yield Violation(_STOCK, link, f"the shop has {level.on_hand}, ERPNext {target}")
		elif memory.on_hand is not None and memory.on_hand != target and not _is_shadowed(world, link):
			yield Violation(_STOCK, link, f"{memory.on_hand} was pushed last, and ERPNext has {target}")


def an_echo_is_known_as_one(world: World) -> Iterator[Violation]:
	"""A state that our own push brought about ends as Echo, or gives way to a newer one; nothing else ends as Echo."""
	for store, shop in pairs(world):
		location = outbound_location(shop)
		prefix = keys.key(store.name, keys.INVENTORY_LEVEL, "")
		for event in world.facts.events.values() if store.pushes else ():
			if not (event.link or "").startswith(prefix) or not str(event.link).endswith(f"-{location}"):
				continue
			payload = json.loads(event.payload)
			memory = world.facts.links.get(keys.key(store.name, keys.INVENTORY_PUSH, str(event.link).removeprefix(prefix)))
			pushes = Memory.of(memory.facts).pushes if memory else ()
			ours = next(
				(one for one in pushes if payload["available"] == one.available and _is_second(payload["updated_at"], one.at)),
				None,
			)
			if event.status is Status.ECHO and event.echo_of not in world.facts.outbound:
				yield Violation(_ECHO, event.name, "is an Echo of nothing")
			if (
				ours
				and event.status in (Status.APPLIED, Status.NO_CHANGE, Status.IGNORED)
				and not _may_be_ignored(world, event, ours)
			):
				yield Violation(_ECHO, event.name, f"was caused by our own push, and is {event.status}")


def a_push_never_answers_a_push(world: World) -> Iterator[Violation]:
	"""A level is pushed as often as something changed, and no more: changes are counted where they were made."""
	if world.journal is None or world.moment is Moment.RUNNING:
		return
	changes: Counter[str] = Counter()
	for entry in world.journal:
		if entry.kind == "stock":
			changes[entry.name] += 1
	# A delivery that was told is not added back any more, and one that was put away neither.
	told = Counter(
		world.facts.outbound[one.event].store
		for one in world.facts.pushes
		if world.facts.outbound[one.event].resource == keys.FULFILLMENT_PUSH
	)
	for store, _shop, level, sku in _levels(world):
		level_id = f"{level.inventory_item_id}-{level.location_id}"
		link = keys.key(store.name, keys.INVENTORY_PUSH, level_id)
		events = [event for event in world.facts.outbound.values() if event.link == link]
		again = sum(one.action in _OF_PEOPLE for one in world.facts.pushes if world.facts.outbound[one.event].link == link)
		# Once when it is linked, once when everything is looked at, and whenever the settings were saved.
		allowed = changes[f"{sku}|{floor(store)}"] + 2 + world.reconfigured + 2 * told[store.name]
		if len(events) > allowed:
			yield Violation(_BOUND, link, f"{len(events)} pushes for {allowed} reasons")
		applied = sum(one.outcome == Status.APPLIED for one in world.facts.pushes if world.facts.outbound[one.event].link == link)
		if applied > len(events) + again:
			yield Violation(_BOUND, link, f"{applied} times applied by {len(events)} events")


def no_attempt_is_burnt_by_shopify(world: World) -> Iterator[Violation]:
	"""What is Shopify's fault, or the network's, puts no event away."""
	innocent = ("Network", "Shopify unavailable", "Throttled", "Authentication")
	for event in world.facts.outbound.values():
		if event.status is Status.DEAD_LETTER and event.category in innocent:
			yield Violation(_INNOCENT, event.name, f"is a Dead Letter: {event.category}")


def _levels(world: World) -> Iterator[tuple[StoreFacts, Shop, Level, str]]:
	"""Yield every level that takes its stock from ERPNext and whose Item is linked."""
	for store, shop in pairs(world):
		if not store.pushes or not world.stage.target.settings(store.name).get("locations"):
			continue
		for variant in shop.products.variants.values():
			level = shop.inventory.level(variant.inventory_item_id, outbound_location(shop))
			link = world.facts.links.get(keys.key(store.name, keys.INVENTORY_ITEM, variant.inventory_item_id))
			if level is not None and link is not None and link.document:
				yield store, shop, level, variant.sku


def _is_untouched(level: Level, memory: Memory) -> bool:
	"""Whether nothing of a level changed in the shop since it was pushed last."""
	return bool(memory.pushes) and level.updated_at <= memory.pushes[0].at


def _target(world: World, store: StoreFacts, sku: str, added_back: int) -> int:
	quantity = world.facts.stock.get((sku, floor(store)), Decimal(0)) + added_back
	return max(int(quantity.to_integral_value(ROUND_FLOOR)), 0)


def _added_back(world: World, shop: Shop, store: StoreFacts, sku: str) -> int:
	"""Return the pieces that notes of people took and the shop did not fulfill, because their push waits for somebody."""
	total = 0
	for order in shop.orders.all.values() if store.sends != "Shopify" else ():
		link = keys.key(store.name, keys.FULFILLMENT_PUSH, order.id)
		if not any(event.link == link and event.status in NEEDS_ATTENTION for event in world.facts.outbound.values()):
			continue
		lines = {line.id for line in order.line_items if line.sku == sku}
		for note in notes_of(world, keys.key(store.name, keys.ORDER, order.id)):
			sent = sum(number for line, number in pieces(note).items() if line in lines) if note.docstatus == 1 else 0
			total += sent - sum(in_the_shop(world, link, note.name, order).get(line, 0) for line in lines)
		for note in returns_of(world, keys.key(store.name, keys.ORDER, order.id)) if store.tells_returns else ():
			came = sum(number for line, number in pieces(note).items() if line in lines) if note.docstatus == 1 else 0
			total -= came - sum(back_in_the_shop(world, link, note.name, order, known=True).get(line, 0) for line in lines)
	return total


def _newest(world: World, link: str) -> EventFact | None:
	return next((event for event in reversed(world.facts.outbound.values()) if event.link == link), None)


def _was_put_away(world: World, link: str) -> bool:
	"""Whether a person put the last push away, or it waits for one."""
	events = pushes_of(world, link)
	return any(event.status in NEEDS_ATTENTION for event in events) or bool(events and events[-1].status is Status.DISCARDED)


def _is_shadowed(world: World, link: str) -> bool:
	newest = _newest(world, link)
	return newest is not None and newest.status is Status.SHADOWED


def _may_be_ignored(world: World, event: EventFact, push: Push) -> bool:
	"""Whether it came while the store did not look at stock at all, or before the answer to the push was recorded.

	Until then only the figure that was to be expected tells an echo, and an order that was placed meanwhile changes it. Nothing is
	taken over from a location that takes its stock from ERPNext, so nothing is lost by that.
	"""
	recorded = world.facts.outbound[push.event].finished_at if push.event in world.facts.outbound else None
	came_first = recorded is not None and event.finished_at is not None and event.finished_at <= recorded
	return event.status is Status.IGNORED and (came_first or "switched off" in event.message)


def _is_second(text: str, at: datetime) -> bool:
	return datetime.fromisoformat(text.replace("Z", "+00:00")) == at.replace(microsecond=0)
