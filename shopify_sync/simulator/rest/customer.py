"""A customer (https://shopify.dev/docs/api/admin-rest/latest/resources/customer)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..shop.records import Customer, Merge, Order
from .values import country_name, full_name, gid, stamp

if TYPE_CHECKING:
	from ..shop.shop import Shop


def payload(shop: Shop, customer: Customer) -> dict[str, Any]:
	"""Return the customer as it is now. Tags and consent left the payload with 2025-01."""
	address = _default_address(customer)
	return {**inside_order(shop, customer), "note": customer.note, "addresses": [address] if address else []}


def inside_order(shop: Shop, customer: Customer) -> dict[str, Any]:
	"""Return the customer as orders carry it; without an address the section is missing."""
	address = _default_address(customer)
	return {
		"id": int(customer.id),
		"created_at": stamp(shop, customer.created_at),
		"updated_at": stamp(shop, customer.updated_at),
		"first_name": customer.first_name,
		"last_name": customer.last_name,
		"state": customer.state,
		"note": customer.note or None,
		"verified_email": True,
		"multipass_identifier": None,
		"tax_exempt": customer.tax_exempt,
		"email": customer.email or None,
		"phone": customer.phone or None,
		"currency": shop.currency,
		"tax_exemptions": [],
		"admin_graphql_api_id": gid("Customer", customer.id),
		**({"default_address": address} if address else {}),
	}


def deleted(shop: Shop, customer: Customer) -> dict[str, Any]:
	"""Return what customers/delete tells."""
	return {"id": int(customer.id), "tax_exemptions": [], "admin_graphql_api_id": gid("Customer", customer.id)}


def merged(shop: Shop, merge: Merge) -> dict[str, Any]:
	"""Return what customers/merge tells."""
	return {
		"admin_graphql_api_customer_kept_id": gid("Customer", merge.kept_id),
		"admin_graphql_api_customer_deleted_id": gid("Customer", merge.deleted_id),
		"admin_graphql_api_job_id": gid("Job", merge.job_id),
		"status": "success",
		"errors": [],
	}


def data_request(shop: Shop, found: tuple[Customer, list[Order]]) -> dict[str, Any]:
	"""Return what customers/data_request tells (https://shopify.dev/docs/apps/build/compliance/privacy-law-compliance)."""
	customer, orders = found
	return {
		"shop_id": int(shop.id),
		"shop_domain": shop.domain,
		"orders_requested": [int(order.id) for order in orders],
		"customer": _person(customer),
		"data_request": {"id": int(customer.id)},
	}


def redacted(shop: Shop, found: tuple[Customer, list[Order]]) -> dict[str, Any]:
	"""Return what customers/redact tells."""
	customer, orders = found
	return {
		"shop_id": int(shop.id),
		"shop_domain": shop.domain,
		"customer": _person(customer),
		"orders_to_redact": [int(order.id) for order in orders],
	}


def _person(customer: Customer) -> dict[str, Any]:
	return {"id": int(customer.id), "email": customer.email, "phone": customer.phone}


def _default_address(customer: Customer) -> dict[str, Any] | None:
	found = customer.default_address
	if found is None:
		return None
	return {
		"id": int(customer.address_id),
		"customer_id": int(customer.id),
		"first_name": found.first_name,
		"last_name": found.last_name,
		"company": found.company or None,
		"address1": found.address1,
		"address2": found.address2 or None,
		"city": found.city,
		"province": found.province or None,
		"country": country_name(found),
		"zip": found.zip,
		"phone": found.phone or None,
		"name": full_name(found),
		"province_code": found.province_code or None,
		"country_code": found.country_code or None,
		"country_name": country_name(found),
		"default": True,
	}
