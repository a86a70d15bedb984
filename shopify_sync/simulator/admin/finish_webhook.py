"""bulk_operations/finish: the one topic that comes from the API and not from the shop's state.

Shopify does not guarantee that it arrives (https://shopify.dev/docs/api/usage/bulk-operations/queries): clients poll as well.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ..shop.emission import trimmed
from ..shop.records import Webhook
from .gids import gid

if TYPE_CHECKING:
	from ..shop.shop import Shop
	from .bulk import BulkOperation

TOPIC = "bulk_operations/finish"
_TIME = "%Y-%m-%dT%H:%M:%SZ"


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
