"""Which fields of a customer are kept in agreement, and on which of ERPNext's documents each lives. Data, no rules."""

from __future__ import annotations

from dataclasses import dataclass

CUSTOMER, CONTACT, ADDRESS = "Customer", "Contact", "Address"


@dataclass(frozen=True)
class SyncedField:
	"""A field of ERPNext's that Shopify has a value for.

	:ivar is_check: 0 or 1; compared as such.
	"""

	name: str
	doctype: str
	is_check: bool = False


FIELDS = (
	SyncedField("customer_name", CUSTOMER),
	SyncedField("language", CUSTOMER),
	SyncedField("default_currency", CUSTOMER),
	SyncedField("tax_id", CUSTOMER),
	SyncedField("shopify_tax_exempt", CUSTOMER, is_check=True),
	SyncedField("first_name", CONTACT),
	SyncedField("last_name", CONTACT),
	SyncedField("email_id", CONTACT),
	SyncedField("mobile_no", CONTACT),
	SyncedField("company_name", CONTACT),
	SyncedField("unsubscribed", CONTACT, is_check=True),
)
#: An address is compared as a whole: half of one address and half of another is none.
ADDRESS_AS_A_WHOLE = "address"
#: What a store may name in its table of field authorities.
AUTHORITY_FIELDS = (*(field.name for field in FIELDS), ADDRESS_AS_A_WHOLE)

CUSTOMER_FIELDS = tuple(field.name for field in FIELDS if field.doctype == CUSTOMER)
CONTACT_FIELDS = tuple(field.name for field in FIELDS if field.doctype == CONTACT)
#: The fields of an Address that Shopify states.
ADDRESS_FIELDS = ("address_title", "address_line1", "address_line2", "city", "state", "pincode", "country", "phone")
#: The documents that a Customer names as its main ones: set where they are empty, followed where the sync had set them.
PRIMARY_FIELDS = ("customer_primary_address", "customer_primary_contact")


def as_text(field: SyncedField, value: object) -> str:
	"""Return a stored value as it is compared: text, empty for nothing, 0 or 1 for a check."""
	if field.is_check:
		return "1" if str(value or "0") not in ("0", "False") else "0"
	return str(value or "")
