"""The Sync Command Center in a browser, with a million events: how long until the groups stand there, against Frappe's list of the same table.

	python benchmarks/site_page.py [BENCH …] [--events N]

Run it with the Python that has Playwright (`pip install -e '.[browser]'`). The events are made by site_command_center.py in a store of
their own, unless they are there already, and removed afterwards. Both pages are opened in turn, each anew in a window whose profile has
fetched the Desk's files before: what a person sees after pressing Enter in the address bar. Only on a site with `allow_tests`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from playwright.sync_api import Page, sync_playwright

from tests.browser import harness
from tests.browser.desk import PATIENCE, Desk, Profiles
from tests.tiers import benches
from tests.tiers.benches import Bench

TURNS = 5
_STORE = "bench-center"
_MAKER = str(Path(__file__).with_name("site_command_center.py"))
#: What is shown at the end: the first row of the page's groups; the first row of the list.
_PAGES = {
	"command center": ("sync-command-center", f'.ssc [data-group^="{_STORE}|"]'),
	"list of events": (f"sync-event?store={_STORE}", ".list-row-container .list-row"),
}


def main() -> int:
	parser = argparse.ArgumentParser(description=__doc__)
	parser.add_argument("benches", nargs="*", default=[os.environ.get("BENCH_PATH", benches.DEFAULT)])
	parser.add_argument("--events", type=int, default=1_000_000)
	args = parser.parse_args()
	found, without = benches.find(":".join(args.benches))
	for bench in found:
		benches.start_services(bench)
		_on(bench, args.events)
	for text in without:
		print(f"not run: {text}")
	return 0 if found else 1


def _on(bench: Bench, events: int) -> None:
	print(f"\n=== {bench.path}: {bench.version()}", flush=True)
	made = bench.python(_MAKER, bench.site, "--events", str(events), "--keep")
	assert made.returncode == 0, "the events could not be made"
	try:
		log = benches.CHECKOUT / ".tier-results"
		log.mkdir(exist_ok=True)
		with harness.site(bench, log / f"page-{bench.path.name}.log") as site, sync_playwright() as playwright:
			options = [
				"--no-sandbox",
				"--disable-gpu",
				"--disable-dev-shm-usage",
				"--host-resolver-rules=MAP *.localhost 127.0.0.1",
			]
			browser = playwright.chromium.launch(executable_path=harness.chromium(), args=options)
			measure(Profiles(browser, site), events)
			browser.close()
	finally:
		bench.python(_MAKER, bench.site, "--remove")


def measure(profiles: Profiles, events: int) -> None:
	"""Open both pages in turn; print the seconds and the ratio."""
	seconds: dict[str, list[float]] = {name: [] for name in _PAGES}
	inside: dict[str, list[float]] = {name: [] for name in _PAGES}
	for turn in range(TURNS + 1):
		for name, (path, shown) in _PAGES.items():
			desk = profiles.window("everywhere")
			opened, gone_to = _anew(desk, path, shown), _from_the_desk(desk, path, shown)
			desk.close()
			if turn:  # the first time fetches the Desk's files
				seconds[name].append(opened)
				inside[name].append(gone_to)
	for what, found in (("opened in the address bar", seconds), ("from within the Desk", inside)):
		for name, all_of_it in found.items():
			print(
				f"{what}: {name:15} {statistics.median(all_of_it):.2f} s ({min(all_of_it):.2f} to {max(all_of_it):.2f}), {events:,} events"
			)
		ratio = statistics.median(found["command center"]) / statistics.median(found["list of events"])
		print(f"{what}: the command center takes {ratio:.2f} times as long as the list")


def _anew(desk: Desk, path: str, shown: str) -> float:
	began = time.perf_counter()
	desk.page.goto(f"{desk.site.address}{desk.site.desk}/{path}", wait_until="commit")
	_wait(desk.page, shown)
	return time.perf_counter() - began


def _from_the_desk(desk: Desk, path: str, shown: str) -> float:
	"""From a page of the Desk that is open, as a click on a link of the workspace does."""
	desk.go("shopify-link", ".list-row-container, .no-result:visible")
	desk.quiet()
	began = time.perf_counter()
	route, _question, query = path.partition("?")
	desk.page.evaluate(
		"([route, query]) => { frappe.route_options = Object.fromEntries(new URLSearchParams(query)); frappe.set_route(route === 'sync-event' ? ['List', 'Sync Event'] : route); }",
		[route, query],
	)
	_wait(desk.page, shown)
	return time.perf_counter() - began


def _wait(page: Page, shown: str) -> None:
	page.locator(shown).locator("visible=true").first.wait_for(timeout=PATIENCE)


if __name__ == "__main__":
	sys.exit(main())
