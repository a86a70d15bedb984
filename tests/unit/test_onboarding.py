"""The steps of a new store: each is done by facts alone, and one that is open says what to do."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopify_sync.core.failures import Category
from shopify_sync.core.onboarding import Facts, StepState, way

#: A store that is live.
LIVE = Facts(
	"my-store",
	has_secret=True,
	signs_in=True,
	signed_in=True,
	webhook_came=True,
	default_warehouse=True,
	locations=1,
	taxes=True,
	shipping=True,
	gateways=2,
	items_linked=True,
	shadowed=True,
	applied=True,
)
#: What is wrong, the step that is open for it, and words of what is missing.
WRONG: dict[str, tuple[str, str, dict[str, Any]]] = {
	"no secret": ("connect", "Client Secret", {"has_secret": False}),
	"no sign-in": ("connect", "Sign In By", {"signs_in": False, "signed_in": False}),
	"not signed in": ("connect", "Press Sign In", {"signed_in": False}),
	"scopes": ("connect", "read_orders", {"scopes_missing": ("read_orders",)}),
	"no webhook": ("webhook", "No webhook", {"webhook_came": False}),
	"subscriptions": ("webhook", "orders/create", {"subscriptions_missing": ["orders/create"]}),
	"no locations": ("locations", "Location Mapping", {"locations": 0}),
	"no warehouse": ("locations", "Default Warehouse", {"locations": 0, "default_warehouse": False, "sync_inventory": False}),
	"a location fails": ("locations", "wait for it: 3", {"failing": {str(Category.MISSING_WAREHOUSE): 3}}),
	"no taxes": ("taxes", "Tax Mapping", {"taxes": False}),
	"no shipping": ("taxes", "Shipping Account", {"shipping": False}),
	"a tax fails": ("taxes", "wait for it", {"failing": {str(Category.MISSING_TAX_ACCOUNT): 1}}),
	"no gateways": ("gateways", "way to pay", {"gateways": 0}),
	"a gateway fails": ("gateways", "wait for it", {"failing": {str(Category.MISSING_GATEWAY): 1}}),
	"no items": ("items", "Backfill", {"items_linked": False}),
	"an item fails": ("items", "wait for it: 312", {"failing": {str(Category.MISSING_ITEM): 312}}),
	"never tried": ("shadow", "Shadow", {"shadowed": False}),
	"disabled": ("live", "Enabled", {"enabled": False}),
	"in Shadow mode": ("live", "Live", {"mode": "Shadow"}),
	"nothing carried out": ("live", "first order", {"applied": False}),
}


def test_a_store_that_is_live_has_done_all_of_it() -> None:
	found = way(LIVE)
	assert found.is_over and (found.done, found.needed) == (8, 8)
	assert [step.key for step in found.steps] == [
		"connect",
		"webhook",
		"locations",
		"taxes",
		"gateways",
		"items",
		"shadow",
		"live",
	]


@pytest.mark.parametrize("name", WRONG)
def test_what_is_missing_opens_its_step_and_is_said(name: str) -> None:
	key, words, values = WRONG[name]
	steps = {step.key: step for step in way(replace(LIVE, **values)).steps}
	assert steps[key].state is StepState.OPEN
	assert any(words in str(one) for one in steps[key].missing), [str(one) for one in steps[key].missing]
	# Before the last step, nobody goes live with something open.
	assert {step.key for step in steps.values() if step.state is StepState.OPEN} == {key, "live"}


def test_a_rehearsal_is_as_good_as_shadow_mode() -> None:
	assert way(replace(LIVE, shadowed=False, rehearsed=True)).is_over


def test_steps_of_flows_that_are_off_are_no_part_of_the_way() -> None:
	stock_only = replace(LIVE, sync_orders=False, taxes=False, shipping=False, gateways=0)
	assert way(stock_only).is_over and way(stock_only).needed == 6
	no_payments = replace(LIVE, makes_payments=False, gateways=0)
	assert way(no_payments).is_over and way(no_payments).needed == 7


_BOOLEANS = [one.name for one in fields(Facts) if one.type == "bool"]


@given(st.fixed_dictionaries({name: st.booleans() for name in _BOOLEANS}), st.sampled_from(_BOOLEANS))
def test_an_open_step_says_what_is_missing_and_a_fact_more_never_undoes_one(values: dict[str, bool], name: str) -> None:
	facts = replace(LIVE, **values)
	for step in way(facts).steps:
		assert bool(step.missing) == (step.state is StepState.OPEN)
		assert step.title and step.explanation and step.field
	# What says that something is there opens no step that was done; what switches a flow on, or a way to sign in, may.
	if name not in ("sync_orders", "sync_inventory", "makes_payments", "signs_in"):
		done = {step.key for step in way(replace(facts, **{name: False})).steps if step.state is StepState.DONE}
		assert done <= {step.key for step in way(replace(facts, **{name: True})).steps if step.state is StepState.DONE}
