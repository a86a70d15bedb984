"""The Desk in a window: signing in, opening pages, pressing what a person would press."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Response, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from .harness import Site

#: Milliseconds that a page of the Desk may take on a busy machine.
PATIENCE = 30_000
#: What the browser or Frappe itself say of things that are none of ours.
_NOT_OURS = re.compile(
	r"socket\.io|favicon|net::ERR_ABORTED|WebSocket|Failed to load resource|attribute d: |\[DOM\]|getUpgradeAttempts"
)


class Desk:
	"""A window of the browser with a user who is signed in."""

	def __init__(self, context: BrowserContext, site: Site, user: str) -> None:
		self.context, self.site, self.user = context, site, user
		self.errors: list[str] = []
		#: Whether the server will refuse something: Frappe writes such an answer to the console, too.
		self.is_refused = False
		self.page = self._watched(context.new_page())

	def _watched(self, page: Page) -> Page:
		page.on("pageerror", lambda error: self._note(f"script error: {error} {error.stack}"))
		page.on("console", self._console)
		page.on("response", self._response)
		return page

	def _console(self, message: ConsoleMessage) -> None:
		if message.type == "error":
			self._note(f"console: {message.text}")

	def _response(self, response: Response) -> None:
		if response.status >= 500 or (response.status == 404 and "/assets/shopify_sync/" in response.url):
			self._note(f"{response.status} {response.url}")

	def _note(self, text: str) -> None:
		refused = self.is_refused and "ValidationError" in text and "Refused" in text
		if not _NOT_OURS.search(text) and not refused:
			self.errors.append(text)

	def assert_no_errors(self) -> None:
		"""Check that nothing went wrong behind what is shown."""
		if self.errors:
			found = "\n".join(self.errors)
			raise AssertionError(f"{found}\n{self.site.ask('errors') if '50' in found else ''}")

	def close(self) -> None:
		"""Close the window."""
		self.page.close()

	# --- where to go ----------------------------------------------------------------------------------------------------

	def go(self, path: str, wait: str | None = None) -> Desk:
		"""Open a path of the Desk (`sync-event/…`); *wait*: for what a selector finds."""
		self.page.goto(f"{self.site.address}{self.site.desk}/{path}", wait_until="domcontentloaded")
		self.page.wait_for_function(
			"window.frappe && frappe.boot && frappe.get_route && (frappe.get_route() || []).length", timeout=PATIENCE
		)
		if wait:
			self.page.locator(wait).first.wait_for(timeout=PATIENCE)
		return self

	def form(self, doctype: str, name: str) -> Desk:
		"""Open a document and wait until its form is shown."""
		self.go(f"{slug(doctype)}/{name}")
		self.page.wait_for_function(
			"([doctype, name]) => window.cur_frm && cur_frm.doctype === doctype && cur_frm.docname === name && !cur_frm.is_new() && document.querySelector('.form-layout')",
			arg=[doctype, name], timeout=PATIENCE,
		)  # fmt: skip
		self.quiet()
		return self

	def quiet(self) -> Desk:
		"""Wait until no request of the Desk is under way. Frappe counts one that was called off for good: that one is not waited for long."""
		with suppress(PlaywrightTimeout):
			self.page.wait_for_function("!window.frappe || !frappe.request || !frappe.request.ajax_count", timeout=PATIENCE / 4)
		# The Command Center asks past Frappe's counter, and says itself that it reads.
		self.page.wait_for_function("!document.querySelector('.ssc[aria-busy=true]')", timeout=PATIENCE)
		return self

	def list(self, doctype: str, **filters: str) -> Desk:
		"""Open a list and wait until its rows, or the word that there are none, are shown."""
		query = "&".join(f"{field}={value}" for field, value in filters.items())
		return self.go(f"{slug(doctype)}?{query}" if query else slug(doctype), ".list-row-container, .no-result:visible")

	# --- what to press --------------------------------------------------------------------------------------------------

	@property
	def buttons(self) -> list[str]:
		"""The words on the buttons of the form that is shown."""
		found = self.page.locator(".page-head:visible .inner-group-button button, .page-head:visible .page-actions button")
		return [text for text in (text.strip() for text in found.all_inner_texts()) if text]

	def button(self, text: str) -> Locator:
		"""Return a button of the form that is shown, in a group or not."""
		head = self.page.locator(".page-head:visible")
		return head.locator("button, a.dropdown-item").filter(has_text=re.compile(rf"^\s*{re.escape(text)}\s*$"))

	def press(self, text: str, group: str | None = None) -> None:
		"""Press a button of the form, in a group that is opened first."""
		if group:
			self.button(group).first.click()
		self.button(text).first.click()

	@property
	def dialog(self) -> Locator:
		"""The dialog that is on top."""
		return self.page.locator(".modal.show").last

	def fill(self, fieldname: str, value: str, within: Locator | None = None) -> None:
		"""Type into a field of a dialog or form, and choose the suggestion if it is a link."""
		field = (within or self.dialog).locator(f'[data-fieldname="{fieldname}"]').locator("visible=true").first
		kind = field.get_attribute("data-fieldtype")
		if kind == "Check":
			field.locator("input[type=checkbox]").first.set_checked(value == "1")
		elif kind == "Select":
			field.locator("select").select_option(value)
		else:
			self._type(field.locator("input, textarea").first, value, choose=kind in ("Link", "Dynamic Link"))

	def _type(self, box: Locator, value: str, *, choose: bool) -> None:
		box.click()
		if not choose:
			return box.fill(value)
		option = self.page.locator(".awesomplete [role=option]:visible").filter(has_text=value).first
		for _try in range(4):
			# Key by key: the suggestions of the empty field may come after those of the text.
			box.fill("")
			box.press_sequentially(value, delay=20)
			with suppress(PlaywrightTimeout):
				option.wait_for(timeout=PATIENCE / 4)
				break
		option.click()
		expect(box).to_have_value(value)
		# An answer that comes late opens the list once more, over what stands below.
		box.press("Tab")

	def confirm(self, text: str | None = None) -> None:
		"""Press the primary button of the dialog; *text*: the word that must stand on it."""
		button = self.dialog.locator(".modal-footer .btn-primary:visible, .modal-header .btn-primary:visible").last
		if text:
			expect(button).to_have_text(re.compile(re.escape(text)))
		button.click()

	def close_dialogs(self) -> None:
		"""Put away what stands in the way."""
		for _time in range(5):
			if not self.page.locator(".modal.show").count():
				return
			self.page.keyboard.press("Escape")
			self.page.wait_for_timeout(400)

	def says(self, text: str | re.Pattern[str]) -> None:
		"""Wait until the page says it somewhere that is visible."""
		expect(self.page.get_by_text(text).locator("visible=true").first).to_be_visible(timeout=PATIENCE)

	def ask(self, method: str, **arguments: Any) -> tuple[int, str]:
		"""Call a method of the app past its pages, as this user; return the answer's status and text."""
		data = {key: value if isinstance(value, str) else json.dumps(value) for key, value in arguments.items()}
		token = self.page.evaluate("window.frappe?.csrf_token || 'None'")
		status, text = self.page.evaluate(_POST, [f"/api/method/shopify_sync.api.{method}", data, token])
		return int(status), str(text)

	# --- how it looks ---------------------------------------------------------------------------------------------------

	def theme(self, name: str) -> None:
		"""Turn the page light or dark, as the user's setting does."""
		self.page.evaluate(
			"name => { document.documentElement.setAttribute('data-theme-mode', name); document.documentElement.setAttribute('data-theme', name); }",
			name,
		)

	def overflow(self) -> int:
		"""Return by how many pixels the page is wider than the window."""
		return int(self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))

	def contrast(self, selectors: Sequence[str]) -> dict[str, float]:
		"""Return the contrast of text against what lies behind it (WCAG 2: 1 to 21) for the first visible match of each selector."""
		return dict(self.page.evaluate(_CONTRAST, list(selectors)))


class Profiles:
	"""The browser's profiles, one for each user (and size of window): signed in once, without the login page."""

	def __init__(self, browser: Browser, site: Site) -> None:
		self._browser, self._site = browser, site
		self._contexts: dict[str, BrowserContext] = {}

	def guest(self) -> Desk:
		"""Open a window in which nobody is signed in, on the login page."""
		desk = Desk(self._browser.new_context(), self._site, "guest")
		desk.page.goto(f"{self._site.address}/login", wait_until="domcontentloaded")
		return desk

	def window(self, user: str, **options: Any) -> Desk:
		"""Open a window. *options*: of Playwright's `new_context`."""
		key = f"{user} {sorted(options.items())}"
		if key not in self._contexts:
			self._contexts[key] = self._signed_in(user, options)
		return Desk(self._contexts[key], self._site, user)

	def _signed_in(self, user: str, options: dict[str, Any]) -> BrowserContext:
		context = self._browser.new_context(**{"viewport": {"width": 1400, "height": 1000}, "locale": "en-US", **options})
		context.set_default_timeout(PATIENCE)
		usr = "Administrator" if user == "Administrator" else self._site.users[user]
		page = context.new_page()
		page.goto(f"{self._site.address}/login", wait_until="domcontentloaded")
		status, text = page.evaluate(_POST, ["/api/method/login", {"usr": usr, "pwd": _password(self._site, user)}, ""])
		assert status == 200, f"{user} cannot sign in: {status} {text[:300]}"
		page.close()
		return context

	def close(self) -> None:
		"""Close all windows."""
		for context in self._contexts.values():
			context.close()


def slug(doctype: str) -> str:
	"""Return how a doctype is spelled in the Desk's paths."""
	return doctype.lower().replace(" ", "-")


def _password(site: Site, user: str) -> str:
	return "admin" if user == "Administrator" else site.password


_POST = """async ([path, data, token]) => {
	const headers = { "X-Frappe-CSRF-Token": token, Accept: "application/json" };
	const answer = await fetch(path, { method: "POST", headers, body: new URLSearchParams(data) });
	return [answer.status, await answer.text()];
}"""

_CONTRAST = """selectors => {
	const parse = (text) => (text.match(/[\\d.]+/g) || [0, 0, 0, 0]).map(Number);
	const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
	// Any notation of a colour (oklch, color-mix) becomes four numbers this way.
	const rgba = (color) => {
		canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
		const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
		return [r, g, b, a / 255];
	};
	const over = (top, below) => top.slice(0, 3).map((value, i) => value * top[3] + below[i] * (1 - top[3]));
	const behind = (element) => {
		const layers = [];
		for (let at = element; at; at = at.parentElement) {
			const color = rgba(getComputedStyle(at).backgroundColor);
			layers.push(color);
			if (color[3] === 1) break;
		}
		return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255]);
	};
	const light = (rgb) => {
		const [r, g, b] = rgb.map((value) => value / 255).map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
		return 0.2126 * r + 0.7152 * g + 0.0722 * b;
	};
	const found = [];
	for (const selector of selectors) {
		const element = [...document.querySelectorAll(selector)].find((one) => one.offsetParent && one.innerText.trim());
		if (!element) continue;
		const below = behind(element);
		const pair = [light(over(rgba(getComputedStyle(element).color), below)), light(below)].sort((a, b) => b - a);
		found.push([selector, (pair[0] + 0.05) / (pair[1] + 0.05)]);
	}
	return found;
}"""
