"""The site tier on one bench: migrate twice, run the app's tests, then install and uninstall on a site made for it."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from . import benches
from .benches import Bench

_HERE = Path(__file__).parent
#: Simulated worlds on each bench.
SEEDS = 5


@dataclass
class Outcome:
	"""What ran on a bench: tests passed, what failed, each with what to look at, and how many seconds each step took."""

	passed: int = 0
	failures: list[str] = field(default_factory=list)
	took: list[tuple[str, float]] = field(default_factory=list)
	#: What did not run, and why: said at the end of everything.
	not_run: list[str] = field(default_factory=list)


def run(bench: Bench) -> Outcome:
	"""Run the tier. Output goes to the console as it comes."""
	benches.start_services(bench)
	outcome = Outcome()
	for step in (_install_if_missing, _migrate_twice, _run_tests, _browser, _simulate, _fresh_site):
		name, began = step.__name__.strip("_").replace("_", " "), time.monotonic()
		_say(bench, f"--- {name}")
		goes_on = _passed(step, bench, outcome)
		outcome.took.append((name, time.monotonic() - began))
		if not goes_on:
			break
	return outcome


def _passed(step: Callable[[Bench, Outcome], None], bench: Bench, outcome: Outcome) -> bool:
	try:
		step(bench, outcome)
	except AssertionError as error:
		outcome.failures.append(f"{step.__name__.strip('_')}: {error}")
		_say(bench, f"FAILED: {error}")
		# Tests may fail and the rest still be worth a look; without an installation nothing is.
		return step in (_run_tests, _browser, _simulate)
	return True


def _say(bench: Bench, text: str) -> None:
	"""Print lines that tell which bench they are about: two of them run at the same time."""
	print("\n".join(f"[{bench.path.name}] {line}" for line in text.splitlines()), flush=True)


def _install_if_missing(bench: Bench, _outcome: Outcome) -> None:
	if bench.python("-c", "import shopify, shopify_sync", capture_output=True).returncode:
		done = bench.python("-m", "pip", "install", "-q", "-e", str(benches.CHECKOUT))
		assert done.returncode == 0, "the app and what it needs could not be installed into the bench's environment"
	apps = bench.sites / "apps.txt"
	names = apps.read_text().split()
	if "shopify_sync" not in names:
		apps.write_text("\n".join([*names, "shopify_sync"]) + "\n")
	installed = bench.frappe("list-apps", capture_output=True, text=True).stdout
	if "shopify_sync" not in installed:
		assert bench.frappe("install-app", "shopify_sync").returncode == 0, "install-app failed"


def _migrate_twice(bench: Bench, _outcome: Outcome) -> None:
	for number in ("first", "second"):
		done = bench.frappe("migrate", "--skip-search-index", capture_output=True, text=True)
		assert done.returncode == 0, f"the {number} migrate failed:\n{done.stdout[-2000:]}{done.stderr[-3000:]}"


def _run_tests(bench: Bench, outcome: Outcome) -> None:
	done = bench.frappe("run-tests", "--app", "shopify_sync", capture_output=True, text=True)
	output = done.stdout + done.stderr
	ran = sum(int(count) for count in re.findall(r"^Ran (\d+) tests?", output, re.MULTILINE))
	bad = sum(int(count) for count in re.findall(r"(?:failures|errors|skipped)=(\d+)", output))
	outcome.passed += ran - bad
	told = [line[:300] for line in output.splitlines() if re.match(r"^ ?(FAIL|ERROR|Ran|OK|FAILED|AssertionError)", line)]
	_say(bench, "\n".join(told))
	# In one line: the summary at the very end is all that some logs keep.
	which = "; ".join(dict.fromkeys(re.findall(r"^ ?(?:FAIL|ERROR)(?:: | +)(\S+ ?\(\S+\)|\S+)", output, re.MULTILINE)))[:900]
	assert (
		done.returncode == 0 and not bad
	), f"{bad or 'some'} of {ran} site tests failed or were skipped: {which}\n{output[-6000:]}"
	assert ran, "no site test ran"


def _browser(bench: Bench, outcome: Outcome) -> None:
	"""The Desk in a browser, after the site tests: they would be in each other's way. Without a Chromium it is said that nothing ran."""
	missing = _why_no_browser()
	if missing:
		outcome.not_run.append(f"Browser tests on {bench.path}: NOT run, {missing}")
		return _say(bench, outcome.not_run[-1])
	report = benches.CHECKOUT / ".tier-results" / f"browser-{bench.path.name}.xml"
	report.parent.mkdir(exist_ok=True)
	report.unlink(missing_ok=True)
	command = [sys.executable, "-m", "pytest", "tests/browser", f"--junitxml={report}", "-p", "no:xdist"]
	environment = {**os.environ, "BROWSER_BENCH": str(bench.path)}
	done = subprocess.run(command, cwd=benches.CHECKOUT, env=environment, capture_output=True, text=True, check=False)
	assert (
		report.exists()
	), f"pytest ended with {done.returncode} before a browser test ran\n{done.stdout[-4000:]}{done.stderr[-2000:]}"
	cases = list(ElementTree.parse(report).getroot().iter("testcase"))
	bad = [case for case in cases if any(case.find(kind) is not None for kind in ("failure", "error", "skipped"))]
	outcome.passed += len(cases) - len(bad)
	_say(bench, f"{len(cases)} browser tests, {len(bad)} failed")
	which = "; ".join(dict.fromkeys(map(_why_it_failed, bad)))[:1800]
	assert (
		cases and not bad and not done.returncode
	), f"{len(bad)} of {len(cases)} browser tests failed: {which}\n{done.stdout[-8000:]}"


def _why_it_failed(case: ElementTree.Element) -> str:
	"""Return a test's name and what it said first, in one line."""
	found = next((one for kind in ("failure", "error", "skipped") if (one := case.find(kind)) is not None), None)
	said = "" if found is None else " ".join(str(found.get("message")).split())[:400]
	return f"{case.get('name')}: {said}"


def _why_no_browser() -> str:
	"""Return what the browser tests lack on this machine, empty if nothing."""
	if importlib.util.find_spec("playwright") is None:
		return "Playwright is not installed: pip install -e '.[browser]'"
	from tests.browser.harness import chromium

	return "" if chromium() else "there is no Chromium: apt-get install chromium, or CHROMIUM=/path/to/it"


def _simulate(bench: Bench, outcome: Outcome) -> None:
	"""A few simulated worlds against the real site, with real workers that are killed."""
	command = ("shopify-sync", "simulate", "--seeds", str(SEEDS), "--json")
	done = bench.frappe(*command, capture_output=True, text=True)
	start = done.stdout.find("{")
	assert start >= 0, f"the simulation ended with {done.returncode}:\n{done.stdout[-1500:]}{done.stderr[-3000:]}"
	result = json.loads(done.stdout[start:])
	_say(bench, f"{result['seeds']} simulated worlds, {len(result['failures'])} broke a rule")
	outcome.passed += result["seeds"] - len(result["failures"])
	assert result["ok"], "simulated worlds broke a rule:\n" + "\n".join(
		f"seed {failure['seed']}: {failure['violations'][:3]}\n  again: {failure['command']}" for failure in result["failures"]
	)


def _fresh_site(bench: Bench, outcome: Outcome) -> None:
	"""On a site that never saw the app: install, uninstall, and nothing is left behind and nothing broken; then install again."""
	password = os.environ.get("DB_ROOT_PASSWORD", "root")
	site = bench.fresh_site
	login = ("--db-root-username", os.environ.get("DB_ROOT_USERNAME", "root"), "--db-root-password", password)
	drop = ("drop-site", site, "--no-backup", "--force", *login)
	bench.frappe(*drop, site="", capture_output=True)
	_quietly(bench, "new-site", site, *login, "--admin-password", "admin", "--mariadb-user-host-login-scope=%", site="")
	try:
		_quietly(bench, "install-app", "erpnext", site=site)
		# What a migrate changes on any site must not count as ours.
		_quietly(bench, "migrate", "--skip-search-index", site=site)
		before = _facts(bench, site)
		_quietly(bench, "install-app", "shopify_sync", site=site)
		installed = _facts(bench, site)
		missing = {"Sync Event", "Sync Attempt", "Shopify Store", "Shopify Link"} - set(installed["DocType"])
		assert not missing, f"install-app did not make {sorted(missing)}"
		_quietly(bench, "uninstall-app", "shopify_sync", "--yes", "--no-backup", "--force", site=site)
		_quietly(bench, "migrate", "--skip-search-index", site=site)
		left = _difference(before, _facts(bench, site))
		assert not left, f"uninstalling left or took: {left}"
		_quietly(bench, "install-app", "shopify_sync", site=site)
		again = _difference(installed, _facts(bench, site))
		assert not again, f"installing again differs from installing first: {again}"
		outcome.passed += 1
	finally:
		bench.frappe(*drop, site="", capture_output=True)


def _quietly(bench: Bench, *command: str, site: str) -> None:
	done = bench.frappe(*command, site=site, capture_output=True, text=True)
	assert done.returncode == 0, f"{command[0]} failed:\n{done.stdout[-1500:]}{done.stderr[-3000:]}"


def _facts(bench: Bench, site: str) -> dict[str, list[str]]:
	done = bench.python(str(_HERE / "site_facts.py"), site, capture_output=True, text=True)
	line = next((line for line in done.stdout.splitlines() if line.startswith("FACTS ")), None)
	assert line, f"the site could not be read:\n{done.stderr[-3000:]}"
	return json.loads(line.removeprefix("FACTS "))


def _difference(before: dict[str, list[str]], after: dict[str, list[str]]) -> dict[str, dict[str, list[str]]]:
	found = {}
	for kind, rows in before.items():
		more, less = sorted(set(after[kind]) - set(rows)), sorted(set(rows) - set(after[kind]))
		if more or less:
			found[kind] = {"left behind": more[:20], "gone": less[:20]}
	return found
