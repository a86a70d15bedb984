"""Parcels as values: what Shopify has of an order's fulfillments, and what is remembered of those that we made.

The memory stands in the facts of the link `<store>/fulfillment_push/<order id>`. A call that is about to be made stands in it
before it is made: fulfillmentCreate is not idempotent, so a worker that comes after a crash must know what may have been sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from ..enums import StrEnum
from .returned import Pieces, Returned

#: So many changes of one fulfillment are remembered: a webhook of one of them may be a day late.
KEPT = 20
#: https://shopify.dev/docs/api/admin-graphql/latest/enums/FulfillmentStatus
_NOT_SENT = ("CANCELLED", "ERROR", "FAILURE")
#: https://shopify.dev/docs/api/admin-graphql/latest/enums/FulfillmentOrderStatus: those in which something can be fulfilled.
_FULFILLABLE = ("OPEN", "IN_PROGRESS")
#: https://shopify.dev/docs/api/admin-graphql/latest/enums/FulfillmentOrderRequestStatus: a fulfillment service has it in hand.
_REQUESTED = ("SUBMITTED", "ACCEPTED", "CANCELLATION_REQUESTED", "CANCELLATION_REJECTED")
_CREATE = "CREATE_FULFILLMENT"


@dataclass(frozen=True)
class Tracking:
	"""How a parcel can be followed."""

	numbers: tuple[str, ...] = ()
	company: str = ""
	url: str = ""

	def __bool__(self) -> bool:
		return bool(self.numbers or self.company)

	def same_parcel(self, other: Tracking) -> bool:
		"""Whether numbers and carrier are the same. Links are not compared: Shopify makes its own for carriers that it knows."""
		return self.numbers == other.numbers and self.company == other.company


# --- what Shopify has ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OrderLine:
	"""Pieces of a line in a fulfillment order. *id*: of the fulfillment order's line item; *line*: of the order's."""

	id: str
	line: str
	remaining: int


@dataclass(frozen=True)
class FulfillmentOrder:
	"""What one location is to send. *actions*: what may be done with it; None: not known. *holds*: why it is on hold."""

	id: str
	status: str
	location: str
	lines: tuple[OrderLine, ...]
	request_status: str = "UNSUBMITTED"
	actions: tuple[str, ...] | None = None
	holds: tuple[str, ...] = ()

	@property
	def why_not(self) -> str:
		"""Why nothing of it can be fulfilled by us, as a part of a sentence; empty: it can."""
		if self.status == "ON_HOLD":
			reasons = f" ({', '.join(self.holds)})" if self.holds else ""
			return f"is on hold{reasons}"
		if self.status not in _FULFILLABLE:
			return f"is {self.status.lower().replace('_', ' ')}"
		if self.request_status in _REQUESTED:
			return f"is with a fulfillment service (request {self.request_status.lower().replace('_', ' ')})"
		if self.actions is not None and _CREATE not in self.actions:
			return "is not ours to fulfill: another service sends it"
		return ""


@dataclass(frozen=True)
class Fulfillment:
	"""A parcel in Shopify. Times are Shopify's, UTC."""

	id: str
	status: str
	location: str
	lines: Pieces
	tracking: Tracking
	created_at: datetime
	updated_at: datetime

	@property
	def is_live(self) -> bool:
		"""Whether it stands: it was not cancelled, and did not fail."""
		return self.status not in _NOT_SENT


@dataclass(frozen=True)
class ShopifyOrder:
	"""What Shopify has of an order that bears on its deliveries."""

	label: str
	cancelled: bool
	fulfillment_orders: tuple[FulfillmentOrder, ...]
	fulfillments: tuple[Fulfillment, ...]

	def fulfillment(self, id: str) -> Fulfillment | None:
		"""Return a fulfillment by its id, or None."""
		return next((found for found in self.fulfillments if found.id == id), None)

	def with_fulfillment(self, made: Fulfillment, taken: Mapping[str, int]) -> ShopifyOrder:
		"""Return the order after a fulfillment was made or changed. *taken*: id of a fulfillment order's line → pieces."""
		orders = tuple(
			replace(order, lines=tuple(replace(line, remaining=line.remaining - taken.get(line.id, 0)) for line in order.lines))
			for order in self.fulfillment_orders
		)
		others = tuple(found for found in self.fulfillments if found.id != made.id)
		return replace(self, fulfillment_orders=orders, fulfillments=(*others, made))


# --- what is remembered --------------------------------------------------------------------------------------------


class Act(StrEnum):
	"""What is said to Shopify."""

	CREATE = "create"
	TRACK = "track"
	CANCEL = "cancel"
	MOVE = "move"
	RETURN = "return"
	RECEIVE = "receive"
	CANCEL_RETURN = "cancel return"


@dataclass(frozen=True)
class Told:
	"""What a push of ours brought a fulfillment to, as Shopify answered: by which event, and when by Shopify's clock (UTC)."""

	event: str
	at: datetime
	tracking: Tracking
	cancelled: bool = False


@dataclass(frozen=True)
class Sent:
	"""A fulfillment that we made.

	:ivar note: its Delivery Note; *place*: the location that the note's warehouse stands for, empty where it stands for none.
	:ivar location: the one that Shopify sent it from.
	:ivar tracking: as the note had it when it was pushed last; *cancelled*: the fulfillment does not stand any more.
	:ivar told: what Shopify answered to our pushes of it, the newest first.
	"""

	id: str
	note: str
	place: str
	location: str
	lines: Pieces
	tracking: Tracking
	cancelled: bool = False
	told: tuple[Told, ...] = ()

	def now(self, tracking: Tracking, told: Told) -> Sent:
		"""Return it after a push of ours. *tracking*: the note's."""
		return replace(self, tracking=tracking, cancelled=told.cancelled, told=(told, *self.told)[:KEPT])


@dataclass(frozen=True)
class Pending:
	"""A call whose end is not recorded.

	:ivar owner: the lease it is made under; empty: the call is over, and nobody knows how. *event*: its event.
	:ivar known: the fulfillments, of a return the returns, that there were before it. *fulfillment*: the one that is changed.
	:ivar places: of a return: location → its pieces.
	:ivar sent_at: when (UTC, our clock); *until*: when it has arrived if it ever does.
	"""

	act: Act
	owner: str
	event: str
	sent_at: datetime
	until: datetime
	note: str = ""
	place: str = ""
	location: str = ""
	lines: Pieces = field(default_factory=dict)
	tracking: Tracking = field(default_factory=Tracking)
	known: tuple[str, ...] = ()
	fulfillment: str = ""
	places: Mapping[str, Pieces] = field(default_factory=dict)


@dataclass(frozen=True)
class ParcelMemory:
	"""Everything that is remembered of the deliveries of one order.

	:ivar sent: by the fulfillment's id; *returned*: by the return's.
	"""

	sent: Mapping[str, Sent] = field(default_factory=dict)
	pending: Pending | None = None
	returned: Mapping[str, Returned] = field(default_factory=dict)

	@classmethod
	def of(cls, facts: Mapping[str, Any]) -> ParcelMemory:
		"""Return the memory that stands in a link's facts."""
		sent = {id: _sent(id, row) for id, row in (facts.get("sent") or {}).items()}
		pending = facts.get("pending")
		returned = {id: Returned(**{**row, "id": id}) for id, row in (facts.get("returned") or {}).items()}
		return cls(sent, _pending(pending) if pending else None, returned)

	def facts(self) -> dict[str, Any]:
		"""Return the memory as a link keeps it."""
		found: dict[str, Any] = {"sent": {id: _plain(asdict(sent)) for id, sent in self.sent.items()}}
		if self.pending:
			found["pending"] = _plain(asdict(self.pending))
		if self.returned:
			found["returned"] = {id: _plain(asdict(returned)) for id, returned in self.returned.items()}
		return found

	def live(self, note: str) -> tuple[Sent, ...]:
		"""Return the fulfillments of a Delivery Note that stand, in the order in which they were made."""
		return tuple(sent for sent in self.sent.values() if sent.note == note and not sent.cancelled)

	def back(self, note: str) -> tuple[Returned, ...]:
		"""Return what stands in Shopify for a return of people's own."""
		return tuple(found for found in self.returned.values() if found.note == note and not found.cancelled)

	def having_back(self, returned: Returned) -> ParcelMemory:
		"""Return the memory with that return in it."""
		return replace(self, returned={**self.returned, returned.id: returned})

	def having(self, sent: Sent) -> ParcelMemory:
		"""Return the memory with that fulfillment in it."""
		return replace(self, sent={**self.sent, sent.id: sent})

	def sending(self, pending: Pending | None) -> ParcelMemory:
		"""Return the memory before a call (None: after one)."""
		return replace(self, pending=pending)

	def unsure(self, until: datetime | None) -> ParcelMemory:
		"""Return the memory after a call without an answer. *until*: when it has arrived if it ever does; None: it never left."""
		if self.pending is None or until is None:
			return replace(self, pending=None)
		return replace(self, pending=replace(self.pending, owner="", until=until))


def _plain(value: Any) -> Any:
	if isinstance(value, datetime):
		return value.isoformat()
	if isinstance(value, Mapping):
		return {name: _plain(inner) for name, inner in value.items()}
	return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value


def _time(text: str) -> datetime:
	return datetime.fromisoformat(text)


def _tracking(data: Mapping[str, Any]) -> Tracking:
	return Tracking(tuple(data["numbers"]), data["company"], data["url"])


def _sent(id: str, data: Mapping[str, Any]) -> Sent:
	told = tuple(
		Told(row["event"], _time(row["at"]), _tracking(row["tracking"]), row["cancelled"]) for row in data.get("told") or ()
	)
	return Sent(
		id,
		data["note"],
		data["place"],
		data["location"],
		dict(data["lines"]),
		_tracking(data["tracking"]),
		data["cancelled"],
		told,
	)


def _pending(data: Mapping[str, Any]) -> Pending:
	return Pending(
		**{
			**data,
			"act": Act(data["act"]),
			"tracking": _tracking(data["tracking"]),
			"known": tuple(data["known"]),
			"sent_at": _time(data["sent_at"]),
			"until": _time(data["until"]),
		}
	)
