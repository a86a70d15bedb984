"""Fills the needs of a decision about a customer: what links and documents say of a person."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from shopify_sync.core.customers.addresses import prefix_of
from shopify_sync.core.customers.parties import bare_tax_id
from shopify_sync.core.policy import MatchBy, StorePolicy
from shopify_sync.core.snapshots import CustomerNeeds, CustomerSnapshot, DocumentState, Match

from . import contacts, documents, links


def read_customer(connection: sqlite3.Connection, needs: CustomerNeeds, policy: StorePolicy) -> CustomerSnapshot:
	"""Return what this host knows of the person behind a link."""
	link = links.read(connection, needs.key)
	customer = documents.linked(connection, link, "Customer")
	rule, candidates = ("", ()) if customer else _search(connection, needs.matches)
	return CustomerSnapshot(
		link=link,
		customer=customer,
		contact=_contact(connection, needs.contact_key),
		candidates=candidates,
		matched_by=rule,
		matched=documents.get(connection, "Customer", candidates[0]) if len(candidates) == 1 else None,
		addresses=read_addresses(connection, prefix_of(link), needs.address_keys),
		# There is no list of countries or languages here: what Shopify calls one is its name.
		countries={country: country for country in needs.countries},
		language=needs.language or None,
		currency_is_booked=needs.currency == policy.company_currency,
	)


def _contact(connection: sqlite3.Connection, key: str) -> DocumentState | None:
	found = documents.by_key(connection, "Contact", key)
	return replace(found, values={**found.values, **contacts.texts(found.values)}) if found else None


def read_addresses(connection: sqlite3.Connection, prefix: str, keys: tuple[str, ...] = ()) -> dict[str, DocumentState]:
	"""Return the Addresses whose keys begin with *prefix*, and those of *keys*, by their key."""
	rows = connection.execute(
		"SELECT shopify_key FROM document WHERE doctype = 'Address' AND shopify_key >= ? AND shopify_key < ?",
		(prefix, prefix + "\x7f"),
	).fetchall()
	wanted = (*(row["shopify_key"] for row in rows), *keys)
	found = {key: documents.by_key(connection, "Address", key) for key in wanted}
	return {key: document for key, document in found.items() if document}


def _search(connection: sqlite3.Connection, matches: tuple[Match, ...]) -> tuple[str, tuple[str, ...]]:
	for match in matches:
		if found := sorted(set(_BY[match.by](connection, match.value))):
			return str(match.by), tuple(found)
	return "", ()


def _by_email(connection: sqlite3.Connection, email: str) -> Iterator[str]:
	rows = connection.execute(
		"SELECT data FROM document WHERE doctype = 'Contact' AND lower(json_extract(data, '$.email_id')) = ?", (email,)
	)
	for row in rows.fetchall():
		yield from _customers_of(json.loads(row["data"]))


def _by_phone(connection: sqlite3.Connection, digits: str) -> Iterator[str]:
	for row in connection.execute("SELECT data FROM document WHERE doctype = 'Contact'").fetchall():
		contact = json.loads(row["data"])
		if _digits(contact.get("mobile_no") or "").removeprefix("00") == digits:
			yield from _customers_of(contact)


def _by_tax_id(connection: sqlite3.Connection, tax_id: str) -> Iterator[str]:
	for row in connection.execute("SELECT name, data FROM document WHERE doctype = 'Customer'").fetchall():
		if bare_tax_id(json.loads(row["data"]).get("tax_id") or "") == tax_id:
			yield row["name"]


def _customers_of(contact: Mapping[str, Any]) -> Iterator[str]:
	yield from (row["link_name"] for row in contact.get("links") or () if row["link_doctype"] == "Customer")


def _digits(text: str) -> str:
	return "".join(char for char in text if char.isdigit())


_BY: Mapping[MatchBy, Callable[[sqlite3.Connection, str], Iterator[str]]] = {
	MatchBy.VERIFIED_EMAIL: _by_email,
	MatchBy.PHONE: _by_phone,
	MatchBy.TAX_ID: _by_tax_id,
}
