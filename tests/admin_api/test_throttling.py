"""Several workers, one budget: nothing is refused, and what the plan gives is used."""

from __future__ import annotations

import itertools
import threading
import time
from pathlib import Path

import pytest

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
