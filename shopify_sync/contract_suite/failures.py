"""Errors: what is tried again, what rests, and that one bad event holds up nobody."""

from __future__ import annotations

from collections.abc import Callable

from .bench import TEE, UNKNOWN_SKU, Bench
from .checks import APPLY, REQUEUE, actions, holds, live, only, same, status
from .group import Group
from .payloads import address, line, moment, new_id, order, send

CASES = Group()


def _always_fails(step: str) -> None:
	if step == "read":
		raise RuntimeError("nobody thought of this")


@CASES.case
def a_poisoned_event_does_not_hold_up_the_others(bench: Bench) -> None:
	bench.set_up()
	good = [send(bench, "orders/create", order(bench, new_id())) for _number in range(3)]
	broken = order(bench, new_id())
	broken["line_items"][0]["quantity"] = -1
	contradictory = order(bench, new_id(), total_price="0.01")
	bad = [send(bench, "orders/create", payload) for payload in (broken, contradictory)]
	good += [send(bench, "orders/create", order(bench, new_id())) for _number in range(3)]
	bench.drain()
	for name in good:
		status(bench, name, "Applied")
	same(status(bench, bad[0], "Dead Letter").category, "Invalid payload", "category")
	same(status(bench, bad[1], "Dead Letter").category, "Totals mismatch", "category")
	same(len(live(bench)), 6, "Sales Orders")


@CASES.case
def an_unexpected_error_is_tried_again_later_and_leaves_nothing_behind(bench: Bench) -> None:
	bench.set_up()
	name = send(bench, "orders/create", order(bench, new_id()))
	same(bench.drain(_always_fails), 1, "events claimed")
	event = status(bench, name, "Retrying")
	same((event.category, event.attempts), ("Bug", 1), "category and attempts")
	same(bench.documents("Customer"), [], "documents")
	same(bench.drain(), 0, "events claimed before the retry is due")
	bench.let_pass(7200)
	bench.sweep()
	same(status(bench, name, "Applied").attempts, 2, "attempts")
	same(actions(bench, name), [APPLY, APPLY], "evidence")
	only(bench)


@CASES.case
def an_error_while_a_failure_is_recorded_does_not_end_the_worker(bench: Bench) -> None:
	bench.set_up()
	bad, good = (send(bench, "orders/create", order(bench, new_id())) for _number in range(2))
	failed: list[str] = []

	def fail_twice(step: str) -> None:
		if (step == "read" and not failed) or (step == "recorded" and failed == ["read"]):
			failed.append(step)
			raise RuntimeError("nobody thought of this")

	same(bench.drain(fail_twice), 2, "events claimed")
	same(sorted([bench.event(bad).status, bench.event(good).status]), ["Applied", "Retrying"], "statuses")


@CASES.case
def a_failure_that_cannot_be_recorded_is_for_a_person_and_waits_for_nothing(bench: Bench) -> None:
	"""Found by the simulation: it rested as Blocked without what it waits for, and nothing would ever have set it going."""
	bench.set_up()
	for times, wanted in ((1, ("Blocked", f"item:{UNKNOWN_SKU}")), (2, ("Dead Letter", None))):
		name = send(bench, "orders/create", order(bench, new_id(), line_items=[line(UNKNOWN_SKU, 1, "2.00")]))
		left = [times]

		def fail(step: str, left: list[int] = left) -> None:
			if step == "recorded" and left[0]:
				left[0] -= 1
				raise RuntimeError("nobody thought of this")

		bench.drain(fail)
		event = bench.event(name)
		same((event.status, event.missing or None), wanted, f"after {times} failures to record it")


@CASES.case
def contention_while_a_failure_is_recorded_costs_none_of_its_words(bench: Bench) -> None:
	bench.set_up()
	name = send(bench, "orders/create", order(bench, new_id(), total_price="0.01"))
	busy: list[str] = []

	def once_busy(step: str) -> None:
		if step == "recorded" and not busy:
			busy.append(step)
			raise bench.contention()

	bench.drain(once_busy)
	event = status(bench, name, "Dead Letter")
	same((event.category, "Shopify states 0.01" in event.message), ("Totals mismatch", True), "category and message")


@CASES.case
def a_very_long_sku_is_named_as_far_as_there_is_room(bench: Bench) -> None:
	bench.set_up()
	sku = "LONG-" + "X" * 300
	name = send(bench, "orders/create", order(bench, new_id(), line_items=[line(sku, 1, "2.00")]))
	bench.drain()
	same(status(bench, name, "Blocked").category, "Missing item", "category")


@CASES.case
def a_saved_mapping_does_not_give_back_attempts_that_errors_took(bench: Bench) -> None:
	bench.set_up()
	variant = new_id()
	name = send(
		bench, "orders/create", order(bench, new_id(), line_items=[line("SUITE-NOBODY-KNOWS", 1, "2.00", variant=variant)])
	)
	bench.drain(_always_fails)
	bench.let_pass(7200)
	bench.drain()
	same(status(bench, name, "Blocked").attempts, 1, "attempts")
	bench.map_item("variant", variant, TEE)
	bench.sweep()
	same(status(bench, name, "Applied").attempts, 2, "attempts")


@CASES.case
def after_the_last_attempt_an_event_rests_as_a_dead_letter(bench: Bench) -> None:
	bench.set_up(max_attempts=3)
	name = send(bench, "orders/create", order(bench, new_id()))
	for wanted in ("Retrying", "Retrying", "Dead Letter"):
		same(bench.drain(_always_fails), 1, "events claimed")
		status(bench, name, wanted)
		bench.let_pass(7200)
	same(bench.drain(), 0, "events claimed after the last attempt")
	same(bench.event(name).attempts, 3, "attempts")
	same([attempt.outcome for attempt in bench.attempts(name)], ["Retrying", "Retrying", "Dead Letter"], "evidence")


@CASES.case
def an_error_between_documents_takes_back_those_before_it(bench: Bench) -> None:
	bench.set_up()
	name = send(bench, "orders/create", order(bench, new_id()))

	def fail(step: str) -> None:
		if step == "applied Sales Order":
			raise RuntimeError("after the order was made")

	bench.drain(fail)
	status(bench, name, "Retrying")
	for doctype in ("Sales Order", "Customer", "Contact", "Address"):
		same(bench.documents(doctype), [], doctype)


@CASES.case
def a_newer_state_makes_the_failure_of_an_older_one_moot(bench: Bench) -> None:
	bench.set_up()
	order_id = new_id()
	good = order(bench, order_id, 5)
	bad = send(bench, "orders/create", {**good, "updated_at": good["created_at"], "total_price": "0.01"})
	bench.drain()
	status(bench, bad, "Dead Letter")
	newer = send(bench, "orders/updated", good)
	bench.drain()
	status(bench, newer, "Applied")
	same(status(bench, bad, "Superseded").superseded_by, newer, "what supersedes it")


def _check_that_nothing_personal_is_kept(bench: Bench, probe: Callable[[str], None] | None = None) -> None:
	who = {"last_name": "Quillfeather", "city": "Personalia"}
	secrets = ["Quillfeather", "Personalia", "quill@example.com"]
	for extra in ({}, {"total_price": "0.01"}, {"line_items": [line("SUITE-NOBODY-KNOWS", 1, "2.00")]}):
		payload = order(bench, new_id(), email="quill@example.com", billing_address=address(**who), **extra)
		payload["shipping_address"] = payload["billing_address"]
		payload["customer"] |= {"last_name": who["last_name"], "email": "quill@example.com"}
		send(bench, "orders/create", payload)
	bench.drain(probe)
	same(len(bench.events()), 3, "events")
	for event in bench.events():
		told = f"{event.message} {event.not_applied} {bench.attempts(event.name)}"
		same([secret for secret in secrets if secret in told], [], f"personal values in the evidence of {event.name}")


@CASES.case
def evidence_and_messages_hold_no_personal_data(bench: Bench) -> None:
	bench.set_up()
	_check_that_nothing_personal_is_kept(bench)
	same(len(live(bench)), 1, "Sales Orders")


@CASES.case
def evidence_of_shadow_mode_holds_no_personal_data(bench: Bench) -> None:
	bench.set_up(mode="Shadow")
	_check_that_nothing_personal_is_kept(bench)
	same(bench.documents("Sales Order"), [], "Sales Orders")


@CASES.case
def an_error_that_quotes_personal_data_is_recorded_without_it(bench: Bench) -> None:
	bench.set_up()

	def fail(step: str) -> None:
		if step == "linked":
			raise RuntimeError("could not write quill@example.com of Quillfeather, Personalia")

	_check_that_nothing_personal_is_kept(bench, fail)
	same([event.category for event in bench.events()].count("Bug"), 1, "events that met the error")


@CASES.case
def a_mapping_saved_while_a_worker_is_busy_is_not_missed(bench: Bench) -> None:
	"""Found by the simulation: the event began to wait just after everything that waited had been set going."""
	bench.set_up()
	variant = new_id()
	payload = order(bench, new_id(), line_items=[line(UNKNOWN_SKU, 1, "2.00", variant=variant)])
	name = send(bench, "orders/create", payload)
	saved: list[str] = []

	def save_meanwhile(step: str) -> None:
		# The worker has found that the item is missing, and is about to write that down.
		if step == "failed" and not saved:
			saved.append(step)
			bench.run_concurrently([lambda: bench.map_item("variant", variant, TEE)], 1)

	bench.drain(save_meanwhile)
	bench.sweep()
	same(len(saved), 1, "times that the mapping was saved")
	status(bench, name, "Applied")
	same(actions(bench, name), [APPLY, "Requeue", APPLY], "evidence")


@CASES.case
def a_failure_that_a_newer_state_overtakes_waits_for_nobody(bench: Bench) -> None:
	"""Found by the simulation: the older event was Blocked just after the newer one had superseded all that waited."""
	bench.set_up()
	order_id = new_id()
	good = order(bench, order_id, 5)
	old = {**good, "updated_at": good["created_at"], "line_items": [line(UNKNOWN_SKU, 1, "2.00")], "total_price": "7.10"}
	name = send(bench, "orders/create", old)
	newer: list[str] = []

	def overtake(step: str) -> None:
		if step == "failed" and not newer:
			newer.append(send(bench, "orders/updated", good))
			bench.run_concurrently([bench.drain], 1)

	bench.drain(overtake)
	status(bench, newer[0], "Applied")
	same(status(bench, name, "Superseded").superseded_by, newer[0], "what supersedes it")


@CASES.case
def an_order_that_moves_on_has_its_waiting_transactions_looked_at_again(bench: Bench) -> None:
	bench.set_up()
	id, payload = new_id(), order(bench, new_id())
	payload["id"], payload["admin_graphql_api_id"] = int(id), f"gid://shopify/Order/{id}"
	send(bench, "orders/create", payload)
	bench.drain()
	paid = {
		"id": int(new_id()),
		"order_id": int(id),
		"kind": "sale",
		"status": "success",
		"gateway": "nobody mapped this",
		"amount": payload["total_price"],
		"currency": bench.currency,
		"processed_at": payload["updated_at"],
		"created_at": payload["updated_at"],
	}
	waiting = send(bench, "order_transactions/create", paid)
	send(bench, "orders/paid", {**payload, "updated_at": moment(5), "financial_status": "paid"})
	bench.drain()
	bench.sweep()
	status(bench, waiting, "Blocked")
	before = len(bench.attempts(waiting))
	send(bench, "orders/updated", {**payload, "updated_at": moment(9), "financial_status": "pending", "note": "moved on"})
	bench.drain()
	bench.sweep()
	holds(len(bench.attempts(waiting)) > before, "it was looked at once more")
	holds(REQUEUE in actions(bench, waiting), "the evidence says that the order moved on")
