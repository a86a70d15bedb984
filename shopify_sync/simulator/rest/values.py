"""Values as REST-shaped JSON writes them: money as strings, ids as integers, times in the shop's zone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ..shop.records import Address, TaxLine

if TYPE_CHECKING:
	from ..shop.shop import Shop

#: Names of countries, where an address states only the code.
_COUNTRIES = {
	"AT": "Austria", "AU": "Australia", "BE": "Belgium", "CA": "Canada", "CH": "Switzerland", "DE": "Germany", "ES": "Spain",
	"FR": "France", "GB": "United Kingdom", "IN": "India", "IT": "Italy", "JP": "Japan", "KW": "Kuwait", "NL": "Netherlands",
	"US": "United States",
}  # fmt: skip


def gid(kind: str, id: str) -> str:
	"""Return the GraphQL id of a record."""
	return f"gid://shopify/{kind}/{id}"


def level_gid(level_id: str, item_id: str) -> str:
	"""Return the GraphQL id of an inventory level; its number is not the location's."""
	return f"{gid('InventoryLevel', level_id)}?inventory_item_id={item_id}"


def stamp(shop: Shop, moment: datetime | None) -> str | None:
	"""Return a time in the shop's zone, to the second; None stays None."""
	return None if moment is None else moment.astimezone(shop.zone).isoformat(timespec="seconds")


def whole(id: str | None) -> int | None:
	"""Return an id as REST writes it."""
	return int(id) if id else None


def money_writer(shop: Shop) -> Callable[[Decimal], str]:
	"""Return what writes an amount with the decimals of the shop's currency (`10.00`, yen `10`)."""
	form = f".{shop.decimals}f"
	return lambda amount: format(amount, form)


def money_set(text: str, currency: str) -> dict[str, Any]:
	"""Return an amount in both currencies; customers pay in the shop's here."""
	return {
		"shop_money": {"amount": text, "currency_code": currency},
		"presentment_money": {"amount": text, "currency_code": currency},
	}


def tax_lines(shop: Shop, lines: list[TaxLine]) -> list[dict[str, Any]]:
	"""Return tax lines; `rate` is a JSON number."""
	write = money_writer(shop)
	return [
		{
			"channel_liable": False,
			"price": write(tax.price),
			"price_set": money_set(write(tax.price), shop.currency),
			"rate": float(tax.rate),
			"title": tax.title,
		}
		for tax in lines
	]


def address(found: Address | None) -> dict[str, Any] | None:
	"""Return an address as orders carry it; None stays None."""
	if found is None:
		return None
	return {
		"first_name": found.first_name,
		"address1": found.address1,
		"phone": found.phone or None,
		"city": found.city,
		"zip": found.zip,
		"province": found.province or None,
		"country": country_name(found),
		"last_name": found.last_name,
		"address2": found.address2 or None,
		"company": found.company or None,
		"latitude": None,
		"longitude": None,
		"name": full_name(found),
		"country_code": found.country_code or None,
		"province_code": found.province_code or None,
	}


def full_name(found: Address) -> str:
	"""Return first and last name."""
	return f"{found.first_name} {found.last_name}".strip()


def country_name(found: Address) -> str:
	"""Return the country's name, else its code."""
	return found.country or _COUNTRIES.get(found.country_code, found.country_code)
