"""decide() for customers: create them, or carry over what changed in Shopify unless ERPNext's user changed it too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import keys
from .contracts.customer import Customer
from .failures import Failure
from .parties import PartyPlan, Person, person_of_customer, plan_party
from .plan import Decision, LinkUpdate, Plan, UpdateDocument
from .policy import StorePolicy
from .signals import Signal
from .snapshots import CustomerNeeds, CustomerSnapshot, DocumentState

#: Which fields of the agreed values live on which document.
_CUSTOMER_FIELDS = ("customer_name",)
_CONTACT_FIELDS = ("first_name", "last_name", "email_id", "mobile_no")


def parse(payload: Mapping[str, Any], policy: StorePolicy) -> Customer:
	"""Return the contract. :raises pydantic.ValidationError: when the payload is not a customer."""
	return Customer.model_validate(payload)


def locks(customer: Customer, policy: StorePolicy) -> tuple[str, ...]:
	"""Return the keys of the links to lock, in order."""
	return (keys.key(policy.store, keys.CUSTOMER, customer.id),)


def needs(customer: Customer, policy: StorePolicy) -> CustomerNeeds:
	"""Return what has to be read before deciding."""
	return person_of_customer(policy.store, customer).needs(policy)


def decide(customer: Customer, snapshot: CustomerSnapshot, policy: StorePolicy, signal: Signal) -> Decision:
	"""Return the plan for a customer as it stands in Shopify."""
	person = person_of_customer(policy.store, customer)
	party = plan_party(person, snapshot, policy)
	if isinstance(party, Failure):
		return party
	if party.changes and party.changes[0].doctype == "Customer":
		return _plan(person, party, signal, agreed=person.agreed())
	updates, agreed, notes = _merge(person, snapshot)
	return _plan(person, party, signal, agreed=agreed, updates=updates, notes=notes)


def _plan(
	person: Person,
	party: PartyPlan,
	signal: Signal,
	*,
	agreed: Mapping[str, Any],
	updates: tuple[UpdateDocument, ...] = (),
	notes: tuple[str, ...] = (),
) -> Plan:
	document = party.customer if not isinstance(party.customer, str) else ("Customer", party.customer)
	return Plan(
		changes=(*party.changes, *updates),
		links=(LinkUpdate(person.key, document=document, agreed=agreed, version=signal.version),),
		document=document,
		not_applied=(*party.not_applied, *notes),
		reason="ERPNext already agrees with this state of the customer.",
	)


def _merge(person: Person, snapshot: CustomerSnapshot) -> tuple[tuple[UpdateDocument, ...], dict[str, Any], tuple[str, ...]]:
	"""Merge three ways: what Shopify says now, what ERPNext says now, and what both last agreed on."""
	ours = person.agreed()
	base = dict(snapshot.link.agreed)
	updates: list[UpdateDocument] = []
	notes: list[str] = []
	for document, fields in ((snapshot.customer, _CUSTOMER_FIELDS), (snapshot.contact, _CONTACT_FIELDS)):
		if not (document and document.exists):
			continue
		after, agreed, kept = _merge_document(document, fields, ours, base)
		base.update(agreed)
		if after:
			before = {name: document.values.get(name) for name in after}
			updates.append(UpdateDocument(document.doctype, document.name, before, after))
		notes += [f"{document.doctype}.{name}: changed in ERPNext, so Shopify's value was not taken." for name in kept]
	return tuple(updates), base, tuple(notes)


def _merge_document(
	document: DocumentState, fields: tuple[str, ...], ours: Mapping[str, str], base: Mapping[str, Any]
) -> tuple[dict[str, str], dict[str, str], list[str]]:
	"""Return the fields to write, the values that are agreed from now on, and the fields that ERPNext's user keeps."""
	write: dict[str, str] = {}
	agreed: dict[str, str] = {}
	kept: list[str] = []
	for name in fields:
		shopify, erpnext = ours[name], str(document.values.get(name) or "")
		if shopify == erpnext:
			agreed[name] = shopify
		elif name in base and erpnext == str(base[name] or ""):
			write[name] = agreed[name] = shopify
		elif name not in base or shopify != str(base[name] or ""):
			# Shopify says something new, but ERPNext's user has been here: never overwritten silently.
			kept.append(name)
	return write, agreed, kept
