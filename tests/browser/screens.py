"""Takes the pictures of docs/images from the product itself, on a bench's test site (`make screens`, `make screens BENCH=…`).

Seeds the store of the browser tests, opens each screen, and makes the pictures small: 96 colours, by the Pillow that Frappe brings along.
`python -m tests.browser.screens BENCH [NAME …]` takes only those that are named.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, sync_playwright

from tests.tiers import benches

from . import harness
from .centre import Centre
from .desk import Desk, Profiles
from .harness import Site

IMAGES = benches.CHECKOUT / "docs" / "images"
WIDE = {"viewport": {"width": 1280, "height": 860}}
NARROW = {"viewport": {"width": 420, "height": 860}}
#: Docs are read over slow lines too.
MOST_BYTES = 150_000
_QUANTISE = "import sys; from PIL import Image; i = Image.open(sys.argv[1]).convert('RGB'); i.quantize(96, dither=Image.Dither.NONE).save(sys.argv[1], optimize=True)"


class Studio:
	"""The site with something to show, and a window for each picture."""

	def __init__(self, site: Site, profiles: Profiles) -> None:
		self.site, self._profiles = site, profiles
		#: What is in force until all pictures are taken.
		self.until_the_end = ExitStack()
		self.events: dict[str, list[str]] = site.ask("seed")
		self.order = str(site.value("Sync Event", site.ask("good_order"), "document_name"))
		self.store: str = site.names["store"]
		self._full = ""

	def window(self, user: str = "manager", **options: Any) -> Desk:
		"""Open a window."""
		return self._profiles.window(user, **{**WIDE, **options})

	def alert(self) -> str:
		"""Have the store watched until there is an alert; return the first."""
		for _minute in range(4):
			self.site.ask("call", method="shopify_sync.erpnext_host.alerts.evaluating.evaluate", store=self.store)
		found = self.site.rows(
			"Sync Alert", {"store": self.store, "status": ["in", ["Firing", "Escalated"]]}, ["name", "condition"]
		)
		assert found, "the store has no alert"
		return str(found[0]["name"])

	def compared(self) -> str:
		"""Have both sides differ, and everything compared; return the run."""
		if not self._full:
			self.site.ask("differ")
			desk = self.window().go("shopify-sync", ".layout-main-section")
			status, said = desk.ask("reconciliation.start", store=self.store, depth="Full", heal="0")
			assert status == 200, said
			self._full = str(json.loads(said)["message"]["run"])
			desk.close()
			self.site.until(lambda: self.site.value("Reconciliation Run", self._full, "status"), "Completed", 120)
		return self._full

	def rehearsed(self) -> str:
		"""Have a backfill rehearsed; return it."""
		desk = self.window().go("shopify-sync", ".layout-main-section")
		status, said = desk.ask("backfill.start", store=self.store, orders="Open", customers="1", stock="1", rehearse="1")
		assert status == 200, said
		run = str(json.loads(said)["message"]["run"])
		desk.close()
		self.site.until(lambda: self.site.value("Shopify Backfill", run, "status"), "Completed", 120)
		return run

	def hold(self) -> str:
		"""Hold the stock of the store; return the hold."""
		if not self.site.count("Sync Hold", store=self.store):
			centre = Centre(self.window())
			centre.act("Hold", "hold", centre.store_card, reason="Stock-taking in the warehouse.", scope="flow", flow="Inventory")
			centre.desk.close()
		return self.one("Sync Hold")

	def one(self, doctype: str, **filters: Any) -> str:
		"""Return the store's newest row of a doctype."""
		rows = self.site.rows(doctype, {"store": self.store, **filters})
		assert rows, f"the store has no {doctype} {filters or ''}"
		return str(rows[-1]["name"])

	def run(self) -> str:
		"""Have the store reconciled; return the run."""
		if not self.site.count("Reconciliation Run", store=self.store, status="Completed"):
			self.site.ask("untold_order")
			desk = self.window()
			centre = Centre(desk)
			centre.act("Reconcile", "reconcile", centre.store_card)
			desk.close()
		rows = lambda: self.site.rows("Reconciliation Run", {"store": self.store, "status": "Completed"})  # noqa: E731
		return str(self.site.until(rows, lambda found: len(found) >= 1, 120)[0]["name"])


Taken = tuple[Desk, Locator | None]


def _command_center(studio: Studio) -> Taken:
	return Centre(studio.window()).desk, None


def _dark(studio: Studio) -> Taken:
	desk = Centre(studio.window()).desk
	desk.theme("dark")
	return desk, None


def _narrow(studio: Studio) -> Taken:
	return Centre(studio.window(**NARROW)).desk, None


def _fix(studio: Studio) -> Taken:
	centre = Centre(studio.window())
	row = centre.group("Missing item").first
	centre.press("fix-group", row)
	row.locator('[data-part="fix"]').wait_for()
	row.scroll_into_view_if_needed()
	return centre.desk, row


def _question(studio: Studio) -> Taken:
	centre = Centre(studio.window())
	centre.press("discard-group", centre.group("Invalid payload").first)
	dialog = centre.dialog("Discard")
	dialog.locator('[data-part="confirm"]').first.wait_for()
	return centre.desk, dialog.locator(".modal-content")


def _bulk(studio: Studio) -> Taken:
	studio.site.ask("orders_that_miss", sku="NS-LAMP", count=80)
	studio.until_the_end.enter_context(studio.site.without_workers())
	centre = Centre(studio.window())
	centre.press("retry-group", centre.group("Missing item", "item:NS-LAMP").first)
	centre.confirm("Retry")
	centre.root.locator('[data-shell="running"] [role="progressbar"]').first.wait_for()
	centre.page.wait_for_timeout(2500)
	return centre.desk, None


def _event(studio: Studio) -> Taken:
	centre = Centre(studio.window())
	row = centre.open_group("Conflict")
	opened = centre.open_event(studio.events["conflict"][0])
	centre.press("compare-event", opened)
	opened.locator('[data-part="compare"] table').first.wait_for()
	return centre.desk, row


def _timeline(studio: Studio) -> Taken:
	desk = studio.window().form("Sync Event", studio.events["missing item"][0])
	desk.page.wait_for_timeout(1500)
	desk.page.get_by_text("What Happened").locator("visible=true").first.evaluate("title => title.scrollIntoView()")
	desk.page.mouse.wheel(0, -140)
	desk.page.wait_for_timeout(500)
	return desk, None


def _order(studio: Studio) -> Taken:
	desk = studio.window().form("Sales Order", studio.order)
	tab = desk.page.locator(".form-tabs:visible .nav-link").filter(has_text="Shopify")
	tab.first.click()
	desk.page.wait_for_timeout(1500)
	return desk, None


def _workspace(studio: Studio) -> Taken:
	desk = studio.window().go("shopify-sync", ".layout-main-section")
	desk.page.get_by_text("Loading").locator("visible=true").first.wait_for(state="hidden")
	desk.quiet()
	desk.page.wait_for_timeout(2500)
	return desk, None


def _form(doctype: str, name: Callable[[Studio], str], tab: str = "") -> Callable[[Studio], Taken]:
	def take(studio: Studio) -> Taken:
		desk = studio.window().form(doctype, name(studio))
		if tab:
			desk.page.locator(".form-tabs:visible .nav-link").filter(has_text=tab).first.click()
		desk.page.wait_for_timeout(1200)
		return desk, None

	return take


def _store(studio: Studio) -> str:
	return studio.store


def _operation(studio: Studio) -> str:
	rows = studio.site.rows("Sync Operation", {"store": studio.store, "status": ["in", ["Completed", "Stopped"]]})
	return str(rows[-1]["name"])


def _discrepancy(studio: Studio) -> str:
	studio.compared()
	return studio.one("Sync Discrepancy", kind="Missing in ERPNext", cause="Lost webhook")


def _address(studio: Studio) -> str:
	conflict: str = studio.site.ask("address_conflict", street="7b Mill & Weir Street")
	return conflict


def _link(studio: Studio) -> str:
	studio.compared()
	return studio.one("Shopify Link", resource_type="variant")


def _link_of_order(studio: Studio) -> str:
	return studio.one("Shopify Link", document_name=studio.order)


def _call(studio: Studio) -> str:
	studio.compared()
	return studio.one("Shopify API Call", outcome="Answered")


def _attempt(studio: Studio) -> str:
	order = studio.site.rows("Sync Event", {"document_name": studio.order})[0]["name"]
	return str(studio.site.rows("Sync Attempt", {"event": order})[0]["name"])


def _connection(studio: Studio) -> str:
	desk = studio.window().go("shopify-sync", ".layout-main-section")
	status, said = desk.ask("connection.test", store=studio.store)
	assert status == 200, said
	desk.close()
	return studio.one("Shopify Connection")


def _hold(studio: Studio) -> str:
	return studio.hold()


def _list(doctype: str, ready: Callable[[Studio], object] = lambda studio: None) -> Callable[[Studio], Taken]:
	def take(studio: Studio) -> Taken:
		ready(studio)
		desk = studio.window().list(doctype, store=studio.store)
		desk.page.locator(".list-row-container:visible").nth(1).wait_for()
		desk.quiet()
		desk.page.wait_for_timeout(1000)
		return desk, None

	return take


def _tab(name: str, ready: Callable[[Studio], object] = lambda studio: None) -> Callable[[Studio], Taken]:
	def take(studio: Studio) -> Taken:
		ready(studio)
		centre = Centre(studio.window(), f"tab={name}")
		return centre.desk, None

	return take


def _report(name: str, ready: Callable[[Studio], object] = lambda studio: None) -> Callable[[Studio], Taken]:
	def take(studio: Studio) -> Taken:
		ready(studio)
		desk = studio.window().go(f"query-report/{name}?store={studio.store}", ".report-wrapper:visible")
		desk.page.locator(".dt-scrollable .dt-cell").locator("visible=true").first.wait_for()
		desk.quiet()
		desk.page.wait_for_timeout(2000)
		return desk, None

	return take


#: What is taken: a window, or a part of it. Those that change what the others show come last.
SCREENS: Mapping[str, Callable[[Studio], Taken]] = {
	"command-center": _command_center,
	"command-center-dark": _dark,
	"command-center-narrow": _narrow,
	"command-center-fix": _fix,
	"command-center-question": _question,
	"command-center-event": _event,
	"workspace": _workspace,
	"event-story": _timeline,
	"order-story": _order,
	"store-connection": _form("Shopify Store", _store),
	"store-payments": _form("Shopify Store", _store, "Payments"),
	"store-states": _form("Shopify Store", _store, "Order States"),
	"store-alerts": _form("Shopify Store", _store, "Alerts"),
	"alert": _form("Sync Alert", Studio.alert),
	"store-orders": _form("Shopify Store", _store, "Orders"),
	"store-customers": _form("Shopify Store", _store, "Customers"),
	"store-taxes": _form("Shopify Store", _store, "Taxes"),
	"store-inventory": _form("Shopify Store", _store, "Inventory"),
	"store-items": _form("Shopify Store", _store, "Items"),
	"store-reconciliation": _form("Shopify Store", _store, "Reconciliation"),
	"store-processing": _form("Shopify Store", _store, "Processing"),
	"command-center-events": _tab("events"),
	"event-list": _list("Sync Event"),
	"attempt": _form("Sync Attempt", _attempt),
	"reconciliation-run": _form("Reconciliation Run", Studio.run),
	"report-failures": _report("Failure Summary"),
	"discrepancy": _form("Sync Discrepancy", _discrepancy),
	"discrepancy-list": _list("Sync Discrepancy", Studio.compared),
	"link": _form("Shopify Link", _link),
	"link-order": _form("Shopify Link", _link_of_order),
	"api-call": _form("Shopify API Call", _call),
	"connection": _form("Shopify Connection", _connection),
	"backfill": _form("Shopify Backfill", Studio.rehearsed),
	"report-summary": _report("Reconciliation Summary", Studio.compared),
	"report-totals": _report("Order Totals Check", Studio.compared),
	"report-missing": _report("Missing Orders", Studio.compared),
	"report-inventory": _report("Inventory Drift", Studio.compared),
	"report-latency": _report("Sync Latency"),
	"report-activity": _report("Sync Activity"),
	"report-api": _report("API Usage", Studio.compared),
	"conflict": _form("Sync Conflict", _address),
	"hold": _form("Sync Hold", _hold),
	"command-center-holds": _tab("holds", Studio.hold),
	"command-center-operations": _tab("operations", Studio.hold),
	"operation": _form("Sync Operation", _operation),
	"command-center-bulk": _bulk,
}


def main(bench_path: str, *only: str) -> int:
	"""Take the pictures; return the exit code."""
	found, without = benches.find(bench_path)
	if not found:
		print("\n".join(without))
		return 1
	benches.start_services(found[0])
	log = benches.CHECKOUT / ".tier-results"
	log.mkdir(exist_ok=True)
	failed = 0
	with harness.site(found[0], log / "screens.log") as site, sync_playwright() as playwright:
		options = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--host-resolver-rules=MAP *.localhost 127.0.0.1"]
		browser = playwright.chromium.launch(executable_path=harness.chromium(), args=options)
		studio = Studio(site, Profiles(browser, site))
		for name, take in SCREENS.items():
			if only and name not in only:
				continue
			try:
				_take(studio, name, take)
			except Exception as error:  # one screen less is better than none
				failed += 1
				print(f"{name}: {str(error).splitlines()[0]}", flush=True)
		studio.until_the_end.close()
		browser.close()
	return 1 if failed else 0


def _take(studio: Studio, name: str, take: Callable[[Studio], Taken]) -> None:
	path = IMAGES / f"{name}.png"
	desk, part = take(studio)
	# Times that change with every run, and what blinks, would make every picture a new one.
	desk.page.mouse.move(0, 0)
	(part or desk.page).screenshot(path=str(path), animations="disabled", caret="hide")
	desk.close()
	_make_small(studio.site, path)
	print(f"{name}: {path.stat().st_size // 1024} kB", flush=True)


def _make_small(site: Site, path: Path) -> None:
	site.bench.python("-c", _QUANTISE, str(path))
	assert path.stat().st_size <= MOST_BYTES, f"{path.name} has {path.stat().st_size} bytes"


if __name__ == "__main__":
	sys.exit(main(*sys.argv[1:]))
