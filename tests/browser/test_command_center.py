"""What the page shows: causes, filters, views, keys, and what it says where there is nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlparse

import pytest
from playwright.sync_api import expect

from .centre import Centre, centre_of
from .desk import Desk
from .harness import Site

OpenDesk = Callable[..., Desk]


@pytest.fixture(scope="module")
def events(site: Site) -> dict[str, list[str]]:
	"""The dozen kinds of failure."""
	return site.ask("seed")


@pytest.fixture
def centre(desk: Desk, events: dict[str, list[str]]) -> Centre:
	"""The page of the store's manager."""
	return Centre(desk)


def query_of(centre: Centre) -> dict[str, list[str]]:
	"""Return what stands in the address."""
	return parse_qs(urlparse(centre.page.url).query)


def test_every_cause_is_a_row_with_its_events(centre: Centre, site: Site) -> None:
	rows = site.rows(
		"Sync Event",
		{"store": centre.store, "status": ["in", ["Blocked", "Conflict", "Dead Letter"]]},
		["category", "cause"],
	)
	expected: dict[str, int] = {}
	for row in rows:
		key = f"{row['category']}|{row['cause']}"
		expected[key] = expected.get(key, 0) + 1
	assert centre.groups() == expected
	assert len({key.partition("|")[0] for key in expected}) >= 12
	# The figures of the sentence are kept for some seconds, and may have been read while the events were made: the page looks again.
	site.until(lambda: str(len(rows)) in centre.answer)


def test_figures_that_were_kept_when_the_page_came_up_are_looked_at_again(centre: Centre, site: Site, events) -> None:
	# Nothing tells the page of this change, and the server keeps the figures of just before it.
	centre.desk.ask("command_center.overview", fresh=1)
	site.ask("set_value", doctype="Sync Event", name=events["period closed"][0], field="status", value="Discarded")
	opened = Centre(centre.desk)
	needs = site.count("Sync Event", store=centre.store, status=["in", ["Blocked", "Conflict", "Dead Letter"]])
	site.until(lambda: f"{needs} events" in opened.answer, True, 20)


def test_a_group_says_why_and_what_to_do_and_shows_its_events(centre: Centre, events) -> None:
	row = centre.open_group("Missing item")
	text = row.inner_text()
	assert "NS-HOODIE-L" in text and "Fix first" in text
	assert len(row.locator("[data-event]").all()) == len(events["missing item"])
	assert re.search(r"#\d{4}", text), "orders are named"


def test_what_is_safe_stands_on_each_group(centre: Centre) -> None:
	assert "Never retry" in centre.group("Invalid payload").first.inner_text()
	assert centre.group("Invalid payload").first.locator('[data-action="retry-group"]').count() == 0
	assert "Fix first" in centre.group("Missing gateway").first.inner_text()


def test_filters_narrow_stand_in_the_address_and_go_with_back(centre: Centre, site: Site) -> None:
	centre.filter("category", "Missing gateway")
	site.until(lambda: {key.partition("|")[0] for key in centre.groups()}, {"Missing gateway"})
	assert query_of(centre)["category"] == ["Missing gateway"]
	centre.filter("store", centre.store)
	assert query_of(centre)["store"] == [centre.store]
	centre.page.go_back()
	expect(centre.root.locator('[data-filter="store"]')).to_have_count(0)
	expect(centre.root.locator('[data-filter="category"]')).to_be_visible()
	centre.press("remove-filter", key="category")
	site.until(lambda: len(centre.groups()), lambda count: count >= 12)


@pytest.mark.parametrize("key", ["order", "customer", "text", "topic", "status", "flow", "attempts_min"])
def test_each_filter_finds_what_the_database_has(centre: Centre, site: Site, events, key: str) -> None:
	name = events["missing gateway"][0]
	row = site.value("Sync Event", name, ["order_name", "topic", "status", "shopify_id", "payload"])
	value = {
		"order": row["order_name"],
		"customer": str(json.loads(row["payload"])["customer"]["id"]),
		"text": str(row["shopify_id"]),
		"topic": row["topic"],
		"status": "Conflict",
		"flow": "Inventory",
		"attempts_min": "1",
	}[key]
	centre.tab("events")
	centre.filter("store", centre.store)
	centre.filter(key, value)
	shown = centre.root.locator('[data-shell="events"] [data-event]')
	expect(shown.first).to_be_visible()
	names = shown.evaluate_all("rows => rows.map(row => row.dataset.event)")
	if key in ("order", "text", "customer", "topic"):
		assert name in names
	found = {
		one["name"]: one
		for one in site.rows(
			"Sync Event", {"name": ["in", names]}, ["name", "store", "topic", "status", "resource_type", "attempts", "order_name"]
		)
	}
	good = {
		"order": lambda one: one["order_name"] in (value, None),  # what belongs to the order has no name of its own
		"text": lambda one: True,
		"customer": lambda one: True,
		"topic": lambda one: one["topic"] == value,
		"status": lambda one: one["status"] == value,
		"flow": lambda one: one["resource_type"].startswith("inventory"),
		"attempts_min": lambda one: one["attempts"] >= 1,
	}[key]
	assert found and all(good(one) and one["store"] == centre.store for one in found.values()), found
	if key in ("order", "text", "customer"):
		assert len(names) < site.count("Sync Event", store=centre.store)


def test_a_filter_that_finds_nothing_says_so_and_offers_the_way_back(centre: Centre) -> None:
	centre.filter("order", "#999999")
	centre.desk.says("Nothing matches")
	centre.press("clear-filters", centre.root.locator(".ssc-empty"))
	expect(centre.group("Missing item").first).to_be_visible()


def test_quotes_in_a_filter_are_only_text(centre: Centre) -> None:
	centre.tab("events")
	for text in ("' OR 1=1 --", '"; DROP TABLE x', "%", "\\"):
		centre.filter("text", text)
		centre.desk.quiet()
	assert not centre.page.locator(".modal.show .msgprint").count()


def test_a_link_opens_the_page_filtered(desk: Desk, events) -> None:
	centre = Centre(desk, "category=Missing%20gateway&tab=events&status=Blocked")
	expect(centre.root.locator('[data-filter="category"]')).to_contain_text("Missing gateway")
	expect(centre.root.locator('[data-shell="events"] [data-event]').first).to_be_visible()


def test_a_view_is_saved_applied_and_deleted(desk: Desk, site: Site, events) -> None:
	centre = Centre(desk)
	centre.filter("category", "Missing item")
	centre.press("save-view")
	desk.fill("name", "Items that are missing")
	desk.confirm("Save")
	site.until(lambda: site.count("List Filter", filter_name="Items that are missing", for_user=site.users["manager"]), 1)
	Centre(desk).press("apply-view")
	expect(centre.root.locator('[data-filter="category"]')).to_contain_text("Missing item")
	centre.press("delete-view")
	desk.confirm()
	site.until(lambda: site.count("List Filter", filter_name="Items that are missing"), 0)


def test_keys_do_what_the_mouse_does(centre: Centre, site: Site) -> None:
	page, focused = centre.page, "document.activeElement.dataset.group || ''"
	page.locator("body").click(position={"x": 5, "y": 5})
	page.keyboard.press("j")
	first = page.evaluate(focused)
	page.keyboard.press("j")
	second = page.evaluate(focused)
	assert first and second and first != second
	page.keyboard.press("k")
	assert page.evaluate(focused) == first
	row = centre.root.locator(f'[data-group="{first}"]')
	page.keyboard.press("Enter")
	expect(row.locator(".ssc-group-body")).to_be_visible()
	page.keyboard.press("Enter")
	expect(row.locator(".ssc-group-body")).to_be_hidden()
	page.keyboard.press("x")
	expect(centre.root.locator('[data-part="selected"]')).to_contain_text("1 cause")
	page.keyboard.press("Escape")
	expect(centre.root.locator('[data-part="selected"]')).to_have_count(0)
	page.keyboard.press("d")
	centre.dialog("Discard").wait_for()
	page.keyboard.press("Escape")
	centre.dialog("Discard").wait_for(state="hidden")
	page.keyboard.press("?")
	expect(page.locator('.modal.show[data-dialog="help"]')).to_be_visible()
	page.keyboard.press("Escape")
	expect(page.locator(".modal.show")).to_have_count(0)
	page.keyboard.press("4")
	expect(centre.root.locator('[data-tab="events"]')).to_have_attribute("aria-selected", "true")
	page.keyboard.press("/")
	assert page.evaluate("document.activeElement.dataset.filterField") == "order"


def test_an_open_menu_keeps_its_own_keys(centre: Centre) -> None:
	page = centre.page
	toggle = page.locator('.page-head:visible [data-toggle="dropdown"]').locator("visible=true").first
	toggle.click()
	page.locator(".dropdown-menu.show").first.wait_for()
	page.keyboard.press("ArrowDown")
	assert page.evaluate("!!document.activeElement.closest('.dropdown-menu')"), "the arrow moves within the menu"
	page.keyboard.press("Escape")
	expect(page.locator(".dropdown-menu.show")).to_have_count(0)


def test_a_form_of_an_operation_leaves_the_page_its_ears(centre: Centre, site: Site, events) -> None:
	"""Whoever opened a Sync Operation and comes back still sees what others begin."""
	count = "frappe.realtime.socket.listeners('shopify_sync_operation').length"
	before = centre.page.evaluate(count)
	assert before > 0
	made = site.ask("call", method="shopify_sync.tests.operated.plant_operation", store=centre.store)
	for _time in range(2):
		centre.page.evaluate("name => frappe.set_route('Form', 'Sync Operation', name)", made)
		centre.page.wait_for_function("name => window.cur_frm && cur_frm.docname === name", arg=made)
		centre.desk.quiet()
		centre.page.evaluate("frappe.set_route('sync-command-center')")
		centre.root.wait_for()
	assert centre.page.evaluate(count) == before + 1, "its own, and one for all forms"


def test_what_goes_on_in_stores_of_others_is_not_shown(centre: Centre, events) -> None:
	"""The server tells everybody in the Desk; the page shows what its user may see, and asks no more for what it may not."""
	page = centre.page
	tell = "told => frappe.realtime.socket.listeners('shopify_sync_operation').forEach(hear => hear(told))"
	shown = centre.root.locator('[data-shell="running"] .ssc-operation')
	for number, store in enumerate(("shop-of-others", None)):
		page.evaluate(tell, {"name": f"OP-{number}", "status": "Running", "store": store, "done": 1, "total": 9})
		expect(shown).to_have_count(0)
	page.evaluate(tell, {"name": "OP-gone", "status": "Running", "store": centre.store, "done": 1, "total": 9})
	expect(shown).to_have_count(1)
	expect(shown).to_have_count(0, timeout=8000)


def test_a_page_that_was_left_asks_nothing(centre: Centre, site: Site, events) -> None:
	made = site.ask("call", method="shopify_sync.tests.operated.plant_operation", store=centre.store, status="Running")
	page = centre.page
	page.evaluate("name => shopify_sync.command_center.app.running.update({ name, status: 'Running' })", made)
	page.evaluate("shopify_sync.command_center.app.running.look()")
	page.evaluate("frappe.set_route('List', 'Item')")
	page.locator(".list-row-container:visible, .no-result:visible").first.wait_for()
	centre.desk.quiet()
	asked: list[str] = []
	page.on("request", lambda request: asked.append(request.url) if "shopify_sync.api" in request.url else None)
	page.evaluate(
		"store => frappe.realtime.socket.listeners('shopify_sync_changed').forEach(told => told({ store }))", centre.store
	)
	page.wait_for_timeout(6000)
	assert asked == []
	page.evaluate("frappe.set_route('sync-command-center')")
	centre.root.wait_for()
	site.until(lambda: page.wait_for_timeout(300) or sum("operations.get" in url for url in asked), lambda count: count > 0, 15)


def test_everything_that_acts_can_be_reached_by_tab_and_has_a_name(centre: Centre) -> None:
	centre.open_group("Missing item")
	nameless = (
		centre.root.locator("button, a, input, select, [role=tab]")
		.locator("visible=true")
		.evaluate_all(
			"""all => all.filter(one => one.tabIndex < 0 || !(one.innerText || one.getAttribute('aria-label') || one.title
			|| one.closest('label')?.innerText || one.placeholder || document.querySelector(`label[for="${one.id}"]`)
			|| one.closest('.frappe-control')?.innerText)).map(one => one.outerHTML.slice(0, 200))"""
		)
	)
	assert not nameless, nameless
	page = centre.page
	centre.root.locator('[data-action="toggle-filters"]').focus()
	reached = set()
	for _press in range(25):
		page.keyboard.press("Tab")
		reached.add(page.evaluate("document.activeElement.dataset.action || document.activeElement.dataset.group || ''"))
	assert {"tab", "toggle-group"} <= reached, reached


def test_a_preview_shows_what_a_retry_would_do(centre: Centre, site: Site, events) -> None:
	row = centre.open_group("Missing item")
	centre.press("preview-group", row)
	expect(centre.desk.dialog).to_contain_text("NS-HOODIE-L")
	assert set(site.statuses(events["missing item"])) == {"Blocked"}


def test_the_event_is_compared_and_its_story_told(centre: Centre, site: Site, events) -> None:
	name = events["conflict"][0]
	centre.open_group("Conflict")
	row = centre.open_event(name)
	centre.press("compare-event", row)
	expect(row.locator('[data-part="compare"] table').first).to_be_visible()
	centre.press("story-event", row)
	expect(centre.desk.dialog).to_contain_text("delivered")


def test_an_order_in_the_list_leads_to_its_event(centre: Centre, site: Site, events) -> None:
	row = centre.open_group("Missing item")
	name = events["missing item"][0]
	centre.open_event(name)
	centre.press("open-event", centre.event(name))
	centre.page.wait_for_function("name => window.cur_frm && cur_frm.docname === name", arg=name)
	assert row is not None


def test_live_what_others_do_is_seen_without_a_reload(sign_in: OpenDesk, site: Site, events) -> None:
	watcher = centre_of(sign_in, "auditor")
	before = watcher.groups()
	assert any(key.startswith("Totals mismatch") for key in before)
	worker = centre_of(sign_in, "operator")
	worker.act("Discard", "discard-group", worker.group("Totals mismatch").first, reason="A test of what others see.")
	wanted = lambda: [key for key in watcher.groups() if key.startswith("Totals mismatch")]  # noqa: E731
	site.until(wanted, [], 10 if site.live else 25)


def test_without_failures_the_page_says_that_both_agree(sign_in: OpenDesk, site: Site) -> None:
	site.ask("store")
	centre = centre_of(sign_in)
	centre.filter("store", centre.store)
	centre.press("clear-filters")
	centre.desk.says("Nothing needs you")
	centre.tab("holds")
	centre.desk.says("Nothing is held")
	centre.tab("retrying")
	centre.desk.says("Nothing is being retried")


def test_that_both_agree_is_said_only_of_what_is_carried_out_and_was_compared(desk: Desk, events) -> None:
	page = Centre(desk).page
	answer = "stores => shopify_sync.command_center.answer_of({ stores, totals: {} }).title"
	one = {"store": "shop", "verdict": "Good", "mode": "Live", "last_reconciliation_at": "2026-11-22 10:00:00"}
	assert page.evaluate(answer, [one]) == "shop and ERPNext agree"
	for other in ({**one, "mode": "Shadow"}, {**one, "last_reconciliation_at": None}):
		assert "agree" not in page.evaluate(answer, [other])
		assert "agree" not in page.evaluate(answer, [one, other])


def test_without_a_store_the_page_says_what_to_do_first(sign_in: OpenDesk, site: Site) -> None:
	# The site may have other stores; this user may see the one that is gone.
	site.ask("no_store")
	centre = centre_of(sign_in)
	centre.desk.says("No store yet")
	centre.press("new-store")
	centre.page.wait_for_function("window.cur_frm && cur_frm.doctype === 'Shopify Store' && cur_frm.is_new()")
