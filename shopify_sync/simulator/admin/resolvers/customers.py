"""Customers."""

from __future__ import annotations

from typing import Any

from ...rest.values import gid
from ...shop.errors import UserError
from ...shop.records import Customer
from ...shop.totals import totals
from ..call import Call, Refusals, mutation, plain, refuse, register
from ..errors import NotImplementedHere
from ..gids import number
from ..search import WholeDay
from .common import Money, address, address_input, connection, identified, only, own, root_list
from .shop import root_count

_SORTS = {
	"ID": lambda _record: 0, "CREATED_AT": lambda r: r.created_at, "UPDATED_AT": lambda r: r.updated_at,
	"NAME": lambda r: f"{r.last_name}, {r.first_name}",
}  # fmt: skip
_FILTERS = {
	"id": lambda r: int(r.id), "email": lambda r: r.email, "phone": lambda r: r.phone, "first_name": lambda r: r.first_name,
	"last_name": lambda r: r.last_name, "state": lambda r: r.state, "tag": lambda r: r.tags,
	"customer_date": lambda r: r.created_at, "updated_at": lambda r: WholeDay(r.updated_at),  # "matching a whole day", says the schema
}  # fmt: skip
_INPUT = ("id", "firstName", "lastName", "email", "phone", "note", "tags", "taxExempt", "addresses")
_NAMES = {
	"firstName": "first_name", "lastName": "last_name", "email": "email", "phone": "phone", "note": "note", "tags": "tags",
	"taxExempt": "tax_exempt",
}  # fmt: skip


def _spent(call: Call, customer: Customer) -> Money:
	paid = sum(totals(order).net_payment for order in call.shop.customers.orders_of(customer.id))
	return Money(call.shop.amount(paid, "amount"), call.shop.currency)


def _display_name(_call: Call, customer: Customer) -> str:
	return f"{customer.first_name} {customer.last_name}".strip() or customer.email or customer.phone


def _addresses(_call: Call, customer: Customer) -> list[Any]:
	found = address(customer.default_address, customer.address_id)
	return [found] if found else []


register(
	"QueryRoot",
	{
		"customer": lambda call, _root, id: call.shop.customers.all.get(number(id, "Customer")),
		"customers": root_list("customers", lambda call: call.shop.customers.all.values(), _SORTS, _FILTERS),
		"customersCount": root_count(lambda call: call.shop.customers.all.values(), _FILTERS),
	},
)
register(
	"Customer",
	{
		**identified("Customer"),
		**plain("tags", "taxExempt", "createdAt", "updatedAt"),
		"firstName": own("first_name"),
		"lastName": own("last_name"),
		"displayName": _display_name,
		"email": own("email"),
		"phone": own("phone"),
		"note": own("note"),
		"state": lambda _c, customer: customer.state.upper(),
		"defaultEmailAddress": lambda _c, customer: customer if customer.email else None,
		"defaultPhoneNumber": lambda _c, customer: customer if customer.phone else None,
		"addressesV2": connection(_addresses),
		"defaultAddress": lambda _c, customer: address(customer.default_address, customer.address_id),
		"verifiedEmail": lambda _c, _customer: True,
		"numberOfOrders": lambda call, customer: str(len(call.shop.customers.orders_of(customer.id))),
		"amountSpent": _spent,
		"lastOrder": lambda call, customer: next(reversed(call.shop.customers.orders_of(customer.id)), None),
		"orders": connection(lambda call, customer: call.shop.customers.orders_of(customer.id)),
		"canDelete": lambda call, customer: not call.shop.customers.orders_of(customer.id),
	},
	value=Customer,
)
register("CustomerEmailAddress", {
	"emailAddress": lambda _c, customer: customer.email,
	"validFormat": lambda _c, customer: "@" in customer.email,
	"marketingState": lambda _c, _customer: "NOT_SUBSCRIBED",
	"marketingUpdatedAt": lambda _c, _customer: None,
})  # fmt: skip
register("CustomerPhoneNumber", {"phoneNumber": lambda _c, customer: customer.phone})


def _fields(given: dict[str, Any]) -> dict[str, Any]:
	only(given, "CustomerInput", *_INPUT)
	fields = {
		name: given[key] if key in ("tags", "taxExempt") else given[key] or "" for key, name in _NAMES.items() if key in given
	}
	if given.get("addresses"):
		if len(given["addresses"]) > 1:
			raise NotImplementedHere("several addresses of a customer")
		fields["default_address"] = address_input(given["addresses"][0])
	return fields


def _create(call: Call, _root: Any, input: dict[str, Any]) -> dict[str, Any]:
	if input.get("id"):
		raise refuse("Cannot specify ID on creation", "id")
	return {"customer": call.shop.customers.create(**_fields(input))}


def _update(call: Call, _root: Any, input: dict[str, Any]) -> dict[str, Any]:
	if not input.get("id"):
		raise refuse("Customer does not exist", "id")
	return {"customer": call.shop.customers.update(number(input["id"], "Customer"), **_fields(input))}


def _delete(call: Call, _root: Any, input: dict[str, Any]) -> dict[str, Any]:
	call.shop.customers.delete(number(input["id"], "Customer"))
	return {"deletedCustomerId": input["id"], "shop": call.shop}


def _merge(
	call: Call, _root: Any, customerOneId: str, customerTwoId: str, overrideFields: dict[str, Any] | None = None
) -> dict[str, Any]:
	"""https://shopify.dev/docs/api/admin-graphql/latest/mutations/customerMerge

	Which of the two stays is Shopify's decision unless an e-mail is chosen: the documentation says the second one's e-mail is
	kept by default. Here the second customer stays.
	"""
	if overrideFields:
		raise NotImplementedHere("customerMerge(overrideFields:)")
	removed, kept = number(customerOneId, "Customer"), number(customerTwoId, "Customer")
	for place, id in (("customerOneId", removed), ("customerTwoId", kept)):
		if id not in call.shop.customers.all:
			raise Refusals(UserError((place,), "Customer does not exist", "INVALID_CUSTOMER_ID"))
	call.shop.customers.merge(kept, removed)
	return {"job": f"merge-{removed}", "resultingCustomerId": gid("Customer", kept)}


mutation("customerCreate", _create, "customer")
mutation("customerUpdate", _update, "customer")
mutation("customerDelete", _delete, "deletedCustomerId", "shop")
mutation("customerMerge", _merge, "job", "resultingCustomerId")
#: What Shopify does in a job is done at once here; the id is made of what it was about.
register(
	"Job",
	{
		"id": lambda call, name: gid("Job", call.shop.dice.uuid("job", call.shop.domain, name)),
		"done": lambda _call, _name: True,
	},
)
