"""Customers: the fields that are kept in agreement, compared where Shopify's value has to stand in ERPNext."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..contracts.customer import Customer
from ..customers.fields import FIELDS, SyncedField, as_text
from ..customers.marks import is_gone
from ..keys import short_hash
from ..policy import Authority, StorePolicy
from .findings import Difference, Kind
from .found import FoundCustomer

#: What is compared: whose value is Shopify's own and not looked up or translated on the way.
_COMPARED = {"first_name": "first_name", "last_name": "last_name", "email_id": "email", "mobile_no": "phone"}
#: Why a customer is not compared.
NOT_CARRIED_OVER = "Not in ERPNext, and no order needs it"
GONE = "Deleted, redacted or merged in Shopify"


def left_out(found: FoundCustomer, policy: StorePolicy) -> str:
	"""Return why a customer is not compared, or an empty text."""
	if found.link and is_gone(found.link):
		# What Shopify still shows of it is not written any more (core/customers/resource.py), and what was blanked stays so.
		return GONE
	return NOT_CARRIED_OVER if found.values is None and not policy.sync_customers else ""


def differences(customer: Customer, found: FoundCustomer, policy: StorePolicy) -> Iterator[Difference]:
	"""Yield what is not the same. Values are personal: they are told as hashes, which say no more than that they differ."""
	if found.values is None:
		yield Difference(Kind.MISSING, shopify="a customer", erpnext="no Customer")
		return
	agreed = found.link.agreed if found.link else {}
	for field in FIELDS:
		stated = _stated(customer, field, agreed)
		if stated is None or field.name in found.conflicts:
			continue
		written = as_text(field, found.values.get(field.name))
		if _same(field, stated, written) or _is_kept(field, agreed.get(field.name), stated, written, policy):
			continue
		name = found.documents.get(field.doctype)
		document = (field.doctype, name) if name else None
		is_news = field.name not in agreed or not _same(field, stated, str(agreed[field.name] or ""))
		yield Difference(Kind.CUSTOMER, field.name, _veiled(stated), _veiled(written), document=document, is_news=is_news)


def _stated(customer: Customer, field: SyncedField, agreed: Mapping[str, Any]) -> str | None:
	"""Return what Shopify says of a field, None where that is not compared."""
	if field.name == "customer_name":
		# That of a Customer that was there before is people's own.
		return customer.full_name if field.name in agreed else None
	source = _COMPARED.get(field.name)
	return None if source is None else str(getattr(customer, source, None) or "")


def _same(field: SyncedField, stated: str, written: str) -> bool:
	if field.name == "email_id":
		return stated.strip().casefold() == written.strip().casefold()
	return stated.strip() == written.strip()


def _is_kept(field: SyncedField, agreed: object, stated: str, written: str, policy: StorePolicy) -> bool:
	"""Tell whether ERPNext's value stands by the store's rule: its own, or newer than what was agreed, while Shopify's did not move."""
	if policy.authority(field.name) is Authority.ERPNEXT:
		return True
	return agreed is not None and _same(field, stated, str(agreed)) and not _same(field, written, str(agreed))


def _veiled(value: str) -> str:
	return short_hash(value.strip().casefold())[:8] if value else "empty"
