"""Several workers, one budget: nothing is refused, and what the plan gives is used."""

from __future__ import annotations

import itertools
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from shopify_sync.core.calls.bucket import BACKFILL_SHARE, Priority

from .world import stocked, world


@pytest.mark.parametrize("faults", [{}, {"throttle": 0.1}], ids=["alone", "with others"])
def test_workers_use_what_the_plan_gives_and_are_never_refused(tmp_path: Path, faults: dict[str, float]) -> None:
	seconds, workers = 8.0, 6
	with world(tmp_path, real_time=True) as found:
		shelf = stocked(found.site)
		found.client.execute("InventorySetQuantities", shelf.set_to(5, was=None), key="first")
		throttle = found.site.api.throttle
		with found.site.lock:
			throttle._points = 115.0  # as after an hour of work: what comes back is all there is
		found.client.execute("Shop", {})
		found.faults(**faults)
		numbers, used, end = itertools.count(), [], time.monotonic() + seconds

		def work() -> None:
			client = found.client
			while time.monotonic() < end:
				number = next(numbers)
				answer = client.execute("InventorySetQuantities", shelf.set_to(number, was=None), key=f"k-{number}")
				used.append(answer.cost.actual)

		began = time.monotonic()
		threads = [threading.Thread(target=work) for _number in range(workers)]
		for thread in threads:
			thread.start()
		for thread in threads:
			thread.join()
		lasted = time.monotonic() - began
		with found.site.lock:
			given = throttle.restore_rate * lasted
		share = sum(used) / given
		retries = sum(call["tries"] - 1 for call in found.calls())
		print(f"{len(used)} calls, {sum(used):.0f} of {given:.0f} points, {share:.0%}, {retries} refused")
		assert {call["outcome"] for call in found.calls()} == {"Answered"}
		if not faults:
			assert retries == 0
			assert share >= 0.9


def test_reading_leaves_the_rest_to_what_is_live(tmp_path: Path) -> None:
	"""Somebody reads as fast as they may, and live calls take what they can: reading gets its share, live calls the rest."""
	seconds = 8.0
	with world(tmp_path, real_time=True) as found:
		shelf = stocked(found.site)
		found.client.execute("InventorySetQuantities", shelf.set_to(5, was=None), key="first")
		found.client.execute("CustomersPage", {"first": 5}, priority=Priority.BACKFILL)
		with found.site.lock:
			for number in range(20):
				found.site.shop.customers.create("Ada", f"Example {number}", f"ada.{number}@example.com")
		throttle, bucket = found.site.api.throttle, found.connection._budget
		with found.site.lock:
			throttle._points = 900.0
		found.client.execute("Shop", {})
		bucket._bucket = replace(bucket._bucket, allowance=0.0)  # as after an hour of reading
		used = {Priority.LIVE: 0.0, Priority.BACKFILL: 0.0}
		numbers, end, lock = itertools.count(), time.monotonic() + seconds, threading.Lock()

		def work(priority: Priority) -> None:
			client = found.client
			while time.monotonic() < end:
				number = next(numbers)
				if priority is Priority.LIVE:
					answer = client.execute("InventorySetQuantities", shelf.set_to(number, was=None), key=f"k-{number}")
				else:
					answer = client.execute("CustomersPage", {"first": 20}, priority=priority)
				with lock:
					used[priority] += answer.cost.actual

		began = time.monotonic()
		threads = [threading.Thread(target=work, args=(priority,)) for priority in [Priority.BACKFILL] * 3 + [Priority.LIVE] * 4]
		for thread in threads:
			thread.start()
		for thread in threads:
			thread.join()
		given = throttle.restore_rate * (time.monotonic() - began)
		print({str(priority): f"{points / given:.0%}" for priority, points in used.items()})
		assert sum(call["tries"] - 1 for call in found.calls()) == 0, "nothing is refused"
		assert used[Priority.BACKFILL] <= (BACKFILL_SHARE + 0.06) * given
		assert used[Priority.LIVE] >= (1 - BACKFILL_SHARE) * given - 200
