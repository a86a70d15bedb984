"""What Shopify tells of a customer besides how it looks: merged, deleted, to be forgotten, consent."""

from __future__ import annotations

from typing import Any

from .bench import Bench
from .checks import holds, only, same, status
from .group import Group
from .payloads import address, customer, new_id, order, send

CASES = Group()


def _send(bench: Bench, topic: str, payload: dict[str, Any], *, triggered_at: str = "2026-11-21T09:00:00.5Z") -> str:
	name = send(bench, topic, payload, triggered_at=triggered_at)
	bench.drain()
	return name


def _create(bench: Bench, customer_id: str, **changes: Any) -> None:
	_send(bench, "customers/create", customer(customer_id, **changes))


def _gid(customer_id: str) -> str:
	return f"gid://shopify/Customer/{customer_id}"


def merge(kept: str, deleted: str, status: str = "success") -> dict[str, Any]:
	"""Return what customers/merge tells."""
	return {
		"admin_graphql_api_customer_kept_id": _gid(kept),
		"admin_graphql_api_customer_deleted_id": _gid(deleted),
		"admin_graphql_api_job_id": None,
		"status": status,
		"errors": [],
	}


def deletion(customer_id: str) -> dict[str, Any]:
	"""Return what customers/delete tells."""
	return {"id": int(customer_id), "tax_exemptions": [], "admin_graphql_api_id": _gid(customer_id)}


def redaction(customer_id: str, email: str, *orders: str) -> dict[str, Any]:
	"""Return what customers/redact tells."""
	return {
		"shop_id": 954889,
		"shop_domain": "suite.myshopify.com",
		"customer": {"id": int(customer_id), "email": email, "phone": "555-625-1199"},
		"orders_to_redact": [int(order_id) for order_id in orders],
	}


def consent(customer_id: str, state: str | None) -> dict[str, Any]:
	"""Return what customers_email_marketing_consent/update tells."""
	said = {"state": state, "opt_in_level": None, "consent_updated_at": None}
	return {"customer_id": int(customer_id), "email_address": "x@example.com", "email_marketing_consent": said}


@CASES.case
def a_merge_that_did_not_succeed_changes_nothing(bench: Bench) -> None:
	bench.set_up()
	kept, deleted = new_id(), new_id()
	for one in (kept, deleted):
		_create(bench, one)
	status(bench, _send(bench, "customers/merge", merge(kept, deleted, "failed")), "Ignored")
	same(len(bench.documents("Customer")), 2, "number of Customers")


@CASES.case
def two_customers_that_shopify_merged_wait_for_a_person(bench: Bench) -> None:
	bench.set_up()
	kept, deleted = new_id(), new_id()
	for one in (kept, deleted):
		_create(bench, one, first_name=f"Grace {one[-4:]}")
	event = status(bench, _send(bench, "customers/merge", merge(kept, deleted)), "Conflict")
	holds(f"{bench.store}/customer/{deleted}" in event.message, "the links are named")
	same(len(bench.documents("Customer")), 2, "number of Customers")


@CASES.case
def where_the_store_says_so_their_customers_are_merged_too(bench: Bench) -> None:
	bench.set_up(customer_merge="Merge")
	kept, deleted = new_id(), new_id()
	_create(bench, kept, first_name="Grace", last_name=f"Kept {kept}")
	_create(bench, deleted, first_name="Grace", last_name=f"Gone {deleted}")
	old = order(bench, new_id(), customer=customer(deleted))
	_send(bench, "orders/create", old)
	name = _send(bench, "customers/merge", merge(kept, deleted))
	status(bench, name, "Applied")
	found = only(bench, "Customer")
	same(found.key, f"{bench.store}/customer/{kept}", "the one that is kept")
	same(only(bench, "Sales Order").values["customer"], found.name, "the order's Customer")
	bench.retry(name, "operator")
	bench.drain()
	status(bench, name, "No Change")
	# What is late of the one that is no more makes nothing; an order of it is booked on the other.
	status(bench, _send(bench, "customers/update", customer(deleted, 5, first_name="Late")), "Superseded")
	status(bench, _send(bench, "orders/create", order(bench, new_id(), customer=customer(deleted))), "Applied")
	only(bench, "Customer")


@CASES.case
def a_merge_gives_the_customer_to_the_one_that_is_kept(bench: Bench) -> None:
	bench.set_up()
	kept, deleted = new_id(), new_id()
	home = {**address("Grace"), "id": int(new_id()), "default": True}
	_create(bench, deleted, default_address=home, addresses=[home])
	status(bench, _send(bench, "customers/merge", merge(kept, deleted)), "Applied")
	name = _send(bench, "customers/update", customer(kept, 9, last_name="Kept", default_address=home, addresses=[home]))
	status(bench, name, "Applied")
	same(only(bench, "Customer").values["customer_name"], "Grace Kept", "name")
	same(only(bench, "Contact").values["last_name"], "Kept", "last name")
	only(bench, "Address")


@CASES.case
def what_is_late_of_a_deleted_customer_makes_nothing(bench: Bench) -> None:
	bench.set_up()
	known, never = new_id(), new_id()
	_create(bench, known)
	for one in (known, never):
		status(bench, _send(bench, "customers/delete", deletion(one)), "No Change")
		status(bench, _send(bench, "customers/update", customer(one, 1, last_name="Late")), "Superseded")
	same(only(bench, "Customer").values["customer_name"], "Grace Example", "the Customer stays as it is")


@CASES.case
def a_redaction_clears_the_ledger_and_leaves_the_documents(bench: Bench) -> None:
	bench.set_up()
	customer_id, order_id = new_id(), new_id()
	email = f"grace.{customer_id}@example.com"
	_create(bench, customer_id)
	bench.edit("Contact", only(bench, "Contact").name, last_name="Hopper")
	_send(bench, "customers/update", customer(customer_id, 1, last_name="Sample"))
	ordered = _send(bench, "orders/create", order(bench, order_id, customer=customer(customer_id)))
	asked = _send(bench, "customers/data_request", {**redaction(customer_id, email), "orders_requested": [int(order_id)]})
	status(bench, asked, "Ignored")
	event = status(bench, _send(bench, "customers/redact", redaction(customer_id, email, order_id)), "No Change")
	holds("Redact Documents" in event.not_applied, "what was left is said")
	for name in [row.name for row in bench.events()]:
		holds(email not in bench.payload(name) and "Sample" not in bench.payload(name), "no payload names the person")
	holds("19.90" in bench.payload(ordered), "figures stay")
	same([(row.status, row.erpnext, row.shopify) for row in bench.conflicts()], [("Obsolete", None, None)], "conflicts")
	same(only(bench, "Contact").values["last_name"], "Hopper", "the Contact stays")
	bench.retry(ordered, "operator")
	bench.drain()
	status(bench, ordered, "Dead Letter")
	status(bench, _send(bench, "customers/update", customer(customer_id, 9)), "Superseded")


@CASES.case
def a_redaction_blanks_the_documents_where_the_store_says_so(bench: Bench) -> None:
	bench.set_up(redact_documents=True)
	customer_id = new_id()
	home = {**address("Grace"), "id": int(new_id()), "default": True}
	_create(bench, customer_id, default_address=home, addresses=[home])
	status(bench, _send(bench, "customers/redact", redaction(customer_id, f"grace.{customer_id}@example.com")), "Applied")
	person, place = only(bench, "Contact").values, only(bench, "Address").values
	same(only(bench, "Customer").values["customer_name"], "Redacted", "Customer")
	same((person["first_name"], person["last_name"] or "", person["email_id"] or ""), ("Redacted", "", ""), "Contact")
	same((place["address_line1"], place["pincode"] or "", place["country"]), ("Redacted", "", place["country"]), "Address")


@CASES.case
def consent_reaches_the_contact_before_and_after_it_is_there(bench: Bench) -> None:
	bench.set_up()
	early, late = new_id(), new_id()
	_send(bench, "customers_email_marketing_consent/update", consent(early, "unsubscribed"))
	_create(bench, early)
	same(int(only(bench, "Contact").values.get("unsubscribed") or 0), 1, "unsubscribed")
	bench.set_up()
	_create(bench, late)
	for place, (state, wanted) in enumerate((("not_subscribed", 1), ("pending", 1), ("subscribed", 0))):
		moment = f"2026-11-21T09:0{place}:00Z"
		_send(bench, "customers_email_marketing_consent/update", consent(late, state), triggered_at=moment)
		same(int(only(bench, "Contact").values.get("unsubscribed") or 0), wanted, f"unsubscribed after {state}")
