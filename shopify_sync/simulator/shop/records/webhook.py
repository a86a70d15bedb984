"""Who is told of what, and what is told."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass
class Subscription:
	"""A webhook subscription. *failures* counts deliveries in a row that were given up after all retries."""

	id: str
	topic: str
	uri: str
	include_fields: list[str] = field(default_factory=list)
	filter: str = ""
	failures: int = 0
	created_at: datetime | None = None
	updated_at: datetime | None = None
	name: str = ""


@dataclass(frozen=True)
class Webhook:
	"""A webhook as it is emitted, before any delivery: the payload is written once, so that every retry sends the same bytes.

	:ivar id: of this webhook, the same at every delivery; :ivar event_id: of the merchant's action, shared by all its webhooks.
	:ivar resource_id: of the order, customer, level (`<item>-<location>`), … that the payload shows.
	"""

	id: str
	event_id: str
	topic: str
	shop_domain: str
	api_version: str
	subscription_id: str
	uri: str
	triggered_at: str
	resource_id: str
	body: bytes


@dataclass(frozen=True)
class BulkEnd:
	"""What bulk_operations/finish tells. *status* and *error_code* as in `BulkOperationStatus` and `BulkOperationErrorCode`."""

	id: str
	status: str
	error_code: str | None
	created_at: datetime
	completed_at: datetime
