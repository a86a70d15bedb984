"""Shopify Payments: what the gateway keeps of each payment, and what it pays out to the merchant's bank.

https://shopify.dev/docs/api/admin-graphql/latest/objects/ShopifyPaymentsAccount
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from .desk import Desk, operation
from .errors import UserError
from .records import ZERO, BalanceTransaction, Order, Payout, Transaction

if TYPE_CHECKING:
	from .shop import Shop

#: The gateway whose money goes through the account.
GATEWAY = "shopify_payments"
#: What a payment by card costs, as on the plan Basic: a share, and so many of the currency's larger unit.
RATE, FLAT = Decimal("0.029"), Decimal("0.30")
STATUSES = ("scheduled", "in_transit", "paid", "failed", "canceled")
_TYPES = {"sale": "charge", "capture": "charge", "refund": "refund"}


class Payouts(Desk[Payout]):
	"""The payouts of a shop, and the balance that they are made of.

	:ivar balance: every movement of the account, by id: that of the order's transaction which it stands for.
	"""

	kind = "ShopifyPaymentsPayout"

	def __init__(self, shop: Shop) -> None:
		super().__init__(shop)
		self.balance: dict[str, BalanceTransaction] = {}

	@operation
	def issue(self, status: str = "paid") -> Payout:
		"""Pay out everything that was not paid out yet: Shopify does it once a day. Below zero: the bank is debited.

		:param status: scheduled, in_transit, paid, failed or canceled.
		:raises UserError: when there is nothing to pay out.
		"""
		waiting = [entry for entry in self.balance.values() if entry.payout_id is None]
		if not waiting:
			raise UserError((), "Nothing to pay out", "INVALID")
		payout = Payout(self.shop.new_id("ShopifyPaymentsPayout"), _checked(status), self.shop.now(), waiting)
		for entry in waiting:
			entry.payout_id = payout.id
		self.all[payout.id] = payout
		return payout

	@operation
	def mark(self, id: str, status: str) -> Payout:
		"""Say how far the bank is with a payout. :raises UserError: for another status than those of :meth:`issue`."""
		payout = self.get(id)
		payout.status = _checked(status)
		return payout

	@operation
	def adjust(self, amount: Decimal | int | str, fee: Decimal | int | str = 0) -> BalanceTransaction:
		"""Write down a movement that belongs to no order: a correction of Shopify's. *amount* in the shop's currency."""
		moved, kept = self.shop.amount(amount, "amount", negative=True), self.shop.amount(fee, "fee")
		made = BalanceTransaction(
			self.shop.new_id("ShopifyPaymentsBalanceTransaction"), "adjustment", moved, kept, self.shop.now()
		)
		self.balance[made.id] = made
		return made

	def note(self, order: Order, transaction: Transaction) -> None:
		"""Write down what a transaction of an order moves, when its money goes through the account."""
		kind = _TYPES.get(transaction.kind)
		if kind is None or transaction.gateway != GATEWAY or transaction.status != "success":
			return
		amount = -transaction.amount if kind == "refund" else transaction.amount
		self.balance[transaction.id] = BalanceTransaction(
			transaction.id, kind, amount, fee_of(self.shop, transaction), self.shop.now(), order.id, order.name, transaction.id
		)


def fee_of(shop: Shop, transaction: Transaction) -> Decimal:
	"""Return what the gateway keeps of a payment. Nothing is given back with a refund."""
	is_charge = _TYPES.get(transaction.kind) == "charge" and transaction.status == "success"
	if not is_charge or transaction.gateway != GATEWAY:
		return ZERO
	return (transaction.amount * RATE + FLAT).quantize(shop.quantum, ROUND_HALF_UP)


def _checked(status: str) -> str:
	if status not in STATUSES:
		raise UserError(("status",), f"Status {status!r} is not valid", "INVALID")
	return status
