"""What one run of one world comes to, on any host."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from shopify_sync.simulator.webhooks.courier import Delivery

from .invariants import Violation


@dataclass
class Result:
	"""How one world went."""

	seed: int
	violations: list[Violation] = field(default_factory=list)
	trace: list[str] = field(default_factory=list)
	counts: Counter[str] = field(default_factory=Counter)
	latencies: list[float] = field(default_factory=list)
	simulated_seconds: float = 0.0


@dataclass(frozen=True)
class Acknowledged:
	"""A delivery that Shopify heard a 2xx for."""

	webhook_id: str
	topic: str
	resource_id: str
	shop: str
	whole: bool

	@classmethod
	def of(cls, delivery: Delivery) -> Acknowledged:
		"""Return what is remembered of a delivery."""
		webhook = delivery.webhook
		shop = webhook.shop_domain.partition(".")[0]
		return cls(webhook.id, webhook.topic, webhook.resource_id, shop, delivery.body == webhook.body)
