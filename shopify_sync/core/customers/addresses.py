"""Addresses of a customer: how one stands in ERPNext, which existing one it is, and what becomes of one that changed.

Shopify gives an address of a customer an id, and an address of an order none. So the same address may be known by its id, by the
hash of what stands in it, or by its content alone: it must not become two Addresses.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .. import keys
from ..contracts.address import Address
from ..snapshots import CustomerSnapshot, DocumentState, LinkState
from .fields import ADDRESS_FIELDS
from .marks import owner_of_addresses

#: Under this name a link's agreed values keep, by Shopify's id, the key and the content of each address.
AGREED_ADDRESSES = "addresses"
Content = Mapping[str, str]


def content_of(address: Address, country: str, owner: str) -> dict[str, str]:
	"""Return an address as ERPNext holds it.

	:param country: name of ERPNext's Country.
	:param owner: what the Address is called when it names neither a company nor a person.
	"""
	return {
		"address_title": address.company or address.full_name or owner,
		"address_line1": address.address1,
		"address_line2": address.address2,
		# ERPNext requires a city; some countries have addresses without one.
		"city": address.city or address.province or "-",
		"state": address.province,
		"pincode": address.zip,
		"country": country,
		"phone": address.phone,
	}


def content_in(document: DocumentState) -> dict[str, str]:
	"""Return what an Address holds."""
	return {name: str(document.values.get(name) or "") for name in ADDRESS_FIELDS}


def as_text(content: Content) -> str:
	"""Return an address as one text, for people to compare and for :func:`from_text`."""
	return json.dumps({name: content.get(name) or "" for name in ADDRESS_FIELDS}, indent=1, ensure_ascii=False)


def from_text(text: str) -> dict[str, str]:
	"""Return the content that :func:`as_text` wrote; empty for an empty text."""
	return {str(name): str(value) for name, value in json.loads(text).items()} if text else {}


def is_same(one: Content, other: Content) -> bool:
	"""Tell whether two contents are one address; case and spacing do not count."""
	return all(_folded(one.get(name)) == _folded(other.get(name)) for name in ADDRESS_FIELDS)


def _folded(value: object) -> str:
	return " ".join(str(value or "").casefold().split())


def id_of_key(key: str) -> str:
	"""Return the last part of an Address's key: Shopify's id, or a hash."""
	return key.rpartition("/")[2]


@dataclass(frozen=True)
class KnownAddresses:
	"""The Addresses of one customer that exist, and what was agreed about those with an id.

	:ivar agreed: id → `{"key": …, "content": {…}}`.
	"""

	prefix: str
	existing: Mapping[str, DocumentState]
	agreed: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

	def find(self, address: Address, content: Content) -> str | None:
		"""Return the key of the Address that *address* is, or None when it has to be made."""
		if address.id:
			by_id = (f"{self.prefix}{address.id}", str(self.agreed.get(address.id, {}).get("key") or ""))
			if found := next((key for key in by_id if key in self.existing), None):
				return found
		by_content = f"{self.prefix}{address.fingerprint()}"
		if (
			by_content in self.existing
			and not self._is_of_another(by_content, address)
			and not self._moved_on(by_content, content)
		):
			return by_content
		return next(self._alike(address, content), None)

	def key_for(self, address: Address) -> str:
		"""Return the key of a new Address."""
		wanted = address.id or address.fingerprint()
		tries = (wanted, *(keys.short_hash(wanted, str(number)) for number in range(1, len(self.existing) + 1)))
		return next(key for one in tries if (key := f"{self.prefix}{one}") not in self.existing)

	def _alike(self, address: Address, content: Content) -> Iterator[str]:
		"""Yield the Addresses with this content, then those that had it when both sides last agreed: ERPNext's user mended them."""
		for key, document in self.existing.items():
			if is_same(content_in(document), content) and not self._is_of_another(key, address):
				yield key
		for entry in self.agreed.values():
			key = str(entry.get("key") or "")
			if key in self.existing and is_same(entry.get("content") or {}, content) and not self._is_of_another(key, address):
				yield key

	def _moved_on(self, key: str, content: Content) -> bool:
		"""Tell whether Shopify has changed, by its id, what was made for this content once."""
		owners = [entry.get("content") for entry in self.agreed.values() if entry.get("key") == key]
		return any(said and not is_same(said, content) for said in owners)

	def _is_of_another(self, key: str, address: Address) -> bool:
		"""Tell whether an Address belongs to another id: what changes there must not change here."""
		if not address.id:
			return False
		owners = {entry_id for entry_id, entry in self.agreed.items() if entry.get("key") == key}
		last = id_of_key(key)
		if last.isdigit():
			owners.add(last)
		return bool(owners - {address.id})


def known_addresses(snapshot: CustomerSnapshot) -> KnownAddresses:
	"""Return the Addresses of a customer."""
	agreed = snapshot.link.agreed.get(AGREED_ADDRESSES) or {}
	return KnownAddresses(prefix_of(snapshot.link), snapshot.addresses, agreed)


def prefix_of(link: LinkState) -> str:
	"""Return what the keys of the Addresses of a link's customer begin with."""
	return f"{owner_of_addresses(link)}/{keys.ADDRESS}/"
