"""Customer, Contact and Address: which ones a person of Shopify's becomes, and when an existing one is taken instead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import keys
from .contracts.address import Address
from .contracts.customer import Customer
from .contracts.order import Order
from .failures import Category, Failure
from .plan import CreateDocument, DocRef, LinkUpdate
from .policy import CustomerMatching, GuestPolicy, StorePolicy
from .snapshots import CustomerNeeds, CustomerSnapshot

BILLING = "Billing"
SHIPPING = "Shipping"


@dataclass(frozen=True)
class Person:
	"""Who a Customer is made from: a Shopify customer, or the guest of an order.

	:ivar key: the key of the link, `<store>/customer/<id>` or `<store>/guest/<hash>`.
	:ivar addresses: each with its use, billing first.
	"""

	key: str
	contact_key: str
	name: str
	first_name: str = ""
	last_name: str = ""
	company: str = ""
	email: str = ""
	phone: str = ""
	addresses: tuple[tuple[str, Address], ...] = ()

	def address_key(self, address: Address) -> str:
		"""Return the unique key of one of this person's addresses: the same address twice is one Address."""
		return f"{self.key}/{keys.ADDRESS}/{address.fingerprint()}"

	def needs(self, policy: StorePolicy) -> CustomerNeeds:
		"""Return what has to be read of ERPNext before this person can be planned."""
		by_email = policy.customer_matching is CustomerMatching.EMAIL and self.email
		usable = [address for _use, address in self.addresses if address.is_usable]
		return CustomerNeeds(
			key=self.key,
			contact_key=self.contact_key,
			match_email=self.email if by_email else None,
			address_keys=tuple(dict.fromkeys(self.address_key(address) for address in usable)),
			countries=tuple(dict.fromkeys(address.country_code or address.country for address in usable)),
		)

	def agreed(self) -> dict[str, str]:
		"""Return the values that both sides hold once the Customer and the Contact are written."""
		return {
			"customer_name": self.name,
			"first_name": self.first_name or self.name,
			"last_name": self.last_name,
			"email_id": self.email,
			"mobile_no": self.phone,
		}


@dataclass(frozen=True)
class PartyPlan:
	"""The changes for a person, and how a Sales Order refers to the results."""

	changes: tuple[CreateDocument, ...]
	links: tuple[LinkUpdate, ...]
	customer: DocRef | str
	contact: DocRef | str | None
	billing: DocRef | str | None = None
	shipping: DocRef | str | None = None
	not_applied: tuple[str, ...] = ()


def person_of_customer(store: str, customer: Customer, addresses: tuple[tuple[str, Address], ...] = ()) -> Person:
	"""Return the person behind a Shopify customer; *addresses* are those of the order at hand, else the default address."""
	if not addresses and customer.default_address:
		addresses = ((BILLING, customer.default_address),)
	return Person(
		key=keys.key(store, keys.CUSTOMER, customer.id),
		contact_key=keys.key(store, keys.CONTACT, customer.id),
		name=customer.full_name,
		first_name=customer.first_name,
		last_name=customer.last_name,
		company=(customer.default_address or Address()).company,
		email=customer.email,
		phone=customer.phone,
		addresses=addresses,
	)


def person_of_guest(store: str, email: str, phone: str, addresses: tuple[tuple[str, Address], ...]) -> Person:
	"""Return the person behind an order that has an e-mail but no customer."""
	address = next((address for _use, address in addresses), Address())
	key = keys.guest_key(store, email)
	return Person(
		key=key,
		contact_key=f"{key}/{keys.CONTACT}",
		name=address.full_name or address.company or email.partition("@")[0],
		first_name=address.first_name,
		last_name=address.last_name,
		company=address.company,
		email=email,
		phone=phone or address.phone,
		addresses=addresses,
	)


def person_of_order(order: Order, policy: StorePolicy) -> Person | None:
	"""Return who *order* is booked under, or None when the store's guest Customer is, or nobody can be."""
	if order.customer:
		return person_of_customer(policy.store, order.customer, _addresses_of_order(order))
	if policy.guest_policy is GuestPolicy.PER_EMAIL and order.guest_email:
		return person_of_guest(policy.store, order.guest_email, order.phone, _addresses_of_order(order))
	return None


def _addresses_of_order(order: Order) -> tuple[tuple[str, Address], ...]:
	uses = ((BILLING, order.billing_address or order.shipping_address), (SHIPPING, order.shipping_address))
	return tuple((use, address) for use, address in uses if address)


def plan_party(person: Person, snapshot: CustomerSnapshot, policy: StorePolicy) -> PartyPlan | Failure:
	"""Return how *person* is booked: the linked Customer, the one that the store's rule finds, or a new one with its Contact.

	Addresses that exist are taken, others are added; none is ever overwritten. Fields of an existing Customer are not touched
	here: that is for `customers/update` (see customers.py).
	"""
	existing = _existing(person, snapshot)
	if isinstance(existing, Failure):
		return existing
	changes: list[CreateDocument] = []
	links: list[LinkUpdate] = []
	contact: DocRef | str | None = snapshot.contact.name if snapshot.contact and snapshot.contact.exists else None
	customer: DocRef | str
	if existing is None:
		customer = DocRef("Customer", person.key)
		changes.append(CreateDocument("Customer", person.key, _customer_values(person, policy)))
		if contact is None and (person.email or person.phone):
			contact = DocRef("Contact", person.contact_key)
			changes.append(CreateDocument("Contact", person.contact_key, _contact_values(person, customer)))
		links.append(LinkUpdate(person.key, document=customer, agreed=person.agreed()))
	else:
		customer = existing
		if not snapshot.link.document_name:
			links.append(LinkUpdate(person.key, document=("Customer", existing)))
	used, notes = _plan_addresses(person, snapshot, customer, is_new=existing is None, changes=changes)
	return PartyPlan(
		changes=tuple(changes),
		links=tuple(links),
		customer=customer,
		contact=contact,
		billing=used.get(BILLING),
		shipping=used.get(SHIPPING) or used.get(BILLING),
		not_applied=tuple(notes),
	)


def _existing(person: Person, snapshot: CustomerSnapshot) -> str | Failure | None:
	if snapshot.customer:
		if snapshot.customer.exists:
			return snapshot.customer.name
		return Failure(
			Category.CONFLICT,
			f"The Customer linked as {person.key} has been deleted in ERPNext. Delete the Shopify Link {person.key} to have "
			"it made again, or point the link at another Customer; then press Retry.",
		)
	if len(snapshot.candidates) > 1:
		return Failure(
			Category.CONFLICT,
			f"{len(snapshot.candidates)} Customers have the e-mail of {person.key}. Point the Shopify Link {person.key} at the "
			"right one, then press Retry.",
		)
	return snapshot.candidates[0] if snapshot.candidates else None


def _customer_values(person: Person, policy: StorePolicy) -> dict[str, Any]:
	return {
		"customer_name": person.name,
		"customer_type": "Company" if person.company and person.company == person.name else "Individual",
		"customer_group": policy.customer_group,
		"territory": policy.territory,
	}


def _contact_values(person: Person, customer: DocRef | str) -> dict[str, Any]:
	values: dict[str, Any] = {
		"first_name": person.first_name or person.name,
		"last_name": person.last_name,
		"is_primary_contact": 1,
		"links": [{"link_doctype": "Customer", "link_name": customer}],
	}
	if person.email:
		values["email_ids"] = [{"email_id": person.email, "is_primary": 1}]
	if person.phone:
		values["phone_nos"] = [{"phone": person.phone, "is_primary_mobile_no": 1}]
	return values


def _plan_addresses(
	person: Person, snapshot: CustomerSnapshot, customer: DocRef | str, *, is_new: bool, changes: list[CreateDocument]
) -> tuple[dict[str, DocRef | str], list[str]]:
	used: dict[str, DocRef | str] = {}
	notes: list[str] = []
	planned: dict[str, DocRef | str] = dict(snapshot.addresses)
	for use, address in person.addresses:
		if not address.is_usable:
			continue
		key = person.address_key(address)
		if key not in planned:
			wanted = address.country_code or address.country
			country = snapshot.countries.get(wanted)
			if not country:
				notes.append(f"{use} address: ERPNext has no Country {wanted!r}, so no Address was made.")
				continue
			planned[key] = DocRef("Address", key)
			values = _address_values(person, address, use, country, customer, is_new)
			# Named by us: ERPNext numbers addresses of one title by a series, and its row makes workers wait for each other.
			name = f"{values['address_title'][:80]}-{use}-{keys.short_hash(key)[:10]}"
			changes.append(CreateDocument("Address", key, values, name=name))
		used[use] = planned[key]
	return used, notes


def _address_values(
	person: Person, address: Address, use: str, country: str, customer: DocRef | str, is_new: bool
) -> dict[str, Any]:
	return {
		"address_title": address.company or address.full_name or person.name,
		"address_type": use,
		"address_line1": address.address1,
		"address_line2": address.address2,
		# ERPNext requires a city; some countries have addresses without one.
		"city": address.city or address.province or "-",
		"state": address.province,
		"pincode": address.zip,
		"country": country,
		"phone": address.phone,
		"is_primary_address": 1 if is_new and use == BILLING else 0,
		"is_shipping_address": 1 if is_new and use == SHIPPING else 0,
		"links": [{"link_doctype": "Customer", "link_name": customer}],
	}
