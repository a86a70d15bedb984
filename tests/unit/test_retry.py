"""When a failed event is tried again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shopify_sync.core.retry import delay_seconds

JITTER = st.floats(0, 1, exclude_max=True)


@given(st.integers(1, 10_000), JITTER, st.floats(1, 600), st.floats(1, 86_400))
def test_the_wait_is_bounded_by_a_second_and_the_cap(attempt: int, jitter: float, base: float, cap: float) -> None:
	wait = delay_seconds(attempt, jitter, base=base, cap=cap)
	assert 1.0 <= wait <= max(1.0, cap)
	assert wait <= max(1.0, base * 2 ** min(attempt - 1, 30))


@given(st.integers(1, 40), JITTER, st.floats(0, 7200))
def test_it_is_never_sooner_than_the_other_side_asks(attempt: int, jitter: float, asked: float) -> None:
	assert delay_seconds(attempt, jitter, base=30, cap=3600, retry_after=asked) >= asked


def test_the_ceiling_doubles_until_the_cap() -> None:
	almost_one = 1 - 2**-53
	ceilings = [round(delay_seconds(attempt, almost_one, base=30, cap=200)) for attempt in range(1, 6)]
	assert ceilings == [30, 60, 120, 200, 200]


def test_the_jitter_spreads_over_the_whole_range() -> None:
	waits = [delay_seconds(5, jitter / 10, base=30, cap=3600) for jitter in range(10)]
	assert waits == [1.0, *(48.0 * jitter for jitter in range(1, 10))]
