"""Payouts of Shopify Payments: what each is made of, beside the Payment Entries on the gateway's clearing account.

A payout takes off the clearing account what the payments in it had put there. It comes out even only when each payment, refund and fee
of it is booked, with its amount, on that account. What a payout itself is booked as (a Journal Entry, a bank statement) is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

from .. import keys
from ..contracts.payout import Movement, Payout
from ..money import plain, quantum, total
from ..policy import GatewayRule, StorePolicy
from . import causes
from .findings import Cause, Difference, Explanation, Kind, Proposal, Sums
from .found import Found

#: How orders call the gateway whose money goes through the account.
GATEWAY = "shopify_payments"
#: Fields of a payout as a whole.
FEES, TOTAL = "fees", "total"
#: A payout may be on its way to the bank for days: a light run looks back so far, a full one so far.
ON_ITS_WAY, LOOKED_BACK = timedelta(days=7), timedelta(days=60)
#: Why a payout is not compared.
NOT_YET, CANCELED = "Not sent to the bank yet", "Canceled in Shopify"
#: Two sums that were converted and rounded on their own.
_ROUNDED = Decimal("0.011")


@dataclass(frozen=True)
class FoundPayment:
	"""The submitted Payment Entry of a transaction.

	:ivar account: where the money is, kept in *currency*. *moved*: by how much that changed; below zero: it was paid back.
	:ivar deductions: account → what was taken off, in *currency*. *rate*: *currency* → the company's.
	"""

	name: str
	account: str
	currency: str
	moved: Decimal
	deductions: Mapping[str, Decimal] = field(default_factory=dict)
	rate: Decimal = Decimal(1)

	@property
	def gross(self) -> Decimal:
		"""What was paid, or paid back, fees included."""
		return self.moved + total(self.deductions.values())


@dataclass(frozen=True)
class FoundPayments:
	"""What ERPNext has of the transactions of a page of payouts.

	:ivar entries: transaction → its Payment Entry. *orders*: order → its link, events and who touched its payments.
	"""

	entries: Mapping[str, FoundPayment] = field(default_factory=dict)
	orders: Mapping[str, Found] = field(default_factory=dict)


def begins(since: datetime | None, until: datetime) -> datetime:
	"""Return from when on payouts are looked at, by the day when they were issued; times in UTC. *since*: of the run."""
	return until - LOOKED_BACK if since is None else since - ON_ITS_WAY


def wanted(payouts: list[Payout]) -> dict[str, str]:
	"""Return the transactions that payouts are made of: transaction → order."""
	return {one.source_order_transaction_id or "": one.source_order_id or "" for payout in payouts for one in payout.of_orders}


def left_out(payout: Payout) -> str:
	"""Return why a payout is not compared, or an empty text."""
	return {"scheduled": NOT_YET, "canceled": CANCELED, "cancelled": CANCELED}.get(payout.status, "")


def is_on_its_way(payout: Payout, found: FoundPayments) -> bool:
	"""Tell whether a worker is about to look at an order of a payout."""
	orders = {one.source_order_id or "" for one in payout.of_orders}
	return any(causes.is_on_its_way(found.orders[order]) for order in orders if order in found.orders)


def differences(payout: Payout, found: FoundPayments, policy: StorePolicy) -> Iterator[tuple[Difference, Explanation, Proposal]]:
	"""Yield what is not as the payout says, with where it most likely comes from and what is proposed."""
	if payout.net != payout.amount:
		difference = _amount(payout, TOTAL, payout.amount, payout.net)
		yield difference, Explanation(Cause.UNKNOWN), Proposal.REVIEW
	rule = policy.gateway(GATEWAY)
	for movement in payout.of_orders:
		order = found.orders.get(movement.source_order_id or "")
		if order is None or not order.link or not order.link.document_name:
			# An order that ERPNext does not have is told by the comparison of orders, unless it is from before the store was connected.
			continue
		entry = found.entries.get(movement.source_order_transaction_id or "")
		if one := _of_movement(payout, movement, entry, rule, policy):
			yield one, *_explained(one, order, movement)
	yield from _fees(payout, found, rule, policy)


def sums(payout: Payout, found: FoundPayments) -> Sums:
	"""Return how many payments and refunds a payout has, and what they come to before fees: by Shopify, and of them as booked."""
	entries = [found.entries[id] for one in payout.of_orders if (id := one.source_order_transaction_id or "") in found.entries]
	booked = total(entry.gross for entry in entries if entry.currency == payout.currency)
	return Sums(len(payout.of_orders), len(entries), total(one.amount for one in payout.of_orders), booked)


def _of_movement(
	payout: Payout, movement: Movement, entry: FoundPayment | None, rule: GatewayRule | None, policy: StorePolicy
) -> Difference | None:
	transaction = movement.source_order_transaction_id or ""
	stated = f"{plain(movement.amount)} {payout.currency}"
	if entry is None:
		return Difference(Kind.PAYOUT, transaction, stated, "no Payment Entry", -movement.amount, payout.currency)
	document = ("Payment Entry", entry.name)
	account = rule.money_account if rule else None
	if account and entry.account != account:
		there = f"{plain(entry.gross.quantize(quantum(entry.currency)))} {entry.currency} on {entry.account}"
		return Difference(Kind.PAYOUT, transaction, f"{stated} on {account}", there, document=document)
	if entry.currency != payout.currency:
		# Kept in another currency: what it is worth there is the order's comparison to say.
		return None
	gross = entry.gross.quantize(quantum(payout.currency))
	if abs(entry.gross - movement.amount) <= _slack(entry, policy):
		return None
	return Difference(
		Kind.PAYOUT, transaction, plain(movement.amount), plain(gross), gross - movement.amount, payout.currency, document
	)


def _slack(entry: FoundPayment, policy: StorePolicy) -> Decimal:
	"""Return by how much an entry may be off: what was deducted was rounded in the company's currency, and is converted back."""
	return max(_ROUNDED, quantum(policy.company_currency) / entry.rate) if entry.rate != 1 else Decimal(0)


def _fees(
	payout: Payout, found: FoundPayments, rule: GatewayRule | None, policy: StorePolicy
) -> Iterator[tuple[Difference, Explanation, Proposal]]:
	"""Yield the fees that are booked otherwise than they were kept: of all payments at once, since none may be told when it is paid.

	Without a fee account the store books fees in some other way.
	"""
	if rule is None or not rule.fee_account:
		return
	booked = [
		(movement.fee, entry)
		for movement in payout.of_orders
		if (entry := found.entries.get(movement.source_order_transaction_id or "")) and entry.currency == payout.currency
	]
	kept = total(fee for fee, _entry in booked)
	there = total(entry.deductions.get(rule.fee_account, Decimal(0)) for _fee, entry in booked)
	if abs(there - kept) > total(_slack(entry, policy) for _fee, entry in booked):
		difference = _amount(payout, FEES, kept, there.quantize(quantum(payout.currency)))
		yield difference, Explanation(Cause.MAPPING), Proposal.REVIEW


def _amount(payout: Payout, name: str, stated: Decimal, there: Decimal) -> Difference:
	return Difference(Kind.PAYOUT, name, plain(stated), plain(there), there - stated, payout.currency)


def _explained(difference: Difference, order: Found, movement: Movement) -> tuple[Explanation, Proposal]:
	"""Return where a difference of a movement comes from: from what its transaction in the order's comparison would come from.

	That comparison heals it; here it is put to a person, who sees which payout does not come out even.
	"""
	kind = Kind.PAID if movement.amount > 0 else Kind.REFUNDED
	there = "0" if difference.document is None else "1"
	explanation = causes.explain(replace(difference, kind=kind, erpnext=there), order, "")
	return explanation, Proposal.MEND_EVENT if explanation.cause is Cause.FAILED_EVENT else Proposal.REVIEW


def entry_key(store: str, order: str, transaction: str) -> str:
	"""Return the `shopify_key` of the Payment Entry of a transaction."""
	return f"{keys.key(store, keys.ORDER, order)}/transaction/{transaction}"
