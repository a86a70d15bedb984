"""Text from Shopify is text: markup in the name of an order, or in a SKU, is shown on every screen and run on none."""

from __future__ import annotations

import pytest

from .centre import Centre
from .desk import Desk
from .harness import Site

HOSTILE = '<img src=x onerror="window.stolen = 1"><b>T</b>'


@pytest.fixture(scope="module")
def hostile(site: Site) -> list[str]:
	"""Orders of such a name, that wait for such a SKU."""
	site.ask("store")
	names: list[str] = site.ask("orders_that_miss", sku=HOSTILE, count=2)
	for name in names:
		site.ask("set_value", doctype="Sync Event", name=name, field="order_name", value=HOSTILE)
	return names


def unharmed(desk: Desk) -> None:
	"""Check that nothing of it was run; an image that cannot be read says so within moments."""
	desk.quiet()
	desk.page.wait_for_timeout(300)
	assert desk.page.evaluate("window.stolen || 0") == 0, desk.page.url


def test_in_the_command_center(desk: Desk, site: Site, hostile) -> None:
	centre = Centre(desk)
	row = centre.open_group("Missing item")
	assert HOSTILE in row.inner_text(), "it is shown as it is"
	unharmed(desk)
	row.locator('[data-action="fix-group"]').first.click()
	centre.press("preview-group", row)
	desk.dialog.wait_for()
	assert HOSTILE in desk.dialog.locator(".modal-title").inner_text()
	unharmed(desk)
	desk.close_dialogs()
	event = centre.open_event(hostile[0])
	centre.press("compare-event", event)
	unharmed(desk)
	centre.press("story-event", event)
	desk.dialog.wait_for()
	unharmed(desk)
	desk.close_dialogs()
	centre.press("hold-event", event)
	unharmed(desk)
	desk.close_dialogs()
	centre.filter("order", HOSTILE)
	unharmed(desk)
	done = centre.act("Discard", "discard-group", centre.group("Missing item").first, reason="Tests.")
	centre.press("clear-filters")
	centre.tab("operations")
	unharmed(desk)
	desk.form("Sync Operation", done["name"])
	unharmed(desk)


def test_on_the_forms_and_lists(desk: Desk, site: Site) -> None:
	site.ask("store")
	names = site.ask("orders_that_miss", sku=HOSTILE, count=2)
	for name in names:
		site.ask("set_value", doctype="Sync Event", name=name, field="order_name", value=HOSTILE)
	desk.list("Sync Event", store=site.names["store"])
	unharmed(desk)
	desk.form("Sync Event", names[0])
	unharmed(desk)
	assert HOSTILE in desk.page.locator('[data-fieldname="message"] .control-value:visible').first.inner_text()
	(attempt,) = site.rows("Sync Attempt", {"event": names[0]})
	desk.form("Sync Attempt", attempt["name"])
	unharmed(desk)
	desk.go(f"query-report/Failure Summary?store={site.names['store']}", ".dt-cell, .no-result:visible")
	unharmed(desk)
	desk.form("Sync Event", names[0])
	for button in ("Preview", "Compare"):
		desk.press(button)
		desk.dialog.wait_for()
		assert HOSTILE in desk.dialog.locator(".modal-title").inner_text()
		unharmed(desk)
		desk.close_dialogs()
	desk.press("Map Item")
	desk.dialog.wait_for()
	unharmed(desk)
	desk.close_dialogs()
	desk.press("Retry")
	site.until(lambda: site.count("Sync Attempt", event=names[0], action="Retry"), 1)
	unharmed(desk)
