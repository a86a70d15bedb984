"""Shared by all tests without Frappe."""

import pytest

# The contract suite is part of the package; its assertions are its own, but helpers of the tests use plain assert.
pytest.register_assert_rewrite("tests.contract.embedded_bench")
