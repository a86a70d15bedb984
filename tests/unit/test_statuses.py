"""The graph of statuses."""

from __future__ import annotations

import pytest

from shopify_sync.core.failures import INFO, Category, Failure, Retry, resting_status
from shopify_sync.core.statuses import CLAIMABLE, EDGES, FINAL, INITIAL, OPEN, IllegalTransition, Status, check, sources_of


def test_every_status_can_be_reached_and_left() -> None:
	reached = set(INITIAL)
	while grown := {to for source in reached for to in EDGES[source]} - reached:
		reached |= grown
	assert reached == set(Status)
	assert all(EDGES[status] for status in Status)


def test_each_status_is_either_claimable_open_or_final() -> None:
	assert set(OPEN) | {Status.PROCESSING} | set(FINAL) == set(Status)
	assert not (set(OPEN) | {Status.PROCESSING}) & set(FINAL)
	assert all(Status.PROCESSING in EDGES[status] for status in CLAIMABLE)


def test_only_a_claimable_event_can_be_claimed() -> None:
	assert set(sources_of(Status.PROCESSING)) == set(CLAIMABLE)


def test_a_finished_event_leads_back_to_received_only() -> None:
	assert {EDGES[status] for status in FINAL} == {frozenset({Status.RECEIVED})}


def test_an_event_in_work_cannot_be_taken_from_its_worker() -> None:
	assert not EDGES[Status.PROCESSING] & {Status.RECEIVED, Status.DISCARDED}


@pytest.mark.parametrize("source", Status)
@pytest.mark.parametrize("to", Status)
def test_check_and_sources_of_agree_with_the_edges(source: Status, to: Status) -> None:
	assert (source in sources_of(to)) == (to in EDGES[source])
	if to in EDGES[source]:
		assert check(str(source), str(to)) is to
	else:
		with pytest.raises(IllegalTransition, match=f"from {source} to {to}"):
			check(source, to)


@pytest.mark.parametrize("category", Category)
def test_every_category_tells_an_operator_what_to_do_and_rests_somewhere_an_attempt_may_end(category: Category) -> None:
	info = INFO[category]
	assert info.title and info.explanation and info.fix
	failure = Failure(category, "because")
	assert resting_status(failure, 3, 3) in EDGES[Status.PROCESSING]
	assert (resting_status(failure, 2, 3) is Status.RETRYING) == (info.retry is Retry.AUTOMATIC)
