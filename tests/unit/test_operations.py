"""What an operator may do to an event: for every status and category, and never anything that the graph of statuses does not know."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopify_sync.core import keys
from shopify_sync.core.failures import INFO, Category, Retry
from shopify_sync.core.operations import (
	ACTS_ON,
	OF_EVENTS,
	EventState,
	OperatorAction,
	Refused,
	check_discard,
	check_replay,
	check_retry,
	needs_set_up,
	why_not,
)
from shopify_sync.core.refetch import TOPICS, asked_for, can_be_read, id_of
from shopify_sync.core.resources import RESOURCES
from shopify_sync.core.statuses import EDGES, FINAL, Status

_QUEUED = [action for action in OF_EVENTS if action not in (OperatorAction.DISCARD, OperatorAction.REFETCH)]
_STATES = st.builds(
	EventState,
	st.just("e"),
	st.sampled_from(list(Status)),
	st.one_of(st.none(), st.sampled_from(list(Category))),
	st.sampled_from([None, keys.ORDER]),
)


@given(st.sampled_from(list(OF_EVENTS)), _STATES)
def test_what_is_allowed_is_an_edge_of_the_graph(action: OperatorAction, state: EventState) -> None:
	if why_not(action, state, "a reason") is None and action is not OperatorAction.REFETCH:
		to = Status.DISCARDED if action is OperatorAction.DISCARD else Status.RECEIVED
		assert to in EDGES[state.status]


@given(st.sampled_from(_QUEUED), _STATES)
def test_nothing_is_put_back_that_a_worker_has_or_that_waits_already_or_cannot_be_read(
	action: OperatorAction, state: EventState
) -> None:
	if state.status in (Status.PROCESSING, Status.RECEIVED) or state.category is Category.INVALID_PAYLOAD or not state.resource:
		assert why_not(action, state)


@given(st.sampled_from(list(OF_EVENTS)), _STATES)
def test_a_reason_of_a_refusal_names_no_event_so_that_it_can_be_counted(action: OperatorAction, state: EventState) -> None:
	other = EventState("another-name", state.status, state.category, state.resource)
	assert why_not(action, state) == why_not(action, other)


@given(_STATES)
def test_a_filter_without_a_status_leaves_out_only_what_would_be_refused(state: EventState) -> None:
	for action in OF_EVENTS:
		statuses = ACTS_ON[action]
		if statuses is not None and state.status not in statuses:
			assert why_not(action, state, "a reason")


def test_what_never_helps_is_refused_with_what_to_do_instead() -> None:
	for category in Category:
		found = why_not(OperatorAction.RETRY, EventState("e", Status.DEAD_LETTER, category, keys.ORDER))
		if INFO[category].retry is Retry.NEVER:
			assert found
		elif category is not Category.INVALID_PAYLOAD:
			assert found is None


def test_discarding_needs_a_reason() -> None:
	state = EventState("e", Status.BLOCKED, None, keys.ORDER)
	with pytest.raises(Refused, match=r"^e: Say why"):
		check_discard(state, "  ")
	check_discard(state, "a test")


@pytest.mark.parametrize("status", FINAL)
def test_of_a_finished_event_the_button_retry_is_a_replay(status: Status) -> None:
	state = EventState("e", status, None, keys.ORDER)
	check_retry(state)
	check_replay(state)
	assert "Choose Replay" in (why_not(OperatorAction.RETRY, state) or "")


def test_what_moves_a_whole_store_is_its_managers() -> None:
	managers = {action for action in OperatorAction if needs_set_up(action)}
	assert managers == {OperatorAction.PAUSE, OperatorAction.RESUME, OperatorAction.TRIP_CIRCUIT}
	assert needs_set_up(OperatorAction.HOLD, of_flow=True)
	assert needs_set_up(OperatorAction.RELEASE, of_flow=True)
	assert not needs_set_up(OperatorAction.HOLD)
	assert not needs_set_up(OperatorAction.RETRY, of_flow=True)


@given(st.sampled_from([None, *sorted(RESOURCES), *keys.OUTBOUND]), st.booleans())
def test_what_is_said_of_a_refetch_is_what_comes_of_it(resource: str | None, is_part: bool) -> None:
	part_of = "my-store/order/7" if is_part else None
	is_asked = resource in keys.OUTBOUND or asked_for(resource, "1", part_of) is not None
	assert can_be_read(resource, is_part=is_part) is is_asked


def test_what_is_read_for_an_event() -> None:
	assert asked_for(keys.ORDER, "1", None) == (keys.ORDER, "1")
	assert asked_for(keys.ORDER_TRANSACTION, "7", "my-store/order/1") == (keys.ORDER, "1")
	assert asked_for(keys.FULFILLMENT, "7", "my-store/order/1") == (keys.ORDER, "1")
	assert asked_for(keys.CUSTOMER_CONSENT, "5", None) == (keys.CUSTOMER, "5")
	assert asked_for(keys.INVENTORY_LEVEL, "5-6", None) == (keys.INVENTORY_LEVEL, "5-6")
	for told_once in (keys.CUSTOMER_MERGE, keys.CUSTOMER_DELETION, keys.CUSTOMER_REDACTION, keys.PRODUCT_DELETION):
		assert asked_for(told_once, "5", None) is None
	assert asked_for(None, None, None) is None
	assert id_of(keys.INVENTORY_LEVEL, {"inventory_item_id": 5, "location_id": 6}) == "5-6"
	assert {id_of(resource, {"id": 5}) for resource in TOPICS if resource != keys.INVENTORY_LEVEL} == {"5"}
