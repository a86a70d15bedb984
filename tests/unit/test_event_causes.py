"""One cause has one name, however its events differ; and every category says what a person does about it."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopify_sync.core.event_causes import LONGEST, UNKNOWN, cause_of
from shopify_sync.core.failures import INFO, Category, Retry
from shopify_sync.core.remedies import REMEDIES, Safe, safe
from shopify_sync.core.statuses import Status

#: Messages of one cause each: they differ in what differs from event to event.
SAME = [
	("Order #1001: the total is 10.00, ERPNext's 9.99.", "Order #1002: the total is 1,210.00, ERPNext's 1,209.98."),
	("Order SO-1001 is in EUR; no rate for 2026-11-22.", "Order SO-77 is in EUR; no rate for 2026-01-02."),
	(
		"Row #1: 5.0 units of Item TEE needed in Warehouse Stores - TS on 2026-11-22 10:00:00.",
		"Row #12: 1.0 units of Item TEE needed in Warehouse Stores - TS on 2026-11-23 11:12:13.123.",
	),
	("Shipping 'Standard' has no account.", "Shipping 'Express, <b>over night</b>' has no account."),
	("Payment of ada@example.com was refused.", "Payment of charles.b@example.org was refused."),
	("See https://a.myshopify.com/admin/1.", "See https://b.myshopify.com/admin/orders/2."),
	("<p>Fiscal Year  2025</p> is closed", "Fiscal Year 2026 is closed"),
	("Documents SO-1, SO-2 and SO-3 are open", "Documents SO-11 and SO-12 are open"),
]
OTHER = [
	("The connection timed out.", "The connection was refused."),
	("Shopify's token isn't valid", "Shopify's answer isn't valid"),
	("Item TEE is disabled", "Item MUG is disabled"),
]
numbers = st.integers(min_value=0, max_value=10**15)


@pytest.mark.parametrize(("one", "other"), SAME)
def test_what_differs_from_event_to_event_is_no_part_of_the_cause(one: str, other: str) -> None:
	assert cause_of("Bug", None, one) == cause_of("Bug", None, other)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_other_words_are_another_cause(one: str, other: str) -> None:
	assert cause_of("Bug", None, one) != cause_of("Bug", None, other)


def test_what_is_missing_names_the_cause_whatever_is_said() -> None:
	assert cause_of("Missing item", "item:TEE-M", "Order #1001: SKU TEE-M …") == "item:TEE-M"
	assert cause_of("Missing item", "  ", "No item") == "No item"
	assert cause_of("Network", None, None) == "Network"
	assert cause_of(None, None, "") == UNKNOWN


@given(st.sampled_from([one for pair in SAME for one in pair]), numbers, numbers)
def test_another_number_is_the_same_cause(message: str, one: int, other: int) -> None:
	assert cause_of("Bug", None, f"{message} (try {one})") == cause_of("Bug", None, f"{message} (try {other})")


@given(
	st.one_of(st.none(), st.sampled_from([str(one) for one in Category])),
	st.one_of(st.none(), st.text(max_size=200)),
	st.one_of(st.none(), st.text(max_size=400)),
)
def test_a_cause_fits_its_column_and_is_never_empty(category: str | None, missing: str | None, message: str | None) -> None:
	cause = cause_of(category, missing, message)
	assert 0 < len(cause) <= LONGEST
	assert cause == cause.strip()
	assert cause == cause_of(category, missing, message)


@given(st.text(alphabet=string.ascii_letters + " ", min_size=200, max_size=300).filter(str.strip))
def test_long_messages_that_differ_at_their_end_are_two_causes(message: str) -> None:
	assert cause_of("Bug", None, message.strip() + " one") != cause_of("Bug", None, message.strip() + " two")


def test_no_digit_is_left_that_could_be_an_id_of_a_person_or_an_order() -> None:
	for pair in SAME:
		assert not any(char.isdigit() for message in pair for char in cause_of("Bug", None, message))


# --- what a person does about a category ---------------------------------------------------------------------------


@pytest.mark.parametrize("category", list(Category))
def test_every_category_says_what_to_check_what_to_press_and_whom_to_call(category: Category) -> None:
	remedy = REMEDIES[category]
	texts = (*remedy.check, remedy.press, remedy.call)
	assert remedy.check
	assert all(text and text == text.strip() and text.endswith((".", "?")) for text in texts), texts
	assert not any("traceback" in text.lower() or "{" in text for text in texts)


@pytest.mark.parametrize("category", list(Category))
def test_what_is_safe_follows_from_whether_trying_again_can_help(category: Category) -> None:
	expected = {Retry.AUTOMATIC: Safe.RETRY, Retry.AFTER_FIX: Safe.FIX, Retry.NEVER: Safe.NEVER}
	assert safe(category) is expected[INFO[category].retry]
	if INFO[category].rests_in is Status.BLOCKED:
		assert safe(category) is Safe.FIX, "what is blocked waits for something to be mended"
