"""A new operator brings a store with a dozen kinds of failure to zero, with nothing but the screen.

The steps are those of docs/operations.md ("The first five minutes"), and each is what the page itself says to do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from .centre import Centre
from .desk import PATIENCE, Desk
from .harness import Site

OpenDesk = Callable[..., Desk]


@pytest.fixture(scope="module")
def events(site: Site) -> dict[str, list[str]]:
	"""All kinds."""
	return site.ask("seed")


@pytest.fixture
def centre(desk: Desk, events) -> Iterator[Centre]:
	"""The page."""
	yield Centre(desk)


def gone(centre: Centre, events: list[str], *statuses: str) -> None:
	"""Check that the events ended in one of these."""

	def others() -> list[str]:
		rows = centre.site.rows("Sync Event", {"name": ["in", events]}, ["status", "message"])
		return [f"{row['status']}: {row['message']}" for row in rows if row["status"] not in statuses]

	centre.site.until(others, [], 60)


def test_the_store_is_brought_to_zero(centre: Centre, site: Site, events) -> None:
	names, desk = site.names, centre.desk
	assert len(centre.groups()) >= 12 and "need" in centre.answer

	# What the page can fix itself: the answer in the row, once for all that wait.
	centre.fix("Missing item", item=names["item"], reason="The hoodie is sold as this Item.")
	centre.fix("Missing tax account", account=names["tax_account"], any_rate="1")
	centre.fix("Missing shipping account", account=names["income_account"])
	centre.fix("Missing warehouse", warehouse=names["warehouse"], direction="Shopify → ERPNext", valuation_rule="Item's rate")
	centre.fix("Missing gateway", account=names["cash"], mode_of_payment="Cash")
	centre.fix("Missing state rule", outcome="Submitted", make_payments="1")
	centre.fix("Missing exchange rate", exchange_rate="0.0072")
	for kind in (
		"missing item",
		"missing tax",
		"missing shipping",
		"missing warehouse",
		"missing gateway",
		"missing state",
		"missing rate",
	):
		gone(centre, events[kind], "Applied", "No Change", "Superseded")

	# What is mended elsewhere in ERPNext: the row leads there; then Retry.
	_mended_elsewhere(centre, "Accounting period closed", lambda: _open_the_period(desk))
	gone(centre, events["period closed"], "Applied")
	_mended_elsewhere(centre, "Customer blocked", lambda: _enable(desk, "Customer"))
	gone(centre, events["customer blocked"], "Applied")
	Centre(desk).press("fix-group", centre.group("Item disabled").first)
	_enable_item(centre, desk)
	gone(centre, events["item disabled"], "Applied")

	# What two people decided differently: one value or the other.
	Centre(desk)
	centre.open_group("Conflict")
	for name in events["conflict"]:
		row = centre.open_event(name)
		before = {one["name"] for one in centre.operations()}
		row.locator('[data-action="resolve-conflict"][data-choice="Take Shopify\'s"]').first.click()
		centre.confirm("Resolve Conflict")
		centre.ended(before)
	gone(centre, events["conflict"], "Applied")

	# What can never be carried out, or was booked by hand: put away, and why.
	done = centre.act("Discard", "discard-group", centre.group("Totals mismatch").first, reason="Booked by hand.")
	assert done["changed"] == len(events["totals mismatch"])
	done = centre.act("Discard", "discard-group", centre.group("Invalid payload").first, reason="Sent by hand, no order.")
	assert done["changed"] == len(events["invalid payload"])

	site.until(site.open_failures, 0)
	Centre(desk)
	desk.says("Nothing needs you")
	# The card asks for one thing more: that both sides be compared.
	done = centre.act("Reconcile", "reconcile", centre.store_card)
	assert done["status"] == "Completed", done
	compared = lambda: [row["status"] for row in site.rows("Reconciliation Run", {"store": names["store"]}, ["status"])]  # noqa: E731
	site.until(compared, ["Completed"], 90)
	Centre(desk)
	site.until(lambda: centre.refresh().answer, lambda says: names["store"] in says and "agree" in says, 20)
	_everything_is_on_record(centre, site)


def _mended_elsewhere(centre: Centre, category: str, mend: Callable[[], None]) -> None:
	Centre(centre.desk)
	centre.press("fix-group", centre.group(category).first)
	mend()
	Centre(centre.desk)
	done = centre.act("Retry", "retry-group", centre.group(category).first)
	assert done["status"] == "Completed" and done["changed"] >= 1, done


def _open_first(desk: Desk, doctype: str, text: str = "") -> None:
	"""From the list that a group leads to, open the row that is meant, unless the form is open already."""
	desk.page.wait_for_function(
		"doctype => frappe.get_route()[1] === doctype && (frappe.get_route()[0] === 'Form' ? window.cur_frm?.doctype === doctype : window.cur_list?.doctype === doctype)",
		arg=doctype, timeout=PATIENCE,
	)  # fmt: skip
	desk.quiet()
	if desk.page.evaluate("frappe.get_route()[0]") == "List":
		row = desk.page.locator(".list-row-container:visible").filter(has_text=text).first
		row.locator(".list-subject a, a.ellipsis").first.click()
	desk.page.wait_for_function(
		"doctype => window.cur_frm && cur_frm.doctype === doctype && cur_frm.doc", arg=doctype, timeout=PATIENCE
	)
	desk.quiet()


def _save(desk: Desk) -> None:
	"""Save the form, as Ctrl+S does."""
	desk.page.keyboard.press("Control+s")
	desk.page.wait_for_function("!cur_frm.is_dirty() && !cur_frm.is_new()", timeout=PATIENCE)
	desk.quiet()


def _untick(desk: Desk, fieldname: str) -> None:
	box = desk.page.locator(f'.form-layout:visible [data-fieldname="{fieldname}"] input[type=checkbox]').first
	if not box.is_visible():
		# In another tab or a folded section of the form.
		desk.page.evaluate("fieldname => cur_frm.scroll_to_field(fieldname)", fieldname)
	box.uncheck()


def _open_the_period(desk: Desk) -> None:
	_open_first(desk, "Accounting Period", "North Store closed")
	closed = "cur_frm.doc.closed_documents.findIndex(row => row.closed) + 1"
	for _press in range(8):
		number = desk.page.evaluate(closed)
		if not number:
			break
		# The first press opens the row for editing, the next one unticks.
		cell = desk.page.locator(f'.grid-row[data-idx="{number}"] [data-fieldname="closed"]').locator("visible=true").first
		box = cell.locator("input[type=checkbox]:enabled").locator("visible=true")
		box.first.click() if box.count() else cell.click(force=True, position={"x": 8, "y": 8})
		desk.page.wait_for_timeout(300)
	assert not desk.page.evaluate(closed)
	_save(desk)


def _enable(desk: Desk, doctype: str) -> None:
	_open_first(desk, doctype)
	_untick(desk, "disabled")
	_save(desk)


def _enable_item(centre: Centre, desk: Desk) -> None:
	"""The group asks for another Item right here, or leads to the Item that is disabled."""
	form = centre.group("Item disabled").first.locator('[data-part="fix"]')
	if form.count() and form.is_visible():
		desk.fill("item", desk.site.names["item"], form)
		centre.press("save-fix", form)
		return
	_enable(desk, "Item")


def _everything_is_on_record(centre: Centre, site: Site) -> None:
	"""Each step is an entry, with who did it, and the page shows them."""
	operations = centre.operations()
	assert {row["user"] for row in operations} == {site.users["manager"]}
	assert {row["status"] for row in operations} == {"Completed"}
	actions = [row["action"] for row in operations]
	assert actions.count("Fix") >= 7 and actions.count("Retry") >= 2 and "Discard" in actions
	centre.tab("operations")
	expect(centre.root.locator('[data-shell="operations"] [data-operation]')).not_to_have_count(0)
	shown = centre.root.locator('[data-shell="operations"] .ssc-done[data-operation]')
	assert shown.count() >= len(operations)
