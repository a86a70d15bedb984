"""The tax rows of an order's documents: Shopify's taxes, shipping and duties, each as an actual amount on its account.

Amounts are booked as Shopify charged them ("Actual"), never computed again from a rate: ERPNext rounds per row and would be
off by a cent now and then. Prices that include tax are booked net, with the tax beside them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ..contracts.order import Order
from ..failures import Category, Failure
from ..money import ZERO, plain
from ..policy import StorePolicy
from .tax_sums import TaxKey


@dataclass(frozen=True)
class Charges:
	"""What a document charges besides its item rows; negative in a credit note.

	:ivar shipping: (title, code, net amount) of each shipping line.
	:ivar adjustment: what goes to the store's adjustment account.
	"""

	shipping: tuple[tuple[str, str, Decimal], ...] = ()
	duties: Decimal = ZERO
	adjustment: Decimal = ZERO
	taxes: Mapping[TaxKey, Decimal] = field(default_factory=dict)

	@property
	def total(self) -> Decimal:
		"""What they come to."""
		amounts: Iterable[Decimal] = (*(amount for _title, _code, amount in self.shipping), *self.taxes.values())
		return sum(amounts, ZERO) + self.duties + self.adjustment


def plan_charges(order: Order, charges: Charges, policy: StorePolicy) -> list[dict[str, Any]] | Failure:
	"""Return the rows of `taxes`, shipping first, or the failure that names what has no account."""
	rows: list[dict[str, Any]] = []
	for title, code, amount in charges.shipping:
		account = policy.shipping_account_for(title, code)
		if amount and not account:
			return Failure(
				Category.MISSING_SHIPPING_ACCOUNT,
				f"Order {order.label}: shipping line {title!r} has no account in store {policy.store}.",
				missing=f"shipping:{title}",
			)
		rows += _row(account, title or "Shipping", amount, policy)
	for setting, words, amount in (
		("duty_account", "Duties", charges.duties),
		("adjustment_account", "Adjustment", charges.adjustment),
	):
		account = getattr(policy, setting)
		if amount and not account:
			return missing_account(order, setting, words.lower(), policy)
		rows += _row(account, words, amount, policy)
	for (title, rate), amount in charges.taxes.items():
		account, percent = policy.tax_account(title, rate), plain((rate * 100).normalize())
		if amount and not account:
			return Failure(
				Category.MISSING_TAX_ACCOUNT,
				f"Order {order.label}: tax {title!r} of {percent} % has no account in store {policy.store}.",
				missing=f"tax:{title}@{percent}",
			)
		rows += _row(account, f"{title} {percent} %", amount, policy)
	return rows


def missing_account(order: Order, setting: str, what: str, policy: StorePolicy) -> Failure:
	"""Return the failure of a setting of the store that is empty."""
	return Failure(
		Category.MISSING_ACCOUNT,
		f"Order {order.label} has {what}, and store {policy.store} names no account for that ({setting}).",
		missing=f"setting:{setting}",
	)


def _row(account: str | None, description: str, amount: Decimal, policy: StorePolicy) -> list[dict[str, Any]]:
	if not amount:
		return []
	return [
		{
			"charge_type": "Actual",
			# Not left out: ERPNext 16 writes an item's tax breakup from it before it fills in defaults.
			"rate": ZERO,
			"account_head": account,
			"description": description,
			"tax_amount": amount,
			"cost_center": policy.cost_center,
		}
	]
