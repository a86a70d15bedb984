"""decide() for consent to e-mails: kept on the customer's link, and written to the Contact by the rule for its field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .. import keys
from ..contracts.customer_events import ConsentOfCustomer
from ..plan import Decision, LinkUpdate, Plan, Skip
from ..policy import StorePolicy
from ..signals import Signal
from ..snapshots import CustomerNeeds, CustomerSnapshot
from ..statuses import Status
from .marks import is_gone
from .parties import AGREED_CONSENT, Person
from .resource import Merge


def parse(payload: Mapping[str, Any], policy: StorePolicy) -> ConsentOfCustomer:
	"""Return the contract. :raises pydantic.ValidationError: when the payload is no consent."""
	return ConsentOfCustomer.model_validate(payload)


def locks(consent: ConsentOfCustomer, policy: StorePolicy) -> tuple[str, ...]:
	"""Return the keys of the links to lock: its own, then the customer's."""
	return (keys.key(policy.store, keys.CUSTOMER_CONSENT, consent.customer_id), _person(consent, policy).key)


def needs(consent: ConsentOfCustomer, policy: StorePolicy) -> CustomerNeeds:
	"""Return what has to be read before deciding."""
	person = _person(consent, policy)
	return CustomerNeeds(person.key, person.contact_key)


def decide(consent: ConsentOfCustomer, snapshot: CustomerSnapshot, policy: StorePolicy, signal: Signal) -> Decision:
	"""Return the plan. A customer that is not known yet is made with it, when its own event comes."""
	unsubscribed = consent.email_marketing_consent.unsubscribed
	if is_gone(snapshot.link):
		return Skip(Status.SUPERSEDED, "Shopify has deleted, redacted or merged this customer.", snapshot.link.last_event)
	if unsubscribed is None:
		state = consent.email_marketing_consent.state or "not stated"
		return Skip(Status.IGNORED, f"Consent {state!r} says neither yes nor no.")
	merge = Merge(_person(consent, policy), snapshot, policy, consent.email_marketing_consent.consent_updated_at)
	merge.field("unsubscribed", str(int(unsubscribed)))
	merge.agreed[AGREED_CONSENT] = str(int(unsubscribed))
	contact = snapshot.contact
	return Plan(
		changes=tuple(merge.updates),
		links=(LinkUpdate(snapshot.link.key, agreed=merge.agreed), LinkUpdate(signal.key, version=signal.version)),
		document=("Contact", contact.name) if contact else None,
		not_applied=tuple(merge.notes),
		reason="ERPNext's Contact says the same, or there is none yet.",
		conflicts=replace(merge.found_conflicts(), compared=("unsubscribed",)),
	)


def _person(consent: ConsentOfCustomer, policy: StorePolicy) -> Person:
	store, customer_id = policy.store, consent.customer_id
	return Person(keys.key(store, keys.CUSTOMER, customer_id), keys.key(store, keys.CONTACT, customer_id), name="")
