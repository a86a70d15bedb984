"""The tax rows of a Sales Order: Shopify's tax and shipping amounts, each as an actual amount on its account.

Amounts are booked as Shopify charged them ("Actual"), never computed again from a rate: ERPNext rounds per row and would be
off by a cent now and then. Prices that include tax are booked net, with the tax beside them.
"""

from __future__ import annotations

from typing import Any

from .contracts.order import Order
from .failures import Category, Failure
from .money import ZERO, plain
from .order_pricing import Pricing
from .policy import StorePolicy


def plan_taxes(order: Order, pricing: Pricing, policy: StorePolicy) -> list[dict[str, Any]] | Failure:
	"""Return the rows of `taxes`, shipping first, or the failure that names a tax or shipping line without an account."""
	rows: list[dict[str, Any]] = []
	for shipping in pricing.shipping:
		account = policy.shipping_account_for(shipping.line.title, shipping.line.code)
		if not shipping.net:
			continue
		if not account:
			return Failure(
				Category.MISSING_SHIPPING_ACCOUNT,
				f"Order {order.label}: shipping line {shipping.line.title!r} has no account in store {policy.store}.",
				missing=f"shipping:{shipping.line.title}",
			)
		rows.append(_row(account, shipping.line.title or "Shipping", shipping.net, policy))
	for tax in pricing.taxes:
		account = policy.tax_account(tax.title, tax.rate)
		percent = plain((tax.rate * 100).normalize())
		if not account:
			return Failure(
				Category.MISSING_TAX_ACCOUNT,
				f"Order {order.label}: tax {tax.title!r} of {percent} % has no account in store {policy.store}.",
				missing=f"tax:{tax.title}@{percent}",
			)
		rows.append(_row(account, f"{tax.title} {percent} %", tax.price, policy))
	return rows


def _row(account: str, description: str, amount: Any, policy: StorePolicy) -> dict[str, Any]:
	return {
		"charge_type": "Actual",
		# Not left out: ERPNext 16 writes an item's tax breakup from it before it fills in defaults.
		"rate": ZERO,
		"account_head": account,
		"description": description,
		"tax_amount": amount,
		"cost_center": policy.cost_center,
	}
