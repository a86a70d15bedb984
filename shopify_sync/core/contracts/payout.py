"""A payout of Shopify Payments with the movements that it is made of, in REST's shape; no webhook tells of one.

https://shopify.dev/docs/api/admin-rest/latest/resources/payouts, https://shopify.dev/docs/api/admin-rest/latest/resources/transactions
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from ..money import total
from .base import Amount, AmountOrZero, OptionalId, ShopifyModel, Text, WithExactId, nullable_list

#: Movements that stand for a transaction of an order.
OF_ORDERS = frozenset(("charge", "refund"))


class Movement(ShopifyModel):
	"""A movement of the account, in its currency: *net* = *amount* − *fee*. Refunds are below zero."""

	type: Text = ""
	amount: Amount
	fee: AmountOrZero = Decimal(0)
	net: Amount
	source_order_id: OptionalId = None
	source_order_transaction_id: OptionalId = None

	@property
	def is_of_an_order(self) -> bool:
		"""Whether a Payment Entry has to stand for it."""
		return self.type in OF_ORDERS and bool(self.source_order_id and self.source_order_transaction_id)


class Payout(WithExactId):
	"""What was paid to the merchant's bank at once; below zero: the bank was debited.

	*status*: scheduled, in_transit, paid, failed, canceled. *date*: the day in the shop's zone, ISO 8601.
	"""

	status: Text = ""
	date: Text = ""
	currency: Text = ""
	amount: Amount
	transactions: Annotated[tuple[Movement, ...], nullable_list] = ()

	@property
	def of_orders(self) -> tuple[Movement, ...]:
		"""The movements that stand for transactions of orders."""
		return tuple(one for one in self.transactions if one.is_of_an_order)

	@property
	def net(self) -> Decimal:
		"""What its movements come to."""
		return total(one.net for one in self.transactions)
