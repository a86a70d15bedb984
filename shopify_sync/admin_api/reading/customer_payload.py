"""A customer read from the Admin API, in the shape in which `customers/update` tells of it.

https://shopify.dev/docs/api/admin-graphql/latest/objects/Customer
"""

from __future__ import annotations

from typing import Any

from .values import Node, nodes, number, word


def customer_payload(node: Node) -> dict[str, Any]:
	"""Return a customer with all addresses that were read, as `customers/*` tell of it (consent has a topic of its own)."""
	default = node["defaultAddress"]
	default_id = number(default["id"]) if default else None
	rows = [address(row, node) for row in nodes(node["addressesV2"])]
	for row in rows:
		row["default"] = row["id"] == default_id
	return {**customer_in_order(node), "note": node["note"], "addresses": rows}


def customer_in_order(node: Node) -> dict[str, Any]:
	"""Return a customer as orders carry it; without an address the section is missing."""
	email, phone, default = node["defaultEmailAddress"], node["defaultPhoneNumber"], node["defaultAddress"]
	return {
		"id": number(node["id"]),
		"admin_graphql_api_id": node["id"],
		"created_at": node["createdAt"],
		"updated_at": node["updatedAt"],
		"first_name": node["firstName"],
		"last_name": node["lastName"],
		"state": word(node["state"]),
		"note": node["note"],
		"verified_email": node["verifiedEmail"],
		"tax_exempt": node["taxExempt"],
		"email": email["emailAddress"] if email else None,
		"phone": phone["phoneNumber"] if phone else None,
		"currency": node["amountSpent"]["currencyCode"],
		**({"default_address": {**address(default, node), "default": True}} if default else {}),
	}


def consent_payload(node: Node) -> dict[str, Any] | None:
	"""Return whether the customer wants e-mails, as `customers_email_marketing_consent/update` tells; None without an e-mail."""
	email = node["defaultEmailAddress"]
	if not email:
		return None
	consent = {"state": word(email["marketingState"]), "consent_updated_at": email["marketingUpdatedAt"]}
	return {"customer_id": number(node["id"]), "email_address": email["emailAddress"], "email_marketing_consent": consent}


def address(node: Node, customer: Node | None = None) -> dict[str, Any]:
	"""Return an address; those of customers have an id in REST, those of orders have none."""
	own = {"id": number(node["id"]), "customer_id": number(customer["id"])} if customer else {}
	return {
		**own,
		"first_name": node["firstName"],
		"last_name": node["lastName"],
		"name": node["name"],
		"company": node["company"],
		"address1": node["address1"],
		"address2": node["address2"],
		"city": node["city"],
		"province": node["province"],
		"province_code": node["provinceCode"],
		"zip": node["zip"],
		"country": node["country"],
		"country_code": node["countryCodeV2"],
		"phone": node["phone"],
	}
