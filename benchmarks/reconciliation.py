"""The pure part of reconciling orders: lines of a bulk result to payloads, contracts, figures of both sides. Time for an order, and memory.

`python benchmarks/reconciliation.py [--orders N …] [--profile]`. One order in three is pending, one paid, one paid and sent. What
ERPNext has of each is what the embedded host made of it. No database and no network is in the time; site_reconciliation.py has both.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import pstats
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from shopify_sync.admin_api import operations
from shopify_sync.admin_api.reading.bulk import SOURCES, grouped
from shopify_sync.admin_api.reading.bulk_orders import order_of_bulk
from shopify_sync.core import keys
from shopify_sync.core.orders import resource as orders
from shopify_sync.core.reconciliation import orders as comparison
from shopify_sync.simulator.faults import Faults
from shopify_sync.simulator.http.site import SCOPES, build
from tests.reconciliation.ground import Agreeing


def templates(folder: Path) -> tuple[Agreeing, list[bytes], list[Any]]:
	"""Return the store, the lines of its orders in a bulk result, and what ERPNext has of each."""
	store = Agreeing(folder)
	made = [store.sold(financial="pending"), store.sold(), store.sold()]
	store.shop.fulfillments.create(made[-1].id)
	store.tell_all(made[-1])
	store.settle()
	found = [store.both(order)[1] for order in made]
	site = build(store.shop, store.shop.dice, Faults(), client_id="bench", token="t", scopes=SCOPES)
	bulk = site.api.bulk
	operation = bulk.start(operations.bulk("Orders", ""), "2026-10", frozenset(SCOPES), grouped=True)
	store.pass_time(60)
	lines = bulk.file(operation.id).splitlines()
	blocks: dict[str, list[bytes]] = {}
	for line in lines:
		node = json.loads(line)
		blocks.setdefault((node.get("__parentId") or node["id"]).rpartition("/")[2], []).append(line)
	return store, [b"\n".join(blocks[order.id]) for order in made], found


def result(blocks: list[bytes], count: int) -> Iterator[tuple[bytes, int]]:
	"""Yield the lines of a result over *count* orders, with the offset behind each."""
	split = [block.split(b"\n") for block in blocks]
	offset = 0
	for number in range(count):
		for line in split[number % len(split)]:
			offset += len(line) + 1
			yield line, offset


def compare(store: Agreeing, blocks: list[bytes], found: list[Any], count: int) -> int:
	"""Compare so many orders; return how many agree."""
	agreed = 0
	policy = replace(store.policy)
	for number, (node, _offset) in enumerate(grouped(result(blocks, count), SOURCES["orders"].children)):
		payload = order_of_bulk(_NO_CLIENT, node)
		assert payload is not None
		order = orders.parse(payload, policy)
		assert keys.key(policy.store, keys.ORDER, order.id)
		both = comparison.compare(order, found[number % len(found)], policy)
		agreed += both.agrees
	return agreed


_NO_CLIENT: Any = None


def main() -> None:
	parser = argparse.ArgumentParser(description=__doc__)
	parser.add_argument("--orders", type=int, nargs="+", default=[5_000, 20_000])
	parser.add_argument("--profile", action="store_true")
	args = parser.parse_args()
	with tempfile.TemporaryDirectory() as folder:
		store, blocks, found = templates(Path(folder))
		assert compare(store, blocks, found, 300) == 300
		for count in args.orders:
			profiler = cProfile.Profile()
			began = time.perf_counter()
			if args.profile:
				profiler.enable()
			compare(store, blocks, found, count)
			profiler.disable()
			took = time.perf_counter() - began
			tracemalloc.start()
			compare(store, blocks, found, count // 10)
			peak = tracemalloc.get_traced_memory()[1]
			tracemalloc.stop()
			print(
				f"{count:,} orders: {took / count * 1e6:.0f} ms for 1,000; peak {peak / 1e6:.2f} MB (of {count // 10:,})",
				flush=True,
			)
			if args.profile:
				pstats.Stats(profiler).sort_stats("cumulative").print_stats(45)
				pstats.Stats(profiler).sort_stats("tottime").print_stats(25)


if __name__ == "__main__":
	main()
