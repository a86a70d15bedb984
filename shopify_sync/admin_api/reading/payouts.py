"""What Shopify Payments paid out to the merchant's bank, and what it is made of.

https://shopify.dev/docs/api/admin-graphql/latest/objects/ShopifyPaymentsAccount. A shop that does not use it has no account. The app
needs the scopes read_shopify_payments_payouts and read_shopify_payments_accounts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from shopify_sync.core.reading import Position

from .ports import Client, ask
from .values import Node, number, word
from .windows import Batch, moment


@dataclass(frozen=True)
class PayoutRead:
	"""A payout, in its *currency*. Shopify's `net` is what the bank gets; below zero, or *is_withdrawal*, the bank is debited.

	:ivar status: scheduled, in_transit, paid, failed, canceled.
	:ivar charges: what customers paid, before fees; *charges_fee* what was kept of it. In the same way refunds (below zero),
		adjustments, and *others*: advances, reserves and payouts that were tried again, as one figure, fees taken off.
	"""

	id: str
	status: str
	issued_at: datetime
	currency: str
	net: Decimal
	is_withdrawal: bool
	charges: Decimal
	charges_fee: Decimal
	refunds: Decimal
	refunds_fee: Decimal
	adjustments: Decimal
	adjustments_fee: Decimal
	others: Decimal

	@property
	def fees(self) -> Decimal:
		"""Everything that was kept."""
		return self.charges_fee + self.refunds_fee + self.adjustments_fee

	@property
	def unexplained(self) -> Decimal:
		"""What the net is more than its parts; zero."""
		moved = self.charges + self.refunds + self.adjustments + self.others
		return (-abs(self.net) if self.is_withdrawal else self.net) - (moved - self.fees)


@dataclass(frozen=True)
class BalanceRead:
	"""A movement of the account. *net* = *amount* − *fee*; refunds are below zero.

	:ivar kind: charge, refund, adjustment, …; :ivar order_id: empty for what belongs to no order.
	:ivar transaction_id: of the order's transaction that it stands for; :ivar payout_id: empty until it is paid out.
	"""

	id: str
	kind: str
	at: datetime
	currency: str
	amount: Decimal
	fee: Decimal
	net: Decimal
	order_id: str
	order_name: str
	transaction_id: str
	payout_id: str
	payout_status: str


def payouts(client: Client, position: Position, *, at_once: int = 50) -> Iterator[Batch[PayoutRead]]:
	"""Yield the payouts that were issued in the window, the oldest first; none where the shop has no account. :raises CallFailed:"""
	variables = {"query": position.window.query("issued_at") or None, "first": at_once}
	return _pages(client, position, "Payouts", "payouts", variables, _payout)


def balance(client: Client, position: Position, payout: str = "") -> Iterator[Batch[BalanceRead]]:
	"""Yield the movements of the account in the window, the oldest first. :param payout: only those that it is made of. :raises CallFailed:"""
	query = position.window.query("processed_at", f"payments_transfer_id:{payout}" if payout else "")
	return _pages(client, position, "BalanceTransactions", "balanceTransactions", {"query": query or None}, _movement)


def _pages(
	client: Client, position: Position, operation: str, field: str, variables: Mapping[str, Any], made: Any
) -> Iterator[Batch[Any]]:
	while not position.done:
		account = ask(client, operation, {**variables, "after": position.cursor})["shopifyPaymentsAccount"]
		if account is None:
			yield Batch((), position.after_page(None, 0))
			return
		records = tuple(made(node) for node in account[field]["nodes"])
		page = account[field]["pageInfo"]
		position = position.after_page(page["endCursor"] if page["hasNextPage"] else None, len(records))
		yield Batch(records, position)


def _payout(node: Node) -> PayoutRead:
	summary = node["summary"]

	def part(name: str) -> Decimal:
		return Decimal(str(summary[name]["amount"]))

	others = (
		part("advanceGross") - part("advanceFees") + part("reservedFundsGross") - part("reservedFundsFee")
		+ part("retriedPayoutsGross") - part("retriedPayoutsFee")
	)  # fmt: skip
	return PayoutRead(
		id=str(number(node["id"])),
		status=word(node["status"]) or "",
		issued_at=moment(node["issuedAt"]),
		currency=node["net"]["currencyCode"],
		net=Decimal(str(node["net"]["amount"])),
		is_withdrawal=node["transactionType"] == "WITHDRAWAL",
		charges=part("chargesGross"),
		charges_fee=part("chargesFee"),
		refunds=part("refundsFeeGross"),
		refunds_fee=part("refundsFee"),
		adjustments=part("adjustmentsGross"),
		adjustments_fee=part("adjustmentsFee"),
		others=others,
	)


def _movement(node: Node) -> BalanceRead:
	order, payout = node["associatedOrder"], node["associatedPayout"]
	return BalanceRead(
		id=str(number(node["id"])),
		kind=word(node["type"]) or "",
		at=moment(node["transactionDate"]),
		currency=node["amount"]["currencyCode"],
		amount=Decimal(str(node["amount"]["amount"])),
		fee=Decimal(str(node["fee"]["amount"])),
		net=Decimal(str(node["net"]["amount"])),
		order_id=str(number(order["id"])) if order else "",
		order_name=order["name"] if order else "",
		transaction_id=str(node["sourceOrderTransactionId"] or ""),
		payout_id=str(number(payout["id"])) if payout["id"] else "",
		payout_status=word(payout["status"]) or "",
	)
