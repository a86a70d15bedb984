"""The three-way merge: every combination of changed, unchanged and authority, and no side is ever lost silently."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopify_sync.core.customers.conflicts import Resolution, base_for
from shopify_sync.core.customers.three_way import Verdict, base_after, judge
from shopify_sync.core.policy import Authority

VALUES = st.sampled_from(("", "a", "b", "c"))
BASES = st.one_of(st.none(), VALUES)
AUTHORITIES = st.sampled_from((None, *Authority))
NEWER = st.sampled_from((None, True, False))
#: Verdicts that leave a trace: evidence before → after, a note, or a conflict.
SEEN = (Verdict.TAKE, Verdict.REFUSE, Verdict.CONFLICT)


def erpnext_after(verdict: Verdict, shopify: str, erpnext: str) -> str:
	return shopify if verdict is Verdict.TAKE else erpnext


#: (authority, only Shopify changed, only ERPNext changed, both changed and Shopify later, both and ERPNext later)
TABLE = (
	(None, Verdict.TAKE, Verdict.KEEP, Verdict.CONFLICT, Verdict.CONFLICT),
	(Authority.REVIEW, Verdict.TAKE, Verdict.KEEP, Verdict.CONFLICT, Verdict.CONFLICT),
	(Authority.NEWEST, Verdict.TAKE, Verdict.KEEP, Verdict.TAKE, Verdict.REFUSE),
	(Authority.SHOPIFY, Verdict.TAKE, Verdict.TAKE, Verdict.TAKE, Verdict.TAKE),
	(Authority.ERPNEXT, Verdict.REFUSE, Verdict.KEEP, Verdict.REFUSE, Verdict.REFUSE),
)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: str(row[0]))
def test_the_table(row: tuple[Authority | None, Verdict, Verdict, Verdict, Verdict]) -> None:
	authority, *wanted = row
	found = (
		judge("base", "shopify", "base", authority, None),
		judge("base", "base", "erpnext", authority, None),
		judge("base", "shopify", "erpnext", authority, True),
		judge("base", "shopify", "erpnext", authority, False),
	)
	assert list(found) == wanted
	assert judge("base", "same", "same", authority, None) is Verdict.AGREED
	assert judge("base", "base", "base", authority, None) is Verdict.AGREED


def test_newest_without_a_time_is_a_question() -> None:
	assert judge("base", "shopify", "erpnext", Authority.NEWEST, None) is Verdict.CONFLICT


@given(base=BASES, shopify=VALUES, erpnext=VALUES, authority=AUTHORITIES, newer=NEWER)
def test_no_side_is_lost_silently(
	base: str | None, shopify: str, erpnext: str, authority: Authority | None, newer: bool | None
) -> None:
	verdict = judge(base, shopify, erpnext, authority, newer)
	shopify_is_new = base is None or shopify != base
	erpnext_is_new = base is None or erpnext != base
	if shopify != erpnext and shopify and shopify_is_new and verdict is not Verdict.TAKE:
		assert verdict in (Verdict.REFUSE, Verdict.CONFLICT), "something new from Shopify vanished"
	if shopify != erpnext and erpnext and erpnext_is_new and verdict is Verdict.TAKE:
		assert authority in (Authority.SHOPIFY, Authority.NEWEST), "a change of ERPNext's user was overwritten without a rule"
	if authority is Authority.ERPNEXT:
		assert erpnext_after(verdict, shopify, erpnext) == erpnext
	if authority is Authority.SHOPIFY:
		assert erpnext_after(verdict, shopify, erpnext) == shopify


@given(base=BASES, shopify=VALUES, erpnext=VALUES, authority=AUTHORITIES, newer=NEWER)
def test_a_second_look_changes_nothing(
	base: str | None, shopify: str, erpnext: str, authority: Authority | None, newer: bool | None
) -> None:
	first = judge(base, shopify, erpnext, authority, newer)
	after = erpnext_after(first, shopify, erpnext)
	again = judge(base_after(first, base, shopify), shopify, after, authority, newer)
	assert again is not Verdict.TAKE
	assert again is not Verdict.REFUSE, "what was refused once is on record once"
	assert (again is Verdict.CONFLICT) == (first is Verdict.CONFLICT)


@given(
	base=BASES, shopify=VALUES, erpnext=VALUES, authority=AUTHORITIES, newer=NEWER, resolution=st.sampled_from(tuple(Resolution))
)
def test_a_decision_ends_the_conflict_as_it_says(
	base: str | None, shopify: str, erpnext: str, authority: Authority | None, newer: bool | None, resolution: Resolution
) -> None:
	if judge(base, shopify, erpnext, authority, newer) is not Verdict.CONFLICT:
		return
	written = "edited" if resolution is Resolution.EDIT else erpnext
	verdict = judge(base_for(resolution, erpnext, shopify), shopify, written, authority, newer)
	wanted = shopify if resolution is Resolution.TAKE else written
	assert verdict in (Verdict.TAKE, Verdict.KEEP, Verdict.AGREED)
	assert erpnext_after(verdict, shopify, written) == wanted


@given(base=BASES, shopify=VALUES, erpnext=VALUES, since=VALUES, newer=NEWER, resolution=st.sampled_from(tuple(Resolution)))
def test_a_value_that_nobody_looked_at_is_not_overwritten(
	base: str | None, shopify: str, erpnext: str, since: str, newer: bool | None, resolution: Resolution
) -> None:
	if judge(base, shopify, erpnext, None, newer) is not Verdict.CONFLICT or since in ("", erpnext, shopify):
		return
	verdict = judge(base_for(resolution, erpnext, shopify), shopify, since, None, newer)
	assert erpnext_after(verdict, shopify, since) == since


def test_every_combination_has_a_verdict() -> None:
	values = (None, "", "a", "b", "c")
	for base, shopify, erpnext in itertools.product(values, values[1:], values[1:]):
		for authority, newer in itertools.product((None, *Authority), (None, True, False)):
			verdict = judge(base, shopify, erpnext, authority, newer)
			assert verdict in (*SEEN, Verdict.KEEP, Verdict.AGREED)
			assert (verdict is Verdict.AGREED) == (shopify == erpnext)
