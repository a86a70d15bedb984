"""The account at Shopify Payments: what moves in it, and what is paid out of it. Amounts are in the shop's currency."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal


@dataclass
class BalanceTransaction:
	"""A movement of the account. *kind*: charge, refund, adjustment; refunds are below zero. *fee* is taken off."""

	id: str
	kind: str
	amount: Decimal
	fee: Decimal
	at: datetime
	order_id: str | None = None
	order_name: str = ""
	transaction_id: str | None = None
	payout_id: str | None = None

	@property
	def net(self) -> Decimal:
		"""What it changes the balance by."""
		return self.amount - self.fee


@dataclass
class Payout:
	"""What was paid to the merchant's bank at once. *status*: scheduled, in_transit, paid, failed, canceled."""

	id: str
	status: str
	issued_at: datetime
	transactions: list[BalanceTransaction] = field(default_factory=list)

	@property
	def net(self) -> Decimal:
		"""What the bank gets; below zero it is debited."""
		return sum((entry.net for entry in self.transactions), Decimal(0))
