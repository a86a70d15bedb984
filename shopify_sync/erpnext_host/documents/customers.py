"""Customer, Contact and Address: what exists for a person."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import frappe
from frappe.utils.caching import request_cache

from shopify_sync.core.customers.addresses import prefix_of
from shopify_sync.core.customers.fields import ADDRESS_FIELDS, CONTACT_FIELDS, CUSTOMER_FIELDS, PRIMARY_FIELDS
from shopify_sync.core.policy import MatchBy
from shopify_sync.core.snapshots import CustomerNeeds, CustomerSnapshot, DocumentState, LinkState, Match

from .. import policies, times

_SAVED = ("modified", "modified_by")
_CUSTOMER = (*CUSTOMER_FIELDS, *PRIMARY_FIELDS, *_SAVED)
_CONTACT = (*CONTACT_FIELDS, *_SAVED)
_ADDRESS = (*ADDRESS_FIELDS, *_SAVED)


def read_customer(needs: CustomerNeeds, locked: Mapping[str, LinkState]) -> CustomerSnapshot:
	"""Return what ERPNext knows of the person behind a link."""
	link = locked[needs.key]
	customer = _linked_customer(link) or _by_key("Customer", needs.key, _CUSTOMER)
	rule, candidates = ("", ()) if customer else _search(needs.matches)
	return CustomerSnapshot(
		link=link,
		customer=customer,
		contact=_contact(needs.contact_key),
		candidates=candidates,
		matched_by=rule,
		matched=_customer(candidates[0]) if len(candidates) == 1 else None,
		addresses=read_addresses(prefix_of(link), needs.address_keys),
		countries=_countries(needs.countries),
		language=_language(needs.language) if needs.language else None,
		currency_is_booked=bool(needs.currency)
		and _is_booked(policies.as_of_attempt(needs.key.partition("/")[0]).company, needs.currency),
	)


def _linked_customer(link: LinkState) -> DocumentState | None:
	return _customer(link.document_name) if link.document_name else None


def _customer(name: str) -> DocumentState:
	found = _select("Customer", _CUSTOMER, "name = %s", (name,))
	return found[0] if found else DocumentState("Customer", name, exists=False)


def _by_key(doctype: str, key: str, fields: tuple[str, ...]) -> DocumentState | None:
	"""Return the document with this `shopify_key`: also finds one whose link was deleted."""
	found = _select(doctype, fields, "shopify_key = %s", (key,))
	return found[0] if found else None


def _select(doctype: str, fields: tuple[str, ...], where: str, values: tuple[Any, ...]) -> list[DocumentState]:
	"""Return documents by plain SQL: this runs for every order, and get_all() costs more than the query itself."""
	columns = ", ".join(f"`{column}`" for column in ("name", *fields))
	rows = frappe.db.sql(f"SELECT {columns} FROM `tab{doctype}` WHERE {where}", values, as_dict=True)  # noqa: S608 - constants
	return [_state(doctype, row) for row in rows]


def _state(doctype: str, row: Any) -> DocumentState:
	name = row.pop("name")
	# The core compares times with Shopify's, in UTC.
	row["modified"] = times.from_site(row["modified"]).isoformat() if row.get("modified") else ""
	return DocumentState(doctype, name, exists=True, values=dict(row))


def _contact(key: str) -> DocumentState | None:
	contact = _by_key("Contact", key, _CONTACT)
	if contact is None:
		return None
	rows = frappe.db.sql(
		"""SELECT 'email_ids', email_id FROM `tabContact Email` WHERE parent = %(name)s AND parenttype = 'Contact'
		UNION ALL SELECT 'phone_nos', phone FROM `tabContact Phone` WHERE parent = %(name)s AND parenttype = 'Contact'""",
		{"name": contact.name},
	)
	lists = {table: [text for kind, text in rows if kind == table] for table in ("email_ids", "phone_nos")}
	return DocumentState("Contact", contact.name, exists=True, values={**contact.values, **lists})


def read_addresses(prefix: str, keys: tuple[str, ...] = ()) -> dict[str, DocumentState]:
	"""Return the Addresses whose keys begin with *prefix*, and those of *keys*, by their key."""
	pattern = prefix.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
	where, values = "shopify_key LIKE %s", (pattern,)
	if keys:
		where, values = f"({where} OR shopify_key IN %s)", (*values, keys)
	found = _select("Address", ("shopify_key", *_ADDRESS), where, values)
	return {str(document.values["shopify_key"]): document for document in found}


def _countries(wanted: tuple[str, ...]) -> dict[str, str]:
	"""Return ERPNext's Country for each ISO code or name."""
	return {text: name for text in wanted if (name := _country(text))}


@request_cache
def _country(text: str) -> str | None:
	by_code = frappe.db.get_value("Country", {"code": text.lower()}, "name") if len(text) == 2 else None
	return by_code or frappe.db.get_value("Country", {"name": text}, "name")


@request_cache
def _language(text: str) -> str | None:
	"""Return Frappe's Language for `pt-BR`: exactly that one, else `pt`."""
	wanted = text.strip().replace("_", "-")
	for name in (wanted, wanted.partition("-")[0]):
		if found := frappe.db.get_value("Language", {"name": name}, "name"):
			return str(found)
	return None


@request_cache
def _is_booked(company: str, currency: str) -> bool:
	"""Tell whether customers of *company* may owe *currency*: it is the company's own, or an account receivable has it."""
	if frappe.db.get_value("Company", company, "default_currency") == currency:
		return True
	account = {"company": company, "account_type": "Receivable", "account_currency": currency, "is_group": 0, "disabled": 0}
	return bool(frappe.db.exists("Account", account))


# --- Customers that no link names -----------------------------------------------------------------------------


def _search(matches: Iterable[Match]) -> tuple[str, tuple[str, ...]]:
	"""Return the first rule that finds Customers, and their names."""
	for match in matches:
		if found := _BY[match.by](match.value):
			return str(match.by), tuple(sorted(found))
	return "", ()


def _by_email(email: str) -> set[str]:
	"""Return the Customers that a Contact with this e-mail belongs to.

	Of a Contact that the sync made only the main address counts: the others came with orders, and nobody has verified those.
	"""
	return _through_contacts(
		"Contact Email", "entry.email_id = %s AND (contact.shopify_key IS NULL OR entry.is_primary = 1)", (email,)
	)


def _by_phone(digits: str) -> set[str]:
	"""Return the Customers with a telephone number of these digits, country code and all, however it is written."""
	return _through_contacts(
		"Contact Phone",
		"""REGEXP_REPLACE(entry.phone, '[^0-9]', '') IN (%s, CONCAT('00', %s))
		AND (contact.shopify_key IS NULL OR entry.is_primary_mobile_no = 1)""",
		(digits, digits),
	)


def _through_contacts(table: str, where: str, values: tuple[str, ...]) -> set[str]:
	rows = frappe.db.sql(
		f"""SELECT DISTINCT link.link_name FROM `tab{table}` entry
		JOIN tabContact contact ON contact.name = entry.parent
		JOIN `tabDynamic Link` link ON link.parent = entry.parent AND link.parenttype = 'Contact' AND link.link_doctype = 'Customer'
		WHERE entry.parenttype = 'Contact' AND {where}""",  # noqa: S608 - constants
		values,
	)
	return {name for (name,) in rows}


def _by_tax_id(tax_id: str) -> set[str]:
	"""Return the Customers with this tax id, whatever stands between its parts."""
	rows = frappe.db.sql("SELECT name FROM tabCustomer WHERE REGEXP_REPLACE(UPPER(tax_id), '[[:space:]./-]', '') = %s", (tax_id,))
	return {name for (name,) in rows}


_BY: Mapping[MatchBy, Callable[[str], set[str]]] = {
	MatchBy.VERIFIED_EMAIL: _by_email,
	MatchBy.PHONE: _by_phone,
	MatchBy.TAX_ID: _by_tax_id,
}
