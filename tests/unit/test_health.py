"""The verdict on a store follows from its figures, and every finding says what to do."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopify_sync.core import health
from shopify_sync.core.health import CircuitHealth, StoreHealth, Verdict, findings
from shopify_sync.core.words import Sentence, _, say

NOW = datetime(2026, 11, 22, 12, tzinfo=timezone.utc)
#: A store in which nothing is wrong.
WELL = StoreHealth(
	"my-store",
	NOW,
	has_secret=True,
	signs_in=True,
	token_state="Signed in",
	api_version="2026-10",
	api_version_ends=date(2027, 10, 16),
	last_event_at=NOW - timedelta(minutes=1),
	last_webhook_at=NOW - timedelta(minutes=1),
	last_reconciliation_at=NOW - timedelta(hours=9),
	lag_p95_seconds=1.5,
	finished_last_hour=200,
)
_FAILED = "503 from Shopify."
WRONG: dict[str, tuple[Verdict, str, dict[str, Any]]] = {
	"no secret": (Verdict.NOT_SET_UP, "Client Secret", {"has_secret": False}),
	"unreadable secret": (Verdict.BROKEN, "encryption_key", {"secret_is_unreadable": True}),
	"nothing came": (Verdict.NOT_SET_UP, "onboarding", {"last_event_at": None}),
	"new and not signed in": (Verdict.NOT_SET_UP, "Sign In", {"token_state": "Not signed in", "last_event_at": None}),
	"not signed in any more": (Verdict.BROKEN, "Sign In", {"token_state": "Not signed in"}),
	"rejected": (Verdict.BROKEN, "refused the sign-in", {"token_state": "Rejected", "token_reason": "invalid_client."}),
	"token not replaced": (Verdict.BROKEN, "scheduler", {"token_expires_at": NOW - timedelta(hours=1)}),
	"scopes": (Verdict.ATTENTION, "read_orders", {"scopes_missing": ("read_orders",)}),
	"circuit open": (Verdict.BROKEN, _FAILED, {"circuit": CircuitHealth("Open", NOW, NOW + timedelta(minutes=1), _FAILED)}),
	"tripped by hand": (Verdict.BROKEN, "until it is reset", {"circuit": CircuitHealth("Open", NOW, None, "Maintenance.")}),
	"probe": (Verdict.ATTENTION, "one call", {"circuit": CircuitHealth("Half Open", NOW)}),
	"version over": (Verdict.BROKEN, "2027-10-16", {"at": datetime(2027, 10, 16, tzinfo=timezone.utc)}),
	"version ends": (Verdict.ATTENTION, "ends on", {"api_version_ends": date(2026, 12, 1)}),
	"subscriptions": (Verdict.BROKEN, "orders/create", {"subscriptions_missing": ["orders/create"]}),
	"stuck": (Verdict.BROKEN, "No worker", {"oldest_due_seconds": 3600.0}),
	"late": (Verdict.ATTENTION, "5 minutes", {"oldest_due_seconds": 300.0}),
	"slow": (Verdict.ATTENTION, "301 seconds", {"lag_p95_seconds": 301.0}),
	"held": (Verdict.ATTENTION, "released", {"held": 3, "holds": 1}),
	"a hold": (Verdict.ATTENTION, "Holds", {"holds": 1}),
	"failures": (Verdict.ATTENTION, "1,200", {"failures_open": 1200}),
	"errors": (Verdict.ATTENTION, "20 in 100", {"failed_last_hour": 50, "finished_last_hour": 200}),
	"conflicts": (Verdict.ATTENTION, "Sync Conflict", {"conflicts_open": 1}),
	"drift": (Verdict.ATTENTION, "Sync Discrepancy", {"drift_open": 7}),
	"never compared": (Verdict.ATTENTION, "never been compared", {"last_reconciliation_at": None}),
	"not compared lately": (Verdict.ATTENTION, "last compared", {"last_reconciliation_at": NOW - timedelta(days=3)}),
	"points": (Verdict.ATTENTION, "API budget", {"api_points_used_share": 0.95}),
	"alerts": (Verdict.ATTENTION, "Sync Alert", {"alerts_open": 1}),
	"disabled": (Verdict.ATTENTION, "Enabled", {"enabled": False}),
	"paused": (Verdict.ATTENTION, "Resume", {"mode": "Paused"}),
}


def test_a_store_in_which_nothing_is_wrong_is_good_and_says_so() -> None:
	assert WELL.verdict is Verdict.GOOD
	assert [str(one) for one in WELL.says] == [
		"Nothing waits for a person. Shopify and ERPNext were last compared at 2026-11-22 03:00:00+00:00."
	]


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_sets_the_verdict_and_is_said(name: str) -> None:
	verdict, words, values = WRONG[name]
	ill = replace(WELL, **values)
	assert ill.verdict is verdict
	assert any(words in str(one) for one in ill.says), [str(one) for one in ill.says]


@pytest.mark.parametrize(
	"values",
	[
		{"mode": "Shadow"},
		{"signs_in": False, "token_state": "", "last_reconciliation_at": None},
		{"oldest_due_seconds": 299.0, "lag_p95_seconds": 299.0, "waiting": 40},
		{"failed_last_hour": 9, "finished_last_hour": 0},
		{"api_points_used_share": 0.5, "token_expires_at": NOW - timedelta(minutes=1)},
		{"at": NOW + timedelta(hours=38), "last_reconciliation_at": NOW - timedelta(hours=9)},
	],
)
def test_what_is_no_cause_for_worry_leaves_it_good(values: dict[str, Any]) -> None:
	assert replace(WELL, **values).verdict is Verdict.GOOD


def test_nothing_is_asked_of_shopify_by_a_store_that_makes_no_calls() -> None:
	webhooks_only = replace(WELL, signs_in=False, token_state="Not signed in", circuit=CircuitHealth("Open"))
	assert webhooks_only.verdict is Verdict.GOOD


@given(st.lists(st.sampled_from(sorted(WRONG)), unique=True, min_size=1))
def test_the_worst_comes_first_and_one_more_fault_never_makes_it_better(names: list[str]) -> None:
	order = [Verdict.NOT_SET_UP, Verdict.BROKEN, Verdict.ATTENTION, Verdict.GOOD]
	merged: dict[str, Any] = {}
	before = order.index(WELL.verdict)
	for name in names:
		values = WRONG[name][2]
		if values.keys() & merged.keys():
			continue  # the same figure cannot have two values
		merged |= values
		ill = replace(WELL, **merged)
		levels = [order.index(one.level) for one in findings(ill)]
		assert levels == sorted(levels)
		assert ill.verdict is findings(ill)[0].level
		assert order.index(ill.verdict) <= max(before, order.index(Verdict.ATTENTION))


@given(
	share=st.floats(0, 1), failed=st.integers(0, 10**6), finished=st.integers(0, 10**6), waited=st.floats(0, 10**9),
	minutes=st.integers(-60, 10**6),
)  # fmt: skip
def test_any_figures_give_a_verdict_and_shares_between_0_and_1(
	share: float, failed: int, finished: int, waited: float, minutes: int
) -> None:
	some = replace(
		WELL, api_points_used_share=share, failed_last_hour=failed, finished_last_hour=finished, oldest_due_seconds=waited,
		oldest_unprocessed_at=NOW - timedelta(minutes=minutes),
	)  # fmt: skip
	assert some.says and 0 <= some.error_share <= 1
	assert some.oldest_unprocessed_seconds == max(minutes, 0) * 60
	assert some.as_dict()["verdict"] in set(Verdict)


def test_as_a_dict_it_has_every_figure_in_the_readers_words() -> None:
	ill = replace(WELL, failures_open=3, circuit=CircuitHealth("Half Open", NOW), last_reconciliation_says=say("{0} ran.", "R-1"))
	shown = ill.as_dict(str.upper, lambda moment: f"{moment:%H:%M}")
	assert shown.keys() >= {one.name for one in fields(StoreHealth)} | {
		"verdict",
		"says",
		"error_share",
		"oldest_unprocessed_seconds",
	}
	assert shown["at"] == "12:00" and shown["circuit"]["since"] == "12:00" and shown["api_version_ends"] == "2027-10-16"
	assert shown["says"][1] == "EVENTS THAT FAILED AND WAIT FOR A PERSON: 3. LOOK AT THEIR CAUSES."
	assert shown["last_reconciliation_says"] == "R-1 RAN."
	assert ill.as_dict()["last_event_at"] == "2026-11-22T11:59:00+00:00"


def test_a_sentence_keeps_its_values_apart_from_its_words() -> None:
	german: Callable[[str], str] = {"{0} of {1}": "{0} von {1}"}.__getitem__
	assert say(_("{0} of {1}"), 1200, "shop").shown(german) == "1,200 von shop"
	assert str(Sentence("Braces stay: {0}", ("{1}",))) == "Braces stay: {1}"


def test_every_text_of_the_verdict_is_marked_for_translation() -> None:
	tree = ast.parse(Path(health.__file__).read_text())
	marked = {
		call.args[0].value
		for call in ast.walk(tree)
		if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "_" and isinstance(call.args[0], ast.Constant)
	}  # fmt: skip
	said = {one.text for _name, (_level, _words, values) in WRONG.items() for one in replace(WELL, **values).says}
	assert said and said <= marked
