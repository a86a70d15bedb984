"""What is delivered when: at least once, with Shopify's retries, and with every fault on its own."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopify_sync.core.receiving import Headers, is_signed, sign
from shopify_sync.simulator.clock import ManualClock
from shopify_sync.simulator.dice import Dice
from shopify_sync.simulator.faults import Faults
from shopify_sync.simulator.shop.records import Subscription, Webhook
from shopify_sync.simulator.shop.shop import Shop
from shopify_sync.simulator.webhooks.courier import (
	DELAY_SECONDS,
	REORDER_SECONDS,
	RETRY_AFTER_SECONDS,
	SECOND_COPY_SECONDS,
	Courier,
	Delivery,
)

START = datetime(2026, 11, 21, 10, tzinfo=timezone.utc)
Consumer = Callable[[Delivery], "int | None"]
PROBABILITIES = st.sampled_from((0.0, 0.1, 0.5, 1.0))
FAULTS = st.builds(
	Faults, duplicate=PROBABILITIES, delay=PROBABILITIES, reorder=PROBABILITIES, lose=PROBABILITIES, garble=PROBABILITIES
)


class Post:
	"""A shop whose webhooks are made by hand, a courier, and a clock that is turned from delivery to delivery."""

	def __init__(self, faults: Faults | None = None, seed: object = 1) -> None:
		self.clock = ManualClock(START)
		self.shop = Shop("dev", secret="hush", clock=self.clock, dice=Dice(seed))
		self.courier = Courier(self.shop, faults or Faults(), Dice(seed))
		self.subscription = self.subscribe()
		self.attempts: list[tuple[float, Delivery]] = []

	def subscribe(self, topic: str = "orders/create", name: str = "") -> Subscription:
		return self.shop.subscriptions.create(topic, "http://127.0.0.1:1/hook", name=name)

	def emit(self, number: int, body: bytes | None = None) -> Webhook:
		webhook = Webhook(
			id=f"webhook-{number}",
			event_id=f"event-{number // 2}",
			topic="orders/create",
			shop_domain=self.shop.domain,
			api_version="2026-10",
			subscription_id=self.subscription.id,
			uri=self.subscription.uri,
			triggered_at="2026-11-21T10:00:00.000000001Z",
			resource_id=str(number),
			body=json.dumps({"id": number}).encode() if body is None else body,
		)
		for listener in self.shop.listeners:
			listener(webhook)
		return webhook

	def run(self, consumer: Consumer = lambda _delivery: 200) -> list[Delivery]:
		"""Turn the clock until nothing waits. Return every attempt in order."""
		while (due := self.courier.next_due()) is not None:
			self.clock.turn_to(due)
			for delivery in self.courier.take_due(self.clock.now()):
				self.attempts.append(((self.clock.now() - START).total_seconds(), delivery))
				self.courier.report(delivery, consumer(delivery), self.clock.now())
		return [delivery for _at, delivery in self.attempts]


def failing(times: int, status: int | None = 500) -> Consumer:
	"""Return a consumer that fails that often for each webhook, then takes it."""
	seen: Counter[str] = Counter()

	def consume(delivery: Delivery) -> int | None:
		seen[delivery.key] += 1
		return status if seen[delivery.key] <= times else 200

	return consume


@given(st.lists(st.integers(0, 30), min_size=1, max_size=40))
def test_without_faults_each_is_delivered_once_and_in_order(pauses: list[int]) -> None:
	post = Post()
	sent = []
	for number, pause in enumerate(pauses):
		post.clock.advance(pause)
		sent.append(post.emit(number))
	assert [(delivery.webhook, delivery.attempt, delivery.body) for delivery in post.run()] == [
		(webhook, 1, webhook.body) for webhook in sent
	]
	assert post.courier.waiting() == 0


@given(FAULTS, st.integers(0, 3), st.integers())
def test_nothing_is_delivered_that_was_not_sent_and_all_that_is_not_lost_arrives_whole(
	faults: Faults, failures: int, seed: int
) -> None:
	post = Post(faults, seed)
	sent = {webhook.id: webhook for webhook in map(post.emit, range(12))}
	seen: Counter[str] = Counter()
	taken: Counter[str] = Counter()

	def consume(delivery: Delivery) -> int:
		webhook = sent[delivery.webhook.id]
		signature = Headers(post.courier.headers(delivery).items()).get("hmac-sha256")
		seen[delivery.key] += 1
		if not is_signed(delivery.body, signature, ["hush"]):
			assert webhook.body.startswith(delivery.body)
			return 401
		assert delivery.body == webhook.body
		if seen[delivery.key] <= failures:
			return 503
		taken[webhook.id] += 1
		return 200

	post.run(consume)
	lost = [webhook.id for webhook in post.courier.lost]
	assert set(lost) | set(taken) == set(sent)
	assert not set(lost) & set(taken)
	# A duplicate that is refused is not tried again, so it may never be taken; the first copy always is.
	assert all(1 <= times <= 2 for times in taken.values())
	assert post.courier.given_up == []


@given(st.integers(0, 8), st.sampled_from((500, 301, 199, 404, None)))
def test_a_consumer_that_fails_k_times_gets_k_plus_one_attempts(times: int, status: int | None) -> None:
	post = Post()
	webhook = post.emit(1)
	deliveries = post.run(failing(times, status))
	assert [delivery.attempt for delivery in deliveries] == list(range(1, times + 2))
	assert {(delivery.webhook, delivery.body, delivery.key) for delivery in deliveries} == {
		(webhook, webhook.body, "webhook-1/1")
	}
	assert [at for at, _delivery in post.attempts] == [sum(RETRY_AFTER_SECONDS[:number]) for number in range(times + 1)]
	assert post.subscription.id in post.shop.subscriptions.all


def test_the_retries_take_four_hours_and_grow() -> None:
	assert sum(RETRY_AFTER_SECONDS) == 4 * 3600
	assert len(RETRY_AFTER_SECONDS) == 8
	assert list(RETRY_AFTER_SECONDS) == sorted(set(RETRY_AFTER_SECONDS))


def test_after_the_ninth_failure_the_subscription_is_removed_with_what_waits_for_it() -> None:
	post = Post()
	other = post.subscribe("orders/updated")
	first = post.emit(1)
	emitted = [first]

	def consume(delivery: Delivery) -> int:
		if delivery.webhook == first and delivery.attempt == 5:
			emitted.append(post.emit(2))
		return 500

	attempts = post.run(consume)
	second = emitted[1]
	assert [delivery.attempt for delivery in attempts if delivery.webhook == first] == list(range(1, 10))
	assert post.courier.given_up == [first, second]
	assert list(post.shop.subscriptions.all) == [other.id]
	assert post.subscription.failures == 1
	assert post.courier.counters["removed"] == 1
	# The second was tried only as long as the subscription was there.
	assert all(at <= 4 * 3600 for at, _delivery in post.attempts)


def test_a_success_at_the_last_retry_saves_the_subscription() -> None:
	post = Post()
	post.emit(1)
	post.run(failing(8))
	post.emit(2)
	post.run(failing(8))
	assert post.subscription.failures == 0
	assert post.subscription.id in post.shop.subscriptions.all


def test_a_lost_one_is_never_delivered() -> None:
	post = Post(Faults(lose=1.0))
	webhook = post.emit(1)
	assert post.run() == []
	assert post.courier.lost == [webhook]


@pytest.mark.parametrize(("fault", "bounds"), [("delay", DELAY_SECONDS), ("reorder", REORDER_SECONDS)])
def test_late_ones_come_within_bounds(fault: str, bounds: tuple[float, float]) -> None:
	post = Post(Faults(**{fault: 1.0}))
	for number in range(50):
		post.emit(number)
	order = [int(delivery.webhook.resource_id) for delivery in post.run()]
	assert sorted(order) == list(range(50))
	assert order != sorted(order)
	assert all(bounds[0] <= at <= bounds[1] for at, _delivery in post.attempts)


def test_a_duplicate_is_a_second_copy_of_the_same() -> None:
	post = Post(Faults(duplicate=1.0))
	webhook = post.emit(1)
	first, second = post.run()
	assert (first.key, second.key) == ("webhook-1/1", "webhook-1/2")
	assert (first.webhook, first.body) == (second.webhook, second.body) == (webhook, webhook.body)
	assert SECOND_COPY_SECONDS[0] <= post.attempts[1][0] <= SECOND_COPY_SECONDS[1]


def test_a_garbled_one_is_short_under_the_signature_of_the_whole_and_then_comes_whole() -> None:
	post = Post(Faults(garble=1.0))
	webhook = post.emit(1, b'{"id": 820982911946154508}')
	headers = []

	def consume(delivery: Delivery) -> int:
		headers.append(Headers(post.courier.headers(delivery).items()))
		return 200 if delivery.body == webhook.body else 401

	first, second = post.run(consume)
	assert webhook.body.startswith(first.body)
	assert len(first.body) < len(webhook.body)
	assert second.body == webhook.body
	assert {given.get("hmac-sha256") for given in headers} == {sign("hush", webhook.body)}


def test_the_headers_are_shopifys() -> None:
	post = Post()
	post.subscription = post.subscribe("orders/updated", name="the-name")
	delivery = None
	while delivery is None or not any(name.startswith("X-") for name in post.courier.headers(delivery)):
		post.emit(len(post.attempts))
		(delivery,) = post.courier.take_due(post.clock.now())
		post.attempts.append((0, delivery))
	webhook = delivery.webhook
	assert post.courier.headers(delivery) == {
		"Content-Type": "application/json",
		"X-Shopify-Topic": "orders/create",
		"X-Shopify-Hmac-Sha256": sign("hush", webhook.body),
		"X-Shopify-Shop-Domain": "dev.myshopify.com",
		"X-Shopify-API-Version": "2026-10",
		"X-Shopify-Webhook-Id": webhook.id,
		"X-Shopify-Event-Id": webhook.event_id,
		"X-Shopify-Triggered-At": webhook.triggered_at,
		"X-Shopify-Name": "the-name",
	}


def test_some_headers_come_without_x_and_say_the_same() -> None:
	post = Post()
	for number in range(300):
		post.emit(number)
	forms = Counter()
	for delivery in post.courier.take_due(post.clock.now()):
		headers = post.courier.headers(delivery)
		assert headers == post.courier.headers(delivery)
		assert Headers(headers.items()).get("webhook-id") == delivery.webhook.id
		forms["X-Shopify-Topic" in headers] += 1
	assert 10 < forms[False] < 60


def test_after_a_rotation_either_secret_signs_for_an_hour_then_the_new_one() -> None:
	post = Post()
	post.shop.rotate_secret("new")
	webhook = post.emit(1)
	(delivery,) = post.courier.take_due(post.clock.now())
	old, new = sign("hush", webhook.body), sign("new", webhook.body)

	def signatures() -> set[str]:
		return {Headers(post.courier.headers(delivery).items()).get("hmac-sha256") for _try in range(50)}

	assert signatures() == {old, new}
	post.clock.advance(3600)
	assert signatures() == {new}


@given(FAULTS, st.integers(), st.integers(0, 9))
def test_leaving_one_out_changes_nothing_for_the_others(faults: Faults, seed: int, left_out: int) -> None:
	def fates(numbers: list[int]) -> dict[str, list[tuple[float, int, bytes]]]:
		post = Post(faults, seed)
		for number in numbers:
			post.emit(number)
		post.run(lambda delivery: 200 if delivery.body == delivery.webhook.body else 401)
		found: dict[str, list[tuple[float, int, bytes]]] = {}
		for at, delivery in post.attempts:
			found.setdefault(delivery.key, []).append((at, delivery.attempt, delivery.body))
		return found

	everything = fates(list(range(10)))
	without = fates([number for number in range(10) if number != left_out])
	assert without == {key: fate for key, fate in everything.items() if key.partition("/")[0] != f"webhook-{left_out}"}


def test_what_was_not_taken_cannot_be_reported() -> None:
	post = Post()
	post.emit(1)
	(delivery,) = post.courier.take_due(post.clock.now())
	post.courier.report(delivery, 500, post.clock.now())
	with pytest.raises(KeyError, match="not under way"):
		post.courier.report(delivery, 200, post.clock.now())
	assert post.courier.next_due() == post.clock.now() + timedelta(seconds=RETRY_AFTER_SECONDS[0])


def test_what_is_not_due_is_not_taken() -> None:
	post = Post()
	post.emit(1)
	assert post.courier.take_due(START - timedelta(microseconds=1)) == []
	assert post.courier.next_due() == START
	assert len(post.courier.take_due(START)) == 1
	assert post.courier.next_due() is None
