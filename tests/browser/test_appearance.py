"""Dark theme and a narrow window: nothing is wider than the window, and every text can be read."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .centre import Centre
from .desk import Desk
from .harness import Site

OpenDesk = Callable[..., Desk]
NARROW = {"viewport": {"width": 420, "height": 900}}
#: WCAG 2 asks for 4.5 to 1 of small text (https://www.w3.org/TR/WCAG21/#contrast-minimum); Frappe's own muted grey has 3.9 in places.
READABLE, MUTED = 4.5, 3.0
TEXTS = (
	".ssc-title",
	".ssc-main p",
	".ssc-answer h2, .ssc-answer p",
	".ssc-says p",
	".ssc-store dd",
	".ssc-message",
	'[role="tab"]',
	".ssc-conflict dd",
)
PALE = (".ssc-muted", ".ssc-facts", ".indicator-pill", ".ssc-pill", ".ssc-store dt", ".ssc-event-when")
TABS = ("needs", "retrying", "held", "events", "operations", "holds")


@pytest.fixture(scope="module")
def events(site: Site) -> dict[str, list[str]]:
	"""A store with much to show."""
	return site.ask("seed", only=["missing item", "missing gateway", "conflict", "invalid payload", "totals mismatch"])


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_texts_can_be_read(sign_in: OpenDesk, site: Site, events, theme: str) -> None:
	centre = Centre(sign_in("manager"))
	centre.desk.theme(theme)
	centre.open_group("Conflict")
	centre.open_event(events["conflict"][0])
	found = centre.desk.contrast(TEXTS)
	assert len(found) >= 5, found
	assert {name: ratio for name, ratio in found.items() if ratio < READABLE} == {}
	pale = centre.desk.contrast(PALE)
	assert pale and {name: ratio for name, ratio in pale.items() if ratio < MUTED} == {}
	background = centre.page.evaluate("getComputedStyle(document.body).backgroundColor")
	bright = sum(int(part) for part in background[background.index("(") + 1 : -1].split(",")[:3]) / 3
	assert (bright < 80) == (theme == "dark"), background


def test_nothing_is_wider_than_a_narrow_window(sign_in: OpenDesk, site: Site, events) -> None:
	centre = Centre(sign_in("manager", **NARROW))
	centre.open_group("Missing item")
	centre.press("fix-group", centre.group("Missing item").first)
	wide = {}
	for tab in TABS:
		centre.tab(tab)
		wide[tab] = centre.desk.overflow()
	centre.press("toggle-filters")
	wide["filters"] = centre.desk.overflow()
	assert {part: pixels for part, pixels in wide.items() if pixels > 0} == {}
	centre.tab("needs")
	centre.press("retry-group", centre.group("Missing gateway").first)
	centre.dialog("Retry").wait_for()
	box = centre.dialog("Retry").locator(".modal-content").bounding_box()
	assert box and box["width"] <= NARROW["viewport"]["width"]


def test_the_forms_fit_into_a_narrow_window(sign_in: OpenDesk, site: Site, events) -> None:
	desk = sign_in("manager", **NARROW)
	wide = {}
	for doctype, name in (("Sync Event", events["missing item"][0]), ("Shopify Store", site.names["store"])):
		desk.form(doctype, name)
		wide[doctype] = desk.overflow()
	desk.go("shopify-sync", ".layout-main-section")
	desk.quiet()
	wide["workspace"] = desk.overflow()
	assert {part: pixels for part, pixels in wide.items() if pixels > 0} == {}
