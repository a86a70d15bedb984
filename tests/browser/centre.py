"""The Sync Command Center in a window, as docs/command_center.md names its parts."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Locator, expect

from .desk import PATIENCE, Desk
from .harness import Site

ROUTE = "sync-command-center"


class Centre:
	"""The page of one user.

	:ivar desk: the window. *root*: the page's own part of it.
	"""

	def __init__(self, desk: Desk, query: str = "") -> None:
		self.desk, self.page, self.site = desk, desk.page, desk.site
		self.store: str = desk.site.names["store"]
		self.root = self.page.locator(".ssc:visible")
		desk.go(f"{ROUTE}?{query}" if query else ROUTE, ".ssc")
		self.loaded()

	def loaded(self) -> Centre:
		"""Wait until the page has said how things are and shows its rows."""
		expect(self.root.locator('[data-shell="stamp"]')).not_to_be_empty(timeout=PATIENCE)
		self.desk.quiet()
		return self

	def refresh(self) -> Centre:
		"""Read everything again."""
		self.page.evaluate("shopify_sync.command_center.app.refresh()")
		return self.loaded()

	# --- what is shown --------------------------------------------------------------------------------------------------

	@property
	def answer(self) -> str:
		"""The sentence at the top."""
		return self.root.locator('[data-shell="answer"]').inner_text()

	def group(self, category: str, cause: str = "") -> Locator:
		"""Return the row of a group of the store."""
		return self.root.locator(f'[data-group^="{self.store}|{category}|{cause}"]:not(.ssc-gone)')

	def _this(self, row: Locator) -> Locator:
		"""Return this very row of a group: another one may come before it while we look."""
		row.wait_for()
		key = str(row.get_attribute("data-group")).replace('"', '\\"')
		return self.root.locator(f'[data-group="{key}"]')

	def event(self, name: str) -> Locator:
		"""Return the row of an event."""
		return self.root.locator(f'[data-event="{name}"]').locator("visible=true").first

	def groups(self) -> dict[str, int]:
		"""Return how many events each group of the store says it has, by category and cause."""
		rows = self.root.locator(f'[data-group^="{self.store}|"]:not(.ssc-gone)')
		found = rows.evaluate_all("rows => rows.map(row => [row.dataset.group, row.querySelector('.ssc-count').innerText])")
		return {key.partition("|")[2]: int(re.sub(r"\D", "", count)) for key, count in found}

	@property
	def store_card(self) -> Locator:
		"""The store's card."""
		return self.root.locator(f'.ssc-store[data-store="{self.store}"]')

	# --- what is pressed ------------------------------------------------------------------------------------------------

	def press(self, action: str, within: Locator | None = None, **data: str) -> None:
		"""Press the control with this `data-action` in a row, or on the page."""
		more = "".join(f'[data-{name}="{value}"]' for name, value in data.items())
		(within or self.root).locator(f'[data-action="{action}"]{more}').locator("visible=true").first.click()

	def tab(self, name: str) -> None:
		"""Show a tab."""
		self.press("tab", self.root.locator('[data-shell="tabs"]'), tab=name)
		expect(self.root.locator(f'[role="tab"][data-tab="{name}"]')).to_have_attribute("aria-selected", "true")
		self.desk.quiet()

	def open_group(self, category: str, cause: str = "") -> Locator:
		"""Open the row of a group; return it."""
		row = self._this(self.group(category, cause).first)
		if row.locator(".ssc-group-body").is_hidden():
			self.press("toggle-group", row)
		row.locator(".ssc-group-body").wait_for()
		self.desk.quiet()
		return row

	def open_event(self, name: str) -> Locator:
		"""Open the row of an event that is shown; return it."""
		row = self.event(name)
		row.wait_for()
		if row.locator(".ssc-event-panel").is_hidden():
			self.press("toggle-event", row)
		return row

	def dialog(self, action: str) -> Locator:
		"""The question that is asked before an action."""
		return self.page.locator(f'.modal.show[data-dialog="action"][data-for="{action}"]')

	def confirm(self, action: str, reason: str = "", **values: str) -> str:
		"""Answer the question before an action, and return what it said it would touch."""
		dialog = self.dialog(action)
		dialog.wait_for()
		self.page.wait_for_timeout(350)  # as long as it takes to open
		for fieldname, value in values.items():
			self.desk.fill(fieldname, value, dialog)
		if values:
			self.page.keyboard.press("Tab")  # what was chosen is counted now
			self.desk.quiet()
		button = dialog.locator('[data-action="confirm"]')
		expect(button).to_be_enabled(timeout=PATIENCE)
		says = "\n".join(dialog.locator('[data-part="confirm"]').all_inner_texts())
		if reason:
			dialog.locator('[data-fieldname="reason"] :is(textarea, input)').fill(reason)
		button.click()
		dialog.wait_for(state="hidden")
		return says

	def act(self, action: str, control: str, within: Locator | None = None, reason: str = "", **values: str) -> dict[str, Any]:
		"""Press a control, confirm, and return the Sync Operation that it left, once it has ended."""
		before = {row["name"] for row in self.operations()}
		self.press(control, within)
		self.confirm(action, reason, **values)
		return self.ended(before)

	def operations(self) -> list[dict[str, Any]]:
		"""Return the store's operations, the newest last."""
		fields = ["name", "action", "status", "user", "reason", "total", "done", "changed", "refused", "message"]
		return self.site.rows("Sync Operation", {"store": self.store}, fields)

	def ended(self, before: set[str]) -> dict[str, Any]:
		"""Wait for the operation that was not there before, and for its end."""

		def new() -> list[dict[str, Any]]:
			return [row for row in self.operations() if row["name"] not in before]

		self.site.until(lambda: len(new()), lambda count: count > 0)
		found = self.site.until(new, lambda rows: rows[0]["status"] not in ("Queued", "Running", "Stopping"), 60)
		assert len(found) == 1, found
		return dict(found[0])

	def fix(self, category: str, cause: str = "", reason: str = "", **values: str) -> Locator:
		"""Fill in the fix in a group's row and save it; return the row."""
		row = self._this(self.group(category, cause).first)
		self.press("fix-group", row)
		form = row.locator('[data-part="fix"]')
		form.wait_for()
		for fieldname, value in {**values, **({"__reason": reason} if reason else {})}.items():
			self.desk.fill(fieldname, value, form)
		self.press("save-fix", form)
		expect(row.locator('[data-part="fix-says"], .ssc-good').first).not_to_be_empty(timeout=PATIENCE)
		return row

	def filter(self, key: str, value: str) -> None:
		"""Narrow the page by a field of the filter panel."""
		panel = self.root.locator("#ssc-filters")
		if panel.is_hidden():
			self.press("toggle-filters")
		control = panel.locator(f'[data-filter-field="{key}"]')
		if key == "status":
			panel.locator(f'[data-filter-field="status"][value="{value}"]').check()
		elif control.evaluate("control => control.tagName") == "SELECT":
			control.select_option(value)
		else:
			control.fill(value)
			control.press("Enter")
		expect(self.root.locator(f'[data-filter="{key}"]')).to_be_visible()
		self.desk.quiet()


def centre_of(sign_in: Any, user: str = "manager", query: str = "", **options: Any) -> Centre:
	"""Open the page as one of the users."""
	return Centre(sign_in(user, **options), query)


def told_plainly(site: Site, text: str) -> None:
	"""Check that a text is one for operators: nothing of Python's, no path, no SQL."""
	assert not re.search(r"Traceback|File \"|\.py\b|SELECT |frappe\.|None", text), text
