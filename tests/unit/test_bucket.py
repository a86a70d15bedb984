"""The shared bucket of points: it never believes in points that Shopify does not have, and gives them out by priority."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopify_sync.admin_api.budgets import dumped, loaded
from shopify_sync.core.calls.bucket import MOST, RESERVE, TICKET_SECONDS, WAITING_SECONDS, Bucket, Priority, ThrottleStatus

RATE = 100.0
FULL = ThrottleStatus(2000.0, 2000.0, RATE)


class Shopify:
	"""Shopify's own sums (simulator/admin/throttle.py says them for one thread)."""

	def __init__(self) -> None:
		self.level, self.as_of = 2000.0, 0.0

	def at(self, now: float) -> float:
		self.level = min(self.level + (now - self.as_of) * RATE, 2000.0)
		self.as_of = now
		return self.level

	def take(self, points: float, now: float) -> bool:
		if self.at(now) < points:
			return False
		self.level -= points
		return True

	def status(self, now: float) -> ThrottleStatus:
		return ThrottleStatus(2000.0, float(int(self.at(now))), RATE)


def known(level: float = 2000.0, now: float = 1.0) -> Bucket:
	return Bucket(maximum=2000.0, restore_rate=RATE, level=level, as_of=now, known=True)


def test_nobody_knows_the_bucket_at_first() -> None:
	bucket, wait = Bucket().take("a", MOST, Priority.LIVE, 10.0)
	assert wait == 0
	assert bucket.take("b", 10, Priority.LIVE, 10.0)[1] > 0
	told = bucket.answered("a", 10.1, operation="Shop", requested=2, used=2, status=ThrottleStatus(4000.0, 3998.0, 200.0))
	assert (told.maximum, told.restore_rate, told.level, told.estimate("Shop"), told.estimate("Order")) == (
		4000,
		200,
		3998,
		2,
		MOST,
	)


def test_points_that_were_not_used_come_back() -> None:
	bucket, _wait = known().take("a", 500, Priority.LIVE, 1.0)
	assert bucket.level == 1500
	assert bucket.answered("a", 1.0, used=20).level == 1980
	assert bucket.answered("a", 1.0, used=0).level == 2000


def test_a_call_without_an_answer_costs_a_little() -> None:
	bucket, _wait = known().take("a", 500, Priority.LIVE, 1.0)
	assert bucket.answered("a", 1.0).level == 1900


def test_the_wait_is_long_enough() -> None:
	bucket, wait = known(level=0.0).take("a", 300, Priority.LIVE, 1.0)
	assert bucket.tickets == {}
	assert bucket.take("a", 300, Priority.LIVE, 1.0 + wait - 0.01)[1] > 0
	assert bucket.take("a", 300, Priority.LIVE, 1.0 + wait + 0.001)[1] == 0


def test_the_lower_priorities_leave_something() -> None:
	bucket = known(level=2000 * RESERVE[Priority.BACKFILL])
	assert bucket.take("a", 10, Priority.BACKFILL, 1.0)[1] > 0
	assert bucket.take("a", 10, Priority.LIVE, 1.0)[1] == 0
	bucket = known(level=2000 * RESERVE[Priority.LIVE])
	assert bucket.take("a", 10, Priority.LIVE, 1.0)[1] > 0
	assert bucket.take("a", 10, Priority.OPERATOR, 1.0)[1] == 0


def test_even_the_largest_query_of_the_lowest_priority_goes_through_a_full_bucket() -> None:
	small = replace(known(level=1000.0), maximum=1000.0)
	assert small.take("a", MOST, Priority.BACKFILL, 1.0)[1] == 0


def test_small_calls_do_not_starve_a_large_one() -> None:
	bucket, now, large_at = known(level=110.0), 1.0, None
	while large_at is None and now < 30:
		# Ten workers take whatever small calls they can get, all the time; a large one asks twice a second.
		for worker in range(10):
			bucket, wait = bucket.take(f"small {now} {worker}", 10, Priority.LIVE, now)
			if not wait:
				bucket = bucket.answered(f"small {now} {worker}", now, used=10)
		if int(now * 10) % 5 == 0:
			bucket, wait = bucket.take("large", MOST, Priority.LIVE, now)
			large_at = None if wait else now
		now += 0.1
	assert large_at is not None
	assert large_at < 1 + (MOST + 2000 * RESERVE[Priority.LIVE]) / RATE + 2


def test_who_waits_no_more_is_not_waited_for() -> None:
	bucket, _wait = known(level=110.0).take("large", MOST, Priority.LIVE, 1.0)
	assert bucket.take("small", 5, Priority.LIVE, 1.5)[1] > 5
	assert bucket.take("small", 5, Priority.LIVE, 1.0 + WAITING_SECONDS)[1] == 0


def test_an_operator_waits_for_no_one_below() -> None:
	bucket, _wait = known(level=110.0).take("large", MOST, Priority.BACKFILL, 1.0)
	assert bucket.take("live", 5, Priority.LIVE, 1.5)[1] == 0
	bucket, _wait = bucket.take("other", MOST, Priority.LIVE, 1.5)
	assert bucket.take("operator", 50, Priority.OPERATOR, 1.6)[1] == 0


def test_the_dead_are_forgotten() -> None:
	bucket, _wait = known().take("a", 500, Priority.LIVE, 1.0)
	assert bucket.at(1.0 + TICKET_SECONDS - 1).tickets
	assert not bucket.at(1.0 + TICKET_SECONDS).tickets


def test_what_another_app_or_a_person_used_is_learned() -> None:
	bucket, _wait = known().take("a", 10, Priority.LIVE, 1.0)
	assert bucket.answered("a", 1.0, used=10, status=ThrottleStatus(2000.0, 300.0, RATE)).level == 300


def test_what_cannot_be_read_is_a_bucket_that_nobody_knows() -> None:
	for text in ("", "{", "[]", '{"level": 1, "what": 2}', "null"):
		assert loaded(text) == Bucket()


#: A worker asks for points; the request takes a while to arrive, is carried out, and its answer takes a while too.
CALLS = st.lists(
	st.tuples(
		st.floats(0, 3),  # before the next one asks
		st.floats(0, 0.5),  # on the way there
		st.floats(0, 0.5),  # and back
		st.integers(1, 400),  # what it asks for
		st.floats(0, 1),  # the share of it that it uses
		st.sampled_from([Priority.LIVE, Priority.BACKFILL]),
	),
	max_size=60,
)


@given(CALLS)
def test_shopify_never_has_to_refuse(calls: list[tuple[float, float, float, int, float, Priority]]) -> None:
	"""Whatever the order in which requests and answers arrive: with what it lets out, Shopify's bucket never runs dry."""
	shopify, bucket = Shopify(), known(now=0.001)
	queue: list[tuple[float, int, str]] = []
	asked = 0.001
	for number, call in enumerate(calls):
		asked += call[0]
		queue.append((asked, number, "ask"))
	used: dict[int, int] = {}
	said: dict[int, ThrottleStatus] = {}
	while queue:
		now, number, what = queue.pop(0)
		_pause, there, back, wanted, share, priority = calls[number]
		if what == "ask":
			bucket, wait = bucket.take(str(number), wanted, priority, now)
			assert bucket == loaded(dumped(bucket))
			queue.append((now + wait, number, "ask") if wait else (now + there, number, "arrive"))
		elif what == "arrive":
			assert shopify.take(wanted, now), (number, wanted, shopify.level)
			used[number] = int(wanted * share)
			shopify.level += wanted - used[number]
			said[number] = shopify.status(now)
			queue.append((now + back, number, "answer"))
		else:
			bucket = bucket.answered(str(number), now, used=used[number], status=said[number])
			assert bucket == loaded(dumped(bucket))
		queue.sort()


@pytest.mark.parametrize("share", [0.2, 0.5, 1.0])
def test_backfill_uses_its_share_and_no_more_however_much_there_is_to_read(share: float) -> None:
	"""An hour in which somebody reads as fast as they may: what is left is what live calls have."""
	bucket, now, used = Bucket(maximum=2000.0, restore_rate=RATE, level=2000.0, as_of=1.0, known=True, share=share), 1.0, 0.0
	number = 0
	while now < 3601.0:
		bucket, wait = bucket.take(f"b{number}", 250, Priority.BACKFILL, now)
		if wait:
			now += wait
			continue
		used += 200
		bucket = bucket.answered(f"b{number}", now, used=200)
		number += 1
	most = (3600 * RATE + 2000) * share
	assert 0.98 * most - 2000 * RESERVE[Priority.BACKFILL] <= used <= most + 250
	assert bucket.at(now).level >= 2000 * RESERVE[Priority.BACKFILL] * 0.9


def test_with_a_share_of_half_reading_leaves_half_to_what_is_live() -> None:
	bucket, now, used = known(), 1.0, {Priority.LIVE: 0.0, Priority.BACKFILL: 0.0}
	number = 0
	while now < 1801.0:
		waits = []
		for priority in (Priority.BACKFILL, Priority.LIVE):  # reading asks first, always
			bucket, wait = bucket.take(f"{priority}", 100, priority, now)
			waits.append(wait)
			if not wait:
				used[priority] += 100
				bucket = bucket.answered(f"{priority}", now, used=100)
				number += 1
		now += min(waits) if min(waits) else 0.001
	given = 1800 * RATE
	assert used[Priority.LIVE] >= 0.49 * given, used
	assert sum(used.values()) >= 0.95 * given, "nothing is left lying about"


def test_a_live_call_never_waits_for_a_reader_that_has_used_up_its_share() -> None:
	bucket = replace(known(), allowance=0.0)
	bucket, wait = bucket.take("reader", 400, Priority.BACKFILL, 1.0)
	assert wait == pytest.approx(400 / (RATE * bucket.share), rel=0.01)
	assert bucket.take("live", 900, Priority.LIVE, 1.0)[1] == 0
	assert bucket.take("reader", 400, Priority.BACKFILL, 1.0 + wait + 0.01)[1] == 0


def test_a_call_larger_than_the_share_is_made_once_all_of_it_has_gathered() -> None:
	bucket = replace(known(), share=0.1)
	bucket, wait = bucket.take("large", 900, Priority.BACKFILL, 1.0)
	assert wait == 0 and bucket.allowance == 200 - 900
	assert bucket.answered("large", 1.0, used=150).allowance == 50, "what it did not use comes back to the share too"
