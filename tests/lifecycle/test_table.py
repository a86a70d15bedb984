"""The lifecycle table on the embedded host: documents, and the books that they come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

import pytest

from shopify_sync.contract_suite.lifecycle import totals
from shopify_sync.contract_suite.lifecycle.case import Case
from shopify_sync.contract_suite.lifecycle.cases import CASES
from shopify_sync.contract_suite.lifecycle.check import carry_out, carry_out_shuffled
from shopify_sync.contract_suite.lifecycle.steps import play

from .embedded_ground import EmbeddedGround

HERE = [case for case in CASES if "embedded" in case.runs_on]


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedGround]:
	ground = EmbeddedGround(tmp_path_factory.mktemp("lifecycle"))
	yield ground
	ground.close()


@pytest.mark.parametrize("case", HERE, ids=lambda case: case.name)
def test_case(case: Case, ground: EmbeddedGround) -> None:
	carry_out(case, ground, step_by_step=False)


@pytest.mark.parametrize("case", [case for case in HERE if case.any_order], ids=lambda case: case.name)
def test_case_in_any_order(case: Case, ground: EmbeddedGround) -> None:
	for seed in range(4):
		carry_out_shuffled(case, ground, seed)


def test_the_table_is_as_large_as_promised() -> None:
	assert len(CASES) >= 120
	assert [name for name, times in Counter(case.name for case in CASES).items() if times > 1] == []


@pytest.mark.parametrize("case", [case for case in HERE if case.books is not None], ids=lambda case: case.name)
def test_what_is_expected_agrees_with_the_story(case: Case) -> None:
	"""The expected figures against the story's own: what the customer owes is what is billed and not paid."""
	if case.refused or not case.stands or case.settings:
		return
	order, _told = play(case.story)
	billed = sum((one.total or Decimal(0) for one in case.stands if one.doctype == "Sales Invoice"), Decimal(0))
	if billed and order.currency == "USD" and "stated" not in case.name:
		assert billed == totals.current_total(order)
