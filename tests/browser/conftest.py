"""The browser, the site and a page for each test. `BROWSER_BENCH` names the bench; without it nothing here is collected.

    BROWSER_BENCH=~/frappe-bench pytest tests/browser

A test fails on any error of the page's scripts and any answer 5xx, whatever it asserts itself.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

if not os.environ.get("BROWSER_BENCH"):
	collect_ignore_glob = ["test_*.py"]
else:
	from playwright.sync_api import Browser, sync_playwright

	from tests.tiers import benches

	from . import harness
	from .desk import Desk, Profiles
	from .harness import Site

	RESULTS = benches.CHECKOUT / ".tier-results"

	def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
		"""Begin with the new operator: in the end both sides are compared, and the shop remembers what other tests sold in it."""
		items.sort(key=lambda item: item.path.name != "test_new_operator.py")

	@pytest.fixture(scope="session")
	def browser() -> Iterator[Browser]:
		"""Debian's Chromium."""
		path = harness.chromium()
		assert path, "there is no Chromium on this machine; CHROMIUM=/path/to/it names one"
		with sync_playwright() as playwright:
			# *.localhost is this machine, whatever the resolver says.
			rules = "--host-resolver-rules=MAP *.localhost 127.0.0.1"
			options = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", rules]
			found = playwright.chromium.launch(executable_path=path, args=options)
			yield found
			found.close()

	@pytest.fixture(scope="session")
	def site() -> Iterator[Site]:
		"""The test site, served, with its store."""
		found, without = benches.find(os.environ["BROWSER_BENCH"])
		assert found, without
		benches.start_services(found[0])
		RESULTS.mkdir(exist_ok=True)
		with harness.site(found[0], RESULTS / f"browser-{found[0].path.name}.log") as served:
			yield served

	@pytest.fixture(scope="session")
	def profiles(browser: Browser, site: Site) -> Iterator[Profiles]:
		"""A browser profile for each user: what one window has fetched, the next one has."""
		found = Profiles(browser, site)
		yield found
		found.close()

	@pytest.fixture
	def sign_in(profiles: Profiles, request: pytest.FixtureRequest) -> Iterator[Callable[..., Desk]]:
		"""Return what opens the Desk as one of the users, in a browser window of its own."""
		opened: list[Desk] = []

		def open_desk(user: str = "manager", **options: Any) -> Desk:
			opened.append(profiles.window(user, **options))
			return opened[-1]

		yield open_desk
		failed = getattr(request.node, "failed", False)
		for number, desk in enumerate(opened):
			if failed:
				desk.page.screenshot(path=str(RESULTS / f"{request.node.name}-{number}.png"))
			desk.close()
		for desk in opened:
			desk.assert_no_errors()

	@pytest.fixture
	def desk(sign_in: Callable[..., Desk]) -> Desk:
		"""Return the Desk of the store's manager."""
		return sign_in("manager")

	def pytest_configure(config: pytest.Config) -> None:
		"""Make known what marks tests."""
		config.addinivalue_line("markers", "seeds(*kinds): failures that the store has when the test begins")

	@pytest.hookimpl(hookwrapper=True)
	def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Iterator[Any]:
		"""Remember failures: the windows are kept as pictures then."""
		outcome = yield
		if call.when == "call" and call.excinfo is not None:
			item.failed = True  # type: ignore[attr-defined]
		return outcome
