"""How webhooks come about: an action notes what happened, and at its end every payload is written once.

One action of the merchant shares one event id (https://shopify.dev/docs/apps/build/webhooks/best-practices). The payload shows
the state at the end of the action, so that orders/create and orders/paid of one checkout carry the same order.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..rest.topics import PAYLOADS
from .records import Level, Subscription, Webhook

if TYPE_CHECKING:
	from .shop import Shop


class Moments:
	"""Tells apart what happens at the same moment."""

	def __init__(self) -> None:
		self._last: datetime | None = None
		self._place = 0

	def next(self, now: datetime) -> tuple[datetime, int]:
		"""Return the moment, and how many came at exactly the same before."""
		self._place = self._place + 1 if now == self._last else 0
		self._last = now
		return now, self._place


class Emitter:
	"""Collects what happened during an action, and hands the webhooks to the shop's listeners when it is over."""

	def __init__(self, shop: Shop) -> None:
		self._shop = shop
		self._depth = 0
		self._silent = 0
		self._noted: dict[tuple[str, str], Any] = {}
		self._levels: dict[tuple[str, str], tuple[Level, int]] = {}
		self._actions = Moments()
		self._triggers = Moments()
		self._sent: dict[tuple[str, str], bytes] = {}
		#: Called when an action begins, before it changes anything.
		self.before: list[Callable[[], None]] = []

	def begin(self) -> None:
		"""Begin an action, or a part of one."""
		if not self._depth:
			for look in self.before:
				look()
		self._depth += 1

	def abort(self) -> None:
		"""End an action that failed: nothing is emitted."""
		self._depth -= 1
		if not self._depth:
			self._noted.clear()
			self._levels.clear()

	def end(self) -> None:
		"""End an action; at the end of the outermost one its webhooks are emitted."""
		if self._depth == 1:
			self._flush()
		self._depth -= 1

	def hush(self, change: int) -> None:
		"""Emit nothing while the sum of *change* is above zero."""
		self._silent += change

	def note(self, topic: str, resource_id: str, record: Any) -> None:
		"""Note that *topic* happened to a record; twice in one action is once."""
		self._noted[(topic, resource_id)] = record

	def touch(self, level: Level) -> None:
		"""Note that a level is about to change, so that it is emitted if `available` is another at the end."""
		self._levels.setdefault((level.inventory_item_id, level.location_id), (level, level.quantities.get("available", 0)))

	def _flush(self) -> None:
		for level, before in self._levels.values():
			self._note_level(level, before)
		noted, self._noted, self._levels = self._noted, {}, {}
		if self._silent or not noted:
			return
		for webhook in self._written(noted):
			for listener in self._shop.listeners:
				listener(webhook)

	def _note_level(self, level: Level, before: int) -> None:
		resource_id = f"{level.inventory_item_id}-{level.location_id}"
		item = self._shop.inventory.items.get(level.inventory_item_id)
		shown = item is not None and item.tracked and level.quantities.get("available", 0) != before
		# A level that was connected in this action has its own topic.
		if shown and ("inventory_levels/connect", resource_id) not in self._noted:
			self.note("inventory_levels/update", resource_id, level)

	def _written(self, noted: dict[tuple[str, str], Any]) -> list[Webhook]:
		shop = self._shop
		# Named after the moment and not after a count or an id, so that leaving an action out renames no other.
		event_id = shop.dice.uuid("event", shop.domain, *self._actions.next(shop.clock.now()))
		nth: dict[str, int] = {}
		payloads: dict[tuple[Any, str], dict[str, Any]] = {}
		bodies: dict[tuple[Any, str, tuple[str, ...]], bytes] = {}
		found: list[Webhook] = []
		for (topic, resource_id), record in noted.items():
			build = PAYLOADS[topic]
			nth[topic] = nth.get(topic, 0) + 1
			for place, subscription in enumerate(shop.subscriptions.for_topic(topic)):
				key = (build, resource_id, tuple(subscription.include_fields))
				if key not in bodies:
					if (build, resource_id) not in payloads:
						payloads[(build, resource_id)] = build(shop, record)
					bodies[key] = _json(trimmed(payloads[(build, resource_id)], subscription.include_fields))
				if not self._is_repetition(subscription, resource_id, bodies[key]):
					id = shop.dice.uuid("webhook", event_id, topic, nth[topic], place)
					found.append(self._webhook(id, event_id, topic, resource_id, subscription, bodies[key]))
		return found

	def _is_repetition(self, subscription: Subscription, resource_id: str, body: bytes) -> bool:
		"""Tell whether a trimmed payload says the same as the last one did: those are held back.

		https://shopify.dev/docs/apps/build/webhooks/customize/modify_payloads: only with `includeFields`. The length of the
		window is not documented; here it has no end.
		"""
		if not subscription.include_fields:
			return False
		key = (subscription.id, resource_id)
		same = self._sent.get(key) == body
		self._sent[key] = body
		return same

	def _webhook(self, id: str, event_id: str, topic: str, resource_id: str, subscription: Subscription, body: bytes) -> Webhook:
		shop = self._shop
		return Webhook(
			id=id,
			event_id=event_id,
			topic=topic,
			shop_domain=shop.domain,
			api_version=shop.api_version,
			subscription_id=subscription.id,
			uri=subscription.uri,
			triggered_at=self._moment(),
			resource_id=resource_id,
			body=body,
		)

	def _moment(self) -> str:
		"""Return the time with nanoseconds, as the header carries it; every webhook has another, as on a real clock."""
		now, place = self._triggers.next(self._shop.clock.now())
		nanoseconds = min(now.microsecond * 1000 + place, 999_999_999)
		return f"{now:%Y-%m-%dT%H:%M:%S}.{nanoseconds:09d}Z"


def trimmed(payload: dict[str, Any], fields: list[str]) -> dict[str, Any]:
	"""Return the part of a payload that `includeFields` asks for: `id`, `customer.id`, `line_items.id`; all when it is empty."""
	if not fields:
		return payload
	wanted: dict[str, list[str]] = {}
	for field in fields:
		name, _dot, rest = field.partition(".")
		wanted.setdefault(name, []).append(rest)
	return {name: _part(payload[name], rests) for name, rests in wanted.items() if name in payload}


def _part(value: Any, rests: list[str]) -> Any:
	if "" in rests:
		return value
	if isinstance(value, list):
		return [_part(entry, rests) for entry in value]
	return trimmed(value, rests) if isinstance(value, dict) else value


def _json(payload: dict[str, Any]) -> bytes:
	return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
