"""Windows, the way to read, and positions that survive a crash."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopify_sync.core.reading import FURTHEST, Position, Way, Window, choose

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=timezone.utc)
MOMENTS = st.integers(0, 10**9).map(lambda seconds: NOW - timedelta(seconds=seconds))


def test_a_window_is_written_in_utc() -> None:
	local = datetime(2026, 11, 22, 9, 30, tzinfo=ZoneInfo("Europe/Berlin"))
	assert Window(local, NOW).query() == "updated_at:>='2026-11-22T08:30:00Z' updated_at:<'2026-11-22T08:00:00Z'"
	assert Window(None, NOW).query("issued_at", "status:any") == "status:any issued_at:<'2026-11-22T08:00:00Z'"
	assert Window().query() == ""


@given(MOMENTS, MOMENTS, MOMENTS)
def test_whole_days_hold_every_moment_of_the_window(one: datetime, other: datetime, moment: datetime) -> None:
	"""A filter that compares days, in whatever zone the shop is, finds all of the window and more."""
	window = Window(min(one, other), max(one, other))
	days = window.whole_days()
	for zone in ("Pacific/Kiritimati", "UTC", "Pacific/Pago_Pago"):
		local = moment.astimezone(ZoneInfo(zone)).date()
		assert days.start is not None and days.end is None
		if window.holds(moment):
			assert local >= days.start.astimezone(ZoneInfo(zone)).date()


@pytest.mark.parametrize(
	("records", "points_each", "rate", "share", "way"),
	[
		(0, 33, 100, 0.5, Way.PAGES),
		(20, 33, 100, 0.5, Way.PAGES),
		(150, 33, 100, 0.5, Way.PAGES),
		(1_000, 33, 100, 0.5, Way.BULK),
		(1_000, 33, 1000, 0.5, Way.PAGES),
		(1_000, 33, 1000, 0.1, Way.BULK),
		(100, 100, 100, 0.5, Way.BULK),
		(FURTHEST + 1, 0.001, 2000, 1.0, Way.BULK),
	],
)
def test_what_is_read_in_bulk(records: int, points_each: float, rate: float, share: float, way: Way) -> None:
	assert choose(records, points_each, restore_rate=rate, share=share) is way


@given(st.integers(0, 30_000), st.floats(0.1, 200), st.sampled_from([100.0, 200.0, 1000.0, 2000.0]), st.floats(0.05, 1.0))
def test_more_records_never_turn_bulk_into_pages(records: int, points: float, rate: float, share: float) -> None:
	few, many = (choose(count, points, restore_rate=rate, share=share) for count in (records, records * 2 + 1))
	assert (few, many) != (Way.BULK, Way.PAGES)
	assert choose(records, points, restore_rate=rate, share=share / 2) is Way.BULK or few is Way.PAGES


@given(
	st.builds(
		Position,
		st.sampled_from(["orders", "customers"]),
		st.sampled_from(list(Way)),
		st.builds(Window, st.none() | MOMENTS, st.none() | MOMENTS),
		st.none() | st.text(max_size=40),
		st.text(max_size=40),
		st.none() | MOMENTS,
		st.integers(0, 10**12),
		st.integers(0, 10**6),
		st.none() | st.integers(0, 10**6),
		st.booleans(),
	)
)
def test_a_position_survives_json(position: Position) -> None:
	assert Position.from_json(json.loads(json.dumps(position.as_json()))) == position


def test_a_position_moves_on() -> None:
	first = Position("orders").after_page("c1", 25)
	assert (first.cursor, first.records, first.done) == ("c1", 25, False)
	last = first.after_page(None, 3)
	assert (last.records, last.done) == (28, True)
	assert Position("orders", Way.BULK).after_line(512, 10).after_line(900, 2) == Position(
		"orders", Way.BULK, offset=900, records=12
	)
	with pytest.raises(KeyError):
		Position.from_json({"what": "orders"})
