"""Durations as people ask for them, and drift added up day by day."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopify_sync.core.percentiles import percentile, spread_of
from shopify_sync.core.reconciliation.drift import Life, over_days
from shopify_sync.core.reconciliation.trend import Sample

FIRST = date(2026, 11, 1)
DAYS = [FIRST + timedelta(days=number) for number in range(10)]


def test_a_percentile_is_one_that_was_measured() -> None:
	assert percentile([1.0, 2.0, 3.0, 4.0], 0.5) == 2.0
	assert percentile([1.0, 2.0, 3.0, 4.0], 0.95) == 4.0
	assert percentile([float(number) for number in range(1, 101)], 0.95) == 95.0
	for values, share in (([], 0.5), ([1.0], 0.0), ([1.0], 1.1)):
		with pytest.raises(ValueError, match="percentile"):
			percentile(values, share)


@given(st.lists(st.floats(-5, 1000), max_size=60))
def test_a_spread_is_in_order_and_never_negative(durations: list[float]) -> None:
	spread = spread_of(durations)
	if not durations:
		assert spread is None
		return
	assert spread is not None
	assert 0 <= spread.p50 <= spread.p95 <= spread.largest == max(*durations, 0.0)
	assert sum(max(one, 0.0) <= spread.p95 for one in durations) >= 0.95 * len(durations)


def test_what_is_open_at_the_end_of_a_day_and_by_how_much() -> None:
	samples = (Sample(DAYS[1], Decimal(-3)), Sample(DAYS[3], Decimal(-5)), Sample(DAYS[4], Decimal(9), healed=True))
	lives = [
		Life("Stock", DAYS[1], DAYS[5], "pieces", Decimal(9), samples),
		Life("Stock", FIRST - timedelta(days=3), None, "pieces", Decimal(2)),
		Life("State", DAYS[2], DAYS[2]),
	]
	days = over_days(lives, DAYS[:6])
	assert [day.open.get("Stock", 0) for day in days] == [1, 2, 2, 2, 2, 1]
	assert [day.amounts["Stock", "pieces"] for day in days] == [2, 5, 5, 7, 7, 2]
	assert [dict(day.new) for day in days] == [{}, {"Stock": 1}, {"State": 1}, {}, {}, {}]
	assert [dict(day.settled) for day in days] == [{}, {}, {"State": 1}, {}, {}, {"Stock": 1}]
	assert all("State" not in day.open for day in days), "found and settled on one day: open at the end of none"


@st.composite
def _lives(draw: st.DrawFn) -> Life:
	first = FIRST + timedelta(days=draw(st.integers(-5, 12)))
	lasted = draw(st.none() | st.integers(0, 12))
	amounts = draw(st.lists(st.integers(-9, 9), max_size=5))
	samples = tuple(Sample(first + timedelta(days=2 * number), Decimal(amount)) for number, amount in enumerate(amounts))
	settled = None if lasted is None else first + timedelta(days=lasted)
	return Life(draw(st.sampled_from(["Stock", "Total"])), first, settled, "pieces", Decimal(draw(st.integers(-9, 9))), samples)


@given(st.lists(_lives(), max_size=12))
def test_adding_up_is_as_good_as_looking_at_every_day(lives: list[Life]) -> None:
	for day in over_days(lives, DAYS):
		here = [life for life in lives if life.first <= day.day and (life.settled is None or life.settled > day.day)]
		assert day.open == dict(Counter(life.kind for life in here))
		sizes: Counter[tuple[str, str]] = Counter()
		for life in here:
			seen = [sample.amount for sample in life.samples if sample.day <= day.day]
			sizes[life.kind, life.unit] += abs(seen[-1] if seen else life.amount)
		assert day.amounts == {pair: size for pair, size in sizes.items() if size}
