"""Customers: created once, updated three ways, never overwritten silently."""

from __future__ import annotations

from functools import partial
from typing import Any

from shopify_sync.core.operations import Refused

from .bench import Bench, DocumentView
from .checks import actions, holds, only, raises, same, status
from .group import Group
from .payloads import address, customer, new_id, order, send

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


@CASES.case
def a_telephone_number_is_compared_with_its_country_code(bench: Bench) -> None:
	bench.set_up(matching_rules=[{"match_by": "Verified e-mail"}, {"match_by": "Phone"}])
	# Numbers of one run are not those of another on the same site.
	number = new_id()[-10:]
	_send(bench, customer(new_id(), phone=f"+1{number}"), topic="customers/create")
	# ERPNext's user writes it in another way.
	bench.edit("Contact", _contact(bench).name, first_name="Gracie")
	_send(bench, customer(new_id(), email="", phone=f"+1 {number[:3]}-{number[3:]}"), topic="customers/create")
	only(bench, "Customer")
	_send(bench, customer(new_id(), email="", phone=number), topic="customers/create")
	same(len(bench.documents("Customer")), 2, "a number without a country code could be anybody's")


@CASES.case
def an_address_that_nobody_verified_finds_no_customer(bench: Bench) -> None:
	bench.set_up(matching_rules=[{"match_by": "Verified e-mail"}])
	email = f"known.{new_id()}@example.com"
	_send(bench, customer(new_id(), email=email), topic="customers/create")
	_send(bench, customer(new_id(), email=email, verified_email=False), topic="customers/create")
	same(len(bench.documents("Customer")), 2, "number of Customers")


@CASES.case
def several_customers_that_fit_are_a_question_and_not_a_guess(bench: Bench) -> None:
	bench.set_up()
	email = f"twice.{new_id()}@example.com"
	for _twin in range(2):
		_send(bench, customer(new_id(), email=email), topic="customers/create")
	bench.save_settings(matching_rules=[{"match_by": "Verified e-mail"}])
	third = new_id()
	name = _send(bench, customer(third, email=email), topic="customers/create")
	event = status(bench, name, "Conflict")
	holds(f"{bench.store}/customer/{third}" in event.message, "the link to point is named")
	holds(email not in event.message, "the message names nobody")
	person = customer(third, email=email)
	ordered = _send(bench, order(bench, new_id(), customer=person), topic="orders/create")
	status(bench, ordered, "Conflict")
	same(len(bench.documents("Sales Order")), 0, "number of Sales Orders")


@CASES.case
def a_field_follows_the_authority_that_the_store_names(bench: Bench) -> None:
	for authority, wanted, ends in (
		("Shopify", "Sample", "Applied"),
		("ERPNext", "Hopper", "No Change"),
		("Newest", "Sample", "Applied"),
		("Review", "Hopper", "Conflict"),
	):
		bench.set_up(
			field_authority=[{"field": "last_name", "authority": authority}, {"field": "customer_name", "authority": "ERPNext"}]
		)
		customer_id = new_id()
		_send(bench, customer(customer_id), topic="customers/create")
		bench.edit("Contact", _contact(bench).name, last_name="Hopper")
		# Years from now: later than what ERPNext's user just did.
		later = "2046-11-20T10:00:00+00:00"
		name = _send(bench, {**customer(customer_id, 1, last_name="Sample"), "updated_at": later})
		event = status(bench, name, ends)
		same(_contact(bench).values["last_name"], wanted, f"last name where {authority} counts")
		holds(
			("Contact.last_name" in event.not_applied) == (authority == "ERPNext"), f"{authority}: what was refused is on record"
		)
		holds("Customer.customer_name" in event.not_applied, "what ERPNext alone decides is recorded, too")


@CASES.case
def where_shopify_counts_a_change_in_erpnext_is_set_back_with_evidence(bench: Bench) -> None:
	bench.set_up(field_authority=[{"field": "last_name", "authority": "Shopify"}])
	customer_id = new_id()
	_send(bench, customer(customer_id), topic="customers/create")
	bench.edit("Contact", _contact(bench).name, last_name="Hopper")
	name = _send(bench, customer(customer_id, 1, note="Prefers mail"))
	status(bench, name, "Applied")
	same(_contact(bench).values["last_name"], "Example", "last name")
	(attempt,) = bench.attempts(name)
	fields = [field["field"] for change in attempt.changes for field in change["fields"]]
	same(fields, ["last_name"], "evidence")


def _conflict(bench: Bench) -> tuple[str, str]:
	"""Make a conflict about the last name. Return the customer's id and the event's name."""
	bench.set_up()
	customer_id = new_id()
	_send(bench, customer(customer_id), topic="customers/create")
	bench.edit("Contact", _contact(bench).name, last_name="Hopper")
	name = _send(bench, customer(customer_id, 1, first_name="Gracie", last_name="Sample"))
	status(bench, name, "Conflict")
	return customer_id, name


@CASES.case
def a_conflict_keeps_both_values_and_the_base(bench: Bench) -> None:
	customer_id, name = _conflict(bench)
	(found,) = bench.conflicts()
	same((found.base, found.erpnext, found.shopify), ("Example", "Hopper", "Sample"), "base, ERPNext's and Shopify's value")
	same((found.event, found.status, found.field), (name, "Open", "last_name"), "event, status and field")
	bench.retry(name, "operator")
	bench.drain()
	status(bench, name, "Conflict")
	same(len(bench.conflicts()), 1, "one row for a field, however often it is looked at")


@CASES.case
def each_way_to_decide_a_conflict_ends_as_it_says(bench: Bench) -> None:
	for resolution, value, wanted in (
		("Take Shopify's", None, "Sample"),
		("Keep ERPNext's", None, "Hopper"),
		("Edit", "Lovelace", "Lovelace"),
	):
		customer_id, name = _conflict(bench)
		(found,) = bench.conflicts()
		bench.resolve(found, resolution, "operator", value)
		bench.resolve(found, resolution, "operator", value)
		bench.drain()
		same(_contact(bench).values["last_name"], wanted, resolution)
		holds(bench.event(name).status in ("Applied", "No Change"), "the event is done")
		holds("Resolve" in actions(bench, name), "the decision is on record")
		same([row.status for row in bench.conflicts()], ["Resolved"], "conflicts")
		# Nothing new from Shopify: what was decided stays.
		_send(bench, customer(customer_id, 2, first_name="Gracie", last_name="Sample", note="x"))
		same(_contact(bench).values["last_name"], wanted, f"{resolution}, afterwards")
		same([row.status for row in bench.conflicts()], ["Resolved"], "conflicts afterwards")


@CASES.case
def two_operators_who_decide_differently_are_told(bench: Bench) -> None:
	_customer_id, _name = _conflict(bench)
	(found,) = bench.conflicts()
	bench.resolve(found, "Keep ERPNext's", "first")
	raises(Refused, lambda: bench.resolve(found, "Take Shopify's", "second"), "first has decided already")


@CASES.case
def of_two_operators_at_once_one_decides(bench: Bench) -> None:
	_customer_id, name = _conflict(bench)
	(found,) = bench.conflicts()

	def press(resolution: str) -> str | None:
		try:
			bench.resolve(found, resolution, resolution)
		except Refused:
			return None
		return resolution

	ways = ("Take Shopify's", "Keep ERPNext's")
	decided = bench.run_concurrently([partial(press, way) for way in ways], 2)
	(winner,) = [way for way in decided if way]
	bench.drain()
	same(_contact(bench).values["last_name"], {"Take Shopify's": "Sample", "Keep ERPNext's": "Hopper"}[winner], winner)
	same(actions(bench, name).count("Resolve"), 1, "decisions on record")


@CASES.case
def a_conflict_that_both_sides_settle_by_themselves_is_obsolete(bench: Bench) -> None:
	customer_id, name = _conflict(bench)
	bench.edit("Contact", _contact(bench).name, last_name="Sample")
	_send(bench, customer(customer_id, 2, first_name="Gracie", last_name="Sample"))
	(found,) = bench.conflicts()
	same(found.status, "Obsolete", "conflict")
	status(bench, name, "Superseded")
	raises(Refused, lambda: bench.resolve(found, "Keep ERPNext's", "late"), "nothing to decide")


@CASES.case
def a_change_after_the_decision_is_asked_about_again(bench: Bench) -> None:
	customer_id, _name = _conflict(bench)
	(found,) = bench.conflicts()
	# Somebody writes something else before the button is pressed.
	bench.edit("Contact", _contact(bench).name, last_name="Byron")
	bench.resolve(found, "Take Shopify's", "operator")
	bench.drain()
	same(_contact(bench).values["last_name"], "Byron", "what nobody decided about is not overwritten")
	(again,) = bench.conflicts()
	same((again.status, again.erpnext), ("Open", "Byron"), "the question is asked again")


def _with_addresses(customer_id: str, minute: int, *entries: dict[str, Any], **changes: Any) -> dict[str, Any]:
	entries = tuple({**entry, "default": place == 0} for place, entry in enumerate(entries))
	return customer(customer_id, minute, default_address=entries[0], addresses=list(entries), **changes)


@CASES.case
def addresses_follow_shopify_by_their_id(bench: Bench) -> None:
	bench.set_up()
	customer_id = new_id()
	home = {**address("Grace", "Hometown"), "id": int(new_id())}
	work = {**address("Grace", "Worktown"), "id": int(new_id())}
	_send(bench, _with_addresses(customer_id, 0, home, work), topic="customers/create")
	cities = {row.values["city"] for row in bench.documents("Address")}
	same(cities, {"Hometown", "Worktown"}, "cities")
	name = _send(bench, _with_addresses(customer_id, 1, {**home, "city": "Newtown"}, work))
	status(bench, name, "Applied")
	same({row.values["city"] for row in bench.documents("Address")}, {"Newtown", "Worktown"}, "changed in place")
	only(bench, "Customer")
	main = only(bench, "Customer").values["customer_primary_address"]
	same(next(row.name for row in bench.documents("Address") if row.values["city"] == "Newtown"), main, "main address")
	_send(bench, _with_addresses(customer_id, 2, work, {**home, "city": "Newtown"}))
	main = only(bench, "Customer").values["customer_primary_address"]
	same(next(row.name for row in bench.documents("Address") if row.values["city"] == "Worktown"), main, "main address follows")


@CASES.case
def an_address_of_an_order_and_the_same_one_with_an_id_are_one(bench: Bench) -> None:
	bench.set_up()
	customer_id = new_id()
	person = customer(customer_id, default_address=None)
	place = address("Grace")
	first = order(bench, new_id(), customer=person, billing_address=place, shipping_address=place)
	_send(bench, first, topic="orders/create")
	only(bench, "Address")
	with_id = {**place, "id": int(new_id())}
	_send(bench, _with_addresses(customer_id, 1, with_id))
	only(bench, "Address")
	_send(bench, _with_addresses(customer_id, 2, {**with_id, "zip": "54321"}))
	same(only(bench, "Address").values["pincode"], "54321", "changed in place")
	later = {**place, "zip": "54321"}
	_send(bench, order(bench, new_id(), customer=person, billing_address=later, shipping_address=later), topic="orders/create")
	only(bench, "Address")
	_send(bench, order(bench, new_id(), customer=person, billing_address=place, shipping_address=later), topic="orders/create")
	same(len(bench.documents("Address")), 2, "an order with the old address does not overwrite the new one")


@CASES.case
def an_address_that_both_sides_changed_waits_for_a_person(bench: Bench) -> None:
	bench.set_up()
	customer_id = new_id()
	home = {**address("Grace", "Hometown"), "id": int(new_id())}
	_send(bench, _with_addresses(customer_id, 0, home), topic="customers/create")
	bench.edit("Address", only(bench, "Address").name, address_line2="Back door")
	status(bench, _send(bench, _with_addresses(customer_id, 1, home, note="x")), "No Change")
	name = _send(bench, _with_addresses(customer_id, 2, {**home, "city": "Newtown"}))
	status(bench, name, "Conflict")
	(found,) = bench.conflicts()
	same(found.field, f"address/{home['id']}", "field")
	same(only(bench, "Address").values["city"], "Hometown", "city")
	bench.resolve(found, "Take Shopify's", "operator")
	bench.drain()
	values = only(bench, "Address").values
	same((values["city"], values["address_line2"] or ""), ("Newtown", ""), "Shopify's address as a whole")


@CASES.case
def an_order_of_a_company_is_booked_on_the_company(bench: Bench) -> None:
	bench.set_up()
	company, location = new_id(), new_id()
	place = {**address("Buyer"), "company": f"Example Works {company}"}
	for buyer in (new_id(), new_id()):
		b2b = {"id": int(company), "location_id": int(location)}
		payload = order(bench, new_id(), customer=customer(buyer), company=b2b, billing_address=place, shipping_address=place)
		status(bench, _send(bench, payload, topic="orders/create"), "Applied")
	found = only(bench, "Customer")
	same((found.values["customer_type"], found.values["customer_name"]), ("Company", place["company"]), "Customer")
	same(found.key, f"{bench.store}/company/{company}", "key")
	same(only(bench, "Address").key, f"{bench.store}/company_location/{location}", "the Address is that of the location")
	same(len(bench.documents("Contact")), 2, "a Contact for each person who ordered")
