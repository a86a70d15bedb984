"""What is to be sent from where, and what was sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

#: The ids of a parcel's lines are so far apart that no other id is among them, and none is above 2^63.
_LINES_APART = 10**15 * 7


@dataclass
class FulfillmentOrderLine:
	"""What of a line is to be fulfilled by a fulfillment order."""

	id: str
	line_item_id: str
	total_quantity: int
	remaining_quantity: int


@dataclass(frozen=True)
class FulfillmentHold:
	"""Why a fulfillment order may not be fulfilled now."""

	id: str
	reason: str
	notes: str = ""
	handle: str = ""


@dataclass
class FulfillmentOrder:
	"""Lines of an order that one location is to fulfil. *status*: open, in_progress, closed, cancelled, on_hold, scheduled, incomplete."""

	id: str
	order_id: str
	location_id: str
	lines: list[FulfillmentOrderLine]
	status: str = "open"
	request_status: str = "unsubmitted"
	holds: list[FulfillmentHold] = field(default_factory=list)
	#: A fulfillment service sends it, not the merchant.
	by_service: bool = False
	created_at: datetime | None = None
	updated_at: datetime | None = None


@dataclass
class Fulfillment:
	"""A parcel. *status*: success, cancelled, pending, failure, error. *lines*: line item id → pieces."""

	id: str
	order_id: str
	location_id: str
	name: str
	lines: dict[str, int]
	fulfillment_order_ids: list[str] = field(default_factory=list)
	status: str = "success"
	tracking_company: str = ""
	tracking_numbers: list[str] = field(default_factory=list)
	#: Those that were given; for carriers that Shopify knows it makes its own.
	tracking_urls: list[str] = field(default_factory=list)
	#: How often the customer was written to about it.
	notified: int = 0
	created_at: datetime | None = None
	updated_at: datetime | None = None

	def line_id(self, line_item_id: str) -> str:
		"""Return the id of the parcel's own line of a line of the order."""
		return str(int(self.id) + _LINES_APART * (1 + list(self.lines).index(line_item_id)))
