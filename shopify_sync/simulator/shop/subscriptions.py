"""Webhook subscriptions (https://shopify.dev/docs/api/admin-graphql/latest/mutations/webhookSubscriptionCreate)."""

from __future__ import annotations

from collections.abc import Iterable

from ..rest.topics import PAYLOADS, SILENT
from .desk import Desk, operation
from .errors import UserError
from .records import Subscription

#: https://shopify.dev/docs/apps/build/compliance/privacy-law-compliance
COMPLIANCE_TOPICS = ("customers/data_request", "customers/redact", "shop/redact")


class Subscriptions(Desk[Subscription]):
	"""Who is told of what."""

	kind = "Webhook subscription"

	@operation
	def create(
		self, topic: str, uri: str, include_fields: Iterable[str] = (), filter: str = "", *, name: str = ""
	) -> Subscription:
		"""Subscribe *uri* to *topic* (`orders/create`). :raises UserError: for an unknown topic, a bad or a taken address."""
		self._check(topic, uri, filter)
		now = self.shop.now()
		made = Subscription(
			self.shop.new_id("WebhookSubscription"),
			topic,
			uri,
			list(include_fields),
			filter,
			created_at=now,
			updated_at=now,
			name=name,
		)
		self.all[made.id] = made
		return made

	@operation
	def update(
		self,
		id: str,
		*,
		uri: str | None = None,
		include_fields: Iterable[str] | None = None,
		filter: str | None = None,
		name: str | None = None,
	) -> Subscription:
		"""Change what is given. :raises UserError: as create does."""
		found = self.get(id)
		self._check(found.topic, found.uri if uri is None else uri, found.filter if filter is None else filter, found)
		found.uri = found.uri if uri is None else uri
		found.filter = found.filter if filter is None else filter
		found.name = found.name if name is None else name
		if include_fields is not None:
			found.include_fields = list(include_fields)
		found.updated_at = self.shop.now()
		return found

	@operation
	def delete(self, id: str) -> None:
		"""End a subscription. :raises NotFound: when there is none."""
		del self.all[self.get(id).id]

	def clear(self) -> None:
		"""End all of them but those to the compliance topics, as an uninstall does."""
		self.all = {id: found for id, found in self.all.items() if found.topic in COMPLIANCE_TOPICS}

	def for_topic(self, topic: str) -> list[Subscription]:
		"""Return the subscriptions to a topic, oldest first."""
		return [subscription for subscription in self.all.values() if subscription.topic == topic]

	def _check(self, topic: str, uri: str, filter: str, own: Subscription | None = None) -> None:
		if topic not in PAYLOADS and topic not in SILENT:
			raise UserError(("topic",), f"The simulator does not emit the topic {topic!r}", "INVALID")
		if "://" not in uri:
			raise UserError(("webhookSubscription", "uri"), "Address is invalid", "INVALID")
		if filter:
			# Delivering what a filter holds back would be worse than refusing it.
			raise UserError(("webhookSubscription", "filter"), "The simulator does not evaluate filters", "INVALID")
		for other in self.for_topic(topic):
			if other is not own and other.uri == uri:
				raise UserError(("webhookSubscription", "uri"), "Address for this topic has already been taken", "TAKEN")
