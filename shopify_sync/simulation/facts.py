"""What stands in the host's tables, as plain values: all that the invariants look at. Both hosts can be read this way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, Protocol

from shopify_sync.admin_api.ports import CallEnded, CallStarted
from shopify_sync.core.reconciliation.discrepancy import LIVE, Discrepancy
from shopify_sync.core.statuses import Status
from shopify_sync.simulator.webhooks.courier import Delivery


@dataclass(frozen=True)
class EventFact:
	"""A Sync Event."""

	name: str
	store: str
	source: str
	topic: str
	resource: str | None
	link: str | None
	version: str | None
	status: Status
	category: str | None
	message: str
	missing: str | None
	not_applied: str
	document: tuple[str, str] | None
	superseded_by: str | None
	attempts: int
	deliveries: int
	payload_hash: str
	discard_reason: str
	received_at: str
	finished_at: str | None
	payload: str = ""
	echo_of: str | None = None


@dataclass(frozen=True)
class AttemptFact:
	"""A Sync Attempt, from when to when (UTC). *text* is everything in it that a person could read."""

	event: str
	attempt: int
	action: str
	outcome: str
	category: str | None
	user: str | None
	started_at: datetime
	ended_at: datetime
	changes: Sequence[Mapping[str, Any]]
	text: str


@dataclass(frozen=True)
class LinkFact:
	"""A Shopify Link."""

	key: str
	document: tuple[str, str] | None
	version: str | None
	last_event: str | None
	agreed: Mapping[str, Any]
	facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class DocumentFact:
	"""A document of ERPNext's that carries a `shopify_key`."""

	doctype: str
	name: str
	key: str | None
	docstatus: int
	values: Mapping[str, Any]


@dataclass(frozen=True)
class Facts:
	"""Everything at one moment.

	:ivar events: on their way in; *attempts*: theirs.
	:ivar outbound: events on their way out; *pushes*: their attempts.
	:ivar stock: (Item, warehouse) → quantity.
	:ivar discrepancies: what reconciliation found, over or not.
	"""

	events: Mapping[str, EventFact]
	attempts: Sequence[AttemptFact]
	links: Mapping[str, LinkFact]
	documents: Sequence[DocumentFact]
	stock: Mapping[tuple[str, str], Decimal]
	outbound: Mapping[str, EventFact] = field(default_factory=dict)
	discrepancies: Sequence[Discrepancy] = ()
	pushes: Sequence[AttemptFact] = ()

	def live(self, doctype: str, key: str) -> Sequence[DocumentFact]:
		"""Return the documents with that key which are not cancelled."""
		return self._live.get((doctype, key), ())

	def of_link(self, key: str) -> Sequence[EventFact]:
		"""Return the events of a resource."""
		return self._by_link.get(key, ())

	@cached_property
	def differing(self) -> Mapping[str, Sequence[Discrepancy]]:
		"""The discrepancies that are not over, by the key of their record."""
		found = defaultdict(list)
		for one in self.discrepancies:
			if one.state in LIVE:
				found[one.finding.link].append(one)
		return found

	@cached_property
	def _live(self) -> Mapping[tuple[str, str | None], Sequence[DocumentFact]]:
		found = defaultdict(list)
		for one in self.documents:
			if one.docstatus < 2:
				found[one.doctype, one.key].append(one)
		return found

	@cached_property
	def _by_link(self) -> Mapping[str | None, Sequence[EventFact]]:
		found = defaultdict(list)
		for event in self.events.values():
			found[event.link].append(event)
		return found


class Calls(Protocol):
	"""The evidence of calls to the Admin API, by the name of each."""

	started: Mapping[str, CallStarted]
	ended: Mapping[str, CallEnded]


@dataclass(frozen=True)
class Acknowledged:
	"""A delivery that Shopify heard a 2xx for. *whole*: its body was not cut short on the way."""

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


@dataclass(frozen=True)
class JournalEntry:
	"""One change, as the database itself wrote it down (embedded/journal.py).

	:ivar kind: document, status, version, payload or evidence; :ivar actor: `engine`, or who else wrote.
	"""

	id: int
	kind: str
	action: str
	what: str
	name: str
	before: str | None
	after: str | None
	actor: str
