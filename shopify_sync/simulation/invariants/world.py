"""What the rules look at, and what they yield."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from shopify_sync.core.topics import RESOURCE_OF_TOPIC
from shopify_sync.simulator.shop.records import Webhook
from shopify_sync.simulator.shop.shop import Shop

from ..facts import Acknowledged, Calls, Facts, JournalEntry
from ..stage import Stage


class Moment(Enum):
	"""When a rule is looked at."""

	RUNNING = "while it runs"
	AT_REST = "at rest"
	RECONCILED = "after reconciliation"


@dataclass(frozen=True)
class Violation:
	"""A rule that does not hold."""

	rule: str
	about: str
	detail: str

	def __str__(self) -> str:
		return f"{self.rule}: {self.about}: {self.detail}"


@dataclass(frozen=True)
class World:
	"""Everything at one moment.

	:ivar emitted: every webhook that the shops emitted, in order.
	:ivar journal: what the database wrote down: since the last look while it runs, from the beginning afterwards; None where
		nobody writes a journal (a real site).
	:ivar log: every line that was logged.
	:ivar subscriptions: how many each shop had at the start.
	:ivar reconfigured: how often the host's settings were saved.
	:ivar calls: every call to the Admin API; None where nothing is pushed.
	"""

	moment: Moment
	facts: Facts
	stage: Stage
	shops: Sequence[Shop]
	emitted: Sequence[Webhook]
	acknowledged: Sequence[Acknowledged]
	journal: Sequence[JournalEntry] | None
	log: Sequence[str]
	subscriptions: int
	calls: Calls | None = None
	reconfigured: int = 0

	def has_lost_a_subscription(self, shop: Shop) -> bool:
		"""Tell whether Shopify removed a subscription of the shop: from then on it did not say everything any more."""
		return len(shop.subscriptions.all) < self.subscriptions

	def said_of(self, shop: Shop, resource: str, resource_id: str) -> Sequence[str]:
		"""Return the ids of the webhooks that showed a resource."""
		return self._said.get((shop.domain, resource, resource_id), ())

	@cached_property
	def _said(self) -> Mapping[tuple[str, str | None, str], Sequence[str]]:
		found = defaultdict(list)
		for webhook in self.emitted:
			found[webhook.shop_domain, RESOURCE_OF_TOPIC.get(webhook.topic), webhook.resource_id].append(webhook.id)
		return found
