"""What a change in ERPNext leaves behind in the outbox: the event that something of a resource has to be pushed.

A mark says *that*, never *what*: the push reads ERPNext when it sends. So one open mark stands for any number of changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .. import keys
from ..events import NewEvent, Source
from ..signals import payload_hash
from ..statuses import Status

#: Where Shopify's own words for what will be called stand in the place of a webhook's topic.
TOPICS = {keys.INVENTORY_PUSH: "inventorySetQuantities", keys.FULFILLMENT_PUSH: "fulfillmentCreate"}
_EMPTY = "{}"
#: The payload of an event that asks to read what Shopify has.
LOOK = '{"look":true}'


@dataclass(frozen=True, order=True)
class Mark:
	"""Something of *resource* has to be pushed.

	:ivar shopify_id: `<inventory item>-<location>` for a stock level, the order's id for its deliveries.
	:ivar label: what people call it, for lists.
	:ivar look: read what Shopify has even where that is taken for known: somebody asks whether the two agree.
	"""

	store: str
	resource: str
	shopify_id: str
	label: str = ""
	document: tuple[str, str] | None = None
	look: bool = False

	@property
	def key(self) -> str:
		"""The key of the link that stands for what is pushed, and for the one open mark."""
		return keys.key(self.store, self.resource, self.shopify_id)


def stock_mark(store: str, inventory_item: str, location: str, item_code: str, *, look: bool = False) -> Mark:
	"""Return the mark of an inventory level whose Item is *item_code*."""
	return Mark(store, keys.INVENTORY_PUSH, f"{inventory_item}-{location}", item_code[:100], ("Item", item_code), look)


def delivery_mark(store: str, order: str, label: str, delivery_note: str) -> Mark:
	"""Return the mark of an order whose deliveries changed. *order*: its id; *label*: what people call it."""
	return Mark(store, keys.FULFILLMENT_PUSH, order, label[:100], ("Delivery Note", delivery_note))


def level_of(shopify_id: str) -> tuple[str, str]:
	"""Return (inventory item, location) of a stock mark's id."""
	item, _hyphen, location = shopify_id.partition("-")
	return item, location


def event_of(mark: Mark, now: datetime, nonce: str, source: Source = Source.ERPNEXT) -> NewEvent:
	"""Return the row that a mark becomes when none is open.

	:param now: UTC; also the version: of two marks of one resource the later one makes the earlier moot.
	:param nonce: random text, so that two marks of one moment are two rows.
	"""
	payload = LOOK if mark.look else _EMPTY
	version = f"{now:%Y-%m-%dT%H:%M:%S.%f}|{nonce[:8]}"
	return NewEvent(
		name=f"out-{keys.short_hash(mark.key, version, nonce)}",
		store=mark.store,
		source=source,
		topic=TOPICS[mark.resource],
		resource=mark.resource,
		shopify_id=mark.shopify_id,
		link=mark.key,
		version=version,
		updated_at=now,
		label=mark.label,
		status=Status.RECEIVED,
		category=None,
		message="",
		payload=payload,
		payload_hash=payload_hash(payload.encode()),
		api_version="",
		event_id="",
		triggered_at="",
		received_at=now,
	)
