"""The simulation can catch something: each deliberate bug is found within 200 seeds, by a rule that is about it."""

from __future__ import annotations

import pytest

from shopify_sync.simulation.runner import Case, run

from .mutations import MUTATIONS, Mutation

SEEDS = 200


@pytest.mark.parametrize("mutation", MUTATIONS, ids=str)
def test_it_is_found(mutation: Mutation) -> None:
	with mutation.switch():
		for seed in range(1, SEEDS + 1):
			rules = {violation.rule for violation in run(Case(seed, mutation.profile)).violations}
			if rules & mutation.rules:
				return
			assert not rules, f"seed {seed} broke {rules}, which is not what this mutation is about"
	pytest.fail(f"{SEEDS} seeds ran with this bug, and no rule was broken")


def test_there_are_enough() -> None:
	assert len({mutation.name for mutation in MUTATIONS}) >= 12
