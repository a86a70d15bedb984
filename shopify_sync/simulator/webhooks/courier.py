"""What is delivered when: a state machine without threads and sockets, so that a simulation can turn its clock.

Delivery is at least once and without order (https://shopify.dev/docs/apps/build/webhooks). Every throw is named after the
webhook's id, so leaving one webhook out does not change what happens to another.
"""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from shopify_sync.core.receiving import sign

from ..dice import Dice
from ..faults import Faults, cut_short
from ..shop.records import Webhook

if TYPE_CHECKING:
	from ..shop.shop import Shop

#: Waits between attempts. Shopify says "8 times over 4 hours, using an exponential backoff schedule" and no more
#: (https://shopify.dev/changelog/updates-to-webhook-retry-mechanism); the steps are this simulator's. They sum to 4 h.
RETRY_AFTER_SECONDS = (10, 30, 60, 300, 900, 1800, 3600, 7700)
#: How late a delivery is, in seconds: from, to.
DELAY_SECONDS = (300.0, 21_600.0)
REORDER_SECONDS = (1.0, 90.0)
SECOND_COPY_SECONDS = (2.0, 600.0)
#: Share of deliveries whose headers come as `shopify-*`, without `x-`.
BARE_HEADERS = 0.1


@dataclass(frozen=True)
class Delivery:
	"""One attempt to hand over one copy of a webhook.

	:ivar key: `<webhook id>/<copy>`, the same at every attempt; :ivar attempt: from 1.
	:ivar body: what arrives; cut short when it was garbled on the way.
	"""

	key: str
	webhook: Webhook
	attempt: int
	due_at: datetime
	body: bytes

	@property
	def copy(self) -> int:
		"""1 for the delivery that Shopify waits for, 2 for the one that is made by mistake."""
		return 2 if self.key.endswith("/2") else 1


class Courier:
	"""Delivers a shop's webhooks. Not thread-safe: call it under the shop's lock.

	:ivar lost: webhooks that were never sent; :ivar given_up: webhooks that nobody took, or whose subscription was removed.
	:ivar counters: emitted, lost, delayed, reordered, duplicated, garbled, attempts, delivered, failed, given_up, removed.
	"""

	def __init__(self, shop: Shop, faults: Faults, dice: Dice) -> None:
		self.shop = shop
		self.faults = faults
		self.dice = dice
		self.lost: list[Webhook] = []
		self.given_up: list[Webhook] = []
		self.counters: Counter[str] = Counter()
		#: (due, sequence, attempt, copy, webhook); the sequence keeps what is due together in the order it was emitted.
		self._waiting: list[tuple[datetime, int, int, int, Webhook]] = []
		self._under_way: dict[str, Delivery] = {}
		self._removed: set[str] = set()
		self._sequence = 0
		shop.listeners.append(self.accept)

	def accept(self, webhook: Webhook) -> None:
		"""Take a webhook that the shop emitted, and decide when its first delivery is due."""
		self.counters["emitted"] += 1
		now = self.shop.clock.now()
		if self._happens("lose", webhook):
			self.lost.append(webhook)
			self.counters["lost"] += 1
			return
		due = now + timedelta(seconds=self._lateness(webhook))
		self._push(due, 1, 1, webhook)
		if self._happens("duplicate", webhook):
			self.counters["duplicated"] += 1
			later = timedelta(seconds=self.dice.uniform(*SECOND_COPY_SECONDS, "second copy", webhook.id))
			self._push(due + later, 1, 2, webhook)

	def next_due(self) -> datetime | None:
		"""Return when the next delivery is due, or None when nothing waits."""
		return self._waiting[0][0] if self._waiting else None

	def waiting(self) -> int:
		"""Return how many deliveries wait or are under way."""
		return len(self._waiting) + len(self._under_way)

	def take_due(self, now: datetime) -> list[Delivery]:
		"""Return what is due, in order of (due, emitted). Each must be reported.

		:param now: UTC.
		"""
		taken = []
		while self._waiting and self._waiting[0][0] <= now:
			due, _sequence, attempt, copy, webhook = heapq.heappop(self._waiting)
			if webhook.subscription_id in self._removed:
				self._drop(webhook, copy)
				continue
			delivery = Delivery(f"{webhook.id}/{copy}", webhook, attempt, due, self._body(webhook, attempt, copy))
			self._under_way[delivery.key] = delivery
			self.counters["attempts"] += 1
			taken.append(delivery)
		return taken

	def headers(self, delivery: Delivery) -> dict[str, str]:
		"""Return the headers of an attempt. The signature is over the whole body, also when a part of it gets lost on the way.

		Source: https://shopify.dev/docs/apps/build/webhooks/delivery-structure
		"""
		webhook = delivery.webhook
		named = {
			"Topic": webhook.topic,
			"Hmac-Sha256": sign(self.shop.signing_secret(), webhook.body),
			"Shop-Domain": webhook.shop_domain,
			"API-Version": webhook.api_version,
			"Webhook-Id": webhook.id,
			"Event-Id": webhook.event_id,
			"Triggered-At": webhook.triggered_at,
		}
		subscription = self.shop.subscriptions.all.get(webhook.subscription_id)
		if subscription is not None and subscription.name:
			named["Name"] = subscription.name
		bare = self.dice.chance(BARE_HEADERS, "bare headers", delivery.key, delivery.attempt)
		prefix = "Shopify-" if bare else "X-Shopify-"
		return {"Content-Type": "application/json", **{prefix + name: value for name, value in named.items()}}

	def report(self, delivery: Delivery, status: int | None, now: datetime) -> None:
		"""Tell how an attempt ended.

		:param status: the HTTP status; None when there was no answer in time. Anything but 2xx is a failure, 3xx too.
		:param now: when it ended, UTC: the next wait counts from here.
		:raises KeyError: when this attempt is not under way.
		"""
		if self._under_way.get(delivery.key) != delivery:
			raise KeyError(f"{delivery.key}, attempt {delivery.attempt}, is not under way")
		del self._under_way[delivery.key]
		if status is not None and 200 <= status < 300:
			self._delivered(delivery)
			return
		self.counters["failed"] += 1
		# Nobody waits for the answer to a copy that is sent by mistake: the first one is the one that is tried again.
		if delivery.copy == 1:
			self._again(delivery, now)

	def _delivered(self, delivery: Delivery) -> None:
		self.counters["delivered"] += 1
		subscription = self.shop.subscriptions.all.get(delivery.webhook.subscription_id)
		if subscription is not None:
			subscription.failures = 0

	def _again(self, delivery: Delivery, now: datetime) -> None:
		webhook = delivery.webhook
		if delivery.attempt > len(RETRY_AFTER_SECONDS):
			self._give_up(webhook)
			return
		wait = timedelta(seconds=RETRY_AFTER_SECONDS[delivery.attempt - 1])
		self._push(now + wait, delivery.attempt + 1, 1, webhook)

	def _give_up(self, webhook: Webhook) -> None:
		"""Stop trying, and remove the subscription.

		After 8 retries in a row that failed, Shopify removes a subscription that was made through the Admin API. Whether it
		still delivers what waits, and whether other webhooks that arrive meanwhile save it, is not documented. Here neither:
		the harder case for the app.
		"""
		self.given_up.append(webhook)
		self.counters["given_up"] += 1
		subscription = self.shop.subscriptions.all.get(webhook.subscription_id)
		if subscription is not None:
			subscription.failures += 1
			self.shop.subscriptions.delete(subscription.id)
			self._removed.add(subscription.id)
			self.counters["removed"] += 1

	def _drop(self, webhook: Webhook, copy: int) -> None:
		if copy == 1:
			self.given_up.append(webhook)
			self.counters["given_up"] += 1

	def _lateness(self, webhook: Webhook) -> float:
		if self._happens("delay", webhook):
			self.counters["delayed"] += 1
			return self.dice.uniform(*DELAY_SECONDS, "delay", webhook.id)
		if self._happens("reorder", webhook):
			self.counters["reordered"] += 1
			return self.dice.uniform(*REORDER_SECONDS, "reorder", webhook.id)
		return 0.0

	def _body(self, webhook: Webhook, attempt: int, copy: int) -> bytes:
		"""Return what arrives. Only the first attempt of the first copy is ever cut short: the next one is whole."""
		if attempt > 1 or copy > 1 or not webhook.body or not self._happens("garble", webhook):
			return webhook.body
		self.counters["garbled"] += 1
		return cut_short(webhook.body, self.dice, webhook.id)

	def _happens(self, fault: str, webhook: Webhook) -> bool:
		return self.faults.happens(fault, self.dice, webhook.id)

	def _push(self, due: datetime, attempt: int, copy: int, webhook: Webhook) -> None:
		self._sequence += 1
		heapq.heappush(self._waiting, (due, self._sequence, attempt, copy, webhook))
