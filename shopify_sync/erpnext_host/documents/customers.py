"""Customer, Contact and Address: what exists for a person."""

from __future__ import annotations

from collections.abc import Mapping

import frappe
from frappe.utils.caching import site_cache

from shopify_sync.core.snapshots import CustomerNeeds, CustomerSnapshot, DocumentState, LinkState

_CUSTOMER_FIELDS = ("customer_name",)
_CONTACT_FIELDS = ("first_name", "last_name", "email_id", "mobile_no")


def read_customer(needs: CustomerNeeds, locked: Mapping[str, LinkState]) -> CustomerSnapshot:
	"""Return what ERPNext knows of the person behind a link."""
	link = locked[needs.key]
	customer = _linked_customer(link) or _by_key("Customer", needs.key, _CUSTOMER_FIELDS)
	contact = _by_key("Contact", needs.contact_key, _CONTACT_FIELDS)
	candidates: tuple[str, ...] = ()
	if customer is None and needs.match_email:
		candidates = _customers_with_email(needs.match_email)
	return CustomerSnapshot(
		link=link,
		customer=customer,
		contact=contact,
		candidates=candidates,
		addresses=_addresses(needs.address_keys),
		countries=_countries(needs.countries),
	)


def _linked_customer(link: LinkState) -> DocumentState | None:
	if not link.document_name:
		return None
	values = frappe.db.get_value("Customer", link.document_name, list(_CUSTOMER_FIELDS), as_dict=True)
	return DocumentState("Customer", link.document_name, exists=bool(values), values=dict(values or {}))


def _by_key(doctype: str, key: str, fields: tuple[str, ...]) -> DocumentState | None:
	"""Return the document with this `shopify_key`: also finds one whose link was deleted."""
	columns = ", ".join(("name", *fields))
	rows = frappe.db.sql(f"SELECT {columns} FROM `tab{doctype}` WHERE shopify_key = %s", (key,), as_dict=True)  # noqa: S608
	if not rows:
		return None
	return DocumentState(doctype, rows[0].pop("name"), exists=True, values=dict(rows[0]))


def _customers_with_email(email: str) -> tuple[str, ...]:
	"""Return the Customers that a Contact with this e-mail belongs to."""
	contact_email, link = frappe.qb.DocType("Contact Email"), frappe.qb.DocType("Dynamic Link")
	through_contacts = (
		frappe.qb.from_(contact_email)
		.join(link)
		.on((link.parent == contact_email.parent) & (link.parenttype == "Contact"))
		.select(link.link_name)
		.distinct()
		.where((contact_email.email_id == email) & (contact_email.parenttype == "Contact") & (link.link_doctype == "Customer"))
	).run(pluck=True)
	return tuple(sorted(through_contacts))


def _addresses(keys: tuple[str, ...]) -> dict[str, str]:
	if not keys:
		return {}
	return dict(frappe.db.sql("SELECT shopify_key, name FROM tabAddress WHERE shopify_key IN %s", (keys,)))


def _countries(wanted: tuple[str, ...]) -> dict[str, str]:
	"""Return ERPNext's Country for each ISO code or name."""
	return {text: name for text in wanted if (name := _country(text))}


@site_cache(ttl=3600)
def _country(text: str) -> str | None:
	by_code = frappe.db.get_value("Country", {"code": text.lower()}, "name") if len(text) == 2 else None
	return by_code or frappe.db.get_value("Country", {"name": text}, "name")
