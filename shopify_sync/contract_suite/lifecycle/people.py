"""Who orders: one made-up buyer for all cases of a run, so that the cases are about documents and not about customers."""

from __future__ import annotations

from typing import Any

from ..payloads import address, new_id

_ID = int(new_id())


def person(id: int = _ID, **values: Any) -> dict[str, Any]:
	"""Return a customer as orders carry it."""
	return {
		"id": id,
		"admin_graphql_api_id": f"gid://shopify/Customer/{id}",
		"created_at": "2026-11-01T10:00:00+00:00",
		"updated_at": "2026-11-01T10:00:00+00:00",
		"first_name": "Ada",
		"last_name": f"Lifecycle {str(id)[-6:]}",
		"email": f"ada.{id}@example.com",
		"phone": None,
		"verified_email": True,
		**values,
	}


def somebody() -> dict[str, Any]:
	"""Return a customer whom nobody knows yet."""
	return person(int(new_id()))


#: The fields of an order that say who ordered.
BUYER: dict[str, Any] = {
	"customer": person(),
	"email": f"ada.{_ID}@example.com",
	"contact_email": f"ada.{_ID}@example.com",
	"billing_address": address(),
	"shipping_address": address(),
}
#: A sale at the counter to somebody whom nobody knows.
NOBODY: dict[str, Any] = {
	"customer": None,
	"email": "",
	"contact_email": None,
	"billing_address": None,
	"shipping_address": None,
	"source_name": "pos",
}


def guest() -> dict[str, Any]:
	"""Return the fields of an order of somebody without an account."""
	email = f"guest.{new_id()}@example.com"
	return {**BUYER, "customer": None, "email": email, "contact_email": email}
