"""What a delivery is answered, and what is recorded of it."""

from __future__ import annotations

from .bench import Bench
from .checks import live, only, same, status
from .group import Group
from .payloads import new_id, order, send, signed

CASES = Group()


@CASES.case
def the_same_delivery_50_times_from_8_threads_is_one_event_and_one_order(bench: Bench) -> None:
	bench.set_up()
	headers, body = signed(bench, "orders/create", order(bench, new_id()))
	answers = bench.run_concurrently([lambda: bench.deliver(headers, body)] * 50, threads=8)
	same({answer.status for answer in answers}, {200}, "answers")
	bench.drain()
	event = status(bench, headers["X-Shopify-Webhook-Id"], "Applied")
	same((len(bench.events()), event.deliveries), (1, 50), "events and deliveries")
	same(event.signed_with, "Current Secret", "which secret signed")
	only(bench)


@CASES.case
def a_delivery_that_comes_again_after_it_was_applied_changes_only_its_counter(bench: Bench) -> None:
	bench.set_up()
	payload = order(bench, new_id())
	name = send(bench, "orders/create", payload)
	bench.drain()
	before, evidence = bench.event(name), bench.attempts(name)
	send(bench, "orders/create", payload, webhook_id=name)
	same(bench.drain(), 0, "events claimed after a repetition")
	after = bench.event(name)
	same(after.deliveries, 2, "deliveries")
	same((after.status, after.attempts, after.document), (before.status, before.attempts, before.document), "event")
	same(bench.attempts(name), evidence, "evidence")


@CASES.case
def another_body_under_a_known_id_is_another_event(bench: Bench) -> None:
	bench.set_up()
	first, second = order(bench, new_id()), order(bench, new_id())
	name = send(bench, "orders/create", first)
	send(bench, "orders/create", second, webhook_id=name)
	send(bench, "orders/create", second, webhook_id=name)
	bench.drain()
	same(sorted(event.deliveries for event in bench.events()), [1, 2], "deliveries of the two events")
	same(len(live(bench)), 2, "Sales Orders")


@CASES.case
def the_same_content_under_another_id_changes_nothing(bench: Bench) -> None:
	bench.set_up()
	payload = order(bench, new_id())
	first = send(bench, "orders/create", payload)
	bench.drain()
	second = send(bench, "orders/create", payload)
	bench.drain()
	status(bench, first, "Applied")
	status(bench, second, "No Change")
	only(bench)


@CASES.case
def a_forged_delivery_is_refused_and_leaves_nothing(bench: Bench) -> None:
	bench.set_up()
	headers, body = signed(bench, "orders/create", order(bench, new_id()))
	for forged in (
		{**headers, "X-Shopify-Hmac-Sha256": "Zm9yZ2Vk"},
		{name: value for name, value in headers.items() if name != "X-Shopify-Hmac-Sha256"},
		{**headers, "X-Shopify-Shop-Domain": "nobody.myshopify.com"},
	):
		same(bench.deliver(forged, body).status, 401, "answer to a forged delivery")
	same(bench.deliver(headers, body + b" ").status, 401, "answer to a changed body")
	same(bench.events(), [], "events")


@CASES.case
def header_names_may_come_in_any_spelling(bench: Bench) -> None:
	bench.set_up()
	for change in (str.upper, str.lower, lambda name: name.lower().removeprefix("x-")):
		headers, body = signed(bench, "orders/create", order(bench, new_id()))
		same(bench.deliver({change(name): value for name, value in headers.items()}, body).status, 200, "answer")
	bench.drain()
	same(len(live(bench)), 3, "Sales Orders")


@CASES.case
def a_signed_object_that_lacks_its_id_is_a_dead_letter_and_is_acknowledged(bench: Bench) -> None:
	bench.set_up()
	name = send(bench, "orders/create", {"updated_at": "2026-11-20T10:00:00Z"})
	same(bench.drain(), 0, "events claimed")
	same(status(bench, name, "Dead Letter").category, "Invalid payload", "category")


@CASES.case
def a_topic_that_nothing_handles_is_recorded_as_ignored(bench: Bench) -> None:
	bench.set_up()
	name = send(bench, "carts/update", {"id": "abc"})
	same(bench.drain(), 0, "events claimed")
	same("carts/update" in status(bench, name, "Ignored").message, True, "reason names the topic")


@CASES.case
def receiving_touches_no_document(bench: Bench) -> None:
	bench.set_up()
	name = send(bench, "orders/create", order(bench, new_id()))
	status(bench, name, "Received")
	same(bench.documents("Sales Order") + bench.documents("Customer"), [], "documents before a worker ran")
