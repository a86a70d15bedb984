"""What reconciliation says: differences, what they most likely come from, and what is proposed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from .. import keys
from ..enums import StrEnum

#: A phase of a run that is no resource of Shopify's payloads.
SUBSCRIPTIONS = "webhook_subscription"
#: What Shopify Payments paid out.
PAYOUTS = "payout"
#: Orders of days that were counted, and do not come out even.
ORDER_DAYS = "orders by day"
#: Only a full run can tell what Shopify has not: everything that it has was seen then.
LEFT_OVER = "not in Shopify"


class Kind(StrEnum):
	"""What is not the same. Of each record there is one discrepancy of a kind and a field."""

	MISSING = "Missing in ERPNext"
	NOT_IN_SHOPIFY = "Not in Shopify"
	DUPLICATE = "Two Documents"
	STATE = "State"
	CURRENCY = "Currency"
	LINES = "Lines"
	ITEM = "Item"
	TOTAL = "Total"
	TAXES = "Taxes"
	PAID = "Paid"
	REFUNDED = "Refunded"
	FULFILLED = "Fulfilled"
	CUSTOMER = "Customer"
	STOCK = "Stock"
	LINK = "Link"
	SUBSCRIPTION = "Webhook Subscription"
	PAYOUT = "Payout"
	LEDGER = "Ledger"


class Cause(StrEnum):
	"""Where a difference most likely comes from."""

	LOST_WEBHOOK = "Lost webhook"
	FAILED_EVENT = "Failed event"
	DISCARDED = "Event discarded"
	PUT_AWAY = "Event put away"
	CHANGED_BY_HAND = "Changed by hand"
	BROKEN_LINK = "Broken link"
	MAPPING = "Mapping"
	ROUNDING = "Rounding"
	DRIFT = "Changed in Shopify"
	DELETED_IN_SHOPIFY = "Deleted in Shopify"
	UNKNOWN = "Unknown"


class Proposal(StrEnum):
	"""What is proposed. The first three can be carried out without a person, each through the path that everything takes."""

	APPLY = "Apply Shopify's state"
	PUSH = "Push ERPNext's state"
	SUBSCRIBE = "Create the subscription"
	MEND_EVENT = "Mend and retry the event"
	REVIEW = "Review"


#: What may be healed without a person, by the rules of the store.
SAFE = (Proposal.APPLY, Proposal.PUSH, Proposal.SUBSCRIBE)


@dataclass(frozen=True)
class Difference:
	"""One thing that is not the same on both sides.

	:ivar field: which of several of its kind: a line, a transaction, a field of a document; empty where there is one only.
	:ivar shopify: what Shopify says; *erpnext*: what ERPNext says. Never a personal value: those are told as hashes or not at all.
	:ivar amount: by how much ERPNext has more than Shopify, in *unit* (an ISO currency, or `pieces`); None: not a quantity.
	:ivar document: where it is seen in ERPNext.
	:ivar is_news: Shopify's value is not the one that both sides last agreed on.
	"""

	kind: Kind
	field: str = ""
	shopify: str = ""
	erpnext: str = ""
	amount: Decimal | None = None
	unit: str = ""
	document: tuple[str, str] | None = None
	is_news: bool = False


@dataclass(frozen=True)
class Explanation:
	"""Why, as far as it can be told.

	:ivar event: the Sync Event that failed, waits or was put away.
	:ivar by: the user who changed the document, *at*: when (UTC).
	"""

	cause: Cause
	event: str | None = None
	by: str | None = None
	at: datetime | None = None


@dataclass(frozen=True)
class Finding:
	"""A difference of one record, explained, with what is proposed.

	:ivar healed: that was carried out.
	"""

	store: str
	resource: str
	shopify_id: str
	label: str
	difference: Difference
	explanation: Explanation
	proposal: Proposal
	healed: bool = False

	@property
	def link(self) -> str:
		"""The key of the record."""
		return keys.key(self.store, self.resource, self.shopify_id)

	@property
	def key(self) -> str:
		"""The one spelling of the discrepancy: seen again, it is the same one."""
		return f"{self.link}|{self.difference.kind}|{self.difference.field}"


@dataclass
class Tally:
	"""How much was compared of a resource, and what came of it.

	:ivar compared: records; *agreed*: of these, without a difference. *left_out*: not compared, by the reason.
	:ivar sums: (day, status) → what both sides come to.
	"""

	compared: int = 0
	agreed: int = 0
	left_out: dict[str, int] = field(default_factory=dict)
	sums: dict[tuple[str, str], Sums] = field(default_factory=dict)

	def leave_out(self, reason: str) -> None:
		"""Count a record that is not compared."""
		self.left_out[reason] = self.left_out.get(reason, 0) + 1

	def add(self, other: Tally) -> None:
		"""Add the records of another, without its sums."""
		self.compared += other.compared
		self.agreed += other.agreed
		for reason, records in other.left_out.items():
			self.left_out[reason] = self.left_out.get(reason, 0) + records


@dataclass
class Sums:
	"""Counts and sums of one day and status. Money is in the order's currency, of one store as a rule its shop's."""

	shopify: int = 0
	erpnext: int = 0
	shopify_total: Decimal = Decimal(0)
	erpnext_total: Decimal = Decimal(0)

	def add(self, other: Sums) -> None:
		"""Add others of the same day and status."""
		self.shopify += other.shopify
		self.erpnext += other.erpnext
		self.shopify_total += other.shopify_total
		self.erpnext_total += other.erpnext_total


@dataclass(frozen=True)
class OpenEvent:
	"""A Sync Event that is not finished, or was put away, of a record.

	:ivar status: as the ledger says; *version*: see core/signals.py `version_of`.
	"""

	name: str
	status: str
	version: str
	resource: str = ""


@dataclass(frozen=True)
class Touched:
	"""Who changed a document last. :ivar at: UTC."""

	by: str
	at: datetime


#: (doctype, name) → who touched it after the sync had written it.
Touches = Mapping[tuple[str, str], Touched]
