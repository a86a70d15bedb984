"""Personal data stays out of evidence, messages and logs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopify_sync.core.events import evidence_of
from shopify_sync.core.masking import MASK, mask, personal_values, scrub
from shopify_sync.core.plan import AppliedChange, CreateDocument, UpdateDocument
from shopify_sync.core.preview import describe

PAYLOAD = {
	"name": "#1001",
	"email": "ada@example.com",
	"note": "Leave it with Mrs Nextdoor",
	"customer": {"first_name": "Adaline", "name": "Adaline Example", "default_address": {"address1": "1 Sample Street"}},
	"billing_address": {"name": "Adaline Example", "company": "Example Widgets", "phone": "+15550100", "zip": "12345"},
	"line_items": [{"name": "Blue Mug", "sku": "MUG-BLUE"}],
}
PERSONAL = (
	"ada@example.com", "Leave it with Mrs Nextdoor", "Adaline", "Adaline Example", "1 Sample Street", "Example Widgets", "+15550100", "12345",
)  # fmt: skip


def test_personal_values_are_found_wherever_they_stand_and_others_are_not() -> None:
	assert set(personal_values(PAYLOAD)) == set(PERSONAL)


@pytest.mark.parametrize("value", PERSONAL)
def test_a_personal_value_does_not_survive_in_a_message(value: str) -> None:
	message = scrub(f"Customer {value} was refused for order #1001 with Blue Mug", PAYLOAD)
	assert value not in message
	assert "#1001 with Blue Mug" in message


@given(st.emails())
def test_an_email_address_goes_even_when_the_payload_is_not_known(email: str) -> None:
	local, _at, domain = email.rpartition("@")
	scrubbed = scrub(f"no such user <{email}> here")
	# What an address may hold beyond letters is cut where prose would end; the rest must not lead back to anybody.
	assert email not in scrubbed or any(sign in local for sign in "'\"/") or domain.startswith("[")


@pytest.mark.parametrize(
	("field", "value"), [("email_id", "ada@example.com"), ("customer", "Ada"), ("address_line1", "1 Street")]
)
def test_a_personal_field_is_masked_at_any_depth(field: str, value: str) -> None:
	assert mask(field, value) == MASK
	assert mask("links", [{"row": {field: value}}]) == [{"row": {field: MASK}}]


@pytest.mark.parametrize("empty", [None, "", [], ()])
def test_a_mask_shows_whether_there_was_a_value(empty: object) -> None:
	assert mask("email_id", empty) == empty


def test_evidence_and_previews_are_masked() -> None:
	create = CreateDocument(
		"Customer", "s/customer/1", {"customer_name": "Adaline Example", "territory": "All"}, name="Adaline Example"
	)
	update = UpdateDocument("Contact", "Adaline", {"first_name": "Ada"}, {"first_name": "Adaline"})
	applied = AppliedChange(
		"create", "Customer", "Adaline Example", "s/customer/1", (("customer_name", None, "Adaline Example"),)
	)
	shown = repr([describe(update), evidence_of([applied]), describe(create)])
	assert "Adaline" not in shown and "'Ada'" not in shown
	assert "All" in shown
