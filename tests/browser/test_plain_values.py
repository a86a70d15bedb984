"""What an operator reads is what was said: an ampersand is an ampersand, an address is lines, on either version of Frappe."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from .desk import PATIENCE, Desk
from .harness import Site


@pytest.fixture(scope="module", autouse=True)
def _store(site: Site) -> Iterator[None]:
	site.ask("store")
	yield
	site.ask("no_store")


def test_a_discrepancy_is_called_as_its_record_is(desk: Desk, site: Site) -> None:
	name = site.ask("discrepancy", label="Salt & Pepper <b>")
	desk.list("Sync Discrepancy", store=site.names["store"])
	expect(desk.page.locator(f'.list-row-container a[data-name="{name}"]')).to_have_text("Salt & Pepper <b>", timeout=PATIENCE)
	desk.form("Sync Discrepancy", name)
	desk.says("Missing in ERPNext · Salt & Pepper <b>")


def test_both_addresses_of_a_conflict_are_shown_line_by_line(desk: Desk, site: Site) -> None:
	desk.form("Sync Conflict", site.ask("address_conflict", street="7b Mill & Weir Street"))
	shown = desk.page.locator('[data-fieldname="shopify_value"] .control-value:visible')
	expect(shown.locator("b")).to_have_text("7b Mill & Weir Street", timeout=PATIENCE)
	assert shown.inner_text().splitlines()[:3] == ["Ada Example", "7b Mill & Weir Street", "Springfield"]


def test_an_attempt_shows_what_it_changed_field_by_field(desk: Desk, site: Site) -> None:
	(attempt,) = site.rows("Sync Attempt", {"event": site.ask("good_order"), "action": "Apply"})
	desk.form("Sync Attempt", attempt["name"])
	changes = desk.page.locator('[data-fieldname="changes"]').locator("visible=true").first
	expect(changes.locator("th", has_text="Before").first).to_be_visible(timeout=PATIENCE)
	expect(changes).to_contain_text("Create Sales Order")
