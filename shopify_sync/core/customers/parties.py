"""Customer, Contact and Address: which ones a person of Shopify's becomes, and when an existing one is taken instead."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .. import keys
from ..contracts.address import Address
from ..contracts.customer import Customer
from ..contracts.order import Order
from ..failures import Category, Failure
from ..plan import CreateDocument, DocRef, LinkUpdate
from ..policy import GuestPolicy, MatchBy, StorePolicy
from ..snapshots import CustomerNeeds, CustomerSnapshot, Match
from .addresses import KnownAddresses, content_of, is_same, known_addresses
from .fields import CONTACT, CUSTOMER, CUSTOMER_FIELDS
from .marks import REDACTED, is_gone

BILLING, SHIPPING, OTHER = "Billing", "Shipping", "Other"
#: Under these names a link's agreed values keep the numbers that were added to the Contact, and a consent that came by itself.
AGREED_PHONES, AGREED_CONSENT = "phones", "consent"
#: What ERPNext takes for a telephone number; customers write all kinds of things into their addresses.
_TELEPHONE = re.compile(r"[0-9 +_\-,.*#()]{3,20}")


@dataclass(frozen=True)
class Person:
	"""Who a Customer is made from: a Shopify customer, the guest of an order, or a company and the person who buys for it.

	:ivar key: the key of the link, `<store>/customer/<id>`, `<store>/guest/<hash>` or `<store>/company/<id>`.
	:ivar addresses: each with its use, billing first.
	:ivar more_emails: known besides *email*, as are *more_phones* besides *phone*.
	:ivar verified: whether Shopify has seen that *email* is theirs.
	:ivar phone_is_own: whether *phone* was given as theirs; that of an address may be whose door it is.
	:ivar location_key: the key of the Address that stands for the company's location.
	:ivar tax_exempt: None where Shopify does not say; *unsubscribed* likewise.
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
	more_emails: tuple[str, ...] = ()
	more_phones: tuple[str, ...] = ()
	verified: bool = False
	phone_is_own: bool = True
	is_company: bool = False
	location_key: str = ""
	language: str = ""
	currency: str = ""
	tax_id: str = ""
	tax_exempt: bool | None = None
	unsubscribed: bool | None = None

	def needs(self, policy: StorePolicy) -> CustomerNeeds:
		"""Return what has to be read of ERPNext before this person can be planned."""
		usable = [address for _use, address in self.addresses if address.is_usable]
		return CustomerNeeds(
			key=self.key,
			contact_key=self.contact_key,
			matches=tuple(self._matches(policy)),
			address_keys=(self.location_key,) if self.location_key else (),
			countries=tuple(dict.fromkeys(address.country_code or address.country for address in usable)),
			language=self.language,
			currency=self.currency,
		)

	def _matches(self, policy: StorePolicy) -> Iterator[Match]:
		# The e-mail and the telephone of a company's buyer say nothing about the company.
		values = {
			MatchBy.VERIFIED_EMAIL: self.email.casefold() if self.verified and not self.is_company else "",
			MatchBy.PHONE: digits_with_country(self.phone) if self.phone_is_own and not self.is_company else "",
			MatchBy.TAX_ID: bare_tax_id(self.tax_id),
		}
		for rule in policy.matching_rules:
			if values[rule.match_by]:
				yield Match(rule.match_by, values[rule.match_by])

	def values(self, snapshot: CustomerSnapshot) -> dict[str, str]:
		"""Return the fields of Customer and Contact that Shopify has a value for, as text."""
		stated = {
			"customer_name": self.name,
			"first_name": self.first_name or self.name,
			"last_name": self.last_name,
			"email_id": self.email,
			"mobile_no": self.phone,
		}
		if snapshot.language:
			stated["language"] = snapshot.language
		if self.currency and snapshot.currency_is_booked:
			stated["default_currency"] = self.currency
		for name, value in (("tax_id", self.tax_id), ("company_name", self.company)):
			if value:
				stated[name] = value
		for name, flag in (("shopify_tax_exempt", self.tax_exempt), ("unsubscribed", self.unsubscribed)):
			if flag is not None:
				stated[name] = str(int(flag))
		if "unsubscribed" not in stated and (consent := snapshot.link.agreed.get(AGREED_CONSENT)) is not None:
			stated["unsubscribed"] = str(consent)
		return stated


def digits_with_country(phone: str) -> str:
	"""Return the digits of a telephone number that begins with its country code, else an empty text: it could be anybody's."""
	bare = phone.strip()
	digits = "".join(char for char in bare if char.isascii() and char.isdigit())
	return digits if bare.startswith("+") and len(digits) >= 7 else ""


def bare_tax_id(tax_id: str) -> str:
	"""Return a tax id in capitals without what people put between its parts."""
	return re.sub(r"[\s.\-/]", "", tax_id).upper()


def _telephone(*texts: str) -> str:
	"""Return the first text that ERPNext takes for a telephone number, or an empty one."""
	return next((text for text in texts if _TELEPHONE.fullmatch(text)), "")


def _others(main: str, texts: Iterable[str]) -> tuple[str, ...]:
	"""Return what of *texts* says something else than *main*, each once."""
	found = {re.sub(r"[^\w@.]", "", text).casefold(): text for text in texts if text}
	found.pop(re.sub(r"[^\w@.]", "", main).casefold(), None)
	return tuple(found.values())


@dataclass(frozen=True)
class PartyPlan:
	"""The changes for a person, and how a Sales Order refers to the results.

	:ivar is_new: whether the Customer is made by these changes.
	:ivar address_keys: Shopify's id of an address → the key of its Address.
	"""

	changes: tuple[CreateDocument, ...]
	links: tuple[LinkUpdate, ...]
	customer: DocRef | str
	contact: DocRef | str | None
	billing: DocRef | str | None = None
	shipping: DocRef | str | None = None
	not_applied: tuple[str, ...] = ()
	is_new: bool = False
	address_keys: Mapping[str, str] = field(default_factory=dict)


def person_of_customer(store: str, customer: Customer, addresses: tuple[tuple[str, Address], ...] = ()) -> Person:
	"""Return the person behind a Shopify customer; *addresses* are those of the order at hand, else all that it states."""
	if not addresses:
		addresses = tuple((OTHER if place else BILLING, one) for place, one in enumerate(customer.all_addresses))
	phone = _telephone(customer.phone)
	return Person(
		key=keys.key(store, keys.CUSTOMER, customer.id),
		contact_key=keys.key(store, keys.CONTACT, customer.id),
		name=customer.full_name,
		first_name=customer.first_name,
		last_name=customer.last_name,
		company=(customer.default_address or Address()).company,
		email=customer.email,
		phone=phone,
		addresses=addresses,
		more_phones=_others(phone, (_telephone(address.phone) for address in customer.all_addresses)),
		verified=customer.verified_email,
		language=customer.locale,
		currency=customer.currency,
		tax_id=customer.tax_id,
		tax_exempt=customer.tax_exempt,
		unsubscribed=customer.unsubscribed,
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
		phone=_telephone(phone, address.phone),
		phone_is_own=bool(_telephone(phone)),
		addresses=addresses,
	)


def person_of_order(order: Order, policy: StorePolicy) -> Person | None:
	"""Return who *order* is booked under, or None when the store's guest Customer is, or nobody can be."""
	buyer = _buyer_of(order, policy)
	return _company_of(order, policy, buyer) if order.company else buyer


def _buyer_of(order: Order, policy: StorePolicy) -> Person | None:
	addresses = _addresses_of_order(order)
	if order.customer:
		person = person_of_customer(policy.store, order.customer, addresses)
		phones = (*person.more_phones, _telephone(order.phone))
		return replace(
			person,
			language=person.language or order.customer_locale,
			more_emails=_others(person.email, (order.email, order.contact_email)),
			more_phones=_others(person.phone, phones),
		)
	if policy.guest_policy is GuestPolicy.PER_EMAIL and order.guest_email:
		person = person_of_guest(policy.store, order.guest_email, order.phone, addresses)
		return replace(person, language=order.customer_locale)
	return None


def _company_of(order: Order, policy: StorePolicy, buyer: Person | None) -> Person:
	"""Return the company that a B2B order is for; its Contact is the person who ordered."""
	assert order.company is not None
	key = keys.key(policy.store, keys.COMPANY, order.company.id)
	addresses = _addresses_of_order(order)
	named = next((address.company for _use, address in addresses if address.company), "")
	name = named or (buyer.name if buyer else "") or f"Shopify company {order.company.id}"
	person = buyer or Person(key=key, contact_key="", name=name, addresses=addresses)
	who = order.customer.id if order.customer else keys.short_hash(person.email.casefold())
	location = order.company.location_id
	return replace(
		person,
		key=key,
		contact_key=f"{key}/{keys.CONTACT}/{who}",
		name=name,
		first_name=person.first_name or person.name,
		company=name,
		is_company=True,
		location_key=keys.key(policy.store, keys.COMPANY_LOCATION, location) if location else "",
	)


def _addresses_of_order(order: Order) -> tuple[tuple[str, Address], ...]:
	uses = ((BILLING, order.billing_address or order.shipping_address), (SHIPPING, order.shipping_address))
	return tuple((use, address) for use, address in uses if address)


def plan_party(person: Person, snapshot: CustomerSnapshot, policy: StorePolicy) -> PartyPlan | Failure:
	"""Return how *person* is booked: the linked Customer, the one that the store's rules find, or a new one with its Contact.

	Addresses that exist are taken, others are added; none is ever overwritten. Fields of an existing Customer are not touched
	here: that is for `customers/update` (see customers.py).
	"""
	existing = _existing(person, snapshot)
	if isinstance(existing, Failure):
		return existing
	is_new = existing is None
	customer: DocRef | str = DocRef(CUSTOMER, person.key) if existing is None else existing
	changes: list[CreateDocument] = []
	if is_new:
		changes.append(CreateDocument(CUSTOMER, person.key, _customer_values(person, snapshot, policy)))
	contact = _plan_contact(person, snapshot, customer, is_new, changes)
	booked = _plan_addresses(person, snapshot, customer, is_new, changes)
	return PartyPlan(
		changes=tuple(changes),
		links=_links(person, snapshot, customer),
		customer=customer,
		contact=contact,
		billing=booked.used.get(BILLING),
		shipping=booked.used.get(SHIPPING) or booked.used.get(BILLING),
		not_applied=tuple(booked.notes),
		is_new=is_new,
		address_keys=booked.keys,
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
			f"{len(snapshot.candidates)} Customers fit {person.key} by the rule {snapshot.matched_by or 'of the store'}. Point the "
			f"Shopify Link {person.key} at the right one, then press Retry.",
		)
	return snapshot.candidates[0] if snapshot.candidates else None


def _links(person: Person, snapshot: CustomerSnapshot, customer: DocRef | str) -> tuple[LinkUpdate, ...]:
	if isinstance(customer, DocRef):
		# The marks of a customer that is no more stay where they are.
		agreed = None if is_gone(snapshot.link) else agreed_at_first(person, snapshot)
		return (LinkUpdate(person.key, document=customer, agreed=agreed),)
	if snapshot.link.document_name:
		return ()
	return (LinkUpdate(person.key, document=(CUSTOMER, customer)),)


def agreed_at_first(person: Person, snapshot: CustomerSnapshot) -> dict[str, Any]:
	"""Return the values that both sides hold once the Customer and the Contact are written."""
	values = person.values(snapshot)
	# Of a company Shopify's order says no more than a name; the fields of the Contact are those of one buyer of many.
	stated: dict[str, Any] = (
		{name: values[name] for name in CUSTOMER_FIELDS if name in values} if person.is_company else dict(values)
	)
	if person.more_phones:
		stated[AGREED_PHONES] = list(person.more_phones)
	if (consent := snapshot.link.agreed.get(AGREED_CONSENT)) is not None:
		stated[AGREED_CONSENT] = consent
	return stated


def _customer_values(person: Person, snapshot: CustomerSnapshot, policy: StorePolicy) -> dict[str, Any]:
	stated = person.values(snapshot)
	is_company = person.is_company or bool(person.company and person.company == person.name)
	more = {name: stated[name] for name in CUSTOMER_FIELDS if stated.get(name) not in (None, "", "0")}
	return {
		**more,
		"customer_name": person.name,
		"customer_type": "Company" if is_company else "Individual",
		"customer_group": policy.customer_group,
		"territory": policy.territory,
	}


def _plan_contact(
	person: Person, snapshot: CustomerSnapshot, customer: DocRef | str, is_new: bool, changes: list[CreateDocument]
) -> DocRef | str | None:
	if snapshot.contact and snapshot.contact.exists:
		return snapshot.contact.name
	# A Customer that was there before has Contacts of its own; a company gets one for each person who buys for it.
	if snapshot.link.agreed.get(REDACTED):
		return None
	reachable = person.email or person.phone or person.more_emails or person.more_phones
	if not (is_new or person.is_company) or not reachable:
		return None
	changes.append(CreateDocument(CONTACT, person.contact_key, _contact_values(person, snapshot, customer, is_new)))
	return DocRef(CONTACT, person.contact_key)


def _contact_values(person: Person, snapshot: CustomerSnapshot, customer: DocRef | str, is_new: bool) -> dict[str, Any]:
	values: dict[str, Any] = {
		"first_name": person.first_name or person.name,
		"last_name": person.last_name,
		"is_primary_contact": int(is_new),
		"links": [{"link_doctype": CUSTOMER, "link_name": customer}],
	}
	if person.company:
		values["company_name"] = person.company
	if person.values(snapshot).get("unsubscribed") == "1":
		values["unsubscribed"] = 1
	emails = [{"email_id": person.email, "is_primary": 1}] if person.email else []
	phones = [{"phone": person.phone, "is_primary_mobile_no": 1}] if person.phone else []
	emails += [{"email_id": email, "is_primary": 0} for email in person.more_emails]
	phones += [{"phone": phone, "is_primary_mobile_no": 0} for phone in person.more_phones]
	return {**values, **({"email_ids": emails} if emails else {}), **({"phone_nos": phones} if phones else {})}


@dataclass
class _Booked:
	"""What came of a person's addresses: use → the Address, id → its key, and what was left out."""

	used: dict[str, DocRef | str] = field(default_factory=dict)
	keys: dict[str, str] = field(default_factory=dict)
	notes: list[str] = field(default_factory=list)


def _plan_addresses(
	person: Person, snapshot: CustomerSnapshot, customer: DocRef | str, is_new: bool, changes: list[CreateDocument]
) -> _Booked:
	booked = _Booked()
	if snapshot.link.agreed.get(REDACTED):
		# Shopify asked to forget this person; what an old order still says of them is not written again.
		return booked
	known = known_addresses(snapshot)
	made: dict[str, Mapping[str, str]] = {}
	for use, address in person.addresses:
		if not address.is_usable:
			continue
		wanted = address.country_code or address.country
		country = snapshot.countries.get(wanted)
		if not country:
			booked.notes.append(f"{use} address: ERPNext has no Country {wanted!r}, so no Address was made.")
			continue
		content = content_of(address, country, person.name)
		key = known.find(address, content) or _new_key(person, known, made, address, content)
		if key not in known.existing and key not in made:
			made[key] = content
			changes.append(_new_address(key, content, use, customer, is_new))
		booked.used[use] = known.existing[key].name if key in known.existing else DocRef("Address", key)
		if address.id:
			booked.keys[address.id] = key
	return booked


def _new_key(
	person: Person, known: KnownAddresses, made: Mapping[str, Mapping[str, str]], address: Address, content: Mapping[str, str]
) -> str:
	"""Return the key of an Address that has to be made, or that an earlier change of the plan makes.

	The Address of a company's location is where its goods go, as long as no other is known for it.
	"""
	alike = next((key for key, other in made.items() if is_same(other, content)), None)
	if alike and not address.id:
		return alike
	goods_go_here = any(use == SHIPPING and other.fingerprint() == address.fingerprint() for use, other in person.addresses)
	if person.location_key and goods_go_here and person.location_key not in known.existing:
		return person.location_key
	return known.key_for(address)


def _new_address(key: str, content: Mapping[str, str], use: str, customer: DocRef | str, is_new: bool) -> CreateDocument:
	values = {
		**content,
		"address_type": use,
		"is_primary_address": 1 if is_new and use == BILLING else 0,
		"is_shipping_address": 1 if is_new and use == SHIPPING else 0,
		"links": [{"link_doctype": CUSTOMER, "link_name": customer}],
	}
	# Named by us: ERPNext numbers addresses of one title by a series, and its row makes workers wait for each other.
	name = f"{content['address_title'][:80]}-{use}-{keys.short_hash(key)[:10]}"
	return CreateDocument("Address", key, values, name=name)
