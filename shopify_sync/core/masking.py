"""Keeps personal data out of evidence, messages and logs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .contracts.base import NotJson, dump_json, parse_json

#: Names of fields whose values are personal, in Shopify's payloads and in ERPNext's documents alike.
PERSONAL_FIELDS = frozenset(
	"""address1 address2 address_line1 address_line2 address_title browser_ip city contact_email company_name contact_person customer
	customer_address customer_name customer_primary_address customer_primary_contact email email_id email_ids first_name last_name latitude link_name link_title longitude middle_name mobile_no
	note phone phone_nos pincode shipping_address_name shopify_tracking_url tax_id tracking_url tracking_urls zip client_details order_status_url party token cart_token checkout_token""".split()
)
#: In a payload this is the buyer's company; in a document of ERPNext it is the seller's, which is no secret.
_PERSONAL_IN_PAYLOADS = PERSONAL_FIELDS | {"company"}
#: Under these keys `name` is a person's name; elsewhere (`line_items`, an order's `#1001`) it is not.
_PERSON_SECTIONS = frozenset(("billing_address", "shipping_address", "default_address", "addresses", "customer", "destination"))
_NAMED_AFTER_PEOPLE = frozenset(("Customer", "Contact", "Address"))
_EMAIL = re.compile(r"[^\s@<>\"',;:]+@[^\s@<>\"',;:]+\.[A-Za-z]{2,}")
MASK = "•••"


class Personal(str):
	"""Text that is personal whatever the field is called that it goes to: a store maps notes to fields of its own."""

	__slots__ = ()


def mask_value(value: Any) -> Any:
	"""Return a stand-in for a personal value that still shows whether it was there: None and "" stay."""
	if value in (None, "", [], ()):
		return value
	return MASK


def mask(field: str, value: Any) -> Any:
	"""Return *value* as evidence may show it: masked when *field* is personal, and inside of mappings and lists likewise."""
	if field in PERSONAL_FIELDS or isinstance(value, Personal):
		return mask_value(value)
	if isinstance(value, Mapping):
		return {name: mask(str(name), inner) for name, inner in value.items()}
	if isinstance(value, list | tuple):
		return [mask(field, inner) for inner in value]
	return value


def mask_name(doctype: str, name: str | None) -> str | None:
	"""Return a document's name as evidence may show it: ERPNext names some after the person. Their key tells which it is."""
	return MASK if name and doctype in _NAMED_AFTER_PEOPLE else name


def personal_values(payload: Any, *, person: bool = False) -> Iterator[str]:
	"""Yield every personal string in a Shopify payload, four characters or longer (shorter ones would blank out common words)."""
	if isinstance(payload, Mapping):
		for name, value in payload.items():
			if isinstance(value, str):
				if (name in _PERSONAL_IN_PAYLOADS or (person and name == "name")) and len(value.strip()) > 3:
					yield value.strip()
			elif isinstance(value, list | tuple) and name in _PERSONAL_IN_PAYLOADS and all(isinstance(one, str) for one in value):
				yield from (one.strip() for one in value if len(one.strip()) > 3)
			elif isinstance(value, dict | list | tuple):
				yield from personal_values(value, person=name in _PERSON_SECTIONS)
	elif isinstance(payload, list | tuple):
		for value in payload:
			yield from personal_values(value, person=person)


def scrub(text: str, payload: Any = None) -> str:
	"""Return *text* without e-mail addresses and without the personal values that stand in *payload*."""
	if not text:
		return text
	for value in sorted(set(personal_values(payload)), key=len, reverse=True):
		text = text.replace(value, MASK)
	return _EMAIL.sub(MASK, text)


#: Under this name a payload says that what was personal in it has been taken out.
REDACTED = "redacted"


def redacted(payload: str | None) -> str:
	"""Return the text of a payload without what is personal in it. It says so: it must not be applied any more."""
	try:
		found = parse_json(payload or "")
	except NotJson:
		found = {}
	masked = _masked(found) if isinstance(found, Mapping) else {}
	return dump_json({**masked, REDACTED: True})


def is_redacted(payload: Any) -> bool:
	"""Tell whether personal data was taken out of a payload."""
	return isinstance(payload, Mapping) and payload.get(REDACTED) is True


def speaks_of(payload: str | None, customer_id: str) -> bool:
	"""Tell whether a payload that belongs to no resource is about this customer."""
	try:
		found = parse_json(payload or "")
	except NotJson:
		return False
	customer = found.get("customer") if isinstance(found, Mapping) else None
	return isinstance(customer, Mapping) and str(customer.get("id")) == customer_id


def _masked(value: Any, *, person: bool = False) -> Any:
	if isinstance(value, Mapping):
		return {str(name): _masked_entry(str(name), inner, person) for name, inner in value.items()}
	if isinstance(value, list | tuple):
		return [_masked(inner, person=person) for inner in value]
	return value


def _masked_entry(name: str, value: Any, person: bool) -> Any:
	if isinstance(value, list | tuple):
		# Texts in a list (`tracking_urls`) are as personal as one text would be.
		return [_masked_entry(name, inner, person=False) for inner in value]
	if isinstance(value, Mapping):
		return _masked(value, person=name in _PERSON_SECTIONS)
	return mask_value(value) if name in _PERSONAL_IN_PAYLOADS or (person and name == "name") else value
