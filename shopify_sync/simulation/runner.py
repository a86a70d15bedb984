"""Runs seeds: one, or many side by side, and adds up what happened."""

from __future__ import annotations

import gc
import multiprocessing
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from . import story
from .embedded import world
from .invariants import Violation
from .profiles import ALL, FAULTS, PROFILES, without
from .result import Result

#: Of the latencies of a run so many are kept for the chart.
_SAMPLES = 20_000


@dataclass(frozen=True)
class Case:
	"""One world: what must be given again to see the same thing.

	:ivar only: the intents to keep; None keeps all. :ivar without: kinds of faults to leave out.
	"""

	seed: int
	profile: str = "default"
	days: float = 1.0
	only: frozenset[int] | None = None
	without: tuple[str, ...] = ()

	def command(self) -> str:
		"""Return the command that runs this case again."""
		parts = ["shopify-sync", "simulate", f"--start {self.seed}", "--seeds 1"]
		if self.profile != "default":
			parts.append(f"--profile {self.profile}")
		if self.days != 1.0:
			parts.append(f"--days {self.days:g}")
		if self.without:
			parts.append(f"--without {','.join(self.without) if set(self.without) < set(FAULTS) else ALL}")
		if self.only is not None:
			parts.append(f"--only {','.join(map(str, sorted(self.only)))}")
		return " ".join(parts)


def run(case: Case) -> Result:
	"""Run one case and return how it went. The same case on the same commit gives the same trace, byte for byte."""
	profile = without(PROFILES[case.profile], case.without)
	written = story.write(case.seed, PROFILES[case.profile], case.days)
	if case.only is not None:
		written = written.only(case.only)
	return world.run(case.seed, written, profile)


@dataclass
class Summary:
	"""What many seeds came to. *failures*: case, what broke, and its whole trace."""

	seeds: int = 0
	counts: Counter[str] = field(default_factory=Counter)
	latencies: list[float] = field(default_factory=list)
	simulated_days: float = 0.0
	failures: list[tuple[Case, list[Violation], list[str]]] = field(default_factory=list)

	def add(self, case: Case, result: Result) -> None:
		"""Add one result."""
		self.seeds += 1
		self.counts.update(result.counts)
		self.latencies += result.latencies[: max(_SAMPLES - len(self.latencies), 0)]
		self.simulated_days += result.simulated_seconds / story.DAY
		if result.violations:
			self.failures.append((case, result.violations, result.trace))


def run_many(cases: Iterable[Case], jobs: int, on_result: Callable[[Summary], bool]) -> Summary:
	"""Run cases in *jobs* processes; the results come in order.

	:param on_result: called after each; false ends the run.
	"""
	summary = Summary()
	for case, result in _results(cases, jobs):
		summary.add(case, result)
		if not on_result(summary):
			break
	return summary


def default_jobs() -> int:
	"""Return how many processes this machine has room for."""
	return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _results(cases: Iterable[Case], jobs: int) -> Iterator[tuple[Case, Result]]:
	if jobs <= 1:
		for case in cases:
			yield _run(case)
		return
	# Forked, so that each process has the modules loaded already.
	with multiprocessing.get_context("fork").Pool(jobs) as pool:
		yield from pool.imap(_run, cases, chunksize=4)


def _run(case: Case) -> tuple[Case, Result]:
	# A world is thousands of values that all live until it ends: nothing is gained by looking for garbage meanwhile.
	gc.disable()
	try:
		result = run(case)
	finally:
		gc.enable()
	if not result.violations:
		# Only a failure's trace is looked at; a thousand others need not travel between processes.
		result.trace = []
	return case, result
