"""What resolvers of all types share: money, addresses, connections, inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from ...rest.values import country_name, gid
from ...shop.records import Address
from ..call import Bag, Call, Resolver, or_none, refuse, register
from ..cursors import Page, Window, page
from ..errors import NotImplementedHere
from ..search import Reader, matcher

#: How a list is sorted: value of `sortKey` → what it reads of a record.
Sorts = Mapping[str, Callable[[Any], Any]]


@dataclass(frozen=True)
class Money:
	"""An amount with its currency."""

	amount: Decimal
	currency: str


@dataclass(frozen=True)
class AddressView:
	"""An address as a `MailingAddress`; *number* is that of its global id."""

	address: Address
	number: str


def decimal_text(amount: Decimal) -> str:
	"""Return an amount as MoneyV2 shows it: no needless zeros, but one decimal place (`10.0`)."""
	text = f"{amount.normalize():f}"
	return text if "." in text else f"{text}.0"


def money_text(call: Call, amount: Decimal) -> str:
	"""Return an amount as the scalar `Money` shows it: with the currency's decimals (`10.00`)."""
	return f"{amount.quantize(call.shop.quantum):f}"


def bag(call: Call, amount: Decimal) -> Bag:
	"""Return an amount of the shop's currency as a MoneyBag."""
	return Bag(amount, call.shop.currency)


def address(found: Address | None, number: str) -> AddressView | None:
	"""Return an address, or None when there is none."""
	return AddressView(found, number) if found else None


def own(attribute: str) -> Callable[[Call, Any], Any]:
	"""Return a resolver that reads an attribute; an empty text is null."""

	def read(_call: Call, parent: Any) -> Any:
		value = getattr(parent, attribute)
		return or_none(value) if isinstance(value, str) else value

	return read


def identified(kind: str) -> dict[str, Any]:
	"""Return the resolvers of `id` and `legacyResourceId` for a record with an `id`."""
	return {"id": lambda _call, record: gid(kind, record.id), "legacyResourceId": lambda _call, record: record.id}


def connection(read: Callable[[Call, Any], Iterable[Any]]) -> Resolver:
	"""Return the resolver of a connection whose nodes *read* returns, and which takes no arguments of its own."""

	def resolve(call: Call, parent: Any, window: Window) -> Page:
		return inner(call, list(read(call, parent)), window)

	return resolve


def inner(call: Call, records: Sequence[Any], window: Window) -> Page:
	"""Return a page of what hangs on a record, in the order in which it was added."""
	numbered = list(enumerate(records))
	if call.in_bulk:
		return everything(records)
	found = page(numbered, lambda pair: (pair[0], 0), window)
	return Page([record for _place, record in found.nodes], found.cursors, found.has_next, found.has_previous)


def everything(records: Iterable[Any]) -> Page:
	"""Return a page that holds all: how a bulk operation reads connections."""
	nodes = list(records)
	return Page(nodes, [""] * len(nodes), False, False)


def listed(
	call: Call,
	records: Iterable[Any],
	*,
	name: str,
	sorts: Sorts,
	sort_key: str,
	window: Window,
	query: str | None = None,
	readers: Mapping[str, Reader] | None = None,
) -> Page:
	"""Return a page of a root list: filtered by Shopify's search syntax, sorted, cut.

	:param name: of the list, for errors.
	:raises ApiError: for a sort key or a filter that is not implemented.
	"""
	if sort_key not in sorts:
		raise NotImplementedHere(f"{name}(sortKey: {sort_key})")
	matches = matcher(query, readers or {})
	found = [record for record in records if matches(record)]
	if call.in_bulk:
		# The first list that is read is the one at the root.
		part, call.slice = call.slice, None
		return everything(part.of(found) if part else found)
	read = sorts[sort_key]
	return page(found, lambda record: (read(record), int(record.id)), window)


def root_list(
	name: str, records: Callable[[Call], Iterable[Any]], sorts: Sorts, readers: Mapping[str, Reader], default: str = "ID"
) -> Resolver:
	"""Return the resolver of a list at the root of the schema that takes `query` and `sortKey`, and is sorted by *default*."""

	def resolve(call: Call, _root: Any, window: Window, query: str | None = None, sortKey: str = default) -> Page:
		return listed(
			call, records(call), name=name, sorts=sorts, sort_key=sortKey, window=window, query=query, readers=readers
		)  # fmt: skip

	return resolve


def only(given: Mapping[str, Any], kind: str, *known: str) -> None:
	"""Refuse a field of an input object that would have no effect here. :raises NotImplementedHere:"""
	for name, value in given.items():
		if name not in known and value not in (None, [], False, ""):
			raise NotImplementedHere(f"the input field {kind}.{name}")


def amount(value: Any, *path: str) -> Decimal:
	"""Return an amount from an input. :raises Refusals: when it is none."""
	try:
		return Decimal(str(value))
	except InvalidOperation:
		raise refuse("Amount is not valid", *path, code="INVALID") from None


def address_input(given: Mapping[str, Any], kind: str = "MailingAddressInput") -> Address:
	"""Return the address that a MailingAddressInput describes."""
	names = {
		"firstName": "first_name", "lastName": "last_name", "address1": "address1", "address2": "address2", "city": "city",
		"provinceCode": "province_code", "province": "province", "zip": "zip", "countryCode": "country_code", "country": "country",
		"company": "company", "phone": "phone",
	}  # fmt: skip
	only(given, kind, *names)
	return Address(**{names[key]: value or "" for key, value in given.items() if key in names})


register("MoneyV2", {"amount": lambda _c, m: decimal_text(m.amount), "currencyCode": lambda _c, m: m.currency}, value=Money)
register(
	"MoneyBag",
	{
		"shopMoney": lambda _c, found: Money(found.amount, found.currency),
		"presentmentMoney": lambda _c, found: Money(found.amount, found.currency),
	},
	value=Bag,
)


def _part(attribute: str) -> Callable[[Call, AddressView], Any]:
	return lambda _call, view: or_none(getattr(view.address, attribute))


register(
	"MailingAddress",
	{
		"id": lambda _c, view: f"{gid('MailingAddress', view.number)}?model_name=Address",
		"firstName": _part("first_name"),
		"lastName": _part("last_name"),
		"company": _part("company"),
		"address1": _part("address1"),
		"address2": _part("address2"),
		"city": _part("city"),
		"province": _part("province"),
		"provinceCode": _part("province_code"),
		"zip": _part("zip"),
		"country": lambda _c, view: or_none(country_name(view.address)),
		"countryCodeV2": _part("country_code"),
		"phone": _part("phone"),
		"name": lambda _c, view: or_none(f"{view.address.first_name} {view.address.last_name}".strip()),
	},
	value=AddressView,
)
# Answered in one place for all connections; named here so that a query for them counts as implemented.
_PAGE_INFO = ("hasNextPage", "hasPreviousPage", "startCursor", "endCursor")
register("PageInfo", dict.fromkeys(_PAGE_INFO, lambda _call, found: found))
register("TaxLine", {
	"rate": lambda _c, tax: float(tax.rate),
	"ratePercentage": lambda _c, tax: float(tax.rate * 100),
	"priceSet": lambda call, tax: bag(call, tax.price),
	"title": lambda _c, tax: tax.title,
	"channelLiable": lambda _c, _tax: False,
})  # fmt: skip
