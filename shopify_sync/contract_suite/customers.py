"""Customers: created once, updated three ways, never overwritten silently."""

from __future__ import annotations

from typing import Any

from .bench import Bench, DocumentView
from .checks import holds, only, same, status
from .group import Group
from .payloads import customer, new_id, order, send

CASES = Group()


def _contact(bench: Bench) -> DocumentView:
	return only(bench, "Contact")


def _send(bench: Bench, payload: dict[str, Any], *, topic: str = "customers/update", triggered_at: str = "") -> str:
	name = send(bench, topic, payload, triggered_at=triggered_at)
	bench.drain()
	return name


@CASES.case
def a_customer_is_created_and_then_updated(bench: Bench) -> None:
	bench.set_up()
	customer_id = new_id()
	_send(bench, customer(customer_id), topic="customers/create")
	same(only(bench, "Customer").values["customer_name"], "Grace Example", "name")
	name = _send(bench, customer(customer_id, 1, last_name="Sample", phone="+15550100002"))
	status(bench, name, "Applied")
	same(only(bench, "Customer").values["customer_name"], "Grace Sample", "name")
	values = _contact(bench).values
	same((values["last_name"], values["mobile_no"]), ("Sample", "+15550100002"), "contact")


@CASES.case
def what_erpnexts_user_changed_is_kept_and_the_rest_is_taken(bench: Bench) -> None:
	bench.set_up()
	customer_id = new_id()
	_send(bench, customer(customer_id), topic="customers/create")
	bench.edit("Contact", _contact(bench).name, last_name="Hopper")
	name = _send(bench, customer(customer_id, 1, first_name="Gracie", last_name="Sample"))
	event = status(bench, name, "Conflict")
	values = _contact(bench).values
	same((values["first_name"], values["last_name"]), ("Gracie", "Hopper"), "first and last name")
	holds("Contact.last_name" in event.message, "the event says which field waits for a person")


@CASES.case
def a_change_in_erpnext_stays_when_shopify_says_nothing_new_about_it(bench: Bench) -> None:
	bench.set_up()
	customer_id = new_id()
	_send(bench, customer(customer_id), topic="customers/create")
	bench.edit("Contact", _contact(bench).name, last_name="Hopper")
	name = _send(bench, customer(customer_id, 1, note="Prefers mail"))
	status(bench, name, "No Change")
	same(_contact(bench).values["last_name"], "Hopper", "last name")


@CASES.case
def equal_timestamps_end_in_the_state_that_was_triggered_last(bench: Bench) -> None:
	for swapped in (False, True):
		bench.set_up()
		customer_id = new_id()
		_send(bench, customer(customer_id), topic="customers/create")
		states = [
			(customer(customer_id, 1, last_name="Earlier"), "2026-11-20T10:01:00.100000Z"),
			(customer(customer_id, 1, last_name="Later"), "2026-11-20T10:01:00.900000Z"),
		]
		for payload, triggered_at in reversed(states) if swapped else states:
			_send(bench, payload, triggered_at=triggered_at)
		same(only(bench, "Customer").values["customer_name"], "Grace Later", f"name, swapped={swapped}")


@CASES.case
def an_order_before_its_customers_own_event_makes_one_customer(bench: Bench) -> None:
	bench.set_up()
	customer_id = new_id()
	person = customer(customer_id)
	_send(bench, order(bench, new_id(), customer=person), topic="orders/create")
	_send(bench, person, topic="customers/create")
	only(bench, "Customer")
	only(bench, "Contact")


@CASES.case
def a_known_person_is_found_by_email_where_the_store_says_so(bench: Bench) -> None:
	bench.set_up(matching_rules=[{"match_by": "Verified e-mail"}])
	email = f"known.{new_id()}@example.com"
	first, second = customer(new_id(), email=email), customer(new_id(), email=email.upper())
	_send(bench, first, topic="customers/create")
	_send(bench, second, topic="customers/create")
	only(bench, "Customer")
