"""Values of the Admin API (GraphQL), as webhooks (REST-shaped JSON) write them: ids as numbers, money as strings, sets in snake_case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shopify_sync.core.contracts.base import id_from_gid

Node = Mapping[str, Any]


def number(gid: object) -> int:
	"""Return the number in a global id. :raises ValueError: when it is none."""
	found = id_from_gid(gid)
	if found is None:
		raise ValueError(f"{gid!r} is no id of Shopify's")
	return int(found)


def number_of(node: Node | None) -> int | None:
	"""Return the number of what is referred to, None where nothing is."""
	return None if node is None else number(node["id"])


def word(value: object) -> str | None:
	"""Return the value of an enum as REST writes it (`PARTIALLY_PAID` → `partially_paid`); None stays None."""
	return None if value is None else str(value).lower()


def amount(money: Node | None) -> str | None:
	"""Return the shop's amount of a MoneyBag, None where there is none. GraphQL writes no needless zeros: `10.0`."""
	return None if money is None else str(money["shopMoney"]["amount"])


def money_set(money: Node | None) -> dict[str, Any] | None:
	"""Return a MoneyBag as a `*_set`, in the shop's currency and in the one that the customer saw."""
	if money is None:
		return None
	sides = (("shop_money", "shopMoney"), ("presentment_money", "presentmentMoney"))
	return {name: {"amount": str(money[side]["amount"]), "currency_code": money[side]["currencyCode"]} for name, side in sides}


def priced(name: str, money: Node | None) -> dict[str, Any]:
	"""Return an amount under *name*, and the same as a set under `<name>_set`."""
	return {name: amount(money), f"{name}_set": money_set(money)}


def nodes(connection: Node) -> list[Node]:
	"""Return what a connection holds, with whatever was read of it: a list that was completed is a list already."""
	return list(connection["nodes"])
