"""Whatever the order in which the states of an order arrive, one result comes out."""

from __future__ import annotations

import itertools
import random
from decimal import Decimal
from typing import Any

from .bench import MUG, TEE, UNKNOWN_SKU, Bench
from .checks import APPLY, actions, holds, live, only, same, status, total
from .group import Group
from .payloads import guest_order, line, moment, new_id, order, send

CASES = Group()


def _story(bench: Bench, order_id: str) -> dict[str, dict[str, Any]]:
	"""Return the states of one order by topic, as Shopify would send them over time."""
	first = order(bench, order_id, 0)
	updated = {**first, "updated_at": moment(1), "note": "Ring twice"}
	paid = {**updated, "updated_at": moment(2), "financial_status": "paid"}
	cancelled = {**paid, "updated_at": moment(3), "cancelled_at": moment(3), "financial_status": "refunded"}
	return {"orders/create": first, "orders/updated": updated, "orders/paid": paid, "orders/cancelled": cancelled}


def _check(bench: Bench, order_id: str, payload: dict[str, Any], *, cancelled: bool, after: object) -> None:
	mine = [document for document in live(bench) if document.key.endswith(f"/order/{order_id}")]
	same(len(mine), 0 if cancelled else 1, f"live Sales Orders after {after}")
	if mine:
		same(total(mine[0]), Decimal(payload["total_price"]), f"total after {after}")


def _every_order(bench: Bench, topics: tuple[str, ...], *, one_by_one: bool) -> None:
	bench.set_up()
	for permutation in itertools.permutations(topics):
		order_id = new_id()
		story = _story(bench, order_id)
		for topic in permutation:
			send(bench, topic, story[topic])
			if one_by_one:
				bench.drain()
		bench.drain()
		_check(bench, order_id, story[topics[0]], cancelled="orders/cancelled" in topics, after=permutation)
	open_events = [event for event in bench.events() if event.status not in ("Applied", "No Change", "Superseded")]
	same(open_events, [], "events that are not finished")


@CASES.case
def created_updated_paid_in_every_order_one_by_one(bench: Bench) -> None:
	_every_order(bench, ("orders/create", "orders/updated", "orders/paid"), one_by_one=True)


@CASES.case
def created_updated_paid_in_every_order_at_once(bench: Bench) -> None:
	_every_order(bench, ("orders/create", "orders/updated", "orders/paid"), one_by_one=False)


@CASES.case
def created_updated_paid_cancelled_in_every_order_one_by_one(bench: Bench) -> None:
	_every_order(bench, ("orders/create", "orders/updated", "orders/paid", "orders/cancelled"), one_by_one=True)


@CASES.case
def created_updated_paid_cancelled_in_every_order_at_once(bench: Bench) -> None:
	_every_order(bench, ("orders/create", "orders/updated", "orders/paid", "orders/cancelled"), one_by_one=False)


@CASES.case
def the_newest_of_several_waiting_states_is_carried_out_and_the_others_point_to_it(bench: Bench) -> None:
	bench.set_up()
	story = _story(bench, new_id())
	old = send(bench, "orders/create", story["orders/create"])
	newest = send(bench, "orders/paid", story["orders/paid"])
	middle = send(bench, "orders/updated", story["orders/updated"])
	bench.drain()
	status(bench, newest, "Applied")
	for name in (old, middle):
		same(status(bench, name, "Superseded").superseded_by, newest, f"what supersedes {name}")


@CASES.case
def an_old_state_after_a_newer_one_was_applied_is_superseded(bench: Bench) -> None:
	bench.set_up()
	story = _story(bench, new_id())
	newer = send(bench, "orders/paid", story["orders/paid"])
	bench.drain()
	old = send(bench, "orders/create", story["orders/create"])
	bench.drain()
	same(status(bench, old, "Superseded").superseded_by, newer, "what supersedes it")
	only(bench)


@CASES.case
def an_order_brings_its_customer_contact_and_address_once(bench: Bench) -> None:
	bench.set_up()
	first = order(bench, new_id())
	second = order(bench, new_id(), customer=first["customer"], email=first["email"])
	for payload in (first, second):
		send(bench, "orders/create", payload)
	bench.drain()
	same(len(live(bench)), 2, "Sales Orders")
	for doctype in ("Customer", "Contact", "Address"):
		only(bench, doctype)


@CASES.case
def equal_timestamps_with_different_payloads_are_two_states_and_the_further_one_wins(bench: Bench) -> None:
	bench.set_up()
	# Several of each: the payload's hash, which has the last word, must not make it come out right by chance.
	for swapped in (False, True) * 4:
		order_id = new_id()
		pending = order(bench, order_id, 1)
		cancelled = {**pending, "cancelled_at": moment(1), "financial_status": "voided"}
		states = [("orders/create", pending), ("orders/cancelled", cancelled)]
		for topic, payload in reversed(states) if swapped else states:
			send(bench, topic, payload)
			bench.drain()
		_check(bench, order_id, pending, cancelled=True, after=f"equal timestamps, swapped={swapped}")
	same(len(bench.events()), 16, "events")


@CASES.case
def the_total_and_the_rows_of_a_discounted_order_agree_to_the_cent(bench: Bench) -> None:
	bench.set_up()
	payload = order(bench, new_id(), line_items=[line(TEE, 3, "9.99", discount="0.97"), line(MUG, 7, "0.35", discount="0.01")])
	send(bench, "orders/create", payload)
	bench.drain()
	document = only(bench)
	same(document.docstatus, 1, "docstatus")
	same(total(document), Decimal(payload["total_price"]), "total")


@CASES.case
def an_order_whose_figures_contradict_each_other_is_never_booked(bench: Bench) -> None:
	bench.set_up()
	payload = order(bench, new_id())
	payload["total_price"] = str(Decimal(payload["total_price"]) + Decimal("0.01"))
	name = send(bench, "orders/create", payload)
	bench.drain()
	same(status(bench, name, "Dead Letter").category, "Totals mismatch", "category")
	same(bench.documents("Sales Order") + bench.documents("Customer"), [], "documents")


@CASES.case
def an_edit_after_booking_changes_the_sales_order_and_only_that(bench: Bench) -> None:
	bench.set_up()
	order_id = new_id()
	send(bench, "orders/create", order(bench, order_id))
	bench.drain()
	before = only(bench)
	edited = order(bench, order_id, 5, line_items=[line(TEE, 1, "19.90")])
	name = send(bench, "orders/updated", edited)
	bench.drain()
	status(bench, name, "Applied")
	after = only(bench)
	same(after.name, before.name, "Sales Order")
	same(total(after), Decimal(edited["total_price"]), "total")
	same([row["qty"] for row in after.values["items"]], [1], "pieces")
	same(bench.attempts(name)[-1].changes[0]["action"], "revise", "what the evidence says")


@CASES.case
def two_hundred_orders_shuffled_and_doubled(bench: Bench) -> None:
	bench.set_up()
	randomness = random.Random(200)  # noqa: S311 -- a repeatable shuffle
	orders = [order(bench, new_id(), line_items=[line(TEE, 1 + number % 4, "19.90")]) for number in range(200)]
	deliveries = [("orders/create", payload, new_id()) for payload in orders]
	deliveries += [
		("orders/paid", {**payload, "updated_at": moment(2), "financial_status": "paid"}, new_id()) for payload in orders[:50]
	]
	deliveries *= 2
	randomness.shuffle(deliveries)
	for topic, payload, webhook_id in deliveries:
		send(bench, topic, payload, webhook_id=webhook_id)
	bench.run_concurrently([bench.drain] * 4, threads=4)
	same(len(bench.events()), 250, "events")
	same({event.deliveries for event in bench.events()}, {2}, "deliveries of each")
	found = {document.key.rpartition("/")[2]: total(document) for document in live(bench)}
	same(len(live(bench)), 200, "Sales Orders")
	same(found, {str(payload["id"]): Decimal(payload["total_price"]) for payload in orders}, "total of each order")


@CASES.case
def guest_orders_of_one_person_at_once_make_one_customer(bench: Bench) -> None:
	bench.set_up()
	email = f"guest.{new_id()}@example.com"
	for _order in range(4):
		send(bench, "orders/create", guest_order(bench, new_id(), email))
	bench.run_concurrently([bench.drain] * 4, threads=4)
	same(len(live(bench)), 4, "Sales Orders")
	only(bench, "Customer")


@CASES.case
def a_missing_item_blocks_the_order_until_it_is_mapped(bench: Bench) -> None:
	bench.set_up()
	variant = new_id()
	payload = order(bench, new_id(), line_items=[line(UNKNOWN_SKU, 1, "12.00", variant=variant)])
	name = send(bench, "orders/create", payload)
	other = send(bench, "orders/create", order(bench, new_id()))
	bench.drain()
	event = status(bench, name, "Blocked")
	same((event.category, event.missing, event.attempts), ("Missing item", f"item:{UNKNOWN_SKU}", 0), "what is missing")
	holds(UNKNOWN_SKU in event.message, "the message names the SKU")
	status(bench, other, "Applied")
	bench.map_item("variant", variant, MUG)
	bench.sweep()
	event = status(bench, name, "Applied")
	same((event.category, event.missing), (None, None), "failure of an applied event")
	same(actions(bench, name), [APPLY, "Requeue", APPLY], "evidence")
	same(len(live(bench)), 2, "Sales Orders")
