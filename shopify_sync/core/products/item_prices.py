"""Prices of variants → Item Prices of one price list (store setting).

A price that changed in Shopify is written; one that only ERPNext changed stays until Shopify's changes.
"""

from __future__ import annotations

from .. import keys
from ..contracts.product import Variant
from ..failures import Category, Failure
from ..money import plain
from ..plan import Change, CreateDocument, DocRef, UpdateDocument
from ..policy import StorePolicy
from ..snapshots import ProductSnapshot
from .item_links import Linking

_PRICE = "price"


def plan_prices(linking: Linking, snapshot: ProductSnapshot, policy: StorePolicy) -> list[Change] | Failure:
	"""Return the changes to Item Prices; what is agreed goes into *linking*. A price list of another currency is a failure."""
	if not policy.sync_prices:
		return []
	currency = policy.shop_currency or policy.company_currency
	if not policy.item_price_list or snapshot.price_currency is None:
		return Failure(Category.ERPNEXT_VALIDATION, f"Store {policy.store} keeps prices, and names no Price List for them.")
	if snapshot.price_currency != currency:
		return Failure(
			Category.ERPNEXT_VALIDATION,
			f"Price List {policy.item_price_list} is in {snapshot.price_currency}, the shop's prices are in {currency}. "
			"Choose a list of that currency in Shopify Store, or correct its Shop Currency.",
		)
	changes: list[Change] = []
	written: set[str | DocRef] = set()
	for variant in linking.variants:
		item = linking.items.get(variant.id)
		# Two variants may be one Item; it has one price, the first one's.
		if item is not None and item not in written:
			written.add(item)
			changes += _price(linking, snapshot, policy, variant, item)
	return changes


def _price(
	linking: Linking, snapshot: ProductSnapshot, policy: StorePolicy, variant: Variant, item: str | DocRef
) -> list[Change]:
	agreed, says = linking.agreed[variant.id], plain(variant.price)
	known = snapshot.prices.get(item) if isinstance(item, str) else None
	is_settled = agreed.get(_PRICE) == says and known is not None
	agreed[_PRICE] = says
	if is_settled or (known is not None and known.rate == variant.price):
		return []
	if known is not None:
		before, after = {"price_list_rate": known.rate}, {"price_list_rate": variant.price}
		return [UpdateDocument("Item Price", known.name, before, after)]
	values = {
		"item_code": item,
		"price_list": policy.item_price_list,
		"price_list_rate": variant.price,
		"currency": snapshot.price_currency,
		"selling": 1,
	}
	key = f"{keys.key(policy.store, keys.VARIANT, variant.id)}/price"
	return [CreateDocument("Item Price", key, values)]
