"""Each cause of a difference by what is known of its record, and what is proposed about it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from shopify_sync.core import keys
from shopify_sync.core.policy import FulfillmentSide, StorePolicy
from shopify_sync.core.reconciliation.causes import explain, is_ahead, is_on_its_way, of_deliveries, propose
from shopify_sync.core.reconciliation.findings import Cause, Difference, Explanation, Kind, OpenEvent, Proposal, Touched
from shopify_sync.core.reconciliation.found import Found
from shopify_sync.core.snapshots import LinkState
from shopify_sync.core.statuses import Status

AT = datetime(2026, 11, 20, 8, 0, tzinfo=timezone.utc)
POLICY = StorePolicy("shop", "Example", "USD")


def version(seconds: int = 0, progress: int = 0, payment: int = 1, body: str = "a") -> str:
	at = f"{AT + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S.%f}"
	return f"{at}|{progress:07d}|{at}|{payment}|{body}"


APPLIED = version(100)
LINK = LinkState("shop/order/1", "Sales Order", "SO-1", APPLIED, "event", facts={"transactions": {"9": {"status": "success"}}})
AGREED = Found(link=LINK)
TOTAL = Difference(Kind.TOTAL, "", "22", "25", Decimal(3), "USD", ("Sales Order", "SO-1"))
PAID = Difference(Kind.PAID, "9", "22", "0", Decimal(-22))


def event(status: Status, seconds: int = 200, resource: str = keys.ORDER, name: str = "E") -> OpenEvent:
	return OpenEvent(name, status, version(seconds), resource)


def touched(doctype: str, name: str = "SO-1", at: datetime = AT) -> dict[tuple[str, str], Touched]:
	return {(doctype, name): Touched("clerk@example.com", at)}


@pytest.mark.parametrize(
	("difference", "found", "read", "cause"),
	[
		(TOTAL, replace(AGREED, events=(event(Status.BLOCKED),)), APPLIED, Cause.FAILED_EVENT),
		(TOTAL, replace(AGREED, events=(event(Status.DEAD_LETTER),)), APPLIED, Cause.FAILED_EVENT),
		(TOTAL, replace(AGREED, events=(event(Status.CONFLICT),)), APPLIED, Cause.FAILED_EVENT),
		(TOTAL, replace(AGREED, events=(event(Status.DISCARDED),)), APPLIED, Cause.DISCARDED),
		(TOTAL, replace(AGREED, events=(event(Status.SHADOWED),)), APPLIED, Cause.PUT_AWAY),
		(TOTAL, replace(AGREED, events=(event(Status.IGNORED),)), APPLIED, Cause.PUT_AWAY),
		# What was applied since says nothing any more.
		(TOTAL, replace(AGREED, events=(event(Status.BLOCKED, 50),)), APPLIED, Cause.MAPPING),
		(TOTAL, AGREED, version(101), Cause.LOST_WEBHOOK),
		# Within one second, what only grows tells.
		(TOTAL, AGREED, version(100, progress=1), Cause.LOST_WEBHOOK),
		(TOTAL, AGREED, version(100, payment=2), Cause.LOST_WEBHOOK),
		(TOTAL, AGREED, version(100, body="b"), Cause.MAPPING),
		(replace(TOTAL, is_news=True), AGREED, APPLIED, Cause.LOST_WEBHOOK),
		(replace(PAID, field="8"), AGREED, APPLIED, Cause.LOST_WEBHOOK),
		(PAID, AGREED, APPLIED, Cause.MAPPING),
		(TOTAL, replace(AGREED, touches=touched("Sales Invoice")), APPLIED, Cause.CHANGED_BY_HAND),
		(TOTAL, replace(AGREED, touches=touched("Payment Entry")), APPLIED, Cause.MAPPING),
		(PAID, replace(AGREED, touches=touched("Payment Entry")), APPLIED, Cause.CHANGED_BY_HAND),
		(replace(TOTAL, kind=Kind.LINK), Found(), APPLIED, Cause.BROKEN_LINK),
		(TOTAL, replace(AGREED, link=replace(LINK, document_name=None)), APPLIED, Cause.BROKEN_LINK),
		(TOTAL, Found(), "", Cause.BROKEN_LINK),
		(replace(TOTAL, amount=Decimal("0.02")), AGREED, APPLIED, Cause.ROUNDING),
		(replace(TOTAL, amount=Decimal("-0.01")), AGREED, APPLIED, Cause.ROUNDING),
		(replace(TOTAL, amount=Decimal("0.03")), AGREED, APPLIED, Cause.MAPPING),
		(Difference(Kind.FULFILLED, "1", "2", "1", Decimal("0.01")), AGREED, APPLIED, Cause.MAPPING),
		(
			Difference(Kind.FULFILLED, "1", "2", "1", Decimal(-1)),
			replace(AGREED, pushing=(event(Status.BLOCKED, 0),)),
			APPLIED,
			Cause.FAILED_EVENT,
		),
		(TOTAL, replace(AGREED, pushing=(event(Status.BLOCKED, 0),)), APPLIED, Cause.MAPPING),
	],
)
def test_causes(difference: Difference, found: Found, read: str, cause: Cause) -> None:
	assert explain(difference, found, read).cause is cause


def test_the_event_and_the_user_are_named() -> None:
	events = (event(Status.BLOCKED, 200, name="older"), event(Status.BLOCKED, 300, name="newer"), event(Status.DISCARDED, 400))
	assert explain(TOTAL, replace(AGREED, events=events), APPLIED) == Explanation(Cause.FAILED_EVENT, event="newer")
	later = AT + timedelta(hours=1)
	touches = {**touched("Sales Order"), ("Sales Invoice", "SI-1"): Touched("boss@example.com", later)}
	found = explain(TOTAL, replace(AGREED, touches=touches), APPLIED)
	assert (found.by, found.at) == ("boss@example.com", later)


def test_a_part_s_event_explains_what_it_is_about_and_nothing_else() -> None:
	found = replace(AGREED, events=(event(Status.BLOCKED, 0, keys.ORDER_TRANSACTION),))
	assert explain(PAID, found, APPLIED).cause is Cause.FAILED_EVENT
	lines = Difference(Kind.LINES, "1", "2", "1", Decimal(-1))
	assert explain(lines, found, APPLIED).cause is Cause.MAPPING


@pytest.mark.parametrize(
	("cause", "proposal"),
	[
		(Cause.FAILED_EVENT, Proposal.MEND_EVENT),
		(Cause.DISCARDED, Proposal.REVIEW),
		(Cause.LOST_WEBHOOK, Proposal.APPLY),
		(Cause.PUT_AWAY, Proposal.APPLY),
		(Cause.BROKEN_LINK, Proposal.APPLY),
		(Cause.CHANGED_BY_HAND, Proposal.REVIEW),
		(Cause.MAPPING, Proposal.REVIEW),
		(Cause.ROUNDING, Proposal.REVIEW),
		(Cause.DELETED_IN_SHOPIFY, Proposal.REVIEW),
		(Cause.UNKNOWN, Proposal.REVIEW),
	],
)
def test_what_a_person_did_is_put_to_a_person(cause: Cause, proposal: Proposal) -> None:
	assert propose(TOTAL, Explanation(cause)) is proposal


def test_a_payment_that_was_deleted_is_made_again_and_one_that_was_changed_is_not() -> None:
	by_hand = Explanation(Cause.CHANGED_BY_HAND)
	assert propose(PAID, by_hand) is Proposal.APPLY
	assert propose(replace(PAID, erpnext="20"), by_hand) is Proposal.REVIEW


MORE_SENT = Difference(Kind.FULFILLED, "1", "1", "2", Decimal(1), "pieces")
LESS_SENT = replace(MORE_SENT, shopify="2", erpnext="1", amount=Decimal(-1))


@pytest.mark.parametrize(
	("side", "difference", "cause", "told"),
	[
		(FulfillmentSide.SHOPIFY, MORE_SENT, Cause.MAPPING, None),
		(FulfillmentSide.ERPNEXT, MORE_SENT, Cause.MAPPING, (Cause.LOST_WEBHOOK, Proposal.PUSH)),
		(FulfillmentSide.ERPNEXT, LESS_SENT, Cause.MAPPING, (Cause.DRIFT, Proposal.REVIEW)),
		(FulfillmentSide.BOTH, MORE_SENT, Cause.MAPPING, (Cause.LOST_WEBHOOK, Proposal.PUSH)),
		(FulfillmentSide.BOTH, LESS_SENT, Cause.MAPPING, None),
		# A parcel that was cancelled in Shopify, which nobody has heard of here.
		(FulfillmentSide.BOTH, MORE_SENT, Cause.LOST_WEBHOOK, None),
		(FulfillmentSide.ERPNEXT, MORE_SENT, Cause.LOST_WEBHOOK, (Cause.LOST_WEBHOOK, Proposal.PUSH)),
		(FulfillmentSide.ERPNEXT, MORE_SENT, Cause.FAILED_EVENT, None),
		(FulfillmentSide.ERPNEXT, TOTAL, Cause.MAPPING, None),
	],
)
def test_deliveries_where_erpnext_sends(side: FulfillmentSide, difference: Difference, cause: Cause, told: Any) -> None:
	found = of_deliveries(difference, Explanation(cause), replace(POLICY, fulfillment_by=side))
	assert (None if found is None else (found[0].cause, found[1])) == told


@pytest.mark.parametrize("status", list(Status))
def test_what_a_worker_will_get_to_is_waited_for(status: Status) -> None:
	waits = status in (Status.RECEIVED, Status.PROCESSING, Status.RETRYING)
	assert is_on_its_way(Found(events=(event(status),))) == waits
	assert is_on_its_way(Found(pushing=(event(status),))) == waits


def test_what_was_read_before_a_later_state_was_applied_is_not_compared() -> None:
	assert is_ahead(AGREED, AT + timedelta(seconds=99))
	assert not is_ahead(AGREED, AT + timedelta(seconds=100))
	assert not is_ahead(AGREED, None)
	assert not is_ahead(Found(), AT)
