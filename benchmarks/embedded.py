"""The embedded host's throughput and memory: receive and drain in one process, without HTTP.

Run: `python benchmarks/embedded.py [--events 100000] [--synchronous FULL]`. Half of the events create an order, the others
bring a later state of one, most of them in a later batch. Events are received and drained in batches, and the table shows after how
many events what the last stretch did: events a second must not fall, and memory must not grow, with the size of the ledger. CPU ms an event tells a growing cost from
a busy machine.
"""

from __future__ import annotations

import heapq
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

import click

from shopify_sync.core.receiving import receive, sign
from shopify_sync.embedded_host import config, demo_orders, ledger
from shopify_sync.embedded_host.demo_orders import Delivery
from shopify_sync.embedded_host.host import Instance

BATCH = 500
MARKS = (10_000, 50_000, 100_000)


@dataclass(frozen=True)
class Row:
	"""What the stretch up to *events* did."""

	events: int
	received_per_second: float
	drained_per_second: float
	cpu_ms_per_event: float
	peak_rss_mb: float
	file_mb: float


def peak_rss_mb() -> float:
	"""Return the most memory the process ever held, in MB."""
	peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
	return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


def deliveries(count: int) -> Iterator[Delivery]:
	"""Yield *count* deliveries in the order in which they are sent, without holding the day in memory."""

	def by_time() -> Iterator[Delivery]:
		waiting: list[tuple[datetime, str, Delivery]] = []
		for story in demo_orders.day(count):
			for one in story.deliveries:
				heapq.heappush(waiting, (one.at, one.webhook_id, one))
			# A later story's deliveries come later than its order, so nothing earlier can follow.
			while waiting[0][0] < story.deliveries[0].at:
				yield heapq.heappop(waiting)[2]

	return islice(by_time(), count)


def headers_of(one: Delivery) -> list[tuple[str, str]]:
	"""Return the signed headers of a delivery."""
	return [
		("X-Shopify-Topic", one.topic),
		("X-Shopify-Shop-Domain", demo_orders.DOMAIN),
		("X-Shopify-Webhook-Id", one.webhook_id),
		("X-Shopify-Triggered-At", one.at.isoformat()),
		("X-Shopify-Hmac-Sha256", sign(demo_orders.SECRET, one.body)),
	]


class Run:
	"""One run over one database; keeps the clock of the two halves apart."""

	def __init__(self, instance: Instance) -> None:
		self._instance = instance
		self._engine = instance.engine("benchmark")
		self.receiving = self.draining = self.cpu = 0.0

	def batch(self, given: list[Delivery]) -> None:
		"""Receive a batch, then drain."""
		signed = [(headers_of(one), one.body) for one in given]
		began, cpu = time.perf_counter(), time.process_time()
		answers = [receive(headers, body, self._instance.receiver).status for headers, body in signed]
		received = time.perf_counter()
		self._engine.drain()
		self.draining += time.perf_counter() - received
		self.receiving += received - began
		self.cpu += time.process_time() - cpu
		if set(answers) != {200}:
			raise SystemExit(f"Not every delivery was taken: {sorted(set(answers))}")


def measure(instance: Instance, count: int) -> Iterator[Row]:
	"""Yield a row at each mark and at the end."""
	source, done, stretch = deliveries(count), 0, 0
	run = Run(instance)
	while batch := list(islice(source, BATCH)):
		run.batch(batch)
		done, stretch = done + len(batch), stretch + len(batch)
		if done in MARKS or done == count:
			size = sum(path.stat().st_size for path in instance.database.path.parent.iterdir()) / 1024**2
			cpu_ms = run.cpu / stretch * 1000
			yield Row(done, stretch / run.receiving, stretch / run.draining, cpu_ms, peak_rss_mb(), size)
			run.receiving = run.draining = run.cpu = 0.0
			stretch = 0


@click.command()
@click.option("--events", default=100_000, show_default=True, type=click.IntRange(BATCH))
@click.option("--synchronous", default="FULL", show_default=True, type=click.Choice(["FULL", "NORMAL"]))
def main(events: int, synchronous: str) -> None:
	"""Print events a second and peak memory as the ledger grows."""
	click.echo(f"{'events':>9} {'receive/s':>10} {'drain/s':>9} {'both/s':>8} {'CPU ms':>7} {'peak RSS MB':>12} {'file MB':>9}")
	with tempfile.TemporaryDirectory(prefix="shopify-sync-benchmark-") as folder:
		instance = Instance(Path(folder) / "benchmark.db", config.parse(demo_orders.config()), synchronous=synchronous)
		with closing(instance):
			for row in measure(instance, events):
				both = 1 / (1 / row.received_per_second + 1 / row.drained_per_second)
				click.echo(
					f"{row.events:>9,} {row.received_per_second:>10,.0f} {row.drained_per_second:>9,.0f} {both:>8,.0f} {row.cpu_ms_per_event:>7.2f} "
					f"{row.peak_rss_mb:>12.1f} {row.file_mb:>9.0f}"
				)
			click.echo(f"Ended as: {ledger.count_by_status(instance.database.connection())}")


if __name__ == "__main__":
	main()
