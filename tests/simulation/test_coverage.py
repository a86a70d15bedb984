"""The worlds are not calm: every fault strikes, every way in which an event can end is seen, and so is what people do."""

from __future__ import annotations

from collections import Counter

import pytest

from shopify_sync.core.statuses import FINAL, NEEDS_ATTENTION, Status
from shopify_sync.simulation import story
from shopify_sync.simulation.actors import ACTIONS
from shopify_sync.simulation.profiles import PROFILES
from shopify_sync.simulation.runner import Case, default_jobs, run_many

SEEDS = range(1, 41)
#: Statuses that nothing leads to yet: the outbound half of the product is not there.
NOT_YET = {Status.ECHO}


@pytest.fixture(scope="module")
def counts() -> Counter[str]:
	summary = run_many([Case(seed) for seed in SEEDS], default_jobs(), lambda so_far: True)
	assert not summary.failures, [violations for _case, violations, _trace in summary.failures]
	return summary.counts


@pytest.mark.parametrize(
	"fault",
	["network.duplicated", "network.delayed", "network.reordered", "network.lost", "network.garbled", "worker.crash", "worker.freeze",
	"worker.deadlock", "worker.error", "receiver.crash_before", "receiver.crash_after", "receiver.lost_answer", "receiver.lost_wake", "operator.crash"],
)  # fmt: skip
def test_each_fault_strikes(counts: Counter[str], fault: str) -> None:
	assert counts[fault] > 0


@pytest.mark.parametrize("status", sorted({*FINAL, *NEEDS_ATTENTION} - NOT_YET))
def test_each_end_is_seen(counts: Counter[str], status: Status) -> None:
	assert counts[f"status.{status}"] > 0


@pytest.mark.parametrize("actor,action", sorted(ACTIONS))
def test_everybody_does_everything(counts: Counter[str], actor: str, action: str) -> None:
	assert counts[f"act.{actor} {action}"] > 0


def test_clocks_are_wrong_currencies_differ_and_taxes_are_in_or_on_top() -> None:
	stores = [store for seed in SEEDS for store in story.write(seed, PROFILES["default"]).stores]
	assert {store.currency for store in stores} == {"USD", "EUR", "JPY", "KWD"}
	assert {store.taxes_included for store in stores} == {True, False}
	assert min(store.skew for store in stores) < -10 and max(store.skew for store in stores) > 10
	assert {gap for store in stores for gap in store.gaps} == set(story.GAPS)


@pytest.mark.parametrize("profile", sorted(set(PROFILES) - {"default"}))
def test_every_kind_of_day_goes_well(profile: str) -> None:
	seeds = range(1, 4 if profile == "busy" else 9)
	summary = run_many([Case(seed, profile) for seed in seeds], default_jobs(), lambda so_far: True)
	assert not summary.failures, [(case.command(), violations) for case, violations, _trace in summary.failures]
	assert summary.seeds == len(seeds) and summary.counts["orders"] > 12
