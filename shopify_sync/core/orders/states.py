"""Which documents should exist for an order: financial status × fulfilment status × cancelled, by the store's rules.

Statuses are those that Shopify documents, in REST's spelling (https://shopify.dev/docs/api/admin-rest/latest/resources/order)
and GraphQL's (https://shopify.dev/docs/api/admin-graphql/latest/enums/OrderDisplayFulfillmentStatus).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..contracts.order import Order
from ..failures import Category, Failure
from ..policy import OrderOutcome, StateRule

FINANCIAL_STATUSES = (
	"pending", "authorized", "partially_paid", "paid", "partially_refunded", "refunded", "voided", "expired",
)  # fmt: skip
FULFILLMENT_STATUSES = (
	"unfulfilled", "partial", "fulfilled", "restocked", "on_hold", "scheduled", "in_progress", "open",
	"pending_fulfillment", "request_declined",
)  # fmt: skip
#: How GraphQL and older payloads (Shopify's samples to 2024-01 say `pending`) spell the same.
_SYNONYMS = {"": "unfulfilled", "null": "unfulfilled", "pending": "unfulfilled", "partially_fulfilled": "partial"}


@dataclass(frozen=True)
class OrderState:
	"""The combination that rules are about. :ivar cancelled: whether the order has been cancelled."""

	financial: str
	fulfillment: str
	cancelled: bool

	@property
	def missing(self) -> str:
		"""How a failure spells that this combination has no rule: `state:paid|fulfilled|no`."""
		return f"state:{self.financial}|{self.fulfillment}|{'yes' if self.cancelled else 'no'}"

	def __str__(self) -> str:
		return f"{self.financial}, {self.fulfillment}{', cancelled' if self.cancelled else ''}"


def _live(
	outcome: OrderOutcome, financial: str, *, fulfillment: str | None = None, priority: int = 10, **what: bool
) -> StateRule:
	return StateRule(outcome, financial, fulfillment, cancelled=False, priority=priority, **what)


#: What a store without rules of its own goes by. Every status that Shopify has is covered.
DEFAULT_RULES: tuple[StateRule, ...] = (
	# A cancelled order is taken back as far as it went, whatever its statuses.
	StateRule(OrderOutcome.CANCELLED, cancelled=True, invoice=True, payment=True, priority=100),
	# Delivered before it is paid (on account, cash on delivery): now the customer owes it.
	_live(OrderOutcome.SUBMITTED, "pending", fulfillment="fulfilled", priority=20, invoice=True, payment=True, delivery=True),
	_live(OrderOutcome.SUBMITTED, "pending", payment=True, delivery=True),
	_live(OrderOutcome.SUBMITTED, "authorized", payment=True, delivery=True),
	# The authorization ran out; the customer may still pay in another way.
	_live(OrderOutcome.SUBMITTED, "expired", payment=True, delivery=True),
	_live(OrderOutcome.SUBMITTED, "partially_paid", invoice=True, payment=True, delivery=True),
	_live(OrderOutcome.SUBMITTED, "paid", invoice=True, payment=True, delivery=True),
	_live(OrderOutcome.SUBMITTED, "partially_refunded", invoice=True, payment=True, delivery=True),
	_live(OrderOutcome.SUBMITTED, "refunded", invoice=True, payment=True, delivery=True),
	# Nobody will pay, yet the order is not cancelled: a person decides.
	_live(OrderOutcome.HOLD, "voided"),
)


def state_of(order: Order) -> OrderState:
	"""Return the combination that *order* is in now, in the spelling of the rules."""
	fulfillment = order.fulfillment_status.strip().casefold()
	return OrderState(
		financial=order.financial_status.strip().casefold() or "pending",
		fulfillment=_SYNONYMS.get(fulfillment, fulfillment),
		cancelled=order.cancelled_at is not None,
	)


def rule_for(order: Order, rules: Sequence[StateRule]) -> StateRule | Failure:
	"""Return the rule of highest priority that fits *order*; of equal ones the first. Without rules the defaults count.

	A rule for any status means any that Shopify documents: a status that nobody knows is never matched by it.
	"""
	state = state_of(order)
	fitting = [rule for rule in rules or DEFAULT_RULES if _fits(rule, state)]
	if fitting:
		return max(fitting, key=lambda rule: rule.priority)
	return Failure(
		Category.MISSING_STATE_RULE,
		f"Order {order.label} is in a state that no Order State Rule of the store covers: {state}.",
		missing=state.missing,
	)


def _fits(rule: StateRule, state: OrderState) -> bool:
	return (
		_matches(rule.financial_status, state.financial, FINANCIAL_STATUSES)
		and _matches(rule.fulfillment_status, state.fulfillment, FULFILLMENT_STATUSES)
		and rule.cancelled in (None, state.cancelled)
	)


def _matches(wanted: str | None, found: str, known: tuple[str, ...]) -> bool:
	return found in known if wanted is None else wanted.strip().casefold() == found
