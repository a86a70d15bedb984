"""bulk_operations/finish: the one topic that comes from the API and not from the shop's state.

Shopify does not guarantee that it arrives (https://shopify.dev/docs/api/usage/bulk-operations/queries): clients poll as well.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..shop.emission import trimmed
from ..shop.errors import UserError
from ..shop.records import Subscription, Webhook
from .gids import gid

if TYPE_CHECKING:
	from ..shop.shop import Shop
	from .bulk import BulkOperation

TOPIC = "bulk_operations/finish"
_TIME = "%Y-%m-%dT%H:%M:%SZ"


def subscribe(shop: Shop, uri: str, include_fields: Sequence[str], name: str) -> Subscription:
	"""Subscribe *uri*. :raises UserError: for an address that is none, or taken."""
	check(shop, uri, None)
	now = shop.now()
	id = shop.new_id("WebhookSubscription")
	made = Subscription(id, TOPIC, uri, list(include_fields), created_at=now, updated_at=now, name=name)
	shop.subscriptions.all[id] = made
	return made


def change(shop: Shop, found: Subscription, uri: str | None, include_fields: Sequence[str] | None, name: str | None) -> None:
	"""Change what is given of a subscription to this topic. :raises UserError: as subscribe does."""
	check(shop, uri or found.uri, found)
	found.uri = uri or found.uri
	found.name = found.name if name is None else name
	found.include_fields = found.include_fields if include_fields is None else list(include_fields)
	found.updated_at = shop.now()


def check(shop: Shop, uri: str, own: Subscription | None) -> None:
	"""Refuse an address as the desk of subscriptions does. :raises UserError:"""
	if "://" not in uri:
		raise UserError(("webhookSubscription", "uri"), "Address is invalid", "INVALID")
	if any(other.uri == uri for other in shop.subscriptions.for_topic(TOPIC) if other is not own):
		raise UserError(("webhookSubscription", "uri"), "Address for this topic has already been taken", "TAKEN")


def tell(shop: Shop, operation: BulkOperation) -> None:
	"""Emit the webhook for an operation that is over."""
	event_id = shop.dice.uuid("event", shop.domain, TOPIC, operation.id)
	now = shop.clock.now()
	for subscription in shop.subscriptions.for_topic(TOPIC):
		payload = trimmed(_payload(operation), subscription.include_fields)
		webhook = Webhook(
			id=shop.dice.uuid("webhook", event_id, subscription.id),
			event_id=event_id,
			topic=TOPIC,
			shop_domain=shop.domain,
			api_version=shop.api_version,
			subscription_id=subscription.id,
			uri=subscription.uri,
			triggered_at=f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond * 1000:09d}Z",
			resource_id=operation.id,
			body=json.dumps(payload, separators=(",", ":")).encode(),
		)
		for listener in shop.listeners:
			listener(webhook)


def _payload(operation: BulkOperation) -> dict[str, Any]:
	return {
		"admin_graphql_api_id": gid("BulkOperation", operation.id),
		"completed_at": operation.completed_at.strftime(_TIME) if operation.completed_at else None,
		"created_at": operation.created_at.strftime(_TIME),
		"error_code": operation.error_code.lower() if operation.error_code else None,
		"status": operation.status.lower(),
		"type": "query",
	}
