"""docs/mapping.md is what the code does, and nothing that is read of a payload goes nowhere without a reason."""

from __future__ import annotations

import difflib

import pytest

from shopify_sync.core.contracts.base import ShopifyModel, Text

from . import pages
from .pages import OPERATIONS, PAGE, page, unexplained, with_failures


def test_everything_that_is_read_has_a_destination_or_a_reason() -> None:
	silent = unexplained()
	assert not silent, (
		f"Nothing says what becomes of {', '.join(silent)}. A field of a contract must change something when it changes (add a sample "
		"to tests/mapping/samples.py that shows it), or a comment (#: …) above it says why not."
	)


class Planted(ShopifyModel):
	"""A contract that nobody uses."""

	silent: Text = ""
	#: Not needed: planted.
	explained: Text = ""


def test_a_field_that_goes_nowhere_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
	monkeypatch.setattr(pages, "contracts", lambda: [Planted])
	assert unexplained() == ["Planted.silent"]


def test_the_page_is_what_the_code_says() -> None:
	is_now, should_be = PAGE.read_text().splitlines(), page().splitlines()
	changed = list(difflib.unified_diff(is_now, should_be, "docs/mapping.md", "what the code says", lineterm="", n=0))
	assert not changed, "docs/mapping.md is stale; run `make mapping` and commit it.\n" + "\n".join(changed[:20])


def test_the_failures_that_operators_read_of_are_those_of_the_code() -> None:
	text = OPERATIONS.read_text()
	assert with_failures(text) == text, "What docs/operations.md says about failures is stale; run `make mapping` and commit it."
