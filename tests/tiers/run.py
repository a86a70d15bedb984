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
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.tiers import benches, site_tier

#: Simulated worlds in every run of the tests; `make simulate` runs ten times as many.
SEEDS = 1000


def main() -> int:
	"""Run both tiers; print a summary; return the exit code."""
	passed, failed, lines = 0, 0, []
	took: list[tuple[str, float]] = []
	for name, step in (("tier without Frappe", _without_frappe), ("simulated worlds", _simulation)):
		began = time.monotonic()
		good, bad, told = step()
		took.append((name, time.monotonic() - began))
		passed, failed, lines = passed + good, failed + bad, lines + told
	found, without = benches.find(os.environ.get("BENCH_PATH", benches.DEFAULT))
	for bench, outcome in _on_sites(found):
		passed, failed = passed + outcome.passed, failed + len(outcome.failures)
		took += [(f"{bench.path.name}: {name}", seconds) for name, seconds in outcome.took]
		lines.append(f"Site tier, {bench.path} ({bench.version()}): {outcome.passed} passed, {len(outcome.failures)} failed")
		lines += [f"  {text.splitlines()[0]}" for text in outcome.failures]
	lines += [f"Site tier, {text}: not run" for text in without]
	if not found:
		lines.append("The site tier did NOT run: no bench with a test site. Name one with BENCH_PATH.")
	print("\n=== How long each step took (benches side by side)")
	print("\n".join(f"{seconds:5.0f} s  {name}" for name, seconds in took))
	print("\n=== Which tiers ran")
	print("\n".join(lines))
	print(f"{passed} passed, {failed} failed")
	return 1 if failed else 0


def _without_frappe() -> tuple[int, int, list[str]]:
	print("=== Tier without Frappe", flush=True)
	report = benches.CHECKOUT / ".tier-results" / "without-frappe.xml"
	report.parent.mkdir(exist_ok=True)
	report.unlink(missing_ok=True)
	done = subprocess.run([sys.executable, "-m", "pytest", f"--junitxml={report}"], cwd=benches.CHECKOUT, check=False)
	if not report.exists():
		return 0, 1, [f"Tier without Frappe: pytest ended with {done.returncode} before it ran a test"]
	suite = next(ElementTree.parse(report).getroot().iter("testsuite"))
	counts = {name: int(suite.get(name, "0")) for name in ("tests", "failures", "errors", "skipped")}
	# A skip would hide what this tier promises: it needs nothing that a machine could lack.
	failed = counts["failures"] + counts["errors"] + counts["skipped"] + (done.returncode != 0 and not counts["failures"])
	passed = counts["tests"] - counts["failures"] - counts["errors"] - counts["skipped"]
	return (
		passed,
		int(failed),
		[f"Tier without Frappe: {passed} passed, {counts['failures'] + counts['errors']} failed, {counts['skipped']} skipped"],
	)


def _simulation() -> tuple[int, int, list[str]]:
	print(f"\n=== Simulation: {SEEDS} worlds", flush=True)
	command = [sys.executable, "-m", "shopify_sync.cli", "simulate", "--seeds", str(SEEDS)]
	began = time.monotonic()
	failed = subprocess.run(command, cwd=benches.CHECKOUT, check=False).returncode != 0
	verdict = "some broke a rule" if failed else "every rule held"
	return SEEDS * (not failed), int(failed), [f"Simulation: {SEEDS} worlds in {time.monotonic() - began:.0f} s, {verdict}"]


def _on_sites(found: list[benches.Bench]) -> list[tuple[benches.Bench, site_tier.Outcome]]:
	"""Run the site tier on every bench, all at once: each has a database server and workers of its own."""
	for bench in found:
		print(f"\n=== Site tier: {bench.path}, site {bench.site}, {bench.version()}", flush=True)
	with ThreadPoolExecutor(max(len(found), 1)) as pool:
		return list(zip(found, pool.map(site_tier.run, found), strict=True))


if __name__ == "__main__":
	sys.exit(main())
