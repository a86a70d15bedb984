"""decide() for customers: make them, and carry over what changed in Shopify, by the rule that the store has for each field.

Three sides are compared (three_way.py): what Shopify says now, what ERPNext says now, and what both last agreed on. A field that
both changed since waits for a person as a Sync Conflict; everything else of the same signal is applied.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from .. import keys
from ..contracts.customer import Customer
from ..failures import Failure
from ..plan import Conflicts, Decision, DocRef, FieldConflict, LinkUpdate, Plan, Skip, UpdateDocument
from ..policy import StorePolicy
from ..signals import Signal
from ..snapshots import CustomerNeeds, CustomerSnapshot, DocumentState
from ..statuses import Status
from .addresses import AGREED_ADDRESSES, as_text, content_in, content_of, known_addresses
from .fields import ADDRESS_AS_A_WHOLE, CONTACT, CUSTOMER, FIELDS
from .fields import as_text as field_text
from .marks import is_gone
from .parties import AGREED_PHONES, BILLING, PartyPlan, Person, agreed_at_first, person_of_customer, plan_party
from .three_way import Verdict, base_after, judge

#: Under this name a link's agreed values keep which main Address the sync has set.
AGREED_PRIMARY = "primary_address"


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
	if is_gone(snapshot.link):
		why = "Shopify has deleted, redacted or merged this customer; what it looked like before is not written again."
		return Skip(Status.SUPERSEDED, why, superseded_by=snapshot.link.last_event)
	person = person_of_customer(policy.store, customer)
	party = plan_party(person, snapshot, policy)
	if isinstance(party, Failure):
		return party
	merge = Merge(person, snapshot, policy, customer.updated_at)
	if party.is_new:
		merge.agreed = agreed_at_first(person, snapshot)
	else:
		merge.fields()
		merge.phones()
	merge.addresses(party)
	merge.primary(party)
	return merge.plan(party, signal)


@dataclass
class Merge:
	"""Compares one customer on both sides and gathers what follows.

	:ivar agreed: what the next comparison starts from.
	"""

	person: Person
	snapshot: CustomerSnapshot
	policy: StorePolicy
	shopify_at: datetime | None
	agreed: dict[str, Any] = field(default_factory=dict)
	updates: list[UpdateDocument] = field(default_factory=list)
	conflicts: list[FieldConflict] = field(default_factory=list)
	notes: list[str] = field(default_factory=list)

	def __post_init__(self) -> None:
		self.agreed = dict(self.snapshot.link.agreed)

	def fields(self) -> None:
		"""Compare the fields of the Customer and its Contact."""
		for name, value in self.person.values(self.snapshot).items():
			self.field(name, value)

	def field(self, name: str, shopify: str) -> None:
		"""Compare one field."""
		one = next(one for one in FIELDS if one.name == name)
		document = self.snapshot.contact if one.doctype == CONTACT else self.snapshot.customer or self.snapshot.matched
		if not (document and document.exists):
			return
		erpnext = field_text(one, document.values.get(name))
		base = self._base(name)
		if base is None and one.is_check:
			# A box that nobody ever spoke of is not ticked.
			base = "0"
		if self._judge(name, name, document, base, shopify, erpnext) is Verdict.TAKE:
			before = {name: document.values.get(name)}
			self.updates.append(UpdateDocument(document.doctype, document.name, before, {name: shopify}))

	def _base(self, name: str) -> str | None:
		return None if self.agreed.get(name) is None else str(self.agreed[name])

	def _judge(self, name: str, rule: str, document: DocumentState, base: str | None, shopify: str, erpnext: str) -> Verdict:
		"""Return what becomes of one value, and note what follows besides writing it."""
		verdict = judge(base, shopify, erpnext, self.policy.authority(rule), self._shopify_is_newer(document))
		if verdict is Verdict.REFUSE:
			self.notes.append(f"{document.doctype}.{name}: ERPNext's value was kept, so Shopify's new one was not taken.")
		if verdict is Verdict.CONFLICT:
			self.conflicts.append(self._conflict(name, document, base, shopify, erpnext))
		elif rule == name:
			self.agreed[name] = base_after(verdict, base, shopify)
		return verdict

	def _conflict(self, name: str, document: DocumentState, base: str | None, shopify: str, erpnext: str) -> FieldConflict:
		return FieldConflict(
			doctype=document.doctype,
			document=document.name,
			field=name,
			base=base,
			erpnext=erpnext,
			shopify=shopify,
			erpnext_by=str(document.values.get("modified_by") or ""),
			erpnext_at=str(document.values.get("modified") or ""),
			shopify_at=self.shopify_at.isoformat() if self.shopify_at else "",
		)

	def _shopify_is_newer(self, document: DocumentState) -> bool | None:
		"""Tell which side was saved last: a document knows no more than that, so other fields of it count too."""
		modified = document.values.get("modified")
		if not modified or self.shopify_at is None:
			return None
		try:
			erpnext_at = datetime.fromisoformat(str(modified))
		except ValueError:
			return None
		return self.shopify_at > (erpnext_at if erpnext_at.tzinfo else erpnext_at.replace(tzinfo=timezone.utc))

	def phones(self) -> None:
		"""Give the Contact the telephone numbers that it was never given. One that ERPNext's user deleted stays away."""
		contact = self.snapshot.contact
		if not (contact and contact.exists):
			return
		there = {str(phone) for phone in contact.values.get("phone_nos") or ()}
		written = next((one.after["mobile_no"] for one in self.updates if "mobile_no" in one.after), None)
		if written is not None:
			# The main number is about to give way to another.
			there = (there - {str(contact.values.get("mobile_no") or "")}) | {written}
		given = there | {str(phone) for phone in self.agreed.get(AGREED_PHONES) or ()}
		new = [phone for phone in self.person.more_phones if phone not in given]
		if new:
			self.agreed[AGREED_PHONES] = [*(self.agreed.get(AGREED_PHONES) or ()), *new]
			self.updates.append(UpdateDocument(CONTACT, contact.name, {"phone_nos": None}, {"phone_nos": new}))

	def addresses(self, party: PartyPlan) -> None:
		"""Compare the Addresses that have an id in Shopify; new ones are made by *party*."""
		known = known_addresses(self.snapshot)
		entries = dict(self.agreed.get(AGREED_ADDRESSES) or {})
		for address_id, shopify in self._contents():
			key = party.address_keys.get(address_id)
			if key is None:
				continue
			base = (entries.get(address_id) or {}).get("content")
			settled: Mapping[str, str] | None = shopify
			if (document := known.existing.get(key)) is not None:
				settled = self._address(address_id, document, base, shopify)
			entries[address_id] = {"key": key, **({"content": dict(settled)} if settled else {})}
		if entries:
			self.agreed[AGREED_ADDRESSES] = entries

	def _contents(self) -> Iterator[tuple[str, Mapping[str, str]]]:
		for _use, address in self.person.addresses:
			country = self.snapshot.countries.get(address.country_code or address.country)
			if address.id and country:
				yield address.id, content_of(address, country, self.person.name)

	def _address(
		self, address_id: str, document: DocumentState, base: Mapping[str, str] | None, shopify: Mapping[str, str]
	) -> Mapping[str, str] | None:
		"""Compare one Address. Return what the next comparison starts from."""
		erpnext = content_in(document)
		name = f"{ADDRESS_AS_A_WHOLE}/{address_id}"
		before = as_text(base) if base else None
		verdict = self._judge(name, ADDRESS_AS_A_WHOLE, document, before, as_text(shopify), as_text(erpnext))
		if verdict is Verdict.TAKE:
			after = {field: value for field, value in shopify.items() if value != erpnext[field]}
			self.updates.append(UpdateDocument(document.doctype, document.name, {name: erpnext[name] for name in after}, after))
		return base if verdict is Verdict.CONFLICT else shopify

	def primary(self, party: PartyPlan) -> None:
		"""Name the default address and the Contact as the main ones of the Customer, where nobody has chosen others."""
		document = self.snapshot.customer or self.snapshot.matched
		values: Mapping[str, Any] = document.values if document else {}
		wanted: dict[str, DocRef | str] = {}
		if party.contact and not values.get("customer_primary_contact"):
			wanted["customer_primary_contact"] = party.contact
		default = next((address.id for use, address in self.person.addresses if use == BILLING), None)
		key = party.address_keys.get(default or "")
		if key and party.billing:
			current, ours = (
				values.get("customer_primary_address"),
				self.snapshot.addresses.get(str(self.agreed.get(AGREED_PRIMARY))),
			)
			follows = not current or bool(ours and ours.name == current)
			if follows and current != party.billing:
				wanted["customer_primary_address"] = party.billing
			if follows:
				self.agreed[AGREED_PRIMARY] = key
		if wanted:
			before = {name: values.get(name) for name in wanted}
			self.updates.append(UpdateDocument(CUSTOMER, party.customer, before, wanted))

	def plan(self, party: PartyPlan, signal: Signal) -> Plan:
		"""Return everything as one plan."""
		document = party.customer if not isinstance(party.customer, str) else (CUSTOMER, party.customer)
		return Plan(
			changes=(*party.changes, *_joined(self.updates)),
			links=(LinkUpdate(self.person.key, document=document, agreed=self.agreed, version=signal.version),),
			document=document,
			not_applied=(*party.not_applied, *self.notes),
			reason="ERPNext already agrees with this state of the customer.",
			conflicts=self.found_conflicts(),
		)

	def found_conflicts(self) -> Conflicts:
		"""Return the fields that wait for a person."""
		return Conflicts(self.person.key, tuple(self.conflicts))


def _joined(updates: list[UpdateDocument]) -> tuple[UpdateDocument, ...]:
	"""Return one update for each document: saving twice costs twice."""
	found: dict[tuple[str, DocRef | str], UpdateDocument] = {}
	for one in updates:
		known = found.get((one.doctype, one.name))
		before, after = ({**known.before, **one.before}, {**known.after, **one.after}) if known else (one.before, one.after)
		found[(one.doctype, one.name)] = UpdateDocument(one.doctype, one.name, before, after)
	return tuple(found.values())
