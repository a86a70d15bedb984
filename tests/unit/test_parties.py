"""Who stands behind an order or a customer: keys, spellings that are compared, companies, and news without a time."""

from __future__ import annotations

from typing import Any

import pytest

from shopify_sync.contract_suite.payloads import address, customer
from shopify_sync.core import keys
from shopify_sync.core.contracts import Order
from shopify_sync.core.customers import resource as customers
from shopify_sync.core.customers.conflicts import with_base
from shopify_sync.core.customers.parties import bare_tax_id, digits_with_country, person_of_order
from shopify_sync.core.customers.three_way import Verdict, judge
from shopify_sync.core.policy import GuestPolicy, MatchBy, MatchingRule, StorePolicy
from shopify_sync.core.signals import subject_of

POLICY = StorePolicy(
	store="test",
	company="Test Ltd",
	company_currency="USD",
	matching_rules=tuple(MatchingRule(by) for by in MatchBy),
)


def order(**changes: Any) -> Order:
	payload = {
		"id": 1,
		"name": "#1001",
		"updated_at": "2026-11-20T10:00:00Z",
		"currency": "USD",
		"total_price": "0.00",
		**changes,
	}
	return Order.model_validate(payload)


@pytest.mark.parametrize(
	("text", "digits"),
	[
		("+1 555-010 0001", "15550100001"),
		(" +49(0)30 123456", "49030123456"),
		("555 010 0001", ""),
		("0049 30 123456", ""),
		("+", ""),
		("+12", ""),
		("", ""),
	],
)
def test_a_number_counts_with_its_country_code_only(text: str, digits: str) -> None:
	assert digits_with_country(text) == digits


def test_a_tax_id_is_compared_without_what_stands_between() -> None:
	assert bare_tax_id(" de 123.456-789/0 ") == "DE1234567890"


def test_what_is_looked_for_follows_the_rules_of_the_store() -> None:
	payload = customer("5", email="Grace@Example.com", phone="+15550100001", tax_id="X 1")
	found = customers.needs(customers.parse(payload, POLICY), POLICY).matches
	assert [(match.by, match.value) for match in found] == [
		(MatchBy.VERIFIED_EMAIL, "grace@example.com"),
		(MatchBy.PHONE, "15550100001"),
		(MatchBy.TAX_ID, "X1"),
	]
	unverified = customers.parse({**payload, "verified_email": False, "tax_id": None}, POLICY)
	assert [match.by for match in customers.needs(unverified, POLICY).matches] == [MatchBy.PHONE]


def test_a_guest_is_not_found_by_what_nobody_verified() -> None:
	place = {**address(), "phone": "+15550100001"}
	person = person_of_order(order(email="ada@example.com", billing_address=place), POLICY)
	assert person is not None and person.key.startswith("test/guest/")
	assert person.phone == "+15550100001"
	assert person.needs(POLICY).matches == ()


def test_an_order_of_nobody_has_no_person() -> None:
	assert person_of_order(order(), POLICY) is None
	held = StorePolicy(store="test", company="", company_currency="USD", guest_policy=GuestPolicy.HOLD)
	assert person_of_order(order(email="ada@example.com"), held) is None


def test_an_order_of_a_company_is_the_companys_and_its_buyer_the_contact() -> None:
	place = {**address(), "company": "Example Works"}
	b2b = order(
		company={"id": 7, "location_id": 8}, customer=customer("5", locale="de"), shipping_address=place, phone="+15550100009"
	)
	person = person_of_order(b2b, POLICY)
	assert person is not None
	assert (person.key, person.contact_key) == ("test/company/7", "test/company/7/contact/5")
	assert (person.name, person.is_company, person.location_key) == ("Example Works", True, "test/company_location/8")
	assert (person.first_name, person.language) == ("Grace", "de")
	assert person.more_phones == ("+15550100009",)
	assert person.needs(POLICY).matches == (), "the buyer's e-mail and telephone say nothing about the company"


def test_what_people_write_instead_of_a_number_is_left_out() -> None:
	payload = customer("5", phone="call me", default_address={**address(), "phone": "555-555-SHIP"})
	person = person_of_order(order(customer=payload), POLICY)
	assert person is not None
	assert (person.phone, person.more_phones) == ("", ())


NEWS = (
	(keys.CUSTOMER_MERGE, {"admin_graphql_api_customer_kept_id": "gid://shopify/Customer/1", "admin_graphql_api_customer_deleted_id": "gid://shopify/Customer/2"}, "2"),
	(keys.CUSTOMER_DELETION, {"id": 3, "admin_graphql_api_id": "gid://shopify/Customer/4"}, "4"),
	(keys.CUSTOMER_REDACTION, {"customer": {"id": 5}, "orders_to_redact": []}, "5"),
	(keys.CUSTOMER_CONSENT, {"customer_id": 6, "email_marketing_consent": {"state": "subscribed"}}, "6"),
)  # fmt: skip


@pytest.mark.parametrize(("resource", "payload", "wanted"), NEWS, ids=[news[0] for news in NEWS])
def test_news_without_a_time_are_ordered_by_when_shopify_sent_them(resource: str, payload: dict[str, Any], wanted: str) -> None:
	first, second, never = (
		subject_of(resource, payload, "0" * 64, moment) for moment in ("2026-11-20T10:00:00.5Z", "2026-11-20T12:00:00+01:00", "")
	)
	assert first.shopify_id == wanted
	assert never.version < first.version < second.version
	state = subject_of(keys.CUSTOMER, {"id": 5, "updated_at": "2026-11-20T09:59:59Z"}, "0" * 64, "")
	assert state.version < first.version, "an older state of the customer is older than the news"


def test_a_base_is_written_where_the_next_comparison_reads_it() -> None:
	assert with_base({"first_name": "Grace"}, "last_name", "Hopper") == {"first_name": "Grace", "last_name": "Hopper"}
	agreed = {"addresses": {"71": {"key": "k", "content": {"city": "A"}}}}
	assert with_base(agreed, "address/71", '{"city": "B"}') == {"addresses": {"71": {"key": "k", "content": {"city": "B"}}}}
	assert judge("", "a", "", None, None) is Verdict.TAKE
