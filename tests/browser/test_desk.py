"""What the Desk has besides the Command Center: the workspace, lists, and the forms' buttons."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from .desk import Desk
from .harness import Site


@pytest.fixture(scope="module")
def events(site: Site) -> dict[str, list[str]]:
	"""A few kinds of failure."""
	return site.ask(
		"seed", only=["missing item", "missing gateway", "missing state", "totals mismatch", "invalid payload", "conflict"]
	)


@pytest.fixture(scope="module", autouse=True)
def _empty_afterwards(site: Site) -> Iterator[None]:
	yield
	site.ask("no_store")


def test_signing_in_on_the_login_page_leads_to_the_workspace(site: Site, browser, events) -> None:
	context = browser.new_context(viewport={"width": 1400, "height": 1000})
	page = context.new_page()
	page.goto(f"{site.address}/login")
	page.locator("#login_email").fill(site.users["operator"])
	page.locator("#login_password").fill(site.password)
	page.locator(".btn-login:visible").first.click()
	page.wait_for_url(re.compile(r"/(app|desk)"))
	answer = page.goto(f"{site.address}{site.desk}/shopify-sync")
	assert answer and answer.ok, answer.status
	expect(page.get_by_text("Sync Event").locator("visible=true").first).to_be_visible(timeout=30_000)
	context.close()


def test_the_list_of_events_shows_what_failed(desk: Desk, site: Site, events) -> None:
	desk.list("Sync Event", store=site.names["store"], status="Blocked")
	expect(desk.page.locator(".list-row-container:visible")).not_to_have_count(0)
	desk.says("Blocked")


def test_an_event_is_retried_by_its_button(desk: Desk, site: Site, events) -> None:
	(event,) = events["totals mismatch"][:1]
	before = site.value("Sync Event", event, "attempts")
	desk.form("Sync Event", event).press("Retry")
	site.until(lambda: len(site.rows("Sync Attempt", {"event": event, "action": "Retry"})), 1)
	site.until(lambda: site.value("Sync Event", event, "status"), "Dead Letter")
	(entry,) = site.rows("Sync Attempt", {"event": event, "action": "Retry"}, ["user"])
	assert entry["user"] == site.users["manager"]
	assert before == 1 == site.value("Sync Event", event, "attempts")


def test_an_event_is_discarded_with_a_reason(desk: Desk, site: Site, events) -> None:
	event = events["invalid payload"][0]
	desk.form("Sync Event", event).press("Discard")
	desk.fill("reason", "Made by hand in a test.")
	desk.confirm("Discard")
	site.until(lambda: site.value("Sync Event", event, "status"), "Discarded")
	assert site.value("Sync Event", event, "discard_reason") == "Made by hand in a test."


def test_mapping_an_item_sets_its_events_going(desk: Desk, site: Site, events) -> None:
	desk.form("Sync Event", events["missing item"][0]).press("Map Item")
	desk.fill("item", site.names["item"])
	desk.confirm("Map and Retry")
	site.until(lambda: set(site.statuses(events["missing item"])), {"Applied"})


def test_a_payload_that_is_not_valid_offers_no_retry(desk: Desk, events) -> None:
	desk.form("Sync Event", events["invalid payload"][1])
	assert "Discard" in desk.buttons
	assert "Retry" not in desk.buttons


def test_an_auditor_sees_no_button_that_acts(sign_in: Callable[..., Desk], events) -> None:
	desk = sign_in("auditor").form("Sync Event", events["missing gateway"][0])
	assert not {"Retry", "Discard", "Map Gateway", "Map Item"} & set(desk.buttons)


def test_a_conflict_is_decided_by_its_buttons(desk: Desk, site: Site, events) -> None:
	(conflict,) = site.rows("Sync Conflict", {"event": events["conflict"][0]})
	desk.form("Sync Conflict", conflict["name"]).press("Take Shopify's")
	if desk.page.locator(".modal.show").count():
		desk.confirm()
	site.until(lambda: site.value("Sync Conflict", conflict["name"], "status"), "Resolved")
	site.until(lambda: site.value("Sync Event", events["conflict"][0], "status"), "Applied")


def test_a_workspace_that_was_left_asks_nothing_until_it_is_seen_again(desk: Desk, site: Site, events) -> None:
	desk.go("shopify-sync")
	desk.page.locator(".sh-card").first.wait_for()
	desk.quiet()
	asked: list[str] = []
	desk.page.on("request", lambda request: asked.append(request.url) if "command_center.overview" in request.url else None)
	tell = "store => frappe.realtime.socket.listeners('shopify_sync_changed').forEach(told => told({ store }))"
	desk.page.evaluate(tell, site.names["store"])
	site.until(lambda: desk.page.wait_for_timeout(200) or len(asked), 1, 10)
	desk.page.evaluate("frappe.set_route('List', 'Item')")
	desk.page.locator(".list-row-container:visible, .no-result:visible").first.wait_for()
	desk.quiet()
	before = len(asked)
	for _time in range(3):
		desk.page.evaluate(tell, site.names["store"])
		desk.page.wait_for_timeout(1700)
	assert len(asked) == before, "nobody looks"
	desk.page.go_back()
	desk.page.locator(".sh-card:visible").first.wait_for()
	site.until(lambda: desk.page.wait_for_timeout(200) or len(asked), lambda count: count > before, 10)


def test_a_new_store_has_no_quiet_hours(desk: Desk) -> None:
	"""Frappe fills a new form's times with the present one; both would stand in the tab Alerts as if somebody had chosen them."""
	desk.go("shopify-store/new")
	desk.page.wait_for_function("window.cur_frm && cur_frm.doctype === 'Shopify Store' && cur_frm.is_new()")
	desk.quiet()
	assert desk.page.evaluate("[cur_frm.doc.quiet_from || null, cur_frm.doc.quiet_until || null]") == [None, None]
