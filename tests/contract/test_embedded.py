"""The contract, kept by the embedded host."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shopify_sync.contract_suite import CASES, Case
from shopify_sync.contract_suite.crashes import AFTER_COMMIT, STEPS_BEFORE_COMMIT
from shopify_sync.contract_suite.payloads import new_id, order, send

from .embedded_bench import EmbeddedBench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[EmbeddedBench]:
	bench = EmbeddedBench(tmp_path)
	yield bench
	bench.close()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_contract(case: Case, bench: EmbeddedBench) -> None:
	case.run(bench)


def test_every_step_of_the_engine_has_a_crash_case(bench: EmbeddedBench) -> None:
	"""A step added to the engine without a crash at it would go untested."""
	bench.set_up()
	send(bench, "orders/create", order(bench, new_id()))
	reached: list[str] = []
	bench.drain(reached.append)
	assert tuple(reached) == (*STEPS_BEFORE_COMMIT, AFTER_COMMIT)
