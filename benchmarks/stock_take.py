"""A stock take on the embedded host: everything changes at once, and the shop's plan says how fast it can be told.

Time is simulated: a call takes 0.2 s, and whoever waits for points waits in simulated seconds. So the figures do not depend on
the machine. What counts is the share of the points that the plan restores, and that no THROTTLED answer reaches an event.

    python -m benchmarks.stock_take --items 10000 --plan basic
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from pathlib import Path

from shopify_sync.simulator.admin.throttle import RESTORE_RATES
from tests.outbound.ground import Ground

#: Seconds that Shopify takes for an answer.
LATENCY = 0.2


def take_stock(items: int, places: int, plan: str) -> dict[str, float]:
	"""Change every level, push all, and return what it took."""
	codes = [f"ITEM-{number:05d}" for number in range(items)]
	with tempfile.TemporaryDirectory() as folder:
		ground = Ground(Path(folder), items=codes, places=[{} for _place in range(places)], plan=plan, stocked_everywhere=True)
		ground.shops.wire.before = lambda url: ground.pass_time(LATENCY)
		first = measured(ground, codes, places, 0)
		second = measured(ground, codes, places, 1)
		ground.instance.close()
	return {f"first {name}": value for name, value in first.items()} | {f"again {name}": value for name, value in second.items()}


def measured(ground: Ground, codes: list[str], places: int, add: int) -> dict[str, float]:
	"""Book a quantity of everything, push it, and check that the shop has it."""
	for place in range(places):
		ground.book_all({code: 1 + add + number % 50 for number, code in enumerate(codes)}, f"W{place}")
	calls = len(ground.shops.calls.started)
	began, real = ground.clock.now(), time.monotonic()
	ground.settle(600)
	seconds = (ground.clock.now() - began).total_seconds()
	ended = list(ground.shops.calls.ended.values())[calls:]
	points = sum(float(call.cost.actual or 0) for call in ended)
	wrong = sum(
		ground.level(code, place) != 1 + add + number % 50 for place in range(places) for number, code in enumerate(codes)
	)
	assert not wrong, f"{wrong} levels are wrong"
	statuses = Counter(event["category"] for event in ground.events())
	changes = len(codes) * places
	restored = seconds * RESTORE_RATES[ground.shop.plan]
	return {
		"levels": changes,
		"calls": len(ended),
		"points": points,
		"points per 1,000": 1000 * points / changes,
		"simulated seconds": seconds,
		"share of what the plan restores": points / restored if restored else 0,
		"events that heard THROTTLED": statuses["Throttled"],
		"real seconds": time.monotonic() - real,
	}


def main() -> None:
	"""Run and print."""
	parser = argparse.ArgumentParser(description=__doc__)
	parser.add_argument("--items", type=int, default=1000)
	parser.add_argument("--places", type=int, default=3)
	parser.add_argument("--plan", default="basic")
	given = parser.parse_args()
	for name, value in take_stock(given.items, given.places, given.plan).items():
		print(f"{name:40} {value:12,.2f}")


if __name__ == "__main__":
	main()
