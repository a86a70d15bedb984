"""Webhooks that never come, and a reconciliation every night: both sides agree each morning (docs/simulation.md)."""

from __future__ import annotations

import pytest

from shopify_sync.simulation.runner import Case, run


@pytest.mark.parametrize("seed", range(1, 7))
def test_both_sides_agree_after_every_night(seed: int) -> None:
	found = run(Case(seed, "lossy", days=4))
	assert not found.violations, "\n".join(map(str, found.violations))
	assert found.counts["nights"] >= 1


def test_webhooks_are_lost_in_them() -> None:
	found = [run(Case(seed, "lossy", days=2)) for seed in (1, 2, 3)]
	assert sum(one.counts["network.lost"] for one in found) > 5
