"""decide() for `customers/redact`: the ledger forgets a person; the documents too, where the store says so.

What was posted stays as it was posted: invoices and orders are records that the law wants kept. See docs/customers.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .. import keys
from ..contracts.customer_events import Redaction as Contract
from ..plan import Conflicts, Decision, LinkUpdate, Plan, Redaction, UpdateDocument
from ..policy import StorePolicy
from ..signals import Signal
from ..snapshots import CustomerNeeds, CustomerSnapshot, DocumentState
from .deletion import later
from .fields import CONTACT, CUSTOMER
from .marks import REDACTED

#: Stands where ERPNext wants a value.
BLANK = "Redacted"
_CUSTOMER = {"customer_name": BLANK, "tax_id": ""}
_CONTACT: Mapping[str, Any] = {
	"first_name": BLANK,
	"last_name": "",
	"company_name": "",
	"email_id": "",
	"mobile_no": "",
	"email_ids": None,
	"phone_nos": None,
}
_ADDRESS = {
	"address_title": BLANK,
	"address_line1": BLANK,
	"address_line2": "",
	"city": BLANK,
	"state": "",
	"pincode": "",
	"phone": "",
}
_OF_A_CUSTOMER = (keys.CUSTOMER, keys.CUSTOMER_CONSENT, keys.CUSTOMER_DELETION, keys.CUSTOMER_MERGE, keys.CUSTOMER_REDACTION)


def parse(payload: Mapping[str, Any], policy: StorePolicy) -> Contract:
	"""Return the contract. :raises pydantic.ValidationError: when the payload is no such request."""
	return Contract.model_validate(payload)


def locks(request: Contract, policy: StorePolicy) -> tuple[str, ...]:
	"""Return the keys of the links to lock: its own, then the customer's."""
	return (_key(request, policy, keys.CUSTOMER_REDACTION), _key(request, policy, keys.CUSTOMER))


def needs(request: Contract, policy: StorePolicy) -> CustomerNeeds:
	"""Return what has to be read before deciding."""
	key = _key(request, policy, keys.CUSTOMER)
	return CustomerNeeds(key, _key(request, policy, keys.CONTACT))


def decide(request: Contract, snapshot: CustomerSnapshot, policy: StorePolicy, signal: Signal) -> Decision:
	"""Return the plan: mark the link, clear the ledger, and blank the documents where the store says so."""
	customer = snapshot.customer if snapshot.customer and snapshot.customer.exists else None
	document = (CUSTOMER, customer.name) if customer else None
	changes = tuple(_blanked(snapshot)) if policy.redact_documents else ()
	of_customer = [_key(request, policy, resource) for resource in _OF_A_CUSTOMER]
	of_orders = [keys.key(policy.store, keys.ORDER, order_id) for order_id in request.orders_to_redact]
	of_guest = [keys.guest_key(policy.store, request.customer.email)] if request.customer.email else []
	return Plan(
		changes=changes,
		links=(
			LinkUpdate(snapshot.link.key, agreed={REDACTED: True}, facts={}, version=later(snapshot.link, signal.version)),
			LinkUpdate(signal.key, document=document, version=signal.version),
		),
		document=document,
		not_applied=() if policy.redact_documents else _KEPT,
		reason="What the sync kept of this customer is cleared.",
		conflicts=Conflicts(snapshot.link.key),
		redaction=Redaction((*of_customer, *of_guest, *of_orders), request.customer.id or ""),
	)


_KEPT = (
	"Customer, Contact and Address in ERPNext were left as they are: the store's setting Redact Documents is off. "
	"Orders and invoices stay in any case.",
)


def _blanked(snapshot: CustomerSnapshot) -> Iterator[UpdateDocument]:
	for document, values in (
		(snapshot.customer, _CUSTOMER),
		(snapshot.contact, _CONTACT),
		*((address, _ADDRESS) for address in snapshot.addresses.values()),
	):
		if document and document.exists and (after := _differing(document, values)):
			before = {name: document.values.get(name) for name in after}
			yield UpdateDocument(document.doctype, document.name, before, after)


def _differing(document: DocumentState, values: Mapping[str, Any]) -> dict[str, Any]:
	return {
		name: value
		for name, value in values.items()
		if (document.values.get(name) or "") != (value or "") and _is_there(document, name)
	}


def _is_there(document: DocumentState, name: str) -> bool:
	return document.doctype != CONTACT or bool(document.values.get(name))


def _key(request: Contract, policy: StorePolicy, resource: str) -> str:
	return keys.key(policy.store, resource, request.customer.id or "")
