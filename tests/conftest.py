"""Shared by all tests without Frappe."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

# The adapter's helpers use plain assert: show what stood on both sides.
pytest.register_assert_rewrite("tests.contract.embedded_bench", "tests.unit.deciding")

# The same examples every time: a build must not fail by chance. `HYPOTHESIS_PROFILE=search` looks for new ones, and more.
settings.register_profile("repeatable", derandomize=True, database=None, deadline=None)
settings.register_profile("search", deadline=None, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))
