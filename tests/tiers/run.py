"""`make test`: the tier without Frappe always, the site tier on every bench with a test site, and which of them ran.

`BENCH_PATH` names the benches (colon-separated, default `~/frappe-bench:~/frappe-bench-16`); empty means none.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.tiers import benches, site_tier

#: Simulated worlds in every run of the tests; `make simulate` runs ten times as many.
SEEDS = 1000


@dataclass
class Tier:
	"""What came of a tier: tests passed and failed, what is said of it at the end, and how many seconds each of its steps took."""

	passed: int = 0
	failed: int = 0
	told: list[str] = field(default_factory=list)
	took: list[tuple[str, float]] = field(default_factory=list)


def main() -> int:
	"""Run both tiers; print a summary; return the exit code."""
	found, without = benches.find(os.environ.get("BENCH_PATH", benches.DEFAULT))
	done = [_without_frappe()]
	with ThreadPoolExecutor(len(found) + 1) as pool:
		# Sites wait for databases and workers much of the time: the worlds take the cores that are left over.
		worlds = pool.submit(_simulation, beside_sites=bool(found))
		done += pool.map(_on_site, found)
		done.insert(1, worlds.result())
	lines = [line for tier in done for line in tier.told] + [f"Site tier, {text}: not run" for text in without]
	if not found:
		lines.append("The site tier did NOT run: no bench with a test site. Name one with BENCH_PATH.")
	passed, failed = sum(tier.passed for tier in done), sum(tier.failed for tier in done)
	print("\n=== How long each step took (the worlds and the benches side by side)")
	print("\n".join(f"{seconds:5.0f} s  {name}" for tier in done for name, seconds in tier.took))
	print("\n=== Which tiers ran")
	print("\n".join(lines))
	print(f"{passed} passed, {failed} failed")
	return 1 if failed else 0


def _without_frappe() -> Tier:
	print("=== Tier without Frappe", flush=True)
	report = benches.CHECKOUT / ".tier-results" / "without-frappe.xml"
	report.parent.mkdir(exist_ok=True)
	report.unlink(missing_ok=True)
	began = time.monotonic()
	# A process for each core; a test that waits for another process leaves its core to it.
	command = [sys.executable, "-m", "pytest", f"--junitxml={report}", "-n", str(os.cpu_count() or 1), "--dist", "worksteal"]
	done = subprocess.run(command, cwd=benches.CHECKOUT, check=False)
	took = [("tier without Frappe", time.monotonic() - began)]
	if not report.exists():
		return Tier(0, 1, [f"Tier without Frappe: pytest ended with {done.returncode} before it ran a test"], took)
	suite = next(ElementTree.parse(report).getroot().iter("testsuite"))
	counts = {name: int(suite.get(name, "0")) for name in ("tests", "failures", "errors", "skipped")}
	# A skip would hide what this tier promises: it needs nothing that a machine could lack.
	failed = counts["failures"] + counts["errors"] + counts["skipped"] + (done.returncode != 0 and not counts["failures"])
	passed = counts["tests"] - counts["failures"] - counts["errors"] - counts["skipped"]
	told = f"Tier without Frappe: {passed} passed, {counts['failures'] + counts['errors']} failed, {counts['skipped']} skipped"
	return Tier(passed, int(failed), [told], took)


def _simulation(*, beside_sites: bool) -> Tier:
	"""Run the worlds. They live by a clock of their own; the tests of sites do not, and go first where both want a core."""
	command = [sys.executable, "-m", "shopify_sync.cli", "simulate", "--seeds", str(SEEDS)]
	began = time.monotonic()
	done = subprocess.run(
		[*(("nice", "-n", "10") if beside_sites else ()), *command],
		cwd=benches.CHECKOUT,
		stdout=subprocess.PIPE,
		stderr=subprocess.STDOUT,
		text=True,
		check=False,
	)
	seconds = time.monotonic() - began
	print(f"\n=== Simulation: {SEEDS} worlds\n{done.stdout}", flush=True)
	good = done.returncode == 0
	told = f"Simulation: {SEEDS} worlds in {seconds:.0f} s, {'every rule held' if good else 'some broke a rule'}"
	return Tier(SEEDS * good, int(not good), [told], [("simulated worlds", seconds)])


def _on_site(bench: benches.Bench) -> Tier:
	"""Run the site tier on a bench. Each has a database server and workers of its own: they run all at once."""
	print(f"\n=== Site tier: {bench.path}, site {bench.site}, {bench.version()}", flush=True)
	outcome = site_tier.run(bench)
	told = [f"Site tier, {bench.path} ({bench.version()}): {outcome.passed} passed, {len(outcome.failures)} failed"]
	told += [f"  {text.splitlines()[0]}" for text in outcome.failures] + outcome.not_run
	took = [(f"{bench.path.name}: {name}", seconds) for name, seconds in outcome.took]
	return Tier(outcome.passed, len(outcome.failures), told, took)


if __name__ == "__main__":
	sys.exit(main())
