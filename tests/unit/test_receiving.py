"""The receiving path: signature first, then one row, then 200."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopify_sync.core.events import NewEvent, Receipt, SignedWith
from shopify_sync.core.failures import Category
from shopify_sync.core.receiving import Answer, Gate, is_signed, receive, sign
from shopify_sync.core.statuses import Status

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=timezone.utc)
ORDER = {"id": 1, "updated_at": "2026-11-20T10:00:00Z"}


class Recorder:
	"""A host that keeps what it is told."""

	def __init__(self, *secrets: str, enabled: bool = True, max_body: int = 10_000) -> None:
		self._gate = Gate("test", enabled, secrets or ("hush",), max_body)
		self.events: list[NewEvent] = []
		self.refusals: list[str] = []

	def gate(self, shop_domain: str) -> Gate | None:
		return self._gate if shop_domain == "test.myshopify.com" else None

	def record(self, event: NewEvent) -> Receipt:
		self.events.append(event)
		return Receipt(event.name, event.status, duplicate=False)

	def now(self) -> datetime:
		return NOW

	def refused(self, reason: str, shop_domain: str) -> None:
		self.refusals.append(reason)


def deliver(host: Recorder, body: bytes, *, topic: str = "orders/create", secret: str = "hush", **headers: str) -> Answer:
	given_headers = {
		"X-Shopify-Topic": topic,
		"X-Shopify-Shop-Domain": "test.myshopify.com",
		"X-Shopify-Webhook-Id": "hook-1",
		"X-Shopify-Hmac-Sha256": sign(secret, body),
		**{f"X-Shopify-{name.replace('_', '-')}": value for name, value in headers.items()},
	}
	return receive(given_headers.items(), body, host)


def test_the_signature_of_shopifys_own_example() -> None:
	assert sign("hush", b'{"id":820982911946154508}') == "qBvrsZF7RfB1iS6BX6IHqJTp5L911P7intnPeTPsH0I="


def test_both_secrets_are_good_while_one_is_rotated() -> None:
	for secret, status in (("new", 200), ("old", 200), ("older", 401)):
		assert deliver(Recorder("new", "old"), json.dumps(ORDER).encode(), secret=secret).status == status


@pytest.mark.parametrize(
	("secrets", "secret", "with_which"),
	[
		(("new", "old"), "new", SignedWith.CURRENT),
		(("new", "old"), "old", SignedWith.PREVIOUS),
		(("", "old"), "old", SignedWith.PREVIOUS),
		(("only",), "only", SignedWith.CURRENT),
	],
)
def test_it_is_on_record_which_secret_signed(secrets: tuple[str, ...], secret: str, with_which: SignedWith) -> None:
	host = Recorder(*secrets)
	assert deliver(host, json.dumps(ORDER).encode(), secret=secret).status == 200
	assert [event.signed_with for event in host.events] == [with_which]


@pytest.mark.parametrize("secret", ["", "   ", "\t\n"])
def test_a_blank_secret_verifies_nothing(secret: str) -> None:
	host = Recorder(secret, "")
	assert deliver(host, json.dumps(ORDER).encode(), secret=secret).status == 401
	assert (host.events, host.refusals) == ([], ["no client secret set"])


def test_an_empty_signature_verifies_nothing() -> None:
	assert not is_signed(b"{}", "", ["hush"])


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_a_signature_is_good_for_its_own_bytes_only(body: bytes, other: bytes) -> None:
	assert is_signed(body, sign("hush", body), ["hush"])
	assert is_signed(other, sign("hush", body), ["hush"]) == (body == other)


@pytest.mark.parametrize(
	"spell", [str.upper, str.lower, lambda name: name.removeprefix("X-"), lambda name: name.removeprefix("X-").lower()]
)
def test_headers_in_any_spelling(spell: Callable[[str], str]) -> None:
	host, body = Recorder(), json.dumps(ORDER).encode()
	headers = {
		"X-Shopify-Topic": "orders/create", "X-Shopify-Shop-Domain": "TEST.myshopify.com", "X-Shopify-Webhook-Id": "hook-1",
		"X-Shopify-Hmac-Sha256": sign("hush", body), "X-Shopify-Event-Id": "event-1", "X-Shopify-API-Version": "2026-07",
	}  # fmt: skip
	assert receive([(spell(name), value) for name, value in headers.items()], body, host).status == 200
	(event,) = host.events
	assert (event.name, event.topic, event.event_id, event.api_version) == ("hook-1", "orders/create", "event-1", "2026-07")


def test_a_test_header_does_not_skip_the_signature() -> None:
	assert deliver(Recorder(), b"{}", secret="wrong", Test="true").status == 401


@pytest.mark.parametrize(
	("body", "host", "status"),
	[
		(b"x" * 10_001, Recorder(), 413),
		(b"{}", Recorder(enabled=False), 404),
		(b"no json", Recorder(), 400),
		(b'{"id": NaN}', Recorder(), 400),
		(b"[" * 100_000, Recorder(max_body=10**6), 400),
	],
)
def test_what_is_not_recorded(body: bytes, host: Recorder, status: int) -> None:
	assert deliver(host, body).status == status
	assert host.events == []


@pytest.mark.parametrize(
	"body", [b"[]", b"7", b'"text"', b"null", b"{}", b'{"id": 1}', b'{"updated_at": "2026-11-20T10:00:00Z"}']
)
def test_what_lacks_what_it_must_have_is_acknowledged_and_kept_as_a_dead_letter(body: bytes) -> None:
	host = Recorder()
	answer = deliver(host, body)
	(event,) = host.events
	assert (answer.status, answer.wake) == (200, False)
	assert (event.status, event.category) == (Status.DEAD_LETTER, Category.INVALID_PAYLOAD)
	assert event.payload == body.decode()


@pytest.mark.parametrize(
	("topic", "reason"),
	[("orders/edited", "orders/updated webhook follows"), ("carts/create", "Nothing handles"), ("", "Nothing handles")],
)
def test_topics_without_a_resource_are_ignored_with_the_reason(topic: str, reason: str) -> None:
	host = Recorder()
	answer = deliver(host, json.dumps(ORDER).encode(), topic=topic)
	assert (answer.status, answer.wake) == (200, False)
	assert host.events[0].status is Status.IGNORED
	assert reason in host.events[0].message


def test_an_order_wakes_a_worker_and_carries_what_a_claim_needs() -> None:
	host = Recorder()
	assert deliver(host, json.dumps(ORDER).encode()) == Answer(200, "Recorded.", wake=True)
	(event,) = host.events
	assert (event.link, event.shopify_id, event.status, event.received_at) == ("test/order/1", "1", Status.RECEIVED, NOW)


def test_a_delivery_without_an_id_is_named_after_its_content() -> None:
	host = Recorder()
	for note in ("a", "a", "b"):
		deliver(host, json.dumps({**ORDER, "note": note}).encode(), Webhook_Id="")
	names = [event.name for event in host.events]
	assert names[0] == names[1] != names[2]


def test_the_gate_does_not_print_its_secrets() -> None:
	assert "hush" not in repr(Gate("test", True, ("hush",)))


JSON = st.recursive(
	st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
	lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
	max_leaves=8,
)
NAMES = (
	"id",
	"admin_graphql_api_id",
	"updated_at",
	"name",
	"refunds",
	"fulfillments",
	"financial_status",
	"inventory_item_id",
	"location_id",
)


@given(
	st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, JSON | st.just("2026-11-20T10:00:00Z") | st.just(5))),
	st.sampled_from(("orders/create", "customers/update", "inventory_levels/update", "x/y")),
	st.text(max_size=20),
)
def test_no_signed_object_makes_it_stumble(payload: dict[str, Any], topic: str, triggered_at: str) -> None:
	host = Recorder()
	assert deliver(host, json.dumps(payload).encode(), topic=topic, Triggered_At=triggered_at).status == 200
	assert len(host.events) == 1


def test_half_a_surrogate_pair_is_no_reason_to_stumble() -> None:
	host = Recorder()
	assert deliver(host, b'{"id": 1, "updated_at": "2026-11-20T10:00:00Z", "name": "#\\ud800"}').status == 200
	(event,) = host.events
	assert event.label.encode() == b"#?"
