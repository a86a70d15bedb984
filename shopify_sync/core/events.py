"""The Sync Event as values: what is inserted, what a worker claims, how an attempt ends, and the evidence of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from .enums import StrEnum
from .failures import Category
from .keys import OUTBOUND
from .masking import mask, mask_name
from .plan import AppliedChange
from .signals import Signal
from .statuses import Status


class Way(StrEnum):
	"""Which side has to hear of it."""

	INBOUND = "Inbound"
	OUTBOUND = "Outbound"


class Source(StrEnum):
	"""Where a signal came from. All of one way take the same path."""

	WEBHOOK = "Webhook"
	REPLAY = "Replay"
	BACKFILL = "Backfill"
	RECONCILIATION = "Reconciliation"
	ERPNEXT = "ERPNext"


class SignedWith(StrEnum):
	"""Which of a store's client secrets signed a delivery."""

	CURRENT = "Current Secret"
	PREVIOUS = "Previous Secret"


class Action(StrEnum):
	"""What a Sync Attempt records."""

	APPLY = "Apply"
	PUSH = "Push"
	RETRY = "Retry"
	DISCARD = "Discard"
	REPLAY = "Replay"
	REQUEUE = "Requeue"
	WORKER_DIED = "Worker Died"
	RESOLVE = "Resolve"


@dataclass(frozen=True)
class NewEvent:
	"""A row to insert. Times are UTC; *triggered_at* is the header as it came."""

	name: str
	store: str
	source: Source
	topic: str
	resource: str | None
	shopify_id: str | None
	link: str | None
	version: str | None
	updated_at: datetime | None
	label: str
	status: Status
	category: Category | None
	message: str
	payload: str
	payload_hash: str
	api_version: str
	event_id: str
	triggered_at: str
	received_at: datetime
	#: The key of what its resource is a part of: the order of a transaction.
	part_of: str | None = None
	#: Which of the store's secrets signed it; None for what no webhook brought.
	signed_with: SignedWith | None = None

	@property
	def way(self) -> Way:
		"""Which side has to hear of it."""
		return Way.OUTBOUND if self.resource in OUTBOUND else Way.INBOUND

	@property
	def open_key(self) -> str | None:
		"""What the ledger allows once among what waits: of each resource on its way out there is one open event."""
		return self.link if self.way is Way.OUTBOUND else None

	def renamed(self) -> NewEvent:
		"""Return the same delivery under a name that carries its content: for an id that came before with another body."""
		return replace(self, name=f"{self.name}~{self.payload_hash[:12]}")


@dataclass(frozen=True)
class Receipt:
	"""What became of a delivery at receipt."""

	name: str
	status: Status
	duplicate: bool


@dataclass(frozen=True)
class ClaimedEvent:
	"""An event that a worker holds the lease of.

	:ivar attempts: attempts used, this one included.
	:ivar lease: the token that must still stand in the row when the attempt ends.
	"""

	name: str
	store: str
	topic: str
	resource: str
	shopify_id: str
	version: str
	payload: str
	attempts: int
	lease: str
	#: The key of what its resource is a part of: the order of a transaction.
	part_of: str | None = None

	@property
	def signal(self) -> Signal:
		"""The event as a decision sees it."""
		return Signal(self.name, self.store, self.resource, self.shopify_id, self.version, self.topic)


@dataclass(frozen=True)
class Outcome:
	"""How an attempt ended, as the event's row shows it."""

	status: Status
	category: Category | None = None
	message: str = ""
	missing: str | None = None
	not_applied: tuple[str, ...] = ()
	document: tuple[str, str] | None = None
	superseded_by: str | None = None
	#: The event that pushed what came back with this one.
	echo_of: str | None = None
	next_try_at: datetime | None = None
	costs_attempt: bool = True


#: The reason in the evidence when :func:`once_more` applies.
LOOKED_AGAIN = "What it waits for was saved while a worker was busy with it, so it is looked at once more."


#: The reason when what a part belongs to was carried out.
SETTLED = "What it is a part of was carried out, so it is looked at once more."
#: The reason when Shopify told which Item it is.
FOUND = "Shopify's product told which Item it is."


def once_more(outcome: Outcome, now: datetime) -> Outcome:
	"""Return how an attempt ends that found something missing which was saved while it looked: tried again at once.

	Whoever saves a mapping sets the events going that wait for it. One that a worker has just then does not wait yet; without
	this it would begin to wait after the last chance to be set going. An outcome that waits for nobody is returned as it is.
	"""
	if outcome.status not in (Status.BLOCKED, Status.HELD):
		return outcome
	return replace(outcome, status=Status.RETRYING, missing=None, next_try_at=now)


@dataclass(frozen=True)
class Attempt:
	"""One row of evidence; append-only. Everything in it is masked already."""

	event: str
	attempt: int
	action: Action
	outcome: str
	started_at: datetime
	ended_at: datetime
	worker: str = ""
	user: str | None = None
	reason: str = ""
	category: Category | None = None
	message: str = ""
	restarts: int = 0
	changes: tuple[Mapping[str, Any], ...] = ()
	reads: Mapping[str, Any] = field(default_factory=dict)
	detail: str = ""


def evidence_of(changes: tuple[AppliedChange, ...] | list[AppliedChange]) -> tuple[Mapping[str, Any], ...]:
	"""Return *changes* as evidence: each field before → after, personal values masked."""
	return tuple(
		{
			"action": change.action,
			"doctype": change.doctype,
			"name": mask_name(change.doctype, change.name),
			"key": change.key,
			"fields": [
				{"field": name, "before": mask(name, before), "after": mask(name, after)} for name, before, after in change.fields
			],
		}
		for change in changes
	)
